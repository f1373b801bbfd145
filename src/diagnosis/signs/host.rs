//! Signs of the host as a whole: memory and disk, how many sessions it takes, licensing, and what it is told as a
//! client (windows-facts 8, 9).

use super::Answer;
use super::Looked;
use super::Sign;
use super::listener::by;
use super::listener::settings;
use super::logs;
use super::part;
use super::told;
use super::unseen;
use crate::code;
use crate::code::Table;
use crate::diagnosis::Case;
use crate::inside::LicensingSeen;
use crate::inside::Unseen;

/// Hardly any memory is free.
pub(in crate::diagnosis) static MEMORY_OUT: Sign = Sign::new("memory-out", |case| {
    let system = part(case, "memory and disk", |inside| &inside.system)?;
    told(
        (system.free_memory_kib < LEAST_MEMORY_KIB)
            .then(|| format!("{} MiB of memory are free", system.free_memory_kib / 1_024)),
        format!("{} MiB of memory are free", system.free_memory_kib / 1_024),
    )
});
/// Little memory is free.
pub(in crate::diagnosis) static MEMORY_LOW: Sign = Sign::new("memory-low", |case| {
    let system = part(case, "memory and disk", |inside| &inside.system)?;
    let low = system.memory_kib > 0
        && system.free_memory_kib * 100 < system.memory_kib * LEAST_MEMORY_PERCENT;
    told(
        low.then(|| format!("less than {LEAST_MEMORY_PERCENT} % of the memory is free")),
        format!("more than {LEAST_MEMORY_PERCENT} % of the memory is free"),
    )
});
/// The system drive is full.
pub(in crate::diagnosis) static DRIVE_FULL: Sign = Sign::new("drive-full", |case| {
    let system = part(case, "memory and disk", |inside| &inside.system)?;
    let Some(free) = system.free_drive_bytes else {
        return Err(unseen("the free space of the system drive was not seen"));
    };
    told(
        (free < LEAST_DRIVE_BYTES).then(|| {
            format!(
                "{} MiB of the system drive are free, so key files and profiles cannot be written",
                free / 1_048_576
            )
        }),
        format!("{} MiB of the system drive are free", free / 1_048_576),
    )
});
/// The server takes no new sessions.
pub(in crate::diagnosis) static DRAINING: Sign = Sign::new("draining", |case| {
    let mode = settings(case)?.drain_mode;
    let how = if mode.value == 1 {
        "until its next restart"
    } else {
        "until somebody ends that"
    };
    told(
        (mode.value != 0).then(|| {
            format!("the server is in drain mode and takes no new sessions {how} (`TSServerDrainMode` is {})", mode.value)
        }),
        "the server is not in drain mode",
    )
});
/// New sign-ins are switched off.
pub(in crate::diagnosis) static LOGONS_OFF: Sign = Sign::new("logons-off", |case| {
    let off = settings(case)?.logon_disabled;
    told(
        (off.value != 0).then(|| {
            format!(
                "new sign-ins are switched off (`fLogonDisabled` is {}{})",
                off.value,
                by(off)
            )
        }),
        "new sign-ins are allowed",
    )
});
/// As many sessions as the listener allows.
pub(in crate::diagnosis) static LIMIT_REACHED: Sign = Sign::new("limit-reached", |case| {
    let settings = settings(case)?;
    let limit = settings.max_instances;
    if limit.value == u32::MAX {
        return told(None, "the number of connections is not limited");
    }
    if limit.value == 0 {
        return told(
            Some(format!(
                "the listener allows no connection (`MaxInstanceCount` is 0{})",
                by(limit)
            )),
            "",
        );
    }
    let Some(sessions) = settings.sessions else {
        return Err(unseen("the number of sessions was not seen"));
    };
    told(
        (sessions >= limit.value).then(|| {
            format!(
                "{sessions} sessions, and the listener allows {}{}",
                limit.value,
                by(limit)
            )
        }),
        format!("{sessions} of {} allowed sessions", limit.value),
    )
});
/// The grace period of licensing is over.
pub(in crate::diagnosis) static GRACE_OVER: Sign = Sign::new("grace-over", |case| {
    let Some(licensing) = session_host(case)? else {
        return Ok(Answer::Beside);
    };
    let unserved = licensing.servers.is_empty() || licensing.mode.value == MODE_UNSET;
    let Some(days) = licensing.grace_days else {
        return Err(unseen(
            "the days left of the licensing grace period were not seen",
        ));
    };
    told(
        (days == 0 && unserved).then(|| {
            "the grace period of licensing is over, and no licence server or no mode is set"
                .to_owned()
        }),
        "licensing is within its grace period, or has a server",
    )
});
/// The licensing mode is not set.
pub(in crate::diagnosis) static LICENSING_UNSET: Sign = Sign::new("licensing-unset", |case| {
    let Some(licensing) = session_host(case)? else {
        return Ok(Answer::Beside);
    };
    told(
        (licensing.mode.value == MODE_UNSET || licensing.servers.is_empty())
            .then(|| "the licensing mode or the licence server is not set".to_owned()),
        "licensing mode and server are set",
    )
});
/// No licence server is well.
pub(in crate::diagnosis) static LICENCE_SERVERS_AWAY: Sign =
    Sign::new("licence-servers-away", licence_servers_away);
