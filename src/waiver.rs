//! Waiver files: deviations that somebody answers for, until a day, on some hosts.
//!
//! Knows what such a file says, and to which hosts and controls it applies; must not know how controls are looked at, nor
//! where files and the time come from.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::control::Controls;
use crate::control::Standing;
use crate::control::Waiver;
use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::inventory::Inventory;

mod read;

pub use crate::waiver::read::ALIASES;
pub use crate::waiver::read::KEYS;
pub use crate::waiver::read::read;

/// One waiver, with the places of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it says.
    pub waiver: Arc<Waiver>,
    /// Where the host pattern stands.
    pub hosts_at: Span,
    /// Where the control stands.
    pub control_at: Span,
    /// Where the day stands.
    pub expires_at: Span,
}

/// The waivers of a run, by control and host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers(HashMap<Arc<str>, HashMap<Arc<str>, Arc<Waiver>>>);

impl Waivers {
    /// The waiver of a host for a control, also one that has expired; of several, the one that holds longest.
    pub fn of(&self, host: &str, control: &str) -> Option<&Arc<Waiver>> {
        self.0.get(control)?.get(host)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, host: &Arc<str>, waiver: &Arc<Waiver>) {
        let hosts = self.0.entry(Arc::clone(&waiver.control)).or_default();
        let known = hosts
            .entry(Arc::clone(host))
            .or_insert_with(|| Arc::clone(waiver));
        if known.expires < waiver.expires {
            *known = Arc::clone(waiver);
        }
    }
}

/// Finds the hosts of each waiver once and for all. Patterns that name no host of the inventory are mistakes.
pub fn resolve(entries: &[Entry], inventory: &Inventory) -> (Waivers, Vec<Diagnostic>) {
    let mut waivers = Waivers::default();
    let mut mistakes = Vec::new();
    for entry in entries {
        match inventory.select(&entry.waiver.hosts) {
            Ok(hosts) => {
                for host in hosts {
                    waivers.add(&host.name, &entry.waiver);
                }
            }
            Err(error) => {
                let mut mistake = Diagnostic::error("waiver-without-hosts", error.to_string())
                    .at(&entry.hosts_at)
                    .label("the waiver is for no host");
                if let Some(near) = error.suggestion() {
                    mistake = mistake.help(format!("did you mean `{near}`?"));
                }
                mistake.help.extend(error.help());
                mistakes.push(mistake);
            }
        }
    }
    (waivers, mistakes)
}

/// Tells of waivers for controls that no play has; only a warning when included files may have them.
pub fn check_controls(entries: &[Entry], controls: &Controls) -> Vec<Diagnostic> {
    let is_unknown = |entry: &&Entry| !controls.known.contains_key(&entry.waiver.control);
    let unknown = entries.iter().filter(is_unknown);
    unknown
        .map(|entry| {
            let id = &entry.waiver.control;
            let message = format!("no play has the control `{id}`");
            let mistake = if controls.open {
                Diagnostic::warning("waiver-without-control", message)
                    .help("files that are included while the run goes on may have it")
            } else {
                Diagnostic::error("waiver-without-control", message)
            };
            let known = controls.known.keys().map(|known| &**known);
            let mistake = mistake
                .at(&entry.control_at)
                .label("the waiver is for no task")
                .suggest(id, known);
            if controls.known.is_empty() {
                mistake.help("tasks say which control they check by `control: ID`")
            } else {
                mistake
            }
        })
        .collect()
}

/// Warns of waivers that end soon or have ended.
pub fn warnings(entries: &[Entry], today: Date) -> Vec<Diagnostic> {
    let told = entries.iter().filter_map(|entry| {
        let Waiver { control, owner, .. } = &*entry.waiver;
        let found = match entry.waiver.standing(today) {
            Standing::Holds => return None,
            Standing::EndsSoon { days } => Diagnostic::warning(
                "waiver-ends",
                format!("the waiver of `{owner}` for `{control}` ends {}", in_days(days)),
            )
            .label("its last day")
            .help("correct the hosts before, or have it prolonged; from the day after on they are changed again"),
            Standing::Expired { days } => Diagnostic::warning(
                "waiver-expired",
                format!(
                    "the waiver of `{owner}` for `{control}` ended {days} {} ago",
                    plural(days)
                ),
            )
            .label("it waives nothing any more")
            .help("prolong it, or take it out of the file"),
        };
        Some(found.at(&entry.expires_at))
    });
    told.collect()
}

fn in_days(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}

fn plural(days: i64) -> &'static str {
    if days == 1 { "day" } else { "days" }
}
