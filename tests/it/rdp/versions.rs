//! What the probe sees of the lab's hosts: versions, suites, certificates, sizes, and trouble on the way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Prover;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::certificates::Weakness;
use rdpfix::lab::machine::schannel;
use rdpfix::lab::mishap::Loss;
use rdpfix::lab::mishap::RdpMishap;
use rdpfix::lab::scenario;
use rdpfix::lab::scenario::Kind;
use rdpfix::lab::scenario::LabHost;
use rdpfix::probe::RdpProver;
use rdpfix::probe::surveyor::SurveyOptions;
use rdpfix::probe::surveyor::Surveyor;
use rdpfix::probe::surveyor::Target;
use rdpfix::proof::Proof;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::survey::SizeReply;
use rdpfix::survey::Survey;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::VersionReply;
use rdpfix::tls::ProtocolVersion;
use rdpfix::tls::suite::CipherSuite;

use super::prober::host;

/// The number of Server 2022 in a scenario: the first release that knows TLS 1.3.
const SERVER_2022: usize = 2;

/// A lab of one host.
async fn lab_of(machine: Machine, rdp_mishaps: Vec<RdpMishap>) -> Lab {
    let host = LabHost {
        name: "host".to_owned(),
        machine,
        mishaps: Vec::new(),
        rdp_mishaps,
    };
    Lab::start_hosts(vec![host], LabOptions::default())
        .await
        .unwrap()
}

/// A healthy host of Server 2022 with something changed before its services read it.
async fn changed(change: impl FnOnce(&mut Machine)) -> Lab {
    let mut machine = Kind::Healthy
        .machine(SERVER_2022, SystemClock.now())
        .unwrap();
    change(&mut machine);
    machine.load_listener();
    lab_of(machine, Vec::new()).await
}

/// A healthy host of Server 2022 with trouble on the way to it.
async fn troubled(mishap: RdpMishap) -> Lab {
    let machine = Kind::Healthy
        .machine(SERVER_2022, SystemClock.now())
        .unwrap();
    lab_of(machine, vec![mishap]).await
}

async fn seen(lab: &Lab) -> Survey {
    visit(lab.place("host").unwrap().rdp).await
}

/// What a client with the usual TLS comes to.
async fn proof(lab: &Lab, deadline: Duration) -> Proof {
    let port = lab.place("host").unwrap().rdp.port();
    RdpProver::new(Arc::new(SystemClock), deadline)
        .prove(&host("127.0.0.1", port))
        .await
}

/// Visits a port that answers in time.
pub(crate) async fn visit(address: SocketAddr) -> Survey {
    visit_within(address, Duration::from_secs(30)).await
}

/// Visits a port on which some questions may be left without an answer.
pub(super) async fn visit_within(address: SocketAddr, deadline: Duration) -> Survey {
    let options = SurveyOptions {
        deadline,
        repeat: 1,
        login: None,
        gateway: None,
        roots: Vec::new(),
    };
    let target = Target {
        host: "host".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        gateway: None,
    };
    Surveyor::new(Arc::new(SystemClock), options)
        .survey(&target)
        .await
}

/// What became of each version, such as `1.0:on 1.1:70`; a version that is on without its suite.
pub(crate) fn versions(survey: &Survey) -> String {
    let Some(tls) = &survey.tls else {
        return "no TLS".to_owned();
    };
    let words: Vec<String> = tls
        .versions
        .iter()
        .map(|(version, reply)| {
            let word = match reply {
                VersionReply::Accepted(_) => "on".to_owned(),
                VersionReply::Refused(TlsFailure::Alert(number)) => number.to_string(),
                VersionReply::Refused(TlsFailure::Closed) => "closed".to_owned(),
                VersionReply::Refused(TlsFailure::Stalled { received }) => {
                    format!("stalled after {received}")
                }
                VersionReply::Refused(TlsFailure::Broken(_)) => "other".to_owned(),
                VersionReply::Untried => "untried".to_owned(),
            };
            format!("{}:{word}", version.word())
        })
        .collect();
    words.join(" ")
}

