//! What a host says about itself over a management session: one read of everything that the catalogue of causes asks about.
//!
//! [`Inside`] is plain data. Each part is [`Seen`]: what was read, or why it could not be read and how to let it be
//! read, because "not seen" must never count as "fine". Decides nothing: that is `diagnosis`'s business.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::certificate::Certificate;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::LogEvent;
use crate::clock::Clock;
use crate::inside::sight::Sight;
use crate::inside::unseen::Topic;

mod certificates;
mod client;
mod credssp;
mod events;
mod firewall;
mod gateway;
mod key_file;
mod licensing;
mod network;
mod port_owners;
mod rights;
mod services;
mod settings;
mod sight;
mod system;
mod time_source;
mod tls;
mod unseen;

/// What was read, or why not.
pub type Seen<T> = Result<T, Unseen>;

/// A part that was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Why, in words without a full stop: "access to Security was denied".
    pub why: String,
    /// How to let it be seen: "put the account into Event Log Readers".
    pub remedy: String,
}

/// Everything that was read of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Inside {
    /// When reading began, by our clock.
    pub at: Timestamp,
    /// The operating system and the computer.
    pub system: Seen<System>,
    /// Services by name, those of [`SERVICES`] that exist.
    pub services: Seen<BTreeMap<String, ServiceSeen>>,
    /// Settings of Remote Desktop, each with who decides it.
    pub settings: Seen<Settings>,
    /// Certificates and the binding of the listener.
    pub certificates: Seen<Certificates>,
    /// The file with the listener's private key.
    pub key_file: Seen<KeyFileSeen>,
    /// Firewall profiles and the rules of Remote Desktop.
    pub firewall: Seen<FirewallSeen>,
    /// Who listens on the port of Remote Desktop.
    pub port_owners: Seen<Vec<PortOwner>>,
    /// TLS settings of the system.
    pub tls: Seen<TlsSettings>,
    /// CredSSP and delegation.
    pub credssp: Seen<CredSspSeen>,
    /// Who may sign in.
    pub rights: Seen<Rights>,
    /// Licensing of the session host role.
    pub licensing: Seen<LicensingSeen>,
    /// The gateway role; `Ok(None)` when it is not installed.
    pub gateway: Seen<Option<GatewayRole>>,
    /// DNS servers of the host, by interface.
    pub dns_servers: Seen<Vec<String>>,
    /// MTU of each connected IPv4 or IPv6 interface, bytes, by alias.
    pub mtu: Seen<BTreeMap<String, u32>>,
    /// Answers of the host's own pings to us.
    pub path_back: Seen<PathBack>,
    /// Settings of the machine in its role as a client.
    pub client: Seen<ClientSettings>,
    /// Where the clock takes its time from: `NTP`, `NT5DS`, `AllSync`, `NoSync`.
    pub time_source: Seen<String>,
    /// Events of the logs, oldest first, over the time that was asked for; each log on its own, because rights differ.
    pub events: BTreeMap<String, Seen<Vec<LogEvent>>>,
}

/// How to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookOptions {
    /// How far back events are read.
    pub events_back: std::time::Duration,
    /// The address that the host sees us come from, when it is known; the host pings it.
    pub our_address: Option<std::net::IpAddr>,
}

/// Reads everything, all at once as far as the session lets it. Never fails: what cannot be read is [`Unseen`].
///
/// The clock is read first and alone, because its skew is told by the round trip.
pub async fn look(host: &dyn CimReader, clock: &dyn Clock, options: &LookOptions) -> Inside {
    let mut inside = Inside::not_asked(clock.now());
    let seen = &mut inside;
    let running = system::running(host, clock).await;
    let local_time = running.as_ref().map_or(seen.at, |found| found.local_time);
    let since = local_time.checked_sub(options.events_back);
    let sight = &Sight::of(host);
    tokio::join!(
        fill(
            &mut seen.system,
            &system::TOPIC,
            system::look(host, running)
        ),
        fill(&mut seen.services, &services::TOPIC, services::look(sight)),
        fill(&mut seen.settings, &settings::TOPIC, settings::look(sight)),
        fill(
            &mut seen.certificates,
            &certificates::TOPIC,
            certificates::look(sight)
        ),
        fill(&mut seen.key_file, &key_file::TOPIC, key_file::look(host)),
        fill(&mut seen.firewall, &firewall::TOPIC, firewall::look(sight)),
        fill(
            &mut seen.port_owners,
            &port_owners::TOPIC,
            port_owners::look(sight)
        ),
        fill(&mut seen.tls, &tls::TOPIC, tls::look(sight)),
        fill(&mut seen.credssp, &credssp::TOPIC, credssp::look(sight)),
        fill(&mut seen.rights, &rights::TOPIC, rights::look(host)),
        fill(
            &mut seen.licensing,
            &licensing::TOPIC,
            licensing::look(sight)
        ),
        fill(&mut seen.gateway, &gateway::TOPIC, gateway::look(sight)),
        fill(
            &mut seen.dns_servers,
            &network::DNS,
            network::name_servers(host)
        ),
        fill(&mut seen.mtu, &network::MTU, network::mtu(host)),
        path_back(&mut seen.path_back, host, options),
        fill(&mut seen.client, &client::TOPIC, client::look(sight)),
        fill(
            &mut seen.time_source,
            &time_source::TOPIC,
            time_source::look(host)
        ),
        async { seen.events = events::look(sight, since.unwrap_or(Timestamp::MIN)).await },
    );
    inside
}

