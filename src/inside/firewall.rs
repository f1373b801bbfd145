//! The firewall: what its profiles let in, and the rules for Remote Desktop (windows-facts 6).
//!
//! Rules are those of the local store; rules that Group Policy brings are not among them.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use futures_util::future::try_join5;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Filter;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::inside::Admits;
use crate::inside::FirewallSeen;
use crate::inside::ProfileSeen;
use crate::inside::RuleSeen;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the firewall",
    right: Right::Administrators,
    exists: "`root/StandardCimv2` exists since Windows 8 and Server 2012; on older releases look with \
             `netsh advfirewall` on the host",
};

/// The group of the built-in rules (windows-facts 6.1).
const GROUP: &str = "@FirewallAPI.dll,-28752";
/// Where policy keeps its profiles (windows-facts 6.2).
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\WindowsFirewall";
/// Numbers of MSFT_NetFirewallRule: inbound, switched on, blocking (windows-facts 6.3).
const INBOUND: u64 = 1;
const ENABLED: u64 = 1;
const BLOCKS: u64 = 4;
/// "False" of a profile's setting.
const NO: u64 = 0;

/// Profiles by their bit in a rule's `Profiles` and their number in `NetworkCategory` (windows-facts 6.3).
const PROFILES: [(&str, u64, u64); 3] = [("Domain", 1, 2), ("Private", 2, 1), ("Public", 4, 0)];

/// Profiles and rules.
pub(super) async fn look(sight: &Sight<'_>) -> Result<FirewallSeen, CimError> {
    let host = sight.host;
    let all = |class: &str| host.query(Query::all(Namespace::STANDARD_CIMV2, class));
    let (profiles, active, policies, filters, port) = try_join5(
        all("MSFT_NetFirewallProfile"),
        all("MSFT_NetConnectionProfile"),
        policies(host),
        all("MSFT_NetProtocolPortFilter"),
        sight.port.clone(),
    )
    .await?;
    let categories: Vec<u64> = active
        .iter()
        .filter_map(|network| network.uint("NetworkCategory").ok())
        .collect();
    let profiles = profiles
        .iter()
        .map(|profile| seen_profile(profile, &categories, &policies))
        .collect::<Result<_, _>>()?;
    let rules = rules(host, &filters, port.value).await?;
    Ok(FirewallSeen { profiles, rules })
}

/// What policy sets in a profile, by value.
type Policies = BTreeMap<String, PolicyProfile>;

/// What policy sets in a profile; absent means that it leaves the matter to the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct PolicyProfile {
    /// `EnableFirewall`.
    enabled: Option<u32>,
    /// `AllowLocalPolicyMerge`.
    merge: Option<u32>,
    /// `DoNotAllowExceptions`.
    shut: Option<u32>,
}

async fn policies(host: &dyn CimReader) -> Result<Policies, CimError> {
    let key = RegistryKey::local_machine(POLICY);
    let names = host.sub_keys(key.clone()).await?.unwrap_or_default();
    let known = PROFILES.iter().filter_map(|(profile, _, _)| {
        let name = format!("{profile}Profile");
        let mut names = names.iter();
        names
            .any(|found| found.eq_ignore_ascii_case(&name))
            .then(|| ((*profile).to_owned(), key.child(&name)))
    });
    let known: Vec<_> = known.collect();
    let read = known.iter().map(|(profile, key)| async move {
        let names = [
            "EnableFirewall",
            "AllowLocalPolicyMerge",
            "DoNotAllowExceptions",
        ];
        let values = names.map(|name| sight::dword(host, key, name));
        let values = try_join_all(values).await?;
        let value = |at: usize| values.get(at).copied().flatten();
        let policy = PolicyProfile {
            enabled: value(0),
            merge: value(1),
            shut: value(2),
        };
        Ok((profile.clone(), policy))
    });
    Ok(try_join_all(read).await?.into_iter().collect())
}

