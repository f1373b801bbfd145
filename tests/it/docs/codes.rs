//! Facts about the reference of numbers: it is what the tables say, and what it shows to run is accepted.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::Parser;
use rdpfix::cli::args::Arguments;
use rdpfix::code;
use rdpfix::code::Entry;
use rdpfix::code::Table;
use rdpfix::code::answer;
use rdpfix::code::asked;
use rdpfix::code::event;
use rdpfix::code::next;
use rdpfix::code::pair;

use super::reference::cell;
use super::reference::holds;

const REFERENCE: &str = "docs/reference/codes.md";

const OPENING: &str = "# Numbers

Generated from the code by `tests/it/docs/codes.rs`; do not edit by hand.

`rdpfix explain 0x904 0x7` tells an error code with its extended one, `rdpfix explain -1073741715` any number however it was
typed, `rdpfix explain schannel:36870` or `rdpfix explain event 36870` an event, `rdpfix explain ntstatus:0xC000006D` a number
of one table, `rdpfix explain STATUS_LOGON_FAILURE` a name, and `rdpfix explain --search certificate` lists what has a word.
A number that stands in several tables is told in each of its meanings, likeliest first, in the order of this page.
The program exits with 0 when it knows the number, with 2 when it does not, and with 5 when it cannot read what was typed.

Rows that name causes are told with what to run next. What sources disagree about is called contested.
";

fn row(entry: &Entry) -> String {
    let means = [entry.means, entry.beware].join(" ");
    let causes: Vec<String> = entry
        .causes
        .iter()
        .map(|cause| format!("`{}`", cause.id()))
        .collect();
    let name = match entry.name {
        "" => String::new(),
        name => format!("`{name}`"),
    };
    format!(
        "| `{}` | {} | {} | {} | {} |\n",
        entry.ask(),
        cell(&name),
        cell(means.trim()),
        cell(entry.sender),
        causes.join(", ")
    )
}

fn table(text: &mut String, title: &str, rows: &[&Entry]) {
    let rows: String = rows.iter().map(|entry| row(entry)).collect();
    write!(
        text,
        "\n## {title}\n\n| number | name | meaning | sent by | causes |\n| --- | --- | --- | --- | --- |\n{rows}"
    )
    .unwrap();
}

fn pairs() -> String {
    let mut text = "\n## error code with extended error code\n".to_owned();
    for pair in pair::all() {
        write!(
            text,
            "\n### 0x{:X} with 0x{:X}\n\n{}\n\n{}\n\n",
            pair.code, pair.extended, pair.means, pair.documented
        )
        .unwrap();
        for reading in pair.readings {
            let (claim, verdict) = (reading.claim, reading.verdict.word());
            writeln!(text, "- {verdict}: \"{claim}\"; {}.", reading.because).unwrap();
        }
        for advice in pair.harmful {
            writeln!(text, "- harmful advice: {advice}.").unwrap();
        }
        let causes: Vec<&str> = pair.causes.iter().map(|cause| cause.id()).collect();
        write!(
            text,
            "\n{}\n\nCauses, likeliest first: `{}`.\n",
            pair.ranking,
            causes.join("`, `")
        )
        .unwrap();
    }
    text
}

fn reference() -> String {
    let mut text = OPENING.to_owned();
    text.push_str(&pairs());
    for known in Table::ALL {
        let of_table: Vec<&Entry> = code::all().filter(|entry| entry.table == known).collect();
        if known != Table::Event {
            table(&mut text, known.title(), &of_table);
            continue;
        }
        for source in event::SOURCES {
            let of_source = of_table.iter().copied();
            let of_source: Vec<&Entry> =
                of_source.filter(|row| row.source == source.name).collect();
            table(&mut text, &format!("events of {}", source.name), &of_source);
        }
    }
    text
}

#[test]
fn the_reference_of_numbers_is_what_the_tables_say() {
    let reference = reference();
    let rows = reference.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.count(), code::all().count());
    holds(REFERENCE, &reference);
}

/// Whatever is shown as the next thing to run is a command that the program takes, or one of Windows.
#[test]
fn what_to_run_next_is_accepted() {
    let mut commands = BTreeSet::new();
    let mut remember = |typed: &str, extended: Option<&str>| {
        let asked = asked::read(typed, extended).unwrap();
        let steps = next::steps(&answer::answer(&asked));
        commands.extend(steps.into_iter().map(|step| step.command));
    };
    for entry in code::all() {
        remember(&entry.ask(), None);
    }
    for pair in pair::all() {
        remember(&pair.code.to_string(), Some(&pair.extended.to_string()));
    }
    assert!(commands.len() >= 40, "{commands:?}");
    for command in commands {
        if command.starts_with("cmdkey ") {
            continue;
        }
        let words = command.split_whitespace();
        if let Err(error) = Arguments::try_parse_from(words) {
            panic!("`{command}`: {error}");
        }
    }
}
