//! The fleet as numbers for monitoring (OpenMetrics 1.0): counts by state, never a series for each host.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;

use crate::dashboard::Inner;
use crate::dashboard::jobs::Job;
use crate::dashboard::look::Look;
use crate::dashboard::problem::Problem;
use crate::history::HostState;
use crate::history::State as ControlState;
use crate::history::view::Fleet;

const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers a scrape.
pub(super) async fn answer(State(app): State<Arc<Inner>>) -> Response {
    let (now, jobs) = (app.clock.now(), app.jobs.jobs());
    let text = app.archive.look(move |file| {
        let ask = crate::dashboard::ask::Ask::nothing();
        let fleet = Look::new(file, &ask, now, &jobs).history()?.fleet(now)?;
        Ok(written(&fleet, &jobs))
    });
    match text.await {
        Ok(text) => ([(header::CONTENT_TYPE, KIND)], text).into_response(),
        Err(problem) => Problem::into_response(problem),
    }
}

/// The text of a scrape.
fn written(fleet: &Fleet, jobs: &[Job]) -> String {
    let mut metrics = Metrics::default();
    metrics.family("rdpfix_hosts", "Hosts by state");
    for state in HostState::ALL {
        let count = fleet.by_state.get(&state).copied().unwrap_or_default();
        metrics.sample("rdpfix_hosts", &[("state", state.word())], count);
    }
    metrics.family("rdpfix_host_controls", "Controls of hosts by state");
    for state in ControlState::ALL {
        let labels = [("state", state.word())];
        metrics.sample("rdpfix_host_controls", &labels, fleet.cells.of(state));
    }
    metrics.family("rdpfix_control_hosts", "Hosts by control and state");
    for row in &fleet.controls {
        for state in ControlState::ALL {
            let labels = [("control", row.control.as_str()), ("state", state.word())];
            metrics.sample("rdpfix_control_hosts", &labels, row.hosts.of(state));
        }
    }
    let expiring = "Certificates that end within thirty days, or have ended";
    metrics.family("rdpfix_certificates_expiring", expiring);
    metrics.sample(
        "rdpfix_certificates_expiring",
        &[],
        fleet.certificates_expiring,
    );
    if let Some(run) = &fleet.last_run {
        metrics.seconds("rdpfix_last_run_timestamp", "When the last run was started");
        let name = "rdpfix_last_run_timestamp_seconds";
        metrics.sample(name, &[], seconds(run.started));
    }
    of_jobs(&mut metrics, jobs);
    metrics.end()
}

fn of_jobs(metrics: &mut Metrics, jobs: &[Job]) {
    metrics.family("rdpfix_job_running", "Whether a job is running");
    for job in jobs {
        let running = u64::from(job.running_since.is_some());
        metrics.sample("rdpfix_job_running", &[("job", &job.name)], running);
    }
    metrics.seconds("rdpfix_job_next_run_timestamp", "When a job runs next");
    for job in jobs {
        if let Some(next) = job.next {
            let name = "rdpfix_job_next_run_timestamp_seconds";
            metrics.sample(name, &[("job", &job.name)], seconds(next));
        }
    }
}

/// Whole seconds since 1970; all that is told happened since.
fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or_default()
}

/// A text in the making. Writing into it cannot fail.
#[derive(Default)]
struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, help: &str) {
        let _cannot_fail = writeln!(self.0, "# TYPE {name} gauge\n# HELP {name} {help}");
    }

    fn seconds(&mut self, name: &str, help: &str) {
        let _cannot_fail = writeln!(
            self.0,
            "# TYPE {name}_seconds gauge\n# UNIT {name}_seconds seconds\n# HELP {name}_seconds {help}"
        );
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = match labels.as_slice() {
            [] => String::new(),
            labels => format!("{{{}}}", labels.join(",")),
        };
        let _cannot_fail = writeln!(self.0, "{name}{labels} {value}");
    }

    fn end(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }
}

/// A label's value: backslashes, quotes and line feeds are escaped, other control characters are replaced.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => escaped.push('\u{FFFD}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn labels_hold_any_text() {
        let mut metrics = Metrics::default();
        metrics.sample("a", &[("b", "c\"d\\e\nf\u{1}")], 1);
        assert_eq!(metrics.end(), "a{b=\"c\\\"d\\\\e\\nf\u{fffd}\"} 1\n# EOF\n");
    }
}
