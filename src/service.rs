//! The standing service: begins the runs of jobs when their time has come, one of each job at once, until it is told to
//! stop.
//!
//! Knows jobs, times and the order of things; must not know playbooks, sessions, files or sockets. What it needs done is
//! done by others behind the traits of [`errand`], and time enters by `clock::Clock`, so that whole days of it are tested
//! without waiting.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::task;
use tokio::task::JoinError;
use tokio::task::JoinSet;

pub mod agenda;
mod around;
pub mod errand;
mod once;
pub mod said;
pub mod state;
pub mod turn;

pub use crate::service::around::words;
pub use crate::service::once::once;

use crate::clock::Clock;
use crate::job::Job;
use crate::service::agenda::Act;
use crate::service::agenda::Agenda;
use crate::service::agenda::Cause;
use crate::service::agenda::until;
use crate::service::around::Around;
use crate::service::errand::Executor;
use crate::service::errand::Herald;
use crate::service::errand::JobSource;
use crate::service::errand::Journal;
use crate::service::errand::LastRun;
use crate::service::errand::Log;
use crate::service::errand::Notice;
use crate::service::errand::Standing;
use crate::service::said::What;
use crate::service::state::JobState;
use crate::service::state::Phase;
use crate::service::state::State;
use crate::service::turn::Bound;
use crate::service::turn::Over;
use crate::service::turn::Turn;

/// The service sleeps until something is due, but no longer than this: a clock that jumps wakes nobody, and neither does
/// a job file that is replaced.
pub const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Wishes for runs that may wait.
const MOST_WISHES: usize = 16;

/// Who does what the service wants done.
pub struct Parts {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Makes runs.
    pub executor: Arc<dyn Executor>,
    /// Remembers runs.
    pub journal: Arc<dyn Journal>,
    /// Tells others.
    pub herald: Arc<dyn Herald>,
    /// Hears what the service tells.
    pub log: Arc<dyn Log>,
}

/// What the service is told from outside.
pub struct Wires {
    /// Becomes true when it is to stop.
    pub stop: watch::Receiver<bool>,
    /// Somebody wants the jobs to be read again.
    pub reload: mpsc::Receiver<()>,
    /// Somebody wants a run of this job now.
    pub asks: mpsc::Receiver<String>,
    /// How long runs under way are waited for when it stops.
    pub drain: Duration,
}

/// How the service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything under way was over.
    Clean,
    /// Something did not end in time.
    CutOff,
}

/// A way to look at the service and to ask it for runs, for as many as want one.
#[derive(Debug, Clone)]
pub struct Handle {
    state: watch::Receiver<State>,
    asks: mpsc::Sender<String>,
}

/// What came of asking for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It begins as soon as the service gets to it.
    Accepted,
    /// The job runs already.
    Running,
    /// There is no such job.
    Unknown,
    /// The service is stopping, or has more wishes than it can remember.
    Refused,
}

impl Handle {
    /// What the service is doing.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Asks for a run now; never waits.
    pub fn run_now(&self, job: &str) -> Asked {
        let state = self.state.borrow();
        let Some(shown) = state.job(job) else {
            return Asked::Unknown;
        };
        if shown.running.is_some() {
            return Asked::Running;
        }
        if state.phase != Phase::Up || self.asks.try_send(job.to_owned()).is_err() {
            return Asked::Refused;
        }
        Asked::Accepted
    }
}

/// The service, with jobs that could be read.
pub struct Service {
    around: Arc<Around>,
    source: Arc<dyn JobSource>,
    agenda: Agenda,
    /// How jobs stand, as far as anybody knows.
    standings: BTreeMap<Arc<str>, Standing>,
    /// Failures that nobody was told of, because their runs are tried again.
    held: BTreeMap<Arc<str>, Vec<Notice>>,
    turns: JoinSet<Over>,
    /// Which turn each of them is.
    whose: HashMap<task::Id, Turn>,
    stop: watch::Sender<bool>,
    asks: mpsc::Sender<String>,
}

impl Service {
    /// Reads the jobs; the error is for people. What comes along hears the wishes of its handles, see [`Wires::asks`].
    pub fn new(
        parts: Parts,
        source: Arc<dyn JobSource>,
    ) -> Result<(Self, mpsc::Receiver<String>), String> {
        let file = source.read()?;
        let now = parts.clock.now();
        let jobs = file.jobs.iter().map(JobState::new);
        let state = State {
            started: now,
            phase: Phase::Up,
            file: source.name(),
            read: now,
            problem: None,
            jobs: jobs.collect(),
        };
        let (asks, asked) = mpsc::channel(MOST_WISHES);
        let service = Self {
            around: Arc::new(Around::new(parts, state)),
            source,
            agenda: Agenda::default(),
            standings: BTreeMap::new(),
            held: BTreeMap::new(),
            turns: JoinSet::new(),
            whose: HashMap::new(),
            stop: watch::Sender::new(false),
            asks,
        };
        Ok((service, asked))
    }

