//! Facts about the lab: its machines, what their management service answers, and its scenarios.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests share may fail a test"
)]

mod gateway;
mod logs;
mod machine;
mod provider;
mod reboot;
mod scenario_files;
mod scenarios;
mod server;
mod servers;
mod wire;

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Value;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::provider::Reply;
use rdpfix::lab::provider::handle;
use rdpfix::lab::scenario::Kind;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;

/// The moment at which the machines of these tests are made.
fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Some milliseconds later.
fn later(milliseconds: i64) -> Timestamp {
    now() + SignedDuration::from_millis(milliseconds)
}

fn machine(kind: Kind) -> Machine {
    kind.machine(0, now()).unwrap()
}

fn service_path(name: &str) -> ObjectPath {
    ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", name)
}

fn terminal_path(class: &str) -> ObjectPath {
    let path = ObjectPath::class(Namespace::TERMINAL_SERVICES, class);
    if class == "Win32_TerminalServiceSetting" {
        path
    } else {
        path.key("TerminalName", "RDP-Tcp")
    }
}

/// Calls a method at a moment and gives what came back.
fn call(
    machine: &mut Machine,
    target: ObjectPath,
    method: &str,
    arguments: &[(&str, Value)],
    at: Timestamp,
) -> Result<Vec<(String, Value)>, Fault> {
    let request = Request::Invoke {
        target,
        method: method.to_owned(),
        arguments: arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    };
    match handle(machine, &request, at)? {
        Reply::Output(output) => Ok(output),
        other => panic!("{method} was answered by {other:?}"),
    }
}

/// Calls a method and gives its return value.
fn returned(
    machine: &mut Machine,
    target: ObjectPath,
    method: &str,
    arguments: &[(&str, Value)],
    at: Timestamp,
) -> u64 {
    let output = call(machine, target, method, arguments, at).unwrap();
    let (_, value) = output
        .iter()
        .find(|(name, _)| name == "ReturnValue")
        .unwrap();
    value.as_uint().unwrap()
}

/// Gets an object.
fn get(machine: &mut Machine, path: ObjectPath, at: Timestamp) -> rdpfix::cim::Instance {
    match handle(machine, &Request::Get(path), at).unwrap() {
        Reply::Instance(instance) => instance,
        other => panic!("Get was answered by {other:?}"),
    }
}

/// Stops a service, waits for it, starts it again and waits for that; dependents must be stopped already.
fn restart(machine: &mut Machine, name: &str, from: i64) -> i64 {
    assert_eq!(
        returned(machine, service_path(name), "StopService", &[], later(from)),
        0
    );
    let stopped = from + 100;
    assert_eq!(
        returned(
            machine,
            service_path(name),
            "StartService",
            &[],
            later(stopped)
        ),
        0
    );
    let running = stopped + 100;
    machine.settle(later(running));
    assert!(machine.services.is_running(name));
    running
}
