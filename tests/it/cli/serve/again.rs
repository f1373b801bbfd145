//! Facts about what is done once more: runs that failed or were killed, and messages that found no token or no straight way;
//! and about hosts that are begun one after the other.

use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::diag::Source;
use rdpfix::history::History;
use rdpfix::job;
use rdpfix::job::Job;
use serde_json::Value;

use super::Bench;
use super::Finished;
use super::Served;
use super::close_firewall;
use super::command;
use super::finished;
use super::jobs;
use super::schedule_run;
use super::slow_lab;
use crate::support::hook::Hook;

/// Nothing listens where the inventory has this host.
fn take_down(bench: &Bench, host: &str) {
    let port = bench.lab.place(host).unwrap().winrm.port();
    let text = bench.lab.inventory_yaml();
    let (up, down) = (format!("ansible_port: {port}\n"), "ansible_port: 1\n");
    assert!(text.contains(&up), "{text}");
    bench.write("lab.yml", &text.replace(&up, down));
}

/// Lines of this type.
fn lines(told: &Finished, kind: &str) -> usize {
    let lines = told.stderr.lines();
    let values = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.filter(|value| value["type"] == kind).count()
}

fn one_run(bench: &Bench) -> tokio::process::Command {
    let (jobs, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    command(&[
        "schedule", "run", "--jobs", &jobs, "--store", &store, "rdp", "--log", "json",
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_is_tried_again_as_its_job_says_and_its_failure_is_told_once() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(2)).await;
    let url = hook.url("/ok/failure");
    jobs(
        &bench,
        &format!(
            "    mode: audit\n    every: 1h\n    retries: {{count: 1, delay: 1s}}\n    notify: [{{url: '{url}', on: [failure]}}]\n"
        ),
    );
    take_down(&bench, &bench.hosts()[1]);
    let told = schedule_run(&bench, &["--log", "json"]).await.exits(4);
    assert_eq!(lines(&told, "run_begun"), 2, "{}", told.stderr);
    assert_eq!(lines(&told, "retry_later"), 1);
    assert_eq!(hook.knock("/ok").await, ["/ok/failure"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn who_ends_the_wait_for_a_retry_hears_of_the_failure() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(1)).await;
    let url = hook.url("/ok/failure");
    jobs(
        &bench,
        &format!(
            "    mode: audit\n    every: 365d\n    retries: {{count: 1, delay: 2h}}\n    notify: [{{url: '{url}', on: [failure, always]}}]\n"
        ),
    );
    take_down(&bench, &bench.host());
    let mut run = Served::of(one_run(&bench), &bench);
    run.wait("retry_later").await;
    assert_eq!(hook.next().await.json()["occasion"], "always");
    run.signal("-TERM").await;
    assert_eq!(hook.next().await.json()["occasion"], "failure");
    run.ends(143).await;
}

/// Between the two, nothing runs that could remember.
#[tokio::test(flavor = "multi_thread")]
async fn how_a_job_stood_is_known_to_the_next_process() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(2)).await;
    let url = hook.url("/ok/recovery");
    jobs(
        &bench,
        &format!(
            "    mode: audit-then-apply-in-window\n    every: 1h\n    windows: [{{from: \"00:00\"}}]\n    notify: [{{url: '{url}', on: [recovery]}}]\n"
        ),
    );
    let hosts = bench.hosts();
    close_firewall(&bench, &hosts[0]).await;
    take_down(&bench, &hosts[1]);
    // The last run of all is the correction of the one host, which goes well.
    schedule_run(&bench, &[])
        .await
        .exits(4)
        .says("apply ended: 1 ok, 1 changed");
    assert_eq!(hook.knock("/ok").await, Vec::<String>::new());
    bench.write("lab.yml", &bench.lab.inventory_yaml());
    schedule_run(&bench, &[]).await.exits(0).says("2 ok");
    schedule_run(&bench, &[]).await.exits(0).says("2 ok");
    assert_eq!(hook.knock("/ok").await, ["/ok/recovery"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_made_up_for_at_the_next_start_and_then_no_more() {
    let (bench, first) = slow_lab(Duration::from_millis(300)).await;
    jobs(&bench, "    mode: audit\n    every: 365d\n");
    let mut run = Served::of(one_run(&bench), &bench);
    first.0.notified().await;
    run.signal("-KILL").await;
    run.child.wait().await.unwrap();

    let mut served = Served::start(&bench).await;
    let never = served.wait("never_ended").await;
    assert_eq!(never["job"], "rdp");
    let begun = served.wait("run_begun").await;
    let cause = begun["cause"].as_str().unwrap();
    assert!(cause.starts_with("makes up for"), "{cause}");
    assert_eq!(served.wait("run_ended").await["result"], "2 drifted");
    served.signal("-TERM").await;
    served.wait("stopped").await;
    served.ends(0).await;

    let mut served = Served::start(&bench).await;
    served.signal("-TERM").await;
    let next = served.wait_for(|_| true).await;
    assert_eq!(next["type"], "stopping", "{next}");
    served.ends(0).await;
    let history = History::read(bench.path("history.db").as_ref()).unwrap();
    assert_eq!(history.runs(Some("rdp"), None, 10).unwrap().len(), 2);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_is_read_for_every_message_and_a_missing_one_is_told() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(1)).await;
    let url = hook.url("/ok/token");
    jobs(
        &bench,
        &format!(
            "    mode: audit\n    every: 1s\n    notify: [{{url: '{url}', on: [always], token_file: token}}]\n"
        ),
    );
    let mut served = Served::start(&bench).await;
    let told = served.wait("not_told").await;
    let why = told["why"].as_str().unwrap();
    let is_told = why.contains(&bench.path("token")) && why.contains("kept and sent later");
    assert!(is_told, "{why}");
    bench.write("token", " the-first-token\n");
    // What was kept comes first.
    let kept = hook.next().await;
    assert_eq!(kept.header("authorization"), Some("Bearer the-first-token"));
    assert_eq!(kept.json()["run"], served_run(&told, &bench));
    bench.write("token", "the-second-token\n");
    while hook.next().await.header("authorization") != Some("Bearer the-second-token") {}
    served.signal("-TERM").await;
    served.ends(0).await;
}

/// The job's first run, which is the one that could not be told.
fn served_run(told: &Value, bench: &Bench) -> String {
    assert_eq!(told["occasion"], "always");
    let history = History::read(bench.path("history.db").as_ref()).unwrap();
    let runs = history.runs(Some("rdp"), None, 100).unwrap();
    runs.last().unwrap().run.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_go_through_the_proxy_of_the_environment_whose_password_nobody_is_told() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(1)).await;
    jobs(
        &bench,
        "    mode: audit\n    every: 1h\n    notify: [{url: 'http://hooks.example/ok', on: [always]}, {url: 'https://hooks.example/', on: [always], retries: 0}]\n",
    );
    let proxy = hook.url("").replace("//", "//somebody:a-password@");
    let output = one_run(&bench)
        .env("XDG_STATE_HOME", bench.folder.path())
        .env("http_proxy", &proxy)
        .env("HTTPS_PROXY", &proxy)
        .env("no_proxy", "other.example")
        .output();
    let told = finished(output.await.unwrap()).exits(0);
    let mut asked = [hook.next().await, hook.next().await].map(|one| {
        assert!(one.header("proxy-authorization").is_some());
        one.path
    });
    asked.sort();
    assert_eq!(asked, ["hooks.example:443", "http://hooks.example/ok"]);
    assert_eq!((lines(&told, "told"), lines(&told, "not_told")), (1, 1));
    assert!(!told.stderr.contains("a-password"), "{}", told.stderr);
}

/// The job of the file, under another name.
fn named(text: &str, name: &str) -> Job {
    let source = Source {
        name: "jobs.yml".to_owned(),
        text: text.to_owned(),
        secret: false,
    };
    let (file, mistakes) = job::parse(&std::sync::Arc::new(source));
    let file = file.unwrap_or_else(|| panic!("{mistakes:?}"));
    Job {
        name: name.into(),
        ..Job::clone(&file.jobs[0])
    }
}

/// The second host of the inventory is the first one by splay: the other one's part is longer than anybody waits.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_a_run_begin_by_their_parts_of_the_splay() {
    let (bench, first) = slow_lab(Duration::from_millis(200)).await;
    jobs(
        &bench,
        "    mode: audit\n    every: 1d\n    splay: {up_to: 1h, by: host}\n",
    );
    let text = String::from_utf8(crate::support::bytes(bench.path("jobs.yml").as_ref())).unwrap();
    let job = named(&text, "rdp");
    let hosts = bench.hosts();
    let parts = |name: &String| {
        let job = Job {
            name: name.as_str().into(),
            ..job.clone()
        };
        [&hosts[0], &hosts[1]].map(|host| job.host_offset(host).as_secs())
    };
    let mut names = (0..).map(|number| format!("rdp-{number}"));
    let name = names.find(|name| matches!(parts(name), [late, 0 | 1] if late > 1800));
    let name = name.unwrap();
    let file = bench.write(
        "jobs.yml",
        &text.replace("name: rdp", &format!("name: {name}")),
    );
    let begun = SystemClock.instant();
    let arguments = ["schedule", "run", "--jobs", &file, &name, "--log", "json"];
    let run = Served::of(command(&arguments), &bench);
    first.0.notified().await;
    let part = Duration::from_secs(parts(&name)[1]);
    assert!(begun.elapsed() >= part);
    // A second's worth of questions, all to one host.
    for _ in 0..4 {
        first.0.notified().await;
    }
    let connections = [&hosts[0], &hosts[1]].map(|host| bench.lab.connections(host));
    assert_eq!(connections[0], 0);
    assert!(connections[1] > 0);
    run.signal("-TERM").await;
    run.ends(143).await;
}
