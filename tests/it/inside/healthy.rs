//! Facts about a host that is as it should be: everything is seen, and is what the machine is.

use std::collections::BTreeMap;

use rdpfix::inside::Admits;
use rdpfix::inside::Decider;
use rdpfix::inside::PathBack;
use rdpfix::inside::SERVICES;
use rdpfix::inside::Setting;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::machine::terminal_services::PROTOCOL_OBJECT;
use rdpfix::lab::scenario::Kind;

use super::now;
use super::seen;
use super::seen_of_kind;
use super::unseen;

fn local(value: u32) -> Setting {
    Setting {
        value,
        decided_by: Decider::Local,
    }
}

#[tokio::test]
async fn every_part_of_every_release_is_seen_and_nothing_is_written() {
    for index in 0..10 {
        let machine = Kind::Healthy.machine(index, now()).unwrap();
        let host = InMemory::new(machine.clone(), now());
        let inside = seen(&host).await;
        assert_eq!(unseen(&inside), [], "{}", machine.computer_name);
        assert_eq!(host.writes(), 0);
        assert_eq!(host.machine(), machine);
    }
}

#[tokio::test]
async fn the_system_is_what_the_machine_is() {
    for index in 0..10 {
        let machine = Kind::Healthy.machine(index, now()).unwrap();
        let inside = seen(&InMemory::new(machine.clone(), now())).await;
        let system = inside.system.unwrap();
        assert_eq!(system.computer, machine.computer_name);
        assert_eq!(system.build, machine.os.build.number());
        assert_eq!(system.ubr, Some(machine.os.build.revision()));
        assert_eq!(system.server, machine.os.build.product_type() == 3);
        assert_eq!(system.booted, machine.os.booted);
        assert_eq!(system.skew_seconds, 0);
        assert_eq!(system.memory_kib, machine.os.memory);
        assert_eq!(system.free_memory_kib, machine.os.free_memory);
        let drive = machine.equipment.drives.first().unwrap();
        assert_eq!(system.drive_bytes, Some(drive.size));
        assert_eq!(system.free_drive_bytes, Some(drive.free));
        let in_domain = index % 2 == 1;
        let (domain, source) = if in_domain {
            (Some("corp.test".to_owned()), "NT5DS")
        } else {
            (None, "NTP")
        };
        assert_eq!(system.dns_name.ends_with(".corp.test"), in_domain);
        assert_eq!(system.domain, domain);
        assert_eq!(inside.time_source.unwrap(), source);
    }
}

#[tokio::test]
async fn services_and_sockets_are_those_of_the_machine() {
    let machine = Kind::Healthy.machine(0, now()).unwrap();
    let inside = seen(&InMemory::new(machine.clone(), now())).await;
    let services = inside.services.unwrap();
    let expected: Vec<&str> = SERVICES
        .iter()
        .copied()
        .filter(|name| machine.services.get(name).is_some())
        .collect();
    assert_eq!(services.len(), expected.len());
    for name in expected {
        let (seen, own) = (&services[name], machine.services.get(name).unwrap());
        assert_eq!(seen.state, own.state.word());
        assert_eq!(seen.start_mode, own.start_mode.word());
        assert_eq!(seen.account, own.account);
        assert_eq!(seen.process, own.process_id);
        assert_eq!(seen.exit_code, own.exit_code);
    }
    let owners = inside.port_owners.unwrap();
    assert_eq!(owners.len(), 1);
    assert_eq!((owners[0].port, owners[0].is_term_service), (3389, true));
    assert_eq!(owners[0].process, services["TermService"].process);
}

#[tokio::test]
async fn settings_are_the_hosts_own() {
    let settings = seen_of_kind(Kind::Healthy).await.settings.unwrap();
    assert_eq!(settings.deny_connections, local(0));
    assert_eq!(settings.user_authentication, local(1));
    assert_eq!(settings.security_layer, local(2));
    assert_eq!(settings.min_encryption, local(2));
    assert_eq!(settings.allow_negotiation, local(1));
    assert_eq!(settings.port, local(3389));
    assert_eq!(settings.win_station, local(1));
    assert_eq!(settings.ts_enabled, local(1));
    assert_eq!(settings.logon_disabled, local(0));
    assert_eq!(settings.drain_mode, local(0));
    assert_eq!(settings.max_instances, local(u32::MAX));
    assert_eq!(settings.lan_adapter, local(0));
    assert_eq!(settings.lan_adapter_exists, None);
    let object = settings.loadable_protocol.as_deref();
    assert_eq!(object, Some(PROTOCOL_OBJECT));
    let store = settings.self_signed_store.as_deref();
    assert_eq!(store, Some("Remote Desktop"));
    assert_eq!(settings.select_transport, local(2));
    assert_eq!(settings.disable_restricted_admin, None);
    assert_eq!(settings.sessions, Some(2));
}

