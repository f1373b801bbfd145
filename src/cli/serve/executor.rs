//! Makes the runs of jobs: as `apply` and `audit` do, with leases, the history and the job's reporters, and nobody at a
//! terminal.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

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
use crate::cli::history::refusal;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::reporters;
use crate::cli::reporters::Panel;
use crate::cli::reporters::Shown;
use crate::cli::run::EVENTS_IN_FLIGHT;
use crate::cli::run::ready::Opened;
use crate::cli::run::ready::Ready;
use crate::cli::run::ready::Wires;
use crate::cli::run::spread::Spread;
use crate::cli::serve::lease::Leases;
use crate::cli::serve::tally::Heard;
use crate::cli::serve::tally::Tally;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::event::RunMode;
use crate::history::History;
use crate::job::Job;
use crate::runner::Order;
use crate::service::errand::Errand;
use crate::service::errand::Executor;
use crate::service::errand::LeftOut;
use crate::service::errand::Log;
use crate::service::errand::NotBegun;
use crate::service::errand::Report;
use crate::service::said::Said;
use crate::service::said::What;

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
}

impl Runs {
    /// Keeps what is found in this history.
    pub fn new(environment: &Environment, store: PathBuf, log: Arc<dyn Log>) -> Self {
        Self(Arc::new(Inner {
            environment: environment.clone(),
            store,
            log,
            noted: Mutex::default(),
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
        made.await.unwrap_or_else(|error| {
            Err(NotBegun {
                why: format!("the run broke off: {error}"),
                exit_code: ExitStatus::Internal.code(),
            })
        })
    }
}

impl Inner {
    async fn make(&self, errand: &Errand, stop: watch::Receiver<bool>) -> Result<Report, NotBegun> {
        let talk = Talk::silent();
        let arguments = arguments(&errand.job, errand.mode);
        match self.carry_out(errand, &arguments, stop, &talk).await {
            Ok(report) => {
                self.note(&errand.job.name, talk.take());
                Ok(report)
            }
            Err(error) => {
                let exit_code = talk.error(&error).code();
                let why = talk.take().trim_end().to_owned();
                Err(NotBegun { why, exit_code })
            }
        }
    }

    /// Tells what reading had to say.
    fn note(&self, job: &Arc<str>, text: String) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let before = noted.insert(Arc::clone(job), text.clone());
        if text.is_empty() || before.is_some_and(|before| before == text) {
            return;
        }
        self.log.say(&Said {
            at: SystemClock.now(),
            job: Some(Arc::clone(job)),
            what: What::Note { text },
        });
    }

    async fn carry_out(
        &self,
        errand: &Errand,
        arguments: &RunArguments,
        stop: watch::Receiver<bool>,
        talk: &Talk,
    ) -> anyhow::Result<Report> {
        let access = Access::of(&arguments.fleet.keys, &self.environment, talk)?;
        let ready = Ready::read(errand.mode, arguments, &access, talk)?.map_err(|status| {
            let path = arguments.playbook.display();
            Refusal::new(status, format!("the playbook `{path}` cannot be used"))
        })?;
        let plays = ready.plays(None)?;
        let mut opened = ready.open(plays, None, talk).await?;
        fit(&mut opened, errand);
        let made = self.make_opened(errand, &ready, &mut opened, (stop, talk));
        let made = made.await;
        opened.fleet.close().await;
        made
    }

    async fn make_opened(
        &self,
        errand: &Errand,
        ready: &Ready<'_>,
        opened: &mut Opened,
        (stop, talk): (watch::Receiver<bool>, &Talk),
    ) -> anyhow::Result<Report> {
        let run = opened.order.run.clone();
        let leases = self.lease(errand, opened)?;
        let interrupted = match &leases {
            Some(leases) => either(stop, leases.lost.clone()),
            None => stop,
        };
        let job = &errand.job.name;
        let mut history = History::open(&self.store, SystemClock.now())
            .map_err(|error| refusal(&error))?
            .history;
        let noted = history.job_started(job, &run, SystemClock.now());
        noted.map_err(|error| refusal(&error))?;
        let heard = self.listen(ready, opened, interrupted, talk).await;
        // What is not noted here makes the run count as one that was killed, no more.
        let _noted = history.job_ended(job, &run, SystemClock.now());
        let mut left_out = Vec::new();
        if let Some(leases) = leases {
            if *leases.lost.borrow() {
                talk.note("warning: a lease on a host was lost, so the run was cut short");
            }
            left_out.clone_from(&leases.left_out);
            if let Err(error) = leases.release() {
                talk.note(&format!("warning: leases run out by themselves: {error}"));
            }
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
        let hosts = order.hosts.iter();
        let hosts: Vec<Arc<str>> = hosts.map(|(host, _)| Arc::clone(&host.name)).collect();
        let leases = Leases::take(&self.store, &owner, &hosts)?;
        let away: BTreeSet<&Arc<str>> = leases.left_out.iter().map(|one| &one.host).collect();
        order.hosts.retain(|(host, _)| !away.contains(&host.name));
        Ok(Some(leases))
    }

    /// Makes the run, recorded and told by the job's reporters.
    async fn listen(
        &self,
        ready: &Ready<'_>,
        opened: &Opened,
        interrupted: watch::Receiver<bool>,
        talk: &Talk,
    ) -> anyhow::Result<(Heard, ExitStatus)> {
        let hidden = ready.access.keyring.hidden();
        let tally = Tally::new(hidden);
        let recording = Recording::open(&self.store, hidden, talk)?;
        let (events, received) = mpsc::channel(EVENTS_IN_FLIGHT);
        let names = &ready.arguments.reporter;
        let panel = Panel::open(names, Shown::in_files(), hidden)?.after(Box::new(tally.clone()));
        let reporting = reporters::feed(panel, Some(recording), received);
        let wires = Wires {
            events,
            interrupted,
        };
        let recap = ready.carry_out(opened, wires).await?;
        let (panel, kept) = reporting.finished().await?;
        let errors = panel.close();
        for error in &errors {
            talk.note(&format!("error: {error}"));
        }
        let status = match errors.as_slice() {
            [] => ExitStatus::of(&recap),
            _ => ExitStatus::Internal,
        };
        Ok((tally.take(), kept.weigh(status)))
    }
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
    let bounds = &mut order.bounds;
    bounds.deadline = bounds.deadline.into_iter().chain(errand.deadline).min();
    if let Some(only) = &errand.only {
        let only: BTreeSet<&Arc<str>> = only.iter().collect();
        order.hosts.retain(|(host, _)| only.contains(&host.name));
    }
    opened.spread = Spread::of(&errand.job, order);
}

/// True as soon as one of them is.
fn either(
    mut one: watch::Receiver<bool>,
    mut other: watch::Receiver<bool>,
) -> watch::Receiver<bool> {
    let (sender, both) = watch::channel(*one.borrow() || *other.borrow());
    tokio::spawn(async move {
        tokio::select! {
            Ok(_) = one.wait_for(|flag| *flag) => {}
            Ok(_) = other.wait_for(|flag| *flag) => {}
            () = sender.closed() => return,
        }
        sender.send_replace(true);
    });
    both
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
