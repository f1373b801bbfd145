//! `registry_value`: one value of the registry, its type and its data.
//!
//! StdRegProv refuses to read a value as another type than it has, so the types in the key are listed first and the value
//! is read as what it is. Values below the policies' keys are written like others: where a domain owns them, the next
//! policy refresh brings the old value back and the report names the layer.

use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::Resource;
use crate::resource::registry_place;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

pub(in crate::resource) mod data;
mod parse;

/// A value and what it shall hold.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryValue {
    /// The key that holds it.
    pub key: RegistryKey,
    /// Its name; empty for the key's default value.
    pub name: String,
    /// What it shall hold; `None` when it shall not be there.
    pub data: Option<RegistryData>,
}

/// What a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// There is no such value.
    Absent,
    /// It holds this.
    Present(RegistryData),
    /// It is there, but of a type that StdRegProv cannot read.
    Unreadable,
}

impl Resource for RegistryValue {
    const KIND: &'static str = "registry_value";
    const ABOUT: &'static str = "One value of the registry, its type and its data";
    const EXAMPLE: &'static str = "\
- name: restricted admin mode is refused
  registry_value:
    key: HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa
    name: DisableRestrictedAdmin
    type: dword
    data: 1
";
    const PROPERTIES: &'static [Property] = &[
        Property {
            name: "key",
            shape: Shape::Text,
            required: true,
            about: "The key: `HKLM\\…`, `HKU\\…`, `HKCR\\…` or `HKCC\\…`",
        },
        Property {
            name: "name",
            shape: Shape::Text,
            required: false,
            about: "The value's name; left out, the key's default value is meant",
        },
        Property {
            name: "type",
            shape: Shape::Word(data::TYPES),
            required: false,
            about: "Its type; needed unless it shall be absent",
        },
        Property {
            name: "data",
            shape: Shape::Any,
            required: false,
            about: "What it holds: a number (also as `0x…`), a text, a list of texts, or bytes as hex in quotes",
        },
        Property {
            name: "state",
            shape: Shape::Word(&["present", "absent"]),
            required: false,
            about: "Whether it shall be there; `present` when left out",
        },
    ];
    type Observed = Observed;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        parse::parse(args)
    }

    fn id(&self) -> String {
        format!("{}\\{}", self.key, self.shown_name())
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observed, CimError> {
        let Some(types) = host.value_types(self.key.clone()).await? else {
            return Ok(Observed::Absent);
        };
        let found = types
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&self.name));
        match found {
            None => Ok(Observed::Absent),
            Some((_, None)) => Ok(Observed::Unreadable),
            Some((_, Some(kind))) => {
                let data = host.registry(self.key.value(&self.name, kind)).await?;
                Ok(data.map_or(Observed::Absent, Observed::Present))
            }
        }
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        match (&self.data, observed) {
            (None, Observed::Absent) => Vec::new(),
            (None, Observed::Present(_) | Observed::Unreadable) => vec![self.removal(observed)],
            (Some(wanted), Observed::Present(found)) if data::holds(wanted, found) => Vec::new(),
            (Some(wanted), _) => vec![self.write(wanted, observed)],
        }
    }
}

impl RegistryValue {
    fn shown_name(&self) -> &str {
        if self.name.is_empty() {
            "(default)"
        } else {
            &self.name
        }
    }

    fn set(&self, data: &RegistryData) -> Step {
        Step::Call(Call::SetRegistry {
            key: self.key.clone(),
            name: self.name.clone(),
            data: data.clone(),
        })
    }

    fn delete(&self, kind: RegistryKind) -> Step {
        Step::Call(Call::DeleteRegistryValue(self.key.value(&self.name, kind)))
    }

    fn layer(&self, observed: &Observed) -> Layer {
        match observed {
            Observed::Absent => Layer::Default,
            Observed::Present(_) | Observed::Unreadable => registry_place::layer(&self.key),
        }
    }

    fn removal(&self, observed: &Observed) -> Change {
        let (kind, undo) = match observed {
            Observed::Present(data) => (data.kind(), vec![self.set(data)]),
            Observed::Absent | Observed::Unreadable => (RegistryKind::Binary, Vec::new()),
        };
        self.change(
            "state",
            (Value::text("present"), Value::text("absent")),
            observed,
            (vec![self.delete(kind)], undo),
        )
    }

    fn write(&self, wanted: &RegistryData, observed: &Observed) -> Change {
        let steps = |undo: Vec<Step>| (vec![self.set(wanted)], undo);
        match observed {
            Observed::Absent => self.change(
                "data",
                (Value::Null, data::shown(wanted)),
                observed,
                steps(vec![self.delete(wanted.kind())]),
            ),
            Observed::Present(found) if found.kind() == wanted.kind() => self.change(
                "data",
                (data::shown(found), data::shown(wanted)),
                observed,
                steps(vec![self.set(found)]),
            ),
            Observed::Present(found) => self.change(
                "type",
                (data::typed(found), data::typed(wanted)),
                observed,
                steps(vec![self.set(found)]),
            ),
            // What cannot be read cannot be brought back.
            Observed::Unreadable => self.change(
                "type",
                (Value::text("of another kind"), data::typed(wanted)),
                observed,
                steps(Vec::new()),
            ),
        }
    }

