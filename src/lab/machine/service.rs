//! The services of a simulated host and their controller. Knows states and return codes, not what a service does.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;

/// What a service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState {
    /// Not running.
    Stopped,
    /// Runs from the given moment on.
    StartPending(Timestamp),
    /// Has stopped from the given moment on.
    StopPending(Timestamp),
    /// Running.
    Running,
    /// Running, but told to wait.
    Paused,
}

impl ServiceState {
    /// The word that `Win32_Service.State` has for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::StartPending(_) => "Start Pending",
            Self::StopPending(_) => "Stop Pending",
            Self::Running => "Running",
            Self::Paused => "Paused",
        }
    }
}

/// When a service starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartMode {
    /// With the boot loader (drivers).
    Boot,
    /// With the kernel (drivers).
    System,
    /// At boot.
    Auto,
    /// When asked.
    Manual,
    /// Never.
    Disabled,
}

impl StartMode {
    /// The word that `Win32_Service.StartMode` has for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Boot => "Boot",
            Self::System => "System",
            Self::Auto => "Auto",
            Self::Manual => "Manual",
            Self::Disabled => "Disabled",
        }
    }

    /// The mode that `ChangeStartMode` means by a word; it says `Automatic` where the property says `Auto`.
    pub fn from_argument(word: &str) -> Option<Self> {
        [
            ("Boot", Self::Boot),
            ("System", Self::System),
            ("Automatic", Self::Auto),
            ("Manual", Self::Manual),
            ("Disabled", Self::Disabled),
        ]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, mode)| mode)
    }
}

/// Whether a running service can be told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stoppable {
    /// It can.
    Yes,
    /// Windows needs it.
    No,
}

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Short name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// What it is doing.
    pub state: ServiceState,
    /// When it starts.
    pub start_mode: StartMode,
    /// Account that it runs as.
    pub account: String,
    /// Command line.
    pub path: String,
    /// Services that must run first.
    pub depends_on: Vec<String>,
    /// Process, 0 while there is none.
    pub process_id: u32,
    /// Windows code of the last end; 1077 means not started since boot.
    pub exit_code: u32,
    /// Whether it can be stopped.
    pub stoppable: Stoppable,
}

/// What the controller answers (Win32_Service, return values of its methods).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Done, or under way.
    Accepted,
    /// Other running services need this one.
    DependentsRunning,
    /// It cannot do this in its state.
    CannotAccept,
    /// It is not running.
    NotActive,
    /// It is running already.
    AlreadyRunning,
    /// A service that it needs is not installed.
    DependencyMissing,
    /// A service that it needs cannot be started.
    DependencyFailed,
    /// It is disabled.
    Disabled,
    /// It needs itself by way of others.
    Circular,
    /// The start mode is none.
    InvalidParameter,
}

impl Control {
    /// The return value.
    pub fn number(self) -> u32 {
        match self {
            Self::Accepted => 0,
            Self::DependentsRunning => 3,
            Self::CannotAccept => 5,
            Self::NotActive => 6,
            Self::AlreadyRunning => 10,
            Self::DependencyMissing => 12,
            Self::DependencyFailed => 13,
            Self::Disabled => 14,
            Self::Circular => 18,
            Self::InvalidParameter => 21,
        }
    }
}

/// Assumption: stopping a stopped service answers 5, "cannot accept control", and not 6, "not active".
const STOP_WHEN_STOPPED: Control = Control::CannotAccept;

/// All services of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Services {
    rows: BTreeMap<String, Service>,
    next_process_id: u32,
}

impl Services {
    /// The given services; those that run get a process each.
    pub fn new(services: impl IntoIterator<Item = Service>) -> Self {
        let mut all = Self {
            rows: BTreeMap::new(),
            next_process_id: 600,
        };
        for service in services {
            all.install(service);
        }
        all
    }

    /// Adds a service, with a process when it runs.
    pub fn install(&mut self, mut service: Service) {
        if service.state == ServiceState::Running {
            service.process_id = self.fresh_process_id();
        }
        self.rows.insert(service.name.to_lowercase(), service);
    }

    /// Lets an installed service start with the host, and run now.
    pub fn enlist(&mut self, name: &str) {
        let process_id = self.fresh_process_id();
        if let Some(service) = self.get_mut(name) {
            service.start_mode = StartMode::Auto;
            service.state = ServiceState::Running;
            service.process_id = process_id;
            service.exit_code = 0;
        }
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Service> {
        self.rows.values()
    }

    /// One by name.
    pub fn get(&self, name: &str) -> Option<&Service> {
        self.rows.get(&name.to_lowercase())
    }

    /// One by name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Service> {
        self.rows.get_mut(&name.to_lowercase())
    }

