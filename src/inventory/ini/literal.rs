//! Values of INI inventories: a Python literal is what it says, everything else is a text.

use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;

/// How deep brackets may nest; deeper ones stay texts.
const DEPTH: usize = 60;

/// A value.
pub(super) struct Value {
    pub(super) node: Node,
    /// A quoted text had an escape in it, such as `\n`, that became another letter.
    pub(super) is_unescaped: bool,
}

/// What a text stands for.
pub(super) fn value(text: &str, span: Span) -> Value {
    // Most values that begin with a digit are ports and addresses.
    if let Some(number) = plain_number(text) {
        let content = Content::Int(number);
        return Value {
            node: Node { span, content },
            is_unescaped: false,
        };
    }
    let mut reader = Reader {
        text,
        at: 0,
        span,
        is_unescaped: false,
    };
    let content = if may_be_literal(text) {
        reader.whole()
    } else {
        None
    };
    let is_unescaped = reader.is_unescaped && content.is_some();
    Value {
        node: Node {
            span: reader.span,
            content: content.unwrap_or_else(|| Content::Text(text.to_owned())),
        },
        is_unescaped,
    }
}

/// The number of a few digits without a zero before them.
fn plain_number(text: &str) -> Option<i64> {
    let is_plain = (1..=18).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// Whether a text is digits with more than one point between them: no number, but an address.
fn is_address(text: &str) -> bool {
    let mut points = 0;
    text.bytes().all(|byte| {
        points += usize::from(byte == b'.');
        byte == b'.' || byte.is_ascii_digit()
    }) && points > 1
}

/// Sorts out most texts by their first letters.
fn may_be_literal(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '\t']);
    if is_address(text) {
        return false;
    }
    match text.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => {
            ["True", "False", "None", "set"]
                .iter()
                .any(|word| text.starts_with(word))
                || text
                    .trim_start_matches(['r', 'R', 'b', 'B', 'u', 'U'])
                    .starts_with(['\'', '"'])
        }
        Some(first) => {
            first.is_ascii_digit()
                || matches!(first, '.' | '+' | '-' | '\'' | '"' | '(' | '[' | '{')
        }
        None => false,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    span: Span,
    is_unescaped: bool,
}

