//! Which tasks mend which cause, in the order of repair: least intrusive first, the listener's key and port last
//! (windows-facts 14).

use super::Restart;
use super::Task;
use super::quoted;
use crate::diagnosis::Case;
use crate::diagnosis::Ranked;
use crate::diagnosis::signs::firewall;
use crate::diagnosis::signs::firewall::Gate;
use crate::diagnosis::signs::firewall::Shut;
use crate::diagnosis::signs::host;
use crate::diagnosis::signs::listener;
use crate::diagnosis::signs::policy;
use crate::diagnosis::signs::port;
use crate::diagnosis::signs::security;
use crate::diagnosis::signs::service;
use crate::diagnosis::signs::tls;
use crate::finding::Cause;
use crate::inside::Inside;
use crate::inside::ServiceSeen;

/// The rule that lets Remote Desktop in (windows-facts 6.1).
const RULE: &str = "RemoteDesktop-UserMode-In-TCP";
/// `TSKEY` and `RDPTCP` of windows-facts 0.4.
const TERMINAL_SERVER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server";
const STATIONS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations";
const LISTENER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
const TLS_1_2: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server";

/// What mends a cause.
type Repair = fn(&Case<'_>) -> Vec<Task>;

/// The order of repair.
const ORDER: [(Cause, Repair); 16] = [
    (Cause::ServiceDown, service_down),
    (Cause::RolesServices, roles_services),
    (Cause::GatewayHttp, gateway_http),
    (Cause::TimeSkew, time_skew),
    (Cause::RdpDisabled, rdp_disabled),
    (Cause::FirewallClosed, firewall_closed),
    (Cause::SessionLimit, session_limit),
    (Cause::ListenerBroken, listener_broken),
    (Cause::CertExpired, |_| certificate(Cause::CertExpired)),
    (Cause::CertMissing, |_| certificate(Cause::CertMissing)),
    (Cause::CertWeak, |_| certificate(Cause::CertWeak)),
    (Cause::SecurityLayerMismatch, security_layer),
    (Cause::NlaMismatch, nla),
    (Cause::TlsMismatch, tls_mismatch),
    (Cause::CredSspOracle, |_| credssp()),
    (Cause::PortMismatch, port_mismatch),
];

/// The tasks for these causes.
pub(super) fn tasks(case: &Case<'_>, causes: &[&Ranked]) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for (mended, make) in ORDER {
        if !causes.iter().any(|one| one.cause == mended) {
            continue;
        }
        for task in make(case) {
            // Two causes may be mended by one task.
            let same = |known: &&mut Task| {
                known.resource == task.resource
                    && (known.resource == "rdp_certificate" || known.resource == "rdp_listener")
            };
            match tasks.iter_mut().find(same) {
                Some(known) => merge(known, task),
                None => tasks.push(task),
            }
        }
    }
    tasks
}

fn merge(known: &mut Task, other: Task) {
    for (name, value) in other.properties {
        if !known.properties.iter().any(|(have, _)| *have == name) {
            known.properties.push((name, value));
        }
    }
    known.remark = known.remark.or(other.remark);
}

fn task(
    cause: Cause,
    name: impl Into<String>,
    resource: &'static str,
    properties: &[(&'static str, &str)],
) -> Task {
    Task {
        cause,
        name: name.into(),
        resource,
        properties: properties
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        remark: None,
        restart: Restart::NotNeeded,
    }
}

fn number(cause: Cause, name: &str, key: &str, value: &str, data: u32) -> Task {
    task(
        cause,
        name,
        "registry_value",
        &[
            ("key", key),
            ("name", value),
            ("type", "dword"),
            ("data", &data.to_string()),
        ],
    )
}

fn words(cause: Cause, name: &str, key: &str, value: &str, data: &str) -> Task {
    task(
        cause,
        name,
        "registry_value",
        &[
            ("key", key),
            ("name", value),
            ("type", "string"),
            ("data", &quoted(data)),
        ],
    )
}

impl Task {
    fn remark(mut self, remark: &'static str) -> Self {
        self.remark = Some(remark);
        self
    }

    fn restarts(mut self) -> Self {
        self.restart = Restart::Needed;
        self
    }
}

fn seen<'a>(case: &Case<'a>) -> Option<&'a Inside> {
    case.inside.ok()
}

