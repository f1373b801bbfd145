//! Facts about the lab told by programs that none of us wrote.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests share may fail a test"
)]

mod inventory;
pub(crate) mod outside;
mod patterns;
mod playbook_lists;
mod playbook_runs;
mod playbooks;
mod remote_desktop;
mod reports;
mod schedules;
mod settings;
mod templates;
mod vault;
mod winrm;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use rdpfix::lab::Carrier;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::scenario;

/// Seconds, more than any peer takes.
const PATIENCE: &str = "60";

async fn lab(name: &str, carrier: Carrier) -> Lab {
    let options = LabOptions {
        carrier,
        ..LabOptions::default()
    };
    let scenario = scenario::named(name, None).unwrap();
    Lab::start(&scenario, options).await.unwrap()
}

/// Runs a program and gives what it wrote. It is ended when it takes too long.
pub(crate) async fn run(program: &Path, arguments: &[&str], input: &str) -> Output {
    run_within(PATIENCE, program, arguments, input).await
}

/// The same with another patience, in seconds.
pub(crate) async fn run_within(
    patience: &str,
    program: &Path,
    arguments: &[&str],
    input: &str,
) -> Output {
    let mut command = Command::new("timeout");
    command.arg(patience).arg(program).args(arguments);
    let input = input.to_owned();
    let running = move || {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that reads nothing may be gone already.
        let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(running).await.unwrap()
}

/// What a program wrote as JSON on its standard output.
pub(crate) async fn json(program: &Path, arguments: &[&str], input: &str) -> serde_json::Value {
    let output = run(program, arguments, input).await;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&without_huge_numbers(&text)).unwrap_or_else(|error| {
        let told = String::from_utf8_lossy(&output.stderr);
        panic!("{error}: {text}{told}")
    })
}

/// Some write the modulus of a key as a number, which is more than a number of JSON can hold here.
fn without_huge_numbers(text: &str) -> String {
    const HUGE: usize = 100;
    let mut shorter = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        shorter.push_str(before);
        shorter.push_str(if number.len() < HUGE { number } else { "0" });
        rest = after;
    }
    shorter + rest
}
