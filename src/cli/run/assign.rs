//! Who does what: the plays as they were narrowed on the command line, and the hosts that take part in each.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli::args::RunArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::inventory::Fleet;
use crate::cli::output::Refusal;
use crate::cli::run::retry::Places;
use crate::cli::run::retry::Rerun;
use crate::cli::run::wishes::Wishes;
use crate::diag::nearest;
use crate::inventory::Host;
use crate::playbook;
use crate::playbook::Play;
use crate::playbook::Playbook;
use crate::runner::rollout::Shard;

/// A host with its plays.
pub type Assigned = (Arc<Host>, Vec<Arc<Play>>);

/// The plays of a playbook as the command line wants them.
pub fn plays(
    playbook: &Playbook,
    arguments: &RunArguments,
    wishes: &Wishes,
) -> Result<Vec<Arc<Play>>, Refusal> {
    let narrowed: Vec<Arc<Play>> = playbook
        .plays
        .iter()
        .map(|play| Play::narrowed(play, &arguments.tags, &arguments.skip_tags))
        .collect();
    let mut plays = match &arguments.rollout.start_at_task {
        Some(name) => playbook::starting_at(&narrowed, name)
            .ok_or_else(|| no_such_task(name, &narrowed, &playbook.plays))?,
        None => narrowed,
    };
    for play in &mut plays {
        let play = Arc::make_mut(play);
        if play.rollout.serial.is_empty() {
            play.rollout.serial.clone_from(&wishes.serial);
        }
        play.force_handlers |= arguments.rollout.force_handlers;
    }
    Ok(plays)
}

fn no_such_task(name: &str, narrowed: &[Arc<Play>], all: &[Arc<Play>]) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Usage, format!("no task is named `{name}`"));
    if playbook::starting_at(all, name).is_some() {
        return refusal.hint("there is one, but `--tags` or `--skip-tags` leave it out");
    }
    let names: Vec<&str> = narrowed
        .iter()
        .flat_map(|play| play.all_tasks())
        .map(|task| &*task.name)
        .collect();
    match nearest(name, names) {
        Some(near) => refusal.hint(format!("did you mean `{near}`?")),
        None => refusal.hint(
            "`--list-tasks` shows the names; tasks of included files are not known before the run",
        ),
    }
}

/// Which hosts take part, whatever the plays say.
pub struct Selection {
    limit: Option<BTreeSet<Arc<str>>>,
    rerun: Option<BTreeSet<String>>,
    shard: Option<Shard>,
}

impl Selection {
    /// From what was typed, the last run, and the inventory.
    pub fn new(
        arguments: &RunArguments,
        wishes: &Wishes,
        fleet: &Fleet,
        places: Option<&Places>,
    ) -> anyhow::Result<Self> {
        let limit = match &arguments.fleet.limit {
            Some(pattern) => {
                let hosts = fleet.select(pattern)?;
                Some(hosts.iter().map(|host| Arc::clone(&host.name)).collect())
            }
            None => None,
        };
        let rerun = match rerun(arguments) {
            Some(rerun) => Some(places.ok_or_else(no_state_folder)?.hosts(rerun)?),
            None => None,
        };
        Ok(Self {
            limit,
            rerun,
            shard: wishes.shard,
        })
    }

    /// Whether a host takes part, in this share or another.
    fn names(&self, host: &Host) -> bool {
        let limited = self.limit.as_ref();
        let again = self.rerun.as_ref();
        limited.is_none_or(|hosts| hosts.contains(&host.name))
            && again.is_none_or(|hosts| hosts.contains(&*host.name))
    }

    fn is_in_share(&self, host: &Host) -> bool {
        self.shard.is_none_or(|shard| shard.holds(&host.name))
    }

    /// Whether a host takes part.
    pub fn takes(&self, host: &Host) -> bool {
        self.names(host) && self.is_in_share(host)
    }
}

/// Which hosts of the last run were asked for.
pub fn rerun(arguments: &RunArguments) -> Option<Rerun> {
    match arguments.rollout.rerun.as_deref()? {
        "unfinished" => Some(Rerun::Unfinished),
        _ => Some(Rerun::Failure),
    }
}

fn no_state_folder() -> Refusal {
    Refusal::new(
        ExitStatus::Usage,
        "it is not known which hosts failed: there is no folder for states",
    )
    .hint("set XDG_STATE_HOME or HOME, or write a file by `--retry-file FILE` and read it by `--limit @FILE`")
}

/// Each selected host with its plays, in the order of the inventory. A share may be empty; a selection may not.
pub fn assign(
    plays: &[Arc<Play>],
    fleet: &Fleet,
    selection: &Selection,
) -> anyhow::Result<Vec<Assigned>> {
    let mut own: BTreeMap<Arc<str>, Vec<Arc<Play>>> = BTreeMap::new();
    for play in plays {
        for host in fleet.select(&play.hosts)? {
            let own = own.entry(Arc::clone(&host.name)).or_default();
            own.push(Arc::clone(play));
        }
    }
    let mut assigned: Vec<Assigned> = fleet
        .hosts()
        .iter()
        .filter(|host| selection.names(host))
        .filter_map(|host| own.remove(&host.name).map(|own| (Arc::clone(host), own)))
        .collect();
    if assigned.is_empty() {
        return Err(Refusal::new(ExitStatus::NoHosts, "no hosts matched")
            .hint("the plays name hosts by `hosts:`, narrowed by `--limit`; the inventory may be empty")
            .into());
    }
    assigned.retain(|(host, _)| selection.is_in_share(host));
    Ok(assigned)
}
