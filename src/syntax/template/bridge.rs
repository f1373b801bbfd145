//! The border to minijinja: values in both directions, and every filter, test, function and method under its name.
//!
//! Knows minijinja and the tables; knows nothing of variables, files or places.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;
use minijinja::State;
use minijinja::UndefinedBehavior;
use minijinja::Value as Jinja;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::DynObject;
use minijinja::value::Enumerator;
use minijinja::value::Kwargs;
use minijinja::value::Object;
use minijinja::value::ObjectRepr;
use minijinja::value::Rest;
use minijinja::value::Tuple;
use minijinja::value::ValueKind;
use minijinja::value::ValueOrKwargs;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::call::Given;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::filters;
use crate::syntax::template::functions;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::kit::STEPS;
use crate::syntax::template::kit::Shared;
use crate::syntax::template::limit::look;
use crate::syntax::template::method;
use crate::syntax::template::predicates;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::compare::Key;
use crate::syntax::template::value::spell::DEPTH;

/// Instructions of minijinja that one template may take.
const FUEL: u64 = 2_000_000;

/// A value that minijinja has no kind of its own for, or that is shared.
#[derive(Debug)]
struct Held(Value);

impl Object for Held {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match &self.0 {
            Value::List(_) | Value::Tuple(_) | Value::Range(_) => ObjectRepr::Seq,
            Value::Map(_) | Value::Lazy(_) => ObjectRepr::Map,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let found = look().and_then(|()| of_jinja(key));
        match found.and_then(|key| item(&self.0, &key)) {
            Ok(found) => found.map(|value| to_jinja(&value)),
            Err(fault) => Some(Jinja::from(carried(fault))),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.0 {
            Value::List(items) | Value::Tuple(items) => Enumerator::Seq(items.len()),
            Value::Range(range) => Enumerator::Seq(range.len()),
            Value::Map(map) => {
                let keys: Vec<Jinja> = map.keys().map(|key| to_jinja(key.value())).collect();
                Enumerator::Values(keys)
            }
            Value::Lazy(lazy) => {
                Enumerator::Values(lazy.keys().into_iter().map(Jinja::from).collect())
            }
            _ => Enumerator::NonEnumerable,
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        if compare::equal(&self.0, &other.0).ok()? {
            return Some(std::cmp::Ordering::Equal);
        }
        compare::order(&self.0, &other.0).ok().flatten()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.spell() {
            Ok(text) => f.write_str(&text),
            Err(_) => f.write_str(self.0.describe()),
        }
    }
}

/// What stands for something that does not exist and of which parts are named: only what is behind it is undefined.
#[derive(Debug, Default)]
pub(super) struct Hole(pub(super) BTreeMap<String, Jinja>);

impl Object for Hole {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.0.get(key.as_str()?).cloned()
    }
}

/// A fault on its way through minijinja.
#[derive(Debug)]
struct Carried(Fault);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault of the template")
    }
}

impl std::error::Error for Carried {}

/// The fault as an error of minijinja.
pub(super) fn carried(fault: Fault) -> Error {
    let kind = match &fault {
        Fault::Missing(_) => ErrorKind::UndefinedError,
        Fault::Failed(_) | Fault::Wanted(_) | Fault::Told(_) => ErrorKind::InvalidOperation,
    };
    Error::from(kind).with_source(Carried(fault))
}

/// What an error carries, if it is one of ours.
pub(super) fn fault_in(error: &Error) -> Option<Fault> {
    sources(error).find_map(|source| Some(source.downcast_ref::<Carried>()?.0.clone()))
}

/// The errors behind an error, the nearest first.
pub(super) fn sources(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |inner| inner.source())
}

/// A value for minijinja.
pub(super) fn to_jinja(value: &Value) -> Jinja {
    match value {
        Value::Undefined(_) => Jinja::UNDEFINED,
        Value::Broken(fault) => Jinja::from(carried(Fault::clone(fault))),
        Value::None => Jinja::from(()),
        Value::Bool(truth) => Jinja::from(*truth),
        Value::Int(number) => {
            i64::try_from(*number).map_or_else(|_| Jinja::from(*number), Jinja::from)
        }
        Value::Float(number) => Jinja::from(*number),
        Value::Text(text) => Jinja::from(Arc::clone(text)),
        Value::Tuple(items) => {
            Jinja::from(Tuple::from(items.iter().map(to_jinja).collect::<Vec<_>>()))
        }
        other => Jinja::from_object(Held(other.clone())),
    }
}

/// A value of minijinja as ours.
pub(super) fn of_jinja(value: &Jinja) -> Answer {
    of_jinja_at(value, 0)
}

