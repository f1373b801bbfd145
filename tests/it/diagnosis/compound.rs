//! Hosts with several faults, or whose faults look like others.

use rdpfix::cim::EventLevel;
use rdpfix::finding::Cause;
use rdpfix::finding::Severity::Error;
use rdpfix::finding::Severity::Info;
use rdpfix::finding::Severity::Warning;
use rdpfix::inside::Admits;
use rdpfix::inside::Decider;
use rdpfix::rdp::nego::FailureCode;
use rdpfix::rdp::nego::Protocols;
use rdpfix::survey::Distrust;
use rdpfix::survey::GatewayAnswer;
use rdpfix::survey::GatewayView;
use rdpfix::survey::Reply;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::Trust;

use super::Story;
use super::check;
use super::world::World;
use super::world::certificate;
use super::world::days;
use super::world::now;
use super::world::selected;

pub(super) const STORIES: &[Story] = &[
    Story {
        about: "the certificate is valid, but the host's clock is two years ahead and says otherwise",
        spoil: |world| {
            world.system().skew_seconds = 730 * 86_400;
            world.system().local_time = days(730);
        },
        top: (Cause::TimeSkew, Error),
        errors: &[Cause::TimeSkew],
    },
    Story {
        about: "the certificate has expired, but the host's clock is a year behind, so it is not renewed",
        spoil: |world| {
            world.certificate(&certificate("TS01", days(-10)));
            world.system().skew_seconds = -365 * 86_400;
            world.system().local_time = days(-100);
        },
        top: (Cause::TimeSkew, Error),
        errors: &[Cause::TimeSkew, Cause::CertExpired],
    },
    Story {
        about: "the certificate has expired, and the clock is a little wrong, which does not matter for it",
        spoil: |world| {
            world.certificate(&certificate("TS01", days(-10)));
            world.system().domain = None;
            world.system().skew_seconds = 600;
            world.system().local_time = now() + jiff::SignedDuration::from_secs(600);
        },
        top: (Cause::CertExpired, Error),
        errors: &[Cause::CertExpired],
    },
    Story {
        about: "the service is stopped and the firewall is closed",
        spoil: |world| {
            world.stop_service();
            for rule in &mut world.firewall().rules {
                rule.enabled = false;
            }
            world.port(Tcp::Timeout);
        },
        top: (Cause::ServiceDown, Error),
        errors: &[Cause::ServiceDown, Cause::FirewallClosed],
    },
    Story {
        about: "the service is stopped, and behind the firewall that looks like dropped packets",
        spoil: |world| {
            world.stop_service();
            world.port(Tcp::Timeout);
        },
        top: (Cause::ServiceDown, Error),
        errors: &[Cause::ServiceDown],
    },
    Story {
        about: "policy denies connections",
        spoil: |world| {
            world.settings().deny_connections.value = 1;
            world.settings().deny_connections.decided_by = Decider::Policy;
            world.inside().port_owners = Ok(Vec::new());
            world.port(Tcp::Refused);
        },
        top: (Cause::PolicyOwned, Error),
        errors: &[Cause::PolicyOwned, Cause::RdpDisabled],
    },
    Story {
        about: "policy owns NLA, but what keeps clients out is the service",
        spoil: |world| {
            world.settings().user_authentication.value = 0;
            world.settings().user_authentication.decided_by = Decider::Policy;
            world.stop_service();
        },
        top: (Cause::ServiceDown, Error),
        errors: &[Cause::ServiceDown],
    },
    Story {
        about: "the certificate has expired because its key cannot be read",
        spoil: |world| {
            world.certificate(&certificate("TS01", days(-10)));
            world.log(
                "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
                1_058,
                EventLevel::Error,
                &[],
            );
        },
        top: (Cause::MachineKeys, Error),
        errors: &[Cause::MachineKeys, Cause::CertExpired],
    },
    Story {
        about: "the host has its certificate, but says that it has none: the key",
        spoil: |world| {
            world
                .inside()
                .key_file
                .as_mut()
                .unwrap()
                .network_service_reads = Some(false);
            world.replies(&Reply::Refused(FailureCode::SSL_CERTIFICATE_MISSING));
        },
        top: (Cause::MachineKeys, Error),
        errors: &[Cause::MachineKeys],
    },
    Story {
        about: "an old name, an expired certificate and another machine: the address is wrong",
        spoil: |world| {
            world.outside().ntlm.as_mut().unwrap().computer = Some("OLDBOX".to_owned());
            world.tls().chain = vec![certificate("OLDBOX", days(-400))];
        },
        top: (Cause::DnsName, Error),
        errors: &[Cause::DnsName, Cause::CertExpired],
    },
    Story {
        about: "the port was moved and the firewall lets in the old one",
        spoil: |world| {
            world.settings().port.value = 3390;
            world.inside().port_owners.as_mut().unwrap()[0].port = 3390;
            world.port(Tcp::Timeout);
        },
        top: (Cause::PortMismatch, Error),
        errors: &[Cause::PortMismatch],
    },
    Story {
        about: "a forwarded port is no mismatch",
        spoil: |world| {
            world.outside().port = 40_001;
            world.stop_service();
        },
        top: (Cause::ServiceDown, Error),
        errors: &[Cause::ServiceDown],
    },
    Story {
        about: "rules are on, but a profile lets nothing in",
        spoil: |world| {
            world.firewall().profiles[0].admits = Admits::Nothing;
            world.port(Tcp::Timeout);
        },
        top: (Cause::FirewallClosed, Error),
        errors: &[Cause::FirewallClosed],
    },
    Story {
        about: "classic security without NLA is one fault, not two",
        spoil: |world| {
            world.settings().security_layer.value = 0;
            world.settings().user_authentication.value = 0;
            world.replies(&Reply::Bare);
            world.told = Some((0x904, Some(0x7)));
        },
        top: (Cause::SecurityLayerMismatch, Error),
        errors: &[Cause::SecurityLayerMismatch],
    },
    Story {
        about: "the client's code speaks of certificates, the host's service is stopped",
        spoil: |world| {
            world.told = Some((0x904, Some(0x7)));
            world.stop_service();
        },
        top: (Cause::ServiceDown, Error),
        errors: &[Cause::ServiceDown],
    },
    Story {
        about: "drain mode beside an open oracle: what keeps clients out comes first",
        spoil: |world| {
            world.settings().drain_mode.value = 1;
            world.inside().credssp.as_mut().unwrap().oracle = Some(2);
        },
        top: (Cause::SessionLimit, Error),
        errors: &[Cause::SessionLimit],
    },
    Story {
        about: "without a way in, a refused port is told as such and its causes as possible",
        spoil: |world| {
            world.blind();
            world.port(Tcp::Refused);
        },
        top: (Cause::TcpBlocked, Error),
        errors: &[Cause::TcpBlocked],
    },
    Story {
        about: "without a way in, TLS that is closed points to the key",
        spoil: |world| {
            world.blind();
            world.tls_fails(&TlsFailure::Closed);
        },
        top: (Cause::MachineKeys, Error),
        errors: &[Cause::MachineKeys],
    },
    Story {
        about: "an unlicensed grace period does not matter to a host without the role",
        spoil: |world| {
            world.inside().licensing.as_mut().unwrap().grace_days = Some(0);
            world.settings().user_authentication.value = 0;
            world.outside().negotiation[1].reply = selected(Protocols::SSL);
        },
        top: (Cause::NlaMismatch, Warning),
        errors: &[],
    },
    Story {
        about: "the secure channel was broken and is not any more: a domain account is let in",
        spoil: |world| world.log("NETLOGON", 3_210, EventLevel::Error, &["CORP"]),
        top: (Cause::DomainTrust, Warning),
        errors: &[],
    },
    Story {
        about: "a gateway whose issuer is not known here is a warning: clients may know it",
        spoil: |world| {
            world.outside().gateway = Some(gateway(Trust::Untrusted(Distrust::UnknownIssuer)));
        },
        top: (Cause::GatewayCertificate, Warning),
        errors: &[],
    },
    Story {
        about: "a gateway with another name is refused by every client",
        spoil: |world| world.outside().gateway = Some(gateway(Trust::Untrusted(Distrust::Name))),
        top: (Cause::GatewayCertificate, Error),
        errors: &[Cause::GatewayCertificate],
    },
    Story {
        about: "a gateway that does not listen",
        spoil: |world| {
            world.outside().gateway = Some(GatewayView {
                tcp: Some(Tcp::Refused),
                chain: Vec::new(),
                trust: None,
                http: None,
                ..gateway(Trust::Trusted)
            });
        },
        top: (Cause::GatewayHttp, Error),
        errors: &[Cause::GatewayHttp],
    },
    Story {
        about: "somebody tried passwords, and nothing is wrong with the host",
        spoil: |world| {
            world.log(
                "Microsoft-Windows-Security-Auditing",
                4_625,
                EventLevel::AuditFailure,
                &["0xc000006d", "%%2313", "0xc000006a"],
            );
        },
        top: (Cause::CredentialsRejected, Info),
        errors: &[],
    },
];