/// Leaves these versions on.
fn only(machine: &mut Machine, on: &[ProtocolVersion]) {
    schannel::leave_on(&mut machine.registry, on);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_versions_seen_are_those_that_the_registry_switches_on() {
    use ProtocolVersion as V;
    for (on, expected) in [
        (&V::ALL[..], "ssl3:on 1.0:on 1.1:on 1.2:on 1.3:on"),
        (
            &[V::TLS_1_2, V::TLS_1_3],
            "ssl3:70 1.0:70 1.1:70 1.2:on 1.3:on",
        ),
        (&[V::TLS_1_3], "ssl3:70 1.0:70 1.1:70 1.2:70 1.3:on"),
        // A host picks the best that it knows below what it was asked for.
        (&[V::TLS_1_0], "ssl3:70 1.0:on 1.1:other 1.2:other 1.3:70"),
        (
            &[V::TLS_1_1, V::TLS_1_2],
            "ssl3:70 1.0:70 1.1:on 1.2:on 1.3:70",
        ),
        (&[], "ssl3:70 1.0:70 1.1:70 1.2:70 1.3:70"),
    ] {
        let lab = changed(|machine| only(machine, on)).await;
        assert_eq!(versions(&seen(&lab).await), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_release_speaks_what_it_speaks_by_default() {
    for (index, expected) in [
        (0, "ssl3:70 1.0:on 1.1:on 1.2:on 1.3:40"),
        (SERVER_2022, "ssl3:70 1.0:on 1.1:on 1.2:on 1.3:on"),
        (3, "ssl3:70 1.0:70 1.1:70 1.2:on 1.3:on"),
    ] {
        let machine = Kind::Healthy.machine(index, SystemClock.now()).unwrap();
        let lab = lab_of(machine, Vec::new()).await;
        assert_eq!(versions(&seen(&lab).await), expected, "release {index}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_switched_waits_for_the_service() {
    let lab = changed(|_| {}).await;
    let off = |machine: &mut Machine| only(machine, &[ProtocolVersion::TLS_1_3]);
    lab.update("host", off);
    lab.settled("host").await;
    assert!(versions(&seen(&lab).await).contains("1.2:on"));
    lab.update("host", Machine::load_listener);
    lab.settled("host").await;
    assert!(versions(&seen(&lab).await).contains("1.2:70"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_is_the_one_that_the_cipher_policy_prefers() {
    let policy = [
        CipherSuite(0xC02F),
        CipherSuite(0xC030),
        CipherSuite(0x002F),
    ];
    let lab = changed(|machine| schannel::set_cipher_policy(&mut machine.registry, &policy)).await;
    let survey = seen(&lab).await;
    let suites: Vec<_> = survey
        .tls
        .unwrap()
        .versions
        .into_iter()
        .filter_map(|(version, reply)| match reply {
            VersionReply::Accepted(suite) => Some((version.word(), suite)),
            _ => None,
        })
        .collect();
    let old = "TLS_RSA_WITH_AES_128_CBC_SHA".to_owned();
    let new = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned();
    assert_eq!(suites, [("1.0", old.clone()), ("1.1", old), ("1.2", new)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_suites_for_another_key_leaves_nothing_in_common() {
    let policy = [
        CipherSuite(0xC02C),
        CipherSuite(0xC02B),
        CipherSuite(0xC00A),
    ];
    let lab = changed(|machine| schannel::set_cipher_policy(&mut machine.registry, &policy)).await;
    assert_eq!(
        versions(&seen(&lab).await),
        "ssl3:70 1.0:40 1.1:40 1.2:40 1.3:40"
    );
    let proof = proof(&lab, RdpProver::DEADLINE).await;
    let Verdict::Refuted { stage, id, reason } = proof.verdict else {
        panic!("{proof:?}");
    };
    assert_eq!((stage, id), (Stage::Tls, "tls-mismatch"));
    assert!(reason.contains("alert 40"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_an_old_host_is_read_although_no_library_speaks_with_it() {
    let lab = changed(|machine| {
        only(machine, &[ProtocolVersion::TLS_1_0]);
        let from = SystemClock.now();
        machine.install_weak(Weakness::Both, from).unwrap();
    })
    .await;
    let survey = seen(&lab).await;
    let chain = survey.tls.unwrap().chain;
    assert_eq!(chain.len(), 1);
    assert_eq!(
        (chain[0].key_type.as_str(), chain[0].key_bits),
        ("rsa", 1024)
    );
    assert_eq!(chain[0].signature, "sha1WithRSAEncryption");
    let proof = proof(&lab, RdpProver::DEADLINE).await;
    let Verdict::Refuted { id, .. } = proof.verdict else {
        panic!("{proof:?}");
    };
    assert_eq!(id, "tls-mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_certificate_serves_a_real_handshake() {
    for (weakness, version) in [
        (Weakness::ShortKey, ProtocolVersion::TLS_1_2),
        (Weakness::ShortKey, ProtocolVersion::TLS_1_3),
        (Weakness::Sha1, ProtocolVersion::TLS_1_2),
        (Weakness::Both, ProtocolVersion::TLS_1_3),
    ] {
        let lab = changed(|machine| {
            only(machine, &[version]);
            let from = SystemClock.now();
            machine.install_weak(weakness, from).unwrap();
        })
        .await;
        let proof = proof(&lab, RdpProver::DEADLINE).await;
        assert_eq!(proof.verdict, Verdict::Proven, "{weakness:?} {version}");
        let name = lab.machine("host").unwrap().computer_name;
        assert_eq!(proof.certificate.unwrap().subject, format!("CN={name}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_of_all_sizes_get_through_to_hosts_of_all_ages() {
    for on in [
        ProtocolVersion::TLS_1_0,
        ProtocolVersion::TLS_1_2,
        ProtocolVersion::TLS_1_3,
    ] {
        let lab = changed(|machine| only(machine, &[on])).await;
        let sizes = seen(&lab).await.sizes.unwrap();
        assert_eq!(
            (sizes.small, sizes.large),
            (SizeReply::Whole, SizeReply::Whole),
            "{on}"
        );
        assert!(sizes.large_bytes > 1_500);
    }
    let lab = changed(|machine| only(machine, &[])).await;
    let sizes = seen(&lab).await.sizes.unwrap();
    assert_eq!(
        (sizes.small, sizes.large),
        (SizeReply::Ended, SizeReply::Ended)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_way_swallows_large_packets_and_lets_small_ones_pass() {
    for (largest, small) in [(1_400, SizeReply::Whole), (700, SizeReply::Stalled(700))] {
        let lab = troubled(RdpMishap::Narrow { largest }).await;
        let place = lab.place("host").unwrap().rdp;
        let survey = visit_within(place, Duration::from_secs(12)).await;
        let sizes = survey.sizes.unwrap();
        assert_eq!((sizes.small, sizes.large), (small, SizeReply::Nothing));
        // The answers that tell the version are small.
        assert_eq!(versions(&survey), "ssl3:70 1.0:on 1.1:on 1.2:on 1.3:on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_stalls_on_the_way_of_the_scenario() {
    let scenario = scenario::named("path-mtu", None).unwrap();
    let built = scenario.build(SystemClock.now()).unwrap().remove(0);
    let lab = lab_of(built.machine, built.rdp_mishaps).await;
    let proof = proof(&lab, Duration::from_secs(3)).await;
    let Verdict::Refuted { stage, .. } = proof.verdict else {
        panic!("{proof:?}");
    };
    assert_eq!(stage, Stage::Tls);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_packets_hide_a_host_that_listens() {
    let lab = troubled(RdpMishap::Dropped).await;
    let proof = proof(&lab, Duration::from_secs(2)).await;
    let Verdict::Refuted { stage, id, .. } = proof.verdict else {
        panic!("{proof:?}");
    };
    assert_eq!((stage, id), (Stage::Connect, "tcp-blocked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_shows_a_certificate_of_its_own() {
    let lab = troubled(RdpMishap::OtherMachine).await;
    let proof = proof(&lab, RdpProver::DEADLINE).await;
    assert_eq!(proof.certificate.unwrap().subject, "CN=OTHER-0001");
    let name = lab.machine("host").unwrap().computer_name;
    assert!(name.starts_with("HEALTHY"), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_third_connection_is_lost() {
    for loss in [Loss::Reset, Loss::Silence] {
        let lab = troubled(RdpMishap::Lossy { every: 3, loss }).await;
        let mut verdicts = Vec::new();
        for number in 1..=6 {
            // A lost connection may only take as long as it takes to be sure.
            let deadline = if number % 3 == 0 {
                Duration::from_secs(3)
            } else {
                RdpProver::DEADLINE
            };
            verdicts.push(match proof(&lab, deadline).await.verdict {
                Verdict::Proven => "proven",
                Verdict::Refuted { stage, id, reason } => {
                    assert_eq!(stage, Stage::Negotiate, "{number}: {reason}");
                    id
                }
            });
        }
        let lost = "listener-broken";
        assert_eq!(
            verdicts,
            ["proven", "proven", lost, "proven", "proven", lost],
            "{loss:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_a_late_way_is_late() {
    let late = Duration::from_millis(60);
    let lab = troubled(RdpMishap::Late(late)).await;
    let proof = proof(&lab, RdpProver::DEADLINE).await;
    assert_eq!(proof.verdict, Verdict::Proven);
    for stage in [Stage::Negotiate, Stage::Tls] {
        let (_, took) = proof
            .stages
            .iter()
            .find(|(known, _)| *known == stage)
            .unwrap();
        assert!(*took >= late, "{stage:?} took {took:?}");
    }
}
