//! For every row of the catalogue a host with that fault: it is found, and found first.

use rdpfix::cim::EventLevel;
use rdpfix::diagnosis::Welcome;
use rdpfix::finding::Cause;
use rdpfix::finding::Severity::Error;
use rdpfix::finding::Severity::Info;
use rdpfix::finding::Severity::Warning;
use rdpfix::inside::GatewayRole;
use rdpfix::inside::LicensingSeen;
use rdpfix::rdp::nego::FailureCode;
use rdpfix::rdp::nego::Protocols;
use rdpfix::survey::Reply;
use rdpfix::survey::SizeReply;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::TlsVersion;
use rdpfix::survey::VersionReply;

use super::Story;
use super::check;
use super::world::World;
use super::world::certificate;
use super::world::days;
use super::world::now;
use super::world::selected;

const WAY: &[Story] = &[
    Story {
        about: "dns-name: another machine answers",
        spoil: |world| {
            world.outside().ntlm.as_mut().unwrap().computer = Some("FILE07".to_owned());
            world.tls().chain = vec![certificate("FILE07", days(50))];
        },
        top: (Cause::DnsName, Error),
        errors: &[Cause::DnsName],
    },
    Story {
        about: "dns-name: no address",
        spoil: |world| {
            world.blind();
            let survey = world.outside();
            survey.name.addresses.clear();
            survey.name.error = Some("no such host".to_owned());
            survey.tcp.clear();
            survey.negotiation.clear();
            survey.tls = None;
            survey.ntlm = None;
            survey.stages.clear();
            survey.sizes = None;
        },
        top: (Cause::DnsName, Error),
        errors: &[Cause::DnsName],
    },
    Story {
        about: "tcp-blocked: the host is ready, nobody gets through",
        spoil: |world| world.port(Tcp::Timeout),
        top: (Cause::TcpBlocked, Error),
        errors: &[Cause::TcpBlocked],
    },
    Story {
        about: "path-quality: every fifth visit ends half-way",
        spoil: |world| {
            world.outside().stages[1].took.truncate(4);
            world.outside().stages[1].failures = 1;
            world.outside().stages[2].took.truncate(4);
        },
        top: (Cause::PathQuality, Warning),
        errors: &[],
    },
    Story {
        about: "path-quality: most visits end half-way",
        spoil: |world| {
            world.outside().stages[1].took.truncate(2);
            world.outside().stages[1].failures = 3;
            world.outside().stages[2].took.truncate(2);
        },
        top: (Cause::PathQuality, Error),
        errors: &[Cause::PathQuality],
    },
    Story {
        about: "path-mtu: a large handshake is lost",
        spoil: |world| {
            world.outside().sizes.as_mut().unwrap().large = SizeReply::Nothing;
        },
        top: (Cause::PathMtu, Error),
        errors: &[Cause::PathMtu],
    },
    Story {
        about: "path-mtu: the certificate never arrives",
        spoil: |world| {
            world.tls_fails(&TlsFailure::Stalled { received: 0 });
            let back = world.inside().path_back.as_mut().unwrap();
            back.large_unsplit = Some(false);
        },
        top: (Cause::PathMtu, Error),
        errors: &[Cause::PathMtu],
    },
    Story {
        about: "udp-transport: it falls back to TCP",
        spoil: |world| {
            let source = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS";
            world.log(source, 136, EventLevel::Warning, &[]);
        },
        top: (Cause::UdpTransport, Warning),
        errors: &[],
    },
];

