//! JSON lines: one self-contained record per event, flushed, valid after a crash.
//!
//! Names are `snake_case`, absent things are left out rather than null, and fields may be added later.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::cim::Value;
use crate::control::Control;
use crate::control::Standing;
use crate::control::Waiver;
use crate::event::Counts;
use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::Status;
use crate::event::Stopped;
use crate::event::TaskResult;
use crate::event::Tolerated;
use crate::event::Turn;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Outcome;
use crate::proof::Proof;
use crate::proof::ShownCertificate;
use crate::proof::Stage;
use crate::proof::Verdict;
use crate::report::Reporter;
use crate::report::pen::Pen;
use crate::report::text;
use crate::secret::Hidden;

/// The version of the format; grows only when a field changes its meaning or goes away.
const VERSION: u8 = 1;

/// Writes one line for each event.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
    pen: Pen,
    run: Option<String>,
    exit_code: Option<ExitCode>,
}

/// Tells which exit code a run will end with.
pub type ExitCode = fn(&Recap) -> u8;

impl JsonLines {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            pen: Pen::default(),
            run: None,
            exit_code: None,
        }
    }

    /// Masks these secrets, in texts of hosts and files only, so that a record keeps its shape whatever the secrets are.
    #[must_use]
    pub fn with_hidden(mut self, hidden: Arc<Hidden>) -> Self {
        self.pen = Pen::new(hidden);
        self
    }

    /// Puts the exit code into the last line.
    #[must_use]
    pub fn with_exit_code(mut self, exit_code: ExitCode) -> Self {
        self.exit_code = Some(exit_code);
        self
    }

    fn line(&mut self, at: &Timestamp, body: &Body<'_>) -> io::Result<()> {
        let envelope = Envelope {
            v: VERSION,
            ts: at,
            run: self.run.as_deref(),
            body,
        };
        text::json_line(&mut self.out, &envelope)?;
        self.out.flush()
    }
}

impl Reporter for JsonLines {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let pen = &self.pen.clone();
        match event {
            Event::RunStart {
                run,
                at,
                mode,
                playbook,
                hosts,
                job,
            } => {
                self.run = Some(run.clone());
                let body = Body::RunStart {
                    mode: mode.key(),
                    playbook: pen.mask(playbook),
                    hosts: *hosts,
                    job: job.as_deref().map(|job| pen.mask(job)),
                };
                self.line(at, &body)
            }
            Event::HostStart { host, at } => {
                let host = pen.mask(host);
                self.line(at, &Body::HostStart { host })
            }
            Event::Wave(wave) => self.line(
                &wave.at,
                &Body::Wave {
                    play: pen.mask(&wave.play),
                    number: wave.number,
                    of: wave.of,
                    hosts: wave.hosts,
                },
            ),
            Event::Result(result) => self.line(&result.at, &Body::of_result(result, pen)),
            Event::Shift(shift) => self.line(
                &shift.at,
                &Body::Shift {
                    host: pen.mask(&shift.host),
                    control: pen.mask(&shift.control),
                    turn: match shift.turn {
                        Turn::Began => "began",
                        Turn::Ended => "ended",
                    },
                    since: shift.since,
                },
            ),
            Event::Drift(drift) => self.line(
                &drift.at,
                &Body::Drift {
                    host: pen.mask(&drift.host),
                    control: pen.mask(&drift.control),
                    since: drift.since,
                },
            ),
            Event::HostEnd(summary) => self.line(&summary.at, &Body::of_host(summary, pen)),
            Event::RunEnd { at, recap } => {
                let exit_code = self.exit_code.map(|exit_code| exit_code(recap));
                self.line(at, &Body::of_recap(recap, exit_code))
            }
        }
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    v: u8,
    ts: &'a Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    #[serde(flatten)]
    body: &'a Body<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body<'a> {
    RunStart {
        mode: &'static str,
        playbook: Cow<'a, str>,
        hosts: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        job: Option<Cow<'a, str>>,
    },
    HostStart {
        host: Cow<'a, str>,
    },
    Wave {
        play: Cow<'a, str>,
        number: usize,
        of: usize,
        hosts: usize,
    },
    Result(Box<ResultBody<'a>>),
    Shift {
        host: Cow<'a, str>,
        control: Cow<'a, str>,
        turn: &'static str,
        since: Timestamp,
    },
    Drift {
        host: Cow<'a, str>,
        control: Cow<'a, str>,
        since: Timestamp,
    },
    HostEnd(Box<HostBody<'a>>),
    RunEnd(RecapBody),
}

#[derive(Serialize)]
struct ResultBody<'a> {
    host: Cow<'a, str>,
    play: Cow<'a, str>,
    task: Cow<'a, str>,
    resource: &'static str,
    #[serde(skip_serializing_if = "is_empty")]
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_false")]
    handler: bool,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<ControlBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<WaiverBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerated: Option<&'static str>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<Cow<'a, str>>,
    severity: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    before: BTreeMap<&'static str, serde_json::Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    after: BTreeMap<&'static str, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disruption: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    restarts: Vec<&'static str>,
    duration_ms: u64,
}

#[derive(Serialize)]
struct ControlBody<'a> {
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
struct WaiverBody<'a> {
    owner: Cow<'a, str>,
    reason: Cow<'a, str>,
    expires: Date,
    standing: &'static str,
}

#[derive(Serialize)]
struct HostBody<'a> {
    host: Cow<'a, str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Cow<'a, str>>,
    counts: CountsBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ProofBody<'a>>,
    requests: u64,
    connections: u64,
    bytes_sent: u64,
    bytes_received: u64,
    retries: u64,
    duration_ms: u64,
}

