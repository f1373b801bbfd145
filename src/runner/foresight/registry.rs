//! The registry as it would be.

use crate::cim::Answer;
use crate::cim::CimError;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::RegistryPath;
use crate::runner::foresight::Unmade;
use crate::runner::foresight::effect::Effect;
use crate::runner::foresight::touch::is_within;
use crate::runner::foresight::touch::lies_below;
use crate::runner::foresight::touch::same_key;

/// The data of a value when a change decides it; `None` when the host does.
pub(super) fn value(unmade: &[Unmade], path: &RegistryPath) -> Option<Result<Answer, CimError>> {
    unmade.iter().rev().find_map(|one| match &one.effect {
        Effect::Value { key, name, data }
            if same_key(key, &path.key) && name.eq_ignore_ascii_case(&path.name) =>
        {
            Some(match data {
                Some(data) if data.kind() != path.kind => Err(CimError::RegistryType {
                    path: path.to_string(),
                }),
                data => Ok(Answer::Registry(data.clone())),
            })
        }
        Effect::RemovedKey(key) if is_within(&path.key, key) => Some(Ok(Answer::Registry(None))),
        _ => None,
    })
}

/// The names and types of the values in a key.
pub(super) fn types(unmade: &[Unmade], at: &RegistryKey, answer: Answer) -> Answer {
    let Answer::ValueTypes(mut found) = answer else {
        return answer;
    };
    for one in unmade {
        match &one.effect {
            Effect::Value { key, name, data } => match data {
                Some(data) if same_key(key, at) => {
                    put(found.get_or_insert_default(), name, data.kind());
                }
                Some(_) if lies_below(key, at) => {
                    found.get_or_insert_default();
                }
                None if same_key(key, at) => {
                    if let Some(found) = &mut found {
                        found.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                    }
                }
                Some(_) | None => {}
            },
            Effect::MadeKey(key) if is_within(key, at) => {
                found.get_or_insert_default();
            }
            Effect::RemovedKey(key) if is_within(at, key) => found = None,
            _ => {}
        }
    }
    Answer::ValueTypes(found)
}

fn put(types: &mut Vec<(String, Option<RegistryKind>)>, name: &str, kind: RegistryKind) {
    match types
        .iter_mut()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        Some((_, known)) => *known = Some(kind),
        None => types.push((name.to_owned(), Some(kind))),
    }
}

/// The names of the keys below a key.
pub(super) fn sub_keys(unmade: &[Unmade], at: &RegistryKey, answer: Answer) -> Answer {
    let Answer::SubKeys(mut found) = answer else {
        return answer;
    };
    for one in unmade {
        match &one.effect {
            Effect::Value {
                key, data: Some(_), ..
            }
            | Effect::MadeKey(key)
                if is_within(key, at) =>
            {
                let names = found.get_or_insert_default();
                let next = child(key, at);
                if let Some(next) = next
                    && !names.iter().any(|name| name.eq_ignore_ascii_case(next))
                {
                    names.push(next.to_owned());
                }
            }
            Effect::RemovedKey(key) if is_within(at, key) => found = None,
            Effect::RemovedKey(key) if lies_below(key, at) => {
                if let Some(names) = &mut found
                    && let Some(gone) = child(key, at)
                    && depth(key) == depth(at) + 1
                {
                    names.retain(|name| !name.eq_ignore_ascii_case(gone));
                }
            }
            _ => {}
        }
    }
    Answer::SubKeys(found)
}

/// The name on the way from a key to one below it.
fn child<'k>(inner: &'k RegistryKey, outer: &RegistryKey) -> Option<&'k str> {
    inner.path.split('\\').nth(depth(outer))
}

fn depth(key: &RegistryKey) -> usize {
    key.path.split('\\').count()
}
