//! A run as a text of OpenMetrics 1.0, as node_exporter's textfile collector reads it. What is told of controls is written
//! host by host; of a host only its name and a few numbers are kept until the end.
//!
//! Every sample carries the playbook, because samples of several files that look alike make the collector drop all of them.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use jiff::Timestamp;

use crate::event::HostStatus;
use crate::event::Recap;
use crate::event::Status;
use crate::history::PROOF;
use crate::report::metrics;
use crate::report::metrics::label;
use crate::report::metrics::sample;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Run;

/// Writes metrics.
pub(super) struct OpenMetrics {
    out: Box<dyn Write + Send>,
    /// `playbook="…"`
    playbook: String,
    hosts: BTreeMap<String, Numbers>,
}

struct Numbers {
    /// Nothing when nobody came to try.
    reachable: Option<bool>,
    /// Controls whose deviation is accepted.
    waived: Vec<String>,
    /// Since when controls have differed, in seconds since 1970.
    drift: BTreeMap<String, i64>,
    /// Seconds since 1970.
    not_after: Option<i64>,
}

impl OpenMetrics {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            playbook: String::new(),
            hosts: BTreeMap::new(),
        }
    }

    fn family(
        &self,
        (name, help): (&str, &str),
        of: impl Fn(&mut String, &str, &Numbers),
    ) -> String {
        let mut text = head((name, help));
        for (host, numbers) in &self.hosts {
            let labels = format!("{host},{}", self.playbook);
            of(&mut text, &labels, numbers);
        }
        text
    }

    fn hosts(&self) -> String {
        let mut text = self.family(
            ("rdpfix_waived", "Deviations that a waiver accepts."),
            |text, labels, numbers| {
                for control in &numbers.waived {
                    let labels = format!("{labels},control=\"{control}\"");
                    sample(text, "rdpfix_waived", &labels, 1);
                }
            },
        );
        text += &self.family(
            (
                "rdpfix_host_reachable",
                "Whether the host could be looked at.",
            ),
            |text, labels, numbers| {
                if let Some(reachable) = numbers.reachable {
                    sample(text, "rdpfix_host_reachable", labels, u8::from(reachable));
                }
            },
        );
        text += &self.drift();
        let not_after = "rdpfix_cert_not_after_timestamp_seconds";
        text += &self.family(
            (not_after, "When the listener's certificate expires."),
            |text, labels, numbers| {
                if let Some(seconds) = numbers.not_after {
                    sample(text, not_after, labels, seconds);
                }
            },
        );
        text
    }

    /// Nothing at all where no history is kept.
    fn drift(&self) -> String {
        if self.hosts.values().all(|numbers| numbers.drift.is_empty()) {
            return String::new();
        }
        let since = "rdpfix_drift_since_timestamp_seconds";
        self.family(
            (since, "Since when a control of the host has differed."),
            |text, labels, numbers| {
                for (control, seconds) in &numbers.drift {
                    let labels = format!("{labels},control=\"{control}\"");
                    sample(text, since, &labels, *seconds);
                }
            },
        )
    }

    fn recap(&self, at: Timestamp, recap: &Recap) -> String {
        let labels = &self.playbook;
        let last = "rdpfix_last_run_timestamp_seconds";
        let mut text = head((last, "When the last run ended."));
        sample(&mut text, last, labels, at.as_second());
        let took = "rdpfix_last_run_duration_seconds";
        text += &head((took, "How long the last run took."));
        sample(&mut text, took, labels, recap.duration.as_secs_f64());
        let hosts = "rdpfix_last_run_hosts";
        text += &head((hosts, "Hosts of the last run by how they fared."));
        for (status, count) in [
            ("ok", recap.ok),
            ("drifted", recap.drifted),
            ("unreachable", recap.unreachable),
            ("failed", recap.failed),
            ("interrupted", recap.interrupted),
            ("not_started", recap.not_started),
        ] {
            let labels = format!("{labels},status=\"{status}\"");
            sample(&mut text, hosts, &labels, count);
        }
        for (name, help, count) in [
            (
                "rdpfix_last_run_changed_hosts",
                "Hosts that the last run changed.",
                recap.changed,
            ),
            (
                "rdpfix_last_run_waived_hosts",
                "Hosts of the last run that are as they should be but for what waivers accept.",
                recap.waived,
            ),
            (
                "rdpfix_last_run_proven_hosts",
                "Hosts that a client reached at the end of the last run.",
                recap.proven,
            ),
        ] {
            text += &head((name, help));
            sample(&mut text, name, labels, count);
        }
        text
    }
}

/// What stands before a family of gauges.
fn head(family: (&str, &str)) -> String {
    let mut text = String::new();
    metrics::head(&mut text, family, "gauge");
    text
}

/// Whether each control is as it should be; what nobody looked at, or cannot tell, is not in it.
fn verdicts(host: &Finished) -> BTreeMap<&str, bool> {
    let mut verdicts = BTreeMap::new();
    for row in &host.rows {
        let is_told = row.is_check() && !row.is_tolerated();
        let was_seen = !matches!(
            row.status,
            Status::Skipped | Status::Unknown | Status::Unreachable
        );
        if !is_told || !was_seen {
            continue;
        }
        let well = matches!(row.status, Status::Ok | Status::Changed);
        let verdict = verdicts.entry(&*row.control).or_insert(true);
        *verdict = *verdict && well;
    }
    verdicts
}

/// Since when controls of a host have differed, the connection from outside among them.
fn drift(host: &Finished) -> BTreeMap<String, i64> {
    let rows = host.rows.iter().map(|row| (&*row.control, row.spell));
    let proof = host.proof.as_ref().map(|proof| (PROOF, proof.spell));
    rows.chain(proof)
        .filter_map(|(control, spell)| Some((control, spell?)))
        .filter(|(_, spell)| spell.lasts())
        .map(|(control, spell)| (label(control), spell.since.as_second()))
        .collect()
}

impl Chapters for OpenMetrics {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.playbook = format!("playbook=\"{}\"", label(&run.playbook));
        let help = "Whether a control is as it should be; what a waiver accepts is not.";
        self.out
            .write_all(head(("rdpfix_compliant", help)).as_bytes())
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        let name = format!("host=\"{}\"", label(&host.name));
        if self.hosts.contains_key(&name) {
            // Names that differ only where they were cut; a sample told twice would spoil all.
            return Ok(());
        }
        let mut text = String::new();
        for (control, well) in verdicts(host) {
            let labels = format!("{name},{},control=\"{}\"", self.playbook, label(control));
            sample(&mut text, "rdpfix_compliant", &labels, u8::from(well));
        }
        let mut waived: Vec<String> = host
            .rows
            .iter()
            .filter(|row| row.status == Status::Waived)
            .map(|row| label(&row.control))
            .collect();
        waived.sort_unstable();
        waived.dedup();
        let certificate = host
            .proof
            .as_ref()
            .and_then(|proof| proof.certificate.as_ref());
        let numbers = Numbers {
            reachable: match host.status {
                HostStatus::Unreachable { .. } => Some(false),
                HostStatus::Interrupted if host.rows.is_empty() => None,
                _ => Some(true),
            },
            waived,
            drift: drift(host),
            not_after: certificate.map(|(_, not_after)| not_after.as_second()),
        };
        self.hosts.insert(name, numbers);
        self.out.write_all(text.as_bytes())
    }

    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()> {
        let text = format!("{}{}# EOF\n", self.hosts(), self.recap(at, recap));
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
