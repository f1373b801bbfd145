//! A diagnosis for people: the verdict first, then its evidence, what was not seen, the timeline, what mends it, and the
//! next command.

use std::io;
use std::io::Write;

use jiff::tz::TimeZone;

use crate::cim::EventLevel;
use crate::diagnosis::Missing;
use crate::diagnosis::Ranked;
use crate::diagnosis::timeline::Moment;
use crate::finding::Severity;
use crate::report::diagnosis::Playbook;
use crate::report::diagnosis::Told;
use crate::report::human::Options;
use crate::report::human::paint::Tint;
use crate::report::human::paint::paint;
use crate::report::text::SHOWN;
use crate::report::text::clean;

/// Lines of evidence for a cause, unless more was asked for.
const EVIDENCE: usize = 5;
/// Events, unless more was asked for.
const EVENTS: usize = 15;
/// Names of what was not seen for one reason, unless more was asked for.
const NAMED: usize = 4;
/// Characters of a piece of advice, which is ours and never cut in the middle of a command.
const ADVICE: usize = 2_000;
/// Characters of the text of an event.
const EVENT_TEXT: usize = 160;

/// Writes the diagnosis and flushes.
pub fn human(out: &mut dyn Write, told: &Told<'_>, options: Options) -> io::Result<()> {
    let mut page = Page { out, options };
    page.verdict(told)?;
    page.causes(told)?;
    page.unseen(told)?;
    page.timeline(told)?;
    page.mending(told)?;
    page.next(told)?;
    page.out.flush()
}

struct Page<'a> {
    out: &'a mut dyn Write,
    options: Options,
}

