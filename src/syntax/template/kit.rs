//! What calls of filters, tests and functions may use: each other by name, patterns, the clock and their share of steps.
//!
//! Knows limits; knows nothing of files, and sees variables only as `vars`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use regex::Regex;
use regex::RegexBuilder;

use crate::syntax::template::cache::Cache;
use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::call::Given;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::fault::Missing;
use crate::syntax::template::filters;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::Undefined;
use crate::syntax::template::predicates;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::access::item;

/// Steps that the calls of one template may take; honest ones take some dozens, a list of ten thousand hosts some
/// hundred thousand. Long texts cost a step for every sixteen bytes.
pub(super) const STEPS: usize = 5_000_000;
/// How deep calls may be in each other.
const DEPTH: usize = 160;
/// The largest pattern, in bytes of its compiled form.
const PATTERN: usize = 1 << 20;
/// How many patterns are kept compiled; patterns may be made of values, so that there is no end to them.
const PATTERNS: usize = 1_000;

/// What all templates of an engine share.
#[derive(Default)]
pub(super) struct Shared {
    /// The environment that `lookup('env', …)` sees.
    pub(super) environment: BTreeMap<String, String>,
    /// When the run began.
    pub(super) now: Option<jiff::Zoned>,
    patterns: Cache<Regex>,
}

impl fmt::Debug for Shared {
    /// Shows nothing: variables of the environment may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shared")
    }
}

impl Shared {
    pub(super) fn new(environment: BTreeMap<String, String>, now: Option<jiff::Zoned>) -> Self {
        Self {
            environment,
            now,
            patterns: Cache::default(),
        }
    }
}

/// What a call may use.
#[derive(Debug)]
pub(super) struct Kit<'k> {
    shared: &'k Shared,
    /// All variables by name.
    variables: Value,
    /// How many steps are left.
    pub(super) steps: usize,
    depth: usize,
}

impl<'k> Kit<'k> {
    pub(super) fn new(shared: &'k Shared, variables: Value, steps: usize) -> Self {
        Self {
            shared,
            variables,
            steps,
            depth: 0,
        }
    }

    /// The value of a variable by its name; `None` when there is none.
    pub(super) fn by_name(&self, name: &str) -> Result<Option<Value>, Fault> {
        match &self.variables {
            Value::Undefined(_) => Ok(None),
            variables => item(variables, &Value::from(name)),
        }
    }

    /// Something undefined, with a message of its own.
    #[expect(
        clippy::unused_self,
        reason = "what is undefined comes from the template"
    )]
    pub(super) fn undefined(&self, reason: String) -> Value {
        Value::Undefined(Arc::new(Missing::because(reason)))
    }

    /// Pays for work; fails when too much was done.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Fault::too_long()),
        }
    }

    /// Pays for a text of so many bytes.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend(bytes / 16 + 1)
    }

    /// Goes a level deeper until [`Kit::leave`].
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        if self.depth >= DEPTH {
            return Err(Fault::too_deep());
        }
        self.depth += 1;
        self.spend(1)
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// A pattern, compiled once for the engine.
    pub(super) fn pattern(&self, pattern: &str) -> Result<Arc<Regex>, regex::Error> {
        self.shared.patterns.of(pattern, PATTERNS, || {
            RegexBuilder::new(pattern).size_limit(PATTERN).build()
        })
    }

    /// A variable of the environment.
    pub(super) fn environment(&self, name: &str) -> Option<String> {
        self.shared.environment.get(name).cloned()
    }

    /// When the run began; `None` when the engine was not told.
    pub(super) fn now(&self) -> Option<jiff::Zoned> {
        self.shared.now.clone()
    }

    /// Calls a filter by its name.
    pub(super) fn filter(&mut self, name: &str, input: Value, given: Given) -> Answer {
        match filters::named(name) {
            Some(filter) => self.call_filter(filter, input, given),
            None => Err(Fault::unknown("filter", name, filters::names())),
        }
    }

    pub(super) fn call_filter(
        &mut self,
        filter: &'static Filter,
        input: Value,
        given: Given,
    ) -> Answer {
        if let Some(passing) = passing(filter.undefined, &input, &given) {
            return Ok(passing);
        }
        self.spend(1)?;
        (filter.run)(&mut Call::new(filter.name(), input, given, self))
    }

    /// Calls a test by its name.
    pub(super) fn test(&mut self, name: &str, input: Value, given: Given) -> Answer {
        match predicates::named(name) {
            Some(test) => self.call_test(test, input, given),
            None => Err(Fault::unknown("test", name, predicates::names())),
        }
    }

    pub(super) fn call_test(
        &mut self,
        test: &'static Predicate,
        input: Value,
        given: Given,
    ) -> Answer {
        if let Some(passing) = passing(test.undefined, &input, &given) {
            return Ok(passing);
        }
        self.spend(1)?;
        (test.run)(&mut Call::new(test.name(), input, given, self)).map(Value::Bool)
    }
}

/// What goes past a call because it is undefined.
fn passing(undefined: Undefined, input: &Value, given: &Given) -> Option<Value> {
    if undefined == Undefined::Taken {
        return None;
    }
    match input {
        Value::Undefined(_) | Value::Broken(_) => Some(input.clone()),
        _ => given.undefined().cloned(),
    }
}
