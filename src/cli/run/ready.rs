//! A run without how it was asked for: read, opened and carried out, whoever wants it, wherever its events go.
//!
//! Knows playbooks, inventories and the drivers; must not know reporters, terminals or signals, and shows nothing but
//! through the [`Talk`] that it is handed.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::cli::access::Access;
use crate::cli::args::RunArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::forks::forks;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::lint;
use crate::cli::output::Found;
use crate::cli::output::Talk;
use crate::cli::run::assign;
use crate::cli::run::assign::Selection;
use crate::cli::run::extra_variables;
use crate::cli::run::prompt;
use crate::cli::run::retry::Places;
use crate::cli::run::spread::Spread;
use crate::cli::run::wishes::Wishes;
use crate::cli::sign_in;
use crate::cli::terminal::Terminal;
use crate::cli::waivers;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::event::Event;
use crate::event::Recap;
use crate::event::RunMode;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::playbook::Playbook;
use crate::probe::RdpProver;
use crate::runner;
use crate::runner::Order;
use crate::runner::Surroundings;
use crate::runner::World;
use crate::session::WinRmConnector;
use crate::syntax::Node;
use crate::waiver::Entry;

/// Seconds that one operation on a host may take unless told otherwise.
const TIMEOUT: u64 = 30;

/// Everything that a run needs and that can be read before an inventory is opened.
pub struct Ready<'r> {
    /// Whether changes are made.
    pub mode: RunMode,
    /// What is to be run, and how.
    pub arguments: &'r RunArguments,
    /// Settings and vault passwords.
    pub access: &'r Access<'r>,
    /// Variables that win over all others.
    pub extra: Arc<BTreeMap<String, Node>>,
    /// How it goes over its hosts.
    pub wishes: Wishes,
    /// The playbook, without mistakes.
    pub playbook: Playbook,
    /// Deviations that somebody answers for.
    waived: Vec<Entry>,
    forks: usize,
}

/// A run whose hosts are known.
pub struct Opened {
    /// What is to be done.
    pub order: Order,
    /// The inventory, and the labs behind it; to be closed when the run is over.
    pub fleet: Fleet,
    /// How long hosts wait for their turn.
    pub spread: Spread,
}

/// Where the events of a run go, and what stops it.
pub struct Wires {
    /// Where events go; a run waits for a slow reader.
    pub events: mpsc::Sender<Event>,
    /// Becomes true when the run is to end after the calls under way.
    pub interrupted: watch::Receiver<bool>,
}

impl Opened {
    /// Opens the passwords of the hosts that take part, of which at least one has to be one that can be signed in to.
    pub async fn unlock(&mut self, talk: &Talk) -> anyhow::Result<()> {
        let hosts = self.order.hosts.iter().map(|(host, _)| Arc::clone(host));
        let hosts: Vec<Arc<Host>> = hosts.collect();
        let unlocked = self.fleet.unlock(&hosts, talk).await?;
        for ((place, _), host) in self.order.hosts.iter_mut().zip(&unlocked) {
            *place = Arc::clone(host);
        }
        let hosts: Vec<&Host> = unlocked.iter().map(|host| &**host).collect();
        inventory::tell_obstacles(&hosts, talk)
    }
}

impl<'r> Ready<'r> {
    /// Reads it. The inner error is the status after mistakes in files were shown.
    pub fn read(
        mode: RunMode,
        arguments: &'r RunArguments,
        access: &'r Access<'r>,
        talk: &Talk,
    ) -> anyhow::Result<Result<Self, ExitStatus>> {
        let forks = forks(arguments.forks, access.settings)?;
        let Some(extra) = extra_variables(&arguments.extra_vars, &access.keyring, talk)? else {
            return Ok(Err(ExitStatus::Usage));
        };
        let wishes = Wishes::read(&arguments.rollout, access.environment)?;
        let (playbook, diagnostics) = lint::read_playbook(&arguments.playbook, &extra, access)?;
        let found = talk.diagnostics(&diagnostics);
        let Some(playbook) = playbook.filter(|_| found == Found::NoErrors) else {
            return Ok(Err(ExitStatus::Invalid));
        };
        let waived = waivers::read(&arguments.waiver_file, &playbook.controls, talk)?;
        Ok(Ok(Self {
            mode,
            arguments,
            access,
            extra: Arc::new(extra),
            wishes,
            playbook,
            waived,
            forks,
        }))
    }

