//! Win32_Service with its methods, and Win32_DependentService.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::service::Control;
use crate::lab::machine::service::Service;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::StartMode;
use crate::lab::machine::service::Stoppable;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// Win32_Service.
pub(super) fn services(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    machine
        .services
        .iter()
        .map(|service| instance(machine, service))
        .collect()
}

fn instance(machine: &Machine, service: &Service) -> Instance {
    let running = service.state == ServiceState::Running;
    Instance::new(Namespace::CIMV2, "Win32_Service")
        .with("AcceptPause", false)
        .with("AcceptStop", running && service.stoppable == Stoppable::Yes)
        .with("Caption", service.display_name.as_str())
        .with("CheckPoint", 0_u32)
        .with("CreationClassName", "Win32_Service")
        .with("DelayedAutoStart", false)
        .with("Description", service.display_name.as_str())
        .with("DesktopInteract", false)
        .with("DisplayName", service.display_name.as_str())
        .with("ErrorControl", "Normal")
        .with("ExitCode", service.exit_code)
        .with("InstallDate", Value::Null)
        .with("Name", service.name.as_str())
        .with("PathName", service.path.as_str())
        .with("ProcessId", service.process_id)
        .with("ServiceSpecificExitCode", 0_u32)
        .with("ServiceType", "Share Process")
        .with("Started", service.state != ServiceState::Stopped)
        .with("StartMode", service.start_mode.word())
        .with("StartName", service.account.as_str())
        .with("State", service.state.word())
        .with("Status", "OK")
        .with("SystemCreationClassName", "Win32_ComputerSystem")
        .with("SystemName", machine.computer_name.as_str())
        .with("TagId", 0_u32)
        .with("WaitHint", 0_u32)
}

/// Win32_DependentService: `Dependent` needs `Antecedent`.
pub(super) fn links(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let path = |name: &str| {
        let path = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", name);
        Value::Reference(Box::new(path))
    };
    machine
        .services
        .iter()
        .flat_map(|service| {
            service
                .depends_on
                .iter()
                .map(move |needed| (needed, &service.name))
        })
        .map(|(needed, name)| {
            Instance::new(Namespace::CIMV2, "Win32_DependentService")
                .with("Antecedent", path(needed))
                .with("Dependent", path(name))
                .with("TypeOfDependency", Value::Null)
        })
        .collect()
}

/// Methods of Win32_Service.
pub(super) fn invoke(machine: &mut Machine, call: &Invocation<'_>) -> Result<Output, Fault> {
    let name = call.own("Name")?;
    let delay = machine.service_delay;
    let mode_before = machine
        .services
        .get(&name)
        .map(|service| service.start_mode);
    let answer = match call.method.as_str() {
        "startservice" => machine.services.start(&name, call.now, delay),
        "stopservice" => machine.services.stop(&name, call.now, delay),
        "pauseservice" | "resumeservice" => machine.services.pause(&name),
        "interrogateservice" => Some(if machine.services.is_running(&name) {
            Control::Accepted
        } else {
            Control::NotActive
        }),
        "changestartmode" => {
            let word = call.arguments.text("StartMode")?;
            Some(change(machine, &name, Some(word), None))
        }
        "change" => {
            let arguments = &call.arguments;
            let text = |name: &str| arguments.get(name).and_then(Value::as_text);
            let answer = change(machine, &name, text("StartMode"), text("StartName"));
            if let (Control::Accepted, Some(display), Some(service)) =
                (answer, text("DisplayName"), machine.services.get_mut(&name))
            {
                display.clone_into(&mut service.display_name);
            }
            Some(answer)
        }
        _ => return Err(fault::action_not_supported()),
    };
    let answer = answer.ok_or_else(fault::not_found)?;
    if let Some(before) = mode_before {
        machine.log_start_mode(&name, before, call.now);
    }
    Ok(vec![(
        "ReturnValue".to_owned(),
        Value::from(answer.number()),
    )])
}

fn change(machine: &mut Machine, name: &str, mode: Option<&str>, account: Option<&str>) -> Control {
    let Some(service) = machine.services.get_mut(name) else {
        return Control::InvalidParameter;
    };
    if let Some(word) = mode {
        match StartMode::from_argument(word) {
            None | Some(StartMode::Boot | StartMode::System) => return Control::InvalidParameter,
            Some(mode) => service.start_mode = mode,
        }
    }
    if let Some(account) = account {
        account.clone_into(&mut service.account);
    }
    Control::Accepted
}
