//! Whether the messages of a job's webhooks can be made, with values such as they have on each occasion.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::diag::Diagnostic;
use crate::job::Job;
use crate::job::Occasion;
use crate::job::Webhook;
use crate::notify::body;

/// Bodies that cannot be made on an occasion on which they are sent, one mistake for each.
pub(super) fn flaws(job: &Job) -> Vec<Diagnostic> {
    job.notify
        .iter()
        .filter_map(|webhook| flaw(job, webhook))
        .collect()
}

fn flaw(job: &Job, webhook: &Webhook) -> Option<Diagnostic> {
    let node = webhook.body.as_ref()?;
    let mut samples = webhook.on.iter().flat_map(|occasion| {
        let samples = samples(job, *occasion).into_iter();
        samples.map(|sample| (*occasion, sample))
    });
    samples.find_map(|(occasion, sample)| {
        let why = body::message(Some(node), sample).err()?;
        Some(
            Diagnostic::error("bad-body", format!("a message of the webhook fails: {why}"))
                .at(&node.span)
                .label(format!("when it tells of `{}`", occasion.word()))
                .help("lists may be empty, and what a run that did not begin does not know is nothing"),
        )
    })
}

/// What messages may hold on an occasion.
fn samples(job: &Job, occasion: Occasion) -> Vec<Map<String, Value>> {
    let host = || json!([{"host": "ts01", "control": "RDP-NLA", "since": "2026-01-01T00:00:00Z"}]);
    let with = |key: &str, value: Value| {
        let mut sample = quiet(job, occasion);
        sample.insert(key.to_owned(), value);
        sample
    };
    let failure = || {
        with(
            "failures",
            json!([{"host": "ts01", "reason": "connection refused"}]),
        )
    };
    let not_begun = || {
        let mut sample = with(
            "failures",
            json!([{"host": null, "reason": "the playbook cannot be used"}]),
        );
        sample.insert("run".to_owned(), Value::Null);
        sample.insert("mode".to_owned(), job.mode.word().into());
        sample
    };
    match occasion {
        Occasion::Drift => vec![with("drifts", host())],
        Occasion::Recovery => vec![quiet(job, occasion), with("recoveries", host())],
        Occasion::Failure => vec![failure(), not_begun()],
        Occasion::Always => vec![
            quiet(job, occasion),
            with("drifts", host()),
            failure(),
            not_begun(),
        ],
    }
}

/// A run in which nothing happened.
fn quiet(job: &Job, occasion: Occasion) -> Map<String, Value> {
    let sample = json!({
        "occasion": occasion.word(),
        "job": *job.name,
        "run": "01K0000000000000000000000A",
        "mode": "audit",
        "playbook": job.playbook.display().to_string(),
        "started": "2026-01-01T00:00:00Z",
        "ended": "2026-01-01T00:00:01Z",
        "seconds": 1.0,
        "exit_code": 0,
        "hosts": 1,
        "ok": 1,
        "changed": 0,
        "drifted": 0,
        "unreachable": 0,
        "failed": 0,
        "waived": 0,
        "drifts": [],
        "recoveries": [],
        "failures": [],
        "url": null,
    });
    match sample {
        Value::Object(sample) => sample,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::samples;
    use crate::diag::Source;
    use crate::job;
    use crate::job::Occasion;
    use crate::job::VARIABLES;

    #[test]
    fn samples_have_the_variables_of_messages_and_no_others() {
        let source = Arc::new(Source {
            name: "jobs.yml".to_owned(),
            text: "jobs: [{name: a, playbook: p, inventory: h, every: 1h}]".to_owned(),
            secret: false,
        });
        let (file, _) = job::parse(&source);
        let known: BTreeSet<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
        for occasion in Occasion::ALL {
            for sample in samples(&file.as_ref().unwrap().jobs[0], occasion) {
                let names: BTreeSet<&str> = sample.keys().map(String::as_str).collect();
                assert_eq!(names, known, "{occasion:?}");
            }
        }
    }
}
