//! What a survey says of hosts of the lab.

use std::sync::Arc;
use std::time::Duration;

use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::listener::Negotiation;
use rdpfix::lab::scenario;
use rdpfix::probe::surveyor::Surveyor;
use rdpfix::proof::Stage;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::survey::Distrust;
use rdpfix::survey::Reply;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsVersion;
use rdpfix::survey::Trust;

use super::AMPLE;
use super::look;
use super::negotiation;
use super::options;
use super::target;
use super::tcp;
use crate::rdp::healthy;
use crate::rdp::open;
use crate::rdp::served;

async fn of_scenario(name: &str, deadline: Duration) -> Survey {
    let scenario = scenario::named(name, None).unwrap();
    let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
    let address = lab.place(name).unwrap().rdp;
    Surveyor::new(Arc::new(SystemClock), options(deadline))
        .survey(&target(address))
        .await
}

#[tokio::test]
async fn a_healthy_host_is_seen_whole() {
    let survey = of_scenario("healthy", AMPLE).await;
    assert_eq!(tcp(&survey), ["open"]);
    assert_eq!(
        negotiation(&survey),
        "rdp:F5 tls:F5 nla:HYBRID rdstls:F5 hybrid_ex:HYBRID_EX aad:F5"
    );
    assert!(survey.enforces_nla());
    let tls = survey.tls.as_ref().unwrap();
    let (version, suite) = tls.picked.as_ref().unwrap();
    assert!(*version >= TlsVersion::TLS_1_2, "{version:?}");
    assert!(suite.starts_with("TLS_"), "{suite}");
    assert_eq!(tls.chain.len(), 1);
    assert_eq!(tls.trust, Some(Trust::Untrusted(Distrust::SelfSigned)));
    assert_eq!((&tls.unreadable, &tls.failure), (&None, &None));
    assert!(survey.name.literal);
    assert!(survey.other_ports.is_empty());
    assert_eq!(survey.out_of_time, None);
    let stages: Vec<_> = survey
        .stages
        .iter()
        .map(|samples| (samples.stage, samples.took.len(), samples.failures))
        .collect();
    assert_eq!(
        stages,
        [
            (Stage::Connect, 1, 0),
            (Stage::Negotiate, 1, 0),
            (Stage::Tls, 1, 0)
        ]
    );
}

#[tokio::test]
async fn hosts_that_answer_are_told_apart_by_their_negotiation() {
    for (name, expected) in [
        (
            "nla-mismatch",
            "rdp:F1 tls:SSL nla:HYBRID rdstls:F1 hybrid_ex:HYBRID_EX aad:F1",
        ),
        (
            "security-layer-mismatch",
            "rdp:RDP tls:F2 nla:F2 rdstls:RDP hybrid_ex:F2 aad:RDP",
        ),
        (
            "cert-missing",
            "rdp:F5 tls:F5 nla:F3 rdstls:F5 hybrid_ex:F3 aad:F5",
        ),
    ] {
        let survey = of_scenario(name, AMPLE).await;
        assert_eq!(negotiation(&survey), expected, "{name}");
        assert!(!survey.enforces_nla(), "{name}");
        assert_eq!(survey.out_of_time, None, "{name}");
    }
}

#[tokio::test]
async fn an_expired_certificate_is_shown() {
    let survey = of_scenario("cert-expired", AMPLE).await;
    let tls = survey.tls.unwrap();
    assert!(tls.chain[0].not_after < survey.at);
    assert_eq!(tls.trust, Some(Trust::Untrusted(Distrust::SelfSigned)));
}

#[tokio::test]
async fn a_refused_port_and_one_that_drops_packets_are_told_apart() {
    for (name, expected) in [("rdp-disabled", "refused"), ("firewall-closed", "timeout")] {
        let survey = of_scenario(name, Duration::from_millis(300)).await;
        assert_eq!(tcp(&survey), [expected], "{name}");
        assert!(survey.negotiation.is_empty() && survey.tls.is_none());
        let ports: Vec<u16> = survey.other_ports.iter().map(|(port, _)| *port).collect();
        assert_eq!(ports, [5985, 5986, 445, 135, 22, 3389]);
        assert!(
            survey
                .other_ports
                .iter()
                .all(|(_, outcome)| *outcome != Tcp::Timeout),
            "loopback answers for every port: {:?}",
            survey.other_ports
        );
        assert_eq!(survey.stages[0].failures, 1);
        assert_eq!(survey.out_of_time, None);
    }
}

#[tokio::test]
async fn tls_is_looked_at_when_only_it_is_offered() {
    let negotiation = Negotiation {
        nla: false,
        ..healthy()
    };
    let survey = look(open(negotiation).await, AMPLE).await;
    assert!(survey.offers("tls") && !survey.enforces_nla());
    assert_eq!(survey.tls.unwrap().chain.len(), 1);
}

#[tokio::test]
async fn flags_of_the_answer_are_kept() {
    let negotiation = Negotiation {
        restricted_admin: true,
        ..healthy()
    };
    let survey = look(open(negotiation).await, AMPLE).await;
    let Some(Reply::Selected { protocol, flags }) = survey.reply("nla") else {
        panic!("{survey:?}");
    };
    assert_eq!(*protocol, Protocols::HYBRID);
    assert!(flags.contains(ResponseFlags::RESTRICTED_ADMIN));
}

#[tokio::test]
async fn a_certificate_is_shown_although_its_key_does_not_fit() {
    let mut mixed = served(2025, 2027).unwrap().as_ref().clone();
    mixed.key.clone_from(&served(2025, 2027).unwrap().key);
    let negotiation = Negotiation {
        certificate: Some(mixed.into()),
        ..healthy()
    };
    let survey = look(open(negotiation).await, AMPLE).await;
    // The lab's TLS library notices before it shows anything.
    let tls = survey.tls.unwrap();
    assert!(tls.failure.is_some() && tls.picked.is_none());
    assert!(
        survey
            .stages
            .iter()
            .any(|samples| samples.stage == Stage::Tls && samples.failures == 1)
    );
}
