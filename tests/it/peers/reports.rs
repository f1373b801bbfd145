//! Facts about reports told by their readers: junitparser, the official schema of SARIF, MITRE's inspecjs, Python's csv,
//! prometheus_client, markdown-it and Chromium with axe.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use rdpfix::control::Severity;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::report::Format;
use serde_json::Value;
use tempfile::TempDir;

use super::json;
use crate::report::controls::checked;
use crate::report::controls::controls;
use crate::report::controls::fleet;
use crate::report::controls::nasty;
use crate::report::controls::waiver;
use crate::report::controls::without_nla;
use crate::report::controls::written;
use crate::report::events::audit;
use crate::report::events::host;
use crate::report::events::run;
use crate::report::events::trouble;
use crate::report::honest::stopped;
use crate::report::since::remembered;
use crate::support;

/// Where the run is of which a history knows more.
const REMEMBERED: usize = 5;
/// Where the run is that was stopped.
const STOPPED: usize = 6;
/// Where the run is of a control that matters little and of many waivers.
const LITTLE: usize = 7;

/// The runs that every reader gets to see; the first is the one that is looked at closely.
fn runs() -> [Vec<Event>; 8] {
    [
        controls(),
        audit(),
        trouble(),
        nasty(),
        fleet(60, 12),
        remembered(),
        stopped(),
        little(),
    ]
}

/// A control of no weight that differs, and one that 21 hosts have a waiver for, of which the last ends first.
fn little() -> Vec<Event> {
    let mut hosts = vec![host(
        "info",
        HostStatus::Drifted,
        vec![checked(
            "info",
            ("RDP-INFO", Severity::Info),
            without_nla(),
            None,
        )],
        None,
    )];
    for number in 0..21 {
        let name = format!("h{number:02}");
        let days = if number == 20 { 30 } else { 200 };
        let waiver = Some(waiver("RDP-NLA", days));
        let results = vec![checked(
            &name,
            ("RDP-NLA", Severity::High),
            without_nla(),
            waiver,
        )];
        hosts.push(host(&name, HostStatus::Ok, results, None));
    }
    run(RunMode::Check, hosts)
}

/// The runs as files of a format.
fn files(format: Format) -> (TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs();
    let paths = runs.iter().enumerate().map(|(number, events)| {
        let path = folder.path().join(format!("{number}.{}", format.name()));
        support::write(&path, written(format, events).as_bytes());
        path.display().to_string()
    });
    let paths = paths.collect();
    (folder, paths)
}

