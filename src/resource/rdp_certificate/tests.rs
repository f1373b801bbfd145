//! Facts about what a host's certificate needs.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Binding;
use super::Held;
use super::Host;
use super::Naming;
use super::Observed;
use super::Own;
use super::RdpCertificate;
use super::Source;
use super::correct;
use super::look;
use super::thumbprint::Thumbprint;
use crate::certificate::Certificate;
use crate::certificate::StoredCertificate;
use crate::cim::Call;
use crate::cim::RegistryData;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::plan::Until;
use crate::resource::Resource;
use crate::resource::service::StartMode;
use crate::resource::service::seen::Process;
use crate::resource::service::seen::Seen;
use crate::resource::service::seen::State;

const OWN: [u8; 20] = [0xAA; 20];
const BOUND: [u8; 20] = [0xBB; 20];
const OTHER: [u8; 20] = [0xCC; 20];

fn thumbprint(bytes: [u8; 20]) -> Thumbprint {
    Thumbprint::from_bytes(&bytes).unwrap()
}

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * number)
}

fn certificate() -> Certificate {
    Certificate {
        der: Vec::new(),
        subject: "CN=HOST01".to_owned(),
        common_name: "HOST01".to_owned(),
        dns_names: Vec::new(),
        issuer: "CN=HOST01".to_owned(),
        not_before: now() - days(30),
        not_after: now() + days(30),
        key_bits: 2048,
        key_type: "rsa".to_owned(),
        signature: "sha256WithRSAEncryption".to_owned(),
        usages: vec!["1.3.6.1.5.5.7.3.1".to_owned()],
        thumbprint: String::new(),
        sha256: String::new(),
        self_signed: true,
    }
}

fn held(certificate: Certificate) -> Held {
    Held::Stored(Box::new(StoredCertificate {
        certificate,
        key_container: Some("TSSecKeySet1".to_owned()),
    }))
}

fn maker() -> Seen {
    Seen {
        name: look::MAKER.to_owned(),
        state: State::Running,
        start_mode: Some(StartMode::Manual),
        process_id: 700,
        process: Process::Shared,
        accepts_stop: true,
        dependents: Vec::new(),
    }
}

fn own(held: Held) -> Own {
    Own {
        pointer: Some(OWN.to_vec()),
        store: Some("Remote Desktop".to_owned()),
        blob: Some(vec![1, 2, 3]),
        held,
        maker: Some(maker()),
    }
}

fn host() -> Host {
    Host {
        now: now(),
        names: vec!["host01".to_owned(), "host01.corp.example".to_owned()],
        binding: Binding::SelfSigned,
        personal: None,
        own: Some(own(held(certificate()))),
    }
}

fn with_own(certificate: Certificate) -> Host {
    Host {
        own: Some(own(held(certificate))),
        ..host()
    }
}

fn bound(binding: Binding, personal: Held) -> Host {
    Host {
        binding,
        personal: Some(personal),
        ..host()
    }
}

fn wanting(source: Source) -> RdpCertificate {
    RdpCertificate {
        source,
        min_days_left: 0,
        min_key_bits: 2048,
        naming: Naming::OfHost,
    }
}

fn valid() -> RdpCertificate {
    wanting(Source::Whatever)
}

fn diff(wanted: &RdpCertificate, host: Host) -> Vec<Change> {
    wanted.diff(&Observed::Found(Box::new(host)))
}

/// The steps of the only change.
#[track_caller]
fn only(changes: &[Change]) -> (&[Step], &[Step]) {
    let [
        Change {
            remedy: Remedy::Steps { apply, undo },
            ..
        },
    ] = changes
    else {
        panic!("{changes:?}")
    };
    (apply, undo)
}

/// Steps as the calls' own words.
fn told(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(call) => call.to_string(),
            Step::Await { read, until, .. } => match until {
                Until::Property { is, .. } => format!("until {read} {is}"),
                Until::RegistryOtherThan(_) => format!("until {read} differs"),
            },
        })
        .collect()
}

#[test]
fn a_certificate_that_will_do_is_compliant() {
    for source in [Source::Whatever, Source::SelfSigned] {
        assert_eq!(diff(&wanting(source), host()), []);
    }
}

#[test]
fn an_expired_certificate_is_removed_and_made_anew() {
    let changes = diff(
        &valid(),
        with_own(Certificate {
            not_after: now() - days(1),
            ..certificate()
        }),
    );
    assert_eq!(changes[0].from, Value::text("expired on 2026-05-31"));
    assert_eq!(changes[0].disruption, Disruption::RestartsService);
    assert_eq!(changes[0].restart, None);
    let (apply, undo) = only(&changes);
    let stations = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations";
    let entry = format!(
        r"HKLM\SOFTWARE\Microsoft\SystemCertificates\Remote Desktop\Certificates\{}",
        "AA".repeat(20)
    );
    let service = "Win32_Service.Name=\"SessionEnv\"";
    assert_eq!(
        told(apply),
        [
            format!("delete {entry}"),
            format!("{service}.StopService()"),
            format!("until {service} Stopped"),
            format!("{service}.StartService()"),
            format!("until {service} Running"),
            format!(r"until {stations}\SelfSignedCertificate differs"),
        ]
    );
    assert_eq!(
        told(undo),
        [
            format!(r"set {entry}\Blob"),
            format!(r"set {stations}\SelfSignedCertificate"),
            format!("{service}.StartService()"),
            format!("until {service} Running"),
        ]
    );
}

