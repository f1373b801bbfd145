//! Firewall rules as they would be: on or off, in other profiles, for another port, or new.

use crate::cim::Answer;
use crate::cim::CimError;
use crate::cim::Filter;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Read;
use crate::cim::Value;
use crate::runner::foresight::Foreseen;
use crate::runner::foresight::effect::Effect;
use crate::runner::foresight::effect::Extent;

const RULE: &str = "MSFT_NetFirewallRule";
const PORT_FILTER: &str = "MSFT_NetProtocolPortFilter";
/// What rules and their filters have in common.
const KEY: &str = "CreationClassName";
/// What precedes the identifier in it (wsman-wire 7).
const PREFIX: &str = "MSFT|FW|FirewallRule|";

/// What was set of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::runner) struct Setting {
    /// The rule's identifier.
    id: String,
    part: Part,
    properties: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Rule,
    PortFilter,
    /// The rule is new.
    NewRule,
}

/// Whether it is a class of rules.
pub(super) fn is_class(class: &str) -> bool {
    class.to_ascii_lowercase().starts_with("msft_netfirewall")
        || class.eq_ignore_ascii_case(PORT_FILTER)
}

/// Whether a question is about rules.
pub(super) fn is_about(read: &Read) -> bool {
    match read {
        Read::Get(path) => is_class(&path.class),
        Read::Query(query) => is_class(&query.class),
        Read::Associated(association) => is_class(&association.of.class),
        Read::Registry(_)
        | Read::SubKeys(_)
        | Read::ValueTypes(_)
        | Read::Ask(_)
        | Read::Events(_) => false,
    }
}

/// Anything may change in the firewall.
pub(super) fn anything() -> Vec<Effect> {
    vec![Effect::Unclear(Extent::Firewall)]
}

