//! Facts about `probe --login`: FreeRDP's client comes to the same verdict, on hosts of the lab and on FreeRDP's server.

use std::net::SocketAddr;

use rdpfix::lab::machine::account::Standing;
use rdpfix::secret::Secret;
use serde_json::Value;
use serde_json::json;

use crate::cli::Bench;
use crate::cli::command;
use crate::cli::finished;
use crate::support::freerdp::ACCOUNT_LOCKED;
use crate::support::freerdp::CONNECTION_LOST;
use crate::support::freerdp::FreeRdp;
use crate::support::freerdp::LOGON_FAILURE;
use crate::support::freerdp::NLA_ONLY;
use crate::support::freerdp::PASSWORD;
use crate::support::freerdp::Shadow;
use crate::support::freerdp::TLS_ONLY;
use crate::support::freerdp::USER;
use crate::support::freerdp::went_on_to_a_desktop;
use crate::support::screen::Screen;

const WRONG: &str = "wrong-as-can-be";

/// What the program writes about the sign-in as JSON, and its exit code.
async fn told(address: SocketAddr, password: &Secret) -> (Value, i32) {
    let place = address.to_string();
    let arguments = ["probe", &place, "--login", USER, "--reporter", "jsonl"];
    let output = command(&arguments)
        .env("RDPFIX_LOGIN_PASSWORD", password.reveal())
        .output()
        .await
        .unwrap();
    let finished = finished(output);
    let all = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!all.contains(password.reveal()), "{all}");
    let records = finished.records();
    let end = records.iter().find(|record| record["type"] == "probe_end");
    let end = end.unwrap_or_else(|| panic!("{all}"));
    (end["login"].clone(), finished.code.unwrap())
}

/// One sign-in by both programs: what FreeRDP's exit code has to be, and what ours has to say.
struct Case<'a> {
    password: &'a Secret,
    freerdp: i32,
    accepted: bool,
    /// What else stands in `login`.
    says: &'a [(&'a str, &'a str)],
}

async fn check(freerdp: &FreeRdp, address: SocketAddr, case: &Case<'_>) {
    let (theirs, ours) = tokio::join!(
        freerdp.sign_in(address, case.password),
        told(address, case.password)
    );
    let ((code, log), (login, exit)) = (theirs, ours);
    assert_eq!(code, case.freerdp, "{log}");
    assert_eq!(went_on_to_a_desktop(&log), case.accepted, "{log}");
    let mut expected = json!({ "accepted": case.accepted, "user": USER });
    for (name, value) in case.says {
        expected[*name] = json!(value);
    }
    assert_eq!(login, expected);
    assert_eq!(exit, if case.accepted { 0 } else { 3 }, "{login}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_and_freerdp_agree_on_hosts_of_the_lab() {
    let Some(freerdp) = FreeRdp::at_hand().await else {
        return;
    };
    let bench = Bench::of("healthy", Some(1)).await;
    let host = bench.host();
    let rdp = bench.lab.place(&host).unwrap().rdp;
    let right = bench.lab.password();
    let wrong = Secret::new(WRONG);
    for (standing, password, exit, says) in [
        // The lab has no desktops, so that FreeRDP's connection ends after the sign-in.
        (Standing::Active, right, CONNECTION_LOST, None),
        (
            Standing::Active,
            &wrong,
            LOGON_FAILURE,
            Some(("STATUS_LOGON_FAILURE", "0xC000006D")),
        ),
        (
            Standing::Locked,
            right,
            ACCOUNT_LOCKED,
            Some(("STATUS_ACCOUNT_LOCKED_OUT", "0xC0000234")),
        ),
    ] {
        bench.lab.update(&host, |machine| {
            machine.directory.set_standing(USER, standing);
        });
        bench.lab.settled(&host).await;
        let says: Vec<(&str, &str)> = match says {
            None => Vec::new(),
            Some((status, code)) => {
                vec![("outcome", "refused"), ("status", status), ("code", code)]
            }
        };
        let case = Case {
            password,
            freerdp: exit,
            accepted: says.is_empty(),
            says: &says,
        };
        check(&freerdp, rdp, &case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_and_freerdp_agree_on_freerdps_server() {
    let Some(freerdp) = FreeRdp::at_hand().await else {
        return;
    };
    let Some(screen) = Screen::start().await else {
        return;
    };
    let (certificate, key) = crate::rdp::made(2025, 2035);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let Some(shadow) = Shadow::start(&screen, NLA_ONLY, &certificate, &key).await else {
        return;
    };
    let (right, wrong) = (Secret::new(PASSWORD), Secret::new(WRONG));
    // The server gives no reason, and just closes the connection.
    let cases = [
        Case {
            password: &right,
            freerdp: 0,
            accepted: true,
            says: &[],
        },
        Case {
            password: &wrong,
            freerdp: CONNECTION_LOST,
            accepted: false,
            says: &[("outcome", "closed")],
        },
    ];
    for case in &cases {
        check(&freerdp, shadow.address, case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nla_freerdp_takes_any_password_and_the_program_says_that_nothing_was_tried() {
    let Some(freerdp) = FreeRdp::at_hand().await else {
        return;
    };
    let Some(screen) = Screen::start().await else {
        return;
    };
    let (certificate, key) = crate::rdp::made(2025, 2035);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let Some(shadow) = Shadow::start(&screen, TLS_ONLY, &certificate, &key).await else {
        return;
    };
    let wrong = Secret::new(WRONG);
    let (code, log) = freerdp.connect(shadow.address, &wrong, &[]).await;
    assert_eq!(code, 0, "{log}");
    let (login, exit) = told(shadow.address, &wrong).await;
    let expected = json!({ "accepted": false, "user": USER, "outcome": "not_offered" });
    assert_eq!(login, expected);
    // Nothing keeps clients out.
    assert_eq!(exit, 0);
}