    /// Whether a service is installed and running.
    pub fn is_running(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|service| service.state == ServiceState::Running)
    }

    /// Those that need the service.
    pub fn dependents<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Service> {
        self.iter().filter(move |service| {
            service
                .depends_on
                .iter()
                .any(|needed| needed.eq_ignore_ascii_case(name))
        })
    }

    /// Tells a service to start, and those that it needs; it runs after `delay`. `None` when it is not installed.
    pub fn start(&mut self, name: &str, now: Timestamp, delay: SignedDuration) -> Option<Control> {
        let ready = now.saturating_add(delay).unwrap_or(now);
        self.start_by(name, ready, &mut Vec::new())
    }

    /// Starts a service on behalf of those in `chain`, each of which needs the next one.
    fn start_by(
        &mut self,
        name: &str,
        ready: Timestamp,
        chain: &mut Vec<String>,
    ) -> Option<Control> {
        let service = self.get(name)?;
        let refusal = match service.state {
            ServiceState::Running | ServiceState::Paused | ServiceState::StartPending(_) => {
                Some(Control::AlreadyRunning)
            }
            ServiceState::StopPending(_) => Some(Control::CannotAccept),
            ServiceState::Stopped if service.start_mode == StartMode::Disabled => {
                Some(Control::Disabled)
            }
            ServiceState::Stopped if chain.contains(&service.name) => Some(Control::Circular),
            ServiceState::Stopped => None,
        };
        if refusal.is_some() {
            return refusal;
        }
        chain.push(service.name.clone());
        for needed in service.depends_on.clone() {
            match self.start_by(&needed, ready, chain) {
                Some(Control::Accepted | Control::AlreadyRunning) => {}
                Some(Control::Circular) => return Some(Control::Circular),
                Some(_) => return Some(Control::DependencyFailed),
                None => return Some(Control::DependencyMissing),
            }
        }
        chain.pop();
        let process_id = self.fresh_process_id();
        let service = self.get_mut(name)?;
        service.state = ServiceState::StartPending(ready);
        service.process_id = process_id;
        service.exit_code = 0;
        Some(Control::Accepted)
    }

    /// Tells a service to stop; it has stopped after `delay`. `None` when it is not installed.
    pub fn stop(&mut self, name: &str, now: Timestamp, delay: SignedDuration) -> Option<Control> {
        let service = self.get(name)?;
        let answer = match service.state {
            ServiceState::Stopped => STOP_WHEN_STOPPED,
            ServiceState::StartPending(_) | ServiceState::StopPending(_) => Control::CannotAccept,
            ServiceState::Running | ServiceState::Paused => {
                if service.stoppable == Stoppable::No {
                    Control::CannotAccept
                } else if self
                    .dependents(name)
                    .any(|dependent| dependent.state != ServiceState::Stopped)
                {
                    Control::DependentsRunning
                } else {
                    Control::Accepted
                }
            }
        };
        if answer == Control::Accepted
            && let Some(service) = self.get_mut(name)
        {
            service.state = ServiceState::StopPending(now.saturating_add(delay).unwrap_or(now));
        }
        Some(answer)
    }

    /// Pauses or continues nothing that cannot: no service of the lab can be paused.
    pub fn pause(&self, name: &str) -> Option<Control> {
        self.get(name).map(|service| match service.state {
            ServiceState::Running => Control::CannotAccept,
            ServiceState::Stopped
            | ServiceState::StartPending(_)
            | ServiceState::StopPending(_)
            | ServiceState::Paused => Control::NotActive,
        })
    }

    /// Whether a state is due to change by `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.iter().any(|service| due(service, now).is_some())
    }

    /// Carries out the changes that are due by `now` and gives the services that now run or have now stopped.
    pub fn settle(&mut self, now: Timestamp) -> Vec<(String, ServiceState)> {
        let mut changed = Vec::new();
        for service in self.rows.values_mut() {
            let Some(state) = due(service, now) else {
                continue;
            };
            service.state = state;
            if state == ServiceState::Stopped {
                service.process_id = 0;
            }
            changed.push((service.name.clone(), state));
        }
        changed
    }

    fn fresh_process_id(&mut self) -> u32 {
        self.next_process_id = self.next_process_id.saturating_add(4);
        self.next_process_id
    }
}

fn due(service: &Service, now: Timestamp) -> Option<ServiceState> {
    match service.state {
        ServiceState::StartPending(until) if until <= now => Some(ServiceState::Running),
        ServiceState::StopPending(until) if until <= now => Some(ServiceState::Stopped),
        _ => None,
    }
}

/// One line of the table below: name, display name, state, start mode, account, needed services.
type Row = (
    &'static str,
    &'static str,
    ServiceState,
    StartMode,
    &'static str,
    &'static [&'static str],
);

const SYSTEM: &str = "LocalSystem";
const NETWORK: &str = r"NT AUTHORITY\NetworkService";
const LOCAL: &str = r"NT AUTHORITY\LocalService";
const NOTHING: &[&str] = &[];
const RPC: &[&str] = &["RpcSs"];
const RUNNING: ServiceState = ServiceState::Running;
const STOPPED: ServiceState = ServiceState::Stopped;
const AUTO: StartMode = StartMode::Auto;
const MANUAL: StartMode = StartMode::Manual;
const DISABLED: StartMode = StartMode::Disabled;

