//! One JSON document in the shape of Ansible's `json` callback (ansible.posix.json), so that what reads that reads this.
//!
//! Tasks gather their hosts as with Ansible's `linear` strategy, whatever the order in which hosts ended. That takes
//! everything to be known before the first line is written; until then it stands in a file of its own.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;
use std::io::Write;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use uuid::Uuid;

use crate::event::HostStatus;
use crate::event::Recap;
use crate::event::Status;
use crate::event::Tolerated;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Row;
use crate::report::record::Run;
use crate::report::shelf::Scratch;
use crate::report::shelf::Shelf;

/// What Ansible calls the task before all others, and its action.
const FIRST_TASK: &str = "Gathering Facts";
const FIRST_ACTION: &str = "gather_facts";

/// Writes the document, at the end.
pub(super) struct Ansible {
    out: Box<dyn Write + Send>,
    shelf: Shelf,
    /// Where statistics are put down.
    stats: usize,
    /// Where hosts are put down that no task got to see.
    gone: usize,
    gone_span: Option<Span>,
    run: Option<Run>,
    plays: Vec<Play>,
    play_index: HashMap<String, usize>,
}

struct Play {
    name: String,
    span: Span,
    tasks: Vec<Task>,
    /// By name, and which one of that name on a host.
    index: HashMap<(String, usize), usize>,
}

struct Task {
    name: String,
    number: usize,
    span: Span,
    place: usize,
}

/// From the first beginning to the last end.
#[derive(Clone, Copy)]
struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Span {
    fn of(rows: &[&Row]) -> Option<Self> {
        let start = rows.iter().map(|row| began(row.at, row.duration)).min()?;
        let end = rows.iter().map(|row| row.at).max()?;
        Some(Self { start, end })
    }

    fn include(&mut self, other: Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
    }

    fn json(self) -> Value {
        json!({ "start": self.start.to_string(), "end": self.end.to_string() })
    }
}

fn began(end: Timestamp, took: Duration) -> Timestamp {
    SignedDuration::try_from(took)
        .ok()
        .and_then(|took| end.checked_sub(took).ok())
        .unwrap_or(end)
}

impl Ansible {
    pub(super) fn new(out: Box<dyn Write + Send>, scratch: Box<dyn Scratch>) -> Self {
        let mut shelf = Shelf::new(scratch);
        Self {
            out,
            stats: shelf.place(),
            gone: shelf.place(),
            gone_span: None,
            shelf,
            run: None,
            plays: Vec::new(),
            play_index: HashMap::new(),
        }
    }

    fn play(&mut self, name: &str, span: Span) -> Option<&mut Play> {
        let place = *self.play_index.entry(name.to_owned()).or_insert_with(|| {
            self.plays.push(Play {
                name: name.to_owned(),
                span,
                tasks: Vec::new(),
                index: HashMap::new(),
            });
            self.plays.len().saturating_sub(1)
        });
        let play = self.plays.get_mut(place)?;
        play.span.include(span);
        Some(play)
    }

    /// Where the results of a task are put down.
    fn place(&mut self, play: &str, (name, number): (&str, usize), span: Span) -> Option<usize> {
        let key = (name.to_owned(), number);
        let known = self.play(play, span)?.index.get(&key).copied();
        let index = if let Some(index) = known {
            index
        } else {
            let place = self.shelf.place();
            let play = self.play(play, span)?;
            play.tasks.push(Task {
                name: name.to_owned(),
                number,
                span,
                place,
            });
            let index = play.tasks.len().saturating_sub(1);
            play.index.insert(key, index);
            index
        };
        let task = self.play(play, span)?.tasks.get_mut(index)?;
        task.span.include(span);
        Some(task.place)
    }

    fn id(&self, parts: &[&str]) -> String {
        let mut hash = Sha256::new();
        let run = self.run.as_ref().map_or("", |run| &*run.id);
        for part in std::iter::once(&run).chain(parts) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let bytes = hash.finalize();
        let first = bytes.first_chunk::<16>().copied().unwrap_or_default();
        uuid::Builder::from_custom_bytes(first)
            .into_uuid()
            .hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            .to_owned()
    }

    /// A host that cannot be reached is told by Ansible in the first task that it is to do.
    fn unreachable(&mut self, host: &Finished, reason: &str) -> io::Result<()> {
        let told = json!({
            "changed": false,
            "unreachable": true,
            "action": FIRST_ACTION,
            "msg": reason,
            "rdpfix": { "status": "unreachable", "hint": host.hint() },
        });
        let span = Span {
            start: began(host.at, host.duration),
            end: host.at,
        };
        self.gone_span.get_or_insert(span).include(span);
        let piece = format!("{}:{told}", json!(host.name));
        self.shelf.put(self.gone, piece.as_bytes())
    }

