//! Evaluates expressions.
//!
//! Knows local names and the order of evaluation; operators stand in [`operator`], statements in [`statement`],
//! methods in [`method`](crate::syntax::template::method).

use std::sync::Arc;

use crate::syntax::template::ast::Arguments;
use crate::syntax::template::ast::Comparison;
use crate::syntax::template::ast::Expression;
use crate::syntax::template::ast::Kind;
use crate::syntax::template::ast::Piece;
use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::call::Given;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::fault::Place;
use crate::syntax::template::functions;
use crate::syntax::template::method;
use crate::syntax::template::resolve::Resolver;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::compare::Key;

mod access;
pub(super) mod operator;
mod statement;

pub(super) use crate::syntax::template::evaluate::access::item;
pub(super) use crate::syntax::template::evaluate::access::part;

/// Names that a template sets.
type Frame = Vec<(Arc<str>, Value)>;

/// Evaluates one template.
pub(super) struct Evaluator<'e, 'r> {
    resolver: &'e mut Resolver<'r>,
    place: &'e Place,
    /// Local names, the innermost last.
    frames: Vec<Frame>,
}

impl<'e, 'r> Evaluator<'e, 'r> {
    pub(super) fn new(resolver: &'e mut Resolver<'r>, place: &'e Place) -> Self {
        Self {
            resolver,
            place,
            frames: vec![Frame::new()],
        }
    }

    /// The value of an expression. What does not exist is a value until it is used.
    pub(super) fn eval(&mut self, expression: &Expression) -> Answer {
        self.resolver.enter()?;
        let answer = self.kind(expression);
        self.resolver.leave();
        answer.map_err(|fault| fault.at(|| self.place.piece(expression.piece)))
    }