fn setting(id: &str, part: Part, properties: &[(&'static str, Value)]) -> Vec<Effect> {
    vec![Effect::Rule(Setting {
        id: id.to_owned(),
        part,
        properties: properties.to_vec(),
    })]
}

/// The identifier of the rule that a path names.
fn rule_id(path: &ObjectPath) -> Option<&str> {
    path.keys.get(KEY)?.strip_prefix(PREFIX)
}

/// What a method of a rule would do; `None` when it is not known.
pub(super) fn method(target: &ObjectPath, method: &str) -> Option<Vec<Effect>> {
    let id = rule_id(target).filter(|_| target.class == RULE)?;
    let enabled = match method {
        "Enable" => 1_u32,
        "Disable" => 2,
        _ => return None,
    };
    Some(setting(id, Part::Rule, &[("Enabled", enabled.into())]))
}

/// What putting properties of a rule or its filter would do; `None` when it is not known.
pub(super) fn put(
    target: &ObjectPath,
    properties: &[(&'static str, Value)],
) -> Option<Vec<Effect>> {
    let id = rule_id(target)?;
    let (part, known): (Part, &[&str]) = match target.class.as_str() {
        RULE => (Part::Rule, &["Enabled", "Profiles"]),
        PORT_FILTER => (Part::PortFilter, &["Protocol", "LocalPort"]),
        _ => return None,
    };
    let is_known = properties.iter().all(|(name, _)| known.contains(name));
    is_known.then(|| setting(id, part, properties))
}

/// What making a rule would do; `None` when it is no rule.
pub(super) fn create(class: &str, properties: &[(&'static str, Value)]) -> Option<Vec<Effect>> {
    let (_, id) = properties.iter().find(|(name, _)| *name == "InstanceID")?;
    let id = id.as_text().filter(|_| class == RULE)?;
    Some(setting(id, Part::NewRule, properties))
}

/// The answer to a question about rules.
pub(super) async fn read(eyes: &Foreseen<'_>, read: &Read) -> Result<Answer, CimError> {
    match read {
        Read::Get(path) if path.class == RULE => {
            let answer = eyes.host.read(read).await?;
            let Answer::Instance(found) = answer else {
                return Ok(answer);
            };
            let Some(id) = rule_id(path) else {
                return Ok(Answer::Instance(found));
            };
            let found = found.or_else(|| made(eyes, id));
            Ok(Answer::Instance(
                found.map(|rule| set(eyes, rule, Part::Rule)),
            ))
        }
        Read::Query(query) if query.class == RULE => {
            let mut answer = eyes.host.read(read).await?;
            if let Answer::Instances(rules) = &mut answer {
                for rule in rules.iter_mut() {
                    *rule = set(eyes, rule.clone(), Part::Rule);
                }
            }
            doubt_query(eyes, read, &query.filter);
            Ok(answer)
        }
        Read::Associated(association)
            if association.result_class.as_deref() == Some(PORT_FILTER) =>
        {
            filters(eyes, read, &association.of).await
        }
        _ => {
            let unmade = eyes.unmade.iter();
            let rules = unmade.filter(|one| matches!(one.effect, Effect::Rule(_)));
            for unmade in rules {
                eyes.doubt_whole(&unmade.task, read);
            }
            eyes.host.read(read).await
        }
    }
}

/// A rule that is made belongs to no group; by anything else a query may find it.
fn doubt_query(eyes: &Foreseen<'_>, read: &Read, filter: &Filter) {
    if matches!(filter, Filter::Equals { property, .. } if property == "RuleGroup") {
        return;
    }
    for unmade in eyes.unmade {
        if matches!(&unmade.effect, Effect::Rule(_)) {
            eyes.doubt_whole(&unmade.task, read);
        }
    }
}

async fn filters(eyes: &Foreseen<'_>, read: &Read, rule: &ObjectPath) -> Result<Answer, CimError> {
    let made = rule_id(rule).and_then(|id| made_filter(eyes, id));
    let answer = match made {
        Some(filter) => Answer::Instances(vec![filter]),
        None => eyes.host.read(read).await?,
    };
    let Answer::Instances(found) = answer else {
        return Ok(answer);
    };
    let found = found.into_iter();
    Ok(Answer::Instances(
        found
            .map(|filter| set(eyes, filter, Part::PortFilter))
            .collect(),
    ))
}

fn is_new<'a>(eyes: &'a Foreseen<'_>, id: &str) -> Option<&'a Setting> {
    eyes.unmade.iter().find_map(|one| match &one.effect {
        Effect::Rule(setting)
            if setting.part == Part::NewRule && setting.id.eq_ignore_ascii_case(id) =>
        {
            Some(setting)
        }
        _ => None,
    })
}

fn made(eyes: &Foreseen<'_>, id: &str) -> Option<Instance> {
    let setting = is_new(eyes, id)?;
    let mut rule =
        Instance::new(Namespace::STANDARD_CIMV2, RULE).with(KEY, format!("{PREFIX}{id}"));
    for (name, value) in &setting.properties {
        rule = rule.with(name, value.clone());
    }
    Some(rule)
}

/// The filter of a new rule lets everything through.
fn made_filter(eyes: &Foreseen<'_>, id: &str) -> Option<Instance> {
    is_new(eyes, id)?;
    Some(
        Instance::new(Namespace::STANDARD_CIMV2, PORT_FILTER)
            .with(KEY, format!("{PREFIX}{id}"))
            .with("Protocol", "Any")
            .with("LocalPort", Value::List(vec!["Any".into()])),
    )
}

fn set(eyes: &Foreseen<'_>, mut instance: Instance, part: Part) -> Instance {
    let by_key = instance.get(KEY).and_then(Value::as_text);
    let by_id = instance.get("InstanceID").and_then(Value::as_text);
    let Some(id) = by_key.and_then(|key| key.strip_prefix(PREFIX)).or(by_id) else {
        return instance;
    };
    let id = id.to_owned();
    for unmade in eyes.unmade {
        if let Effect::Rule(setting) = &unmade.effect
            && setting.part == part
            && setting.id.eq_ignore_ascii_case(&id)
        {
            for (name, value) in &setting.properties {
                instance
                    .properties
                    .insert((*name).to_owned(), value.clone());
            }
        }
    }
    instance
}
