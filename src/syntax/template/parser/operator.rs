//! Operators, from the loosest to the tightest: `if`, `or`, `and`, `not`, comparisons, `+`, `~`, `*`, `**`.

use crate::syntax::template::ast::Comparison;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Kind;
use crate::syntax::template::ast::Operator;
use crate::syntax::template::lexer::TokenKind;
use crate::syntax::template::parser::Filters;
use crate::syntax::template::parser::Parsed;
use crate::syntax::template::parser::Parser;

impl Parser {
    pub(super) fn conditional(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let mut then = self.or()?;
        let mut length = 0;
        while self.skip_word("if") {
            self.chain(length)?;
            length += 1;
            let condition = Box::new(self.or()?);
            let otherwise = if self.skip_word("else") {
                Some(Box::new(self.deeper(Self::conditional)?))
            } else {
                None
            };
            let kind = Kind::If {
                condition,
                then: Box::new(then),
                otherwise,
            };
            then = self.node(start, kind);
        }
        Ok(then)
    }

    pub(super) fn or(&mut self) -> Parsed<Expression> {
        self.several("or", Self::and, Kind::Or)
    }

    fn and(&mut self) -> Parsed<Expression> {
        self.several("and", Self::not, Kind::And)
    }

    fn several(
        &mut self,
        word: &str,
        mut operand: impl FnMut(&mut Self) -> Parsed<Expression>,
        kind: fn(Vec<Expression>) -> Kind,
    ) -> Parsed<Expression> {
        let start = self.here();
        let first = operand(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.skip_word(word) {
            operands.push(operand(self)?);
        }
        Ok(self.node(start, kind(operands)))
    }

    fn not(&mut self) -> Parsed<Expression> {
        let start = self.here();
        if !self.skip_word("not") {
            return self.comparison();
        }
        let operand = self.deeper(Self::not)?;
        Ok(self.node(start, Kind::Not(Box::new(operand))))
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison_sign() {
            self.chain(rest.len())?;
            rest.push((comparison, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(self.node(start, Kind::Compare(Box::new(first), rest)))
    }

    fn comparison_sign(&mut self) -> Option<Comparison> {
        let comparison = match self.kind()? {
            TokenKind::Sign("==") => Comparison::Equal,
            TokenKind::Sign("!=") => Comparison::Unequal,
            TokenKind::Sign("<") => Comparison::Less,
            TokenKind::Sign("<=") => Comparison::LessOrEqual,
            TokenKind::Sign(">") => Comparison::Greater,
            TokenKind::Sign(">=") => Comparison::GreaterOrEqual,
            TokenKind::Name(name) if name == "in" => Comparison::In,
            TokenKind::Name(name) if name == "not" => {
                let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
                if !matches!(next, Some(TokenKind::Name(name)) if name == "in") {
                    return None;
                }
                self.at += 1;
                Comparison::NotIn
            }
            _ => return None,
        };
        self.at += 1;
        Some(comparison)
    }

    fn sum(&mut self) -> Parsed<Expression> {
        let signs = [("+", Operator::Add), ("-", Operator::Subtract)];
        self.operation(&signs, Self::joined)
    }

    fn joined(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let first = self.product()?;
        if !self.is_sign("~") {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.skip_sign("~") {
            operands.push(self.product()?);
        }
        Ok(self.node(start, Kind::Joined(operands)))
    }

    fn product(&mut self) -> Parsed<Expression> {
        let signs = [
            ("*", Operator::Multiply),
            ("/", Operator::Divide),
            ("//", Operator::FloorDivide),
            ("%", Operator::Modulo),
        ];
        self.operation(&signs, Self::power)
    }

    /// From left to right, which is Jinja's order and not Python's.
    fn power(&mut self) -> Parsed<Expression> {
        self.operation(&[("**", Operator::Power)], |parser| {
            parser.unary(Filters::Allowed)
        })
    }

    fn operation(
        &mut self,
        signs: &[(&str, Operator)],
        mut operand: impl FnMut(&mut Self) -> Parsed<Expression>,
    ) -> Parsed<Expression> {
        let start = self.here();
        let mut left = operand(self)?;
        let mut length = 0;
        while let Some((_, operator)) = signs.iter().find(|(sign, _)| self.is_sign(sign)) {
            self.at += 1;
            self.chain(length)?;
            length += 1;
            let right = Box::new(operand(self)?);
            left = self.node(start, Kind::Binary(*operator, Box::new(left), right));
        }
        Ok(left)
    }
}
