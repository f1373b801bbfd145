//! Facts about the lab told by programs that none of us wrote.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests share may fail a test"
)]

mod remote_desktop;
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
async fn run(program: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new("timeout");
    command.arg(PATIENCE).arg(program).args(arguments);
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
async fn json(program: &Path, arguments: &[&str], input: &str) -> serde_json::Value {
    let output = run(program, arguments, input).await;
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}
