//! What calls touch: whether two of them are about the same thing.

use crate::cim::Call;
use crate::cim::RegistryKey;
use crate::cim::place;
use crate::runner::foresight::effect;
use crate::runner::foresight::effect::Effect;
use crate::runner::foresight::effect::Extent;

/// Whether two calls are about the same thing, so that the second may undo what the first did.
pub(in crate::runner) fn overlap(first: &Call, second: &Call) -> bool {
    let (first, second) = (effect::of_call(first), effect::of_call(second));
    first
        .iter()
        .any(|one| second.iter().any(|other| is_same(one, other)))
}

fn is_same(one: &Effect, other: &Effect) -> bool {
    match (one, other) {
        (
            Effect::Value { key, name, .. },
            Effect::Value {
                key: at,
                name: other,
                ..
            },
        ) => same_key(key, at) && name.eq_ignore_ascii_case(other),
        (Effect::Value { key: value, .. }, Effect::MadeKey(key) | Effect::RemovedKey(key))
        | (Effect::MadeKey(key) | Effect::RemovedKey(key), Effect::Value { key: value, .. }) => {
            same_key(value, key) || lies_below(value, key)
        }
        (
            Effect::MadeKey(one) | Effect::RemovedKey(one),
            Effect::MadeKey(two) | Effect::RemovedKey(two),
        ) => same_key(one, two) || lies_below(one, two) || lies_below(two, one),
        // A service starts others that it needs.
        (Effect::Service { .. }, Effect::Service { .. }) => true,
        (Effect::Rule(one), Effect::Rule(two)) => one.is_about_the_rule_of(two),
        (Effect::Unclear(_), _) | (_, Effect::Unclear(_)) => {
            let family = Family::of(one);
            family.is_some() && family == Family::of(other)
        }
        _ => false,
    }
}

/// Things that belong together, however they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Terminal,
    Services,
    Firewall,
}

impl Family {
    fn of(effect: &Effect) -> Option<Self> {
        match effect {
            Effect::Value { key, .. } | Effect::MadeKey(key) | Effect::RemovedKey(key) => {
                let terminal = [place::terminal_server(), place::policy()];
                let is_inside = |outer| same_key(key, outer) || lies_below(key, outer);
                terminal.iter().any(is_inside).then_some(Self::Terminal)
            }
            Effect::Service { .. } => Some(Self::Services),
            Effect::Rule(_) => Some(Self::Firewall),
            Effect::Unclear(extent) => match extent {
                Extent::Terminal | Extent::Binding => Some(Self::Terminal),
                Extent::Service(_) | Extent::Services | Extent::Boot => Some(Self::Services),
                Extent::Firewall => Some(Self::Firewall),
                _ => None,
            },
        }
    }
}

/// Whether two paths name the same key.
pub(super) fn same_key(one: &RegistryKey, two: &RegistryKey) -> bool {
    one.hive == two.hive && one.path.eq_ignore_ascii_case(&two.path)
}

/// Whether a key lies somewhere below another one.
pub(super) fn lies_below(inner: &RegistryKey, outer: &RegistryKey) -> bool {
    let (inner_path, outer_path) = (inner.path.to_lowercase(), outer.path.to_lowercase());
    inner.hive == outer.hive
        && inner_path
            .strip_prefix(&outer_path)
            .is_some_and(|rest| rest.starts_with('\\'))
}
