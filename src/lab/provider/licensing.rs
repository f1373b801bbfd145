//! What Win32_TerminalServiceSetting tells of licences and adapters when it is asked (windows-facts 9.2).

use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::provider::class::Output;
use crate::lab::provider::class::Parameters;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// `TStoLSConnectivityStatus` of a server that cannot be reached.
const NOT_CONNECTABLE: u32 = 6;
/// Days that a host without the role answers.
const FULL_GRACE: u32 = 120;

/// The methods that only tell something.
pub(super) fn invoke(
    machine: &Machine,
    method: &str,
    arguments: &Parameters<'_>,
) -> Result<Output, Fault> {
    let host = machine.roles.session_host.as_ref();
    let told = match method {
        "getgraceperioddays" => {
            let days = host.map_or(FULL_GRACE, |host| host.grace_days);
            vec![("DaysLeft", Value::from(days))]
        }
        "getspecifiedlicenseserverlist" => {
            let servers = host.map_or(&[][..], |host| &host.licence_servers);
            let names = servers.iter().map(|(name, _)| Value::text(name.as_str()));
            vec![("SpecifiedLSList", list(names.collect()))]
        }
        "gettstolsconnectivitystatus" => {
            let name = arguments.text("ServerName")?;
            let status = host
                .and_then(|host| {
                    let mut servers = host.licence_servers.iter();
                    servers.find(|(known, _)| known.eq_ignore_ascii_case(name))
                })
                .map_or(NOT_CONNECTABLE, |(_, status)| *status);
            vec![("TStoLSConnectivityStatus", Value::from(status))]
        }
        // The machines of the lab have one adapter, number 1.
        "gettslanaids" => vec![
            ("LanaIdList", Value::List(vec![Value::Uint(1)])),
            (
                "LanaIdDescriptions",
                Value::List(vec![Value::text("Ethernet")]),
            ),
        ],
        _ => return Err(fault::action_not_supported()),
    };
    let mut output: Output = told
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    output.push(("ReturnValue".to_owned(), Value::Uint(0)));
    Ok(output)
}

/// An empty array is null.
fn list(items: Vec<Value>) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        Value::List(items)
    }
}