    fn kind(&mut self, expression: &Expression) -> Answer {
        match &expression.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Name(_) | Kind::Attribute(..) | Kind::Item(..) => self.refer(expression),
            Kind::List(items) => self.all(items).map(Value::from),
            Kind::Tuple(items) => self.all(items).map(Value::tuple),
            Kind::Mapping(entries) => self.mapping(entries),
            Kind::Slice(of, parts) => self.slice(of, parts),
            Kind::Call(of, arguments) => self.call(of, arguments),
            Kind::Filter(of, filter, arguments) => {
                let input = self.eval(of)?;
                let given = self.given(arguments)?;
                self.resolver.call_filter(filter, input, given)
            }
            Kind::Test(of, test, _)
                if test.name() == "vault_encrypted" && self.is_sealed(of)? =>
            {
                Ok(Value::Bool(true))
            }
            Kind::Test(of, test, arguments) => {
                let input = self.eval(of)?;
                let given = self.given(arguments)?;
                self.resolver.call_test(test, input, given)
            }
            Kind::Not(of) => Ok(Value::Bool(!self.eval(of)?.truth()?)),
            Kind::Minus(of) => operator::minus(&self.eval(of)?),
            Kind::Plus(of) => operator::plus(self.eval(of)?),
            Kind::Binary(operator, left, right) => {
                let left = self.eval(left)?;
                let right = self.eval(right)?;
                operator::binary(*operator, &left, &right, self.resolver)
            }
            Kind::Joined(operands) => self.joined(operands),
            Kind::And(operands) => self.first(operands, Until::False),
            Kind::Or(operands) => self.first(operands, Until::True),
            Kind::Compare(first, rest) => self.compare(first, rest),
            Kind::If {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then, otherwise.as_deref()),
        }
    }

    fn all(&mut self, items: &[Expression]) -> Result<Vec<Value>, Fault> {
        items.iter().map(|item| self.eval(item)).collect()
    }

    fn mapping(&mut self, entries: &[(Expression, Expression)]) -> Answer {
        let mut map = Map::with_capacity(entries.len());
        for (key, value) in entries {
            let key = Key::of(self.eval(key)?)?;
            map.insert(key, self.eval(value)?);
        }
        Ok(Value::from(map))
    }

    fn joined(&mut self, operands: &[Expression]) -> Answer {
        let mut whole = String::new();
        for operand in operands {
            whole.push_str(&self.eval(operand)?.spell()?);
            self.resolver.spend_bytes(whole.len())?;
        }
        Ok(Value::from(whole))
    }

    fn first(&mut self, operands: &[Expression], until: Until) -> Answer {
        let Some((last, others)) = operands.split_last() else {
            return Ok(Value::None);
        };
        for operand in others {
            let value = self.eval(operand)?;
            if value.truth()? == (until == Until::True) {
                return Ok(value);
            }
        }
        self.eval(last)
    }

    fn compare(&mut self, first: &Expression, rest: &[(Comparison, Expression)]) -> Answer {
        let mut left = self.eval(first)?;
        for (comparison, right) in rest {
            let right = self.eval(right)?;
            if !operator::holds(*comparison, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn conditional(
        &mut self,
        condition: &Expression,
        then: &Expression,
        otherwise: Option<&Expression>,
    ) -> Answer {
        if self.eval(condition)?.truth()? {
            return self.eval(then);
        }
        match otherwise {
            Some(otherwise) => self.eval(otherwise),
            None => Ok(self.resolver.undefined(
                "the condition does not hold, and there is no `else` with another value".to_owned(),
            )),
        }
    }

    fn slice(&mut self, of: &Expression, parts: &[Option<Box<Expression>>; 3]) -> Answer {
        let of = self.eval(of)?;
        if matches!(of, Value::Undefined(_)) {
            return Ok(of);
        }
        let mut bounds = [None, None, None];
        for (bound, part) in bounds.iter_mut().zip(parts) {
            let Some(part) = part else { continue };
            let value = self.eval(part)?;
            if !matches!(value.used()?, Value::None) {
                let number = value.as_int();
                *bound = Some(number.ok_or_else(|| Fault::failed("a slice needs whole numbers"))?);
            }
        }
        self.resolver.spend(of.length()?.unwrap_or_default())?;
        access::slice(&of, bounds)
    }

    fn given(&mut self, arguments: &Arguments) -> Result<Given, Fault> {
        let mut given = Given::of(self.all(&arguments.positional)?);
        for (name, value) in &arguments.named {
            let value = self.eval(value)?;
            given.named.push((Arc::clone(name), value));
        }
        if let Some(spread) = &arguments.spread {
            let items = self.eval(spread)?.items()?;
            given.positional.extend(items.iter().cloned());
        }
        if let Some(spread) = &arguments.spread_named {
            let Some(entries) = self.eval(spread)?.entries()? else {
                return Err(Fault::failed("`**` needs a mapping"));
            };
            for (name, value) in entries.iter() {
                let name = name.value().spell()?;
                given.named.push((name.into(), value.clone()));
            }
        }
        Ok(given)
    }

    fn call(&mut self, of: &Expression, arguments: &Arguments) -> Answer {
        if let Kind::Attribute(owner, name) = &of.kind {
            let is_loop = matches!(&owner.kind, Kind::Name(name) if &**name == "loop");
            let owner = self.eval(owner)?;
            if let Value::Undefined(_) = owner {
                return Ok(owner);
            }
            let given = self.given(arguments)?;
            if is_loop && &**name == "cycle" {
                return access::cycled(&owner, &given);
            }
            return self.method(&owner, name, given, of.piece);
        }
        let function = self.eval(of)?;
        if let Value::Undefined(_) = function {
            return Ok(function);
        }
        let given = self.given(arguments)?;
        self.called(&function, given)
    }

    fn method(&mut self, owner: &Value, name: &Arc<str>, given: Given, piece: Piece) -> Answer {
        let stored = match owner {
            Value::Map(map) => map.get(&compare::Word(name)).cloned(),
            Value::Namespace(map) => access::locked(map).get(&compare::Word(name)).cloned(),
            _ => None,
        };
        if let Some(Value::Macro(_) | Value::Function(_) | Value::Method(_)) = &stored
            && let Some(function) = stored
        {
            return self.called(&function, given);
        }
        if let Some(undefined) = given.undefined() {
            return Ok(undefined.clone());
        }
        let answer = method::call(
            name,
            &mut Call::new(name, owner.clone(), given, self.resolver),
        );
        answer.map_err(|fault| fault.at(|| self.place.piece(piece)))
    }

    fn called(&mut self, function: &Value, given: Given) -> Answer {
        match function.used()? {
            Value::Macro(called) => {
                let called = Arc::clone(called);
                self.run_macro(&called, given, None)
            }
            Value::Method(method) => {
                let (owner, name) = &**method;
                method::call(
                    name,
                    &mut Call::new(name, owner.clone(), given, self.resolver),
                )
            }
            Value::Function(function) => {
                if let Some(undefined) = given.undefined() {
                    let undefined = undefined.clone();
                    // A default of a lookup may be undefined as long as nobody uses it.
                    if !matches!(function.name, "lookup" | "query" | "q") {
                        return Ok(undefined);
                    }
                }
                (function.run)(&mut Call::new(
                    function.name,
                    Value::None,
                    given,
                    self.resolver,
                ))
            }
            other => Err(Fault::failed(format!(
                "{} cannot be called",
                other.describe()
            ))),
        }
    }

    /// A name that the template itself set.
    fn local(&self, name: &str) -> Option<&Value> {
        let frames = self.frames.iter().rev();
        let mut found = frames.filter_map(|frame| {
            let mut pairs = frame.iter().rev();
            pairs.find(|(known, _)| &**known == name)
        });
        found.next().map(|(_, value)| value)
    }

    /// What a name stands for when no variable has it.
    fn global(name: &str) -> Option<Value> {
        match name {
            "omit" => Some(Value::Omit),
            "vars" => Some(Value::Variables),
            _ => functions::named(name).map(Value::Function),
        }
    }

    fn missing(&self, what: String, word: &str, within: Option<Value>, piece: Piece) -> Value {
        Value::Undefined(Arc::new(Missing {
            what,
            within,
            word: word.to_owned(),
            reason: None,
            place: self.place.piece(piece),
            variable: self.resolver.variable(),
        }))
    }
}

/// Where a row of `and` or `or` ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    True,
    False,
}
