//! A year of daily runs of a fleet, told as events and recorded, then asked about.
//!
//! Knows the history as its users do; what is too slow or too large is for others to say.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::Traffic;
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
use rdpfix::event::TaskResult;
use rdpfix::event::Tolerated;
use rdpfix::history::History;
use rdpfix::history::HostState;
use rdpfix::history::Recorder;
use rdpfix::history::State;
use rdpfix::history::view::HostFilter;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::proof::Proof;
use rdpfix::proof::ShownCertificate;
use rdpfix::proof::Verdict;

/// Events that are recorded in one go, as the program does when so many wait.
const BATCH: usize = 1024;
/// Of a million controls that are as they should be, so many drift each day.
const DRIFT: u64 = 5_000;
/// Of a million controls that differ, so many are mended each day.
const MENDED: u64 = 500_000;

/// How much is recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Daily runs.
    pub(crate) days: u32,
    /// Hosts of each.
    pub(crate) hosts: usize,
    /// Controls of each host.
    pub(crate) controls: usize,
}

/// What it costs.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// Bytes of the file, with what is beside it.
    pub(crate) bytes: u64,
    /// Results that were told.
    pub(crate) results: u64,
    /// What recording took, by run.
    pub(crate) runs: Vec<Duration>,
    /// What checking the file takes when it is opened.
    pub(crate) open: Duration,
    /// The slowest of each kind of read.
    pub(crate) reads: BTreeMap<&'static str, Duration>,
}

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn falls(&mut self, of_a_million: u64) -> bool {
        self.below(1_000_000) < of_a_million
    }
}

/// The fleet as it is.
struct Fleet {
    hosts: Vec<Arc<str>>,
    controls: Vec<Arc<Control>>,
    /// Host by host: whether a control differs.
    drifted: Vec<Vec<bool>>,
    play: Arc<str>,
    dice: Dice,
}

impl Fleet {
    fn new(scale: Scale) -> Self {
        let controls = (0..scale.controls).map(|number| {
            Arc::new(Control {
                id: format!("RDP-{number:03}").into(),
                title: Some(format!("the rule with the number {number}").into()),
                severity: Severity::Medium,
                references: vec![format!("CIS 18.10.57.3.9.{number}").into()],
            })
        });
        Self {
            hosts: (0..scale.hosts)
                .map(|number| format!("host{number:05}.corp.example").into())
                .collect(),
            controls: controls.collect(),
            drifted: vec![vec![false; scale.controls]; scale.hosts],
            play: "Remote Desktop is reachable".into(),
            dice: Dice(0x9E37_79B9_7F4A_7C15),
        }
    }

    /// A day passes for a host.
    fn age(&mut self, host: usize) {
        for drifted in self.drifted.iter_mut().skip(host).take(1).flatten() {
            let turns = if *drifted { MENDED } else { DRIFT };
            *drifted ^= self.dice.falls(turns);
        }
    }

    /// What a run tells of a host.
    fn tell(&self, host: usize, at: Timestamp, events: &mut Vec<Event>) {
        let (Some(name), Some(drifted)) = (self.hosts.get(host), self.drifted.get(host)) else {
            return;
        };
        events.push(Event::HostStart {
            host: Arc::clone(name),
            at,
        });
        for (control, drifted) in self.controls.iter().zip(drifted) {
            events.push(Event::Result(TaskResult {
                host: Arc::clone(name),
                at,
                play: Arc::clone(&self.play),
                task: Arc::clone(&control.id),
                resource: "registry_value",
                id: Arc::clone(&control.id),
                handler: false,
                outcome: if *drifted {
                    drift()
                } else {
                    Outcome::Compliant
                },
                item: None,
                attempts: 1,
                tolerated: Tolerated::No,
                message: None,
                control: Some(Arc::clone(control)),
                waiver: None,
                differences: Differences::AsAsked,
                duration: Duration::from_millis(3),
            }));
        }
        events.push(Event::HostEnd(HostSummary {
            host: Arc::clone(name),
            at,
            status: HostStatus::Ok,
            counts: Counts::default(),
            proof: Some(proof(name, at)),
            traffic: Traffic::default(),
            duration: Duration::from_secs(1),
        }));
    }
}

fn drift() -> Outcome {
    Outcome::Drifted(vec![Change {
        property: "data",
        from: Value::from(0_u32),
        to: Value::from(1_u32),
        decided_by: Layer::Local,
        remedy: Remedy::Steps {
            apply: Vec::new(),
            undo: Vec::new(),
        },
        disruption: Disruption::Harmless,
        restart: None,
    }])
}

/// Certificates are made anew each half year, as Windows does.
fn proof(host: &str, at: Timestamp) -> Proof {
    let half_year = 182 * 24 * 60 * 60;
    let number = at.as_second() / half_year;
    let moment = |number: i64| Timestamp::from_second(number * half_year).unwrap_or(at);
    Proof {
        verdict: Verdict::Proven,
        selected: Some("nla"),
        certificate: Some(ShownCertificate {
            subject: format!("CN={host}"),
            not_before: moment(number),
            not_after: moment(number + 1),
            thumbprint: format!("{number:040X}"),
        }),
        stages: Vec::new(),
    }
}

