//! Signs of the listener: whether connections are allowed, whether its key is whole, whether it holds its port
//! (windows-facts 2.1, 4.1).

use super::Answer;
use super::Looked;
use super::Sign;
use super::inside;
use super::logs;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::diagnosis::Case;
use crate::inside::Decider;
use crate::inside::Setting;
use crate::inside::Settings;
use crate::inside::Unseen;
use crate::survey::Reply;

/// The protocol that a listener must load to speak RDP (windows-facts 4.1).
pub(in crate::diagnosis) const PROTOCOL_OBJECT: &str = "{5828227c-20cf-4408-b73f-73ab70b8849f}";

/// Connections are denied.
pub(in crate::diagnosis) static CONNECTIONS_DENIED: Sign =
    Sign::new("connections-denied", |case| {
        let denied = settings(case)?.deny_connections;
        told(
            (denied.value != 0)
                .then(|| format!("`fDenyTSConnections` is {}{}", denied.value, by(denied))),
            "connections are allowed (`fDenyTSConnections` is 0)",
        )
    });
/// Terminal Services as a whole are switched off.
pub(in crate::diagnosis) static SERVER_OFF: Sign = Sign::new("server-off", |case| {
    let enabled = settings(case)?.ts_enabled;
    told(
        (enabled.value == 0).then(|| "`TSEnabled` is 0".to_owned()),
        "`TSEnabled` is 1",
    )
});
/// The listener loads another protocol, or none.
pub(in crate::diagnosis) static PROTOCOL_WRONG: Sign = Sign::new("protocol-wrong", |case| {
    let found = match &settings(case)?.loadable_protocol {
        None => Some("the listener's `LoadableProtocol_Object` is missing".to_owned()),
        Some(object) if !object.eq_ignore_ascii_case(PROTOCOL_OBJECT) => Some(format!(
            "the listener's `LoadableProtocol_Object` is `{object}`, which is not RDP"
        )),
        Some(_) => None,
    };
    told(found, "the listener loads RDP")
});
/// The listener is switched off.
pub(in crate::diagnosis) static STATION_OFF: Sign = Sign::new("station-off", |case| {
    let station = settings(case)?.win_station;
    told(
        (station.value == 0)
            .then(|| "the listener is switched off (`fEnableWinStation` is 0)".to_owned()),
        "the listener is switched on",
    )
});
/// The store of self-signed certificates is not named, so that none can be loaded or made.
pub(in crate::diagnosis) static STORE_UNNAMED: Sign = Sign::new("store-unnamed", |case| {
    let bound = inside(case)?
        .certificates
        .as_ref()
        .is_ok_and(|certificates| certificates.bound.is_some() && certificates.in_use().is_some());
    if bound {
        return Ok(Answer::Beside);
    }
    told(
        settings(case)?.self_signed_store.is_none().then(|| {
            "`SelfSignedCertStore` is missing, so the listener can neither load nor make its certificate"
                .to_owned()
        }),
        "`SelfSignedCertStore` is set",
    )
});
/// The listener is bound to an adapter that is gone.
pub(in crate::diagnosis) static ADAPTER_GONE: Sign = Sign::new("adapter-gone", |case| {
    let settings = settings(case)?;
    let number = settings.lan_adapter.value;
    told(
        (number != 0 && settings.lan_adapter_exists == Some(false)).then(|| {
            format!("the listener is bound to network adapter {number}, which does not exist")
        }),
        "the listener's network adapter exists",
    )
});
/// Another process holds the port.
pub(in crate::diagnosis) static PORT_TAKEN: Sign = Sign::new("port-taken", |case| {
    let port = settings(case)?.port.value;
    let owners = part(case, "the listening sockets", |inside| &inside.port_owners)?;
    let thief = owners
        .iter()
        .find(|owner| u32::from(owner.port) == port && !owner.is_term_service);
    told(
        thief.map(|owner| {
            format!(
                "process {} holds port {port}, not TermService",
                owner.process
            )
        }),
        format!("no other process holds port {port}"),
    )
});
/// The service runs and is allowed to listen, and does not.
pub(in crate::diagnosis) static NOT_LISTENING: Sign = Sign::new("not-listening", not_listening);
/// The log tells that the listener did not come up.
pub(in crate::diagnosis) static LISTENER_FAILED: Sign = Sign::new("listener-failed", |case| {
    logs::any(
        case,
        logs::LISTENER,
        &[260, 1_035],
        "the log tells of no failure of the listener",
    )
});
/// Connections are accepted and ended before any answer.
pub(in crate::diagnosis) static CLOSED_UNANSWERED: Sign = Sign::new("closed-unanswered", |case| {
    all_replies(
        case,
        |reply| matches!(reply, Reply::Closed),
        "the host accepts connections and closes them without an answer",
    )
});
/// Connections are accepted and nothing comes.
pub(in crate::diagnosis) static SILENT_UNANSWERED: Sign = Sign::new("silent-unanswered", |case| {
    all_replies(
        case,
        |reply| matches!(reply, Reply::Silent),
        "the host accepts connections and does not answer",
    )
});
/// What answers does not speak RDP.
pub(in crate::diagnosis) static NOT_RDP: Sign = Sign::new("not-rdp", |case| {
    all_replies(
        case,
        |reply| matches!(reply, Reply::NotRdp(_)),
        "what answers on the port does not speak RDP",
    )
});

/// The settings of Remote Desktop.
pub(super) fn settings<'a>(case: &Case<'a>) -> Result<&'a Settings, Unseen> {
    part(case, "the settings of Remote Desktop", |inside| {
        &inside.settings
    })
}

/// Who decided, when it was not the host itself.
pub(super) fn by(setting: Setting) -> &'static str {
    match setting.decided_by {
        Decider::Policy => ", by Group Policy",
        Decider::Default => ", by default",
        Decider::Local => "",
    }
}

fn not_listening(case: &Case<'_>) -> Looked {
    let settings = settings(case)?;
    let owners = part(case, "the listening sockets", |inside| &inside.port_owners)?;
    let services = part(case, "the services", |inside| &inside.services)?;
    let runs = services
        .get("TermService")
        .is_some_and(|service| service.state.eq_ignore_ascii_case("Running"));
    if !runs || settings.deny_connections.value != 0 {
        return Ok(Answer::Beside);
    }
    let port = settings.port.value;
    let listening = owners.iter().any(|owner| u32::from(owner.port) == port);
    told(
        (!listening).then(|| format!("`TermService` runs, but nothing listens on port {port}")),
        format!("port {port} is listened on"),
    )
}

/// Yes when every answer that was waited for is of this kind.
fn all_replies(case: &Case<'_>, wanted: fn(&Reply) -> bool, yes: &str) -> Looked {
    let survey = outside(case)?;
    let replies: Vec<&Reply> = survey
        .negotiation
        .iter()
        .map(|asked| &asked.reply)
        .filter(|reply| !matches!(reply, Reply::NotConnected(_)))
        .collect();
    if replies.is_empty() {
        return Err(unseen("no connection opened from outside"));
    }
    told(
        replies
            .iter()
            .all(|reply| wanted(reply))
            .then(|| yes.to_owned()),
        "the host answers negotiations",
    )
}
