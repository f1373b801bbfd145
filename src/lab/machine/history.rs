//! What a machine writes into its own logs when its services and its listener change.

use jiff::Timestamp;

use super::Machine;
use crate::lab::machine::certificates::KeyFile;
use crate::lab::machine::log::remote_desktop;
use crate::lab::machine::log::remote_desktop::CertificateEvent;
use crate::lab::machine::log::remote_desktop::ListenerEvent;
use crate::lab::machine::log::security;
use crate::lab::machine::log::security::Refusal;
use crate::lab::machine::log::security::Visitor;
use crate::lab::machine::log::system;
use crate::lab::machine::service::Control;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::StartMode;
use crate::lab::machine::terminal_services;
use crate::lab::machine::terminal_services::Bound;

/// ERROR_SERVICE_DISABLED
const DISABLED: u32 = 1058;
/// ERROR_SERVICE_DEPENDENCY_FAIL
const DEPENDENCY_FAILED: u32 = 1068;
/// What a listener without a protocol or an adapter fails with: ERROR_NOT_FOUND as HRESULT.
const LISTENER_FAILED: u32 = 0x8007_0490;
/// A certificate that ends within so many days is warned of.
const WARNED: i64 = 30;
const HOURS_OF_A_DAY: i64 = 24;

impl Machine {
    /// Writes that a service now runs or has stopped (7036).
    pub fn log_service(&mut self, name: &str, state: ServiceState, now: Timestamp) {
        let word = match state {
            ServiceState::Running => "running",
            ServiceState::Stopped => "stopped",
            ServiceState::StartPending(_) | ServiceState::StopPending(_) | ServiceState::Paused => {
                return;
            }
        };
        let display_name = self.display_name(name);
        self.note(now, system::service_state(&display_name, word));
    }

    /// Writes that a service could not be started with the host (7000, 7001).
    pub(super) fn log_start(&mut self, name: &str, answer: Option<Control>, now: Timestamp) {
        let display_name = self.display_name(name);
        match answer {
            Some(Control::Disabled) => {
                self.note(now, system::start_failed(&display_name, DISABLED));
            }
            Some(Control::DependencyFailed | Control::DependencyMissing | Control::Circular) => {
                let needed = self.failing_dependency(name);
                let event = system::dependency_failed(&display_name, &needed, DEPENDENCY_FAILED);
                self.note(now, event);
            }
            _ => {}
        }
    }

    /// Writes that somebody changed when a service starts (7040); nothing when it starts as before.
    pub fn log_start_mode(&mut self, name: &str, before: StartMode, now: Timestamp) {
        let Some(service) = self.services.get(name) else {
            return;
        };
        let after = service.start_mode;
        if before != after {
            let [from, to] = [before, after].map(words);
            let event = system::start_type(&service.display_name, from, to, &service.name);
            self.note(now, event);
        }
    }

    /// Writes what the listener did when TermService started or stopped, and what it found wrong with its certificate.
    pub fn log_listener(&mut self, now: Timestamp) {
        let Some(loaded) = &self.loaded else {
            self.note(now, remote_desktop::listener(ListenerEvent::Stopped));
            return;
        };
        let what = match loaded.bound {
            Bound::Yes => ListenerEvent::Started,
            Bound::No => ListenerEvent::Failed(LISTENER_FAILED),
        };
        self.note(now, remote_desktop::listener(what));
        if let Some(what) = self.certificate_trouble(now) {
            self.note(now, remote_desktop::certificate(what));
        }
    }

    fn certificate_trouble(&self, now: Timestamp) -> Option<CertificateEvent> {
        let bound = terminal_services::bound_thumbprint(&self.registry);
        let usable = terminal_services::bound_certificate(&self.registry)
            .filter(|stored| self.keys.usable(stored).is_some());
        if bound.is_some() && usable.is_none() {
            return Some(CertificateEvent::BoundUnusable);
        }
        let used = usable.or_else(|| terminal_services::self_signed_certificate(&self.registry))?;
        let left = self.clock(now).duration_until(used.certificate.not_after);
        let days = left.as_hours().div_euclid(HOURS_OF_A_DAY);
        if days < 0 {
            Some(CertificateEvent::Expired)
        } else if days < WARNED {
            u32::try_from(days).ok().map(CertificateEvent::EndsIn)
        } else {
            None
        }
    }

    /// Writes that a certificate was made (1056).
    pub(super) fn log_certificate_made(&mut self, now: Timestamp) {
        let thumbprint = terminal_services::self_signed_certificate(&self.registry)
            .map(|stored| stored.certificate.thumbprint)
            .unwrap_or_default();
        let what = CertificateEvent::Made(thumbprint);
        self.note(now, remote_desktop::certificate(what));
    }

    /// Writes that no certificate could be made: 1058 when there is one that has expired, else 1057.
    pub fn log_certificate_not_made(&mut self, now: Timestamp) {
        let what = match terminal_services::self_signed_certificate(&self.registry) {
            Some(_) => CertificateEvent::NotReplaced,
            None => CertificateEvent::NotMade,
        };
        self.note(now, remote_desktop::certificate(what));
    }

    /// Writes that somebody was refused at the Remote Desktop port: 140 of the protocol when name or password were
    /// wrong, and 4625 with the exact reason.
    pub fn log_failed_logon(&mut self, visitor: &Visitor, refusal: Refusal, now: Timestamp) {
        for event in security::failed_logon(visitor, refusal) {
            self.note(now, event);
        }
    }

    /// Whether the key of the listener's own certificate is there but cannot be read.
    pub fn has_unreadable_key(&self) -> bool {
        matches!(self.keys.listener, KeyFile::Unreadable(_))
    }

    fn display_name(&self, name: &str) -> String {
        self.services
            .get(name)
            .map_or(name, |service| service.display_name.as_str())
            .to_owned()
    }

    /// The name of the first needed service that does not run.
    fn failing_dependency(&self, name: &str) -> String {
        let needed = self.services.get(name).map(|service| &service.depends_on);
        needed
            .into_iter()
            .flatten()
            .find(|needed| !self.services.is_running(needed))
            .map_or_else(String::new, |needed| self.display_name(needed))
    }
}

/// A start mode as the service controller writes it.
fn words(mode: StartMode) -> &'static str {
    match mode {
        StartMode::Boot => "boot start",
        StartMode::System => "system start",
        StartMode::Auto => "auto start",
        StartMode::Manual => "demand start",
        StartMode::Disabled => "disabled",
    }
}
