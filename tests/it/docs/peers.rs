//! Facts about the page on other programs: its tables are the data that the comparison with these programs is made by.

use std::fmt::Write;

use super::page;
use super::reference::cell;
use super::reference::filled;
use super::reference::holds;
use crate::peers::outside::differences::DIFFERENCES;
use crate::peers::outside::servers::Program;
use crate::peers::outside::servers::SERVERS;

const PAGE: &str = "docs/dev/peers.md";

/// What somebody says; empty in the data where it depends on the server.
fn said(word: &str) -> String {
    if word.is_empty() {
        "what the server shows".to_owned()
    } else {
        word.to_owned()
    }
}

fn differences() -> String {
    let mut table =
        "| who | about | it says | we say | of | why |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for difference in DIFFERENCES {
        let names: Vec<String> = difference.of.iter().copied().map(Program::name).collect();
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} |",
            difference.scanner,
            difference.about.join(", "),
            said(difference.theirs),
            said(difference.ours),
            names.join(", "),
            cell(difference.why)
        )
        .unwrap();
    }
    table
}

fn servers() -> String {
    let mut table =
        "| server | certificate | answers | TLS versions | findings |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for row in SERVERS {
        let findings: Vec<String> = row
            .findings
            .split(' ')
            .map(|finding| format!("`{finding}`"))
            .collect();
        let versions = if row.versions.is_empty() {
            "none".to_owned()
        } else {
            format!("`{}`", row.versions)
        };
        writeln!(
            table,
            "| {} | {} | `{}` | {versions} | {} |",
            row.program.name(),
            row.certificate.word(),
            row.talk.0,
            findings.join(", ")
        )
        .unwrap();
    }
    table
}

#[test]
fn the_page_on_other_programs_has_the_tables_of_the_comparison() {
    let wanted = filled(&page(PAGE), "differences", &differences()).expect("markers");
    let wanted = filled(&wanted, "servers", &servers()).expect("markers");
    holds(PAGE, &wanted);
}
