//! What texts stand for.

use std::sync::Arc;

use super::value;
use crate::diag::Source;
use crate::diag::Span;
use crate::syntax::Content;

/// The value as Python would print it, near enough to compare.
fn shown(text: &str) -> String {
    let source = Arc::new(Source {
        name: "hosts".into(),
        text: text.into(),
        secret: false,
    });
    let end = text.len();
    let span = Span {
        source,
        start: 0,
        end,
    };
    show(&value(text, span).node.content)
}

fn show(content: &Content) -> String {
    match content {
        Content::Null => "None".into(),
        Content::Bool(true) => "True".into(),
        Content::Bool(false) => "False".into(),
        Content::Int(number) => number.to_string(),
        Content::Float(number) => format!("{number:?}"),
        Content::Text(text) | Content::Unsafe(text) => format!("{text:?}"),
        Content::Sealed(_) => "sealed".into(),
        Content::Sequence(items) => {
            let items: Vec<String> = items.iter().map(|item| show(&item.content)).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", show(&key.content), show(&value.content)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[test]
fn literals_are_read() {
    for (text, wanted) in [
        ("5986", "5986"),
        ("-5", "-5"),
        ("+ 5", "5"),
        ("0x10", "16"),
        ("0o17", "15"),
        ("0b11", "3"),
        ("1_000", "1000"),
        ("00", "0"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("007.5", "7.5"),
        ("-1.5", "-1.5"),
        ("True", "True"),
        ("False", "False"),
        ("None", "None"),
        ("8080 # all", "8080"),
        ("3389,3390", "[3389, 3390]"),
        ("5,", "[5]"),
        ("()", "[]"),
        ("(5)", "5"),
        ("(5,)", "[5]"),
        ("set()", "[]"),
        ("[1, 'two', [3.5, None],]", "[1, \"two\", [3.5, None], ]"),
        ("{'a': 1, 2: (3, 4)}", "{\"a\": 1, 2: [3, 4]}"),
        ("{'a': 1, 'a': 2}", "{\"a\": 2}"),
        ("{1, 1}", "[1]"),
        ("\"x\"", "\"x\""),
        ("'a' \"b\"", "\"ab\""),
        ("r'a\\n'", "\"a\\\\n\""),
        ("b'abc'", "\"abc\""),
        ("u'x'", "\"x\""),
        ("'''a'b'''", "\"a'b\""),
        (r"'a\nb\x41\101\u00e9\q'", "\"a\\nbAAé\\\\q\""),
        ("...", "\"...\""),
    ] {
        let wanted = wanted.replace(", ]", "]");
        assert_eq!(shown(text), wanted, "{text}");
    }
}

#[test]
fn everything_else_is_a_text() {
    for text in [
        "007",
        "yes",
        "true",
        "FALSE",
        "none",
        "bar # baz",
        "1a",
        "1__0",
        "1_",
        "5-3",
        "--5",
        "-True",
        "1 2",
        "a,b",
        "10.0.0.1",
        "2024-01-01",
        "[1, two]",
        "[1",
        "'a",
        "'a' b",
        "'a' b'b'",
        "{1: }",
        "{[1]: 2}",
        "{{ x }}",
        "{",
        "",
        "f'x'",
        "0x",
        "0xg",
        "1..2",
        "(1",
        "\\",
        "99999999999999999999",
        "1j",
        r"'\x4'",
        r"'\ud800'",
        "CORP\\svc",
        "set(1)",
        "5 \\",
        "*",
        "5:6",
        "['a' 'b' c]",
    ] {
        assert_eq!(shown(text), format!("{text:?}"), "{text}");
    }
    let deep = "[".repeat(5000);
    assert_eq!(shown(&deep), format!("{deep:?}"));
}

#[test]
fn letters_that_came_of_escapes_are_known() {
    let unescaped = |text: &str| {
        let source = Arc::new(Source {
            name: "hosts".into(),
            text: text.into(),
            secret: false,
        });
        let span = Span {
            source,
            start: 0,
            end: 0,
        };
        value(text, span).is_unescaped
    };
    assert!(unescaped(r#""CORP\new""#));
    assert!(!unescaped(r#""CORP\svc""#));
    assert!(!unescaped(r"CORP\new"));
    assert!(!unescaped(r"r'CORP\new'"));
}

#[test]
fn digits_and_points_are_numbers_or_addresses() {
    for (text, wanted) in [
        ("0", "0"),
        ("00", "0"),
        ("007", "\"007\""),
        ("3389", "3389"),
        ("123456789012345678", "123456789012345678"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "\"9223372036854775808\""),
        ("10.5", "10.5"),
        ("10.", "10.0"),
        ("10.0.0.1", "\"10.0.0.1\""),
        ("1..2", "\"1..2\""),
        ("...", "\"...\""),
        ("..", "\"..\""),
        ("10.0.0.1,", "\"10.0.0.1,\""),
        ("١٢", "\"١٢\""),
    ] {
        assert_eq!(shown(text), wanted, "{text}");
    }
}
