//! What is said of one host, as lines in which the host's name is left open, so that equal stories can be told once.

use std::sync::Arc;

use jiff::Timestamp;

use crate::cim::Value;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Status;
use crate::event::TaskResult;
use crate::event::Tolerated;
use crate::history::PROOF;
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
use crate::report::human::line::Compared;
use crate::report::human::line::Line;
use crate::report::human::line::Several;
use crate::report::human::line::Spells;
use crate::report::human::paint::Tint;
use crate::report::pen::Pen;
use crate::report::since;
use crate::report::since::Spell;
use crate::report::text;
use crate::report::text::counted;
use crate::report::text::day;

/// Which line tells of a control.
#[derive(Debug)]
struct Place {
    control: Arc<str>,
    status: Status,
    /// Nothing when there is no such line.
    line: Option<usize>,
    what: String,
}

/// What is said of one host.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) lines: Vec<Line>,
    pen: Pen,
    places: Vec<Place>,
    spells: since::Spells,
    play: Option<Arc<str>>,
    tasks: usize,
    ok: u64,
    left_out: Vec<(SkipReason, u64)>,
    told_trouble: bool,
    /// The last day of the certificate that was shown.
    pub(super) until: Option<Timestamp>,
}

impl Story {
    pub(super) fn new(pen: Pen) -> Self {
        Self {
            pen,
            ..Self::default()
        }
    }

    /// Adds a result.
    pub(super) fn result(&mut self, result: &TaskResult, options: Options) {
        if self.play.as_ref() != Some(&result.play) {
            self.finish_play();
            self.play = Some(Arc::clone(&result.play));
            let name = self.pen.shown(&result.play);
            self.lines.push(Line::Play(name));
        }
        let what = self.what(result);
        let line = self.lines.len();
        self.outcome(result, what.clone(), options);
        // Neither what failed nor a handler that is no control of its own says since when.
        if result.tolerated == Tolerated::No && (result.control.is_some() || !result.handler) {
            self.places.push(Place {
                control: result.control_id(),
                status: result.status(),
                line: (line < self.lines.len()).then_some(line),
                what,
            });
        }
        if let Some(warning) = text::waiver_warning(result) {
            let warning = self.pen.shown(&warning);
            self.detail(Tint::Warning, format!("warning: {warning}"));
        }
        self.tasks += 1;
    }

    /// Adds what the history knows of a control.
    pub(super) fn spell(&mut self, control: &str, spell: Spell) {
        self.spells.add(control.to_owned(), spell);
    }

