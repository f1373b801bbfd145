//! Visits that never took place: a healthy one, and what to change in it. Shared with the tests of reports.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use rdpfix::certificate::Certificate;
use rdpfix::finding::Finding;
use rdpfix::finding::Severity;
use rdpfix::proof::Stage;
use rdpfix::rdp::nego::FailureCode;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::survey::ASKED;
use rdpfix::survey::Asked;
use rdpfix::survey::Distrust;
use rdpfix::survey::GatewayAnswer;
use rdpfix::survey::GatewayView;
use rdpfix::survey::NameLookup;
use rdpfix::survey::NtlmView;
use rdpfix::survey::Reply;
use rdpfix::survey::SizeReply;
use rdpfix::survey::Sizes;
use rdpfix::survey::StageSamples;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;
use rdpfix::survey::TcpTry;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::TlsVersion;
use rdpfix::survey::TlsView;
use rdpfix::survey::Trust;
use rdpfix::survey::VersionReply;
use rdpfix::survey::judge;

/// The moment of every visit.
pub(crate) fn now() -> Timestamp {
    moment("2026-11-21T12:00:00Z")
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// Everything that a Windows host of today can do besides.
pub(crate) const FLAGS: ResponseFlags = ResponseFlags(0x1F);

pub(crate) fn selected(protocol: Protocols) -> Reply {
    Reply::Selected {
        protocol,
        flags: FLAGS,
    }
}

pub(crate) fn refused(code: u32) -> Reply {
    Reply::Refused(FailureCode(code))
}

pub(crate) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 21));

/// The certificate that a host makes for itself.
pub(crate) fn certificate() -> Certificate {
    Certificate {
        der: Vec::new(),
        subject: "CN=ts01.corp.example".to_owned(),
        common_name: "ts01.corp.example".to_owned(),
        dns_names: Vec::new(),
        issuer: "CN=ts01.corp.example".to_owned(),
        not_before: moment("2026-10-22T12:00:00Z"),
        not_after: moment("2027-04-22T12:00:00Z"),
        key_bits: 2048,
        key_type: "rsa".to_owned(),
        signature: "sha256WithRSAEncryption".to_owned(),
        usages: vec!["1.3.6.1.5.5.7.3.1".to_owned()],
        thumbprint: "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334".to_owned(),
        sha256: "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF".to_owned(),
        self_signed: true,
    }
}

/// One of an authority, with the authority's own above it.
pub(crate) fn issued() -> Vec<Certificate> {
    let leaf = Certificate {
        issuer: "CN=Corp CA".to_owned(),
        dns_names: vec!["ts01.corp.example".to_owned()],
        self_signed: false,
        ..certificate()
    };
    let authority = Certificate {
        subject: "CN=Corp CA".to_owned(),
        common_name: "Corp CA".to_owned(),
        issuer: "CN=Corp CA".to_owned(),
        not_before: moment("2020-01-01T00:00:00Z"),
        not_after: moment("2040-01-01T00:00:00Z"),
        usages: Vec::new(),
        ..certificate()
    };
    vec![leaf, authority]
}

