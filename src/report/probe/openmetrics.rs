//! A probe as a text of OpenMetrics 1.0, as node_exporter's textfile collector reads it. Keeps a few numbers of each host
//! and writes everything at the end, in one piece.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::time::Duration;

use crate::finding::Finding;
use crate::report::metrics::head;
use crate::report::metrics::label;
use crate::report::metrics::sample;
use crate::report::probe::ProbeReporter;
use crate::survey::Survey;

/// Writes metrics, at the end.
pub struct OpenMetrics {
    out: Box<dyn Write + Send>,
    hosts: BTreeMap<String, Numbers>,
}

/// What is kept of a host; the key is its labels.
struct Numbers {
    reachable: bool,
    nla_enforced: bool,
    /// Seconds since 1970.
    not_after: Option<i64>,
    skew: Option<i64>,
    stages: Vec<StageNumbers>,
    /// How many findings of each identifier and severity.
    findings: BTreeMap<(&'static str, &'static str), usize>,
}

struct StageNumbers {
    stage: &'static str,
    /// The median and the 99th percentile.
    quantiles: Option<(Duration, Duration)>,
    count: usize,
    failures: usize,
}

impl OpenMetrics {
    /// Writes to `out`, once.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            hosts: BTreeMap::new(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.flag(
            &mut text,
            ("rdpfix_probe_reachable", "Whether RDP answered."),
            |host| Some(host.reachable),
        );
        self.flag(
            &mut text,
            (
                "rdpfix_probe_nla_enforced",
                "Whether clients without NLA are refused.",
            ),
            |host| host.reachable.then_some(host.nla_enforced),
        );
        self.seconds(
            &mut text,
            (
                "rdpfix_cert_not_after_timestamp_seconds",
                "When the listener's certificate expires.",
            ),
            |host| host.not_after,
        );
        self.seconds(
            &mut text,
            (
                "rdpfix_probe_skew_seconds",
                "How far the host's clock is ahead of ours.",
            ),
            |host| host.skew,
        );
        self.stages(&mut text);
        self.failures(&mut text);
        self.findings(&mut text);
        text.push_str("# EOF\n");
        text
    }

    fn flag(&self, text: &mut String, (name, help): Family, of: fn(&Numbers) -> Option<bool>) {
        head(text, (name, help), "gauge");
        for (labels, host) in &self.hosts {
            if let Some(truth) = of(host) {
                sample(text, name, labels, u8::from(truth));
            }
        }
    }

    fn seconds(&self, text: &mut String, (name, help): Family, of: fn(&Numbers) -> Option<i64>) {
        head(text, (name, help), "gauge");
        for (labels, host) in &self.hosts {
            if let Some(seconds) = of(host) {
                sample(text, name, labels, seconds);
            }
        }
    }

    fn stages(&self, text: &mut String) {
        let name = "rdpfix_probe_stage_seconds";
        let help = "How long each completed stage of a visit took.";
        head(text, (name, help), "summary");
        for (labels, host) in &self.hosts {
            for stage in &host.stages {
                stage.tell(text, name, labels);
            }
        }
    }

    fn failures(&self, text: &mut String) {
        let name = "rdpfix_probe_stage_failures";
        let help = "How many times a stage was begun and not completed.";
        head(text, (name, help), "gauge");
        for (labels, host) in &self.hosts {
            for stage in &host.stages {
                let labels = format!("{labels},stage=\"{}\"", stage.stage);
                sample(text, name, &labels, stage.failures);
            }
        }
    }

    fn findings(&self, text: &mut String) {
        let name = "rdpfix_finding";
        let help = "How many findings a host has of each cause and severity.";
        head(text, (name, help), "gauge");
        for (labels, host) in &self.hosts {
            for ((id, severity), count) in &host.findings {
                let labels = format!("{labels},id=\"{id}\",severity=\"{severity}\"");
                sample(text, name, &labels, count);
            }
        }
    }
}

impl StageNumbers {
    fn tell(&self, text: &mut String, name: &str, labels: &str) {
        let labels = format!("{labels},stage=\"{}\"", self.stage);
        if let Some((median, worst)) = self.quantiles {
            for (quantile, took) in [("0.5", median), ("0.99", worst)] {
                let labels = format!("{labels},quantile=\"{quantile}\"");
                sample(text, name, &labels, fraction(took));
            }
        }
        sample(text, &format!("{name}_count"), &labels, self.count);
    }
}

/// Name and help of a family of metrics.
type Family = (&'static str, &'static str);

/// Seconds to the microsecond.
fn fraction(duration: Duration) -> String {
    format!("{}.{:06}", duration.as_secs(), duration.subsec_micros())
}

impl ProbeReporter for OpenMetrics {
    fn visit(&mut self, survey: &Survey, findings: &[Finding]) -> io::Result<()> {
        let leaf = survey.tls.as_ref().and_then(|tls| tls.chain.first());
        let ntlm = survey.ntlm.as_ref();
        let mut counted = BTreeMap::new();
        for finding in findings {
            let key = (finding.cause.id(), finding.severity.word());
            *counted.entry(key).or_default() += 1;
        }
        let stages = survey.stages.iter().map(|samples| StageNumbers {
            stage: samples.stage.word(),
            quantiles: samples.quantile(0.5).zip(samples.quantile(0.99)),
            count: samples.took.len(),
            failures: samples.failures,
        });
        let numbers = Numbers {
            reachable: survey.reachable(),
            nla_enforced: survey.enforces_nla(),
            not_after: leaf.map(|leaf| leaf.not_after.as_second()),
            skew: ntlm.and_then(|ntlm| ntlm.skew_seconds),
            stages: stages.collect(),
            findings: counted,
        };
        let labels = format!("host=\"{}\",port=\"{}\"", label(&survey.host), survey.port);
        self.hosts.insert(labels, numbers);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let text = self.text();
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
