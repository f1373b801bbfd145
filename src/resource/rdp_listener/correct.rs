//! Decides what a listener needs and in which order; pure.

use crate::cim::Call;
use crate::cim::RegistryData;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::rdp_listener::Encryption;
use crate::resource::rdp_listener::Listener;
use crate::resource::rdp_listener::Nla;
use crate::resource::rdp_listener::RdpListener;
use crate::resource::rdp_listener::SecurityLayer;
use crate::resource::rdp_listener::Setting;
use crate::resource::rdp_listener::shown;
use crate::resource::terminal_services;

/// What holds when `PortNumber` is not set.
const DEFAULT_PORT: u32 = 3389;

impl RdpListener {
    /// Everything that is stated, for a person to act on.
    pub(super) fn missing(&self) -> Vec<Change> {
        let stated = [
            ("nla", self.nla.map(|nla| Value::text(nla.word()))),
            (
                "security_layer",
                self.security_layer.map(|layer| Value::text(layer.word())),
            ),
            (
                "min_encryption",
                self.min_encryption.map(|level| Value::text(level.word())),
            ),
            ("port", self.port.map(|port| Value::from(u32::from(port)))),
        ];
        stated
            .into_iter()
            .filter_map(|(property, to)| {
                Some(Change {
                    property,
                    from: Value::Null,
                    to: to?,
                    decided_by: Layer::Default,
                    remedy: Remedy::Manual {
                        advice: terminal_services::LISTENER_GONE.to_owned(),
                    },
                    disruption: Disruption::Harmless,
                    restart: None,
                })
            })
            .collect()
    }

