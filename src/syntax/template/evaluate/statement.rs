//! Runs statements. What a template emits is a list of values: a single one stays what it is, several become a text.

use std::sync::Arc;

use crate::syntax::template::ast::Arguments;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Loop;
use crate::syntax::template::ast::Macro;
use crate::syntax::template::ast::Piece;
use crate::syntax::template::ast::Statement;
use crate::syntax::template::ast::Target;
use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Given;
use crate::syntax::template::evaluate::Evaluator;
use crate::syntax::template::evaluate::Frame;
use crate::syntax::template::evaluate::access::locked;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare::Key;

impl Evaluator<'_, '_> {
    /// What a whole template gives.
    pub(in crate::syntax::template) fn template(&mut self, statements: &[Statement]) -> Answer {
        if let [Statement::Emit(expression)] = statements {
            return self.eval(expression);
        }
        self.emitted(statements)
    }

    /// What statements emit, as one value.
    fn emitted(&mut self, statements: &[Statement]) -> Answer {
        let mut out = Vec::new();
        self.run(statements, &mut out)?;
        self.concatenated(out)
    }

    fn concatenated(&mut self, out: Vec<Value>) -> Answer {
        let mut values: Vec<Value> = out
            .into_iter()
            .filter(|value| !matches!(value, Value::None))
            .collect();
        if values.len() <= 1 {
            return Ok(values.pop().unwrap_or(Value::None));
        }
        let mut whole = String::new();
        for value in &values {
            whole.push_str(&value.emitted()?);
        }
        self.resolver.spend_bytes(whole.len())?;
        Ok(Value::from(whole))
    }