const LISTENER: &[Story] = &[
    Story {
        about: "rdp-disabled",
        spoil: |world| {
            world.settings().deny_connections.value = 1;
            world.inside().port_owners = Ok(Vec::new());
            world.port(Tcp::Refused);
        },
        top: (Cause::RdpDisabled, Error),
        errors: &[Cause::RdpDisabled],
    },
    Story {
        about: "service-down",
        spoil: World::stop_service,
        top: (Cause::ServiceDown, Error),
        errors: &[Cause::ServiceDown],
    },
    Story {
        about: "service-down: keys cannot be used",
        spoil: |world| world.service("KeyIso").start_mode = "Disabled".to_owned(),
        top: (Cause::ServiceDown, Warning),
        errors: &[],
    },
    Story {
        about: "listener-broken: another protocol",
        spoil: |world| {
            world.settings().loadable_protocol = None;
            world.inside().port_owners = Ok(Vec::new());
            world.port(Tcp::Refused);
        },
        top: (Cause::ListenerBroken, Error),
        errors: &[Cause::ListenerBroken],
    },
    Story {
        about: "listener-broken: no store, connections are closed",
        spoil: |world| {
            world.settings().self_signed_store = None;
            world.replies(&Reply::Closed);
        },
        top: (Cause::ListenerBroken, Error),
        errors: &[Cause::ListenerBroken],
    },
    Story {
        about: "listener-broken: another process has the port",
        spoil: |world| {
            let owners = world.inside().port_owners.as_mut().unwrap();
            owners[0].is_term_service = false;
            world.replies(&Reply::NotRdp("HTTP".to_owned()));
        },
        top: (Cause::ListenerBroken, Error),
        errors: &[Cause::ListenerBroken],
    },
    Story {
        about: "port-mismatch",
        spoil: |world| {
            world.settings().port.value = 3390;
            world.inside().port_owners.as_mut().unwrap()[0].port = 3390;
            world.port(Tcp::Refused);
        },
        top: (Cause::PortMismatch, Error),
        errors: &[Cause::PortMismatch],
    },
    Story {
        about: "firewall-closed: rules are off",
        spoil: |world| {
            for rule in &mut world.firewall().rules {
                rule.enabled = false;
            }
            world.port(Tcp::Timeout);
        },
        top: (Cause::FirewallClosed, Error),
        errors: &[Cause::FirewallClosed],
    },
];

const CERTIFICATE: &[Story] = &[
    Story {
        about: "cert-expired",
        spoil: |world| world.certificate(&certificate("TS01", days(-10))),
        top: (Cause::CertExpired, Error),
        errors: &[Cause::CertExpired],
    },
    Story {
        about: "cert-missing",
        spoil: |world| {
            world.certificates().remote_desktop.clear();
            world.replies(&Reply::Refused(FailureCode::SSL_CERTIFICATE_MISSING));
        },
        top: (Cause::CertMissing, Error),
        errors: &[Cause::CertMissing],
    },
    Story {
        about: "cert-weak: a former name",
        spoil: |world| world.certificate(&certificate("WIN-7Q2M0PD5K1C", days(100))),
        top: (Cause::CertWeak, Warning),
        errors: &[],
    },
    Story {
        about: "machine-keys: the file cannot be read",
        spoil: |world| {
            world
                .inside()
                .key_file
                .as_mut()
                .unwrap()
                .network_service_reads = Some(false);
            world.tls_fails(&TlsFailure::Closed);
        },
        top: (Cause::MachineKeys, Error),
        errors: &[Cause::MachineKeys],
    },
    Story {
        about: "machine-keys: only the log tells",
        spoil: |world| {
            world.log("Schannel", 36_870, EventLevel::Error, &[]);
            world.tls_fails(&TlsFailure::Closed);
        },
        top: (Cause::MachineKeys, Error),
        errors: &[Cause::MachineKeys],
    },
];

