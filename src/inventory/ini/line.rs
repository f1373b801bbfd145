//! Lines of an INI inventory and the heads of its sections.

/// A line without the blanks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// Where it begins in the file, in bytes.
    pub(super) start: usize,
}

/// The lines that say something: neither empty nor comments. Lines end where Python ends them.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mark = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut next = mark;
    std::iter::from_fn(move || {
        let (start, rest) = (next, text.get(next..).filter(|rest| !rest.is_empty())?);
        let line = rest.get(..line_end(rest)).unwrap_or(rest);
        next += line.len();
        Some((start, line))
    })
    .filter_map(|(start, line)| {
        let text = line.trim_start();
        let start = start + (line.len() - text.len());
        let text = text.trim_end();
        (!text.is_empty() && !text.starts_with(['#', ';'])).then_some(Line { text, start })
    })
}

/// Where the first line of a text ends, its break included.
fn line_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut from = 0;
    // Bytes that begin a break; the last two begin other letters, too.
    let may_break = |byte: &u8| matches!(byte, b'\n' | 0xb..=b'\r' | 0x1c..=0x1e | 0xc2 | 0xe2);
    while let Some(at) = bytes.iter().skip(from).position(may_break) {
        let at = from + at;
        let letter = text.get(at..).and_then(|rest| rest.chars().next());
        from = at + letter.map_or(1, char::len_utf8);
        if letter.is_some_and(is_break) {
            return from;
        }
    }
    text.len()
}

fn is_break(letter: char) -> bool {
    matches!(
        letter,
        '\n' | '\u{b}'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// `[name]` or `[name:kind]`, perhaps with a comment behind it.
pub(super) fn section(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.strip_prefix('[')?;
    let (name, rest) = name(rest)?;
    let (kind, rest) = match rest.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
            let (kind, rest) = rest.split_at_checked(end)?;
            (Some(kind).filter(|kind| !kind.is_empty())?.into(), rest)
        }
        None => (None, rest),
    };
    is_over(rest.strip_prefix(']')?).then_some((name, kind))
}

/// The name of a group, perhaps with a comment behind it.
pub(super) fn group_name(line: &str) -> Option<&str> {
    let (name, rest) = name(line)?;
    is_over(rest).then_some(name)
}

fn name(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|letter: char| matches!(letter, ':' | ']') || letter.is_whitespace())
        .unwrap_or(text.len());
    text.split_at_checked(end).filter(|_| end > 0)
}

fn is_over(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::group_name;
    use super::is_break;
    use super::line_end;
    use super::lines;
    use super::section;

    #[test]
    fn comments_and_blanks_are_no_lines() {
        let found: Vec<_> = lines("\u{feff}[a]\r\n\n # c\n;d\n  b \u{2028}c")
            .map(|line| (line.text, line.start))
            .collect();
        assert_eq!(found, [("[a]", 3), ("b", 19), ("c", 24)]);
    }

    #[test]
    fn heads_of_sections_are_told_from_lines() {
        assert_eq!(section("[web]"), Some(("web", None)));
        assert_eq!(section("[web:vars] # x"), Some(("web", Some("vars"))));
        assert_eq!(section("[web]#x"), Some(("web", None)));
        assert_eq!(section("[we[b:y]"), Some(("we[b", Some("y"))));
        for line in [
            "[web] ; x",
            "[a b]",
            "[]",
            "[web:]",
            "[web",
            "web",
            "[a:b:c]",
            "[:vars]",
        ] {
            assert_eq!(section(line), None, "{line}");
        }
        assert_eq!(group_name("web # x"), Some("web"));
        assert_eq!(group_name("web#x"), Some("web#x"));
        assert_eq!(group_name("web x"), None);
        assert_eq!(group_name("a:b"), None);
    }

    proptest! {
        #[test]
        fn a_line_ends_behind_its_first_break(text in "[a\n\u{b}\r\u{1c}\u{85}\u{a0}Ââ\u{2028}\u{2030}\u{1f600}]{0,12}") {
            let first = text.split_inclusive(is_break).next().unwrap_or_default();
            assert_eq!(line_end(&text), first.len(), "{text:?}");
        }
    }
}
