//! What `rdpfix explain` says: every meaning of a number, for people. Sees answers, never what was typed.

use std::io;
use std::io::Write;

use crate::code::Entry;
use crate::code::Table;
use crate::code::answer::Answer;
use crate::code::answer::Meaning;
use crate::code::answer::PairAnswer;
use crate::code::answer::Unknown;
use crate::code::answer::Way;
use crate::code::next::Step;
use crate::code::next::steps;
use crate::code::pair::Pair;
use crate::finding::Cause;

/// Columns of a line: what an old console shows.
const WIDTH: usize = 80;
/// Columns of what names a line: `Sent by`, `Means`.
const LABEL: usize = 9;
/// Columns of a cause's identifier, or of how to ask for a row.
const IDENTIFIER: usize = 24;
/// So many causes of a pair are told with their titles, the others by their identifiers.
const LIKELY: usize = 12;

/// Writes everything that is known, and what to run next.
pub fn answer(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Meanings(meanings) => write_meanings(out, meanings)?,
        Answer::Pair(told) => write_pair(out, told)?,
        Answer::Unknown(unknown) => write_unknown(out, unknown)?,
    }
    write_steps(out, &steps(answer))
}

/// Writes one line or two for each row that was found.
pub fn found(out: &mut dyn Write, words: &str, rows: &[&Entry]) -> io::Result<()> {
    let Some(first) = rows.first() else {
        return writeln!(out, "Nothing in the table has the words `{words}`.");
    };
    for row in rows {
        let name = if row.name.is_empty() {
            String::new()
        } else {
            format!("{}: ", row.name)
        };
        let text = format!("{name}{}", row.gist());
        labelled(out, 0, (&row.ask(), IDENTIFIER), &text)?;
    }
    let count = match rows.len() {
        1 => "1 row has".to_owned(),
        more => format!("{more} rows have"),
    };
    writeln!(
        out,
        "\n{count} the words `{words}`; `rdpfix explain {}` tells one as a whole.",
        first.ask()
    )
}

fn write_meanings(out: &mut dyn Write, meanings: &[Meaning]) -> io::Result<()> {
    let several = meanings.len() > 1;
    if let (true, Some(first)) = (several, meanings.first()) {
        let code = first.entry.code;
        let events = meanings
            .iter()
            .all(|meaning| meaning.entry.table == Table::Event);
        let number = if events {
            format!("Event {code}")
        } else {
            format!("0x{code:X} ({code})")
        };
        writeln!(
            out,
            "{number} has {} meanings; the likeliest comes first.\n",
            meanings.len()
        )?;
    }
    for (at, meaning) in meanings.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let number = if several {
            format!("{}. ", at + 1)
        } else {
            String::new()
        };
        wrapped(
            out,
            (0, number.len()),
            &format!("{number}{}", heading(meaning.entry)),
        )?;
        if meaning.way != Way::Itself {
            labelled(out, 2, ("Read as", LABEL), meaning.way.words())?;
        }
        write_text(out, meaning.entry)?;
        write_causes(out, meaning.entry.causes)?;
    }
    Ok(())
}

/// `STATUS_LOGON_FAILURE - NTSTATUS 0xC000006D (3221225581, -1073741715)`.
fn heading(entry: &Entry) -> String {
    let number = match entry.table {
        Table::Event => return format!("{} {} - event", entry.source, entry.code),
        table => table.number(entry.code),
    };
    let code = entry.code;
    let others = match (code > 0x7FFF_FFFF, number.starts_with("0x")) {
        (true, _) => format!(" ({code}, {})", i32::from_ne_bytes(code.to_ne_bytes())),
        (false, true) if code > 9 => format!(" ({code})"),
        (false, false) if code > 9 => format!(" (0x{code:X})"),
        (false, _) => String::new(),
    };
    let title = entry.table.title();
    if entry.name.is_empty() {
        format!("{title} {number}{others}")
    } else {
        format!("{} - {title} {number}{others}", entry.name)
    }
}

fn write_text(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    labelled(out, 2, ("Means", LABEL), entry.means)?;
    labelled(out, 2, ("Sent by", LABEL), entry.sender)?;
    if entry.beware.is_empty() {
        return Ok(());
    }
    labelled(out, 2, ("Beware", LABEL), entry.beware)
}

fn write_causes(out: &mut dyn Write, causes: &[Cause]) -> io::Result<()> {
    for (at, cause) in causes.iter().enumerate() {
        let label = if at == 0 { "Fits" } else { "" };
        let entry = cause.entry();
        write!(out, "  {label:LABEL$}")?;
        let text = format!("{:IDENTIFIER$} {}", entry.id, entry.title);
        wrapped(out, (2 + LABEL, 2 + LABEL + IDENTIFIER + 1), &text)?;
    }
    Ok(())
}

