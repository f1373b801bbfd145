//! What can be the matter with a host of the lab, under the identifiers of the catalogue of causes.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::Identity;
use crate::lab::machine::Machine;
use crate::lab::machine::Token;
use crate::lab::machine::certificates::KeyFile;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::certificates::SELF_SIGNED_LIFETIME;
use crate::lab::machine::certificates::Store;
use crate::lab::machine::certificates::shared_key;
use crate::lab::machine::firewall::REMOTE_DESKTOP_GROUP;
use crate::lab::machine::firewall::Switch;
use crate::lab::machine::os::Build;
use crate::lab::machine::os::Membership;
use crate::lab::machine::power;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::StartMode;
use crate::lab::machine::terminal_services;
use crate::lab::machine::terminal_services::Setting;
use crate::lab::mishap::Mishap;
use crate::lab::mishap::RdpMishap;
use crate::lab::mishap::Trouble;

mod account;
mod inside;
mod outside;
mod past;

/// What is the matter with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing.
    Healthy,
    /// Remote Desktop is switched off.
    RdpDisabled,
    /// TermService is stopped and disabled.
    ServiceDown,
    /// It listens on another port than its firewall admits and its users expect.
    PortMismatch,
    /// The firewall rules of Remote Desktop are off.
    FirewallClosed,
    /// The listener's certificate has expired.
    CertExpired,
    /// The listener has no certificate.
    CertMissing,
    /// The listener's certificate bears the host's former name.
    CertWeak,
    /// NLA is not required.
    NlaMismatch,
    /// Only the old RDP security is offered.
    SecurityLayerMismatch,
    /// The CredSSP oracle is open.
    CredSspOracle,
    /// Group Policy switches NLA off.
    PolicyOwned,
    /// The key of the expired certificate cannot be read.
    MachineKeys,
    /// Signing in works, managing does not.
    AccessDenied,
    /// Its management service does not listen.
    Unreachable,
    /// Something on the way to the Remote Desktop port drops packets.
    TcpBlocked,
    /// Another machine answers at the host's Remote Desktop address.
    DnsName,
    /// The way to the Remote Desktop port is slow and loses connections.
    PathQuality,
    /// Large packets are lost on the way to the Remote Desktop port.
    PathMtu,
    /// The registry key of the listener is damaged.
    ListenerBroken,
    /// TLS 1.2 and 1.3 are switched off, TLS 1.0 alone is left.
    TlsMismatch,
    /// The account for every day is locked out, and administrators may not use Remote Desktop.
    CredentialsRejected,
    /// Clients are told to demand RestrictedAdmin, which the host refuses.
    RestrictedAdmin,
    /// The clock is two hours behind.
    TimeSkew,
    /// The secure channel to the domain is broken.
    DomainTrust,
    /// The UDP transport fails and falls back to TCP.
    UdpTransport,
    /// The host lacks the CredSSP update of 2018.
    PatchLevel,
    /// Memory and system drive are full.
    HostResources,
    /// The server is in drain mode and takes no new sessions.
    SessionLimit,
    /// The licensing grace period is over and no licence server is named.
    Licensing,
    /// The certificate of the gateway role has expired.
    GatewayCertificate,
    /// The web server behind the gateway role is stopped.
    GatewayHttp,
    /// The connection broker does not run.
    RolesServices,
    /// The machine's own policy forbids delegating credentials.
    ClientPolicy,
    /// It waits for a reboot.
    RebootPending,
}

