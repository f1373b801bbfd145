//! Facts about `rdpfix rdp-file`: what is said about connection files, and what is written.

use std::path::Path;

use super::Bench;
use super::Finished;
use super::run;
use crate::support;
use rdpfix::rdp_file::read::read;

/// Writes a file as mstsc does and checks it.
async fn check(text: &str, more: &[&str]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.rdp");
    let bytes: Vec<u8> = format!("\u{feff}{}", text.replace('\n', "\r\n"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    support::write(&path, &bytes);
    let path = path.display().to_string();
    let arguments = [&["rdp-file", "check", &path], more].concat();
    run(&arguments).await
}

/// The lines that name this setting.
fn lines_about(finished: &Finished, setting: &str) -> Vec<String> {
    let named = format!(": {setting}: ");
    let lines = finished.stdout.lines();
    lines
        .filter(|line| line.contains(&named))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_file_that_can_work_exits_0_whatever_is_warned_of() {
    let text =
        "full address:s:ts01\ncompression:i:9\nnonsense\nmystery:i:1\nenablecredsspsupport:i:0\n";
    let checked = check(text, &[]).await.exits(0);
    for (setting, severity) in [
        ("compression", "warning: "),
        ("nonsense", "warning: "),
        ("mystery", "info: "),
        ("enablecredsspsupport", "warning: "),
    ] {
        let lines = lines_about(&checked, setting);
        assert_eq!(lines.len(), 1, "{setting}: {}", checked.stdout);
        assert!(lines[0].starts_with(severity), "{lines:?}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_work_exits_3() {
    let checked = check("username:s:me\n", &[]).await.exits(3);
    let lines = lines_about(&checked, "full address");
    assert!(lines[0].starts_with("error: "), "{lines:?}");
}

#[tokio::test]
async fn what_is_no_connection_file_exits_6() {
    let checked = run(&["rdp-file", "check", "Cargo.toml"]).await;
    checked.exits(6).says("is no connection file");
    let missing = run(&["rdp-file", "check", "no-such.rdp"]).await;
    missing.exits(6).says("cannot read `no-such.rdp`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probed_host_decides_what_cannot_work() {
    let bench = Bench::of("healthy", Some(1)).await;
    let place = bench.lab.place(&bench.host()).unwrap().rdp.to_string();
    let text = format!("full address:s:{place}\nenablecredsspsupport:i:0\n");
    let checked = check(&text, &["--against", &place]).await.exits(3);
    let lines = lines_about(&checked, "enablecredsspsupport");
    assert_eq!(lines.len(), 1, "{}", checked.stdout);
    assert!(lines[0].starts_with("error: "), "{lines:?}");
    let text = format!("full address:s:{place}\nenablecredsspsupport:i:1\n");
    check(&text, &["--against"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probed_host_that_does_not_listen_is_an_error() {
    let bench = Bench::of("rdp-disabled", Some(1)).await;
    let place = bench.lab.place(&bench.host()).unwrap().rdp.to_string();
    let checked = check(&format!("full address:s:{place}\n"), &["--against", &place]).await;
    checked.exits(3).says("refuses connections");
}

#[tokio::test]
async fn clean_writes_beside_the_file_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.rdp");
    let old =
        b"full address:s:ts01\nenablecredsspsupport:i:0\nsignature:s:AQ\nusername:s:me\nnonsense\n";
    support::write(&path, old);
    let name = path.display().to_string();
    let cleaned = run(&["rdp-file", "clean", &name]).await.exits(0);
    let cleaned = cleaned.says("left out: line 2: enablecredsspsupport");
    cleaned.says("the old file was signed");
    assert_eq!(support::bytes(&path), old);
    let new = folder.path().join("old.clean.rdp");
    let file = read(&support::bytes(&new)).unwrap();
    assert_eq!(file.number("enablecredsspsupport"), Some(1));
    assert_eq!(file.text("username"), Some("me"));
    let again = run(&["rdp-file", "clean", &name]).await;
    again.exits(5).says("is there already");
}

#[tokio::test]
async fn new_makes_a_file_that_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ts01.rdp").display().to_string();
    let arguments = [
        "rdp-file",
        "new",
        "ts01.corp.example:3390",
        "-u",
        "CORP\\me",
        "-o",
        &path,
    ];
    run(&arguments).await.exits(0);
    run(&["rdp-file", "check", &path])
        .await
        .exits(0)
        .says("0 errors, 0 warnings, 0 notes");
    let file = read(&support::bytes(Path::new(&path))).unwrap();
    assert_eq!(file.text("full address"), Some("ts01.corp.example:3390"));
    let bad = run(&["rdp-file", "new", "two words"]).await;
    bad.exits(5).says("neither a host");
}
