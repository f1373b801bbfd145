//! Reads a registry value: whether the data has the shape that its type wants, with the place of what has not.

use crate::cim::RegistryData;
use crate::cim::RegistryKind;
use crate::diag::Diagnostic;
use crate::resource::registry_place;
use crate::resource::registry_value::Owner;
use crate::resource::registry_value::Range;
use crate::resource::registry_value::RegistryValue;
use crate::resource::registry_value::data;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;

pub(super) fn parse(args: &mut Args<'_>) -> Option<RegistryValue> {
    let key = registry_place::parse(args);
    let name = args.text("name").unwrap_or_default().to_owned();
    let owner = match args.text("group_policy") {
        Some("respected") => Owner::Domain,
        _ => Owner::Us,
    };
    let data = if args.text("state") == Some("absent") {
        absent(args);
        None
    } else {
        present(args)
    };
    let range = range(args, data.as_ref());
    let key = key?;
    args.is_clean().then_some(RegistryValue {
        key,
        name,
        data,
        range,
        owner,
    })
}

/// `at_least` and `at_most`, which belong together and to a number between them.
fn range(args: &mut Args<'_>, data: Option<&RegistryData>) -> Option<Range> {
    let bound = |args: &Args<'_>, name| args.integer(name).and_then(|own| u64::try_from(own).ok());
    let (least, greatest) = (bound(args, "at_least"), bound(args, "at_most"));
    let given = args.node("at_least").or(args.node("at_most"))?;
    let mistake = match (least, greatest, data.and_then(data::number)) {
        (Some(least), Some(greatest), Some(number)) if (least..=greatest).contains(&number) => {
            return Some(Range { least, greatest });
        }
        (Some(least), Some(greatest), _) if least > greatest => "no number is both",
        (Some(_), Some(_), Some(_)) => "`data`, which would be written, is not among these",
        (Some(_), Some(_), None) => "only numbers have a range",
        _ => "`at_least` and `at_most` belong together",
    };
    // What is wrong with the data has been told.
    if args.is_clean() {
        args.push(
            Diagnostic::error("bad-range", "the range is none")
                .at(&given.span)
                .label(mistake),
        );
    }
    None
}

fn absent(args: &mut Args<'_>) {
    for name in ["data", "type", "at_least", "at_most"] {
        if let Some(node) = args.node(name) {
            args.push(
                Diagnostic::error(
                    "conflicting-values",
                    format!("a value that shall be absent has no `{name}`"),
                )
                .at(&node.span)
                .label("contradicts `state: absent`"),
            );
        }
    }
}

fn present(args: &mut Args<'_>) -> Option<RegistryData> {
    let word = args.text("type");
    let node = args.node("data");
    if !args.is_clean() {
        return None;
    }
    for (name, missing) in [("type", word.is_none()), ("data", node.is_none())] {
        if missing {
            args.push(
                Diagnostic::error("missing-key", format!("`registry_value` lacks `{name}`"))
                    .at(args.span())
                    .label(format!("needs `{name}`"))
                    .help("or `state: absent`"),
            );
        }
    }
    let (word, node) = (word?, node?);
    let kind = data::kind(word)?;
    match read(kind, node) {
        Ok(data) => Some(data),
        Err((place, label)) => {
            args.push(
                Diagnostic::error("wrong-type", format!("`data` does not fit `type: {word}`"))
                    .at(&place.span)
                    .label(label),
            );
            None
        }
    }
}

/// The node that does not fit, and what would.
type Misfit<'a> = (&'a Node, &'static str);

fn read(kind: RegistryKind, node: &Node) -> Result<RegistryData, Misfit<'_>> {
    match kind {
        RegistryKind::Dword => number(node)
            .and_then(|number| u32::try_from(number).ok())
            .map(RegistryData::Dword)
            .ok_or((node, "expected a whole number from 0 to 4294967295")),
        RegistryKind::Qword => number(node).map(RegistryData::Qword).ok_or((
            node,
            "expected a whole number from 0 to 18446744073709551615",
        )),
        RegistryKind::Text => text(node).map(RegistryData::Text),
        RegistryKind::ExpandText => text(node).map(RegistryData::ExpandText),
        RegistryKind::MultiText => texts(node).map(RegistryData::MultiText),
        RegistryKind::Binary => bytes(node).map(RegistryData::Binary),
    }
}

fn number(node: &Node) -> Option<u64> {
    match &node.content {
        Content::Int(number) => u64::try_from(*number).ok(),
        Content::Text(text) | Content::Unsafe(text) => {
            let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
            match digits {
                // A sign is no digit, though the parser takes it for one.
                Some(hex) if !hex.starts_with('+') => u64::from_str_radix(hex, 16).ok(),
                Some(_) => None,
                None if text.starts_with('+') => None,
                None => text.parse().ok(),
            }
        }
        Content::Null
        | Content::Bool(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => None,
    }
}

fn text(node: &Node) -> Result<String, Misfit<'_>> {
    match &node.content {
        Content::Text(text) | Content::Unsafe(text) if text.contains('\0') => {
            Err((node, "the registry ends a text at NUL"))
        }
        Content::Text(text) | Content::Unsafe(text) => Ok(text.clone()),
        Content::Int(number) => Ok(number.to_string()),
        Content::Bool(_) => Err((node, "YAML reads this as true or false; quote it")),
        Content::Null | Content::Float(_) | Content::Sealed(_) => {
            Err((node, "expected a text; quote it"))
        }
        Content::Sequence(_) | Content::Mapping(_) => Err((node, "expected a text")),
    }
}

