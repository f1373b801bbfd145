//! What a run has said of a host so far: results of the same control become one, the worst of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cim::Value;
use crate::control::Control;
use crate::control::Waiver;
use crate::event::Status;
use crate::event::TaskResult;
use crate::history::Detail;
use crate::history::PROOF;
use crate::history::State;
use crate::history::detail;
use crate::plan::Change;
use crate::plan::Outcome;
use crate::proof::Proof;
use crate::proof::Verdict;
use crate::resource::Kind;

/// What is known of a host whose turn has not ended.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// By control.
    pub(super) entries: BTreeMap<Arc<str>, Entry>,
    /// What was changed.
    pub(super) made: Vec<Made>,
}

/// The worst that was seen of a control.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) state: State,
    pub(super) detail: Option<Detail>,
    pub(super) control: Option<Arc<Control>>,
    pub(super) waiver: Option<Arc<Waiver>>,
}

/// One property that was changed.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) control: Arc<str>,
    pub(super) rule: Option<Arc<Control>>,
    pub(super) resource: &'static str,
    pub(super) task: Arc<str>,
    pub(super) property: &'static str,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl Pending {
    /// Takes a result in.
    pub(super) fn add(&mut self, result: &TaskResult) {
        let made = made(&result.outcome);
        if made.is_empty() && !is_check(result) {
            return;
        }
        let control = result.control_id();
        for change in made {
            self.made.push(Made {
                control: Arc::clone(&control),
                rule: result.control.clone(),
                resource: result.resource,
                task: Arc::clone(&result.task),
                property: change.property,
                before: change.from.clone(),
                after: change.to.clone(),
            });
        }
        let Some(state) = state(result).filter(|_| is_check(result)) else {
            return;
        };
        let entry = Entry {
            state,
            detail: Detail::of_result(result),
            control: result.control.clone(),
            waiver: result.waiver.clone(),
        };
        self.fold(control, entry);
    }

    /// Takes in whether a client can connect.
    pub(super) fn prove(&mut self, proof: &Proof) {
        let state = match &proof.verdict {
            Verdict::Proven => State::Compliant,
            Verdict::Refuted { .. } => State::Drift,
        };
        let entry = Entry {
            state,
            detail: Detail::of_verdict(&proof.verdict),
            control: None,
            waiver: None,
        };
        self.fold(PROOF.into(), entry);
    }

    fn fold(&mut self, control: Arc<str>, entry: Entry) {
        let Some(known) = self.entries.get_mut(&control) else {
            self.entries.insert(control, entry);
            return;
        };
        known.control = known.control.take().or(entry.control);
        known.waiver = known.waiver.take().or(entry.waiver);
        if entry.state > known.state {
            known.state = entry.state;
            known.detail = entry.detail;
        } else if entry.state == known.state {
            match (&mut known.detail, entry.detail) {
                (Some(detail), Some(other)) => detail.join(other),
                (none @ None, other) => *none = other,
                (Some(_), None) => {}
            }
        }
    }
}

/// Whether a result says how a host is. Handlers and actions only do something, unless a control is named on them.
fn is_check(result: &TaskResult) -> bool {
    result.control.is_some() || (!result.handler && Kind::named(result.resource).is_some())
}

/// The state that a result shows; `None` when it shows none.
fn state(result: &TaskResult) -> Option<State> {
    match result.status() {
        Status::Ok => Some(State::Compliant),
        Status::Changed => Some(left(&result.outcome)),
        Status::Waived => Some(State::Waived),
        Status::Unknown => Some(State::Unknown),
        Status::WouldChange => Some(State::Drift),
        Status::Overridden => Some(State::Overridden),
        Status::Failed => Some(State::Failed),
        Status::Skipped | Status::Unreachable => None,
    }
}

/// What a correction leaves: it is compliant, unless something was not for us to correct.
fn left(outcome: &Outcome) -> State {
    match outcome {
        Outcome::Changed(changes)
            if changes
                .iter()
                .any(|change| !detail::is_ours(&change.remedy)) =>
        {
            State::Overridden
        }
        _ => State::Compliant,
    }
}

/// What was changed.
fn made(outcome: &Outcome) -> Vec<&Change> {
    let changes = match outcome {
        Outcome::Changed(changes) => changes.as_slice(),
        Outcome::Unconverged { made, .. } => made.as_slice(),
        Outcome::Failed(failure) => failure.made.as_slice(),
        Outcome::Compliant
        | Outcome::Drifted(_)
        | Outcome::Overridden(_)
        | Outcome::Skipped(_)
        | Outcome::Unknown(_) => &[],
    };
    changes
        .iter()
        .filter(|change| detail::is_ours(&change.remedy))
        .collect()
}
