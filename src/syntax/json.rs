//! JSON with positions, as Python's reader takes it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::Source;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::vault::Sealed;

/// How deep arrays and objects may nest.
const DEPTH: usize = 100;

/// What a text says; `None` when it is no JSON, or no array and no object.
pub(super) fn read(source: &Arc<Source>) -> Option<Node> {
    let text = source.text.trim_start_matches(is_blank);
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut reader = Reader {
        source,
        at: source.text.len() - text.len(),
    };
    let node = reader.value(0)?;
    reader.blanks();
    reader.rest().is_empty().then_some(node)
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.source.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.byte().is_some_and(|byte| is_blank(byte.into())) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let is_next = self.byte() == Some(wanted);
        self.at += usize::from(is_next);
        is_next
    }

    fn node(&self, start: usize, content: Content) -> Node {
        let span = Span {
            source: Arc::clone(self.source),
            start,
            end: self.at,
        };
        Node { span, content }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        let start = self.at;
        match self.byte()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => {
                let text = self.text()?;
                let mut node = self.node(start, Content::Text(text));
                // Of a text only what stands between the quotes is meant, as in YAML.
                node.span.start += 1;
                node.span.end -= 1;
                Some(node)
            }
            _ => {
                let content = self.word()?;
                Some(self.node(start, content))
            }
        }
    }

    fn word(&mut self) -> Option<Content> {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| {
                !(letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
            })
            .unwrap_or(rest.len());
        let word = rest.get(..length)?;
        let content = match word {
            "null" => Content::Null,
            "true" => Content::Bool(true),
            "false" => Content::Bool(false),
            "NaN" => Content::Float(f64::NAN),
            "Infinity" => Content::Float(f64::INFINITY),
            "-Infinity" => Content::Float(f64::NEG_INFINITY),
            number => self::number(number)?,
        };
        self.at += length;
        Some(content)
    }

    fn array(&mut self, depth: usize) -> Option<Node> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if !self.take(b']') {
            loop {
                items.push(self.value(depth + 1)?);
                self.blanks();
                if self.take(b']') {
                    break;
                }
                self.take(b',').then_some(())?;
            }
        }
        Some(self.node(start, Content::Sequence(items)))
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        let start = self.at;
        self.at += 1;
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut positions: HashMap<String, usize> = HashMap::new();
        self.blanks();
        if !self.take(b'}') {
            loop {
                self.blanks();
                let at = self.at;
                let name = self.text()?;
                let mut key = self.node(at, Content::Text(name.clone()));
                key.span.start += 1;
                key.span.end -= 1;
                self.blanks();
                self.take(b':').then_some(())?;
                let value = self.value(depth + 1)?;
                if let Some(entry) = positions.get(&name).and_then(|at| entries.get_mut(*at)) {
                    entry.1 = value;
                } else {
                    positions.insert(name, entries.len());
                    entries.push((key, value));
                }
                self.blanks();
                if self.take(b'}') {
                    break;
                }
                self.take(b',').then_some(())?;
            }
        }
        let content = special(&entries).unwrap_or(Content::Mapping(entries));
        Some(self.node(start, content))
    }

    /// A text in quotes.
    fn text(&mut self) -> Option<String> {
        self.take(b'"').then_some(())?;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let end = rest.find(|letter: char| letter < ' ' || matches!(letter, '"' | '\\'))?;
            text.push_str(rest.get(..end)?);
            self.at += end;
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return Some(text);
                }
                b'\\' => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                // A line break or another control character.
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let letter = self.byte()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => letter.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                if !(0xD800..0xDC00).contains(&first) {
                    return char::from_u32(first);
                }
                self.take(b'\\').then_some(())?;
                self.take(b'u').then_some(())?;
                let second = self
                    .unit()?
                    .checked_sub(0xDC00)
                    .filter(|low| *low < 0x400)?;
                return char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second);
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let unit = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_hexadecimal)?;
        self.at += 4;
        Some(unit)
    }
}

fn number(word: &str) -> Option<Content> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let whole = digits.find(['.', 'e', 'E']).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at_checked(whole)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if rest.is_empty() {
        // What is too big for a number stays a text, as in YAML.
        return Some(
            word.parse()
                .map_or_else(|_| Content::Text(word.to_owned()), Content::Int),
        );
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
        None => (rest, None),
    };
    let fraction = fraction.strip_prefix('.');
    let exponent = exponent.map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
    let is_fine = fraction.is_none_or(is_number) && exponent.is_none_or(is_number);
    word.parse().ok().filter(|_| is_fine).map(Content::Float)
}

/// The values that Ansible writes as objects.
fn special(entries: &[(Node, Node)]) -> Option<Content> {
    let text = |wanted: &str| {
        let found = entries
            .iter()
            .find(|(key, _)| key.as_text() == Some(wanted));
        found
            .and_then(|(_, value)| value.as_text())
            .map(str::to_owned)
    };
    if let Some(text) = text("__ansible_vault") {
        return Some(Content::Sealed(Arc::new(Sealed { text })));
    }
    text("__ansible_unsafe").map(Content::Unsafe)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::read;
    use crate::diag::Source;
    use crate::syntax::Content;
    use crate::syntax::Node;

    fn parse(text: &str) -> Option<Node> {
        read(&Arc::new(Source {
            name: "data.json".into(),
            text: text.into(),
            secret: false,
        }))
    }

    #[track_caller]
    fn first(text: &str) -> Content {
        parse(text).unwrap().items()[0].content.clone()
    }

    #[test]
    fn values_are_those_of_json_and_not_of_yaml() {
        assert_eq!(first("[1e3]"), Content::Float(1000.0));
        assert_eq!(first("[-0.5]"), Content::Float(-0.5));
        assert_eq!(first("[-7]"), Content::Int(-7));
        assert_eq!(first("[Infinity]"), Content::Float(f64::INFINITY));
        assert_eq!(
            first(r#"["\u00e9\ud83d\ude00\n"]"#),
            Content::Text("é😀\n".into())
        );
        assert_eq!(
            first(r#"[{"__ansible_unsafe": "{{"}]"#),
            Content::Unsafe("{{".into())
        );
        assert!(matches!(
            first(r#"[{"__ansible_vault": "x"}]"#),
            Content::Sealed(_)
        ));
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        let node = parse("\t{\"a\": 1, \"b\": 2, \"a\": 3}\n").unwrap();
        assert_eq!(node.entries().len(), 2);
        assert_eq!(node.get("a").unwrap().content, Content::Int(3));
    }

    #[test]
    fn what_is_no_json_is_left_to_yaml() {
        for text in [
            "",
            "a: 1",
            "{a: 1}",
            "{\"a\": 1,}",
            "[1,]",
            "[01]",
            "[1.]",
            "[.5]",
            "[1e]",
            "[yes]",
            "['a']",
            "{\"a\" 1}",
            "[\"\n\"]",
            "[\"\\q\"]",
            "[\"\\ud800\"]",
            "[] []",
            "[1 2]",
            "[\"a",
            "{\"a\":",
            "5",
            "[+1]",
            "[\"\\u+123\"]",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&"[".repeat(5000)).is_none());
    }

    #[test]
    fn spans_are_what_is_written() {
        let node = parse(r#"{"port": 5986, "name": "x y"}"#).unwrap();
        assert_eq!(node.get("port").unwrap().span.text(), "5986");
        assert_eq!(node.get("name").unwrap().span.text(), "x y");
        assert_eq!(node.span.text(), node.span.source.text);
    }
}
