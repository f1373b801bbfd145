//! The table of classes: where each lives, what names its objects, and who answers for it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::provider::account;
use crate::lab::provider::fault;
use crate::lab::provider::file;
use crate::lab::provider::filter;
use crate::lab::provider::firewall;
use crate::lab::provider::gateway;
use crate::lab::provider::log;
use crate::lab::provider::network;
use crate::lab::provider::registry;
use crate::lab::provider::service;
use crate::lab::provider::system;
use crate::lab::provider::terminal;
use crate::wsman::Fault;

/// Output parameters of a method.
pub(super) type Output = Vec<(String, Value)>;

/// Makes the objects that a query asks for by properties that equal a literal.
type AskedFor = fn(&Machine, &[(String, String)]) -> Vec<Instance>;

/// A class.
pub(super) struct Class {
    /// The name in the host's own spelling.
    pub(super) name: &'static str,
    /// Where it lives; the first is where its instances say that they live.
    pub(super) namespaces: &'static [&'static str],
    /// Sets of key properties, any of which names an object; the first is the true one, empty for a static class.
    pub(super) keys: &'static [&'static [&'static str]],
    /// Whether there is exactly one object, which then needs no selectors.
    pub(super) number: Number,
    /// All objects.
    pub(super) instances: fn(&Machine, Timestamp) -> Vec<Instance>,
    /// For a class whose objects come about by being asked for.
    pub(super) asked_for: Option<AskedFor>,
    /// Changes properties of an object.
    pub(super) put: fn(&mut Machine, &Instance, &Parameters<'_>) -> Result<(), Fault>,
    /// Makes an object.
    pub(super) create: fn(&mut Machine, &Parameters<'_>) -> Result<ObjectPath, Fault>,
    /// Removes an object.
    pub(super) delete: fn(&mut Machine, &Instance) -> Result<(), Fault>,
    /// Calls a method.
    pub(super) invoke: fn(&mut Machine, &Invocation<'_>) -> Result<Output, Fault>,
}

/// How many objects a class has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Any number.
    Many,
    /// Exactly one.
    One,
    /// None: its methods are static.
    None,
}

/// A method call on an object, or on the class when `instance` is `None`.
pub(super) struct Invocation<'a> {
    pub(super) instance: Option<Instance>,
    /// In lower case.
    pub(super) method: String,
    pub(super) arguments: Parameters<'a>,
    pub(super) now: Timestamp,
}

impl Invocation<'_> {
    /// A text property of the object that the method is called on.
    pub(super) fn own(&self, property: &str) -> Result<String, Fault> {
        self.instance
            .as_ref()
            .and_then(|instance| instance.get(property))
            .and_then(Value::as_text)
            .map(str::to_owned)
            .ok_or_else(fault::not_found)
    }
}

/// Named values, compared by name without regard to letter case.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a>(pub(super) &'a [(String, Value)]);

impl<'a> Parameters<'a> {
    /// The value, when it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }

    /// A number that may be missing.
    pub(super) fn optional_uint(&self, name: &str) -> Result<Option<u64>, Fault> {
        self.get(name).map(uint).transpose()
    }

    /// A number of 32 bits that must be there.
    pub(super) fn uint(&self, name: &str) -> Result<u32, Fault> {
        self.optional_uint(name)?
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(fault::invalid_parameter)
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, Fault> {
        self.get(name)
            .and_then(Value::as_text)
            .ok_or_else(fault::invalid_parameter)
    }
}

/// The number that a value is.
pub(super) fn uint(value: &Value) -> Result<u64, Fault> {
    value.as_uint().ok_or_else(fault::invalid_parameter)
}

/// The texts of an array; one bare value is a list of one.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let items = match value {
        Value::List(items) => items.iter().collect(),
        single => vec![single],
    };
    items.into_iter().filter_map(as_text).collect()
}

/// A scalar as text, the way a selector or a query spells it; `None` for arrays and objects.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(true) => Some("TRUE".to_owned()),
        Value::Bool(false) => Some("FALSE".to_owned()),
        Value::Uint(number) => Some(number.to_string()),
        Value::Sint(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::DateTime(moment) => Some(moment.to_string()),
        Value::Interval(length) => Some(length.to_string()),
        Value::Reference(path) => Some(path.to_string()),
        Value::List(_) | Value::Object(_) => None,
    }
}

/// The named property of an instance, without regard to letter case.
pub(super) fn property<'a>(instance: &'a Instance, name: &str) -> Option<&'a Value> {
    instance
        .properties
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Put on a class that has nothing to write.
fn no_put(_: &mut Machine, _: &Instance, _: &Parameters<'_>) -> Result<(), Fault> {
    Err(fault::read_only())
}

/// Create on a class that makes nothing.
fn no_create(_: &mut Machine, _: &Parameters<'_>) -> Result<ObjectPath, Fault> {
    Err(fault::action_not_supported())
}

