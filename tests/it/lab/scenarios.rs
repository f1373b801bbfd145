//! What a client meets in each scenario.

use std::collections::BTreeSet;

use rdpfix::auth::Account;
use rdpfix::certificate::Certificate;
use rdpfix::cim::RegistryData;
use rdpfix::lab::listener;
use rdpfix::lab::listener::ListenerState;
use rdpfix::lab::machine::Token;
use rdpfix::lab::machine::terminal_services;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::RdpMishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use rdpfix::lab::scenario::Kind;
use rdpfix::secret::Secret;

use crate::lab::machine;
use crate::lab::now;

/// What a client at port 3389 sees, as one line.
fn seen(kind: Kind) -> String {
    let host = machine(kind);
    match listener::at(&host, 3389, now()) {
        ListenerState::Closed => "closed".to_owned(),
        ListenerState::Filtered => "filtered".to_owned(),
        ListenerState::Mute => "mute".to_owned(),
        ListenerState::Open(negotiation) => {
            let certificate = match &negotiation.certificate {
                None => "no certificate".to_owned(),
                Some(served) => {
                    let certificate = Certificate::from_der(&served.certificate).unwrap();
                    let name = if certificate.common_name == host.computer_name {
                        "own"
                    } else {
                        "other"
                    };
                    let validity = if certificate.not_after < now() {
                        "expired"
                    } else {
                        "valid"
                    };
                    format!("{validity} certificate of its {name} name")
                }
            };
            let layer = negotiation.security_layer;
            let nla = if negotiation.nla { "NLA" } else { "no NLA" };
            let versions: Vec<String> = negotiation
                .schannel
                .versions
                .iter()
                .map(ToString::to_string)
                .collect();
            // A healthy host speaks several.
            let alone = match &versions[..] {
                [version] => format!(", {version} alone"),
                _ => String::new(),
            };
            format!("layer {layer}, {nla}, {certificate}{alone}")
        }
    }
}

#[test]
fn each_scenario_shows_its_fault_from_outside() {
    let healthy = "layer 2, NLA, valid certificate of its own name";
    for (kind, expected) in [
        (Kind::Healthy, healthy),
        (Kind::RdpDisabled, "closed"),
        (Kind::ServiceDown, "closed"),
        (Kind::PortMismatch, "closed"),
        (Kind::FirewallClosed, "filtered"),
        (
            Kind::CertExpired,
            "layer 2, NLA, expired certificate of its own name",
        ),
        (Kind::CertMissing, "layer 2, NLA, no certificate"),
        (
            Kind::CertWeak,
            "layer 2, NLA, valid certificate of its other name",
        ),
        (
            Kind::NlaMismatch,
            "layer 2, no NLA, valid certificate of its own name",
        ),
        (
            Kind::SecurityLayerMismatch,
            "layer 0, no NLA, valid certificate of its own name",
        ),
        (Kind::CredSspOracle, healthy),
        (
            Kind::PolicyOwned,
            "layer 2, no NLA, valid certificate of its own name",
        ),
        (Kind::MachineKeys, "layer 2, NLA, no certificate"),
        (Kind::AccessDenied, healthy),
        (Kind::Unreachable, healthy),
        // What is wrong with these is on the way to them.
        (Kind::TcpBlocked, healthy),
        (Kind::DnsName, healthy),
        (Kind::PathQuality, healthy),
        (Kind::PathMtu, healthy),
        (Kind::ListenerBroken, "mute"),
        (
            Kind::TlsMismatch,
            "layer 2, NLA, valid certificate of its own name, TLS 1.0 alone",
        ),
    ] {
        assert_eq!(seen(kind), expected, "{}", kind.name());
    }
}

#[test]
fn each_scenario_brings_its_trouble_on_the_way() {
    for kind in Kind::ALL {
        let troubles: Vec<&str> = kind
            .rdp_mishaps()
            .iter()
            .map(|mishap| match mishap {
                RdpMishap::Dropped => "dropped",
                RdpMishap::Late(_) => "late",
                RdpMishap::Lossy { .. } => "lossy",
                RdpMishap::Narrow { .. } => "narrow",
                RdpMishap::OtherMachine => "another machine",
            })
            .collect();
        let expected: &[&str] = match kind {
            Kind::TcpBlocked => &["dropped"],
            Kind::DnsName => &["another machine"],
            Kind::PathQuality => &["late", "lossy"],
            Kind::PathMtu => &["narrow"],
            _ => &[],
        };
        assert_eq!(troubles, expected, "{}", kind.name());
        let plan = scenario::named(kind.name(), None).unwrap();
        let built = plan.build(now()).unwrap().remove(0);
        assert_eq!(built.rdp_mishaps, kind.rdp_mishaps());
    }
}

