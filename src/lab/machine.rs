//! A simulated Windows host as a value that can be compared, cloned and asked.
//!
//! Knows how a host's parts act on each other (a service that starts, what it then loads or makes); must not know how
//! anything of it is spelled in CIM, which is the provider's part.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::auth::Account;
use crate::certificate::StoredCertificate;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;

pub mod account;
pub mod certificates;
pub mod equipment;
pub mod firewall;
pub mod group;
pub mod in_memory;
pub mod log;
pub mod os;
pub mod power;
pub mod registry;
pub mod roles;
pub mod schannel;
pub mod service;
pub mod terminal_services;

mod fresh;
mod history;

pub use crate::lab::machine::in_memory::InMemory;

use crate::lab::machine::account::Directory;
use crate::lab::machine::certificates::Issue;
use crate::lab::machine::certificates::KeyFile;
use crate::lab::machine::certificates::LISTENER_CONTAINER;
use crate::lab::machine::certificates::MachineKeys;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::certificates::SELF_SIGNED_LIFETIME;
use crate::lab::machine::certificates::Weakness;
use crate::lab::machine::certificates::issue;
use crate::lab::machine::certificates::issue_weak;
use crate::lab::machine::certificates::shared_key;
use crate::lab::machine::equipment::Equipment;
use crate::lab::machine::firewall::Firewall;
use crate::lab::machine::firewall::ProfileName;
use crate::lab::machine::log::Event;
use crate::lab::machine::log::EventLog;
use crate::lab::machine::os::Build;
use crate::lab::machine::os::Membership;
use crate::lab::machine::os::OperatingSystem;
use crate::lab::machine::os::SecureChannel;
use crate::lab::machine::power::Power;
use crate::lab::machine::registry::Registry;
use crate::lab::machine::roles::Roles;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::Services;
use crate::lab::machine::terminal_services::LoadedListener;

/// How long a service of a fresh machine takes to start or stop.
pub const SERVICE_DELAY: SignedDuration = SignedDuration::from_millis(20);

/// What rights accounts have when they come over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Those of an administrator.
    Full,
    /// Those of a local administrator other than the built-in one without LocalAccountTokenFilterPolicy: signing in
    /// works, everything else is denied with code 5.
    Filtered,
}

/// A simulated host.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The host's own name.
    pub computer_name: String,
    /// The operating system.
    pub os: OperatingSystem,
    /// Workgroup or domain.
    pub membership: Membership,
    /// How it stands with its domain.
    pub secure_channel: SecureChannel,
    /// The registry; most settings and all certificates are in it.
    pub registry: Registry,
    /// The services.
    pub services: Services,
    /// Rules and profiles.
    pub firewall: Firewall,
    /// Private keys.
    pub keys: MachineKeys,
    /// Who may sign in.
    pub accounts: Vec<Account>,
    /// How accounts stand, and which groups there are.
    pub directory: Directory,
    /// What those who signed in may do.
    pub token: Token,
    /// What TermService loaded at its last start; `None` while it does not run.
    pub loaded: Option<LoadedListener>,
    /// What the host has written into its logs; what its visitors cause is not in it (see `LiveHost`).
    pub log: EventLog,
    /// Drives, interfaces and files.
    pub equipment: Equipment,
    /// Roles of Remote Desktop Services besides the listener.
    pub roles: Roles,
    /// How long a service takes to start or stop.
    pub service_delay: SignedDuration,
    /// Whether it is up.
    pub power: Power,
    certificates_made: u32,
}

/// What tells a fresh machine from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The host's own name.
    pub computer_name: String,
    /// The release of Windows.
    pub build: Build,
    /// Workgroup or domain.
    pub membership: Membership,
}