/// Puts in its place what was read, or what its failure means.
fn fill<'a, T: Send>(
    place: &'a mut Seen<T>,
    topic: &'static Topic,
    read: impl Future<Output = Result<T, CimError>> + Send + 'a,
) -> BoxFuture<'a, ()> {
    Box::pin(async move { *place = read.await.map_err(|error| topic.unseen(&error)) })
}

fn path_back<'a>(
    place: &'a mut Seen<PathBack>,
    host: &'a dyn CimReader,
    options: &LookOptions,
) -> BoxFuture<'a, ()> {
    if let Some(address) = options.our_address {
        return fill(
            place,
            &network::PATH_BACK,
            network::path_back(host, address),
        );
    }
    *place = Err(Unseen {
        why: "the address that the host sees us come from is not known".to_owned(),
        remedy: "run it from a machine that the host can reach by one address".to_owned(),
    });
    Box::pin(async {})
}

impl Inside {
    /// A view in which nothing was asked for yet.
    pub fn not_asked(at: Timestamp) -> Self {
        let nothing = || Unseen {
            why: "it was not asked for".to_owned(),
            remedy: "run `rdpfix diagnose` with an account of `Administrators` on the host"
                .to_owned(),
        };
        Self {
            at,
            system: Err(nothing()),
            services: Err(nothing()),
            settings: Err(nothing()),
            certificates: Err(nothing()),
            key_file: Err(nothing()),
            firewall: Err(nothing()),
            port_owners: Err(nothing()),
            tls: Err(nothing()),
            credssp: Err(nothing()),
            rights: Err(nothing()),
            licensing: Err(nothing()),
            gateway: Err(nothing()),
            dns_servers: Err(nothing()),
            mtu: Err(nothing()),
            path_back: Err(nothing()),
            client: Err(nothing()),
            time_source: Err(nothing()),
            events: BTreeMap::new(),
        }
    }
}

/// The services that are read.
pub const SERVICES: &[&str] = &[
    "TermService",
    "SessionEnv",
    "UmRdpService",
    "CertPropSvc",
    "KeyIso",
    "CryptSvc",
    "MpsSvc",
    "BFE",
    "W32Time",
    "Netlogon",
    "Dnscache",
    "Tssdis",
    "RDMS",
    "TScPubRPC",
    "TermServLicensing",
    "TSGateway",
    "W3SVC",
    "WAS",
    "IAS",
];

/// The operating system and the computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// NetBIOS name.
    pub computer: String,
    /// DNS host name, with the domain when it has one.
    pub dns_name: String,
    /// The domain, or `None` in a workgroup.
    pub domain: Option<String>,
    /// `CurrentBuildNumber`.
    pub build: u32,
    /// `UBR`, which rises with each cumulative update.
    pub ubr: Option<u32>,
    /// Whether it is a server.
    pub server: bool,
    /// The host's clock.
    pub local_time: Timestamp,
    /// Host minus us, in seconds, half a round trip taken off.
    pub skew_seconds: i64,
    /// When it was started.
    pub booted: Timestamp,
    /// Physical memory, KiB.
    pub memory_kib: u64,
    /// Free physical memory, KiB.
    pub free_memory_kib: u64,
    /// Free virtual memory, KiB.
    pub free_virtual_kib: u64,
    /// Size of the system drive, bytes.
    pub drive_bytes: Option<u64>,
    /// Free space on the system drive, bytes.
    pub free_drive_bytes: Option<u64>,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSeen {
    /// `Running`, `Stopped`, `Start Pending`, … as Win32_Service.State spells it.
    pub state: String,
    /// `Auto`, `Manual`, `Disabled`, …
    pub start_mode: String,
    /// The account that it runs as.
    pub account: String,
    /// The process, 0 when it does not run.
    pub process: u32,
    /// Win32 error of its last end.
    pub exit_code: u32,
}

