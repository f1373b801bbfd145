//! Resources that want a number to be another.

use async_trait::async_trait;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Read;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::RegistryKind;
use rdpfix::cim::RegistryPath;
use rdpfix::cim::Value;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Layer;
use rdpfix::plan::Remedy;
use rdpfix::plan::Step;
use rdpfix::resource::AnyResource;
use rdpfix::resource::Kind;
use rdpfix::resource::Observation;
use std::time::Duration;

/// What a wish is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A number is set.
    Set,
    /// A number is set, then another one that is refused.
    Twice(&'static str),
    /// Group Policy owns it.
    Policy,
    /// A person has to act.
    Manual,
    /// A number is set, and waited for for ten seconds.
    Await(&'static str),
    /// Looks at a service and never wants anything.
    Service,
    /// Panics when it looks.
    Panic,
    /// Is a restart: each time, the number grows by one.
    Restart,
}

/// Wants a number to be another.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) name: &'static str,
    pub(crate) value: u32,
    pub(crate) manner: Manner,
    pub(crate) restart: Option<&'static str>,
}

pub(crate) fn wish(name: &'static str, value: u32) -> Wish {
    Wish {
        name,
        value,
        manner: Manner::Set,
        restart: None,
    }
}

impl Wish {
    pub(crate) fn manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }

    pub(crate) fn restarting(mut self, service: &'static str) -> Self {
        self.restart = Some(service);
        self
    }

    fn remedy(&self, from: Option<u32>) -> Remedy {
        let undo = from.map(|old| set(self.name, old)).into_iter().collect();
        let apply = match self.manner {
            Manner::Policy => {
                return Remedy::OwnedByPolicy {
                    setting: r"HKLM\SOFTWARE\Policies".to_owned(),
                };
            }
            Manner::Manual => {
                return Remedy::Manual {
                    advice: "call the vendor".to_owned(),
                };
            }
            Manner::Twice(second) => vec![set(self.name, self.value), set(second, 1)],
            Manner::Await(other) => vec![
                set(self.name, self.value),
                Step::Await {
                    read: Read::Registry(path(other)),
                    until: rdpfix::plan::Until::RegistryOtherThan(None),
                    within: Duration::from_secs(10),
                },
            ],
            Manner::Restart => vec![set(self.name, from.unwrap_or_default() + 1)],
            Manner::Set | Manner::Service | Manner::Panic => vec![set(self.name, self.value)],
        };
        Remedy::Steps { apply, undo }
    }

    fn change(&self, from: Option<u32>) -> Change {
        let restart = self.manner == Manner::Restart;
        Change {
            property: if restart { "state" } else { self.name },
            from: from.map_or(Value::Null, Value::from),
            to: self.value.into(),
            decided_by: Layer::Local,
            remedy: self.remedy(from),
            disruption: if restart {
                Disruption::RestartsService
            } else {
                Disruption::Harmless
            },
            restart: self.restart,
        }
    }
}

fn path(name: &str) -> RegistryPath {
    RegistryKey::local_machine("Fake").value(name, RegistryKind::Dword)
}

fn set(name: &str, value: u32) -> Step {
    Step::Call(Call::SetRegistry {
        key: RegistryKey::local_machine("Fake"),
        name: name.to_owned(),
        data: RegistryData::Dword(value),
    })
}

fn number(observed: &Observation) -> Option<u32> {
    *observed.downcast_ref::<Option<u32>>().unwrap()
}

#[async_trait]
impl AnyResource for Wish {
    fn kind(&self) -> &'static str {
        "wish"
    }

    fn id(&self) -> String {
        self.name.to_owned()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observation, CimError> {
        assert!(self.manner != Manner::Panic, "looked too closely");
        if self.manner == Manner::Service {
            let path = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", self.name);
            let found = host.get(path).await?;
            assert_eq!(found.is_some(), self.name != "NoSuchService");
            return Ok(Box::new(Some(self.value)));
        }
        match host.registry(path(self.name)).await? {
            Some(RegistryData::Dword(value)) => Ok(Box::new(Some(value))),
            _ => Ok(Box::new(None::<u32>)),
        }
    }

    fn diff(&self, observed: &Observation) -> Result<Vec<Change>, CimError> {
        let seen = number(observed);
        let differs = seen != Some(self.value) || self.manner == Manner::Restart;
        Ok(differs.then(|| self.change(seen)).into_iter().collect())
    }

    fn verify(&self, before: &Observation, after: &Observation) -> Result<Vec<Change>, CimError> {
        if self.manner == Manner::Restart {
            let unchanged = number(before) == number(after);
            return Ok(unchanged
                .then(|| self.change(number(after)))
                .into_iter()
                .collect());
        }
        self.diff(after)
    }
}

pub(crate) static WISH: Kind = Kind {
    name: "wish",
    about: "",
    example: "",
    properties: &[],
    parse: |_| None,
};

pub(crate) static SERVICE: Kind = Kind {
    name: "service",
    about: "",
    example: "",
    properties: &[],
    parse: |_| None,
};