fn seen_profile(
    profile: &Instance,
    categories: &[u64],
    policies: &Policies,
) -> Result<ProfileSeen, CimError> {
    let name = profile.text("Name")?;
    let policy = policies.get(name).copied().unwrap_or_default();
    let is_no = |property: &str| profile.uint(property).is_ok_and(|number| number == NO);
    let active = PROFILES
        .iter()
        .any(|(known, _, category)| *known == name && categories.contains(category));
    let shut = policy
        .shut
        .map_or(is_no("AllowInboundRules"), |shut| shut != 0);
    let alone = policy
        .merge
        .map_or(is_no("AllowLocalFirewallRules"), |merge| merge == 0);
    Ok(ProfileSeen {
        name: name.to_owned(),
        enabled: policy
            .enabled
            .map_or(profile.uint("Enabled")? != NO, |enabled| enabled != 0),
        active,
        admits: if shut {
            Admits::Nothing
        } else if alone {
            Admits::PolicyRules
        } else {
            Admits::AllRules
        },
    })
}

/// Inbound rules of the group, and those that name the port.
async fn rules(
    host: &dyn CimReader,
    filters: &[Instance],
    port: u32,
) -> Result<Vec<RuleSeen>, CimError> {
    let by_id: BTreeMap<&str, &Instance> = filters
        .iter()
        .filter_map(|filter| Some((filter.text("InstanceID").ok()?, filter)))
        .collect();
    let class = "MSFT_NetFirewallRule";
    let query = Query::equals(Namespace::STANDARD_CIMV2, class, "RuleGroup", GROUP);
    let mut found = host.query(query).await?;
    let others: Vec<String> = by_id
        .iter()
        .filter(|(_, filter)| names_port(filter, port))
        .map(|(id, _)| (*id).to_owned())
        .filter(|id| !found.iter().any(|rule| rule.text("InstanceID") == Ok(id)))
        .collect();
    if !others.is_empty() {
        let query = Query {
            namespace: Namespace::STANDARD_CIMV2,
            class: class.to_owned(),
            filter: Filter::OneOf {
                property: "InstanceID".to_owned(),
                values: others,
            },
        };
        found.extend(host.query(query).await?);
    }
    let inbound = |rule: &&Instance| {
        rule.uint("Direction")
            .is_ok_and(|direction| direction == INBOUND)
    };
    found
        .iter()
        .filter(inbound)
        .map(|rule| {
            let id = rule.text("InstanceID")?;
            seen_rule(rule, by_id.get(id).copied())
        })
        .collect()
}

fn seen_rule(rule: &Instance, filter: Option<&Instance>) -> Result<RuleSeen, CimError> {
    let bits = rule.uint("Profiles")?;
    let profiles = PROFILES.iter().filter(|(_, bit, _)| bits & bit != 0);
    let text = |property: &str| {
        let value = filter?.get(property)?;
        value.as_text().map(str::to_owned)
    };
    Ok(RuleSeen {
        id: rule.text("InstanceID")?.to_owned(),
        enabled: rule.uint("Enabled")? == ENABLED,
        blocks: rule.uint("Action")? == BLOCKS,
        profiles: profiles.map(|(name, _, _)| (*name).to_owned()).collect(),
        protocol: text("Protocol").unwrap_or_else(|| "Any".to_owned()),
        ports: filter.map(ports).unwrap_or_default(),
    })
}

fn ports(filter: &Instance) -> Vec<String> {
    let ports = filter.list("LocalPort");
    let texts = ports.into_iter().filter_map(Value::as_text);
    texts.map(str::to_owned).collect()
}

/// Whether a filter names the port, alone or in a range; `Any` names none.
fn names_port(filter: &Instance, port: u32) -> bool {
    ports(filter).iter().any(|range| covers(range, port))
}

fn covers(range: &str, port: u32) -> bool {
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let ends = from.trim().parse::<u32>().ok().zip(to.trim().parse().ok());
    ends.is_some_and(|(from, to)| (from..=to).contains(&port))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_range_covers_its_ends_and_any_names_no_port() {
        for range in ["3389", "3380-3389", " 3389 - 3400 "] {
            assert!(covers(range, 3389), "{range}");
        }
        for range in ["Any", "RPC", "3390-3400", "", "-", "33890"] {
            assert!(!covers(range, 3389), "{range}");
        }
    }
}
