//! Facts about the pages of waivers and benchmarks: their tables are what the code and the table of rules say.
//! `UPDATE_DOCS=1` writes them anew.

use std::fmt::Write;

use rdpfix::waiver;

use super::page;
use super::reference::cell;
use super::reference::filled;
use super::reference::holds;
use super::reference::properties;

const REFERENCE: &str = "docs/reference/waivers.md";
const GUIDE: &str = "docs/guide/compliance.md";
const TABLE: &str = "tests/cases/baselines/rules.csv";

#[test]
fn the_keys_of_waivers_are_those_that_are_read() {
    let table = properties(waiver::KEYS);
    let wanted = filled(&page(REFERENCE), "keys", &table).expect("the page has its markers");
    holds(REFERENCE, &wanted);
}

/// References of a rule in one family of playbooks, each once.
fn references(cells: &[&str], names: &[&str], family: &str, word: &str) -> String {
    let own = names
        .iter()
        .zip(cells)
        .filter(|(name, _)| name.starts_with(family));
    let mut found: Vec<&str> = Vec::new();
    for reference in own.flat_map(|(_, cell)| cell.split("; ")) {
        if let Some(number) = reference.strip_prefix(word)
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    found.join(", ")
}

#[test]
fn the_table_of_rules_is_that_of_the_playbooks() {
    let text = page(TABLE);
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let mut table = "| control | asks for | level | CIS | STIG | Microsoft |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    for cells in lines {
        let at = |name: &str| cells[names.iter().position(|own| *own == name).unwrap()];
        let microsoft = if at("microsoft-baseline").is_empty() {
            ""
        } else {
            "yes"
        };
        let mark = if at("mode") == "look" {
            " (only looked at)"
        } else {
            ""
        };
        writeln!(
            table,
            "| `{}` | {}{mark} | {} | {} | {} | {microsoft} |",
            at("control"),
            cell(at("title")),
            at("level"),
            references(&cells, &names, "cis-", "CIS "),
            references(&cells, &names, "stig-", "STIG "),
        )
        .unwrap();
    }
    let wanted = filled(&page(GUIDE), "rules", &table).expect("the page has its markers");
    holds(GUIDE, &wanted);
}
