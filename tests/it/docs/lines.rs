//! Facts about the JSON lines: a validator that is not ours finds every record of real runs as the published schema says.

use std::io::Write;
use std::process::Command;
use std::process::Stdio;

use rdpfix::report::JsonLines;

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::report::controls::controls;
use crate::report::controls::nasty;
use crate::report::events::Paper;
use crate::report::events::tell;
use crate::support;

/// The schema of the records.
pub(super) const SCHEMA: &str = "docs/reference/jsonl.schema.json";

/// How many records of each type a validator found right; `None` where there is no validator.
fn validated(lines: &str) -> Option<serde_json::Value> {
    let python = support::peer_python()?;
    let mut child = Command::new(python)
        .arg(support::root().join("tests/peers/validate_lines.py"))
        .arg(support::root().join(SCHEMA))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A validator that has seen enough tells why below.
    let _unread = input.write_all(lines.as_bytes());
    drop(input);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_write_what_the_schema_says() {
    let bench = Bench::of("fleet", None).await;
    let run = bench.run(&["apply", BASELINE, "--reporter", "jsonl"]).await;
    let Some(counts) = validated(&run.stdout) else {
        return;
    };
    assert_eq!(counts["host_end"], bench.hosts().len());
    assert_eq!(counts["run_end"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn waves_and_a_run_that_is_stopped_are_as_the_schema_says() {
    let bench = Bench::of("unreachable", Some(3)).await;
    let arguments = ["apply", BASELINE, "--reporter", "jsonl", "--serial", "1"];
    let run = bench.run(&arguments).await.exits(8);
    let Some(counts) = validated(&run.stdout) else {
        return;
    };
    assert_eq!(counts["wave"], 1);
    assert!(
        run.stdout.contains(r#""stopped":"budget""#),
        "{}",
        run.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_write_what_the_schema_says() {
    let bench = Bench::of("fleet", None).await;
    bench.write("password", bench.lab.password().reveal());
    let password = bench.path("password");
    let signed_in = ["--login", bench.lab.user(), "--password-file", &password];
    for more in [&["--repeat", "2"][..], &signed_in] {
        let arguments = [&["probe", "--reporter", "jsonl"], more].concat();
        let told = bench.run(&arguments).await;
        let Some(counts) = validated(&told.stdout) else {
            return;
        };
        assert_eq!(counts["probe_end"], bench.hosts().len(), "{more:?}");
        assert!(counts["finding"].as_u64() > Some(5), "{counts}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnoses_write_what_the_schema_says() {
    for scenario in ["policy-owned", "gateway-http", "healthy"] {
        let bench = Bench::of(scenario, None).await;
        let arguments = [
            "diagnose",
            scenario,
            "--code",
            "0x904",
            "--reporter",
            "jsonl",
        ];
        let told = bench.run(&arguments).await;
        let Some(counts) = validated(&told.stdout) else {
            return;
        };
        assert_eq!(counts["diagnose_end"], 1, "{scenario}");
        if scenario != "healthy" {
            assert!(counts["cause"].as_u64() >= Some(1), "{counts}");
        }
    }
}

#[test]
fn controls_and_waivers_are_told_as_the_schema_says() {
    let paper = Paper::default();
    tell(&mut JsonLines::new(paper.pen()), &controls());
    tell(&mut JsonLines::new(paper.pen()), &nasty());
    let whole = "AB12".repeat(10);
    let text = paper.text().replace("\"AB12\"", &format!("\"{whole}\""));
    if let Some(counts) = validated(&text) {
        assert_eq!(counts["run_end"], 2, "{counts}");
    }
}

#[test]
fn a_record_that_breaks_the_schema_is_found() {
    let python = support::peer_python();
    let broken = r#"{"v":1,"ts":"2026-01-01T00:00:00Z","type":"host_start"}"#;
    if python.is_some() {
        let caught = std::panic::catch_unwind(|| validated(broken));
        let told = caught.unwrap_err();
        let told = told.downcast_ref::<String>().unwrap();
        assert!(told.contains("'host' is a required property"), "{told}");
    }
}