    /// A way to look at it and to ask it for runs.
    pub fn handle(&self) -> Handle {
        Handle {
            state: self.around.state.subscribe(),
            asks: self.asks.clone(),
        }
    }

    /// Works until it is told to stop, and everything under way is over or cut off.
    pub async fn run(mut self, mut wires: Wires) -> Ended {
        self.start();
        loop {
            let acts = self.agenda.due(self.now());
            self.perform(acts);
            let pause = self.pause();
            tokio::select! {
                biased;
                _told = wires.stop.wait_for(|stop| *stop) => break,
                Some(()) = wires.reload.recv() => self.reload(),
                Some(job) = wires.asks.recv() => {
                    let act = self.agenda.ask(&job);
                    self.perform(act.into_iter().collect());
                }
                Some(over) = self.turns.join_next_with_id() => self.ended(over),
                () = self.around.parts.clock.sleep(pause) => {
                    if self.source.has_changed() {
                        self.reload();
                    }
                }
            }
        }
        self.drain(wires.drain).await
    }

    fn now(&self) -> Timestamp {
        self.around.parts.clock.now()
    }

    fn start(&mut self) {
        let state = self.around.state.borrow();
        let file = state.file.clone();
        let jobs: Vec<Arc<Job>> = state.jobs.iter().map(|one| Arc::clone(&one.job)).collect();
        drop(state);
        let count = jobs.len();
        self.around.say(None, What::Started { file, jobs: count });
        self.take(&jobs);
    }

    /// Takes these jobs in place of those before.
    fn take(&mut self, jobs: &[Arc<Job>]) {
        let journal = Arc::clone(&self.around.parts.journal);
        let mut known: BTreeMap<Arc<str>, LastRun> = BTreeMap::new();
        for job in jobs {
            if self.agenda.job(&job.name).is_some() {
                continue;
            }
            if let Some(last) = journal.last(&job.name) {
                known.insert(Arc::clone(&job.name), last);
            }
            if let Some(standing) = journal.standing(&job.name) {
                let name = Arc::clone(&job.name);
                self.standings.entry(name).or_insert(standing);
            }
        }
        let last = |job: &str| known.get(job).copied();
        let acts = self.agenda.set(jobs, &last, self.now());
        self.perform(acts);
    }

    fn reload(&mut self) {
        let now = self.now();
        match self.source.read() {
            Ok(file) => {
                self.around
                    .state
                    .send_modify(|state| state.renew(&file, now));
                let jobs = file.jobs.len();
                self.around.say(None, What::Reloaded { jobs });
                self.take(&file.jobs);
            }
            Err(why) => {
                self.around
                    .state
                    .send_modify(|state| state.problem = Some(why.clone()));
                self.around.say(None, What::NotReloaded { why });
            }
        }
    }

    fn perform(&mut self, acts: Vec<Act>) {
        for act in acts {
            let (job, what) = match act {
                Act::Begin { job, cause } => {
                    self.begin(&job, cause);
                    continue;
                }
                Act::PassOver { job, at } => (job, What::PassedOver { due: at }),
                Act::Wait { job, at } => (job, What::Queued { due: at }),
                Act::Gone { job, first, count } => (job, What::Missed { first, count }),
                Act::NeverEnded { job, started } => (job, What::NeverEnded { started }),
                Act::ClockSetBack { job, from } => (job, What::ClockSetBack { from }),
            };
            self.around.say(Some(&job), what);
        }
        self.show();
    }

    fn begin(&mut self, name: &str, cause: Cause) {
        let Some(job) = self.agenda.job(name) else {
            return;
        };
        let turn = Turn {
            before: self.standings.get(name).copied(),
            job,
            cause,
            bound: Bound::Windows,
        };
        let taken = turn.clone();
        let taken = taken.take(Arc::clone(&self.around), self.stop.subscribe());
        let id = self.turns.spawn(taken).id();
        self.whose.insert(id, turn);
    }

    fn ended(&mut self, over: Result<(task::Id, Over), JoinError>) {
        let Some(over) = self.over(over) else {
            return;
        };
        let acts = self.agenda.ended(&over.job, over.retry);
        let times = self.agenda.times(&over.job);
        self.settle(&over, times.and_then(|times| times.retry));
        self.perform(acts);
    }

