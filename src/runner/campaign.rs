//! The hosts of a run: who is begun when, who waits for whom, and when nobody is begun any more.
//!
//! Hosts go through the plays of a stage freely. Between stages, and between the waves of one, they wait for each other.
//! Knows hosts by how they ended; must not know what is done on them.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinError;

use crate::event::Event;
use crate::event::HostStatus;
use crate::event::Recap;
use crate::event::RunMode;
use crate::event::Stopped;
use crate::event::Wave;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::runner::Order;
use crate::runner::Prepare;
use crate::runner::World;
use crate::runner::brake::Brake;
use crate::runner::brake::Cause;
use crate::runner::companions::WORDS;
use crate::runner::host::Carried;
use crate::runner::host::Visit;
use crate::runner::known::Asked;
use crate::runner::known::HOSTVARS;
use crate::runner::rollout::Canary;
use crate::runner::rollout::Entry;
use crate::runner::rollout::Stage;
use crate::runner::rollout::Tally;
use crate::runner::rollout::exceeds;
use crate::runner::rollout::stages;
use crate::runner::send;
use crate::runner::shared::Shared;
use crate::runner::stop::Stop;

/// How far a host is.
enum Progress {
    /// Nothing was done on it.
    Waiting,
    /// It is worked on.
    UnderWay,
    /// It waits for the next stage.
    Between(Box<Carried>),
    /// Its end was told.
    Done,
}

/// A host of the order, by its position there, and how the visit went.
type Landed = (usize, Result<Carried, JoinError>);

/// A run under way.
pub(super) struct Campaign<'a> {
    world: &'a World,
    order: &'a Order,
    prepare: Arc<dyn Prepare>,
    shared: Arc<Shared>,
    brake: &'a Brake,
    stages: Vec<Stage>,
    /// One for each host of the order.
    hosts: Vec<Progress>,
    recap: Recap,
    /// Hosts that failed or could not be reached.
    lost: BTreeSet<usize>,
    /// More hosts failed than were allowed to.
    spent: bool,
}

impl<'a> Campaign<'a> {
    pub(super) fn new(
        world: &'a World,
        order: &'a Order,
        prepare: Arc<dyn Prepare>,
        brake: &'a Brake,
    ) -> Self {
        let asked = Asked::of(order);
        let entries = order.plays.iter().map(|play| entry(play, asked));
        let rollouts = order.plays.iter().map(|play| &play.rollout);
        Self {
            world,
            order,
            prepare,
            shared: Arc::new(Shared::new(order, asked)),
            brake,
            stages: stages(rollouts.zip(entries)),
            hosts: order.hosts.iter().map(|_| Progress::Waiting).collect(),
            recap: Recap {
                not_started: order.left_out,
                ..Recap::default()
            },
            lost: BTreeSet::new(),
            spent: false,
        }
    }

    /// Does every stage, as long as nothing speaks against it, and ends every host that was begun.
    pub(super) async fn run(&mut self) {
        for number in 0..self.stages.len() {
            if self.is_over() {
                break;
            }
            self.stage(number).await;
        }
        for at in 0..self.order.hosts.len() {
            match self.take(at) {
                Some(Progress::Waiting) => self.leave_out(),
                Some(Progress::Between(mut carried)) => {
                    carried.told.interrupt();
                    self.end(at, &carried).await;
                }
                Some(Progress::UnderWay | Progress::Done) | None => {}
            }
        }
    }

    /// How the run went; all of it but its duration.
    pub(super) fn recap(&self) -> Recap {
        let stopped = if self.is_cut_short() {
            None
        } else {
            let spent = self.spent.then_some(Stopped::Budget);
            let leased = (self.order.left_out > 0).then_some(Stopped::Leased);
            self.brake.stopped().or(spent).or(leased)
        };
        // A run that did all it had to do was not stopped, whatever happened at its end.
        let undone = self.recap.interrupted + self.recap.not_started;
        Recap {
            stopped: stopped.filter(|_| undone > 0),
            ..self.recap
        }
    }

