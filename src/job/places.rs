//! Where the values of a job stand, those that it has from the defaults among them, for whoever finds out later what is
//! wrong with one.

use std::collections::BTreeMap;

use crate::diag::Span;
use crate::job::Job;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;

/// Places by key: one for each item of a list, else one.
#[derive(Debug, Clone, Default)]
pub struct Places(BTreeMap<&'static str, Vec<Span>>);

impl Places {
    /// The places in one mapping.
    pub(super) fn of(table: &'static [Property], mapping: &Node) -> Self {
        let places = table.iter().filter_map(|property| {
            let value = mapping.get(property.name)?;
            let spans = match &value.content {
                Content::Sequence(items) => items.iter().map(|item| item.span.clone()).collect(),
                _ => vec![value.span.clone()],
            };
            Some((property.name, spans))
        });
        Self(places.collect())
    }

    /// Takes over those of keys that were not said.
    pub(super) fn inherit(&mut self, from: &Self) {
        for (key, spans) in &from.0 {
            self.0.entry(key).or_insert_with(|| spans.clone());
        }
    }
}

impl Job {
    /// Where the value of a key stands; of a list, the item at this position. The job's name where there is no such value.
    pub fn place(&self, key: &str, item: usize) -> &Span {
        let spans = self.places.0.get(key);
        spans
            .and_then(|spans| spans.get(item))
            .unwrap_or(&self.span)
    }
}
