//! Signs of a bad way: loss, delay, packets of one size that do not arrive, UDP.

use std::time::Duration;

use super::Answer;
use super::Looked;
use super::Sign;
use super::logs;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::diagnosis::Case;
use crate::proof::Stage;
use crate::survey::SizeReply;
use crate::survey::StageSamples;
use crate::survey::Survey;
use crate::survey::TlsFailure;
use crate::survey::VersionReply;

/// A tenth of the visits ended half-way.
pub(in crate::diagnosis) static LOSS: Sign = Sign::new("loss", |case| loss(case, 10));
/// Half of the visits ended half-way.
pub(in crate::diagnosis) static HEAVY_LOSS: Sign = Sign::new("heavy-loss", |case| loss(case, 50));
/// A stage takes much longer at times.
pub(in crate::diagnosis) static UNEVEN: Sign = Sign::new("uneven", uneven);
/// Time was up although the host answers.
pub(in crate::diagnosis) static TIME_UP: Sign = Sign::new("time-up", time_up);
/// Connecting or negotiating takes long.
pub(in crate::diagnosis) static SLOW: Sign = Sign::new("slow", slow);
/// The host's own pings to us are lost.
pub(in crate::diagnosis) static PINGS_LOST: Sign = Sign::new("pings-lost", pings_lost);
/// The host's own pings to us take long.
pub(in crate::diagnosis) static PINGS_SLOW: Sign = Sign::new("pings-slow", pings_slow);
/// A large handshake is not answered, a small one is.
pub(in crate::diagnosis) static LARGE_LOST: Sign = Sign::new("large-lost", large_lost);
/// TLS begins and nothing more comes.
pub(in crate::diagnosis) static TLS_STALLS: Sign = Sign::new("tls-stalls", tls_stalls);
/// The host's large pings that must not be split are lost, small ones are not.
pub(in crate::diagnosis) static LARGE_PING_LOST: Sign =
    Sign::new("large-ping-lost", large_ping_lost);
/// An interface sends packets beyond 1,500 bytes.
pub(in crate::diagnosis) static JUMBO: Sign = Sign::new("jumbo", jumbo);
/// The log tells that UDP failed.
pub(in crate::diagnosis) static UDP_FAILED: Sign = Sign::new("udp-failed", udp_failed);

/// A median above this makes a way slow: a connection takes one round trip, intercontinental ones up to 300 ms.
const SLOW_CONNECT: Duration = Duration::from_millis(400);
/// The same for the answer to a negotiation, which a host gives at once.
const SLOW_NEGOTIATE: Duration = Duration::from_millis(1_500);
/// The same for the host's own pings, milliseconds.
const SLOW_PING: u32 = 300;
/// Fewer visits than this say nothing about shares.
const LEAST_VISITS: usize = 4;
/// A stage is uneven when its worst time is so many times its median…
const UNEVEN_TIMES: u32 = 5;
/// …and people would notice.
const UNEVEN_LEAST: Duration = Duration::from_millis(500);

/// How many visits were begun, and how many ended in a stage that others got through.
fn visits(survey: &Survey) -> (usize, usize) {
    let begun = survey
        .stages
        .iter()
        .filter(|samples| samples.stage == Stage::Connect)
        .map(|samples| samples.took.len() + samples.failures)
        .sum();
    let failed = survey
        .stages
        .iter()
        .filter(|samples| !samples.took.is_empty())
        .map(|samples| samples.failures)
        .sum();
    (begun, failed)
}

fn loss(case: &Case<'_>, percent: usize) -> Looked {
    let (begun, failed) = visits(outside(case)?);
    if begun < LEAST_VISITS {
        return Err(unseen("too few visits to tell how many are lost"));
    }
    told(
        (failed * 100 >= begun * percent && failed > 0)
            .then(|| format!("{failed} of {begun} visits ended half-way, others got through")),
        format!("{failed} of {begun} visits ended half-way"),
    )
}

fn uneven(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let found = survey
        .stages
        .iter()
        .filter(|samples| samples.took.len() >= LEAST_VISITS)
        .find_map(|samples| {
            let (usual, worst) = (samples.quantile(0.5)?, samples.quantile(0.99)?);
            (worst > UNEVEN_LEAST && worst > usual.saturating_mul(UNEVEN_TIMES)).then(|| {
                format!(
                    "the stage `{}` takes {} ms as a rule and {} ms at worst",
                    stage_word(samples.stage),
                    usual.as_millis(),
                    worst.as_millis()
                )
            })
        });
    told(found, "each stage takes about the same time on every visit")
}

fn time_up(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let stage = survey.out_of_time.filter(|_| survey.reachable());
    told(
        stage.map(|stage| {
            format!(
                "the host answers so slowly that time was up during the stage `{}`",
                stage_word(stage)
            )
        }),
        "the visit came to its end in time",
    )
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "resolve",
        Stage::Connect => "connect",
        Stage::Negotiate => "negotiate",
        Stage::Tls => "tls",
        Stage::Certificate => "certificate",
    }
}