#[derive(Serialize)]
struct CountsBody {
    ok: usize,
    changed: usize,
    would_change: usize,
    overridden: usize,
    failed: usize,
    skipped: usize,
    unknown: usize,
    ignored: usize,
    rescued: usize,
    waived: usize,
}

#[derive(Serialize)]
struct ProofBody<'a> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<ShownCertificate>,
    stages_ms: BTreeMap<Stage, u64>,
}

#[derive(Serialize)]
struct RecapBody {
    ok: usize,
    changed: usize,
    drifted: usize,
    unreachable: usize,
    failed: usize,
    interrupted: usize,
    not_started: usize,
    waived: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'static str>,
    proven: usize,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_false(truth: &bool) -> bool {
    !truth
}

fn is_empty(text: &str) -> bool {
    text.is_empty()
}

impl<'a> Body<'a> {
    fn of_result(result: &'a TaskResult, pen: &Pen) -> Self {
        let (changes, reason, hint) = text::told(&result.outcome);
        let status = result.status();
        let mut restarts: Vec<&'static str> = changes.iter().filter_map(|c| c.restart).collect();
        restarts.sort_unstable();
        restarts.dedup();
        Self::Result(Box::new(ResultBody {
            host: pen.mask(&result.host),
            play: pen.mask(&result.play),
            task: pen.mask(&result.task),
            resource: result.resource,
            id: pen.mask(&result.id),
            item: result.item.as_deref().map(|item| pen.mask(item)),
            handler: result.handler,
            status: status.word(),
            control: result
                .control
                .as_deref()
                .map(|control| ControlBody::of(control, pen)),
            waiver: result
                .waiver
                .as_deref()
                .map(|waiver| WaiverBody::of(waiver, result.standing(), pen)),
            tolerated: match result.tolerated {
                Tolerated::No => None,
                Tolerated::Ignored => Some("ignored"),
                Tolerated::Rescued => Some("rescued"),
            },
            attempts: result.attempts,
            message: result.message.as_deref().map(|text| pen.mask(text)),
            depends_on: match &result.outcome {
                Outcome::Unknown(unknown) => unknown
                    .depends_on
                    .iter()
                    .map(|task| pen.mask(task))
                    .collect(),
                _ => Vec::new(),
            },
            severity: severity(status),
            before: values(changes, pen, |change| &change.from),
            after: values(changes, pen, |change| &change.to),
            reason: reason.map(|text| pen.mask(&text).into_owned()),
            hint: hint.map(|text| pen.mask(&text).into_owned()),
            decided_by: text::decided_by(changes).map(Layer::word),
            disruption: text::disruption(changes).map(disruption_word),
            restarts,
            duration_ms: millis(result.duration),
        }))
    }

