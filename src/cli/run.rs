//! `rdpfix apply` and `rdpfix audit`: playbook and inventory in, one run, results out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::cli::args::ApplyArguments;
use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::forks::forks;
use crate::cli::interrupt::Interrupt;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::lint;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::passwords::Sources;
use crate::cli::reporters;
use crate::cli::reporters::Shown;
use crate::cli::settings::Settings;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::event::RunMode;
use crate::inventory::Host;
use crate::playbook;
use crate::playbook::Play;
use crate::playbook::Playbook;
use crate::probe::RdpProver;
use crate::runner;
use crate::runner::Order;
use crate::runner::World;
use crate::session::WinRmConnector;
use crate::session::WinRmOptions;
use crate::syntax::Node;

/// Seconds that one operation on a host may take unless told otherwise.
const TIMEOUT: u64 = 30;
/// Events that may wait for a slow reader before hosts do.
const EVENTS_IN_FLIGHT: usize = 1024;

/// Corrects what differs, or only shows it with `--check`.
pub fn apply(
    arguments: &ApplyArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let mode = if arguments.check {
        RunMode::Check
    } else {
        RunMode::Apply
    };
    execute(mode, &arguments.run, environment, talk)
}

/// Shows what differs, with diffs.
pub fn audit(
    mut arguments: RunArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    arguments.diff = true;
    execute(RunMode::Check, &arguments, environment, talk)
}

fn execute(
    mode: RunMode,
    arguments: &RunArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let settings = Settings::of(environment, talk)?;
    let forks = forks(arguments.forks, settings)?;
    let (playbook, diagnostics) = lint::read_playbook(&arguments.playbook)?;
    let found = talk.diagnostics(&diagnostics);
    let Some(playbook) = playbook.filter(|_| found == Found::NoErrors) else {
        return Ok(ExitStatus::Invalid);
    };
    let Some(extra) = extra_variables(&arguments.extra_vars, talk)? else {
        return Ok(ExitStatus::Usage);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let fleet = inventory::open(&arguments.fleet, environment, &extra, talk).await?;
        let hosts = assign(&playbook, &fleet, arguments)?;
        let assigned: Vec<&Host> = hosts.iter().map(|(host, _)| &**host).collect();
        inventory::tell_obstacles(&assigned, talk)?;
        let order = Order {
            run: ulid::Ulid::from_parts(milliseconds(), rand::random()).to_string(),
            playbook: playbook.name.clone(),
            hosts,
            extra: Arc::new(extra),
            mode,
            forks,
            host_timeout: Duration::from_secs(arguments.host_timeout),
        };
        let status = carry_out(order, &fleet, arguments, (environment, talk, &interrupt)).await;
        fleet.close().await;
        status
    })
}

fn milliseconds() -> u64 {
    u64::try_from(SystemClock.now().as_millisecond()).unwrap_or_default()
}

async fn carry_out(
    order: Order,
    fleet: &Fleet,
    arguments: &RunArguments,
    (environment, talk, interrupt): (&Environment, &Talk, &Interrupt),
) -> anyhow::Result<ExitStatus> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // The host is given two thirds of it, so that its own word of what takes long still arrives.
    let settings = Settings::of(environment, talk)?;
    let timeout = arguments.timeout.or(settings.timeout);
    let timeout = Duration::from_secs(timeout.unwrap_or(TIMEOUT).max(1));
    let grace = timeout / 3;
    let (events, received) = mpsc::channel(EVENTS_IN_FLIGHT);
    let shown = Shown::new(arguments, environment, talk);
    let reporters = if arguments.reporter.is_empty() {
        &settings.reporters
    } else {
        &arguments.reporter
    };
    let reporting = reporters::start(reporters, shown, received)?;
    let options = WinRmOptions {
        operation_timeout: timeout.saturating_sub(grace),
        grace,
        connect_timeout: timeout.min(Duration::from_secs(10)),
        trust_files: fleet.trust_files()?,
        passwords: Some(Arc::new(Sources::new())),
        ..WinRmOptions::default()
    };
    let world = World {
        connector: Arc::new(WinRmConnector::new(options, Arc::clone(&clock))),
        prover: Arc::new(RdpProver::new(
            Arc::clone(&clock),
            timeout.min(Duration::from_secs(10)),
        )),
        clock,
        events,
        interrupted: interrupt.flag(),
    };
    let recap = tokio::select! {
        recap = runner::run(&world, &order) => recap,
        () = interrupt.insisted() => return Ok(interrupt.status().unwrap_or(ExitStatus::Interrupted)),
    };
    // The reporters end when nobody can send any more.
    drop(world);
    reporting.finished().await?;
    Ok(interrupt.status().unwrap_or_else(|| ExitStatus::of(&recap)))
}

/// `None` after a mistake was shown.
fn extra_variables(
    typed: &[String],
    talk: &Talk,
) -> anyhow::Result<Option<BTreeMap<String, Node>>> {
    let mut texts = Vec::new();
    for text in typed {
        texts.push(match text.strip_prefix('@') {
            Some(path) => {
                let bytes = files::read(Path::new(path))?;
                (
                    path.to_owned(),
                    String::from_utf8(bytes).map_err(|error| {
                        Refusal::new(
                            ExitStatus::Usage,
                            format!("`{path}` is not UTF-8 text: {error}"),
                        )
                    })?,
                )
            }
            None => ("<command line>".to_owned(), text.clone()),
        });
    }
    let (variables, diagnostics) = playbook::extra_vars(&texts);
    Ok((talk.diagnostics(&diagnostics) == Found::NoErrors).then_some(variables))
}

/// A host with its plays.
type Assigned = (Arc<Host>, Vec<Arc<Play>>);

/// Each selected host with its plays, in the order of the inventory.
fn assign(
    playbook: &Playbook,
    fleet: &Fleet,
    arguments: &RunArguments,
) -> anyhow::Result<Vec<Assigned>> {
    let limit = match &arguments.fleet.limit {
        Some(pattern) => Some(fleet.select(pattern)?),
        None => None,
    };
    let mut plays: BTreeMap<Arc<str>, Vec<Arc<Play>>> = BTreeMap::new();
    for play in &playbook.plays {
        let narrowed = Play::narrowed(play, &arguments.tags, &arguments.skip_tags);
        for host in fleet.select(&play.hosts)? {
            plays
                .entry(Arc::clone(&host.name))
                .or_default()
                .push(Arc::clone(&narrowed));
        }
    }
    let within = |host: &Host| {
        limit
            .as_ref()
            .is_none_or(|hosts| hosts.iter().any(|one| one.name == host.name))
    };
    let assigned: Vec<_> = fleet
        .hosts()
        .iter()
        .filter(|host| within(host))
        .filter_map(|host| {
            plays
                .remove(&host.name)
                .map(|plays| (Arc::clone(host), plays))
        })
        .collect();
    if assigned.is_empty() {
        return Err(Refusal::new(ExitStatus::NoHosts, "no hosts matched")
            .hint("the plays name hosts by `hosts:`, narrowed by `--limit`; the inventory may be empty")
            .into());
    }
    Ok(assigned)
}
