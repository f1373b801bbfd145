//! `service`: whether a Windows service runs and when it starts.
//!
//! Reads Win32_Service by name; those that depend on it only where it has to be stopped. Stops running dependents first
//! and starts them again afterwards. Stopping TermService drops Remote Desktop sessions, stopping what management needs
//! may lock out, stopping anything else restarts a service that carries no sessions; starting is harmless.

use std::sync::Arc;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Value;
use crate::diag::Diagnostic;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::AnyResource;
use crate::resource::Resource;
use crate::resource::service::seen::Process;
use crate::resource::service::seen::Seen;
use crate::resource::service::seen::State;
use crate::resource::words::words;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

pub mod seen;
pub(in crate::resource) mod steps;

words! {
    /// When a service starts: `Start` in its registry key. The property StartMode says `Auto` where ChangeStartMode wants
    /// `Automatic` (windows-facts 7.1).
    pub enum StartMode {
        /// At boot.
        Automatic = "automatic", 2;
        /// When somebody asks.
        Manual = "manual", 3;
        /// Never.
        Disabled = "disabled", 4;
    }
}

/// What shall be with a service's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// It runs and was started anew: an event, so it always differs.
    Restarted,
    /// It was started anew if it ran; a service that is stopped stays so, and reads its settings when it starts.
    RestartedIfRunning,
}

impl Activity {
    const WORDS: &'static [&'static str] = &["running", "stopped", "restarted"];

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "running" => Some(Self::Running),
            "stopped" => Some(Self::Stopped),
            "restarted" => Some(Self::Restarted),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Restarted | Self::RestartedIfRunning => "restarted",
        }
    }

    fn is_event(self) -> bool {
        matches!(self, Self::Restarted | Self::RestartedIfRunning)
    }
}

/// How a service shall be; what is `None` is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The short name: `TermService`.
    pub name: String,
    /// Whether it runs.
    pub state: Option<Activity>,
    /// When it starts.
    pub start_mode: Option<StartMode>,
}

/// The restart of a service that changes of a play asked for; without effect on one that does not run.
pub fn restart_of(name: &str) -> Arc<dyn AnyResource> {
    Arc::new(Service {
        name: name.to_owned(),
        state: Some(Activity::RestartedIfRunning),
        start_mode: None,
    })
}

impl Resource for Service {
    const KIND: &'static str = "service";
    const ABOUT: &'static str = "Whether a Windows service runs and when it starts";
    const EXAMPLE: &'static str = "\
- name: Remote Desktop Services run
  service:
    name: TermService
    state: running
    start_mode: manual
";
    const PROPERTIES: &'static [Property] = &[
        Property {
            name: "name",
            shape: Shape::Text,
            required: true,
            about: "The short name, such as `TermService`; not the name that people see",
        },
        Property {
            name: "state",
            shape: Shape::Word(Activity::WORDS),
            required: false,
            about: "Whether it runs; `restarted` restarts it each time",
        },
        Property {
            name: "start_mode",
            shape: Shape::Word(StartMode::WORDS),
            required: false,
            about: "When it starts",
        },
    ];
    /// `None` when it is not installed.
    type Observed = Option<Seen>;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        let name = args.text("name").map(str::to_owned);
        let state = args.text("state").and_then(Activity::from_word);
        let start_mode = args.text("start_mode").and_then(StartMode::from_word);
        if args.is_clean() && state.is_none() && start_mode.is_none() {
            args.push(
                Diagnostic::error(
                    "nothing-stated",
                    "`service` states nothing about the service",
                )
                .at(args.span())
                .label("needs `state` or `start_mode`"),
            );
        }
        let runs = state.is_some_and(|state| state != Activity::Stopped);
        if runs
            && start_mode == Some(StartMode::Disabled)
            && let Some(node) = args.node("start_mode")
        {
            args.push(
                Diagnostic::error("conflicting-values", "a disabled service cannot be started")
                    .at(&node.span)
                    .label("contradicts `state`")
                    .help("state `start_mode: manual` or `automatic`, or `state: stopped`"),
            );
        }
        let name = name?;
        args.is_clean().then_some(Self {
            name,
            state,
            start_mode,
        })
    }

    fn id(&self) -> String {
        self.name.clone()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Option<Seen>, CimError> {
        let Some(mut seen) = Seen::look(host, &self.name).await? else {
            return Ok(None);
        };
        let stops = self.state.is_some_and(|state| state != Activity::Running);
        if stops && seen.state != State::Stopped {
            seen.follow_dependents(host).await?;
        }
        Ok(Some(seen))
    }

    fn diff(&self, observed: &Option<Seen>) -> Vec<Change> {
        let Some(seen) = observed else {
            return vec![self.not_installed()];
        };
        let mode = self.mode_change(seen);
        let state = self.state_change(seen);
        // A service is enabled before it is started but disabled after it was stopped, so that undoing, which goes
        // backwards, never starts a disabled service.
        let (first, second) = match self.state {
            Some(Activity::Stopped) => (state, mode),
            _ => (mode, state),
        };
        first.into_iter().chain(second).collect()
    }

    fn verify(&self, before: &Option<Seen>, after: &Option<Seen>) -> Vec<Change> {
        let (Some(old), Some(new)) = (before, after) else {
            return Resource::diff(self, after);
        };
        let restarted = self.state.is_some_and(Activity::is_event) && was_restarted(old, new);
        if restarted {
            self.mode_change(new).into_iter().collect()
        } else {
            Resource::diff(self, after)
        }
    }
}

/// Whether a service runs anew. One that shares its process keeps the process when it is restarted, so there only the
/// awaited states tell.
fn was_restarted(old: &Seen, new: &Seen) -> bool {
    new.state == State::Running
        && (new.process_id != old.process_id || new.process == Process::Shared)
}

