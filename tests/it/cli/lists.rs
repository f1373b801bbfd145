//! Facts about what a playbook is told to be about: hosts, tasks and tags, without connecting anywhere.

use super::BASELINE;
use super::Bench;
use super::run;

/// Nobody lives there, so that an attempt to connect would be a failure.
const NOBODY: &str = "ts01.invalid,ts02.invalid,";

#[tokio::test]
async fn hosts_are_listed_by_play() {
    let told = run(&["apply", BASELINE, "-i", NOBODY, "--list-hosts"])
        .await
        .exits(0);
    let expected = "
playbook: playbooks/rdp-baseline.yml

  play #1 (all): Remote Desktop baseline\tTAGS: []
    pattern: ['all']
    hosts (2):
      ts01.invalid
      ts02.invalid
";
    assert_eq!(told.stdout, expected);
}

#[tokio::test]
async fn tasks_are_listed_with_their_tags_and_need_no_inventory() {
    let told = run(&[
        "audit",
        BASELINE,
        "--list-tasks",
        "--list-tags",
        "-t",
        "listener",
    ])
    .await
    .exits(0);
    let expected = "
playbook: playbooks/rdp-baseline.yml

  play #1 (all): Remote Desktop baseline\tTAGS: []
    tasks:
      Sign-in before the session, over TLS, on the usual port\tTAGS: [listener]
      TASK TAGS: [listener]
";
    assert_eq!(told.stdout, expected);
}

#[tokio::test]
async fn a_limit_narrows_the_list() {
    let limited = ["-l", "ts02.invalid", "--list-hosts"];
    run(&[&["apply", BASELINE, "-i", NOBODY], &limited[..]].concat())
        .await
        .exits(0)
        .says("hosts (1):\n      ts02.invalid\n");
}

#[tokio::test]
async fn hosts_cannot_be_listed_without_an_inventory() {
    run(&["apply", BASELINE, "--list-hosts"])
        .await
        .exits(5)
        .says("no inventory given");
}

#[tokio::test]
async fn the_syntax_is_checked_and_nothing_else_is_done() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let told = bench
        .run(&["apply", BASELINE, "--syntax-check"])
        .await
        .exits(0);
    assert_eq!(told.stdout, format!("\nplaybook: {BASELINE}\n"));
    assert!(bench.lab.requests(&bench.host()).is_empty());
    let broken = bench.write("broken.yml", "- hosts: all\n  tsaks: []\n");
    bench
        .run(&["apply", &broken, "--syntax-check"])
        .await
        .exits(6)
        .says("a play has no key `tsaks`");
    let inventory = bench.write("broken-hosts.yml", "all:\n  hosts: [a\n");
    run(&["apply", BASELINE, "-i", &inventory, "--syntax-check"])
        .await
        .exits(6);
}