    fn change(
        &self,
        property: &'static str,
        (from, to): (Value, Value),
        observed: &Observed,
        (apply, undo): (Vec<Step>, Vec<Step>),
    ) -> Change {
        Change {
            property,
            from,
            to,
            decided_by: self.layer(observed),
            remedy: Remedy::Steps { apply, undo },
            disruption: Disruption::Harmless,
            restart: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Observed;
    use super::RegistryValue;
    use crate::cim::RegistryData;
    use crate::cim::RegistryKey;
    use crate::cim::RegistryKind;
    use crate::cim::Value;
    use crate::plan::Layer;
    use crate::plan::Remedy;
    use crate::resource::Resource;

    fn wanting(data: Option<RegistryData>) -> RegistryValue {
        RegistryValue {
            key: RegistryKey::local_machine(r"SOFTWARE\Acme"),
            name: "Level".to_owned(),
            data,
        }
    }

    fn present(number: u32) -> Observed {
        Observed::Present(RegistryData::Dword(number))
    }

    #[test]
    fn equal_data_is_compliant_and_absent_is_absent() {
        let wanted = wanting(Some(RegistryData::Dword(1)));
        assert_eq!(wanted.diff(&present(1)), []);
        assert_eq!(wanting(None).diff(&Observed::Absent), []);
    }

    #[test]
    fn other_data_is_drift_and_undo_restores_it() {
        let wanted = wanting(Some(RegistryData::Dword(1)));
        let changes = wanted.diff(&present(0));
        assert_eq!(changes[0].property, "data");
        assert_eq!(changes[0].decided_by, Layer::Local);
        assert_eq!(
            changes[0].remedy,
            Remedy::Steps {
                apply: vec![wanted.set(&RegistryData::Dword(1))],
                undo: vec![wanted.set(&RegistryData::Dword(0))],
            }
        );
    }

    #[test]
    fn a_missing_value_is_drift_and_undo_removes_it() {
        let wanted = wanting(Some(RegistryData::Dword(1)));
        let changes = wanted.diff(&Observed::Absent);
        assert_eq!(changes[0].from, Value::Null);
        assert_eq!(changes[0].decided_by, Layer::Default);
        assert_eq!(
            changes[0].remedy,
            Remedy::Steps {
                apply: vec![wanted.set(&RegistryData::Dword(1))],
                undo: vec![wanted.delete(RegistryKind::Dword)],
            }
        );
    }

    #[test]
    fn another_type_is_drift_even_when_the_digits_are_equal() {
        let wanted = wanting(Some(RegistryData::Dword(1)));
        let found = RegistryData::Text("1".to_owned());
        let changes = wanted.diff(&Observed::Present(found.clone()));
        assert_eq!(changes[0].property, "type");
        assert_eq!(changes[0].from, Value::text("string \"1\""));
        assert_eq!(
            changes[0].remedy,
            Remedy::Steps {
                apply: vec![wanted.set(&RegistryData::Dword(1))],
                undo: vec![wanted.set(&found)],
            }
        );
    }

    #[test]
    fn a_value_that_shall_not_be_there_is_removed_and_undo_writes_it() {
        let wanted = wanting(None);
        let changes = wanted.diff(&present(5));
        assert_eq!(changes[0].property, "state");
        assert_eq!(
            changes[0].remedy,
            Remedy::Steps {
                apply: vec![wanted.delete(RegistryKind::Dword)],
                undo: vec![wanted.set(&RegistryData::Dword(5))],
            }
        );
    }

    #[test]
    fn what_cannot_be_read_cannot_be_brought_back() {
        for wanted in [wanting(None), wanting(Some(RegistryData::Dword(1)))] {
            let changes = wanted.diff(&Observed::Unreadable);
            assert!(
                matches!(&changes[0].remedy, Remedy::Steps { undo, .. } if undo.is_empty()),
                "{changes:?}"
            );
        }
    }

    #[test]
    fn a_value_below_policies_is_decided_by_policy() {
        let wanted = RegistryValue {
            key: RegistryKey::local_machine(r"SOFTWARE\Policies\Acme"),
            ..wanting(Some(RegistryData::Dword(1)))
        };
        assert_eq!(wanted.diff(&present(0))[0].decided_by, Layer::Policy);
        assert_eq!(wanted.diff(&Observed::Absent)[0].decided_by, Layer::Default);
    }
}
