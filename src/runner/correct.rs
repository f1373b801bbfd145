//! Makes the changes of one task: sends calls, waits for what they cause, takes back what was left half-done.

use std::sync::Arc;
use std::time::Duration;

use crate::cim::Answer;
use crate::cim::Blame;
use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimSession;
use crate::cim::Instance;
use crate::cim::Read;
use crate::cim::Value;
use crate::clock::Clock;
use crate::plan::Change;
use crate::plan::Failure;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::plan::Until;
use crate::runner::stop::Halt;
use crate::runner::stop::Stop;
use crate::runner::stop::grace;

/// The first pause between two questions of a waiting step.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
/// The pauses grow up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What writes.
pub(super) struct Hand<'a> {
    pub(super) session: &'a Arc<dyn CimSession>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) stop: &'a Stop,
}

/// What came of the changes of a task.
pub(super) struct Correction {
    /// Changes whose steps were all carried out.
    pub(super) made: Vec<Change>,
    /// Whether anything was sent that may have changed the host.
    pub(super) wrote: bool,
    /// Why it went no further.
    pub(super) ended: Ended,
}

/// Why a correction went no further.
pub(super) enum Ended {
    /// Everything that is ours to change is changed.
    Complete,
    /// A change failed.
    Failed { during: String, error: CimError },
    /// The host has to end before the change of this property.
    Halted { halt: Halt, before: &'static str },
}

/// How far the steps of one change got.
enum Steps {
    Done,
    Broken {
        during: String,
        error: CimError,
        /// Whether something may have changed that the undo would take back.
        half_done: bool,
    },
}

impl Correction {
    /// The failure as reported.
    pub(super) fn failure(&self, during: &str, error: &CimError) -> Failure {
        Failure {
            during: during.to_owned(),
            error: error.clone(),
            made: self.made.clone(),
        }
    }
}

impl Hand<'_> {
    /// Makes the changes in their order, up to the first that fails. The steps of one change belong together: once the
    /// first is taken, an interruption waits for the last, because a service stopped and not started again is worse
    /// than either.
    pub(super) async fn correct(&self, changes: &[Change]) -> Correction {
        let mut correction = Correction {
            made: Vec::new(),
            wrote: false,
            ended: Ended::Complete,
        };
        for change in changes {
            let (apply, undo) = match &change.remedy {
                Remedy::Steps { apply, undo } => (apply, undo),
                Remedy::OwnedByPolicy { .. } => continue,
                Remedy::Manual { advice } => {
                    correction.ended = by_hand(change, advice);
                    return correction;
                }
            };
            if let Some(halt) = self.stop.check() {
                let before = change.property;
                correction.ended = Ended::Halted { halt, before };
                return correction;
            }
            correction.wrote = true;
            match self.take(apply).await {
                Steps::Done => correction.made.push(change.clone()),
                Steps::Broken {
                    during,
                    error,
                    half_done,
                } => {
                    let aftermath = if half_done {
                        self.take_back(undo).await
                    } else {
                        ""
                    };
                    let during = format!("setting `{}`: {during}{aftermath}", change.property);
                    correction.ended = Ended::Failed { during, error };
                    return correction;
                }
            }
        }
        correction
    }

    async fn take(&self, steps: &[Step]) -> Steps {
        let mut sent = false;
        for step in steps {
            let result = match step {
                Step::Call(call) => self.send(call).await,
                Step::Await {
                    read,
                    until,
                    within,
                } => self.wait(read, until, *within).await,
            };
            let Err(error) = result else {
                sent |= matches!(step, Step::Call(_));
                continue;
            };
            // A refused call did nothing; one whose answer was lost may have been carried out.
            let half_done = sent || error.blame() == Blame::Network;
            return Steps::Broken {
                during: describe(step),
                error,
                half_done,
            };
        }
        Steps::Done
    }

