//! Facts about the standing service as a program: a fleet of lab hosts, a history, a receiver of webhooks, signals.

mod again;
mod by_hand;
mod dashboard;
mod interval;
mod story;
mod turn;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::history::History;
use rdpfix::history::Lease;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::RecordedRequest;
use rdpfix::lab::Recorder;
use rdpfix::lab::machine::firewall::REMOTE_DESKTOP_GROUP;
use rdpfix::lab::machine::firewall::Switch;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::Command;
use tokio::sync::Notify;

use super::Bench;
use super::Finished;
use super::command;
use super::finished;
use crate::support::hook::Hook;

/// Longer than anything takes on a slow machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A service that is up; it is killed when this is dropped.
struct Served {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Served {
    async fn start(bench: &Bench) -> Self {
        let (jobs, store) = (bench.path("jobs.yml"), bench.path("history.db"));
        let arguments = ["serve", "--jobs", &jobs, "--store", &store, "--log", "json"];
        let mut served = Self::of(command(&arguments), bench);
        served.wait("started").await;
        served
    }

    fn of(mut command: Command, bench: &Bench) -> Self {
        let mut child = command
            .env("XDG_STATE_HOME", bench.folder.path())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line of this type.
    async fn wait(&mut self, kind: &str) -> Value {
        self.wait_for(|line| line["type"] == kind).await
    }

    /// The next line that is wanted; others are passed over.
    async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut passed = Vec::new();
        loop {
            let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("nothing more after {passed:#?}"));
            let line = line.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended after {passed:#?}"));
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if wanted(&value) {
                return value;
            }
            passed.push(line);
        }
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await;
        assert!(sent.unwrap().success());
    }

