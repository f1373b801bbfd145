//! JUnit XML, as CI systems read it: a suite for each host, a case for each control; written host by host.
//!
//! There is no standard; this keeps to what Jenkins, GitLab and junitparser agree on.

use std::collections::HashMap;
use std::io;
use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::BytesDecl;
use quick_xml::events::BytesEnd;
use quick_xml::events::BytesStart;
use quick_xml::events::BytesText;
use quick_xml::events::Event;

use crate::event::HostStatus;
use crate::event::Recap;
use crate::event::Status;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Row;
use crate::report::record::Run;
use crate::report::since::Spell;
use crate::report::text;

/// The suite that is no host.
const RUN: &str = "run";

/// Writes suites.
pub(super) struct Junit {
    out: Box<dyn Write + Send>,
}

/// One case.
struct Case<'a> {
    name: String,
    class: &'a str,
    took: Duration,
    ending: Ending,
    /// The time in which it differed, where a history knows.
    spell: Option<Spell>,
    /// What is to be read below it.
    details: String,
}

enum Ending {
    Passed,
    Failure { kind: &'static str, message: String },
    Error { kind: &'static str, message: String },
    Skipped { message: String },
}

impl Junit {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }

    fn suite(
        &mut self,
        name: &str,
        (at, took): (Timestamp, Duration),
        cases: &[Case<'_>],
    ) -> io::Result<()> {
        let count = |of: fn(&Ending) -> bool| {
            cases
                .iter()
                .filter(|case| of(&case.ending))
                .count()
                .to_string()
        };
        let suite = BytesStart::new("testsuite").with_attributes([
            ("name", name),
            ("tests", &cases.len().to_string()),
            (
                "failures",
                &count(|end| matches!(end, Ending::Failure { .. })),
            ),
            ("errors", &count(|end| matches!(end, Ending::Error { .. }))),
            (
                "skipped",
                &count(|end| matches!(end, Ending::Skipped { .. })),
            ),
            ("time", &seconds(took)),
            ("timestamp", &at.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            ("hostname", name),
        ]);
        let mut xml = Writer::new(Vec::new());
        xml.write_event(Event::Start(suite))?;
        for case in cases {
            xml.write_event(Event::Text(BytesText::new("\n")))?;
            case.write(&mut xml)?;
        }
        xml.write_event(Event::Text(BytesText::new("\n")))?;
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
        self.out.write_all(&xml.into_inner())?;
        self.out.write_all(b"\n")
    }
}

impl Chapters for Junit {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        let mut xml = Writer::new(Vec::new());
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = BytesStart::new("testsuites").with_attributes([("name", &*run.playbook)]);
        xml.write_event(Event::Start(root))?;
        self.out.write_all(&xml.into_inner())?;
        self.out.write_all(b"\n")
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        self.suite(&host.name, (host.at, host.duration), &cases(host))
    }

    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()> {
        if let Some(message) = text::unfinished(recap) {
            let case = Case {
                name: "every host had its turn".to_owned(),
                class: RUN,
                took: Duration::ZERO,
                ending: Ending::Error {
                    kind: "stopped",
                    message,
                },
                spell: None,
                details: String::new(),
            };
            self.suite(RUN, (at, Duration::ZERO), &[case])?;
        }
        self.out.write_all(b"</testsuites>\n")?;
        self.out.flush()
    }
}

fn cases(host: &Finished) -> Vec<Case<'_>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut cases: Vec<Case<'_>> = host
        .rows
        .iter()
        .filter(|row| row.is_check())
        .map(|row| Case {
            name: unique(row, &mut seen),
            class: &host.name,
            took: row.duration,
            ending: ending(row),
            spell: row.spell,
            details: details(row),
        })
        .collect();
    let alone = |name: &str, ending| Case {
        name: name.to_owned(),
        class: &host.name,
        took: Duration::ZERO,
        ending,
        spell: None,
        details: host
            .hint()
            .map(|hint| format!("hint: {hint}"))
            .unwrap_or_default(),
    };
    if let Some(proof) = &host.proof {
        let case = alone(
            "proof",
            match &proof.refuted {
                None => Ending::Passed,
                Some((id, reason)) => Ending::Failure {
                    kind: id,
                    message: reason.clone(),
                },
            },
        );
        cases.push(Case {
            spell: proof.spell,
            ..case
        });
    }
    if let Some((rule, message)) = host.trouble() {
        cases.push(alone(
            rule,
            Ending::Error {
                kind: host.status.word(),
                message,
            },
        ));
    }
    if host.status == HostStatus::Interrupted {
        let message = "the run was interrupted".to_owned();
        cases.push(alone("host", Ending::Skipped { message }));
    }
    cases
}

/// The control, with the item of a loop; tasks that check the same control are numbered.
fn unique(row: &Row, seen: &mut HashMap<String, usize>) -> String {
    let mut name = row.control.clone();
    if let Some(item) = &row.item {
        name = format!("{name} [{item}]");
    }
    let times = seen.entry(name.clone()).or_default();
    *times += 1;
    if *times > 1 {
        name = format!("{name} #{times}");
    }
    name
}

fn ending(row: &Row) -> Ending {
    let message = row.line();
    if row.is_tolerated() {
        let message = format!("failed, and {}: {message}", row.word());
        return Ending::Skipped { message };
    }
    match row.status {
        Status::Ok | Status::Changed => Ending::Passed,
        Status::Waived => Ending::Skipped {
            message: row.acceptance().unwrap_or(message),
        },
        Status::Skipped => Ending::Skipped { message },
        Status::Unknown => Ending::Skipped {
            message: format!("check mode cannot tell {message}"),
        },
        Status::WouldChange | Status::Overridden => Ending::Failure {
            kind: row.word(),
            message,
        },
        Status::Failed | Status::Unreachable => Ending::Error {
            kind: row.word(),
            message,
        },
    }
}

/// Everything that is known of a result that is not as it should be, or was not.
fn details(row: &Row) -> String {
    if row.status == Status::Ok && row.message.is_none() {
        return String::new();
    }
    let mut lines = vec![format!("task: {}", row.task)];
    lines.extend(row.title.iter().map(|title| format!("control: {title}")));
    for one in &row.differences {
        lines.push(format!(
            "{}: {} → {} (decided by {})",
            one.property, one.before, one.after, one.decided_by
        ));
    }
    lines.extend(row.message.iter().map(|text| format!("message: {text}")));
    lines.extend(row.hint.iter().map(|text| format!("hint: {text}")));
    let warning = row
        .waiver
        .as_ref()
        .and_then(|waiver| waiver.warning.as_ref());
    lines.extend(warning.map(|text| format!("warning: {text}")));
    if !row.references.is_empty() {
        lines.push(format!("references: {}", row.references.join(", ")));
    }
    lines.join("\n")
}

impl Case<'_> {
    fn write(&self, xml: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let case = BytesStart::new("testcase").with_attributes([
            ("classname", self.class),
            ("name", &self.name),
            ("time", &seconds(self.took)),
        ]);
        xml.write_event(Event::Start(case))?;
        let (element, kind, message) = match &self.ending {
            Ending::Passed => (None, "", ""),
            Ending::Failure { kind, message } => (Some("failure"), *kind, &**message),
            Ending::Error { kind, message } => (Some("error"), *kind, &**message),
            Ending::Skipped { message } => (Some("skipped"), "", &**message),
        };
        if let Some(element) = element {
            let mut start = BytesStart::new(element);
            if !kind.is_empty() {
                start.push_attribute(("type", kind));
            }
            start.push_attribute(("message", message));
            match &self.spell {
                // Readers show this text where they show what failed.
                Some(spell) => with_text(xml, start, &spell.sentence())?,
                None => xml.write_event(Event::Empty(start))?,
            }
        }
        let spell = self.spell.map(|spell| spell.sentence());
        let details = [Some(&self.details), spell.as_ref()];
        let details: Vec<&str> = details
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|line| !line.is_empty())
            .collect();
        if !details.is_empty() {
            with_text(xml, BytesStart::new("system-out"), &details.join("\n"))?;
        }
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}

/// An element that holds a text.
fn with_text(xml: &mut Writer<Vec<u8>>, start: BytesStart<'_>, text: &str) -> io::Result<()> {
    let end = start.to_end().into_owned();
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Text(BytesText::new(text)))?;
    xml.write_event(Event::End(end))
}

fn seconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}
