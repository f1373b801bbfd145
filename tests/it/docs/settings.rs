//! The page of settings shows the table of the program.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::CommandFactory;
use rdpfix::cli::args::Arguments;
use rdpfix::cli::settings::TABLE;

use super::page;
use super::pages;
use super::read;
use crate::support;

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

/// The cells that say by which names something is set, row by row.
fn names(page: &str) -> BTreeSet<Vec<Vec<&str>>> {
    let rows = rows(page).into_iter();
    rows.map(|row| row.into_iter().take(4).collect()).collect()
}

/// The variables of ours that a source names in quotes.
fn variables(source: &str) -> BTreeSet<&str> {
    let quoted = source.split('"').skip(1).step_by(2);
    quoted.filter(|text| text.starts_with("RDPFIX_")).collect()
}

/// The variables that the environment is asked for by name, because nothing but them sets what they set.
fn alone(source: &str) -> BTreeSet<&str> {
    let known = |name: &&str| TABLE.iter().any(|setting| setting.own == *name);
    let mut names = variables(source);
    names.retain(|name| !known(name));
    names
}

#[test]
fn the_page_names_every_variable_and_key_and_no_other() {
    let (page, environment) = (page(PAGE), page("src/cli/environment.rs"));
    let alone = alone(&environment);
    assert!(alone.contains("RDPFIX_HISTORY"), "{alone:?}");
    let mut shown = names(&page);
    let mut told = BTreeSet::new();
    shown.retain(|row| match row[1].first() {
        Some(name) if alone.contains(name) => {
            assert_eq!(row[2..], [[""; 0], [""; 0]], "{name} is ours alone");
            told.insert(*name);
            false
        }
        _ => true,
    });
    assert_eq!(told, alone, "the page has a row for each");
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

/// Variables are read in one place; whoever else names one tells of it.
#[test]
fn every_variable_that_a_message_or_a_page_names_is_on_the_page() {
    let page_of_settings = page(PAGE);
    let known: BTreeSet<&str> = names(&page_of_settings)
        .into_iter()
        .filter_map(|row| row[1].first().copied())
        .collect();
    let texts = pages().into_iter().chain(sources("src/cli"));
    let mut count = 0;
    for path in texts {
        let text = read(&path);
        // What tests invent is not read by the program.
        let text = text.split("\nmod tests").next().unwrap_or_default();
        let is_part = |letter: char| letter.is_ascii_uppercase() || letter == '_';
        for behind in text.split("RDPFIX_").skip(1) {
            let rest = behind.split(|letter| !is_part(letter)).next().unwrap();
            let name = format!("RDPFIX_{rest}");
            // `RDPFIX_*` stands for all of them.
            assert!(
                rest.is_empty() || known.contains(&*name),
                "{}: {name}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 30, "only {count} places");
}

/// The sources below a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut waiting = vec![support::root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// Whether a verb, or one below it, takes an option.
fn takes(command: &clap::Command, option: &str) -> bool {
    let is_it = |argument: &clap::Arg| {
        let long = argument.get_long().map(|long| format!("--{long}"));
        let short = argument.get_short().map(|short| format!("-{short}"));
        [long, short].into_iter().flatten().any(|own| own == option)
    };
    command.get_arguments().any(is_it) || command.get_subcommands().any(|sub| takes(sub, option))
}

#[test]
fn the_options_on_the_page_are_those_of_the_program() {
    let page = page(PAGE);
    let program = Arguments::command();
    for row in names(&page) {
        for option in &row[0] {
            assert!(takes(&program, option), "{option}");
        }
    }
}
