//! SARIF 2.1.0 (OASIS standard of 27 March 2020), as code scanning reads it: a rule for each control, a result for each
//! deviation. Results are written host by host; rules are kept until the end.
//!
//! What is as it should be has no result, because readers take every result for an alert.

use std::collections::HashMap;
use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;

use crate::control::Severity;
use crate::event::Recap;
use crate::event::Status;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Row;
use crate::report::record::Run;
use crate::report::since::Spell;
use crate::report::text;

/// Where the schema is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Rules at most; results of yet others have no description.
const RULES: usize = 5_000;

/// Writes results.
pub(super) struct Sarif {
    out: Box<dyn Write + Send>,
    run: Option<Run>,
    rules: Vec<Value>,
    index: HashMap<String, usize>,
    /// How often a place of the host at hand was told of.
    seen: HashMap<String, usize>,
    any_result: bool,
}

/// What becomes a result.
struct Found<'a> {
    rule: &'a str,
    /// What tells several of a rule on a host apart.
    item: Option<&'a str>,
    level: &'static str,
    message: String,
    what: String,
    suppression: Option<String>,
    spell: Option<Spell>,
    properties: Value,
}

impl Sarif {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            run: None,
            rules: Vec::new(),
            index: HashMap::new(),
            seen: HashMap::new(),
            any_result: false,
        }
    }

    /// Where a rule is in the list, made by `describe` when it is new.
    fn rule(&mut self, id: &str, describe: impl FnOnce() -> Value) -> Option<usize> {
        if let Some(index) = self.index.get(id) {
            return Some(*index);
        }
        let index = self.rules.len();
        if index >= RULES {
            return None;
        }
        self.rules.push(describe());
        self.index.insert(id.to_owned(), index);
        Some(index)
    }

    /// What tells results apart, with the number of those that are alike, as GitHub's own are written.
    fn place(&mut self, host: &str, found: &Found<'_>) -> String {
        let print = fingerprint(host, found.rule, [Some(&*found.what), found.item]);
        let times = self.seen.entry(print.clone()).or_default();
        *times += 1;
        format!("{print}:{times}")
    }

    fn result(&mut self, host: &str, found: Found<'_>, rule: Option<usize>) -> io::Result<()> {
        let playbook = self.run.as_ref().map_or("", |run| &*run.playbook);
        let is_open = found.level == "none";
        let mut result = json!({
            "ruleId": found.rule,
            "kind": if is_open { "open" } else { "fail" },
            "level": found.level,
            "message": { "text": format!("{host}: {}", found.message) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(playbook) },
                    "region": { "startLine": 1 },
                },
                "logicalLocations": [{
                    "name": host,
                    "fullyQualifiedName": format!("{host}/{}", found.what),
                    "kind": "resource",
                }],
            }],
            "partialFingerprints": {
                // GitHub looks at this one alone, and makes it of the text of the line when it is missing: the same for
                // all hosts.
                "primaryLocationLineHash": self.place(host, &found),
                "hostControl/v1": fingerprint(host, found.rule, [found.item]),
            },
            "properties": found.properties,
        });
        if let (Some(rule), Some(result)) = (rule, result.as_object_mut()) {
            result.insert("ruleIndex".to_owned(), json!(rule));
        }
        if let (Some(why), Some(result)) = (found.suppression, result.as_object_mut()) {
            let suppression = json!([
                { "kind": "external", "status": "accepted", "justification": why }
            ]);
            result.insert("suppressions".to_owned(), suppression);
        }
        if let (Some(spell), Some(result)) =
            (found.spell.filter(Spell::lasts), result.as_object_mut())
        {
            let state = if spell.is_new() { "new" } else { "unchanged" };
            let provenance = json!({
                "firstDetectionTimeUtc": spell.since.to_string(),
                "lastDetectionTimeUtc": spell.seen.to_string(),
            });
            result.insert("baselineState".to_owned(), json!(state));
            result.insert("provenance".to_owned(), provenance);
        }
        let separator: &[u8] = if self.any_result { b",\n" } else { b"\n" };
        self.any_result = true;
        self.out.write_all(separator)?;
        self.out.write_all(&serde_json::to_vec(&result)?)
    }
}

/// The level of a rule.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// What GitHub ranks security alerts by, 0 to 10, each within its range of the same name.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.5",
    }
}

fn described(row: &Row) -> Value {
    let text = row.title.as_ref().unwrap_or(&row.task);
    let mut tags = vec!["security".to_owned(), "remote-desktop".to_owned()];
    for reference in &row.references {
        if !tags.contains(reference) {
            tags.push(reference.clone());
        }
    }
    json!({
        "id": row.control,
        "name": row.control,
        "shortDescription": { "text": text },
        "fullDescription": { "text": text },
        "defaultConfiguration": { "level": level(row.severity) },
        "properties": {
            "tags": tags,
            "precision": "very-high",
            "security-severity": security_severity(row.severity),
        },
    })
}

