//! How a run of the program ended, as a number that schedulers can act on.

use std::process::ExitCode;

use crate::event::Recap;

/// The exit codes; each has one meaning. When several apply, [`ExitStatus::of`] says which wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// 0: compliant, or applied and nothing left.
    Success,
    /// 1: internal error.
    Internal,
    /// 2: something failed on at least one host, or `explain` does not know the number.
    Failed,
    /// 3: drift was found, nothing failed; or it began between two runs; or a probe found an error on a host whose RDP answers.
    Drift,
    /// 4: at least one host could not be reached or signed in to, nothing failed; in a probe, RDP did not answer.
    Unreachable,
    /// 5: bad option or usage; the history has no such host, control or run.
    Usage,
    /// 6: playbook, inventory, vault, scenario, certificate or history file invalid.
    Invalid,
    /// 7: no hosts matched.
    NoHosts,
    /// 8: the run was stopped before every host had its turn: too many failed, one failed where none may, the deadline passed,
    /// or jobs work on the others.
    Stopped,
    /// 130: interrupted, after cleaning up.
    Interrupted,
    /// 143: terminated, after cleaning up.
    Terminated,
    /// What a monitoring system is told instead, with `--reporter nagios`. OK is 0, WARNING 1, CRITICAL 2, UNKNOWN 3.
    Plugin(u8),
}

impl ExitStatus {
    /// The number that the program exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Internal => 1,
            Self::Failed => 2,
            Self::Drift => 3,
            Self::Unreachable => 4,
            Self::Usage => 5,
            Self::Invalid => 6,
            Self::NoHosts => 7,
            Self::Stopped => 8,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Plugin(state) => state,
        }
    }

    /// From the number of a run's end.
    pub fn from_code(code: u8) -> Self {
        let plain = [
            Self::Success,
            Self::Failed,
            Self::Drift,
            Self::Unreachable,
            Self::Usage,
            Self::Invalid,
            Self::NoHosts,
            Self::Stopped,
            Self::Interrupted,
            Self::Terminated,
        ];
        let found = plain.into_iter().find(|status| status.code() == code);
        found.unwrap_or(Self::Internal)
    }

    /// The status that a recap amounts to: interrupted outranks stopped, stopped failed, failed unreachable, and
    /// unreachable drift. Which signal interrupted it is not in a recap.
    pub fn of(recap: &Recap) -> Self {
        if recap.stopped.is_some() {
            Self::Stopped
        } else if recap.interrupted + recap.not_started > 0 {
            // Nothing else leaves hosts undone.
            Self::Interrupted
        } else if recap.failed > 0 {
            Self::Failed
        } else if recap.unreachable > 0 {
            Self::Unreachable
        } else if recap.drifted > 0 {
            Self::Drift
        } else {
            Self::Success
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus;
    use crate::event::Recap;
    use crate::event::Stopped;

    #[test]
    fn the_worst_decides() {
        let mixed = Recap {
            failed: 1,
            unreachable: 1,
            drifted: 1,
            ..Recap::default()
        };
        let stopped = Recap {
            stopped: Some(Stopped::Budget),
            ..mixed
        };
        assert_eq!(ExitStatus::of(&stopped).code(), 8);
        for cut_short in [
            Recap {
                interrupted: 1,
                ..mixed
            },
            Recap {
                not_started: 1,
                ok: 3,
                ..Recap::default()
            },
        ] {
            assert_eq!(ExitStatus::of(&cut_short).code(), 130);
        }
        assert_eq!(
            ExitStatus::of(&Recap {
                interrupted: 1,
                ..stopped
            })
            .code(),
            8,
            "the deadline interrupts hosts, too"
        );
        assert_eq!(ExitStatus::of(&mixed).code(), 2);
        assert_eq!(ExitStatus::of(&Recap { failed: 0, ..mixed }).code(), 4);
        assert_eq!(
            ExitStatus::of(&Recap {
                failed: 0,
                unreachable: 0,
                ..mixed
            })
            .code(),
            3
        );
        assert_eq!(
            ExitStatus::of(&Recap {
                ok: 3,
                ..Recap::default()
            })
            .code(),
            0
        );
    }
}
