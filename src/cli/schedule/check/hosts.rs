//! Whether a job has hosts: what its `limit`, its plays and its waivers name, held against its inventory.

use crate::cli::environment::Environment;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::run::assign;
use crate::cli::run::assign::Assigned;
use crate::cli::run::assign::Selection;
use crate::cli::run::wishes::Wishes;
use crate::cli::schedule::check::needs::Hosts;
use crate::cli::schedule::check::needs::Plan;
use crate::cli::schedule::check::needs::refused;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::inventory::Host;
use crate::inventory::Inventory;
use crate::inventory::PatternError;
use crate::inventory::parts_of_pattern;
use crate::job::Job;
use crate::playbook::Playbook;
use crate::waiver;

/// What is wrong with them. Of hosts that are not all known only the patterns themselves are looked at.
pub(super) fn flaws(plan: &Plan<'_>, hosts: &Hosts, environment: &Environment) -> Vec<Diagnostic> {
    let job = plan.job;
    let mut told = unread(job, hosts);
    let broken = broken_limit(job);
    let is_sound = broken.is_empty();
    told.extend(broken);
    let Some(fleet) = hosts.fleet.as_ref().filter(|_| hosts.is_whole) else {
        return told;
    };
    let in_inventory = job.place("inventory", 0);
    let files = fleet.trust_files();
    told.extend(files.err().map(|error| refused(&error, in_inventory)));
    told.extend(waiver::resolve(plan.waived, fleet.inventory()).1);
    if !is_sound {
        return told;
    }
    let limited = job.limit.as_deref().map(|limit| fleet.select(limit));
    if let Some(Err(error)) = limited {
        told.push(refused(&error, job.place("limit", 0)).label("the job has no host"));
        return told;
    }
    let Some(playbook) = plan.playbook else {
        return told;
    };
    let unfit = unfit_plays(job, playbook, fleet);
    if unfit.is_empty() {
        match assigned(plan, playbook, fleet, environment) {
            Ok(hosts) if plan.lacks_password => drop(hosts),
            Ok(hosts) => told.extend(obstacles(&hosts)),
            Err(error) => {
                let key = if job.limit.is_some() {
                    "limit"
                } else {
                    "inventory"
                };
                told.push(refused(&error, job.place(key, 0)).label("the job has no host"));
            }
        }
    }
    told.extend(unfit);
    told
}

/// Programs whose hosts nobody knows.
fn unread(job: &Job, hosts: &Hosts) -> Vec<Diagnostic> {
    let told = hosts.programs.iter().map(|program| {
        let mut names = job.inventory.iter();
        let position = names.position(|name| program.starts_with(name));
        let shown = program.display();
        Diagnostic::warning(
            "not-run",
            format!("the inventory program `{shown}` was not run, so its hosts are not known"),
        )
        .at(job.place("inventory", position.unwrap_or_default()))
        .label("a run asks it")
        .help(format!(
            "whether it works and `limit`, plays and waivers fit is not checked; `rdpfix inventory -i {shown} --graph` runs it"
        ))
    });
    told.collect()
}

/// Parts of the limit that are no patterns, whatever the hosts; and files of patterns that cannot be read.
fn broken_limit(job: &Job) -> Vec<Diagnostic> {
    let Some(limit) = job.limit.as_deref() else {
        return Vec::new();
    };
    let nobody = Inventory::default();
    let parts = parts_of_pattern(limit);
    let flaw = |parts: &[String]| match nobody.select_parts(parts, limit) {
        Err(error @ (PatternError::Regex { .. } | PatternError::Empty)) => Some(error),
        Ok(_) | Err(_) => None,
    };
    let flaws: Vec<PatternError> = if parts.is_empty() {
        flaw(&parts).into_iter().collect()
    } else {
        let parts = parts.iter().filter(|part| !part.starts_with('@'));
        parts
            .filter_map(|part| flaw(std::slice::from_ref(part)))
            .collect()
    };
    let told = flaws.iter().map(|error| {
        let mut mistake = Diagnostic::error("bad-pattern", error.to_string())
            .at(job.place("limit", 0))
            .label("no host pattern");
        mistake.help.extend(error.help());
        mistake
    });
    told.collect()
}

/// Plays that name hosts which are not there; a run ends on the first.
fn unfit_plays(job: &Job, playbook: &Playbook, fleet: &Fleet) -> Vec<Diagnostic> {
    let told = playbook.plays.iter().filter_map(|play| {
        let error = fleet.select(&play.hosts).err()?;
        Some(
            refused(&error, &play.hosts_span)
                .label("the play has no host")
                .help(format!(
                    "the job `{}` has the hosts of `{}`",
                    job.name,
                    job.inventory.join("`, `")
                )),
        )
    });
    told.collect()
}

fn assigned(
    plan: &Plan<'_>,
    playbook: &Playbook,
    fleet: &Fleet,
    environment: &Environment,
) -> anyhow::Result<Vec<Assigned>> {
    let wishes = Wishes::read(&plan.arguments.rollout, environment)?;
    let plays = assign::plays(playbook, plan.arguments, &wishes)?;
    let selection = Selection::new(plan.arguments, &wishes, fleet, None)?;
    assign::assign(&plays, fleet, &selection)
}

/// What keeps rdpfix from signing in; a mistake when it is all of the hosts.
fn obstacles(hosts: &[Assigned]) -> Vec<Diagnostic> {
    let hosts: Vec<&Host> = hosts.iter().map(|(host, _)| &**host).collect();
    let (mut found, is_all) = inventory::obstacles(&hosts);
    for mistake in &mut found {
        if !is_all {
            mistake.severity = Severity::Warning;
        }
    }
    found
}
