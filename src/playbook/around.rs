//! What statements take from what is around them: the play, blocks, and files that import them.
//!
//! Knows which keywords are handed down and how they combine, as Ansible does; must not know how tasks are read.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use crate::diag::Diagnostic;
use crate::playbook::Condition;
use crate::playbook::Manner;
use crate::playbook::Ruled;
use crate::playbook::shelf::Shelf;
use crate::syntax::Node;
use crate::syntax::template::Variables;
use crate::syntax::template::has_template;

/// What all statements of a play share.
#[derive(Debug, Default)]
pub(super) struct PlaySide {
    /// The folder of the playbook.
    pub(super) folder: PathBuf,
    /// `vars` and `vars_files`.
    pub(super) vars: BTreeMap<String, Node>,
    /// Names that may be notified; set once the handlers were read.
    pub(super) handlers: OnceLock<Vec<String>>,
    /// Files that tasks include and that were checked already.
    pub(super) checked: Mutex<BTreeSet<PathBuf>>,
}

/// What a statement takes from what is around it.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// The play.
    pub(super) play: Arc<PlaySide>,
    /// The file that the statement stands in, after those that led to it.
    pub(super) files: Vec<PathBuf>,
    /// How many blocks and files are around it.
    pub(super) depth: usize,
    /// `when` of blocks and imports, the outermost first.
    pub(super) when: Vec<Condition>,
    /// `tags` of the play, blocks and imports.
    pub(super) tags: Vec<String>,
    /// `vars` of blocks and imports.
    pub(super) vars: Arc<BTreeMap<String, Node>>,
    /// Keywords of which the innermost counts.
    pub(super) keywords: Keywords,
}

/// Keywords of which the innermost counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Keywords {
    /// `ignore_errors`.
    pub(super) ignore_errors: Option<Node>,
    /// `ignore_unreachable`.
    pub(super) ignore_unreachable: Option<Node>,
    /// `no_log`.
    pub(super) no_log: Option<Node>,
    /// `check_mode`.
    pub(super) check_mode: Option<Node>,
    /// `diff`.
    pub(super) diff: Option<Node>,
    /// `run_once`.
    pub(super) run_once: Option<bool>,
    /// `throttle`; 0 lifts the limit.
    pub(super) throttle: Option<usize>,
    /// `timeout`; 0 lifts the limit.
    pub(super) timeout: Option<u64>,
    /// `notify`.
    pub(super) notify: Option<Vec<String>>,
    /// `delegate_to`.
    pub(super) delegate_to: Option<Node>,
    /// `control`.
    pub(super) control: Option<Ruled>,
}

impl Keywords {
    /// These, and where they say nothing those around them.
    pub(super) fn or(self, outer: &Self) -> Self {
        Self {
            ignore_errors: self.ignore_errors.or_else(|| outer.ignore_errors.clone()),
            ignore_unreachable: self
                .ignore_unreachable
                .or_else(|| outer.ignore_unreachable.clone()),
            no_log: self.no_log.or_else(|| outer.no_log.clone()),
            check_mode: self.check_mode.or_else(|| outer.check_mode.clone()),
            diff: self.diff.or_else(|| outer.diff.clone()),
            run_once: self.run_once.or(outer.run_once),
            throttle: self.throttle.or(outer.throttle),
            timeout: self.timeout.or(outer.timeout),
            notify: self.notify.or_else(|| outer.notify.clone()),
            delegate_to: self.delegate_to.or_else(|| outer.delegate_to.clone()),
            control: self.control.or_else(|| outer.control.clone()),
        }
    }

    /// As a task carries them.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            ignore_errors: self.ignore_errors.clone(),
            ignore_unreachable: self.ignore_unreachable.clone(),
            no_log: self.no_log.clone(),
            check_mode: self.check_mode.clone(),
            diff: self.diff.clone(),
            run_once: self.run_once.unwrap_or_default(),
            throttle: self.throttle.filter(|limit| *limit > 0),
            timeout: self.timeout.filter(|limit| *limit > 0),
        }
    }
}

/// What one statement adds to what is around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    /// `when`.
    pub(super) when: Vec<Condition>,
    /// `tags`.
    pub(super) tags: Vec<String>,
    /// `vars`.
    pub(super) vars: BTreeMap<String, Node>,
    /// The others.
    pub(super) keywords: Keywords,
}

impl Around {
    /// What is around the statements of a play.
    pub(super) fn play(play: Arc<PlaySide>, file: PathBuf, own: Own) -> Self {
        Self {
            play,
            files: vec![file],
            depth: 0,
            when: Vec::new(),
            tags: Vec::new(),
            vars: Arc::default(),
            keywords: Keywords::default(),
        }
        .within(own)
    }

    /// What is around the statements of one that says this.
    pub(super) fn within(&self, own: Own) -> Self {
        let mut when = self.when.clone();
        when.extend(own.when);
        let mut tags = self.tags.clone();
        for tag in own.tags {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let vars = if own.vars.is_empty() {
            Arc::clone(&self.vars)
        } else {
            let mut vars = BTreeMap::clone(&self.vars);
            vars.extend(own.vars);
            Arc::new(vars)
        };
        Self {
            play: Arc::clone(&self.play),
            files: self.files.clone(),
            depth: self.depth,
            when,
            tags,
            vars,
            keywords: own.keywords.or(&self.keywords),
        }
    }

    /// What is around the statements of a file.
    pub(super) fn in_file(&self, file: PathBuf) -> Self {
        let mut inner = self.clone();
        inner.files.push(file);
        inner.depth += 1;
        inner
    }

    /// What is around the statements of a block that says this.
    pub(super) fn in_block(&self, own: Own) -> Self {
        let mut inner = self.within(own);
        inner.depth += 1;
        inner
    }

    /// The file that the statement stands in.
    pub(super) fn file(&self) -> PathBuf {
        self.files.last().cloned().unwrap_or_default()
    }

    /// The value of a node that is needed before hosts are known: only `-e`, `vars` of the play and those of blocks count.
    pub(super) fn fixed(&self, node: &Node, files: &Shelf) -> Result<Node, Diagnostic> {
        fixed(
            node,
            files,
            &[&self.vars, &self.play.vars],
            &self.play.folder,
        )
    }
}

/// See [`Around::fixed`].
pub(super) fn fixed(
    node: &Node,
    shelf: &Shelf,
    vars: &[&BTreeMap<String, Node>],
    folder: &std::path::Path,
) -> Result<Node, Diagnostic> {
    if !has_template(node) {
        return Ok(node.clone());
    }
    let layers = std::iter::once(&shelf.extra).chain(vars.iter().copied());
    let variables = Variables::new(layers.collect()).with("playbook_dir", &shown(folder));
    shelf.engine.render(node, &variables).map_err(|mistake| {
        mistake.help("this is read before hosts are known: only `-e` and the play's `vars` count")
    })
}

/// A folder as templates see it; a bare name has no folder, which is the current one.
fn shown(folder: &std::path::Path) -> String {
    if folder.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        folder.display().to_string()
    }
}
