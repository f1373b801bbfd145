//! Facts about the verbs that tell how rdpfix is used: `doc`, `completions`, `man`.

use std::process::Command;
use std::process::Stdio;

use clap::CommandFactory;
use rdpfix::cli::args::Arguments;
use rdpfix::resource::CATALOGUE;

use super::run;

/// Every verb with those below it: `vault encrypt`.
fn verbs() -> Vec<String> {
    fn below(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for verb in command.get_subcommands() {
            let path = format!("{path} {}", verb.get_name());
            found.push(path.trim_start().to_owned());
            below(verb, &path, found);
        }
    }
    let mut found = Vec::new();
    below(&Arguments::command(), "", &mut found);
    found
}

#[tokio::test]
async fn every_resource_has_a_page_with_its_properties_and_its_example() {
    let list = run(&["doc"]).await.exits(0).stdout;
    for kind in CATALOGUE {
        assert!(list.contains(kind.about), "{} is listed", kind.name);
        let page = run(&["doc", kind.name]).await.exits(0).stdout;
        for property in kind.properties {
            assert!(page.contains(property.about), "{}", property.name);
        }
        for line in kind.example.lines() {
            assert!(page.contains(line), "{line}");
        }
    }
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_refused_with_a_near_one() {
    run(&["doc", "rdp_lisener"])
        .await
        .exits(5)
        .says("there is no resource `rdp_lisener`")
        .says("did you mean `rdp_listener`?");
}

#[tokio::test]
async fn the_manual_has_a_chapter_for_each_verb() {
    let manual = run(&["man"]).await.exits(0).stdout;
    assert!(manual.contains(".TH rdpfix"), "it is a manual page");
    for verb in verbs() {
        let chapter = format!(".SH RDPFIX {}\n", verb.to_uppercase());
        assert!(manual.contains(&chapter), "no chapter {chapter}");
    }
}

/// What bash offers behind `rdpfix vault e`.
const ASK: &str = r#"
COMP_WORDS=(rdpfix vault e); COMP_CWORD=2; COMPREPLY=()
_rdpfix rdpfix e vault
printf '%s\n' "${COMPREPLY[@]}"
"#;

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "tests write their own data")]
async fn bash_takes_its_completions_and_offers_verbs() {
    let script = run(&["completions", "bash"]).await.exits(0).stdout;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("complete.bash");
    std::fs::write(&path, format!("{script}{ASK}")).unwrap();
    let bash = Command::new("bash")
        .arg(&path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let offered = String::from_utf8(bash.stdout).unwrap();
    let mut offered: Vec<&str> = offered.lines().collect();
    offered.sort_unstable();
    assert_eq!(
        offered,
        ["edit", "encrypt", "encrypt-string", "encrypt_string"]
    );
    assert!(bash.stderr.is_empty());
}

#[tokio::test]
async fn every_shell_gets_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell]).await.exits(0).stdout;
        assert!(script.contains("vault"), "{shell}");
    }
}
