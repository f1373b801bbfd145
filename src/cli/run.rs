//! `rdpfix apply` and `rdpfix audit`: playbook and inventory in, one run, results out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::watch;

pub mod assign;
pub mod lease;
pub mod list;
pub mod prompt;
pub mod ready;
pub mod retry;
pub mod spread;
pub mod step;
pub mod wishes;

use crate::cli::access::Access;
use crate::cli::args::ApplyArguments;
use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::history::recording::Recording;
use crate::cli::history::recording::wished_store;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::reporters;
use crate::cli::reporters::Panel;
use crate::cli::reporters::Shown;
use crate::cli::run::assign::Selection;
use crate::cli::run::lease::Leases;
use crate::cli::run::lease::PACE;
use crate::cli::run::lease::until;
use crate::cli::run::ready::Opened;
use crate::cli::run::ready::Ready;
use crate::cli::run::ready::Wires;
use crate::cli::run::retry::Ledger;
use crate::cli::run::retry::Places;
use crate::cli::run::step::Stepping;
use crate::cli::settings::Settings;
use crate::cli::terminal::Console;
use crate::cli::terminal::Terminal;
use crate::event::RunMode;
use crate::playbook;
use crate::playbook::Play;
use crate::runner::Order;
use crate::syntax;
use crate::syntax::Node;
use crate::vault::Keyring;

/// Bytes of stack for each thread: files that include each other are walked in each other.
pub(super) const STACK: usize = 8 * 1024 * 1024;
/// Events that may wait for a slow reader before hosts do.
pub(super) const EVENTS_IN_FLIGHT: usize = 1024;
/// How long threads that wait for others may still hold up the end.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Corrects what differs, or only shows it with `--check`.
pub fn apply(
    arguments: &ApplyArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    if reporters::listed(&arguments.run.reporter)? {
        return Ok(ExitStatus::Success);
    }
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
    if reporters::listed(&arguments.reporter)? {
        return Ok(ExitStatus::Success);
    }
    arguments.diff = true;
    execute(RunMode::Check, &arguments, environment, talk)
}