impl Machine {
    /// A host that anybody can connect to: Remote Desktop on, a valid certificate, firewall open for it.
    pub fn healthy(identity: Identity, now: Timestamp) -> Result<Self, MakingError> {
        let profile = match identity.membership {
            Membership::Domain(_) => ProfileName::Domain,
            Membership::Workgroup(_) => ProfileName::Private,
        };
        let mut machine = Self {
            registry: fresh::registry(&identity),
            computer_name: identity.computer_name,
            os: OperatingSystem {
                build: identity.build,
                booted: before(now, SignedDuration::from_hours(24 * 9)),
                installed: before(now, SignedDuration::from_hours(24 * 400)),
                clock_skew: SignedDuration::ZERO,
                memory: 4_193_852,
                free_memory: 2_100_416,
            },
            membership: identity.membership,
            secure_channel: SecureChannel::Working,
            services: service::built_in(),
            firewall: firewall::built_in(profile),
            keys: MachineKeys {
                listener: KeyFile::Readable(shared_key()?),
                personal: std::collections::BTreeMap::new(),
            },
            accounts: Vec::new(),
            directory: Directory::default(),
            token: Token::Full,
            loaded: None,
            log: EventLog::default(),
            equipment: Equipment::of(identity.build),
            roles: Roles::default(),
            service_delay: SERVICE_DELAY,
            power: Power::default(),
            certificates_made: 0,
        };
        if matches!(machine.membership, Membership::Domain(_)) {
            machine.services.enlist("Netlogon");
        }
        let name = machine.computer_name.clone();
        machine.install_self_signed(&name, before(now, SignedDuration::from_hours(24 * 30)))?;
        machine.load_listener();
        let booted = machine.os.booted;
        machine.log_listener(booted);
        Ok(machine)
    }

    /// Adds an account that may sign in.
    #[must_use]
    pub fn with_account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// Replaces the listener's own certificate by one of the given name, valid from the given moment.
    pub fn install_self_signed(
        &mut self,
        common_name: &str,
        not_before: Timestamp,
    ) -> Result<(), MakingError> {
        self.certificates_made = self.certificates_made.saturating_add(1);
        let certificate = issue(&Issue {
            common_name: common_name.to_owned(),
            dns_names: Vec::new(),
            not_before,
            not_after: not_before
                .saturating_add(SELF_SIGNED_LIFETIME)
                .unwrap_or(Timestamp::MAX),
            serial: u64::from(self.certificates_made),
        })?;
        let stored = StoredCertificate {
            certificate,
            key_container: Some(LISTENER_CONTAINER.to_owned()),
        };
        terminal_services::install_self_signed(&mut self.registry, &stored);
        Ok(())
    }

    /// Replaces the listener's own certificate, and its key, by weak ones valid from the given moment.
    pub fn install_weak(
        &mut self,
        weakness: Weakness,
        not_before: Timestamp,
    ) -> Result<(), MakingError> {
        self.certificates_made = self.certificates_made.saturating_add(1);
        let issue = Issue {
            common_name: self.computer_name.clone(),
            dns_names: Vec::new(),
            not_before,
            not_after: not_before
                .saturating_add(SELF_SIGNED_LIFETIME)
                .unwrap_or(Timestamp::MAX),
            serial: u64::from(self.certificates_made),
        };
        let (certificate, key) = issue_weak(&issue, weakness)?;
        certificates::Store::RemoteDesktop.clear(&mut self.registry);
        self.keys.listener = KeyFile::Readable(key);
        let stored = StoredCertificate {
            certificate,
            key_container: Some(LISTENER_CONTAINER.to_owned()),
        };
        terminal_services::install_self_signed(&mut self.registry, &stored);
        Ok(())
    }

    /// Makes a certificate in the personal store, as an authority would have issued it, with its key; gives its thumbprint.
    pub fn add_personal_certificate(
        &mut self,
        common_name: &str,
        not_before: Timestamp,
    ) -> Result<String, MakingError> {
        self.add_certificate_bearing(vec![common_name.to_lowercase()], common_name, not_before)
    }

    /// The same, bearing these names and addresses.
    pub(super) fn add_certificate_bearing(
        &mut self,
        names: Vec<String>,
        common_name: &str,
        not_before: Timestamp,
    ) -> Result<String, MakingError> {
        self.certificates_made = self.certificates_made.saturating_add(1);
        let certificate = issue(&Issue {
            common_name: common_name.to_owned(),
            dns_names: names,
            not_before,
            not_after: not_before
                .saturating_add(SELF_SIGNED_LIFETIME)
                .unwrap_or(Timestamp::MAX),
            serial: u64::from(self.certificates_made),
        })?;
        let thumbprint = certificate.thumbprint.clone();
        let stored = StoredCertificate {
            certificate,
            key_container: Some(format!("lab-{}", self.certificates_made)),
        };
        certificates::Store::Personal.add(&mut self.registry, &stored);
        self.keys.personal.insert(thumbprint.clone(), shared_key()?);
        Ok(thumbprint)
    }

