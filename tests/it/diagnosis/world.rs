//! A healthy host as both views tell it, to be spoiled.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::certificate::Certificate;
use rdpfix::cim::EventLevel;
use rdpfix::cim::LogEvent;
use rdpfix::diagnosis::Account;
use rdpfix::diagnosis::Case;
use rdpfix::diagnosis::Ranked;
use rdpfix::diagnosis::Welcome;
use rdpfix::diagnosis::diagnose;
use rdpfix::inside::Admits;
use rdpfix::inside::Certificates;
use rdpfix::inside::ClientSettings;
use rdpfix::inside::CredSspSeen;
use rdpfix::inside::Decider;
use rdpfix::inside::FirewallSeen;
use rdpfix::inside::Inside;
use rdpfix::inside::KeyFileSeen;
use rdpfix::inside::LicensingSeen;
use rdpfix::inside::PathBack;
use rdpfix::inside::PortOwner;
use rdpfix::inside::ProfileSeen;
use rdpfix::inside::Rights;
use rdpfix::inside::RuleSeen;
use rdpfix::inside::Seen;
use rdpfix::inside::ServiceSeen;
use rdpfix::inside::Setting;
use rdpfix::inside::Settings;
use rdpfix::inside::System;
use rdpfix::inside::TlsSettings;
use rdpfix::inside::Unseen;
use rdpfix::proof::Stage;
use rdpfix::rdp::nego::FailureCode;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::survey::ASKED;
use rdpfix::survey::Asked;
use rdpfix::survey::Distrust;
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

/// Everything that is known of a host.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) survey: Option<Survey>,
    pub(super) inside: Result<Inside, Unseen>,
    pub(super) account: Option<(&'static str, Welcome)>,
    pub(super) told: Option<(u32, Option<u32>)>,
}

pub(super) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(super) fn days(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

impl World {
    pub(super) fn healthy() -> Self {
        Self {
            survey: Some(survey()),
            inside: Ok(inside()),
            account: Some((r"CORP\rdp-admin", Welcome::Accepted)),
            told: None,
        }
    }

    pub(super) fn case(&self) -> Case<'_> {
        Case {
            survey: self.survey.as_ref(),
            inside: self.inside.as_ref(),
            account: self
                .account
                .map(|(user, welcome)| Account { user, welcome }),
            told: self.told,
            now: now(),
        }
    }

    pub(super) fn diagnose(&self) -> Vec<Ranked> {
        diagnose(&self.case())
    }

    pub(super) fn outside(&mut self) -> &mut Survey {
        self.survey.as_mut().unwrap()
    }

    pub(super) fn inside(&mut self) -> &mut Inside {
        self.inside.as_mut().unwrap()
    }

    pub(super) fn settings(&mut self) -> &mut Settings {
        self.inside().settings.as_mut().unwrap()
    }

    pub(super) fn system(&mut self) -> &mut System {
        self.inside().system.as_mut().unwrap()
    }

    pub(super) fn service(&mut self, name: &str) -> &mut ServiceSeen {
        let services = self.inside().services.as_mut().unwrap();
        services.get_mut(name).unwrap()
    }

    pub(super) fn add_service(&mut self, name: &str, state: &str, mode: &str) {
        let services = self.inside().services.as_mut().unwrap();
        services.insert(name.to_owned(), service(state, mode));
    }

    pub(super) fn firewall(&mut self) -> &mut FirewallSeen {
        self.inside().firewall.as_mut().unwrap()
    }

    pub(super) fn certificates(&mut self) -> &mut Certificates {
        self.inside().certificates.as_mut().unwrap()
    }

    pub(super) fn tls(&mut self) -> &mut TlsView {
        self.outside().tls.as_mut().unwrap()
    }

    /// No way in.
    pub(super) fn blind(&mut self) {
        self.inside = Err(unseen());
        self.account = None;
    }

    /// The port does not open.
    pub(super) fn port(&mut self, outcome: Tcp) {
        let survey = self.outside();
        for tried in &mut survey.tcp {
            tried.outcome = outcome;
        }
        for asked in &mut survey.negotiation {
            asked.reply = Reply::NotConnected(outcome);
        }
        survey.other_ports = vec![(445, Tcp::Open), (5985, Tcp::Open)];
        survey.tls = None;
        survey.ntlm = None;
        survey.sizes = None;
        survey.stages = vec![StageSamples {
            stage: Stage::Connect,
            took: Vec::new(),
            failures: 5,
        }];
    }

    /// Every negotiation gets this reply.
    pub(super) fn replies(&mut self, reply: &Reply) {
        let survey = self.outside();
        for asked in &mut survey.negotiation {
            asked.reply = reply.clone();
        }
        survey.tls = None;
        survey.ntlm = None;
        survey.sizes = None;
    }

    /// TLS never comes about.
    pub(super) fn tls_fails(&mut self, failure: &TlsFailure) {
        let survey = self.outside();
        survey.ntlm = None;
        survey.sizes = None;
        survey.tls = Some(TlsView {
            versions: [TlsVersion::TLS_1_2, TlsVersion::TLS_1_3]
                .map(|version| (version, VersionReply::Refused(failure.clone())))
                .to_vec(),
            failure: Some(failure.clone()),
            ..TlsView::default()
        });
    }

    /// The listener uses this certificate, and shows it.
    pub(super) fn certificate(&mut self, certificate: &Certificate) {
        self.tls().chain = vec![certificate.clone()];
        let certificates = self.certificates();
        certificates.remote_desktop = vec![certificate.clone()];
        certificates.self_signed = Some(certificate.thumbprint.clone());
    }

    /// TermService does not run, so the port is shut.
    pub(super) fn stop_service(&mut self) {
        self.service("TermService").state = "Stopped".to_owned();
        self.inside().port_owners = Ok(Vec::new());
        self.port(Tcp::Refused);
    }

    pub(super) fn log(&mut self, source: &str, id: u32, level: EventLevel, strings: &[&str]) {
        let log = match source {
            "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS" => {
                "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational"
            }
            "Microsoft-Windows-Security-Auditing" => "Security",
            _ => "System",
        };
        let events = self.inside().events.get_mut(log).unwrap();
        let events = events.as_mut().unwrap();
        events.push(LogEvent {
            log: log.to_owned(),
            source: source.to_owned(),
            id,
            level,
            at: now() - SignedDuration::from_mins(10),
            strings: strings.iter().map(|text| (*text).to_owned()).collect(),
            message: None,
            record: u64::try_from(events.len()).unwrap(),
        });
    }
}

