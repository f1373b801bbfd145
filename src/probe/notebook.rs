//! What a visit has seen so far, kept outside of the visit, so that it is there when the deadline ends the visit
//! wherever it is. Knows no sockets.
//!
//! Whatever is begun is written down as if it will fail, and put right when it does not: what a deadline cuts off
//! then reads as it should.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::proof::Stage;
use crate::rdp::nego::Protocols;
use crate::survey::ASKED;
use crate::survey::Asked;
use crate::survey::Reply;
use crate::survey::StageSamples;
use crate::survey::Survey;

/// Notes of one visit, written by questions that run side by side.
#[derive(Debug)]
pub(super) struct Notebook {
    page: Mutex<Page>,
}

#[derive(Debug)]
struct Page {
    survey: Survey,
    stage: Stage,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// All that could be asked was asked.
    Completed,
    /// By its deadline.
    OutOfTime,
}

impl Notebook {
    pub(super) fn new(survey: Survey) -> Self {
        Self {
            page: Mutex::new(Page {
                survey,
                stage: Stage::Resolve,
            }),
        }
    }

    /// Writes something down, or looks something up.
    pub(super) fn note<T>(&self, write: impl FnOnce(&mut Survey) -> T) -> T {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut page.survey)
    }

    /// A stage is begun; until it is completed it counts as failed.
    pub(super) fn begin(&self, stage: Stage) {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        page.stage = stage;
        with_samples(&mut page.survey, stage, |samples| samples.failures += 1);
    }

    /// A stage that was begun is completed.
    pub(super) fn complete(&self, stage: Stage, took: Duration) {
        self.note(|survey| {
            with_samples(survey, stage, |samples| {
                samples.failures = samples.failures.saturating_sub(1);
                samples.took.push(took);
            });
        });
    }

    /// What became of asking for these protocols, as far as it is known.
    pub(super) fn answered(&self, wanted: Protocols, reply: Reply) {
        self.note(|survey| {
            let known = survey
                .negotiation
                .iter_mut()
                .find(|asked| asked.wanted == wanted);
            match known {
                Some(asked) => asked.reply = reply,
                None => survey.negotiation.push(Asked { wanted, reply }),
            }
        });
    }

    /// The survey, in the order in which it is shown.
    pub(super) fn close(self, ended: Ended, took: Duration) -> Survey {
        let Page { mut survey, stage } = self
            .page
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        survey
            .negotiation
            .sort_by_key(|asked| place_of(asked.wanted));
        survey.took = took;
        survey.out_of_time = (ended == Ended::OutOfTime).then_some(stage);
        survey
    }
}

/// Where a question stands among all of them.
fn place_of(wanted: Protocols) -> usize {
    ASKED
        .iter()
        .position(|(known, _)| *known == wanted)
        .unwrap_or(ASKED.len())
}

/// The samples of a stage, made when there are none.
fn with_samples(survey: &mut Survey, stage: Stage, change: impl FnOnce(&mut StageSamples)) {
    let stages = &mut survey.stages;
    if let Some(samples) = stages.iter_mut().find(|samples| samples.stage == stage) {
        return change(samples);
    }
    let mut samples = StageSamples {
        stage,
        took: Vec::new(),
        failures: 0,
    };
    change(&mut samples);
    stages.push(samples);
    stages.sort_by_key(|samples| samples.stage);
}

#[cfg(test)]
mod tests {
    use super::Ended;
    use super::Notebook;
    use crate::proof::Stage;
    use crate::rdp::nego::Protocols;
    use crate::survey::Reply;
    use crate::survey::Survey;
    use jiff::Timestamp;
    use std::time::Duration;

    fn notebook() -> Notebook {
        Notebook::new(Survey::begun("pc-1", 3389, Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn a_stage_fails_until_it_is_completed() {
        let notebook = notebook();
        notebook.begin(Stage::Tls);
        notebook.begin(Stage::Connect);
        notebook.complete(Stage::Connect, Duration::from_millis(3));
        let survey = notebook.close(Ended::OutOfTime, Duration::from_secs(1));
        let told: Vec<_> = survey
            .stages
            .iter()
            .map(|samples| (samples.stage, samples.took.len(), samples.failures))
            .collect();
        assert_eq!(told, [(Stage::Connect, 1, 0), (Stage::Tls, 0, 1)]);
        assert_eq!(survey.out_of_time, Some(Stage::Connect));
    }

    #[test]
    fn the_last_word_on_a_question_counts_and_order_is_restored() {
        let notebook = notebook();
        notebook.answered(Protocols::RDSAAD, Reply::Closed);
        notebook.answered(Protocols::RDP, Reply::Silent);
        notebook.answered(Protocols::RDP, Reply::Bare);
        let survey = notebook.close(Ended::Completed, Duration::ZERO);
        let told: Vec<_> = survey
            .negotiation
            .iter()
            .map(|asked| (asked.wanted, &asked.reply))
            .collect();
        assert_eq!(
            told,
            [
                (Protocols::RDP, &Reply::Bare),
                (Protocols::RDSAAD, &Reply::Closed)
            ]
        );
        assert_eq!(survey.out_of_time, None);
    }
}