fn gateway(trust: Trust) -> GatewayView {
    GatewayView {
        address: "gw.corp.example:443".to_owned(),
        tcp: Some(Tcp::Open),
        chain: vec![certificate("gw.corp.example", days(100))],
        trust: Some(trust),
        tls_failure: None,
        http: Some(GatewayAnswer::Healthy {
            schemes: vec!["Negotiate".to_owned()],
        }),
        rpc: None,
    }
}

#[test]
fn compound_and_misleading_hosts_are_judged() {
    assert!(STORIES.len() >= 12);
    check(STORIES);
}

#[test]
fn a_port_that_is_explained_is_not_told_as_blocked() {
    let mut world = World::healthy();
    world.stop_service();
    let causes: Vec<Cause> = world.diagnose().iter().map(|one| one.cause).collect();
    assert_eq!(causes, [Cause::ServiceDown]);
}

#[test]
fn possible_causes_of_a_closed_port_are_named_with_what_would_decide_them() {
    let mut world = World::healthy();
    world.blind();
    world.port(Tcp::Refused);
    let ranked = world.diagnose();
    for cause in [
        Cause::RdpDisabled,
        Cause::ServiceDown,
        Cause::ListenerBroken,
    ] {
        let one = ranked.iter().find(|one| one.cause == cause).unwrap();
        assert_eq!(one.severity, Info);
        assert!(one.unseen[0].contains("use an administrator"), "{one:?}");
    }
}

#[test]
fn a_status_in_the_security_log_is_named() {
    let mut world = World::healthy();
    let source = "Microsoft-Windows-Security-Auditing";
    let strings = ["0xc000006d", "%%2313", "0xc0000234"];
    world.log(source, 4_625, EventLevel::AuditFailure, &strings);
    let ranked = world.diagnose();
    assert_eq!(ranked[0].cause, Cause::CredentialsRejected);
    assert_eq!(ranked[0].severity, Warning);
    let all = ranked[0].evidence_for.join("\n");
    assert!(all.contains("0xC0000234"), "{all}");
}

#[test]
fn trouble_with_a_key_that_works_now_is_over() {
    let mut world = World::healthy();
    world.log("Schannel", 36_870, EventLevel::Error, &[]);
    assert_eq!(world.diagnose(), []);
}

#[test]
fn a_domain_controller_that_is_missed_while_starting_is_no_news() {
    let mut world = World::healthy();
    world.log("NETLOGON", 5_719, EventLevel::Error, &["CORP"]);
    assert_eq!(world.diagnose()[0].cause, Cause::DomainTrust);
    world.system().booted = now() - jiff::SignedDuration::from_mins(12);
    assert_eq!(world.diagnose(), []);
}
