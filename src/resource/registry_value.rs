//! `registry_value`: one value of the registry, its type and its data.
//!
//! StdRegProv refuses to read a value as another type than it has, so the types in the key are listed first and the value
//! is read as what it is. Values below the policies' keys are written like others, unless `group_policy: respected` says
//! otherwise: where a domain owns them, the next policy refresh brings the old value back and the report names the layer.

use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Namespace;
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
    /// Numbers that do as well as [`RegistryValue::data`], which is among them and is written when the host has another.
    pub range: Option<Range>,
    /// Whose a value is that is there already.
    pub owner: Owner,
}

/// Numbers from the least to the greatest, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub least: u64,
    /// The greatest.
    pub greatest: u64,
}

/// Who may write a value that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owner {
    /// We, whoever wrote it.
    #[default]
    Us,
    /// On a member of a domain Group Policy, because the value lies where policies are kept.
    ///
    /// Assumption: on a member of a domain a value of a policy that is there came from Group Policy, also when no policy
    /// of the domain says so any more.
    Domain,
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
    /// It is there and not as it shall be, and Group Policy of the domain would write it again: what it holds.
    Owned(Box<Self>),
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
            name: "at_least",
            shape: Shape::Integer {
                min: 0,
                max: i64::MAX,
            },
            required: false,
            about: "With `at_most`: every number from here on does; `data` is written when the host has another",
        },
        Property {
            name: "at_most",
            shape: Shape::Integer {
                min: 0,
                max: i64::MAX,
            },
            required: false,
            about: "With `at_least`: every number up to here does",
        },
        Property {
            name: "group_policy",
            shape: Shape::Word(&["ignored", "respected"]),
            required: false,
            about: "Whether a value that is there on a member of a domain is left to Group Policy and told as overridden; `ignored` when left out",
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
        let seen = self.look(host).await?;
        let is_there = seen != Observed::Absent;
        if self.owner == Owner::Domain && is_there && !self.is_met(&seen) && is_member(host).await?
        {
            return Ok(Observed::Owned(Box::new(seen)));
        }
        Ok(seen)
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        if self.is_met(observed) {
            return Vec::new();
        }
        if let Observed::Owned(seen) = observed {
            let owned = Remedy::OwnedByPolicy { setting: self.id() };
            let changes = self.diff(seen).into_iter();
            return changes
                .map(|change| Change {
                    decided_by: Layer::Policy,
                    remedy: owned.clone(),
                    ..change
                })
                .collect();
        }
        vec![match &self.data {
            None => self.removal(observed),
            Some(wanted) => self.write(wanted, observed),
        }]
    }
}

/// Whether the host is a member of a domain.
async fn is_member(host: &dyn CimReader) -> Result<bool, CimError> {
    let computer = host.only(Namespace::CIMV2, "Win32_ComputerSystem").await?;
    computer.bool("PartOfDomain")
}

impl RegistryValue {
    async fn look(&self, host: &dyn CimReader) -> Result<Observed, CimError> {
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

    /// Whether nothing differs.
    fn is_met(&self, observed: &Observed) -> bool {
        match (&self.data, observed) {
            (None, Observed::Absent) => true,
            (Some(wanted), Observed::Present(found)) => {
                let in_range = |range: Range| data::within(wanted, found, range);
                data::holds(wanted, found) || self.range.is_some_and(in_range)
            }
            (None | Some(_), _) => false,
        }
    }

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
            Observed::Present(_) | Observed::Unreadable | Observed::Owned(_) => {
                registry_place::layer(&self.key)
            }
        }
    }

    fn removal(&self, observed: &Observed) -> Change {
        let (kind, undo) = match observed {
            Observed::Present(data) => (data.kind(), vec![self.set(data)]),
            Observed::Absent | Observed::Unreadable | Observed::Owned(_) => {
                (RegistryKind::Binary, Vec::new())
            }
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
            Observed::Unreadable | Observed::Owned(_) => self.change(
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
    use super::Owner;
    use super::Range;
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
            range: None,
            owner: Owner::Us,
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
    fn every_number_of_a_range_does_and_others_become_the_one_that_is_stated() {
        let wanted = RegistryValue {
            range: Some(Range {
                least: 1,
                greatest: 900,
            }),
            ..wanting(Some(RegistryData::Dword(600)))
        };
        for number in [1, 600, 900] {
            assert_eq!(wanted.diff(&present(number)), [], "{number}");
        }
        for number in [0, 901, u32::MAX] {
            let changes = wanted.diff(&present(number));
            assert_eq!(changes[0].to, Value::from(600_u32), "{number}");
        }
        let wider = Observed::Present(RegistryData::Qword(5));
        assert_eq!(wanted.diff(&wider)[0].property, "type");
    }

    #[test]
    fn what_group_policy_of_a_domain_wrote_is_left_to_it() {
        let wanted = RegistryValue {
            owner: Owner::Domain,
            ..wanting(Some(RegistryData::Dword(1)))
        };
        let changes = wanted.diff(&Observed::Owned(Box::new(present(0))));
        assert_eq!(changes[0].decided_by, Layer::Policy);
        assert_eq!(
            changes[0].remedy,
            Remedy::OwnedByPolicy {
                setting: r"HKLM\SOFTWARE\Acme\Level".to_owned()
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
