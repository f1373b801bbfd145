//! How the parts of a simulated host act on each other.

use rdpfix::certificate::Certificate;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::RegistryData;
use rdpfix::cim::Value;
use rdpfix::lab::listener;
use rdpfix::lab::listener::ListenerState;
use rdpfix::lab::listener::Negotiation;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::certificates::KeyFile;
use rdpfix::lab::machine::certificates::Store;
use rdpfix::lab::machine::certificates::shared_key;
use rdpfix::lab::machine::terminal_services;
use rdpfix::lab::scenario::Kind;

use crate::lab::call;
use crate::lab::get;
use crate::lab::later;
use crate::lab::machine;
use crate::lab::now;
use crate::lab::restart;
use crate::lab::returned;
use crate::lab::service_path;
use crate::lab::terminal_path;

fn negotiation(machine: &Machine, milliseconds: i64) -> Negotiation {
    match listener::of(machine, later(milliseconds)).state {
        ListenerState::Open(negotiation) => negotiation,
        other => panic!("the listener is {other:?}"),
    }
}

fn served(machine: &Machine, milliseconds: i64) -> Certificate {
    let served = negotiation(machine, milliseconds).certificate.unwrap();
    Certificate::from_der(&served.certificate).unwrap()
}

#[test]
fn session_env_replaces_an_expired_certificate_when_it_starts() {
    let mut host = machine(Kind::CertExpired);
    let old = served(&host, 0);
    assert!(old.not_after < now());
    let running = restart(&mut host, "SessionEnv", 0);
    let new = served(&host, running);
    assert_ne!(new.thumbprint, old.thumbprint);
    assert_eq!(new.common_name, host.computer_name);
    assert!(new.not_after > now());
    assert_eq!((new.key_type.as_str(), new.key_bits), ("rsa", 2048));
    let pointed = terminal_services::self_signed_certificate(&host.registry).unwrap();
    assert_eq!(pointed.certificate, new);
    assert_eq!(pointed.key_container.as_deref(), Some("TSSecKeySet1"));
}

#[test]
fn session_env_leaves_a_valid_certificate_alone() {
    let mut host = machine(Kind::Healthy);
    let before = served(&host, 0);
    let running = restart(&mut host, "SessionEnv", 0);
    assert_eq!(served(&host, running), before);
}

#[test]
fn term_service_by_itself_makes_no_certificate() {
    let mut host = machine(Kind::CertMissing);
    returned(
        &mut host,
        service_path("UmRdpService"),
        "StopService",
        &[],
        now(),
    );
    let running = restart(&mut host, "TermService", 100);
    assert_eq!(negotiation(&host, running).certificate, None);
    let running = restart(&mut host, "SessionEnv", running);
    assert!(negotiation(&host, running).certificate.is_some());
}

#[test]
fn a_key_that_cannot_be_read_keeps_a_new_certificate_from_being_made() {
    let mut host = machine(Kind::MachineKeys);
    let running = restart(&mut host, "SessionEnv", 0);
    assert_eq!(negotiation(&host, running).certificate, None);
    host.keys.listener = KeyFile::Missing;
    let running = restart(&mut host, "SessionEnv", running);
    assert!(negotiation(&host, running).certificate.is_some());
}

#[test]
fn a_running_listener_keeps_its_certificate_until_a_restart_finds_no_key() {
    let mut host = machine(Kind::Healthy);
    let before = served(&host, 0);
    host.keys.listener = KeyFile::Unreadable(shared_key().unwrap());
    assert_eq!(served(&host, 0), before);
    returned(
        &mut host,
        service_path("UmRdpService"),
        "StopService",
        &[],
        now(),
    );
    let running = restart(&mut host, "TermService", 100);
    assert_eq!(negotiation(&host, running).certificate, None);
}

#[test]
fn without_the_name_of_its_store_the_listener_dies_in_the_handshake() {
    let mut host = machine(Kind::Healthy);
    host.registry
        .remove_value(&terminal_services::stations(), "SelfSignedCertStore");
    Store::RemoteDesktop.clear(&mut host.registry);
    host.load_listener();
    assert_eq!(listener::of(&host, now()).state, ListenerState::Mute);
    let running = restart(&mut host, "SessionEnv", 0);
    assert_eq!(
        listener::of(&host, later(running)).state,
        ListenerState::Mute
    );
}

#[test]
fn a_service_with_running_dependents_does_not_stop() {
    let mut host = machine(Kind::Healthy);
    let term = || service_path("TermService");
    assert_eq!(returned(&mut host, term(), "StopService", &[], now()), 3);
    let dependent = service_path("UmRdpService");
    assert_eq!(returned(&mut host, dependent, "StopService", &[], now()), 0);
    // It takes its time to stop.
    assert_eq!(returned(&mut host, term(), "StopService", &[], later(1)), 3);
    assert_eq!(
        returned(&mut host, term(), "StopService", &[], later(50)),
        0
    );
    assert_eq!(
        get(&mut host, term(), later(51)).text("State").unwrap(),
        "Stop Pending"
    );
    assert_eq!(listener::of(&host, later(100)).state, ListenerState::Closed);
    assert_eq!(
        returned(&mut host, term(), "StopService", &[], later(100)),
        5
    );
}