impl Kind {
    /// All of them, in the order of a fleet.
    pub const ALL: &[Self] = &[
        Self::Healthy,
        Self::RdpDisabled,
        Self::ServiceDown,
        Self::PortMismatch,
        Self::FirewallClosed,
        Self::CertExpired,
        Self::CertMissing,
        Self::CertWeak,
        Self::NlaMismatch,
        Self::SecurityLayerMismatch,
        Self::CredSspOracle,
        Self::PolicyOwned,
        Self::Unreachable,
        Self::MachineKeys,
        Self::AccessDenied,
        Self::TcpBlocked,
        Self::DnsName,
        Self::PathQuality,
        Self::PathMtu,
        Self::ListenerBroken,
        Self::TlsMismatch,
        Self::CredentialsRejected,
        Self::RestrictedAdmin,
        Self::TimeSkew,
        Self::DomainTrust,
        Self::UdpTransport,
        Self::PatchLevel,
        Self::HostResources,
        Self::SessionLimit,
        Self::Licensing,
        Self::GatewayCertificate,
        Self::GatewayHttp,
        Self::RolesServices,
        Self::ClientPolicy,
        Self::RebootPending,
    ];

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The identifier.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::RdpDisabled => "rdp-disabled",
            Self::ServiceDown => "service-down",
            Self::PortMismatch => "port-mismatch",
            Self::FirewallClosed => "firewall-closed",
            Self::CertExpired => "cert-expired",
            Self::CertMissing => "cert-missing",
            Self::CertWeak => "cert-weak",
            Self::NlaMismatch => "nla-mismatch",
            Self::SecurityLayerMismatch => "security-layer-mismatch",
            Self::CredSspOracle => "credssp-oracle",
            Self::PolicyOwned => "policy-owned",
            Self::MachineKeys => "machine-keys",
            Self::AccessDenied => "access-denied",
            Self::Unreachable => "unreachable",
            Self::TcpBlocked => "tcp-blocked",
            Self::DnsName => "dns-name",
            Self::PathQuality => "path-quality",
            Self::PathMtu => "path-mtu",
            Self::ListenerBroken => "listener-broken",
            Self::TlsMismatch => "tls-mismatch",
            Self::CredentialsRejected => "credentials-rejected",
            Self::RestrictedAdmin => "restricted-admin",
            Self::TimeSkew => "time-skew",
            Self::DomainTrust => "domain-trust",
            Self::UdpTransport => "udp-transport",
            Self::PatchLevel => "patch-level",
            Self::HostResources => "host-resources",
            Self::SessionLimit => "session-limit",
            Self::Licensing => "licensing",
            Self::GatewayCertificate => "gateway-certificate",
            Self::GatewayHttp => "gateway-http",
            Self::RolesServices => "roles-services",
            Self::ClientPolicy => "client-policy",
            Self::RebootPending => "reboot-pending",
        }
    }

    /// One sentence for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Healthy => "anybody can connect",
            Self::RdpDisabled => "Remote Desktop is switched off",
            Self::ServiceDown => "TermService is stopped and disabled",
            Self::PortMismatch => "the listener is on port 3390, the firewall admits 3389",
            Self::FirewallClosed => "the Remote Desktop rules of the firewall are off",
            Self::CertExpired => "the listener's certificate has expired",
            Self::CertMissing => "the listener's certificate is gone",
            Self::CertWeak => "the listener's certificate bears the computer's former name",
            Self::NlaMismatch => "Network Level Authentication is not required",
            Self::SecurityLayerMismatch => "only the old RDP security layer is offered, no TLS",
            Self::CredSspOracle => "the encryption-oracle setting leaves the host vulnerable",
            Self::PolicyOwned => "Group Policy switches Network Level Authentication off",
            Self::MachineKeys => "the certificate has expired and its key file cannot be read",
            Self::AccessDenied => "signing in works but the account may not manage",
            Self::Unreachable => "the management service does not listen",
            Self::TcpBlocked => "something on the way to the Remote Desktop port drops packets",
            Self::DnsName => "another machine answers at the host's Remote Desktop address",
            Self::PathQuality => "the way to the Remote Desktop port is slow and loses connections",
            Self::PathMtu => "large packets are lost on the way to the Remote Desktop port",
            Self::ListenerBroken => "the registry key of the listener is damaged",
            Self::TlsMismatch => "TLS 1.2 and 1.3 are switched off, TLS 1.0 alone is left",
            Self::CredentialsRejected => {
                "the everyday account is locked out, administrators may not use Remote Desktop"
            }
            Self::RestrictedAdmin => {
                "clients are told to demand RestrictedAdmin, which the host refuses"
            }
            Self::TimeSkew => "the clock is two hours behind",
            Self::DomainTrust => "the secure channel to the domain is broken",
            Self::UdpTransport => "the UDP transport fails and falls back to TCP",
            Self::PatchLevel => "the host lacks the CredSSP update of 2018",
            Self::HostResources => "memory and system drive are full",
            Self::SessionLimit => "the server is in drain mode and takes no new sessions",
            Self::Licensing => "the licensing grace period is over and no licence server is named",
            Self::GatewayCertificate => "the certificate of the gateway role has expired",
            Self::GatewayHttp => "the web server behind the gateway role is stopped",
            Self::RolesServices => "the connection broker does not run",
            Self::ClientPolicy => "the machine's own policy forbids delegating credentials",
            Self::RebootPending => "anybody can connect, and updates wait for a reboot",
        }
    }

    /// The start of the computer's own name, which has 15 characters at most.
    fn computer(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::RdpDisabled => "RDPOFF",
            Self::ServiceDown => "SVCDOWN",
            Self::PortMismatch => "PORT",
            Self::FirewallClosed => "FWCLOSED",
            Self::CertExpired => "CERTEXP",
            Self::CertMissing => "CERTMISS",
            Self::CertWeak => "CERTWEAK",
            Self::NlaMismatch => "NLAOFF",
            Self::SecurityLayerMismatch => "SECLAYER",
            Self::CredSspOracle => "ORACLE",
            Self::PolicyOwned => "POLICY",
            Self::MachineKeys => "KEYS",
            Self::AccessDenied => "DENIED",
            Self::Unreachable => "GONE",
            Self::TcpBlocked => "TCPBLOCK",
            Self::DnsName => "DNSNAME",
            Self::PathQuality => "PATHQUAL",
            Self::PathMtu => "PATHMTU",
            Self::ListenerBroken => "LISTENER",
            Self::TlsMismatch => "TLSOLD",
            Self::CredentialsRejected => "LOCKED",
            Self::RestrictedAdmin => "RESTADM",
            Self::TimeSkew => "SKEW",
            Self::DomainTrust => "TRUST",
            Self::UdpTransport => "UDP",
            Self::PatchLevel => "PATCH",
            Self::HostResources => "FULL",
            Self::SessionLimit => "DRAIN",
            Self::Licensing => "LICENCE",
            Self::GatewayCertificate => "GWCERT",
            Self::GatewayHttp => "GWHTTP",
            Self::RolesServices => "BROKER",
            Self::ClientPolicy => "CLIENT",
            Self::RebootPending => "PENDING",
        }
    }

    /// Whether a fleet has one: what the shipped baseline mends, one that policy owns, one that cannot be reached.
    pub fn is_in_fleet(self) -> bool {
        matches!(
            self,
            Self::Healthy
                | Self::RdpDisabled
                | Self::ServiceDown
                | Self::PortMismatch
                | Self::FirewallClosed
                | Self::CertExpired
                | Self::CertMissing
                | Self::CertWeak
                | Self::NlaMismatch
                | Self::SecurityLayerMismatch
                | Self::CredSspOracle
                | Self::PolicyOwned
                | Self::Unreachable
        )
    }

    /// What goes wrong on the way to it.
    pub fn mishaps(self) -> Vec<Mishap> {
        match self {
            Self::Unreachable => vec![Mishap::always(Trouble::Refused)],
            _ => Vec::new(),
        }
    }

    /// What goes wrong on the way to its Remote Desktop port.
    pub fn rdp_mishaps(self) -> Vec<RdpMishap> {
        outside::mishaps(self)
    }

    /// Makes the machine; the number makes hosts of a kind differ in name, build and membership.
    pub fn machine(self, index: usize, now: Timestamp) -> Result<Machine, MakingError> {
        let build = Build::ALL
            .into_iter()
            .cycle()
            .nth(index % Build::ALL.len())
            .unwrap_or(Build::Server2022);
        let build = inside::build(self, build);
        let in_domain = matches!(self, Self::PolicyOwned | Self::DomainTrust) || index % 2 == 1;
        let identity = Identity {
            computer_name: format!("{}-{:04}", self.computer(), index + 1),
            build,
            membership: if in_domain {
                Membership::Domain("corp.test".to_owned())
            } else {
                Membership::Workgroup("WORKGROUP".to_owned())
            },
        };
        let mut machine = Machine::healthy(identity, now)?;
        self.spoil(&mut machine, now)?;
        inside::leave_traces(self, &mut machine);
        machine.load_listener();
        past::remember(self, &mut machine, now);
        Ok(machine)
    }

    fn spoil(self, machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
        match self {
            Self::Healthy | Self::Unreachable => {}
            Self::RebootPending => wait_for_reboot(machine),
            Self::RdpDisabled => Setting::DenyConnections.set(&mut machine.registry, 1),
            Self::ServiceDown => stop_services(machine),
            Self::PortMismatch => machine.registry.set(
                &terminal_services::listener(),
                "PortNumber",
                RegistryData::Dword(3390),
            ),
            Self::FirewallClosed => machine
                .firewall
                .switch_group(REMOTE_DESKTOP_GROUP, Switch::Off),
            Self::CertExpired => expire(machine, now)?,
            Self::CertMissing => Store::RemoteDesktop.clear(&mut machine.registry),
            Self::CertWeak => rename(machine, now)?,
            Self::NlaMismatch => Setting::UserAuthentication.set(&mut machine.registry, 0),
            Self::SecurityLayerMismatch => {
                Setting::SecurityLayer.set(&mut machine.registry, 0);
                Setting::UserAuthentication.set(&mut machine.registry, 0);
            }
            Self::CredSspOracle => machine.registry.set(
                &RegistryKey::local_machine(
                    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters",
                ),
                "AllowEncryptionOracle",
                RegistryData::Dword(2),
            ),
            Self::PolicyOwned => machine.set_policy("UserAuthentication", 0),
            Self::MachineKeys => {
                expire(machine, now)?;
                machine.keys.listener = KeyFile::Unreadable(shared_key()?);
            }
            Self::AccessDenied => machine.token = Token::Filtered,
            Self::TcpBlocked
            | Self::DnsName
            | Self::PathQuality
            | Self::PathMtu
            | Self::ListenerBroken
            | Self::TlsMismatch => outside::spoil(self, machine, now)?,
            Self::CredentialsRejected
            | Self::RestrictedAdmin
            | Self::TimeSkew
            | Self::DomainTrust => account::spoil(self, machine, now)?,
            Self::UdpTransport
            | Self::PatchLevel
            | Self::HostResources
            | Self::SessionLimit
            | Self::Licensing
            | Self::GatewayCertificate
            | Self::GatewayHttp
            | Self::RolesServices
            | Self::ClientPolicy => inside::spoil(self, machine, now)?,
        }
        Ok(())
    }
}

