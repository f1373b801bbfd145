//! One call of a filter, a test, a function or a method: what it works on and the arguments it was given.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::syntax::template::fault::Fault;
use crate::syntax::template::kit::Kit;
use crate::syntax::template::value::Value;

/// What a call gives.
pub(super) type Answer = Result<Value, Fault>;

/// Arguments, evaluated.
#[derive(Debug, Default, Clone)]
pub(super) struct Given {
    pub(super) positional: VecDeque<Value>,
    pub(super) named: Vec<(Arc<str>, Value)>,
}

impl Given {
    #[cfg(test)]
    pub(super) fn of(positional: Vec<Value>) -> Self {
        Self {
            positional: positional.into(),
            named: Vec::new(),
        }
    }

    /// The first argument that does not exist.
    pub(super) fn undefined(&self) -> Option<&Value> {
        let named = self.named.iter().map(|(_, value)| value);
        self.positional
            .iter()
            .chain(named)
            .find(|value| matches!(value, Value::Undefined(_) | Value::Broken(_)))
    }
}

/// One call. Arguments are taken in the order of the parameters, by position or by name.
pub(super) struct Call<'c, 'r> {
    /// What is called, for messages.
    name: &'c str,
    /// What stands before the `|` or `is`; null for functions.
    pub(super) input: Value,
    pub(super) given: Given,
    /// Other filters, limits, the clock.
    pub(super) kit: &'c mut Kit<'r>,
}

impl<'c, 'r> Call<'c, 'r> {
    pub(super) fn new(name: &'c str, input: Value, given: Given, kit: &'c mut Kit<'r>) -> Self {
        Self {
            name,
            input,
            given,
            kit,
        }
    }

    /// A mistake of this call.
    pub(super) fn failed(&self, message: impl std::fmt::Display) -> Fault {
        Fault::failed(format!("`{}`: {message}", self.name))
    }

    /// The next parameter; `None` when it was left out.
    pub(super) fn take(&mut self, parameter: &str) -> Option<Value> {
        if let Some(value) = self.given.positional.pop_front() {
            return Some(value);
        }
        self.named(parameter)
    }

    /// A parameter that is given by name only.
    pub(super) fn named(&mut self, parameter: &str) -> Option<Value> {
        let named = &mut self.given.named;
        let at = named.iter().position(|(name, _)| &**name == parameter)?;
        Some(named.remove(at).1)
    }

    pub(super) fn required(&mut self, parameter: &str) -> Answer {
        self.take(parameter)
            .ok_or_else(|| self.failed(format!("`{parameter}` is missing")))
    }

    /// A text; other values become the text that Python makes of them.
    pub(super) fn text(&mut self, parameter: &str, default: &str) -> Result<String, Fault> {
        match self.take(parameter) {
            Some(value) => value.spell(),
            None => Ok(default.to_owned()),
        }
    }

    pub(super) fn required_text(&mut self, parameter: &str) -> Result<String, Fault> {
        let value = self.required(parameter)?;
        match value.as_text() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.wrong(parameter, "a text", &value)),
        }
    }

    /// Whether a parameter counts as true.
    pub(super) fn flag(&mut self, parameter: &str) -> Result<bool, Fault> {
        self.take(parameter)
            .map_or(Ok(false), |value| value.truth())
    }

    pub(super) fn int(&mut self, parameter: &str, default: i128) -> Result<i128, Fault> {
        match self.take(parameter) {
            None => Ok(default),
            Some(value) => value
                .as_int()
                .ok_or_else(|| self.wrong(parameter, "a whole number", &value)),
        }
    }

    /// A number that counts something; negative ones are 0.
    pub(super) fn count(&mut self, parameter: &str, default: usize) -> Result<usize, Fault> {
        let default = i128::try_from(default).unwrap_or(i128::MAX);
        let number = self.int(parameter, default)?.max(0);
        usize::try_from(number).map_err(|_unfit| Fault::too_long())
    }

    /// All that is given by position and not yet taken.
    pub(super) fn rest(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.given.positional).into()
    }

    /// Fails when an argument is left over.
    pub(super) fn done(&self) -> Result<(), Fault> {
        if let Some((name, _)) = self.given.named.first() {
            return Err(self.failed(format!("there is no parameter `{name}`")));
        }
        if !self.given.positional.is_empty() {
            return Err(self.failed("too many arguments"));
        }
        Ok(())
    }

    /// The input as a text; other values become the text that Python makes of them.
    pub(super) fn input_text(&self) -> Result<String, Fault> {
        self.input.spell()
    }

    /// The input, which has to be a text.
    pub(super) fn strict_text(&self) -> Result<&str, Fault> {
        self.input
            .as_text()
            .ok_or_else(|| self.wrong_input("a text"))
    }

    /// The items of the input.
    pub(super) fn items(&mut self) -> Result<Arc<Vec<Value>>, Fault> {
        let items = self.input.items()?;
        self.kit.spend(items.len())?;
        Ok(items)
    }

    pub(super) fn wrong_input(&self, wanted: &str) -> Fault {
        self.failed(format!("needs {wanted}, this is {}", self.input.describe()))
    }

    pub(super) fn wrong(&self, parameter: &str, wanted: &str, value: &Value) -> Fault {
        self.failed(format!(
            "`{parameter}` must be {wanted}, this is {}",
            value.describe()
        ))
    }
}