    /// How a turn went. One that broke off ends neither the service nor its job.
    fn over(&mut self, over: Result<(task::Id, Over), JoinError>) -> Option<Over> {
        let id = over.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let turn = self.whose.remove(&id)?;
        let stop = self.stop.subscribe();
        let broken = |_| turn.broken(&self.around, &stop);
        Some(over.map_or_else(broken, |(_, over)| over))
    }

    /// Keeps what follows from a turn that is over. A failure is told when the run is not tried again after all.
    fn settle(&mut self, over: &Over, retry: Option<Timestamp>) {
        let job = &over.job;
        let before = self.held.remove(job);
        // A run that was made tells itself how it went; what was held back before it is of no interest any more.
        let before = before.filter(|_| over.last.is_none());
        let held: Vec<Notice> = before.iter().flatten().chain(&over.held).cloned().collect();
        self.around.turn_ended(over);
        if let Some(standing) = over.standing {
            self.stands(job, standing);
        }
        if let Some(next) = retry {
            self.held.insert(Arc::clone(job), held);
            self.around.say(Some(job), What::RetryLater { next });
        } else {
            self.tell_late(job, held);
        }
    }

    /// Tells of failures that were held back.
    fn tell_late(&mut self, job: &Arc<str>, held: Vec<Notice>) {
        if self.around.tell_late(held) {
            self.stands(job, Standing::Bad);
        }
    }

    fn stands(&mut self, job: &Arc<str>, standing: Standing) {
        let before = self.standings.insert(Arc::clone(job), standing);
        self.around.stands(job, before, standing);
    }

    /// How long nothing is due.
    fn pause(&self) -> Duration {
        let wake = self.agenda.wake();
        let left = wake.map_or(LONGEST_SLEEP, |wake| until(wake, self.now()));
        left.min(LONGEST_SLEEP)
    }

    /// Puts what is known of times into what is shown.
    fn show(&self) {
        self.around.state.send_modify(|state| {
            for shown in &mut state.jobs {
                let times = self.agenda.times(&shown.job.name);
                shown.next = times.and_then(|times| times.next);
                shown.retry = times.and_then(|times| times.retry);
                shown.queued = times.is_some_and(|times| times.queued);
            }
        });
    }

    /// Ends what is under way: at the next call, or by force when that takes too long. What could not be told to others
    /// is told later by whoever takes over.
    async fn drain(mut self, limit: Duration) -> Ended {
        let runs = self.turns.len();
        let drain_s = limit.as_secs();
        self.around.say(None, What::Stopping { runs, drain_s });
        self.around
            .state
            .send_modify(|state| state.phase = Phase::Stopping);
        self.stop.send_replace(true);
        self.tell_pending();
        let clock = Arc::clone(&self.around.parts.clock);
        let deadline = clock.sleep(limit);
        tokio::pin!(deadline);
        tokio::select! {
            biased;
            () = self.all_over() => {}
            () = &mut deadline => {}
        }
        // Messages that have not arrived are kept, so that nothing is cut off with them.
        let are_over = self.turns.is_empty();
        if !are_over {
            self.cut_off();
        }
        self.around.say(None, What::Stopped);
        if are_over {
            Ended::Clean
        } else {
            Ended::CutOff
        }
    }

    /// Ready when all turns are over and told.
    async fn all_over(&mut self) {
        while let Some(over) = self.turns.join_next_with_id().await {
            if let Some(over) = self.over(over) {
                self.settle(&over, None);
            }
        }
        let mut tellings = self.around.take_tellings();
        while tellings.join_next().await.is_some() {}
    }

    /// Tells of failures whose runs will not be tried again, as the service ends.
    fn tell_pending(&mut self) {
        let running: BTreeSet<Arc<str>> = self.whose.values().map(name_of).collect();
        let all = std::mem::take(&mut self.held);
        for (job, held) in all {
            if running.contains(&job) {
                // Its retry is under way.
                self.held.insert(job, held);
            } else {
                self.tell_late(&job, held);
            }
        }
    }

    fn cut_off(&mut self) {
        let under_way: Vec<Arc<str>> = {
            let state = self.around.state.borrow();
            let running = state.jobs.iter().filter(|one| one.running.is_some());
            running.map(|one| Arc::clone(&one.job.name)).collect()
        };
        for job in under_way {
            self.around.say(Some(&job), What::CutOff);
            let held = self.held.remove(&job).unwrap_or_default();
            self.tell_late(&job, held);
        }
        self.turns.abort_all();
    }
}

fn name_of(turn: &Turn) -> Arc<str> {
    Arc::clone(&turn.job.name)
}