impl Page<'_> {
    fn heading(&mut self, text: &str) -> io::Result<()> {
        let painted = paint(self.options.colour, Tint::Place, text);
        writeln!(self.out, "\n{painted}")
    }

    fn line(&mut self, tint: Tint, mark: &str, text: &str) -> io::Result<()> {
        let mark = paint(self.options.colour, tint, mark);
        writeln!(self.out, "  {mark} {}", clean(text, SHOWN))
    }

    fn shows_all(&self) -> bool {
        self.options.verbosity > 0
    }

    fn most(&self, usual: usize) -> usize {
        if self.shows_all() { usize::MAX } else { usual }
    }

    fn verdict(&mut self, told: &Told<'_>) -> io::Result<()> {
        let host = clean(told.host, SHOWN);
        let Some(first) = told.causes.first() else {
            let (tint, text) = if told.outside || told.inside {
                (
                    Tint::Ok,
                    "nothing was found that keeps clients from connecting",
                )
            } else {
                (Tint::Unreachable, "it could be seen from neither side")
            };
            let text = paint(self.options.colour, tint, text);
            return writeln!(self.out, "{host}: {text}");
        };
        let title = first.cause.entry().title;
        let (tint, lead) = match first.severity {
            Severity::Error => (Tint::Failed, "Most likely: "),
            Severity::Warning => (
                Tint::Warning,
                "Nothing keeps clients out for certain, but: ",
            ),
            Severity::Info if told.outside || told.inside => (
                Tint::Ok,
                "Nothing was found that keeps clients out; possible: ",
            ),
            Severity::Info => (
                Tint::Unreachable,
                "It could be seen from neither side; possible: ",
            ),
        };
        let text = format!("{lead}{title}");
        let text = paint(self.options.colour, tint, &text);
        writeln!(self.out, "{host}: {text}")
    }

    fn causes(&mut self, told: &Told<'_>) -> io::Result<()> {
        let mut possible: Vec<&str> = Vec::new();
        for (one, rank) in told.causes.iter().zip(1_usize..) {
            // What is only possible is a list of names after something that is certain.
            if one.severity == Severity::Info && rank > 1 && !self.shows_all() {
                possible.push(one.cause.id());
                continue;
            }
            self.cause(told, one, rank)?;
        }
        if !possible.is_empty() {
            writeln!(self.out, "\nPossible besides: {}", possible.join(", "))?;
        }
        Ok(())
    }

    fn cause(&mut self, told: &Told<'_>, one: &Ranked, rank: usize) -> io::Result<()> {
        let entry = one.cause.entry();
        let tint = match one.severity {
            Severity::Error => Tint::Failed,
            Severity::Warning => Tint::Warning,
            Severity::Info => Tint::Verbose,
        };
        let word = paint(self.options.colour, tint, one.severity.word());
        writeln!(
            self.out,
            "\n{rank}. {} - {word}, score {}: {}",
            entry.id, one.score, entry.title
        )?;
        let most = self.most(EVIDENCE);
        for text in one.evidence_for.iter().take(most) {
            self.line(Tint::Added, "+", text)?;
        }
        for text in one.evidence_against.iter().take(most) {
            self.line(Tint::Removed, "-", text)?;
        }
        for text in one.unseen.iter().take(most) {
            self.line(Tint::Skipped, "?", &format!("not seen: {text}"))?;
        }
        let steps: Vec<&str> = told.steps(one).map(|step| step.does.as_str()).collect();
        if steps.is_empty() && !entry.advice.is_empty() && self.shows_all() {
            writeln!(self.out, "  > {}", clean(entry.advice, ADVICE))?;
        }
        for step in steps {
            writeln!(self.out, "  > {}", clean(step, ADVICE))?;
        }
        Ok(())
    }

    fn unseen(&mut self, told: &Told<'_>) -> io::Result<()> {
        if told.unseen.is_empty() {
            return Ok(());
        }
        self.heading("Not seen, and how to let it be seen")?;
        if self.shows_all() {
            for missing in told.unseen {
                self.line(Tint::Skipped, "?", &missing.to_string())?;
            }
            return Ok(());
        }
        for (remedy, missing) in by_remedy(told.unseen) {
            let text = match missing.as_slice() {
                [one] => one.to_string(),
                many => {
                    let names: Vec<&str> = many.iter().map(|one| one.what.as_str()).collect();
                    let shown = names.get(..NAMED).unwrap_or(&names).join(", ");
                    let more = names.len().saturating_sub(NAMED);
                    let rest = if more > 0 {
                        format!(" and {more} more")
                    } else {
                        String::new()
                    };
                    format!("{shown}{rest}; {remedy}")
                }
            };
            self.line(Tint::Skipped, "?", &text)?;
        }
        Ok(())
    }

    fn left_out(&mut self, number: usize) -> io::Result<()> {
        if number == 0 {
            return Ok(());
        }
        writeln!(self.out, "  … and {number} more, with -v")
    }

    fn timeline(&mut self, told: &Told<'_>) -> io::Result<()> {
        let moments = &told.timeline.moments;
        if moments.is_empty() {
            return Ok(());
        }
        self.heading("Events around the last failures, by our clock (UTC)")?;
        let skipped = moments.len().saturating_sub(self.most(EVENTS));
        for moment in moments.iter().skip(skipped) {
            self.moment(moment)?;
        }
        self.left_out(skipped)
    }

    fn moment(&mut self, moment: &Moment) -> io::Result<()> {
        let tint = match moment.level {
            EventLevel::Error | EventLevel::AuditFailure => Tint::Failed,
            EventLevel::Warning => Tint::Warning,
            EventLevel::Information | EventLevel::AuditSuccess => Tint::Plain,
        };
        let at = moment.at.to_zoned(TimeZone::UTC);
        let short = moment.source.strip_prefix("Microsoft-Windows-");
        let source = format!("{} {}", short.unwrap_or(&moment.source), moment.id);
        writeln!(
            self.out,
            "  {}  {}  {}",
            at.strftime("%Y-%m-%d %H:%M:%S"),
            paint(self.options.colour, tint, &clean(&source, EVENT_TEXT)),
            clean(&moment.says, EVENT_TEXT)
        )
    }

    fn mending(&mut self, told: &Told<'_>) -> io::Result<()> {
        match (&told.mending.playbook, told.playbook) {
            (None, Playbook::Needless(path)) if told.mending.manual.is_empty() => writeln!(
                self.out,
                "
{}, so `{}` was not written",
                nothing(told),
                clean(path, SHOWN)
            ),
            (None, Playbook::Needless(path)) => writeln!(
                self.out,
                "\nNothing here can be mended by a playbook, so `{}` was not written",
                clean(path, SHOWN)
            ),
            (None, _) if told.mending.manual.is_empty() && (told.outside || told.inside) => {
                writeln!(
                    self.out,
                    "
{}",
                    nothing(told)
                )
            }
            (None, _) => Ok(()),
            (Some(_), Playbook::Written(path)) => {
                let path = clean(path, SHOWN);
                writeln!(self.out, "\nThe playbook that would mend it is in `{path}`")
            }
            (Some(_), Playbook::Same(path)) => {
                let path = clean(path, SHOWN);
                writeln!(
                    self.out,
                    "\nThe playbook that would mend it was already in `{path}`"
                )
            }
            (Some(text), Playbook::Shown | Playbook::Needless(_)) => {
                self.heading("The playbook that would mend it")?;
                for line in text.lines() {
                    // Whole: people copy it.
                    writeln!(self.out, "  {}", clean(line, usize::MAX))?;
                }
                Ok(())
            }
        }
    }

    fn next(&mut self, told: &Told<'_>) -> io::Result<()> {
        let commands = next_commands(told);
        if commands.is_empty() {
            return Ok(());
        }
        self.heading("Next")?;
        for command in commands {
            writeln!(self.out, "  {}", clean(&command, SHOWN))?;
        }
        Ok(())
    }
}

