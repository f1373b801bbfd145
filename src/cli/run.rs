//! `rdpfix apply` and `rdpfix audit`: playbook and inventory in, one run, results out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc;

pub mod assign;
pub mod list;
pub mod prompt;
pub mod retry;
pub mod step;
pub mod wishes;

use crate::cli::access::Access;
use crate::cli::args::ApplyArguments;
use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::forks::forks;
use crate::cli::history::recording::Recording;
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
use crate::cli::run::assign::Selection;
use crate::cli::run::retry::Ledger;
use crate::cli::run::retry::Places;
use crate::cli::run::step::Stepping;
use crate::cli::run::wishes::Wishes;
use crate::cli::settings::Settings;
use crate::cli::terminal::Console;
use crate::cli::terminal::Terminal;
use crate::cli::waivers;
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
use crate::runner::Surroundings;
use crate::runner::World;
use crate::session::WinRmConnector;
use crate::session::WinRmOptions;
use crate::syntax::Node;
use crate::waiver::Entry;

/// Seconds that one operation on a host may take unless told otherwise.
const TIMEOUT: u64 = 30;
/// Bytes of stack for each thread: files that include each other are walked in each other.
const STACK: usize = 8 * 1024 * 1024;
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
    if reporters::listed(&arguments.run.reporter)? {
        return Ok(ExitStatus::Success);
    }
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
    let forks = forks(arguments.forks, access.settings)?;
    let Some(extra) = extra_variables(&arguments.extra_vars, talk)? else {
        return Ok(ExitStatus::Usage);
    };
    let wishes = Wishes::read(&arguments.rollout, environment)?;
    let (playbook, diagnostics) = lint::read_playbook(&arguments.playbook, &extra, &access)?;
    let found = talk.diagnostics(&diagnostics);
    let Some(playbook) = playbook.filter(|_| found == Found::NoErrors) else {
        return Ok(ExitStatus::Invalid);
    };
    let waived = waivers::read(&arguments.waiver_file, &playbook.controls, talk)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()?;
    if tells_only(arguments) {
        let told = tell(&playbook, arguments, &extra, (&access, &wishes, talk));
        return runtime.block_on(told);
    }
    let plays = assign::plays(&playbook, arguments, &wishes)?;
    let mut console = environment.stdin_is_terminal.then_some(Console);
    let terminal = console
        .as_mut()
        .map(|console| -> &mut dyn Terminal { console });
    let plays = prompt::answered(&plays, &extra, terminal)?;
    let places = Places::of(&arguments.playbook, environment);
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let around = (&extra, beside(&arguments.playbook));
        let fleet = inventory::open(&arguments.fleet, &access, around, talk).await?;
        let selection = Selection::new(arguments, &wishes, &fleet, places.as_ref())?;
        let hosts = assign::assign(&plays, &fleet, &selection)?;
        let assigned: Vec<&Host> = hosts.iter().map(|(host, _)| &**host).collect();
        inventory::tell_obstacles(&assigned, talk)?;
        let order = Order {
            run: ulid::Ulid::from_parts(milliseconds(), rand::random()).to_string(),
            playbook: playbook.name.clone(),
            job: None,
            plays,
            hosts,
            extra: Arc::new(extra),
            mode,
            forks,
            host_timeout: Duration::from_secs(arguments.host_timeout),
            bounds: wishes.bounds,
            around: surroundings(arguments, &fleet, &access, (&waived, talk))?,
            consent: None,
        };
        let order = stepping(order, arguments, &interrupt);
        let ledger = Ledger::new(order.hosts.iter().map(|(host, _)| Arc::clone(&host.name)));
        let around = (&access, talk, &*interrupt);
        let status = carry_out(order, &fleet, (arguments, &ledger), around).await;
        remember(&ledger, arguments, places.as_ref(), (access.settings, talk));
        fleet.close().await;
        status
    })
}

