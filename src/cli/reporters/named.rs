//! What `--reporter` names, whatever is reported: read and looked at before any file is touched; and reporters that hear no
//! more once they failed, while the others go on.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Refusal;
use crate::diag::nearest;
use crate::diag::render;
use crate::report::human::Colour;

/// A reporter as it was typed: `KIND` or `KIND:PATH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'n> {
    /// All of it.
    pub name: &'n str,
    /// Which reporter.
    pub kind: &'n str,
    /// The file; none for standard output.
    pub path: Option<&'n Path>,
}

impl<'n> Wanted<'n> {
    /// From what was typed, right or wrong.
    pub fn typed(name: &'n str) -> Self {
        let (kind, path) = match name.split_once(':') {
            Some((kind, path)) => (kind, Some(Path::new(path))),
            None => (name, None),
        };
        Self { name, kind, path }
    }
}

/// Reads what was typed. Mistakes are told before any file is touched: reporters that are not `known` (each with what it
/// is for), names without a file, and places that several would write to.
pub fn read<'n>(names: &'n [String], known: &[(&str, &str)]) -> Result<Vec<Wanted<'n>>, Refusal> {
    let wanted: Vec<Wanted<'n>> = names.iter().map(|name| Wanted::typed(name)).collect();
    let mut taken = Taken::default();
    for one in &wanted {
        if let Some(flaw) = flaw(one, known, &mut taken) {
            return Err(flaw);
        }
    }
    Ok(wanted)
}

/// Where reporters write to.
#[derive(Debug, Default)]
pub struct Taken {
    places: BTreeSet<PathBuf>,
    is_stdout: bool,
}

/// What is wrong with one reporter beside those that took their places before.
pub fn flaw(wanted: &Wanted<'_>, known: &[(&str, &str)], taken: &mut Taken) -> Option<Refusal> {
    let Wanted { kind, path, .. } = wanted;
    if !known.iter().any(|(name, _)| name == kind) {
        return Some(unknown(kind, known));
    }
    let Some(path) = path else {
        let text = "two reporters cannot share standard output";
        return std::mem::replace(&mut taken.is_stdout, true).then(|| {
            Refusal::new(ExitStatus::Usage, text)
                .hint(format!("give one a file: `--reporter {kind}:PATH`"))
        });
    };
    if path.as_os_str().is_empty() {
        let text = format!("`--reporter {kind}:` names no file");
        return Some(Refusal::new(ExitStatus::Usage, text));
    }
    let place = files::absolute(path);
    // Several may write to a device.
    let is_plain = !place.exists() || place.is_file();
    (is_plain && !taken.places.insert(place)).then(|| {
        let text = format!("two reporters cannot share `{}`", path.display());
        Refusal::new(ExitStatus::Usage, text)
    })
}

/// There is no such reporter; tells which there are.
pub fn unknown(kind: &str, known: &[(&str, &str)]) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Usage, format!("there is no reporter `{kind}`"));
    let refusal = match nearest(kind, known.iter().map(|(name, _)| *name)) {
        Some(near) => refusal.hint(format!("did you mean `{near}`?")),
        None => refusal,
    };
    let all = known.iter().fold(refusal, |refusal, (name, about)| {
        refusal.hint(format!("`{name}`: {about}"))
    });
    all.hint("each with `:PATH` for a file")
}

/// The colours of what is shown on standard output; in files there are none.
pub fn colour(stdout: render::Colour, path: Option<&Path>) -> Colour {
    match (stdout, path) {
        (render::Colour::Always, None) => Colour::Always,
        (render::Colour::Always, Some(_)) | (render::Colour::Never, _) => Colour::Never,
    }
}

/// A reporter at work.
pub struct Named<R> {
    /// What was typed for it.
    pub name: String,
    /// Whether it writes to standard output, which may be closed by whoever has seen enough.
    pub is_stdout: bool,
    /// Itself.
    pub reporter: R,
}

/// Tells all of them something. Those that fail are dropped, and what went wrong is noted, unless whoever read standard
/// output has seen enough.
pub fn each<R>(
    reporters: &mut Vec<Named<R>>,
    errors: &mut Vec<String>,
    mut tell: impl FnMut(&mut R) -> io::Result<()>,
) {
    reporters.retain_mut(|named| match tell(&mut named.reporter) {
        Ok(()) => true,
        Err(error) => {
            let has_seen_enough = named.is_stdout && error.kind() == io::ErrorKind::BrokenPipe;
            if !has_seen_enough {
                errors.push(format!("reporter `{}`: {error}", named.name));
            }
            false
        }
    });
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Named;
    use super::each;
    use super::read;
    use crate::report::REPORTERS;

    fn typed(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn mistakes_are_told_before_anything_is_written() {
        for (names, told) in [
            (["xml:a", "csv:b"], "there is no reporter `xml`"),
            (["csv:", "html:b"], "names no file"),
            (["csv:/nowhere/a", "html:/nowhere/a"], "share `/nowhere/a`"),
            (["csv:nowhere", "html:./nowhere"], "share `./nowhere`"),
            (["csv", "html"], "share standard output"),
        ] {
            let names = typed(&names);
            let error = read(&names, &REPORTERS).unwrap_err();
            assert!(error.message.contains(told), "{}", error.message);
        }
        assert!(read(&typed(&["csv:/dev/null", "html:/dev/null"]), &REPORTERS).is_ok());
    }

    #[test]
    fn one_that_fails_hears_no_more_and_the_others_go_on() {
        let named = |name: &str, is_stdout| Named {
            name: name.to_owned(),
            is_stdout,
            reporter: name.to_owned(),
        };
        let mut reporters = vec![
            named("gone", true),
            named("pipe:x", false),
            named("well", false),
        ];
        let mut errors = Vec::new();
        let mut heard = Vec::new();
        for _ in 0..2 {
            each(&mut reporters, &mut errors, |name| {
                heard.push(name.clone());
                if name == "well" {
                    return Ok(());
                }
                Err(io::ErrorKind::BrokenPipe.into())
            });
        }
        assert_eq!(heard, ["gone", "pipe:x", "well", "well"]);
        assert_eq!(errors, ["reporter `pipe:x`: broken pipe"]);
    }
}
