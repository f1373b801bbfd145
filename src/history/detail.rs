//! What is said about a state besides its name; it becomes one JSON text of bounded length when it is kept.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::cim::Value;
use crate::control::Waiver;
use crate::event::TaskResult;
use crate::plan::Change;
use crate::plan::Layer;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::proof::Verdict;

/// Characters of one text that are kept; a longer one ends with an ellipsis.
pub(super) const TEXT: usize = 1000;
/// Items of one list that are kept.
const ITEMS: usize = 50;
/// Results of one control on one host that are told apart.
const PARTS: usize = 16;

/// Everything that is said about a state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// By result; one control may be several tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The waiver that results came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverNote>,
}

/// What one result says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The kind of resource, with what it is about: `rdp_listener:RDP-Tcp`.
    pub what: String,
    /// The properties that differ, as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: BTreeMap<String, serde_json::Value>,
    /// As they should be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<String, serde_json::Value>,
    /// Why it failed or cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The strongest layer that decides: `policy`, `local`, `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}

/// A waiver as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverNote {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: String,
}

impl Detail {
    /// Adds what another result of the same control says.
    pub(super) fn join(&mut self, other: Self) {
        let room = PARTS.saturating_sub(self.parts.len());
        self.parts.extend(other.parts.into_iter().take(room));
        self.waiver = self.waiver.take().or(other.waiver);
    }

    /// What a result says; `None` when it is as it should be and nothing is to be said.
    pub(super) fn of_result(result: &TaskResult) -> Option<Self> {
        let part = match &result.outcome {
            Outcome::Compliant | Outcome::Skipped(_) => return None,
            Outcome::Changed(changes) => {
                let left: Vec<&Change> = changes
                    .iter()
                    .filter(|change| !is_ours(&change.remedy))
                    .collect();
                if left.is_empty() {
                    return None;
                }
                differing(&left)
            }
            Outcome::Drifted(changes)
            | Outcome::Overridden(changes)
            | Outcome::Unconverged { left: changes, .. } => {
                differing(&changes.iter().collect::<Vec<_>>())
            }
            Outcome::Failed(failure) => Part {
                reason: Some(format!("{}: {}", failure.during, failure.error)),
                hint: failure.error.hint(),
                ..Part::default()
            },
            Outcome::Unknown(unknown) => Part {
                reason: Some(format!(
                    "{}: depends on {}",
                    unknown.what,
                    unknown.depends_on.join(", ")
                )),
                ..Part::default()
            },
        };
        let what = if result.id.is_empty() {
            result.resource.to_owned()
        } else {
            format!("{}:{}", result.resource, result.id)
        };
        let message = result.message.as_deref().map(str::to_owned);
        Some(Self {
            parts: vec![Part {
                what,
                reason: part.reason.clone().or(message),
                ..part
            }],
            waiver: result.waiver.as_deref().map(WaiverNote::of),
        })
    }

    /// What a proof says; `None` when it passed.
    pub(super) fn of_verdict(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Proven => None,
            Verdict::Refuted { stage, id, reason } => Some(Self {
                parts: vec![Part {
                    what: format!("{}:{id}", stage.word()),
                    reason: Some(reason.clone()),
                    ..Part::default()
                }],
                waiver: None,
            }),
        }
    }

    /// Why a host failed or was not reached.
    pub(super) fn of_reason(reason: &str, hint: Option<&str>) -> Self {
        Self {
            parts: vec![Part {
                what: "host".to_owned(),
                reason: Some(reason.to_owned()),
                hint: hint.map(str::to_owned),
                ..Part::default()
            }],
            waiver: None,
        }
    }

    /// The first reason in it.
    pub fn reason(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.reason.as_deref())
    }
}

impl WaiverNote {
    fn of(waiver: &Waiver) -> Self {
        Self {
            owner: waiver.owner.to_string(),
            reason: waiver.reason.to_string(),
            expires: waiver.expires.to_string(),
        }
    }
}

/// Whether a run corrects it.
pub(super) fn is_ours(remedy: &Remedy) -> bool {
    matches!(remedy, Remedy::Steps { .. })
}

fn differing(changes: &[&Change]) -> Part {
    let side = |of: fn(&Change) -> &Value| {
        changes
            .iter()
            .map(|change| (change.property.to_owned(), value(of(change))))
            .collect()
    };
    let hint = changes.iter().find_map(|change| match &change.remedy {
        Remedy::Steps { .. } => None,
        Remedy::OwnedByPolicy { setting } => Some(format!("Group Policy sets it at {setting}")),
        Remedy::Manual { advice } => Some(advice.clone()),
    });
    let rank = |layer: &Layer| match layer {
        Layer::Policy => 0,
        Layer::Local => 1,
        Layer::Default => 2,
    };
    let strongest = changes
        .iter()
        .map(|change| change.decided_by)
        .min_by_key(rank);
    Part {
        before: side(|change| &change.from),
        after: side(|change| &change.to),
        hint,
        decided_by: strongest.map(|layer| layer.word().to_owned()),
        ..Part::default()
    }
}

fn value(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// As it is kept: each text in it is made fit to be seen (`mask`), and only then cut where it is long, so that no secret is
/// cut through and the beginning of it left; of long lists the beginning is kept.
pub(super) fn kept(value: serde_json::Value, mask: &dyn Fn(&str) -> String) -> serde_json::Value {
    match value {
        serde_json::Value::String(long) => cut(mask(&long)).into(),
        serde_json::Value::Array(items) => {
            let items = items.into_iter().take(ITEMS);
            items.map(|item| kept(item, mask)).collect()
        }
        serde_json::Value::Object(entries) => entries
            .into_iter()
            .take(ITEMS)
            .map(|(name, value)| (name, kept(value, mask)))
            .collect(),
        other => other,
    }
}

fn cut(mut long: String) -> String {
    let end = long.char_indices().nth(TEXT).map(|(end, _)| end);
    if let Some(end) = end {
        long.truncate(end);
        long.push('…');
    }
    long
}