    fn outcome(&mut self, result: &TaskResult, what: String, options: Options) {
        match &result.outcome {
            Outcome::Drifted(changes) | Outcome::Overridden(changes) if result.is_waived() => {
                let waived = result.waiver.as_deref().map(text::waived);
                let waived = self.pen.shown(&waived.unwrap_or_default());
                let text = format!("{what}: {waived}");
                self.changes((Tint::Skipped, "waived"), text, (result, changes), options);
            }
            Outcome::Compliant => {
                self.ok += 1;
                if let Some(message) = &result.message {
                    let text = format!("{what}: {}", self.pen.shown(message));
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
                let head = self.head(result.tolerated, (Tint::Failed, "failed"));
                let text = format!("{what}: {}", text::unconverged(left));
                self.changes(head, text, (result, left), options);
            }
            Outcome::Failed(failure) => self.failed(result, &what, failure, options),
            Outcome::Skipped(reason) => self.skipped(result, &what, reason, options),
            Outcome::Unknown(unknown) => {
                let text = format!("{what}: {}", self.pen.shown(&text::unknown(unknown)));
                self.status(Tint::Warning, "unknown", text, Several::Same);
            }
        }
    }

    /// How a failure begins; only one that matters says why the host is not well.
    fn head(&mut self, tolerated: Tolerated, own: (Tint, &'static str)) -> (Tint, &'static str) {
        match tolerated {
            Tolerated::Ignored => (Tint::Skipped, "ignored"),
            Tolerated::Rescued => (Tint::Warning, "rescued"),
            Tolerated::No => {
                self.told_trouble = true;
                own
            }
        }
    }

    /// Puts the times in which controls differed to the lines that tell of them.
    fn put_spells(&mut self) {
        for (control, spell) in self.spells.drain() {
            let statuses = self.places.iter().enumerate();
            let statuses = statuses.filter(|(_, place)| *place.control == *control);
            let about = since::about(spell, statuses.map(|(at, place)| (at, place.status)));
            let mut well = None;
            for at in about {
                let Some(place) = self.places.get(at) else {
                    continue;
                };
                match place.line.and_then(|line| self.lines.get_mut(line)) {
                    Some(Line::Status { spell: slot, .. }) => *slot = Some(Spells::of(spell)),
                    _ => well = Some(format!("{}: as it should be again", place.what)),
                }
            }
            // What is as it should be is told for its past alone.
            if let Some(text) = well {
                self.lines.push(Line::Status {
                    tint: Tint::Ok,
                    status: "ok",
                    text,
                    several: Several::Same,
                    spell: Some(Spells::of(spell)),
                });
            }
        }
        // Nothing more comes for them, and the story may wait for long.
        self.places = Vec::new();
    }

    /// Takes in when the same was so on another host.
    pub(super) fn join(&mut self, other: &Self) {
        for (line, other) in self.lines.iter_mut().zip(&other.lines) {
            if let (
                Line::Status {
                    spell: Some(spell), ..
                },
                Line::Status {
                    spell: Some(more), ..
                },
            ) = (line, other)
            {
                spell.join(*more);
            }
        }
    }

    /// Adds what is said of the host as a whole.
    pub(super) fn end(&mut self, summary: &HostSummary, options: Options) {
        self.finish_play();
        let proof_spell = self.spells.take(PROOF);
        self.put_spells();
        let host = &*summary.host;
        match &summary.status {
            HostStatus::Unreachable { reason, hint } if !self.told_trouble => {
                let head = (Tint::Unreachable, "unreachable");
                self.trouble(head, host, reason, hint.as_ref());
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
            let line = self.lines.len();
            self.proof(host, proof);
            if let Some(Line::Status { spell, .. }) = self.lines.get_mut(line) {
                *spell = proof_spell.map(Spells::of);
            }
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

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        let texts = self.lines.iter().map(|line| match line {
            Line::Play(text) | Line::Detail { text, .. } => text.len(),
            Line::Status { text, several, .. } => match several {
                Several::Same => text.len(),
                Several::Masked(masked) | Several::Certificates(masked) => {
                    text.len() + masked.len()
                }
            },
        });
        size_of::<Line>() * self.lines.capacity() + texts.sum::<usize>()
    }

    /// What tells this story from another.
    pub(super) fn key(&self) -> String {
        let mut key = String::new();
        for line in &self.lines {
            line.tell(&mut key);
        }
        key
    }

    fn status(&mut self, tint: Tint, status: &'static str, text: String, several: Several) {
        self.lines.push(Line::Status {
            tint,
            status,
            text,
            several,
            spell: None,
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
        let shown = self.pen.shown(reason);
        let masked = mask(&shown, &self.pen.mask(host));
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
        let text = format!("hint: {}", self.pen.shown(hint));
        self.detail(Tint::Plain, text);
    }

    fn failed(&mut self, result: &TaskResult, what: &str, failure: &Failure, options: Options) {
        let reason = format!("{what}: {}", text::failure(failure));
        let own = if failure.lost_host() {
            (Tint::Unreachable, "unreachable")
        } else {
            (Tint::Failed, "failed")
        };
        let head = self.head(result.tolerated, own);
        self.trouble(head, &result.host, &reason, failure.error.hint().as_ref());
        for change in &failure.made {
            let text = format!("made before: {}", self.pen.change(change));
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
            let text = format!("{what}: {}", self.pen.shown(&text::skip_reason(reason)));
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
            self.detail(Tint::Warning, format!("note: {}", self.pen.shown(message)));
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
            Diff::Hide => {
                let text = format!("{} ({aside})", self.pen.change(change));
                self.detail(tint, text);
            }
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
            present => ("1", Some(self.pen.value(present))),
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
                let text = self.pen.shown(&text);
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
                    self.pen.shown(&certificate.subject),
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

    /// `listener demands NLA (rdp_listener RDP-Tcp)`, with the item of a loop and the number of tries behind it.
    fn what(&self, result: &TaskResult) -> String {
        let thing = self.thing(result);
        let item = result
            .item
            .as_ref()
            .map(|item| format!(" [{}]", self.pen.shown(item)))
            .unwrap_or_default();
        let tries = match result.attempts {
            0 | 1 => String::new(),
            several => format!(" after {several} tries"),
        };
        format!("{thing}{item}{tries}")
    }

    fn thing(&self, result: &TaskResult) -> String {
        let (name, id) = (self.pen.shown(&result.task), self.pen.shown(&result.id));
        match (id.is_empty(), name == result.resource) {
            (true, true) => name,
            (true, false) => format!("{name} ({})", result.resource),
            (false, true) => format!("{name} {id}"),
            (false, false) => format!("{name} ({} {id})", result.resource),
        }
    }
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