const SECURITY: &[Story] = &[
    Story {
        about: "nla-mismatch",
        spoil: |world| {
            world.settings().user_authentication.value = 0;
            world.outside().negotiation[1].reply = selected(Protocols::SSL);
        },
        top: (Cause::NlaMismatch, Warning),
        errors: &[],
    },
    Story {
        about: "security-layer-mismatch",
        spoil: |world| {
            world.settings().security_layer.value = 0;
            world.settings().user_authentication.value = 0;
            world.replies(&Reply::Refused(FailureCode::SSL_NOT_ALLOWED));
            world.outside().negotiation[0].reply = selected(Protocols::RDP);
        },
        top: (Cause::SecurityLayerMismatch, Error),
        errors: &[Cause::SecurityLayerMismatch],
    },
    Story {
        about: "tls-mismatch",
        spoil: |world| {
            let settings = world.inside().tls.as_mut().unwrap();
            settings.server_versions.insert("TLS 1.2".to_owned(), false);
            settings.server_versions.insert("TLS 1.3".to_owned(), false);
            let refused = VersionReply::Refused(TlsFailure::Alert(70));
            world.tls().versions = vec![
                (
                    TlsVersion::TLS_1_0,
                    VersionReply::Accepted("suite".to_owned()),
                ),
                (TlsVersion::TLS_1_2, refused.clone()),
                (TlsVersion::TLS_1_3, refused),
            ];
        },
        top: (Cause::TlsMismatch, Error),
        errors: &[Cause::TlsMismatch],
    },
    Story {
        about: "credssp-oracle",
        spoil: |world| world.inside().credssp.as_mut().unwrap().oracle = Some(2),
        top: (Cause::CredSspOracle, Warning),
        errors: &[],
    },
    Story {
        about: "patch-level",
        spoil: |world| {
            world.system().build = 14_393;
            world.system().ubr = Some(2_000);
            world.inside().credssp.as_mut().unwrap().tspkg = Some("10.0.14393.2000".to_owned());
        },
        top: (Cause::PatchLevel, Error),
        errors: &[Cause::PatchLevel],
    },
    Story {
        about: "restricted-admin",
        spoil: |world| world.inside().client.as_mut().unwrap().restricted_type = Some(1),
        top: (Cause::RestrictedAdmin, Warning),
        errors: &[],
    },
];

const ACCOUNT: &[Story] = &[
    Story {
        about: "credentials-rejected: the account is locked out",
        spoil: |world| {
            world.account = Some(("HOST\\anna", Welcome::Accepted));
            world.inside().rights.as_mut().unwrap().locked_out = vec!["TS01\\Anna".to_owned()];
        },
        top: (Cause::CredentialsRejected, Error),
        errors: &[Cause::CredentialsRejected],
    },
    Story {
        about: "credentials-rejected: no way in with this password",
        spoil: |world| {
            world.blind();
            world.account = Some(("anna", Welcome::Refused));
        },
        top: (Cause::CredentialsRejected, Error),
        errors: &[Cause::CredentialsRejected],
    },
    Story {
        about: "domain-trust",
        spoil: |world| {
            world.account = Some((r"TS01\admin", Welcome::Accepted));
            world.log("NETLOGON", 5_719, EventLevel::Error, &["CORP"]);
            world.log("NETLOGON", 3_210, EventLevel::Error, &["CORP"]);
        },
        top: (Cause::DomainTrust, Error),
        errors: &[Cause::DomainTrust],
    },
    Story {
        about: "time-skew: in a domain",
        spoil: |world| {
            world.system().skew_seconds = -7_200;
            world.system().local_time = now() - jiff::SignedDuration::from_hours(2);
        },
        top: (Cause::TimeSkew, Error),
        errors: &[Cause::TimeSkew],
    },
    Story {
        about: "time-skew: in a workgroup",
        spoil: |world| {
            world.system().domain = None;
            world.system().skew_seconds = -7_200;
            world.system().local_time = now() - jiff::SignedDuration::from_hours(2);
        },
        top: (Cause::TimeSkew, Warning),
        errors: &[],
    },
];

