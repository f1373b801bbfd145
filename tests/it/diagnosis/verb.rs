//! How `rdpfix diagnose` behaves as a program: whom it takes, what it writes, how it ends.

use std::path::Path;

use crate::cli::Bench;
use crate::cli::command;
use crate::cli::finished;
use crate::cli::run;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_exits_7_with_the_nearest_name() {
    let bench = Bench::of("healthy", Some(2)).await;
    bench
        .run(&["diagnose", "healty-0001"])
        .await
        .exits(7)
        .says("did you mean `healthy-0001`?");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_is_diagnosed_at_a_time() {
    let bench = Bench::of("healthy", Some(2)).await;
    bench
        .run(&["diagnose", "all"])
        .await
        .exits(5)
        .says("one host at a time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_beyond_the_limit_is_none() {
    let bench = Bench::of("healthy", Some(2)).await;
    bench
        .run(&["diagnose", "healthy-0001", "-l", "healthy-0002"])
        .await
        .exits(7);
}

#[tokio::test]
async fn what_is_typed_wrongly_exits_5() {
    for (arguments, says) in [
        (vec!["--code", "904h"], "`904h` is not an error code"),
        (vec!["--extended", "0x7"], "--code"),
        (vec!["--reporter", "xml"], "there is no reporter `xml`"),
        (
            vec!["--reporter", "jsonl", "--reporter", "human"],
            "two reporters cannot share standard output",
        ),
    ] {
        let mut all = vec!["diagnose", "127.0.0.1:1"];
        all.extend(arguments);
        run(&all).await.exits(5).says(says);
    }
    run(&["diagnose", "ts01:99999"])
        .await
        .exits(5)
        .says("ts01:99999");
}

#[tokio::test]
async fn without_an_inventory_any_address_is_seen_from_outside() {
    // Port 1 is closed on every loopback that this runs on.
    let told = run(&["diagnose", "127.0.0.1:1", "--reporter", "jsonl"]).await;
    let records = told.exits(3).records();
    assert_eq!(records[0]["id"], "tcp-blocked");
    let end = records.last().unwrap();
    assert_eq!(
        (&end["outside"], &end["inside"]),
        (&true.into(), &false.into())
    );
    let unseen = end["unseen"][0].as_str().unwrap();
    assert!(unseen.contains("-i INVENTORY"), "{unseen}");
}

#[tokio::test]
async fn a_host_that_nobody_sees_exits_4() {
    run(&["diagnose", "no-such-host.invalid"])
        .await
        .exits(4)
        .says("dns-name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_way_in_is_not_the_end() {
    let bench = Bench::of("unreachable", Some(1)).await;
    let host = bench.host();
    bench
        .run(&["diagnose", &host])
        .await
        .exits(0)
        .says("winrm quickconfig");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_is_a_cause() {
    let bench = Bench::of("healthy", Some(1)).await;
    let host = bench.host();
    let text = bench.lab.inventory_yaml();
    let other = text.replace(bench.lab.password().reveal(), "another");
    let inventory = bench.write("other.yml", &other);
    let told = run(&["diagnose", &host, "-i", &inventory, "--reporter", "jsonl"]).await;
    let records = told.exits(3).records();
    assert_eq!(records[0]["id"], "credentials-rejected");
    assert_eq!(bench.lab.refused_sign_ins(&host), 1, "it is tried once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_client_orders_what_the_eye_leaves_open() {
    let bench = Bench::of("healthy", Some(1)).await;
    let host = bench.host();
    let arguments = ["diagnose", &host, "--reporter", "jsonl", "--code", "0x904"];
    let mut pair = arguments.to_vec();
    pair.extend(["--extended", "7"]);
    let records = bench.run(&pair).await.exits(0).records();
    for record in &records {
        assert!(record["severity"] != "error", "{record}");
    }
    let told = bench
        .run(&["diagnose", &host, "--code", "-1073741715"])
        .await;
    told.exits(0).says("rdpfix explain 0xC000006D");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playbook_is_written_once_and_never_over_another_file() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let host = bench.host();
    let file = bench.path("mend.yml");
    let arguments = ["diagnose", &host, "--write-playbook", &file];
    bench
        .run(&arguments)
        .await
        .exits(0)
        .says("The playbook that would mend it is in");
    bench.run(&["apply", "--check", &file]).await.exits(3);
    bench.run(&arguments).await.exits(0).says("was already in");
    bench.write("mend.yml", "mine");
    let told = bench.run(&arguments).await.exits(5);
    assert!(
        told.stderr.contains("holds something else"),
        "{}",
        told.stderr
    );
    // The diagnosis is told all the same, with the playbook.
    assert!(told.stdout.contains("nla-mismatch"), "{}", told.stdout);
    assert!(told.stdout.contains("nla: required"), "{}", told.stdout);
    assert_eq!(read(&file), "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_host_gets_no_playbook() {
    let bench = Bench::of("healthy", Some(1)).await;
    let host = bench.host();
    let file = bench.path("mend.yml");
    bench
        .run(&["diagnose", &host, "--write-playbook", &file])
        .await
        .exits(0)
        .says("Nothing needs mending")
        .says("was not written");
    assert!(!Path::new(&file).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reporter_has_its_place() {
    let bench = Bench::of("service-down", Some(1)).await;
    let host = bench.host();
    let lines = bench.path("lines.jsonl");
    let reporter = format!("jsonl:{lines}");
    let told = bench
        .run(&["diagnose", &host, "--reporter", &reporter])
        .await
        .exits(3);
    assert!(
        told.stdout.starts_with("service-down-0001: Most likely:"),
        "{}",
        told.stdout
    );
    assert_eq!(told.stderr, "");
    let text = read(&lines);
    let last = text.lines().last().unwrap();
    assert!(last.contains("\"type\":\"diagnose_end\""), "{last}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_it_with_130() {
    let bench = Bench::of("firewall-closed", Some(1)).await;
    let host = bench.host();
    let inventory = bench.path("lab.yml");
    let mut child = command(&["diagnose", &host, "-i", &inventory, "-T", "60"]);
    child
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = child.spawn().unwrap();
    // Once it has begun to look inside, it listens for signals; the silent port keeps it for long.
    while bench.lab.connections(&host) == 0 {
        tokio::task::yield_now().await;
    }
    let id = child.id().unwrap().to_string();
    let sent = tokio::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
    finished(child.wait_with_output().await.unwrap()).exits(130);
}

#[expect(clippy::disallowed_methods, reason = "tests read their own data")]
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}
