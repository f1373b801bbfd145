//! Data of registry values: their words, how they are shown, and when two are the same.

use crate::cim::RegistryData;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::resource::registry_value::Range;

/// The words of the types, in the order of [`KINDS`].
pub(super) const TYPES: &[&str] = &[
    "dword",
    "qword",
    "string",
    "expand_string",
    "multi_string",
    "binary",
];

const KINDS: [(RegistryKind, &str); 6] = [
    (RegistryKind::Dword, "dword"),
    (RegistryKind::Qword, "qword"),
    (RegistryKind::Text, "string"),
    (RegistryKind::ExpandText, "expand_string"),
    (RegistryKind::MultiText, "multi_string"),
    (RegistryKind::Binary, "binary"),
];

/// The type that a word means.
pub(super) fn kind(word: &str) -> Option<RegistryKind> {
    KINDS
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(kind, _)| *kind)
}

fn word(kind: RegistryKind) -> &'static str {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("unknown", |(_, word)| *word)
}

/// The number, when it is one.
pub(super) fn number(data: &RegistryData) -> Option<u64> {
    match data {
        RegistryData::Dword(number) => Some(u64::from(*number)),
        RegistryData::Qword(number) => Some(*number),
        RegistryData::Text(_)
        | RegistryData::ExpandText(_)
        | RegistryData::MultiText(_)
        | RegistryData::Binary(_) => None,
    }
}

/// Whether what was found is a number of the range, of the type that is wanted.
pub(super) fn within(wanted: &RegistryData, found: &RegistryData, range: Range) -> bool {
    found.kind() == wanted.kind()
        && number(found).is_some_and(|own| (range.least..=range.greatest).contains(&own))
}

/// The data in a report.
pub(super) fn shown(data: &RegistryData) -> Value {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => Value::text(text.as_str()),
        RegistryData::Dword(number) => Value::from(*number),
        RegistryData::Qword(number) => Value::Uint(*number),
        RegistryData::MultiText(texts) => Value::List(
            texts
                .iter()
                .map(|text| Value::text(text.as_str()))
                .collect(),
        ),
        RegistryData::Binary(bytes) => Value::Text(hex(bytes)),
    }
}

/// The data with its type.
pub(super) fn typed(data: &RegistryData) -> Value {
    let text = match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => format!("{text:?}"),
        RegistryData::Dword(number) => number.to_string(),
        RegistryData::Qword(number) => number.to_string(),
        RegistryData::MultiText(texts) => format!("{texts:?}"),
        RegistryData::Binary(bytes) => hex(bytes),
    };
    Value::Text(format!("{} {text}", word(data.kind())))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a host holds what is wanted.
///
/// Assumption: GetExpandedStringValue answers with variables replaced, so a wanted `%SystemRoot%\x` is held by any text
/// that it could stand for.
pub(super) fn holds(wanted: &RegistryData, found: &RegistryData) -> bool {
    match (wanted, found) {
        (RegistryData::ExpandText(pattern), RegistryData::ExpandText(text)) => {
            pattern == text || could_stand_for(pattern, text)
        }
        _ => wanted == found,
    }
}

/// Whether a text with variables in percent signs could have been expanded to the other one.
fn could_stand_for(pattern: &str, text: &str) -> bool {
    let pieces = literals(pattern);
    let [first, middle @ .., last] = pieces.as_slice() else {
        return false;
    };
    let Some(mut rest) = text
        .strip_prefix(first)
        .and_then(|rest| rest.strip_suffix(last))
    else {
        return false;
    };
    for piece in middle {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    true
}

/// The text between variables; two or more pieces when there is a variable.
fn literals(pattern: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    let mut literal = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        let Some((name, behind)) = after.split_once('%') else {
            break;
        };
        let kept = literal.len() - rest.len() + before.len();
        if name.is_empty() {
            // Two percent signs in a row are no variable.
            rest = behind;
            continue;
        }
        pieces.push(literal.get(..kept).unwrap_or_default());
        rest = behind;
        literal = behind;
    }
    pieces.push(literal);
    pieces
}

#[cfg(test)]
mod tests {
    use super::TYPES;
    use super::holds;
    use super::kind;
    use crate::cim::RegistryData;

    fn expand(text: &str) -> RegistryData {
        RegistryData::ExpandText(text.to_owned())
    }

    #[test]
    fn every_word_is_a_type() {
        for word in TYPES {
            assert_eq!(super::word(kind(word).unwrap()), *word);
        }
    }

    #[test]
    fn an_expanded_text_is_what_was_wanted() {
        let wanted = expand(r"%SystemRoot%\system32\%x%.dll");
        assert!(holds(&wanted, &expand(r"C:\Windows\system32\a.dll")));
        assert!(holds(&wanted, &wanted));
        assert!(!holds(&wanted, &expand(r"C:\Windows\sysWOW64\a.dll")));
        assert!(!holds(&expand(r"%a%\x"), &expand(r"y")));
    }

    #[test]
    fn a_text_without_variables_must_be_equal() {
        assert!(!holds(&expand("50% of it"), &expand("60% of it")));
        assert!(!holds(&expand("a"), &expand("b")));
        assert!(!holds(&expand("100%%"), &expand("100")));
    }

    #[test]
    fn overlapping_pieces_do_not_count_twice() {
        assert!(!holds(&expand("aa%x%aa"), &expand("aaa")));
    }

    #[test]
    fn types_are_compared() {
        assert!(!holds(&RegistryData::Dword(1), &RegistryData::Qword(1)));
    }
}
