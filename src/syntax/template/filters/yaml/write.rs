//! Lists and mappings as YAML, laid out as PyYAML lays them out.

use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::yaml::Style;
use crate::syntax::template::filters::yaml::scalar;
use crate::syntax::template::filters::yaml::scalar::Place;
use crate::syntax::template::value::Map;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::compare;
use crate::syntax::template::value::spell::DEPTH;

/// A YAML text under way.
pub(super) struct Writer {
    /// How far each level is moved to the right.
    pub(super) indent: usize,
    /// Behind which column lines are broken.
    pub(super) width: usize,
    pub(super) style: Style,
    pub(super) sort: bool,
    pub(super) out: String,
}

/// A collection, its keys in order.
enum Collection {
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Writer {
    /// The whole document.
    pub(super) fn document(&mut self, value: &Value) -> Result<(), Fault> {
        match self.collection(value)? {
            Some(collection) if self.flows(&collection)? => {
                self.begin(" ");
                self.flow(&collection, 0)?;
                self.out.push('\n');
            }
            Some(collection) => {
                self.begin("\n");
                self.block(&collection, 0, 0)?;
            }
            None => {
                self.begin(" ");
                self.scalar(value, Place::Block, self.indent)?;
                self.out.push('\n');
            }
        }
        Ok(())
    }

    /// What stands between the mark of a document and the document.
    fn begin(&mut self, between: &str) {
        if !self.out.is_empty() {
            self.out.push_str(between);
        }
    }

    fn collection(&self, value: &Value) -> Result<Option<Collection>, Fault> {
        Ok(match value.used()? {
            Value::List(items) | Value::Tuple(items) => Some(Collection::List(items.to_vec())),
            other => other
                .entries()?
                .map(|map| Collection::Map(self.entries(&map))),
        })
    }

    fn entries(&self, map: &Map) -> Vec<(Value, Value)> {
        let mut entries: Vec<(Value, Value)> = map
            .iter()
            .map(|(key, value)| (key.value().clone(), value.clone()))
            .collect();
        if self.sort {
            // Keys that have no order between them stay as they are.
            let mut ordered = entries.clone();
            if compare::sort(&mut ordered, |(key, _)| key.clone()).is_ok() {
                entries = ordered;
            }
        }
        entries
    }

    /// Whether a collection goes on one line.
    fn flows(&self, collection: &Collection) -> Result<bool, Fault> {
        let values: Vec<&Value> = match collection {
            Collection::List(items) => items.iter().collect(),
            Collection::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        };
        if values.is_empty() {
            return Ok(true);
        }
        Ok(match self.style {
            Style::Lines => false,
            Style::OneLine => true,
            Style::Innermost => {
                let mut flows = true;
                for value in values {
                    let value = value.used()?;
                    flows &= value.as_sequence().is_none() && !value.is_mapping();
                }
                flows
            }
        })
    }

    fn column(&self) -> usize {
        self.out
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
    }

    fn line(&mut self, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
    }

    /// A collection in lines, from the current position, which is at the column `at`.
    fn block(&mut self, collection: &Collection, at: usize, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(Fault::too_deep());
        }
        match collection {
            Collection::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.line(at);
                    }
                    self.out.push('-');
                    self.item(item, at, depth)?;
                }
            }
            Collection::Map(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        self.line(at);
                    }
                    self.scalar(key, Place::Key, at)?;
                    self.out.push(':');
                    self.value(value, at, depth)?;
                }
            }
        }
        Ok(())
    }

    /// What stands behind the dash of a list at the column `at`.
    fn item(&mut self, item: &Value, at: usize, depth: usize) -> Result<(), Fault> {
        let inner = at + self.indent;
        match self.collection(item)? {
            Some(collection) if !self.flows(&collection)? => {
                self.out.push_str(&" ".repeat(self.indent - 1));
                self.block(&collection, inner, depth + 1)
            }
            collection => self.rest_of_line(item, collection.as_ref(), inner),
        }
    }

    /// What stands behind the colon of a key at the column `at`.
    fn value(&mut self, value: &Value, at: usize, depth: usize) -> Result<(), Fault> {
        let inner = at + self.indent;
        match self.collection(value)? {
            Some(collection) if !self.flows(&collection)? => {
                self.out.push('\n');
                // Lists below a key are not moved to the right.
                let column = if matches!(collection, Collection::List(_)) {
                    at
                } else {
                    inner
                };
                self.line(column);
                self.block(&collection, column, depth + 1)
            }
            collection => self.rest_of_line(value, collection.as_ref(), inner),
        }
    }

    /// What fits behind a dash or a colon.
    fn rest_of_line(
        &mut self,
        value: &Value,
        collection: Option<&Collection>,
        indent: usize,
    ) -> Result<(), Fault> {
        self.out.push(' ');
        match collection {
            Some(collection) => self.flow(collection, indent)?,
            None => self.scalar(value, Place::Block, indent)?,
        }
        self.out.push('\n');
        Ok(())
    }

    /// A collection on one line, which is broken when it gets too long.
    fn flow(&mut self, collection: &Collection, indent: usize) -> Result<(), Fault> {
        if indent > DEPTH * 10 {
            return Err(Fault::too_deep());
        }
        let (open, close) = match collection {
            Collection::List(_) => ('[', ']'),
            Collection::Map(_) => ('{', '}'),
        };
        self.out.push(open);
        let entries: Vec<(Option<&Value>, &Value)> = match collection {
            Collection::List(items) => items.iter().map(|item| (None, item)).collect(),
            Collection::Map(entries) => entries
                .iter()
                .map(|(key, value)| (Some(key), value))
                .collect(),
        };
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            if self.column() > self.width {
                self.out.push('\n');
                self.line(indent);
            } else if index > 0 {
                self.out.push(' ');
            }
            if let Some(key) = key {
                self.scalar(key, Place::FlowKey, indent + self.indent)?;
                self.out.push_str(": ");
            }
            match self.collection(value)? {
                Some(inner) => self.flow(&inner, indent + self.indent)?,
                None => {
                    self.scalar(value, Place::Flow, indent + self.indent)?;
                }
            }
        }
        self.out.push(close);
        Ok(())
    }

    fn scalar(&mut self, value: &Value, place: Place, indent: usize) -> Result<(), Fault> {
        let text = match value.used()? {
            Value::Text(text) => {
                let column = self.column();
                scalar::text(text, place, [indent, self.width, column], &mut self.out);
                return Ok(());
            }
            Value::None => "null".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => scalar::real(*number),
            Value::Time(_) => value.spell()?,
            other => {
                let message = format!("YAML has nothing for {}", other.describe());
                return Err(Fault::failed(message));
            }
        };
        self.out.push_str(&text);
        Ok(())
    }
}
