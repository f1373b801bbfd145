//! Decides what firewall rules need; pure.

use crate::cim::Call;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::firewall_rule::Absent;
use crate::resource::firewall_rule::Filter;
use crate::resource::firewall_rule::FirewallRule;
use crate::resource::firewall_rule::Profile;
use crate::resource::firewall_rule::Protocol;
use crate::resource::firewall_rule::RULE;
use crate::resource::firewall_rule::Rule;
use crate::resource::firewall_rule::Standing;
use crate::resource::firewall_rule::Switch;
use crate::resource::firewall_rule::Target;
use crate::resource::firewall_rule::filter_path;
use crate::resource::firewall_rule::rule_path;

/// `MSFT_NetFirewallRule`: `Direction` inbound, `Action` allow, `Enabled` no (windows-facts 6.3).
const INBOUND: u32 = 1;
const ALLOW: u32 = 2;
const DISABLED: u32 = 2;

impl FirewallRule {
    /// What differs, with equal changes of several rules made one.
    pub(super) fn changes(&self, rules: &[Rule]) -> Vec<Change> {
        if rules.is_empty() {
            return vec![self.missing()];
        }
        let mut merged: Vec<Change> = Vec::new();
        // By property and not by rule: ports are moved before rules are switched on.
        let differences: [fn(&Self, &Rule) -> Option<Change>; 5] = [
            direction,
            Self::protocol,
            Self::port,
            Self::profiles,
            Self::enabled,
        ];
        for difference in differences {
            for change in rules.iter().filter_map(|rule| difference(self, rule)) {
                merge(&mut merged, change);
            }
        }
        merged
    }

    fn missing(&self) -> Change {
        let (property, name) = match &self.target {
            Target::Id(id) => ("id", id),
            Target::Group(group) => ("group", group),
        };
        let remedy = match (&self.target, self.absent, self.port, self.protocol) {
            (Target::Id(id), Absent::Create, Some(port), Some(protocol)) => {
                self.creation(id, port, protocol)
            }
            (Target::Id(_), ..) => Remedy::Manual {
                advice: format!(
                    "the host has no rule `{name}`: check the identifier, or have it made with `port`, `protocol` and \
                     `create: true`"
                ),
            },
            (Target::Group(_), ..) => Remedy::Manual {
                advice: format!(
                    "the host has no rule of the group `{name}`: state one of your own with `id`, `port`, `protocol` \
                     and `create: true`"
                ),
            },
        };
        Change {
            property,
            from: Value::Null,
            to: Value::text(name.as_str()),
            decided_by: Layer::Local,
            remedy,
            disruption: Disruption::Harmless,
            restart: None,
        }
    }

    /// A new rule lets everything in, so it is made switched off and switched on when its filter is set.
    fn creation(&self, id: &str, port: u16, protocol: Protocol) -> Remedy {
        let profiles = match self.profiles {
            None => 0,
            Some(bits) => stored_bits(bits),
        };
        let create = Call::Create {
            namespace: Namespace::STANDARD_CIMV2,
            class: RULE,
            properties: vec![
                ("InstanceID", Value::text(id)),
                ("ElementName", Value::text(id)),
                ("Direction", Value::from(INBOUND)),
                ("Action", Value::from(ALLOW)),
                ("Enabled", Value::from(DISABLED)),
                ("Profiles", Value::Uint(profiles)),
            ],
        };
        let limit = Call::Put {
            target: filter_path(id),
            properties: vec![
                ("Protocol", Value::text(protocol.text())),
                ("LocalPort", port_list(&[port.to_string()])),
            ],
        };
        let mut apply = vec![Step::Call(create), Step::Call(limit)];
        if self.switch == Switch::On {
            apply.push(switch(id, Switch::On));
        }
        Remedy::Steps {
            apply,
            undo: vec![Step::Call(Call::Delete {
                target: rule_path(id),
            })],
        }
    }

    fn enabled(&self, rule: &Rule) -> Option<Change> {
        let to = self.switch;
        // A rule that is on but does not count is as good as off.
        let disregarded = to == Switch::On && rule.standing == Standing::Disregarded;
        if rule.switch == to && !disregarded {
            return None;
        }
        let from = if rule.switch == to {
            Value::text("disregarded")
        } else {
            rule.switch.value()
        };
        Some(Change {
            disruption: match to {
                Switch::On => Disruption::Harmless,
                Switch::Off => Disruption::MayLockOut,
            },
            ..change(
                rule,
                ("enabled", from, to.value()),
                (switch(&rule.id, to), switch(&rule.id, rule.switch)),
            )
        })
    }

    fn profiles(&self, rule: &Rule) -> Option<Change> {
        let to = self.profiles?;
        if rule.profiles == to {
            return None;
        }
        let put = |bits: u64| {
            Step::Call(Call::Put {
                target: rule_path(&rule.id),
                properties: vec![("Profiles", Value::Uint(stored_bits(bits)))],
            })
        };
        let narrows = rule.profiles & !to != 0;
        Some(Change {
            disruption: if narrows {
                Disruption::MayLockOut
            } else {
                Disruption::Harmless
            },
            ..change(
                rule,
                ("profiles", words_of(rule.profiles), words_of(to)),
                (put(to), put(rule.profiles)),
            )
        })
    }