    /// The plays that are wanted, with the answers to what they ask. Without a terminal, defaults count as answers.
    pub fn plays(&self, terminal: Option<&mut dyn Terminal>) -> anyhow::Result<Vec<Arc<Play>>> {
        let plays = assign::plays(&self.playbook, self.arguments, &self.wishes)?;
        prompt::answered(&plays, &self.extra, terminal)
    }

    /// Opens the inventory alone.
    pub async fn fleet(&self, talk: &Talk) -> anyhow::Result<Fleet> {
        let around = (&*self.extra, beside(&self.arguments.playbook));
        inventory::open(&self.arguments.fleet, self.access, around, talk).await
    }

    /// Opens the inventory and tells each host its plays. Hosts of the last run are looked up in these places. Before the
    /// run, [`Opened::unlock`] opens passwords.
    pub async fn open(
        &self,
        plays: Vec<Arc<Play>>,
        places: Option<&Places>,
        talk: &Talk,
    ) -> anyhow::Result<Opened> {
        let fleet = self.fleet(talk).await?;
        let selection = Selection::new(self.arguments, &self.wishes, &fleet, places)?;
        let hosts = assign::assign(&plays, &fleet, &selection)?;
        let order = Order {
            run: ulid::Ulid::from_parts(milliseconds(), rand::random()).to_string(),
            playbook: self.playbook.name.clone(),
            job: None,
            plays,
            hosts,
            extra: Arc::clone(&self.extra),
            left_out: 0,
            mode: self.mode,
            forks: self.forks,
            host_timeout: Duration::from_secs(self.arguments.host_timeout),
            bounds: self.wishes.bounds,
            around: Arc::new(self.surroundings(&fleet, talk)?),
            consent: None,
        };
        Ok(Opened {
            order,
            fleet,
            spread: Spread::default(),
        })
    }

    /// What every host has around it.
    fn surroundings(&self, fleet: &Fleet, talk: &Talk) -> anyhow::Result<Surroundings> {
        let arguments = self.arguments;
        let folder = |path: PathBuf| files::absolute(&path).display().to_string();
        let inventories = inventory::named(&arguments.fleet, self.access.environment, talk)?;
        Ok(Surroundings {
            inventory: Arc::clone(fleet.inventory()),
            engine: Arc::clone(&self.access.engine),
            verbosity: arguments.verbose,
            diff: arguments.diff,
            playbook_dir: beside(&arguments.playbook).map_or_else(|| ".".to_owned(), folder),
            inventory_dir: inventories
                .first()
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
            waivers: waivers::resolve(&self.waived, fleet, talk)?,
        })
    }

    /// Carries an order out; nobody can send events any more when this returns.
    pub async fn carry_out(&self, opened: &Opened, wires: Wires) -> anyhow::Result<Recap> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let timeout = self.arguments.timeout.or(self.access.settings.timeout);
        let timeout = Duration::from_secs(timeout.unwrap_or(TIMEOUT).max(1));
        let options = sign_in::options(timeout, opened.fleet.trust_files()?);
        let connector = Arc::new(WinRmConnector::new(options, Arc::clone(&clock)));
        let spread = opened.spread.clone();
        let world = World {
            connector: spread.before(connector, &clock, wires.interrupted.clone()),
            prover: Arc::new(RdpProver::new(
                Arc::clone(&clock),
                timeout.min(Duration::from_secs(10)),
            )),
            clock,
            events: wires.events,
            interrupted: wires.interrupted,
        };
        Ok(runner::run(&world, &opened.order).await)
    }
}

fn milliseconds() -> u64 {
    u64::try_from(SystemClock.now().as_millisecond()).unwrap_or_default()
}

/// The folder of a playbook.
pub fn beside(playbook: &Path) -> Option<PathBuf> {
    let folder = playbook.parent()?;
    let is_here = folder.as_os_str().is_empty();
    Some(if is_here {
        PathBuf::from(".")
    } else {
        folder.to_owned()
    })
}
