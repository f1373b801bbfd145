//! Heimdall Data Format: the JSON that InSpec's `json` reporter writes and viewers of security results read.
//!
//! One profile (the playbook) with one control for each of its controls and in it one result for each host. Waivers of
//! InSpec belong to controls: a control is waived when everything that is wrong with it is; the others say it in their
//! results. Results are kept in a file of their own until all are known.

use std::collections::BTreeSet;
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
use crate::report::shelf::Scratch;
use crate::report::shelf::Shelf;
use crate::report::text;

/// The version of InSpec whose shape this is.
const INSPEC: &str = "5.22.0";
/// Waivers of one control that are told.
const WAIVERS: usize = 20;

/// Writes the document, at the end.
pub(super) struct Hdf {
    out: Box<dyn Write + Send>,
    shelf: Shelf,
    run: Option<Run>,
    controls: Vec<Control>,
    index: HashMap<String, usize>,
}

struct Control {
    id: String,
    title: String,
    severity: Severity,
    references: Vec<String>,
    place: usize,
    /// Results by how they ended, the worst word last.
    passed: usize,
    skipped: usize,
    failed: usize,
    /// What is waived: the last day and why. Those that end first are kept.
    waivers: BTreeSet<(String, String)>,
    waivers_left: usize,
}

/// How bad a severity is, from 0 to 1, as InSpec has it.
fn impact(severity: Severity) -> f64 {
    match severity {
        // Viewers take 0 for a control that does not apply, whatever became of it.
        Severity::Info => 0.1,
        Severity::Low => 0.3,
        Severity::Medium => 0.5,
        Severity::High => 0.7,
        Severity::Critical => 1.0,
    }
}

/// One result of a control.
struct Told {
    status: &'static str,
    body: Value,
    waiver: Option<(String, String)>,
}

impl Hdf {
    pub(super) fn new(out: Box<dyn Write + Send>, scratch: Box<dyn Scratch>) -> Self {
        Self {
            out,
            shelf: Shelf::new(scratch),
            run: None,
            controls: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// Puts a result down under its control, which `describe` makes when it is new.
    fn put(&mut self, id: &str, told: Told, describe: impl FnOnce() -> Control) -> io::Result<()> {
        let index = *self.index.entry(id.to_owned()).or_insert_with(|| {
            let place = self.shelf.place();
            self.controls.push(Control {
                place,
                ..describe()
            });
            self.controls.len().saturating_sub(1)
        });
        let Some(control) = self.controls.get_mut(index) else {
            return Ok(());
        };
        match told.status {
            "passed" => control.passed += 1,
            "skipped" => control.skipped += 1,
            _ => control.failed += 1,
        }
        if let Some(waiver) = told.waiver {
            control.waivers.insert(waiver);
            if control.waivers.len() > WAIVERS {
                control.waivers.pop_last();
                control.waivers_left += 1;
            }
        }
        let place = control.place;
        self.shelf.put(place, told.body.to_string().as_bytes())
    }

    fn write_control(&mut self, control: &Control) -> io::Result<()> {
        let references: Vec<Value> = control
            .references
            .iter()
            .map(|reference| json!({ "ref": reference }))
            .collect();
        let head = json!({
            "id": control.id,
            "title": control.title,
            "desc": control.title,
            "descriptions": [],
            "impact": impact(control.severity),
            "refs": references,
            "tags": {
                "severity": control.severity.word(),
                "nist": [],
                "references": control.references,
            },
            "code": "",
            "source_location": {},
            "waiver_data": control.waiver(),
        });
        // The results go where the object ends.
        let head = head.to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        self.out
            .write_all(format!("{open},\"results\":[\n").as_bytes())?;
        self.shelf.copy(control.place, &mut self.out)?;
        self.out.write_all(b"]}")
    }
}

impl Control {
    fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            severity: Severity::High,
            references: Vec::new(),
            place: 0,
            passed: 0,
            skipped: 0,
            failed: 0,
            waivers: BTreeSet::new(),
            waivers_left: 0,
        }
    }

    fn of(row: &Row) -> Self {
        Self {
            severity: row.severity,
            references: row.references.clone(),
            ..Self::new(&row.control, row.title.as_ref().unwrap_or(&row.task))
        }
    }

    /// Empty unless waivers cover everything that is wrong.
    fn waiver(&self) -> Value {
        let Some((first, _)) = self.waivers.first() else {
            return json!({});
        };
        if self.failed > 0 {
            return json!({});
        }
        let mut reasons: Vec<String> = self.waivers.iter().map(|(_, why)| why.clone()).collect();
        if self.waivers_left > 0 {
            reasons.push(format!("and {} more", self.waivers_left));
        }
        json!({
            "expiration_date": first,
            "justification": reasons.join("; "),
            "run": true,
            "skipped_due_to_waiver": self.passed == 0,
            "message": "",
        })
    }

    fn word(&self) -> &'static str {
        match (self.failed, self.passed) {
            (1.., _) => "failed",
            (0, 1..) => "passed",
            (0, 0) => "skipped",
        }
    }
}