    /// Takes a half-done change back, and says how that went.
    async fn take_back(&self, undo: &[Step]) -> &'static str {
        if undo.is_empty() {
            return " (half done, and it cannot be taken back)";
        }
        match self.take(undo).await {
            Steps::Done => " (half done, and taken back)",
            Steps::Broken { .. } => " (half done, and taking it back failed too)",
        }
    }

    async fn send(&self, call: &Call) -> Result<(), CimError> {
        match self.stop.finish(self.session.invoke(call)).await {
            Ok(done) => done,
            Err(_) => Err(CimError::TimedOut {
                operation: call.to_string(),
                after: grace(),
            }),
        }
    }

    async fn wait(&self, read: &Read, until: &Until, within: Duration) -> Result<(), CimError> {
        let late = || CimError::TimedOut {
            operation: format!("the wait for {}", wanted(until)),
            after: within,
        };
        let polling = async {
            let begin = self.clock.instant();
            let mut pause = SHORTEST_PAUSE;
            loop {
                if shows(&self.session.read(read).await?, until) {
                    return Ok(());
                }
                let passed = self.clock.instant().saturating_duration_since(begin);
                if passed >= within {
                    return Err(late());
                }
                self.clock
                    .sleep(pause.min(within.saturating_sub(passed)))
                    .await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        // A question that hangs must not outlast the limit either.
        let bounded = async {
            tokio::select! {
                biased;
                done = polling => done,
                () = self.clock.sleep(within.saturating_add(LONGEST_PAUSE)) => Err(late()),
            }
        };
        match self.stop.finish(bounded).await {
            Ok(done) => done,
            Err(_) => Err(late()),
        }
    }
}

fn by_hand(change: &Change, advice: &str) -> Ended {
    Ended::Failed {
        during: format!("setting `{}`", change.property),
        error: CimError::Configuration {
            detail: "this has to be corrected by hand".to_owned(),
            remedy: advice.to_owned(),
        },
    }
}

fn describe(step: &Step) -> String {
    match step {
        Step::Call(call) => call.to_string(),
        Step::Await { read, until, .. } => format!("waiting until {read} has {}", wanted(until)),
    }
}

fn wanted(until: &Until) -> String {
    match until {
        Until::Property { name, is } => format!("{name} = {is}"),
        Until::RegistryOtherThan(None) => "a value".to_owned(),
        Until::RegistryOtherThan(Some(_)) => "another value".to_owned(),
    }
}

/// Whether an answer shows what is waited for.
fn shows(answer: &Answer, until: &Until) -> bool {
    match (answer, until) {
        (Answer::Instance(instance), Until::Property { name, is }) => instance
            .as_ref()
            .is_some_and(|instance| holds(instance, name, is)),
        (Answer::Instances(instances), Until::Property { name, is }) => instances
            .first()
            .is_some_and(|instance| holds(instance, name, is)),
        (Answer::Registry(Some(data)), Until::RegistryOtherThan(old)) => old.as_ref() != Some(data),
        _ => false,
    }
}

fn holds(instance: &Instance, name: &str, wanted: &str) -> bool {
    match instance.get(name) {
        Some(Value::Text(text)) => text.eq_ignore_ascii_case(wanted),
        Some(Value::Bool(truth)) => wanted.eq_ignore_ascii_case(&truth.to_string()),
        Some(Value::Uint(number)) => number.to_string() == wanted,
        Some(Value::Sint(number)) => number.to_string() == wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::shows;
    use crate::cim::Answer;
    use crate::cim::Instance;
    use crate::cim::Namespace;
    use crate::cim::RegistryData;
    use crate::plan::Until;

    const RUNNING: Until = Until::Property {
        name: "State",
        is: "Running",
    };

    fn service(state: &str) -> Instance {
        Instance::new(Namespace::CIMV2, "Win32_Service").with("State", state)
    }

    #[test]
    fn a_property_is_compared_without_regard_to_case() {
        assert!(shows(&Answer::Instance(Some(service("RUNNING"))), &RUNNING));
        assert!(!shows(
            &Answer::Instance(Some(service("Stopped"))),
            &RUNNING
        ));
        assert!(!shows(&Answer::Instance(None), &RUNNING));
    }

    #[test]
    fn of_a_query_the_first_instance_counts() {
        let answer = Answer::Instances(vec![service("Running"), service("Stopped")]);
        assert!(shows(&answer, &RUNNING));
        assert!(!shows(&Answer::Instances(Vec::new()), &RUNNING));
    }

    #[test]
    fn a_registry_value_has_to_exist_and_to_be_another() {
        let old = Until::RegistryOtherThan(Some(RegistryData::Dword(1)));
        assert!(!shows(&Answer::Registry(None), &old));
        assert!(!shows(
            &Answer::Registry(Some(RegistryData::Dword(1))),
            &old
        ));
        assert!(shows(&Answer::Registry(Some(RegistryData::Dword(2))), &old));
        let any = Until::RegistryOtherThan(None);
        assert!(shows(&Answer::Registry(Some(RegistryData::Dword(1))), &any));
        assert!(!shows(&Answer::Registry(None), &any));
    }
}
