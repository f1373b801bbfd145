//! The states that are kept, as people read them and as they stand in the file.

use serde::Deserialize;
use serde::Serialize;

/// The control that every host has: whether a client can connect, as the proof of a run says.
pub const PROOF: &str = "rdp-proof";

/// What the control [`PROOF`] asks for.
pub(super) const PROOF_TITLE: &str = "a client can connect";

/// How a control of a host is, best first: of several results the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be, or corrected.
    Compliant,
    /// It differs, and a waiver accepts that.
    Waived,
    /// Check mode could not tell.
    Unknown,
    /// It differs.
    Drift,
    /// It differs, and Group Policy owns it.
    Overridden,
    /// It could not be looked at or corrected.
    Failed,
}

impl State {
    /// All of them, best first.
    pub const ALL: [Self; 6] = [
        Self::Compliant,
        Self::Waived,
        Self::Unknown,
        Self::Drift,
        Self::Overridden,
        Self::Failed,
    ];

    /// The word in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Drift => "drift",
            Self::Overridden => "overridden",
            Self::Failed => "failed",
        }
    }

    /// From its word; `None` for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Its number in the file and in [`crate::history::view::Matrix::cells`], from 1.
    pub fn code(self) -> u8 {
        match self {
            Self::Compliant => 1,
            Self::Waived => 2,
            Self::Unknown => 3,
            Self::Drift => 4,
            Self::Overridden => 5,
            Self::Failed => 6,
        }
    }

    /// From its number; a number that nobody gave means that nothing is known.
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .unwrap_or(Self::Unknown)
    }

    /// What it says about drift; `None` when it says nothing, and what was known before still holds.
    pub(super) fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Compliant | Self::Waived => Some(Verdict::Fine),
            Self::Drift | Self::Overridden => Some(Verdict::Drifted),
            Self::Unknown | Self::Failed => None,
        }
    }
}

/// Whether a control counts as drifted. A waiver accepts what differs, so it ends drift as a correction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does not.
    Fine,
    /// It does.
    Drifted,
}

impl Verdict {
    /// Its number in the file; 0 stands for none.
    pub(super) fn code(verdict: Option<Self>) -> u8 {
        match verdict {
            None => 0,
            Some(Self::Fine) => 1,
            Some(Self::Drifted) => 2,
        }
    }

    /// From its number.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Fine),
            2 => Some(Self::Drifted),
            _ => None,
        }
    }
}

/// How a host as a whole is, best first: the worst of its controls, unless it could not be reached or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Every control is as it should be.
    Compliant,
    /// Waivers accept all that differs.
    Waived,
    /// Nothing of it could be told, or not everything.
    Unknown,
    /// Something differs.
    Drift,
    /// Something differs that Group Policy owns.
    Overridden,
    /// Something failed.
    Failed,
    /// There was no session the last time.
    Unreachable,
}

impl HostState {
    /// All of them, best first.
    pub const ALL: [Self; 7] = [
        Self::Compliant,
        Self::Waived,
        Self::Unknown,
        Self::Drift,
        Self::Overridden,
        Self::Failed,
        Self::Unreachable,
    ];

    /// The word in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compliant => State::Compliant.word(),
            Self::Waived => State::Waived.word(),
            Self::Unknown => State::Unknown.word(),
            Self::Drift => State::Drift.word(),
            Self::Overridden => State::Overridden.word(),
            Self::Failed => State::Failed.word(),
            Self::Unreachable => "unreachable",
        }
    }

    /// From its word; `None` for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Its number in the file, from 1.
    pub fn code(self) -> u8 {
        match self {
            Self::Compliant => 1,
            Self::Waived => 2,
            Self::Unknown => 3,
            Self::Drift => 4,
            Self::Overridden => 5,
            Self::Failed => 6,
            Self::Unreachable => 7,
        }
    }

    /// From its number; a number that nobody gave means that nothing is known.
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .unwrap_or(Self::Unknown)
    }

    /// From how it was reached and from the worst of its controls; what nobody has looked at is not known to be fine.
    pub(super) fn of(reach: Reach, worst: Option<State>) -> Self {
        match (reach, worst) {
            (Reach::Unreachable, _) => Self::Unreachable,
            (Reach::Failed, _) | (Reach::Reached, Some(State::Failed)) => Self::Failed,
            (Reach::Reached, Some(State::Compliant)) => Self::Compliant,
            (Reach::Reached, Some(State::Waived)) => Self::Waived,
            (Reach::Reached, None | Some(State::Unknown)) => Self::Unknown,
            (Reach::Reached, Some(State::Drift)) => Self::Drift,
            (Reach::Reached, Some(State::Overridden)) => Self::Overridden,
        }
    }
}

/// How a run got on with a host as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It was looked at to the end.
    Reached,
    /// Something failed, or the proof did not pass.
    Failed,
    /// No session came to be.
    Unreachable,
}

impl Reach {
    /// The word in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }

    /// Its number in the file, from 1.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Reached => 1,
            Self::Failed => 2,
            Self::Unreachable => 3,
        }
    }

    /// From its number.
    pub(super) fn from_code(code: u8) -> Self {
        match code {
            2 => Self::Failed,
            3 => Self::Unreachable,
            _ => Self::Reached,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostState;
    use super::Reach;
    use super::State;

    #[test]
    fn words_and_numbers_lead_back_to_their_states() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.word()), Some(state));
            assert_eq!(State::from_code(state.code()), state);
        }
        for state in HostState::ALL {
            assert_eq!(HostState::from_word(state.word()), Some(state));
            assert_eq!(HostState::from_code(state.code()), state);
        }
        for reach in [Reach::Reached, Reach::Failed, Reach::Unreachable] {
            assert_eq!(Reach::from_code(reach.code()), reach);
        }
        assert_eq!(State::from_word("fine"), None);
    }

    #[test]
    fn a_host_that_cannot_be_reached_is_unreachable_whatever_it_was() {
        let worst = Some(State::Compliant);
        assert_eq!(
            HostState::of(Reach::Unreachable, worst),
            HostState::Unreachable
        );
        assert_eq!(HostState::of(Reach::Reached, worst), HostState::Compliant);
    }

    #[test]
    fn a_host_of_which_nothing_is_known_is_not_compliant() {
        assert_eq!(HostState::of(Reach::Reached, None), HostState::Unknown);
    }
}