fn write_pair(out: &mut dyn Write, told: &PairAnswer) -> io::Result<()> {
    let title = format!(
        "Error code 0x{:X} ({}) with extended error code 0x{:X} ({})",
        told.code, told.code, told.extended, told.extended
    );
    writeln!(out, "{title}\n")?;
    if let Some(pair) = told.pair {
        labelled(out, 2, ("Together", LABEL), pair.means)?;
        labelled(out, 2, ("Sources", LABEL), pair.documented)?;
        writeln!(out)?;
    }
    let halves = [
        (told.first, Table::Disconnect, told.code),
        (told.second, Table::Extended, told.extended),
    ];
    for (at, (entry, table, code)) in halves.into_iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let Some(entry) = entry else {
            let number = table.number(code);
            writeln!(out, "{} {number} is not in the table.", table.title())?;
            continue;
        };
        wrapped(out, (0, 0), &heading(entry))?;
        write_text(out, entry)?;
        // More is known of the two together than of each half.
        if told.pair.is_none() {
            write_causes(out, entry.causes)?;
        }
    }
    match told.pair {
        Some(pair) => write_readings(out, pair),
        None => Ok(()),
    }
}

fn write_readings(out: &mut dyn Write, pair: &Pair) -> io::Result<()> {
    const COLUMN: usize = 13;
    writeln!(out, "\nReadings of the two together:")?;
    for reading in pair.readings {
        let claim = format!("\"{}\"", reading.claim);
        labelled(out, 2, (reading.verdict.word(), COLUMN - 2), &claim)?;
        write!(out, "{:COLUMN$}", "")?;
        wrapped(out, (COLUMN, COLUMN), reading.because)?;
    }
    if !pair.harmful.is_empty() {
        writeln!(out, "\nAdvised by some, and harmful:")?;
        for advice in pair.harmful {
            labelled(out, 2, ("-", 2), advice)?;
        }
    }
    writeln!(out, "\nCauses, likeliest first:")?;
    let (likely, rest) = pair
        .causes
        .split_at_checked(LIKELY)
        .unwrap_or((pair.causes, &[]));
    for cause in likely {
        let entry = cause.entry();
        labelled(out, 2, (entry.id, IDENTIFIER), entry.title)?;
    }
    if !rest.is_empty() {
        let rest: Vec<&str> = rest.iter().map(|cause| cause.id()).collect();
        write!(out, "  ")?;
        wrapped(out, (2, 2), &format!("then {}", rest.join(", ")))?;
    }
    writeln!(out)?;
    wrapped(out, (0, 0), pair.ranking)
}

fn write_unknown(out: &mut dyn Write, unknown: &Unknown) -> io::Result<()> {
    writeln!(out, "{} is not in the table.", unknown.asked)?;
    for sentence in &unknown.looks_like {
        wrapped(out, (0, 0), sentence)?;
    }
    if !unknown.perhaps.is_empty() {
        writeln!(out, "\nPerhaps one of these is meant:")?;
        for entry in &unknown.perhaps {
            labelled(out, 2, (&entry.ask(), IDENTIFIER), &entry.gist())?;
        }
    }
    Ok(())
}

fn write_steps(out: &mut dyn Write, steps: &[Step]) -> io::Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nRun next:")?;
    for step in steps {
        writeln!(out, "  {}", step.command)?;
        write!(out, "      ")?;
        wrapped(out, (6, 6), step.tells)?;
    }
    Ok(())
}

/// A label and a text beside it; the text begins on the next line when the label is too long.
fn labelled(
    out: &mut dyn Write,
    indent: usize,
    (label, width): (&str, usize),
    text: &str,
) -> io::Result<()> {
    let column = indent + width;
    if label.chars().count() < width {
        write!(out, "{:indent$}{label:width$}", "")?;
    } else {
        writeln!(out, "{:indent$}{label}", "")?;
        write!(out, "{:column$}", "")?;
    }
    wrapped(out, (column, column), text)
}

/// Words in lines of [`WIDTH`] columns; the first begins in a column, the others are indented.
fn wrapped(out: &mut dyn Write, (first, indent): (usize, usize), text: &str) -> io::Result<()> {
    let mut column = first;
    let mut gap = "";
    for word in text.split(' ') {
        let length = gap.len() + word.chars().count();
        if column + length > WIDTH && !gap.is_empty() {
            write!(out, "\n{:indent$}{word}", "")?;
            column = indent + word.chars().count();
        } else {
            write!(out, "{gap}{word}")?;
            column += length;
        }
        gap = " ";
    }
    writeln!(out)
}