/// Delete on a class that removes nothing.
fn no_delete(_: &mut Machine, _: &Instance) -> Result<(), Fault> {
    Err(fault::action_not_supported())
}

/// Invoke on a class without methods.
fn no_invoke(_: &mut Machine, _: &Invocation<'_>) -> Result<Output, Fault> {
    Err(fault::action_not_supported())
}

fn no_instances(_: &Machine, _: Timestamp) -> Vec<Instance> {
    Vec::new()
}

const CIMV2: &[&str] = &["root/cimv2"];
const TERMINAL: &[&str] = &["root/cimv2/TerminalServices"];
const STANDARD: &[&str] = &["root/StandardCimv2"];

const RULE_KEYS: &[&str] = &[
    "CreationClassName",
    "PolicyRuleName",
    "SystemCreationClassName",
    "SystemName",
];

/// Assumption: a filter's keys are those of CIM_FilterEntryBase; being lenient, the lab also takes the keys of its rule
/// and the InstanceID that it shares with it.
const FILTER_KEYS: &[&[&str]] = &[
    &[
        "CreationClassName",
        "Name",
        "SystemCreationClassName",
        "SystemName",
    ],
    RULE_KEYS,
    &["InstanceID"],
];

/// Those of CIM_ServiceAccessPoint, from which interfaces and name servers derive.
const INTERFACE_KEYS: &[&str] = &[
    "CreationClassName",
    "Name",
    "SystemCreationClassName",
    "SystemName",
];

const PING_KEYS: &[&[&str]] = &[&[
    "Address",
    "BufferSize",
    "NoFragmentation",
    "RecordRoute",
    "ResolveAddressNames",
    "SourceRoute",
    "SourceRouteType",
    "Timeout",
    "TimeStampRoute",
    "TimeToLive",
    "TypeOfService",
]];

/// A class that can only be read.
const fn readable(
    name: &'static str,
    namespaces: &'static [&'static str],
    keys: &'static [&'static [&'static str]],
    instances: fn(&Machine, Timestamp) -> Vec<Instance>,
) -> Class {
    Class {
        name,
        namespaces,
        keys,
        number: Number::Many,
        instances,
        asked_for: None,
        put: no_put,
        create: no_create,
        delete: no_delete,
        invoke: no_invoke,
    }
}

/// All classes.
pub(super) const CLASSES: &[Class] = &[
    Class {
        number: Number::One,
        invoke: system::invoke,
        ..readable(
            "Win32_OperatingSystem",
            CIMV2,
            &[&["Name"]],
            system::operating_system,
        )
    },
    Class {
        number: Number::One,
        ..readable(
            "Win32_ComputerSystem",
            CIMV2,
            &[&["Name"]],
            system::computer_system,
        )
    },
    Class {
        number: Number::One,
        ..readable(
            "Win32_PerfFormattedData_LocalSessionManager_TerminalServices",
            CIMV2,
            &[&["Name"]],
            system::session_counters,
        )
    },
    readable(
        "Win32_NetworkAdapterConfiguration",
        CIMV2,
        &[&["Index"]],
        network::configurations,
    ),
    readable("Win32_LogicalDisk", CIMV2, &[&["DeviceID"]], file::drives),
    readable("CIM_DataFile", CIMV2, &[&["Name"]], file::data_files),
    Class {
        invoke: file::invoke_security,
        ..readable(
            "Win32_LogicalFileSecuritySetting",
            CIMV2,
            &[&["Path"]],
            file::security_settings,
        )
    },
    readable(
        "Win32_Group",
        CIMV2,
        &[&["Domain", "Name"]],
        account::groups,
    ),
    readable(
        "Win32_UserAccount",
        CIMV2,
        &[&["Domain", "Name"]],
        account::users,
    ),
    Class {
        asked_for: Some(network::ping),
        ..readable("Win32_PingStatus", CIMV2, PING_KEYS, network::no_pings)
    },
    Class {
        invoke: service::invoke,
        ..readable("Win32_Service", CIMV2, &[&["Name"]], service::services)
    },
    readable(
        "Win32_DependentService",
        CIMV2,
        &[&["Antecedent", "Dependent"]],
        service::links,
    ),
    Class {
        number: Number::None,
        invoke: registry::invoke,
        ..readable(
            "StdRegProv",
            &["root/cimv2", "root/default"],
            &[&[]],
            no_instances,
        )
    },
    Class {
        number: Number::One,
        put: terminal::put_service,
        invoke: terminal::invoke_service,
        ..readable(
            "Win32_TerminalServiceSetting",
            TERMINAL,
            &[&["ServerName"]],
            terminal::service,
        )
    },
    Class {
        put: terminal::put_general,
        invoke: terminal::invoke_general,
        ..readable(
            "Win32_TSGeneralSetting",
            TERMINAL,
            &[&["TerminalName"]],
            terminal::general,
        )
    },
    Class {
        put: terminal::put_adapter,
        invoke: terminal::invoke_adapter,
        ..readable(
            "Win32_TSNetworkAdapterSetting",
            TERMINAL,
            &[&["TerminalName"]],
            terminal::adapter,
        )
    },
    Class {
        invoke: terminal::invoke_terminal,
        ..readable(
            "Win32_Terminal",
            TERMINAL,
            &[&["TerminalName"]],
            terminal::terminal,
        )
    },
    readable(
        "Win32_TerminalService",
        TERMINAL,
        &[&["Name"]],
        terminal::sessions,
    ),
    Class {
        invoke: gateway::invoke,
        ..readable(
            "Win32_TSGatewayServerSettings",
            TERMINAL,
            &[&["MaxConnections"]],
            gateway::settings,
        )
    },
    Class {
        put: firewall::put_rule,
        create: firewall::create_rule,
        delete: firewall::delete_rule,
        invoke: firewall::invoke_rule,
        ..readable(
            "MSFT_NetFirewallRule",
            STANDARD,
            &[RULE_KEYS, &["InstanceID"]],
            firewall::rules,
        )
    },
    Class {
        put: filter::put_ports,
        ..readable(
            "MSFT_NetProtocolPortFilter",
            STANDARD,
            FILTER_KEYS,
            filter::ports,
        )
    },
    Class {
        put: filter::put_addresses,
        ..readable(
            "MSFT_NetAddressFilter",
            STANDARD,
            FILTER_KEYS,
            filter::addresses,
        )
    },
    readable(
        "MSFT_NetApplicationFilter",
        STANDARD,
        FILTER_KEYS,
        filter::applications,
    ),
    readable(
        "MSFT_NetServiceFilter",
        STANDARD,
        FILTER_KEYS,
        filter::services,
    ),
    Class {
        put: firewall::put_profile,
        ..readable(
            "MSFT_NetFirewallProfile",
            STANDARD,
            &[&["InstanceID"]],
            firewall::profiles,
        )
    },
    Class {
        put: firewall::put_connection,
        ..readable(
            "MSFT_NetConnectionProfile",
            STANDARD,
            &[&["InstanceID"]],
            firewall::connections,
        )
    },
    readable(
        "MSFT_NetIPInterface",
        STANDARD,
        &[INTERFACE_KEYS],
        network::interfaces,
    ),
    readable(
        "MSFT_DNSClientServerAddress",
        STANDARD,
        &[INTERFACE_KEYS],
        network::name_servers,
    ),
    readable(
        "Win32_NTLogEvent",
        CIMV2,
        &[&["Logfile", "RecordNumber"]],
        log::events,
    ),
    readable(
        "MSFT_NetTCPConnection",
        STANDARD,
        &[&["InstanceID"]],
        firewall::tcp_connections,
    ),
];

