//! `firewall_rule`: whether a rule of the Windows firewall is on, in which profiles, and for which port.
//!
//! Finds rules by identifier or by group, never by the texts that people see, which are localised. Reads the local
//! store: MSFT_NetFirewallRule, and its MSFT_NetProtocolPortFilter only when port or protocol are stated. Switching a
//! rule off, taking profiles away and moving its port may lock out; the rest is harmless. All of it takes effect at once.

use futures_util::future::join;

use crate::cim::Association;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Value;
use crate::plan::Change;
use crate::resource::Resource;
use crate::resource::words::words;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

mod correct;
mod parse;

const RULE: &str = "MSFT_NetFirewallRule";
const PORT_FILTER: &str = "MSFT_NetProtocolPortFilter";
/// What precedes the identifier in `CreationClassName` (wsman-wire 7).
const RULE_PREFIX: &str = "MSFT|FW|FirewallRule|";
/// The group of the built-in Remote Desktop rules (windows-facts 6.1).
const REMOTE_DESKTOP: &str = "@FirewallAPI.dll,-28752";
/// `EnforcementStatus` of a rule that policy does not let count (windows-facts 6.3).
const LOCAL_RULES_DISALLOWED: u64 = 16;
/// `PolicyStoreSourceType` of a rule that Group Policy brought.
///
/// Assumption: 2; only 1, local, is documented.
const FROM_GROUP_POLICY: u64 = 2;

words! {
    /// A profile: its bit in `Profiles`.
    pub enum Profile {
        /// In the network of the host's domain.
        Domain = "domain", 1;
        /// In a trusted network.
        Private = "private", 2;
        /// Anywhere else.
        Public = "public", 4;
        /// Everywhere.
        Any = "any", 7;
    }
}

words! {
    /// The protocol: its number (IANA).
    pub enum Protocol {
        /// TCP.
        Tcp = "tcp", 6;
        /// UDP.
        Udp = "udp", 17;
    }
}

impl Protocol {
    /// The text in `MSFT_NetProtocolPortFilter.Protocol`.
    fn text(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp].into_iter().find(|protocol| {
            protocol.text().eq_ignore_ascii_case(text) || text == protocol.number().to_string()
        })
    }
}

/// Which rules are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The one with this `InstanceID`.
    Id(String),
    /// All with this `RuleGroup`.
    Group(String),
}

/// Whether a rule that is not there shall be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It is made.
    Create,
    /// A person has to act.
    Report,
}

/// Whether rules are looked at by the firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// They are.
    On,
    /// They are not.
    Off,
}

impl From<bool> for Switch {
    fn from(enabled: bool) -> Self {
        if enabled { Self::On } else { Self::Off }
    }
}

impl Switch {
    fn value(self) -> Value {
        Value::Bool(self == Self::On)
    }
}

/// How rules shall be; what is `None` is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallRule {
    /// Which ones.
    pub target: Target,
    /// On or off.
    pub switch: Switch,
    /// The bits of the profiles in which they count.
    pub profiles: Option<u64>,
    /// The local port.
    pub port: Option<u16>,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// What to do when there is none.
    pub absent: Absent,
}

/// A rule as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `InstanceID` in the host's spelling.
    pub id: String,
    /// `Enabled`.
    pub switch: Switch,
    /// `Profiles`, 7 for any.
    pub profiles: u64,
    /// `Direction` is inbound.
    pub inbound: bool,
    /// Whether policy stands above it.
    pub standing: Standing,
    /// Its port filter; not looked at unless port or protocol are stated.
    pub filter: Option<Filter>,
}

/// Whether Group Policy stands above a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the host's own and counts.
    Local,
    /// Group Policy brought it.
    FromPolicy,
    /// It is the host's own, and policy does not let it count.
    Disregarded,
}

/// A rule's port filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The object to put.
    pub path: ObjectPath,
    /// `Protocol` as text.
    pub protocol: String,
    /// `LocalPort`: ports, ranges or `Any`.
    pub ports: Vec<String>,
}