fn of_jinja_at(value: &Jinja, depth: usize) -> Answer {
    if depth > DEPTH {
        return Err(Fault::too_deep());
    }
    if let Some(held) = value.downcast_object_ref::<Held>() {
        return Ok(held.0.clone());
    }
    let items = || -> Result<Vec<Value>, Fault> {
        let items = value.try_iter().map_err(|error| foreign(&error))?;
        let limited = items.take(STEPS).map(|item| of_jinja_at(&item, depth + 1));
        limited.collect()
    };
    Ok(match value.kind() {
        ValueKind::Undefined => Value::Undefined(Arc::new(Missing::unnamed())),
        ValueKind::None => Value::None,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => {
            let whole = i128::try_from(value.clone());
            Value::Int(whole.map_err(|_unfit| Fault::failed("the number gets too large"))?)
        }
        ValueKind::Number => {
            let real = f64::try_from(value.clone());
            Value::Float(real.map_err(|error| foreign(&error))?)
        }
        ValueKind::Seq | ValueKind::Iterable if value.is_tuple() => Value::tuple(items()?),
        ValueKind::Seq | ValueKind::Iterable => Value::from(items()?),
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().map_err(|error| foreign(&error))? {
                let inner = value.get_item(&key).map_err(|error| foreign(&error))?;
                let key = Key::of(of_jinja_at(&key, depth + 1)?)?;
                map.insert(key, of_jinja_at(&inner, depth + 1)?);
            }
            Value::from(map)
        }
        ValueKind::Invalid => Value::Broken(Arc::new(invalid(value))),
        ValueKind::Plain => Value::Foreign,
        _ => match value.as_str() {
            Some(text) => Value::from(text),
            None => Value::from(value.to_string()),
        },
    })
}

/// The fault inside of a value that only failing brings to light.
fn invalid(value: &Jinja) -> Fault {
    let items = Jinja::from(vec![value.clone()]);
    let mistake = items
        .try_iter()
        .and_then(|items| items.checked().collect::<Result<Vec<_>, _>>());
    match mistake {
        Err(error) => foreign(&error),
        Ok(_) => Fault::failed("not a value"),
    }
}

fn foreign(error: &Error) -> Fault {
    fault_in(error).unwrap_or_else(|| Fault::failed(told(error)))
}

/// What minijinja says of an error.
pub(super) fn told(error: &Error) -> String {
    let detail = error.detail().map(str::to_owned);
    detail.unwrap_or_else(|| error.kind().to_string())
}

/// How many steps the calls of a template have left.
struct Budget(usize);

/// Calls something of the tables; pays from the template's budget.
fn called(
    state: &mut State<'_, '_>,
    shared: &Shared,
    call: impl FnOnce(&mut Kit<'_>) -> Answer,
) -> Result<Jinja, Error> {
    let variables = match state.lookup("vars") {
        Some(variables) => of_jinja(&variables).map_err(carried)?,
        None => Value::Undefined(Arc::new(Missing::unnamed())),
    };
    let steps = state.get_or_insert_extension(Budget(STEPS)).0;
    let mut kit = Kit::new(shared, variables, steps);
    let answer = call(&mut kit);
    state.get_or_insert_extension(Budget(STEPS)).0 = kit.steps;
    match answer {
        Ok(Value::Broken(fault)) => Err(carried(Fault::clone(&fault))),
        Ok(value) => Ok(to_jinja(&value)),
        Err(fault) => Err(carried(fault)),
    }
}

/// Arguments as minijinja hands them over: those with names last, in a mapping.
fn given(arguments: impl Iterator<Item = Jinja>) -> Result<Given, Fault> {
    let mut given = Given::default();
    for argument in arguments {
        if !argument.is_kwargs() {
            given.positional.push_back(of_jinja(&argument)?);
            continue;
        }
        let named = Kwargs::try_from(argument).map_err(|error| foreign(&error))?;
        for name in named.args() {
            let value: Jinja = named.peek(name).map_err(|error| foreign(&error))?;
            given.named.push((Arc::from(name), of_jinja(&value)?));
        }
    }
    Ok(given)
}

/// An environment with all that templates can call.
pub(super) fn environment(shared: &Arc<Shared>) -> Environment<'static> {
    let mut jinja = Environment::empty();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    // Tells the piece of the template that failed; costs nothing until something does.
    jinja.set_debug(true);
    jinja.set_fuel(Some(FUEL));
    jinja.set_auto_escape_callback(|_| AutoEscape::None);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).build() {
        jinja.set_syntax(syntax);
    }
    // A template is found under its own text, so that it is compiled once.
    jinja.set_loader(|text| Ok(Some(text.to_owned())));
    jinja.set_auto_reload(false);
    jinja.set_formatter(|out, state, value| {
        let value = of_jinja(value).map_err(carried)?;
        let text = match &value {
            Value::Undefined(_) => return Err(Error::from(ErrorKind::UndefinedError)),
            // Null is as if it were not there.
            Value::None => return Ok(()),
            // Nothing to see either; by itself it stays what it is.
            Value::Omit => String::new(),
            value => value.emitted().map_err(carried)?,
        };
        let emitted = state.get_or_insert_extension(Emitted::default());
        emitted.count = emitted.count.saturating_add(1);
        out.write_str(&text)?;
        emitted.last = Some((value, text));
        Ok(())
    });
    register(&mut jinja, shared);
    jinja.add_global("omit", to_jinja(&Value::Omit));
    jinja.add_function("namespace", minijinja::functions::namespace);
    jinja
}

