//! Cuts templates into tokens, by Jinja's rules as Ansible sets them: a line break behind a block disappears, and
//! backslashes in texts inside `{{ }}` are letters.
//!
//! Knows no grammar beyond brackets that must match.

use crate::syntax::template::ast::Piece;
use crate::syntax::template::value::number;

mod literal;

/// A word of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) piece: Piece,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// Text outside of braces.
    Data(String),
    /// `{{`
    ExpressionBegin,
    /// `}}`
    ExpressionEnd,
    /// `{%`
    BlockBegin,
    /// `%}`
    BlockEnd,
    Name(String),
    Text(String),
    Int(i128),
    Float(f64),
    Sign(&'static str),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) piece: Piece,
    pub(super) help: Option<String>,
}

impl Unreadable {
    pub(super) fn new(message: impl Into<String>, piece: Piece) -> Self {
        Self {
            message: message.into(),
            piece,
            help: None,
        }
    }
}

/// Longest first.
const SIGNS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// What a piece of a template is, which decides about its end and its backslashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Braces,
    Block,
    /// A whole condition; it ends with the text.
    Condition,
}

/// The tokens of a text with templates in it.
pub(super) fn template(text: &str) -> Result<Vec<Token>, Unreadable> {
    let mut lexer = Lexer::new(text.strip_suffix('\n').unwrap_or(text));
    lexer.template()?;
    Ok(lexer.tokens)
}

