//! What is said of one host, as lines in which the host's name is left open, so that equal stories can be told once.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cim::Value;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::TaskResult;
use crate::event::Tolerated;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Failure;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::SkipReason;
use crate::plan::Step;
use crate::proof::Proof;
use crate::proof::Verdict;
use crate::report::human::Diff;
use crate::report::human::Options;
use crate::report::human::fold::mask;
use crate::report::human::paint::Tint;
use crate::report::text;
use crate::report::text::SHOWN;
use crate::report::text::clean;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// What follows belongs to this play.
    Play(String),
    /// `status: [hosts] => text`
    Status {
        tint: Tint,
        status: &'static str,
        text: String,
        several: Several,
    },
    /// An indented line below.
    Detail {
        tint: Tint,
        text: String,
        compared: Compared,
    },
}

/// What a status line says of several hosts at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Several {
    /// The same.
    Same,
    /// This, in which nothing tells hosts apart.
    Masked(String),
    /// This, and until when the first of their certificates is valid.
    Certificates(String),
}

/// Whether hosts that differ in a detail have different stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Yes,
    No,
}

impl Several {
    /// The words for several hosts.
    pub(super) fn words(&self, alone: &str, until: Option<Timestamp>) -> String {
        match (self, until) {
            (Self::Same, _) => alone.to_owned(),
            (Self::Masked(masked), _) | (Self::Certificates(masked), None) => masked.clone(),
            (Self::Certificates(masked), Some(until)) => {
                format!("{masked}, certificates until {} or later", day(until))
            }
        }
    }
}

/// What is said of one host.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) lines: Vec<Line>,
    play: Option<Arc<str>>,
    tasks: usize,
    ok: u64,
    left_out: Vec<(SkipReason, u64)>,
    told_trouble: bool,
    /// The last day of the certificate that was shown.
    pub(super) until: Option<Timestamp>,
}

impl Story {
    /// Adds a result.
    pub(super) fn result(&mut self, result: &TaskResult, options: Options) {
        if self.play.as_ref() != Some(&result.play) {
            self.finish_play();
            self.play = Some(Arc::clone(&result.play));
            let name = clean(&result.play, SHOWN).into_owned();
            self.lines.push(Line::Play(name));
        }
        let what = what(result);
        match &result.outcome {
            Outcome::Drifted(changes) | Outcome::Overridden(changes) if result.is_waived() => {
                let text = format!("{what}: {}", waived(result));
                self.changes((Tint::Skipped, "waived"), text, (result, changes), options);
            }
            Outcome::Compliant => {
                self.ok += 1;
                if let Some(message) = &result.message {
                    let text = format!("{what}: {}", clean(message, SHOWN));
                    self.status(Tint::Ok, "ok", text, Several::Same);
                } else if options.verbosity > 0 {
                    self.status(Tint::Ok, "ok", what, Several::Same);
                }
            }
            Outcome::Drifted(changes) => {
                self.changes(
                    (Tint::Changed, "would change"),
                    what,
                    (result, changes),
                    options,
                );
            }
            Outcome::Changed(changes) => {
                self.changes((Tint::Changed, "changed"), what, (result, changes), options);
            }
            Outcome::Overridden(changes) => {
                self.changes(
                    (Tint::Warning, "overridden"),
                    what,
                    (result, changes),
                    options,
                );
            }
            Outcome::Unconverged { left, .. } => {
                self.told_trouble = true;
                let text = format!("{what}: {}", text::unconverged(left));
                self.changes((Tint::Failed, "failed"), text, (result, left), options);
            }
            Outcome::Failed(failure) => self.failed(result, &what, failure, options),
            Outcome::Skipped(reason) => self.skipped(result, &what, reason, options),
            Outcome::Unknown(unknown) => {
                let text = format!("{what}: {}", text::unknown(unknown));
                self.status(Tint::Warning, "unknown", text, Several::Same);
            }
        }
        if let Some(warning) = text::waiver_warning(result) {
            self.detail(Tint::Warning, format!("warning: {warning}"));
        }
        self.tasks += 1;
    }

    /// Adds what is said of the host as a whole.
    pub(super) fn end(&mut self, summary: &HostSummary, options: Options) {
        self.finish_play();
        let host = &*summary.host;
        match &summary.status {
            HostStatus::Unreachable { reason, hint } if !self.told_trouble => {
                self.trouble(
                    (Tint::Unreachable, "unreachable"),
                    host,
                    reason,
                    hint.as_ref(),
                );
            }
            HostStatus::Failed { reason, hint } if !self.told_trouble && !refuted(summary) => {
                self.trouble((Tint::Failed, "failed"), host, reason, hint.as_ref());
            }
            HostStatus::Interrupted if self.tasks == 0 => {
                self.status(Tint::Skipped, "interrupted", String::new(), Several::Same);
            }
            HostStatus::Ok
            | HostStatus::Drifted
            | HostStatus::Unreachable { .. }
            | HostStatus::Failed { .. }
            | HostStatus::Interrupted => {}
        }
        let nothing_else = summary.counts.changed
            + summary.counts.would_change
            + summary.counts.overridden
            + summary.counts.waived
            + summary.counts.failed
            + summary.counts.unknown
            == 0;
        if self.ok > 0 && nothing_else && options.verbosity == 0 {
            self.status(Tint::Ok, "ok", counted(self.ok, "task"), Several::Same);
        }
        if let Some(proof) = &summary.proof {
            self.proof(host, proof);
        }
        if options.verbosity > 0 {
            let cost = format!(
                "{}, {}, {} bytes sent, {} bytes received, {}",
                counted(summary.traffic.requests, "request"),
                counted(summary.traffic.connections, "connection"),
                summary.traffic.bytes_sent,
                summary.traffic.bytes_received,
                text::duration(summary.duration)
            );
            self.lines.push(Line::Detail {
                tint: Tint::Verbose,
                text: cost,
                compared: Compared::No,
            });
        }
    }

