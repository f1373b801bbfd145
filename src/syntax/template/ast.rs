//! A template, read: statements and expressions with the pieces of the text that they are.

use std::sync::Arc;

use crate::syntax::template::filters::Filter;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;

/// A piece of the template, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

impl Piece {
    pub(super) fn to(self, last: Self) -> Self {
        Self {
            start: self.start,
            end: last.end.max(self.end),
        }
    }
}

/// An expression and where it stands.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) piece: Piece,
    pub(super) kind: Kind,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Kind {
    Constant(Value),
    Name(Arc<str>),
    List(Vec<Expression>),
    Tuple(Vec<Expression>),
    Mapping(Vec<(Expression, Expression)>),
    /// `of.name`
    Attribute(Box<Expression>, Arc<str>),
    /// `of[index]`
    Item(Box<Expression>, Box<Expression>),
    /// `of[start:stop:step]`
    Slice(Box<Expression>, [Option<Box<Expression>>; 3]),
    Call(Box<Expression>, Arguments),
    Filter(Box<Expression>, &'static Filter, Arguments),
    Test(Box<Expression>, &'static Predicate, Arguments),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    Plus(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `a ~ b ~ c`
    Joined(Vec<Expression>),
    /// The first that is false, or the last.
    And(Vec<Expression>),
    /// The first that is true, or the last.
    Or(Vec<Expression>),
    /// `a < b <= c`
    Compare(Box<Expression>, Vec<(Comparison, Expression)>),
    /// `then if condition else otherwise`
    If {
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Option<Box<Expression>>,
    },
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "**",
        }
    }
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// What stands between the brackets of a call.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) positional: Vec<Expression>,
    pub(super) named: Vec<(Arc<str>, Expression)>,
    /// `*list`
    pub(super) spread: Option<Box<Expression>>,
    /// `**mapping`
    pub(super) spread_named: Option<Box<Expression>>,
}

/// A statement, or a text between statements.
#[derive(Debug)]
pub(super) enum Statement {
    Text(Arc<str>),
    Emit(Expression),
    If {
        branches: Vec<(Expression, Vec<Statement>)>,
        otherwise: Vec<Statement>,
    },
    For(Box<Loop>),
    Set(Target, Expression),
    SetBlock(
        Target,
        Vec<(&'static Filter, Arguments, Piece)>,
        Vec<Statement>,
    ),
    With(Vec<(Target, Expression)>, Vec<Statement>),
    FilterBlock(Vec<(&'static Filter, Arguments, Piece)>, Vec<Statement>),
    Macro(Arc<Macro>),
    /// `{% call(names) name() %}`
    CallBlock(Arc<Macro>, Expression),
}

/// `{% for %}`
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) target: Target,
    pub(super) over: Expression,
    pub(super) only_if: Option<Expression>,
    pub(super) body: Vec<Statement>,
    pub(super) otherwise: Vec<Statement>,
}

/// `{% macro %}`
#[derive(Debug)]
pub(super) struct Macro {
    pub(super) name: Arc<str>,
    /// Names with their defaults.
    pub(super) parameters: Vec<(Arc<str>, Option<Expression>)>,
    pub(super) body: Vec<Statement>,
}

/// What is assigned to.
#[derive(Debug)]
pub(super) enum Target {
    Name(Arc<str>),
    /// An attribute of a namespace.
    Attribute(Arc<str>, Arc<str>),
    Several(Vec<Target>),
}