#[test]
fn a_service_gets_a_new_process_with_each_start() {
    let mut host = machine(Kind::Healthy);
    let path = || service_path("sessionenv");
    let before = get(&mut host, path(), now());
    let running = restart(&mut host, "SessionEnv", 0);
    let after = get(&mut host, path(), later(running));
    assert_eq!(after.text("Name").unwrap(), "SessionEnv");
    assert_ne!(after.uint("ProcessId"), before.uint("ProcessId"));
    let again = returned(&mut host, path(), "StartService", &[], later(running));
    assert_eq!(again, 10);
}

#[test]
fn a_disabled_service_starts_only_after_its_mode_was_changed() {
    let mut host = machine(Kind::ServiceDown);
    let path = || service_path("TermService");
    assert_eq!(returned(&mut host, path(), "StartService", &[], now()), 14);
    let auto = [("StartMode", Value::text("Auto"))];
    assert_eq!(
        returned(&mut host, path(), "ChangeStartMode", &auto, now()),
        21
    );
    let automatic = [("StartMode", Value::text("Automatic"))];
    assert_eq!(
        returned(&mut host, path(), "ChangeStartMode", &automatic, now()),
        0
    );
    assert_eq!(
        get(&mut host, path(), now()).text("StartMode").unwrap(),
        "Auto"
    );
    assert_eq!(returned(&mut host, path(), "StartService", &[], now()), 0);
    assert_eq!(listener::of(&host, later(1)).state, ListenerState::Closed);
    assert!(matches!(
        listener::of(&host, later(30)).state,
        ListenerState::Open(_)
    ));
}

#[test]
fn starting_a_service_starts_what_it_needs() {
    let mut host = machine(Kind::ServiceDown);
    let manual = [("StartMode", Value::text("Manual"))];
    returned(
        &mut host,
        service_path("TermService"),
        "ChangeStartMode",
        &manual,
        now(),
    );
    let path = service_path("UmRdpService");
    assert_eq!(returned(&mut host, path, "StartService", &[], now()), 0);
    host.settle(later(50));
    assert!(host.services.is_running("TermService"));
    assert!(host.services.is_running("UmRdpService"));
}

#[test]
fn setters_are_refused_where_group_policy_owns_the_value() {
    let mut host = machine(Kind::PolicyOwned);
    let path = || terminal_path("Win32_TSGeneralSetting");
    let general = get(&mut host, path(), now());
    assert_eq!(general.uint("UserAuthenticationRequired"), Ok(0));
    assert_eq!(
        general.uint("PolicySourceUserAuthenticationRequired"),
        Ok(1)
    );
    let on = [("UserAuthenticationRequired", Value::Uint(1))];
    let before = host.clone();
    assert_eq!(
        returned(
            &mut host,
            path(),
            "SetUserAuthenticationRequired",
            &on,
            now()
        ),
        0x8004_1016
    );
    assert_eq!(host, before);
    assert!(!negotiation(&host, 0).nla);
}

#[test]
fn tls_is_refused_while_the_encryption_level_is_low() {
    let mut host = machine(Kind::SecurityLayerMismatch);
    let path = || terminal_path("Win32_TSGeneralSetting");
    let level = |level: u64| [("MinEncryptionLevel", Value::Uint(level))];
    let tls = [("SecurityLayer", Value::Uint(2))];
    assert_eq!(
        returned(&mut host, path(), "SetEncryptionLevel", &level(1), now()),
        0
    );
    assert_eq!(
        returned(&mut host, path(), "SetSecurityLayer", &tls, now()),
        0x8004_1008
    );
    assert_eq!(
        returned(&mut host, path(), "SetEncryptionLevel", &level(3), now()),
        0
    );
    assert_eq!(
        returned(&mut host, path(), "SetSecurityLayer", &tls, now()),
        0
    );
    assert_eq!(negotiation(&host, 0).security_layer, 2);
    let odd = [("SecurityLayer", Value::Uint(7))];
    assert_eq!(
        returned(&mut host, path(), "SetSecurityLayer", &odd, now()),
        0x8004_102B
    );
}

