//! The same command lines of both programs, side by side in folders with the same files.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use rdpfix::vault::Keyring;
use rdpfix::vault::Password;
use tempfile::TempDir;

use super::asked::Ansible;
use super::asked::Ended;
use crate::support;

/// Passwords, programs that print them, and vaults.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8], mode: u32| {
        let path = folder.path().join(name);
        support::write(&path, text);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    put("one", b" \tone\r\n\n", 0o600);
    put("two", b"two", 0o600);
    put("empty", b" \n", 0o600);
    put(
        "print.sh",
        b"#!/bin/sh\nprintf '\\r\\n one \\r\\n'\n",
        0o700,
    );
    put("silent.sh", b"#!/bin/sh\n", 0o700);
    put("fails.sh", b"#!/bin/sh\necho two\nexit 3\n", 0o700);
    put("no-program", b"two", 0o700);
    put(
        "shop-client.sh",
        b"#!/bin/sh\n[ \"$1 $2\" = '--vault-id prod' ] || exit 2\necho two\n",
        0o700,
    );
    let key =
        |id: &str, password: &str| Keyring::default().with_password(id, Password::new(password));
    let one = key("default", "one");
    let two = key("prod", "two");
    let sealed = |keyring: &Keyring, clear: &[u8]| keyring.seal(clear, None).unwrap().into_bytes();
    put("a.yml", &sealed(&one, b"a: 1\n"), 0o644);
    put("b.yml", &sealed(&two, b"b: 2\n"), 0o644);
    put(
        "spaced.yml",
        &sealed(&key("default", " one "), b"s: 1\n"),
        0o644,
    );
    put("sealed-two", &sealed(&one, b"two\n"), 0o600);
    put("clear.yml", b"c: 3\n", 0o644);
    fs::create_dir(folder.path().join("folder")).unwrap();
    folder
}

