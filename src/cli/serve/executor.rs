//! Makes the runs of jobs: as `apply` and `audit` do, with leases, the history and the job's reporters, and nobody at a
//! terminal.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::cli::access::Access;
use crate::cli::args::FleetArguments;
use crate::cli::args::KeyArguments;
use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::history::recording::Recording;
use crate::cli::history::recording::open_told;
use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::reporters;
use crate::cli::run::EVENTS_IN_FLIGHT;
use crate::cli::run::lease::Leases;
use crate::cli::run::lease::PACE;
use crate::cli::run::ready::Opened;
use crate::cli::run::ready::Ready;
use crate::cli::run::ready::Wires;
use crate::cli::run::spread::Spread;
use crate::cli::serve::desk::Desk;
use crate::cli::serve::tally::Heard;
use crate::cli::serve::tally::Tally;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::event::Event;
use crate::event::RunMode;
use crate::job::Job;
use crate::report::Reporter;
use crate::runner::Order;
use crate::service::errand::BROKE_OFF;
use crate::service::errand::Errand;
use crate::service::errand::Executor;
use crate::service::errand::LeftOut;
use crate::service::errand::Log;
use crate::service::errand::NOT_TOLD;
use crate::service::errand::NotBegun;
use crate::service::errand::Position;
use crate::service::errand::Report;
use crate::service::said::Said;
use crate::service::said::What;
use crate::vault::Keyring;

/// Seconds that one host may take as a whole.
pub const HOST_TIMEOUT: u64 = 600;

/// Makes runs on this machine.
#[derive(Clone)]
pub struct Runs(Arc<Inner>);

struct Inner {
    environment: Environment,
    store: PathBuf,
    log: Arc<dyn Log>,
    /// What reading had to say the last time, by job: it is told again only when it is something else.
    noted: Mutex<BTreeMap<Arc<str>, String>>,
    /// Reports of turns that may go on, by job.
    desks: Mutex<BTreeMap<Arc<str>, Desk>>,
}

impl Runs {
    /// Keeps what is found in this history.
    pub fn new(environment: &Environment, store: PathBuf, log: Arc<dyn Log>) -> Self {
        Self(Arc::new(Inner {
            environment: environment.clone(),
            store,
            log,
            noted: Mutex::default(),
            desks: Mutex::default(),
        }))
    }
}

#[async_trait]
impl Executor for Runs {
    /// On a thread of its own, because reading files and asking programs waits.
    async fn run(&self, errand: Errand, stop: watch::Receiver<bool>) -> Result<Report, NotBegun> {
        let inner = Arc::clone(&self.0);
        let handle = Handle::current();
        let made = tokio::task::spawn_blocking(move || handle.block_on(inner.make(&errand, stop)));
        made.await.unwrap_or_else(|_panic| {
            Err(NotBegun {
                why: BROKE_OFF.to_owned(),
                exit_code: ExitStatus::Internal.code(),
            })
        })
    }

    async fn conclude(&self, job: &Arc<str>) -> Option<u8> {
        let (inner, job) = (Arc::clone(&self.0), Arc::clone(job));
        let concluded = tokio::task::spawn_blocking(move || inner.conclude(&job)).await;
        let is_told = concluded.unwrap_or(Told::InPart) == Told::Whole;
        (!is_told).then_some(NOT_TOLD)
    }
}

/// Whether every report of a turn could be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// All of them.
    Whole,
    /// Not all; what is missing was said.
    InPart,
}

impl Inner {
    async fn make(&self, errand: &Errand, stop: watch::Receiver<bool>) -> Result<Report, NotBegun> {
        let talk = Talk::silent();
        let arguments = arguments(&errand.job, errand.mode);
        let made = self.carry_out(errand, &arguments, stop, &talk).await;
        let job = &errand.job.name;
        let result = match made {
            Ok(report) => {
                self.note(job, talk.take());
                Ok(report)
            }
            Err(error) => {
                let exit_code = talk.error(&error).code();
                let why = talk.take().trim_end().to_owned();
                Err(NotBegun { why, exit_code })
            }
        };
        if is_followed(errand, &result) || self.conclude(job) == Told::Whole {
            return result;
        }
        result.map(|report| Report {
            exit_code: NOT_TOLD,
            ..report
        })
    }