const HOST: &[Story] = &[
    Story {
        about: "host-resources",
        spoil: |world| {
            world.system().free_memory_kib = 40 * 1_024;
            world.system().free_drive_bytes = Some(10 << 20);
        },
        top: (Cause::HostResources, Error),
        errors: &[Cause::HostResources],
    },
    Story {
        about: "session-limit: drain mode",
        spoil: |world| world.settings().drain_mode.value = 1,
        top: (Cause::SessionLimit, Error),
        errors: &[Cause::SessionLimit],
    },
    Story {
        about: "session-limit: the cap is reached",
        spoil: |world| {
            world.settings().max_instances.value = 2;
            world.settings().sessions = Some(2);
        },
        top: (Cause::SessionLimit, Error),
        errors: &[Cause::SessionLimit],
    },
    Story {
        about: "licensing",
        spoil: |world| {
            let licensing = world.inside().licensing.as_mut().unwrap();
            *licensing = LicensingSeen {
                session_host: true,
                grace_days: Some(0),
                ..licensing.clone()
            };
        },
        top: (Cause::Licensing, Error),
        errors: &[Cause::Licensing],
    },
    Story {
        about: "gateway-certificate",
        spoil: |world| {
            world.add_service("TSGateway", "Running", "Auto");
            let leaf = certificate("TS01", days(-3));
            world.inside().gateway = Ok(Some(GatewayRole {
                certificate: Some(leaf.thumbprint.clone()),
                found: Some(leaf),
                http: Some(true),
                configured: true,
            }));
        },
        top: (Cause::GatewayCertificate, Error),
        errors: &[Cause::GatewayCertificate],
    },
    Story {
        about: "gateway-http",
        spoil: |world| {
            world.add_service("TSGateway", "Running", "Auto");
            world.add_service("W3SVC", "Stopped", "Auto");
            let leaf = certificate("TS01", days(30));
            world.inside().gateway = Ok(Some(GatewayRole {
                certificate: Some(leaf.thumbprint.clone()),
                found: Some(leaf),
                http: Some(true),
                configured: true,
            }));
        },
        top: (Cause::GatewayHttp, Error),
        errors: &[Cause::GatewayHttp],
    },
    Story {
        about: "roles-services",
        spoil: |world| world.add_service("Tssdis", "Stopped", "Auto"),
        top: (Cause::RolesServices, Error),
        errors: &[Cause::RolesServices],
    },
    Story {
        about: "client-policy",
        spoil: |world| world.inside().client.as_mut().unwrap().delegation_denied = true,
        top: (Cause::ClientPolicy, Warning),
        errors: &[],
    },
    Story {
        about: "policy-owned",
        spoil: |world| {
            world.settings().user_authentication.value = 0;
            world.settings().user_authentication.decided_by = rdpfix::inside::Decider::Policy;
            world.outside().negotiation[1].reply = selected(Protocols::SSL);
        },
        top: (Cause::PolicyOwned, Warning),
        errors: &[],
    },
];

#[test]
fn the_way_is_judged() {
    check(WAY);
}

#[test]
fn the_listener_is_judged() {
    check(LISTENER);
}

#[test]
fn the_certificate_is_judged() {
    check(CERTIFICATE);
}

#[test]
fn what_both_sides_agree_on_is_judged() {
    check(SECURITY);
}

#[test]
fn accounts_and_clocks_are_judged() {
    check(ACCOUNT);
}

#[test]
fn the_host_as_a_whole_is_judged() {
    check(HOST);
}

/// Every story, by part.
pub(super) const ALL: [&[Story]; 6] = [WAY, LISTENER, CERTIFICATE, SECURITY, ACCOUNT, HOST];

/// Nothing on a host tells of them, only a code of the client could.
const ONLY_TOLD: [Cause; 2] = [Cause::ClientCredentials, Cause::RdpFile];

#[test]
fn every_row_of_the_catalogue_has_its_story() {
    let stories: Vec<&Story> = ALL.into_iter().flatten().collect();
    for entry in Cause::catalogue() {
        let told = stories.iter().any(|story| {
            story.top.0 == entry.cause && story.about.split(':').next() == Some(entry.id)
        });
        assert!(told || ONLY_TOLD.contains(&entry.cause), "{}", entry.id);
    }
}

#[test]
fn what_only_a_code_tells_is_information() {
    let mut world = World::healthy();
    world.told = Some((0x904, Some(0x7)));
    for one in world.diagnose() {
        assert_eq!(one.severity, Info, "{one:?}");
    }
}
