//! Facts about the reference of findings: it is what the catalogue says.

use std::fmt::Write;

use rdpfix::finding::Cause;
use rdpfix::finding::Entry;

use super::reference::cell;
use super::reference::holds;

const REFERENCE: &str = "docs/reference/findings.md";

const OPENING: &str = "# Findings and causes

Generated from the code by `tests/it/docs/findings.rs`; do not edit by hand.

A finding is something that was seen and speaks for one of these causes; `rdpfix probe HOST` tells what is seen from outside,
`rdpfix diagnose HOST -i INVENTORY` weighs it together with what is seen from inside. The identifiers are stable.

`error` keeps clients from connecting, `warning` works now or less safely than it should, `info` is worth knowing.

";

fn overview() -> String {
    let mut table = "| id | what is wrong | seen from outside | seen from inside |\n| --- | --- | --- | --- |\n".to_owned();
    let seen = |text: &str| if text.is_empty() { "" } else { "yes" };
    for entry in Cause::catalogue() {
        let (id, title) = (entry.id, cell(entry.title));
        writeln!(
            table,
            "| [`{id}`](#{id}) | {title} | {} | {} |",
            seen(entry.outside),
            seen(entry.inside)
        )
        .unwrap();
    }
    table
}

fn section(entry: &Entry) -> String {
    let mut text = format!("\n## {}\n\n", entry.id);
    let title: String = entry
        .title
        .chars()
        .take(1)
        .flat_map(char::to_uppercase)
        .collect();
    let rest: String = entry.title.chars().skip(1).collect();
    writeln!(text, "{title}{rest}.\n\n{}\n", entry.meaning).unwrap();
    writeln!(text, "**What to do.** {}", entry.advice).unwrap();
    for (label, said) in [
        ("From outside", entry.outside),
        ("From inside", entry.inside),
        ("What people say", entry.folklore),
    ] {
        if !said.is_empty() {
            writeln!(text, "\n**{label}.** {said}").unwrap();
        }
    }
    text
}

#[test]
fn the_reference_of_findings_is_what_the_catalogue_says() {
    let sections: String = Cause::catalogue().iter().map(section).collect();
    holds(REFERENCE, &format!("{OPENING}{}{sections}", overview()));
}
