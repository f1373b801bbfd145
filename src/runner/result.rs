//! How a task ended, as a variable that later tasks see: `register`, `ansible_failed_result`.
//!
//! Knows Ansible's names for it; must not know how tasks are carried out.

use serde_json::Map;
use serde_json::Value as Json;

use crate::plan::Change;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::SkipReason;
use crate::plan::Unknown;
use crate::runner::duty::Item;
use crate::runner::tale::is_ours;

/// How a task ended as a whole, all items of its loop together.
#[derive(Debug, Clone, Default)]
pub(super) struct Upshot {
    /// What `register` keeps; null when nobody asked.
    pub(super) value: Json,
    pub(super) end: Ended,
    /// Why its value cannot be told.
    pub(super) unknown: Option<Unknown>,
}

/// What follows from a task, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Ended {
    /// The next task.
    #[default]
    Well,
    /// It failed, and that matters.
    Failed,
    /// The host cannot be reached any more.
    Lost,
    /// The run was interrupted.
    Interrupted,
}

/// Whether correcting what differs would fail, because a person has to act.
pub(super) fn would_fail(outcome: &Outcome) -> bool {
    let manual = |change: &Change| matches!(change.remedy, Remedy::Manual { .. });
    matches!(outcome, Outcome::Drifted(changes) if changes.iter().any(manual))
}

/// Whether a task failed.
pub(super) fn has_failed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(_) | Outcome::Unconverged { .. })
}

/// Whether the host went away while a task was done.
pub(super) fn is_lost(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.error.is_unreachable())
}

/// Whether a task changed something, or would have.
pub(super) fn has_changed(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Changed(_) => true,
        Outcome::Drifted(changes) => changes.is_empty() || changes.iter().any(is_ours),
        Outcome::Failed(failure) => !failure.made.is_empty(),
        Outcome::Unconverged { made, .. } => !made.is_empty(),
        Outcome::Compliant | Outcome::Overridden(_) | Outcome::Skipped(_) | Outcome::Unknown(_) => {
            false
        }
    }
}

/// The result of one item, or of a task without a loop. What only this action tells comes in `own`.
pub(super) fn value(outcome: &Outcome, own: Map<String, Json>) -> Map<String, Json> {
    let mut result = Map::new();
    let changes = match outcome {
        Outcome::Drifted(changes)
        | Outcome::Changed(changes)
        | Outcome::Overridden(changes)
        | Outcome::Unconverged { left: changes, .. } => changes.as_slice(),
        Outcome::Failed(failure) => failure.made.as_slice(),
        Outcome::Compliant | Outcome::Skipped(_) | Outcome::Unknown(_) => &[],
    };
    show(&mut result, changes);
    result.extend(own);
    result.insert("changed".to_owned(), has_changed(outcome).into());
    result.insert("failed".to_owned(), has_failed(outcome).into());
    match outcome {
        Outcome::Failed(failure) => {
            let said = result.entry("msg").or_insert(Json::Null);
            if said.is_null() {
                *said = failure.error.to_string().into();
            }
            result.insert("during".to_owned(), failure.during.as_str().into());
            if failure.error.is_unreachable() {
                result.insert("unreachable".to_owned(), true.into());
            }
        }
        Outcome::Unconverged { left, .. } => {
            let names: Vec<&str> = left.iter().map(|change| change.property).collect();
            let text = format!("{} still differs after it was corrected", names.join(", "));
            result.insert("msg".to_owned(), text.into());
        }
        Outcome::Skipped(reason) => skip(&mut result, reason),
        Outcome::Compliant
        | Outcome::Drifted(_)
        | Outcome::Changed(_)
        | Outcome::Overridden(_)
        | Outcome::Unknown(_) => {}
    }
    result
}

fn show(result: &mut Map<String, Json>, changes: &[Change]) {
    let mut before = Map::new();
    let mut after = Map::new();
    for change in changes {
        let name = change.property.to_owned();
        // Of several tries the first one saw what was there before.
        before.entry(&name).or_insert_with(|| data(&change.from));
        after.insert(name.clone(), data(&change.to));
        result.insert(name, data(&change.to));
    }
    let mut diff = Map::new();
    diff.insert("before".to_owned(), before.clone().into());
    diff.insert("after".to_owned(), after.clone().into());
    result.insert("before".to_owned(), before.into());
    result.insert("after".to_owned(), after.into());
    result.insert("diff".to_owned(), diff.into());
}

fn data(value: &crate::cim::Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

fn skip(result: &mut Map<String, Json>, reason: &SkipReason) {
    result.insert("skipped".to_owned(), true.into());
    let why = match reason {
        SkipReason::Condition(condition) => {
            result.insert("false_condition".to_owned(), condition.as_str().into());
            "Conditional result was False"
        }
        SkipReason::NotNotified => "nobody notified it",
        SkipReason::EarlierFailure => "an earlier task failed",
        SkipReason::Interrupted => "the run was interrupted",
        SkipReason::Ended => "the play was ended",
        SkipReason::NoItems => "No items in the list",
        SkipReason::Declined => "the answer was no",
    };
    result.insert("skip_reason".to_owned(), why.into());
}

/// Adds which item it was.
pub(super) fn name_item(result: &mut Map<String, Json>, item: &Item) {
    for (name, value) in &item.names {
        result.insert(name.to_string(), value.clone());
    }
    if let Some((name, _)) = item.names.first() {
        result.insert("ansible_loop_var".to_owned(), (&**name).into());
    }
    if let Some((name, _)) = item.names.get(1) {
        result.insert("ansible_index_var".to_owned(), (&**name).into());
    }
}

/// The results of all items as one.
pub(super) fn of_loop(results: Vec<Json>) -> Json {
    let is = |result: &Json, name: &str| result.get(name).and_then(Json::as_bool) == Some(true);
    let any = |name: &str| results.iter().any(|result| is(result, name));
    let skipped = results.iter().all(|result| is(result, "skipped"));
    let (changed, failed) = (any("changed"), any("failed"));
    let mut whole = Map::new();
    whole.insert("changed".to_owned(), changed.into());
    whole.insert("failed".to_owned(), failed.into());
    whole.insert("skipped".to_owned(), skipped.into());
    if any("unreachable") {
        whole.insert("unreachable".to_owned(), true.into());
    }
    if results.is_empty() {
        whole.insert("skipped_reason".to_owned(), "No items in the list".into());
    } else {
        let text = match (failed, skipped) {
            (true, _) => "One or more items failed",
            (false, true) => "All items skipped",
            (false, false) => "All items completed",
        };
        whole.insert("msg".to_owned(), text.into());
    }
    whole.insert("results".to_owned(), results.into());
    whole.into()
}
