//! Facts about benchmarks and waivers, with the program itself: what a playbook corrects stays corrected, Remote Desktop
//! stays usable, and what somebody answers for is left alone.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use serde_json::Value;

use super::Bench;
use super::run;
use crate::playbook::baselines;

/// The day so many days from now.
fn day(days: i64) -> String {
    let today = SystemClock.now().to_zoned(TimeZone::UTC).date();
    today.saturating_add(days.days()).to_string()
}

fn waiver(hosts: &str, control: &str, expires: &str) -> String {
    format!(
        "- {{hosts: \"{hosts}\", control: {control}, owner: ops, reason: old clients, expires: {expires}}}\n"
    )
}

/// The names of the tasks that differ, in an audit.
fn differing(records: &[Value]) -> BTreeSet<&str> {
    let results = records.iter().filter(|record| record["type"] == "result");
    let differs = results.filter(|record| record["status"] == "would_change");
    differs
        .filter_map(|record| record["task"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_benchmark_corrects_stays_corrected_and_clients_still_connect() {
    for name in baselines::names() {
        let bench = Bench::of("healthy", Some(1)).await;
        let path = baselines::path(&name);
        let path = path.as_str();
        bench.run(&["audit", path]).await.exits(3);
        let left = baselines::looked_at(&name);
        let code = if left.is_empty() { 0 } else { 3 };
        let applied = bench.run(&["apply", path, "--reporter", "jsonl"]).await;
        let records = applied.exits(code).records();
        let proven = records.last().map(|end| end["proven"].clone());
        assert_eq!(proven, Some(1.into()), "{name}: clients connect");
        let options = ["--skip-tags", "disables-rdp"];
        let skipped = bench.run(&[&["audit", path], &options[..]].concat()).await;
        skipped.exits(0);
        let audited = bench.run(&["audit", path, "--reporter", "jsonl"]).await;
        let records = audited.exits(code).records();
        assert_eq!(differing(&records).len(), left.len(), "{name}");
        if left.is_empty() {
            continue;
        }
        let texts = left.iter().map(|control| waiver("all", control, &day(60)));
        let file = bench.write("waivers.yml", &texts.collect::<String>());
        bench
            .run(&["apply", path, "--waiver-file", &file])
            .await
            .exits(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_remote_desktop_away_is_explained() {
    let bench = Bench::of("healthy", Some(1)).await;
    let audited = bench
        .run(&[
            "audit",
            "playbooks/cis-windows11-rdp.yml",
            "-t",
            "disables-rdp",
            "--reporter",
            "jsonl",
        ])
        .await
        .exits(3);
    let records = audited.records();
    let results = records.iter().filter(|record| record["type"] == "result");
    let told: Vec<&str> = results
        .filter_map(|record| record["message"].as_str())
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(told.iter().all(|text| text.contains("waiver")), "{told:?}");
    let shown = [
        "audit",
        "playbooks/cis-windows11-rdp.yml",
        "-t",
        "disables-rdp",
    ];
    bench
        .run(&shown)
        .await
        .exits(3)
        .says("note: the benchmark wants Remote Desktop switched off");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_domain_set_is_left_to_it_and_a_lone_host_is_corrected() {
    use rdpfix::lab::Lab;
    use rdpfix::lab::LabOptions;
    use rdpfix::lab::machine::Identity;
    use rdpfix::lab::machine::Machine;
    use rdpfix::lab::machine::os::Build;
    use rdpfix::lab::machine::os::Membership;
    use rdpfix::lab::scenario;

    for (membership, code, left) in [
        (Membership::Domain("corp.example".to_owned()), 3, 1),
        (Membership::Workgroup("WORKGROUP".to_owned()), 0, 3),
    ] {
        let identity = Identity {
            computer_name: "HOST01".to_owned(),
            build: Build::Server2022,
            membership,
        };
        let now = SystemClock.now();
        let mut hosts = scenario::named("healthy", Some(1))
            .unwrap()
            .build(now)
            .unwrap();
        hosts[0].machine = Machine::healthy(identity, now).unwrap();
        hosts[0].machine.set_policy("MinEncryptionLevel", 1);
        let lab = Lab::start_hosts(hosts, LabOptions::default()).await;
        let bench = Bench::around(lab.expect("a lab"));
        let applied = bench
            .run(&["apply", "playbooks/microsoft-baseline-rdp.yml"])
            .await;
        applied.exits(code);
        let machine = bench.lab.machine(&bench.host()).unwrap();
        let key =
            RegistryKey::local_machine(r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services");
        assert_eq!(
            machine.registry.dword(&key, "MinEncryptionLevel"),
            Some(left)
        );
        assert_eq!(machine.registry.dword(&key, "fDisableCdm"), Some(1));
    }
}

const PLAY: &str = "\
- hosts: all
  prove: false
  tasks:
    - name: first
      registry_value: {key: HKLM\\SOFTWARE\\Acme, name: First, type: dword, data: 1}
      control: {id: ACME-1, title: the first, severity: high}
      notify: third
    - name: second
      registry_value: {key: HKLM\\SOFTWARE\\Acme, name: Second, type: dword, data: 1}
      control: ACME-2
  handlers:
    - name: third
      registry_value: {key: HKLM\\SOFTWARE\\Acme, name: Third, type: dword, data: 1}
";

fn values(bench: &Bench) -> [bool; 3] {
    let machine = bench.lab.machine(&bench.host()).unwrap();
    let key = RegistryKey::local_machine(r"SOFTWARE\Acme");
    ["First", "Second", "Third"].map(|name| {
        let data = machine.registry.get(&key, name);
        data == Some(&RegistryData::Dword(1))
    })
}

/// A bench with the play and a waiver of the first control until this day.
async fn waived(days: i64) -> (Bench, String, String) {
    let bench = Bench::of("healthy", Some(1)).await;
    let play = bench.write("play.yml", PLAY);
    let file = bench.write("waivers.yml", &waiver("all", "ACME-1", &day(days)));
    (bench, play, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waived_control_is_left_alone_and_the_run_is_well() {
    let (bench, play, file) = waived(60).await;
    let applied = bench.run(&["apply", &play, "--waiver-file", &file]).await;
    let applied = applied.exits(0);
    assert_eq!(applied.stderr, "");
    assert_eq!(values(&bench), [false, true, false]);
    let audited = bench.run(&["audit", &play, "--waiver-file", &file]).await;
    audited.exits(0);
    bench.run(&["audit", &play]).await.exits(3);
    let rerun = ["apply", &play, "--waiver-file", &file, "--rerun", "failure"];
    bench.run(&rerun).await.exits(7).says("no host failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_warns_before_a_waiver_ends() {
    let (bench, play, file) = waived(10).await;
    let audited = bench.run(&["audit", &play, "--waiver-file", &file]).await;
    let audited = audited.exits(3);
    assert!(
        audited.stderr.contains("ends in 10 days"),
        "{}",
        audited.stderr
    );
    assert!(
        audited.stderr.contains("waivers.yml:1:"),
        "{}",
        audited.stderr
    );
    let (bench, play, file) = waived(11).await;
    let audited = bench.run(&["audit", &play, "--waiver-file", &file]).await;
    assert_eq!(audited.exits(3).stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_end_a_waiver_waives_nothing() {
    let (bench, play, file) = waived(-1).await;
    let audited = bench.run(&["audit", &play, "--waiver-file", &file]).await;
    audited.exits(3).says("ended 1 day ago");
    let applied = bench.run(&["apply", &play, "--waiver-file", &file]).await;
    applied.exits(0).says("it waives nothing any more");
    assert_eq!(values(&bench), [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiver_that_nobody_needs_is_told_once() {
    let (bench, play, file) = waived(60).await;
    bench.run(&["apply", &play]).await.exits(0);
    let quiet = bench.run(&["audit", &play, "--waiver-file", &file]).await;
    assert_eq!(quiet.exits(0).stderr, "");
    let told = bench
        .run(&["audit", &play, "--waiver-file", &file, "-v"])
        .await
        .exits(0);
    let line = "waiver no longer needed: `ACME-1` on `all`";
    assert_eq!(told.stderr.matches(line).count(), 1, "{}", told.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn waivers_for_nobody_and_for_nothing_stop_the_run() {
    let (bench, play, _) = waived(60).await;
    for (hosts, control, text) in [
        ("helthy-0001", "ACME-1", "did you mean `healthy-0001`?"),
        ("all", "ACME-l", "did you mean `ACME-1`?"),
    ] {
        let file = bench.write("wrong.yml", &waiver(hosts, control, &day(60)));
        let applied = bench.run(&["apply", &play, "--waiver-file", &file]).await;
        applied.exits(6).says(text).says("wrong.yml:1:");
    }
    bench
        .run(&["apply", &play, "--waiver-file", "nowhere.yml"])
        .await
        .exits(6)
        .says("nowhere.yml");
    assert_eq!(values(&bench), [false; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waivers_can_be_listed_and_checked() {
    let (bench, play, file) = waived(3).await;
    let more = bench.write("more.yml", &waiver("healthy-*", "ACME-2", &day(-40)));
    let plain = run(&["waivers", &file, &more]).await.exits(0);
    let lines: Vec<&str> = plain.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            format!("ACME-1  all  {}  ends in 3 days  ops: old clients", day(3)),
            format!("ACME-2  healthy-*  {}  expired  ops: old clients", day(-40)),
        ]
    );
    let checked = bench.run(&["waivers", &file, &more, "-p", &play]).await;
    checked.exits(0).says("healthy-* (1 hosts)");
    let wrong = bench.write("wrong.yml", &waiver("all", "ACME-3", &day(3)));
    let checked = bench.run(&["waivers", &wrong, "-p", &play]).await;
    checked.exits(6).says("no play has the control `ACME-3`");
}