/// The tokens of an expression without braces.
pub(super) fn expression(text: &str) -> Result<Vec<Token>, Unreadable> {
    let mut lexer = Lexer::new(text);
    lexer.inside(Inside::Condition)?;
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            tokens: Vec::new(),
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn piece(&self, length: usize) -> Piece {
        Piece {
            start: self.at,
            end: (self.at + length).min(self.text.len()),
        }
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let piece = self.piece(length);
        self.tokens.push(Token { kind, piece });
        self.at += length;
    }

    /// Takes text; a minus behind it takes the white space at its end.
    fn data(&mut self, length: usize, sign: Option<char>) {
        let data = self.rest().get(..length).unwrap_or_default();
        let kept = if sign == Some('-') {
            data.trim_end()
        } else {
            data
        };
        if kept.is_empty() {
            self.at += length;
        } else {
            let lines = kept.replace("\r\n", "\n").replace('\r', "\n");
            self.push(TokenKind::Data(lines), length);
        }
    }

    fn template(&mut self) -> Result<(), Unreadable> {
        while !self.rest().is_empty() {
            let rest = self.rest();
            let openings = ["{{", "{%", "{#"];
            let next = openings.iter().filter_map(|open| rest.find(open)).min();
            let Some(next) = next else {
                self.data(rest.len(), None);
                break;
            };
            let sign = rest.get(next + 2..).and_then(|rest| rest.chars().next());
            self.data(next, sign);
            let modifier = usize::from(matches!(sign, Some('-' | '+')));
            match rest.get(next..next + 2) {
                Some("{{") => {
                    // `{{+` is no modifier but a sign in front of the expression.
                    let modifier = usize::from(sign == Some('-'));
                    self.push(TokenKind::ExpressionBegin, 2 + modifier);
                    self.inside(Inside::Braces)?;
                }
                Some("{#") => self.comment()?,
                _ if self.raw(2 + modifier)? => {}
                _ => {
                    self.push(TokenKind::BlockBegin, 2 + modifier);
                    self.inside(Inside::Block)?;
                }
            }
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Unreadable> {
        let Some(end) = self.rest().find("#}") else {
            return Err(Unreadable::new("the comment has no end", self.piece(2)));
        };
        let sign = self.rest().get(..end).and_then(|text| text.chars().last());
        self.at += end + 2;
        self.behind_block(if end > 2 { sign } else { None });
        Ok(())
    }

    /// What disappears behind `%}` and `#}`: a line break, or all white space after `-`.
    fn behind_block(&mut self, sign: Option<char>) {
        let rest = self.rest();
        let kept = match sign {
            Some('-') => rest.trim_start(),
            Some('+') => rest,
            _ => rest
                .strip_prefix("\r\n")
                .or_else(|| rest.strip_prefix('\n'))
                .unwrap_or(rest),
        };
        self.at += rest.len() - kept.len();
    }

    /// Takes `{% raw %}…{% endraw %}`; false when something else begins here.
    fn raw(&mut self, opening: usize) -> Result<bool, Unreadable> {
        let Some((length, sign)) = block_word(self.rest(), opening, "raw") else {
            return Ok(false);
        };
        let start = self.piece(length);
        self.at += length;
        self.behind_block(sign);
        let rest = self.rest();
        let mut from = 0;
        while let Some(found) = rest.get(from..).and_then(|rest| rest.find("{%")) {
            let at = from + found;
            let block = rest.get(at..).unwrap_or_default();
            let before = block
                .chars()
                .nth(2)
                .filter(|sign| matches!(sign, '-' | '+'));
            let opening = 2 + usize::from(before.is_some());
            if let Some((length, sign)) = block_word(block, opening, "endraw") {
                self.data(at, before);
                self.at += length;
                self.behind_block(sign);
                return Ok(true);
            }
            from = at + 2;
        }
        Err(Unreadable::new("`{% raw %}` has no `{% endraw %}`", start))
    }

    fn inside(&mut self, inside: Inside) -> Result<(), Unreadable> {
        let begin = self.at;
        let mut open: Vec<(&str, Piece)> = Vec::new();
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if open.is_empty() && self.end(inside) {
                return Ok(());
            }
            if self.rest().is_empty() {
                return self.ended(inside, begin, open.last());
            }
            if self.literal(inside)? {
                continue;
            }
            let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) else {
                let letter = self.rest().chars().next().unwrap_or_default();
                let piece = self.piece(letter.len_utf8());
                return Err(Unreadable::new(
                    format!("`{letter}` means nothing here"),
                    piece,
                ));
            };
            self.bracket(sign, &mut open)?;
            self.push(TokenKind::Sign(sign), sign.len());
        }
    }

    fn bracket(
        &self,
        sign: &'static str,
        open: &mut Vec<(&'static str, Piece)>,
    ) -> Result<(), Unreadable> {
        match sign {
            "(" => open.push((")", self.piece(1))),
            "[" => open.push(("]", self.piece(1))),
            "{" => open.push(("}", self.piece(1))),
            ")" | "]" | "}" => match open.pop() {
                Some((closing, _)) if closing == sign => {}
                Some((closing, _)) => {
                    let message = format!("`{sign}` stands where `{closing}` should close");
                    return Err(Unreadable::new(message, self.piece(1)));
                }
                None => {
                    let message = format!("`{sign}` closes nothing");
                    return Err(Unreadable::new(message, self.piece(1)));
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn ended(
        &self,
        inside: Inside,
        begin: usize,
        open: Option<&(&str, Piece)>,
    ) -> Result<(), Unreadable> {
        if let Some((closing, piece)) = open {
            return Err(Unreadable::new(format!("`{closing}` is missing"), *piece));
        }
        let closing = match inside {
            Inside::Condition => return Ok(()),
            Inside::Braces => "}}",
            Inside::Block => "%}",
        };
        let piece = Piece {
            start: begin.saturating_sub(2),
            end: self.text.len(),
        };
        Err(Unreadable::new(format!("`{closing}` is missing"), piece))
    }

    /// Takes the end of the braces or the block, when it is here.
    fn end(&mut self, inside: Inside) -> bool {
        let (closing, kind) = match inside {
            Inside::Condition => return false,
            Inside::Braces => ("}}", TokenKind::ExpressionEnd),
            Inside::Block => ("%}", TokenKind::BlockEnd),
        };
        let rest = self.rest();
        let sign = rest.chars().next().filter(|sign| match inside {
            Inside::Braces => *sign == '-',
            _ => matches!(sign, '-' | '+'),
        });
        let skipped = usize::from(sign.is_some());
        if !rest
            .get(skipped..)
            .is_some_and(|rest| rest.starts_with(closing))
        {
            return false;
        }
        self.push(kind, skipped + closing.len());
        if inside == Inside::Block || sign.is_some() {
            self.behind_block(sign);
        }
        true
    }

    /// Takes a number, a name or a text, when one is here.
    fn literal(&mut self, inside: Inside) -> Result<bool, Unreadable> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        if first.is_ascii_digit() {
            let after_dot = matches!(
                self.tokens.last(),
                Some(Token { kind: TokenKind::Sign("."), piece }) if piece.end == self.at
            );
            let fractions = if after_dot {
                Fractions::Unknown
            } else {
                Fractions::Read
            };
            let (kind, length) = literal::number(rest, fractions)
                .ok_or_else(|| Unreadable::new("the number is too large", self.piece(1)))?;
            self.push(kind, length);
            return Ok(true);
        }
        if first.is_alphabetic() || first == '_' {
            let length = rest
                .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or_default().to_owned();
            self.push(TokenKind::Name(name), length);
            return Ok(true);
        }
        if first == '\'' || first == '"' {
            let Some(length) = literal::quoted(rest) else {
                return Err(Unreadable::new(
                    "the text has no closing quote",
                    self.piece(1),
                ));
            };
            let raw = rest.get(1..length - 1).unwrap_or_default();
            let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
            let text = match inside {
                Inside::Braces => raw,
                Inside::Block | Inside::Condition => literal::unescape(&raw)
                    .map_err(|message| Unreadable::new(message, self.piece(length)))?,
            };
            self.push(TokenKind::Text(text), length);
            return Ok(true);
        }
        Ok(false)
    }
}

/// Whether a number may have a fraction: not behind a dot, as in `list.0.name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fractions {
    Read,
    Unknown,
}

/// The length of a block that is nothing but a word, and the sign before its end.
fn block_word(block: &str, opening: usize, word: &str) -> Option<(usize, Option<char>)> {
    let inner = block
        .get(opening..)?
        .trim_start()
        .strip_prefix(word)?
        .trim_start();
    let sign = inner
        .chars()
        .next()
        .filter(|sign| matches!(sign, '-' | '+'));
    let inner = inner
        .get(usize::from(sign.is_some())..)?
        .strip_prefix("%}")?;
    Some((block.len() - inner.len(), sign))
}

/// A whole number of a template, when it is small enough to compute with.
fn int(text: &str) -> Option<i128> {
    number::parse_int(text, 0)
}

#[cfg(test)]
mod tests {
    use super::TokenKind;
    use super::expression;
    use super::template;

    fn kinds(text: &str) -> Vec<TokenKind> {
        template(text)
            .unwrap()
            .into_iter()
            .map(|token| token.kind)
            .collect()
    }

    fn data(text: &str) -> String {
        kinds(text)
            .into_iter()
            .filter_map(|kind| match kind {
                TokenKind::Data(data) => Some(data),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn white_space_goes_where_a_minus_stands() {
        assert_eq!(data("a {{- 1 -}} b"), "ab");
        assert_eq!(data("a\n{%- if x -%}\n b {%- endif %}\nc\n\n"), "abc\n");
        assert_eq!(data("a{% if x +%}\nb{% endif %}"), "a\nb");
        assert_eq!(data("a {#- no -#} b{# no #}\nc"), "abc");
    }

    #[test]
    fn raw_blocks_are_text() {
        assert_eq!(
            data("a{% raw %}{{ x }}{% y %}{% endraw %}b"),
            "a{{ x }}{% y %}b"
        );
        assert!(template("{% raw %}{{ x }}").is_err());
    }

    #[test]
    fn braces_of_mappings_do_not_end_the_expression() {
        let ends = kinds("{{ {'a': {'b': 1}}}}");
        assert_eq!(ends.last(), Some(&TokenKind::ExpressionEnd));
        assert_eq!(ends.len(), 11);
    }

    #[test]
    fn backslashes_are_letters_in_braces_only() {
        assert!(kinds("{{ 'a\\nb' }}").contains(&TokenKind::Text("a\\nb".into())));
        assert!(kinds("{% set x = 'a\\nb' %}").contains(&TokenKind::Text("a\nb".into())));
        let tokens = expression(r"'\d\x41\u00e9\'\101'").unwrap();
        assert_eq!(tokens[0].kind, TokenKind::Text("\\dAé'A".into()));
    }

    #[test]
    fn what_is_not_closed_is_named() {
        let message = |text: &str| template(text).unwrap_err().message;
        assert_eq!(message("a {{ x"), "`}}` is missing");
        assert_eq!(message("{{ (1 }}"), "`}` stands where `)` should close");
        assert_eq!(message("{{ 'a }}"), "the text has no closing quote");
        assert_eq!(message("{# x"), "the comment has no end");
        assert_eq!(message("{{ a ? b }}"), "`?` means nothing here");
    }
}