fn service_seen<'a>(case: &Case<'a>, name: &str) -> Option<&'a ServiceSeen> {
    seen(case)?.services.as_ref().ok()?.get(name)
}

fn is_disabled(case: &Case<'_>, name: &str) -> bool {
    service_seen(case, name)
        .is_some_and(|service| service.start_mode.eq_ignore_ascii_case("Disabled"))
}

fn is_running(case: &Case<'_>, name: &str) -> bool {
    service_seen(case, name).is_some_and(|service| service.state.eq_ignore_ascii_case("Running"))
}

/// Services with the start mode that Windows gives them (windows-facts 7), those that others need first.
const START_MODES: [(&str, &str); 6] = [
    ("BFE", "automatic"),
    ("MpsSvc", "automatic"),
    ("CryptSvc", "automatic"),
    ("KeyIso", "manual"),
    ("SessionEnv", "manual"),
    ("UmRdpService", "manual"),
];

fn service_down(case: &Case<'_>) -> Vec<Task> {
    let mut tasks: Vec<Task> = START_MODES
        .iter()
        .filter(|(name, _)| is_disabled(case, name))
        .map(|(name, mode)| {
            task(
                Cause::ServiceDown,
                format!("{name} may start"),
                "service",
                &[("name", name), ("start_mode", mode)],
            )
        })
        .collect();
    if service::SERVICE_STOPPED.is_there(case) || seen(case).is_none() {
        tasks.push(task(
            Cause::ServiceDown,
            "Remote Desktop Services runs",
            "service",
            &[
                ("name", "TermService"),
                ("state", "running"),
                ("start_mode", "manual"),
            ],
        ));
    }
    tasks
}

/// Those of these services that are installed and do not run.
fn started(case: &Case<'_>, mended: Cause, names: &[&str]) -> Vec<Task> {
    names
        .iter()
        .filter(|name| service_seen(case, name).is_some() && !is_running(case, name))
        .map(|name| {
            task(
                mended,
                format!("{name} runs"),
                "service",
                &[
                    ("name", name),
                    ("state", "running"),
                    ("start_mode", "automatic"),
                ],
            )
        })
        .collect()
}

fn roles_services(case: &Case<'_>) -> Vec<Task> {
    let names = [
        "TermServLicensing",
        "Tssdis",
        "RDMS",
        "TScPubRPC",
        "TSGateway",
    ];
    started(case, Cause::RolesServices, &names)
}

fn gateway_http(case: &Case<'_>) -> Vec<Task> {
    started(case, Cause::GatewayHttp, &["WAS", "W3SVC"])
}

fn time_skew(case: &Case<'_>) -> Vec<Task> {
    if service_seen(case, "W32Time").is_none() || is_running(case, "W32Time") {
        return Vec::new();
    }
    let properties: &[(&str, &str)] = if is_disabled(case, "W32Time") {
        &[
            ("name", "W32Time"),
            ("state", "running"),
            ("start_mode", "automatic"),
        ]
    } else {
        &[("name", "W32Time"), ("state", "running")]
    };
    vec![task(
        Cause::TimeSkew,
        "Windows Time runs",
        "service",
        properties,
    )]
}

fn rdp_disabled(case: &Case<'_>) -> Vec<Task> {
    let mut tasks = Vec::new();
    let denied = listener::CONNECTIONS_DENIED.is_there(case) || seen(case).is_none();
    if denied && !policy::POLICY_DENIES.is_there(case) {
        tasks.push(task(
            Cause::RdpDisabled,
            "Connections are allowed",
            "rdp_access",
            &[("connections", "allowed")],
        ));
    }
    if listener::SERVER_OFF.is_there(case) {
        let name = "Terminal Services are switched on";
        tasks.push(
            number(Cause::RdpDisabled, name, TERMINAL_SERVER, "TSEnabled", 1)
                .remark("Takes effect when the host starts the next time."),
        );
    }
    tasks
}

fn port_in_use(case: &Case<'_>) -> u32 {
    seen(case)
        .and_then(|inside| inside.settings.as_ref().ok())
        .map_or(port::USUAL, |settings| settings.port.value)
}

