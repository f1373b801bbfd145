//! Facts about `rdpfix probe`, run as its users run it.

use std::net::TcpListener;

use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;

use crate::cli::Bench;
use crate::cli::Finished;
use crate::cli::command;
use crate::cli::finished;
use crate::cli::run;

/// The record that ends the visit of this host.
fn end(finished: &Finished, host: &str) -> Value {
    let records = finished.records();
    let of_host = |record: &&Value| record["type"] == "probe_end" && record["host"] == host;
    let found = records.iter().find(of_host);
    found.unwrap_or_else(|| panic!("no end of {host}")).clone()
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_host_exits_0_with_and_without_an_inventory() {
    let bench = Bench::of("healthy", Some(2)).await;
    let probed = bench.run(&["probe", "--reporter", "jsonl"]).await.exits(0);
    for host in bench.hosts() {
        let end = end(&probed, &host);
        assert_eq!(end["reachable"], true, "{end}");
        assert_eq!(end["protocols"]["nla"]["enforced"], true, "{end}");
        let worst = probed.records();
        let errors = worst.iter().filter(|record| record["severity"] == "error");
        assert_eq!(errors.count(), 0);
    }
    let port = end(&probed, &bench.host())["port"].clone();
    let by_hand = run(&["probe", &format!("127.0.0.1:{port}")]).await.exits(0);
    by_hand.says(&format!("127.0.0.1:{port}  "));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_exits_3_and_an_unreachable_host_4() {
    let bench = Bench::of("cert-missing", Some(1)).await;
    bench.run(&["probe"]).await.exits(3).says("cert-missing: ");
    let closed = format!("127.0.0.1:{}", closed_port());
    bench
        .run(&["probe", &closed])
        .await
        .exits(4)
        .says("tcp-blocked: ")
        .says("2 hosts: 0 ok, 0 with warnings, 1 with errors, 1 not reachable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_exits_0() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    bench.run(&["probe"]).await.exits(0).says("nla-mismatch: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_narrowed_and_visited_once() {
    let bench = Bench::of("healthy", Some(3)).await;
    let host = bench.host();
    let one = bench
        .run(&["probe", "-l", &host, "--reporter", "jsonl"])
        .await
        .exits(0);
    let ends = one.records();
    let ends = ends.iter().filter(|record| record["type"] == "probe_end");
    assert_eq!(ends.count(), 1);
    bench
        .run(&["probe", "-l", "nobody"])
        .await
        .exits(7)
        .says("nobody");
    let closed = format!("127.0.0.1:{}", closed_port());
    let twice = run(&["probe", &closed, &closed, "--reporter", "jsonl"])
        .await
        .exits(4);
    let ends = twice.records();
    let ends = ends.iter().filter(|record| record["type"] == "probe_end");
    assert_eq!(ends.count(), 1);
}

#[tokio::test]
async fn what_is_typed_wrongly_exits_5_with_a_remedy() {
    for (arguments, says) in [
        (&["probe", "ts01:rdp"][..], "hint: write `HOST`"),
        (&["probe", "[ts01]:3389"], "hint: write `HOST`"),
        (
            &["probe", "ts01", "--gateway", "gw:0"],
            "hint: write `HOST`",
        ),
        (&["probe"], "required"),
        (&["probe", "ts01", "--repeat", "0"], "1..=1000"),
        (&["probe", "ts01", "--repeat", "1001"], "1..=1000"),
        (&["probe", "ts01", "--forks", "0"], "at least 1"),
        (&["probe", "ts01", "--reporter", "xml"], "`openmetrics`"),
        (
            &[
                "probe",
                "ts01",
                "--reporter",
                "jsonl",
                "--reporter",
                "human",
            ],
            "hint: give one a file",
        ),
        (
            &["probe", "ts01", "--login", "ann"],
            "hint: give it by `--password-file FILE`",
        ),
        (&["probe", "ts01", "--password-file", "x"], "--login"),
        (
            &[
                "probe",
                "ts01",
                "--login",
                "ann",
                "--password-file",
                "/no/such/file",
            ],
            "/no/such/file",
        ),
    ] {
        run(arguments).await.exits(5).says(says);
    }
}

#[expect(clippy::disallowed_methods, reason = "tests write their own data")]
#[tokio::test]
async fn a_file_without_certificates_exits_6_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(folder.path().join("empty.pem"), "").expect("a file");
    let torn = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.path().join("torn.pem"), torn).expect("a file");
    let alien = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.path().join("alien.pem"), alien).expect("a file");
    for name in ["empty.pem", "torn.pem", "alien.pem", "missing.pem"] {
        let path = path(name);
        run(&["probe", "ts01", "--ca", &path])
            .await
            .exits(6)
            .says(&path)
            .says("hint: ");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitoring_system_gets_one_line_and_its_own_exit_codes() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let warned = bench.run(&["probe", "--format", "nagios"]).await.exits(1);
    assert!(
        warned.stdout.starts_with("RDP WARNING - "),
        "{}",
        warned.stdout
    );
    assert_eq!(warned.stdout.lines().count(), 1);
    assert!(warned.stdout.contains(" | "), "{}", warned.stdout);
    let closed = format!("127.0.0.1:{}", closed_port());
    let critical = run(&["probe", &closed, "--reporter", "nagios"])
        .await
        .exits(2);
    assert!(critical.stdout.starts_with("RDP CRITICAL - "));
    let unknown = run(&["probe", "ts01:x", "--reporter", "nagios"])
        .await
        .exits(3);
    assert!(unknown.stdout.starts_with("RDP UNKNOWN - `ts01:x`"));
    let nobody = bench
        .run(&["probe", "-l", "nobody", "--reporter", "nagios"])
        .await
        .exits(3);
    assert!(nobody.stdout.starts_with("RDP UNKNOWN - "));
}

#[expect(clippy::disallowed_methods, reason = "tests read what was written")]
#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_written_whole_beside_the_report_for_people() {
    let bench = Bench::of("healthy", Some(2)).await;
    let path = bench.path("rdp.prom");
    let reporter = format!("openmetrics:{path}");
    let probed = bench
        .run(&["probe", "--reporter", &reporter])
        .await
        .exits(0);
    let told = "2 hosts: ";
    assert!(probed.stdout.contains(told), "{}", probed.stdout);
    let text = std::fs::read_to_string(&path).expect("the metrics");
    assert!(text.ends_with("# EOF\n"), "{text}");
    for host in bench.hosts() {
        assert!(text.contains(&format!("rdpfix_probe_reachable{{host=\"{host}\"")));
    }
    let left: Vec<_> = std::fs::read_dir(bench.folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left.len(), 2, "only inventory and metrics: {left:?}");
    let nowhere = "openmetrics:/no/such/folder/rdp.prom";
    bench
        .run(&["probe", "--reporter", nowhere])
        .await
        .exits(5)
        .says("/no/such/folder/rdp.prom");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_the_environment_is_used_and_never_shown() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let inventory = bench.path("lab.yml");
    let arguments = [
        "probe",
        "-i",
        &inventory,
        "--login",
        "ann",
        "-v",
        "--reporter",
        "jsonl",
    ];
    let output = command(&arguments)
        .env("RDPFIX_LOGIN_PASSWORD", "s3cret-of-ann")
        .output()
        .await
        .expect("it runs");
    let finished = finished(output);
    assert_ne!(finished.code, Some(5), "{}", finished.stderr);
    let login = &end(&finished, &bench.host())["login"];
    assert_eq!(login["user"], "ann", "{login}");
    let all = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!all.contains("s3cret-of-ann"), "{all}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_tells_what_is_there_and_exits_130() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = silent
        .local_addr()
        .map(|place| (place, silent))
        .expect("an address");
    let closed = format!("127.0.0.1:{}", closed_port());
    let mut child = command(&[
        "probe",
        &closed,
        &silent.0.to_string(),
        "--timeout",
        "300",
        "--reporter",
        "jsonl",
    ]);
    child
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = child.spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut told = Vec::new();
    loop {
        let line = lines.next_line().await.expect("text").expect("a line");
        told.push(line);
        if told.last().is_some_and(|line| line.contains("probe_end")) {
            break;
        }
    }
    let id = child.id().expect("it still runs").to_string();
    let sent = tokio::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .await
        .expect("kill");
    assert!(sent.success());
    while let Some(line) = lines.next_line().await.expect("text") {
        told.push(line);
    }
    let status = child.wait().await.expect("it ends");
    assert_eq!(status.code(), Some(130));
    let ends = told.iter().filter(|line| line.contains("probe_end"));
    assert_eq!(ends.count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_wrong_reporter_is_told_before_a_file_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    crate::support::write(&kept, b"of the run before");
    let at = |kind: &str| format!("{kind}:{}", kept.display());
    let host = format!("127.0.0.1:{}", closed_port());
    for (reporters, says) in [
        (vec![at("csv")], "there is no reporter `csv`"),
        (
            vec![at("jsonl"), "xml".to_owned()],
            "there is no reporter `xml`",
        ),
        (vec![at("jsonl"), "human:".to_owned()], "names no file"),
        (
            vec![at("jsonl"), at("openmetrics")],
            "two reporters cannot share",
        ),
    ] {
        let mut arguments = vec!["probe", &host];
        for reporter in &reporters {
            arguments.extend(["--reporter", reporter]);
        }
        run(&arguments).await.exits(5).says(says);
        assert_eq!(crate::support::bytes(&kept), b"of the run before", "{says}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_reading_does_not_keep_other_reports_from_being_written() {
    let bench = Bench::of("healthy", Some(3)).await;
    let metrics = bench.path("rdp.prom");
    let openmetrics = format!("openmetrics:{metrics}");
    let inventory = bench.path("lab.yml");
    let mut child = command(&["probe", "-i", &inventory, "--reporter", &openmetrics]);
    child
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = child.spawn().expect("it runs");
    drop(child.stdout.take());
    let ended = finished(child.wait_with_output().await.expect("it ends")).exits(0);
    assert_eq!(ended.stderr, "");
    let text = crate::support::bytes(std::path::Path::new(&metrics));
    assert!(text.ends_with(b"# EOF\n"));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_spoils_one_report_of_a_probe_and_not_the_others() {
    let bench = Bench::of("healthy", Some(2)).await;
    let metrics = bench.path("rdp.prom");
    let openmetrics = format!("openmetrics:{metrics}");
    let arguments = [
        "probe",
        "--reporter",
        "jsonl:/dev/full",
        "--reporter",
        &openmetrics,
    ];
    let told = bench.run(&arguments).await.exits(1);
    assert!(told.stdout.contains("2 hosts: "), "{}", told.stdout);
    told.says("reporter `jsonl:/dev/full`: ");
    let text = crate::support::bytes(std::path::Path::new(&metrics));
    assert!(text.ends_with(b"# EOF\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_the_terminal_and_never_in_a_file() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let inventory = bench.path("lab.yml");
    for (verb, file) in [
        (&["probe"][..], bench.path("probe.txt")),
        (
            &["audit", crate::cli::BASELINE][..],
            bench.path("audit.txt"),
        ),
    ] {
        let reporter = format!("human:{file}");
        let mut arguments = verb.to_vec();
        arguments.extend(["-i", &inventory, "--reporter", &reporter]);
        let mut child = command(&arguments);
        child.env("CLICOLOR_FORCE", "1");
        let output = child.output().await.expect("it runs");
        assert!(output.stdout.contains(&0x1b), "{verb:?} has no colours");
        let text = crate::support::bytes(std::path::Path::new(&file));
        assert!(!text.is_empty() && !text.contains(&0x1b), "{verb:?}");
    }
}