    /// What tells this story from another.
    pub(super) fn key(&self) -> String {
        let mut key = String::new();
        for line in &self.lines {
            let (head, text) = match line {
                Line::Play(name) => ("play", name),
                Line::Status {
                    status,
                    text,
                    several,
                    ..
                } => match several {
                    Several::Same => (*status, text),
                    Several::Masked(masked) | Several::Certificates(masked) => (*status, masked),
                },
                Line::Detail {
                    text,
                    compared: Compared::Yes,
                    ..
                } => ("", text),
                Line::Detail { .. } => continue,
            };
            // Writing to a string cannot fail.
            let _written = writeln!(key, "{head}\t{text}");
        }
        key
    }

    fn status(&mut self, tint: Tint, status: &'static str, text: String, several: Several) {
        self.lines.push(Line::Status {
            tint,
            status,
            text,
            several,
        });
    }

    fn detail(&mut self, tint: Tint, text: String) {
        self.lines.push(Line::Detail {
            tint,
            text,
            compared: Compared::Yes,
        });
    }

    /// A line with a reason, and its remedy below.
    fn trouble(
        &mut self,
        (tint, status): (Tint, &'static str),
        host: &str,
        reason: &str,
        hint: Option<&String>,
    ) {
        self.told_trouble = true;
        let shown = clean(reason, SHOWN).into_owned();
        let masked = mask(&shown, host);
        let several = if masked == shown {
            Several::Same
        } else {
            Several::Masked(masked)
        };
        self.status(tint, status, shown, several);
        if let Some(hint) = hint {
            self.hint(hint);
        }
    }

    fn hint(&mut self, hint: &str) {
        let text = format!("hint: {}", clean(hint, SHOWN));
        self.detail(Tint::Plain, text);
    }

    fn failed(&mut self, result: &TaskResult, what: &str, failure: &Failure, options: Options) {
        let reason = format!("{what}: {}", text::failure(failure));
        let head = match (result.tolerated, text::is_unreachable(failure)) {
            (Tolerated::Ignored, _) => (Tint::Skipped, "ignored"),
            (Tolerated::Rescued, _) => (Tint::Warning, "rescued"),
            (Tolerated::No, true) => (Tint::Unreachable, "unreachable"),
            (Tolerated::No, false) => (Tint::Failed, "failed"),
        };
        self.trouble(head, &result.host, &reason, failure.error.hint().as_ref());
        for change in &failure.made {
            let text = format!("made before: {}", difference(change));
            self.detail(Tint::Changed, text);
        }
        self.calls(&failure.made, options);
    }

    fn skipped(&mut self, result: &TaskResult, what: &str, reason: &SkipReason, options: Options) {
        let shown_from = match reason {
            SkipReason::NotNotified => 2,
            // What was notified and not done is a loose end, not a detail.
            SkipReason::EarlierFailure | SkipReason::Interrupted if result.handler => 0,
            SkipReason::Condition(_)
            | SkipReason::EarlierFailure
            | SkipReason::Interrupted
            | SkipReason::Ended
            | SkipReason::NoItems
            | SkipReason::Declined => 1,
        };
        if options.verbosity >= shown_from {
            let text = format!("{what}: {}", text::skip_reason(reason));
            self.status(Tint::Skipped, "skipped", text, Several::Same);
            return;
        }
        if shown_from == 1 && !matches!(reason, SkipReason::Condition(_)) {
            match self.left_out.iter_mut().find(|(known, _)| known == reason) {
                Some((_, count)) => *count += 1,
                None => self.left_out.push((reason.clone(), 1)),
            }
        }
    }

    fn finish_play(&mut self) {
        for (reason, count) in std::mem::take(&mut self.left_out) {
            let text = format!("{}: {}", counted(count, "task"), text::skip_reason(&reason));
            self.status(Tint::Skipped, "skipped", text, Several::Same);
        }
    }

    fn changes(
        &mut self,
        (tint, status): (Tint, &'static str),
        text: String,
        (result, changes): (&TaskResult, &[Change]),
        options: Options,
    ) {
        self.status(tint, status, text, Several::Same);
        for change in changes {
            self.change((tint, result.resource), change, options);
        }
        if let Some(message) = &result.message {
            self.detail(Tint::Warning, format!("note: {}", clean(message, SHOWN)));
        }
        self.calls(changes, options);
    }

    fn change(&mut self, (tint, kind): (Tint, &str), change: &Change, options: Options) {
        let mut aside = format!("decided by {}", change.decided_by.word());
        if change.disruption > Disruption::Harmless {
            aside.push_str("; ");
            aside.push_str(change.disruption.words());
        }
        match options.diff {
            Diff::Hide => self.detail(tint, format!("{} ({aside})", difference(change))),
            Diff::Show => {
                self.unified(kind, change);
                self.detail(Tint::Plain, format!("({aside})"));
            }
        }
        if let Some(advice) = text::advice(change) {
            self.hint(&advice);
        }
    }

    fn unified(&mut self, kind: &str, change: &Change) {
        let name = format!("{kind}.{}", change.property);
        self.detail(Tint::Removed, format!("--- before: {name}"));
        self.detail(Tint::Added, format!("+++ after: {name}"));
        let side = |value: &Value| match value {
            Value::Null => ("0,0", None),
            present => ("1", Some(text::value(present))),
        };
        let ((old_lines, old), (new_lines, new)) = (side(&change.from), side(&change.to));
        let place = format!("@@ -{old_lines} +{new_lines} @@");
        self.detail(Tint::Place, place);
        if let Some(old) = old {
            self.detail(Tint::Removed, format!("-{old}"));
        }
        if let Some(new) = new {
            self.detail(Tint::Added, format!("+{new}"));
        }
    }

    /// At high verbosity, what is sent.
    fn calls(&mut self, changes: &[Change], options: Options) {
        if options.verbosity < 2 {
            return;
        }
        for change in changes {
            let Remedy::Steps { apply, .. } = &change.remedy else {
                continue;
            };
            for step in apply {
                let text = match step {
                    Step::Call(call) => format!("> {call}"),
                    Step::Await { read, within, .. } => {
                        format!("> wait for {read}, {} s at most", within.as_secs())
                    }
                };
                let text = clean(&text, SHOWN).into_owned();
                self.detail(Tint::Verbose, text);
            }
        }
    }

    fn proof(&mut self, host: &str, proof: &Proof) {
        match &proof.verdict {
            Verdict::Proven => {
                let selected = proof.selected.map_or("reached", security);
                let Some(certificate) = &proof.certificate else {
                    self.status(Tint::Ok, "proved", selected.to_owned(), Several::Same);
                    return;
                };
                self.until = Some(certificate.not_after);
                let text = format!(
                    "{selected}, certificate {} until {}",
                    clean(&certificate.subject, SHOWN),
                    day(certificate.not_after)
                );
                let several = Several::Certificates(selected.to_owned());
                self.status(Tint::Ok, "proved", text, several);
            }
            Verdict::Refuted { id, reason, .. } => {
                let reason = format!("{reason} ({id})");
                self.trouble((Tint::Failed, "not proved"), host, &reason, None);
            }
        }
    }
}

/// `listener demands NLA (rdp_listener RDP-Tcp)`, with the item of a loop and the number of tries behind it.
fn what(result: &TaskResult) -> String {
    let thing = thing(result);
    let item = result
        .item
        .as_ref()
        .map(|item| format!(" [{}]", clean(item, SHOWN)))
        .unwrap_or_default();
    let tries = match result.attempts {
        0 | 1 => String::new(),
        several => format!(" after {several} tries"),
    };
    format!("{thing}{item}{tries}")
}

/// `accepted by ops until 2026-12-31: old clients`
fn waived(result: &TaskResult) -> String {
    result
        .waiver
        .as_deref()
        .map(text::waived)
        .unwrap_or_default()
}

fn thing(result: &TaskResult) -> String {
    let name = clean(&result.task, SHOWN);
    match (result.id.is_empty(), name == result.resource) {
        (true, true) => name.into_owned(),
        (true, false) => format!("{name} ({})", result.resource),
        (false, true) => format!("{name} {}", clean(&result.id, SHOWN)),
        (false, false) => format!("{name} ({} {})", result.resource, clean(&result.id, SHOWN)),
    }
}

/// `nla: not_required → required`
fn difference(change: &Change) -> String {
    let (from, to) = (text::value(&change.from), text::value(&change.to));
    format!("{}: {from} → {to}", change.property)
}

fn refuted(summary: &HostSummary) -> bool {
    let proof = summary.proof.as_ref();
    proof.is_some_and(|proof| proof.verdict != Verdict::Proven)
}

fn security(selected: &'static str) -> &'static str {
    match selected {
        "nla" => "NLA",
        "tls" => "TLS without NLA",
        "rdp" => "RDP security without TLS",
        other => other,
    }
}

/// The date of a moment, in UTC.
pub(super) fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// `1 task`, `2 tasks`
fn counted(count: u64, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}
