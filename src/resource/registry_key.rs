//! `registry_key`: whether a key of the registry is there.
//!
//! A key is removed only when no keys lie below it; its values are remembered, so that it can be brought back.

use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryData;
use crate::cim::RegistryKey as Key;
use crate::cim::Value;
use crate::diag::Diagnostic;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::Resource;
use crate::resource::registry_place;
use crate::resource::words::words;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

/// A key with more values than this is removed without a way back, because reading them all costs too much.
const MOST_VALUES: usize = 100;

words! {
    /// Whether a key is there.
    pub enum Presence {
        /// It is not.
        Absent = "absent", 0;
        /// It is.
        Present = "present", 1;
    }
}

/// A key and whether it shall be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryKey {
    /// Which key.
    pub key: Key,
    /// Whether it shall be there.
    pub state: Presence,
}

/// What a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// No such key.
    Absent,
    /// The key.
    Present {
        /// How many keys lie below it.
        sub_keys: usize,
        /// What it holds, as far as it would have to be brought back; `None` when that is not possible.
        values: Option<Vec<(String, RegistryData)>>,
    },
}

impl Resource for RegistryKey {
    const KIND: &'static str = "registry_key";
    const ABOUT: &'static str = "Whether a key of the registry is there";
    const EXAMPLE: &'static str = "\
- name: the old agent has left nothing
  registry_key:
    key: HKLM\\SOFTWARE\\Acme\\OldAgent
    state: absent
";
    const PROPERTIES: &'static [Property] = &[
        Property {
            name: "key",
            shape: Shape::Text,
            required: true,
            about: "The key: `HKLM\\…`, `HKU\\…`, `HKCR\\…` or `HKCC\\…`",
        },
        Property {
            name: "state",
            shape: Shape::Word(Presence::WORDS),
            required: false,
            about: "Whether it shall be there; `present` when left out. A key with keys below it is never removed",
        },
    ];
    type Observed = Observed;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        let key = registry_place::parse(args);
        let state = args
            .text("state")
            .map_or(Some(Presence::Present), Presence::from_word);
        let (key, state) = (key?, state?);
        let top = !key.path.contains('\\');
        if state == Presence::Absent
            && top
            && let Some(node) = args.node("key")
        {
            args.push(
                Diagnostic::error(
                    "bad-registry-key",
                    format!("`{key}` is too near the root to be removed"),
                )
                .at(&node.span)
                .label("Windows itself may live in it"),
            );
        }
        args.is_clean().then_some(Self { key, state })
    }

    fn id(&self) -> String {
        self.key.to_string()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observed, CimError> {
        let Some(below) = host.sub_keys(self.key.clone()).await? else {
            return Ok(Observed::Absent);
        };
        let values = if self.state == Presence::Absent && below.is_empty() {
            read_values(host, &self.key).await?
        } else {
            None
        };
        Ok(Observed::Present {
            sub_keys: below.len(),
            values,
        })
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        let (remedy, layer) = match (self.state, observed) {
            (Presence::Present, Observed::Present { .. })
            | (Presence::Absent, Observed::Absent) => return Vec::new(),
            (Presence::Present, Observed::Absent) => (
                Remedy::Steps {
                    apply: vec![Step::Call(Call::CreateRegistryKey(self.key.clone()))],
                    undo: vec![Step::Call(Call::DeleteRegistryKey(self.key.clone()))],
                },
                Layer::Default,
            ),
            (Presence::Absent, Observed::Present { sub_keys, values }) => (
                self.removal(*sub_keys, values.as_deref()),
                registry_place::layer(&self.key),
            ),
        };
        let from = match observed {
            Observed::Absent => Presence::Absent,
            Observed::Present { .. } => Presence::Present,
        };
        vec![Change {
            property: "state",
            from: Value::text(from.word()),
            to: Value::text(self.state.word()),
            decided_by: layer,
            remedy,
            disruption: Disruption::Harmless,
            restart: None,
        }]
    }
}