fn firewall_closed(case: &Case<'_>) -> Vec<Task> {
    let plain = || {
        task(
            Cause::FirewallClosed,
            "The firewall lets Remote Desktop in",
            "firewall_rule",
            &[("id", RULE), ("enabled", "true")],
        )
    };
    let Some(Ok(firewall)) = seen(case).map(|inside| inside.firewall.as_ref()) else {
        return vec![plain()];
    };
    let known = |id: &str| firewall.rules.iter().any(|rule| rule.id == id);
    let shut = firewall::shut_profiles(firewall, port_in_use(case));
    shut.iter()
        .find_map(|(profile, why)| match why {
            Shut::RulesOff if known(RULE) => Some(plain()),
            Shut::RulesOff => Some(own_rule(port_in_use(case))),
            // A rule is never opened for public networks: whoever wants that says so.
            Shut::OtherProfiles(_) if !profile.name.eq_ignore_ascii_case("Public") => {
                let mut task = plain();
                let profiles = ("profiles", "[domain, private]".to_owned());
                task.properties.push(profiles);
                Some(task)
            }
            Shut::OtherProfiles(_)
            | Shut::OtherPorts(_)
            | Shut::Nothing
            | Shut::Blocked(_)
            | Shut::LocalRulesIgnored => None,
        })
        .into_iter()
        .collect()
}

/// The built-in rule is gone and cannot be brought back, so one of our own takes its place.
fn own_rule(port: u32) -> Task {
    task(
        Cause::FirewallClosed,
        "A firewall rule lets Remote Desktop in",
        "firewall_rule",
        &[
            ("id", "rdpfix-remote-desktop-in-tcp"),
            ("enabled", "true"),
            ("port", &port.to_string()),
            ("protocol", "tcp"),
            ("profiles", "[domain, private]"),
            ("create", "true"),
        ],
    )
    .remark("The rule that Windows brings along is gone.")
}

fn session_limit(case: &Case<'_>) -> Vec<Task> {
    let mut tasks = Vec::new();
    if host::DRAINING.is_there(case) {
        let name = "The server takes new sessions";
        tasks.push(
            number(
                Cause::SessionLimit,
                name,
                TERMINAL_SERVER,
                "TSServerDrainMode",
                0,
            )
            .remark("Somebody may have set drain mode on purpose, for maintenance: ask first."),
        );
    }
    if host::LOGONS_OFF.is_there(case) {
        let name = "New sign-ins are allowed";
        tasks.push(
            number(Cause::SessionLimit, name, LISTENER, "fLogonDisabled", 0)
                .remark("Somebody may have switched them off on purpose: ask first."),
        );
    }
    let none_allowed = seen(case)
        .and_then(|inside| inside.settings.as_ref().ok())
        .is_some_and(|settings| settings.max_instances.value == 0);
    if none_allowed && !policy::POLICY_LIMIT.is_there(case) {
        let name = "The number of connections is not limited";
        tasks.push(number(
            Cause::SessionLimit,
            name,
            LISTENER,
            "MaxInstanceCount",
            u32::MAX,
        ));
    }
    tasks
}

fn listener_broken(case: &Case<'_>) -> Vec<Task> {
    let mended = Cause::ListenerBroken;
    let repairs = [
        (
            &listener::PROTOCOL_WRONG,
            words(
                mended,
                "The listener loads RDP",
                LISTENER,
                "LoadableProtocol_Object",
                listener::PROTOCOL_OBJECT,
            ),
        ),
        (
            &listener::STATION_OFF,
            number(
                mended,
                "The listener is switched on",
                LISTENER,
                "fEnableWinStation",
                1,
            ),
        ),
        (
            &listener::STORE_UNNAMED,
            words(
                mended,
                "The store of the listener's certificate is named",
                STATIONS,
                "SelfSignedCertStore",
                "Remote Desktop",
            ),
        ),
        (
            &listener::ADAPTER_GONE,
            number(
                mended,
                "The listener uses every network adapter",
                LISTENER,
                "LanAdapter",
                0,
            ),
        ),
    ];
    let mut tasks: Vec<Task> = repairs
        .into_iter()
        .filter(|(sign, _)| sign.is_there(case))
        .map(|(_, task)| task.restarts())
        .collect();
    if listener::STORE_UNNAMED.is_there(case) {
        tasks.extend(certificate(mended));
    }
    tasks
}

