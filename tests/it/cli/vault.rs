//! Facts about `rdpfix vault` that need no other program: what is left behind, by whomever it is killed.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use crate::support;

/// In no file and in no output while or after a text is edited.
const CLEAR: &str = "hunter2-in-clear";
const PASSWORD: &str = "correct horse";
/// More than the guardian takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with a password and an encrypted file, and folders for what is needed for a moment.
struct Desk {
    folder: TempDir,
    /// In memory, where there is such a place.
    runtime: TempDir,
}

impl Desk {
    fn new() -> Self {
        let runtime = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            runtime: runtime.unwrap(),
        };
        fs::create_dir(desk.path("tmp")).unwrap();
        desk.put("pw", PASSWORD);
        desk.put("vars.yml", &format!("word: {CLEAR}\n"));
        desk.vault(&["encrypt", "vars.yml"]);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        support::write(&self.path(name), text.as_bytes());
    }

    /// An editor that is a script; the file is `$1`.
    fn editor(&self, script: &str) -> String {
        self.put("editor", &format!("#!/bin/sh\n{script}\n"));
        let path = self.path("editor");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        format!("'{}'", path.display())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdpfix"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ANSIBLE") {
                command.env_remove(name);
            }
        }
        command
            .arg("vault")
            .args(arguments)
            .args(["--vault-password-file", "pw"])
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env_remove("EDITOR")
            .env_remove("VISUAL")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], editor: &str) -> Output {
        let output = self
            .command(arguments)
            .env("EDITOR", editor)
            .output()
            .unwrap();
        for said in [&output.stdout, &output.stderr] {
            let said = String::from_utf8_lossy(said);
            assert!(!said.contains(PASSWORD), "{said}");
            assert!(!said.contains(CLEAR), "{said}");
        }
        output
    }

    /// Runs what must succeed.
    #[track_caller]
    fn vault(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        output.stdout
    }

    /// Files anywhere in the folders that have these bytes in them, and folders that are left over.
    fn traces(&self) -> Vec<PathBuf> {
        let mut below = vec![
            self.folder.path().to_owned(),
            self.runtime.path().to_owned(),
        ];
        let mut found = Vec::new();
        while let Some(folder) = below.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                found.extend(Some(entry.path()).filter(|path| is_trace(path)));
                below.extend(Some(entry.path()).filter(|path| path.is_dir()));
            }
        }
        found
    }

    /// Waits until the guardian has done its work.
    async fn settle(&self) {
        let gone = async {
            while !self.traces().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let done = tokio::time::timeout(PATIENCE, gone).await;
        assert!(done.is_ok(), "{:?}", self.traces());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file may go while it is looked at"
)]
fn is_trace(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("rdpfix-vault") || fs::read(path).is_ok_and(|bytes| has(&bytes, CLEAR))
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_edited_file_is_encrypted_again_and_keeps_name_mode_and_link() {
    let desk = Desk::new();
    fs::set_permissions(desk.path("vars.yml"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("vars.yml", desk.path("link.yml")).unwrap();
    let editor = desk.editor("case $1 in */link.yml) echo 'more: 1' >> \"$1\";; esac; stat -c '%a' \"$1\" $(dirname $1) > modes");
    let output = desk.run(&["edit", "link.yml"], &editor);
    assert!(output.status.success(), "{}", said(&output));
    let shown = desk.vault(&["view", "vars.yml"]);
    assert_eq!(shown, format!("word: {CLEAR}\nmore: 1\n").into_bytes());
    let mode = fs::metadata(desk.path("vars.yml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(
        desk.path("link.yml")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
    assert_eq!(support::bytes(&desk.path("modes")), b"600\n700\n");
    assert_eq!(desk.traces(), Vec::<PathBuf>::new());
}

#[test]
fn editors_that_rename_are_as_good_as_others() {
    let desk = Desk::new();
    let editor = desk.editor("sed -i s/word/phrase/ \"$1\"; cp \"$1\" \"$1~\"");
    assert!(desk.run(&["edit", "vars.yml"], &editor).status.success());
    let shown = desk.vault(&["view", "vars.yml"]);
    assert_eq!(shown, format!("phrase: {CLEAR}\n").into_bytes());
    assert_eq!(desk.traces(), Vec::<PathBuf>::new());
}

#[test]
fn an_unchanged_file_is_not_written() {
    let desk = Desk::new();
    let before = support::bytes(&desk.path("vars.yml"));
    let output = desk.run(&["edit", "vars.yml"], &desk.editor("touch \"$1\""));
    assert!(
        said(&output).contains("`vars.yml`: unchanged"),
        "{}",
        said(&output)
    );
    assert_eq!(support::bytes(&desk.path("vars.yml")), before);
}

#[tokio::test]
async fn nothing_is_left_when_the_program_is_killed() {
    for signal in ["KILL", "TERM", "HUP"] {
        let desk = Desk::new();
        let before = support::bytes(&desk.path("vars.yml"));
        // The editor lives on and tries to save what it has.
        let editor = desk.editor(&format!(
            "cp \"$1\" \"$1.swp\"; cat \"$1\" > \"$1.part\"; echo \"$1\" > place; kill -{signal} $PPID"
        ));
        let output = desk.run(&["edit", "vars.yml"], &editor);
        assert_eq!(output.status.code(), None, "{signal}");
        desk.settle().await;
        let place = String::from_utf8(support::bytes(&desk.path("place"))).unwrap();
        assert!(!Path::new(place.trim()).exists(), "{signal}");
        assert_eq!(support::bytes(&desk.path("vars.yml")), before);
    }
}

#[test]
fn nothing_is_left_when_the_editor_is_killed() {
    let desk = Desk::new();
    let before = support::bytes(&desk.path("vars.yml"));
    let editor = desk.editor("echo half > \"$1\"; kill -KILL $$");
    let output = desk.run(&["edit", "vars.yml"], &editor);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("the editor was killed; `vars.yml` is as it was"),
        "{}",
        said(&output)
    );
    assert_eq!(desk.traces(), Vec::<PathBuf>::new());
    assert_eq!(support::bytes(&desk.path("vars.yml")), before);
}

#[test]
fn what_was_written_outlives_a_file_that_changed_meanwhile() {
    let desk = Desk::new();
    let target = desk.path("vars.yml");
    let editor = desk.editor(&format!(
        "echo more >> \"$1\"; echo theirs > '{}'",
        target.display()
    ));
    let output = desk.run(&["edit", "vars.yml"], &editor);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(support::bytes(&target), b"theirs\n");
    let told = said(&output);
    assert!(
        told.contains("was changed by somebody else meanwhile"),
        "{told}"
    );
    let place = told
        .split("encrypted, in `")
        .nth(1)
        .and_then(|rest| rest.split('`').next())
        .unwrap();
    assert_eq!(
        desk.vault(&["view", place]),
        format!("word: {CLEAR}\nmore\n").into_bytes()
    );
    assert_eq!(desk.traces(), Vec::<PathBuf>::new());
}

#[test]
fn a_new_file_is_written_encrypted_or_not_at_all() {
    let desk = Desk::new();
    let editor = desk.editor(&format!("echo {CLEAR} > \"$1\""));
    assert!(desk.run(&["create", "new.yml"], &editor).status.success());
    assert_eq!(
        desk.vault(&["view", "new.yml"]),
        format!("{CLEAR}\n").into_bytes()
    );
    assert_eq!(
        desk.run(&["create", "new.yml"], &editor).status.code(),
        Some(5)
    );
    assert!(desk.run(&["create", "none.yml"], "true").status.success());
    assert!(!desk.path("none.yml").exists());
    let missing = desk.run(&["create", "none.yml"], "/nowhere/editor");
    assert!(
        said(&missing).contains("hint: name one in the variable EDITOR"),
        "{}",
        said(&missing)
    );
}

#[test]
fn files_are_rekeyed_all_of_them_or_none() {
    let desk = Desk::new();
    desk.put("new", "another horse");
    // A name beside it has no room, so that nothing can take its place, whoever runs this.
    let crowded = "c".repeat(250);
    for name in ["good.yml", &crowded] {
        fs::copy(desk.path("vars.yml"), desk.path(name)).unwrap();
    }
    let before = support::bytes(&desk.path("good.yml"));
    let rekey = [
        "rekey",
        "good.yml",
        &crowded,
        "--new-vault-password-file",
        "new",
    ];
    let output = desk.command(&rekey).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains(&crowded), "{}", said(&output));
    assert_eq!(support::bytes(&desk.path("good.yml")), before);
    let one = ["rekey", "good.yml", "--new-vault-password-file", "new"];
    assert!(desk.command(&one).output().unwrap().status.success());
    assert_ne!(support::bytes(&desk.path("good.yml")), before);
}

#[test]
fn a_text_typed_as_an_argument_is_refused_and_not_repeated() {
    let desk = Desk::new();
    let output = desk.run(&["encrypt-string", CLEAR, "--name", "word"], "true");
    assert_eq!(output.status.code(), Some(5));
    assert!(said(&output).contains("everybody on this machine can read arguments"));
}

#[test]
fn a_line_break_at_the_end_of_a_string_is_told() {
    let desk = Desk::new();
    let given = |text: &str| {
        let mut child = desk
            .command(&["encrypt-string", "-n", "word"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    };
    assert!(said(&given("hunter2\n")).contains("ends with a line break"));
    assert_eq!(said(&given("hunter2")), "");
    assert_eq!(given("").status.code(), Some(6));
}

#[test]
fn a_terminal_is_asked_twice_for_a_new_password() {
    let Some(script) = support::peer_program("script") else {
        return;
    };
    let desk = Desk::new();
    desk.put("clear", "a: 1\n");
    let asked = |line: &str, typed: &str| {
        let program = env!("CARGO_BIN_EXE_rdpfix");
        let mut child = Command::new(&script)
            .args(["-qec", &format!("'{program}' vault {line}"), "/dev/null"])
            .current_dir(desk.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(typed.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, shown) = asked(
        "encrypt clear --vault-id prod@prompt",
        "typed-one\ntyped-two\n",
    );
    assert_eq!(code, Some(5), "{shown}");
    assert!(shown.contains("the passwords are not the same"), "{shown}");
    let (code, shown) = asked(
        "encrypt clear --vault-id prod@prompt",
        "typed-one\ntyped-one\n",
    );
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("New vault password (prod): "), "{shown}");
    assert!(
        shown.contains("Confirm new vault password (prod): "),
        "{shown}"
    );
    let (code, shown) = asked("view clear -J", "typed-one\n");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Vault password: "), "{shown}");
    assert!(shown.contains("a: 1"), "{shown}");
}
