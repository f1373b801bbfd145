//! `-e`: variables from the command line.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::diag::Span;
use crate::playbook::shape::is_protected;
use crate::playbook::shape::without_effect;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;

/// As [`extra_sources`], of texts with the names to show for them.
pub fn extra_vars(texts: &[(String, String)]) -> (BTreeMap<String, Node>, Vec<Diagnostic>) {
    let source = |(name, text): &(String, String)| {
        Arc::new(Source {
            name: name.clone(),
            text: text.clone(),
            secret: false,
        })
    };
    extra_sources(&texts.iter().map(source).collect::<Vec<_>>())
}

/// Reads extra variables, later ones winning: each `k=v k2=v2`, JSON, or the YAML of a file. What is written behind `=` is
/// a text whatever it looks like, as in Ansible: `version=1.10` keeps its zero. JSON and YAML have types.
pub fn extra_sources(sources: &[Arc<Source>]) -> (BTreeMap<String, Node>, Vec<Diagnostic>) {
    let mut variables = BTreeMap::new();
    let mut mistakes = Vec::new();
    for source in sources {
        if looks_like_yaml(&source.text) {
            read_mapping(source, &mut variables, &mut mistakes);
        } else {
            read_pairs(source, &mut variables, &mut mistakes);
        }
    }
    let protected = variables.iter().filter(|(name, _)| is_protected(name));
    mistakes.extend(protected.map(|(name, value)| without_effect(name, &value.span)));
    (variables, mistakes)
}

fn looks_like_yaml(text: &str) -> bool {
    let text = text.trim_start();
    let behind_name =
        text.trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    let is_pair = behind_name.len() < text.len() && behind_name.starts_with('=');
    !is_pair && (text.starts_with(['{', '[']) || text.contains('\n') || text.contains(": "))
}

fn read_mapping(
    source: &Arc<Source>,
    variables: &mut BTreeMap<String, Node>,
    mistakes: &mut Vec<Diagnostic>,
) {
    match syntax::parse(source) {
        Ok(node) => match &node.content {
            Content::Mapping(entries) => {
                let named = entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.spelled()?.to_owned(), value.clone())));
                variables.extend(named);
            }
            Content::Null => {}
            Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sequence(_) => {
                mistakes.push(
                    Diagnostic::error("extra-vars", "extra variables must be names with values")
                        .at(&node.span)
                        .label(format!("this is {}", node.describe())),
                );
            }
        },
        Err(found) => mistakes.extend(found),
    }
}

fn read_pairs(
    source: &Arc<Source>,
    variables: &mut BTreeMap<String, Node>,
    mistakes: &mut Vec<Diagnostic>,
) {
    for (start, word) in words(&source.text) {
        let span = Span {
            source: Arc::clone(source),
            start,
            end: start + word.len(),
        };
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                let content = Content::Text(unquoted(value).unwrap_or(value).to_owned());
                variables.insert(name.to_owned(), Node { span, content });
            }
            Some(_) | None => mistakes.push(
                Diagnostic::error("extra-vars", format!("`{word}` is not `name=value`"))
                    .at(&span)
                    .help("write `-e name=value`, `-e '{\"name\": \"value\"}'` or `-e @FILE`"),
            ),
        }
    }
}

fn unquoted(value: &str) -> Option<&str> {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// Words between blanks, with their places; blanks inside quotes belong to the word.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (place, character) in text.char_indices().chain([(text.len(), ' ')]) {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => {
                quote = Some(character);
                start = start.or(Some(place));
            }
            (None, blank) if blank.is_whitespace() => {
                found.extend(
                    start
                        .take()
                        .and_then(|start| Some((start, text.get(start..place)?))),
                );
            }
            (None, _) => start = start.or(Some(place)),
        }
    }
    // An open quote runs to the end.
    found.extend(start.and_then(|start| Some((start, text.get(start..)?))));
    found
}

#[cfg(test)]
mod tests {
    use super::extra_vars;
    use crate::diag::Severity;
    use crate::syntax::Content;

    fn read(text: &str) -> Vec<(String, Content)> {
        let (variables, mistakes) = extra_vars(&[("<command line>".to_owned(), text.to_owned())]);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        variables
            .into_iter()
            .map(|(name, node)| (name, node.content))
            .collect()
    }

    #[test]
    fn pairs_are_texts_as_they_were_typed() {
        let words = [
            "1.10", "007", "12:30", "1_0", "no", "true", "3390", "~", "C:\\temp",
        ];
        for word in words {
            let text = || Content::Text(word.to_owned());
            assert_eq!(read(&format!("v={word}")), [("v".to_owned(), text())]);
            assert_eq!(read(&format!("v='{word}'")), [("v".to_owned(), text())]);
        }
        assert_eq!(
            read("name='two words'"),
            [("name".to_owned(), Content::Text("two words".to_owned()))]
        );
    }

    #[test]
    fn names_that_the_run_fills_in_are_warned_of() {
        let (_, mistakes) = extra_vars(&[("<command line>".to_owned(), "groups=x".to_owned())]);
        assert_eq!(mistakes[0].id, "reserved-name");
        assert_eq!(mistakes[0].severity, Severity::Warning);
    }

    #[test]
    fn json_is_taken() {
        assert_eq!(
            read("{\"port\": 3390}"),
            [("port".to_owned(), Content::Int(3390))]
        );
    }

    #[test]
    fn a_word_without_a_value_is_a_mistake() {
        let (_, mistakes) = extra_vars(&[("<command line>".to_owned(), "port".to_owned())]);
        assert_eq!(mistakes.len(), 1);
    }
}
