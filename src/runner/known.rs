//! What hosts know of each other: `hostvars`.
//!
//! Values are those of the other host, in its own words: its templates see its variables. What came to be while the run
//! goes on is kept only where somebody may ask for it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::diag::Diagnostic;
use crate::inventory::Host;
use crate::playbook::prepare::REPLACEABLE;
use crate::playbook::variables_mention;
use crate::runner::Order;
use crate::runner::Surroundings;
use crate::runner::memory::Memory;
use crate::syntax::Node;
use crate::syntax::template::Data;
use crate::syntax::template::Layer;
use crate::syntax::template::Lazy;
use crate::syntax::template::Values;
use crate::syntax::template::Variables;

/// The variable.
pub(super) const HOSTVARS: &str = "hostvars";

/// Where somebody may ask for what came to be on other hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Wherever a variable is used: variables of hosts or of `-e` do.
    Everywhere,
    /// Plays do.
    InPlays,
    Nowhere,
}

/// What hosts know of each other.
#[derive(Debug)]
pub(super) struct Known {
    around: Arc<Surroundings>,
    /// `-e`.
    extra: Arc<BTreeMap<String, Node>>,
    /// What the run tells of every host alike.
    given: Values,
    /// `group_names` of each host.
    pub(super) groups: BTreeMap<Arc<str>, Vec<String>>,
    /// What came to be on each host; none where nobody asks.
    learnt: Option<RwLock<HashMap<Arc<str>, Arc<Learnt>>>>,
    version: AtomicUsize,
}

/// What came to be on a host while the run goes on.
#[derive(Debug, Default)]
struct Learnt {
    results: Values,
    included: Arc<BTreeMap<String, Node>>,
    facts: Values,
}

impl Asked {
    /// As far as that can be seen before the run.
    pub(super) fn of(order: &Order) -> Self {
        let words = &[HOSTVARS];
        let mut shared = BTreeSet::new();
        let mut by_host = |host: &Arc<Host>| {
            let [own, inherited] = host.vars.layers();
            let is_new = shared.insert(std::ptr::from_ref(inherited).addr());
            variables_mention(own, words) || is_new && variables_mention(inherited, words)
        };
        let hosts = &order.around.inventory.hosts;
        if variables_mention(&order.extra, words) || hosts.iter().any(&mut by_host) {
            Self::Everywhere
        } else if order.plays.iter().any(|play| play.mentions(words)) {
            Self::InPlays
        } else {
            Self::Nowhere
        }
    }
}

impl Known {
    /// What hosts know of each other in a run in which the run tells this; what comes to be is kept when somebody asks.
    pub(super) fn new(order: &Order, given: &Values, asked: Asked) -> Self {
        Self {
            around: Arc::clone(&order.around),
            extra: Arc::clone(&order.extra),
            given: given.clone(),
            groups: groups(&order.around),
            learnt: (asked != Asked::Nowhere).then(RwLock::default),
            version: AtomicUsize::new(0),
        }
    }

    /// Grows whenever something new is known.
    pub(super) fn version(&self) -> usize {
        self.version.load(Ordering::Acquire)
    }

    /// Takes over what came to be on a host, unless nobody asks or it is known.
    pub(super) fn learn(&self, host: &Arc<str>, memory: &mut Memory) {
        let Some(learnt) = &self.learnt else {
            return;
        };
        if !memory.has_news() {
            return;
        }
        let mut facts = memory.fact_values.clone();
        if let Some(own) = &memory.facts {
            facts.set("facts", own);
        }
        let news = Learnt {
            results: memory.results.clone(),
            included: Arc::clone(&memory.included),
            facts,
        };
        let mut learnt = learnt.write().unwrap_or_else(PoisonError::into_inner);
        learnt.insert(Arc::clone(host), Arc::new(news));
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    fn learnt(&self, host: &str) -> Arc<Learnt> {
        let learnt = self.learnt.as_ref();
        let learnt = learnt.map(|all| all.read().unwrap_or_else(PoisonError::into_inner));
        learnt
            .and_then(|all| all.get(host).cloned())
            .unwrap_or_default()
    }
}

/// `hostvars`.
pub(super) fn hostvars(known: &Arc<Known>) -> Data {
    Data::lazy(Arc::new(All(Arc::clone(known))))
}

/// Every host of the inventory.
#[derive(Debug)]
struct All(Arc<Known>);

impl Lazy for All {
    fn keys(&self) -> Vec<String> {
        let hosts = self.0.around.inventory.hosts.iter();
        hosts.map(|host| host.name.to_string()).collect()
    }

    fn at(&self, key: &str) -> Result<Option<Data>, Diagnostic> {
        let host = self.0.around.inventory.host(key);
        let one = host.map(|host| One {
            known: Arc::clone(&self.0),
            host: Arc::clone(host),
        });
        Ok(one.map(|one| Data::lazy(Arc::new(one))))
    }
}

/// The variables of one host, those of plays and tasks not among them. They see no `hostvars`, as in Ansible, so that no
/// two hosts can need each other.
#[derive(Debug)]
struct One {
    known: Arc<Known>,
    host: Arc<Host>,
}

impl One {
    /// What the run tells of this host alone.
    fn own(&self) -> Values {
        let mut own = Values::default();
        own.set("inventory_hostname", &&*self.host.name);
        own.set("inventory_hostname_short", &short(&self.host));
        if let Some(names) = self.known.groups.get(&self.host.name) {
            own.set("group_names", names);
        }
        own
    }

    fn layers<'l>(&'l self, learnt: &'l Learnt, own: &'l Values) -> [Layer<'l>; 9] {
        let [direct, inherited] = self.host.vars.layers();
        [
            Layer::Values(own),
            Layer::Except(&self.known.given, &REPLACEABLE),
            Layer::Written(&self.known.extra),
            Layer::Values(&learnt.results),
            Layer::Written(&learnt.included),
            Layer::Values(&learnt.facts),
            Layer::Written(direct),
            Layer::Written(inherited),
            Layer::Values(&self.known.given),
        ]
    }
}

impl Lazy for One {
    fn keys(&self) -> Vec<String> {
        let (learnt, own) = (self.known.learnt(&self.host.name), self.own());
        let variables = Variables::layered(self.layers(&learnt, &own).to_vec());
        let mut names: Vec<String> = variables.names().map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn at(&self, key: &str) -> Result<Option<Data>, Diagnostic> {
        let (learnt, own) = (self.known.learnt(&self.host.name), self.own());
        let variables = Variables::layered(self.layers(&learnt, &own).to_vec());
        Ok(self.known.around.engine.variable(key, &variables))
    }
}

/// The name of a host up to its first dot.
pub(super) fn short(host: &Host) -> &str {
    host.name.split('.').next().unwrap_or_default()
}

fn groups(around: &Surroundings) -> BTreeMap<Arc<str>, Vec<String>> {
    let mut found: BTreeMap<Arc<str>, Vec<String>> = BTreeMap::new();
    let groups = around.inventory.groups.iter();
    for (group, positions) in groups.filter(|(group, _)| *group != "all") {
        for host in positions
            .iter()
            .filter_map(|at| around.inventory.hosts.get(*at))
        {
            found
                .entry(Arc::clone(&host.name))
                .or_default()
                .push(group.clone());
        }
    }
    found
}