/// A rule that is none of the playbook's.
fn own_rule(id: &str, text: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": text },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["remote-desktop"] },
    })
}

fn found(row: &Row) -> Option<Found<'_>> {
    let level = match row.status {
        _ if row.is_tolerated() => return None,
        Status::Ok | Status::Changed | Status::Skipped => return None,
        Status::Unknown => "none",
        Status::Failed | Status::Unreachable => "error",
        Status::Waived | Status::WouldChange | Status::Overridden => level(row.severity),
    };
    let line = row.line();
    let message = if line.is_empty() {
        row.task.clone()
    } else {
        format!("{}: {line}", row.task)
    };
    Some(Found {
        rule: &row.control,
        item: row.item.as_deref(),
        level,
        message,
        what: format!("{}:{}", row.resource, row.id),
        suppression: row.acceptance(),
        spell: row.spell,
        properties: json!({
            "status": row.word(),
            "severity": row.severity.word(),
            "play": row.play,
            "task": row.task,
            "hint": row.hint,
        }),
    })
}

/// The same for the same host and control in every run.
fn fingerprint<const N: usize>(host: &str, rule: &str, more: [Option<&str>; N]) -> String {
    let mut hash = Sha256::new();
    for part in [Some(host), Some(rule)].into_iter().chain(more).flatten() {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    text::hex(&hash.finalize())
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => {
                uri.push('%');
                uri.push_str(&text::hex(&[other]).to_uppercase());
            }
        }
    }
    uri
}

impl Chapters for Sarif {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        let head = format!(
            "{{\"$schema\":{},\"version\":\"2.1.0\",\"runs\":[{{\"results\":[",
            json!(SCHEMA)
        );
        self.out.write_all(head.as_bytes())
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        self.seen.clear();
        for row in &host.rows {
            if let Some(found) = found(row) {
                let rule = self.rule(&row.control, || described(row));
                self.result(&host.name, found, rule)?;
            }
        }
        let refuted = host.proof.as_ref().and_then(|proof| {
            let (id, reason) = proof.refuted.clone()?;
            Some((id, reason, "a client cannot connect", proof.spell))
        });
        let trouble = host.trouble().map(|(id, reason)| {
            let text = "the host could not be looked at as a whole";
            (id, reason, text, None)
        });
        for (id, reason, text, spell) in refuted.into_iter().chain(trouble) {
            let rule = self.rule(id, || own_rule(id, text));
            let found = Found {
                rule: id,
                item: None,
                level: "error",
                message: reason,
                what: "host".to_owned(),
                suppression: None,
                spell,
                properties: json!({ "status": host.status.word(), "hint": host.hint() }),
            };
            self.result(&host.name, found, rule)?;
        }
        Ok(())
    }

    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()> {
        let rules = std::mem::take(&mut self.rules);
        let run = self.run.take();
        let mut invocation = json!({
            "executionSuccessful": recap.stopped.is_none() && recap.interrupted == 0,
            "endTimeUtc": at.to_string(),
        });
        let mut details = json!({ "id": "rdpfix/" });
        if let Some(run) = &run {
            if let Some(invocation) = invocation.as_object_mut() {
                invocation.insert("startTimeUtc".to_owned(), json!(run.at.to_string()));
            }
            details = json!({ "id": format!("rdpfix/{}/{}", run.playbook, run.id) });
        }
        let rest = json!({
            "tool": { "driver": {
                "name": "rdpfix",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": details,
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "properties": {
                "mode": run.as_ref().map(Run::mode),
                "job": run.as_ref().and_then(|run| run.job.clone()),
            },
        });
        // The rest is an object; its inside goes on where the results end.
        let rest = rest.to_string();
        let inside = rest.strip_prefix('{').unwrap_or(&rest);
        self.out
            .write_all(format!("\n],\n{inside}]}}\n").as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;
    use super::uri;

    #[test]
    fn a_fingerprint_depends_on_host_control_and_item() {
        let own = fingerprint("web01", "RDP-NLA", [None]);
        assert_eq!(own, fingerprint("web01", "RDP-NLA", [None]));
        for other in [
            fingerprint("web02", "RDP-NLA", [None]),
            fingerprint("web01", "RDP-TLS", [None]),
            fingerprint("web01", "RDP-NLA", [Some("a")]),
            fingerprint("web01RDP-NLA", "", [None]),
        ] {
            assert_ne!(own, other);
        }
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("playbooks/rdp.yml"), "playbooks/rdp.yml");
        assert_eq!(uri(r"a b\c:d.yml"), "a%20b/c%3Ad.yml");
    }
}
