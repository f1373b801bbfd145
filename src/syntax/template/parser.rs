//! From tokens to expressions, by Jinja's grammar.
//!
//! Knows which filters and tests there are; evaluates nothing. Operators stand in [`operator`], statements in
//! [`statement`].

use std::sync::Arc;

use crate::diag::nearest;
use crate::syntax::template::ast::Arguments;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Kind;
use crate::syntax::template::ast::Piece;
use crate::syntax::template::ast::Statement;
use crate::syntax::template::filters;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::lexer;
use crate::syntax::template::lexer::Token;
use crate::syntax::template::lexer::TokenKind;
use crate::syntax::template::lexer::Unreadable;
use crate::syntax::template::predicates;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;

mod operator;
mod statement;

/// How deep brackets may stand in brackets, and blocks in blocks.
const NESTING: usize = 48;
/// How many operators may stand in a row.
const CHAIN: usize = 200;

type Parsed<T> = Result<T, Unreadable>;

/// Reads a text with templates in it.
pub(super) fn template(text: &str) -> Parsed<Vec<Statement>> {
    let mut parser = Parser::new(lexer::template(text)?, text);
    let statements = parser.statements(&[])?;
    match parser.tokens.get(parser.at) {
        None => Ok(statements),
        Some(token) => Err(parser.unexpected(token, "the end")),
    }
}

