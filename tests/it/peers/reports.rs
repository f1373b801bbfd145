//! Facts about reports told by their readers: junitparser, the official schema of SARIF, MITRE's inspecjs, Python's csv,
//! prometheus_client, markdown-it and Chromium with axe.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use rdpfix::event::Event;
use rdpfix::report::Format;
use serde_json::Value;
use tempfile::TempDir;

use super::json;
use crate::report::controls::controls;
use crate::report::controls::fleet;
use crate::report::controls::nasty;
use crate::report::controls::written;
use crate::report::events::audit;
use crate::report::events::trouble;
use crate::support;

/// The runs that every reader gets to see; the first is the one that is looked at closely.
fn runs() -> [Vec<Event>; 5] {
    [controls(), audit(), trouble(), nasty(), fleet(60, 12)]
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
