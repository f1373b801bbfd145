//! The steps that start and stop a service, shared with resources that need one restarted in the midst of their own steps.

use std::time::Duration;

use crate::cim::Call;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Read;
use crate::cim::Value;
use crate::plan::Disruption;
use crate::plan::Step;
use crate::plan::Until;
use crate::resource::service::StartMode;
use crate::resource::service::seen::Seen;
use crate::resource::service::seen::State;
use crate::resource::terminal_services::TERM_SERVICE;

/// How long a service may take to start or stop; Windows itself calls 30 seconds a hang (event 7022).
const SETTLES_WITHIN: Duration = Duration::from_mins(1);

/// Already running (windows-facts 7.1).
const STARTED_ALREADY: &[u32] = &[10];
/// Cannot accept the order now, which is also said of a stopped service, and not active. Whether it has stopped is what
/// the next step waits for.
const STOPPED_ALREADY: &[u32] = &[5, 6];

/// Our own way to a host: whoever stops one of these cannot start it again.
const MANAGEMENT: &[&str] = &["WinRM", "Winmgmt"];

/// Without these a host may no longer be reached.
const CRITICAL: &[&str] = &[
    "RpcSs",
    "RpcEptMapper",
    "DcomLaunch",
    "BFE",
    "MpsSvc",
    "Dhcp",
];

/// The object of a service.
pub(in crate::resource) fn path(name: &str) -> ObjectPath {
    ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", name)
}

fn order(
    name: &str,
    method: &'static str,
    accepts: &'static [u32],
    arguments: Vec<(&'static str, Value)>,
) -> Step {
    Step::Call(Call::Method {
        target: path(name),
        method,
        arguments,
        accepts,
    })
}

/// Waits for a state.
pub(super) fn until(name: &str, state: State) -> Step {
    Step::Await {
        read: Read::Get(path(name)),
        until: Until::Property {
            name: "State",
            is: state.text(),
        },
        within: SETTLES_WITHIN,
    }
}

/// Starts a service.
pub(in crate::resource) fn start(name: &str) -> [Step; 2] {
    [
        order(name, "StartService", STARTED_ALREADY, Vec::new()),
        until(name, State::Running),
    ]
}

/// Stops a service that nothing depends on.
pub(super) fn stop(name: &str) -> [Step; 2] {
    [
        order(name, "StopService", STOPPED_ALREADY, Vec::new()),
        until(name, State::Stopped),
    ]
}

/// Lets a paused service go on.
pub(super) fn resume(name: &str) -> Step {
    order(name, "ResumeService", &[], Vec::new())
}

/// Pauses a service.
pub(super) fn pause(name: &str) -> Step {
    order(name, "PauseService", &[], Vec::new())
}

/// Says when a service starts, in the method's words.
pub(super) fn change_start_mode(name: &str, mode: StartMode) -> Step {
    let word = match mode {
        StartMode::Automatic => "Automatic",
        StartMode::Manual => "Manual",
        StartMode::Disabled => "Disabled",
    };
    order(
        name,
        "ChangeStartMode",
        &[],
        vec![("StartMode", Value::text(word))],
    )
}

/// Stops a service after those that depend on it.
pub(in crate::resource) fn halt(seen: &Seen) -> Vec<Step> {
    seen.dependents
        .iter()
        .map(|dependent| dependent.name.as_str())
        .chain([seen.name.as_str()])
        .flat_map(stop)
        .collect()
}

/// Starts a service and those that were stopped for its sake; a disabled one cannot be started again.
pub(in crate::resource) fn launch(seen: &Seen) -> Vec<Step> {
    let dependents = seen
        .dependents
        .iter()
        .rev()
        .filter(|dependent| dependent.start_mode != Some(StartMode::Disabled))
        .map(|dependent| dependent.name.as_str());
    [seen.name.as_str()]
        .into_iter()
        .chain(dependents)
        .flat_map(start)
        .collect()
}

/// The service and those that have to be stopped with it.
fn stopped(seen: &Seen) -> impl Iterator<Item = &str> {
    seen.dependents
        .iter()
        .map(|dependent| dependent.name.as_str())
        .chain([seen.name.as_str()])
}

/// The service among those to be stopped that carries our own session.
pub(super) fn own_branch(seen: &Seen) -> Option<&str> {
    stopped(seen).find(|name| is_among(MANAGEMENT, name))
}

/// What stopping a service and those that depend on it costs.
pub(in crate::resource) fn cost_of_stopping(seen: &Seen) -> Disruption {
    if stopped(seen).any(is_critical) {
        Disruption::MayLockOut
    } else if stopped(seen).any(carries_sessions) {
        Disruption::DropsSessions
    } else {
        Disruption::RestartsService
    }
}

/// Whether a host may no longer be managed or reached without it.
pub(super) fn is_critical(name: &str) -> bool {
    is_among(CRITICAL, name) || is_among(MANAGEMENT, name)
}

fn is_among(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether Remote Desktop sessions end with it.
pub(super) fn carries_sessions(name: &str) -> bool {
    name.eq_ignore_ascii_case(TERM_SERVICE)
}
