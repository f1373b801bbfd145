//! A job while it is read: every key may still be missing, and defaults fill in what it does not say.

use std::path::PathBuf;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::job::Job;
use crate::job::MissedRuns;
use crate::job::Mode;
use crate::job::Overlap;
use crate::job::Places;
use crate::job::Retries;
use crate::job::Schedule;
use crate::job::Splay;
use crate::job::Webhook;
use crate::job::Window;
use crate::job::Zone;
use crate::job::read::Reader;
use crate::job::read::place;
use crate::job::read::schedule::DELAY_OF_JOBS;
use crate::job::read::values::Values;
use crate::syntax::Node;
use crate::syntax::Property;

/// What one mapping says. A key whose value was wrong counts as said.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) name: Said<String>,
    pub(super) playbook: Said<PathBuf>,
    pub(super) inventory: Said<Vec<String>>,
    pub(super) limit: Said<String>,
    pub(super) mode: Said<Mode>,
    pub(super) schedule: Said<Schedule>,
    pub(super) zone: Said<Zone>,
    pub(super) splay: Said<Splay>,
    pub(super) windows: Said<Vec<Window>>,
    pub(super) blackouts: Said<Vec<Window>>,
    pub(super) deadline: Said<Duration>,
    pub(super) overlap: Said<Overlap>,
    pub(super) retries: Said<Retries>,
    pub(super) missed_runs: Said<MissedRuns>,
    pub(super) notify: Said<Vec<Webhook>>,
    pub(super) reporters: Said<Vec<String>>,
    pub(super) files: Files,
    pub(super) places: Places,
}

/// Files that a run reads.
#[derive(Default)]
pub(super) struct Files {
    waivers: Said<PathBuf>,
    vault_password: Said<PathBuf>,
    connection_password: Said<PathBuf>,
}

/// A value with whether its key was there.
pub(super) struct Said<T> {
    pub(super) is_set: bool,
    pub(super) value: Option<T>,
}

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self {
            is_set: false,
            value: None,
        }
    }
}

impl<T: Clone> Said<T> {
    fn of(mapping: &Node, key: &str, value: Option<T>) -> Self {
        Self {
            is_set: mapping.get(key).is_some(),
            value,
        }
    }

    fn inherit(&mut self, from: &Self) {
        if !self.is_set {
            self.value.clone_from(&from.value);
        }
    }
}

impl Reader {
    /// Reads the keys of a job or of the defaults.
    pub(super) fn draft(
        &mut self,
        what: &str,
        table: &'static [Property],
        mapping: &Node,
    ) -> Draft {
        let values = Values::new(what, table, mapping, &mut self.mistakes);
        let path = |key: &str| {
            let value = values.text(key).map(|text| self.path(text));
            Said::of(mapping, key, value)
        };
        let inventory = values.texts("inventory");
        let inventory = inventory.map(|items| self.inventories(items));
        let reporters = values.texts("reporters");
        let reporters = reporters.map(|items| self.reporters(items));
        let mut draft = Draft {
            playbook: path("playbook"),
            inventory: Said::of(mapping, "inventory", inventory),
            limit: Said::of(mapping, "limit", values.text("limit").map(str::to_owned)),
            mode: Said::of(mapping, "mode", values.text("mode").and_then(mode)),
            overlap: Said::of(mapping, "overlap", values.text("overlap").map(overlap)),
            missed_runs: Said::of(mapping, "missed", values.text("missed").map(missed_runs)),
            reporters: Said::of(mapping, "reporters", reporters),
            files: Files {
                waivers: path("waivers"),
                vault_password: path("vault_password_file"),
                connection_password: path("connection_password_file"),
            },
            places: Places::of(table, mapping),
            ..Draft::default()
        };
        self.parts(&values, mapping, &mut draft);
        draft
    }

    /// The keys whose values have a grammar of their own.
    fn parts(&mut self, values: &Values<'_>, mapping: &Node, draft: &mut Draft) {
        let node = |key: &str| values.node(key);
        let nodes = [
            "name",
            "splay",
            "windows",
            "blackouts",
            "deadline",
            "retries",
            "notify",
            "time_zone",
        ]
        .map(node);
        let (cron, every) = (values.node("cron"), values.node("every"));
        let [
            name,
            splay,
            windows,
            blackouts,
            deadline,
            retries,
            notify,
            zone,
        ] = nodes;
        draft.schedule = Said {
            is_set: mapping.get("cron").is_some() || mapping.get("every").is_some(),
            value: self.schedule(cron, every),
        };
        draft.name = Said::of(mapping, "name", name.and_then(|node| self.name(node)));
        draft.splay = Said::of(mapping, "splay", splay.and_then(|node| self.splay(node)));
        draft.windows = Said::of(
            mapping,
            "windows",
            windows.map(|node| self.windows("windows", node)),
        );
        draft.blackouts = Said::of(
            mapping,
            "blackouts",
            blackouts.map(|node| self.windows("blackouts", node)),
        );
        let deadline = deadline.and_then(|node| self.positive("deadline", node));
        draft.deadline = Said::of(mapping, "deadline", deadline);
        let retries = retries.and_then(|node| self.retries(node, DELAY_OF_JOBS));
        draft.retries = Said::of(mapping, "retries", retries);
        draft.notify = Said::of(mapping, "notify", notify.map(|node| self.webhooks(node)));
        draft.zone = Said::of(mapping, "time_zone", zone.and_then(|node| self.zone(node)));
    }

