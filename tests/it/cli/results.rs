//! What a run writes: results on standard output only, one self-contained JSON record per line.

use std::path::Path;

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::support;

#[tokio::test(flavor = "multi_thread")]
async fn json_lines_tell_the_whole_run_in_order() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let records = bench
        .run(&["apply", BASELINE, "--reporter", "jsonl"])
        .await
        .exits(0)
        .records();
    let kinds: Vec<&str> = records
        .iter()
        .filter_map(|record| record["type"].as_str())
        .collect();
    assert_eq!(kinds.first(), Some(&"run_start"));
    assert_eq!(kinds.get(1), Some(&"host_start"));
    assert_eq!(kinds.get(kinds.len() - 2), Some(&"host_end"));
    assert_eq!(kinds.last(), Some(&"run_end"));
    for record in &records {
        assert_eq!(record["v"], 1);
        assert!(record["ts"].as_str().is_some_and(|text| text.contains('T')));
        assert_eq!(record["run"].as_str().map(str::len), Some(26));
    }
    let changed = records
        .iter()
        .find(|record| record["status"] == "changed" && record["type"] == "result")
        .expect("a change");
    assert_eq!(changed["resource"], "rdp_listener");
    assert_eq!(changed["before"]["nla"], "not_required");
    assert_eq!(changed["after"]["nla"], "required");
    assert_eq!(changed["decided_by"], "local");
    let end = records
        .iter()
        .find(|record| record["type"] == "host_end")
        .expect("an end");
    for name in [
        "requests",
        "connections",
        "bytes_sent",
        "bytes_received",
        "duration_ms",
    ] {
        assert!(end[name].as_u64().is_some(), "{name} in {end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_of_a_compliant_host_stays_within_its_budget() {
    let bench = Bench::of("healthy", Some(1)).await;
    let records = bench
        .run(&["audit", BASELINE, "--reporter", "jsonl"])
        .await
        .exits(0)
        .records();
    let end = records
        .iter()
        .find(|record| record["type"] == "host_end")
        .expect("an end");
    assert!(
        end["requests"]
            .as_u64()
            .is_some_and(|requests| requests <= 20),
        "{end}"
    );
    // The proof is one connection more.
    assert!(
        end["connections"]
            .as_u64()
            .is_some_and(|connections| connections <= 2),
        "{end}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_output_holds_results_only_and_has_no_colours_in_a_pipe() {
    let bench = Bench::of("healthy", Some(1)).await;
    let shown = bench.run(&["audit", BASELINE]).await.exits(0);
    assert!(shown.stdout.contains("PLAY RECAP"), "{}", shown.stdout);
    assert!(!shown.stdout.contains('\u{1b}'));
    assert_eq!(shown.stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn alike_hosts_are_folded_into_one_group() {
    let bench = Bench::of("nla-mismatch", Some(12)).await;
    let shown = bench.run(&["apply", "-C", BASELINE]).await.exits(3);
    assert_eq!(
        shown.stdout.matches("nla: not_required").count(),
        1,
        "{}",
        shown.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_inventories_are_one_and_extra_variables_beat_them() {
    let first = Bench::of("healthy", Some(2)).await;
    let second = Bench::of("nla-mismatch", Some(1)).await;
    let inventory = second.path("lab.yml");
    // The second lab has another password, so each host's own has to be kept.
    let shown = first
        .run(&["audit", BASELINE, "-i", &inventory])
        .await
        .exits(3);
    assert!(shown.stdout.contains("3 hosts: "), "{}", shown.stdout);
    let password = format!("ansible_password={}", first.lab.password().reveal());
    let hosts = first.host();
    first
        .run(&["audit", BASELINE, "-l", &hosts, "-e", &password])
        .await
        .exits(0);
    first
        .run(&[
            "audit",
            BASELINE,
            "-l",
            &hosts,
            "-e",
            "ansible_password=another",
        ])
        .await
        .exits(4);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_reading_does_not_change_how_a_run_ends() {
    let bench = Bench::of("nla-mismatch", Some(3)).await;
    let inventory = bench.path("lab.yml");
    let mut child = crate::cli::command(&["apply", BASELINE, "-i", &inventory]);
    child
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = child.spawn().expect("it runs");
    drop(child.stdout.take());
    let finished = crate::cli::finished(child.wait_with_output().await.expect("it ends")).exits(0);
    assert_eq!(finished.stderr, "");
    for host in bench.hosts() {
        assert!(bench.lab.writes(&host) > 0, "{host} was left alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_loses_no_connection_and_sends_nothing_twice() {
    let bench = Bench::of("cert-expired", Some(10)).await;
    let applied = bench
        .run(&["apply", BASELINE, "--reporter", "jsonl"])
        .await
        .exits(0);
    for end in applied.records() {
        if end["type"] == "host_end" {
            assert_eq!(end["retries"], 0, "{end}");
            assert!(end["connections"].as_u64() <= Some(2), "{end}");
        }
    }
}

/// Every format that is written to a file, and how such a file begins.
const FORMATS: [(&str, &str); 10] = [
    ("human", "PLAY ["),
    ("jsonl", "{\"v\":1"),
    ("json", "{\"plays\":["),
    ("junit", "<?xml"),
    ("sarif", "{\"$schema\":"),
    ("csv", "run,time,job,playbook"),
    ("markdown", "## "),
    ("html", "<!doctype html>"),
    ("openmetrics", "# TYPE rdpfix_compliant gauge"),
    ("hdf", "{\"platform\":"),
];

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_reports_comes_from_one_run() {
    let bench = Bench::of("nla-mismatch", Some(2)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut arguments = vec!["audit".to_owned(), BASELINE.to_owned()];
    for (name, _) in FORMATS {
        arguments.extend(["--reporter".to_owned(), format!("{name}:{}", path(name))]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let shown = bench.run(&arguments).await.exits(3);
    assert!(shown.stdout.contains("PLAY RECAP"), "{}", shown.stdout);
    for (name, begins) in FORMATS {
        let text = String::from_utf8(support::bytes(Path::new(&path(name)))).unwrap();
        assert!(text.trim_start().starts_with(begins), "{name}: {text}");
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, FORMATS.len(), "nothing unfinished is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_written_is_told_before_hosts_are_touched() {
    let bench = Bench::of("healthy", Some(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.csv");
    support::write(&kept, b"of the run before");
    let nowhere = folder
        .path()
        .join("nowhere/report.html")
        .display()
        .to_string();
    let (csv, html) = (format!("csv:{}", kept.display()), format!("html:{nowhere}"));
    let shown = bench
        .run(&["audit", BASELINE, "--reporter", &csv, "--reporter", &html])
        .await
        .exits(5);
    assert!(
        shown.stderr.contains(&format!("cannot write `{nowhere}`")),
        "{}",
        shown.stderr
    );
    assert_eq!(shown.stdout, "");
    assert_eq!(support::bytes(&kept), b"of the run before");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing unfinished is left");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_spoils_one_report_and_not_the_run() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("report.xml");
    let other = format!("junit:{}", junit.display());
    let arguments = [
        "audit",
        BASELINE,
        "--reporter",
        "html:/dev/full",
        "--reporter",
        &other,
    ];
    let shown = bench.run(&arguments).await.exits(1);
    let told = "error: reporter `html:/dev/full`: cannot write `/dev/full`";
    assert!(shown.stderr.contains(told), "{}", shown.stderr);
    assert!(shown.stdout.contains("PLAY RECAP"), "{}", shown.stdout);
    assert!(support::bytes(&junit).ends_with(b"</testsuites>\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reporters_are_listed_and_a_wrong_one_is_told_with_all_others() {
    let bench = Bench::of("healthy", Some(1)).await;
    let listed = bench
        .run(&["audit", BASELINE, "--reporter", "list"])
        .await
        .exits(0);
    let wrong = bench
        .run(&["audit", BASELINE, "--reporter", "junti:x"])
        .await
        .exits(5);
    assert!(
        wrong.stderr.contains("did you mean `junit`?"),
        "{}",
        wrong.stderr
    );
    for (name, about) in rdpfix::report::REPORTERS {
        assert!(
            listed
                .stdout
                .lines()
                .any(|line| line.starts_with(name) && line.ends_with(about)),
            "{name}"
        );
        assert!(
            wrong.stderr.contains(&format!("`{name}`: {about}")),
            "{}",
            wrong.stderr
        );
    }
}
