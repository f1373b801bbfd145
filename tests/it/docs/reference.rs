//! Facts about what is generated: the reference of resources, the README's table, and the tables of the first host's guide
//! are what the code says. `UPDATE_DOCS=1` writes them anew.

use std::fmt::Write;
use std::time::Duration;

use rdpfix::cim::CimError;
use rdpfix::cim::session::Unreachable;
use rdpfix::resource::CATALOGUE;
use rdpfix::resource::Kind;
use rdpfix::resource::reference::shape;
use rdpfix::syntax::Property;

use super::page;
use crate::support;

const REFERENCE: &str = "docs/reference/resources.md";
const GUIDE: &str = "docs/guide/first-host.md";

/// Fails when a page does not read like this, or makes it so.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "pages are written when they are asked for"
)]
pub(super) fn holds(path: &str, wanted: &str) {
    let place = support::root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(place, wanted).unwrap();
        return;
    }
    let found = std::fs::read_to_string(place).unwrap_or_default();
    let stale = found.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    assert!(
        found == wanted,
        "{path} is stale: run `UPDATE_DOCS=1 cargo test --test it docs::` and read the difference; first at {stale:?}"
    );
}

/// The page with this between its two markers.
pub(super) fn filled(page: &str, marker: &str, table: &str) -> Option<String> {
    let (opening, closing) = (format!("<!-- {marker} -->"), format!("<!-- /{marker} -->"));
    let (before, rest) = page.split_once(&opening)?;
    let (_, after) = rest.split_once(&closing)?;
    Some(format!("{before}{opening}\n\n{table}\n{closing}{after}"))
}

pub(super) fn cell(text: &str) -> String {
    text.replace('|', r"\|")
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn row(property: &Property) -> String {
    let required = if property.required { "yes" } else { "" };
    format!(
        "| `{}` | {} | {required} | {} |\n",
        property.name,
        cell(&shape(property.shape)),
        cell(property.about)
    )
}

/// A table of keys.
pub(super) fn properties(keys: &[Property]) -> String {
    let rows: String = keys.iter().map(row).collect();
    format!("| key | value | required | meaning |\n| --- | --- | --- | --- |\n{rows}")
}

/// What a resource's file says about it below its first paragraph.
fn explained(kind: &Kind) -> String {
    let source = page(&format!("src/resource/{}.rs", kind.name));
    let comment: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let explained = comment
        .iter()
        .skip_while(|line| !line.is_empty())
        .skip(1)
        .copied();
    explained.collect::<Vec<_>>().join("\n")
}

/// The example as a playbook, so that it is checked like all others on pages.
fn play(kind: &Kind) -> String {
    let tasks = kind.example.lines().map(|line| format!("    {line}\n"));
    format!("- hosts: all\n  tasks:\n{}", tasks.collect::<String>())
}

fn reference() -> String {
    let mut text = "# Resources\n\nGenerated from the code by `tests/it/docs/reference.rs`; do not edit by hand.\n\n".to_owned();
    text.push_str("A property that is left out is not managed, unless its description says what is meant then.\n");
    for kind in CATALOGUE {
        let rows: String = kind.properties.iter().map(row).collect();
        write!(
            text,
            "\n## {}\n\n{}.\n\n{}\n\n\
             | property | value | required | meaning |\n| --- | --- | --- | --- |\n{rows}\n```yaml\n{}```\n",
            kind.name,
            kind.about,
            explained(kind),
            play(kind)
        )
        .unwrap();
    }
    text
}

fn overview() -> String {
    let mut table = "| resource | manages | properties |\n| --- | --- | --- |\n".to_owned();
    for kind in CATALOGUE {
        let names: Vec<&str> = kind
            .properties
            .iter()
            .map(|property| property.name)
            .collect();
        let (name, about) = (kind.name, cell(kind.about));
        writeln!(
            table,
            "| [`{name}`]({REFERENCE}#{name}) | {about} | {} |",
            quoted(&names)
        )
        .unwrap();
    }
    table
}

#[test]
fn the_reference_is_what_the_catalogue_says() {
    for kind in CATALOGUE {
        assert!(
            !explained(kind).is_empty(),
            "{} is not explained",
            kind.name
        );
    }
    holds(REFERENCE, &reference());
}

#[test]
fn the_readme_lists_every_resource() {
    let readme = page("README.md");
    let wanted = filled(&readme, "resources", &overview()).expect("the README has both markers");
    holds("README.md", &wanted);
}

/// What stands between the markers is replaced, and nothing else.
#[test]
fn markers_hold_generated_text() {
    let page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
    let filled_once = filled(page, "x", "new\n").unwrap();
    assert_eq!(filled_once, "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n");
    assert_eq!(filled(&filled_once, "x", "new\n"), Some(filled_once));
    assert_eq!(filled(page, "y", "new\n"), None);
}

/// One error of each kind that has something to say about its remedy.
fn refusals() -> Vec<CimError> {
    let address = || "HOST:5986".to_owned();
    let operation = || "Win32_Service.Name=\"TermService\"".to_owned();
    let mut errors: Vec<CimError> = [
        Unreachable::NameNotFound,
        Unreachable::Refused,
        Unreachable::TimedOut,
        Unreachable::NoRoute,
    ]
    .map(|reason| CimError::Unreachable {
        address: address(),
        reason,
    })
    .into();
    errors.extend([
        CimError::Trust {
            address: address(),
            detail: "invalid peer certificate".to_owned(),
        },
        CimError::SignInRefused {
            address: address(),
            user: r"CORP\admin".to_owned(),
        },
        CimError::Denied {
            operation: operation(),
        },
        CimError::Quota {
            operation: operation(),
            code: 2_150_859_174,
        },
        CimError::TimedOut {
            operation: operation(),
            after: Duration::from_secs(30),
        },
        CimError::NotWsman {
            address: address(),
            operation: operation(),
            detail: "HTTP status 404 and no content".to_owned(),
        },
    ]);
    errors
}

#[test]
fn the_guide_has_the_programs_own_words_for_refusals() {
    let mut table = "| it says | what to do |\n| --- | --- |\n".to_owned();
    for error in refusals() {
        let hint = error.hint().unwrap_or_else(|| panic!("no hint: {error}"));
        writeln!(table, "| {} | {} |", cell(&error.to_string()), cell(&hint)).unwrap();
    }
    let codes = exit_codes();
    let guide = filled(&page(GUIDE), "refusals", &table).expect("markers for refusals");
    let guide = filled(&guide, "exit codes", &codes).expect("markers for exit codes");
    holds(GUIDE, &guide);
}

/// The exit codes as their own file documents them: `/// 3: drift was found, nothing failed.`
fn exit_codes() -> String {
    let source = page("src/cli/exit.rs");
    let meanings: Vec<(u8, &str)> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// ")?.split_once(": "))
        .filter_map(|(code, meaning)| Some((code.parse().ok()?, meaning.trim_end_matches('.'))))
        .collect();
    assert!(meanings.len() >= 10, "only {meanings:?}");
    let rows = meanings
        .iter()
        .map(|(code, meaning)| format!("| {code} | {meaning} |\n"));
    format!(
        "| exit code | meaning |\n| --- | --- |\n{}",
        rows.collect::<String>()
    )
}
