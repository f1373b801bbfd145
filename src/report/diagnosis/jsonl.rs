//! A diagnosis as JSON lines: one `cause` for each cause, then one `diagnose_end`, which holds the timeline too. Each
//! line is whole in itself; names are `snake_case`, and fields may be added later.

use std::io;
use std::io::Write;

use serde_json::Value;
use serde_json::json;

use crate::cim::EventLevel;
use crate::diagnosis::Missing;
use crate::diagnosis::Ranked;
use crate::diagnosis::timeline::Moment;
use crate::report::diagnosis::Playbook;
use crate::report::diagnosis::Told;
use crate::report::text;

/// The version of the format; grows only when a field changes its meaning or goes away.
const VERSION: u8 = 1;

/// Writes all lines and flushes.
pub fn jsonl(out: &mut dyn Write, told: &Told<'_>) -> io::Result<()> {
    for (one, rank) in told.causes.iter().zip(1_usize..) {
        text::json_line(out, &cause(told, one, rank))?;
    }
    text::json_line(out, &end(told))?;
    out.flush()
}

fn cause(told: &Told<'_>, one: &Ranked, rank: usize) -> Value {
    let entry = one.cause.entry();
    let steps: Vec<&str> = told.steps(one).map(|step| step.does.as_str()).collect();
    json!({
        "v": VERSION,
        "ts": told.at,
        "type": "cause",
        "host": told.host,
        "rank": rank,
        "id": entry.id,
        "severity": one.severity.word(),
        "score": one.score,
        "for": one.evidence_for,
        "against": one.evidence_against,
        "unseen": one.unseen,
        "title": entry.title,
        "advice": entry.advice,
        "steps": steps,
    })
}

fn event(moment: &Moment) -> Value {
    let level = match moment.level {
        EventLevel::Error => "error",
        EventLevel::Warning => "warning",
        EventLevel::Information => "information",
        EventLevel::AuditSuccess => "audit_success",
        EventLevel::AuditFailure => "audit_failure",
    };
    json!({
        "at": moment.at,
        "log": moment.log,
        "source": moment.source,
        "id": moment.id,
        "level": level,
        "says": moment.says,
    })
}

fn end(told: &Told<'_>) -> Value {
    let unseen: Vec<String> = told.unseen.iter().map(Missing::to_string).collect();
    let events: Vec<Value> = told.timeline.moments.iter().map(event).collect();
    let mut record = json!({
        "v": VERSION,
        "ts": told.at,
        "type": "diagnose_end",
        "host": told.host,
        "causes": told.causes.len(),
        "errors": told.errors(),
        "outside": told.outside,
        "inside": told.inside,
        "unseen": unseen,
        "events": events,
        "events_left_out": told.timeline.left_out,
        "mendable": told.mending.playbook.is_some(),
    });
    let path = match told.playbook {
        Playbook::Written(path) | Playbook::Same(path) => Some(path),
        Playbook::Shown | Playbook::Needless(_) => None,
    };
    if let (Value::Object(fields), Some(path)) = (&mut record, path) {
        fields.insert("playbook".to_owned(), json!(path));
    }
    record
}