pub(super) fn unseen() -> Unseen {
    Unseen {
        why: "access was denied".to_owned(),
        remedy: "use an administrator".to_owned(),
    }
}

/// A self-signed certificate of this name that is valid until then.
pub(super) fn certificate(name: &str, not_after: Timestamp) -> Certificate {
    Certificate {
        der: Vec::new(),
        subject: format!("CN={name}"),
        common_name: name.to_owned(),
        dns_names: Vec::new(),
        issuer: format!("CN={name}"),
        not_before: not_after - SignedDuration::from_hours(24 * 182),
        not_after,
        key_bits: 2048,
        key_type: "rsa".to_owned(),
        signature: "sha256WithRSAEncryption".to_owned(),
        usages: vec!["1.3.6.1.5.5.7.3.1".to_owned()],
        thumbprint: format!("{:0>40}", name.len() + usize::from(not_after < now()) * 100),
        sha256: String::new(),
        self_signed: true,
    }
}

fn survey() -> Survey {
    let address: SocketAddr = "10.0.0.5:3389".parse().unwrap();
    let ip: IpAddr = address.ip();
    let mut survey = Survey::begun("ts01", 3389, now());
    survey.name = NameLookup {
        asked: "ts01.corp.example".to_owned(),
        literal: false,
        addresses: vec![ip],
        error: None,
        reverse: vec![(ip, "ts01.corp.example".to_owned())],
    };
    survey.tcp = vec![TcpTry {
        address,
        outcome: Tcp::Open,
        took: Duration::from_millis(2),
    }];
    survey.negotiation = ASKED
        .iter()
        .map(|(wanted, name)| Asked {
            wanted: *wanted,
            reply: reply(name),
        })
        .collect();
    survey.tls = Some(tls());
    survey.ntlm = Some(NtlmView {
        computer: Some("TS01".to_owned()),
        domain: Some("CORP".to_owned()),
        dns_computer: Some("ts01.corp.example".to_owned()),
        dns_domain: Some("corp.example".to_owned()),
        version: Some((10, 0, 20_348)),
        time: Some(now()),
        skew_seconds: Some(0),
        credssp_version: Some(6),
    });
    survey.stages = [Stage::Connect, Stage::Negotiate, Stage::Tls]
        .map(|stage| StageSamples {
            stage,
            took: vec![Duration::from_millis(3); 5],
            failures: 0,
        })
        .to_vec();
    survey.sizes = Some(Sizes {
        small: SizeReply::Whole,
        large: SizeReply::Whole,
        large_bytes: 1_900,
    });
    survey
}

