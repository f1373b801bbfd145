//! Reporters of probes: each turns a visit and what it amounts to into one format, host by host as visits end.
//! Memory does not grow with hosts, but for the few numbers that OpenMetrics tells at the end.

use std::io;

use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::Survey;

pub mod human;
pub mod jsonl;
pub mod nagios;
pub mod openmetrics;

pub use crate::report::probe::human::ProbeHuman;
pub use crate::report::probe::jsonl::ProbeJsonLines;
pub use crate::report::probe::nagios::Nagios;
pub use crate::report::probe::openmetrics::OpenMetrics;

/// Turns visits into one format.
pub trait ProbeReporter: Send {
    /// Takes the next visit with its findings, worst first; what is told at once is written and flushed before this returns.
    fn visit(&mut self, survey: &Survey, findings: &[Finding]) -> io::Result<()>;

    /// There are no more visits: tells what had to wait for the last of them.
    fn end(&mut self) -> io::Result<()>;
}

/// What a visit comes to, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing beyond information.
    Well,
    /// Warnings at most.
    Warned,
    /// RDP answers, and something keeps clients from connecting.
    Broken,
    /// RDP did not answer.
    Unreachable,
}

impl Standing {
    /// What this visit comes to.
    pub fn of(survey: &Survey, findings: &[Finding]) -> Self {
        if !survey.reachable() {
            return Self::Unreachable;
        }
        let worst = findings.iter().map(|finding| finding.severity).max();
        match worst {
            Some(Severity::Error) => Self::Broken,
            Some(Severity::Warning) => Self::Warned,
            Some(Severity::Info) | None => Self::Well,
        }
    }
}

/// `host:port`, an IPv6 address in brackets.
fn place(survey: &Survey) -> String {
    if survey.host.contains(':') {
        format!("[{}]:{}", survey.host, survey.port)
    } else {
        format!("{}:{}", survey.host, survey.port)
    }
}
