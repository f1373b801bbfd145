//! What tags make of scalars: the core's types, and Ansible's `!vault` and `!unsafe`.

use std::sync::Arc;

use saphyr_parser::ScalarStyle;
use saphyr_parser::Tag;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::scalar;
use crate::vault::Flaw;
use crate::vault::HEADER;
use crate::vault::Sealed;

/// Whether texts may be templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// As usual.
    Templates,
    /// Never: they stand below `!unsafe`.
    Unsafe,
}

/// The value of a scalar.
pub(super) fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: &Span,
) -> Result<Content, Diagnostic> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain {
            scalar::resolve(text)
        } else {
            Content::Text(text.to_owned())
        });
    };
    if tag.is_yaml_core_schema() {
        return core(text, tag, span);
    }
    match name(tag).as_str() {
        "!" => Ok(Content::Text(text.to_owned())),
        // Ansible types what stands below it as if it had no quotes.
        "!unsafe" => Ok(not_template(scalar::resolve(text))),
        "!vault" | "!vault-encrypted" => vault(text, style, span),
        _ => Err(unknown(tag, span)),
    }
}

/// The same value, which is no template whatever is in it.
pub(super) fn not_template(content: Content) -> Content {
    match content {
        Content::Text(text) => Content::Unsafe(text),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Unsafe(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => content,
    }
}

/// What a tag says of the texts in a collection.
pub(super) fn collection(tag: Option<&Tag>, span: &Span) -> Result<Trust, Diagnostic> {
    let Some(tag) = tag else {
        return Ok(Trust::Templates);
    };
    if tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "seq" | "map") {
        return Ok(Trust::Templates);
    }
    match name(tag).as_str() {
        "!unsafe" => Ok(Trust::Unsafe),
        "!vault" | "!vault-encrypted" => Err(Diagnostic::error(
            "vault-value",
            "an encrypted value is a text, not a list or a mapping",
        )
        .at(span)
        .help("encrypt the texts in it one by one, or the file as a whole")),
        _ => Err(unknown(tag, span)),
    }
}

fn name(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() {
        format!("!!{}", tag.suffix)
    } else {
        format!("{}{}", tag.handle, tag.suffix)
    }
}

fn core(text: &str, tag: &Tag, span: &Span) -> Result<Content, Diagnostic> {
    let content = match tag.suffix.as_str() {
        "str" => return Ok(Content::Text(text.to_owned())),
        "int" => scalar::int(text).map(Content::Int),
        "float" => scalar::float(text).map(Content::Float),
        "bool" | "null" => Some(scalar::resolve(text)).filter(|content| {
            matches!(
                (content, tag.suffix.as_str()),
                (Content::Bool(_), "bool") | (Content::Null, "null")
            )
        }),
        _ => return Err(unknown(tag, span)),
    };
    content.ok_or_else(|| {
        Diagnostic::error("wrong-tag", format!("`{text}` is not `!!{}`", tag.suffix)).at(span)
    })
}

/// A text with a flaw that can be seen without a password would fail later on every host.
fn vault(text: &str, style: ScalarStyle, span: &Span) -> Result<Content, Diagnostic> {
    let sealed = Sealed {
        text: text.to_owned(),
    };
    match sealed.check() {
        Ok(()) => Ok(Content::Sealed(Arc::new(sealed))),
        Err(flaw) => Err(flawed(&flaw, style, span)),
    }
}

/// The caret stands at the tag's own line, because whatever stands below may be a secret in clear.
fn flawed(flaw: &Flaw, style: ScalarStyle, span: &Span) -> Diagnostic {
    let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let tag = span.text().lines().next().unwrap_or_default();
    let tag = Span {
        end: span.start + tag.len(),
        ..span.clone()
    };
    let what = if flaw.was_vault {
        "a damaged text of ansible-vault"
    } else {
        "no text of ansible-vault"
    };
    let message = format!("the value is {what}: {}", flaw.reason);
    let diagnostic = Diagnostic::error("vault-value", message).at(&tag);
    let diagnostic = if is_block {
        let (line, _) = span.line_and_column();
        diagnostic.label(format!("shows on line {}", line + 1 + flaw.line))
    } else {
        diagnostic.label("tagged `!vault`")
    };
    if flaw.was_vault {
        diagnostic.help("put it in again, whole; nothing can be recovered from a part of it")
    } else if style == ScalarStyle::Literal {
        diagnostic.help(format!(
            "a value begins with a line `{HEADER};1.1;AES256`; `rdpfix vault encrypt-string --name NAME` makes one"
        ))
    } else {
        diagnostic.help("write `!vault |`, which keeps the lines, and the encrypted lines below it")
    }
}

