//! Machines with one flaw each, and wishes of every kind to be tried on all of them.

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::lab::machine::Identity;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::firewall::REMOTE_DESKTOP_GROUP;
use rdpfix::lab::machine::firewall::Switch;
use rdpfix::lab::machine::os::Build;
use rdpfix::lab::machine::os::Membership;
use rdpfix::lab::machine::service::ServiceState;
use rdpfix::lab::machine::service::StartMode;
use rdpfix::lab::machine::terminal_services;

const ORACLE: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters";

pub(super) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

/// A healthy machine with a certificate of an authority in its personal store, and the thumbprint of that.
pub(super) fn healthy() -> (Machine, String) {
    let identity = Identity {
        computer_name: "HOST01".to_owned(),
        build: Build::Server2022,
        membership: Membership::Domain("corp.example".to_owned()),
    };
    let mut machine = Machine::healthy(identity, now()).unwrap();
    let thumbprint = machine
        .add_personal_certificate("host01.corp.example", days_ago(10))
        .unwrap();
    (machine, thumbprint)
}

fn set(machine: &mut Machine, key: &RegistryKey, name: &str, data: RegistryData) {
    machine.registry.set(key, name, data);
}

fn listener(machine: &mut Machine, name: &str, number: u32) {
    set(
        machine,
        &terminal_services::listener(),
        name,
        RegistryData::Dword(number),
    );
}

fn service(machine: &mut Machine, name: &str, (state, mode): (ServiceState, StartMode)) {
    let service = machine.services.get_mut(name).unwrap();
    service.state = state;
    service.start_mode = mode;
}

fn bind(machine: &mut Machine, bytes: Vec<u8>) {
    set(
        machine,
        &terminal_services::listener(),
        "SSLCertificateSHA1Hash",
        RegistryData::Binary(bytes),
    );
}

fn acme() -> RegistryKey {
    RegistryKey::local_machine(r"SOFTWARE\Acme\Agent")
}

