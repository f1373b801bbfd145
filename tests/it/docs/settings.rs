//! The page of settings shows the table of the program.

use std::collections::BTreeSet;

use rdpfix::cli::settings::TABLE;

use super::page;

const PAGE: &str = "docs/reference/settings.md";

/// The texts in backticks in each cell of each row of the page's first table.
fn rows(page: &str) -> Vec<Vec<Vec<&str>>> {
    let lines = page.lines().skip_while(|line| !line.starts_with('|'));
    let table = lines.take_while(|line| line.starts_with('|')).skip(2);
    table
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells
                .map(|cell| cell.split('`').skip(1).step_by(2).collect())
                .collect()
        })
        .collect()
}

#[test]
fn the_page_names_every_variable_and_key_and_no_other() {
    let page = page(PAGE);
    let shown: BTreeSet<Vec<Vec<&str>>> = rows(&page)
        .into_iter()
        .map(|row| row.into_iter().take(4).collect())
        .collect();
    let known: BTreeSet<Vec<Vec<&str>>> = TABLE
        .iter()
        .map(|setting| {
            [setting.option, setting.own, setting.ansible, setting.key]
                .map(|text| Vec::from_iter((!text.is_empty()).then_some(text)))
                .to_vec()
        })
        .collect();
    assert_eq!(shown, known);
}
