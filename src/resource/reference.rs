//! The reference of a resource as text: the same words as docs/reference/resources.md, which holds the explanations.

use std::fmt::Write;

use crate::resource::CATALOGUE;
use crate::resource::Kind;
use crate::syntax::Property;
use crate::syntax::Shape;

/// The page that a test keeps equal to the catalogue and to what the resources' files say.
const PAGE: &str = include_str!("../../docs/reference/resources.md");

/// What a value looks like, in words: `one of `denied`, `allowed``.
pub fn shape(shape: Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Bool => "`true` or `false`".to_owned(),
        Shape::Integer { min, max } => format!("whole number from {min} to {max}"),
        Shape::Word([only]) => format!("`{only}`"),
        Shape::Word(words) => format!("one of {}", quoted(words)),
        Shape::Words(words) => format!("one or a list of {}", quoted(words)),
        Shape::Texts => "text or a list of texts".to_owned(),
        Shape::Any => "depends on the others".to_owned(),
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// Every resource with one line about it.
pub fn list() -> String {
    let width = CATALOGUE
        .iter()
        .map(|kind| kind.name.len())
        .max()
        .unwrap_or_default();
    let rows = CATALOGUE
        .iter()
        .map(|kind| format!("{:width$}  {}\n", kind.name, kind.about));
    rows.collect()
}

/// Everything about one resource.
pub fn page(kind: &Kind) -> String {
    let mut text = format!("{}: {}\n\n", kind.name, kind.about);
    text.push_str(explained(kind.name));
    text.push_str("\n\nPROPERTIES\n");
    for property in kind.properties {
        text.push_str(&row(property));
    }
    text.push_str("\nEXAMPLE\n");
    for line in kind.example.lines() {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "  {line}");
    }
    text
}

fn row(property: &Property) -> String {
    let required = if property.required { ", required" } else { "" };
    format!(
        "  {}: {}{required}\n      {}\n",
        property.name,
        shape(property.shape),
        property.about
    )
}

/// The paragraphs between the first line of a resource's section and its table.
fn explained(name: &str) -> &'static str {
    let section = PAGE
        .split("\n## ")
        .find_map(|section| section.strip_prefix(name)?.strip_prefix('\n'));
    let body = section.and_then(|section| section.trim_start().split_once("\n\n"));
    let text = body.and_then(|(_, rest)| rest.split("\n\n|").next());
    text.unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::explained;
    use super::page;
    use crate::resource::CATALOGUE;
    use crate::resource::Kind;

    #[test]
    fn every_resource_is_explained_in_words() {
        for kind in CATALOGUE {
            let text = explained(kind.name);
            assert!(text.len() > 40, "{}: {text}", kind.name);
            assert!(!text.contains("| ---"), "{}: {text}", kind.name);
        }
    }

    #[test]
    fn a_page_has_every_property_and_the_example() {
        let kind = Kind::named("rdp_access").unwrap();
        let text = page(kind);
        assert!(text.starts_with("rdp_access: "), "{text}");
        assert!(
            text.contains("\n  connections: one of `denied`, `allowed`, required\n"),
            "{text}"
        );
        assert!(text.contains("\n      connections: allowed\n"), "{text}");
    }
}
