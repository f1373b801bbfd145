//! Facts about the reference of job files: it is what the tables say that read them. `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write;

use rdpfix::job::NICKNAMES;
use rdpfix::job::VARIABLES;
use rdpfix::job::keys;
use rdpfix::resource::reference::shape;
use rdpfix::syntax::Property;
use rdpfix::syntax::Shape;

use super::reference::cell;
use super::reference::holds;

const PAGE: &str = "docs/reference/jobs.md";

/// What the tables leave to the reader of the key.
fn value(property: &Property) -> String {
    match (property.shape, property.name) {
        (Shape::Any, "splay") => "duration, or keys".to_owned(),
        (Shape::Any, "retries") => "number, or keys".to_owned(),
        (Shape::Any, "windows" | "blackouts") => "windows, one or a list".to_owned(),
        (Shape::Any, "notify") => "webhooks, one or a list".to_owned(),
        (Shape::Any, "headers") => "names with texts".to_owned(),
        (Shape::Any, "jobs") => "list of jobs".to_owned(),
        (Shape::Any, "defaults") => "keys of jobs".to_owned(),
        (Shape::Any, name) => panic!("`{name}` has no words here"),
        (Shape::Text, "every" | "deadline" | "up_to" | "delay" | "timeout") => {
            "duration".to_owned()
        }
        (known, _) => shape(known),
    }
}

fn table(heading: &str, properties: &[Property]) -> String {
    let mut text = format!(
        "\n## {heading}\n\n| key | value | required | meaning |\n| --- | --- | --- | --- |\n"
    );
    for property in properties {
        let required = if property.required { "yes" } else { "" };
        writeln!(
            text,
            "| `{}` | {} | {required} | {} |",
            property.name,
            cell(&value(property)),
            cell(property.about)
        )
        .unwrap();
    }
    text
}

fn wanted() -> String {
    let mut text = "# Job files\n\nGenerated from the code by `tests/it/docs/jobs.rs`; do not edit by hand.\n\n\
        [The guide](../guide/schedule.md) has what to type. Relative paths count from the folder of the job file.\n\
        `rdpfix schema jobs` prints the JSON Schema for editors.\n"
        .to_owned();
    for (heading, properties) in [
        ("The file", keys::FILE),
        ("A job", keys::JOB),
        ("A splay", keys::SPLAY),
        ("Retries", keys::RETRIES),
        ("A window or a blackout", keys::WINDOW),
        ("A webhook", keys::WEBHOOK),
    ] {
        text.push_str(&table(heading, properties));
    }
    text.push_str(TIMES);
    text.push_str("\n| nickname | stands for |\n| --- | --- |\n");
    for (name, fields) in NICKNAMES {
        writeln!(text, "| `{name}` | `{fields}` |").unwrap();
    }
    text.push_str("\n## Variables of a webhook's body\n\nThe body is a template as in playbooks; without one, all of these are sent as JSON.\n\n| variable | holds |\n| --- | --- |\n");
    for (name, about) in VARIABLES {
        writeln!(text, "| `{name}` | {} |", cell(about)).unwrap();
    }
    text
}

const TIMES: &str = "
## Times

Durations are whole seconds, minutes, hours, days of 24 hours or weeks: `90s`, `15m`, `6h`, `1d`, `1h30m`.

`cron` has minute, hour, day of the month, month and weekday (0 and 7 are Sunday), with names, ranges, steps and lists.
A day that depends on the month is `L` (the last), `LW` (the last from Monday to Friday), `15W` (the one from Monday to
Friday nearest to the 15th), `fri#2` (the second Friday) or `friL` (the last Friday).
When both kinds of days are given either is enough; `+` before the weekdays asks for both.
A step over everything (`*/2`) beside the other kind of day is refused, because cron programs differ in it.

When clocks are changed, a time that is skipped is run right after the gap, once however many were skipped, and a time that
comes twice is run the first time. What is due every hour goes on through both. `every` knows no clocks.
Windows and blackouts go by the clock on the wall: one within the skipped hour does not open, and one within the hour that
comes twice is open twice.

Zones are those of the machine's own database; the program has one built in for machines without.
";

#[test]
fn the_reference_of_job_files_is_what_the_tables_say() {
    holds(PAGE, &wanted());
}