fn stop_services(machine: &mut Machine) {
    for name in ["UmRdpService", "SessionEnv", "TermService"] {
        if let Some(service) = machine.services.get_mut(name) {
            service.state = ServiceState::Stopped;
            service.process_id = 0;
            service.exit_code = 1077;
        }
    }
    if let Some(service) = machine.services.get_mut("TermService") {
        service.start_mode = StartMode::Disabled;
    }
}

/// Updates were installed, and files in use are to be replaced.
fn wait_for_reboot(machine: &mut Machine) {
    for path in [power::SERVICING_PENDING, power::UPDATE_PENDING] {
        machine
            .registry
            .create_key(&RegistryKey::local_machine(path));
    }
    let files = [r"\??\C:\Windows\Temp\update.tmp", ""].map(str::to_owned);
    machine.registry.set(
        &RegistryKey::local_machine(power::SESSION_MANAGER),
        "PendingFileRenameOperations",
        RegistryData::MultiText(files.to_vec()),
    );
}

/// Ten days after its end, the certificate is still in use.
fn expire(machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    Store::RemoteDesktop.clear(&mut machine.registry);
    let age = SELF_SIGNED_LIFETIME.saturating_add(SignedDuration::from_hours(24 * 10));
    let name = machine.computer_name.clone();
    machine.install_self_signed(&name, now.saturating_sub(age).unwrap_or(now))
}

/// The computer was called otherwise when its certificate was made.
fn rename(machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    Store::RemoteDesktop.clear(&mut machine.registry);
    let month = SignedDuration::from_hours(24 * 30);
    machine.install_self_signed("WIN-7Q2M0PD5K1C", now.saturating_sub(month).unwrap_or(now))
}