    async fn ends(mut self, code: i32) {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        assert_eq!(status.unwrap().unwrap().code(), Some(code));
    }
}

/// Writes a job file with the lab's inventory: one job, with these further lines.
fn jobs(bench: &Bench, lines: &str) {
    let baseline = crate::support::root().join(super::BASELINE);
    let text = format!(
        "store: history.db\njobs:\n  - name: rdp\n    playbook: {}\n    inventory: [lab.yml]\n{lines}",
        baseline.display()
    );
    bench.write("jobs.yml", &text);
}

/// Closes the firewall of a host for Remote Desktop, as somebody with too many rights would.
async fn close_firewall(bench: &Bench, host: &str) {
    bench.lab.update(host, |machine| {
        machine
            .firewall
            .switch_group(REMOTE_DESKTOP_GROUP, Switch::Off);
    });
    bench.lab.settled(host).await;
}

async fn schedule_run(bench: &Bench, more: &[&str]) -> Finished {
    let jobs = bench.path("jobs.yml");
    let mut arguments = vec!["schedule", "run", "--jobs", &jobs, "rdp"];
    arguments.extend(more);
    let output = command(&arguments)
        .env("XDG_STATE_HOME", bench.folder.path())
        .output();
    finished(output.await.unwrap())
}

/// Notices that a lab was asked for something.
#[derive(Default)]
struct FirstRequest(Notify);

impl Recorder for FirstRequest {
    fn record(&self, _host: &str, _request: &RecordedRequest) {
        self.0.notify_one();
    }
}

/// A lab whose hosts take their time with each answer, and a notice of their first question.
async fn slow_lab(delay: Duration) -> (Bench, Arc<FirstRequest>) {
    let scenario = scenario::named("firewall-closed", Some(2)).unwrap();
    let mut hosts = scenario.build(SystemClock.now()).unwrap();
    for host in &mut hosts {
        let slow = Mishap::always(Trouble::Slow(delay));
        host.mishaps.push(slow);
    }
    let first = Arc::new(FirstRequest::default());
    let options = LabOptions {
        recorder: Some(Arc::<FirstRequest>::clone(&first)),
        ..LabOptions::default()
    };
    let lab = Lab::start_hosts(hosts, options).await.unwrap();
    (Bench::around(lab), first)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_ends_as_apply_and_audit_do() {
    let bench = Bench::of("firewall-closed", Some(2)).await;
    jobs(&bench, "    mode: audit\n    every: 1h\n");
    schedule_run(&bench, &[])
        .await
        .exits(3)
        .says("audit ended: 2 drifted");
    jobs(&bench, "    mode: apply\n    every: 1h\n");
    schedule_run(&bench, &[])
        .await
        .exits(0)
        .says("2 ok, 2 changed");
    jobs(
        &bench,
        "    mode: audit\n    every: 1h\n    limit: nobody\n",
    );
    schedule_run(&bench, &[])
        .await
        .exits(7)
        .says("cannot be run: error:")
        .says("`nobody`");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_changes_are_forbidden_an_apply_is_run_only_when_somebody_insists() {
    let bench = Bench::of("firewall-closed", Some(1)).await;
    let never = "    mode: apply\n    every: 1h\n    blackouts: [{from: \"00:00\"}]\n    windows: [{from: \"00:00\", to: \"00:01\"}]\n";
    jobs(&bench, never);
    let host = bench.host();
    schedule_run(&bench, &[])
        .await
        .exits(0)
        .says("not run now, because a blackout forbids changes");
    assert_eq!(bench.lab.writes(&host), 0);
    schedule_run(&bench, &["--now"]).await.exits(0);
    assert!(bench.lab.writes(&host) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_damaged_between_two_runs_is_told_and_kept() {
    let bench = Bench::of("healthy", Some(1)).await;
    for mode in ["audit", "apply"] {
        jobs(&bench, &format!("    mode: {mode}\n    every: 1h\n"));
        bench.write("history.db", "no database, but long enough to be one");
        schedule_run(&bench, &[])
            .await
            .exits(0)
            .says("warning: the history")
            .says("was damaged: it is kept as");
        let history = History::read(bench.path("history.db").as_ref()).unwrap();
        assert_eq!(history.runs(Some("rdp"), None, 9).unwrap().len(), 1);
    }
}

/// Two processes share a history: this one, and the program.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_another_process_works_on_is_left_out_until_it_is_free() {
    let bench = Bench::of("firewall-closed", Some(2)).await;
    jobs(&bench, "    mode: apply\n    every: 1h\n");
    let hosts = bench.hosts();
    let store = bench.path("history.db");
    let mut history = History::open(store.as_ref(), SystemClock.now())
        .unwrap()
        .history;
    let hour = Duration::from_hours(1);
    let lease = history.acquire(&hosts[0], "somebody else", SystemClock.now(), hour);
    assert_eq!(lease.unwrap(), Lease::Leased);
    schedule_run(&bench, &[])
        .await
        .exits(0)
        .says(&format!(
            "`{}` is left out: somebody else works on it",
            hosts[0]
        ))
        .says("1 ok, 1 changed");
    assert_eq!(bench.lab.writes(&hosts[0]), 0);
    history.release(&hosts[0], "somebody else").unwrap();
    schedule_run(&bench, &[])
        .await
        .exits(0)
        .says("2 ok, 1 changed");
    // What the program had it gave back.
    let lease = history.acquire(&hosts[1], "me", SystemClock.now(), hour);
    assert_eq!(lease.unwrap(), Lease::Leased);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_a_run_at_its_next_call_and_then_the_service() {
    let (bench, first) = slow_lab(Duration::from_millis(300)).await;
    jobs(&bench, "    mode: apply\n    every: 1s\n");
    let mut served = Served::start(&bench).await;
    first.0.notified().await;
    served.signal("-TERM").await;
    let stopping = served.wait("stopping").await;
    assert_eq!(stopping["runs"], 1);
    let ended = served.wait("run_ended").await;
    assert!(
        ended["result"].as_str().unwrap().contains("interrupted"),
        "{ended}"
    );
    served.wait("stopped").await;
    served.ends(0).await;
    for host in bench.hosts() {
        assert_eq!(bench.lab.open_enumerations(&host), 0, "{host}");
    }
    let history = History::read(bench.path("history.db").as_ref()).unwrap();
    let runs = history.runs(Some("rdp"), None, 10).unwrap();
    assert_eq!(runs.len(), 1, "no new run was begun");
    assert!(runs[0].ended.is_some());
}

/// A program that gives no inventory cannot be interrupted.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_hangs_is_cut_off_at_the_end_of_the_drain() {
    let bench = Bench::of("healthy", Some(1)).await;
    let script = bench.write("hosts.sh", "#!/bin/sh\nexec sleep 20\n");
    let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(script, runnable).unwrap();
    jobs(&bench, "    mode: audit\n    every: 1s\n");
    let text = crate::support::bytes(bench.path("jobs.yml").as_ref());
    let text = String::from_utf8(text).unwrap();
    let jobs = bench.write("jobs.yml", &text.replace("lab.yml", "hosts.sh"));
    let store = bench.path("history.db");
    let arguments = [
        "serve", "--jobs", &jobs, "--store", &store, "--log", "json", "--drain", "1s",
    ];
    let mut served = Served::of(command(&arguments), &bench);
    served.wait("run_begun").await;
    served.signal("-TERM").await;
    served.wait("cut_off").await;
    served.ends(143).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_the_history_is_whole_and_the_next_start_makes_up() {
    let (bench, _first) = slow_lab(Duration::from_millis(100)).await;
    jobs(&bench, "    mode: apply\n    every: 1s\n");
    let mut served = Served::start(&bench).await;
    let first = served.wait("run_ended").await["run"]
        .as_str()
        .unwrap()
        .to_owned();
    served.wait("run_begun").await;
    served.signal("-KILL").await;
    let status = served.child.wait().await.unwrap();
    assert_eq!(status.code(), None);

    let store = bench.path("history.db");
    let history = History::read(store.as_ref()).unwrap();
    let reported = history.run(&first).unwrap().unwrap();
    assert_eq!(reported.recap.unwrap().ok, 2);
    drop(history);

    // What passed meanwhile is made up for at once. Hosts that were leased stay so for a while, which is said.
    let mut again = Served::start(&bench).await;
    let begun = again.wait("run_begun").await;
    assert!(
        begun["cause"].as_str().unwrap().contains("makes up for"),
        "{begun}"
    );
    again.wait("run_ended").await;
    again.signal("-TERM").await;
    again.wait("stopped").await;
    again.ends(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_job_file_is_told_and_the_jobs_of_before_go_on() {
    let bench = Bench::of("healthy", Some(1)).await;
    jobs(&bench, "    mode: audit\n    every: 1s\n");
    let good = String::from_utf8(crate::support::bytes(bench.path("jobs.yml").as_ref())).unwrap();
    let mut served = Served::start(&bench).await;
    served.wait("run_ended").await;
    bench.write(
        "jobs.yml",
        &good.replace("every: 1s", "every: now and then"),
    );
    served.signal("-HUP").await;
    let told = served.wait("not_reloaded").await;
    let why = told["why"].as_str().unwrap();
    assert!(
        why.contains("now and then") && why.contains("jobs.yml:"),
        "{why}"
    );
    served.wait("run_ended").await;
    bench.write("jobs.yml", &good.replace("name: rdp", "name: other"));
    served.signal("-HUP").await;
    served.wait("reloaded").await;
    served
        .wait_for(|line| line["type"] == "run_ended" && line["job"] == "other")
        .await;
    served.signal("-TERM").await;
    served.ends(0).await;
}

#[tokio::test]
async fn a_service_does_not_begin_with_a_job_file_that_is_broken() {
    let bench = Bench::of("healthy", Some(1)).await;
    jobs(&bench, "    mode: sometimes\n    every: 1s\n");
    let jobs = bench.path("jobs.yml");
    super::run(&["serve", "--jobs", &jobs])
        .await
        .exits(6)
        .says("`sometimes`");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_hears_that_it_is_ready_and_that_it_stops() {
    let bench = Bench::of("healthy", Some(1)).await;
    jobs(&bench, "    mode: audit\n    every: 1h\n");
    let place = bench.path("notify");
    let supervisor = tokio::net::UnixDatagram::bind(&place).unwrap();
    let (jobs, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    let mut started = command(&["serve", "--jobs", &jobs, "--store", &store, "--log", "json"]);
    started.env("NOTIFY_SOCKET", &place);
    let served = Served::of(started, &bench);
    let mut heard = [0; 64];
    let length = supervisor.recv(&mut heard).await.unwrap();
    assert_eq!(&heard[..length], b"READY=1");
    served.signal("-TERM").await;
    let length = supervisor.recv(&mut heard).await.unwrap();
    assert_eq!(&heard[..length], b"STOPPING=1");
    served.ends(0).await;
}

/// When a line was told.
fn at(line: &Value) -> Timestamp {
    line["ts"].as_str().unwrap().parse().unwrap()
}

/// What a dashboard says, in lines; nothing is waited for longer than for the service.
async fn asked(url: &str, line: &str, headers: &str) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let talk = async {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request =
            format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    tokio::time::timeout(PATIENCE, talk).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_shows_runs_and_makes_one_for_who_has_the_token() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("firewall-closed", Some(2)).await;
    let told = hook.url("/ok");
    jobs(
        &bench,
        &format!("    mode: audit\n    every: 30d\n    notify: [{{url: '{told}', on: [drift]}}]\n"),
    );
    bench.write("token", "a-token-for-the-dashboard\n");
    let (file, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    let token = bench.path("token");
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
        "--token-file",
        &token,
    ];
    let mut served = Served::of(command(&arguments), &bench);
    let line = served.wait("listening").await;
    let url = line["url"].as_str().unwrap().to_owned();
    let jobs = asked(&url, "GET /api/v1/jobs", "").await;
    assert!(jobs.contains("\"cadence\":\"every "), "{jobs}");
    let run = "POST /api/v1/jobs/rdp/run";
    let refused = asked(&url, run, "").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let bearer = "Authorization: Bearer a-token-for-the-dashboard\r\n";
    let accepted = asked(&url, run, bearer).await;
    assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
    let ended = served.wait("run_ended").await;
    let page = asked(&url, "GET /", "").await;
    assert!(
        page.contains("0 of 2 hosts are as they should be"),
        "{page}"
    );
    let jobs = asked(&url, "GET /api/v1/jobs", "").await;
    assert!(jobs.contains(ended["run"].as_str().unwrap()), "{jobs}");
    assert!(jobs.contains("\"result\":\"drifted\""), "{jobs}");
    // Messages name the run's page there.
    let page = hook.next().await.json()["url"].as_str().unwrap().to_owned();
    let path = page.strip_prefix(url.trim_end_matches('/')).unwrap();
    let page = asked(&url, &format!("GET {path}"), "").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    served.signal("-TERM").await;
    served.ends(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_that_others_could_read_needs_a_token() {
    let bench = Bench::of("healthy", Some(1)).await;
    jobs(&bench, "    mode: audit\n    every: 1h\n");
    let (file, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    let arguments = [
        "serve",
        "--jobs",
        &file,
        "--store",
        &store,
        "--listen",
        "0.0.0.0:0",
    ];
    let output = command(&arguments).output();
    finished(output.await.unwrap())
        .exits(5)
        .says("needs a token")
        .says("--token-file");
}