/// The logs tell that licensing refused somebody.
pub(in crate::diagnosis) static LICENSING_EVENTS: Sign = Sign::new("licensing-events", |case| {
    if session_host(case)?.is_none() {
        return Ok(Answer::Beside);
    }
    logs::any(
        case,
        logs::LISTENER,
        &[1_003, 1_004, 1_011, 1_068, 1_069, 1_136],
        "the log tells of no trouble with licensing",
    )
});
/// Policy keeps this machine, as a client, from handing over credentials.
pub(in crate::diagnosis) static DELEGATION_DENIED: Sign = Sign::new("delegation-denied", |case| {
    let client = part(case, "the settings of the machine as a client", |inside| {
        &inside.client
    })?;
    told(
        client.delegation_denied.then(|| {
            "policy forbids this machine, as a client, to hand credentials to `TERMSRV/*`"
                .to_owned()
        }),
        "policy lets this machine, as a client, hand over credentials",
    )
});
/// TLS 1.2 is switched off for this machine as a client.
pub(in crate::diagnosis) static CLIENT_TLS_OFF: Sign = Sign::new("client-tls-off", |case| {
    let client = part(case, "the settings of the machine as a client", |inside| {
        &inside.client
    })?;
    told(
        client
            .tls_off
            .iter()
            .any(|name| name == "TLS 1.2")
            .then(|| {
                format!(
                    "switched off for this machine as a client: {}",
                    client.tls_off.join(", ")
                )
            }),
        "TLS 1.2 is on for this machine as a client",
    )
});

/// Free memory below which no session can be made, KiB: 128 MiB.
const LEAST_MEMORY_KIB: u64 = 128 * 1_024;
/// The share of free memory below which a host is short of it.
const LEAST_MEMORY_PERCENT: u64 = 5;
/// Free space of the system drive below which it counts as full: 200 MiB.
const LEAST_DRIVE_BYTES: u64 = 200 * 1_048_576;
/// `LicensingType` when nobody set it (windows-facts 9.2).
const MODE_UNSET: u32 = 5;
/// Answers of `GetTStoLSConnectivityStatus` that are good: 2008 R2, 2008, VDI, valid (windows-facts 9.2).
const WELL: [u32; 4] = [1, 2, 9, 11];

/// Licensing, on hosts to which it matters.
fn session_host<'a>(case: &Case<'a>) -> Result<Option<&'a LicensingSeen>, Unseen> {
    let licensing = part(case, "licensing", |inside| &inside.licensing)?;
    Ok(licensing.session_host.then_some(licensing))
}

fn licence_servers_away(case: &Case<'_>) -> Looked {
    let Some(licensing) = session_host(case)? else {
        return Ok(Answer::Beside);
    };
    let Some((server, status)) = licensing.connectivity.iter().next() else {
        return Ok(Answer::Beside);
    };
    let well = licensing
        .connectivity
        .values()
        .any(|status| WELL.contains(status));
    told(
        (!well).then(|| {
            format!(
                "no licence server is well: `{server}` has status {}",
                code::named(Table::LicenceServer, *status)
            )
        }),
        "a licence server is well",
    )
}
