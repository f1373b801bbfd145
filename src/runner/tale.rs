//! What is told of one host while it is worked on, and what its summary will say.

use std::sync::Arc;
use std::time::Duration;

use crate::cim::CimError;
use crate::cim::Value;
use crate::event::Counts;
use crate::event::Differences;
use crate::event::Event;
use crate::event::HostStatus;
use crate::event::Status;
use crate::event::TaskResult;
use crate::event::Tolerated;
use crate::inventory::Host;
use crate::plan::Change;
use crate::plan::Failure;
use crate::plan::OBSERVING;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::SkipReason;
use crate::proof::Proof;
use crate::proof::Verdict;
use crate::runner::World;
use crate::runner::rule::Rule;
use crate::runner::stop::Halt;

/// Why a host is not well.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reason {
    reason: String,
    hint: Option<String>,
}

/// One result, before it is known which host and moment it belongs to.
pub(super) struct Ending {
    pub(super) play: Arc<str>,
    pub(super) task: Arc<str>,
    pub(super) resource: &'static str,
    pub(super) id: Arc<str>,
    pub(super) handler: bool,
    pub(super) outcome: Outcome,
    pub(super) item: Option<Arc<str>>,
    pub(super) rule: Rule,
    pub(super) attempts: u32,
    pub(super) tolerated: Tolerated,
    pub(super) message: Option<Arc<str>>,
    pub(super) differences: Differences,
    pub(super) took: Duration,
}

/// What the summary of a host needs.
#[derive(Default)]
pub(super) struct Told {
    pub(super) counts: Counts,
    failed: Option<Reason>,
    unreachable: Option<Reason>,
    drifted: bool,
    interrupted: bool,
    undone: Vec<String>,
}

/// Collects what the summary of a host needs, and passes results on.
pub(super) struct Tale<'a> {
    world: &'a World,
    host: &'a Host,
    pub(super) told: Told,
}

impl<'a> Tale<'a> {
    /// Goes on from what was told before.
    pub(super) fn new(world: &'a World, host: &'a Host, told: Told) -> Self {
        Self { world, host, told }
    }

    /// Passes a result on.
    pub(super) async fn tell(&mut self, ending: Ending) {
        let result = TaskResult {
            host: Arc::clone(&self.host.name),
            at: self.world.clock.now(),
            play: ending.play,
            task: ending.task,
            resource: ending.resource,
            id: ending.id,
            handler: ending.handler,
            outcome: ending.outcome,
            item: ending.item,
            attempts: ending.attempts,
            tolerated: ending.tolerated,
            message: ending.message,
            control: ending.rule.control,
            waiver: ending.rule.waiver,
            differences: ending.differences,
            duration: ending.took,
        };
        let result = with_note(result, ending.rule.note);
        if result.status() == Status::Waived {
            self.told.counts.waived += 1;
        } else {
            self.told.counts.add(&result.outcome, result.tolerated);
            if result.tolerated == Tolerated::No {
                self.told.weigh(&result);
            }
        }
        let _delivered = self.world.events.send(Event::Result(result)).await;
    }

    /// Notes why the host counts as failed; the first reason is kept.
    pub(super) fn fail(&mut self, reason: String, hint: Option<String>) {
        self.told.fail(reason, hint);
    }

    /// Notes that no session came to be.
    pub(super) fn refuse(&mut self, error: &CimError) {
        let reason = Reason {
            reason: error.to_string(),
            hint: error.hint(),
        };
        if error.is_unreachable() {
            self.told.unreachable.get_or_insert(reason);
        } else {
            self.told.failed.get_or_insert(reason);
        }
    }

    /// Notes that the host had to end before there was a session.
    pub(super) fn halt_without_session(&mut self, halt: Halt, limit: Duration) {
        match halt {
            Halt::Interrupted => self.told.interrupted = true,
            Halt::TimedOut => {
                self.told.unreachable.get_or_insert(Reason {
                    reason: format!("no session within {} s", limit.as_secs()),
                    hint: Some(
                        "the host is slow, or something on the way swallows what is sent; `--host-timeout` gives it longer"
                            .to_owned(),
                    ),
                });
            }
        }
    }