    /// What differs. Encryption is raised before TLS is demanded, because Windows refuses TLS at the level `low`, and
    /// lowered after; NLA needs TLS, so it is switched on after the layer and off before it.
    pub(super) fn changes(&self, listener: &Listener) -> Vec<Change> {
        let encryption = self.encryption(listener);
        let raises = encryption
            .as_ref()
            .is_some_and(|(_, direction)| *direction == Direction::Up);
        let encryption = encryption.map(|(change, _)| change);
        let (first, last) = if raises {
            (encryption, None)
        } else {
            (None, encryption)
        };
        let nla = self.nla(listener);
        let (early, late) = match self.nla {
            Some(Nla::NotRequired) => (nla, None),
            Some(Nla::Required) | None => (None, nla),
        };
        let layer = self.security_layer(listener);
        [first, early, layer, late, last, self.port(listener)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn nla(&self, listener: &Listener) -> Option<Change> {
        let to = self.nla?;
        let seen = listener.nla;
        let from = Nla::from_number(seen.number);
        (from != Some(to)).then(|| Change {
            from: shown(seen.number, from.map(Nla::word)),
            to: Value::text(to.word()),
            ..set(&NLA, seen, to.number())
        })
    }

    fn security_layer(&self, listener: &Listener) -> Option<Change> {
        let to = self.security_layer?;
        let seen = listener.security_layer;
        let from = SecurityLayer::from_number(seen.number);
        if from == Some(to) {
            return None;
        }
        let change = Change {
            from: shown(seen.number, from.map(SecurityLayer::word)),
            to: Value::text(to.word()),
            ..set(&SECURITY_LAYER, seen, to.number())
        };
        let level = listener.min_encryption;
        let refused = to == SecurityLayer::Tls
            && level.layer == Layer::Policy
            && is_low(level)
            && seen.layer != Layer::Policy;
        Some(if refused {
            // The policy on the level stands in the way of the layer.
            Change {
                remedy: owned(&MIN_ENCRYPTION),
                ..change
            }
        } else {
            change
        })
    }

    /// What is stated, or what TLS needs.
    fn encryption(&self, listener: &Listener) -> Option<(Change, Direction)> {
        let seen = listener.min_encryption;
        let needs_more = self.security_layer == Some(SecurityLayer::Tls)
            && listener.security_layer.number != u64::from(SecurityLayer::Tls.number())
            && is_low(seen)
            && listener.security_layer.layer != Layer::Policy;
        let to = self
            .min_encryption
            .or(needs_more.then_some(Encryption::ClientCompatible))?;
        let from = Encryption::from_number(seen.number);
        if from == Some(to) {
            return None;
        }
        let change = set(&MIN_ENCRYPTION, seen, to.number());
        let change = Change {
            from: shown(seen.number, from.map(Encryption::word)),
            to: Value::text(to.word()),
            // Clients that cannot do FIPS are refused (extended code 8).
            disruption: match to {
                Encryption::Fips => Disruption::MayLockOut,
                Encryption::Low | Encryption::ClientCompatible | Encryption::High => {
                    Disruption::Harmless
                }
            },
            ..change
        };
        let direction = if u64::from(to.number()) > seen.number {
            Direction::Up
        } else {
            Direction::Down
        };
        Some((change, direction))
    }

    fn port(&self, listener: &Listener) -> Option<Change> {
        let to = u32::from(self.port?);
        let set_now = listener.port?;
        let from = set_now.unwrap_or(DEFAULT_PORT);
        (from != to).then(|| Change {
            property: "port",
            from: Value::from(from),
            to: Value::from(to),
            decided_by: set_now.map_or(Layer::Default, |_| Layer::Local),
            remedy: Remedy::Steps {
                apply: vec![set_port(to)],
                undo: vec![match set_now {
                    Some(port) => set_port(port),
                    None => Step::Call(Call::DeleteRegistryValue(
                        terminal_services::listener().value("PortNumber", RegistryKind::Dword),
                    )),
                }],
            },
            disruption: Disruption::MayLockOut,
            restart: Some(terminal_services::TERM_SERVICE),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

fn is_low(level: Setting) -> bool {
    level.number == u64::from(Encryption::Low.number())
}

/// How a setting is written.
struct Setter {
    property: &'static str,
    method: &'static str,
    parameter: &'static str,
    /// The name of its value in the registry, in the listener's key and in that of policies.
    value: &'static str,
}

const NLA: Setter = Setter {
    property: "nla",
    method: "SetUserAuthenticationRequired",
    parameter: "UserAuthenticationRequired",
    value: "UserAuthentication",
};
const SECURITY_LAYER: Setter = Setter {
    property: "security_layer",
    method: "SetSecurityLayer",
    parameter: "SecurityLayer",
    value: "SecurityLayer",
};
const MIN_ENCRYPTION: Setter = Setter {
    property: "min_encryption",
    method: "SetEncryptionLevel",
    parameter: "MinEncryptionLevel",
    value: "MinEncryptionLevel",
};

/// A change by a setter; its words are filled in by the caller.
fn set(setter: &Setter, seen: Setting, to: u32) -> Change {
    let call = |number: u64| {
        terminal_services::setter(
            terminal_services::general_path(),
            setter.method,
            vec![(setter.parameter, Value::Uint(number))],
        )
    };
    Change {
        property: setter.property,
        from: Value::Uint(seen.number),
        to: Value::from(to),
        decided_by: seen.layer,
        remedy: if seen.layer == Layer::Policy {
            owned(setter)
        } else {
            Remedy::Steps {
                apply: vec![call(to.into())],
                undo: vec![match seen.layer {
                    // No method unsets a value.
                    Layer::Default => Step::Call(Call::DeleteRegistryValue(
                        terminal_services::listener().value(setter.value, RegistryKind::Dword),
                    )),
                    Layer::Local | Layer::Policy => call(seen.number),
                }],
            }
        },
        disruption: Disruption::Harmless,
        restart: None,
    }
}

fn owned(setter: &Setter) -> Remedy {
    Remedy::OwnedByPolicy {
        setting: terminal_services::policy_value(setter.value),
    }
}

fn set_port(port: u32) -> Step {
    Step::Call(Call::SetRegistry {
        key: terminal_services::listener(),
        name: "PortNumber".to_owned(),
        data: RegistryData::Dword(port),
    })
}

#[cfg(test)]
mod tests;