/// Who decides a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// Group Policy.
    Policy,
    /// A value of the host.
    Local,
    /// Nobody: what Windows does without a value.
    Default,
}

/// A value with who decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The effective value, as Windows numbers it.
    pub value: u32,
    /// Who decides it.
    pub decided_by: Decider,
}

/// Settings of Remote Desktop (windows-facts 4.1). The registry's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `fDenyTSConnections`: 1 refuses everybody.
    pub deny_connections: Setting,
    /// `UserAuthentication`: 1 requires NLA.
    pub user_authentication: Setting,
    /// `SecurityLayer`: 0 RDP, 1 negotiate, 2 TLS.
    pub security_layer: Setting,
    /// `MinEncryptionLevel`: 1 low to 4 FIPS.
    pub min_encryption: Setting,
    /// `fAllowSecProtocolNegotiation`: 0 switches the negotiation off.
    pub allow_negotiation: Setting,
    /// `PortNumber`.
    pub port: Setting,
    /// `fEnableWinStation`: 0 switches the listener off.
    pub win_station: Setting,
    /// `TSEnabled`.
    pub ts_enabled: Setting,
    /// `fLogonDisabled` of the listener: 1 refuses new sign-ins.
    pub logon_disabled: Setting,
    /// `TSServerDrainMode`: 1 and 2 refuse new sessions.
    pub drain_mode: Setting,
    /// `MaxInstanceCount`: 0xFFFFFFFF is no limit.
    pub max_instances: Setting,
    /// `LanAdapter`: 0 is every adapter.
    pub lan_adapter: Setting,
    /// Whether that adapter exists; `None` when every adapter is meant or it cannot be told.
    pub lan_adapter_exists: Option<bool>,
    /// `LoadableProtocol_Object`, absent when the value is missing.
    pub loadable_protocol: Option<String>,
    /// `SelfSignedCertStore`, absent when the value is missing.
    pub self_signed_store: Option<String>,
    /// `SelectTransport`: 0 UDP and TCP, 1 TCP only, 2 either.
    pub select_transport: Setting,
    /// `DisableRestrictedAdmin` of the LSA; absent means refused, 0 means allowed.
    pub disable_restricted_admin: Option<u32>,
    /// Sessions at this moment, when the host counts them.
    pub sessions: Option<u32>,
}

/// Certificates and the binding of the listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// Thumbprint of an explicit binding (`SSLCertificateSHA1Hash`), upper-case hex.
    pub bound: Option<String>,
    /// Thumbprint that `SelfSignedCertificate` points to.
    pub self_signed: Option<String>,
    /// Certificates of the store "Remote Desktop".
    pub remote_desktop: Vec<Certificate>,
    /// Certificates of the personal store of the computer.
    pub personal: Vec<Certificate>,
    /// Template that Group Policy names.
    pub template: Option<String>,
}

impl Certificates {
    /// The certificate that the settings amount to; `None` when what they name is gone.
    pub fn in_use(&self) -> Option<&Certificate> {
        let find = |store: &'_ [Certificate], thumbprint: &str| {
            store
                .iter()
                .position(|one| one.thumbprint.eq_ignore_ascii_case(thumbprint))
        };
        if let Some(bound) = &self.bound {
            return find(&self.personal, bound)
                .and_then(|at| self.personal.get(at))
                .or_else(|| {
                    find(&self.remote_desktop, bound).and_then(|at| self.remote_desktop.get(at))
                });
        }
        let pointed = self.self_signed.as_deref()?;
        find(&self.remote_desktop, pointed).and_then(|at| self.remote_desktop.get(at))
    }
}

/// The file with the listener's private key (windows-facts 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFileSeen {
    /// Its path.
    pub path: String,
    /// Whether it is there.
    pub exists: bool,
    /// Whether NETWORK SERVICE may read it; `None` when its rights could not be read.
    pub network_service_reads: Option<bool>,
    /// Whether SYSTEM has full control; `None` when its rights could not be read.
    pub system_full: Option<bool>,
}

