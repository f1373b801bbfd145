//! What a run writes: results on standard output only, one self-contained JSON record per line.

use crate::cli::BASELINE;
use crate::cli::Bench;

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
