//! A probe for people: a block for each host as its visit ends, the worst finding in the first line, advice below.
//! In a large fleet a host that is well is one line.

use std::fmt::Write as _;
use std::io;
use std::io::Write;

use crate::finding::Finding;
use crate::finding::Severity;
use crate::report::human::Colour;
use crate::report::human::paint::Tint;
use crate::report::human::paint::paint;
use crate::report::probe::ProbeReporter;
use crate::report::probe::Standing;
use crate::report::probe::place;
use crate::report::text;
use crate::report::text::SHOWN;
use crate::report::text::clean;
use crate::survey::Survey;

mod facts;

/// Up to this many hosts each one is told in full.
const SMALL_FLEET: usize = 20;
/// Columns of the first word of a line.
const LABEL: usize = 13;
/// Columns of a line of advice.
const WIDTH: usize = 110;
/// Characters of one text of advice.
const LONGEST: usize = 2_000;

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeOptions {
    /// Whether in colours.
    pub colour: Colour,
    /// 0: what is not as it should be; 1: also information, evidence, and hosts that are well in full.
    pub verbosity: u8,
    /// How many hosts there will be.
    pub hosts: usize,
}

/// Writes for people.
pub struct ProbeHuman {
    out: Box<dyn Write + Send>,
    options: ProbeOptions,
    /// Hosts by standing, best first.
    counts: [usize; 4],
}

impl ProbeHuman {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>, options: ProbeOptions) -> Self {
        Self {
            out,
            options,
            counts: [0; 4],
        }
    }

    fn is_folded(&self, standing: Standing) -> bool {
        let large = self.options.hosts > SMALL_FLEET && self.options.verbosity == 0;
        large && standing == Standing::Well
    }

    fn count(&mut self, standing: Standing) {
        let [well, warned, broken, unreachable] = &mut self.counts;
        *match standing {
            Standing::Well => well,
            Standing::Warned => warned,
            Standing::Broken => broken,
            Standing::Unreachable => unreachable,
        } += 1;
    }

    fn headline(&mut self, survey: &Survey, standing: Standing) -> io::Result<()> {
        let (word, tint) = match standing {
            Standing::Well => ("OK", Tint::Ok),
            Standing::Warned => ("WARNING", Tint::Warning),
            Standing::Broken => ("ERROR", Tint::Failed),
            Standing::Unreachable => ("UNREACHABLE", Tint::Unreachable),
        };
        let place = place(survey);
        let told = match standing {
            Standing::Well => facts::in_short(survey),
            Standing::Warned => "clients can connect".to_owned(),
            Standing::Broken => "RDP answers, and something keeps clients out".to_owned(),
            Standing::Unreachable => "RDP does not answer".to_owned(),
        };
        let colour = self.options.colour;
        writeln!(
            self.out,
            "{}  {}  {}",
            clean(&place, SHOWN),
            paint(colour, tint, word),
            clean(&told, SHOWN)
        )
    }

    fn facts(&mut self, survey: &Survey) -> io::Result<()> {
        for (label, fact) in facts::all(survey, self.options.verbosity) {
            writeln!(self.out, "  {label:LABEL$}{}", clean(&fact, SHOWN))?;
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let tint = match finding.severity {
            Severity::Error => Tint::Failed,
            Severity::Warning => Tint::Warning,
            Severity::Info => Tint::Verbose,
        };
        let word = finding.severity.word();
        let padding = " ".repeat(LABEL.saturating_sub(word.len()));
        writeln!(
            self.out,
            "  {}{padding}{}: {}",
            paint(self.options.colour, tint, word),
            finding.cause,
            clean(&finding.says, SHOWN)
        )?;
        if self.options.verbosity > 0 && !finding.evidence.is_empty() {
            let evidence: Vec<String> = finding
                .evidence
                .iter()
                .map(|(name, detail)| format!("{name}={detail}"))
                .collect();
            self.indented(&evidence.join(" "))?;
        }
        Ok(())
    }

    fn indented(&mut self, text: &str) -> io::Result<()> {
        for line in wrapped(&clean(text, LONGEST), WIDTH) {
            writeln!(self.out, "  {:LABEL$}{line}", "")?;
        }
        Ok(())
    }
}

impl ProbeReporter for ProbeHuman {
    fn visit(&mut self, survey: &Survey, findings: &[Finding]) -> io::Result<()> {
        let standing = Standing::of(survey, findings);
        self.count(standing);
        self.headline(survey, standing)?;
        if !self.is_folded(standing) {
            self.facts(survey)?;
            let verbose = self.options.verbosity > 0;
            let mut advised = "";
            let worth_telling = |one: &&Finding| verbose || one.severity > Severity::Info;
            for finding in findings.iter().filter(worth_telling) {
                self.finding(finding)?;
                // What was just said need not be said again.
                if finding.advice != advised {
                    self.indented(&finding.advice)?;
                }
                advised = &finding.advice;
            }
        }
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        let [well, warned, broken, unreachable] = self.counts;
        let seen = well + warned + broken + unreachable;
        if self.options.hosts > 1 {
            let mut line = format!(
                "{seen} hosts: {well} ok, {warned} with warnings, {broken} with errors, {unreachable} not reachable"
            );
            if seen < self.options.hosts {
                // Writing to a string cannot fail.
                let _written = write!(line, ", {} not looked at", self.options.hosts - seen);
            }
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()
    }
}

/// The text in lines of at most so many characters, broken at blanks, but not within backticks, so that a command can be
/// copied; what is longer has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut in_backticks = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let goes_on = in_backticks;
        in_backticks ^= !word.matches('`').count().is_multiple_of(2);
        match lines.last_mut() {
            Some(line) if goes_on => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    filled(lines, width)
}

/// Joins parts that must stay whole to lines.
fn filled(parts: Vec<String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + part.chars().count() <= width => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

/// A duration to a tenth of a millisecond while it is short.
fn short(duration: std::time::Duration) -> String {
    if duration < std::time::Duration::from_millis(10) {
        let tenths = duration.as_micros() / 100;
        return format!("{}.{} ms", tenths / 10, tenths % 10);
    }
    text::duration(duration)
}

#[cfg(test)]
mod tests {
    use super::short;
    use super::wrapped;
    use std::time::Duration;

    #[test]
    fn lines_break_at_blanks_and_words_stay_whole() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("abcdefgh ij", 5), ["abcdefgh", "ij"]);
        assert_eq!(wrapped("", 5), [""; 0]);
        assert_eq!(wrapped("a `b c d`, e", 5), ["a", "`b c d`,", "e"]);
    }

    #[test]
    fn short_times_have_a_tenth() {
        assert_eq!(short(Duration::from_micros(420)), "0.4 ms");
        assert_eq!(short(Duration::from_millis(64)), "64 ms");
    }
}
