//! Reads `windows` and `blackouts`.

use jiff::civil::Date;
use jiff::civil::Time;
use jiff::civil::Weekday;

use crate::diag::Diagnostic;
use crate::job::Window;
use crate::job::keys;
use crate::job::read::Reader;
use crate::job::read::place;
use crate::job::read::values::Values;
use crate::job::read::values::each;
use crate::syntax::Content;
use crate::syntax::Node;

impl Reader {
    /// A list of windows; one alone counts as a list of one.
    pub(super) fn windows(&mut self, key: &'static str, node: &Node) -> Vec<Window> {
        match &node.content {
            Content::Sequence(items) if !items.is_empty() => {
                items.iter().filter_map(|item| self.window(item)).collect()
            }
            Content::Mapping(_) => self.window(node).into_iter().collect(),
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sealed(_)
            | Content::Sequence(_) => {
                self.mistakes.push(
                    Diagnostic::error("wrong-type", format!("`{key}` must be a list of windows"))
                        .at(&node.span)
                        .label(format!("this is {}", describe(node)))
                        .help("such as `- {days: [sat, sun], from: \"22:00\", to: \"05:00\"}`"),
                );
                Vec::new()
            }
        }
    }

    fn window(&mut self, node: &Node) -> Option<Window> {
        let before = self.mistakes.len();
        let values = Values::new("window", keys::WINDOW, node, &mut self.mistakes);
        let days = values.texts("days").unwrap_or_default();
        let days: Vec<Weekday> = days.iter().filter_map(|word| weekday(word)).collect();
        let [dates, from, to] = ["dates", "from", "to"].map(|key| values.node(key));
        let is_mapping = matches!(node.content, Content::Mapping(_));
        if is_mapping && node.entries().is_empty() || node.content == Content::Null {
            self.mistakes.push(
                Diagnostic::error("empty-window", "the window says nothing")
                    .at(&node.span)
                    .label("expected `days`, `dates`, `from` or `to`"),
            );
        }
        let dates = dates.map(|node| self.dates(node)).unwrap_or_default();
        let begin = from.and_then(|node| self.time(node));
        let begin = begin.unwrap_or(Time::midnight());
        // The end of the day is what is meant when nothing is said.
        let to = to.filter(|node| node.spelled() != Some("24:00"));
        let end = to.and_then(|node| self.time(node));
        if let (Some(to), Some(end)) = (to, end)
            && end == begin
        {
            self.mistakes.push(
                Diagnostic::error("empty-window", "the window ends when it begins")
                    .at(&to.span)
                    .label("the same as `from`")
                    .help("for whole days leave `from` and `to` out"),
            );
        }
        let is_clean = self.mistakes.len() == before;
        is_clean.then(|| Window {
            days,
            dates,
            from: begin,
            to: end,
            span: node.span.clone(),
        })
    }

    fn dates(&mut self, node: &Node) -> Vec<(Date, Date)> {
        each(node).filter_map(|item| self.days_of(item)).collect()
    }

    /// A day, or the first and the last of several.
    fn days_of(&mut self, node: &Node) -> Option<(Date, Date)> {
        let text = node.spelled()?;
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (begin, end) = (date(first), date(last));
        for (piece, read) in [(first, begin), (last, end)] {
            if read.is_none() {
                self.mistakes.push(
                    Diagnostic::error("bad-date", format!("`{piece}` is no day"))
                        .at(&place::of(piece, node))
                        .label("expected such as `2026-12-24`, or two of them with `..` between"),
                );
                return None;
            }
        }
        let (begin, end) = (begin?, end?);
        if end < begin {
            self.mistakes.push(
                Diagnostic::error("bad-date", format!("`{text}` ends before it begins"))
                    .at(&node.span)
                    .help(format!("write `{last}..{first}`")),
            );
            return None;
        }
        Some((begin, end))
    }

    fn time(&mut self, node: &Node) -> Option<Time> {
        // A bare 22:00 is a number to YAML, and still stands in the file as it was meant.
        let text = node.spelled()?;
        let read = time(text);
        if read.is_none() {
            self.mistakes.push(
                Diagnostic::error("bad-time", format!("`{text}` is no time of the day"))
                    .at(&node.span)
                    .label("expected hours and minutes, from `00:00` to `23:59`")
                    .help("`to` may be `24:00` besides"),
            );
        }
        read
    }
}

fn describe(node: &Node) -> &'static str {
    match &node.content {
        Content::Sequence(_) => "an empty list",
        _ => node.describe(),
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    let at = keys::DAYS.iter().position(|day| *day == word)?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

fn date(text: &str) -> Option<Date> {
    let is_spelled_out = text.len() == "2026-12-24".len();
    is_spelled_out
        .then(|| Date::strptime("%Y-%m-%d", text).ok())
        .flatten()
}

fn time(text: &str) -> Option<Time> {
    let is_spelled_out = text.len() == "22:00".len();
    is_spelled_out
        .then(|| Time::strptime("%H:%M", text).ok())
        .flatten()
}
