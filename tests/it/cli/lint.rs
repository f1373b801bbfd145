//! Facts about `rdpfix lint` and vaults: what no password opens is no mistake as long as nobody gave one.

use std::path::Path;

use tempfile::TempDir;

use super::Finished;
use super::command;
use super::finished;
use crate::support;

/// A folder with a playbook of which a file, a value and the name of another file are encrypted.
async fn desk() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| support::write(&folder.path().join(name), text.as_bytes());
    put("pw", "correct horse\n");
    put("other", "wrong horse\n");
    put("secrets.yml", "which: tasks\nword: hunter2\n");
    put("tasks.yml", "- debug: {msg: '{{ word }}'}\n- ping:\n");
    run(
        folder.path(),
        &[
            "vault",
            "encrypt",
            "secrets.yml",
            "--vault-password-file",
            "pw",
        ],
    )
    .await
    .exits(0);
    put("plain", "hunter3");
    let sealed = run(
        folder.path(),
        &[
            "vault",
            "encrypt-string",
            "-n",
            "sealed",
            "--file",
            "plain",
            "--vault-password-file",
            "pw",
        ],
    )
    .await
    .exits(0);
    put("site.yml", &site("secrets.yml", &sealed.stdout));
    put(
        "named.yml",
        &site("secrets.yml", &sealed.stdout).replace("{{ which }}", "{{ sealed }}"),
    );
    put("hunter3.yml", "- ping:\n");
    folder
}

fn site(file: &str, sealed: &str) -> String {
    let sealed = sealed.replace('\n', "\n    ");
    format!(
        "- hosts: all\n  vars_files: [{file}]\n  vars:\n    {}\n  tasks:\n    - import_tasks: '{{{{ which }}}}.yml'\n    - debug: {{msg: '{{{{ sealed }}}}'}}\n",
        sealed.trim_end()
    )
}

async fn run(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = command(arguments);
    command.current_dir(folder);
    finished(command.output().await.expect("the program runs"))
}

#[tokio::test]
async fn a_password_opens_what_lint_has_to_read() {
    let desk = desk().await;
    for keys in [
        &["--vault-password-file", "pw"][..],
        &["--vault-id", "x@pw"],
        &["--vault-id", "x@other", "--vault-id", "y@pw"],
    ] {
        run(desk.path(), &[&["lint", "site.yml"], keys].concat())
            .await
            .exits(0)
            .says("site.yml: ok, 1 plays, 3 tasks, 0 warnings");
    }
    support::write(
        &desk.path().join("ansible.cfg"),
        b"[defaults]\nvault_password_file = pw\n",
    );
    run(desk.path(), &["lint", "site.yml"])
        .await
        .exits(0)
        .says("3 tasks");
}

#[tokio::test]
async fn without_a_password_a_closed_vault_is_a_warning() {
    let desk = desk().await;
    for playbook in ["site.yml", "named.yml"] {
        let told = run(desk.path(), &["lint", playbook]).await.exits(0);
        let told = told
            .says("warning[vault-closed]")
            .says(&format!("{playbook}:2:16"))
            .says("ok as far as it can be read without vault passwords");
        assert!(!told.stderr.contains("error["), "{}", told.stderr);
    }
}

#[tokio::test]
async fn a_wrong_password_a_broken_vault_and_other_mistakes_are_errors() {
    let desk = desk().await;
    let wrong = ["lint", "site.yml", "--vault-password-file", "other"];
    run(desk.path(), &wrong)
        .await
        .exits(6)
        .says("error[vault-closed]");
    let site = String::from_utf8(support::bytes(&desk.path().join("site.yml"))).unwrap();
    let other = site.replace("debug:", "debgu:");
    support::write(&desk.path().join("other.yml"), other.as_bytes());
    run(desk.path(), &["lint", "other.yml"])
        .await
        .exits(6)
        .says("warning[vault-closed]")
        .says("debgu");
    let mut sealed = support::bytes(&desk.path().join("secrets.yml"));
    sealed.truncate(sealed.len() / 2);
    support::write(&desk.path().join("secrets.yml"), &sealed);
    run(desk.path(), &["lint", "site.yml"])
        .await
        .exits(6)
        .says("error[vault-broken]");
}

#[tokio::test]
async fn files_of_extra_variables_may_be_encrypted() {
    let desk = desk().await;
    let closed = ["lint", "site.yml", "-e", "@secrets.yml"];
    run(desk.path(), &closed)
        .await
        .exits(5)
        .says("error[vault-closed]: cannot open `secrets.yml`");
    let opened = ["--vault-password-file", "pw"];
    run(desk.path(), &[&closed[..], &opened].concat())
        .await
        .exits(0);
    // A mistake in what was opened shows nothing of it.
    let put = |text: &str| support::write(&desk.path().join("secrets.yml"), text.as_bytes());
    put("- hunter2\n");
    let encrypt = ["vault", "encrypt", "secrets.yml"];
    run(desk.path(), &[&encrypt[..], &opened].concat())
        .await
        .exits(0);
    let told = run(desk.path(), &[&closed[..], &opened].concat())
        .await
        .exits(5)
        .says("extra variables must be names with values");
    assert!(!told.stderr.contains("hunter2"), "{}", told.stderr);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_does_not_hide_the_mistakes_of_others() {
    let desk = desk().await;
    support::write(&desk.path().join("bad.yml"), b"- hosts: all\n  taks: []\n");
    run(desk.path(), &["lint", "missing.yml", "bad.yml"])
        .await
        .exits(6)
        .says("missing.yml")
        .says("bad.yml:2:3");
}