    /// Notes a restart that changes wait for and that was not done.
    pub(super) fn leave_undone(&mut self, what: String) {
        self.told.undone.push(what);
    }

    /// Takes the view from outside into account: after changes it has to pass.
    pub(super) fn take_proof(&mut self, proof: &Proof, counts_as_failure: CountsAs) {
        let Verdict::Refuted { reason, .. } = &proof.verdict else {
            return;
        };
        match counts_as_failure {
            CountsAs::Drift => self.told.drifted = true,
            CountsAs::Failure => self.fail(format!("a client cannot connect: {reason}"), None),
        }
    }
}

impl Told {
    /// Takes a result in that nobody puts up with.
    fn weigh(&mut self, result: &TaskResult) {
        match &result.outcome {
            // Whichever way it would end: the waiver accepts it.
            Outcome::Unknown(_) if result.is_waived() => {}
            Outcome::Drifted(_) | Outcome::Overridden(_) | Outcome::Unknown(_) => {
                self.drifted = true;
            }
            Outcome::Changed(changes) => {
                self.drifted |= changes.iter().any(owned_by_policy);
            }
            Outcome::Unconverged { left, .. } => {
                let names: Vec<String> = left
                    .iter()
                    .map(|change| format!("`{}`", change.property))
                    .collect();
                let reason = format!(
                    "{}: {} still differs after it was corrected",
                    result.task,
                    names.join(", ")
                );
                let hint = "something sets it again; Group Policy may own it (`gpresult /h report.html` on the host tells)";
                self.fail(reason, Some(hint.to_owned()));
            }
            Outcome::Failed(failure) => {
                let reason = format!("{}: {}: {}", result.task, failure.during, failure.error);
                let hint = failure.error.hint();
                if failure.lost_host() {
                    self.unreachable.get_or_insert(Reason { reason, hint });
                } else {
                    self.fail(reason, hint);
                }
            }
            Outcome::Skipped(SkipReason::Interrupted) => self.interrupted = true,
            Outcome::Compliant | Outcome::Skipped(_) => {}
        }
    }

    /// Notes why the host counts as failed; the first reason is kept.
    pub(super) fn fail(&mut self, reason: String, hint: Option<String>) {
        self.failed.get_or_insert(Reason { reason, hint });
    }

    /// Notes that the run ended before the host was done.
    pub(super) fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// The worst that happened.
    pub(super) fn status(&self) -> HostStatus {
        if let Some(Reason { reason, hint }) = self.failed.clone() {
            let reason = self.with_undone(reason);
            return HostStatus::Failed { reason, hint };
        }
        if let Some(Reason { reason, hint }) = self.unreachable.clone() {
            let reason = self.with_undone(reason);
            return HostStatus::Unreachable { reason, hint };
        }
        match (self.interrupted, self.drifted) {
            (true, _) => HostStatus::Interrupted,
            (false, true) => HostStatus::Drifted,
            (false, false) => HostStatus::Ok,
        }
    }

    fn with_undone(&self, reason: String) -> String {
        if self.undone.is_empty() {
            return reason;
        }
        format!("{reason}; left undone: {}", self.undone.join(", "))
    }
}

/// A result with what there is to know about its difference, unless it has something to say itself.
fn with_note(result: TaskResult, note: Option<Arc<str>>) -> TaskResult {
    let differs = matches!(result.status(), Status::WouldChange | Status::Overridden);
    let message = match &result.message {
        None if differs => note,
        own => own.clone(),
    };
    TaskResult { message, ..result }
}

/// What a proof that did not pass means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountsAs {
    /// The host differs from what it should be: nothing was tried.
    Drift,
    /// The work was in vain.
    Failure,
}

