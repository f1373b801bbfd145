//! A probe as a plug-in of a monitoring system tells it: one line with a state and performance data, more lines for
//! more hosts. The states are those of the plug-in interface: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

use std::fmt::Write as _;
use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::finding::Finding;
use crate::finding::Severity;
use crate::proof::Stage;
use crate::report::probe::ProbeReporter;
use crate::report::probe::Standing;
use crate::report::probe::place;
use crate::report::text::clean;
use crate::survey::Survey;

/// Days of a certificate below which it is a warning, and below which it is critical.
const WARNING_DAYS: i64 = 30;
const CRITICAL_DAYS: i64 = 7;
/// Hosts that are told by name; the others are counted.
const TOLD: usize = 50;
/// Characters of one text.
const TEXT: usize = 200;

/// What a monitoring system is told, best first; UNKNOWN is what nobody looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warning,
    /// Clients cannot connect, or soon cannot.
    Critical,
    /// Nothing was looked at.
    Unknown,
}

impl State {
    /// The number that the plug-in ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Tells the state that came out, when the last visit is over.
#[derive(Debug, Clone, Default)]
pub struct Outcome(Arc<Mutex<Option<State>>>);

impl Outcome {
    /// The worst state of all hosts; UNKNOWN when there was none.
    pub fn state(&self) -> State {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.unwrap_or(State::Unknown)
    }

    fn worsen(&self, state: State) {
        let mut worst = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = Some(worst.map_or(state, |known| known.max(state)));
    }
}

/// Writes for a monitoring system, at the end.
pub struct Nagios {
    out: Box<dyn Write + Send>,
    outcome: Outcome,
    /// Hosts by state, best first.
    counts: [usize; 3],
    /// The worst so far: its state, its place, what is said of it.
    worst: Option<(State, String, String)>,
    told: Vec<String>,
    days: Option<i64>,
    connect: Option<Duration>,
    took: Duration,
}

impl Nagios {
    /// Writes to `out`, and tells the state to `outcome`.
    pub fn new(out: Box<dyn Write + Send>, outcome: Outcome) -> Self {
        Self {
            out,
            outcome,
            counts: [0; 3],
            worst: None,
            told: Vec::new(),
            days: None,
            connect: None,
            took: Duration::ZERO,
        }
    }

    fn count(&mut self, state: State) {
        let [ok, warning, critical] = &mut self.counts;
        *match state {
            State::Ok => ok,
            State::Warning => warning,
            State::Critical | State::Unknown => critical,
        } += 1;
        self.outcome.worsen(state);
    }

    /// `'days'=9;30;7 'connect_ms'=2.0`: the fewest days and the longest times of all hosts.
    fn performance(&self) -> String {
        let mut data = Vec::new();
        if let Some(days) = self.days {
            data.push(format!("'days'={days};{WARNING_DAYS};{CRITICAL_DAYS}"));
        }
        if let Some(connect) = self.connect {
            data.push(format!("'connect_ms'={}", millis(connect)));
        }
        data.push(format!("'time_ms'={}", millis(self.took)));
        let [ok, warning, critical] = self.counts;
        if ok + warning + critical > 1 {
            data.push(format!(
                "'ok'={ok} 'warning'={warning} 'critical'={critical}"
            ));
        }
        data.join(" ")
    }

    fn first_line(&self) -> String {
        let Some((state, place, says)) = &self.worst else {
            return "RDP UNKNOWN - no host was looked at".to_owned();
        };
        let [ok, warning, critical] = self.counts;
        let all = ok + warning + critical;
        let told = if all == 1 {
            says.clone()
        } else {
            format!(
                "{critical} critical, {warning} warning, {ok} ok of {all} hosts; {place}: {says}"
            )
        };
        format!("RDP {} - {told} | {}", state.word(), self.performance())
    }
}

impl ProbeReporter for Nagios {
    fn visit(&mut self, survey: &Survey, findings: &[Finding]) -> io::Result<()> {
        let days = days(survey);
        let state = state(survey, findings, days);
        self.count(state);
        self.days = self.days.into_iter().chain(days).min();
        self.connect = self.connect.into_iter().chain(connect(survey)).max();
        self.took = self.took.max(survey.took);
        let (place, says) = (plain(&place(survey)), says(survey, findings, days));
        if state > State::Ok && self.told.len() < TOLD {
            self.told.push(format!("{} {place}: {says}", state.word()));
        }
        let is_worse = |known: &(State, String, String)| state > known.0;
        if self.worst.as_ref().is_none_or(is_worse) {
            self.worst = Some((state, place, says));
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let mut text = self.first_line();
        let [ok, warning, critical] = self.counts;
        if ok + warning + critical > 1 {
            for line in &self.told {
                // Writing to a string cannot fail.
                let _written = write!(text, "\n{line}");
            }
            let untold = (warning + critical).saturating_sub(self.told.len());
            if untold > 0 {
                let _written = write!(text, "\nand {untold} more");
            }
        }
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }
}

fn days(survey: &Survey) -> Option<i64> {
    let leaf = survey.tls.as_ref()?.chain.first()?;
    let left = leaf.not_after.duration_since(survey.at);
    Some(left.as_hours().div_euclid(24))
}

fn connect(survey: &Survey) -> Option<Duration> {
    let stage = |samples: &&crate::survey::StageSamples| samples.stage == Stage::Connect;
    survey.stages.iter().find(stage)?.quantile(0.5)
}

fn state(survey: &Survey, findings: &[Finding], days: Option<i64>) -> State {
    let found = match Standing::of(survey, findings) {
        Standing::Well => State::Ok,
        Standing::Warned => State::Warning,
        Standing::Broken | Standing::Unreachable => State::Critical,
    };
    let by_days = match days {
        Some(days) if days < CRITICAL_DAYS => State::Critical,
        Some(days) if days < WARNING_DAYS => State::Warning,
        Some(_) | None => State::Ok,
    };
    found.max(by_days)
}

/// The findings as bad as the worst, else how many days are left.
fn says(survey: &Survey, findings: &[Finding], days: Option<i64>) -> String {
    let worst = findings.first().map(|finding| finding.severity);
    let telling: Vec<String> = findings
        .iter()
        .filter(|finding| Some(finding.severity) == worst && finding.severity > Severity::Info)
        .map(|finding| plain(&finding.says))
        .collect();
    match (telling.is_empty(), days) {
        (false, _) => telling.join("; "),
        (true, Some(days)) if days < WARNING_DAYS => format!("certificate expires in {days} days"),
        (true, Some(days)) => format!("{}, certificate valid for {days} days", nla(survey)),
        (true, None) => nla(survey).to_owned(),
    }
}

fn nla(survey: &Survey) -> &'static str {
    if survey.enforces_nla() {
        "NLA required"
    } else {
        "RDP answers"
    }
}

/// A bar would begin the performance data, and a line break another line.
fn plain(text: &str) -> String {
    clean(text, TEXT).replace('|', "/")
}

fn millis(duration: Duration) -> String {
    let tenths = duration.as_micros() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}
