//! `rdpfix inventory`: shows an inventory in Ansible's shape.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::access::Access;
use crate::cli::args::InventoryArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::inventory;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::run::extra_variables;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::inventory::Inherited;
use crate::inventory::Member;
use crate::inventory::Origin;
use crate::inventory::Playbook;
use crate::inventory::Tree;
use crate::syntax::Node;
use crate::vault::Keyring;

mod graph;
mod json;
mod yaml;

/// Prints what was asked for.
pub fn show(
    arguments: &InventoryArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let access = Access::of(&arguments.fleet.keys, environment, talk)?;
    let Some(extra) = extra_variables(&arguments.extra_vars, &access.keyring, talk)? else {
        return Ok(ExitStatus::Usage);
    };
    let names = inventory::demanded(&arguments.fleet, &access, talk)?;
    let origins = inventory::origins_to_show(&names, talk)?;
    let (text, told) = shown(arguments, &origins, &extra, &access.keyring);
    talk.diagnostics(&told);
    std::io::stdout().write_all(text?.as_bytes())?;
    Ok(ExitStatus::Success)
}

/// What was asked for, and what is wrong with the inventory. As with Ansible, what is wrong in a source costs what it
/// spoils, and is only warned of.
pub fn shown(
    arguments: &InventoryArguments,
    origins: &[Origin],
    extra: &BTreeMap<String, Node>,
    keyring: &Arc<Keyring>,
) -> (anyhow::Result<String>, Vec<Diagnostic>) {
    let here = || PathBuf::from(".");
    let folder = arguments.playbook_dir.clone().unwrap_or_else(here);
    let reading = inventory::reading(keyring, Some(folder));
    let read = Tree::read(origins, Some(&reading), extra);
    let is_tree_only = arguments.shown.graph && !arguments.vars;
    let mut told = read.in_sources;
    if read.tree.is_some() {
        warn_only(&mut told);
    }
    let mut in_variables = read.in_variables;
    if is_tree_only {
        warn_only(&mut in_variables);
    }
    told.extend(in_variables);
    let is_broken = told
        .iter()
        .any(|mistake| mistake.severity == Severity::Error);
    let text = match read.tree {
        Some(tree) if !is_broken => {
            let text = text(&tree, arguments);
            // The program is about to end, and taking a large tree apart would only keep it.
            std::mem::forget(tree);
            text
        }
        Some(_) | None => Err(inventory::unusable(&arguments.fleet.inventory.join(", ")).into()),
    };
    (text, told)
}

fn warn_only(mistakes: &mut [Diagnostic]) {
    for mistake in mistakes {
        mistake.severity = Severity::Warning;
    }
}

fn text(tree: &Tree, arguments: &InventoryArguments) -> anyhow::Result<String> {
    let text = if let Some(pattern) = &arguments.shown.host {
        let host = host(tree, pattern)?;
        let vars = host.vars(&mut Inherited::default());
        if arguments.yaml {
            yaml::host(&vars)
        } else {
            json::host(&vars)
        }
    } else if arguments.shown.graph {
        let name = arguments.group.as_deref().unwrap_or("all");
        let group = tree.group(name).ok_or_else(|| {
            Refusal::new(ExitStatus::Usage, format!("no group is named `{name}`"))
        })?;
        let playbook = if arguments.playbook_dir.is_some() {
            Playbook::Counts
        } else {
            Playbook::IsLeftOut
        };
        graph::graph(group, arguments.vars.then_some(playbook))
    } else {
        let shown = limited(tree, arguments.fleet.limit.as_deref())?;
        if arguments.yaml {
            yaml::list(tree, &shown)
        } else {
            json::list(tree, &shown)
        }
    };
    Ok(text)
}

/// The host with this name, or the only one of a pattern.
fn host<'t>(tree: &'t Tree, pattern: &str) -> anyhow::Result<Member<'t>> {
    if let Some(host) = tree.host(pattern) {
        return Ok(host);
    }
    let refusal = |says: String| Refusal::new(ExitStatus::Usage, says);
    let chosen = tree.select(pattern).map_err(|error| {
        let refusal = refusal(error.to_string());
        match error.suggestion() {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal,
        }
    })?;
    let mut hosts = tree
        .hosts()
        .filter(|host| chosen.contains(&host.position()));
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Ok(host),
        _ => Err(refusal(format!("`{pattern}` names more than one host")).into()),
    }
}

/// The positions of the hosts to list: those below `all`, within the limit.
fn limited(tree: &Tree, limit: Option<&str>) -> anyhow::Result<BTreeSet<usize>> {
    let everyone = tree.group("all").map(|all| all.members());
    let mut shown = everyone.unwrap_or_default();
    if let Some(pattern) = limit {
        let chosen = tree
            .select(pattern)
            .map_err(|error| Refusal::new(ExitStatus::NoHosts, error.to_string()))?;
        shown.retain(|host| chosen.contains(host));
    }
    Ok(shown)
}