fn tls() -> TlsView {
    let closed = || VersionReply::Refused(TlsFailure::Closed);
    let accepted = |cipher: &str| VersionReply::Accepted(cipher.to_owned());
    TlsView {
        versions: vec![
            (TlsVersion::SSL_3_0, closed()),
            (TlsVersion::TLS_1_0, closed()),
            (TlsVersion::TLS_1_1, closed()),
            (
                TlsVersion::TLS_1_2,
                accepted("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
            ),
            (TlsVersion::TLS_1_3, accepted("TLS_AES_256_GCM_SHA384")),
        ],
        picked: Some((TlsVersion::TLS_1_3, "TLS_AES_256_GCM_SHA384".to_owned())),
        chain: vec![certificate()],
        unreadable: None,
        trust: Some(Trust::Untrusted(Distrust::SelfSigned)),
        failure: None,
    }
}

fn ntlm() -> NtlmView {
    NtlmView {
        computer: Some("TS01".to_owned()),
        domain: Some("CORP".to_owned()),
        dns_computer: Some("ts01.corp.example".to_owned()),
        dns_domain: Some("corp.example".to_owned()),
        version: Some((10, 0, 20348)),
        time: Some(now()),
        skew_seconds: Some(0),
        credssp_version: Some(6),
    }
}

fn once(stage: Stage, millis: u64) -> StageSamples {
    StageSamples {
        stage,
        took: vec![Duration::from_millis(millis)],
        failures: 0,
    }
}

/// A visit to a host that is as it should be: NLA enforced, its own certificate, asked by its own name.
pub(crate) fn healthy() -> Survey {
    let replies = [
        refused(5),
        refused(5),
        selected(Protocols::HYBRID),
        refused(5),
        selected(Protocols::HYBRID_EX),
        refused(5),
    ];
    Survey {
        took: Duration::from_millis(64),
        name: NameLookup {
            asked: "ts01.corp.example".to_owned(),
            literal: false,
            addresses: vec![ADDRESS],
            error: None,
            reverse: vec![(ADDRESS, "ts01.corp.example".to_owned())],
        },
        tcp: vec![tried(Tcp::Open)],
        negotiation: ASKED
            .iter()
            .zip(replies)
            .map(|((wanted, _), reply)| Asked {
                wanted: *wanted,
                reply,
            })
            .collect(),
        tls: Some(tls()),
        ntlm: Some(ntlm()),
        stages: vec![
            once(Stage::Resolve, 1),
            once(Stage::Connect, 2),
            once(Stage::Negotiate, 3),
            once(Stage::Tls, 12),
        ],
        sizes: Some(Sizes {
            small: SizeReply::Whole,
            large: SizeReply::Whole,
            large_bytes: 4096,
        }),
        ..Survey::begun("ts01.corp.example", 3389, now())
    }
}

pub(crate) fn tried(outcome: Tcp) -> TcpTry {
    TcpTry {
        address: SocketAddr::new(ADDRESS, 3389),
        outcome,
        took: Duration::from_millis(2),
    }
}

/// A visit that ended at TCP.
pub(crate) fn unopened(outcome: Tcp) -> Survey {
    Survey {
        tcp: vec![tried(outcome)],
        negotiation: Vec::new(),
        tls: None,
        ntlm: None,
        sizes: None,
        stages: vec![once(Stage::Resolve, 1)],
        ..healthy()
    }
}

/// A visit that ended with these answers to the negotiations.
pub(crate) fn answered(replies: &[(&str, Reply)]) -> Survey {
    Survey {
        tls: None,
        ntlm: None,
        sizes: None,
        negotiation: replies
            .iter()
            .map(|(name, reply)| Asked {
                wanted: wanted(name),
                reply: reply.clone(),
            })
            .collect(),
        ..healthy()
    }
}

fn wanted(name: &str) -> Protocols {
    let found = ASKED.iter().find(|(_, known)| *known == name);
    found.expect("a known name").0
}

/// The answer to one negotiation is another.
pub(crate) fn answer(survey: &mut Survey, name: &str, reply: &Reply) {
    let wanted = wanted(name);
    for asked in &mut survey.negotiation {
        if asked.wanted == wanted {
            asked.reply = reply.clone();
        }
    }
}

/// NLA is offered and not required.
pub(crate) fn without_nla_enforced(survey: &mut Survey) {
    answer(survey, "tls", &selected(Protocols::SSL));
    answer(survey, "rdp", &refused(1));
}

/// The listener's own certificate.
pub(crate) fn leaf(survey: &mut Survey) -> &mut Certificate {
    let tls = survey.tls.as_mut().expect("TLS");
    tls.chain.first_mut().expect("a certificate")
}

/// A gateway as it should be.
pub(crate) fn gateway() -> GatewayView {
    let healthy = || GatewayAnswer::Healthy {
        schemes: vec!["Negotiate".to_owned(), "NTLM".to_owned()],
    };
    GatewayView {
        address: "gw.corp.example:443".to_owned(),
        tcp: Some(Tcp::Open),
        chain: issued(),
        trust: Some(Trust::Trusted),
        tls_failure: None,
        http: Some(healthy()),
        rpc: Some(healthy()),
    }
}

pub(crate) fn findings(survey: &Survey) -> Vec<Finding> {
    judge::findings(survey, now())
}

/// A finding in short.
pub(crate) type Short = (&'static str, &'static str);

/// Everything that is found, in short.
pub(crate) fn all(survey: &Survey) -> Vec<Short> {
    findings(survey)
        .iter()
        .map(|finding| (finding.cause.id(), finding.severity.word()))
        .collect()
}

/// What is found beyond information, in short.
pub(crate) fn worse(survey: &Survey) -> Vec<Short> {
    findings(survey)
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| (finding.cause.id(), finding.severity.word()))
        .collect()
}

/// Something to change in a healthy visit.
pub(crate) type Change = fn(&mut Survey);

/// Each change leads to these findings beyond information, and to no other.
#[track_caller]
pub(crate) fn check(cases: &[(&str, Change, &[Short])]) {
    for (name, change, expected) in cases {
        let mut survey = healthy();
        change(&mut survey);
        assert_eq!(
            worse(&survey),
            *expected,
            "{name}: {:#?}",
            findings(&survey)
        );
    }
}