#[test]
fn a_listener_of_an_adapter_that_is_gone_or_of_an_unknown_protocol_does_not_listen() {
    for (name, data) in [
        ("LanAdapter", RegistryData::Dword(2)),
        (
            "LoadableProtocol_Object",
            RegistryData::Text("{00000000-0000-0000-0000-000000000000}".to_owned()),
        ),
    ] {
        let mut host = machine(Kind::Healthy);
        host.registry
            .set(&terminal_services::listener(), name, data);
        host.load_listener();
        assert_eq!(
            listener::at(&host, 3389, now()),
            ListenerState::Closed,
            "{name}"
        );
    }
}

#[test]
fn a_fleet_has_one_host_of_each_kind() {
    let fleet = scenario::named("fleet", None).unwrap();
    assert!(fleet.hosts.len() >= 9);
    let kinds: BTreeSet<&str> = fleet.hosts.iter().map(|host| host.kind.name()).collect();
    assert_eq!(kinds.len(), fleet.hosts.len());
    assert_eq!(fleet.hosts[0].name, "healthy");
    let built = fleet.build(now()).unwrap();
    let builds: BTreeSet<&str> = built
        .iter()
        .map(|host| host.machine.os.build.product())
        .collect();
    assert_eq!(builds.len(), 5);
    let unreachable = built
        .iter()
        .find(|host| host.name == "unreachable")
        .unwrap();
    assert_eq!(unreachable.mishaps, [Mishap::always(Trouble::Refused)]);
}

#[test]
fn any_number_of_hosts_can_be_had() {
    let fleet = scenario::named("fleet", Some(30)).unwrap();
    let names: BTreeSet<&String> = fleet.hosts.iter().map(|host| &host.name).collect();
    assert_eq!(names.len(), 30);
    assert_eq!(fleet.hosts[1].name, "rdp-disabled-0002");
    let alike = scenario::named("cert-expired", Some(3)).unwrap();
    let names: Vec<&str> = alike.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "cert-expired-0001",
            "cert-expired-0002",
            "cert-expired-0003"
        ]
    );
    let built = alike.build(now()).unwrap();
    assert_ne!(
        built[0].machine.computer_name,
        built[1].machine.computer_name
    );
}

#[test]
fn computer_names_have_fifteen_characters_at_most() {
    for host in scenario::named("fleet", Some(40))
        .unwrap()
        .build(now())
        .unwrap()
    {
        assert!(
            host.machine.computer_name.len() <= 15,
            "{}",
            host.machine.computer_name
        );
    }
}

#[test]
fn the_same_scenario_at_the_same_moment_is_the_same() {
    let build = || {
        scenario::named("fleet", None)
            .unwrap()
            .build(now())
            .unwrap()
    };
    assert_eq!(build(), build());
}

#[test]
fn an_unknown_scenario_names_the_nearest() {
    let error = scenario::named("cert-expird", None).unwrap_err();
    assert_eq!(error.nearest, Some("cert-expired"));
    assert_eq!(
        error.to_string(),
        "no scenario is named `cert-expird`; did you mean `cert-expired`?"
    );
    assert!(
        scenario::all()
            .all(|(name, about)| { scenario::named(name, Some(1)).is_ok() && !about.is_empty() })
    );
}

#[test]
fn a_filtered_token_belongs_to_the_machine_not_to_the_account() {
    let account = Account {
        user: "labadmin".to_owned(),
        password: Secret::new("hunter2"),
    };
    let host = machine(Kind::AccessDenied).with_account(account.clone());
    assert_eq!(host.token, Token::Filtered);
    assert_eq!(host.accounts, [account]);
    assert!(!format!("{host:?}").contains("hunter2"));
}