    fn run(&mut self, statements: &[Statement], out: &mut Vec<Value>) -> Result<(), Fault> {
        for statement in statements {
            self.resolver.spend(1)?;
            self.statement(statement, out)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement, out: &mut Vec<Value>) -> Result<(), Fault> {
        match statement {
            Statement::Text(text) => out.push(Value::Text(Arc::clone(text))),
            Statement::Emit(expression) => {
                let value = self.eval(expression)?;
                out.push(value);
            }
            Statement::If {
                branches,
                otherwise,
            } => self.branch(branches, otherwise, out)?,
            Statement::For(each) => self.each(each, out)?,
            Statement::Set(target, value) => {
                let value = self.eval(value)?;
                self.assign(target, value)?;
            }
            Statement::SetBlock(target, filters, body) => {
                let value = self.scoped(body)?;
                let value = self.filtered(value, filters)?;
                self.assign(target, value)?;
            }
            Statement::With(bound, body) => self.with(bound, body, out)?,
            Statement::FilterBlock(filters, body) => {
                let value = self.scoped(body)?;
                out.push(self.filtered(value, filters)?);
            }
            Statement::Macro(made) => {
                let value = Value::Macro(Arc::clone(made));
                self.assign(&Target::Name(Arc::clone(&made.name)), value)?;
            }
            Statement::CallBlock(body, call) => {
                let value = self.call_block(body, call)?;
                out.push(value);
            }
        }
        Ok(())
    }

    fn branch(
        &mut self,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
        out: &mut Vec<Value>,
    ) -> Result<(), Fault> {
        for (condition, body) in branches {
            if self.condition(condition)? {
                return self.deeper(body, out);
            }
        }
        self.deeper(otherwise, out)
    }

    fn condition(&mut self, condition: &Expression) -> Result<bool, Fault> {
        let value = self.eval(condition)?;
        value
            .truth()
            .map_err(|fault| fault.at(|| self.place.piece(condition.piece)))
    }

    fn deeper(&mut self, body: &[Statement], out: &mut Vec<Value>) -> Result<(), Fault> {
        self.resolver.enter()?;
        let done = self.run(body, out);
        self.resolver.leave();
        done
    }

    /// What statements emit in a scope of their own.
    fn scoped(&mut self, body: &[Statement]) -> Answer {
        self.frames.push(Frame::new());
        let mut out = Vec::new();
        let done = self.deeper(body, &mut out);
        self.frames.pop();
        done?;
        self.concatenated(out)
    }

    fn filtered(
        &mut self,
        mut value: Value,
        filters: &[(&'static Filter, Arguments, Piece)],
    ) -> Answer {
        for (filter, arguments, piece) in filters {
            let given = self.given(arguments)?;
            let answer = self.resolver.call_filter(filter, value, given);
            value = answer.map_err(|fault| fault.at(|| self.place.piece(*piece)))?;
        }
        Ok(value)
    }

    fn with(
        &mut self,
        bound: &[(Target, Expression)],
        body: &[Statement],
        out: &mut Vec<Value>,
    ) -> Result<(), Fault> {
        let mut values = Vec::new();
        for (target, value) in bound {
            values.push((target, self.eval(value)?));
        }
        self.frames.push(Frame::new());
        let mut done = Ok(());
        for (target, value) in values {
            done = done.and_then(|()| self.assign(target, value));
        }
        let done = done.and_then(|()| self.deeper(body, out));
        self.frames.pop();
        done
    }

    fn each(&mut self, each: &Loop, out: &mut Vec<Value>) -> Result<(), Fault> {
        let over = self.eval(&each.over)?;
        let items = over
            .items()
            .map_err(|fault| fault.at(|| self.place.piece(each.over.piece)))?;
        self.resolver.spend(items.len())?;
        let items = match &each.only_if {
            None => items,
            Some(condition) => Arc::new(self.chosen(each, condition, &items)?),
        };
        if items.is_empty() {
            return self.deeper(&each.otherwise, out);
        }
        for index in 0..items.len() {
            self.frames
                .push(vec![("loop".into(), state_of(index, &items))]);
            let item = items.get(index).cloned().unwrap_or(Value::None);
            let assigned = self.assign(&each.target, item);
            let done = assigned.and_then(|()| self.deeper(&each.body, out));
            self.frames.pop();
            done?;
        }
        Ok(())
    }

    /// The items of a loop for which its `if` holds.
    fn chosen(
        &mut self,
        each: &Loop,
        condition: &Expression,
        items: &[Value],
    ) -> Result<Vec<Value>, Fault> {
        let mut chosen = Vec::new();
        for item in items {
            self.frames.push(Frame::new());
            let assigned = self.assign(&each.target, item.clone());
            let holds = assigned.and_then(|()| self.condition(condition));
            self.frames.pop();
            if holds? {
                chosen.push(item.clone());
            }
        }
        Ok(chosen)
    }

    fn assign(&mut self, target: &Target, value: Value) -> Result<(), Fault> {
        match target {
            Target::Name(name) => {
                if let Some(frame) = self.frames.last_mut() {
                    match frame.iter_mut().find(|(known, _)| known == name) {
                        Some((_, known)) => *known = value,
                        None => frame.push((Arc::clone(name), value)),
                    }
                }
                Ok(())
            }
            Target::Attribute(owner, name) => match self.local(owner) {
                Some(Value::Namespace(map)) => {
                    locked(map).insert(Key::text(name), value);
                    Ok(())
                }
                _ => Err(Fault::failed(format!(
                    "`{owner}` is no namespace, so that `{owner}.{name}` cannot be set"
                ))
                .help(format!(
                    "begin with `{{% set {owner} = namespace({name}=…) %}}`"
                ))),
            },
            Target::Several(targets) => {
                let items = value.items()?;
                if items.len() != targets.len() {
                    return Err(Fault::failed(format!(
                        "{} names for {} values",
                        targets.len(),
                        items.len()
                    )));
                }
                for (target, item) in targets.iter().zip(items.iter()) {
                    self.assign(target, item.clone())?;
                }
                Ok(())
            }
        }
    }

    fn call_block(&mut self, body: &Arc<Macro>, call: &Expression) -> Answer {
        use crate::syntax::template::ast::Kind;
        let Kind::Call(of, arguments) = &call.kind else {
            return Err(Fault::failed("`{% call %}` needs a call of a macro"));
        };
        let given = self.given(arguments)?;
        match self.eval(of)? {
            Value::Macro(called) => {
                let body = Value::Macro(Arc::clone(body));
                self.run_macro(&called, given, Some(body))
            }
            other => Err(Fault::failed(format!("{} is no macro", other.describe()))),
        }
    }

    /// Runs a macro; it sees the names of the template, not those of where it is called.
    pub(super) fn run_macro(
        &mut self,
        called: &Arc<Macro>,
        mut given: Given,
        body: Option<Value>,
    ) -> Answer {
        let mut frame = Frame::new();
        for (name, default) in &called.parameters {
            let named = given.named.iter().position(|(known, _)| known == name);
            let value = match (given.positional.pop_front(), named) {
                (Some(value), _) => value,
                (None, Some(at)) => given.named.remove(at).1,
                (None, None) => match default {
                    Some(default) => self.eval(default)?,
                    None => self
                        .resolver
                        .undefined(format!("the macro `{}` needs `{name}`", called.name)),
                },
            };
            frame.push((Arc::clone(name), value));
        }
        if !given.positional.is_empty() || !given.named.is_empty() {
            return Err(Fault::failed(format!(
                "the macro `{}` takes fewer arguments",
                called.name
            )));
        }
        frame.extend(body.map(|body| (Arc::from("caller"), body)));
        let inner = if called.name.as_ref() == "caller" {
            // The body of a call block sees what stands around it.
            Vec::new()
        } else {
            self.frames.split_off(1)
        };
        self.frames.push(frame);
        let mut out = Vec::new();
        let done = self.deeper(&called.body, &mut out);
        self.frames.pop();
        self.frames.extend(inner);
        done?;
        self.concatenated(out)
    }
}

/// `loop` inside of a loop.
fn state_of(index: usize, items: &[Value]) -> Value {
    let length = items.len();
    let neighbour = |at: Option<usize>| at.and_then(|at| items.get(at).cloned());
    let mut entries = vec![
        ("index", Value::from(index + 1)),
        ("index0", Value::from(index)),
        ("revindex", Value::from(length - index)),
        ("revindex0", Value::from(length - index - 1)),
        ("first", Value::Bool(index == 0)),
        ("last", Value::Bool(index + 1 == length)),
        ("length", Value::from(length)),
    ];
    if let Some(item) = neighbour(index.checked_sub(1)) {
        entries.push(("previtem", item));
    }
    if let Some(item) = neighbour(index.checked_add(1)) {
        entries.push(("nextitem", item));
    }
    let entries = entries.into_iter();
    Value::from(
        entries
            .map(|(name, value)| (Key::text(name), value))
            .collect::<crate::syntax::template::value::Map>(),
    )
}
