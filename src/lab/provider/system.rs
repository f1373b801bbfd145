//! Win32_OperatingSystem and Win32_ComputerSystem, with the properties that recordings show.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::os::Membership;
use crate::lab::machine::power::RebootOrder;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// Win32_OperatingSystem.
pub(super) fn operating_system(machine: &Machine, now: Timestamp) -> Vec<Instance> {
    let os = &machine.os;
    let product = format!("Microsoft {}", os.build.product());
    let instance = Instance::new(Namespace::CIMV2, "Win32_OperatingSystem")
        .with("BuildNumber", os.build.number().to_string())
        .with("BuildType", "Multiprocessor Free")
        .with("Caption", product.as_str())
        .with("CountryCode", "1")
        .with("CreationClassName", "Win32_OperatingSystem")
        .with("CSCreationClassName", "Win32_ComputerSystem")
        .with("CSDVersion", Value::Null)
        .with("CSName", machine.computer_name.as_str())
        .with("CurrentTimeZone", Value::Sint(0))
        .with("Description", "")
        .with("FreePhysicalMemory", os.free_memory)
        .with("FreeVirtualMemory", os.free_memory)
        .with("InstallDate", Value::DateTime(os.installed))
        .with("LastBootUpTime", Value::DateTime(os.booted))
        .with("LocalDateTime", Value::DateTime(machine.clock(now)))
        .with("Locale", "0409")
        .with("Manufacturer", "Microsoft Corporation")
        .with("MUILanguages", Value::List(vec![Value::text("en-US")]))
        .with(
            "Name",
            format!(r"{product}|C:\Windows|\Device\Harddisk0\Partition2"),
        )
        .with("NumberOfProcesses", 87_u32)
        .with("NumberOfUsers", 1_u32)
        .with("OperatingSystemSKU", os.build.sku())
        .with("OSArchitecture", "64-bit")
        .with("OSLanguage", 1033_u32)
        .with("OSType", 18_u32)
        .with("Primary", true)
        .with("ProductType", os.build.product_type())
        .with("ServicePackMajorVersion", 0_u32)
        .with("ServicePackMinorVersion", 0_u32)
        .with("SizeStoredInPagingFiles", 1_310_720_u64)
        .with("Status", "OK")
        .with("SystemDirectory", r"C:\Windows\system32")
        .with("SystemDrive", "C:")
        .with("TotalVirtualMemorySize", os.memory + 1_310_720)
        .with("TotalVisibleMemorySize", os.memory)
        .with("Version", format!("10.0.{}", os.build.number()))
        .with("WindowsDirectory", r"C:\Windows");
    vec![instance]
}

/// Win32_ComputerSystem.
pub(super) fn computer_system(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let name = machine.computer_name.as_str();
    let server = machine.os.build.product_type() != 1;
    let (domain, workgroup, member) = match &machine.membership {
        Membership::Domain(domain) => (domain.as_str(), Value::Null, true),
        Membership::Workgroup(group) => (group.as_str(), Value::text(group.as_str()), false),
    };
    // 0 and 1 are workstations, 2 and 3 servers, the odd ones members of a domain.
    let role = u32::from(server) * 2 + u32::from(member);
    let instance = Instance::new(Namespace::CIMV2, "Win32_ComputerSystem")
        .with("BootupState", "Normal boot")
        .with("Caption", name)
        .with("CreationClassName", "Win32_ComputerSystem")
        .with("CurrentTimeZone", Value::Sint(0))
        .with("Description", "AT/AT COMPATIBLE")
        .with("DNSHostName", name)
        .with("Domain", domain)
        .with("DomainRole", role)
        .with("HypervisorPresent", true)
        .with("InstallDate", Value::Null)
        .with("Manufacturer", "rdpfix")
        .with("Model", "Lab Machine")
        .with("Name", name)
        .with("NumberOfLogicalProcessors", 2_u32)
        .with("NumberOfProcessors", 1_u32)
        .with("PartOfDomain", member)
        .with(
            "Roles",
            Value::List(vec![
                Value::text("LM_Workstation"),
                Value::text("LM_Server"),
                Value::text("NT"),
            ]),
        )
        .with("Status", "OK")
        .with("SystemType", "x64-based PC")
        .with("TotalPhysicalMemory", machine.os.memory * 1024)
        .with("UserName", Value::Null)
        .with("Workgroup", workgroup);
    vec![instance]
}

/// Win32_PerfFormattedData_LocalSessionManager_TerminalServices.
pub(super) fn session_counters(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let equipment = &machine.equipment;
    let active = equipment.active_sessions;
    let class = "Win32_PerfFormattedData_LocalSessionManager_TerminalServices";
    let instance = Instance::new(Namespace::CIMV2, class)
        .with("ActiveSessions", active)
        .with(
            "InactiveSessions",
            equipment.sessions.saturating_sub(active),
        )
        .with("TotalSessions", equipment.sessions);
    vec![instance]
}

/// `Flags` of the methods that shut down: reboot, and the bit that ends what does not end by itself.
const REBOOT: u64 = 2;
const FORCE: u64 = 4;

/// Methods of Win32_OperatingSystem. Nobody powers a lab's hosts off.
pub(super) fn invoke(machine: &mut Machine, call: &Invocation<'_>) -> Result<Output, Fault> {
    let arguments = &call.arguments;
    let comment = arguments.get("Comment").and_then(Value::as_text);
    let order = RebootOrder {
        after: 0,
        comment: comment.unwrap_or_default(),
    };
    let order = match call.method.as_str() {
        "reboot" => order,
        "win32shutdown" | "win32shutdowntracker" => {
            let flags = arguments.get("Flags").and_then(Value::as_uint);
            if flags.is_none_or(|flags| flags & !FORCE != REBOOT) {
                return Err(fault::invalid_parameter());
            }
            let after = arguments.optional_uint("Timeout")?.unwrap_or_default();
            RebootOrder {
                after: u32::try_from(after).map_err(|_too_long| fault::invalid_parameter())?,
                ..order
            }
        }
        _ => return Err(fault::action_not_supported()),
    };
    let code = machine.reboot(order, call.now);
    Ok(vec![("ReturnValue".to_owned(), Value::from(code))])
}