    fn protocol(&self, rule: &Rule) -> Option<Change> {
        let to = self.protocol?;
        let filter = rule.filter.as_ref()?;
        let from = Protocol::from_text(&filter.protocol);
        if from == Some(to) {
            return None;
        }
        let shown = from.map_or(filter.protocol.to_lowercase(), |from| {
            from.word().to_owned()
        });
        Some(Change {
            disruption: Disruption::MayLockOut,
            ..change(
                rule,
                ("protocol", Value::Text(shown), Value::text(to.word())),
                (
                    put_filter(filter, ("Protocol", Value::text(to.text()))),
                    put_filter(filter, ("Protocol", Value::text(filter.protocol.as_str()))),
                ),
            )
        })
    }

    fn port(&self, rule: &Rule) -> Option<Change> {
        let port = self.port?;
        let to = port.to_string();
        let filter = rule.filter.as_ref()?;
        if filter.ports == [to.as_str()] {
            return None;
        }
        Some(Change {
            disruption: Disruption::MayLockOut,
            ..change(
                rule,
                (
                    "port",
                    ports_in_words(&filter.ports),
                    Value::from(u32::from(port)),
                ),
                (
                    put_filter(filter, ("LocalPort", port_list(&[to]))),
                    put_filter(filter, ("LocalPort", port_list(&filter.ports))),
                ),
            )
        })
    }
}

/// A rule cannot be turned round.
fn direction(_: &FirewallRule, rule: &Rule) -> Option<Change> {
    if rule.inbound {
        return None;
    }
    Some(Change {
        property: "direction",
        from: Value::text("out"),
        to: Value::text("in"),
        decided_by: Layer::Local,
        remedy: Remedy::Manual {
            advice: format!(
                "the rule `{}` is for what goes out, and a rule's direction cannot be changed: name another one",
                rule.id
            ),
        },
        disruption: Disruption::Harmless,
        restart: None,
    })
}

/// A change of a rule, unless policy stands above it.
fn change(
    rule: &Rule,
    (property, from, to): (&'static str, Value, Value),
    (apply, undo): (Step, Step),
) -> Change {
    let (decided_by, remedy) = match rule.standing {
        Standing::Local => (
            Layer::Local,
            Remedy::Steps {
                apply: vec![apply],
                undo: vec![undo],
            },
        ),
        Standing::FromPolicy => (
            Layer::Policy,
            Remedy::OwnedByPolicy {
                setting: format!("the firewall rule `{}` of Group Policy", rule.id),
            },
        ),
        Standing::Disregarded => (
            Layer::Policy,
            Remedy::OwnedByPolicy {
                setting: r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\…Profile\AllowLocalPolicyMerge"
                    .to_owned(),
            },
        ),
    };
    Change {
        property,
        from,
        to,
        decided_by,
        remedy,
        disruption: Disruption::Harmless,
        restart: None,
    }
}

/// Adds a change, to an equal one of another rule when there is one.
fn merge(changes: &mut Vec<Change>, mut next: Change) {
    let equal = changes.iter_mut().find(|known| {
        (known.property, &known.from, &known.to, known.decided_by)
            == (next.property, &next.from, &next.to, next.decided_by)
            && known.disruption == next.disruption
    });
    match equal.map(|known| (&mut known.remedy, &mut next.remedy)) {
        Some((
            Remedy::Steps { apply, undo },
            Remedy::Steps {
                apply: more,
                undo: back,
            },
        )) => {
            apply.append(more);
            undo.append(back);
        }
        Some((known, other)) if known == other => {}
        Some(_) | None => changes.push(next),
    }
}

/// All profiles together are stored as "any".
fn stored_bits(bits: u64) -> u64 {
    if bits == u64::from(Profile::Any.number()) {
        0
    } else {
        bits
    }
}

fn ports_in_words(ports: &[String]) -> Value {
    match ports {
        [] => Value::text("any"),
        [port] => port
            .parse::<u32>()
            .map_or_else(|_| Value::Text(port.to_lowercase()), Value::from),
        ports => Value::Text(ports.join(", ")),
    }
}

fn words_of(bits: u64) -> Value {
    if bits == u64::from(Profile::Any.number()) {
        return Value::text(Profile::Any.word());
    }
    let words: Vec<&str> = [Profile::Domain, Profile::Private, Profile::Public]
        .into_iter()
        .filter(|profile| bits & u64::from(profile.number()) != 0)
        .map(Profile::word)
        .collect();
    Value::Text(words.join(", "))
}

fn switch(id: &str, switch: Switch) -> Step {
    method(
        rule_path(id),
        match switch {
            Switch::On => "Enable",
            Switch::Off => "Disable",
        },
    )
}

fn method(target: ObjectPath, method: &'static str) -> Step {
    Step::Call(Call::Method {
        target,
        method,
        arguments: Vec::new(),
        accepts: &[],
    })
}

fn put_filter(filter: &Filter, property: (&'static str, Value)) -> Step {
    Step::Call(Call::Put {
        target: filter.path.clone(),
        properties: vec![property],
    })
}

fn port_list(ports: &[String]) -> Value {
    Value::List(
        ports
            .iter()
            .map(|port| Value::text(port.as_str()))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