impl Reader<'_> {
    fn whole(&mut self) -> Option<Content> {
        self.blanks();
        let first = self.signed(0)?;
        self.blanks();
        let content = if self.rest().starts_with(',') {
            let mut items = vec![first];
            self.items(&mut items, None, 0)?;
            self.sequence(items)
        } else {
            first
        };
        self.blanks();
        let rest = self.rest();
        (rest.is_empty() || rest.starts_with('#')).then_some(content)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\u{c}']).len();
    }

    /// Takes a piece of the text when it comes next.
    fn take(&mut self, wanted: &str) -> bool {
        let is_next = self.rest().starts_with(wanted);
        if is_next {
            self.at += wanted.len();
        }
        is_next
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.rest().chars().next()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn sequence(&self, items: Vec<Content>) -> Content {
        Content::Sequence(items.into_iter().map(|item| self.node(item)).collect())
    }

    fn node(&self, content: Content) -> Node {
        Node {
            span: self.span.clone(),
            content,
        }
    }

    fn signed(&mut self, depth: usize) -> Option<Content> {
        let sign = match self.rest().chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return self.plain(depth),
        };
        self.at += 1;
        self.blanks();
        match self.number()? {
            Content::Int(number) => number.checked_mul(sign).map(Content::Int),
            Content::Float(number) if sign < 0 => Some(Content::Float(-number)),
            number => Some(number),
        }
    }

    fn plain(&mut self, depth: usize) -> Option<Content> {
        if depth > DEPTH {
            return None;
        }
        let rest = self.rest();
        match rest.chars().next()? {
            '(' => self.parentheses(depth),
            '[' => {
                self.at += 1;
                let mut items = Vec::new();
                self.items(&mut items, Some("]"), depth)?;
                Some(self.sequence(items))
            }
            '{' => self.braces(depth),
            '.' if rest.starts_with("...") => {
                self.at += 3;
                Some(Content::Text("...".to_owned()))
            }
            '0'..='9' | '.' => self.number(),
            _ => self.word(),
        }
    }

    /// Items up to a closing bracket, or to the end of an open tuple; a comma may stand behind the last.
    fn items(
        &mut self,
        items: &mut Vec<Content>,
        close: Option<&str>,
        depth: usize,
    ) -> Option<bool> {
        let mut ends_with_comma = items.is_empty();
        loop {
            self.blanks();
            let is_end = match close {
                Some(bracket) => self.take(bracket),
                None => self.rest().is_empty() || self.rest().starts_with('#'),
            };
            if is_end {
                return Some(ends_with_comma);
            }
            if items.is_empty() || ends_with_comma {
                items.push(self.signed(depth + 1)?);
                ends_with_comma = false;
            } else if self.take(",") {
                ends_with_comma = true;
            } else {
                return None;
            }
        }
    }

    fn parentheses(&mut self, depth: usize) -> Option<Content> {
        self.at += 1;
        let mut items = Vec::new();
        let ends_with_comma = self.items(&mut items, Some(")"), depth)?;
        if items.len() == 1 && !ends_with_comma {
            return items.pop();
        }
        Some(self.sequence(items))
    }

    /// A dictionary, or a set, which becomes a list.
    fn braces(&mut self, depth: usize) -> Option<Content> {
        self.at += 1;
        self.blanks();
        if self.take("}") {
            return Some(Content::Mapping(Vec::new()));
        }
        let first = self.signed(depth + 1)?;
        self.blanks();
        if !self.rest().starts_with(':') {
            let mut items = vec![first];
            self.items(&mut items, Some("}"), depth)?;
            items.dedup();
            return Some(self.sequence(items));
        }
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut key = first;
        loop {
            self.blanks();
            if !self.take(":") || matches!(key, Content::Sequence(_) | Content::Mapping(_)) {
                return None;
            }
            self.blanks();
            let value = self.signed(depth + 1)?;
            self.enter(&mut entries, key, value);
            self.blanks();
            let has_comma = self.take(",");
            self.blanks();
            if self.take("}") {
                return Some(Content::Mapping(entries));
            }
            if !has_comma {
                return None;
            }
            key = self.signed(depth + 1)?;
        }
    }

    /// A later entry takes the place of an earlier one with the same key.
    fn enter(&self, entries: &mut Vec<(Node, Node)>, key: Content, value: Content) {
        let value = self.node(value);
        match entries.iter_mut().find(|(known, _)| known.content == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((self.node(key), value)),
        }
    }

    fn number(&mut self) -> Option<Content> {
        let rest = self.rest();
        let end = number_end(rest)?;
        let (digits, behind) = rest.split_at_checked(end)?;
        // `1a` is no number, and neither is `1j` one that a file may hold.
        if behind.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
            return None;
        }
        let content = number(digits)?;
        self.at += end;
        Some(content)
    }

    fn word(&mut self) -> Option<Content> {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let content = match word {
            "True" => Content::Bool(true),
            "False" => Content::Bool(false),
            "None" => Content::Null,
            "set" => {
                self.at += length;
                self.blanks();
                let is_empty = self.take("(") && {
                    self.blanks();
                    self.take(")")
                };
                return is_empty.then(|| Content::Sequence(Vec::new()));
            }
            _ => return self.strings(),
        };
        self.at += length;
        Some(content)
    }

    /// Texts in quotes; those that follow each other are one.
    fn strings(&mut self) -> Option<Content> {
        let mut whole: Vec<u8> = Vec::new();
        let mut kind = None;
        loop {
            let rest = self.rest();
            let quote = rest.find(['\'', '"']).filter(|at| *at <= 2);
            let prefix = quote.and_then(|at| rest.get(..at));
            let Some(prefix) = prefix.and_then(Prefix::of) else {
                // What comes behind must be something else, if there was a text before.
                let is_bytes = kind?;
                let text = String::from_utf8(whole).ok()?;
                // Bytes become no template in Ansible.
                return Some(if is_bytes {
                    Content::Unsafe(text)
                } else {
                    Content::Text(text)
                });
            };
            if kind.is_some_and(|bytes| bytes != prefix.is_bytes) {
                return None;
            }
            kind = Some(prefix.is_bytes);
            self.at += prefix.length;
            self.string(&prefix, &mut whole)?;
            self.blanks();
        }
    }

    fn string(&mut self, prefix: &Prefix, whole: &mut Vec<u8>) -> Option<()> {
        let quote = if self.rest().starts_with("'''") || self.rest().starts_with("\"\"\"") {
            self.text.get(self.at..self.at + 3)?.to_owned()
        } else {
            self.text.get(self.at..=self.at)?.to_owned()
        };
        self.at += quote.len();
        loop {
            if self.take(&quote) {
                return Some(());
            }
            let letter = self.next()?;
            if prefix.is_bytes && !letter.is_ascii() {
                return None;
            }
            if letter != '\\' {
                push(whole, letter);
                continue;
            }
            if prefix.is_raw {
                push(whole, letter);
                push(whole, self.next()?);
            } else {
                self.escape(prefix, whole)?;
            }
        }
    }

    fn escape(&mut self, prefix: &Prefix, whole: &mut Vec<u8>) -> Option<()> {
        let letter = self.next()?;
        let simple = match letter {
            '\\' | '\'' | '"' => {
                push(whole, letter);
                return Some(());
            }
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0'..='7' => {
                self.at -= 1;
                let rest = self.rest();
                let length = rest
                    .find(|letter: char| !letter.is_digit(8))
                    .unwrap_or(rest.len())
                    .min(3);
                return self.coded(8, length, prefix, whole);
            }
            'x' => return self.coded(16, 2, prefix, whole),
            'u' if !prefix.is_bytes => return self.coded(16, 4, prefix, whole),
            'U' if !prefix.is_bytes => return self.coded(16, 8, prefix, whole),
            // By a name of Unicode's list; who needs it writes the letter.
            'N' if !prefix.is_bytes => return None,
            letter => {
                whole.push(b'\\');
                push(whole, letter);
                return Some(());
            }
        };
        self.is_unescaped = true;
        push(whole, simple);
        Some(())
    }

    fn coded(
        &mut self,
        radix: u32,
        length: usize,
        prefix: &Prefix,
        whole: &mut Vec<u8>,
    ) -> Option<()> {
        let digits = self.rest().get(..length)?;
        if !digits.chars().all(|letter| letter.is_digit(radix)) {
            return None;
        }
        let code = u32::from_str_radix(digits, radix).ok()?;
        self.at += length;
        self.is_unescaped = true;
        if prefix.is_bytes {
            whole.push(u8::try_from(code & 0xFF).ok()?);
        } else {
            push(whole, char::from_u32(code)?);
        }
        Some(())
    }
}

