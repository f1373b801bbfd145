//! Events as a runner would send them, and a place to write reports to.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::Traffic;
use rdpfix::cim::Value;
use rdpfix::event::Counts;
use rdpfix::event::Differences;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::HostSummary;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
use rdpfix::event::Tolerated;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Failure;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::plan::SkipReason;
use rdpfix::plan::Step;
use rdpfix::proof::Proof;
use rdpfix::proof::ShownCertificate;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::report::Reporter;

/// A place to write to that can be looked at afterwards.
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>, Arc<AtomicUsize>);

impl Paper {
    pub(crate) fn pen(&self) -> Box<dyn Write + Send> {
        Box::new(self.clone())
    }

    /// How often it was flushed.
    pub(crate) fn flushes(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

pub(crate) fn tell(reporter: &mut dyn Reporter, events: &[Event]) {
    for event in events {
        reporter.event(event).unwrap();
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(crate) fn start(mode: RunMode, hosts: usize) -> Event {
    Event::RunStart {
        run: "01K0RUN".to_owned(),
        at: at(0),
        mode,
        playbook: "rdp.yml".to_owned(),
        hosts,
        job: None,
    }
}

pub(crate) fn change(property: &'static str, from: Value, to: Value) -> Change {
    let call = Call::SetRegistry {
        key: RegistryKey::local_machine(r"SYSTEM\RDP-Tcp"),
        name: property.to_owned(),
        data: RegistryData::Dword(1),
    };
    Change {
        property,
        from,
        to,
        decided_by: Layer::Local,
        remedy: Remedy::Steps {
            apply: vec![Step::Call(call)],
            undo: Vec::new(),
        },
        disruption: Disruption::Harmless,
        restart: None,
    }
}

pub(crate) fn result(host: &str, task: &str, outcome: Outcome) -> Event {
    Event::Result(TaskResult {
        host: host.into(),
        at: at(1),
        play: "Remote Desktop is reachable".into(),
        task: task.into(),
        resource: "rdp_listener",
        id: "RDP-Tcp".into(),
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
    })
}

pub(crate) fn proven(host: &str) -> Proof {
    Proof {
        verdict: Verdict::Proven,
        selected: Some("nla"),
        certificate: Some(ShownCertificate {
            subject: format!("CN={host}"),
            not_before: at(0),
            not_after: at(86_400 * 30),
            thumbprint: "AB12".to_owned(),
        }),
        stages: vec![
            (Stage::Resolve, Duration::from_millis(1)),
            (Stage::Connect, Duration::from_millis(12)),
        ],
    }
}

pub(crate) fn expired() -> Proof {
    Proof {
        verdict: Verdict::Refuted {
            stage: Stage::Certificate,
            id: "cert-expired",
            reason: "the certificate expired on 2026-01-01".to_owned(),
        },
        selected: Some("tls"),
        certificate: None,
        stages: Vec::new(),
    }
}

pub(crate) fn end(
    host: &str,
    status: HostStatus,
    outcomes: &[Event],
    proof: Option<Proof>,
) -> Event {
    let mut counts = Counts::default();
    for event in outcomes {
        if let Event::Result(result) = event {
            counts.add(&result.outcome, result.tolerated);
        }
    }
    Event::HostEnd(HostSummary {
        host: host.into(),
        at: at(2),
        status,
        counts,
        proof,
        traffic: Traffic {
            requests: 12,
            connections: 2,
            bytes_sent: 34_567,
            bytes_received: 45_678,
            retries: 0,
        },
        duration: Duration::from_millis(1_234),
    })
}

/// A host from its start to its end.
pub(crate) fn host(
    name: &str,
    status: HostStatus,
    results: Vec<Event>,
    proof: Option<Proof>,
) -> Vec<Event> {
    let ended = end(name, status, &results, proof);
    let mut events = vec![Event::HostStart {
        host: name.into(),
        at: at(0),
    }];
    events.extend(results);
    events.push(ended);
    events
}

/// The whole run, with its recap.
pub(crate) fn run(mode: RunMode, hosts: Vec<Vec<Event>>) -> Vec<Event> {
    let mut recap = Recap {
        duration: Duration::from_millis(2_500),
        ..Recap::default()
    };
    let mut events = vec![start(mode, hosts.len())];
    events.extend(hosts.into_iter().flatten());
    for event in &events {
        if let Event::HostEnd(summary) = event {
            recap.add(summary);
        }
    }
    events.push(Event::RunEnd { at: at(3), recap });
    events
}

pub(crate) fn unreachable(address: &str) -> HostStatus {
    let error = CimError::Unreachable {
        address: address.to_owned(),
        reason: rdpfix::cim::session::Unreachable::Refused,
    };
    HostStatus::Unreachable {
        reason: error.to_string(),
        hint: error.hint(),
    }
}

pub(crate) fn well(name: &str) -> Vec<Event> {
    let results = vec![
        result(name, "NLA is demanded", Outcome::Compliant),
        result(name, "TLS is demanded", Outcome::Compliant),
    ];
    host(name, HostStatus::Ok, results, Some(proven(name)))
}

/// What an audit tells of a small fleet.
pub(crate) fn audit() -> Vec<Event> {
    let mut owned = change("security_layer", "rdp".into(), "tls".into());
    owned.decided_by = Layer::Policy;
    owned.remedy = Remedy::OwnedByPolicy {
        setting: r"HKLM\SOFTWARE\Policies\SecurityLayer".to_owned(),
    };
    let mut port = change("port", 3390_u32.into(), 3389_u32.into());
    port.disruption = Disruption::DropsSessions;
    port.restart = Some("TermService");
    let mut absent = change("certificate", Value::Null, "AB12".into());
    absent.decided_by = Layer::Default;
    let drifted = vec![
        result("db01", "NLA is demanded", Outcome::Compliant),
        result(
            "db01",
            "the listener is right",
            Outcome::Drifted(vec![port, absent]),
        ),
        result("db01", "TLS is demanded", Outcome::Overridden(vec![owned])),
        result(
            "db01",
            "only on old hosts",
            Outcome::Skipped(SkipReason::Condition("facts.build < 9600".to_owned())),
        ),
    ];
    let hosts = vec![
        well("web01"),
        well("web02"),
        host("db01", HostStatus::Drifted, drifted, Some(expired())),
        host("db02", unreachable("10.0.0.2:5986"), Vec::new(), None),
    ];
    run(RunMode::Check, hosts)
}

/// What an apply tells of hosts on which things go wrong.
pub(crate) fn trouble() -> Vec<Event> {
    let failure = Failure {
        during: "setting `port`: set HKLM\\SYSTEM\\RDP-Tcp\\PortNumber".to_owned(),
        error: CimError::Denied {
            operation: "StdRegProv.SetDWORDValue".to_owned(),
        },
        made: vec![change("nla", "optional".into(), "required".into())],
    };
    let failed = vec![
        result(
            "a",
            "NLA is demanded",
            Outcome::Changed(vec![change("nla", "optional".into(), "required".into())]),
        ),
        result(
            "a",
            "the listener is right",
            Outcome::Failed(failure.clone()),
        ),
        result(
            "a",
            "TLS is demanded",
            Outcome::Skipped(SkipReason::EarlierFailure),
        ),
        result(
            "a",
            "the firewall is open",
            Outcome::Skipped(SkipReason::EarlierFailure),
        ),
    ];
    let reason = "the listener is right: access denied".to_owned();
    let unconverged = vec![result(
        "b",
        "NLA is demanded",
        Outcome::Unconverged {
            left: vec![change("nla", "optional".into(), "required".into())],
            made: vec![change("nla", "optional".into(), "required".into())],
        },
    )];
    let status = HostStatus::Failed { reason, hint: None };
    let hosts = vec![
        host("a", status.clone(), failed, None),
        host("b", status.clone(), unconverged, None),
        host("c", status, Vec::new(), Some(expired())),
        host("d", HostStatus::Interrupted, Vec::new(), None),
    ];
    run(RunMode::Apply, hosts)
}
