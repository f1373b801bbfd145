//! What calls would do, as far as it is known; everything else is unclear within some extent.

use crate::cim::Call;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::cim::place;
use crate::plan::Step;
use crate::plan::Until;
use crate::runner::foresight::firewall;
use crate::runner::foresight::service;
use crate::runner::foresight::terminal;
use crate::runner::foresight::touch;

/// Where Windows keeps its services.
const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";
/// Where the firewall keeps its rules and profiles.
const FIREWALL: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
/// Where policies keep those of theirs.
const FIREWALL_POLICY: &str = r"SOFTWARE\Policies\Microsoft\WindowsFirewall";

/// What a call would do.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::runner) enum Effect {
    /// A registry value holds this, or is gone.
    Value {
        key: RegistryKey,
        name: String,
        data: Option<RegistryData>,
    },
    /// A registry key is there.
    MadeKey(RegistryKey),
    /// A registry key is gone.
    RemovedKey(RegistryKey),
    /// A service was told something.
    Service { name: String, order: service::Order },
    /// Something of a firewall rule was set.
    Rule(firewall::Setting),
    /// What it does is not known.
    Unclear(Extent),
}

/// How far something reaches whose outcome is not known.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::runner) enum Extent {
    /// One registry value.
    Value(RegistryKey, String),
    /// A registry key with everything below it.
    Below(RegistryKey),
    /// The whole registry.
    Registry,
    /// One service.
    Service(String),
    /// All services.
    Services,
    /// Settings of Remote Desktop.
    Terminal,
    /// Which certificate the listener uses.
    Binding,
    /// A certificate, if there is none that will do.
    MadeCertificate,
    /// The firewall.
    Firewall,
    /// Objects of this class.
    Class(String),
    /// What a restart of the host changes: which services run.
    Boot,
    /// These answers.
    Reads(Vec<Read>),
    /// Anything.
    Everything,
}

impl Effect {
    /// Whether the answer to a question may be another one afterwards.
    pub(in crate::runner) fn touches(&self, read: &Read) -> bool {
        match self {
            Self::Value { key, name, .. } => {
                terminal::shows(read, key, name)
                    || match read {
                        Read::Registry(path) => {
                            touch::same_key(&path.key, key) && path.name.eq_ignore_ascii_case(name)
                        }
                        Read::ValueTypes(read) | Read::SubKeys(read) => touch::is_within(key, read),
                        _ => false,
                    }
            }
            Self::MadeKey(key) | Self::RemovedKey(key) => {
                registry_key(read).is_some_and(|read| touch::overlap(read, key))
            }
            // A service starts others that it needs.
            Self::Service { .. } => service::is_about(read),
            Self::Rule(_) => firewall::is_about(read),
            Self::Unclear(Extent::MadeCertificate) => false,
            Self::Unclear(extent) => extent.covers(read),
        }
    }
}

/// What a step would do.
pub(in crate::runner) fn of(step: &Step) -> Vec<Effect> {
    match step {
        Step::Call(call) => of_call(call),
        Step::Await {
            read: Read::Registry(path),
            until: Until::RegistryOtherThan(_),
            ..
        } => {
            let value = Extent::Value(path.key.clone(), path.name.clone());
            let store = Extent::Below(place::certificate_store("Remote Desktop"));
            [value, store, Extent::Binding]
                .map(Effect::Unclear)
                .to_vec()
        }
        Step::Await { .. } => Vec::new(),
    }
}

fn of_call(call: &Call) -> Vec<Effect> {
    match call {
        Call::SetRegistry { key, name, data } => of_value(key, name, Some(data.clone())),
        Call::DeleteRegistryValue(path) => of_value(&path.key, &path.name, None),
        Call::CreateRegistryKey(key) => vec![Effect::MadeKey(key.clone())],
        Call::DeleteRegistryKey(key) => {
            let mut effects = vec![Effect::RemovedKey(key.clone())];
            effects.extend(mirrors(key, None));
            effects
        }
        Call::Method {
            target,
            method,
            arguments,
            ..
        } => of_method(target, method, arguments),
        Call::Put { target, properties } => terminal::put(target, properties)
            .or_else(|| firewall::put(target, properties))
            .unwrap_or_else(|| unclear(&target.namespace, &target.class)),
        Call::Create {
            namespace,
            class,
            properties,
        } => firewall::create(class, properties).unwrap_or_else(|| unclear(namespace, class)),
        Call::Delete { target } => unclear(&target.namespace, &target.class),
    }
}