impl Service {
    fn not_installed(&self) -> Change {
        let (property, to) = match (self.state, self.start_mode) {
            (Some(state), _) => ("state", state.word()),
            (None, Some(mode)) => ("start_mode", mode.word()),
            (None, None) => ("name", self.name.as_str()),
        };
        Change {
            property,
            from: Value::Null,
            to: Value::text(to),
            decided_by: Layer::Local,
            remedy: Remedy::Manual {
                advice: format!(
                    "no service has the short name `{}`: check the spelling (`sc getkeyname` translates the name that \
                     people see), or install the Windows feature that brings it",
                    self.name
                ),
            },
            disruption: Disruption::Harmless,
            restart: None,
        }
    }

    fn mode_change(&self, seen: &Seen) -> Option<Change> {
        let to = self.start_mode?;
        if seen.start_mode == Some(to) {
            return None;
        }
        let undo = seen
            .start_mode
            .map(|mode| steps::change_start_mode(&self.name, mode));
        let critical = steps::is_critical(&self.name) || steps::carries_sessions(&self.name);
        Some(Change {
            property: "start_mode",
            from: seen
                .start_mode
                .map_or(Value::Null, |mode| Value::text(mode.word())),
            to: Value::text(to.word()),
            decided_by: Layer::Local,
            remedy: Remedy::Steps {
                apply: vec![steps::change_start_mode(&self.name, to)],
                undo: undo.into_iter().collect(),
            },
            disruption: match to {
                StartMode::Disabled if critical => Disruption::MayLockOut,
                StartMode::Automatic | StartMode::Manual | StartMode::Disabled => {
                    Disruption::Harmless
                }
            },
            restart: None,
        })
    }

    fn state_change(&self, seen: &Seen) -> Option<Change> {
        let wanted = self.state?;
        let mode = self.start_mode.or(seen.start_mode);
        let startable = mode != Some(StartMode::Disabled);
        let stops = seen.state != State::Stopped && wanted != Activity::Running;
        let remedy = match (wanted, seen.state) {
            (Activity::Running, State::Running)
            | (Activity::Stopped | Activity::RestartedIfRunning, State::Stopped) => return None,
            _ if stops && let Some(own) = steps::own_branch(seen) => manual(format!(
                "rdpfix reaches the host through `{own}`, which has to be stopped for this: do it on the console, or \
                 restart the host"
            )),
            _ if stops && !seen.accepts_stop => manual(format!(
                "Windows does not let `{}` be stopped: restart the host instead",
                self.name
            )),
            _ if wanted != Activity::Stopped && !startable => manual(format!(
                "`{}` is disabled and cannot be started: state `start_mode: manual` or `automatic` as well, unless it \
                 was disabled on purpose (CIS hardening does)",
                self.name
            )),
            (Activity::Running, state) => starting(&self.name, state),
            (Activity::Stopped, state) => stopping(seen, state),
            (Activity::Restarted | Activity::RestartedIfRunning, _) => restarting(seen),
        };
        Some(Change {
            property: "state",
            from: Value::text(seen.state.word()),
            to: Value::text(wanted.word()),
            decided_by: Layer::Local,
            remedy,
            disruption: if stops {
                steps::cost_of_stopping(seen)
            } else {
                Disruption::Harmless
            },
            restart: None,
        })
    }
}

fn manual(advice: String) -> Remedy {
    Remedy::Manual { advice }
}

fn starting(name: &str, state: State) -> Remedy {
    match state {
        State::StartPending | State::ContinuePending => Remedy::Steps {
            apply: vec![steps::until(name, State::Running)],
            undo: Vec::new(),
        },
        State::Paused | State::PausePending => Remedy::Steps {
            apply: vec![
                steps::until(name, State::Paused),
                steps::resume(name),
                steps::until(name, State::Running),
            ],
            undo: vec![steps::pause(name), steps::until(name, State::Paused)],
        },
        State::Stopped | State::StopPending | State::Running | State::Unknown => Remedy::Steps {
            apply: settled(name, state)
                .into_iter()
                .chain(steps::start(name))
                .collect(),
            undo: steps::stop(name).into(),
        },
    }
}

fn stopping(seen: &Seen, state: State) -> Remedy {
    if state == State::StopPending {
        return Remedy::Steps {
            apply: vec![steps::until(&seen.name, State::Stopped)],
            undo: Vec::new(),
        };
    }
    let startable = seen.start_mode != Some(StartMode::Disabled);
    Remedy::Steps {
        apply: settled(&seen.name, state)
            .into_iter()
            .chain(steps::halt(seen))
            .collect(),
        undo: if startable {
            steps::launch(seen)
        } else {
            Vec::new()
        },
    }
}

fn restarting(seen: &Seen) -> Remedy {
    match seen.state {
        State::Stopped | State::StopPending => Remedy::Steps {
            apply: settled(&seen.name, seen.state)
                .into_iter()
                .chain(steps::start(&seen.name))
                .collect(),
            undo: steps::stop(&seen.name).into(),
        },
        state => Remedy::Steps {
            apply: settled(&seen.name, state)
                .into_iter()
                .chain(steps::halt(seen))
                .chain(steps::launch(seen))
                .collect(),
            // Takes back a restart that stopped half-way.
            undo: steps::launch(seen),
        },
    }
}

/// Waits for the end of a transition, because a service takes no orders during one.
fn settled(name: &str, state: State) -> Option<Step> {
    let end = match state {
        State::StartPending | State::ContinuePending => State::Running,
        State::StopPending => State::Stopped,
        State::PausePending => State::Paused,
        State::Running | State::Stopped | State::Paused | State::Unknown => return None,
    };
    Some(steps::until(name, end))
}

#[cfg(test)]
mod tests;
