//! Whether a machine is up, and how it goes down and comes back when it is told to reboot.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Machine;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::log::system;

/// How long a fresh machine goes on answering once its reboot has begun.
const CLOSING: SignedDuration = SignedDuration::from_millis(50);
/// How long a fresh machine is away then.
const AWAY: SignedDuration = SignedDuration::from_millis(300);
/// How much longer one is away that takes its time.
const SLOWLY: SignedDuration = SignedDuration::from_secs(5);

/// ERROR_SHUTDOWN_IN_PROGRESS
const IN_PROGRESS: u32 = 1115;

/// Where servicing notes that it waits for a reboot; the key's being there says it.
pub const SERVICING_PENDING: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
/// Where Windows Update notes the same.
pub const UPDATE_PENDING: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";
/// The key with the value `PendingFileRenameOperations`.
pub const SESSION_MANAGER: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
/// The name that holds until the next start.
pub const ACTIVE_NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName";
/// The name that holds from the next start on.
pub const CHOSEN_NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";

/// Whether the machine is up, and how it behaves when it is told to reboot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Power {
    /// Now.
    pub state: PowerState,
    /// What it makes of the order.
    pub course: RebootCourse,
    /// How long it goes on answering once the reboot has begun.
    pub closing: SignedDuration,
    /// How long it is away then.
    pub away: SignedDuration,
}

/// Whether a machine is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerState {
    /// It is.
    Up,
    /// Still, until this moment.
    GoingDown(Timestamp),
    /// Nothing of it answers until this moment, or for good.
    Down(Option<Timestamp>),
}

/// What a machine makes of the order to reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RebootCourse {
    /// It obeys.
    #[default]
    Obeys,
    /// It obeys, and takes seconds longer.
    Slow,
    /// It goes down and never comes back.
    NeverReturns,
    /// It accepts the order and stays up.
    Ignores,
}

impl RebootCourse {
    /// The words in scenario files.
    pub const WORDS: &'static [&'static str] = &["obeys", "slow", "never_returns", "ignores"];

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "obeys" => Some(Self::Obeys),
            "slow" => Some(Self::Slow),
            "never_returns" => Some(Self::NeverReturns),
            "ignores" => Some(Self::Ignores),
            _ => None,
        }
    }
}

impl Default for Power {
    fn default() -> Self {
        Self {
            state: PowerState::Up,
            course: RebootCourse::default(),
            closing: CLOSING,
            away: AWAY,
        }
    }
}

impl Power {
    /// Whether anything answers.
    pub fn is_up(&self) -> bool {
        !matches!(self.state, PowerState::Down(_))
    }

    /// When it changes by itself.
    pub fn turns_at(&self) -> Option<Timestamp> {
        match self.state {
            PowerState::Up => None,
            PowerState::GoingDown(at) => Some(at),
            PowerState::Down(until) => until,
        }
    }
}

/// An order to reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebootOrder<'a> {
    /// Seconds that users are warned.
    pub after: u32,
    /// What they are told.
    pub comment: &'a str,
}

impl Machine {
    /// Takes an order to reboot; the Windows code that answers it.
    pub fn reboot(&mut self, order: RebootOrder<'_>, now: Timestamp) -> u32 {
        if self.power.state != PowerState::Up {
            return IN_PROGRESS;
        }
        let event = system::reboot_ordered(&self.computer_name, order.comment);
        self.note(now, event);
        if self.power.course != RebootCourse::Ignores {
            let after = SignedDuration::from_secs(order.after.into());
            let at = later(later(now, after), self.power.closing);
            self.power.state = PowerState::GoingDown(at);
        }
        0
    }

    /// Lets the machine go down and come back as far as that is due by `now`.
    pub(super) fn settle_power(&mut self, now: Timestamp) {
        if let PowerState::GoingDown(at) = self.power.state
            && at <= now
        {
            self.note(at, system::log_stopped());
            let away = match self.power.course {
                RebootCourse::Obeys | RebootCourse::Ignores => Some(self.power.away),
                RebootCourse::Slow => Some(self.power.away.saturating_add(SLOWLY)),
                RebootCourse::NeverReturns => None,
            };
            self.power.state = PowerState::Down(away.map(|away| later(at, away)));
        }
        if let PowerState::Down(Some(until)) = self.power.state
            && until <= now
        {
            self.power.state = PowerState::Up;
            self.note(until, system::log_started());
            self.take_effect();
            self.restart(until);
        }
    }

    /// What waited for a start is done.
    fn take_effect(&mut self) {
        let key = RegistryKey::local_machine;
        for path in [SERVICING_PENDING, UPDATE_PENDING] {
            // One that has keys of its own below it is not made by Windows.
            let _kept = self.registry.remove_key(&key(path));
        }
        self.registry
            .remove_value(&key(SESSION_MANAGER), "PendingFileRenameOperations");
        let chosen = self.registry.text(&key(CHOSEN_NAME), "ComputerName");
        if let Some(name) = chosen.map(str::to_owned) {
            self.computer_name.clone_from(&name);
            self.registry
                .set(&key(ACTIVE_NAME), "ComputerName", RegistryData::Text(name));
        }
    }
}

fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(moment)
}