#[tokio::test]
async fn the_certificate_in_use_is_found_with_its_key_file() {
    let machine = Kind::Healthy.machine(0, now()).unwrap();
    let inside = seen(&InMemory::new(machine.clone(), now())).await;
    let certificates = inside.certificates.unwrap();
    assert_eq!(certificates.bound, None);
    let in_use = certificates.in_use().unwrap();
    assert_eq!(Some(&in_use.thumbprint), certificates.self_signed.as_ref());
    assert_eq!(in_use.common_name, machine.computer_name);
    let key_file = inside.key_file.unwrap();
    assert_eq!(key_file.path, machine.listener_key_path());
    assert!(key_file.exists);
    assert_eq!(key_file.network_service_reads, Some(true));
    assert_eq!(key_file.system_full, Some(true));
}

#[tokio::test]
async fn the_firewall_admits_what_its_rules_say_in_the_active_profile() {
    let firewall = seen_of_kind(Kind::Healthy).await.firewall.unwrap();
    let active: Vec<&str> = firewall
        .profiles
        .iter()
        .filter(|profile| profile.active)
        .map(|profile| profile.name.as_str())
        .collect();
    assert_eq!(active, ["Private"]);
    for profile in &firewall.profiles {
        assert!(profile.enabled);
        assert_eq!(profile.admits, Admits::AllRules);
    }
    let rule = firewall
        .rules
        .iter()
        .find(|rule| rule.id == "RemoteDesktop-UserMode-In-TCP")
        .unwrap();
    assert!(rule.enabled && !rule.blocks);
    assert_eq!(
        (rule.protocol.as_str(), rule.ports.as_slice()),
        ("TCP", &["3389".to_owned()][..])
    );
    assert_eq!(firewall.rules.len(), 5);
}

#[tokio::test]
async fn network_rights_and_roles_are_as_delivered() {
    let machine = Kind::Healthy.machine(0, now()).unwrap();
    let inside = seen(&InMemory::new(machine.clone(), now())).await;
    assert_eq!(inside.dns_servers.unwrap(), ["192.0.2.53"]);
    assert_eq!(
        inside.mtu.unwrap(),
        BTreeMap::from([("Ethernet".to_owned(), 1500)])
    );
    let expected = PathBack {
        address: "127.0.0.1".to_owned(),
        small_ms: vec![Some(1); 3],
        large_unsplit: Some(true),
    };
    assert_eq!(inside.path_back.unwrap(), expected);
    let tls = inside.tls.unwrap();
    assert!(tls.server_versions.is_empty() && !tls.fips);
    assert_eq!(tls.cipher_policy, None);
    let credssp = inside.credssp.unwrap();
    assert_eq!(credssp.oracle, None);
    assert_eq!(credssp.tspkg.as_deref(), Some("10.0.14393.7699"));
    let rights = inside.rights.unwrap();
    assert_eq!(rights.remote_desktop_users, Vec::<String>::new());
    assert_eq!(rights.locked_out, Vec::<String>::new());
    let guest = format!(r"{}\Guest", machine.computer_name);
    assert!(rights.disabled.contains(&guest), "{rights:?}");
    assert!(!inside.licensing.unwrap().session_host);
    assert_eq!(inside.gateway.unwrap(), None);
    assert_eq!(
        inside.client.unwrap(),
        rdpfix::inside::ClientSettings::default()
    );
}

#[tokio::test]
async fn a_host_without_the_gateway_role_is_not_asked_for_its_log() {
    let inside = seen_of_kind(Kind::Healthy).await;
    let gateway = "Microsoft-Windows-TerminalServices-Gateway/Operational";
    assert!(!inside.events.contains_key(gateway));
    for log in [
        "System",
        "Application",
        "Security",
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
        "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    ] {
        assert!(
            inside.events[log].is_ok(),
            "{log}: {:?}",
            inside.events[log]
        );
    }
    let inside = seen_of_kind(Kind::GatewayHttp).await;
    assert!(inside.events.contains_key(gateway));
}
