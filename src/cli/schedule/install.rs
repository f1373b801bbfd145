//! `rdpfix schedule install`: what another scheduler needs to run the jobs, on standard output.
//!
//! What the other scheduler cannot do is refused; what it does in another way is told.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use crate::cli::args::ScheduleInstallArguments;
use crate::cli::args::ScheduleTarget;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::schedule::chosen;
use crate::cli::schedule::read;
use crate::cli::serve::executor::HOST_TIMEOUT;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::diag::Diagnostic;
use crate::job::Job;
use crate::job::JobFile;
use crate::job::Mode;
use crate::job::SplayBy;

mod cron;
mod kubernetes;
mod systemd;
mod times;
mod windows;

/// Prints what a scheduler needs.
pub fn install(arguments: &ScheduleInstallArguments, talk: &Talk) -> anyhow::Result<ExitStatus> {
    let file = read(&arguments.file, talk)?;
    let jobs = chosen(&file, &arguments.job)?;
    check_place(arguments)?;
    let mut site = Site::new(arguments, &file);
    let text = match arguments.target {
        ScheduleTarget::Systemd => systemd::units(&mut site, &jobs),
        ScheduleTarget::Cron => cron::table(&mut site, &jobs),
        ScheduleTarget::WindowsTask => windows::task(&mut site, single(&jobs)?, SystemClock.now()),
        ScheduleTarget::Kubernetes => kubernetes::manifests(&mut site, &jobs)?,
    };
    if talk.diagnostics(&site.told) == Found::Errors {
        return Err(Refusal::new(
            ExitStatus::Invalid,
            format!(
                "not all jobs of `{}` can be run by this scheduler",
                file.name
            ),
        )
        .hint("`rdpfix serve` runs all of them")
        .into());
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}

/// Whoever runs a command for others starts it in a folder of their own.
fn check_place(arguments: &ScheduleInstallArguments) -> Result<(), Refusal> {
    let is_unix = arguments.target != ScheduleTarget::WindowsTask;
    match &arguments.jobs_at {
        Some(path) if is_unix && !path.starts_with('/') => Err(Refusal::new(
            ExitStatus::Usage,
            format!("`--jobs-at {path}` does not begin at the root"),
        )
        .hint("name the job file by its whole path, as in `--jobs-at /etc/rdpfix/jobs.yml`")),
        Some(_) | None => Ok(()),
    }
}

fn single<'j>(jobs: &[&'j Arc<Job>]) -> anyhow::Result<&'j Arc<Job>> {
    match jobs {
        [job] => Ok(job),
        _ => Err(Refusal::new(ExitStatus::Usage, "a task file holds one job")
            .hint("name it by `--job NAME`")
            .into()),
    }
}

/// Where and as whom the jobs run, and what is to be told about that.
struct Site<'a> {
    program: String,
    /// The job file as the machine that runs the jobs sees it.
    jobs: String,
    user: Option<&'a str>,
    image: Option<&'a str>,
    file: &'a JobFile,
    told: Vec<Diagnostic>,
}

impl<'a> Site<'a> {
    fn new(arguments: &'a ScheduleInstallArguments, file: &'a JobFile) -> Self {
        let program = match arguments.target {
            ScheduleTarget::WindowsTask => r"C:\Program Files\rdpfix\rdpfix.exe",
            ScheduleTarget::Systemd | ScheduleTarget::Cron | ScheduleTarget::Kubernetes => {
                "/usr/local/bin/rdpfix"
            }
        };
        let here = match arguments.target {
            ScheduleTarget::Kubernetes => {
                let name = arguments.file.file_name().unwrap_or_default();
                format!("/etc/rdpfix/{}", name.to_string_lossy())
            }
            ScheduleTarget::Systemd | ScheduleTarget::Cron | ScheduleTarget::WindowsTask => {
                files::absolute(&arguments.file).display().to_string()
            }
        };
        Self {
            program: arguments
                .program
                .clone()
                .unwrap_or_else(|| program.to_owned()),
            jobs: arguments.jobs_at.clone().unwrap_or(here),
            user: arguments.user.as_deref(),
            image: arguments.image.as_deref(),
            file,
            told: Vec::new(),
        }
    }

    /// The command that runs a job, without the program. The job's own splay is waited for by the run itself, so that it
    /// is the same under every scheduler.
    fn arguments(&self, job: &Job) -> Vec<String> {
        let has_splay = job.splay.is_some_and(|splay| splay.by == SplayBy::Job);
        let splay = has_splay.then_some("--splay");
        ["schedule", "run", "--jobs", &self.jobs]
            .into_iter()
            .chain(splay)
            .chain([&*job.name])
            .map(str::to_owned)
            .collect()
    }

    /// Refuses a job.
    fn refuse(&mut self, job: &Job, message: impl Into<String>, help: &str) {
        self.told.push(
            Diagnostic::error("not-expressible", message)
                .at(&job.span)
                .help(help),
        );
    }

    /// Tells what is otherwise than under the standing service.
    fn note(&mut self, job: &Job, message: impl Into<String>, help: &str) {
        self.told.push(
            Diagnostic::warning("other-scheduler", message)
                .at(&job.span)
                .help(help),
        );
    }
}

/// Seconds after which a run is surely over: the splay, and every try with the wait before it. A try looks, and corrects
/// after that where the job does both, each with its deadline and the time that hosts may take which were begun just before
/// it. `None` when nothing bounds it.
fn longest(job: &Job) -> Option<u64> {
    let tries = u64::from(job.retries.count).saturating_add(1);
    let waits = job
        .retries
        .delay
        .as_secs()
        .saturating_mul(tries.saturating_sub(1));
    let passes = match job.mode {
        Mode::ApplyInWindow => 2,
        Mode::Audit | Mode::Apply => 1,
    };
    let pass = job.deadline?.as_secs().saturating_add(HOST_TIMEOUT);
    Some(
        pass.saturating_mul(passes)
            .saturating_mul(tries)
            .saturating_add(waits)
            .saturating_add(job.offset().as_secs()),
    )
}

/// A line for each item.
fn lines<T>(items: impl IntoIterator<Item = T>, line: impl Fn(T) -> String) -> String {
    items.into_iter().map(line).collect()
}

/// Numbers as a list with ranges: `1-5,7`; `*` when it is all of the bounds.
fn ranges(values: &[u16], (low, high): (u16, u16), between: &str) -> String {
    let mut text = String::new();
    let mut rest = values.iter().copied().peekable();
    if values.len() == usize::from(high - low + 1) {
        return "*".to_owned();
    }
    while let Some(first) = rest.next() {
        let mut last = first;
        while let Some(next) = rest.next_if(|next| *next == last + 1) {
            last = next;
        }
        let comma = if text.is_empty() { "" } else { "," };
        let _written = match last - first {
            0 => write!(text, "{comma}{first}"),
            1 => write!(text, "{comma}{first},{last}"),
            _ => write!(text, "{comma}{first}{between}{last}"),
        };
    }
    text
}