/// What a template wrote: one value alone keeps its kind.
#[derive(Debug, Default)]
pub(super) struct Emitted {
    /// How many values, null not counted.
    pub(super) count: usize,
    /// The last value with its text.
    pub(super) last: Option<(Value, String)>,
}

/// The prefixes under which the names of filters and tests stand too.
const COLLECTIONS: [&str; 3] = ["", "ansible.builtin.", "ansible.legacy."];

fn register(jinja: &mut Environment<'static>, shared: &Arc<Shared>) {
    register_filters(jinja, shared);
    register_tests(jinja, shared);
    register_functions(jinja, shared);
    register_methods(jinja, shared);
}

/// A name as written, and with the collections in front of which it may stand.
fn spellings(names: &'static [&'static str]) -> impl Iterator<Item = String> {
    let prefixed = |name| COLLECTIONS.map(|prefix| format!("{prefix}{name}"));
    names.iter().flat_map(prefixed)
}

/// The arguments of a call, taken over.
fn taken(arguments: &Rest<ValueOrKwargs>) -> Result<Given, Error> {
    let arguments = arguments.iter();
    given(arguments.map(|argument| argument.clone().into_value())).map_err(carried)
}

fn register_filters(jinja: &mut Environment<'static>, shared: &Arc<Shared>) {
    for filter in filters::all() {
        for name in spellings(filter.names) {
            let shared = Arc::clone(shared);
            jinja.add_filter(
                name,
                move |state: &mut State<'_, '_>, input: Jinja, arguments: Rest<ValueOrKwargs>| {
                    let input = of_jinja(&input).map_err(carried)?;
                    let given = taken(&arguments)?;
                    called(state, &shared, |kit| kit.call_filter(filter, input, given))
                },
            );
        }
    }
}

fn register_tests(jinja: &mut Environment<'static>, shared: &Arc<Shared>) {
    for test in predicates::all() {
        for name in spellings(test.names) {
            let shared = Arc::clone(shared);
            jinja.add_test(
                name,
                move |state: &mut State<'_, '_>, input: Jinja, arguments: Rest<ValueOrKwargs>| {
                    let input = of_jinja(&input).map_err(carried)?;
                    let given = taken(&arguments)?;
                    let answer = called(state, &shared, |kit| kit.call_test(test, input, given))?;
                    if answer.is_undefined() {
                        return Err(Error::from(ErrorKind::UndefinedError));
                    }
                    Ok(answer)
                },
            );
        }
    }
}

fn register_functions(jinja: &mut Environment<'static>, shared: &Arc<Shared>) {
    for function in functions::FUNCTIONS {
        let shared = Arc::clone(shared);
        jinja.add_function(
            function.name,
            move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
                let given = taken(&arguments)?;
                called(state, &shared, |kit| functions::call(function, given, kit))
            },
        );
    }
}

fn register_methods(jinja: &mut Environment<'static>, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    jinja.set_unknown_method_callback(move |state, owner, name, arguments| {
        if owner.downcast_object_ref::<Hole>().is_some() {
            return Ok(Jinja::UNDEFINED);
        }
        let stored = owner
            .as_object()
            .and_then(|owner| owner.get_value_by_str(name));
        if stored.is_some_and(|stored| {
            stored
                .as_object()
                .is_some_and(|o| o.repr() == ObjectRepr::Plain)
        }) {
            // A macro or a function under a key.
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        let owner = of_jinja(owner).map_err(carried)?;
        let given = given(arguments.iter().cloned()).map_err(carried)?;
        if let Value::Undefined(_) = owner {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        if let Some(undefined) = given.undefined() {
            return Ok(to_jinja(undefined));
        }
        called(state, &shared, |kit| {
            method::call(name, &mut Call::new(name, owner, given, kit))
        })
    });
}
