//! The reporters that `--reporter` names; each gets the diagnosis as a whole.

use std::io;
use std::io::Write;
use std::path::PathBuf;

use super::usage;
use crate::cli::files;
use crate::cli::output::Talk;
use crate::diag::render::Colour;
use crate::report::diagnosis;
use crate::report::diagnosis::Told;
use crate::report::human;

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
        for name in names {
            let (kind, path) = match name.split_once(':') {
                Some((kind, path)) => (kind, Some(PathBuf::from(path))),
                None => (name.as_str(), None),
            };
            let format = match kind {
                "human" => Format::Human,
                "jsonl" => Format::JsonLines,
                unknown => {
                    return Err(usage(format!("there is no reporter `{unknown}`"))
                        .hint("the reporters are `human` and `jsonl`, each with `:PATH` for a file")
                        .into());
                }
            };
            if path.is_none() && each.iter().any(|(_, place)| place.is_none()) {
                return Err(usage("two reporters cannot share standard output")
                    .hint(format!("give one a file: `--reporter {kind}:PATH`"))
                    .into());
            }
            each.push((format, path));
        }
        if each.iter().all(|(_, place)| place.is_some()) {
            each.push((Format::Human, None));
        }
        let colour = match talk.stdout {
            Colour::Always => human::Colour::Always,
            Colour::Never => human::Colour::Never,
        };
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