/// What a reader makes of the runs; `None` when it is missing.
async fn read(format: Format, around: &[&str]) -> Option<Vec<Value>> {
    let python = support::peer_python()?;
    let script = support::root().join("tests/peers/reports.py");
    let (_folder, paths) = files(format);
    let mut arguments = vec![script.to_str().unwrap(), format.name()];
    arguments.extend(around);
    arguments.extend(paths.iter().map(String::as_str));
    Some(list(&json(&python, &arguments, "").await))
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

fn texts(value: &Value) -> Vec<String> {
    let texts = list(value);
    texts
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn junitparser_reads_suites_cases_and_their_ends() {
    let Some(runs) = read(Format::Junit, &[]).await else {
        return;
    };
    let suites = list(&runs[0]);
    let ends = suites.iter().map(|suite| -> (&str, &str) {
        let case = &suite["cases"][0];
        assert_eq!(case["name"], "RDP-NLA");
        (
            suite["name"].as_str().unwrap(),
            case["ending"].as_str().unwrap(),
        )
    });
    let expected = [
        ("kept", "passed"),
        ("missed", "failure"),
        ("accepted", "skipped"),
        ("soon", "skipped"),
        ("ended", "failure"),
    ];
    assert_eq!(ends.collect::<Vec<_>>(), expected);
    assert_eq!(
        suites[2]["cases"][0]["message"],
        "accepted by ops until 2026-12-30: old clients"
    );
    // Unreachable hosts and failed tasks are errors.
    assert_eq!(runs[1][3]["cases"][0]["ending"], "error");
    assert_eq!(runs[1][3]["cases"][0]["name"], "host-unreachable");
    assert_eq!(runs[2][0]["cases"][1]["ending"], "error");
    assert_eq!(runs[2][2]["cases"][0]["type"], "cert-expired");
    assert!(
        runs[3][0]["cases"][0]["name"]
            .as_str()
            .unwrap()
            .contains("</script>")
    );
    let known = &runs[REMEMBERED];
    let since = "differs since 2026-09-19 14:13 UTC (2 days)";
    assert_eq!(known[0]["cases"][0]["text"], since);
    let out = known[2]["cases"][0]["out"].as_str().unwrap();
    assert!(
        out.ends_with("had differed since 2026-09-18 14:13 UTC (3 days)"),
        "{out}"
    );
    let proof = &known[6]["cases"][0];
    assert_eq!(proof["name"], "proof");
    assert_eq!(proof["text"], "differs since 2026-09-20 14:13 UTC (1 day)");
    let last = list(&runs[STOPPED]).pop().unwrap();
    assert_eq!(last["cases"][0]["ending"], "error", "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sarif_follows_the_official_schema() {
    let Some(schema) = support::peer_file("schemas/sarif-2.1.0.json") else {
        return;
    };
    let Some(runs) = read(Format::Sarif, &[schema.to_str().unwrap()]).await else {
        return;
    };
    for run in &runs {
        assert_eq!(run["complaints"], serde_json::json!([]));
    }
    let found: BTreeMap<String, (String, bool)> = list(&runs[0]["results"])
        .iter()
        .map(|result| {
            let host = &result["locations"][0]["logicalLocations"][0]["name"];
            let suppressed = result.get("suppressions").is_some();
            let level = result["level"].as_str().unwrap().to_owned();
            assert_eq!(result["ruleId"], "RDP-NLA");
            (host.as_str().unwrap().to_owned(), (level, suppressed))
        })
        .collect();
    let expected = [
        ("accepted", true),
        ("ended", false),
        ("missed", false),
        ("soon", true),
    ];
    let expected = expected.map(|(host, waived)| (host.to_owned(), ("error".to_owned(), waived)));
    assert_eq!(found, BTreeMap::from(expected));
    let rule = &runs[0]["rules"]["RDP-NLA"];
    assert_eq!(rule["defaultConfiguration"]["level"], "error", "{rule}");
    assert!(
        rule["properties"]["tags"]
            .to_string()
            .contains("STIG V-254369")
    );
    assert!(runs[1]["rules"].get("host-unreachable").is_some());
    assert!(runs[1]["rules"].get("cert-expired").is_some());
    let known: Vec<(String, Value, Value)> = list(&runs[REMEMBERED]["results"])
        .iter()
        .map(|result| {
            let host = &result["locations"][0]["logicalLocations"][0]["name"];
            let first = &result["provenance"]["firstDetectionTimeUtc"];
            let host = host.as_str().unwrap().to_owned();
            (host, result["baselineState"].clone(), first.clone())
        })
        .collect();
    let expected = [
        ("old", "unchanged".into(), "2026-09-19T14:13:22Z".into()),
        ("new", "new".into(), "2026-09-21T14:13:22Z".into()),
        ("accepted", Value::Null, Value::Null),
        ("cut", "unchanged".into(), "2026-09-20T14:13:22Z".into()),
    ];
    assert_eq!(
        known,
        expected.map(|(host, state, first)| (host.to_owned(), state, first))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_csv_reads_every_cell_and_no_formula() {
    let Some(runs) = read(Format::Csv, &[]).await else {
        return;
    };
    let rows = list(&runs[0]);
    let stands = rows
        .iter()
        .filter(|row| row["control"] == "RDP-NLA")
        .map(|row| {
            (
                row["host"].as_str().unwrap(),
                row["status"].as_str().unwrap(),
            )
        });
    let expected = [
        ("kept", "ok"),
        ("missed", "would_change"),
        ("accepted", "waived"),
        ("soon", "waived"),
        ("ended", "would_change"),
    ];
    assert_eq!(stands.collect::<Vec<_>>(), expected);
    assert_eq!(rows[3]["before"], "nla=optional");
    assert_eq!(rows[3]["references"], "CIS 18.10.57.3.9.4; STIG V-254369");
    let mut guarded = 0;
    for run in &runs {
        for row in list(run) {
            for (column, cell) in row.as_object().unwrap() {
                let cell = cell.as_str().unwrap_or_else(|| panic!("{column} of {row}"));
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{column}: {cell}"
                );
                guarded += usize::from(cell.starts_with("'="));
            }
        }
    }
    assert!(guarded > 5, "{guarded} cells are guarded");
    let known: Vec<[String; 3]> = list(&runs[REMEMBERED])
        .iter()
        .filter(|row| row["control"] == "RDP-NLA" || row["host"] == "cut")
        .map(|row| {
            ["host", "drift_since", "drift_until"]
                .map(|name| row[name].as_str().unwrap().to_owned())
        })
        .collect();
    let (seen, none) = ("2026-09-21T14:13:22Z", "");
    let expected = [
        ["old", "2026-09-19T14:13:22Z", none],
        ["new", seen, none],
        ["mended", "2026-09-18T14:13:22Z", seen],
        ["healed", "2026-09-21T10:13:22Z", seen],
        ["accepted", "2026-09-20T14:13:22Z", seen],
        ["plain", none, none],
        ["cut", "2026-09-20T14:13:22Z", none],
    ];
    assert_eq!(known, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_markdown_finds_tables_and_no_markup_of_hosts() {
    let Some(runs) = read(Format::Markdown, &[]).await else {
        return;
    };
    assert_eq!(
        texts(&runs[0]["headings"])[1..],
        ["Controls", "Hosts", "Waivers", "Certificates"]
    );
    for run in &runs {
        assert_eq!(run["links"], serde_json::json!([]));
        assert_eq!(run["blocks"], serde_json::json!([]));
        let html = texts(&run["html"]);
        assert!(
            html.iter()
                .all(|tag| ["<br>", "<sub>", "</sub>"].contains(&&**tag)),
            "{html:?}"
        );
        assert!(run["length"].as_u64().unwrap() <= 60_000);
        for row in list(&run["rows"]) {
            assert!([8, 4, 3].contains(&row.as_array().unwrap().len()), "{row}");
        }
    }
    let rows = list(&runs[REMEMBERED]["rows"]);
    let since = |host: &str| {
        let row = rows.iter().find(|row| row[0] == host);
        row.unwrap_or_else(|| panic!("no {host}"))[3].clone()
    };
    assert_eq!(since("host"), "since");
    assert_eq!(since("old"), "2026-09-19 14:13 UTC (2 days)");
    assert_eq!(since("cut"), "2026-09-20 14:13 UTC (1 day)");
    let text = runs[3]["text"].as_str().unwrap();
    assert!(
        text.contains("</script><script>alert(1)</script>"),
        "{text}"
    );
    assert!(!text.contains("@octocat"), "nobody is called: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_metrics_in_both_formats() {
    let Some(runs) = read(Format::OpenMetrics, &[]).await else {
        return;
    };
    let sample = |run: usize, name: &str, host: &str, control: &str| {
        let found = list(&runs[run]).into_iter().find(|sample| {
            let label = |name: &str| sample[1][name].as_str().unwrap_or_default().to_owned();
            sample[0] == name && label("host") == host && label("control") == control
        });
        found.map(|sample| sample[2].as_f64().unwrap())
    };
    for (host, compliant, waived) in [
        ("kept", 1.0, None),
        ("missed", 0.0, None),
        ("accepted", 0.0, Some(1.0)),
        ("ended", 0.0, None),
    ] {
        assert_eq!(
            sample(0, "rdpfix_compliant", host, "RDP-NLA"),
            Some(compliant),
            "{host}"
        );
        assert_eq!(
            sample(0, "rdpfix_waived", host, "RDP-NLA"),
            waived,
            "{host}"
        );
    }
    let until = "rdpfix_cert_not_after_timestamp_seconds";
    assert_eq!(sample(0, until, "kept", ""), Some(1_792_592_000.0));
    assert_eq!(
        sample(0, "rdpfix_last_run_timestamp_seconds", "", ""),
        Some(1_790_000_003.0)
    );
    assert_eq!(sample(1, "rdpfix_host_reachable", "db02", ""), Some(0.0));
    assert_eq!(sample(1, "rdpfix_host_reachable", "db01", ""), Some(1.0));
    let since = "rdpfix_drift_since_timestamp_seconds";
    for (host, control, told) in [
        ("old", "RDP-NLA", Some(1_789_827_202.0)),
        ("new", "RDP-NLA", Some(1_790_000_002.0)),
        ("mended", "RDP-NLA", None),
        ("cut", "rdp-proof", Some(1_789_913_602.0)),
    ] {
        assert_eq!(sample(REMEMBERED, since, host, control), told, "{host}");
    }
    assert_eq!(sample(0, since, "missed", "RDP-NLA"), None);
    assert_eq!(sample(0, "rdpfix_last_run_waived_hosts", "", ""), Some(2.0));
    // What nobody looked at has no sample.
    let skipped = list(&runs[1])
        .iter()
        .any(|sample| sample[1]["host"] == "db02" && sample[0] == "rdpfix_compliant");
    assert!(!skipped);
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_of_inspec_show_controls_with_their_hosts() {
    let (Some(node), Some(modules)) = (
        support::peer_program("node"),
        support::peer_file("node_modules/inspecjs")
            .and_then(|path| path.parent().map(Path::to_owned)),
    ) else {
        return;
    };
    let (_folder, paths) = files(Format::Hdf);
    let script: PathBuf = support::root().join("tests/peers/hdf.js");
    let mut arguments = vec![script.to_str().unwrap(), modules.to_str().unwrap()];
    arguments.extend(paths.iter().map(String::as_str));
    let runs = list(&json(&node, &arguments, "").await);
    let nla = &runs[0][0];
    assert_eq!(
        (&nla["id"], &nla["status"]),
        (&"RDP-NLA".into(), &"Failed".into())
    );
    assert_eq!(nla["severity"], "high");
    let segments = list(&nla["segments"]);
    let ends: Vec<&str> = segments
        .iter()
        .map(|one| one[0].as_str().unwrap())
        .collect();
    assert_eq!(ends, ["passed", "failed", "skipped", "skipped", "failed"]);
    assert_eq!(
        segments[2][2],
        "accepted by ops until 2026-12-30: old clients"
    );
    assert_eq!(runs[0][1]["status"], "Passed");
    let control = |run: &Value, id: &str| {
        list(run)
            .into_iter()
            .find(|control| control["id"] == id)
            .unwrap_or_else(|| panic!("{id} in {run}"))
    };
    assert_eq!(
        control(&runs[1], "host-unreachable")["status"],
        "Profile Error"
    );
    assert_eq!(control(&runs[1], "proof")["status"], "Failed");
    let known = control(&runs[REMEMBERED], "RDP-NLA");
    assert_eq!(
        known["segments"][0][2],
        "nla: optional → required; differs since 2026-09-19 14:13 UTC (2 days)"
    );
    assert_eq!(
        known["segments"][3][2],
        "had differed since 2026-09-21 10:13 UTC (4 hours)"
    );
    assert_eq!(
        control(&runs[STOPPED], "run-stopped")["status"],
        "Profile Error"
    );
    let little = &runs[LITTLE];
    assert_eq!(control(little, "RDP-INFO")["status"], "Failed");
    let waived = control(little, "RDP-NLA");
    assert_eq!(waived["until"], "2026-10-21", "the first that ends");
    let why = waived["why"].as_str().unwrap();
    assert!(why.ends_with("; and 1 more"), "{why}");
}

/// What Chromium and axe say of a page.
async fn seen(page: &Path) -> Option<Value> {
    let python = support::peer_python()?;
    support::peer_program("chromedriver")?;
    let judge = support::peer_file("node_modules/axe-core/axe.min.js")?;
    let script = support::root().join("tests/peers/reports.py");
    let arguments = [&script, Path::new("html"), page, &judge].map(|path| path.to_str().unwrap());
    Some(json(&python, &arguments, "").await[0].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_the_page_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.html");
    support::write(&path, written(Format::Html, &fleet(60, 12)).as_bytes());
    let Some(told) = seen(&path).await else {
        return;
    };
    for (way, complaints) in told["violations"].as_object().unwrap() {
        assert_eq!(*complaints, serde_json::json!([]), "{way}");
    }
    for (way, pixels) in told["overflow"].as_object().unwrap() {
        assert_eq!(*pixels, 0, "{way} has to be scrolled sideways");
    }
    assert_eq!(told["console"], serde_json::json!([]));
    assert_eq!(list(&told["requests"]).len(), 1, "{}", told["requests"]);
    assert_eq!(told["active"], 0);
    assert!(
        told["title"]
            .as_str()
            .unwrap()
            .contains("of 60 hosts need attention")
    );
    assert!(told["without_scripts"].as_u64().unwrap() > 1_000);
    assert_eq!(told["printed"], true, "closed cards are printed open");
    let stops = texts(&told["stops"]);
    assert_eq!(stops[0], "a Skip to the controls");
    assert!(stops.last().unwrap().starts_with("summary"), "{stops:?}");
    let rows = list(&told["rows"]);
    assert_eq!(rows[0], 60);
    assert!(
        rows[1].as_u64() < rows[0].as_u64() && rows[1] != 0,
        "{rows:?}"
    );
    let columns = texts(&told["columns"]);
    let host = texts(&told["hosts"])
        .iter()
        .position(|host| host == "ham-ts003.corp.example")
        .unwrap();
    let nla = columns
        .iter()
        .position(|column| column == "RDP-NLA")
        .unwrap();
    assert_eq!(told["cells"][host][nla], "differs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_everybody_since_when_something_differs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("remembered.html");
    support::write(&path, written(Format::Html, &remembered()).as_bytes());
    let Some(told) = seen(&path).await else {
        return;
    };
    for (way, complaints) in told["violations"].as_object().unwrap() {
        assert_eq!(*complaints, serde_json::json!([]), "{way}");
    }
    for (way, pixels) in told["overflow"].as_object().unwrap() {
        assert_eq!(*pixels, 0, "{way} has to be scrolled sideways");
    }
    let place = |list: &Value, name: &str| texts(list).iter().position(|one| one == name).unwrap();
    let host = place(&told["hosts"], "old");
    let nla = place(&told["columns"], "RDP-NLA");
    assert_eq!(
        told["cells"][host][nla],
        "differs since 2026-09-19 14:13 UTC (2 days)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_what_hostile_hosts_say_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nasty.html");
    support::write(&path, written(Format::Html, &nasty()).as_bytes());
    let Some(told) = seen(&path).await else {
        return;
    };
    assert_eq!(
        told["active"], 0,
        "nothing that hosts say becomes an element"
    );
    assert_eq!(told["console"], serde_json::json!([]));
    assert_eq!(list(&told["requests"]).len(), 1, "{}", told["requests"]);
    for (way, pixels) in told["overflow"].as_object().unwrap() {
        assert_eq!(*pixels, 0, "{way} has to be scrolled sideways");
    }
    let text = told["text"].as_str().unwrap();
    for shown in [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{ 7*7 }}",
    ] {
        assert!(text.contains(shown), "{shown}");
    }
    assert!(
        !text.contains("alert(1)\u{0}") && !text.contains("49{"),
        "nothing is evaluated"
    );
}