    fn name(&mut self, node: &Node) -> Option<String> {
        let name = node.spelled()?;
        let is_fine = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        let bad = name.chars().find(|letter| !is_fine(*letter));
        let piece = match bad {
            Some(letter) => letter.to_string(),
            None if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) => {
                name.chars().take(1).collect()
            }
            None if name.len() > MOST_LETTERS => name.to_owned(),
            None => return Some(name.to_owned()),
        };
        self.mistakes.push(
            Diagnostic::error("bad-name", format!("`{}` cannot be a job's name", name.escape_debug()))
                .at(&place::of(&piece, node))
                .label(format!("at most {MOST_LETTERS} letters, digits, `.`, `_` and `-`, a letter or a digit first"))
                .help("the name becomes part of the names of units, files and metrics"),
        );
        None
    }

    /// A list of hosts and the lab are no paths.
    fn inventories(&self, items: Vec<String>) -> Vec<String> {
        let located = |item: String| {
            let is_path = !item.contains(',') && item != "lab" && !item.starts_with("lab:");
            if is_path {
                self.path(&item).display().to_string()
            } else {
                item
            }
        };
        items.into_iter().map(located).collect()
    }

    /// The path behind the first colon is put behind the folder.
    fn reporters(&self, items: Vec<String>) -> Vec<String> {
        let located = |item: String| match item.split_once(':') {
            Some((name, path)) => format!("{name}:{}", self.path(path).display()),
            None => item,
        };
        items.into_iter().map(located).collect()
    }
}

const MOST_LETTERS: usize = 100;

impl Draft {
    /// Takes over what was not said.
    pub(super) fn inherit(&mut self, from: &Self) {
        self.playbook.inherit(&from.playbook);
        self.inventory.inherit(&from.inventory);
        self.limit.inherit(&from.limit);
        self.mode.inherit(&from.mode);
        self.schedule.inherit(&from.schedule);
        self.zone.inherit(&from.zone);
        self.splay.inherit(&from.splay);
        self.windows.inherit(&from.windows);
        self.blackouts.inherit(&from.blackouts);
        self.deadline.inherit(&from.deadline);
        self.overlap.inherit(&from.overlap);
        self.retries.inherit(&from.retries);
        self.missed_runs.inherit(&from.missed_runs);
        self.notify.inherit(&from.notify);
        self.reporters.inherit(&from.reporters);
        self.places.inherit(&from.places);
        self.files.waivers.inherit(&from.files.waivers);
        self.files
            .vault_password
            .inherit(&from.files.vault_password);
        self.files
            .connection_password
            .inherit(&from.files.connection_password);
    }

    /// The job; `None` when something is missing that every job needs.
    pub(super) fn finished(self, item: &Node) -> Option<Job> {
        Some(Job {
            name: self.name.value?.into(),
            playbook: self.playbook.value?,
            inventory: self.inventory.value?,
            limit: self.limit.value,
            mode: self.mode.value.unwrap_or(Mode::Audit),
            schedule: self.schedule.value?,
            zone: self.zone.value.unwrap_or_else(Zone::utc),
            splay: self.splay.value,
            windows: self.windows.value.unwrap_or_default(),
            blackouts: self.blackouts.value.unwrap_or_default(),
            deadline: self.deadline.value,
            overlap: self.overlap.value.unwrap_or_default(),
            retries: self.retries.value.unwrap_or_default(),
            missed_runs: self.missed_runs.value.unwrap_or_default(),
            notify: self.notify.value.unwrap_or_default(),
            reporters: self.reporters.value.unwrap_or_default(),
            waivers: self.files.waivers.value,
            vault_password_file: self.files.vault_password.value,
            connection_password_file: self.files.connection_password.value,
            span: item.get("name")?.span.clone(),
            places: self.places,
        })
    }
}

fn mode(word: &str) -> Option<Mode> {
    Mode::ALL.into_iter().find(|mode| mode.word() == word)
}

fn overlap(word: &str) -> Overlap {
    if word == Overlap::Queue.word() {
        Overlap::Queue
    } else {
        Overlap::Skip
    }
}

fn missed_runs(word: &str) -> MissedRuns {
    // One of two words, which the table has checked.
    if word == "skip" {
        MissedRuns::Skip
    } else {
        MissedRuns::RunOnce
    }
}
