//! Facts about faults: each is visible in its part.

use std::collections::BTreeMap;

use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::inside::Admits;
use rdpfix::inside::Decider;
use rdpfix::inside::Inside;
use rdpfix::inside::Setting;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::certificates::KeyFile;
use rdpfix::lab::machine::firewall::Action;
use rdpfix::lab::machine::firewall::ProfileName;
use rdpfix::lab::machine::firewall::Rule;
use rdpfix::lab::machine::firewall::Tristate;
use rdpfix::lab::machine::roles::SessionHost;
use rdpfix::lab::machine::terminal_services;
use rdpfix::lab::scenario::Kind;

use super::now;
use super::seen_of;
use super::seen_of_kind;
use super::unseen;

fn policy(value: u32) -> Setting {
    Setting {
        value,
        decided_by: Decider::Policy,
    }
}

/// Whether what is wrong with a kind shows.
fn shows(kind: Kind, inside: &Inside) -> bool {
    let settings = || inside.settings.clone().unwrap();
    let system = || inside.system.clone().unwrap();
    let certificates = || inside.certificates.clone().unwrap();
    let services = || inside.services.clone().unwrap();
    let stopped = |name: &str| services()[name].state == "Stopped";
    let expired = |certificate: &rdpfix::certificate::Certificate| certificate.not_after < now();
    match kind {
        Kind::RdpDisabled => settings().deny_connections.value == 1,
        Kind::ServiceDown => stopped("TermService") && inside.port_owners == Ok(Vec::new()),
        Kind::PortMismatch => settings().port.value == 3390,
        Kind::FirewallClosed => {
            let rules = inside.firewall.clone().unwrap().rules;
            rules.iter().all(|rule| !rule.enabled)
        }
        Kind::CertExpired => expired(certificates().in_use().unwrap()),
        Kind::CertMissing => {
            certificates().in_use().is_none() && certificates().self_signed.is_some()
        }
        Kind::CertWeak => certificates().in_use().unwrap().common_name != system().computer,
        Kind::NlaMismatch => settings().user_authentication.value == 0,
        Kind::SecurityLayerMismatch => settings().security_layer.value == 0,
        Kind::CredSspOracle => inside.credssp.clone().unwrap().oracle == Some(2),
        Kind::PolicyOwned => settings().user_authentication == policy(0),
        Kind::MachineKeys => {
            let file = inside.key_file.clone().unwrap();
            file.exists
                && file.network_service_reads == Some(false)
                && file.system_full == Some(false)
        }
        _ => shows_beyond_the_listener(kind, inside),
    }
}

/// The same for what lies beyond the listener: the way, accounts, updates, resources, roles.
fn shows_beyond_the_listener(kind: Kind, inside: &Inside) -> bool {
    let settings = || inside.settings.clone().unwrap();
    let system = || inside.system.clone().unwrap();
    let services = || inside.services.clone().unwrap();
    let stopped = |name: &str| services()[name].state == "Stopped";
    let gateway = || inside.gateway.clone().unwrap().unwrap();
    let expired = |certificate: &rdpfix::certificate::Certificate| certificate.not_after < now();
    match kind {
        Kind::PathQuality => inside.path_back.clone().unwrap().small_ms == [Some(180); 3],
        Kind::PathMtu => inside.path_back.clone().unwrap().large_unsplit == Some(false),
        Kind::UdpTransport => {
            let log = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational";
            let events = inside.events[log].clone().unwrap();
            settings().select_transport.value == 0 && events.iter().any(|event| event.id == 136)
        }
        Kind::CredentialsRejected => {
            let rights = inside.rights.clone().unwrap();
            let [locked] = rights.locked_out.as_slice() else {
                return false;
            };
            locked.ends_with(r"\rdpuser") && rights.remote_desktop_users.contains(locked)
        }
        Kind::PatchLevel => {
            system().ubr == Some(2097)
                && inside.credssp.clone().unwrap().tspkg.as_deref() == Some("10.0.14393.2097")
        }
        Kind::HostResources => {
            system().free_memory_kib < 20_000 && system().free_drive_bytes == Some(12_288)
        }
        Kind::SessionLimit => settings().drain_mode.value == 2,
        Kind::Licensing => {
            let licensing = inside.licensing.clone().unwrap();
            licensing.session_host
                && licensing.mode.value == 5
                && licensing.grace_days == Some(0)
                && licensing.servers.is_empty()
        }
        Kind::GatewayCertificate => expired(&gateway().found.unwrap()),
        Kind::GatewayHttp => {
            gateway().http == Some(true)
                && !expired(&gateway().found.unwrap())
                && stopped("W3SVC")
                && stopped("WAS")
        }
        Kind::RolesServices => stopped("Tssdis"),
        Kind::ClientPolicy => inside.client.clone().unwrap().delegation_denied,
        _ => panic!("{kind:?} has no fact here"),
    }
}