    /// Puts the hosts that no task got to see before everything else.
    fn place_unreachable(&mut self) {
        let Some(span) = self.gone_span else { return };
        if self.plays.is_empty() {
            let name = self.run.as_ref().map_or("", |run| &*run.playbook);
            self.plays.push(Play {
                name: name.to_owned(),
                span,
                tasks: Vec::new(),
                index: HashMap::new(),
            });
        }
        if let Some(play) = self.plays.first_mut() {
            play.span.include(span);
            play.tasks.insert(
                0,
                Task {
                    name: FIRST_TASK.to_owned(),
                    number: 0,
                    span,
                    place: self.gone,
                },
            );
        }
    }

    fn write_play(&mut self, play: &Play) -> io::Result<()> {
        let path = self.run.as_ref().map_or("", |run| &*run.playbook);
        let path = path.to_owned();
        let head = json!({
            "name": play.name,
            "id": self.id(&[&play.name]),
            "path": path,
            "duration": play.span.json(),
        });
        self.out
            .write_all(format!("{{\"play\":{head},\"tasks\":[").as_bytes())?;
        for (index, task) in play.tasks.iter().enumerate() {
            let head = json!({
                "name": task.name,
                "id": self.id(&[&play.name, &task.name, &task.number.to_string()]),
                "path": path,
                "duration": task.span.json(),
            });
            let separator = if index > 0 { ",\n" } else { "\n" };
            let text = format!("{separator}{{\"task\":{head},\"hosts\":{{\n");
            self.out.write_all(text.as_bytes())?;
            self.shelf.copy(task.place, &mut self.out)?;
            self.out.write_all(b"}}")?;
        }
        self.out.write_all(b"\n]}")
    }
}

/// Results that belong together: the items of one loop.
fn loops(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, next| {
        one.item.is_some()
            && next.item.is_some()
            && (&one.play, &one.task, one.resource) == (&next.play, &next.task, next.resource)
    })
}

/// What is said of one host in one task.
fn told(rows: &[Row]) -> Value {
    match rows {
        [row] if row.item.is_none() => Value::Object(single(row)),
        items => {
            let any = |of: fn(&Row) -> bool| items.iter().any(of);
            let mut whole = Map::new();
            let failed = any(is_failed);
            let skipped = items.iter().all(is_skipped);
            whole.insert("changed".to_owned(), json!(any(is_changed)));
            if failed {
                whole.insert("failed".to_owned(), json!(true));
            }
            if skipped {
                whole.insert("skipped".to_owned(), json!(true));
            }
            let text = match (failed, skipped) {
                (true, _) => "One or more items failed",
                (false, true) => "All items skipped",
                (false, false) => "All items completed",
            };
            whole.insert("msg".to_owned(), json!(text));
            let action = items.first().map(|row| row.resource);
            whole.insert("action".to_owned(), json!(action));
            let results: Vec<Value> = items
                .iter()
                .map(|row| {
                    let mut one = single(row);
                    one.insert("item".to_owned(), json!(row.item));
                    one.insert("ansible_loop_var".to_owned(), json!("item"));
                    Value::Object(one)
                })
                .collect();
            whole.insert("results".to_owned(), Value::Array(results));
            Value::Object(whole)
        }
    }
}

fn is_failed(row: &Row) -> bool {
    row.status == Status::Failed
}

fn is_skipped(row: &Row) -> bool {
    row.status == Status::Skipped
}

/// Ansible counts what check mode would change as changed.
fn is_changed(row: &Row) -> bool {
    matches!(row.status, Status::Changed | Status::WouldChange)
}

