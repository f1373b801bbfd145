//! Facts about `rdpfix facts`, run as its users run it.

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::scenario;
use serde_json::Value;
use serde_json::json;

use crate::cli::Bench;

/// Requests that everything about one host costs, those for signing in left out.
const MOST_REQUESTS: usize = 13;

/// A lab of one host of each of these scenarios.
async fn bench(names: &[&str]) -> Bench {
    let mut hosts = Vec::new();
    for name in names {
        let scenario = scenario::named(name, None).unwrap();
        hosts.extend(scenario.build(SystemClock.now()).unwrap());
    }
    Bench::around(
        Lab::start_hosts(hosts, LabOptions::default())
            .await
            .unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_is_told_on_many_lines() {
    let bench = bench(&["reboot-pending"]).await;
    let told = bench.run(&["facts", "reboot-pending"]).await.exits(0);
    assert!(told.stdout.lines().count() > 20, "{}", told.stdout);
    let document: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(document["host"], "reboot-pending");
    let facts = &document["facts"];
    assert_eq!(facts["computer_name"], "PENDING-0001");
    assert_eq!(facts["build"], 14393);
    assert_eq!(facts["ubr"], 7699);
    assert_eq!(facts["reboot_pending"], true);
    let reasons = json!(["servicing", "windows_update", "file_rename"]);
    assert_eq!(facts["reboot_reasons"], reasons);
    let ansible = &document["ansible_facts"];
    assert_eq!(ansible["os_family"], "Windows");
    assert_eq!(ansible["hostname"], "PENDING-0001");
    assert_eq!(ansible["reboot_pending"], true);
    assert_eq!(ansible["windows_domain_role"], "Stand-alone server");
    assert_eq!(
        ansible["ip_addresses"],
        json!(["192.0.2.10", "fe80::d0c:1"])
    );
    let uptime = ansible["uptime_seconds"].as_u64().unwrap();
    assert!(uptime >= 9 * 24 * 3600, "{uptime}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_hosts_are_told_a_line_each_in_the_order_of_the_inventory() {
    let bench = Bench::of("healthy", Some(3)).await;
    let told = bench.run(&["facts", "all"]).await.exits(0);
    let hosts: Vec<Value> = told
        .records()
        .into_iter()
        .map(|one| one["host"].clone())
        .collect();
    assert_eq!(hosts, ["healthy-0001", "healthy-0002", "healthy-0003"]);
    let one = bench.run(&["facts", "all", "--limit", "healthy-0002"]);
    let one: Value = serde_json::from_str(&one.await.exits(0).stdout).unwrap();
    assert_eq!(one["facts"]["domain_member"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_do_not_answer_are_told_with_a_remedy() {
    let bench = bench(&["healthy", "unreachable"]).await;
    let told = bench.run(&["facts", "all"]).await.exits(4);
    assert_eq!(told.records().len(), 1);
    assert!(
        told.stderr.contains("error: unreachable: "),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr.contains("hint: WinRM does not listen there"),
        "{}",
        told.stderr
    );
    let denied = self::bench(&["access-denied", "unreachable"]).await;
    denied
        .run(&["facts", "all"])
        .await
        .exits(2)
        .says("access denied");
    bench
        .run(&["facts", "nobody"])
        .await
        .exits(7)
        .says("nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_changes_nothing_and_costs_little() {
    let bench = bench(&["healthy"]).await;
    bench.run(&["facts", "all"]).await.exits(0);
    let asked = bench.lab.requests("healthy").len();
    assert!(asked <= MOST_REQUESTS, "{asked} requests");

    assert_eq!(bench.lab.writes("healthy"), 0);
    assert_eq!(bench.lab.open_enumerations("healthy"), 0);
    let connections = bench.lab.connections("healthy");
    assert!(connections <= 2, "{connections} connections");
}