#[tokio::test]
async fn a_fault_shows_where_it_is_and_not_on_a_healthy_host() {
    for kind in [
        Kind::RdpDisabled,
        Kind::ServiceDown,
        Kind::PortMismatch,
        Kind::FirewallClosed,
        Kind::CertExpired,
        Kind::CertMissing,
        Kind::CertWeak,
        Kind::NlaMismatch,
        Kind::SecurityLayerMismatch,
        Kind::CredSspOracle,
        Kind::PolicyOwned,
        Kind::MachineKeys,
        Kind::CredentialsRejected,
        Kind::PathQuality,
        Kind::PathMtu,
        Kind::UdpTransport,
        Kind::PatchLevel,
        Kind::HostResources,
        Kind::SessionLimit,
        Kind::Licensing,
        Kind::GatewayCertificate,
        Kind::GatewayHttp,
        Kind::RolesServices,
        Kind::ClientPolicy,
    ] {
        let inside = seen_of_kind(kind).await;
        assert_eq!(unseen(&inside), [], "{kind:?}");
        assert!(shows(kind, &inside), "{kind:?}: {inside:#?}");
    }
    let healthy = seen_of_kind(Kind::Healthy).await;
    for kind in [
        Kind::CertExpired,
        Kind::MachineKeys,
        Kind::CredentialsRejected,
        Kind::UdpTransport,
        Kind::PatchLevel,
        Kind::HostResources,
        Kind::SessionLimit,
        Kind::Licensing,
        Kind::ClientPolicy,
    ] {
        assert!(!shows(kind, &healthy), "{kind:?}");
    }
}

/// A healthy machine with one thing changed.
async fn changed(change: impl FnOnce(&mut Machine)) -> Inside {
    let mut machine = Kind::Healthy.machine(0, now()).unwrap();
    change(&mut machine);
    machine.load_listener();
    seen_of(machine).await
}

fn key(path: &str) -> RegistryKey {
    RegistryKey::local_machine(path)
}

#[tokio::test]
async fn policy_wins_over_the_hosts_own_value_and_that_over_none() {
    let inside = changed(|machine| {
        machine.set_policy("SecurityLayer", 1);
        machine.set_policy("SelectTransport", 1);
        let listener = terminal_services::listener();
        machine
            .registry
            .remove_value(&listener, "MinEncryptionLevel");
        // A port has no twin, whatever stands there.
        machine.set_policy("PortNumber", 4000);
    })
    .await;
    let settings = inside.settings.unwrap();
    assert_eq!(settings.security_layer, policy(1));
    assert_eq!(settings.select_transport, policy(1));
    assert_eq!(settings.min_encryption.decided_by, Decider::Default);
    assert_eq!(settings.min_encryption.value, 2);
    assert_eq!(settings.port.value, 3389);
}

#[tokio::test]
async fn a_value_of_another_type_counts_as_none() {
    let inside = changed(|machine| {
        let text = RegistryData::Text("3390".to_owned());
        let listener = terminal_services::listener();
        machine.registry.set(&listener, "PortNumber", text);
    })
    .await;
    let port = inside.settings.unwrap().port;
    assert_eq!((port.value, port.decided_by), (3389, Decider::Default));
}

#[tokio::test]
async fn an_adapter_that_is_gone_is_told_from_one_that_is_there() {
    for (number, expected) in [(1, Some(true)), (4, Some(false)), (0, None)] {
        let inside = changed(|machine| {
            let data = RegistryData::Dword(number);
            let listener = terminal_services::listener();
            machine.registry.set(&listener, "LanAdapter", data);
        })
        .await;
        let settings = inside.settings.unwrap();
        assert_eq!(settings.lan_adapter_exists, expected, "{number}");
    }
}

#[tokio::test]
async fn a_missing_key_file_has_no_rights() {
    let inside = changed(|machine| machine.keys.listener = KeyFile::Missing).await;
    let file = inside.key_file.unwrap();
    assert!(!file.exists);
    assert_eq!((file.network_service_reads, file.system_full), (None, None));
}

#[tokio::test]
async fn rules_that_name_the_port_are_seen_beside_those_of_the_group() {
    let inside = changed(|machine| {
        let data = RegistryData::Dword(3390);
        let listener = terminal_services::listener();
        machine.registry.set(&listener, "PortNumber", data);
        let rule = |id: &str, ports: &str, action| Rule {
            action,
            protocol: "TCP".to_owned(),
            local_ports: vec![ports.to_owned()],
            profiles: 6,
            ..Rule::new(id)
        };
        machine.firewall.rules.extend([
            rule("custom", "3390", Action::Allow),
            rule("wall", "3000-4000", Action::Block),
            rule("other", "3391", Action::Allow),
        ]);
    })
    .await;
    let rules = inside.firewall.unwrap().rules;
    let own: Vec<(&str, bool)> = rules
        .iter()
        .filter(|rule| !rule.id.starts_with("RemoteDesktop-"))
        .map(|rule| (rule.id.as_str(), rule.blocks))
        .collect();
    assert_eq!(own, [("custom", false), ("wall", true)]);
    let custom = rules.iter().find(|rule| rule.id == "custom").unwrap();
    assert_eq!(custom.profiles, ["Private", "Public"]);
}