/// A firewall profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSeen {
    /// `Domain`, `Private`, `Public`.
    pub name: String,
    /// Whether the firewall is on in it.
    pub enabled: bool,
    /// Whether it is active on some connection.
    pub active: bool,
    /// What it lets in.
    pub admits: Admits,
}

/// What a firewall profile lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// What rules allow.
    AllRules,
    /// What rules of Group Policy allow; rules of the host do not count (AllowLocalFirewallRules 0).
    PolicyRules,
    /// Nothing, whatever the rules say (AllowInboundRules 0).
    Nothing,
}

/// A rule that lets Remote Desktop in, or blocks its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSeen {
    /// InstanceID.
    pub id: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it blocks.
    pub blocks: bool,
    /// The profiles in which it counts; empty means all.
    pub profiles: Vec<String>,
    /// `TCP`, `UDP`, `Any`, …
    pub protocol: String,
    /// Local ports, `Any` among them.
    pub ports: Vec<String>,
}

/// The firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallSeen {
    /// The three profiles.
    pub profiles: Vec<ProfileSeen>,
    /// Rules of the group "Remote Desktop" and rules for the port that is in use.
    pub rules: Vec<RuleSeen>,
}

/// A listening socket on the port of Remote Desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Local address.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The process.
    pub process: u32,
    /// Whether it is the process of TermService.
    pub is_term_service: bool,
}

/// TLS settings of the system (windows-facts 5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// Versions that are switched on or off for servers: `TLS 1.2` and whether it is on. Absent means the default.
    pub server_versions: BTreeMap<String, bool>,
    /// Cipher suites that policy allows; absent means the default.
    pub cipher_policy: Option<Vec<String>>,
    /// `FIPSAlgorithmPolicy` Enabled.
    pub fips: bool,
}

/// CredSSP (windows-facts 4.5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredSspSeen {
    /// `AllowEncryptionOracle`: 0 force updated clients, 1 mitigated, 2 vulnerable; absent means 1.
    pub oracle: Option<u32>,
    /// Version of TSpkg.dll: `10.0.14393.2248`.
    pub tspkg: Option<String>,
}

/// Who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// Members of Remote Desktop Users, `DOMAIN\name`.
    pub remote_desktop_users: Vec<String>,
    /// Local accounts that are locked out.
    pub locked_out: Vec<String>,
    /// Local accounts that are disabled.
    pub disabled: Vec<String>,
}

/// Licensing (windows-facts 9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensingSeen {
    /// Whether the session host role is installed (`TerminalServerMode` 1); otherwise licensing does not matter.
    pub session_host: bool,
    /// `LicensingType`: 2 per device, 4 per user, 5 not set.
    pub mode: Setting,
    /// Days left of the grace period; `None` when the host does not tell.
    pub grace_days: Option<u32>,
    /// Licence servers that are named.
    pub servers: Vec<String>,
    /// `GetTStoLSConnectivityStatus` of each.
    pub connectivity: BTreeMap<String, u32>,
}

/// The gateway role (windows-facts 9.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRole {
    /// Thumbprint of its certificate, upper-case hex; `None` when none is bound.
    pub certificate: Option<String>,
    /// That certificate, when it is in the personal store.
    pub found: Option<Certificate>,
    /// Whether the HTTP transport is on.
    pub http: Option<bool>,
    /// Whether it is configured.
    pub configured: bool,
}

/// The host's own pings to the address that we come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathBack {
    /// Whom it pinged.
    pub address: String,
    /// Small packets: milliseconds, absent for each that was lost.
    pub small_ms: Vec<Option<u32>>,
    /// Whether a packet of 1,472 bytes that must not be split got through; `None` when it was not tried.
    pub large_unsplit: Option<bool>,
}

/// The machine in its role as a client (windows-facts 4.3, 8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientSettings {
    /// `fClientDisableUDP`.
    pub udp_disabled: bool,
    /// `RestrictedRemoteAdministration` and its type: RestrictedAdmin or Remote Credential Guard is demanded.
    pub restricted_type: Option<u32>,
    /// Whether delegation of fresh credentials is switched off or narrowed by policy to a list without `TERMSRV/*`.
    pub delegation_denied: bool,
    /// TLS versions switched off for clients.
    pub tls_off: Vec<String>,
}
