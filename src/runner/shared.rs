//! What the hosts of a run share while each goes its own way: results of tasks that run once, limits, the same
//! variables.
//!
//! Knows names and counts; must not know what any task does.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::Semaphore;

use crate::event::RunMode;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::playbook::Task;
use crate::runner::Order;
use crate::runner::Surroundings;
use crate::runner::companions::Companions;
use crate::runner::known::Asked;
use crate::runner::known::HOSTVARS;
use crate::runner::known::Known;
use crate::runner::known::hostvars;
use crate::runner::known::short;
use crate::runner::result::Upshot;
use crate::syntax::template::Values;

/// A task by the place where it is written, and which time it is that a host comes by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    play: Arc<str>,
    file: String,
    start: usize,
    time: usize,
}

impl Place {
    /// The place of a task.
    pub(super) fn of(play: &Play, task: &Task, time: usize) -> Self {
        Self {
            play: Arc::clone(&play.name),
            file: task.span.source.name.clone(),
            start: task.span.start,
            time,
        }
    }
}

/// The result of a task that runs once; whoever holds the lock is doing it.
pub(super) type Once = Arc<tokio::sync::Mutex<Option<Upshot>>>;

/// What the hosts of a run share.
pub(super) struct Shared {
    pub(super) around: Arc<Surroundings>,
    pub(super) known: Arc<Known>,
    pub(super) companions: Companions,
    /// The same for every host: `groups`, `playbook_dir`.
    given: Values,
    once: Mutex<HashMap<Place, Once>>,
    throttles: Mutex<HashMap<Place, Arc<Semaphore>>>,
}

impl Shared {
    /// What the hosts of an order share.
    pub(super) fn new(order: &Order, asked: Asked) -> Self {
        let around = &order.around;
        let mut given = given(around, order.mode);
        let known = Arc::new(Known::new(order, &given, asked));
        given.set_data(HOSTVARS, hostvars(&known));
        Self {
            around: Arc::clone(around),
            known,
            companions: Companions::new(order),
            given,
            once: Mutex::default(),
            throttles: Mutex::default(),
        }
    }

    /// Grows whenever a variable may have changed that is not the host's own.
    pub(super) fn version(&self) -> usize {
        self.known.version() + self.companions.version()
    }

    /// The variables that a host is given in a play.
    pub(super) fn given(&self, host: &Host, play: &Play) -> Values {
        let mut given = self.given.clone();
        given.take(&self.companions.of(play));
        given.set("inventory_hostname_short", &short(host));
        given.set("ansible_play_name", &play.name.to_string());
        if let Some(names) = self.known.groups.get(&host.name) {
            given.set("group_names", names);
        }
        given
    }

    /// The result of a task that runs once, or the right to make it.
    pub(super) fn once(&self, place: Place) -> Once {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(once.entry(place).or_default())
    }

    /// Begins a wave of hosts: what they do once, they do once for themselves.
    pub(super) fn begin_wave(&self, hosts: HashSet<Arc<str>>) {
        self.companions.begin_wave(hosts);
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        once.clear();
    }

    /// The permits of a task that only so many hosts may be at.
    pub(super) fn throttle(&self, place: Place, limit: usize) -> Arc<Semaphore> {
        let mut throttles = self
            .throttles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let permits = throttles
            .entry(place)
            .or_insert_with(|| Arc::new(Semaphore::new(limit.max(1))));
        Arc::clone(permits)
    }
}

fn given(around: &Surroundings, mode: RunMode) -> Values {
    let mut given = Values::default();
    given.set("ansible_check_mode", &(mode == RunMode::Check));
    given.set("ansible_diff_mode", &around.diff);
    given.set("ansible_verbosity", &around.verbosity);
    given.set("playbook_dir", &around.playbook_dir);
    if let Some(folder) = &around.inventory_dir {
        given.set("inventory_dir", folder);
    }
    let inventory = &around.inventory;
    let names = |positions: &Vec<usize>| -> Vec<&str> {
        let hosts = positions.iter().filter_map(|at| inventory.hosts.get(*at));
        hosts.map(|host| &*host.name).collect()
    };
    let groups: BTreeMap<&str, Vec<&str>> = inventory
        .groups
        .iter()
        .map(|(group, positions)| (group.as_str(), names(positions)))
        .collect();
    given.set("groups", &groups);
    given
}
