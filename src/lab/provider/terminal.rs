//! The classes of root/cimv2/TerminalServices (windows-facts 0.2, 2.3 and 4.1).

use jiff::Timestamp;

use crate::certificate::StoredCertificate;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::RegistryData;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::Store;
use crate::lab::machine::firewall::REMOTE_DESKTOP_GROUP;
use crate::lab::machine::firewall::Switch;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::terminal_services;
use crate::lab::machine::terminal_services::Setting;
use crate::lab::machine::terminal_services::Source;
use crate::lab::machine::terminal_services::bound_thumbprint;
use crate::lab::machine::terminal_services::listener;
use crate::lab::machine::terminal_services::policy;
use crate::lab::machine::terminal_services::terminal_server;
use crate::lab::machine::terminal_services::thumbprint_bytes;
use crate::lab::machine::terminal_services::thumbprint_text;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::class::Parameters;
use crate::lab::provider::class::as_text;
use crate::lab::provider::class::uint;
use crate::lab::provider::fault;
use crate::lab::provider::licensing;
use crate::wsman::Fault;

/// Assumption: a setter that cannot do what it is told says so by its return value, not by a fault.
fn returned(code: u32) -> Output {
    vec![("ReturnValue".to_owned(), Value::from(code))]
}

/// How the outcome of a setter is told.
fn told(outcome: Result<(), u32>) -> Output {
    returned(outcome.err().unwrap_or(0))
}

/// A Put has no return value, so that its refusals are faults.
fn refused(code: u32) -> Fault {
    let message = match code {
        fault::UNDER_POLICY => "Invalid operation. ",
        fault::OUT_OF_RANGE => "Value out of range. ",
        _ => "Invalid parameter. ",
    };
    fault::internal(code, message)
}

/// Writes a setting unless Group Policy owns it.
fn write(machine: &mut Machine, setting: Setting, value: u32) -> Result<(), u32> {
    if setting.effective(&machine.registry).source == Source::Policy {
        return Err(fault::UNDER_POLICY);
    }
    setting.set(&mut machine.registry, value);
    Ok(())
}

fn within(value: u32, range: std::ops::RangeInclusive<u32>) -> Result<u32, u32> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(fault::OUT_OF_RANGE)
    }
}

/// Adds a setting and its `PolicySource…` twin.
fn with_setting(instance: Instance, machine: &Machine, name: &str, setting: Setting) -> Instance {
    let effective = setting.effective(&machine.registry);
    instance
        .with(name, effective.value)
        .with(&format!("PolicySource{name}"), effective.source.number())
}

fn object(class: &str) -> Instance {
    Instance::new(Namespace::TERMINAL_SERVICES, class)
        .with("Caption", Value::Null)
        .with("Description", Value::Null)
        .with("InstallDate", Value::Null)
        .with("Name", Value::Null)
        .with("Status", Value::Null)
}

fn listener_object(class: &str) -> Instance {
    object(class).with("TerminalName", "RDP-Tcp")
}

/// Win32_TerminalServiceSetting.
pub(super) fn service(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let registry = &machine.registry;
    let deny = Setting::DenyConnections.effective(registry);
    // This property knows local and policy only.
    let source = u32::from(deny.source == Source::Policy);
    let logons_off = registry.dword(&listener(), "fLogonDisabled") == Some(1);
    let drain = registry
        .dword(&terminal_server(), "TSServerDrainMode")
        .unwrap_or(0);
    let server = machine.os.build.product_type() != 1;
    let instance = object("Win32_TerminalServiceSetting")
        .with("ServerName", machine.computer_name.as_str())
        .with("AllowTSConnections", u32::from(deny.value == 0))
        .with("PolicySourceAllowTSConnections", source)
        .with("DeleteTempFolders", 1_u32)
        .with("DisableForcibleLogoff", 0_u32)
        .with("Help", 1_u32)
        .with("LicensingType", u32::from(server))
        .with("LimitedUserSessions", 0_u32)
        .with("Logons", if logons_off { "1" } else { "0" })
        .with("PolicySourceLicensingType", 0_u32)
        .with("SessionBrokerDrainMode", drain)
        .with(
            "TerminalServerMode",
            u32::from(machine.roles.session_host.is_some()),
        )
        .with("TimeZoneRedirection", 0_u32)
        .with("UseTempFolders", 1_u32);
    vec![with_setting(
        instance,
        machine,
        "SingleSession",
        Setting::SingleSession,
    )]
}

