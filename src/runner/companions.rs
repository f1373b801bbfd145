//! Who is in a play together: `ansible_play_hosts` and the like.
//!
//! Knows names only; whoever failed is no longer among those that are still there.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::playbook::Play;
use crate::runner::Order;
use crate::syntax::template::Values;

/// Words of which one is in the name of each variable about who is still there.
pub(super) const WORDS: [&str; 2] = ["play_hosts", "play_batch"];

/// Who is in each play.
pub(super) struct Companions {
    /// By the play's address.
    plays: BTreeMap<usize, Company>,
    state: Mutex<State>,
    version: AtomicUsize,
}

/// The hosts of one play.
struct Company {
    hosts: Vec<Arc<str>>,
    /// What is told of them as long as all are there.
    complete: Values,
    /// Whether the play may ask who is still there.
    is_asked: bool,
}

#[derive(Default)]
struct State {
    /// Hosts that failed or could not be reached.
    lost: HashSet<Arc<str>>,
    /// The hosts that are worked on together now.
    wave: HashSet<Arc<str>>,
    /// What is told in each play, and at which version it was so.
    told: HashMap<usize, (usize, Arc<Values>)>,
}

fn address(play: &Play) -> usize {
    std::ptr::from_ref(play).addr()
}

impl Companions {
    /// Those of an order.
    pub(super) fn new(order: &Order) -> Self {
        let mut plays: BTreeMap<usize, Company> = BTreeMap::new();
        for (host, own) in &order.hosts {
            for play in own {
                let company = plays.entry(address(play)).or_insert_with(|| Company {
                    hosts: Vec::new(),
                    complete: Values::default(),
                    is_asked: play.mentions(&WORDS),
                });
                company.hosts.push(Arc::clone(&host.name));
            }
        }
        for company in plays.values_mut() {
            let all: Vec<&str> = company.hosts.iter().map(|name| &**name).collect();
            company.complete = values(&all, &all, &all);
        }
        Self {
            plays,
            state: Mutex::default(),
            version: AtomicUsize::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grows whenever somebody is lost or a wave is begun, if a play asks for that.
    pub(super) fn version(&self) -> usize {
        self.version.load(Ordering::Acquire)
    }

    /// From now on these are worked on together.
    pub(super) fn begin_wave(&self, hosts: HashSet<Arc<str>>) {
        let mut state = self.state();
        state.wave = hosts;
        self.note();
    }

    /// A host failed or could not be reached.
    pub(super) fn lose(&self, host: &Arc<str>) {
        if self.state().lost.insert(Arc::clone(host)) {
            self.note();
        }
    }

    fn note(&self) {
        if self.plays.values().any(|company| company.is_asked) {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Whether a play may ask who is still there.
    pub(super) fn are_asked_for(&self, play: &Play) -> bool {
        let company = self.plays.get(&address(play));
        company.is_some_and(|company| company.is_asked)
    }

    /// What is told in a play.
    pub(super) fn of(&self, play: &Play) -> Arc<Values> {
        let Some(company) = self.plays.get(&address(play)) else {
            return Arc::default();
        };
        if !company.is_asked {
            return Arc::new(company.complete.clone());
        }
        let mut state = self.state();
        let version = self.version();
        if let Some((then, told)) = state.told.get(&address(play))
            && *then == version
        {
            return Arc::clone(told);
        }
        let names = |wanted: &dyn Fn(&Arc<str>) -> bool| -> Vec<&str> {
            let hosts = company.hosts.iter().filter(|name| wanted(name));
            hosts.map(|name| &**name).collect()
        };
        let all = names(&|_| true);
        let left = names(&|name| !state.lost.contains(name));
        let batch = names(&|name| !state.lost.contains(name) && state.wave.contains(name));
        let told = Arc::new(values(&all, &left, &batch));
        state
            .told
            .insert(address(play), (version, Arc::clone(&told)));
        told
    }
}

fn values(all: &[&str], left: &[&str], batch: &[&str]) -> Values {
    let mut values = Values::default();
    values.set("ansible_play_hosts_all", &all);
    values.set("ansible_play_hosts", &left);
    for name in ["ansible_play_batch", "play_hosts"] {
        values.set(name, &batch);
    }
    values
}
