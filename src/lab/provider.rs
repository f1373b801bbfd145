//! What the management service of a machine answers: CIM classes derived from its state. Pure; time is an argument.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::LogEvent;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::cim::event::LOG_EVENT_CLASS;
use crate::lab::machine::Machine;
use crate::lab::provider::class::Class;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Number;
use crate::lab::provider::class::Parameters;
use crate::wsman::Enumeration;
use crate::wsman::Fault;
use crate::wsman::Request;

pub mod fault;

mod account;
mod association;
mod class;
mod file;
mod filter;
mod firewall;
mod gateway;
mod licensing;
mod log;
mod network;
mod registry;
mod service;
mod system;
mod terminal;
mod wql;

/// What StdRegProv returns when a value has another type than the method reads (wsman-wire 7).
pub const WRONG_TYPE: u32 = 2_147_749_893;

/// The answer of a provider, before paging and enveloping.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// One object: Get.
    Instance(Instance),
    /// All events that were asked for, oldest first: Subscribe, to be handed out by the server.
    Events(Vec<LogEvent>),
    /// All objects that were asked for: Enumerate, to be paged by the server.
    Instances(Vec<Instance>),
    /// Put.
    Put(Option<Instance>),
    /// Create.
    Created(ObjectPath),
    /// Delete.
    Deleted,
    /// What a method gave back, `ReturnValue` among it unless the method is void.
    Output(Vec<(String, Value)>),
}

/// Carries out a request on the machine. Identify, both kinds of Pull, Release and Unsubscribe are the server's business and never come here.
pub fn handle(machine: &mut Machine, request: &Request, now: Timestamp) -> Result<Reply, Fault> {
    machine.settle(now);
    match request {
        Request::Identify
        | Request::Pull { .. }
        | Request::Release { .. }
        | Request::PullEvents { .. }
        | Request::Unsubscribe(_) => Err(fault::action_not_supported()),
        Request::Subscribe(wanted) => log::subscribed(machine, wanted).map(Reply::Events),
        Request::Get(path) => {
            let class = Class::find(&path.namespace, &path.class)?;
            if class.number == Number::None {
                return Err(fault::action_not_supported());
            }
            class.object(machine, path, now).map(Reply::Instance)
        }
        Request::Put { target, properties } => put(machine, target, properties, now),
        Request::Create { class, properties } => {
            let found = Class::find(&class.namespace, &class.class)?;
            if !class.keys.is_empty() {
                return Err(fault::unexpected_selectors());
            }
            (found.create)(machine, &Parameters(properties)).map(Reply::Created)
        }
        Request::Delete(path) => {
            let class = Class::find(&path.namespace, &path.class)?;
            let instance = class.object(machine, path, now)?;
            (class.delete)(machine, &instance)?;
            Ok(Reply::Deleted)
        }
        Request::Enumerate { of, .. } => enumerate(machine, of, now).map(Reply::Instances),
        Request::Invoke {
            target,
            method,
            arguments,
        } => {
            let class = Class::find(&target.namespace, &target.class)?;
            let instance = if class.number == Number::None {
                class.check_selectors(target)?;
                None
            } else {
                Some(class.object(machine, target, now)?)
            };
            let invocation = Invocation {
                instance,
                method: method.to_ascii_lowercase(),
                arguments: Parameters(arguments),
                now,
            };
            let output = (class.invoke)(machine, &invocation)?;
            machine.settle(now);
            Ok(Reply::Output(output))
        }
    }
}

/// The class's name in the host's own spelling, which answers use whatever case they were asked in.
pub fn true_class(path: &ObjectPath) -> Option<&'static str> {
    Class::find(&path.namespace, &path.class)
        .ok()
        .map(|class| class.name)
}

/// The path that names an instance: its class with all keys, as an endpoint reference carries it.
pub fn path_of(instance: &Instance) -> Option<ObjectPath> {
    Class::find(&instance.namespace, &instance.class)
        .ok()
        .map(|class| class.path_of(instance))
}

/// Whether the answer depends on the event logs.
pub fn reads_logs(request: &Request) -> bool {
    let names_class = |class: &str| class.eq_ignore_ascii_case(LOG_EVENT_CLASS);
    match request {
        Request::Subscribe(_) => true,
        Request::Get(path) => names_class(&path.class),
        Request::Enumerate { of, .. } => match of {
            Enumeration::Query(query) => names_class(&query.class),
            Enumeration::Associated(_) => false,
            Enumeration::Text { resource, wql } => {
                let asked = wql.as_deref().and_then(wql::Select::parse);
                names_class(&resource.class)
                    || asked.is_some_and(|asked| asked.is_from(LOG_EVENT_CLASS))
            }
        },
        _ => false,
    }
}

/// Whether a request is made to change something (a registry read is a method call on the wire, but no write).
pub fn is_write(request: &Request) -> bool {
    match request {
        Request::Put { .. } | Request::Create { .. } | Request::Delete(_) => true,
        Request::Invoke { method, .. } => {
            const READING: [&str; 9] = [
                "get",
                "enum",
                "check",
                "find",
                "is",
                "interrogate",
                "query",
                "ping",
                "canaccess",
            ];
            let method = method.to_ascii_lowercase();
            !READING.iter().any(|prefix| method.starts_with(prefix))
        }
        Request::Identify
        | Request::Get(_)
        | Request::Enumerate { .. }
        | Request::Pull { .. }
        | Request::Release { .. }
        | Request::Subscribe(_)
        | Request::PullEvents { .. }
        | Request::Unsubscribe(_) => false,
    }
}

fn put(
    machine: &mut Machine,
    target: &ObjectPath,
    properties: &[(String, Value)],
    now: Timestamp,
) -> Result<Reply, Fault> {
    let class = Class::find(&target.namespace, &target.class)?;
    let before = class.object(machine, target, now)?;
    let keys = class.keys.first().copied().unwrap_or_default();
    let mut changed = Vec::new();
    for (name, value) in properties {
        let Some(old) = class::property(&before, name) else {
            return Err(fault::schema());
        };
        let same = old == value
            || class::as_text(old)
                .zip(class::as_text(value))
                .is_some_and(|(old, new)| old.eq_ignore_ascii_case(&new));
        // A whole instance may come back; what it leaves alone was not put.
        if !same {
            if keys.iter().any(|key| key.eq_ignore_ascii_case(name)) {
                return Err(fault::key_changed());
            }
            changed.push((name.clone(), value.clone()));
        }
    }
    if !changed.is_empty() {
        (class.put)(machine, &before, &Parameters(&changed))?;
    }
    let after = class.object(machine, &class.path_of(&before), now)?;
    Ok(Reply::Put(Some(after)))
}

fn enumerate(machine: &Machine, of: &Enumeration, now: Timestamp) -> Result<Vec<Instance>, Fault> {
    match of {
        Enumeration::Query(query) => {
            let select = wql::Select::from_query(query);
            wql::run(machine, &query.namespace, &select, now)
        }
        Enumeration::Associated(association) => association::linked(machine, association, now),
        Enumeration::Text {
            resource,
            wql: Some(text),
        } => {
            let select = wql::Select::parse(text).ok_or_else(fault::cannot_process_filter)?;
            wql::run(machine, &resource.namespace, &select, now)
        }
        Enumeration::Text {
            resource,
            wql: None,
        } => {
            let class = Class::find(&resource.namespace, &resource.class)?;
            if class.number == Number::None {
                return Err(fault::action_not_supported());
            }
            Ok((class.instances)(machine, now))
        }
    }
}
