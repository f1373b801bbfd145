//! Which variables a template names.

use std::sync::Arc;

use crate::syntax::template::ast::Arguments;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Kind;
use crate::syntax::template::ast::Macro;
use crate::syntax::template::ast::Statement;
use crate::syntax::template::ast::Target;
use crate::syntax::template::functions;
use crate::syntax::template::value::Value;

/// A variable, and the constant keys behind it: `users[0].name`.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: Arc<str>,
    pub(super) keys: Vec<Value>,
}

/// What statements name and do not set themselves.
pub(super) fn of_statements(statements: &[Statement]) -> Vec<Named> {
    let mut walk = Walk::default();
    walk.statements(statements);
    walk.found
}

/// What an expression names.
pub(super) fn of_expression(expression: &Expression) -> Vec<Named> {
    let mut walk = Walk::default();
    walk.expression(expression);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<Named>,
    /// Names that are set here, the innermost last.
    local: Vec<Arc<str>>,
}

impl Walk {
    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// Statements whose names end with them.
    fn scope(&mut self, statements: &[Statement]) {
        let outer = self.local.len();
        self.statements(statements);
        self.local.truncate(outer);
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Text(_) => {}
            Statement::Emit(expression) => self.expression(expression),
            Statement::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    self.expression(condition);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            Statement::For(each) => {
                self.expression(&each.over);
                let outer = self.local.len();
                self.local.push("loop".into());
                self.target(&each.target);
                if let Some(condition) = &each.only_if {
                    self.expression(condition);
                }
                self.statements(&each.body);
                self.local.truncate(outer);
                self.scope(&each.otherwise);
            }
            Statement::Set(target, value) => {
                self.expression(value);
                self.target(target);
            }
            Statement::SetBlock(target, filters, body) => {
                self.scope(body);
                for (_, arguments, _) in filters {
                    self.arguments(arguments);
                }
                self.target(target);
            }
            Statement::With(bound, body) => {
                let outer = self.local.len();
                for (target, value) in bound {
                    self.expression(value);
                    self.target(target);
                }
                self.statements(body);
                self.local.truncate(outer);
            }
            Statement::FilterBlock(filters, body) => {
                self.scope(body);
                for (_, arguments, _) in filters {
                    self.arguments(arguments);
                }
            }
            Statement::Macro(made) => {
                self.local.push(Arc::clone(&made.name));
                self.of_macro(made);
            }
            Statement::CallBlock(body, call) => {
                self.expression(call);
                self.of_macro(body);
            }
        }
    }

    fn of_macro(&mut self, made: &Macro) {
        let outer = self.local.len();
        self.local.push("caller".into());
        for (name, default) in &made.parameters {
            if let Some(default) = default {
                self.expression(default);
            }
            self.local.push(Arc::clone(name));
        }
        self.statements(&made.body);
        self.local.truncate(outer);
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name(name) => self.local.push(Arc::clone(name)),
            Target::Attribute(..) => {}
            Target::Several(targets) => {
                for target in targets {
                    self.target(target);
                }
            }
        }
    }

    fn arguments(&mut self, arguments: &Arguments) {
        self.all(&arguments.positional);
        for (_, value) in &arguments.named {
            self.expression(value);
        }
        for spread in [&arguments.spread, &arguments.spread_named]
            .into_iter()
            .flatten()
        {
            self.expression(spread);
        }
    }

    fn all(&mut self, expressions: &[Expression]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match &expression.kind {
            Kind::Constant(_) => {}
            Kind::Name(_) | Kind::Attribute(..) | Kind::Item(..) => {
                self.chain(expression, Vec::new());
            }
            Kind::List(items)
            | Kind::Tuple(items)
            | Kind::Joined(items)
            | Kind::And(items)
            | Kind::Or(items) => {
                self.all(items);
            }
            Kind::Mapping(entries) => {
                for (key, value) in entries {
                    self.expression(key);
                    self.expression(value);
                }
            }
            Kind::Slice(of, parts) => {
                self.expression(of);
                for part in parts.iter().flatten() {
                    self.expression(part);
                }
            }
            Kind::Call(of, arguments) => {
                match &of.kind {
                    Kind::Name(name) if functions::named(name).is_some() => {}
                    Kind::Attribute(owner, _) => self.expression(owner),
                    _ => self.expression(of),
                }
                self.arguments(arguments);
            }
            Kind::Filter(of, _, arguments) | Kind::Test(of, _, arguments) => {
                self.expression(of);
                self.arguments(arguments);
            }
            Kind::Not(of) | Kind::Minus(of) | Kind::Plus(of) => self.expression(of),
            Kind::Binary(_, left, right) => {
                self.expression(left);
                self.expression(right);
            }
            Kind::Compare(first, rest) => {
                self.expression(first);
                for (_, operand) in rest {
                    self.expression(operand);
                }
            }
            Kind::If {
                condition,
                then,
                otherwise,
            } => {
                self.expression(condition);
                self.expression(then);
                if let Some(otherwise) = otherwise {
                    self.expression(otherwise);
                }
            }
        }
    }

    /// A name with attributes and items behind it; `keys` are those already passed, outermost first.
    fn chain(&mut self, expression: &Expression, mut keys: Vec<Value>) {
        match &expression.kind {
            Kind::Name(name) => {
                let is_local = self.local.iter().any(|local| local == name);
                if !is_local && !matches!(&**name, "omit" | "vars") {
                    keys.reverse();
                    self.found.push(Named {
                        name: Arc::clone(name),
                        keys,
                    });
                }
            }
            Kind::Attribute(of, name) => {
                keys.push(Value::Text(Arc::clone(name)));
                self.chain(of, keys);
            }
            Kind::Item(of, key) => {
                self.expression(key);
                match &key.kind {
                    Kind::Constant(key) => keys.push(key.clone()),
                    // What is behind an unknown key is unknown.
                    _ => keys.clear(),
                }
                self.chain(of, keys);
            }
            _ => self.expression(expression),
        }
    }
}
