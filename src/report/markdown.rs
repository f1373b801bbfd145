//! A short summary in GitHub's Markdown, for comments of CI systems and `$GITHUB_STEP_SUMMARY`.
//!
//! Bounded to what a comment may hold, by leaving out rows. Texts of hosts cannot become markup, links or mentions.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use minijinja::Environment;
use minijinja::Output;
use minijinja::State;
use minijinja::Value;
use minijinja::context;
use minijinja::value::Serde;

use crate::event::Recap;
use crate::report::overview::Gathering;
use crate::report::overview::syntax;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Run;
use crate::report::text::clean;

/// The summary.
const SUMMARY: &str = include_str!("markdown/summary.md");
/// Characters at most; GitHub takes 65,536 in a comment.
const LIMIT: usize = 60_000;
/// Rows of a table, tried in this order until the summary is short enough.
const ROWS: [usize; 6] = [50, 30, 20, 10, 5, 0];
/// Characters of one cell before it is escaped.
const CELL: usize = 300;

/// Writes the summary, at the end.
pub(super) struct Markdown {
    out: Box<dyn Write + Send>,
    gathering: Gathering,
}

impl Markdown {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            gathering: Gathering::default(),
        }
    }
}

impl Chapters for Markdown {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.gathering.begin(run);
        Ok(())
    }

    fn go_on(&mut self, run: &Run) {
        self.gathering.go_on(run);
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        self.gathering.host(host);
        Ok(())
    }

    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()> {
        let overview = std::mem::take(&mut self.gathering).end(at, recap);
        let overview = Value::from(Serde(&overview));
        let mut engine = Environment::new();
        engine.set_syntax(syntax()?);
        engine.set_formatter(escape);
        let mut text = String::new();
        for rows in ROWS {
            let around = context! { rows => rows, ..overview.clone() };
            text = engine
                .render_str(SUMMARY, around)
                .map_err(io::Error::other)?;
            if text.chars().count() <= LIMIT {
                break;
            }
        }
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// Writes a value so that it shows as it is.
fn escape(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    let written = match value.as_str() {
        Some(text) => out.write_str(&escaped(text)),
        None => write!(out, "{value}"),
    };
    written.map_err(minijinja::Error::from)
}

/// A backslash before all punctuation (CommonMark 2.4), and nothing that GitHub makes a mention or a reference of.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for character in clean(text, CELL).chars() {
        match character {
            '-' | ',' => shown.push(character),
            // Backslashes do not help against these; a character without width between them and the name does.
            '@' => shown.push_str("\\@\u{200B}"),
            '#' => shown.push_str("\\#\u{200B}"),
            mark if mark.is_ascii_punctuation() => {
                shown.push('\\');
                shown.push(mark);
            }
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_shows_as_it_is() {
        assert_eq!(escaped("**a** | <b>"), r"\*\*a\*\* \| \<b\>");
        assert_eq!(escaped("@all #1"), "\\@\u{200B}all \\#\u{200B}1");
        assert_eq!(escaped("web-01, ok"), "web-01, ok");
    }
}
