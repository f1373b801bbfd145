//! Facts about an interval of drift: every report and the dashboard tell the one that the history has.

use jiff::Timestamp;
use rdpfix::history::History;
use rdpfix::history::State;
use rdpfix::report::REPORTERS;
use serde_json::Value;

use super::Bench;
use super::Served;
use super::asked;
use super::close_firewall;
use super::command;
use super::jobs;
use super::schedule_run;

const CONTROL: &str = "firewall_rule:RemoteDesktop-UserMode-In-TCP";

/// Whether a control still differs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drift {
    Lasts,
    Ended,
}

/// A job of this mode that writes every report there is.
fn reporting(bench: &Bench, mode: &str) {
    let named = REPORTERS.map(|(kind, _)| {
        let place = bench.path(&format!("report.{kind}"));
        format!("'{kind}:{place}'")
    });
    jobs(
        bench,
        &format!(
            "    mode: {mode}\n    every: 30d\n    reporters: [{}]\n",
            named.join(", ")
        ),
    );
}

/// How a report writes the beginning of drift; `None` when it does not tell of drift that is over.
fn spelled(kind: &str, since: Timestamp, drift: Drift) -> Option<String> {
    match kind {
        "openmetrics" | "sarif" | "markdown" if drift == Drift::Ended => None,
        "openmetrics" => Some(format!("control=\"{CONTROL}\"}} {}", since.as_second())),
        "csv" | "json" | "sarif" | "jsonl" => Some(since.to_string()),
        // In a column of its own; the colon would begin a mark.
        "markdown" => Some(format!("| {} \\(", since.strftime("%Y-%m-%d %H\\:%M UTC"))),
        _ => Some(format!("since {}", since.strftime("%Y-%m-%d %H:%M UTC"))),
    }
}

/// Every report names this moment as the beginning of the drift.
fn told_by_all(bench: &Bench, since: Timestamp, drift: Drift) {
    for (kind, _) in REPORTERS {
        let path = bench.path(&format!("report.{kind}"));
        let text = String::from_utf8(crate::support::bytes(path.as_ref())).unwrap();
        if let Some(words) = spelled(kind, since, drift) {
            assert!(text.contains(&words), "{kind} lacks {words}:\n{text}");
        }
    }
}

/// When drift of the control began, and when it was over.
fn interval(bench: &Bench, host: &str) -> (Timestamp, Option<Timestamp>) {
    let history = History::read(bench.path("history.db").as_ref()).unwrap();
    let view = history.host(host, 100).unwrap().unwrap();
    let now = view.controls.iter().find(|one| one.control == CONTROL);
    let now = now.unwrap();
    if now.state == State::Drift {
        return (now.since, None);
    }
    let mut past = view.past.iter().filter(|one| one.control == CONTROL);
    let drift = past.find(|one| one.state == State::Drift).unwrap();
    (drift.since, drift.until)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_and_the_dashboard_tell_the_interval_of_a_drift() {
    let bench = Bench::of("healthy", Some(2)).await;
    reporting(&bench, "audit");
    schedule_run(&bench, &[]).await.exits(0);
    let broken = bench.hosts().remove(1);
    close_firewall(&bench, &broken).await;
    schedule_run(&bench, &[]).await.exits(3);
    let began = interval(&bench, &broken);
    told_by_all(&bench, began.0, Drift::Lasts);

    // The next audit tells when it began, not when it looked.
    schedule_run(&bench, &[]).await.exits(3);
    assert_eq!(interval(&bench, &broken), began);
    told_by_all(&bench, began.0, Drift::Lasts);

    // So does what mends it.
    let window = "audit-then-apply-in-window\n    windows: [{from: \"00:00\"}]";
    reporting(&bench, window);
    schedule_run(&bench, &[]).await.exits(0);
    let (since, until) = interval(&bench, &broken);
    assert_eq!(since, began.0);
    told_by_all(&bench, since, Drift::Ended);
    dashboard_tells(&bench, &broken, (since, until.unwrap())).await;
}

async fn dashboard_tells(bench: &Bench, host: &str, (since, until): (Timestamp, Timestamp)) {
    let (file, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    let arguments = [
        "serve",
        "--jobs",
        &file,
        "--store",
        &store,
        "--log",
        "json",
        "--listen",
        "localhost:0",
    ];
    let mut served = Served::of(command(&arguments), bench);
    let line = served.wait("listening").await;
    let url = line["url"].as_str().unwrap().to_owned();
    let answer = asked(&url, &format!("GET /api/v1/hosts/{host}"), "").await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let view: Value = serde_json::from_str(body).unwrap();
    let past = view["past"].as_array().unwrap().iter();
    let drifts: Vec<&Value> = past
        .filter(|one| one["control"] == CONTROL && one["state"] == "drift")
        .collect();
    assert_eq!(drifts.len(), 1, "{view:#}");
    assert_eq!(drifts[0]["since"], since.to_string());
    assert_eq!(drifts[0]["until"], until.to_string());
    let page = asked(&url, &format!("GET /hosts/{host}"), "").await;
    for moment in [since, until] {
        let shown = moment.strftime("%Y-%m-%d %H:%M").to_string();
        assert!(page.contains(&shown), "{shown}:\n{page}");
    }
    served.signal("-TERM").await;
    served.ends(0).await;
}