#[test]
fn each_flaw_is_drift() {
    let flawed = [
        (
            Certificate {
                not_before: now() + days(1),
                ..certificate()
            },
            "not valid before 2026-06-02 (the host's clock shows 2026-06-01)",
        ),
        (
            Certificate {
                not_after: now() + days(13),
                ..certificate()
            },
            "13 days left",
        ),
        (
            Certificate {
                key_bits: 1024,
                ..certificate()
            },
            "key of 1024 bits",
        ),
        (
            Certificate {
                common_name: "OLDPC".to_owned(),
                ..certificate()
            },
            "names `OLDPC`",
        ),
        (
            Certificate {
                usages: vec!["1.3.6.1.5.5.7.3.2".to_owned()],
                ..certificate()
            },
            "not for servers",
        ),
    ];
    let wanted = RdpCertificate {
        min_days_left: 14,
        ..valid()
    };
    for (certificate, told) in flawed {
        let changes = diff(&wanted, with_own(certificate));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].from, Value::text(told));
    }
}

#[test]
fn what_is_not_demanded_is_not_looked_at() {
    let wanted = RdpCertificate {
        min_key_bits: 1024,
        naming: Naming::Any,
        ..valid()
    };
    let certificate = Certificate {
        key_bits: 1024,
        common_name: "OLDPC".to_owned(),
        usages: Vec::new(),
        ..certificate()
    };
    assert_eq!(diff(&wanted, with_own(certificate)), []);
}

#[test]
fn short_elliptic_keys_are_strong() {
    let certificate = Certificate {
        key_type: "ec".to_owned(),
        key_bits: 256,
        ..certificate()
    };
    assert_eq!(diff(&valid(), with_own(certificate)), []);
}

#[test]
fn a_missing_certificate_is_made_without_removing_anything() {
    let mut host = host();
    host.own = Some(Own {
        pointer: None,
        blob: None,
        held: Held::Gone,
        ..own(Held::Gone)
    });
    let changes = diff(&valid(), host);
    assert_eq!(changes[0].from, Value::text("missing"));
    let (apply, _) = only(&changes);
    assert!(matches!(&apply[0], Step::Call(Call::Method { .. })));
    assert!(matches!(
        apply.last(),
        Some(Step::Await {
            until: Until::RegistryOtherThan(None),
            ..
        })
    ));
}

#[test]
fn the_name_of_the_store_is_put_back_before_anything_is_made() {
    let mut host = host();
    host.own = Some(Own {
        store: None,
        ..own(held(certificate()))
    });
    let changes = diff(&valid(), host);
    let (apply, undo) = only(&changes);
    assert!(
        matches!(&apply[0], Step::Call(Call::SetRegistry { data: RegistryData::Text(name), .. }) if name == "Remote Desktop")
    );
    // The certificate itself will do and stays.
    assert!(!told(apply).iter().any(|step| step.contains("differs")));
    assert!(told(undo)[0].ends_with("SelfSignedCertStore"));
}

#[test]
fn a_maker_that_cannot_be_restarted_needs_a_person() {
    let makers = [
        None,
        Some(Seen {
            start_mode: Some(StartMode::Disabled),
            ..maker()
        }),
        Some(Seen {
            accepts_stop: false,
            ..maker()
        }),
    ];
    for maker in makers {
        let mut host = host();
        host.own = Some(Own {
            maker,
            ..own(Held::Unreadable)
        });
        let changes = diff(&valid(), host);
        assert_eq!(changes[0].from, Value::text("unreadable"));
        assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
    }
}

#[test]
fn a_stopped_maker_is_only_started() {
    let mut host = host();
    host.own = Some(Own {
        maker: Some(Seen {
            state: State::Stopped,
            ..maker()
        }),
        ..own(Held::Unreadable)
    });
    let changes = diff(&valid(), host);
    assert_eq!(changes[0].disruption, Disruption::Harmless);
    let (apply, undo) = only(&changes);
    assert!(!told(apply).iter().any(|step| step.contains("StopService")));
    assert!(told(undo).iter().any(|step| step.contains("StopService")));
}

#[test]
fn a_bound_certificate_that_will_do_stays_unless_another_source_is_stated() {
    let custom = || {
        bound(
            Binding::Custom(Some(thumbprint(BOUND))),
            held(certificate()),
        )
    };
    assert_eq!(diff(&valid(), custom()), []);
    let changes = diff(&wanting(Source::SelfSigned), custom());
    assert_eq!(changes[0].property, "source");
    assert_eq!(changes[0].restart, Some("TermService"));
    assert_eq!(changes[0].disruption, Disruption::DropsSessions);
    let (apply, undo) = only(&changes);
    let binding = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp\SSLCertificateSHA1Hash";
    assert_eq!(told(apply), [format!("delete {binding}")]);
    assert_eq!(told(undo), [format!("set {binding}")]);
}

