//! What the hosts of a run share while each goes its own way: results of tasks that run once, limits, the same
//! variables.
//!
//! Knows names and counts; must not know what any task does.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::Value as Json;
use tokio::sync::Semaphore;

use crate::diag::Diagnostic;
use crate::event::RunMode;
use crate::inventory::Host;
use crate::inventory::Inventory;
use crate::playbook::Play;
use crate::playbook::Task;
use crate::playbook::prepare;
use crate::runner::Surroundings;
use crate::runner::result::Upshot;
use crate::syntax::template::Data;
use crate::syntax::template::Lazy;
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
    /// The same for every host: `groups`, `playbook_dir`.
    given: Values,
    /// `group_names` of each host.
    groups: BTreeMap<Arc<str>, Vec<String>>,
    /// The names of each play's hosts, by the play's address.
    play_hosts: HashMap<usize, Values>,
    once: Mutex<HashMap<Place, Once>>,
    throttles: Mutex<HashMap<Place, Arc<Semaphore>>>,
}

impl Shared {
    /// What these hosts share in a run.
    pub(super) fn new(
        around: &Arc<Surroundings>,
        mode: RunMode,
        hosts: &[(Arc<Host>, Vec<Arc<Play>>)],
    ) -> Self {
        Self {
            around: Arc::clone(around),
            given: given(around, mode),
            groups: groups(around),
            play_hosts: play_hosts(hosts),
            once: Mutex::default(),
            throttles: Mutex::default(),
        }
    }

    /// The variables that a host is given in a play.
    pub(super) fn given(&self, host: &Host, play: &Play) -> Values {
        let mut given = self.given.clone();
        if let Some(hosts) = self.play_hosts.get(&address(play)) {
            given.take(hosts);
        }
        let short = host.name.split('.').next().unwrap_or_default();
        given.set("inventory_hostname_short", &short);
        given.set("ansible_play_name", &play.name.to_string());
        if let Some(names) = self.groups.get(&host.name) {
            given.set("group_names", names);
        }
        given
    }

    /// The result of a task that runs once, or the right to make it.
    pub(super) fn once(&self, place: Place) -> Once {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(once.entry(place).or_default())
    }

    /// Begins a wave: what its hosts do once, they do once for themselves.
    pub(super) fn begin_wave(&self) {
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

/// `hostvars`: what the inventory says of every host, as written; passwords are not among it.
#[derive(Debug)]
struct Others(Arc<Inventory>);

impl Lazy for Others {
    fn keys(&self) -> Vec<String> {
        let hosts = self.0.hosts.iter();
        hosts.map(|host| host.name.to_string()).collect()
    }

    fn at(&self, key: &str) -> Result<Option<Data>, Diagnostic> {
        let Some(host) = self.0.host(key) else {
            return Ok(None);
        };
        let mut vars: BTreeMap<&str, Json> = host
            .vars
            .iter()
            .map(|(name, node)| (name, prepare::json(node)))
            .collect();
        vars.insert("inventory_hostname", host.name.to_string().into());
        Ok(Some(Data::of(&vars)))
    }
}

fn address(play: &Play) -> usize {
    std::ptr::from_ref(play).addr()
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
    given.set("omit", &prepare::OMIT);
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
    let others = Others(Arc::clone(inventory));
    given.set_data("hostvars", Data::lazy(Arc::new(others)));
    given
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

fn play_hosts(hosts: &[(Arc<Host>, Vec<Arc<Play>>)]) -> HashMap<usize, Values> {
    let mut names: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (host, plays) in hosts {
        for play in plays {
            names.entry(address(play)).or_default().push(&host.name);
        }
    }
    let values = |names: &[&str]| {
        let mut values = Values::default();
        values.set("ansible_play_hosts_all", &names);
        for name in ["ansible_play_hosts", "ansible_play_batch", "play_hosts"] {
            values.set(name, &names);
        }
        values
    };
    names
        .iter()
        .map(|(play, names)| (*play, values(names)))
        .collect()
}
