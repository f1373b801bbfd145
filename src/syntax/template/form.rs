//! Which texts are templates at all, and which are nothing but one expression.

use crate::syntax::Content;
use crate::syntax::Node;

/// Whether a text has something to evaluate in it.
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Whether a node, or anything in it, has something to evaluate.
pub fn has_template(node: &Node) -> bool {
    match &node.content {
        Content::Text(text) => is_template(text),
        // To be opened, which only rendering does.
        Content::Sealed(_) => true,
        Content::Sequence(items) => items.iter().any(has_template),
        Content::Mapping(entries) => entries.iter().any(|(_, value)| has_template(value)),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Unsafe(_) => false,
    }
}

/// The variable of a text that is nothing but `{{ name }}`.
pub fn single_variable(text: &str) -> Option<&str> {
    let name = whole_expression(text)?.trim();
    let is_word = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_word && !name.is_empty()).then_some(name)
}

/// What is between the braces when a text is nothing but one pair of them; white space behind them does not count.
pub fn whole_expression(text: &str) -> Option<&str> {
    let inner = text.trim_end().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix('-').unwrap_or(inner);
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::single_variable;
    use super::whole_expression;

    #[test]
    fn a_single_pair_of_braces_is_a_whole_expression() {
        assert_eq!(whole_expression("{{ a }}\n"), Some(" a "));
        assert_eq!(whole_expression("{{- a -}}"), Some(" a "));
        assert_eq!(whole_expression("{{ a }}{{ b }}"), None);
        assert_eq!(whole_expression("x {{ a }}"), None);
        assert_eq!(single_variable("{{ a_1 }}"), Some("a_1"));
        assert_eq!(single_variable("{{ a + 1 }}"), None);
    }
}
