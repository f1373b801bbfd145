//! Reads when a job is run: `cron`, `every`, `time_zone`, `splay`, and durations everywhere.

use std::time::Duration;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::job::Cron;
use crate::job::Retries;
use crate::job::Schedule;
use crate::job::Splay;
use crate::job::SplayBy;
use crate::job::Zone;
use crate::job::duration;
use crate::job::keys;
use crate::job::read::Reader;
use crate::job::read::place;
use crate::job::read::values::Values;
use crate::job::zone;
use crate::syntax::Content;
use crate::syntax::Node;

/// Between a failed run and the next try.
pub(super) const DELAY_OF_JOBS: Duration = Duration::from_mins(5);

/// No duration in a job file is longer: a year with a leap day.
const LONGEST: Duration = Duration::from_hours(366 * 24);

impl Reader {
    /// `cron` or `every`; both at once are a mistake.
    pub(super) fn schedule(
        &mut self,
        cron: Option<&Node>,
        every: Option<&Node>,
    ) -> Option<Schedule> {
        if let (Some(cron), Some(every)) = (cron, every) {
            let (later, other) = if cron.span.start < every.span.start {
                (every, "cron")
            } else {
                (cron, "every")
            };
            self.mistakes.push(
                Diagnostic::error("conflicting-values", "a job has either `cron` or `every`")
                    .at(&later.span)
                    .label(format!("contradicts `{other}`"))
                    .help("`cron` goes by the clock on the wall, `every` by time that passes: keep one"),
            );
        }
        let every = every.and_then(|node| self.positive("every", node));
        let cron = cron.and_then(|node| self.cron(node));
        cron.map(|cron| Schedule::Cron(Box::new(cron)))
            .or(every.map(Schedule::Every))
    }

    fn cron(&mut self, node: &Node) -> Option<Cron> {
        let text = node.spelled()?;
        match Cron::parse(text.trim()) {
            Ok(cron) => Some(cron),
            Err(mistake) => {
                let mut told = Diagnostic::error("bad-cron", mistake.message)
                    .at(&place::of(&mistake.piece, node))
                    .label(mistake.label);
                told.help.extend(mistake.help);
                self.mistakes.push(told);
                None
            }
        }
    }

    pub(super) fn zone(&mut self, node: &Node) -> Option<Zone> {
        let name = node.spelled()?;
        let zone = Zone::named(name);
        if zone.is_none() {
            self.mistakes.push(unknown_zone(name, &node.span));
        }
        zone
    }

    /// A duration and what is moved by it.
    pub(super) fn splay(&mut self, node: &Node) -> Option<Splay> {
        if !matches!(node.content, Content::Mapping(_)) {
            let up_to = self.positive("splay", node)?;
            return Some(Splay {
                up_to,
                by: SplayBy::Job,
            });
        }
        let values = Values::new("splay", keys::SPLAY, node, &mut self.mistakes);
        let by = match values.text("by") {
            Some("host") => SplayBy::Host,
            Some(_) | None => SplayBy::Job,
        };
        let up_to = values.node("up_to")?;
        let up_to = self.positive("up_to", up_to)?;
        Some(Splay { up_to, by })
    }

    /// A number, or keys.
    pub(super) fn retries(&mut self, node: &Node, delay: Duration) -> Option<Retries> {
        if let Content::Int(count) = node.content {
            if !(0..=keys::MOST_RETRIES).contains(&count) {
                self.mistakes.push(
                    Diagnostic::error("out-of-range", format!("`retries` cannot be {count}"))
                        .at(&node.span)
                        .label(format!("expected 0 to {}", keys::MOST_RETRIES)),
                );
                return None;
            }
            let count = u32::try_from(count).ok()?;
            return Some(Retries { count, delay });
        }
        let values = Values::new("retries", keys::RETRIES, node, &mut self.mistakes);
        let count = values.integer("count");
        let written = values.node("delay");
        let delay = match written {
            Some(node) => self.duration("delay", node)?,
            None => delay,
        };
        let count = u32::try_from(count?).ok()?;
        Some(Retries { count, delay })
    }

    /// A duration of at least a second.
    pub(super) fn positive(&mut self, key: &str, node: &Node) -> Option<Duration> {
        let found = self.duration(key, node)?;
        if found.is_zero() {
            self.mistakes.push(
                Diagnostic::error("out-of-range", format!("`{key}` cannot be nothing"))
                    .at(&node.span)
                    .label("expected a second or more"),
            );
            return None;
        }
        Some(found)
    }

    fn duration(&mut self, key: &str, node: &Node) -> Option<Duration> {
        let text = node.spelled().filter(|_| node.content != Content::Null);
        let told = |id, message: String| Diagnostic::error(id, message).at(&node.span);
        let Some(text) = text else {
            self.mistakes.push(
                told("wrong-type", format!("`{key}` must be a duration"))
                    .label(format!("this is {}", node.describe()))
                    .help("such as `15m`, `6h` or `1d`"),
            );
            return None;
        };
        let Some(found) = duration::parse(text.trim()) else {
            let mistake = told("bad-duration", format!("`{text}` is no duration"))
                .label("expected such as `15m`, `6h` or `1d`");
            let is_bare = text.trim().parse::<u32>().is_ok();
            self.mistakes.push(if is_bare {
                mistake.help(format!(
                    "say of what: `{0}m` for minutes, `{0}s` for seconds",
                    text.trim()
                ))
            } else {
                mistake.help("units are `s`, `m`, `h`, `d` and `w`")
            });
            return None;
        };
        if found > LONGEST {
            self.mistakes.push(
                told("out-of-range", format!("`{key}` cannot be {text}"))
                    .label("expected a year at most"),
            );
            return None;
        }
        Some(found)
    }
}

fn unknown_zone(name: &str, span: &Span) -> Diagnostic {
    let names = zone::names();
    let mistake = Diagnostic::error(
        "unknown-time-zone",
        format!("there is no time zone `{name}`"),
    )
    .at(span)
    .label("expected a name of the IANA database, such as `Europe/Berlin`");
    // People know their city, and the database files it under its continent.
    let city = names.iter().find(|known| {
        let last = known.rsplit('/').next().unwrap_or_default();
        known.contains('/') && last.eq_ignore_ascii_case(&name.trim().replace(' ', "_"))
    });
    match city {
        Some(city) => mistake.help(format!("did you mean `{city}`?")),
        None => mistake.suggest(name, names.iter().map(String::as_str)),
    }
}