fn texts(node: &Node) -> Result<Vec<String>, Misfit<'_>> {
    let read = |item| {
        text(item).and_then(|text| {
            if text.is_empty() {
                Err((item, "an empty text would end the list"))
            } else {
                Ok(text)
            }
        })
    };
    match &node.content {
        Content::Sequence(items) => items.iter().map(read).collect(),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Text(_)
        | Content::Unsafe(_)
        | Content::Mapping(_) => Ok(vec![read(node)?]),
    }
}

fn bytes(node: &Node) -> Result<Vec<u8>, Misfit<'_>> {
    const WANTED: &str = "expected bytes as hex, such as `01 fe`, or a list of numbers up to 255";
    match &node.content {
        Content::Text(text) | Content::Unsafe(text) => hex(text).ok_or((node, WANTED)),
        Content::Sequence(items) => items
            .iter()
            .map(|item| {
                number(item)
                    .and_then(|number| u8::try_from(number).ok())
                    .ok_or((item, "expected a number from 0 to 255"))
            })
            .collect(),
        Content::Int(_) | Content::Float(_) | Content::Sealed(_) => {
            Err((node, "hex without letters must be quoted"))
        }
        Content::Null | Content::Bool(_) | Content::Mapping(_) => Err((node, WANTED)),
    }
}

/// Pairs of hex digits, with spaces or commas between them as `reg export` writes.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|character| !character.is_whitespace() && *character != ',')
        .map(|character| {
            character
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let pairs = digits?;
    let (pairs, odd) = pairs.as_chunks::<2>();
    odd.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::hex;
    use super::read;
    use crate::cim::RegistryData;
    use crate::cim::RegistryKind;
    use crate::diag::Source;
    use crate::diag::Span;
    use crate::syntax::Content;
    use crate::syntax::Node;

    fn node(content: Content) -> Node {
        let source = Arc::new(Source {
            name: "test".to_owned(),
            text: String::new(),
            secret: false,
        });
        Node {
            span: Span {
                source,
                start: 0,
                end: 0,
            },
            content,
        }
    }

    fn text(text: &str) -> Node {
        node(Content::Text(text.to_owned()))
    }

    #[test]
    fn numbers_may_be_hex_in_quotes() {
        let wide = text("0xFFFFFFFF");
        assert_eq!(
            read(RegistryKind::Dword, &wide),
            Ok(RegistryData::Dword(u32::MAX))
        );
        let wider = text("0x100000000");
        assert!(read(RegistryKind::Dword, &wider).is_err());
        assert_eq!(
            read(RegistryKind::Qword, &wider),
            Ok(RegistryData::Qword(0x1_0000_0000))
        );
        for wrong in ["-1", "+1", "0x+1", "", "ten"] {
            assert!(read(RegistryKind::Qword, &text(wrong)).is_err(), "{wrong}");
        }
        assert!(read(RegistryKind::Dword, &node(Content::Int(-1))).is_err());
        assert!(read(RegistryKind::Dword, &node(Content::Bool(true))).is_err());
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        assert_eq!(hex("01,02, fe"), Some(vec![1, 2, 0xFE]));
        assert_eq!(hex(""), Some(Vec::new()));
        assert_eq!(hex("1"), None);
        assert_eq!(hex("0g"), None);
        let list = node(Content::Sequence(vec![
            node(Content::Int(1)),
            node(Content::Int(256)),
        ]));
        let (place, _) = read(RegistryKind::Binary, &list).unwrap_err();
        assert_eq!(place.content, Content::Int(256));
    }

    #[test]
    fn one_text_is_a_list_of_one_but_an_empty_one_is_none() {
        assert_eq!(
            read(RegistryKind::MultiText, &text("a")),
            Ok(RegistryData::MultiText(vec!["a".to_owned()]))
        );
        assert!(read(RegistryKind::MultiText, &text("")).is_err());
        assert_eq!(
            read(
                RegistryKind::MultiText,
                &node(Content::Sequence(Vec::new()))
            ),
            Ok(RegistryData::MultiText(Vec::new()))
        );
    }

    #[test]
    fn a_text_may_be_empty_but_not_a_truth_value() {
        assert_eq!(
            read(RegistryKind::Text, &text("")),
            Ok(RegistryData::Text(String::new()))
        );
        assert!(read(RegistryKind::Text, &node(Content::Bool(true))).is_err());
        assert_eq!(
            read(RegistryKind::Text, &node(Content::Int(5))),
            Ok(RegistryData::Text("5".to_owned()))
        );
    }
}
