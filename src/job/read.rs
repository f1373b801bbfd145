//! Reads job files: `jobs`, `defaults` and `store`.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::diag::Span;
use crate::job::Job;
use crate::job::JobFile;
use crate::job::keys;
use crate::job::read::draft::Draft;
use crate::job::read::values::Values;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;

mod draft;
mod place;
mod schedule;
mod values;
mod webhook;
mod whole;
mod window;

/// Reads a file of jobs. All mistakes are told at once; the file is `None` when one of them is an error. Relative paths
/// count from the folder of the file's name.
pub fn parse(source: &Arc<Source>) -> (Option<JobFile>, Vec<Diagnostic>) {
    let root = match syntax::parse(source) {
        Ok(root) => root,
        Err(mistakes) => return (None, mistakes),
    };
    let mut reader = Reader {
        folder: folder_of(&source.name),
        engine: Engine::new(),
        mistakes: Vec::new(),
    };
    let (store, jobs) = reader.file(&root);
    let mut mistakes = reader.mistakes;
    // In the order of the lines, whatever was looked at first.
    mistakes.sort_by_key(|mistake| mistake.span.as_ref().map(|span| span.start));
    let is_sound = mistakes
        .iter()
        .all(|mistake| mistake.severity == Severity::Warning);
    let file = JobFile {
        name: source.name.clone(),
        store,
        jobs,
    };
    (is_sound.then_some(file), mistakes)
}

fn folder_of(name: &str) -> PathBuf {
    Path::new(name)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// A file while it is read.
struct Reader {
    folder: PathBuf,
    engine: Engine,
    mistakes: Vec<Diagnostic>,
}

impl Reader {
    fn file(&mut self, root: &Node) -> (Option<PathBuf>, Vec<Arc<Job>>) {
        let values = Values::new("job file", keys::FILE, root, &mut self.mistakes);
        let store = values.text("store").map(|path| self.folder.join(path));
        let (jobs, defaults) = (values.node("jobs"), values.node("defaults"));
        let defaults = defaults.map(|node| (node, self.draft("defaults", keys::DEFAULTS, node)));
        let Some(jobs) = jobs else {
            return (store, Vec::new());
        };
        if jobs.items().is_empty() {
            self.mistakes.push(no_jobs(jobs));
        }
        let mut read = Vec::new();
        let mut seen: BTreeMap<Arc<str>, Span> = BTreeMap::new();
        for item in jobs.items() {
            let Some(job) = self.job(item, defaults.as_ref()) else {
                continue;
            };
            if let Some(first) = seen.insert(Arc::clone(&job.name), job.span.clone()) {
                self.mistakes.push(twice(&job, &first));
            }
            read.push(Arc::new(job));
        }
        (store, read)
    }

    /// A job; `None` when it has no name or lacks what every job needs, which has been told.
    fn job(&mut self, item: &Node, defaults: Option<&(&Node, Draft)>) -> Option<Job> {
        let mut draft = self.draft("job", keys::JOB, item);
        let is_written = |key: &str| {
            item.get(key).is_some() || defaults.is_some_and(|(node, _)| node.get(key).is_some())
        };
        if let Some((_, defaults)) = defaults {
            // A job that says how often does not also take over when.
            if item.get("cron").is_some() || item.get("every").is_some() {
                draft.schedule.is_set = true;
            }
            draft.inherit(defaults);
        }
        if matches!(item.content, Content::Mapping(_)) {
            for (key, about) in [
                ("playbook", "the playbook that the job runs"),
                ("inventory", "the hosts, as `--inventory` takes them"),
            ] {
                if !is_written(key) {
                    self.mistakes.push(missing(item, key, about));
                }
            }
            if !is_written("cron") && !is_written("every") {
                self.mistakes.push(no_schedule(item));
            }
        }
        let job = draft.finished(item)?;
        whole::check(&job, &mut self.mistakes);
        Some(job)
    }

    fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }
}

fn missing(item: &Node, key: &str, about: &str) -> Diagnostic {
    Diagnostic::error("missing-key", format!("`job` lacks `{key}`"))
        .at(name_of(item))
        .label(format!("needs `{key}`, here or in `defaults`"))
        .help(format!("`{key}`: {about}"))
}

fn no_schedule(item: &Node) -> Diagnostic {
    Diagnostic::error("missing-key", "`job` lacks `cron` or `every`")
        .at(name_of(item))
        .label("when is it run?")
        .help("such as `cron: 30 2 * * *` with `time_zone: Europe/Berlin`, or `every: 6h`")
}

/// The place of a job's name, so that a long job is not shown whole.
fn name_of(item: &Node) -> &Span {
    item.get("name").map_or(&item.span, |name| &name.span)
}

fn no_jobs(jobs: &Node) -> Diagnostic {
    Diagnostic::error("no-jobs", "the file has no jobs")
        .at(&jobs.span)
        .label(format!("this is {}", jobs.describe()))
        .help("begin each job with `- name: ...`")
}

fn twice(job: &Job, first: &Span) -> Diagnostic {
    let (line, _) = first.line_and_column();
    Diagnostic::error(
        "duplicate-job",
        format!("a second job is named `{}`", job.name),
    )
    .at(&job.span)
    .label(format!("the first is on line {line}"))
    .help("histories and commands go by the name: give each job its own")
}
