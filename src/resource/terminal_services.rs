//! Where Remote Desktop keeps its settings and how it says which layer decides them; must not know what is desired.

use crate::cim::Call;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::cim::place;
use crate::plan::Layer;
use crate::plan::Step;

/// The only listener that rdpfix manages.
pub(super) const LISTENER: &str = "RDP-Tcp";
/// The service behind the listener.
pub(super) const TERM_SERVICE: &str = "TermService";

const GENERAL: &str = "Win32_TSGeneralSetting";
/// `PolicySource…` of a value that Group Policy sets (windows-facts 0.2).
const BY_POLICY: u64 = 1;
/// `PolicySource…` of a value that nobody sets.
const BY_DEFAULT: u64 = 2;

/// The key of the listener.
pub(super) fn listener() -> RegistryKey {
    place::listener(LISTENER)
}

/// The policy twin of a setting, for people.
pub(super) fn policy_value(name: &str) -> String {
    format!("{}\\{name}", place::policy())
}

/// The question for the listener's general settings; the same for all resources, so that it is sent once.
pub(super) fn general() -> Query {
    Query::equals(
        Namespace::TERMINAL_SERVICES,
        GENERAL,
        "TerminalName",
        LISTENER,
    )
}

/// The object with the listener's general settings.
pub(super) fn general_path() -> ObjectPath {
    ObjectPath::class(Namespace::TERMINAL_SERVICES, GENERAL).key("TerminalName", LISTENER)
}

/// The layer that decides a setting.
///
/// Assumption: a `PolicySource…` property that a release of Windows lacks means a value of the host itself.
pub(super) fn layer(instance: &Instance, setting: &str) -> Layer {
    let source = instance
        .get(&format!("PolicySource{setting}"))
        .and_then(Value::as_uint);
    match source {
        Some(BY_POLICY) => Layer::Policy,
        Some(BY_DEFAULT) => Layer::Default,
        Some(_) | None => Layer::Local,
    }
}

/// A step that calls a setter.
pub(super) fn setter(
    target: ObjectPath,
    method: &'static str,
    arguments: Vec<(&'static str, Value)>,
) -> Step {
    Step::Call(Call::Method {
        target,
        method,
        arguments,
        accepts: &[],
    })
}

/// What to do about a host whose listener is not there at all (`listener-broken`).
pub(super) const LISTENER_GONE: &str = "the host has no listener `RDP-Tcp`: import the key \
     HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp from a healthy host of the \
     same Windows release, then restart TermService";