#[test]
fn allowing_connections_can_open_the_firewall_too() {
    let mut host = machine(Kind::Healthy);
    let path = || terminal_path("Win32_TerminalServiceSetting");
    let set = |allow: u64, firewall: u64| {
        [
            ("AllowTSConnections", Value::Uint(allow)),
            ("ModifyFirewallException", Value::Uint(firewall)),
        ]
    };
    let method = "SetAllowTSConnections";
    assert_eq!(returned(&mut host, path(), method, &set(0, 1), now()), 0);
    assert_eq!(listener::of(&host, now()).state, ListenerState::Filtered);
    assert_eq!(returned(&mut host, path(), method, &set(1, 0), now()), 0);
    assert_eq!(listener::of(&host, now()).state, ListenerState::Filtered);
    assert_eq!(returned(&mut host, path(), method, &set(1, 1), now()), 0);
    assert!(matches!(
        listener::of(&host, now()).state,
        ListenerState::Open(_)
    ));
    let alone = [("AllowTSConnections", Value::Uint(1))];
    assert!(call(&mut host, path(), method, &alone, now()).is_err());
}

#[test]
fn a_port_counts_from_the_next_start_of_the_service() {
    let mut host = machine(Kind::PortMismatch);
    assert_eq!(listener::of(&host, now()).port, 3390);
    assert_eq!(listener::of(&host, now()).state, ListenerState::Filtered);
    assert_eq!(listener::at(&host, 3389, now()), ListenerState::Closed);
    host.registry.set(
        &terminal_services::listener(),
        "PortNumber",
        RegistryData::Dword(3389),
    );
    assert_eq!(listener::of(&host, now()).port, 3390);
    returned(
        &mut host,
        service_path("UmRdpService"),
        "StopService",
        &[],
        now(),
    );
    let running = restart(&mut host, "TermService", 100);
    assert!(matches!(
        listener::at(&host, 3389, later(running)),
        ListenerState::Open(_)
    ));
}

#[test]
fn a_damaged_listener_key_leaves_the_port_closed() {
    for (name, data) in [
        (
            "LoadableProtocol_Object",
            RegistryData::Text("{0}".to_owned()),
        ),
        ("LanAdapter", RegistryData::Dword(7)),
    ] {
        let mut host = machine(Kind::Healthy);
        host.registry
            .set(&terminal_services::listener(), name, data);
        assert!(matches!(
            listener::of(&host, now()).state,
            ListenerState::Open(_)
        ));
        host.load_listener();
        assert_eq!(
            listener::of(&host, now()).state,
            ListenerState::Closed,
            "{name}"
        );
    }
}

#[test]
fn a_certificate_of_the_personal_store_can_be_bound_and_no_other() {
    let mut host = machine(Kind::Healthy);
    let thumbprint = host
        .add_personal_certificate("host01.corp.test", now())
        .unwrap();
    let put = |host: &mut Machine, hash: &str| {
        let request = rdpfix::wsman::Request::Put {
            target: terminal_path("Win32_TSGeneralSetting"),
            properties: vec![("SSLCertificateSHA1Hash".to_owned(), Value::text(hash))],
        };
        rdpfix::lab::provider::handle(host, &request, now())
    };
    for wrong in [
        "00112233445566778899AABBCCDDEEFF00112233",
        &format!("\u{200E}{thumbprint}"),
        "",
    ] {
        assert_eq!(
            put(&mut host, wrong).unwrap_err().code,
            0x8004_1008,
            "{wrong}"
        );
    }
    put(&mut host, &thumbprint.to_lowercase()).unwrap();
    assert_eq!(served(&host, 0).thumbprint, thumbprint);
    let general = get(&mut host, terminal_path("Win32_TSGeneralSetting"), now());
    assert_eq!(general.uint("SSLCertificateSHA1HashType"), Ok(3));
    assert_eq!(
        general.text("SSLCertificateSHA1Hash"),
        Ok(thumbprint.as_str())
    );
    assert_eq!(general.text("CertificateName"), Ok("host01.corp.test"));
}

#[test]
fn restricted_admin_is_offered_when_the_registry_says_so() {
    let mut host = machine(Kind::Healthy);
    assert!(!negotiation(&host, 0).restricted_admin);
    let lsa = rdpfix::cim::RegistryKey::local_machine(r"SYSTEM\CurrentControlSet\Control\Lsa");
    host.registry
        .set(&lsa, "DisableRestrictedAdmin", RegistryData::Dword(0));
    assert!(negotiation(&host, 0).restricted_admin);
}

#[test]
fn a_reboot_loads_everything_anew() {
    let mut host = machine(Kind::PortMismatch);
    host.registry.set(
        &terminal_services::listener(),
        "PortNumber",
        RegistryData::Dword(3389),
    );
    let path = ObjectPath::class(Namespace::CIMV2, "Win32_OperatingSystem");
    assert_eq!(returned(&mut host, path, "Reboot", &[], later(5)), 0);
    let back = later(5) + host.power.closing + host.power.away;
    host.settle(back);
    assert_eq!(host.os.booted, back);
    assert!(matches!(
        listener::at(&host, 3389, back),
        ListenerState::Open(_)
    ));
}
