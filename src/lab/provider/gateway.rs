//! Win32_TSGatewayServerSettings: the gateway role, when the host has it (windows-facts 9.4).

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::firewall::Switch;
use crate::lab::machine::terminal_services::thumbprint_bytes;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// The one object of a gateway.
pub(super) fn settings(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let Some(gateway) = &machine.roles.gateway else {
        return Vec::new();
    };
    let hash = gateway
        .certificate
        .as_deref()
        .and_then(thumbprint_bytes)
        .map_or(Value::Null, |bytes| {
            let bytes = bytes.into_iter().map(|byte| Value::Uint(byte.into()));
            Value::List(bytes.collect())
        });
    let instance = Instance::new(
        Namespace::TERMINAL_SERVICES,
        "Win32_TSGatewayServerSettings",
    )
    .with("CertHash", hash)
    .with("EnforceChannelBinding", true)
    .with("IsConfigured", true)
    .with("MaxConnections", u32::MAX)
    .with("MaximumAllowedConnectionsBySku", u32::MAX)
    .with("SslBridging", 0_u32)
    .with("UnlimitedConnections", true);
    vec![instance]
}

/// Methods of Win32_TSGatewayServerSettings.
pub(super) fn invoke(machine: &mut Machine, call: &Invocation<'_>) -> Result<Output, Fault> {
    let gateway = machine
        .roles
        .gateway
        .as_ref()
        .ok_or_else(fault::not_found)?;
    if call.method != "istransportenabled" {
        return Err(fault::action_not_supported());
    }
    // 0 RPC, 1 HTTP, 2 UDP.
    let enabled = match call.arguments.uint("TransportType")? {
        1 => gateway.http == Switch::On,
        0 | 2 => true,
        _ => return Err(fault::invalid_parameter()),
    };
    Ok(vec![
        ("Enabled".to_owned(), Value::Bool(enabled)),
        ("ReturnValue".to_owned(), Value::Uint(0)),
    ])
}