/// Reads an expression without braces.
pub(super) fn expression(text: &str) -> Parsed<Expression> {
    let mut parser = Parser::new(lexer::expression(text)?, text);
    let expression = parser.expression()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some(token) => Err(parser.unexpected(token, "the end of the expression")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
    /// The end of the text, for what is missing there.
    end: Piece,
}

impl Parser {
    fn new(tokens: Vec<Token>, text: &str) -> Self {
        let last = text.trim_end();
        let start = last.char_indices().next_back().map_or(0, |(at, _)| at);
        Self {
            tokens,
            at: 0,
            nesting: 0,
            end: Piece {
                start,
                end: last.len(),
            },
        }
    }

    fn kind(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    /// Where the next token stands.
    fn here(&self) -> Piece {
        self.tokens
            .get(self.at)
            .map_or(self.end, |token| token.piece)
    }

    /// Where the last taken token stands.
    fn before(&self) -> Piece {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(self.end, |token| token.piece)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind(), Some(TokenKind::Sign(found)) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Some(TokenKind::Name(name)) if name == word)
    }

    fn skip_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Parsed<()> {
        if self.skip_sign(sign) {
            return Ok(());
        }
        Err(self.expected(&format!("`{sign}`")))
    }

    fn expected(&self, what: &str) -> Unreadable {
        match self.tokens.get(self.at) {
            Some(token) => self.unexpected(token, what),
            None => Unreadable::new(format!("{what} is missing at the end"), self.end),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a sentence where it is called")]
    fn unexpected(&self, token: &Token, what: &str) -> Unreadable {
        let found = match &token.kind {
            TokenKind::Data(_) => "text".to_owned(),
            TokenKind::ExpressionBegin => "`{{`".to_owned(),
            TokenKind::ExpressionEnd => "`}}`".to_owned(),
            TokenKind::BlockBegin => "`{%`".to_owned(),
            TokenKind::BlockEnd => "`%}`".to_owned(),
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Text(_) => "a quoted text".to_owned(),
            TokenKind::Int(number) => format!("`{number}`"),
            TokenKind::Float(_) => "a number".to_owned(),
            TokenKind::Sign(sign) => format!("`{sign}`"),
        };
        let unreadable =
            Unreadable::new(format!("{found} stands where {what} should"), token.piece);
        if matches!(token.kind, TokenKind::Sign("=")) {
            return Unreadable {
                help: Some("to compare, write `==`".to_owned()),
                ..unreadable
            };
        }
        unreadable
    }

    fn name(&mut self) -> Parsed<Arc<str>> {
        let Some(TokenKind::Name(name)) = self.kind() else {
            return Err(self.expected("a name"));
        };
        let name = Arc::from(name.as_str());
        self.at += 1;
        Ok(name)
    }

    /// Guards against recursion without end.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= NESTING {
            return Err(Unreadable::new(
                "the template is nested too deep",
                self.here(),
            ));
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }

    fn chain(&self, length: usize) -> Parsed<()> {
        if length < CHAIN {
            return Ok(());
        }
        Err(Unreadable::new("too many operators in a row", self.here()))
    }

    fn node(&self, start: Piece, kind: Kind) -> Expression {
        Expression {
            piece: start.to(self.before()),
            kind,
        }
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.deeper(Self::conditional)
    }

    /// One expression, or several with commas between them: a tuple.
    fn tuple(&mut self, ends: &[&str]) -> Parsed<Expression> {
        let start = self.here();
        let first = self.expression()?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_sign(",") {
            let over = match self.kind() {
                None | Some(TokenKind::ExpressionEnd | TokenKind::BlockEnd) => true,
                Some(TokenKind::Sign(sign)) => *sign == ")",
                Some(TokenKind::Name(name)) => ends.contains(&name.as_str()),
                Some(_) => false,
            };
            if over {
                break;
            }
            items.push(self.expression()?);
        }
        Ok(self.node(start, Kind::Tuple(items)))
    }

    fn unary(&mut self, filters: Filters) -> Parsed<Expression> {
        let start = self.here();
        let primary = if self.skip_sign("-") {
            let operand = self.deeper(|parser| parser.unary(Filters::Left))?;
            self.node(start, Kind::Minus(Box::new(operand)))
        } else if self.skip_sign("+") {
            let operand = self.deeper(|parser| parser.unary(Filters::Left))?;
            self.node(start, Kind::Plus(Box::new(operand)))
        } else {
            self.primary()?
        };
        let postfixed = self.postfix(start, primary)?;
        match filters {
            Filters::Allowed => self.filters_and_tests(start, postfixed),
            Filters::Left => Ok(postfixed),
        }
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let kind = match self.kind() {
            Some(TokenKind::Name(name)) => {
                let kind = match name.as_str() {
                    "true" | "True" => Kind::Constant(Value::Bool(true)),
                    "false" | "False" => Kind::Constant(Value::Bool(false)),
                    "none" | "None" => Kind::Constant(Value::None),
                    name => Kind::Name(name.into()),
                };
                self.at += 1;
                kind
            }
            Some(TokenKind::Text(_)) => {
                let mut whole = String::new();
                while let Some(TokenKind::Text(text)) = self.kind() {
                    whole.push_str(text);
                    self.at += 1;
                }
                Kind::Constant(Value::from(whole))
            }
            Some(TokenKind::Int(number)) => {
                let kind = Kind::Constant(Value::Int(*number));
                self.at += 1;
                kind
            }
            Some(TokenKind::Float(number)) => {
                let kind = Kind::Constant(Value::Float(*number));
                self.at += 1;
                kind
            }
            Some(TokenKind::Sign("(")) => {
                self.at += 1;
                if self.skip_sign(")") {
                    Kind::Tuple(Vec::new())
                } else {
                    let inner = self.tuple(&[])?;
                    self.expect_sign(")")?;
                    inner.kind
                }
            }
            Some(TokenKind::Sign("[")) => Kind::List(self.list()?),
            Some(TokenKind::Sign("{")) => Kind::Mapping(self.mapping()?),
            _ => return Err(self.expected("a value")),
        };
        Ok(self.node(start, kind))
    }

    fn list(&mut self) -> Parsed<Vec<Expression>> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.is_sign("]") {
            if !items.is_empty() {
                self.expect_sign(",")?;
            }
            if self.is_sign("]") {
                break;
            }
            items.push(self.expression()?);
        }
        self.expect_sign("]")?;
        Ok(items)
    }

    fn mapping(&mut self) -> Parsed<Vec<(Expression, Expression)>> {
        self.at += 1;
        let mut entries = Vec::new();
        while !self.is_sign("}") {
            if !entries.is_empty() {
                self.expect_sign(",")?;
            }
            if self.is_sign("}") {
                break;
            }
            let key = self.expression()?;
            self.expect_sign(":")?;
            entries.push((key, self.expression()?));
        }
        self.expect_sign("}")?;
        Ok(entries)
    }

    fn postfix(&mut self, start: Piece, mut of: Expression) -> Parsed<Expression> {
        let mut length = 0;
        loop {
            self.chain(length)?;
            length += 1;
            let kind = if self.skip_sign(".") {
                if let Some(TokenKind::Int(index)) = self.kind() {
                    let index = Kind::Constant(Value::Int(*index));
                    let piece = self.here();
                    self.at += 1;
                    Kind::Item(Box::new(of), Box::new(Expression { piece, kind: index }))
                } else {
                    Kind::Attribute(Box::new(of), self.name()?)
                }
            } else if self.is_sign("[") {
                self.subscript(of)?
            } else if self.is_sign("(") {
                Kind::Call(Box::new(of), self.arguments()?)
            } else {
                return Ok(of);
            };
            of = self.node(start, kind);
        }
    }

    fn subscript(&mut self, of: Expression) -> Parsed<Kind> {
        self.at += 1;
        let mut parts: [Option<Box<Expression>>; 3] = [None, None, None];
        let mut is_slice = false;
        for (index, part) in parts.iter_mut().enumerate() {
            if index > 0 {
                if !self.skip_sign(":") {
                    break;
                }
                is_slice = true;
            }
            if !self.is_sign(":") && !self.is_sign("]") {
                *part = Some(Box::new(self.tuple(&[])?));
            }
        }
        self.expect_sign("]")?;
        match parts {
            parts if is_slice => Ok(Kind::Slice(Box::new(of), parts)),
            [Some(index), _, _] => Ok(Kind::Item(Box::new(of), index)),
            [None, _, _] => Err(Unreadable::new("an index is missing", self.before())),
        }
    }

    fn filters_and_tests(&mut self, start: Piece, mut of: Expression) -> Parsed<Expression> {
        let mut length = 0;
        loop {
            self.chain(length)?;
            length += 1;
            let kind = if self.skip_sign("|") {
                let (filter, _) = self.filter_name()?;
                let arguments = self.optional_arguments()?;
                Kind::Filter(Box::new(of), filter, arguments)
            } else if self.skip_word("is") {
                let negated = self.skip_word("not");
                let (test, arguments) = self.test()?;
                let kind = Kind::Test(Box::new(of), test, arguments);
                if negated {
                    Kind::Not(Box::new(self.node(start, kind)))
                } else {
                    kind
                }
            } else if self.is_sign("(") {
                Kind::Call(Box::new(of), self.arguments()?)
            } else {
                return Ok(of);
            };
            of = self.node(start, kind);
        }
    }

    /// A name with dots: `ansible.builtin.default`.
    fn dotted(&mut self) -> Parsed<(String, Piece)> {
        let start = self.here();
        let mut name = self.name()?.to_string();
        while self.skip_sign(".") {
            name.push('.');
            name.push_str(&self.name()?);
        }
        Ok((name, start.to(self.before())))
    }

    fn filter_name(&mut self) -> Parsed<(&'static Filter, Piece)> {
        let (name, piece) = self.dotted()?;
        match filters::named(&name) {
            Some(filter) => Ok((filter, piece)),
            None => Err(unknown("filter", &name, piece, filters::names())),
        }
    }

    fn optional_arguments(&mut self) -> Parsed<Arguments> {
        if self.is_sign("(") {
            self.arguments()
        } else {
            Ok(Arguments::default())
        }
    }

    fn test(&mut self) -> Parsed<(&'static Predicate, Arguments)> {
        let (name, piece) = self.dotted()?;
        let Some(test) = predicates::named(&name) else {
            return Err(unknown("test", &name, piece, predicates::names()));
        };
        let begins_value = match self.kind() {
            Some(TokenKind::Name(word)) if word == "is" => {
                return Err(Unreadable::new("a test cannot follow a test", self.here()));
            }
            Some(TokenKind::Name(word)) => !matches!(word.as_str(), "else" | "or" | "and"),
            Some(TokenKind::Sign(sign)) => matches!(*sign, "[" | "{"),
            Some(TokenKind::Text(_) | TokenKind::Int(_) | TokenKind::Float(_)) => true,
            _ => false,
        };
        if !begins_value {
            return Ok((test, self.optional_arguments()?));
        }
        let start = self.here();
        let value = self.primary()?;
        let value = self.postfix(start, value)?;
        let arguments = Arguments {
            positional: vec![value],
            ..Arguments::default()
        };
        Ok((test, arguments))
    }

    fn arguments(&mut self) -> Parsed<Arguments> {
        self.expect_sign("(")?;
        let mut arguments = Arguments::default();
        let mut first = true;
        while !self.is_sign(")") {
            if !first {
                self.expect_sign(",")?;
                if self.is_sign(")") {
                    break;
                }
            }
            first = false;
            self.argument(&mut arguments)?;
        }
        self.expect_sign(")")?;
        Ok(arguments)
    }

    fn argument(&mut self, arguments: &mut Arguments) -> Parsed<()> {
        let start = self.here();
        let misplaced = Unreadable::new("an argument by position follows one by name", start);
        if self.skip_sign("*") {
            arguments.spread = Some(Box::new(self.expression()?));
        } else if self.skip_sign("**") {
            arguments.spread_named = Some(Box::new(self.expression()?));
        } else if self.begins_named() {
            let name = self.name()?;
            self.at += 1;
            arguments.named.push((name, self.expression()?));
        } else if arguments.named.is_empty()
            && arguments.spread.is_none()
            && arguments.spread_named.is_none()
        {
            arguments.positional.push(self.expression()?);
        } else {
            return Err(misplaced);
        }
        Ok(())
    }

    fn begins_named(&self) -> bool {
        let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
        matches!(self.kind(), Some(TokenKind::Name(_)))
            && matches!(next, Some(TokenKind::Sign("=")))
    }
}

/// Whether filters may follow; behind a minus they belong to the whole: `-x | abs`.
#[derive(Clone, Copy)]
enum Filters {
    Allowed,
    Left,
}

#[expect(
    single_use_lifetimes,
    reason = "anonymous lifetimes are not stable in argument position"
)]
fn unknown<'n>(
    what: &str,
    name: &str,
    piece: Piece,
    known: impl Iterator<Item = &'n str>,
) -> Unreadable {
    let short = name.rsplit('.').next().unwrap_or(name);
    Unreadable {
        message: format!("there is no {what} `{name}`"),
        piece,
        help: nearest(short, known).map(|near| format!("did you mean `{near}`?")),
    }
}
