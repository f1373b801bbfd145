//! What a message says: the variables of [`VARIABLES`], as JSON or as a template arranges them.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::event::Shift;
use crate::event::Turn;
use crate::job::Occasion;
use crate::job::VARIABLES;
use crate::service::errand::Notice;
use crate::service::errand::Report;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::Layer;
use crate::syntax::template::Values;
use crate::syntax::template::Variables;

/// Entries that a list in a message has at most; counts tell of all.
pub const LONGEST_LIST: usize = 50;
/// Bytes of a message.
pub const LARGEST: usize = 256 * 1024;

/// The variables of a message. The address is that of the run's page, when there is one.
pub fn variables(notice: &Notice, occasion: Occasion, url: Option<&str>) -> Map<String, Value> {
    let mut said = match &notice.result {
        Ok(report) => of_run(report),
        Err(not_begun) => of_nothing(notice, &not_begun.why, not_begun.exit_code),
    };
    said.insert("occasion".to_owned(), occasion.word().into());
    said.insert("job".to_owned(), (*notice.job.name).into());
    said.insert("url".to_owned(), url.into());
    // In the order of the list, and nothing but what is listed.
    let listed = VARIABLES.iter();
    listed
        .map(|(name, _)| ((*name).to_owned(), said.remove(*name).unwrap_or_default()))
        .collect()
}

/// The message: the variables as JSON, or what the template makes of them, as text or as JSON. The error is for people.
pub fn message(body: Option<&Node>, said: Map<String, Value>) -> Result<String, String> {
    let text = match body {
        None => Value::Object(said).to_string(),
        Some(template) => rendered(template, &said)?,
    };
    if text.len() > LARGEST {
        return Err(format!("the message has more than {LARGEST} bytes"));
    }
    Ok(text)
}

fn rendered(template: &Node, said: &Map<String, Value>) -> Result<String, String> {
    let mut values = Values::default();
    for (name, value) in said {
        values.set(name, value);
    }
    let variables = Variables::layered(vec![Layer::Values(&values)]);
    match Engine::new().json(template, &variables) {
        Ok(Value::String(text)) => Ok(text),
        Ok(value) => Ok(value.to_string()),
        Err(mistake) => Err(format!("its `body` cannot be made: {}", mistake.message)),
    }
}

fn of_run(report: &Report) -> Map<String, Value> {
    let recap = &report.recap;
    let seconds = report.ended.duration_since(report.started).as_secs_f64();
    let failures = report.failures.iter().take(LONGEST_LIST);
    let failures: Vec<Value> = failures
        .map(|(host, reason)| json!({"host": host, "reason": reason}))
        .collect();
    object(json!({
        "run": report.run,
        "mode": report.mode.word(),
        "playbook": report.playbook,
        "started": report.started,
        "ended": report.ended,
        "seconds": seconds,
        "exit_code": report.exit_code,
        "hosts": report.hosts,
        "ok": recap.ok,
        "changed": recap.changed,
        "drifted": recap.drifted,
        "unreachable": recap.unreachable,
        "failed": recap.failed,
        "waived": report.waived,
        "drifts": turned(&report.shifts, Turn::Began),
        "recoveries": turned(&report.shifts, Turn::Ended),
        "failures": failures,
    }))
}

/// A run that could not begin has no host; the reason stands where theirs would.
fn of_nothing(notice: &Notice, why: &str, exit_code: u8) -> Map<String, Value> {
    object(json!({
        "run": Value::Null,
        "mode": notice.job.mode.word(),
        "playbook": notice.job.playbook.display().to_string(),
        "started": notice.at,
        "ended": notice.at,
        "seconds": 0,
        "exit_code": exit_code,
        "hosts": 0,
        "ok": 0,
        "changed": 0,
        "drifted": 0,
        "unreachable": 0,
        "failed": 0,
        "waived": 0,
        "drifts": [],
        "recoveries": [],
        "failures": [{"host": Value::Null, "reason": why}],
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn turned(shifts: &[Shift], turn: Turn) -> Vec<Value> {
    let turned = shifts.iter().filter(|shift| shift.turn == turn);
    turned
        .take(LONGEST_LIST)
        .map(|shift| json!({"host": shift.host, "control": shift.control, "since": shift.since}))
        .collect()
}