fn single(row: &Row) -> Map<String, Value> {
    let mut told = Map::new();
    let mut say = |key: &str, value: Value| {
        told.insert(key.to_owned(), value);
    };
    say("changed", json!(is_changed(row)));
    say("action", json!(row.resource));
    let line = row.line();
    match row.status {
        Status::Failed => say("failed", json!(true)),
        Status::Unreachable => say("unreachable", json!(true)),
        Status::Skipped => {
            say("skipped", json!(true));
            say("skip_reason", json!(row.reason));
        }
        Status::Ok
        | Status::Changed
        | Status::Waived
        | Status::Unknown
        | Status::WouldChange
        | Status::Overridden => {}
    }
    let message = row.acceptance().or_else(|| row.message.clone());
    let message = message.or_else(|| (!line.is_empty()).then_some(line));
    if let Some(message) = message {
        say("msg", json!(message));
    }
    if row.attempts > 1 {
        say("attempts", json!(row.attempts));
    }
    if !row.differences.is_empty() {
        let name = format!("{}:{}", row.resource, row.id);
        let diff: Vec<Value> = row
            .differences
            .iter()
            .map(|one| {
                json!({
                    "before": format!("{}: {}\n", one.property, one.before),
                    "after": format!("{}: {}\n", one.property, one.after),
                    "before_header": format!("before: {name}"),
                    "after_header": format!("after: {name}"),
                })
            })
            .collect();
        say("diff", Value::Array(diff));
    }
    // What Ansible has no word for stands apart.
    let mut own = json!({
        "status": row.word(),
        "control": row.control,
        "severity": row.severity.word(),
        "hint": row.hint,
    });
    if let (Some(spell), Some(own)) = (row.spell, own.as_object_mut()) {
        own.insert("drift_since".to_owned(), json!(spell.since.to_string()));
        let until = spell.until().map(|until| until.to_string());
        own.extend(until.map(|until| ("drift_until".to_owned(), json!(until))));
    }
    say("rdpfix", own);
    told
}

/// Counts of a host by Ansible's words.
fn stats(host: &Finished) -> Value {
    let mut counts: BTreeMap<&str, usize> = [
        "ok",
        "changed",
        "unreachable",
        "failures",
        "skipped",
        "rescued",
        "ignored",
    ]
    .into_iter()
    .map(|word| (word, 0))
    .collect();
    let mut add = |word: &'static str| *counts.entry(word).or_default() += 1;
    let mut told_lost = false;
    for items in loops(&host.rows) {
        let lost = items.iter().find(|row| row.status == Status::Unreachable);
        let failed = lost.or_else(|| items.iter().find(|row| is_failed(row)));
        match failed.map(|row| row.tolerated) {
            // Once a host, as Ansible has it.
            Some(Tolerated::No) if lost.is_some() => told_lost = true,
            Some(Tolerated::No) => add("failures"),
            Some(Tolerated::Rescued) => add("rescued"),
            Some(Tolerated::Ignored) => {
                add("ok");
                add("ignored");
            }
            None if items.iter().all(is_skipped) => add("skipped"),
            None => {
                add("ok");
                if items.iter().any(is_changed) {
                    add("changed");
                }
            }
        }
    }
    if told_lost || matches!(host.status, HostStatus::Unreachable { .. }) {
        add("unreachable");
    }
    if host
        .trouble()
        .is_some_and(|(rule, _)| rule == "host-failed")
        || is_refuted(host)
    {
        add("failures");
    }
    json!(counts)
}

fn is_refuted(host: &Finished) -> bool {
    let refuted = host.proof.as_ref().and_then(|proof| proof.refuted.as_ref());
    matches!(host.status, HostStatus::Failed { .. }) && refuted.is_some()
}

impl Chapters for Ansible {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
        for rows in loops(&host.rows) {
            let [first, ..] = rows else { continue };
            let times = seen.entry((&first.play, &first.task)).or_default();
            *times += 1;
            let all: Vec<&Row> = rows.iter().collect();
            let place = Span::of(&all)
                .and_then(|span| self.place(&first.play, (&first.task, *times), span));
            if let Some(place) = place {
                let piece = format!("{}:{}", json!(host.name), told(rows));
                self.shelf.put(place, piece.as_bytes())?;
            }
        }
        if let Some(("host-unreachable", reason)) = host.trouble() {
            self.unreachable(host, &reason)?;
        }
        let piece = format!("{}:{}", json!(host.name), stats(host));
        self.shelf.put(self.stats, piece.as_bytes())
    }

    fn end(&mut self, _: Timestamp, _: &Recap) -> io::Result<()> {
        self.place_unreachable();
        self.out.write_all(b"{\"plays\":[")?;
        for (index, play) in std::mem::take(&mut self.plays).iter().enumerate() {
            let separator: &[u8] = if index > 0 { b",\n" } else { b"\n" };
            self.out.write_all(separator)?;
            self.write_play(play)?;
        }
        self.out.write_all(b"\n],\"stats\":{\n")?;
        self.shelf.copy(self.stats, &mut self.out)?;
        self.out
            .write_all(b"\n},\"custom_stats\":{},\"global_custom_stats\":{}}\n")?;
        self.out.flush()
    }
}
