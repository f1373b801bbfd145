//! How it looks and works in a real browser: Chromium, driven by `tests/peers/dashboard.py`.

use std::path::Path;

use serde_json::json;

use super::PICTURE;
use super::fleet::Size;
use super::fleet::name;
use super::rig::Rig;
use super::rig::Setup;
use super::rig::TOKEN;
use crate::peers;
use crate::support;

/// Seconds, more than a browser takes to look at everything on a machine that is busy with other tests.
const PATIENCE: &str = "300";

/// Runs the script, which must find no trouble; `None` where there is no browser.
async fn looked_at(rig: &Rig, work: &str, more: serde_json::Value) -> Option<()> {
    let python = support::peer_python()?;
    support::peer_program("chromium")?;
    support::peer_program("chromedriver")?;
    let script = support::root().join("tests/peers/dashboard.py");
    let told = json!({ "url": rig.url(), "work": work, "token": TOKEN, "more": more });
    let arguments = [script.to_str().unwrap()];
    let output = peers::run_within(PATIENCE, &python, &arguments, &told.to_string()).await;
    let found: Vec<String> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| vec![String::from_utf8_lossy(&output.stderr).into_owned()]);
    assert!(found.is_empty(), "{work}: {found:#?}");
    Some(())
}

fn of(hosts: u64, controls: u64, runs: u64) -> Setup {
    let size = Size {
        hosts,
        controls,
        runs,
    };
    Setup {
        size,
        ..Setup::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_hosts_every_page_is_sound() {
    let rig = Rig::start(of(0, 0, 0)).await;
    looked_at(&rig, "pages", json!({"host": null})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_ten_thousand_hosts_every_page_is_sound_and_the_map_answers() {
    let rig = Rig::start(of(10_000, 50, 1)).await;
    let more = json!({ "host": name(4), "hosts": 10_001 });
    for work in ["pages", "map"] {
        looked_at(&rig, work, more.clone()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_run_from_its_page_with_and_without_scripts() {
    let rig = Rig::start(of(3, 3, 2)).await;
    if looked_at(&rig, "run", json!({})).await.is_some() {
        assert_eq!(rig.jobs.asked(), ["certificates", "nightly"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_jobs_tells_what_becomes_of_them_and_why_it_cannot() {
    let outside = Setup {
        listening: Some("10.0.0.5:8080"),
        ..of(3, 3, 2)
    };
    let rig = Rig::start(outside).await;
    looked_at(&rig, "watch", json!({})).await;
}

#[expect(clippy::disallowed_methods, reason = "a test may ask what is wanted")]
fn is_to_be_written() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// The picture is written only when it is asked for; otherwise the page has to have what it shows.
#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_the_readme_shows_what_is_there() {
    let rig = Rig::start(of(240, 14, 30)).await;
    let path = support::root().join(PICTURE);
    let wanted = path.to_str().filter(|_| is_to_be_written());
    let more = json!({ "picture": wanted });
    looked_at(&rig, "picture", more).await;
    let bytes = support::bytes(Path::new(&path));
    assert!(bytes.starts_with(b"\x89PNG"), "it is no picture");
    assert!(bytes.len() < 400_000, "{} bytes", bytes.len());
}
