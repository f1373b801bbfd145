//! What every host of a run has around it: the inventory as a whole, the way templates are evaluated, wishes of the
//! command line.

use std::sync::Arc;

use crate::inventory::Inventory;
use crate::syntax::template::Engine;
use crate::waiver::Waivers;

/// What every host of a run has around it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Everybody, also those that take no part in the run: `groups`, `group_names`, `hostvars`.
    pub inventory: Arc<Inventory>,
    /// Evaluates what holds templates but no engine of its own; has the vault passwords.
    pub engine: Arc<Engine>,
    /// How many `-v` were given: `debug` with a higher `verbosity` says nothing.
    pub verbosity: u8,
    /// `--diff`, which templates see as `ansible_diff_mode`.
    pub diff: bool,
    /// The folder of the playbook: `playbook_dir`.
    pub playbook_dir: String,
    /// The folder of the inventory: `inventory_dir`.
    pub inventory_dir: Option<String>,
    /// `--tags`, for tasks that are included while the run goes on.
    pub tags: Vec<String>,
    /// `--skip-tags`, likewise.
    pub skip_tags: Vec<String>,
    /// Deviations that somebody answers for.
    pub waivers: Arc<Waivers>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            inventory: Arc::default(),
            engine: Arc::default(),
            verbosity: 0,
            diff: false,
            playbook_dir: ".".to_owned(),
            inventory_dir: None,
            tags: Vec::new(),
            skip_tags: Vec::new(),
            waivers: Arc::default(),
        }
    }
}
