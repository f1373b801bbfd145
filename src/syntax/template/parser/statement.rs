//! From tokens to statements: `{% if %}`, `{% for %}` and their like.

use std::sync::Arc;

use crate::syntax::template::ast::Arguments;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Loop;
use crate::syntax::template::ast::Macro;
use crate::syntax::template::ast::Piece;
use crate::syntax::template::ast::Statement;
use crate::syntax::template::ast::Target;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::lexer::TokenKind;
use crate::syntax::template::lexer::Unreadable;
use crate::syntax::template::parser::Parsed;
use crate::syntax::template::parser::Parser;

/// Statements of Jinja that are not run here, with what to do instead.
const REFUSED: [(&str, &str); 8] = [
    ("include", "put the text into the template itself"),
    ("import", "put the macro into the template itself"),
    ("from", "put the macro into the template itself"),
    ("extends", "put the text into the template itself"),
    ("block", "write the text without `{% block %}`"),
    ("do", "use `{% set %}` with a new value"),
    ("break", "choose items with `{% for … if … %}`"),
    ("continue", "choose items with `{% for … if … %}`"),
];

impl Parser {
    /// Statements up to the end, or to a block that begins with one of these words.
    pub(super) fn statements(&mut self, ends: &[&str]) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            match self.kind() {
                None => return Ok(statements),
                Some(TokenKind::Data(text)) => {
                    statements.push(Statement::Text(text.as_str().into()));
                    self.at += 1;
                }
                Some(TokenKind::ExpressionBegin) => {
                    self.at += 1;
                    let expression = self.tuple(&[])?;
                    if self.kind() != Some(&TokenKind::ExpressionEnd) {
                        return Err(self.expected("`}}`"));
                    }
                    self.at += 1;
                    statements.push(Statement::Emit(expression));
                }
                Some(TokenKind::BlockBegin) => {
                    let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
                    if matches!(next, Some(TokenKind::Name(word)) if ends.contains(&word.as_str()))
                    {
                        return Ok(statements);
                    }
                    self.at += 1;
                    statements.push(self.deeper(Self::statement)?);
                }
                Some(_) => return Err(self.expected("text")),
            }
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let start = self.here();
        let word = self.name()?;
        match &*word {
            "if" => self.if_statement(start),
            "for" => self.for_statement(start),
            "set" => self.set_statement(start),
            "with" => self.with_statement(start),
            "filter" => {
                let filters = self.filter_chain()?;
                self.block_end()?;
                let body = self.body(&["endfilter"], start)?;
                self.closing("endfilter")?;
                Ok(Statement::FilterBlock(filters, body))
            }
            "macro" => {
                let name = self.name()?;
                let parameters = self.parameters()?;
                Ok(Statement::Macro(
                    self.macro_body(name, parameters, "endmacro")?,
                ))
            }
            "call" => {
                let parameters = if self.is_sign("(") {
                    self.parameters()?
                } else {
                    Vec::new()
                };
                let call = self.expression()?;
                let body = self.macro_body("caller".into(), parameters, "endcall")?;
                Ok(Statement::CallBlock(body, call))
            }
            other => Err(refused(other, start)),
        }
    }

    fn block_end(&mut self) -> Parsed<()> {
        if self.kind() == Some(&TokenKind::BlockEnd) {
            self.at += 1;
            return Ok(());
        }
        Err(self.expected("`%}`"))
    }

    /// Statements up to a block that begins with one of these words; that block must come.
    fn body(&mut self, ends: &[&str], start: Piece) -> Parsed<Vec<Statement>> {
        let statements = self.statements(ends)?;
        if self.kind().is_none() {
            let last = ends.last().copied().unwrap_or_default();
            let message = format!("`{{% {last} %}}` is missing");
            return Err(Unreadable::new(message, start));
        }
        self.at += 1;
        Ok(statements)
    }

    fn closing(&mut self, word: &str) -> Parsed<()> {
        if !self.skip_word(word) {
            return Err(self.expected(&format!("`{word}`")));
        }
        self.block_end()
    }

    fn if_statement(&mut self, start: Piece) -> Parsed<Statement> {
        let mut branches = Vec::new();
        loop {
            let condition = self.tuple(&[])?;
            self.block_end()?;
            branches.push((condition, self.body(&["elif", "else", "endif"], start)?));
            if !self.skip_word("elif") {
                break;
            }
        }
        let otherwise = self.otherwise("endif", start)?;
        Ok(Statement::If {
            branches,
            otherwise,
        })
    }

    fn otherwise(&mut self, end: &str, start: Piece) -> Parsed<Vec<Statement>> {
        let otherwise = if self.skip_word("else") {
            self.block_end()?;
            self.body(&[end], start)?
        } else {
            Vec::new()
        };
        self.closing(end)?;
        Ok(otherwise)
    }

    fn for_statement(&mut self, start: Piece) -> Parsed<Statement> {
        let target = self.target()?;
        if !self.skip_word("in") {
            return Err(self.expected("`in`"));
        }
        let over = self.loop_items()?;
        let only_if = if self.skip_word("if") {
            Some(self.expression()?)
        } else {
            None
        };
        if self.is_word("recursive") {
            return Err(Unreadable::new(
                "recursive loops are not run here",
                self.here(),
            ));
        }
        self.block_end()?;
        let body = self.body(&["else", "endfor"], start)?;
        let otherwise = self.otherwise("endfor", start)?;
        Ok(Statement::For(Box::new(Loop {
            target,
            over,
            only_if,
            body,
            otherwise,
        })))
    }

    /// What a loop goes over: no `if … else` of its own, because `if` chooses items there.
    fn loop_items(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let first = self.deeper(Self::or)?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_sign(",") {
            items.push(self.deeper(Self::or)?);
        }
        Ok(self.node(start, crate::syntax::template::ast::Kind::Tuple(items)))
    }

    fn set_statement(&mut self, start: Piece) -> Parsed<Statement> {
        let target = self.target()?;
        if self.skip_sign("=") {
            let value = self.tuple(&[])?;
            self.block_end()?;
            return Ok(Statement::Set(target, value));
        }
        let filters = if self.is_sign("|") {
            self.at += 1;
            self.filter_chain()?
        } else {
            Vec::new()
        };
        self.block_end()?;
        let body = self.body(&["endset"], start)?;
        self.closing("endset")?;
        Ok(Statement::SetBlock(target, filters, body))
    }

    fn with_statement(&mut self, start: Piece) -> Parsed<Statement> {
        let mut bound = Vec::new();
        while self.kind() != Some(&TokenKind::BlockEnd) {
            if !bound.is_empty() {
                self.expect_sign(",")?;
            }
            let target = self.target()?;
            self.expect_sign("=")?;
            bound.push((target, self.expression()?));
        }
        self.block_end()?;
        let body = self.body(&["endwith"], start)?;
        self.closing("endwith")?;
        Ok(Statement::With(bound, body))
    }

    fn target(&mut self) -> Parsed<Target> {
        let first = self.single_target()?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut targets = vec![first];
        while self.skip_sign(",") {
            if !matches!(self.kind(), Some(TokenKind::Name(_) | TokenKind::Sign("(")))
                || self.is_word("in")
            {
                break;
            }
            targets.push(self.single_target()?);
        }
        Ok(Target::Several(targets))
    }

    fn single_target(&mut self) -> Parsed<Target> {
        if self.skip_sign("(") {
            let inner = self.deeper(Self::target)?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        let here = self.here();
        let name = self.name()?;
        if matches!(
            &*name,
            "true" | "True" | "false" | "False" | "none" | "None"
        ) {
            return Err(Unreadable::new(format!("`{name}` cannot be set"), here));
        }
        if self.skip_sign(".") {
            return Ok(Target::Attribute(name, self.name()?));
        }
        Ok(Target::Name(name))
    }

    fn filter_chain(&mut self) -> Parsed<Vec<(&'static Filter, Arguments, Piece)>> {
        let mut chain = Vec::new();
        loop {
            let (filter, piece) = self.filter_name()?;
            chain.push((filter, self.optional_arguments()?, piece));
            if !self.skip_sign("|") {
                return Ok(chain);
            }
        }
    }

    fn parameters(&mut self) -> Parsed<Vec<(Arc<str>, Option<Expression>)>> {
        self.expect_sign("(")?;
        let mut parameters = Vec::new();
        while !self.is_sign(")") {
            if !parameters.is_empty() {
                self.expect_sign(",")?;
            }
            let name = self.name()?;
            let default = if self.skip_sign("=") {
                Some(self.expression()?)
            } else {
                None
            };
            parameters.push((name, default));
        }
        self.expect_sign(")")?;
        Ok(parameters)
    }

    fn macro_body(
        &mut self,
        name: Arc<str>,
        parameters: Vec<(Arc<str>, Option<Expression>)>,
        end: &'static str,
    ) -> Parsed<Arc<Macro>> {
        let start = self.here();
        self.block_end()?;
        let body = self.body(&[end], start)?;
        self.closing(end)?;
        Ok(Arc::new(Macro {
            name,
            parameters,
            body,
        }))
    }
}

fn refused(word: &str, piece: Piece) -> Unreadable {
    let instead = REFUSED.iter().find(|(name, _)| *name == word);
    match instead {
        Some((_, help)) => Unreadable {
            message: format!("`{{% {word} %}}` is not run here"),
            piece,
            help: Some((*help).to_owned()),
        },
        None => Unreadable::new(format!("there is no statement `{word}`"), piece),
    }
}
