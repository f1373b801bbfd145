//! Runs as a runner would tell them, host by host, and a place to record them.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rdpfix::cim::CimError;
use rdpfix::cim::Traffic;
use rdpfix::cim::Unreachable;
use rdpfix::cim::Value;
use rdpfix::control::Control;
use rdpfix::control::Severity;
use rdpfix::event::Counts;
use rdpfix::event::Differences;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::HostSummary;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::event::Shift;
use rdpfix::event::TaskResult;
use rdpfix::event::Tolerated;
use rdpfix::history::History;
use rdpfix::history::HistoryError;
use rdpfix::history::Recorder;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Failure;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::plan::SkipReason;
use rdpfix::plan::Unknown;
use rdpfix::proof::Proof;
use rdpfix::proof::ShownCertificate;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;

/// A folder with a history in it.
pub(crate) struct Store {
    folder: tempfile::TempDir,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("history.db")
    }

    pub(crate) fn open(&self) -> History {
        let opened = History::open(&self.path(), at(0)).unwrap();
        assert_eq!(opened.set_aside, None);
        opened.history
    }

    /// Records a run and tells what turned.
    pub(crate) fn record(&self, run: &[Event]) -> Vec<Shift> {
        let mut recorder = Recorder::new(self.open());
        run.iter()
            .flat_map(|event| tell(&mut recorder, event).unwrap())
            .filter_map(|told| match told {
                Event::Shift(shift) => Some(shift),
                _ => None,
            })
            .collect()
    }
}

/// Tells one event, and what the history knows comes back.
pub(crate) fn tell(recorder: &mut Recorder, event: &Event) -> Result<Vec<Event>, HistoryError> {
    let mut events = vec![event.clone()];
    recorder.pass(&mut events)?;
    events.pop();
    Ok(events)
}

/// So many minutes after the beginning.
pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minute * 60).unwrap()
}

/// The ULID of a run, by number.
pub(crate) fn ulid(number: u64) -> String {
    format!("01K0{number:022}")
}

/// What a run saw on one host.
pub(crate) struct Visit {
    pub(crate) host: &'static str,
    pub(crate) status: HostStatus,
    pub(crate) results: Vec<TaskResult>,
    pub(crate) proof: Option<Proof>,
}

impl Visit {
    pub(crate) fn new(host: &'static str, results: Vec<TaskResult>) -> Self {
        Self {
            host,
            status: HostStatus::Ok,
            results,
            proof: None,
        }
    }

    pub(crate) fn unreachable(host: &'static str) -> Self {
        Self {
            status: HostStatus::Unreachable {
                reason: "no route".to_owned(),
                hint: None,
            },
            ..Self::new(host, Vec::new())
        }
    }

    pub(crate) fn with_proof(self, proof: Proof) -> Self {
        Self {
            proof: Some(proof),
            ..self
        }
    }
}

pub(crate) fn start(number: u64, minute: i64, job: Option<&str>) -> Event {
    Event::RunStart {
        run: ulid(number),
        at: at(minute),
        mode: RunMode::Check,
        playbook: "rdp.yml".to_owned(),
        hosts: 3,
        job: job.map(Into::into),
    }
}

pub(crate) fn end(minute: i64) -> Event {
    let recap = Recap {
        ok: 1,
        duration: Duration::from_millis(1_234),
        ..Recap::default()
    };
    Event::RunEnd {
        at: at(minute),
        recap,
    }
}

pub(crate) fn visit(minute: i64, visit: &Visit) -> Vec<Event> {
    let host: Arc<str> = visit.host.into();
    let mut events = vec![Event::HostStart {
        host: Arc::clone(&host),
        at: at(minute),
    }];
    for result in &visit.results {
        events.push(Event::Result(TaskResult {
            host: Arc::clone(&host),
            at: at(minute),
            ..result.clone()
        }));
    }
    events.push(Event::HostEnd(HostSummary {
        host,
        at: at(minute),
        status: visit.status.clone(),
        counts: Counts::default(),
        proof: visit.proof.clone(),
        traffic: Traffic::default(),
        duration: Duration::from_secs(1),
    }));
    events
}