/// Win32_TerminalService: TermService with the sessions that it carries.
pub(super) fn sessions(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let Some(service) = machine.services.get("TermService") else {
        return Vec::new();
    };
    let total = match service.state {
        ServiceState::Running => machine.equipment.sessions,
        _ => 0,
    };
    let instance = object("Win32_TerminalService")
        .with("Name", service.name.as_str())
        .with("ProcessId", service.process_id)
        .with("State", service.state.word())
        .with("DisconnectedSessions", 0_u32)
        .with("TotalSessions", total);
    vec![instance]
}

/// Put on Win32_TerminalServiceSetting.
pub(super) fn put_service(
    machine: &mut Machine,
    _: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    for (name, value) in properties.0 {
        match name.to_ascii_lowercase().as_str() {
            "logons" => {
                let number = match as_text(value).as_deref() {
                    Some("0") => 0,
                    Some("1") => 1,
                    _ => return Err(refused(fault::BAD_PARAMETER)),
                };
                let data = RegistryData::Dword(number);
                machine.registry.set(&listener(), "fLogonDisabled", data);
            }
            "sessionbrokerdrainmode" => {
                let number = u32::try_from(uint(value)?)
                    .ok()
                    .filter(|number| *number <= 2)
                    .ok_or_else(|| refused(fault::BAD_PARAMETER))?;
                let data = RegistryData::Dword(number);
                machine
                    .registry
                    .set(&terminal_server(), "TSServerDrainMode", data);
            }
            _ => return Err(fault::read_only()),
        }
    }
    Ok(())
}

/// Methods of Win32_TerminalServiceSetting.
pub(super) fn invoke_service(
    machine: &mut Machine,
    call: &Invocation<'_>,
) -> Result<Output, Fault> {
    let arguments = &call.arguments;
    match call.method.as_str() {
        "setallowtsconnections" => {
            let allow = arguments.uint("AllowTSConnections")?;
            let firewall = arguments.uint("ModifyFirewallException")?;
            Ok(told(allow_connections(machine, allow, firewall)))
        }
        "setsinglesession" => {
            let value = arguments.uint("SingleSession")?;
            let outcome = within(value, 0..=1)
                .and_then(|value| write(machine, Setting::SingleSession, value));
            Ok(told(outcome))
        }
        method => licensing::invoke(machine, method, arguments),
    }
}

fn allow_connections(machine: &mut Machine, allow: u32, firewall: u32) -> Result<(), u32> {
    let allow = within(allow, 0..=1)?;
    let firewall = within(firewall, 0..=1)?;
    write(machine, Setting::DenyConnections, 1 - allow)?;
    if firewall == 1 {
        let switch = if allow == 1 { Switch::On } else { Switch::Off };
        machine.firewall.switch_group(REMOTE_DESKTOP_GROUP, switch);
    }
    Ok(())
}