impl RegistryKey {
    fn removal(&self, sub_keys: usize, values: Option<&[(String, RegistryData)]>) -> Remedy {
        if sub_keys > 0 {
            return Remedy::Manual {
                advice: format!(
                    "`{}` has keys below it ({sub_keys}), which rdpfix does not remove along with it: remove them one by one",
                    self.key
                ),
            };
        }
        let undo = values.map_or_else(Vec::new, |values| {
            let set = |(name, data): &(String, RegistryData)| {
                Step::Call(Call::SetRegistry {
                    key: self.key.clone(),
                    name: name.clone(),
                    data: data.clone(),
                })
            };
            [Step::Call(Call::CreateRegistryKey(self.key.clone()))]
                .into_iter()
                .chain(values.iter().map(set))
                .collect()
        });
        Remedy::Steps {
            apply: vec![Step::Call(Call::DeleteRegistryKey(self.key.clone()))],
            undo,
        }
    }
}

/// Everything that the key holds, or `None` when it cannot all be read.
async fn read_values(
    host: &dyn CimReader,
    key: &Key,
) -> Result<Option<Vec<(String, RegistryData)>>, CimError> {
    let types = host.value_types(key.clone()).await?.unwrap_or_default();
    if types.len() > MOST_VALUES {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(types.len());
    for (name, kind) in types {
        let Some(kind) = kind else {
            return Ok(None);
        };
        if let Some(data) = host.registry(key.value(&name, kind)).await? {
            values.push((name, data));
        }
    }
    Ok(Some(values))
}

#[cfg(test)]
mod tests {
    use super::Key;
    use super::Observed;
    use super::Presence;
    use super::RegistryKey;
    use crate::cim::Call;
    use crate::cim::RegistryData;
    use crate::plan::Remedy;
    use crate::plan::Step;
    use crate::resource::Resource;

    fn wanting(state: Presence) -> RegistryKey {
        RegistryKey {
            key: Key::local_machine(r"SOFTWARE\Acme\Old"),
            state,
        }
    }

    fn present(sub_keys: usize) -> Observed {
        Observed::Present {
            sub_keys,
            values: Some(vec![("Level".to_owned(), RegistryData::Dword(1))]),
        }
    }

    #[test]
    fn a_key_in_its_state_is_compliant() {
        assert_eq!(wanting(Presence::Present).diff(&present(3)), []);
        assert_eq!(wanting(Presence::Absent).diff(&Observed::Absent), []);
    }

    #[test]
    fn a_missing_key_is_made_and_undo_removes_it() {
        let wanted = wanting(Presence::Present);
        assert_eq!(
            wanted.diff(&Observed::Absent)[0].remedy,
            Remedy::Steps {
                apply: vec![Step::Call(Call::CreateRegistryKey(wanted.key.clone()))],
                undo: vec![Step::Call(Call::DeleteRegistryKey(wanted.key.clone()))],
            }
        );
    }

    #[test]
    fn a_key_is_removed_and_undo_brings_its_values_back() {
        let wanted = wanting(Presence::Absent);
        assert_eq!(
            wanted.diff(&present(0))[0].remedy,
            Remedy::Steps {
                apply: vec![Step::Call(Call::DeleteRegistryKey(wanted.key.clone()))],
                undo: vec![
                    Step::Call(Call::CreateRegistryKey(wanted.key.clone())),
                    Step::Call(Call::SetRegistry {
                        key: wanted.key.clone(),
                        name: "Level".to_owned(),
                        data: RegistryData::Dword(1),
                    }),
                ],
            }
        );
    }

    #[test]
    fn a_key_with_keys_below_is_never_removed() {
        let changes = wanting(Presence::Absent).diff(&present(2));
        assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
    }

    #[test]
    fn values_that_cannot_be_read_cannot_be_brought_back() {
        let observed = Observed::Present {
            sub_keys: 0,
            values: None,
        };
        let changes = wanting(Presence::Absent).diff(&observed);
        assert!(matches!(&changes[0].remedy, Remedy::Steps { undo, .. } if undo.is_empty()));
    }
}