fn median(survey: &Survey, stage: Stage) -> Option<Duration> {
    survey
        .stages
        .iter()
        .find(|samples| samples.stage == stage)
        .and_then(|samples: &StageSamples| samples.quantile(0.5))
}

fn slow(case: &Case<'_>) -> Looked {
    let survey = outside(case)?;
    let times = [
        ("connecting", median(survey, Stage::Connect), SLOW_CONNECT),
        (
            "negotiating",
            median(survey, Stage::Negotiate),
            SLOW_NEGOTIATE,
        ),
    ];
    if times.iter().all(|(_, took, _)| took.is_none()) {
        return Err(unseen("no connection came so far that it could be timed"));
    }
    let found = times.into_iter().find_map(|(what, took, limit)| {
        let took = took.filter(|took| *took > limit)?;
        Some(format!("{what} takes {} ms (median)", took.as_millis()))
    });
    told(found, "connecting and negotiating are quick")
}

/// The host's small pings: how many were sent, how many came back, and their median.
fn pings(case: &Case<'_>) -> Result<(usize, Vec<u32>), crate::inside::Unseen> {
    let back = part(case, "the host's own pings to us", |inside| {
        &inside.path_back
    })?;
    let mut answered: Vec<u32> = back.small_ms.iter().flatten().copied().collect();
    answered.sort_unstable();
    Ok((back.small_ms.len(), answered))
}

fn pings_lost(case: &Case<'_>) -> Looked {
    let (sent, answered) = pings(case)?;
    if sent == 0 || answered.is_empty() {
        // Nobody may ping us: a firewall of ours says nothing about the way.
        return Ok(Answer::Beside);
    }
    let lost = sent - answered.len();
    told(
        (lost * 10 >= sent && lost > 0)
            .then(|| format!("{lost} of the host's {sent} pings to us were lost")),
        format!("the host's {sent} pings to us came back"),
    )
}

fn pings_slow(case: &Case<'_>) -> Looked {
    let (_, answered) = pings(case)?;
    let Some(median) = answered.get(answered.len().saturating_sub(1) / 2) else {
        return Ok(Answer::Beside);
    };
    told(
        (*median > SLOW_PING).then(|| format!("the host's pings to us take {median} ms (median)")),
        format!("the host's pings to us take {median} ms (median)"),
    )
}

fn large_lost(case: &Case<'_>) -> Looked {
    let Some(sizes) = outside(case)?.sizes else {
        return Err(unseen("handshakes of different sizes were not tried"));
    };
    let found = match (sizes.small, sizes.large) {
        (SizeReply::Whole, SizeReply::Nothing | SizeReply::Stalled(_)) => Some(format!(
            "a small TLS handshake is answered, one of {} bytes is not",
            sizes.large_bytes
        )),
        (SizeReply::Stalled(received), _) if received > 0 => Some(format!(
            "the host's answer to a TLS handshake stops after {received} bytes"
        )),
        _ => None,
    };
    told(found, "handshakes of all sizes are answered alike")
}

fn tls_stalls(case: &Case<'_>) -> Looked {
    let Some(tls) = &outside(case)?.tls else {
        return Err(unseen("TLS was not reached from outside"));
    };
    let accepted = tls
        .versions
        .iter()
        .any(|(_, reply)| matches!(reply, VersionReply::Accepted(_)));
    let stalled = tls
        .failure
        .iter()
        .chain(super::tls::refusals(tls))
        .find_map(|failure| match failure {
            TlsFailure::Stalled { received } => Some(*received),
            TlsFailure::Alert(_) | TlsFailure::Closed | TlsFailure::Broken(_) => None,
        });
    told(
        stalled.filter(|_| !accepted).map(|received| {
            format!("the negotiation is answered, then TLS stalls after {received} bytes")
        }),
        "TLS does not stall",
    )
}

fn large_ping_lost(case: &Case<'_>) -> Looked {
    let back = part(case, "the host's own pings to us", |inside| {
        &inside.path_back
    })?;
    let small = back.small_ms.iter().flatten().count();
    match back.large_unsplit {
        Some(answered) if small > 0 => told(
            (!answered).then(|| {
                "the host's pings of 1,472 bytes that must not be split are lost, small ones are not"
                    .to_owned()
            }),
            "the host's pings of 1,472 bytes come back unsplit",
        ),
        Some(_) | None => Ok(Answer::Beside),
    }
}

fn jumbo(case: &Case<'_>) -> Looked {
    let mtu = part(case, "the MTU values", |inside| &inside.mtu)?;
    let found = mtu
        .iter()
        .find(|(alias, bytes)| **bytes > 1_500 && !alias.to_lowercase().contains("loopback"));
    told(
        found.map(|(alias, bytes)| {
            format!("the interface `{alias}` sends packets of up to {bytes} bytes")
        }),
        "no interface sends packets beyond 1,500 bytes",
    )
}

fn udp_failed(case: &Case<'_>) -> Looked {
    logs::any(
        case,
        logs::CORE,
        &[136, 138],
        "the log tells of no failure of UDP",
    )
}