    async fn stage(&mut self, number: usize) {
        let Some(stage) = self.stages.get(number).cloned() else {
            return;
        };
        let hosts: Vec<usize> = (0..self.order.hosts.len())
            .filter(|at| self.takes_part(*at, &stage))
            .collect();
        let sizes = stage.waves(hosts.len());
        let mut rest = hosts.as_slice();
        for (wave, size) in sizes.iter().enumerate() {
            if self.is_over() {
                return;
            }
            let (hosts, later) = rest.split_at_checked(*size).unwrap_or((rest, &[]));
            rest = later;
            self.announce(&stage, (wave + 1, sizes.len()), hosts.len())
                .await;
            let canary = self.canary(&stage, (wave, sizes.len()));
            let tally = self.wave(&stage, hosts).await;
            self.spent |= tally.forbids_more(&stage.rollout, canary);
        }
    }

    async fn announce(&self, stage: &Stage, (number, of): (usize, usize), hosts: usize) {
        let play = self.order.plays.get(stage.plays.start);
        let Some(play) = play.filter(|_| of > 1) else {
            return;
        };
        let wave = Wave {
            at: self.world.clock.now(),
            play: Arc::clone(&play.name),
            number,
            of,
            hosts,
        };
        send(self.world, Event::Wave(wave)).await;
    }

    /// Whether a wave is tried before the others: the first of several in a play that changes hosts and proves them.
    fn canary(&self, stage: &Stage, (wave, of): (usize, usize)) -> Canary {
        let proves = self
            .order
            .plays
            .get(stage.plays.clone())
            .is_some_and(|plays| plays.iter().any(|play| play.prove));
        if wave == 0 && of > 1 && proves && self.order.mode == RunMode::Apply {
            Canary::Yes
        } else {
            Canary::No
        }
    }

    /// Works on these hosts, so many at once as are allowed to be in flight.
    async fn wave(&mut self, stage: &Stage, hosts: &[usize]) -> Tally {
        let names = hosts.iter().filter_map(|at| self.order.hosts.get(*at));
        let names = names.map(|(host, _)| Arc::clone(&host.name)).collect();
        self.shared.begin_wave(names);
        let mut tally = Tally::of(hosts.len());
        let mut in_flight = FuturesUnordered::new();
        for at in hosts {
            while in_flight.len() >= self.order.forks.max(1) {
                if let Some(landed) = in_flight.next().await {
                    self.land(landed, stage, &mut tally).await;
                }
            }
            if self.is_over() {
                break;
            }
            in_flight.extend(self.begin(*at, stage).await);
        }
        while let Some(landed) = in_flight.next().await {
            self.land(landed, stage, &mut tally).await;
        }
        tally
    }

    /// Begins a host, or goes on with it.
    async fn begin(
        &mut self,
        at: usize,
        stage: &Stage,
    ) -> Option<impl Future<Output = Landed> + use<>> {
        let (host, _) = self.order.hosts.get(at)?;
        let carried = match self.take(at)? {
            Progress::Waiting => {
                let start = Event::HostStart {
                    host: Arc::clone(&host.name),
                    at: self.world.clock.now(),
                };
                send(self.world, start).await;
                Carried::default()
            }
            Progress::Between(carried) => *carried,
            Progress::UnderWay | Progress::Done => return None,
        };
        let visit = self.visit(at, stage, &carried)?;
        self.put(at, Progress::UnderWay);
        // A task of its own, so that all cores work and a panic ends one host only.
        let task = tokio::spawn(visit.pay(carried));
        Some(async move { (at, task.await) })
    }

    fn visit(&self, at: usize, stage: &Stage, carried: &Carried) -> Option<Visit> {
        let (host, plays) = self.order.hosts.get(at)?;
        let plays = plays.iter().filter(|play| self.is_in(play, stage));
        let stop = Stop::new(
            self.brake.flag(),
            Arc::clone(&self.world.clock),
            self.order.host_timeout,
        );
        Some(Visit {
            world: self.world.clone(),
            host: Arc::clone(host),
            plays: plays.cloned().collect(),
            extra: Arc::clone(&self.order.extra),
            mode: self.order.mode,
            prepare: Arc::clone(&self.prepare),
            shared: Arc::clone(&self.shared),
            consent: self.order.consent.clone(),
            stop: stop.after(carried.used()),
        })
    }

