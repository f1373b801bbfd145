//! `rdpfix serve`, the standing service, and `rdpfix schedule run`, one run of a job as the service makes it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

pub mod dashboard;
pub mod desk;
pub mod executor;
pub mod journal;
pub mod log;
pub mod office;
pub mod source;
pub mod tally;
pub mod whole;

use crate::cli::args::ScheduleRunArguments;
use crate::cli::args::ServeArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::history::recording::Recording;
use crate::cli::history::recording::default_store;
use crate::cli::interrupt;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::run::PATIENCE;
use crate::cli::run::STACK;
use crate::cli::schedule;
use crate::cli::serve::dashboard::Prepared;
use crate::cli::serve::executor::Runs;
use crate::cli::serve::journal::Past;
use crate::cli::serve::log::Lines;
use crate::cli::serve::office::Here;
use crate::cli::serve::office::Letters;
use crate::cli::serve::source::OnDisk;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::job::Job;
use crate::job::JobFile;
use crate::notify::Courier;
use crate::notify::supervisor;
use crate::runner::rollout::time_span;
use crate::secret::Hidden;
use crate::service;
use crate::service::Ended;
use crate::service::Handle;
use crate::service::Parts;
use crate::service::Service;
use crate::service::Wires;
use crate::service::agenda::Cause;
use crate::service::errand::Journal;
use crate::service::errand::Log;
use crate::service::turn::Bound;
use crate::service::turn::Turn;

/// Runs jobs until it is told to stop.
pub fn serve(
    arguments: &ServeArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let drain = time_span(&arguments.drain).map_err(|error| {
        Refusal::new(ExitStatus::Usage, format!("`--drain`: {error}"))
            .hint("a number with its unit: `30s`, `5m`")
    })?;
    let file = schedule::read(&arguments.jobs, talk)?;
    let store = store(arguments.store.as_ref(), &file, environment)?;
    // What is wrong with it is told now, not at night.
    Recording::open(&store, &Arc::new(Hidden::default()), talk)?;
    let log: Arc<dyn Log> = Arc::new(Lines(arguments.log));
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let dashboard = Prepared::new(arguments, environment, (&store, &log)).await?;
        let hangups = interrupt::hangups();
        let pages = dashboard.as_ref().and_then(Prepared::url);
        let (parts, courier) = parts(environment, store, (&log, pages));
        let source = Arc::new(OnDisk::new(&arguments.jobs));
        let (service, asks) =
            Service::new(parts, source).map_err(|why| Refusal::new(ExitStatus::Invalid, why))?;
        let handle = service.handle();
        let wires = Wires {
            stop: interrupt.flag(),
            reload: hangups,
            asks,
            drain,
        };
        let gone = courier.forget_others(&file.jobs);
        if gone > 0 {
            talk.note(&format!(
                "note: {gone} messages for webhooks that no job has any more are forgotten"
            ));
        }
        let resumed = tokio::spawn(courier.resume(&file.jobs));
        let shown = tokio::spawn(show(dashboard, handle, interrupt.flag()));
        tell_supervisor(environment, "READY=1");
        let stopping = tokio::spawn(told_to_stop(environment.clone(), interrupt.flag()));
        let ended = tokio::select! {
            ended = service.run(wires) => ended,
            () = interrupt.insisted() => Ended::CutOff,
        };
        for task in [resumed, shown, stopping] {
            task.abort();
        }
        let status = match ended {
            Ended::Clean => ExitStatus::Success,
            Ended::CutOff => interrupt.status().unwrap_or(ExitStatus::Terminated),
        };
        anyhow::Ok(status)
    });
    runtime.shutdown_timeout(PATIENCE);
    ended
}

/// Shows what the service does to whoever looks, until it stops.
async fn show(dashboard: Option<Prepared>, service: Handle, stop: watch::Receiver<bool>) {
    if let Some(dashboard) = dashboard {
        dashboard.show(service, stop).await;
    }
}

async fn told_to_stop(environment: Environment, mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_ok() {
        tell_supervisor(&environment, "STOPPING=1");
    }
}

fn tell_supervisor(environment: &Environment, state: &str) {
    if let Some(socket) = &environment.supervisor {
        supervisor::tell(socket, state);
    }
}

/// Makes one run of a job, as the service would.
pub fn run_once(
    arguments: &ScheduleRunArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let file = schedule::read(&arguments.jobs, talk)?;
    let chosen = schedule::chosen(&file, std::slice::from_ref(&arguments.job))?;
    let Some(job) = chosen.first().map(|job| Arc::clone(job)) else {
        return Ok(ExitStatus::Usage);
    };
    let store = store(arguments.store.as_ref(), &file, environment)?;
    let log: Arc<dyn Log> = Arc::new(Lines(arguments.log));
    let runtime = runtime()?;
    let status = runtime.block_on(async {
        let interrupt = Interrupt::listen();
        if arguments.splay && !waited(&job, interrupt.flag()).await {
            return interrupt.status().unwrap_or(ExitStatus::Interrupted);
        }
        let before = Past::new(store.clone()).standing(&job.name);
        let (parts, _courier) = parts(environment, store, (&log, None));
        let turn = Turn {
            job,
            cause: Cause::Asked,
            before,
            bound: if arguments.now {
                Bound::Nothing
            } else {
                Bound::Windows
            },
        };
        tokio::select! {
            over = service::once(parts, turn, interrupt.flag()) => {
                interrupt.status().unwrap_or_else(|| ExitStatus::from_code(over.exit_code))
            }
            () = interrupt.insisted() => interrupt.status().unwrap_or(ExitStatus::Interrupted),
        }
    });
    runtime.shutdown_timeout(PATIENCE);
    Ok(status)
}

/// Waits for a job's part of its splay; whether nobody interrupted.
async fn waited(job: &Job, mut interrupted: watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = SystemClock.sleep(job.offset()) => true,
        _told = interrupted.wait_for(|flag| *flag) => false,
    }
}

/// A file of the history: what is typed, else what the job file says, else where it is by default.
fn store(
    typed: Option<&PathBuf>,
    file: &JobFile,
    environment: &Environment,
) -> Result<PathBuf, Refusal> {
    let said = typed.or(file.store.as_ref());
    said.map_or_else(
        || default_store(environment),
        |path| Ok(files::absolute(path)),
    )
}

fn parts(
    environment: &Environment,
    store: PathBuf,
    (log, pages): (&Arc<dyn Log>, Option<String>),
) -> (Parts, Courier) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let outbox = Arc::new(Letters::beside(&store));
    let office = Here::new(Arc::clone(log), pages);
    let office = Arc::new(office.through(&environment.proxies));
    let courier = Courier::new(Arc::clone(&clock), outbox, office);
    let parts = Parts {
        clock,
        executor: Arc::new(Runs::new(environment, store.clone(), Arc::clone(log))),
        journal: Arc::new(Past::new(store)),
        herald: Arc::new(courier.clone()),
        log: Arc::clone(log),
    };
    (parts, courier)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()
}