/// Whether Group Policy has the last word on a value.
pub(super) fn owned_by_policy(change: &Change) -> bool {
    matches!(change.remedy, Remedy::OwnedByPolicy { .. })
}

/// A result without values, messages and items, for tasks with `no_log`.
pub(super) fn censored(ending: Ending) -> Ending {
    let outcome = match ending.outcome {
        Outcome::Drifted(changes) => Outcome::Drifted(blank(changes)),
        Outcome::Changed(changes) => Outcome::Changed(blank(changes)),
        Outcome::Overridden(changes) => Outcome::Overridden(blank(changes)),
        Outcome::Unconverged { left, made } => Outcome::Unconverged {
            left: blank(left),
            made: blank(made),
        },
        Outcome::Failed(failure) => Outcome::Failed(Failure {
            during: if failure.during == OBSERVING {
                failure.during
            } else {
                "carrying it out".to_owned()
            },
            error: if failure.error.is_unreachable() {
                failure.error
            } else {
                CimError::Configuration {
                    detail: "the reason is not shown, because `no_log` is set".to_owned(),
                    remedy: "take `no_log` off the task to see it".to_owned(),
                }
            },
            made: blank(failure.made),
        }),
        Outcome::Compliant | Outcome::Skipped(_) | Outcome::Unknown(_) => ending.outcome,
    };
    Ending {
        outcome,
        // It may be made of a value.
        id: "".into(),
        item: ending.item.map(|_| "(not shown)".into()),
        message: None,
        ..ending
    }
}

fn blank(changes: Vec<Change>) -> Vec<Change> {
    let hidden = || Value::text("(not shown)");
    changes
        .into_iter()
        .map(|change| Change {
            from: hidden(),
            to: hidden(),
            remedy: match change.remedy {
                Remedy::Steps { .. } => Remedy::Steps {
                    apply: Vec::new(),
                    undo: Vec::new(),
                },
                Remedy::Manual { .. } => Remedy::Manual {
                    advice: "not shown, because `no_log` is set".to_owned(),
                },
                owned @ Remedy::OwnedByPolicy { .. } => owned,
            },
            ..change
        })
        .collect()
}

/// Whether a change is made by calls.
pub(super) fn is_ours(change: &Change) -> bool {
    matches!(change.remedy, Remedy::Steps { .. })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::civil::Date;

    use super::Told;
    use crate::control::Waiver;
    use crate::event::Differences;
    use crate::event::HostStatus;
    use crate::event::TaskResult;
    use crate::event::Tolerated;
    use crate::plan::Outcome;
    use crate::plan::Unknown;

    /// What check mode cannot tell, with a waiver that holds to the end of a day.
    fn unknown(expires: Date) -> TaskResult {
        TaskResult {
            host: "a".into(),
            at: Timestamp::UNIX_EPOCH,
            play: "p".into(),
            task: "t".into(),
            resource: "rdp_listener",
            id: "".into(),
            handler: false,
            outcome: Outcome::Unknown(Unknown {
                depends_on: vec!["one".to_owned()],
                what: "whether it differs".to_owned(),
            }),
            item: None,
            attempts: 1,
            tolerated: Tolerated::No,
            message: None,
            control: None,
            waiver: Some(Arc::new(Waiver {
                hosts: "all".into(),
                control: "FIRST".into(),
                owner: "ops".into(),
                reason: "old clients".into(),
                expires,
            })),
            differences: Differences::AsAsked,
            duration: Duration::ZERO,
        }
    }

    #[test]
    fn what_cannot_be_told_is_drift_unless_a_waiver_accepts_it_either_way() {
        for (expires, status) in [
            (jiff::civil::date(1970, 1, 1), HostStatus::Ok),
            (jiff::civil::date(1969, 12, 31), HostStatus::Drifted),
        ] {
            let mut told = Told::default();
            told.weigh(&unknown(expires));
            assert_eq!(told.status(), status, "{expires}");
        }
    }
}
