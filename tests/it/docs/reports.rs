//! Facts about the pages on reports: the table in the README is that of the program, and the guide shows every reporter.

use std::fmt::Write;

use rdpfix::report::REPORTERS;

use super::page;
use super::reference::filled;
use super::reference::holds;

const README: &str = "README.md";
const GUIDE: &str = "docs/guide/reports.md";

#[test]
fn the_readme_has_the_table_of_reporters() {
    let mut table = "| `--reporter` | what it writes |\n| --- | --- |\n".to_owned();
    for (name, about) in REPORTERS {
        writeln!(table, "| `{name}` | {about} |").unwrap();
    }
    let wanted = filled(&page(README), "reporters", &table).expect("markers");
    holds(README, &wanted);
}

#[test]
fn the_guide_shows_every_reporter_with_a_command() {
    let guide = page(GUIDE);
    let chapters: Vec<&str> = guide.split("\n## ").skip(1).collect();
    for (name, _) in REPORTERS {
        let chapter = chapters.iter().find(|chapter| chapter.starts_with(name));
        let chapter = chapter.unwrap_or_else(|| panic!("no chapter on {name}"));
        assert!(
            chapter.contains(&format!("--reporter {name}")),
            "no command in that on {name}"
        );
    }
}