fn told(host: &str, row: &Row) -> Told {
    let what = match &row.item {
        Some(item) => format!("{host}: {} [{item}]", row.task),
        None => format!("{host}: {}", row.task),
    };
    let line = row.line();
    let spell = row.spell.map(|spell| spell.sentence());
    let with_spell = |line: String| -> Option<String> {
        let parts: Vec<String> = (!line.is_empty())
            .then_some(line)
            .into_iter()
            .chain(spell)
            .collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    };
    let (status, skip, message) = match row.status {
        _ if row.is_tolerated() => {
            let why = format!("failed, and {}: {line}", row.word());
            ("skipped", Some(why), None)
        }
        Status::Ok | Status::Changed => ("passed", None, with_spell(line)),
        Status::Waived => (
            "skipped",
            with_spell(row.acceptance().unwrap_or_default()),
            None,
        ),
        Status::Skipped => ("skipped", Some(line), None),
        Status::Unknown => {
            let why = format!("check mode cannot tell {line}");
            ("skipped", Some(why), None)
        }
        Status::WouldChange | Status::Overridden => ("failed", None, with_spell(line)),
        Status::Failed | Status::Unreachable => ("error", None, Some(line)),
    };
    let waiver = row.waiver.as_ref().filter(|_| row.status == Status::Waived);
    Told {
        status,
        body: body(
            (status, &what),
            (row.at, row.duration.as_secs_f64()),
            skip,
            message,
        ),
        waiver: waiver.map(|waiver| {
            (
                waiver.expires.clone(),
                format!("{host}: {}: {}", waiver.owner, waiver.reason),
            )
        }),
    }
}

fn body(
    (status, what): (&str, &str),
    (at, took): (Timestamp, f64),
    skip: Option<String>,
    message: Option<String>,
) -> Value {
    let mut body = json!({
        "status": status,
        "code_desc": what,
        "run_time": took,
        "start_time": at.to_string(),
    });
    if let Some(body) = body.as_object_mut() {
        if let Some(skip) = skip {
            body.insert("skip_message".to_owned(), json!(skip));
        }
        if let Some(message) = message {
            // Viewers show an exception apart; a message is shown with both.
            if status == "error" {
                body.insert("exception".to_owned(), json!(message));
            }
            body.insert("message".to_owned(), json!(message));
        }
    }
    body
}

impl Chapters for Hdf {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn go_on(&mut self, run: &Run) {
        if let Some(first) = &mut self.run {
            first.go_on(run);
        }
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        for row in host.rows.iter().filter(|row| row.is_check()) {
            self.put(&row.control, told(&host.name, row), || Control::of(row))?;
        }
        let when = (host.at, host.duration.as_secs_f64());
        if let Some(proof) = &host.proof {
            let what = format!("{}: a client outside gets through", host.name);
            let (status, reason) = match &proof.refuted {
                None => ("passed", None),
                Some((id, reason)) => ("failed", Some(format!("{reason} ({id})"))),
            };
            let spell = proof.spell.map(|spell| spell.sentence());
            let parts: Vec<String> = reason.into_iter().chain(spell).collect();
            let message = (!parts.is_empty()).then(|| parts.join("; "));
            let told = Told {
                status,
                body: body((status, &what), when, None, message),
                waiver: None,
            };
            let title = "Remote Desktop takes connections";
            self.put("proof", told, || Control::new("proof", title))?;
        }
        if let Some((rule, reason)) = host.trouble() {
            let what = format!("{}: the host can be looked at", host.name);
            let told = Told {
                status: "error",
                body: body(("error", &what), when, None, Some(reason)),
                waiver: None,
            };
            self.put(rule, told, || {
                Control::new(rule, "Every host can be looked at")
            })?;
        }
        Ok(())
    }

    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()> {
        if let Some(why) = text::unfinished(recap) {
            let what = "the run: every host had its turn";
            let told = Told {
                status: "error",
                body: body(("error", what), (at, 0.0), None, Some(why)),
                waiver: None,
            };
            self.put("run-stopped", told, || {
                Control::new("run-stopped", "Every host had its turn")
            })?;
        }
        let controls = std::mem::take(&mut self.controls);
        let run = self.run.take();
        let run = run.as_ref();
        let playbook = run.map_or("rdpfix", |run| &*run.playbook);
        let ids: Vec<&str> = controls.iter().map(|control| &*control.id).collect();
        let digest = Sha256::digest(format!("{playbook}\n{}", ids.join("\n")).as_bytes());
        let sha = text::hex(&digest);
        let profile = json!({
            "name": playbook,
            "title": playbook,
            "version": env!("CARGO_PKG_VERSION"),
            "summary": run.map(|run| format!("{} of {} hosts, run {}", run.mode(), run.hosts, run.id)),
            "supports": [{ "platform": "windows" }],
            "attributes": [],
            "groups": [{ "id": playbook, "title": playbook, "controls": ids }],
            "status": "loaded",
            "sha256": sha,
        });
        let target = run.map(|run| format!("{} hosts", run.hosts));
        let head = json!({
            "platform": { "name": "windows", "release": "", "target_id": target },
            "version": INSPEC,
            "statistics": {
                "duration": recap.duration.as_secs_f64(),
                "controls": total(&controls),
            },
        });
        let (head, profile) = (head.to_string(), profile.to_string());
        let open = |text: &str| text.strip_suffix('}').unwrap_or(text).to_owned();
        let text = format!(
            "{},\"profiles\":[{},\"controls\":[\n",
            open(&head),
            open(&profile)
        );
        self.out.write_all(text.as_bytes())?;
        for (index, control) in controls.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b",\n")?;
            }
            self.write_control(control)?;
        }
        self.out.write_all(b"]}]}\n")?;
        self.out.flush()
    }
}

/// How many controls passed, and so on.
fn total(controls: &[Control]) -> Value {
    let count = |word: &str| {
        let alike = controls.iter().filter(|control| control.word() == word);
        json!({ "total": alike.count() })
    };
    json!({
        "total": controls.len(),
        "passed": count("passed"),
        "skipped": count("skipped"),
        "failed": count("failed"),
    })
}