/// Records all of it and asks everything.
pub(crate) fn measure(scale: Scale, folder: &Path) -> anyhow::Result<Figures> {
    let path = folder.join("history.db");
    let begin = Timestamp::from_second(1_790_000_000)?;
    let mut fleet = Fleet::new(scale);
    let mut runs = Vec::new();
    let mut history = History::open(&path, begin)?.history;
    let mut now = begin;
    for day in 0..scale.days {
        now = begin.checked_add(SignedDuration::from_hours(24) * i32::try_from(day)?)?;
        let (taken, back) = one_run(history, &mut fleet, day, now)?;
        runs.push(taken);
        history = back;
    }
    drop(history);
    let bytes = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.metadata()?.len()))
        .sum::<std::io::Result<u64>>()?;
    let before = Instant::now();
    drop(History::open(&path, now)?);
    let open = before.elapsed();
    let results = u64::from(scale.days) * u64::try_from(scale.hosts * scale.controls)?;
    Ok(Figures {
        bytes,
        results,
        runs,
        open,
        reads: reads(&path, &fleet, now)?,
    })
}

fn ulid(day: u32) -> String {
    format!("01K0{day:022}")
}

/// What recording takes; what telling takes is not counted.
fn one_run(
    history: History,
    fleet: &mut Fleet,
    day: u32,
    at: Timestamp,
) -> anyhow::Result<(Duration, History)> {
    let mut recorder = Recorder::new(history);
    let mut taken = Duration::ZERO;
    let mut batch = vec![Event::RunStart {
        run: ulid(day),
        at,
        mode: RunMode::Check,
        playbook: "rdp-baseline.yml".to_owned(),
        hosts: fleet.hosts.len(),
        job: Some("nightly".into()),
    }];
    let mut pass = |batch: &mut Vec<Event>| -> anyhow::Result<()> {
        let before = Instant::now();
        recorder.pass(batch)?;
        taken += before.elapsed();
        batch.clear();
        Ok(())
    };
    for host in 0..fleet.hosts.len() {
        fleet.age(host);
        fleet.tell(host, at, &mut batch);
        if batch.len() >= BATCH {
            pass(&mut batch)?;
        }
    }
    let recap = Recap::default();
    batch.push(Event::RunEnd { at, recap });
    pass(&mut batch)?;
    Ok((taken, recorder.into_history()))
}

/// The best of three for each question, because other programs share the cores; the slowest question of each kind.
fn reads(
    path: &Path,
    fleet: &Fleet,
    now: Timestamp,
) -> anyhow::Result<BTreeMap<&'static str, Duration>> {
    let history = History::read(path)?;
    let last = history.runs(None, None, 2)?;
    let last = last.iter().map(|run| run.run.as_str()).collect::<Vec<_>>();
    let (to, from) = (last.first(), last.last());
    let (to, from) = (*to.context("no run")?, *from.context("no run")?);
    let first = ulid(0);
    let host = fleet.hosts.last().context("no host")?;
    let control = &fleet.controls.last().context("no control")?.id;
    let filter = |state, text: Option<&str>| HostFilter {
        state,
        text: text.map(str::to_owned),
        after: None,
        limit: 100,
    };
    let far = now.checked_add(SignedDuration::from_hours(24 * 400))?;
    let questions: Vec<(&'static str, Question<'_>)> = vec![
        ("fleet", ask(|| history.fleet(now))),
        ("runs", ask(|| history.runs(Some("nightly"), None, 100))),
        ("run", ask(|| history.run(&first))),
        ("hosts", ask(|| history.hosts(&filter(None, None)))),
        (
            "hosts",
            ask(|| history.hosts(&filter(Some(HostState::Drift), Some("9.CORP")))),
        ),
        ("host", ask(|| history.host(host, 100))),
        ("intervals", ask(|| history.intervals(host, control, 100))),
        ("control", ask(|| history.control(control, None, (0, 100)))),
        (
            "control",
            ask(|| history.control(control, Some(State::Compliant), (9_000, 100))),
        ),
        ("matrix", ask(|| history.matrix(None, usize::MAX - 1))),
        ("certificates", ask(|| history.certificates(far, (0, 100)))),
        ("days", ask(|| history.days(now, 365, None))),
        ("days", ask(|| history.days(now, 365, Some(control)))),
        ("diff", ask(|| history.diff(from, to, None, 1_000))),
        ("diff", ask(|| history.diff(&first, to, None, 1_000))),
        ("waivers", ask(|| history.waivers(100))),
    ];
    let mut slowest: BTreeMap<&'static str, Duration> = BTreeMap::new();
    for (name, question) in questions {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let before = Instant::now();
            question()?;
            best = best.min(before.elapsed());
        }
        let known = slowest.entry(name).or_default();
        *known = best.max(*known);
    }
    Ok(slowest)
}

/// Asks something and waits for the answer.
type Question<'a> = Box<dyn Fn() -> anyhow::Result<()> + 'a>;

fn ask<'a, T>(
    question: impl Fn() -> Result<T, rdpfix::history::HistoryError> + 'a,
) -> Question<'a> {
    Box::new(move || Ok(question().map(drop)?))
}