fn certificate(cause: Cause) -> Vec<Task> {
    vec![
        task(
            cause,
            "The listener certificate is valid and names the host",
            "rdp_certificate",
            &[
                ("state", "valid"),
                ("min_key_bits", "2048"),
                ("names_host", "true"),
            ],
        )
        .remark(
            "One that the host signed itself is made anew by SessionEnv; one of an authority is renewed by a person.",
        ),
    ]
}

fn security_layer(case: &Case<'_>) -> Vec<Task> {
    let mended = Cause::SecurityLayerMismatch;
    let mut tasks = Vec::new();
    if !policy::POLICY_LAYER.is_there(case) {
        let mut properties = vec![("security_layer", "tls")];
        if security::LEVEL_CONTRADICTS.is_there(case) {
            properties.push(("min_encryption", "client_compatible"));
        }
        tasks.push(task(
            mended,
            "The listener negotiates TLS",
            "rdp_listener",
            &properties,
        ));
    }
    if security::NEGOTIATION_OFF.is_there(case) {
        let name = "The listener negotiates the security protocol";
        tasks.push(number(mended, name, LISTENER, "fAllowSecProtocolNegotiation", 1).restarts());
    }
    tasks
}

fn nla(case: &Case<'_>) -> Vec<Task> {
    if policy::POLICY_NLA.is_there(case) {
        return Vec::new();
    }
    vec![task(
        Cause::NlaMismatch,
        "Clients sign in before they get a session",
        "rdp_listener",
        &[("nla", "required")],
    )]
}

fn tls_mismatch(case: &Case<'_>) -> Vec<Task> {
    let mended = Cause::TlsMismatch;
    let off = tls::VERSIONS_OFF.is_there(case)
        || tls::OLDER_OFF.is_there(case)
        || (tls::NO_CURRENT_TLS.is_there(case) && seen(case).is_none());
    if !off {
        return Vec::new();
    }
    let name = "TLS 1.2 is switched on for servers";
    vec![
        number(mended, name, TLS_1_2, "Enabled", 1).restarts(),
        number(
            mended,
            "TLS 1.2 is on by default",
            TLS_1_2,
            "DisabledByDefault",
            0,
        )
        .restarts(),
    ]
}

fn credssp() -> Vec<Task> {
    vec![
        task(
            Cause::CredSspOracle,
            "CredSSP is not open to the oracle attack",
            "credssp",
            &[("encryption_oracle", "mitigated")],
        )
        .remark("Takes effect after a restart of the host."),
    ]
}

fn port_mismatch(case: &Case<'_>) -> Vec<Task> {
    let moved = port::PORT_MOVED.is_there(case) || port::FIREWALL_ELSEWHERE.is_there(case);
    let Some(Ok(firewall)) = seen(case).map(|inside| inside.firewall.as_ref()) else {
        return Vec::new();
    };
    // Where clients are answered on the port in use, they have to be told of it instead.
    if !moved || port::OWN_PORT_ANSWERS.is_there(case) {
        return Vec::new();
    }
    let wanted = match firewall::gate(firewall, port_in_use(case)) {
        Gate::Elsewhere(ports) => match ports.as_slice() {
            [one] => one.parse().unwrap_or(port::USUAL),
            _ => port::USUAL,
        },
        Gate::Open(_) | Gate::Closed(_) | Gate::Partly(_) => port::USUAL,
    };
    let shown = wanted.to_string();
    vec![
        task(
            Cause::PortMismatch,
            "The listener is where clients look for it",
            "rdp_listener",
            &[("port", &shown)],
        )
        .remark("Or leave the port, let it in through the firewall, and set `rdp_port` in the inventory."),
        task(
            Cause::PortMismatch,
            "The firewall lets that port in",
            "firewall_rule",
            &[("id", RULE), ("enabled", "true"), ("port", &shown)],
        ),
    ]
}