fn push(whole: &mut Vec<u8>, letter: char) {
    whole.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What stands before a quote: `r`, `b`, `u` and their pairs.
struct Prefix {
    length: usize,
    is_raw: bool,
    is_bytes: bool,
}

impl Prefix {
    fn of(prefix: &str) -> Option<Self> {
        let lower = prefix.to_ascii_lowercase();
        matches!(lower.as_str(), "" | "r" | "b" | "u" | "br" | "rb").then(|| Self {
            length: prefix.len(),
            is_raw: lower.contains('r'),
            is_bytes: lower.contains('b'),
        })
    }
}

/// Where a number ends that begins the text.
fn number_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'0') && bytes.get(1).is_some_and(|byte| b"xXoObB".contains(byte)) {
        let rest = text.get(2..)?;
        let length = rest
            .find(|letter: char| !(letter.is_ascii_hexdigit() || letter == '_'))
            .unwrap_or(rest.len());
        return Some(2 + length);
    }
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter()
            .position(|byte| !(byte.is_ascii_digit() || *byte == b'_'))
            .unwrap_or(rest.len())
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end += 1;
        // An underscore belongs between digits.
        if bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += digits(end);
        }
    }
    if bytes.get(end).is_some_and(|byte| b"eE".contains(byte)) {
        let sign = usize::from(bytes.get(end + 1).is_some_and(|byte| b"+-".contains(byte)));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    (end > 0).then_some(end)
}

fn number(digits: &str) -> Option<Content> {
    let lower = digits.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            let bare = ungrouped(rest.strip_prefix('_').unwrap_or(rest))?;
            return i64::from_str_radix(&bare, radix).ok().map(Content::Int);
        }
    }
    if lower.contains(['.', 'e']) {
        let mut bare = String::new();
        for part in lower.split_inclusive(['.', 'e', '+', '-']) {
            let (number, mark) = match part.strip_suffix(['.', 'e', '+', '-']) {
                Some(number) => (number, part.get(number.len()..).unwrap_or_default()),
                None => (part, ""),
            };
            if !number.is_empty() {
                bare.push_str(&ungrouped(number)?);
            }
            bare.push_str(mark);
        }
        return bare.parse().ok().map(Content::Float);
    }
    let bare = ungrouped(&lower)?;
    // A leading zero made octal numbers once.
    if bare.starts_with('0') && bare.bytes().any(|byte| byte != b'0') {
        return None;
    }
    bare.parse().ok().map(Content::Int)
}

/// Digits without underscores, each of which must stand between two digits.
fn ungrouped(digits: &str) -> Option<String> {
    let is_wrong = digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__");
    (!is_wrong).then(|| digits.replace('_', ""))
}

#[cfg(test)]
mod tests;