#[test]
fn a_bound_certificate_that_is_gone_gives_way_to_the_self_signed_one() {
    let host = bound(Binding::Custom(Some(thumbprint(BOUND))), Held::Gone);
    let changes = diff(&valid(), host);
    assert_eq!(
        changes[0].from,
        Value::Text(format!("{} (missing)", "BB".repeat(20)))
    );
    assert_eq!(changes[0].to, Value::text("self_signed"));
}

#[test]
fn a_bound_certificate_that_will_not_do_is_not_replaced_unasked() {
    let expired = held(Certificate {
        not_after: now() - days(1),
        ..certificate()
    });
    let host = || bound(Binding::Custom(Some(thumbprint(BOUND))), expired.clone());
    let changes = diff(&valid(), host());
    assert_eq!(changes[0].from, Value::text("expired on 2026-05-31"));
    assert!(
        matches!(&changes[0].remedy, Remedy::Manual { advice } if advice.contains("source: self_signed"))
    );
    let changes = diff(&wanting(Source::SelfSigned), host());
    assert!(matches!(changes[0].remedy, Remedy::Steps { .. }));
}

#[test]
fn a_flawed_own_certificate_is_made_anew_after_unbinding() {
    let mut host = bound(Binding::Custom(Some(thumbprint(BOUND))), Held::Gone);
    host.own = Some(own(Held::Unreadable));
    let properties: Vec<_> = diff(&valid(), host)
        .iter()
        .map(|change| change.property)
        .collect();
    assert_eq!(properties, ["source", "state"]);
}

#[test]
fn a_certificate_of_a_policy_is_left_alone() {
    let policy = |held| bound(Binding::Policy(Some(thumbprint(BOUND))), held);
    assert_eq!(diff(&valid(), policy(held(certificate()))), []);
    let expected = Remedy::OwnedByPolicy {
        setting: r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services\CertTemplateName"
            .to_owned(),
    };
    for (source, held) in [
        (Source::Whatever, Held::Gone),
        (Source::SelfSigned, held(certificate())),
        (Source::Thumbprint(thumbprint(OTHER)), held(certificate())),
    ] {
        let changes = diff(&wanting(source), policy(held));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].remedy, expected);
    }
}

#[test]
fn a_stated_certificate_is_bound_and_undo_unbinds_it() {
    let wanted = wanting(Source::Thumbprint(thumbprint(BOUND)));
    let host = bound(Binding::SelfSigned, held(certificate()));
    let changes = diff(&wanted, host);
    assert_eq!(changes[0].property, "thumbprint");
    assert_eq!(changes[0].from, Value::text("self_signed"));
    assert_eq!(changes[0].restart, None);
    let (apply, undo) = only(&changes);
    let Step::Call(Call::Put { properties, .. }) = &apply[0] else {
        panic!("{apply:?}")
    };
    assert_eq!(
        *properties,
        [("SSLCertificateSHA1Hash", Value::Text("BB".repeat(20)))]
    );
    assert!(matches!(undo, [Step::Call(Call::DeleteRegistryValue(_))]));
}

#[test]
fn another_binding_comes_back_by_undo() {
    let wanted = wanting(Source::Thumbprint(thumbprint(BOUND)));
    let host = bound(
        Binding::Custom(Some(thumbprint(OTHER))),
        held(certificate()),
    );
    let changes = diff(&wanted, host);
    let (_, undo) = only(&changes);
    assert!(
        matches!(undo, [Step::Call(Call::SetRegistry { data: RegistryData::Binary(bytes), .. })] if *bytes == OTHER)
    );
}

#[test]
fn a_bound_and_stated_certificate_is_compliant() {
    let wanted = wanting(Source::Thumbprint(thumbprint(BOUND)));
    let host = bound(
        Binding::Custom(Some(thumbprint(BOUND))),
        held(certificate()),
    );
    assert_eq!(diff(&wanted, host), []);
}

#[test]
fn a_certificate_that_will_not_do_is_never_bound() {
    let keyless = Held::Stored(Box::new(StoredCertificate {
        certificate: certificate(),
        key_container: None,
    }));
    let expired = held(Certificate {
        not_after: now(),
        ..certificate()
    });
    let wanted = wanting(Source::Thumbprint(thumbprint(BOUND)));
    for held in [Held::Gone, Held::Unreadable, keyless, expired] {
        let changes = diff(&wanted, bound(Binding::SelfSigned, held));
        assert!(
            matches!(changes[0].remedy, Remedy::Manual { .. }),
            "{changes:?}"
        );
    }
}

#[test]
fn a_missing_listener_needs_a_person() {
    assert_eq!(valid().diff(&Observed::Missing), [correct::no_listener()]);
    assert!(matches!(
        correct::no_listener().remedy,
        Remedy::Manual { .. }
    ));
}
