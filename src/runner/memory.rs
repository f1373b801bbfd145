//! What is remembered of a host from one task to the next, and from one play to the next: registered results, facts,
//! included variables.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use crate::facts::Facts;
use crate::plan::Unknown;
use crate::playbook::Task;
use crate::runner::foresight::Foresight;
use crate::syntax::Node;
use crate::syntax::template::Values;

/// What is remembered of a host.
#[derive(Default)]
pub(super) struct Memory {
    /// Registered results and `set_fact`.
    pub(super) results: Values,
    /// Variables of files that were included.
    pub(super) included: Arc<BTreeMap<String, Node>>,
    /// How long the last order to reboot gave the host, when it was obeyed and nobody visited the host since.
    pub(super) rebooted: Option<Duration>,
    /// Gathered once.
    pub(super) facts: Option<Facts>,
    /// The same under Ansible's names.
    pub(super) fact_values: Values,
    /// Changes that were not made.
    pub(super) foresight: Foresight,
    /// Grows whenever a variable came to be or changed.
    pub(super) version: usize,
    /// What others were told of last, as [`Self::version`].
    told: Option<usize>,
    /// Variables whose values depend on changes that were not made.
    doubts: BTreeMap<String, Unknown>,
    /// Why any variable may be another one than it seems.
    blind: Option<Unknown>,
    /// How often the host came by the tasks that hosts share.
    times: BTreeMap<(String, usize), usize>,
}

impl Memory {
    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: &Json) {
        self.results.set(name, value);
        self.doubts.remove(name);
        self.version += 1;
    }

    /// Whether a variable came to be or changed since this was last asked.
    pub(super) fn has_news(&mut self) -> bool {
        self.told.replace(self.version) != Some(self.version)
    }

    /// Takes over the variables of a file.
    pub(super) fn include(&mut self, variables: &BTreeMap<String, Node>) {
        let pairs = variables.iter();
        Arc::make_mut(&mut self.included)
            .extend(pairs.map(|(name, node)| (name.clone(), node.clone())));
        self.version += 1;
    }

    /// Notes that the value of a variable cannot be told.
    pub(super) fn doubt(&mut self, name: &str, why: &Unknown) {
        self.doubts.insert(name.to_owned(), why.clone());
        self.version += 1;
    }

    /// Notes that any variable may be another one than it seems.
    pub(super) fn go_blind(&mut self, why: &Unknown) {
        self.blind.get_or_insert_with(|| why.clone());
    }

    /// Whether every variable is what it seems.
    pub(super) fn is_certain(&self) -> bool {
        self.doubts.is_empty() && self.blind.is_none()
    }

    /// Why the value of a variable cannot be told.
    pub(super) fn doubt_of(&self, name: &str) -> Option<&Unknown> {
        self.doubts.get(name)
    }

    /// Why a variable that is not there may be there nevertheless.
    pub(super) fn blindness(&self) -> Option<&Unknown> {
        self.blind.as_ref()
    }

    /// Counts that the host came by a task; which time it is, from 0.
    pub(super) fn come_by(&mut self, task: &Task) -> usize {
        let place = (task.span.source.name.clone(), task.span.start);
        let times = self.times.entry(place).or_default();
        *times += 1;
        *times - 1
    }
}
