//! Facts about the program as a whole, run as its users run it against a lab in this process.
#![cfg(test)]

mod bad_input;
mod catalogue;
mod compliance;
mod end_to_end;
mod explain;
mod facts;
mod foreign_hosts;
mod from_ansible;
mod gateway;
mod lint;
mod lists;
mod manual;
mod passwords;
mod probe;
mod rdp_file;
mod results;
mod rollout;
mod scenario_files;
mod schedule;
mod secrets;
mod serve;
mod settings;
mod sign_in;
mod vault;

use std::path::Path;
use std::process::Output;
use std::process::Stdio;

use rdpfix::cli::settings::TABLE;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::scenario;
use tempfile::TempDir;
use tokio::process::Command;

/// The playbook that ships.
pub(crate) const BASELINE: &str = "playbooks/rdp-baseline.yml";

/// A lab with a folder that holds its inventory.
pub(crate) struct Bench {
    pub(crate) lab: Lab,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) async fn of(name: &str, hosts: Option<usize>) -> Self {
        let scenario = scenario::named(name, hosts).expect("the scenario exists");
        let lab = Lab::start(&scenario, LabOptions::default())
            .await
            .expect("the lab starts");
        Self::around(lab)
    }

    pub(crate) fn around(lab: Lab) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bench = Self { lab, folder };
        bench.write("lab.yml", &bench.lab.inventory_yaml());
        bench
    }

    pub(crate) fn hosts(&self) -> Vec<String> {
        self.lab.places().map(|(name, _)| name.to_owned()).collect()
    }

    pub(crate) fn host(&self) -> String {
        self.hosts().first().cloned().expect("a host")
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    #[expect(clippy::disallowed_methods, reason = "tests write their own data")]
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
        self.path(name)
    }

    /// Runs the program against the lab's inventory.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        let inventory = self.path("lab.yml");
        let mut all = arguments.to_vec();
        all.extend(["-i", &inventory]);
        let output = command(&all)
            .env("XDG_STATE_HOME", self.folder.path())
            .output()
            .await;
        finished(output.expect("the program runs"))
    }
}

/// How a run of the program ended.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(text), "`{text}` is not in:\n{all}");
        self
    }

    /// The records of `--reporter jsonl`.
    pub(crate) fn records(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"))
            .collect()
    }
}

/// Runs the program from the project's root.
pub(crate) async fn run(arguments: &[&str]) -> Finished {
    let output = command(arguments).output().await.expect("the program runs");
    finished(output)
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdpfix"));
    command
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::null());
    // Nothing of whoever runs the tests counts.
    for setting in TABLE {
        command.env_remove(setting.own).env_remove(setting.ansible);
    }
    for name in [
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "RDPFIX_LOGIN_PASSWORD",
        "JOB_COMPLETION_INDEX",
        "https_proxy",
        "HTTPS_PROXY",
        "http_proxy",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
    ] {
        command.env_remove(name);
    }
    command.env("HOME", Path::new(env!("CARGO_MANIFEST_DIR")).join("target"));
    // What runs remember must not reach whoever runs the tests.
    command.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

pub(crate) fn finished(output: Output) -> Finished {
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[tokio::test]
async fn the_version_is_told() {
    run(&["--version"]).await.exits(0).says("rdpfix ");
}

#[tokio::test]
async fn a_bad_option_exits_5() {
    run(&["apply", "--no-such-option"])
        .await
        .exits(5)
        .says("--no-such-option");
}

#[tokio::test]
async fn lab_list_begins_each_line_with_a_scenario() {
    let list = run(&["lab", "list"]).await.exits(0);
    let names: Vec<&str> = list
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for name in [
        "fleet",
        "healthy",
        "cert-expired",
        "nla-mismatch",
        "firewall-closed",
        "service-down",
        "credssp-oracle",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}
