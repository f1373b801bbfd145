//! `path-quality` and `path-mtu`: what the way to the host does to packets.

use std::time::Duration;

use jiff::Timestamp;

use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::SizeReply;
use crate::survey::StageSamples;
use crate::survey::Survey;
use crate::survey::TlsFailure;

/// Fewer visits than this say nothing about a path.
const ENOUGH: usize = 5;
/// The 99th percentile is much above the median when it is so many times as long…
const MUCH: u32 = 5;
/// …and people would notice.
const NOTICEABLE: Duration = Duration::from_millis(500);
/// A share of failures that keeps people from working, in per cent.
const UNBEARABLE: usize = 50;

/// Judges timings and sizes.
pub(super) fn judge(survey: &Survey, _now: Timestamp, found: &mut Vec<Finding>) {
    for samples in &survey.stages {
        found.extend(failing(samples));
        found.extend(uneven(samples));
    }
    found.extend(unfinished(survey));
    found.extend(stalled(survey));
}

fn visits(samples: &StageSamples) -> usize {
    samples.took.len() + samples.failures
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn failing(samples: &StageSamples) -> Option<Finding> {
    let (failures, visits) = (samples.failures, visits(samples));
    // A stage that never succeeds is not a matter of the path; other rules speak of it.
    if visits < ENOUGH || failures == 0 || samples.took.is_empty() {
        return None;
    }
    let stage = samples.stage.word();
    let severity = if failures * 100 >= UNBEARABLE * visits {
        Severity::Error
    } else {
        Severity::Warning
    };
    Some(
        Finding::new(
            Cause::PathQuality,
            severity,
            format!("{failures} of {visits} visits failed at the stage `{stage}`"),
        )
        .with("stage", stage)
        .with("failures", number(failures))
        .with("samples", number(visits)),
    )
}

fn uneven(samples: &StageSamples) -> Option<Finding> {
    if samples.took.len() < ENOUGH {
        return None;
    }
    let (median, worst) = (samples.quantile(0.5)?, samples.quantile(0.99)?);
    if worst < NOTICEABLE || worst < median.saturating_mul(MUCH) {
        return None;
    }
    let stage = samples.stage.word();
    Some(
        Finding::new(
            Cause::PathQuality,
            Severity::Warning,
            format!(
                "the stage `{stage}` takes {} ms as a rule and {} ms at worst",
                millis(median),
                millis(worst)
            ),
        )
        .with("stage", stage)
        .with("p50_ms", millis(median))
        .with("p99_ms", millis(worst))
        .with("samples", number(samples.took.len())),
    )
}

/// The deadline came although RDP answers: what is missing from the visit was not seen, not found well.
fn unfinished(survey: &Survey) -> Option<Finding> {
    let stage = survey.out_of_time?;
    if !survey.reachable() {
        return None;
    }
    let stage = stage.word();
    Some(
        Finding::new(
            Cause::PathQuality,
            Severity::Warning,
            format!("the host answers so slowly that time was up during the stage `{stage}`; what comes after was not seen"),
        )
        .with("stage", stage)
        .with("duration_ms", millis(survey.took))
        .advise("Probe again with more time (`--timeout 60`); if it stays slow, measure with `--repeat 50`."),
    )
}

/// Whether TLS came about in at least one way.
fn tls_works(survey: &Survey) -> bool {
    survey
        .tls
        .as_ref()
        .is_some_and(|tls| tls.picked.is_some() || !tls.chain.is_empty())
}

fn stalled(survey: &Survey) -> Option<Finding> {
    if let Some(sizes) = survey.sizes
        && sizes.small == SizeReply::Whole
        && matches!(sizes.large, SizeReply::Stalled(_) | SizeReply::Nothing)
    {
        let severity = if tls_works(survey) {
            Severity::Warning
        } else {
            Severity::Error
        };
        let large = number(sizes.large_bytes);
        return Some(
            Finding::new(
                Cause::PathMtu,
                severity,
                format!("a small handshake passes, and one that begins with {large} bytes gets no whole answer"),
            )
            .with("large_bytes", large)
            .with("received_bytes", received(sizes.large)),
        );
    }
    let failure = survey.tls.as_ref().and_then(|tls| tls.failure.as_ref());
    let Some(TlsFailure::Stalled { received }) = failure else {
        return None;
    };
    let received = number(*received);
    let says = if received == 0 {
        "the host negotiates, and then nothing comes for the TLS handshake: large packets are lost, or the host hangs"
            .to_owned()
    } else {
        format!(
            "the host negotiates, and then TLS stalls after {received} bytes: large packets are lost on the way"
        )
    };
    Some(Finding::new(Cause::PathMtu, Severity::Error, says).with("received_bytes", received))
}

fn received(reply: SizeReply) -> i64 {
    match reply {
        SizeReply::Stalled(bytes) => number(bytes),
        SizeReply::Whole | SizeReply::Nothing | SizeReply::Ended => 0,
    }
}