/// What every host has around it.
fn surroundings(
    arguments: &RunArguments,
    fleet: &Fleet,
    access: &Access<'_>,
    (waived, talk): (&[Entry], &Talk),
) -> anyhow::Result<Arc<Surroundings>> {
    let folder = |path: PathBuf| files::absolute(&path).display().to_string();
    let inventory = arguments.fleet.inventory.first();
    Ok(Arc::new(Surroundings {
        inventory: Arc::clone(fleet.inventory()),
        engine: Arc::clone(&access.engine),
        verbosity: arguments.verbose,
        diff: arguments.diff,
        playbook_dir: beside(&arguments.playbook).map_or_else(|| ".".to_owned(), folder),
        inventory_dir: inventory
            .map(Path::new)
            .filter(|path| files::exists(path))
            .and_then(|path| {
                if path.is_dir() {
                    Some(path.to_owned())
                } else {
                    beside(path)
                }
            })
            .map(folder),
        tags: arguments.tags.clone(),
        skip_tags: arguments.skip_tags.clone(),
        waivers: waivers::resolve(waived, fleet, talk)?,
    }))
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
async fn tell(
    playbook: &Playbook,
    arguments: &RunArguments,
    extra: &BTreeMap<String, Node>,
    (access, wishes, talk): (&Access<'_>, &Wishes, &Talk),
) -> anyhow::Result<ExitStatus> {
    let list = &arguments.list;
    let fleet = if list.list_hosts || !arguments.fleet.inventory.is_empty() {
        let around = (extra, beside(&arguments.playbook));
        Some(inventory::open(&arguments.fleet, access, around, talk).await?)
    } else {
        None
    };
    let places = Places::of(&arguments.playbook, access.environment);
    let tags = list::tags(&arguments.tags, &arguments.skip_tags, list);
    let mut plays = Vec::new();
    for play in &playbook.plays {
        let mut hosts = Vec::new();
        if let Some(fleet) = fleet.as_ref().filter(|_| list.list_hosts) {
            let selection = Selection::new(arguments, wishes, fleet, places.as_ref())?;
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

fn milliseconds() -> u64 {
    u64::try_from(SystemClock.now().as_millisecond()).unwrap_or_default()
}

async fn carry_out(
    order: Order,
    fleet: &Fleet,
    (arguments, ledger): (&RunArguments, &Ledger),
    (access, talk, interrupt): (&Access<'_>, &Talk, &Interrupt),
) -> anyhow::Result<ExitStatus> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // The host is given two thirds of it, so that its own word of what takes long still arrives.
    let timeout = arguments.timeout.or(access.settings.timeout);
    let timeout = Duration::from_secs(timeout.unwrap_or(TIMEOUT).max(1));
    let grace = timeout / 3;
    let (events, received) = mpsc::channel(EVENTS_IN_FLIGHT);
    let shown = Shown::new(arguments, access.environment, talk);
    let reporters = if arguments.reporter.is_empty() {
        &access.settings.reporters
    } else {
        &arguments.reporter
    };
    let hidden = access.keyring.hidden();
    let recording = Recording::wished(arguments, access.environment, hidden, talk)?;
    let listeners = (ledger.clone(), recording);
    let reporting = reporters::start(reporters, shown, hidden, received, listeners)?;
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
    let (kept, errors) = reporting.finished().await?;
    for error in &errors {
        talk.note(&format!("error: {error}"));
    }
    let status = match errors.as_slice() {
        [] => ExitStatus::of(&recap),
        // What happened is not known where it should be.
        _ => ExitStatus::Internal,
    };
    let status = kept.weigh(status);
    Ok(interrupt.status().unwrap_or(status))
}

/// The folder of a playbook.
fn beside(playbook: &Path) -> Option<PathBuf> {
    let folder = playbook.parent()?;
    let is_here = folder.as_os_str().is_empty();
    Some(if is_here {
        PathBuf::from(".")
    } else {
        folder.to_owned()
    })
}

/// What `-e` says; `None` after a mistake was shown.
pub fn extra_variables(
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
