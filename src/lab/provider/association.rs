//! Objects that are linked with an object: services with their dependents, firewall rules with their
//! filters, groups with their members.

use jiff::Timestamp;

use crate::cim::Association;
use crate::cim::Instance;
use crate::lab::machine::Machine;
use crate::lab::provider::account;
use crate::lab::provider::class::Class;
use crate::lab::provider::class::as_text;
use crate::lab::provider::class::property;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// Filter classes with the classes that link them to rules.
const FILTERS: [(&str, &str); 4] = [
    (
        "MSFT_NetProtocolPortFilter",
        "MSFT_NetFirewallRuleFilterByProtocolPort",
    ),
    (
        "MSFT_NetAddressFilter",
        "MSFT_NetFirewallRuleFilterByAddress",
    ),
    (
        "MSFT_NetApplicationFilter",
        "MSFT_NetFirewallRuleFilterByApplication",
    ),
    (
        "MSFT_NetServiceFilter",
        "MSFT_NetFirewallRuleFilterByService",
    ),
];

const RULE: &str = "MSFT_NetFirewallRule";

/// The objects that `association` asks for.
pub(super) fn linked(
    machine: &Machine,
    association: &Association,
    now: Timestamp,
) -> Result<Vec<Instance>, Fault> {
    let class = Class::find(&association.of.namespace, &association.of.class)?;
    let object = class.object(machine, &association.of, now)?;
    let found = if class.name == "Win32_Service" {
        services(machine, association, &object, now)
    } else if class.name == "Win32_Group"
        && named(association.association_class.as_deref(), "Win32_GroupUser")
        && named(association.role.as_deref(), "GroupComponent")
    {
        Ok(account::members(machine, now))
    } else if class.name == RULE || FILTERS.iter().any(|(filter, _)| *filter == class.name) {
        rule_and_filters(machine, association, (class, &object), now)
    } else {
        Ok(Vec::new())
    }?;
    let wanted = |instance: &Instance| {
        let result = association.result_class.as_deref();
        result.is_none_or(|class| class.eq_ignore_ascii_case(&instance.class))
    };
    Ok(found.into_iter().filter(wanted).collect())
}

fn named(asked: Option<&str>, name: &str) -> bool {
    asked.is_none_or(|asked| asked.eq_ignore_ascii_case(name))
}

fn services(
    machine: &Machine,
    association: &Association,
    object: &Instance,
    now: Timestamp,
) -> Result<Vec<Instance>, Fault> {
    if !named(
        association.association_class.as_deref(),
        "Win32_DependentService",
    ) {
        return Ok(Vec::new());
    }
    let name = property(object, "Name")
        .and_then(as_text)
        .ok_or_else(fault::not_found)?;
    let role = association.role.as_deref();
    let mut names: Vec<String> = Vec::new();
    // The role is the side that `of` stands on: those that need it are on the other.
    if named(role, "Antecedent") {
        let dependents = machine.services.dependents(&name);
        names.extend(dependents.map(|service| service.name.clone()));
    }
    if named(role, "Dependent")
        && let Some(service) = machine.services.get(&name)
    {
        names.extend(service.depends_on.iter().cloned());
    }
    let class = Class::find(&object.namespace, "Win32_Service")?;
    Ok((class.instances)(machine, now)
        .into_iter()
        .filter(|instance| {
            property(instance, "Name")
                .and_then(as_text)
                .is_some_and(|name| {
                    names
                        .iter()
                        .any(|wanted| wanted.eq_ignore_ascii_case(&name))
                })
        })
        .collect())
}

/// A rule and its filters share their InstanceID.
fn rule_and_filters(
    machine: &Machine,
    association: &Association,
    (class, object): (&Class, &Instance),
    now: Timestamp,
) -> Result<Vec<Instance>, Fault> {
    let id = property(object, "InstanceID");
    let link = association.association_class.as_deref();
    let others = FILTERS.iter().filter_map(|(filter, by)| {
        if class.name == RULE {
            named(link, by).then_some(*filter)
        } else {
            (*filter == class.name && named(link, by)).then_some(RULE)
        }
    });
    let mut found = Vec::new();
    for name in others {
        let class = Class::find(&object.namespace, name)?;
        let instances = (class.instances)(machine, now);
        found.extend(
            instances
                .into_iter()
                .filter(|instance| property(instance, "InstanceID") == id),
        );
    }
    Ok(found)
}