/// Win32_TSGeneralSetting.
///
/// Assumption: a binding is shown as configured, even when its certificate is gone.
pub(super) fn general(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let registry = &machine.registry;
    let bound = bound_thumbprint(registry);
    let by_policy = registry.text(&policy(), "CertTemplateName").is_some();
    let kind = match &bound {
        _ if by_policy => 2_u32,
        Some(_) => 3,
        None => 1,
    };
    let used = terminal_services::bound_certificate(registry)
        .filter(|_| bound.is_some())
        .or_else(|| terminal_services::self_signed_certificate(registry));
    let pointer = registry
        .binary(&terminal_services::stations(), "SelfSignedCertificate")
        .map(thumbprint_text);
    let hash = bound.or(pointer).map_or(Value::Null, Value::from);
    let name = used.map_or(Value::Null, |stored| {
        Value::from(stored.certificate.common_name)
    });
    let comment = registry
        .text(&listener(), "Comment")
        .map_or(Value::Null, Value::from);
    let mut instance = listener_object("Win32_TSGeneralSetting")
        .with("CertificateName", name)
        .with("Certificates", serialized_store(machine))
        .with("Comment", comment)
        .with("SSLCertificateSHA1Hash", hash)
        .with("SSLCertificateSHA1HashType", kind)
        .with("TerminalProtocol", "Microsoft RDP 8.0")
        .with("Transport", "tcp")
        .with("WindowsAuthentication", 0_u32);
    for (name, setting) in [
        ("UserAuthenticationRequired", Setting::UserAuthentication),
        ("SecurityLayer", Setting::SecurityLayer),
        ("MinEncryptionLevel", Setting::MinEncryptionLevel),
    ] {
        instance = with_setting(instance, machine, name, setting);
    }
    vec![instance]
}

/// The certificates that may be bound, as a serialised store (windows-facts 2.2); null when there are none.
fn serialized_store(machine: &Machine) -> Value {
    let usable: Vec<StoredCertificate> = Store::Personal
        .all(&machine.registry)
        .into_iter()
        .filter(|stored| machine.keys.usable(stored).is_some())
        .collect();
    if usable.is_empty() {
        return Value::Null;
    }
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&0_u32.to_le_bytes());
    bytes.extend_from_slice(&0x5452_4543_u32.to_le_bytes());
    for stored in usable {
        bytes.extend(stored.to_blob());
    }
    bytes.extend_from_slice(&[0; 12]);
    Value::List(
        bytes
            .into_iter()
            .map(|byte| Value::Uint(byte.into()))
            .collect(),
    )
}

/// Put on Win32_TSGeneralSetting: only the comment and the binding can be written.
pub(super) fn put_general(
    machine: &mut Machine,
    _: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    for (name, value) in properties.0 {
        match name.to_ascii_lowercase().as_str() {
            "comment" => {
                let text = as_text(value).unwrap_or_default();
                let data = RegistryData::Text(text);
                machine.registry.set(&listener(), "Comment", data);
            }
            "sslcertificatesha1hash" => {
                let text = as_text(value).unwrap_or_default();
                bind(machine, &text).map_err(refused)?;
            }
            _ => return Err(fault::read_only()),
        }
    }
    Ok(())
}

/// Binds a certificate of the personal store whose key is there.
fn bind(machine: &mut Machine, text: &str) -> Result<(), u32> {
    if machine
        .registry
        .text(&policy(), "CertTemplateName")
        .is_some()
    {
        return Err(fault::UNDER_POLICY);
    }
    let bytes = thumbprint_bytes(text).ok_or(fault::BAD_PARAMETER)?;
    Store::Personal
        .find(&machine.registry, &thumbprint_text(&bytes))
        .filter(|stored| machine.keys.usable(stored).is_some())
        .ok_or(fault::BAD_PARAMETER)?;
    let data = RegistryData::Binary(bytes);
    machine
        .registry
        .set(&listener(), "SSLCertificateSHA1Hash", data);
    Ok(())
}

/// Methods of Win32_TSGeneralSetting.
pub(super) fn invoke_general(
    machine: &mut Machine,
    call: &Invocation<'_>,
) -> Result<Output, Fault> {
    let arguments = &call.arguments;
    let outcome = match call.method.as_str() {
        "setuserauthenticationrequired" => {
            let value = arguments.uint("UserAuthenticationRequired")?;
            within(value, 0..=1)
                .and_then(|value| write(machine, Setting::UserAuthentication, value))
        }
        "setsecuritylayer" => {
            let value = arguments.uint("SecurityLayer")?;
            within(value, 0..=2).and_then(|value| set_security_layer(machine, value))
        }
        "setencryptionlevel" => {
            let value = arguments.uint("MinEncryptionLevel")?;
            within(value, 1..=4)
                .and_then(|value| write(machine, Setting::MinEncryptionLevel, value))
        }
        _ => return Err(fault::action_not_supported()),
    };
    Ok(told(outcome))
}

