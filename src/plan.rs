//! What is to be changed and how it ended: [`Change`], [`Step`], [`Outcome`].
//!
//! Knows calls as data; must not know how they are sent or shown.

use std::time::Duration;

use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::Value;

/// One property that differs, and how to correct it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The property in the playbook's words: `nla`, `start_mode`.
    pub property: &'static str,
    /// What the host has, in the playbook's words; `Null` for absent.
    pub from: Value,
    /// What the playbook wants, in the same words.
    pub to: Value,
    /// Which layer decides the value now.
    pub decided_by: Layer,
    /// How to correct it.
    pub remedy: Remedy,
    /// What correcting it costs the users of the host.
    pub disruption: Disruption,
    /// The service that must be restarted for the change to take effect; restarted once at the end of the play.
    pub restart: Option<&'static str>,
}

/// The layer that decides a value: policy wins over local, local over the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Group Policy.
    Policy,
    /// A value set on the host.
    Local,
    /// Nothing is set; the operating system's default holds.
    Default,
}

impl Layer {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Local => "local",
            Self::Default => "default",
        }
    }
}

/// How a difference is corrected.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    /// By these steps, in this order.
    Steps {
        /// What to do.
        apply: Vec<Step>,
        /// What brings the prior state back; empty when nothing can.
        undo: Vec<Step>,
    },
    /// Not by us: Group Policy sets the value and would set it again. Reported as overridden, counts as drift.
    OwnedByPolicy {
        /// Where the policy is: a registry path or the name of the setting.
        setting: String,
    },
    /// Not by us: a person has to act.
    Manual {
        /// What to do.
        advice: String,
    },
}

/// One step of a remedy.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send a change.
    Call(Call),
    /// Wait until the host shows something, asking again at growing intervals.
    Await {
        /// What to ask.
        read: Read,
        /// What to see.
        until: Until,
        /// How long at most.
        within: Duration,
    },
}

/// What a waiting step waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// A property of the instance (or of the first instance of a query) holds this text, letter case ignored.
    Property {
        /// Which property.
        name: &'static str,
        /// What it shall hold.
        is: &'static str,
    },
    /// The registry value exists and is not this.
    RegistryOtherThan(Option<RegistryData>),
}

/// What applying a change costs, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disruption {
    /// Nobody notices.
    Harmless,
    /// Restarts a service that carries no sessions.
    RestartsService,
    /// Ends Remote Desktop sessions.
    DropsSessions,
    /// Takes effect after a reboot.
    NeedsReboot,
    /// Restarts the host, and ends everything on it.
    Reboots,
    /// Could cut off management or Remote Desktop.
    MayLockOut,
}

impl Disruption {
    /// The words in reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::RestartsService => "restarts a service",
            Self::DropsSessions => "drops remote desktop sessions",
            Self::NeedsReboot => "takes effect after a reboot",
            Self::Reboots => "reboots the host",
            Self::MayLockOut => "may lock out",
        }
    }
}

/// How a task ended on a host.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing differed.
    Compliant,
    /// It differs, and nothing was done: check mode.
    Drifted(Vec<Change>),
    /// It differed and was corrected; observed again.
    Changed(Vec<Change>),
    /// It differs, but Group Policy owns every value that does; nothing was done.
    Overridden(Vec<Change>),
    /// It was corrected and still differs.
    Unconverged {
        /// What is left.
        left: Vec<Change>,
        /// What was changed all the same, as it was before: of the same properties, and of others that held.
        made: Vec<Change>,
    },
    /// It could not be observed or corrected.
    Failed(Failure),
    /// It was not looked at.
    Skipped(SkipReason),
    /// Check mode cannot tell: it depends on changes that were not made.
    Unknown(Unknown),
}

/// Why check mode cannot tell how a task would end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The tasks whose changes were not made, by name.
    pub depends_on: Vec<String>,
    /// What of it cannot be told, lower case: `whether the port answers after the restart`.
    pub what: String,
}

/// What [`Failure::during`] says while nothing had been tried to change.
pub const OBSERVING: &str = "observing";

/// Why a task failed on a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What was being done: [`OBSERVING`], or the call.
    pub during: String,
    /// Why.
    pub error: CimError,
    /// Changes that had been made before.
    pub made: Vec<Change>,
}

impl Failure {
    /// Whether the host could not be looked at because it was not there. One that goes away while it is changed has failed:
    /// nobody knows what became of the change.
    pub fn lost_host(&self) -> bool {
        self.during == OBSERVING && self.error.is_unreachable()
    }
}

/// Why a task was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// Its `when` was false.
    Condition(String),
    /// A handler that nobody notified.
    NotNotified,
    /// An earlier task on the host failed.
    EarlierFailure,
    /// The run was interrupted.
    Interrupted,
    /// `meta: end_host` or `meta: end_play` came before it.
    Ended,
    /// A loop without items.
    NoItems,
    /// Somebody was asked (`--step`) and said no.
    Declined,
}
