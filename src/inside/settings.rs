//! Settings of Remote Desktop, each with who decides it (windows-facts 4.1).

use futures_util::future::join;
use futures_util::future::try_join_all;
use futures_util::future::try_join4;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Question;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::cim::place;
use crate::inside::Decider;
use crate::inside::Setting;
use crate::inside::Settings;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::sight::is_named;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the settings of Remote Desktop",
    right: Right::Administrators,
    exists: "every release of Windows has `StdRegProv`: is this a Windows host?",
};

/// The listener that is looked at.
pub(super) const LISTENER: &str = "RDP-Tcp";
const LSA: &str = r"SYSTEM\CurrentControlSet\Control\Lsa";

/// A setting: where it is kept and what counts when nobody sets it.
pub(super) struct Known {
    name: &'static str,
    place: Place,
    default: u32,
    twin: Twin,
}

/// Which key holds the host's own value.
#[derive(Clone, Copy)]
enum Place {
    /// `Control\Terminal Server`
    Server,
    /// The listener below it.
    Listener,
}

/// Whether Group Policy has a value of the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twin {
    Policy,
    None,
}

const fn known(name: &'static str, place: Place, default: u32, twin: Twin) -> Known {
    Known {
        name,
        place,
        default,
        twin,
    }
}

/// `PortNumber`.
pub(super) const PORT: Known = known("PortNumber", Place::Listener, 3389, Twin::None);

// windows-facts 4.1, in the order in which `look` takes them apart.
const TABLE: [Known; 12] = [
    known("fDenyTSConnections", Place::Server, 1, Twin::Policy),
    known("UserAuthentication", Place::Listener, 1, Twin::Policy),
    known("SecurityLayer", Place::Listener, 2, Twin::Policy),
    known("MinEncryptionLevel", Place::Listener, 2, Twin::Policy),
    known(
        "fAllowSecProtocolNegotiation",
        Place::Listener,
        1,
        Twin::None,
    ),
    known("fEnableWinStation", Place::Listener, 1, Twin::None),
    known("TSEnabled", Place::Server, 1, Twin::None),
    known("fLogonDisabled", Place::Listener, 0, Twin::None),
    known("TSServerDrainMode", Place::Server, 0, Twin::None),
    known("MaxInstanceCount", Place::Listener, u32::MAX, Twin::Policy),
    known("LanAdapter", Place::Listener, 0, Twin::None),
    known("SelectTransport", Place::Listener, 2, Twin::Policy),
];

/// A setting by the host's own value, whatever policy says.
pub(super) async fn local(host: &dyn CimReader, known: &Known) -> Result<Setting, CimError> {
    let key = match known.place {
        Place::Server => place::terminal_server(),
        Place::Listener => place::listener(LISTENER),
    };
    let value = sight::dword(host, &key, known.name).await?;
    Ok(value.map_or(
        Setting {
            value: known.default,
            decided_by: Decider::Default,
        },
        |value| Setting {
            value,
            decided_by: Decider::Local,
        },
    ))
}

/// The number that Group Policy sets under this name, when it does.
pub(super) async fn by_policy(sight: &Sight<'_>, name: &str) -> Result<Option<Setting>, CimError> {
    if !sight.policy.clone().await?.contains(&name.to_lowercase()) {
        return Ok(None);
    }
    let value = sight::dword(sight.host, &place::policy(), name).await?;
    Ok(value.map(|value| Setting {
        value,
        decided_by: Decider::Policy,
    }))
}

/// Policy wins over the host's own value, and that over what Windows does without one.
async fn effective(sight: &Sight<'_>, known: &Known) -> Result<Setting, CimError> {
    if known.twin == Twin::Policy
        && let Some(setting) = by_policy(sight, known.name).await?
    {
        return Ok(setting);
    }
    local(sight.host, known).await
}

/// All settings.
pub(super) async fn look(sight: &Sight<'_>) -> Result<Settings, CimError> {
    let host = sight.host;
    let (listener, stations) = (place::listener(LISTENER), place::stations());
    let lsa = RegistryKey::local_machine(LSA);
    let texts = try_join4(
        sight.port.clone(),
        sight::text(host, &listener, "LoadableProtocol_Object"),
        sight::text(host, &stations, "SelfSignedCertStore"),
        sight::dword(host, &lsa, "DisableRestrictedAdmin"),
    );
    let table = try_join_all(TABLE.iter().map(|known| effective(sight, known)));
    let ((table, texts), sessions) = join(join(table, texts), sessions(sight)).await;
    let (port, loadable_protocol, self_signed_store, disable_restricted_admin) = texts?;
    let Ok(
        [
            deny_connections,
            user_authentication,
            security_layer,
            min_encryption,
            allow_negotiation,
            win_station,
            ts_enabled,
            logon_disabled,
            drain_mode,
            max_instances,
            lan_adapter,
            select_transport,
        ],
    ) = <[Setting; 12]>::try_from(table?)
    else {
        return Err(CimError::Broken {
            promise: "each setting has one answer".to_owned(),
        });
    };
    Ok(Settings {
        deny_connections,
        user_authentication,
        security_layer,
        min_encryption,
        allow_negotiation,
        port,
        win_station,
        ts_enabled,
        logon_disabled,
        drain_mode,
        max_instances,
        lan_adapter,
        lan_adapter_exists: adapter_exists(sight, lan_adapter.value).await,
        loadable_protocol,
        self_signed_store,
        select_transport,
        disable_restricted_admin,
        sessions,
    })
}

/// Sessions of Win32_TerminalService, which an answer for Win32_Service may already be; `None` when they are not counted.
async fn sessions(sight: &Sight<'_>) -> Option<u32> {
    let total = |service: &Instance| {
        let total = service.get("TotalSessions").and_then(Value::as_uint);
        total.and_then(|total| u32::try_from(total).ok())
    };
    let services = sight.services.clone().await.unwrap_or_default();
    let listed = services
        .iter()
        .find(|service| is_named(service, "TermService"));
    if let Some(total) = listed.and_then(total) {
        return Some(total);
    }
    let query = Query::all(Namespace::TERMINAL_SERVICES, "Win32_TerminalService");
    let found = sight.host.query(query).await.ok()?;
    found.first().and_then(total)
}

/// Whether there is an adapter of this number; `None` for 0, which means all of them, and when the host does not tell.
///
/// Assumption: `LanAdapter` is one of the numbers of GetTSLanaIds.
async fn adapter_exists(sight: &Sight<'_>, number: u32) -> Option<bool> {
    if number == 0 {
        return None;
    }
    let class = "Win32_TerminalServiceSetting";
    let target = ObjectPath::class(Namespace::TERMINAL_SERVICES, class);
    let question = Question::new(target, "GetTSLanaIds");
    let output = sight.host.ask(question).await.ok()?;
    let (_, numbers) = output.iter().find(|(name, _)| name == "LanaIdList")?;
    Some(match numbers {
        Value::List(numbers) => numbers
            .iter()
            .any(|known| known.as_uint() == Some(number.into())),
        single => single.as_uint() == Some(number.into()),
    })
}