#[tokio::test]
async fn a_profile_may_admit_nothing_or_policy_alone() {
    let inside = changed(|machine| {
        let private = machine.firewall.profile_mut(ProfileName::Private).unwrap();
        private.allow_inbound_rules = Tristate::False;
        let public = machine.firewall.profile_mut(ProfileName::Public).unwrap();
        public.allow_local_rules = Tristate::False;
        let domain = key(r"SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile");
        for (name, value) in [("AllowLocalPolicyMerge", 0), ("EnableFirewall", 0)] {
            machine
                .registry
                .set(&domain, name, RegistryData::Dword(value));
        }
    })
    .await;
    let profiles = inside.firewall.unwrap().profiles;
    let seen: BTreeMap<&str, (bool, Admits)> = profiles
        .iter()
        .map(|profile| (profile.name.as_str(), (profile.enabled, profile.admits)))
        .collect();
    let expected = BTreeMap::from([
        ("Domain", (false, Admits::PolicyRules)),
        ("Private", (true, Admits::Nothing)),
        ("Public", (true, Admits::PolicyRules)),
    ]);
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn tls_of_either_side_is_seen_with_ciphers_and_fips() {
    let inside = changed(|machine| {
        let protocols = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";
        for (path, name, value) in [
            (r"TLS 1.2\Server", "Enabled", 0),
            (r"TLS 1.0\Server", "Enabled", 1),
            (r"TLS 1.0\Server", "DisabledByDefault", 0),
            (r"TLS 1.2\Client", "DisabledByDefault", 1),
        ] {
            let key = key(&format!(r"{protocols}\{path}"));
            machine.registry.set(&key, name, RegistryData::Dword(value));
        }
        let ciphers = key(r"SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002");
        let list = RegistryData::Text("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384".to_owned());
        machine.registry.set(&ciphers, "Functions", list);
        let fips = key(r"SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy");
        machine
            .registry
            .set(&fips, "Enabled", RegistryData::Dword(1));
    })
    .await;
    let tls = inside.tls.unwrap();
    let expected = BTreeMap::from([("TLS 1.0".to_owned(), true), ("TLS 1.2".to_owned(), false)]);
    assert_eq!(tls.server_versions, expected);
    assert_eq!(tls.cipher_policy.unwrap().len(), 1);
    assert!(tls.fips);
    assert_eq!(inside.client.unwrap().tls_off, ["TLS 1.2"]);
}

#[tokio::test]
async fn licence_servers_are_asked_for_one_by_one() {
    let host = || SessionHost {
        grace_days: 17,
        licence_servers: vec![("licence-1".to_owned(), 11), ("licence-2".to_owned(), 6)],
    };
    let inside = changed(|machine| machine.install_session_host(host(), 4)).await;
    let licensing = inside.licensing.unwrap();
    assert_eq!(licensing.mode.value, 4);
    assert_eq!(licensing.mode.decided_by, Decider::Local);
    assert_eq!(licensing.grace_days, Some(17));
    assert_eq!(licensing.servers, ["licence-1", "licence-2"]);
    let expected = BTreeMap::from([("licence-1".to_owned(), 11), ("licence-2".to_owned(), 6)]);
    assert_eq!(licensing.connectivity, expected);
    let inside = changed(|machine| {
        machine.install_session_host(host(), 4);
        machine.set_policy("LicensingMode", 2);
        let list = RegistryData::Text("licence-1, elsewhere".to_owned());
        let policies = terminal_services::policy();
        machine.registry.set(&policies, "LicenseServers", list);
    })
    .await;
    let licensing = inside.licensing.unwrap();
    assert_eq!(licensing.mode, policy(2));
    assert_eq!(licensing.servers, ["licence-1", "elsewhere"]);
    assert_eq!(licensing.connectivity.get("elsewhere"), Some(&6));
}

#[tokio::test]
async fn lost_pings_say_nothing_about_large_packets() {
    let inside = changed(|machine| machine.equipment.way_back.round_trip = None).await;
    let path_back = inside.path_back.unwrap();
    assert_eq!(path_back.small_ms, [None; 3]);
    assert_eq!(path_back.large_unsplit, None);
}

#[tokio::test]
async fn a_clock_that_is_behind_is_told_in_seconds() {
    let behind = jiff::SignedDuration::from_mins(-10);
    let inside = changed(|machine| machine.os.clock_skew = behind).await;
    let skew = inside.system.unwrap().skew_seconds;
    assert!((-601..=-598).contains(&skew), "{skew}");
}