    fn of_host(summary: &'a HostSummary, pen: &Pen) -> Self {
        let (reason, hint) = summary.status.reason();
        let reason = match &summary.status {
            HostStatus::Drifted => {
                text::drift(summary).map(|text| Cow::Owned(pen.mask(&text).into_owned()))
            }
            _ => reason.map(|text| pen.mask(text)),
        };
        Self::HostEnd(Box::new(HostBody {
            host: pen.mask(&summary.host),
            status: summary.status.word(),
            reason,
            hint: hint.map(|text| pen.mask(text)),
            counts: CountsBody::of(summary.counts),
            proof: summary
                .proof
                .as_ref()
                .map(|proof| ProofBody::of(proof, pen)),
            requests: summary.traffic.requests,
            connections: summary.traffic.connections,
            bytes_sent: summary.traffic.bytes_sent,
            bytes_received: summary.traffic.bytes_received,
            retries: summary.traffic.retries,
            duration_ms: millis(summary.duration),
        }))
    }

    fn of_recap(recap: &Recap, exit_code: Option<u8>) -> Self {
        Self::RunEnd(RecapBody {
            ok: recap.ok,
            changed: recap.changed,
            drifted: recap.drifted,
            unreachable: recap.unreachable,
            failed: recap.failed,
            interrupted: recap.interrupted,
            not_started: recap.not_started,
            waived: recap.waived,
            stopped: recap.stopped.map(Stopped::word),
            proven: recap.proven,
            duration_ms: millis(recap.duration),
            exit_code,
        })
    }
}

impl<'a> ControlBody<'a> {
    fn of(control: &'a Control, pen: &Pen) -> Self {
        Self {
            id: pen.mask(&control.id),
            title: control.title.as_deref().map(|title| pen.mask(title)),
            severity: control.severity.word(),
            references: control
                .references
                .iter()
                .map(|text| pen.mask(text))
                .collect(),
        }
    }
}

impl<'a> WaiverBody<'a> {
    fn of(waiver: &'a Waiver, standing: Option<Standing>, pen: &Pen) -> Self {
        Self {
            owner: pen.mask(&waiver.owner),
            reason: pen.mask(&waiver.reason),
            expires: waiver.expires,
            standing: standing.map_or("holds", Standing::word),
        }
    }
}

impl CountsBody {
    fn of(counts: Counts) -> Self {
        Self {
            ok: counts.ok,
            changed: counts.changed,
            would_change: counts.would_change,
            overridden: counts.overridden,
            failed: counts.failed,
            skipped: counts.skipped,
            unknown: counts.unknown,
            ignored: counts.ignored,
            rescued: counts.rescued,
            waived: counts.waived,
        }
    }
}

impl<'a> ProofBody<'a> {
    fn of(proof: &'a Proof, pen: &Pen) -> Self {
        let (verdict, stage, id, reason) = match &proof.verdict {
            Verdict::Proven => ("proven", None, None, None),
            Verdict::Refuted { stage, id, reason } => {
                ("refuted", Some(*stage), Some(*id), Some(pen.mask(reason)))
            }
        };
        Self {
            verdict,
            stage,
            id,
            reason,
            selected: proof.selected,
            certificate: proof.certificate.as_ref().map(|shown| ShownCertificate {
                subject: pen.mask(&shown.subject).into_owned(),
                ..shown.clone()
            }),
            stages_ms: proof
                .stages
                .iter()
                .map(|(stage, took)| (*stage, millis(*took)))
                .collect(),
        }
    }
}

/// How much a result matters: something failed, something differs, or all is as it should be.
fn severity(status: Status) -> &'static str {
    match status {
        Status::Failed | Status::Unreachable => "error",
        Status::WouldChange | Status::Overridden | Status::Unknown => "warning",
        Status::Ok | Status::Skipped | Status::Changed | Status::Waived => "info",
    }
}

/// What is absent on the host has no entry.
fn values<'a>(
    changes: &'a [Change],
    pen: &Pen,
    side: fn(&'a Change) -> &'a Value,
) -> BTreeMap<&'static str, serde_json::Value> {
    changes
        .iter()
        .map(|change| (change.property, side(change)))
        .filter(|(_, value)| **value != Value::Null)
        .map(|(property, value)| (property, pen.json(value)))
        .collect()
}

fn disruption_word(disruption: Disruption) -> &'static str {
    match disruption {
        Disruption::Harmless => "harmless",
        Disruption::RestartsService => "restarts_service",
        Disruption::DropsSessions => "drops_sessions",
        Disruption::NeedsReboot => "needs_reboot",
        Disruption::Reboots => "reboots",
        Disruption::MayLockOut => "may_lock_out",
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