fn execute(
    mode: RunMode,
    arguments: &RunArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let access = Access::of(&arguments.fleet.keys, environment, talk)?;
    let ready = match Ready::read(mode, arguments, &access, talk)? {
        Ok(ready) => ready,
        Err(status) => return Ok(status),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()?;
    if tells_only(arguments) {
        return runtime.block_on(tell(&ready, talk));
    }
    let mut console = environment.stdin_is_terminal.then_some(Console);
    let terminal = console
        .as_mut()
        .map(|console| -> &mut dyn Terminal { console });
    let plays = ready.plays(terminal)?;
    let ended = runtime.block_on(async {
        let interrupt = Interrupt::listen();
        tokio::select! {
            ended = make(&ready, plays, (talk, &interrupt)) => ended,
            () = interrupt.insisted() => Ok(interrupt.status().unwrap_or(ExitStatus::Interrupted)),
        }
    });
    // What still waits for a program or a pipe is not waited for.
    runtime.shutdown_timeout(PATIENCE);
    ended
}

/// Makes the run of these plays.
async fn make(
    ready: &Ready<'_>,
    plays: Vec<Arc<Play>>,
    (talk, interrupt): (&Talk, &Interrupt),
) -> anyhow::Result<ExitStatus> {
    let (arguments, access) = (ready.arguments, ready.access);
    let places = Places::of(&arguments.playbook, access.environment);
    let mut opened = ready.open(plays, places.as_ref(), talk).await?;
    opened.unlock(talk).await?;
    opened.order = stepping(opened.order, arguments, interrupt);
    let hosts = opened.order.hosts.iter();
    let ledger = Ledger::new(hosts.map(|(host, _)| Arc::clone(&host.name)));
    let status = make_leased(ready, &mut opened, &ledger, (talk, interrupt)).await;
    remember(&ledger, arguments, places.as_ref(), (access.settings, talk));
    opened.fleet.close().await;
    status
}

/// Makes the run, and keeps those who share its history away from its hosts when it makes changes.
async fn make_leased(
    ready: &Ready<'_>,
    opened: &mut Opened,
    ledger: &Ledger,
    (talk, interrupt): (&Talk, &Interrupt),
) -> anyhow::Result<ExitStatus> {
    let store = wished_store(ready.arguments, ready.access.environment)?;
    let recording = store
        .as_ref()
        .map(|store| Recording::open(store, ready.access.keyring.hidden(), talk))
        .transpose()?;
    let leases = match (ready.mode, &store) {
        (RunMode::Apply, Some(store)) => Some(lease(store, &mut opened.order, talk)?),
        (RunMode::Check, _) | (_, None) => None,
    };
    let interrupted = match &leases {
        Some(leases) => leases.or_lost(interrupt.flag()),
        None => interrupt.flag(),
    };
    let status = carry_out(ready, opened, (ledger, recording), (talk, interrupted)).await;
    if let Some(leases) = leases {
        if leases.was_lost() {
            talk.note("warning: a lease on a host was lost, so the run was cut short");
        }
        leases.release(talk);
    }
    Ok(interrupt.status().unwrap_or(status?))
}

/// Leases the hosts of a run by hand. Those that somebody else works on are left out, and count as never begun.
fn lease(store: &Path, order: &mut Order, talk: &Talk) -> Result<Leases, Refusal> {
    let owner = format!("by hand (run {})", order.run);
    let leases = Leases::take(store, &owner, order, PACE)?;
    for held in &leases.left_out {
        talk.note(&format!(
            "warning: `{}` is left out: {} works on it, until {} at most",
            held.host,
            held.owner,
            until(held)
        ));
    }
    order.left_out = leases.left_out.len();
    Ok(leases)
}

/// With `--step`, somebody is asked before each task, on one host after the other and for as long as it takes.
fn stepping(order: Order, arguments: &RunArguments, interrupt: &Interrupt) -> Order {
    if !arguments.rollout.step {
        return order;
    }
    let console = Arc::new(Mutex::new(Console));
    Order {
        forks: 1,
        host_timeout: Duration::MAX,
        consent: Some(Arc::new(Stepping::new(console, interrupt.flag()))),
        ..order
    }
}

/// Writes down who failed, and tells of waivers that nobody needs. What was done to hosts counts more than whether that can be written.
fn remember(
    ledger: &Ledger,
    arguments: &RunArguments,
    places: Option<&Places>,
    (settings, talk): (&Settings, &Talk),
) {
    let typed = arguments.rollout.retry_file.clone();
    let wished = typed.or_else(|| settings.retry_file(&arguments.playbook));
    match ledger.close(places, wished.as_deref(), assign::rerun(arguments)) {
        Ok(Some((place, failed))) => talk.note(&format!(
            "{failed} failed or unreachable: once more with `--rerun failure`, or `--limit @{}`",
            place.display()
        )),
        Ok(None) => {}
        Err(error) => talk.note(&format!("warning: {error:#}")),
    }
    if arguments.verbose > 0 {
        ledger.unneeded().iter().for_each(|note| talk.note(note));
    }
}

fn tells_only(arguments: &RunArguments) -> bool {
    let list = &arguments.list;
    arguments.syntax_check || list.list_hosts || list.list_tasks || list.list_tags
}

/// Tells what the playbook is about. An inventory is needed for lists of hosts only, but checked when it is named.
async fn tell(ready: &Ready<'_>, talk: &Talk) -> anyhow::Result<ExitStatus> {
    let (arguments, playbook) = (ready.arguments, &ready.playbook);
    let list = &arguments.list;
    let fleet = if list.list_hosts || !arguments.fleet.inventory.is_empty() {
        Some(ready.fleet(talk).await?)
    } else {
        None
    };
    let places = Places::of(&arguments.playbook, ready.access.environment);
    let tags = list::tags(&arguments.tags, &arguments.skip_tags, list);
    let mut plays = Vec::new();
    for play in &playbook.plays {
        let mut hosts = Vec::new();
        if let Some(fleet) = fleet.as_ref().filter(|_| list.list_hosts) {
            let selection = Selection::new(arguments, &ready.wishes, fleet, places.as_ref())?;
            hosts = fleet.select(&play.hosts)?;
            hosts.retain(|host| selection.takes(host));
        }
        plays.push((Play::narrowed(play, &tags, &arguments.skip_tags), hosts));
    }
    // Ansible, too, tells of no play when it checks the syntax.
    let shown = if arguments.syntax_check {
        &[][..]
    } else {
        &plays
    };
    let text = list::listing(&playbook.name, shown, list);
    if let Some(fleet) = fleet {
        fleet.close().await;
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}

async fn carry_out(
    ready: &Ready<'_>,
    opened: &Opened,
    (ledger, recording): (&Ledger, Option<Recording>),
    (talk, interrupted): (&Talk, watch::Receiver<bool>),
) -> anyhow::Result<ExitStatus> {
    let (arguments, access) = (ready.arguments, ready.access);
    let (events, received) = mpsc::channel(EVENTS_IN_FLIGHT);
    let shown = Shown::new(arguments, access.environment, talk);
    let reporters = if arguments.reporter.is_empty() {
        &access.settings.reporters
    } else {
        &arguments.reporter
    };
    let panel = Panel::open(reporters, shown, access.keyring.hidden())?;
    let panel = panel.after(Box::new(ledger.clone()));
    let reporting = reporters::feed(panel, recording, received);
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
        // What happened is not known where it should be.
        _ => ExitStatus::Internal,
    };
    Ok(kept.weigh(status))
}

/// What `-e` says; `None` after a mistake was shown.
pub fn extra_variables(
    typed: &[String],
    keyring: &Keyring,
    talk: &Talk,
) -> anyhow::Result<Option<BTreeMap<String, Node>>> {
    let mut sources = Vec::new();
    let mut diagnostics = Vec::new();
    for text in typed {
        let (name, bytes) = match text.strip_prefix('@') {
            Some(path) => (path, files::read(Path::new(path))?),
            None => ("<command line>", text.clone().into_bytes()),
        };
        match syntax::document(name, bytes, keyring) {
            Ok(source) => sources.push(source),
            Err(mistake) => diagnostics.push(*mistake),
        }
    }
    let (variables, mistakes) = playbook::extra_sources(&sources);
    diagnostics.extend(mistakes);
    for value in variables.values() {
        syntax::hide(value, keyring);
    }
    Ok((talk.diagnostics(&diagnostics) == Found::NoErrors).then_some(variables))
}