/// A whole run that begins at a minute.
pub(crate) fn run(number: u64, minute: i64, visits: &[Visit]) -> Vec<Event> {
    run_of(None, number, minute, visits)
}

/// A whole run of a job.
pub(crate) fn run_of(job: Option<&str>, number: u64, minute: i64, visits: &[Visit]) -> Vec<Event> {
    let mut events = vec![start(number, minute, job)];
    for seen in visits {
        events.extend(visit(minute, seen));
    }
    events.push(end(minute));
    events
}

/// A result about a control that stands in no rule book.
pub(crate) fn result(resource: &'static str, id: &str, outcome: Outcome) -> TaskResult {
    TaskResult {
        host: "".into(),
        at: at(0),
        play: "Remote Desktop is reachable".into(),
        task: "connections sign in first".into(),
        resource,
        id: id.into(),
        handler: false,
        outcome,
        item: None,
        attempts: 1,
        tolerated: Tolerated::No,
        message: None,
        control: None,
        waiver: None,
        differences: Differences::AsAsked,
        duration: Duration::from_millis(31),
    }
}

/// A result about a control of a rule book.
pub(crate) fn ruled(control: &str, outcome: Outcome) -> TaskResult {
    TaskResult {
        control: Some(Arc::new(Control {
            id: control.into(),
            title: Some("users sign in first".into()),
            severity: Severity::High,
            references: vec!["STIG V-254369".into()],
        })),
        ..result("rdp_listener", "RDP-Tcp", outcome)
    }
}

pub(crate) fn nla() -> Vec<Change> {
    vec![change("nla", Value::Bool(false), Value::Bool(true))]
}

pub(crate) fn change(property: &'static str, from: Value, to: Value) -> Change {
    Change {
        property,
        from,
        to,
        decided_by: Layer::Local,
        remedy: Remedy::Steps {
            apply: Vec::new(),
            undo: Vec::new(),
        },
        disruption: Disruption::Harmless,
        restart: None,
    }
}

pub(crate) fn drifted() -> Outcome {
    Outcome::Drifted(nla())
}

pub(crate) fn failed() -> Outcome {
    let error = CimError::Property {
        class: "Win32_Service".to_owned(),
        property: "State".to_owned(),
        wanted: "a text",
    };
    Outcome::Failed(Failure {
        during: "observing".to_owned(),
        error,
        made: Vec::new(),
    })
}

pub(crate) fn lost() -> Outcome {
    let error = CimError::Unreachable {
        address: "a:5985".to_owned(),
        reason: Unreachable::ConnectionLost,
    };
    Outcome::Failed(Failure {
        during: "observing".to_owned(),
        error,
        made: Vec::new(),
    })
}

pub(crate) fn unknown() -> Outcome {
    Outcome::Unknown(Unknown {
        depends_on: vec!["the service is there".to_owned()],
        what: "whether it runs".to_owned(),
    })
}

pub(crate) fn skipped() -> Outcome {
    Outcome::Skipped(SkipReason::Condition("false".to_owned()))
}

pub(crate) fn proven(thumbprint: &str, until: i64) -> Proof {
    Proof {
        verdict: Verdict::Proven,
        selected: Some("nla"),
        certificate: Some(ShownCertificate {
            subject: "CN=host".to_owned(),
            not_before: at(-1_000),
            not_after: at(until),
            thumbprint: thumbprint.to_owned(),
        }),
        stages: Vec::new(),
    }
}

pub(crate) fn refuted() -> Proof {
    Proof {
        verdict: Verdict::Refuted {
            stage: Stage::Connect,
            id: "tcp-blocked",
            reason: "nothing answers on port 3389".to_owned(),
        },
        selected: None,
        certificate: None,
        stages: Vec::new(),
    }
}