    /// Takes a host back: it waits for its next stage, or ends.
    async fn land(&mut self, (at, landed): Landed, stage: &Stage, tally: &mut Tally) {
        let carried = landed.unwrap_or_else(|error| {
            Carried::broken(format!("internal error, please report it: {error}"))
        });
        let Some((host, _)) = self.order.hosts.get(at) else {
            return;
        };
        let summary = carried.summary(host, self.world.clock.now());
        let goes_on = match summary.status {
            HostStatus::Ok | HostStatus::Drifted => {
                tally.add(&summary);
                true
            }
            HostStatus::Failed { .. } | HostStatus::Unreachable { .. } => {
                // What failed in an earlier stage was counted there.
                if self.lost.insert(at) {
                    tally.add(&summary);
                    self.shared.companions.lose(&host.name);
                    if stage.rollout.any_errors_fatal {
                        self.brake.pull(Cause::Fatal);
                    }
                }
                // Looking does no harm, and tells how the rest is.
                self.order.mode == RunMode::Check && carried.is_open()
            }
            HostStatus::Interrupted => false,
        };
        if goes_on && self.has_more(at, stage) {
            self.put(at, Progress::Between(Box::new(carried)));
        } else {
            self.end(at, &carried).await;
        }
        self.spent |= tally.is_spent(&stage.rollout) || self.is_fleet_budget_spent();
    }

    fn is_fleet_budget_spent(&self) -> bool {
        let most = self.order.bounds.fail_percent;
        most.is_some_and(|most| exceeds(self.lost.len(), self.order.hosts.len(), most))
    }

    /// Tells the end of a host.
    async fn end(&mut self, at: usize, carried: &Carried) {
        self.put(at, Progress::Done);
        if let Some((host, _)) = self.order.hosts.get(at) {
            let summary = carried.summary(host, self.world.clock.now());
            self.recap.add(&summary);
            send(self.world, Event::HostEnd(summary)).await;
        }
    }

    /// Counts a host that is not begun any more.
    fn leave_out(&mut self) {
        if self.is_cut_short() {
            self.recap.interrupted += 1;
        } else {
            self.recap.not_started += 1;
        }
    }

    /// Whether no more hosts are begun.
    fn is_over(&self) -> bool {
        self.spent || self.brake.cause().is_some() || self.is_cut_short()
    }

    /// Whether somebody broke the run off. Without a reader of events nobody would learn what is done to the hosts.
    fn is_cut_short(&self) -> bool {
        let interrupted = *self.world.interrupted.borrow();
        interrupted || self.world.events.is_closed()
    }

    fn takes_part(&self, at: usize, stage: &Stage) -> bool {
        let is_there = match self.hosts.get(at) {
            Some(Progress::Waiting | Progress::Between(_)) => true,
            Some(Progress::UnderWay | Progress::Done) | None => false,
        };
        is_there && self.plays(at).iter().any(|play| self.is_in(play, stage))
    }

    fn has_more(&self, at: usize, stage: &Stage) -> bool {
        let later = self.order.plays.get(stage.plays.end..).unwrap_or_default();
        let is_later = |play: &Arc<Play>| later.iter().any(|one| Arc::ptr_eq(one, play));
        self.plays(at).iter().any(is_later)
    }

    fn is_in(&self, play: &Arc<Play>, stage: &Stage) -> bool {
        let plays = self.order.plays.get(stage.plays.clone());
        plays.is_some_and(|plays| plays.iter().any(|one| Arc::ptr_eq(one, play)))
    }

    fn plays(&self, at: usize) -> &'a [Arc<Play>] {
        let host: Option<&'a (Arc<Host>, Vec<Arc<Play>>)> = self.order.hosts.get(at);
        host.map(|(_, plays)| plays.as_slice()).unwrap_or_default()
    }

    fn put(&mut self, at: usize, progress: Progress) {
        if let Some(place) = self.hosts.get_mut(at) {
            *place = progress;
        }
    }

    fn take(&mut self, at: usize) -> Option<Progress> {
        let place = self.hosts.get_mut(at)?;
        Some(std::mem::replace(place, Progress::Done))
    }
}

/// Whoever asks for what came to be on others, or for who is still there, waits until all have come so far.
fn entry(play: &Play, asked: Asked) -> Entry {
    let asks = match asked {
        Asked::Everywhere => true,
        Asked::InPlays => play.mentions(&[HOSTVARS]),
        Asked::Nowhere => false,
    };
    if asks || play.mentions(&WORDS) {
        Entry::Together
    } else {
        Entry::Free
    }
}
