//! What goes wrong has a clear message that names what to do, and the right exit code.

use rdpfix::lab::Carrier;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::scenario;

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::cli::run;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_and_exits_4() {
    let bench = Bench::of("healthy", Some(1)).await;
    let text = bench.lab.inventory_yaml();
    let wrong: String = text
        .lines()
        .map(|line| match line.split_once("ansible_password:") {
            Some((indent, _)) => format!("{indent}ansible_password: not-the-password\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let inventory = bench.write("wrong.yml", &wrong);
    run(&["apply", BASELINE, "-i", &inventory])
        .await
        .exits(4)
        .says("refused to sign in")
        .says("ansible_password");
    let host = bench.host();
    assert_eq!(bench.lab.refused_sign_ins(&host), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_a_domain_account_is_tried_on_two_hosts_of_the_fleet() {
    let bench = Bench::of("healthy", Some(6)).await;
    let text = bench.lab.inventory_yaml();
    let password = bench.lab.password().reveal().to_owned();
    let domain = text.replace("ansible_user: ", "ansible_user: CORP\\");
    let inventory = bench.write("domain.yml", &domain.replace(&password, "not-the-password"));
    run(&["audit", BASELINE, "-i", &inventory])
        .await
        .exits(4)
        .says("was not tried")
        .says("locked out");
    let refused: usize = bench
        .hosts()
        .iter()
        .map(|host| bench.lab.refused_sign_ins(host))
        .sum();
    assert_eq!(refused, 2);
    let right = bench.write("right.yml", &domain);
    run(&["audit", BASELINE, "-i", &right]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_host_exits_4_and_says_what_to_check() {
    let bench = Bench::of("unreachable", Some(1)).await;
    bench
        .run(&["audit", BASELINE])
        .await
        .exits(4)
        .says("connection refused")
        .says("winrm quickconfig");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_certificate_exits_4_and_says_how_to_trust() {
    let scenario = scenario::named("healthy", Some(1)).expect("a scenario");
    let options = LabOptions {
        carrier: Carrier::Https { trust_file: None },
        ..LabOptions::default()
    };
    let bench = Bench::around(Lab::start(&scenario, options).await.expect("a lab"));
    bench.run(&["audit", BASELINE]).await.exits(0);
    let text = bench.lab.inventory_yaml();
    bench.write(
        "lab.yml",
        &text.replace(
            "ansible_winrm_server_cert_validation: ignore",
            "unrelated: 1",
        ),
    );
    bench
        .run(&["audit", BASELINE])
        .await
        .exits(4)
        .says("ansible_winrm_ca_trust_path");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_denied_after_a_good_sign_in_exits_2_and_names_token_filtering() {
    let bench = Bench::of("access-denied", Some(1)).await;
    bench
        .run(&["audit", BASELINE])
        .await
        .exits(2)
        .says("access denied")
        .says("LocalAccountTokenFilterPolicy");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_group_in_limit_exits_7_with_the_near_one() {
    let bench = Bench::of("healthy", Some(2)).await;
    bench
        .run(&["audit", BASELINE, "-l", "healty-0001"])
        .await
        .exits(7)
        .says("healty-0001")
        .says("did you mean");
}

#[tokio::test]
async fn an_empty_inventory_exits_7() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("empty.yml");
    #[expect(clippy::disallowed_methods, reason = "tests write their own data")]
    std::fs::write(&path, "all:\n  hosts: {}\n").expect("a file");
    run(&["audit", BASELINE, "-i", &path.display().to_string()])
        .await
        .exits(7)
        .says("no hosts matched");
}

#[tokio::test]
async fn a_missing_playbook_exits_6_and_names_it() {
    run(&["audit", "no-such.yml", "-i", "lab"])
        .await
        .exits(6)
        .says("no-such.yml");
}

#[tokio::test]
async fn an_unknown_lab_scenario_exits_5_with_the_near_one() {
    run(&["audit", BASELINE, "-i", "lab:cert-expird"])
        .await
        .exits(5)
        .says("cert-expired");
}

#[tokio::test]
async fn a_playbook_with_ten_mistakes_shows_ten() {
    let shown = run(&["lint", "tests/cases/playbook/ten-mistakes/playbook.yml"])
        .await
        .exits(6);
    assert_eq!(
        shown.stderr.matches("error[").count(),
        10,
        "{}",
        shown.stderr
    );
}

#[tokio::test]
async fn no_inventory_exits_5_and_names_the_lab() {
    run(&["apply", BASELINE]).await.exits(5).says("-i lab");
}