impl Class {
    /// The class with this name in this namespace.
    pub(super) fn find(namespace: &Namespace, name: &str) -> Result<&'static Self, Fault> {
        CLASSES
            .iter()
            .find(|class| {
                class.name.eq_ignore_ascii_case(name)
                    && class
                        .namespaces
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(namespace.as_str()))
            })
            .ok_or_else(fault::not_found)
    }

    /// The object with these selectors.
    pub(super) fn object(
        &self,
        machine: &Machine,
        path: &ObjectPath,
        now: Timestamp,
    ) -> Result<Instance, Fault> {
        self.check_selectors(path)?;
        let mut instances = (self.instances)(machine, now).into_iter();
        instances
            .find(|instance| {
                path.keys.iter().all(|(name, wanted)| {
                    let found = property(instance, name).and_then(as_text);
                    found.unwrap_or_default().eq_ignore_ascii_case(wanted)
                })
            })
            .ok_or_else(fault::not_found)
    }

    /// Refuses selectors that are not exactly one of the key sets.
    pub(super) fn check_selectors(&self, path: &ObjectPath) -> Result<(), Fault> {
        if path.keys.is_empty() && self.number != Number::Many {
            return Ok(());
        }
        let is_key =
            |set: &[&str], name: &str| set.iter().any(|key| key.eq_ignore_ascii_case(name));
        let complete = |set: &[&str]| {
            path.keys.len() == set.len() && path.keys.keys().all(|name| is_key(set, name))
        };
        if self.keys.iter().any(|set| complete(set)) {
            return Ok(());
        }
        let known = |name: &String| self.keys.iter().any(|set| is_key(set, name));
        if path.keys.keys().all(known) && self.number != Number::None {
            Err(fault::too_few_selectors())
        } else {
            Err(fault::unexpected_selectors())
        }
    }

    /// The name of an object of this class.
    pub(super) fn path_of(&self, instance: &Instance) -> ObjectPath {
        let mut keys = BTreeMap::new();
        for name in self.keys.first().copied().unwrap_or_default() {
            let value = property(instance, name).and_then(as_text);
            keys.insert((*name).to_owned(), value.unwrap_or_default());
        }
        ObjectPath {
            namespace: instance.namespace.clone(),
            class: self.name.to_owned(),
            keys,
        }
    }
}
