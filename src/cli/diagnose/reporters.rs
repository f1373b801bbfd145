//! The reporters that `--reporter` names; each gets the diagnosis as a whole.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::files;
use crate::cli::output::Talk;
use crate::cli::reporters::named;
use crate::report::diagnosis;
use crate::report::diagnosis::Told;
use crate::report::human;

/// Names of all reporters of diagnoses, each with what it is for.
const REPORTERS: [(&str, &str); 2] = [
    ("human", "for people: causes, and what mends them"),
    ("jsonl", "one JSON record a line: causes and the timeline"),
];

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Human,
    JsonLines,
}

/// Formats, each with where it goes: a file, or standard output.
pub(super) struct Reporters {
    each: Vec<(Format, Option<PathBuf>)>,
    options: human::Options,
}

impl Reporters {
    /// Those that were named; people read standard output unless another format goes there.
    pub(super) fn named(names: &[String], verbosity: u8, talk: &Talk) -> anyhow::Result<Self> {
        let mut each: Vec<(Format, Option<PathBuf>)> = Vec::new();
        for wanted in named::read(names, &REPORTERS)? {
            let format = match wanted.kind {
                "human" => Format::Human,
                "jsonl" => Format::JsonLines,
                unknown => return Err(named::unknown(unknown, &REPORTERS).into()),
            };
            each.push((format, wanted.path.map(Path::to_owned)));
        }
        if each.iter().all(|(_, place)| place.is_some()) {
            each.push((Format::Human, None));
        }
        let colour = named::colour(talk.stdout, None);
        Ok(Self {
            each,
            options: human::Options {
                colour,
                verbosity,
                diff: human::Diff::Hide,
            },
        })
    }

    /// Tells it to all of them. Whoever stopped reading standard output has seen enough: no mistake.
    pub(super) fn tell(&self, told: &Told<'_>) -> anyhow::Result<()> {
        for (format, path) in &self.each {
            let mut options = self.options;
            if path.is_some() {
                options.colour = human::Colour::Never;
            }
            let mut text = Vec::new();
            match format {
                Format::Human => diagnosis::human(&mut text, told, options)?,
                Format::JsonLines => diagnosis::jsonl(&mut text, told)?,
            }
            match path {
                Some(path) => files::create(path)?.write_all(&text)?,
                None => to_stdout(&text)?,
            }
        }
        Ok(())
    }
}

fn to_stdout(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