/// That nothing needs mending, as far as was seen.
fn nothing(told: &Told<'_>) -> &'static str {
    if told.unseen.is_empty() {
        "Nothing needs mending"
    } else {
        "Nothing that needs mending was seen"
    }
}

/// What was not seen, gathered by what would let it be seen.
fn by_remedy(unseen: &[Missing]) -> Vec<(&str, Vec<&Missing>)> {
    let mut gathered: Vec<(&str, Vec<&Missing>)> = Vec::new();
    for missing in unseen {
        let remedy = missing.remedy.as_str();
        match gathered.iter_mut().find(|(known, _)| *known == remedy) {
            Some((_, all)) if !remedy.is_empty() => all.push(missing),
            Some(_) | None => gathered.push((remedy, vec![missing])),
        }
    }
    gathered
}

/// The commands that lead on, each as it can be typed.
fn next_commands(told: &Told<'_>) -> Vec<String> {
    let mut commands = Vec::new();
    let host = word(told.host);
    let mut inventory = String::new();
    for name in told.inventory {
        inventory.push_str(" -i ");
        inventory.push_str(&word(name));
    }
    if let Some((code, extended)) = told.codes {
        let extended = extended.map_or_else(String::new, |extended| format!(" 0x{extended:X}"));
        commands.push(format!("rdpfix explain 0x{code:X}{extended}"));
    }
    if told.inventory.is_empty() {
        commands.push(format!("rdpfix diagnose {host} -i INVENTORY"));
        return commands;
    }
    if told.mending.playbook.is_none() {
        return commands;
    }
    match told.playbook {
        Playbook::Written(path) | Playbook::Same(path) => {
            let path = word(path);
            commands.push(format!("rdpfix apply --check {path}{inventory} -l {host}"));
            commands.push(format!("rdpfix apply {path}{inventory} -l {host}"));
        }
        Playbook::Shown | Playbook::Needless(_) => commands.push(format!(
            "rdpfix diagnose {host}{inventory} --write-playbook mend.yml"
        )),
    }
    commands
}

/// One word of a shell.
fn word(text: &str) -> String {
    let plain = |one: char| one.is_alphanumeric() || "-_./:,@\\".contains(one);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(word("ts01.corp"), "ts01.corp");
        assert_eq!(word("my file.yml"), "'my file.yml'");
        assert_eq!(word("a'b"), r"'a'\''b'");
        assert_eq!(word(""), "''");
    }
}