fn tls() -> TlsView {
    TlsView {
        versions: vec![
            (
                TlsVersion::TLS_1_0,
                VersionReply::Refused(TlsFailure::Alert(70)),
            ),
            (
                TlsVersion::TLS_1_2,
                VersionReply::Accepted("suite".to_owned()),
            ),
            (
                TlsVersion::TLS_1_3,
                VersionReply::Accepted("suite".to_owned()),
            ),
        ],
        picked: Some((TlsVersion::TLS_1_3, "suite".to_owned())),
        chain: vec![certificate("TS01", days(100))],
        trust: Some(Trust::Untrusted(Distrust::SelfSigned)),
        ..TlsView::default()
    }
}

fn reply(name: &str) -> Reply {
    match name {
        "nla" => selected(Protocols::HYBRID),
        "hybrid_ex" => selected(Protocols::HYBRID_EX),
        _ => Reply::Refused(FailureCode::HYBRID_REQUIRED),
    }
}

pub(super) fn selected(protocol: Protocols) -> Reply {
    Reply::Selected {
        protocol,
        flags: ResponseFlags(0x7),
    }
}

fn service(state: &str, mode: &str) -> ServiceSeen {
    ServiceSeen {
        state: state.to_owned(),
        start_mode: mode.to_owned(),
        account: "NT AUTHORITY\\NetworkService".to_owned(),
        process: 1_234,
        exit_code: 0,
    }
}

fn local(value: u32) -> Setting {
    Setting {
        value,
        decided_by: Decider::Local,
    }
}

fn settings() -> Settings {
    Settings {
        deny_connections: local(0),
        user_authentication: local(1),
        security_layer: local(2),
        min_encryption: local(2),
        allow_negotiation: local(1),
        port: local(3389),
        win_station: local(1),
        ts_enabled: local(1),
        logon_disabled: local(0),
        drain_mode: local(0),
        max_instances: local(u32::MAX),
        lan_adapter: local(0),
        lan_adapter_exists: None,
        loadable_protocol: Some("{5828227c-20cf-4408-b73f-73ab70b8849f}".to_owned()),
        self_signed_store: Some("Remote Desktop".to_owned()),
        select_transport: local(2),
        disable_restricted_admin: None,
        sessions: Some(1),
    }
}

fn firewall() -> FirewallSeen {
    let profiles = [("Domain", true), ("Private", false), ("Public", false)];
    let rule = |id: &str, protocol: &str| RuleSeen {
        id: id.to_owned(),
        enabled: true,
        blocks: false,
        profiles: Vec::new(),
        protocol: protocol.to_owned(),
        ports: vec!["3389".to_owned()],
    };
    FirewallSeen {
        profiles: profiles
            .map(|(name, active)| ProfileSeen {
                name: name.to_owned(),
                enabled: true,
                active,
                admits: Admits::AllRules,
            })
            .to_vec(),
        rules: vec![
            rule("RemoteDesktop-UserMode-In-TCP", "TCP"),
            rule("RemoteDesktop-UserMode-In-UDP", "UDP"),
        ],
    }
}

fn system() -> System {
    System {
        computer: "TS01".to_owned(),
        dns_name: "ts01.corp.example".to_owned(),
        domain: Some("corp.example".to_owned()),
        build: 20_348,
        ubr: Some(3_091),
        server: true,
        local_time: now(),
        skew_seconds: 0,
        booted: days(-3),
        memory_kib: 16 * 1_024 * 1_024,
        free_memory_kib: 6 * 1_024 * 1_024,
        free_virtual_kib: 8 * 1_024 * 1_024,
        drive_bytes: Some(100 << 30),
        free_drive_bytes: Some(40 << 30),
    }
}

