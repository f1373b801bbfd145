//! A text that must never be seen: not in output, logs, reports or error messages.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::PoisonError;
use std::sync::RwLock;

use aho_corasick::AhoCorasick;
use aho_corasick::MatchKind;
use serde_json::Value;
use sha2::Digest;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A password or another secret; it cannot be printed and its memory is cleared when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that has to use it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(hidden)")
    }
}

/// What stands where a secret stood.
pub const MASK: &str = "********";
/// Shorter ones are words that stand in any text; masking them would tell more than it hides.
const SHORTEST: usize = 4;

/// The secrets that a run has come to know, so that whatever it writes can be kept free of them.
#[derive(Debug, Default)]
pub struct Hidden(RwLock<Texts>);

#[derive(Default)]
struct Texts {
    known: Vec<Zeroizing<String>>,
    /// Their SHA-256, to tell what is new.
    seen: BTreeSet<Vec<u8>>,
    /// Finds all of them; made anew when one is added.
    finder: Option<AhoCorasick>,
}

impl fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} texts", self.known.len())
    }
}

impl Hidden {
    /// From now on the text is masked, line by line; numbers, truth values and very short texts are not, because they
    /// stand everywhere.
    pub fn add(&self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| is_telling(line));
        let mut forms: Vec<Zeroizing<String>> = Vec::new();
        for line in lines {
            let quoted = Zeroizing::new(Value::from(line).to_string());
            let escaped = quoted.get(1..quoted.len().saturating_sub(1));
            forms.extend(escaped.map(|text| Zeroizing::new(text.to_owned())));
            forms.push(Zeroizing::new(line.to_owned()));
        }
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms {
            if texts.seen.insert(Sha256::digest(form.as_bytes()).to_vec()) {
                texts.known.push(form);
                texts.finder = None;
            }
        }
    }

    /// The same for every text in a value; keys stay.
    pub fn mask_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.mask(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Value::Object(entries) => entries.values_mut().for_each(|item| self.mask_json(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The text without any of the secrets.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let texts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if texts.known.is_empty() {
            return Cow::Borrowed(text);
        }
        if let Some(finder) = &texts.finder {
            return masked(finder, text);
        }
        drop(texts);
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(texts.known.iter().map(|text| text.as_bytes()));
        match finder {
            Ok(finder) => masked(texts.finder.insert(finder), text),
            // Too many for one search; rather nothing is shown than a secret.
            Err(_) => Cow::Borrowed(MASK),
        }
    }
}

fn masked<'t>(finder: &AhoCorasick, text: &'t str) -> Cow<'t, str> {
    if !finder.is_match(text) {
        return Cow::Borrowed(text);
    }
    let masks = vec![MASK; finder.patterns_len()];
    Cow::Owned(finder.replace_all(text, &masks))
}

/// Whether a text says something that ordinary output would not say anyhow.
fn is_telling(text: &str) -> bool {
    text.chars().count() >= SHORTEST
        && text.parse::<f64>().is_err()
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "none"
        )
}

#[cfg(test)]
mod tests {
    use super::Hidden;
    use super::Secret;

    #[test]
    fn known_secrets_are_masked_plain_and_as_json_writes_them() {
        let hidden = Hidden::default();
        assert_eq!(hidden.mask("hunter2 is said"), "hunter2 is said");
        hidden.add("hunter2");
        hidden.add("hunter2 the second");
        hidden.add("a\"quoted\"\nsecond line");
        assert_eq!(hidden.mask("<hunter2>"), "<********>");
        assert_eq!(hidden.mask("hunter2 the second"), "********");
        assert_eq!(
            hidden.mask(r#"{"a":"a\"quoted\"\nsecond line"}"#),
            r#"{"a":"********\n********"}"#
        );
    }

    #[test]
    fn numbers_and_truth_values_stay() {
        let hidden = Hidden::default();
        for text in ["3389", "true", "abc", "", "1.25e3"] {
            hidden.add(text);
        }
        assert_eq!(hidden.mask("3389 true abc 1.25e3"), "3389 true abc 1.25e3");
    }

    #[test]
    fn debug_output_hides_the_text() {
        let shown = format!("{:?}", Some(Secret::new("hunter2")));
        assert_eq!(shown, "Some(Secret(hidden))");
    }
}
