//! What is said about connection files: one line for each objection.

use std::io;
use std::io::Write;

use crate::finding::Severity;
use crate::rdp_file::Objection;
use crate::rdp_file::clean::Cleaned;
use crate::report::text;

/// `error: FILE:3: full address: …`, remedies indented below, the verdict last.
pub fn objections(out: &mut dyn Write, file: &str, objections: &[Objection]) -> io::Result<()> {
    for one in objections {
        let place = one
            .line
            .map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
        let setting = text::clean(&one.setting, text::SHOWN);
        let says = text::clean(&one.says, text::SHOWN);
        writeln!(out, "{}: {place}: {setting}: {says}", one.severity.word())?;
        if !one.remedy.is_empty() {
            writeln!(out, "    hint: {}", text::clean(&one.remedy, text::SHOWN))?;
        }
    }
    let count = |severity| {
        objections
            .iter()
            .filter(|one| one.severity == severity)
            .count()
    };
    let errors = count(Severity::Error);
    let verdict = if errors == 0 {
        "can work"
    } else {
        "cannot work"
    };
    writeln!(
        out,
        "{file}: {verdict}: {errors} errors, {} warnings, {} notes",
        count(Severity::Warning),
        count(Severity::Info)
    )
}

/// What was written, and what was left out and why.
pub fn cleaned(out: &mut dyn Write, path: &str, cleaned: &Cleaned) -> io::Result<()> {
    for (line, what, why) in &cleaned.left_out {
        writeln!(
            out,
            "left out: line {line}: {}: {why}",
            text::clean(what, text::SHOWN)
        )?;
    }
    if cleaned.was_signed {
        writeln!(
            out,
            "the old file was signed; the new one is not: let the publisher sign it anew (`rdpsign`)"
        )?;
    }
    writeln!(
        out,
        "{path}: written with {} settings",
        cleaned.settings.len()
    )
}