impl Resource for FirewallRule {
    const KIND: &'static str = "firewall_rule";
    const ABOUT: &'static str =
        "Whether a firewall rule is on, in which profiles, and for which port";
    const EXAMPLE: &'static str = "\
- name: the firewall lets Remote Desktop in
  firewall_rule:
    group: remote_desktop
    enabled: true
    profiles: [domain, private]
";
    const PROPERTIES: &'static [Property] = &[
        Property {
            name: "id",
            shape: Shape::Text,
            required: false,
            about: "The rule's identifier (InstanceID), such as `RemoteDesktop-UserMode-In-TCP`",
        },
        Property {
            name: "group",
            shape: Shape::Text,
            required: false,
            about: "Instead of `id`: `remote_desktop`, or a group's identifier such as `@FirewallAPI.dll,-28752`",
        },
        Property {
            name: "enabled",
            shape: Shape::Bool,
            required: false,
            about: "Whether it is on; `true` when left out",
        },
        Property {
            name: "profiles",
            shape: Shape::Words(Profile::WORDS),
            required: false,
            about: "Where it counts",
        },
        Property {
            name: "port",
            shape: Shape::Integer { min: 1, max: 65535 },
            required: false,
            about: "The port on the host; needs `id`",
        },
        Property {
            name: "protocol",
            shape: Shape::Word(Protocol::WORDS),
            required: false,
            about: "The protocol; needs `id`",
        },
        Property {
            name: "direction",
            shape: Shape::Word(&["in"]),
            required: false,
            about: "Only rules for what comes in are managed",
        },
        Property {
            name: "create",
            shape: Shape::Bool,
            required: false,
            about: "Whether a rule that is not there is made; needs `id`, `port` and `protocol`",
        },
    ];
    type Observed = Vec<Rule>;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        parse::parse(args)
    }

    fn id(&self) -> String {
        match &self.target {
            Target::Id(id) => id.clone(),
            Target::Group(group) if group == REMOTE_DESKTOP => "remote_desktop".to_owned(),
            Target::Group(group) => group.clone(),
        }
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Vec<Rule>, CimError> {
        let wants_filter = self.port.is_some() || self.protocol.is_some();
        let instances = match &self.target {
            Target::Id(id) if wants_filter && self.absent == Absent::Report => {
                // The rule's name is all that its filter is found by, so both are asked at once.
                let (rule, filter) = join(host.get(rule_path(id)), observe_filter(host, id)).await;
                return match rule? {
                    None => Ok(Vec::new()),
                    Some(rule) => Ok(vec![Rule {
                        filter: Some(filter?),
                        ..Rule::of(&rule)?
                    }]),
                };
            }
            Target::Id(id) => host.get(rule_path(id)).await?.into_iter().collect(),
            Target::Group(group) => {
                let query =
                    Query::equals(Namespace::STANDARD_CIMV2, RULE, "RuleGroup", group.as_str());
                host.query(query).await?
            }
        };
        let mut rules = Vec::with_capacity(instances.len());
        for instance in &instances {
            let mut rule = Rule::of(instance)?;
            if wants_filter {
                rule.filter = Some(observe_filter(host, &rule.id).await?);
            }
            rules.push(rule);
        }
        // Hosts answer queries in no promised order.
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(rules)
    }

    fn diff(&self, observed: &Vec<Rule>) -> Vec<Change> {
        self.changes(observed)
    }
}

impl Rule {
    fn of(instance: &Instance) -> Result<Self, CimError> {
        let disregarded = instance
            .list("EnforcementStatus")
            .into_iter()
            .any(|status| status.as_uint() == Some(LOCAL_RULES_DISALLOWED));
        let source = instance
            .get("PolicyStoreSourceType")
            .and_then(Value::as_uint);
        Ok(Self {
            id: instance.text("InstanceID")?.to_owned(),
            switch: Switch::from(instance.uint("Enabled")? == 1),
            profiles: match instance.uint("Profiles")? {
                0 => u64::from(Profile::Any.number()),
                bits => bits,
            },
            inbound: instance.uint("Direction")? == 1,
            standing: if source == Some(FROM_GROUP_POLICY) {
                Standing::FromPolicy
            } else if disregarded {
                Standing::Disregarded
            } else {
                Standing::Local
            },
            filter: None,
        })
    }
}

/// The four keys of a rule, three of them empty (wsman-wire 7).
fn rule_path(id: &str) -> ObjectPath {
    ObjectPath::class(Namespace::STANDARD_CIMV2, RULE)
        .key("CreationClassName", format!("{RULE_PREFIX}{id}"))
        .key("PolicyRuleName", "")
        .key("SystemCreationClassName", "")
        .key("SystemName", "")
}

/// The keys of a rule's filter.
///
/// Assumption: they are those of CIM_FilterEntryBase, of which only `CreationClassName`, shared with the rule, is not
/// empty.
fn filter_path(id: &str) -> ObjectPath {
    ObjectPath::class(Namespace::STANDARD_CIMV2, PORT_FILTER)
        .key("CreationClassName", format!("{RULE_PREFIX}{id}"))
        .key("Name", "")
        .key("SystemCreationClassName", "")
        .key("SystemName", "")
}

async fn observe_filter(host: &dyn CimReader, id: &str) -> Result<Filter, CimError> {
    let association = Association {
        of: rule_path(id),
        association_class: Some("MSFT_NetFirewallRuleFilterByProtocolPort".to_owned()),
        result_class: Some(PORT_FILTER.to_owned()),
        role: None,
    };
    let found = host.associated(association).await?;
    let Some(filter) = found.first() else {
        return Err(CimError::Property {
            class: RULE.to_owned(),
            property: PORT_FILTER.to_owned(),
            wanted: "linked with the rule",
        });
    };
    let creation_class = filter.get("CreationClassName").and_then(Value::as_text);
    let path = filter_path(id);
    Ok(Filter {
        // The host's own spelling, when it tells.
        path: match creation_class {
            Some(name) => path.key("CreationClassName", name),
            None => path,
        },
        protocol: filter.text("Protocol")?.to_owned(),
        ports: filter
            .list("LocalPort")
            .into_iter()
            .filter_map(port_text)
            .collect(),
    })
}

/// A port as text; types are not on the wire, so digits may come as a number.
fn port_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        other => other.as_uint().map(|number| number.to_string()),
    }
}