    /// Writes the reports of a turn that is over.
    fn conclude(&self, job: &Arc<str>) -> Told {
        let Some(desk) = self.take_desk(job) else {
            return Told::Whole;
        };
        let errors = desk.conclude();
        for error in &errors {
            self.say(job, format!("error: {error}"));
        }
        if errors.is_empty() {
            Told::Whole
        } else {
            Told::InPart
        }
    }

    fn take_desk(&self, job: &Arc<str>) -> Option<Desk> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        desks.remove(job)
    }

    fn put_desk(&self, job: &Arc<str>, desk: Desk) {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        desks.insert(Arc::clone(job), desk);
    }

    /// Tells what reading had to say.
    fn note(&self, job: &Arc<str>, text: String) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let before = noted.insert(Arc::clone(job), text.clone());
        if !text.is_empty() && before.is_none_or(|before| before != text) {
            self.say(job, text);
        }
    }

    fn say(&self, job: &Arc<str>, text: String) {
        self.log.say(&Said {
            at: SystemClock.now(),
            job: Some(Arc::clone(job)),
            what: What::Note { text },
        });
    }

    /// What a run that follows another one of its turn shares with it.
    fn keyring(&self, errand: &Errand) -> Option<Arc<Keyring>> {
        if errand.position != Position::Follows {
            return None;
        }
        let desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = desks.get(&errand.job.name)?;
        Some(Arc::clone(&desk.keyring))
    }

    /// The reports of a run: those of its turn, when it follows another one.
    fn desk(&self, errand: &Errand, ready: &Ready<'_>) -> anyhow::Result<Desk> {
        // One of a turn that was cut off is given up.
        let before = self.take_desk(&errand.job.name);
        match before.filter(|_| errand.position == Position::Follows) {
            Some(desk) => Ok(desk),
            None => Desk::open(
                &ready.arguments.reporter,
                &ready.access.keyring,
                errand.position,
            ),
        }
    }

    async fn carry_out(
        &self,
        errand: &Errand,
        arguments: &RunArguments,
        stop: watch::Receiver<bool>,
        talk: &Talk,
    ) -> anyhow::Result<Report> {
        let begin = SystemClock.instant();
        let access = match self.keyring(errand) {
            Some(keyring) => Access::with_keyring(keyring, &self.environment, talk)?,
            None => Access::of(&arguments.fleet.keys, &self.environment, talk)?,
        };
        let ready = Ready::read(errand.mode, arguments, &access, talk)?.map_err(|status| {
            let path = arguments.playbook.display();
            Refusal::new(status, format!("the playbook `{path}` cannot be used"))
        })?;
        let plays = ready.plays(None)?;
        let mut opened = ready.open(plays, None, talk).await?;
        fit(&mut opened, errand);
        opened.unlock(talk).await?;
        let made = self.make_opened(errand, &ready, (&mut opened, begin), (stop, talk));
        let made = made.await;
        opened.fleet.close().await;
        made
    }

    async fn make_opened(
        &self,
        errand: &Errand,
        ready: &Ready<'_>,
        (opened, begin): (&mut Opened, Instant),
        (stop, talk): (watch::Receiver<bool>, &Talk),
    ) -> anyhow::Result<Report> {
        let run = opened.order.run.clone();
        let mut history = open_told(&self.store, talk)?;
        let job = &errand.job.name;
        let noted = history.job_started(job, &run, SystemClock.now());
        noted.map_err(|error| refusal(&error))?;
        let made = self.make_leased(errand, ready, (opened, begin), (stop, talk));
        let made = made.await;
        // What is not noted here makes the run count as one that was killed, no more.
        let _noted = history.job_ended(job, &run, SystemClock.now());
        made
    }

    /// Makes the run on the hosts that nobody else works on.
    async fn make_leased(
        &self,
        errand: &Errand,
        ready: &Ready<'_>,
        (opened, begin): (&mut Opened, Instant),
        (stop, talk): (watch::Receiver<bool>, &Talk),
    ) -> anyhow::Result<Report> {
        let leases = self.lease(errand, opened)?;
        let interrupted = match &leases {
            Some(leases) => leases.or_lost(stop),
            None => stop,
        };
        // Reading files, asking programs and waiting for the history took their time.
        let spent = SystemClock.instant().saturating_duration_since(begin);
        let left = errand.deadline.map(|left| left.saturating_sub(spent));
        let bounds = &mut opened.order.bounds;
        bounds.deadline = bounds.deadline.into_iter().chain(left).min();
        let heard = self.listen(errand, ready, opened, (interrupted, talk));
        let heard = heard.await;
        let mut left_out = Vec::new();
        if let Some(leases) = leases {
            if leases.was_lost() {
                let text = "warning: a lease on a host was lost, so the run was cut short";
                self.say(&errand.job.name, text.to_owned());
            }
            left_out.extend(leases.left_out.iter().map(|held| LeftOut {
                host: Arc::clone(&held.host),
                holder: held.owner.clone(),
                until: held.until,
            }));
            leases.release(talk);
        }
        let (heard, status) = heard?;
        Ok(report(&opened.order, heard, status, left_out))
    }

    /// Leases the hosts of a run that makes changes, and leaves out those that somebody else has.
    fn lease(&self, errand: &Errand, opened: &mut Opened) -> Result<Option<Leases>, Refusal> {
        if errand.mode != RunMode::Apply {
            return Ok(None);
        }
        let order = &mut opened.order;
        let owner = format!("job `{}` (run {})", errand.job.name, order.run);
        Leases::take(&self.store, &owner, order, PACE).map(Some)
    }

    /// Makes the run, recorded and told by the job's reporters.
    async fn listen(
        &self,
        errand: &Errand,
        ready: &Ready<'_>,
        opened: &Opened,
        (interrupted, talk): (watch::Receiver<bool>, &Talk),
    ) -> anyhow::Result<(Heard, ExitStatus)> {
        let hidden = ready.access.keyring.hidden();
        let recording = Recording::open(&self.store, hidden, talk)?;
        let (events, received) = mpsc::channel(EVENTS_IN_FLIGHT);
        let listeners = Listeners {
            tally: Tally::new(hidden),
            desk: self.desk(errand, ready)?,
        };
        let reporting = reporters::feed(listeners, Some(recording), received);
        let wires = Wires {
            events,
            interrupted,
        };
        let recap = ready.carry_out(opened, wires).await;
        let (Listeners { tally, desk }, kept) = reporting.finished().await?;
        self.put_desk(&errand.job.name, desk);
        Ok((tally.take(), kept.weigh(ExitStatus::of(&recap?))))
    }
}