fn services() -> BTreeMap<String, ServiceSeen> {
    let services = [
        ("TermService", "Running", "Manual"),
        ("SessionEnv", "Running", "Manual"),
        ("UmRdpService", "Running", "Manual"),
        ("KeyIso", "Running", "Manual"),
        ("CryptSvc", "Running", "Auto"),
        ("MpsSvc", "Running", "Auto"),
        ("BFE", "Running", "Auto"),
        ("W32Time", "Running", "Auto"),
        ("Netlogon", "Running", "Auto"),
        ("Dnscache", "Running", "Auto"),
    ];
    services
        .map(|(name, state, mode)| (name.to_owned(), service(state, mode)))
        .into()
}

fn inside() -> Inside {
    let logs = [
        "System",
        "Security",
        "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
        "Microsoft-Windows-TerminalServices-Gateway/Operational",
    ];
    let leaf = certificate("TS01", days(100));
    Inside {
        at: now(),
        system: Ok(system()),
        services: Ok(services()),
        settings: Ok(settings()),
        certificates: Ok(Certificates {
            bound: None,
            self_signed: Some(leaf.thumbprint.clone()),
            remote_desktop: vec![leaf],
            personal: Vec::new(),
            template: None,
        }),
        key_file: Ok(KeyFileSeen {
            path: r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys\f686".to_owned(),
            exists: true,
            network_service_reads: Some(true),
            system_full: Some(true),
        }),
        firewall: Ok(firewall()),
        port_owners: Ok(vec![PortOwner {
            address: "0.0.0.0".to_owned(),
            port: 3389,
            process: 1_234,
            is_term_service: true,
        }]),
        tls: Ok(TlsSettings::default()),
        credssp: Ok(CredSspSeen {
            oracle: None,
            tspkg: Some("10.0.20348.3091".to_owned()),
        }),
        rights: Ok(Rights::default()),
        licensing: Ok(LicensingSeen {
            session_host: false,
            mode: local(5),
            grace_days: None,
            servers: Vec::new(),
            connectivity: BTreeMap::new(),
        }),
        gateway: Ok(None),
        dns_servers: Ok(vec!["10.0.0.1".to_owned()]),
        mtu: Ok(BTreeMap::from([("Ethernet".to_owned(), 1_500)])),
        path_back: Ok(PathBack {
            address: "10.0.0.9".to_owned(),
            small_ms: vec![Some(1); 4],
            large_unsplit: Some(true),
        }),
        client: Ok(ClientSettings::default()),
        time_source: Ok("NT5DS".to_owned()),
        events: logs.map(|name| (name.to_owned(), Ok(Vec::new()))).into(),
    }
}

/// Takes a part away.
type Hide = fn(&mut Inside);

/// Every part of the view from inside, with what takes it away.
pub(super) const PARTS: &[(&str, Hide)] = &[
    ("system", |inside| hide(&mut inside.system)),
    ("services", |inside| hide(&mut inside.services)),
    ("settings", |inside| hide(&mut inside.settings)),
    ("certificates", |inside| hide(&mut inside.certificates)),
    ("key file", |inside| hide(&mut inside.key_file)),
    ("firewall", |inside| hide(&mut inside.firewall)),
    ("port owners", |inside| hide(&mut inside.port_owners)),
    ("tls", |inside| hide(&mut inside.tls)),
    ("credssp", |inside| hide(&mut inside.credssp)),
    ("rights", |inside| hide(&mut inside.rights)),
    ("licensing", |inside| hide(&mut inside.licensing)),
    ("gateway", |inside| hide(&mut inside.gateway)),
    ("mtu", |inside| hide(&mut inside.mtu)),
    ("path back", |inside| hide(&mut inside.path_back)),
    ("client", |inside| hide(&mut inside.client)),
    ("time source", |inside| hide(&mut inside.time_source)),
    ("logs", |inside| inside.events.values_mut().for_each(hide)),
];

fn hide<T>(part: &mut Seen<T>) {
    *part = Err(unseen());
}