fn of_method(
    target: &ObjectPath,
    method: &str,
    arguments: &[(&'static str, Value)],
) -> Vec<Effect> {
    service::method(target, method, arguments)
        .or_else(|| terminal::method(target, method, arguments))
        .or_else(|| firewall::method(target, method))
        .unwrap_or_else(|| unclear(&target.namespace, &target.class))
}

fn unclear(namespace: &Namespace, class: &str) -> Vec<Effect> {
    let extents = if *namespace == Namespace::TERMINAL_SERVICES {
        vec![Extent::Terminal, Extent::Below(place::terminal_server())]
    } else if service::is_class(class) {
        vec![Extent::Services, Extent::Below(key(SERVICES))]
    } else if firewall::is_class(class) {
        vec![Extent::Firewall, Extent::Below(key(FIREWALL))]
    } else {
        vec![Extent::Class(class.to_owned())]
    };
    extents.into_iter().map(Effect::Unclear).collect()
}

fn of_value(at: &RegistryKey, name: &str, data: Option<RegistryData>) -> Vec<Effect> {
    let mut effects = vec![Effect::Value {
        key: at.clone(),
        name: name.to_owned(),
        data,
    }];
    effects.extend(mirrors(at, Some(name)));
    effects
}

/// Classes that show what is written in the registry, and of which it is not known how soon they do.
fn mirrors(at: &RegistryKey, name: Option<&str>) -> Option<Effect> {
    let within = |outer: &RegistryKey| touch::is_within(at, outer);
    let extent = if within(&key(FIREWALL)) || within(&key(FIREWALL_POLICY)) {
        Extent::Firewall
    } else if within(&key(SERVICES)) {
        let rest = at.path.get(SERVICES.len()..).unwrap_or_default();
        match rest.split('\\').nth(1) {
            Some(service) => Extent::Service(service.to_owned()),
            None => Extent::Services,
        }
    } else if within(&place::terminal_server()) || within(&place::policy()) {
        if name.is_some_and(|name| terminal::is_understood(at, name)) {
            return None;
        }
        Extent::Terminal
    } else {
        return None;
    };
    Some(Effect::Unclear(extent))
}

fn key(path: &str) -> RegistryKey {
    RegistryKey::local_machine(path)
}

impl Extent {
    /// What a task of a kind may change that was never looked at.
    pub(super) fn of_kind(kind: &str) -> Self {
        match kind {
            "service" => Self::Services,
            "firewall_rule" => Self::Firewall,
            "credssp" => Self::Registry,
            _ => Self::Everything,
        }
    }

    /// Whether the answer to a question may be another one.
    pub(super) fn covers(&self, read: &Read) -> bool {
        match self {
            Self::Everything => true,
            Self::Value(key, name) => match read {
                Read::Registry(path) => {
                    touch::same_key(&path.key, key) && path.name.eq_ignore_ascii_case(name)
                }
                Read::ValueTypes(read) => touch::same_key(read, key),
                _ => false,
            },
            Self::Below(key) => is_within(read, key),
            Self::Registry => registry_key(read).is_some(),
            Self::Service(name) => service::asks_for(read, name),
            Self::Services | Self::Boot => service::is_about(read),
            Self::Terminal => terminal::is_about(read),
            // Only some properties; see there.
            Self::Binding => false,
            Self::MadeCertificate => {
                let store = place::certificate_store("Remote Desktop");
                let stations = place::stations();
                let pointer = |path: &RegistryKey| touch::same_key(path, &stations);
                terminal::is_about(read)
                    || registry_key(read)
                        .is_some_and(|key| pointer(key) || touch::lies_below(key, &store))
            }
            Self::Firewall => firewall::is_about(read),
            Self::Class(class) => {
                class_of(read).is_some_and(|read| read.eq_ignore_ascii_case(class))
            }
            Self::Reads(reads) => reads.iter().any(|known| same_ground(known, read)),
        }
    }
}

/// The key that is asked about.
fn registry_key(read: &Read) -> Option<&RegistryKey> {
    match read {
        Read::Registry(path) => Some(&path.key),
        Read::SubKeys(key) | Read::ValueTypes(key) => Some(key),
        Read::Query(_) | Read::Get(_) | Read::Associated(_) | Read::Ask(_) | Read::Events(_) => {
            None
        }
    }
}

/// The class that is asked about.
fn class_of(read: &Read) -> Option<&str> {
    match read {
        Read::Query(query) => Some(&query.class),
        Read::Get(path) => Some(&path.class),
        Read::Associated(association) => association.result_class.as_deref(),
        Read::Ask(question) => Some(&question.target.class),
        Read::Registry(_) | Read::SubKeys(_) | Read::ValueTypes(_) | Read::Events(_) => None,
    }
}

/// Whether who changes what one question is about may change the answer to the other.
fn same_ground(one: &Read, other: &Read) -> bool {
    if let (Some(one), Some(other)) = (registry_key(one), registry_key(other)) {
        return touch::overlap(one, other);
    }
    let families: [fn(&Read) -> bool; 3] = [is_of_services, is_of_firewall, is_of_terminal];
    if families.iter().any(|is_of| is_of(one) && is_of(other)) {
        return true;
    }
    match (class_of(one), class_of(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

/// Whether a key of the registry is asked about that lies here.
fn is_within(read: &Read, outer: &RegistryKey) -> bool {
    registry_key(read).is_some_and(|key| touch::is_within(key, outer))
}

fn is_of_services(read: &Read) -> bool {
    service::is_about(read) || is_within(read, &key(SERVICES))
}

fn is_of_firewall(read: &Read) -> bool {
    firewall::is_about(read)
        || is_within(read, &key(FIREWALL))
        || is_within(read, &key(FIREWALL_POLICY))
}

fn is_of_terminal(read: &Read) -> bool {
    terminal::is_about(read)
        || is_within(read, &place::terminal_server())
        || is_within(read, &place::policy())
}