fn ours(folder: &Path, arguments: &[&str], settings: &[(&str, &str)], stdin: &[u8]) -> Ended {
    // In a session of its own there is no terminal to ask on.
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_rdpfix"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ANSIBLE") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .arg("vault")
        .args(arguments)
        .envs(settings.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody may want to read it.
    let _unread = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap().into(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A command, settings in the environment, and whether it succeeds.
type Case = (&'static str, &'static [(&'static str, &'static str)], bool);

/// Everything below writes to standard output, so that it can be compared.
const READING: [Case; 27] = [
    ("view a.yml --vault-password-file one", &[], true),
    ("view a.yml --vault-pass-file one", &[], true),
    (
        "view b.yml --vault-password-file one --vault-password-file two",
        &[],
        true,
    ),
    ("view a.yml --vault-id one", &[], true),
    (
        "view b.yml --vault-id dev@one --vault-id prod@two",
        &[],
        true,
    ),
    ("view b.yml --vault-id @two", &[], true),
    ("view spaced.yml --vault-password-file print.sh", &[], true),
    ("view b.yml --vault-id prod@shop-client.sh", &[], true),
    ("view b.yml --vault-id dev@shop-client.sh", &[], false),
    (
        "view b.yml --vault-password-file shop-client.sh",
        &[],
        false,
    ),
    (
        "view b.yml --vault-id dev@shop-client.sh --vault-id two",
        &[],
        true,
    ),
    ("view b.yml --vault-password-file fails.sh", &[], false),
    ("view b.yml --vault-password-file silent.sh", &[], false),
    ("view b.yml --vault-password-file no-program", &[], false),
    ("view b.yml --vault-password-file folder", &[], false),
    ("view b.yml --vault-password-file missing", &[], false),
    (
        "view b.yml --vault-password-file missing --vault-id empty --vault-id two",
        &[],
        true,
    ),
    ("view b.yml --vault-password-file empty", &[], false),
    (
        "view b.yml --vault-id one --vault-id prod@sealed-two",
        &[],
        true,
    ),
    ("view b.yml --vault-password-file one", &[], false),
    (
        "view b.yml",
        &[("ANSIBLE_VAULT_IDENTITY_LIST", "dev@one, prod@two")],
        true,
    ),
    (
        "view b.yml",
        &[("ANSIBLE_VAULT_PASSWORD_FILE", "two")],
        true,
    ),
    (
        "view b.yml --vault-id dev@two",
        &[("ANSIBLE_VAULT_ID_MATCH", "True")],
        false,
    ),
    (
        "view b.yml --vault-id prod@two",
        &[("ANSIBLE_VAULT_ID_MATCH", "True")],
        true,
    ),
    ("view clear.yml --vault-id one", &[], false),
    ("view missing.yml --vault-id one", &[], false),
    ("decrypt a.yml --output - --vault-id one", &[], true),
];

#[test]
fn passwords_come_from_the_same_places() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    let folder = folder();
    for (line, settings, succeeds) in READING {
        let arguments: Vec<&str> = line.split(' ').collect();
        let theirs = ansible.run(folder.path(), &arguments, settings, b"");
        assert_eq!(theirs.code == 0, succeeds, "{line}: {theirs:?}");
        let ours = ours(folder.path(), &arguments, settings, b"");
        assert_eq!(ours.code == 0, succeeds, "{line}: {ours:?}");
        if succeeds {
            assert_eq!(ours.stdout, theirs.stdout, "{line}");
        } else {
            assert!(
                ours.stderr.starts_with("error: ") || ours.stderr.contains("\nerror: "),
                "{line}: {ours:?}"
            );
            assert!(ours.stdout.is_empty(), "{line}: {ours:?}");
        }
        assert!(!ours.stderr.contains("two\n"), "{line}: {ours:?}");
    }
}

/// Commands that write, each with the file that they leave and, when they succeed, the password and the first line of it.
type Writing = (
    &'static str,
    &'static [(&'static str, &'static str)],
    Option<Left>,
);
type Left = (&'static str, Option<&'static str>, &'static str);

const PLAIN: &str = "$ANSIBLE_VAULT;1.1;AES256";
const PROD: &str = "$ANSIBLE_VAULT;1.2;AES256;prod";

const WRITING: [Writing; 16] = [
    (
        "encrypt clear.yml --vault-id one",
        &[],
        Some(("clear.yml", Some("one"), PLAIN)),
    ),
    (
        "encrypt clear.yml --vault-id prod@two",
        &[],
        Some(("clear.yml", Some("two"), PROD)),
    ),
    (
        "encrypt clear.yml --vault-id dev@one --vault-id prod@two",
        &[],
        None,
    ),
    (
        "encrypt clear.yml --vault-id dev@one --vault-id prod@two --encrypt-vault-id prod",
        &[],
        Some(("clear.yml", Some("two"), PROD)),
    ),
    (
        "encrypt clear.yml --vault-id dev@one --encrypt-vault-id prod",
        &[],
        None,
    ),
    (
        "encrypt clear.yml --vault-id dev@one --vault-id prod@two",
        &[("ANSIBLE_VAULT_ENCRYPT_IDENTITY", "prod")],
        Some(("clear.yml", Some("two"), PROD)),
    ),
    (
        "encrypt clear.yml --vault-id dev@missing --vault-id prod@two",
        &[],
        Some(("clear.yml", Some("two"), PROD)),
    ),
    ("encrypt a.yml --vault-id one", &[], None),
    (
        "encrypt clear.yml --vault-id one --output new.yml",
        &[],
        Some(("new.yml", Some("one"), PLAIN)),
    ),
    (
        "encrypt clear.yml a.yml --vault-id one --output new.yml",
        &[],
        None,
    ),
    (
        "decrypt a.yml --vault-id one",
        &[],
        Some(("a.yml", None, "a: 1")),
    ),
    ("decrypt clear.yml --vault-id one", &[], None),
    (
        "decrypt a.yml --vault-id one --output new.yml",
        &[],
        Some(("new.yml", None, "a: 1")),
    ),
    (
        "rekey a.yml --vault-id one --new-vault-id prod@two",
        &[],
        Some(("a.yml", Some("two"), PROD)),
    ),
    (
        "rekey b.yml --vault-id two --new-vault-password-file one",
        &[],
        Some(("b.yml", Some("one"), PLAIN)),
    ),
    (
        "rekey a.yml --vault-id one --encrypt-vault-id prod",
        &[("ANSIBLE_VAULT_IDENTITY_LIST", "prod@two")],
        Some(("a.yml", Some("two"), PROD)),
    ),
];

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn files_are_written_alike() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    for (line, settings, left) in WRITING {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (here, there) = (folder(), folder());
        let ours = ours(here.path(), &arguments, settings, b"");
        let theirs = ansible.run(there.path(), &arguments, settings, b"");
        assert_eq!(theirs.code == 0, left.is_some(), "{line}: {theirs:?}");
        assert_eq!(ours.code == 0, left.is_some(), "{line}: {ours:?}");
        let Some((file, password, first)) = left else {
            continue;
        };
        let (ours, theirs) = (
            support::bytes(&here.path().join(file)),
            support::bytes(&there.path().join(file)),
        );
        assert_eq!(first_line(&ours), first, "{line}");
        assert_eq!(first_line(&theirs), first, "{line}");
        let mode = fs::metadata(here.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        let in_place = !line.contains("--output") && password.is_some();
        assert_eq!(mode & 0o777, if in_place { 0o644 } else { 0o600 }, "{line}");
        if let Some(password) = password {
            let keyring = Keyring::default().with_password("any", Password::new(password));
            let opened = keyring.open_bytes(&theirs).unwrap();
            let again = ansible
                .opened(&ours, &[("any", password.as_bytes())])
                .unwrap();
            assert_eq!(*opened, again, "{line}");
        } else {
            assert_eq!(ours, theirs, "{line}");
        }
    }
}

#[test]
fn a_string_is_written_as_ansible_vault_writes_it() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    let folder = folder();
    for (line, stdin) in [
        (
            "--vault-id prod@two --stdin-name word",
            b"hunter2".as_slice(),
        ),
        ("--vault-id one", b"two lines\n\n".as_slice()),
    ] {
        let with = |verb| {
            let mut arguments = vec![verb];
            arguments.extend(line.split(' '));
            arguments
        };
        let ours = ours(folder.path(), &with("encrypt-string"), &[], stdin);
        assert_eq!(ours.code, 0, "{ours:?}");
        let theirs = ansible.run(folder.path(), &with("encrypt_string"), &[], stdin);
        assert_eq!(theirs.code, 0, "{theirs:?}");
        let shape = |bytes: &[u8]| -> Vec<String> {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.lines()
                .enumerate()
                // The digits differ with the salt.
                .map(|(at, line)| {
                    if at < 2 {
                        line.to_owned()
                    } else {
                        line.replace(|letter: char| letter.is_ascii_hexdigit(), "0")
                    }
                })
                .collect()
        };
        assert_eq!(shape(&ours.stdout), shape(&theirs.stdout));
        assert!(ours.stdout.ends_with(b"\n") && theirs.stdout.ends_with(b"\n"));
        let keys: [(&str, &[u8]); 2] = [("prod", b"two"), ("default", b"one")];
        for written in [&ours.stdout, &theirs.stdout] {
            let text = String::from_utf8(written.clone()).unwrap();
            let text = if text.starts_with("word: ") {
                text
            } else {
                format!("word: {text}")
            };
            let values = ansible.variables(&text, &keys);
            assert_eq!(values["word"].as_str().unwrap().as_bytes(), stdin);
            assert_eq!(super::seen(&text, super::keyring(&keys)), values);
        }
    }
}

/// Where we are stricter, or lose less, on purpose.
#[test]
fn differences_are_these() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    let here = folder();
    let binary = b"a\r\nb\xFF\0c";
    let sealed = super::keyring(&[("default", b"one")])
        .seal(binary, None)
        .unwrap();
    support::write(&here.path().join("binary"), sealed.as_bytes());
    let view = ["view", "binary", "--vault-id", "one"];
    let theirs = ansible.run(here.path(), &view, &[], b"");
    assert_ne!(theirs.stdout, binary, "ansible-vault shows text");
    assert_eq!(ours(here.path(), &view, &[], b"").stdout, binary);

    // A mistake in the second file leaves the first as it was; ansible-vault has rewritten it by then.
    let rekey = [
        "rekey",
        "a.yml",
        "clear.yml",
        "--vault-id",
        "one",
        "--new-vault-id",
        "two",
    ];
    let before = support::bytes(&here.path().join("a.yml"));
    let ended = ours(here.path(), &rekey, &[], b"");
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(
        ended.stderr.contains("cannot rekey `clear.yml`"),
        "{ended:?}"
    );
    assert!(ended.stderr.ends_with("nothing was written\n"), "{ended:?}");
    assert_eq!(support::bytes(&here.path().join("a.yml")), before);
    assert_ne!(ansible.run(here.path(), &rekey, &[], b"").code, 0);
    assert_ne!(support::bytes(&here.path().join("a.yml")), before);

    // The password file of the past is not taken for the new one.
    let rekey = ["rekey", "b.yml"];
    let settings = [("ANSIBLE_VAULT_PASSWORD_FILE", "two")];
    assert_eq!(ansible.run(here.path(), &rekey, &settings, b"").code, 0);
    let ended = ours(here.path(), &rekey, &settings, b"");
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(
        ended.stderr.contains("there is no terminal to ask on"),
        "{ended:?}"
    );
}
