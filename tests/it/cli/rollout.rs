//! Facts about going over many hosts: canaries, budgets, deadlines, shares, and going on where a run ended.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use tokio::io::AsyncWriteExt;

use super::BASELINE;
use super::Bench;
use super::Finished;
use super::command;
use super::finished;
use super::run;
use crate::support;

/// Hosts that can be mended, but for the mishaps of those at these positions.
async fn bench(hosts: usize, mishaps: &[(usize, Mishap)]) -> Bench {
    let scenario = scenario::named("nla-mismatch", Some(hosts)).expect("a scenario");
    let mut hosts = scenario.build(SystemClock.now()).expect("hosts");
    for (at, mishap) in mishaps {
        hosts[*at].mishaps.push(*mishap);
    }
    let lab = Lab::start_hosts(hosts, LabOptions::default()).await;
    Bench::around(lab.expect("a lab"))
}

fn untouched(bench: &Bench) -> Vec<String> {
    let hosts = bench.hosts().into_iter();
    hosts
        .filter(|host| bench.lab.requests(host).is_empty())
        .collect()
}

fn retry_file(bench: &Bench, extension: &str) -> Option<(PathBuf, String)> {
    let folder = bench.folder.path().join("rdpfix/retry");
    let files = std::fs::read_dir(folder).ok()?;
    let mut files = files.map(|entry| entry.unwrap().path());
    let path = files.find(|path| path.extension().is_some_and(|found| found == extension))?;
    let text = String::from_utf8(support::bytes(&path)).unwrap();
    Some((path, text))
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_canary_fails_nothing_else_is_touched() {
    let bench = bench(4, &[(0, Mishap::always(Trouble::Denied))]).await;
    bench
        .run(&["apply", BASELINE, "--serial", "1,100%"])
        .await
        .exits(8)
        .says("WAVE 1 of 2")
        .says("not_started=3")
        .says("stopped: more hosts failed than were allowed to");
    // A host that denies everything notes no requests either.
    assert!(untouched(&bench).ends_with(&bench.hosts()[1..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn waves_follow_a_canary_that_is_proven() {
    let bench = bench(4, &[]).await;
    let records = bench
        .run(&["apply", BASELINE, "--serial", "1,2", "--reporter", "jsonl"])
        .await
        .exits(0)
        .records();
    let waves: Vec<String> = records
        .iter()
        .filter(|record| record["type"] == "wave")
        .map(|wave| format!("{}/{}: {}", wave["number"], wave["of"], wave["hosts"]))
        .collect();
    assert_eq!(waves, ["1/3: 1", "2/3: 2", "3/3: 1"]);
    let end = records.last().unwrap();
    assert_eq!((&end["ok"], &end["proven"]), (&4.into(), &4.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fleets_budget_ends_the_run() {
    let refused = Mishap::always(Trouble::Refused);
    let denied = Mishap::always(Trouble::Denied);
    let bench = bench(5, &[(0, refused), (1, denied)]).await;
    let budget = |percent| ["apply", BASELINE, "-f", "1", "--fail-percent", percent];
    bench
        .run(&budget("39"))
        .await
        .exits(8)
        .says("not_started=3");
    assert!(untouched(&bench).ends_with(&bench.hosts()[2..]));
    bench.run(&budget("40")).await.exits(2);
    for host in &bench.hosts()[2..] {
        assert!(bench.lab.writes(host) > 0, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_deadline_no_host_is_begun_and_the_rest_can_be_done_later() {
    let slow = Mishap::always(Trouble::Slow(Duration::from_millis(400)));
    let bench = bench(3, &[(0, slow)]).await;
    let deadline = ["apply", BASELINE, "-f", "1", "--deadline", "1s"];
    bench
        .run(&deadline)
        .await
        .exits(8)
        .says("stopped: the deadline passed")
        .says("not_started=2");
    assert_eq!(untouched(&bench), bench.hosts()[1..]);
    let (_, left) = retry_file(&bench, "unfinished").expect("a file");
    let mut all = bench.hosts();
    all.sort();
    assert_eq!(left.lines().collect::<Vec<_>>(), all);
    let listed = bench
        .run(&["apply", BASELINE, "--rerun", "unfinished", "--list-hosts"])
        .await
        .exits(0);
    assert!(listed.stdout.contains("hosts (3):"), "{}", listed.stdout);
}

/// The hosts that take part.
fn listed(told: &Finished) -> BTreeSet<String> {
    let lines = told
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("    hosts ("));
    lines.skip(1).map(|line| line.trim().to_owned()).collect()
}

async fn share(hosts: &[String], shard: &str) -> BTreeSet<String> {
    let inventory = format!("{},", hosts.join(","));
    let told = run(&[
        "audit",
        BASELINE,
        "-i",
        &inventory,
        "--shard",
        shard,
        "--list-hosts",
    ])
    .await;
    listed(&told.exits(0))
}

#[tokio::test]
async fn every_host_is_in_one_share_and_stays_there_when_others_come() {
    let few: Vec<String> = (0..40)
        .map(|index| format!("ts{index:02}.corp.example"))
        .collect();
    let many: Vec<String> = (0..90)
        .map(|index| format!("ts{index:02}.corp.example"))
        .collect();
    let mut found = BTreeMap::new();
    for number in 1..=3 {
        let shard = format!("{number}/3");
        let own = share(&few, &shard).await;
        let later = share(&many, &shard).await;
        assert!(own.is_subset(&later));
        for host in later {
            assert_eq!(found.insert(host.clone(), number), None, "{host}");
        }
    }
    assert_eq!(found.len(), many.len());
}

#[tokio::test]
async fn the_share_of_an_indexed_job_comes_from_its_index() {
    let hosts: Vec<String> = (0..40)
        .map(|index| format!("ts{index:02}.corp.example"))
        .collect();
    let inventory = format!("{},", hosts.join(","));
    let auto = [
        "audit",
        BASELINE,
        "-i",
        &inventory,
        "--shard",
        "auto/3",
        "--list-hosts",
    ];
    let output = command(&auto)
        .env("JOB_COMPLETION_INDEX", "1")
        .output()
        .await;
    let told = finished(output.expect("the program runs")).exits(0);
    assert_eq!(listed(&told), share(&hosts, "2/3").await);
    run(&auto)
        .await
        .exits(5)
        .says("JOB_COMPLETION_INDEX, which is not set");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_without_hosts_is_done() {
    let bench = bench(1, &[]).await;
    let mut codes = BTreeSet::new();
    for shard in ["1/2", "2/2"] {
        let told = bench.run(&["audit", BASELINE, "--shard", shard]).await;
        codes.insert(told.code);
    }
    assert_eq!(codes, BTreeSet::from([Some(0), Some(3)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_hosts_that_failed_are_done_again() {
    // The first run meets it, the second does not.
    let bench = bench(3, &[(1, Mishap::first(30, Trouble::Denied))]).await;
    let hosts = bench.hosts();
    bench
        .run(&["apply", BASELINE, "--rerun", "failure"])
        .await
        .exits(7)
        .says("no host failed in the last run");
    let first = bench.run(&["apply", BASELINE]).await.exits(2);
    let (path, text) = retry_file(&bench, "retry").expect("a file");
    assert_eq!(text, format!("{}\n", hosts[1]));
    first.says(&format!(
        "1 failed or unreachable: once more with `--rerun failure`, or `--limit @{}`",
        path.display()
    ));
    let before: Vec<usize> = hosts
        .iter()
        .map(|host| bench.lab.requests(host).len())
        .collect();
    let again = ["apply", BASELINE, "--rerun", "failure"];
    let mut codes = Vec::new();
    while codes.last() != Some(&Some(0)) && codes.len() < 20 {
        codes.push(bench.run(&again).await.code);
    }
    assert_eq!(codes.last(), Some(&Some(0)), "{codes:?}");
    let after: Vec<usize> = hosts
        .iter()
        .map(|host| bench.lab.requests(host).len())
        .collect();
    assert_eq!((before[0], before[2]), (after[0], after[2]));
    assert!(before[1] < after[1]);
    assert_eq!(
        retry_file(&bench, "retry"),
        None,
        "a clean run leaves no file"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_failed_hosts_is_written_where_it_is_wished() {
    let bench = bench(2, &[(0, Mishap::always(Trouble::Denied))]).await;
    let file = bench.path("again.txt");
    bench
        .run(&["audit", BASELINE, "--retry-file", &file])
        .await
        .exits(2);
    let text = String::from_utf8(support::bytes(file.as_ref())).unwrap();
    assert_eq!(text, format!("{}\n", bench.hosts()[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_begins_at_the_task_that_is_named() {
    let bench = bench(1, &[]).await;
    for name in ["The listener certificate is valid", "The listener cert*"] {
        let options = ["--start-at-task", name, "--reporter", "jsonl"];
        let arguments = [&["audit", BASELINE], &options[..]].concat();
        let records = bench.run(&arguments).await.exits(0).records();
        let first = records.iter().find(|record| record["type"] == "result");
        assert_eq!(first.unwrap()["task"], "The listener certificate is valid");
    }
    bench
        .run(&[
            "audit",
            BASELINE,
            "--start-at-task",
            "The listener certificate is vlaid",
        ])
        .await
        .exits(5)
        .says("did you mean `The listener certificate is valid`?");
    let left_out = [
        "-t",
        "service",
        "--start-at-task",
        "The listener certificate is valid",
    ];
    bench
        .run(&[&["audit", BASELINE], &left_out[..]].concat())
        .await
        .exits(5)
        .says("`--tags` or `--skip-tags` leave it out");
}

#[tokio::test(flavor = "multi_thread")]
async fn stepping_needs_a_terminal() {
    let bench = bench(1, &[]).await;
    bench
        .run(&["apply", BASELINE, "--step"])
        .await
        .exits(5)
        .says("standard input is no terminal");
    assert_eq!(untouched(&bench), bench.hosts());
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_done_as_somebody_at_the_terminal_answers() {
    let Some(script) = support::peer_program("script") else {
        return;
    };
    let bench = bench(1, &[]).await;
    let line = format!(
        "{} apply {BASELINE} -i {} --step --reporter jsonl:{}",
        env!("CARGO_BIN_EXE_rdpfix"),
        bench.path("lab.yml"),
        bench.path("told.jsonl"),
    );
    let mut stepping = tokio::process::Command::new(script);
    stepping
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(support::root())
        .env("XDG_STATE_HOME", bench.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut stepping = stepping.spawn().expect("it runs");
    let mut answers = stepping.stdin.take().unwrap();
    answers.write_all(b"y\n\nc\n").await.unwrap();
    let output = stepping.wait_with_output().await;
    drop(answers);
    let told = finished(output.expect("it ends"));
    let asked = told.stdout.matches("(N)o/(y)es/(c)ontinue: ").count();
    assert_eq!(asked, 3, "{}", told.stdout);
    let lines = support::bytes(bench.path("told.jsonl").as_ref());
    let records: Vec<serde_json::Value> = String::from_utf8(lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let declined: Vec<&serde_json::Value> = records
        .iter()
        .filter(|record| record["reason"] == "declined")
        .map(|record| &record["task"])
        .collect();
    assert_eq!(declined, ["Remote Desktop Services runs"]);
}
