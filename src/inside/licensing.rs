//! Licensing of the session host role (windows-facts 9.2).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use futures_util::future::join3;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Question;
use crate::cim::Value;
use crate::cim::place;
use crate::inside::Decider;
use crate::inside::LicensingSeen;
use crate::inside::Setting;
use crate::inside::settings::by_policy;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the licensing of Remote Desktop",
    right: Right::Administrators,
    exists: "`root/cimv2/TerminalServices` exists since Windows Vista and Server 2008; look in the Remote Desktop \
             licensing diagnoser on the host",
};

const CLASS: &str = "Win32_TerminalServiceSetting";
/// `TerminalServerMode` of a host with the session host role.
const APPLICATION_SERVER: u64 = 1;
/// `LicensingMode` while nobody has chosen one.
const NOT_SET: u32 = 5;
/// Servers whose connectivity is asked for; each may take long.
const MOST_SERVERS: usize = 4;

/// Licensing, as far as it matters.
pub(super) async fn look(sight: &Sight<'_>) -> Result<LicensingSeen, CimError> {
    let host = sight.host;
    let setting = host.only(Namespace::TERMINAL_SERVICES, CLASS).await?;
    let mut seen = LicensingSeen {
        session_host: setting.uint("TerminalServerMode")? == APPLICATION_SERVER,
        mode: Setting {
            value: NOT_SET,
            decided_by: Decider::Default,
        },
        grace_days: None,
        servers: Vec::new(),
        connectivity: BTreeMap::new(),
    };
    if !seen.session_host {
        return Ok(seen);
    }
    let target = ObjectPath::class(Namespace::TERMINAL_SERVICES, CLASS)
        .key("ServerName", setting.text("ServerName")?);
    let grace = ask(host, Question::new(target.clone(), "GetGracePeriodDays"));
    let (mode, grace, servers) = join3(mode(sight), grace, servers(sight, &target)).await;
    seen.mode = mode?;
    seen.grace_days = grace
        .as_deref()
        .and_then(|output| number(output, "DaysLeft"));
    seen.servers = servers?;
    seen.connectivity = connectivity(host, &target, &seen.servers).await;
    Ok(seen)
}

/// The registry numbers modes without the contradictions of `LicensingType`.
async fn mode(sight: &Sight<'_>) -> Result<Setting, CimError> {
    const NAME: &str = "LicensingMode";
    if let Some(setting) = by_policy(sight, NAME).await? {
        return Ok(setting);
    }
    let key = place::terminal_server().child(r"RCM\Licensing Core");
    let local = sight::dword(sight.host, &key, NAME).await?;
    Ok(Setting {
        value: local.unwrap_or(NOT_SET),
        decided_by: local.map_or(Decider::Default, |_| Decider::Local),
    })
}

/// Servers that policy names, otherwise those that the host names.
async fn servers(sight: &Sight<'_>, target: &ObjectPath) -> Result<Vec<String>, CimError> {
    const NAME: &str = "LicenseServers";
    if sight.policy.clone().await?.contains(&NAME.to_lowercase()) {
        let list = sight::text(sight.host, &place::policy(), NAME).await?;
        return Ok(list.as_deref().map(listed).unwrap_or_default());
    }
    let question = Question::new(target.clone(), "GetSpecifiedLicenseServerList");
    let output = sight.host.ask(question).await?;
    Ok(match value(&output, "SpecifiedLSList") {
        Some(Value::List(names)) => names
            .iter()
            .filter_map(Value::as_text)
            .map(str::to_owned)
            .collect(),
        Some(Value::Text(name)) => vec![name.clone()],
        _ => Vec::new(),
    })
}

fn listed(list: &str) -> Vec<String> {
    let names = list.split([',', ';']).map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the host says of its way to each server; one that it does not answer for is left out.
async fn connectivity(
    host: &dyn CimReader,
    target: &ObjectPath,
    servers: &[String],
) -> BTreeMap<String, u32> {
    let asked = servers.iter().take(MOST_SERVERS).map(|server| async move {
        let question = Question::new(target.clone(), "GetTStoLSConnectivityStatus")
            .with("ServerName", server.as_str());
        let output = ask(host, question).await?;
        let status = number(&output, "TStoLSConnectivityStatus")?;
        Some((server.clone(), status))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The output of a method, when it succeeded.
async fn ask(host: &dyn CimReader, question: Question) -> Option<Vec<(String, Value)>> {
    let output = host.ask(question).await.ok()?;
    (number(&output, "ReturnValue") == Some(0)).then_some(output)
}

/// Scripts in use spell names in another letter case than the documentation.
fn value<'a>(output: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    let mut output = output.iter();
    output
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn number(output: &[(String, Value)], name: &str) -> Option<u32> {
    let number = value(output, name)?.as_uint()?;
    u32::try_from(number).ok()
}
