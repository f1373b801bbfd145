//! The whole story: a fleet is as it should be, somebody breaks a host, the service notices, says so, mends it, says so,
//! and everything that reports tells the same interval.

use rdpfix::history::History;
use rdpfix::history::State;
use serde_json::Value;

use super::Bench;
use super::Served;
use super::at;
use super::close_firewall;
use super::jobs;
use crate::cli::run;
use crate::support::hook::Hook;

const CONTROL: &str = "firewall_rule:RemoteDesktop-UserMode-In-TCP";

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_noticed_told_mended_and_told_to_be_gone() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(3)).await;
    let (url, told) = (hook.url("/ok"), bench.path("told.jsonl"));
    jobs(
        &bench,
        &format!(
            "    mode: audit-then-apply-in-window\n    every: 1s\n    windows: [{{from: \"00:00\"}}]\n    notify: [{{url: '{url}', on: [drift, failure, recovery]}}]\n    reporters: ['jsonl:{told}']\n"
        ),
    );
    let mut served = Served::start(&bench).await;
    let good = |line: &Value| line["type"] == "run_ended" && line["result"] == "3 ok";
    served.wait_for(good).await;
    let broken = bench.hosts().remove(1);
    close_firewall(&bench, &broken).await;

    // Noticed at the next run, and told.
    let audit = served
        .wait_for(|line| {
            line["type"] == "run_ended" && line["mode"] == "audit" && line["exit_code"] == 3
        })
        .await;
    assert_eq!(audit["result"], "2 ok, 1 drifted");
    let drift = hook.next().await.json();
    assert_eq!(
        (&drift["occasion"], &drift["drifted"]),
        (&"drift".into(), &1.into())
    );
    assert_eq!(drift["run"], audit["run"]);
    assert!(is_among(&drift["drifts"], &broken), "{drift}");

    // Mended, on that host alone, and told.
    let apply = served
        .wait_for(|line| line["type"] == "run_ended" && line["mode"] == "apply")
        .await;
    assert_eq!(apply["result"], "1 ok, 1 changed");
    let recovery = hook.next().await.json();
    assert_eq!(recovery["occasion"], "recovery");
    assert_eq!(
        (&recovery["run"], &recovery["hosts"]),
        (&apply["run"], &1.into())
    );
    assert!(is_among(&recovery["recoveries"], &broken), "{recovery}");
    for host in bench.hosts() {
        assert_eq!(bench.lab.writes(&host) > 0, host == broken, "{host}");
    }

    // And it stays so.
    served.wait_for(good).await;
    served.signal("-TERM").await;
    served.wait("stopped").await;
    served.ends(0).await;
    history_tells(&bench, &broken, (&audit, &apply)).await;
    let lines = String::from_utf8(crate::support::bytes(told.as_ref())).unwrap();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["ok"]), (&"run_end".into(), &3.into()));
}

fn is_among(list: &Value, host: &str) -> bool {
    let list = list.as_array().unwrap();
    list.iter()
        .any(|one| one["host"] == host && one["control"] == CONTROL)
}

/// The interval of drift lies between the two runs, in the history and in what the program shows of it.
async fn history_tells(bench: &Bench, broken: &str, (audit, apply): (&Value, &Value)) {
    let store = bench.path("history.db");
    let history = History::read(store.as_ref()).unwrap();
    let view = history.host(broken, 100).unwrap().unwrap();
    let past = view.past.iter().filter(|one| one.control == CONTROL);
    let drifts: Vec<_> = past.filter(|one| one.state == State::Drift).collect();
    assert_eq!(drifts.len(), 1, "{view:?}");
    let (since, until) = (drifts[0].since, drifts[0].until.unwrap());
    assert!(since <= at(audit) && at(audit) <= until && until <= at(apply));
    drop(history);
    let shown = run(&["history", "host", broken, "--store", &store])
        .await
        .exits(0);
    assert!(shown.stdout.contains(CONTROL), "{}", shown.stdout);
    let apply_run = apply["run"].as_str().unwrap();
    run(&[
        "history",
        "diff",
        audit["run"].as_str().unwrap(),
        apply_run,
        "--store",
        &store,
    ])
    .await
    .exits(0)
    .says(CONTROL);
}

/// What a vault held reaches nobody: not by messages, not by the service's own lines, not by the history.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_failure_is_masked_wherever_it_is_told() {
    let (Some(mut hook), Some(vault)) = (
        Hook::start().await,
        crate::support::peer_script("ansible-vault"),
    ) else {
        return;
    };
    let bench = Bench::of("healthy", Some(1)).await;
    bench.write(
        "play.yml",
        "- hosts: all\n  vars_files: [secret.yml]\n  tasks:\n    - fail: {msg: 'it was {{ word }}'}\n",
    );
    let secret = bench.write("secret.yml", "word: what-nobody-may-read\n");
    let password = bench.write("password", "a password\n");
    let sealed = tokio::process::Command::new(vault)
        .args(["encrypt", &secret, "--vault-password-file", &password])
        .output()
        .await
        .unwrap();
    assert!(sealed.status.success(), "{sealed:?}");
    let url = hook.url("/ok");
    bench.write(
        "jobs.yml",
        &format!(
            "store: history.db\njobs:\n  - name: rdp\n    playbook: play.yml\n    inventory: [lab.yml]\n    mode: audit\n    every: 1h\n    vault_password_file: password\n    notify: [{{url: '{url}', on: [failure]}}]\n"
        ),
    );
    let told = super::schedule_run(&bench, &["--log", "json"])
        .await
        .exits(2);
    let message = hook.next().await.body;
    let store = String::from_utf8_lossy(&crate::support::bytes(bench.path("history.db").as_ref()))
        .into_owned();
    for text in [&told.stdout, &told.stderr, &message, &store] {
        assert!(!text.contains("what-nobody-may-read"), "{text}");
    }
    assert!(message.contains("it was ********"), "{message}");
}
