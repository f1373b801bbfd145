//! A thousand passwords, each encrypted with a salt of its own, opened by us and by Ansible's library.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use anyhow::ensure;
use rdpfix::vault::Keyring;
use rdpfix::vault::Password;

use crate::process::Measured;
use crate::process::measure;
use crate::process::root;

/// How many passwords.
pub(crate) const VALUES: usize = 1_000;
const PASSWORD: &str = "bench-password";

/// Both programs on one file: ours, ours on the same file with plain passwords, and theirs if it is there.
pub(crate) struct Opened {
    pub(crate) ours: Measured,
    pub(crate) plain: Measured,
    pub(crate) theirs: Option<Measured>,
}

/// Asks all hosts for facts, for which the inventory is read with everything that connecting takes; nobody listens where the
/// hosts should be. Ansible's library opens the same texts, one after the other as Ansible does.
pub(crate) fn opened(folder: &Path) -> anyhow::Result<Opened> {
    let sealed = folder.join("sealed.yml");
    std::fs::write(&sealed, inventory(seal)?)?;
    let plain = folder.join("plain.yml");
    std::fs::write(&plain, inventory(|clear| Ok(clear.to_owned()))?)?;
    let password = folder.join("password.txt");
    std::fs::write(&password, PASSWORD)?;
    let ask = |inventory: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdpfix"));
        command.args(["facts", "all", "-i"]).arg(inventory);
        command.arg("--vault-password-file").arg(&password);
        let run = measure(command.stderr(Stdio::null()))?;
        ensure!(run.code == Some(4), "rdpfix ended with {:?}", run.code);
        anyhow::Ok(run)
    };
    let python = root().join("target/peers/bin/python");
    let theirs = if python.is_file() {
        let mut command = Command::new(python);
        command.arg(root().join("benches/language/vault.py"));
        let run = measure(command.arg(&sealed).arg(&password).arg(VALUES.to_string()))?;
        ensure!(run.code == Some(0), "vault.py ended with {:?}", run.code);
        Some(run)
    } else {
        None
    };
    Ok(Opened {
        ours: ask(&sealed)?,
        plain: ask(&plain)?,
        theirs,
    })
}

fn inventory(value: impl Fn(&str) -> anyhow::Result<String>) -> anyhow::Result<String> {
    let mut text = "all:\n  vars:\n    ansible_connection: winrm\n    ansible_host: 127.0.0.1\n    ansible_port: 1\n  hosts:\n".to_owned();
    for host in 0..VALUES {
        let value = value(&format!("password of {host}"))?;
        writeln!(
            text,
            "    rdp{host:04}.corp.example:\n      ansible_password: {value}"
        )?;
    }
    Ok(text)
}

fn seal(clear: &str) -> anyhow::Result<String> {
    let keyring = Keyring::default().with_password("default", Password::new(PASSWORD));
    let text = keyring.seal(clear.as_bytes(), None)?;
    let indented = text.trim_end().replace('\n', "\n        ");
    Ok(format!("!vault |\n        {indented}"))
}