/// TLS is refused while the encryption level is low (windows-facts 4.1).
fn set_security_layer(machine: &mut Machine, value: u32) -> Result<(), u32> {
    let level = Setting::MinEncryptionLevel.effective(&machine.registry);
    if value == 2 && level.value == 1 {
        return Err(fault::BAD_PARAMETER);
    }
    write(machine, Setting::SecurityLayer, value)
}

/// Win32_TSNetworkAdapterSetting.
pub(super) fn adapter(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let lana = machine
        .registry
        .dword(&listener(), "LanAdapter")
        .unwrap_or(0);
    let id = if lana == 0 {
        "{00000000-0000-0000-0000-000000000000}"
    } else {
        "{7F2A8C10-0000-4000-8000-000000000001}"
    };
    let instance = listener_object("Win32_TSNetworkAdapterSetting")
        .with("NetworkAdapterID", id)
        .with(
            "NetworkAdapterIP",
            if lana == 0 { "0.0.0.0" } else { "127.0.0.1" },
        )
        .with("NetworkAdapterLanaID", lana)
        .with(
            "NetworkAdapterName",
            if lana == 0 {
                "All network adapters configured with this protocol"
            } else {
                "Ethernet"
            },
        )
        .with("VirtualIPActive", 0_u32);
    vec![with_setting(
        instance,
        machine,
        "MaximumConnections",
        Setting::MaxConnections,
    )]
}

/// Put on Win32_TSNetworkAdapterSetting.
pub(super) fn put_adapter(
    machine: &mut Machine,
    _: &Instance,
    properties: &Parameters<'_>,
) -> Result<(), Fault> {
    for (name, value) in properties.0 {
        if !name.eq_ignore_ascii_case("MaximumConnections") {
            return Err(fault::read_only());
        }
        let number = u32::try_from(uint(value)?);
        let number = number.ok().ok_or_else(fault::invalid_parameter)?;
        write(machine, Setting::MaxConnections, number).map_err(refused)?;
    }
    Ok(())
}

/// Methods of Win32_TSNetworkAdapterSetting.
pub(super) fn invoke_adapter(
    machine: &mut Machine,
    call: &Invocation<'_>,
) -> Result<Output, Fault> {
    let lana = match call.method.as_str() {
        "selectallnetworkadapters" => 0,
        "setnetworkadapterlanaid" => {
            let value = call.arguments.uint("NetworkAdapterLanaID")?;
            if value > 1 {
                return Ok(returned(fault::BAD_PARAMETER));
            }
            value
        }
        _ => return Err(fault::action_not_supported()),
    };
    let data = RegistryData::Dword(lana);
    machine.registry.set(&listener(), "LanAdapter", data);
    Ok(returned(0))
}

/// Win32_Terminal.
pub(super) fn terminal(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let enabled = machine
        .registry
        .dword(&listener(), "fEnableWinStation")
        .unwrap_or(1);
    vec![listener_object("Win32_Terminal").with("fEnableTerminal", enabled)]
}

/// Methods of Win32_Terminal.
pub(super) fn invoke_terminal(
    machine: &mut Machine,
    call: &Invocation<'_>,
) -> Result<Output, Fault> {
    if call.method != "enable" {
        return Err(fault::action_not_supported());
    }
    let value = call.arguments.uint("fEnableTerminal")?;
    let outcome = within(value, 0..=1).map(|value| {
        let data = RegistryData::Dword(value);
        machine.registry.set(&listener(), "fEnableWinStation", data);
    });
    Ok(told(outcome))
}
