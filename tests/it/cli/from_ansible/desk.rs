//! A lab with a folder, for trying what a line of the README says.

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use serde_json::Value;
use tokio::process::Command;

use crate::cli::Bench;
use crate::cli::Finished;
use crate::cli::command;
use crate::cli::finished;
use crate::support;

/// A lab with a folder, in which the program is run.
pub(super) struct Desk(pub(super) Bench);

impl Desk {
    pub(super) async fn of(scenario: &str, hosts: usize) -> Self {
        Self(Bench::of(scenario, Some(hosts)).await)
    }

    /// Hosts that can be mended, the first of them in trouble.
    pub(super) async fn in_trouble(hosts: usize, trouble: Trouble) -> Self {
        let scenario = scenario::named("nla-mismatch", Some(hosts)).unwrap();
        let mut hosts = scenario.build(SystemClock.now()).unwrap();
        hosts[0].mishaps.push(Mishap::always(trouble));
        let lab = Lab::start_hosts(hosts, LabOptions::default()).await;
        Self(Bench::around(lab.unwrap()))
    }

    pub(super) fn put(&self, name: &str, text: &str) {
        let path = self.0.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        support::write(&path, text.as_bytes());
    }

    #[cfg(unix)]
    pub(super) fn put_program(&self, name: &str, text: &str) {
        self.put(name, text);
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(self.0.folder.path().join(name), rights).unwrap();
    }

    /// Runs the program; words with `=` before the verb are variables of the environment.
    pub(super) async fn run(&self, line: &str) -> Finished {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let begin = words.iter().position(|word| !word.contains('=')).unwrap();
        let mut command = command(&words.split_off(begin));
        command.current_dir(self.0.folder.path());
        for pair in words {
            let (name, value) = pair.split_once('=').unwrap();
            command.env(name, value);
        }
        finished(command.output().await.unwrap())
    }

    /// Runs a playbook of these tasks on the lab.
    pub(super) async fn tasks(&self, verb: &str, tasks: &str) -> Finished {
        self.put("play.yml", &format!("- hosts: all\n  tasks:\n{tasks}"));
        self.run(&format!("{verb} play.yml -i lab.yml --reporter jsonl"))
            .await
    }

    /// What one of Ansible's programs prints of this folder; `None` where it is missing.
    pub(super) async fn peer(&self, program: &str, line: &str) -> Option<Value> {
        let output = Command::new(support::peer_script(program)?)
            .args(line.split_whitespace())
            .current_dir(self.0.folder.path())
            .env("ANSIBLE_DEPRECATION_WARNINGS", "0")
            .output()
            .await;
        let told = finished(output.unwrap());
        Some(serde_json::from_str(&told.stdout).unwrap_or_else(|_| panic!("{}", told.stderr)))
    }

    /// Shows the same of an inventory as ansible-inventory does.
    pub(super) async fn shows_the_same(&self, line: &str) -> Value {
        let ours = self.run(&format!("inventory {line}")).await.exits(0);
        let ours: Value = serde_json::from_str(&ours.stdout).unwrap();
        if let Some(theirs) = self.peer("ansible-inventory", line).await {
            assert_eq!(ours, theirs);
        }
        ours
    }
}