/// Who hears of a job's run.
struct Listeners {
    tally: Tally,
    desk: Desk,
}

impl Reporter for Listeners {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.tally.event(event)?;
        self.desk.event(event)
    }
}

/// Whether the turn goes on after this run, or may.
fn is_followed(errand: &Errand, result: &Result<Report, NotBegun>) -> bool {
    let differs = result
        .as_ref()
        .is_ok_and(|report| !report.drifting.is_empty());
    errand.position == Position::MayBeFollowed && differs
}

/// What `apply` or `audit` would be given.
pub fn arguments(job: &Job, mode: RunMode) -> RunArguments {
    RunArguments {
        playbook: job.playbook.clone(),
        fleet: FleetArguments {
            inventory: job.inventory.clone(),
            limit: job.limit.clone(),
            connection_password_file: job.connection_password_file.clone(),
            keys: KeyArguments {
                vault_password_file: job.vault_password_file.iter().cloned().collect(),
                ..KeyArguments::default()
            },
            ..FleetArguments::default()
        },
        diff: mode == RunMode::Check,
        host_timeout: HOST_TIMEOUT,
        reporter: job.reporters.clone(),
        waiver_file: job.waivers.iter().cloned().collect(),
        ..RunArguments::default()
    }
}

/// Makes an order that of the job.
fn fit(opened: &mut Opened, errand: &Errand) {
    let order = &mut opened.order;
    order.job = Some(Arc::clone(&errand.job.name));
    if let Some(only) = &errand.only {
        let only: BTreeSet<&Arc<str>> = only.iter().collect();
        order.hosts.retain(|(host, _)| only.contains(&host.name));
    }
    opened.spread = Spread::of(&errand.job, order);
}

fn report(order: &Order, heard: Heard, status: ExitStatus, left_out: Vec<LeftOut>) -> Report {
    let now = SystemClock.now();
    Report {
        run: order.run.clone(),
        playbook: order.playbook.clone(),
        mode: order.mode,
        started: heard.started.unwrap_or(now),
        ended: heard.ended.unwrap_or(now),
        hosts: order.hosts.len(),
        recap: heard.recap.unwrap_or_default(),
        exit_code: status.code(),
        shifts: heard.shifts,
        waived: heard.waived,
        drifting: heard.drifting,
        failures: heard.failures,
        left_out,
    }
}
