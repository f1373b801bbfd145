//! A service as a host shows it, with those that depend on it; wants nothing.

use std::collections::VecDeque;

use crate::cim::Association;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Value;
use crate::resource::service::StartMode;
use crate::resource::service::steps;

/// More services than this do not depend on one; a bound against a host that answers in circles.
const MOST_DEPENDENTS: usize = 64;

/// `Win32_Service.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not running.
    Stopped,
    /// Will be running.
    StartPending,
    /// Will be stopped.
    StopPending,
    /// Running.
    Running,
    /// Will be running again.
    ContinuePending,
    /// Will be paused.
    PausePending,
    /// Running but told to wait.
    Paused,
    /// Anything else.
    Unknown,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Stopped,
        Self::StartPending,
        Self::StopPending,
        Self::Running,
        Self::ContinuePending,
        Self::PausePending,
        Self::Paused,
        Self::Unknown,
    ];

    /// The text of the property (windows-facts 7.1).
    pub fn text(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::StartPending => "Start Pending",
            Self::StopPending => "Stop Pending",
            Self::Running => "Running",
            Self::ContinuePending => "Continue Pending",
            Self::PausePending => "Pause Pending",
            Self::Paused => "Paused",
            Self::Unknown => "Unknown",
        }
    }

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::StartPending => "start_pending",
            Self::StopPending => "stop_pending",
            Self::Running => "running",
            Self::ContinuePending => "continue_pending",
            Self::PausePending => "pause_pending",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
        }
    }

    fn from_text(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.text().eq_ignore_ascii_case(text))
            .unwrap_or(Self::Unknown)
    }
}

/// Whose process a service runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// Its own.
    Own,
    /// One with others.
    Shared,
}

/// A service that needs another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// Short name.
    pub name: String,
    /// When it starts.
    pub start_mode: Option<StartMode>,
}

/// A service as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Short name in the host's spelling.
    pub name: String,
    /// What it is doing.
    pub state: State,
    /// When it starts; `None` for the modes of drivers.
    pub start_mode: Option<StartMode>,
    /// Its process, 0 while there is none.
    pub process_id: u64,
    /// Whose process that is.
    pub process: Process,
    /// `AcceptStop`; also true where the property is missing or the service does not run.
    pub accepts_stop: bool,
    /// Services that need it and are not stopped, in the order in which they are to be stopped; empty unless they were
    /// looked for.
    pub dependents: Vec<Dependent>,
}

impl Seen {
    /// Looks at a service; `None` when it is not installed.
    pub async fn look(host: &dyn CimReader, name: &str) -> Result<Option<Self>, CimError> {
        match host.get(steps::path(name)).await? {
            None => Ok(None),
            Some(instance) => Self::of(&instance).map(Some),
        }
    }

    fn of(instance: &Instance) -> Result<Self, CimError> {
        let state = State::from_text(instance.text("State")?);
        let accepts_stop = instance.get("AcceptStop").and_then(Value::as_bool);
        let shares = instance
            .get("ServiceType")
            .and_then(Value::as_text)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("Share Process"));
        Ok(Self {
            name: instance.text("Name")?.to_owned(),
            state,
            start_mode: start_mode(instance.text("StartMode")?),
            process_id: instance
                .get("ProcessId")
                .and_then(Value::as_uint)
                .unwrap_or(0),
            process: if shares {
                Process::Shared
            } else {
                Process::Own
            },
            accepts_stop: state != State::Running || accepts_stop != Some(false),
            dependents: Vec::new(),
        })
    }

    /// Looks for the services that have to be stopped before this one can be.
    pub async fn follow_dependents(&mut self, host: &dyn CimReader) -> Result<(), CimError> {
        let mut order: Vec<Dependent> = Vec::new();
        let mut open = VecDeque::from([self.name.clone()]);
        let mut asked = 0;
        while let Some(name) = open.pop_front() {
            asked += 1;
            if asked > MOST_DEPENDENTS {
                return Err(CimError::Broken {
                    promise: format!(
                        "no more than {MOST_DEPENDENTS} services depend on `{}`",
                        self.name
                    ),
                });
            }
            for instance in host.associated(dependents_of(&name)).await? {
                let dependent = Self::of(&instance)?;
                if dependent.state == State::Stopped {
                    continue;
                }
                // Found again further away: it has to be stopped earlier than was thought.
                order.retain(|known| !known.name.eq_ignore_ascii_case(&dependent.name));
                open.push_back(dependent.name.clone());
                order.push(Dependent {
                    name: dependent.name,
                    start_mode: dependent.start_mode,
                });
            }
        }
        order.reverse();
        self.dependents = order;
        Ok(())
    }
}

fn start_mode(text: &str) -> Option<StartMode> {
    match text.to_ascii_lowercase().as_str() {
        "auto" | "automatic" => Some(StartMode::Automatic),
        "manual" => Some(StartMode::Manual),
        "disabled" => Some(StartMode::Disabled),
        _ => None,
    }
}

/// The services that need this one: it is the `Antecedent` of those links.
fn dependents_of(name: &str) -> Association {
    Association {
        of: steps::path(name),
        association_class: Some("Win32_DependentService".to_owned()),
        result_class: Some("Win32_Service".to_owned()),
        role: Some("Antecedent".to_owned()),
    }
}