/// A flaw: its name, and what makes it.
pub(super) type Flaw = (&'static str, fn(&mut Machine, &str));

/// Every machine is healthy but for its flaw; flaws of settings.
pub(super) const SETTINGS: &[Flaw] = &[
    ("healthy", |_, _| {}),
    ("connections denied", |machine, _| {
        let key = terminal_services::terminal_server();
        set(machine, &key, "fDenyTSConnections", RegistryData::Dword(1));
    }),
    ("connections denied by policy", |machine, _| {
        machine.set_policy("fDenyTSConnections", 1);
    }),
    ("weak listener", |machine, _| {
        listener(machine, "UserAuthentication", 0);
        listener(machine, "SecurityLayer", 0);
        listener(machine, "MinEncryptionLevel", 1);
    }),
    ("weak listener by policy", |machine, _| {
        machine.set_policy("UserAuthentication", 0);
        machine.set_policy("SecurityLayer", 0);
    }),
    ("low encryption by policy", |machine, _| {
        listener(machine, "SecurityLayer", 1);
        machine.set_policy("MinEncryptionLevel", 1);
    }),
    ("another port", |machine, _| {
        listener(machine, "PortNumber", 3390);
    }),
    ("nothing set on the listener", |machine, _| {
        for name in ["PortNumber", "SecurityLayer", "UserAuthentication"] {
            let _data = machine
                .registry
                .remove_value(&terminal_services::listener(), name);
        }
    }),
    ("vulnerable", |machine, _| {
        let key = RegistryKey::local_machine(ORACLE);
        set(
            machine,
            &key,
            "AllowEncryptionOracle",
            RegistryData::Dword(2),
        );
    }),
    ("acme with values", |machine, _| {
        set(machine, &acme(), "Level", RegistryData::Dword(7));
        set(
            machine,
            &acme(),
            "Names",
            RegistryData::MultiText(vec!["a".to_owned(), "b".to_owned()]),
        );
    }),
    ("acme with other types", |machine, _| {
        set(
            machine,
            &acme(),
            "Level",
            RegistryData::Text("7".to_owned()),
        );
        set(machine, &acme(), "Names", RegistryData::Qword(1 << 40));
    }),
    ("acme with keys below", |machine, _| {
        machine.registry.create_key(&acme().child("Below"));
    }),
];

/// Flaws of certificates, services and the firewall.
pub(super) const PARTS: &[Flaw] = &[
    ("expired certificate", |machine, _| {
        machine
            .install_self_signed("HOST01", days_ago(200))
            .unwrap();
    }),
    ("certificate of the old name", |machine, _| {
        machine.install_self_signed("OLDPC", days_ago(20)).unwrap();
    }),
    ("no certificate", |machine, _| {
        let key = terminal_services::stations();
        let _data = machine.registry.remove_value(&key, "SelfSignedCertificate");
    }),
    ("store without a name", |machine, _| {
        let key = terminal_services::stations();
        let _data = machine.registry.remove_value(&key, "SelfSignedCertStore");
    }),
    ("bound certificate", |machine, thumbprint| {
        let bytes = terminal_services::thumbprint_bytes(thumbprint).unwrap();
        bind(machine, bytes);
    }),
    ("bound certificate is gone", |machine, _| {
        bind(machine, vec![7; 20]);
    }),
    ("certificate of a policy", |machine, _| {
        set(
            machine,
            &terminal_services::policy(),
            "CertTemplateName",
            RegistryData::Text("Rdp".to_owned()),
        );
    }),
    ("expired, and nobody to make a new one", |machine, _| {
        machine
            .install_self_signed("HOST01", days_ago(200))
            .unwrap();
        service(
            machine,
            "SessionEnv",
            (ServiceState::Stopped, StartMode::Manual),
        );
    }),
    ("services stopped", |machine, _| {
        for name in ["UmRdpService", "TermService"] {
            service(machine, name, (ServiceState::Stopped, StartMode::Manual));
        }
    }),
    ("services disabled", |machine, _| {
        for name in ["UmRdpService", "TermService", "SessionEnv"] {
            service(machine, name, (ServiceState::Stopped, StartMode::Disabled));
        }
    }),
    ("rules off", |machine, _| {
        machine
            .firewall
            .switch_group(REMOTE_DESKTOP_GROUP, Switch::Off);
    }),
    ("one rule off and narrow, on another port", |machine, _| {
        let rule = machine
            .firewall
            .rule_mut("RemoteDesktop-UserMode-In-TCP")
            .unwrap();
        rule.switch = Switch::Off;
        rule.profiles = 1;
        rule.local_ports = vec!["3390".to_owned(), "3400-3410".to_owned()];
    }),
    ("rules gone", |machine, _| {
        machine
            .firewall
            .rules
            .retain(|rule| rule.group.as_deref() != Some(REMOTE_DESKTOP_GROUP));
    }),
];

/// Wishes of every kind; `THUMBPRINT` stands for that of the certificate in the personal store.
pub(super) const WISHES: &[&str] = &[
    "rdp_access: {connections: allowed}",
    "rdp_access: {connections: denied}",
    "rdp_listener: {nla: required, security_layer: tls, min_encryption: high, port: 3389}",
    "rdp_listener: {nla: not_required, security_layer: rdp, min_encryption: low}",
    "rdp_listener: {security_layer: tls}",
    "rdp_listener: {port: 13389}",
    "rdp_certificate: {state: valid}",
    "rdp_certificate: {source: self_signed, min_days_left: 160}",
    "rdp_certificate: {thumbprint: THUMBPRINT}",
    "credssp: {encryption_oracle: force_updated_clients}",
    "credssp: {encryption_oracle: mitigated}",
    "firewall_rule: {group: remote_desktop}",
    "firewall_rule: {group: remote_desktop, enabled: false}",
    "firewall_rule: {group: remote_desktop, profiles: [domain, private]}",
    "firewall_rule: {id: RemoteDesktop-UserMode-In-TCP, port: 3389, protocol: tcp, profiles: any, create: true}",
    "firewall_rule: {id: RemoteDesktop-UserMode-In-TCP, port: 13389, protocol: udp}",
    "firewall_rule: {id: rdpfix-rdp, enabled: false, port: 13389, protocol: tcp, create: true}",
    "service: {name: TermService, state: running, start_mode: manual}",
    "service: {name: termservice, state: stopped, start_mode: disabled}",
    "service: {name: TermService, state: restarted}",
    "service: {name: SessionEnv, start_mode: automatic}",
    "service: {name: CertPropSvc, state: stopped}",
    r"registry_value: {key: 'HKLM\SOFTWARE\Acme\Agent', name: level, type: dword, data: 1}",
    r"registry_value: {key: 'HKLM\SOFTWARE\Acme\Agent', name: Names, type: multi_string, data: [a, c]}",
    r"registry_value: {key: 'HKLM\SOFTWARE\Acme\Agent', name: Level, state: absent}",
    r"registry_value: {key: 'HKLM\SOFTWARE\Acme\Agent', type: string, data: default}",
    r"registry_key: {key: 'HKLM\SOFTWARE\Acme\Agent'}",
    r"registry_key: {key: 'hklm\software\acme\agent', state: absent}",
    r"registry_key: {key: 'HKLM\SOFTWARE\Acme\Agent\Deeper\Still'}",
];
