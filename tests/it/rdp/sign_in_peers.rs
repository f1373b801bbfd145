//! Programs that none of us wrote on the other side of a sign-in: FreeRDP's client against the lab, FreeRDP's server and
//! one of pyspnego against our own sign-in.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::account::Standing;
use rdpfix::lab::scenario;
use rdpfix::secret::Secret;
use rdpfix::survey::LoginOutcome;
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStdout;
use tokio::process::Command;

use super::made;
use super::sign_in::sign_in;
use super::sign_in::visit;
use crate::support;
use crate::support::freerdp::ACCOUNT_LOCKED;
use crate::support::freerdp::CONNECTION_LOST;
use crate::support::freerdp::FreeRdp;
use crate::support::freerdp::LOGON_FAILURE;
use crate::support::freerdp::NLA_ONLY;
use crate::support::freerdp::PASSWORD;
use crate::support::freerdp::Shadow;
use crate::support::freerdp::USER;
use crate::support::freerdp::went_on_to_a_desktop;
use crate::support::screen::Screen;

/// How long a foreign program may take.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn freerdp_and_our_sign_in_agree_on_every_host_of_the_lab() {
    let Some(freerdp) = FreeRdp::at_hand().await else {
        return;
    };
    let scenario = scenario::named("healthy", None).unwrap();
    let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
    let rdp = lab.place("healthy").unwrap().rdp;
    for (standing, expected) in [
        // The lab has no desktops, so that the connection ends after the sign-in.
        (Standing::Active, CONNECTION_LOST),
        (Standing::Locked, ACCOUNT_LOCKED),
        (Standing::Disabled, 151),
        (Standing::PasswordExpired, 148),
        (Standing::MustChange, 149),
        (Standing::Expired, 157),
        (Standing::Restricted, 156),
        (Standing::NotGranted, 158),
    ] {
        lab.update("healthy", |machine| {
            machine.directory.set_standing(USER, standing);
        });
        lab.settled("healthy").await;
        let (code, log) = freerdp.sign_in(rdp, lab.password()).await;
        assert_eq!(code, expected, "{standing:?}: {log}");
        let accepted = standing == Standing::Active;
        assert_eq!(went_on_to_a_desktop(&log), accepted, "{standing:?}: {log}");
        let ours = sign_in(rdp, USER, lab.password()).await;
        assert_eq!(ours == LoginOutcome::Accepted, accepted, "{standing:?}");
    }
    let wrong = Secret::new("wrong-as-can-be");
    lab.update("healthy", |machine| {
        machine.directory.set_standing(USER, Standing::Active);
    });
    lab.settled("healthy").await;
    let (code, log) = freerdp.sign_in(rdp, &wrong).await;
    assert_eq!(
        (code, went_on_to_a_desktop(&log)),
        (LOGON_FAILURE, false),
        "{log}"
    );
    let refused = LoginOutcome::Refused(0xC000_006D);
    assert_eq!(sign_in(rdp, USER, &wrong).await, refused);
}

/// A folder with a key and a certificate.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let (certificate, key) = made(2025, 2035);
    put(&folder.path().join("host.crt"), &certificate.pem());
    put(&folder.path().join("host.key"), &key.serialize_pem());
    folder
}

#[expect(clippy::disallowed_methods, reason = "foreign programs read files")]
fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn freerdps_server_accepts_the_right_password_and_closes_on_a_wrong_one() {
    let Some(screen) = Screen::start().await else {
        return;
    };
    let (certificate, key) = made(2025, 2035);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let Some(shadow) = Shadow::start(&screen, NLA_ONLY, &certificate, &key).await else {
        return;
    };
    let told = visit(shadow.address, None).await.ntlm.unwrap();
    assert_eq!(told.version, Some((6, 1, 7601)));
    assert_eq!(told.credssp_version, Some(6));
    let skew = told.skew_seconds.unwrap();
    assert!((-2..=2).contains(&skew), "{skew}");
    for (password, expected) in [
        (PASSWORD, LoginOutcome::Accepted),
        ("wrong-as-can-be", LoginOutcome::Closed),
    ] {
        let outcome = sign_in(shadow.address, USER, &Secret::new(password)).await;
        assert_eq!(outcome, expected, "{password}");
    }
}

