//! A long playbook: read, listed, and run on many hosts with tasks that ask hosts for nothing.

use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;

use crate::lab::Lab;
use crate::process::Measured;
use crate::process::measure;
use crate::process::root;

/// How many tasks and hosts.
pub(crate) const TASKS: usize = 1_000;
pub(crate) const HOSTS: usize = 1_000;
/// Of Ansible's: it takes some milliseconds for each task on each host.
pub(crate) const THEIR_TASKS: usize = 100;
pub(crate) const THEIR_HOSTS: usize = 10;

/// Writes a playbook: a quarter each prints, sets a fact, asserts, and is skipped by a condition.
pub(crate) fn written(folder: &Path, tasks: usize) -> anyhow::Result<PathBuf> {
    let mut text = "- hosts: all\n  gather_facts: false\n  tasks:\n".to_owned();
    for task in 0..tasks {
        writeln!(text, "    - name: Task {task}")?;
        match task % 4 {
            0 => writeln!(
                text,
                "      ansible.builtin.debug: {{msg: \"task {task} on {{{{ inventory_hostname }}}}\"}}"
            ),
            1 => writeln!(
                text,
                "      ansible.builtin.set_fact: {{step: \"{{{{ {task} + 1 }}}}\", loud: \"{{{{ inventory_hostname | upper }}}}\"}}"
            ),
            2 => writeln!(
                text,
                "      ansible.builtin.assert: {{that: [step | int == {task}, loud is defined]}}"
            ),
            _ => writeln!(
                text,
                "      ansible.builtin.debug: {{msg: never}}\n      when: step | int == 0"
            ),
        }?;
    }
    let path = folder.join(format!("tasks-{tasks}.yml"));
    std::fs::write(&path, text)?;
    Ok(path)
}

fn done(mut command: Command) -> anyhow::Result<Measured> {
    let run = measure(&mut command)?;
    ensure!(run.code == Some(0), "{command:?} ended with {:?}", run.code);
    Ok(run)
}

fn ours(arguments: &[&str], book: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdpfix"));
    command.args(arguments).arg(book);
    command
}

/// Ansible with hosts that need no connection; `None` where it is not installed.
fn theirs(folder: &Path, book: &Path) -> anyhow::Result<Option<Command>> {
    let program = root().join("target/peers/bin/ansible-playbook");
    if !program.is_file() {
        return Ok(None);
    }
    let mut text = "all:\n  vars: {ansible_connection: local}\n  hosts:\n".to_owned();
    for host in 0..THEIR_HOSTS {
        writeln!(text, "    host{host}:")?;
    }
    let inventory = folder.join("local.yml");
    std::fs::write(&inventory, text)?;
    let mut command = Command::new(program);
    command.arg("-i").arg(inventory).arg(book);
    Ok(Some(command))
}

/// `lint`, and a list of all tasks; Ansible lists the same tasks.
pub(crate) fn listed(folder: &Path) -> anyhow::Result<(Measured, Measured, Option<Measured>)> {
    let book = written(folder, TASKS)?;
    let checked = done(ours(&["lint"], &book))?;
    let list = done(ours(&["apply", "--list-tasks", "-i", "localhost,"], &book))?;
    let theirs = match theirs(folder, &book)? {
        Some(mut command) => {
            command.arg("--list-tasks");
            Some(done(command)?)
        }
        None => None,
    };
    Ok((checked, list, theirs))
}

/// What running has cost.
pub(crate) struct Ran {
    /// All tasks on all hosts.
    pub(crate) ours: Measured,
    /// One task on as many hosts, most of which is signing in to every host and proving it.
    pub(crate) bare: Measured,
    /// [`THEIR_TASKS`] on [`THEIR_HOSTS`].
    pub(crate) theirs: Option<Measured>,
    /// One task on as many hosts.
    pub(crate) their_bare: Option<Measured>,
}

/// A check run. We sign in to every host before its first task, so our hosts are those of a lab in another process, and the
/// same run with one task is measured beside it. Ansible opens no connection for such tasks.
pub(crate) fn ran(folder: &Path) -> anyhow::Result<Ran> {
    let (book, bare) = (written(folder, TASKS)?, written(folder, 1)?);
    let lab = Lab::start(folder, HOSTS)?;
    let check = |book: &Path| {
        let mut command = ours(&["apply", "--check"], book);
        command.arg("-i").arg(&lab.inventory);
        done(command)
    };
    let (bare, ours) = (check(&bare)?, check(&book)?);
    drop(lab);
    let run = |tasks| match theirs(folder, &written(folder, tasks)?)? {
        Some(mut command) => {
            command.args(["--check", "--forks", "10"]);
            done(command).map(Some)
        }
        None => Ok(None),
    };
    Ok(Ran {
        ours,
        bare,
        theirs: run(THEIR_TASKS)?,
        their_bare: run(1)?,
    })
}