/// The services that matter to Remote Desktop, and those that they lean on (windows-facts 7.2).
#[rustfmt::skip]
const BUILT_IN: &[Row] = &[
    ("BFE", "Base Filtering Engine", RUNNING, AUTO, LOCAL, RPC),
    ("CertPropSvc", "Certificate Propagation", RUNNING, MANUAL, SYSTEM, RPC),
    ("CryptSvc", "Cryptographic Services", RUNNING, AUTO, NETWORK, RPC),
    ("Dnscache", "DNS Client", RUNNING, AUTO, NETWORK, NOTHING),
    ("KeyIso", "CNG Key Isolation", RUNNING, MANUAL, SYSTEM, RPC),
    ("LanmanWorkstation", "Workstation", RUNNING, AUTO, NETWORK, NOTHING),
    ("MpsSvc", "Windows Defender Firewall", RUNNING, AUTO, LOCAL, &["BFE"]),
    ("Netlogon", "Netlogon", STOPPED, MANUAL, SYSTEM, &["LanmanWorkstation"]),
    ("RemoteRegistry", "Remote Registry", STOPPED, DISABLED, LOCAL, RPC),
    ("RpcSs", "Remote Procedure Call (RPC)", RUNNING, AUTO, NETWORK, NOTHING),
    ("SessionEnv", "Remote Desktop Configuration", RUNNING, MANUAL, SYSTEM, &["RpcSs", "LanmanWorkstation"]),
    ("Spooler", "Print Spooler", RUNNING, AUTO, SYSTEM, RPC),
    ("TermService", "Remote Desktop Services", RUNNING, MANUAL, NETWORK, RPC),
    ("UmRdpService", "Remote Desktop Services UserMode Port Redirector", RUNNING, MANUAL, SYSTEM, &["TermService"]),
    ("W32Time", "Windows Time", RUNNING, AUTO, LOCAL, NOTHING),
    ("Winmgmt", "Windows Management Instrumentation", RUNNING, AUTO, SYSTEM, RPC),
    ("WinRM", "Windows Remote Management (WS-Management)", RUNNING, AUTO, NETWORK, RPC),
];

/// The services of a healthy host.
pub fn built_in() -> Services {
    Services::new(BUILT_IN.iter().map(
        |&(name, display_name, state, start_mode, account, depends_on)| Service {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            state,
            start_mode,
            account: account.to_owned(),
            path: format!(
                r"C:\Windows\System32\svchost.exe -k {}",
                host_group(account)
            ),
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            process_id: 0,
            exit_code: if state == STOPPED { 1077 } else { 0 },
            stoppable: match name {
                "RpcSs" | "BFE" | "MpsSvc" | "Dnscache" => Stoppable::No,
                _ => Stoppable::Yes,
            },
        },
    ))
}

fn host_group(account: &str) -> &'static str {
    match account {
        NETWORK => "NetworkService",
        LOCAL => "LocalService",
        _ => "netsvcs",
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::Control;
    use super::Service;
    use super::ServiceState;
    use super::Services;
    use super::StartMode;
    use super::Stoppable;

    fn stopped(name: &str, depends_on: &[&str]) -> Service {
        Service {
            name: name.to_owned(),
            display_name: name.to_owned(),
            state: ServiceState::Stopped,
            start_mode: StartMode::Manual,
            account: "LocalSystem".to_owned(),
            path: String::new(),
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            process_id: 0,
            exit_code: 0,
            stoppable: Stoppable::Yes,
        }
    }

    fn start(services: &mut Services, name: &str) -> Option<Control> {
        services.start(name, Timestamp::UNIX_EPOCH, SignedDuration::ZERO)
    }

    #[test]
    fn services_that_need_each_other_do_not_start() {
        let mut services = Services::new([stopped("a", &["b"]), stopped("b", &["A"])]);
        assert_eq!(start(&mut services, "a"), Some(Control::Circular));
    }

    #[test]
    fn a_service_whose_dependency_is_missing_or_disabled_does_not_start() {
        let mut off = stopped("off", &[]);
        off.start_mode = StartMode::Disabled;
        let mut services = Services::new([stopped("a", &["nothing"]), stopped("b", &["off"]), off]);
        assert_eq!(start(&mut services, "a"), Some(Control::DependencyMissing));
        assert_eq!(start(&mut services, "b"), Some(Control::DependencyFailed));
        assert_eq!(start(&mut services, "nothing"), None);
    }

    #[test]
    fn a_start_waits_for_its_moment() {
        let mut services = Services::new([stopped("a", &[])]);
        let late = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1);
        let accepted = services.start("A", Timestamp::UNIX_EPOCH, SignedDuration::from_secs(1));
        assert_eq!(accepted, Some(Control::Accepted));
        assert!(!services.is_due(Timestamp::UNIX_EPOCH));
        assert!(services.is_due(late));
        services.settle(late);
        assert!(services.is_running("a"));
    }
}
