//! Facts about the page of filters and tests: it is what the code says, and every example on it gives what it says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use rdpfix::diag::Source;
use rdpfix::diag::Span;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Variables;
use rdpfix::syntax::template::reference;
use rdpfix::syntax::template::reference::Chapter;
use rdpfix::syntax::template::reference::Entry;

use super::reference::cell;
use super::reference::holds;

const PAGE: &str = "docs/reference/templates.md";

const INTRODUCTION: &str = "\
# Templates

Written by `UPDATE_DOCS=1 cargo test --test it docs::` from the tables in the code; edits are lost.

Texts with `{{ }}` or `{% %}` in them, and conditions (`when`, `that`, `until`), are evaluated as ansible-core 2.19 does it.
Every name also works with `ansible.builtin.` in front.

- A value that is nothing but `{{ expression }}` keeps its type; among other text, null is nothing, and `true` is `True`.
- Inside `{{ }}`, backslashes are letters: `'C:\\new'`, `'\\d+'`. Inside `{% %}` and in conditions they are escapes.
- A condition is `true` or `false`; a text, a number or a list is a mistake.
- What is undefined is a mistake once it is used; `default`, `is defined` and `omit` catch it, also behind several dots.
- Values that came from hosts (facts, results, loop items) are never templates, whatever stands in them.
- Methods of texts, lists, mappings and times work as in Python: `name.split('.')`, `services.items()`, `time.strftime('%Y')`.

What Ansible has and this has not:

- Patterns look neither ahead nor behind and do not refer back to groups, so that they always end in time.
- Whole numbers have 128 bits, and a value takes at most some millions of steps.
- Methods that change a value (`append`, `update`) are refused, because values are shared; make a new one.
- `{% include %}`, `{% import %}`, `{% extends %}`, `{% block %}` and recursive loops are refused.
- Sets keep the order of the first list, where Python leaves it open.

";

fn evaluated(text: &str) -> Result<serde_json::Value, String> {
    let source = Arc::new(Source {
        name: "<example>".into(),
        text: text.into(),
        secret: false,
    });
    let span = Span {
        start: 0,
        end: text.len(),
        source,
    };
    let node = Node {
        content: rdpfix::syntax::Content::Text(format!("{{{{ {text} }}}}")),
        span,
    };
    let vars = BTreeMap::new();
    let engine = Engine::new().with_now("2026-03-02T01:02:03[UTC]".parse().unwrap());
    engine
        .json(&node, &Variables::new(vec![&vars]))
        .map_err(|mistake| mistake.message)
}

fn check(entry: &Entry) -> Option<String> {
    let given = evaluated(entry.example);
    let told = match &given {
        Ok(value) => value.to_string(),
        Err(message) => format!("!{message}"),
    };
    (told != entry.gives).then(|| format!("{} gives {told}, not {}", entry.example, entry.gives))
}

fn row(entry: &Entry) -> String {
    let names: Vec<String> = entry.names.iter().map(|name| format!("`{name}`")).collect();
    let example = entry.example.replace('\n', "\\n");
    let gives = match entry.gives.strip_prefix('!') {
        Some(message) => message.to_owned(),
        None => format!("`{}`", entry.gives),
    };
    format!(
        "| {} | {} | `{}` | {} |\n",
        cell(&names.join(", ")),
        cell(entry.line),
        cell(&example),
        cell(&gives)
    )
}

fn table(page: &mut String, entries: &[Entry]) {
    page.push_str("| name | what it gives | example | gives |\n| --- | --- | --- | --- |\n");
    for entry in entries {
        page.push_str(&row(entry));
    }
    page.push('\n');
}

fn chapters(page: &mut String, heading: &str, chapters: &[Chapter]) {
    writeln!(page, "## {heading}\n").unwrap();
    for (theme, entries) in chapters {
        writeln!(page, "### {theme}\n").unwrap();
        table(page, entries);
    }
}

fn all() -> Vec<Entry> {
    let mut all = reference::functions();
    for (_, entries) in reference::filters().into_iter().chain(reference::tests()) {
        all.extend(entries);
    }
    all.extend(reference::refused());
    all
}

#[test]
fn every_example_gives_what_the_page_says() {
    let wrong: Vec<String> = all().iter().filter_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_name_stands_once() {
    let mut filters: Vec<&str> = reference::filters()
        .iter()
        .flat_map(|(_, entries)| entries.iter().flat_map(|entry| entry.names.clone()))
        .collect();
    let count = filters.len();
    filters.sort_unstable();
    filters.dedup();
    assert_eq!(filters.len(), count);
    assert!(count > 100, "only {count} filters");
}

#[test]
fn the_page_of_templates_is_what_the_code_says() {
    let mut page = INTRODUCTION.to_owned();
    chapters(&mut page, "Filters: `value | name`", &reference::filters());
    chapters(&mut page, "Tests: `value is name`", &reference::tests());
    page.push_str("## Functions: `name()`\n\n");
    table(&mut page, &reference::functions());
    page.push_str("## Refused\n\nThese are known, and told with what to use instead.\n\n");
    table(&mut page, &reference::refused());
    holds(PAGE, &format!("{}\n", page.trim_end()));
}