    /// Lets TermService read its settings, as it does when it starts; without effect while it does not run.
    pub fn load_listener(&mut self) {
        self.loaded = self
            .services
            .is_running("TermService")
            .then(|| terminal_services::load(&self.registry, &self.keys));
    }

    /// Whether something happens by `now` without being asked for.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.power.turns_at().is_some_and(|at| at <= now)
            || (self.power.is_up() && self.services.is_due(now))
    }

    /// Lets everything happen that is due by `now`.
    pub fn settle(&mut self, now: Timestamp) {
        self.settle_power(now);
        if !self.power.is_up() {
            return;
        }
        for (name, state) in self.services.settle(now) {
            self.log_service(&name, state, now);
            match (name.as_str(), state) {
                ("TermService", _) => {
                    self.load_listener();
                    self.log_listener(now);
                }
                ("SessionEnv", ServiceState::Running) => self.renew_certificate(now),
                _ => {}
            }
        }
    }

    /// Starts the host anew: automatic services and those that ran run, and have read their settings.
    pub fn restart(&mut self, now: Timestamp) {
        let names: Vec<(String, bool)> = self
            .services
            .iter()
            .map(|service| {
                let starts = service.state == ServiceState::Running
                    || service.start_mode == service::StartMode::Auto;
                (
                    service.name.clone(),
                    starts && service.start_mode != service::StartMode::Disabled,
                )
            })
            .collect();
        for (name, _) in &names {
            if let Some(service) = self.services.get_mut(name) {
                service.state = ServiceState::Stopped;
                service.process_id = 0;
                service.exit_code = 1077;
            }
        }
        self.loaded = None;
        for (name, _) in names.iter().filter(|(_, starts)| *starts) {
            let answer = self.services.start(name, now, SignedDuration::ZERO);
            self.log_start(name, answer, now);
        }
        self.os.booted = now;
        self.settle(now);
    }

    /// What SessionEnv does when it starts: a certificate that is missing or over is made anew.
    ///
    /// Assumption: only SessionEnv does so, TermService by itself never.
    fn renew_certificate(&mut self, now: Timestamp) {
        let lasting = terminal_services::self_signed_certificate(&self.registry)
            .is_some_and(|stored| stored.certificate.not_after > self.clock(now));
        let store_named = self
            .registry
            .text(&terminal_services::stations(), "SelfSignedCertStore")
            .is_some();
        if lasting || !store_named {
            return;
        }
        if matches!(self.keys.listener, KeyFile::Unreadable(_)) {
            self.log_certificate_not_made(now);
            return;
        }
        let Ok(key) = shared_key() else {
            return;
        };
        self.keys.listener = KeyFile::Readable(key);
        let name = self.computer_name.clone();
        // A host that cannot make a certificate goes on without one.
        if self.install_self_signed(&name, self.clock(now)).is_ok() {
            self.log_certificate_made(now);
        }
    }

    /// Writes an event into the host's log, with the time that its own clock shows.
    pub fn note(&mut self, now: Timestamp, event: Event) {
        let at = self.clock(now);
        self.log.write(at, event);
    }

    /// What the host's own clock shows.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.os.clock_skew).unwrap_or(now)
    }

    /// The path of the file with the listener's key.
    pub fn listener_key_path(&self) -> String {
        let guid = self
            .registry
            .text(
                &RegistryKey::local_machine(r"SOFTWARE\Microsoft\Cryptography"),
                "MachineGuid",
            )
            .unwrap_or_default();
        format!(
            r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys\{}{guid}",
            certificates::LISTENER_KEY_FILE
        )
    }

    /// Writes a value as Group Policy would.
    pub fn set_policy(&mut self, name: &str, value: u32) {
        self.registry.set(
            &terminal_services::policy(),
            name,
            RegistryData::Dword(value),
        );
    }
}

fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(now)
}
