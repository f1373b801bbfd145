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
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::StartMode;
use crate::lab::machine::terminal_services;
use crate::lab::machine::terminal_services::Setting;
use crate::lab::mishap::Mishap;
use crate::lab::mishap::Trouble;

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
        }
    }

    /// Whether a fleet has one.
    pub fn is_in_fleet(self) -> bool {
        !matches!(self, Self::MachineKeys | Self::AccessDenied)
    }

    /// What goes wrong on the way to it.
    pub fn mishaps(self) -> Vec<Mishap> {
        match self {
            Self::Unreachable => vec![Mishap::always(Trouble::Refused)],
            _ => Vec::new(),
        }
    }

    /// Makes the machine; the number makes hosts of a kind differ in name, build and membership.
    pub fn machine(self, index: usize, now: Timestamp) -> Result<Machine, MakingError> {
        let build = Build::ALL
            .into_iter()
            .cycle()
            .nth(index % Build::ALL.len())
            .unwrap_or(Build::Server2022);
        let in_domain = self == Self::PolicyOwned || index % 2 == 1;
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
        machine.load_listener();
        Ok(machine)
    }

    fn spoil(self, machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
        match self {
            Self::Healthy | Self::Unreachable => {}
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