/// `tests/peers/nla_server.py`, ended with the test.
struct Pyspnego {
    server: Child,
    said: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
    _folder: TempDir,
}

impl Pyspnego {
    async fn start(options: &[&str]) -> Option<Self> {
        let python = support::peer_python()?;
        let folder = folder();
        let mut server = Command::new(python)
            .arg(support::root().join("tests/peers/nla_server.py"))
            .args(["host.crt", "host.key"].map(|file| folder.path().join(file)))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(server.stdout.take().unwrap()).lines();
        let line = said.next_line().await.unwrap().unwrap();
        let port: u16 = line.strip_prefix("port ").unwrap().parse().unwrap();
        Some(Self {
            server,
            said,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            _folder: folder,
        })
    }

    /// Waits until the server has said so much, ends it, and gives everything that it said.
    async fn log(mut self, least: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < least {
            let line = tokio::time::timeout(PATIENCE, self.said.next_line()).await;
            lines.push(line.unwrap().unwrap().unwrap());
        }
        drop(self.server.stdin.take());
        while let Some(line) = self.said.next_line().await.unwrap() {
            lines.push(line);
        }
        lines
    }
}

/// Options of the server, a password, how the sign-in has to end and what the server has to say.
type Case = (
    &'static str,
    &'static str,
    LoginOutcome,
    &'static [&'static str],
);

async fn check(cases: &[Case]) {
    for (options, password, expected, said) in cases {
        let split: Vec<&str> = options.split_whitespace().collect();
        let Some(peer) = Pyspnego::start(&split).await else {
            return;
        };
        let outcome = sign_in(peer.address, USER, &Secret::new(*password)).await;
        assert_eq!(outcome, *expected, "{options} {password}");
        assert_eq!(peer.log(said.len()).await, *said, "{options} {password}");
    }
}

const WRONG: &str = "wrong-as-can-be";
const FAILURE: LoginOutcome = LoginOutcome::Refused(0xC000_006D);
const DELEGATED: &[&str] = &["proof", "delegated labadmin"];
const FAILED: &[&str] = &["proof", "refused 0xc000006d"];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_pyspnego_accepts_our_sign_in_in_every_version() {
    check(&[
        ("--version 2", PASSWORD, LoginOutcome::Accepted, DELEGATED),
        ("--version 4", PASSWORD, LoginOutcome::Accepted, DELEGATED),
        ("--version 5", PASSWORD, LoginOutcome::Accepted, DELEGATED),
        ("--version 6", PASSWORD, LoginOutcome::Accepted, DELEGATED),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_server_of_pyspnego_is_read_and_the_password_tried_once() {
    let locked = LoginOutcome::Refused(0xC000_0234);
    let not_granted = LoginOutcome::Refused(0xC000_015B);
    check(&[
        ("--version 2", WRONG, LoginOutcome::Closed, FAILED),
        ("--version 3", WRONG, FAILURE, FAILED),
        ("--version 6", WRONG, FAILURE, FAILED),
        (
            "--status 0xC0000234",
            PASSWORD,
            locked,
            &["proof", "refused 0xc0000234"],
        ),
        (
            "--status 0xC000015B",
            PASSWORD,
            not_granted,
            &["proof", "refused 0xc000015b"],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_early_result_of_a_server_of_pyspnego_is_read() {
    let granted = &["proof", "delegated labadmin", "told 0"];
    let denied = &["proof", "delegated labadmin", "told 5"];
    check(&[
        ("--offer 10", PASSWORD, LoginOutcome::Accepted, granted),
        (
            "--offer 10 --early 5",
            PASSWORD,
            LoginOutcome::NotAuthorized,
            denied,
        ),
        ("--offer 1", PASSWORD, LoginOutcome::NotOffered, &[]),
    ])
    .await;
}
