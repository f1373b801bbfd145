//! What templates can call, for the documentation and its tests.

use crate::syntax::template::filters;
use crate::syntax::template::functions;
use crate::syntax::template::predicates;

/// A filter, a test or a function.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its names, the usual one first.
    pub names: Vec<&'static str>,
    /// What it gives, in one line.
    pub line: &'static str,
    /// An expression.
    pub example: &'static str,
    /// What the expression gives, as JSON; `!` and the message when it is refused.
    pub gives: &'static str,
}

/// A chapter: its heading and its entries.
pub type Chapter = (&'static str, Vec<Entry>);

fn entry(names: &[&'static str], line: &'static str, example: [&'static str; 2]) -> Entry {
    let [example, gives] = example;
    Entry {
        names: names.to_vec(),
        line,
        example,
        gives,
    }
}

fn of_filters(filters: &[filters::Filter]) -> Vec<Entry> {
    let entries = filters.iter();
    entries
        .map(|filter| entry(filter.names, filter.line, filter.example))
        .collect()
}

fn of_tests(tests: &[predicates::Predicate]) -> Vec<Entry> {
    let entries = tests.iter();
    entries
        .map(|test| entry(test.names, test.line, test.example))
        .collect()
}

/// The filters that are run, by theme.
pub fn filters() -> Vec<Chapter> {
    let themes = filters::THEMES.iter();
    themes
        .map(|(theme, filters)| (*theme, of_filters(filters)))
        .collect()
}

/// The tests that are run, by theme.
pub fn tests() -> Vec<Chapter> {
    let themes = predicates::THEMES.iter();
    themes
        .map(|(theme, tests)| (*theme, of_tests(tests)))
        .collect()
}

/// The functions that are run.
pub fn functions() -> Vec<Entry> {
    let ours = functions::FUNCTIONS.iter();
    let ours = ours.map(|function| entry(&[function.name], function.line, function.example));
    let built_in = functions::BUILT_IN.iter();
    let built_in = built_in.map(|(name, line, example)| entry(&[name], line, *example));
    let mut all: Vec<Entry> = ours.chain(built_in).collect();
    all.sort_by(|one, other| one.names.cmp(&other.names));
    all
}

/// The filters and tests that are refused, with a message that says what to use.
pub fn refused() -> Vec<Entry> {
    let mut refused = of_filters(filters::REFUSED);
    refused.extend(of_tests(predicates::REFUSED));
    refused
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Entry;
    use super::filters;
    use super::functions;
    use super::refused;
    use super::tests as predicates;
    use crate::diag::Source;
    use crate::syntax::Content;
    use crate::syntax::parse;
    use crate::syntax::template::Engine;
    use crate::syntax::template::Variables;

    fn wrong(entry: &Entry) -> Option<String> {
        let source = Arc::new(Source {
            name: "x".into(),
            text: "x".into(),
            secret: false,
        });
        let mut node = parse(&source).unwrap();
        node.content = Content::Text(format!("{{{{ {} }}}}", entry.example));
        let engine = Engine::new().with_now("2026-03-02T01:02:03[UTC]".parse().unwrap());
        let gives = engine.json(&node, &Variables::new(Vec::new()));
        let gives = match gives {
            Ok(value) => value.to_string(),
            Err(mistake) => format!("!{}", mistake.message),
        };
        (gives != entry.gives).then(|| format!("{}: {gives}", entry.example))
    }

    #[test]
    fn every_example_gives_what_it_says() {
        let chapters = filters().into_iter().chain(predicates());
        let entries = chapters.flat_map(|(_, entries)| entries);
        let all = entries.chain(functions()).chain(refused());
        let wrong: Vec<String> = all.filter_map(|entry| wrong(&entry)).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