fn unknown(tag: &Tag, span: &Span) -> Diagnostic {
    Diagnostic::error("unknown-tag", format!("unknown tag `{}`", name(tag)))
        .at(span)
        .help("remove the tag; values are typed by how they are written")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diag::Colour;
    use crate::diag::Diagnostic;
    use crate::diag::Source;
    use crate::diag::render;
    use crate::syntax::Content;
    use crate::syntax::Node;
    use crate::syntax::parse;

    const VAULT: &str = include_str!("../vault/golden/plain.vault");

    fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
        parse(&Arc::new(Source {
            name: "vars.yml".into(),
            text: text.into(),
            secret: false,
        }))
    }

    fn indented(spaces: usize) -> String {
        let indent = " ".repeat(spaces);
        let lines: Vec<String> = VAULT
            .lines()
            .map(|line| format!("{indent}{line}\n"))
            .collect();
        lines.concat()
    }

    fn shown(text: &str) -> String {
        render(&read(text).unwrap_err(), Colour::Never)
    }

    #[test]
    fn an_encrypted_value_is_kept_as_it_is() {
        let text = format!(
            "a: !vault |  # why\n{}# below\nb: !vault-encrypted |-\n{}\nc: &x !vault |\n{}d: *x\n",
            indented(4),
            indented(1),
            indented(10)
        );
        let node = read(&text).unwrap();
        for (key, wanted) in [("a", VAULT), ("b", VAULT.trim_end()), ("d", VAULT)] {
            let found = node.get(key).unwrap();
            let Content::Sealed(sealed) = &found.content else {
                panic!("{found:?}");
            };
            assert_eq!(sealed.text, wanted);
            assert_eq!(found.as_text(), None);
            assert_eq!(found.spelled(), None);
        }
        assert_eq!(node.get("d").unwrap().span.text(), "*x");
    }

    #[test]
    fn a_value_in_quotes_may_carry_its_lines_as_escapes() {
        let text = format!("[!vault \"{}\"]\n", VAULT.replace('\n', "\\n"));
        let node = read(&text).unwrap();
        assert!(matches!(node.items()[0].content, Content::Sealed(_)));
    }

    #[test]
    fn unsafe_texts_are_no_templates_and_numbers_stay_numbers() {
        let text =
            "a: !unsafe '{{ x }}'\nb: !unsafe 5\nc: !unsafe \"5\"\nd: !unsafe yes\ne: !unsafe\n";
        let node = read(text).unwrap();
        let content = |key: &str| node.get(key).unwrap().content.clone();
        assert_eq!(content("a"), Content::Unsafe("{{ x }}".into()));
        assert_eq!(content("b"), Content::Int(5));
        assert_eq!(content("c"), Content::Int(5));
        assert_eq!(content("d"), Content::Bool(true));
        assert_eq!(content("e"), Content::Null);
    }

    #[test]
    fn everything_below_an_unsafe_collection_is_unsafe() {
        let node = read("x: &x '{{ a }}'\nu: !unsafe\n  k: ['{{ b }}', !!str 5, 6, *x]\n  l: &l {m: '{{ c }}'}\nafter: '{{ d }}'\nl: *l\n").unwrap();
        let unsafe_text = |text: &str| Content::Unsafe(text.to_owned());
        let below = node.get("u").unwrap();
        let items = below.get("k").unwrap().items();
        assert_eq!(items[0].content, unsafe_text("{{ b }}"));
        assert_eq!(items[1].content, unsafe_text("5"));
        assert_eq!(items[2].content, Content::Int(6));
        let trusted = Content::Text("{{ a }}".into());
        assert_eq!(items[3].content, trusted, "as it was where it is written");
        let later = node.get("l").unwrap().get("m").unwrap();
        assert_eq!(later.content, unsafe_text("{{ c }}"));
        let after = Content::Text("{{ d }}".into());
        assert_eq!(node.get("after").unwrap().content, after);
    }

    #[test]
    fn what_is_no_vault_is_told_without_showing_it() {
        insta::assert_snapshot!(shown("- port: 1\n  word: !vault hunter2\n"), @r"
        error[vault-value]: the value is no text of ansible-vault: it does not begin with `$ANSIBLE_VAULT`
         --> vars.yml:2:9
          |
        2 |   word: !vault *******
          |         ^^^^^^^^^^^^^^ tagged `!vault`
          |
          = help: write `!vault |`, which keeps the lines, and the encrypted lines below it
        ");
        insta::assert_snapshot!(shown("word: !vault |\n  hunter2\n"), @r"
        error[vault-value]: the value is no text of ansible-vault: it does not begin with `$ANSIBLE_VAULT`
         --> vars.yml:1:7
          |
        1 | word: !vault |
          |       ^^^^^^^^ shows on line 2
          |
          = help: a value begins with a line `$ANSIBLE_VAULT;1.1;AES256`; `rdpfix vault encrypt-string --name NAME` makes one
        ");
        let texts = [
            "word: !vault 'hunter2'\n",
            "{a: 1, word: !vault \"hunter2\", b: 2}\n",
            "word: !vault >\n  hunter2\n",
            "word: !vault\n  hunter2\n",
            "word: !vault |\n  $ANSIBLE_VAULT;1.1;hunter2\n",
            "word: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  hunter2\n",
            "word: !vault |\n  $ANSIBLE_VAULT;1.1;AES256;hunter2\n  00\n",
            "word: !vault\n  key: hunter2\n",
            "- !vault [hunter2]\n",
        ];
        for text in texts {
            let shown = shown(text);
            assert!(shown.contains("vault-value"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_damaged_vault_is_told_with_its_line() {
        let text = format!("a: 1\nb: !vault |\n{}", indented(4).replacen("65", "6x", 1));
        insta::assert_snapshot!(shown(&text), @r"
        error[vault-value]: the value is a damaged text of ansible-vault: a character below the header is no hexadecimal digit
         --> vars.yml:2:4
          |
        2 | b: !vault |
          |    ^^^^^^^^ shows on line 5
          |
          = help: put it in again, whole; nothing can be recovered from a part of it
        ");
    }
}
