//! Lines for `crontab`.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::cli::schedule::install::Site;
use crate::cli::schedule::install::ranges;
use crate::cli::schedule::install::times::Times;
use crate::job::Days;
use crate::job::Fields;
use crate::job::Job;
use crate::job::MissedRuns;
use crate::job::Overlap;

const SERVE: &str = "let `rdpfix serve` or systemd run it";

/// The lines of all jobs.
pub(super) fn table(site: &mut Site<'_>, jobs: &[&Arc<Job>]) -> String {
    let mut text = "# For cronie, which knows CRON_TZ: `crontab -u rdpfix FILE`.\n".to_owned();
    if let Some(job) = jobs.first() {
        site.note(
            job,
            "cron programs without `CRON_TZ`, that of Debian among them, go by the machine's own zone",
            "use cronie or a timer of systemd there, or set the machine to that zone",
        );
    }
    for job in jobs {
        text.push_str(&lines(site, job).unwrap_or_default());
    }
    text
}

/// The lines of a job; `None` when it was refused.
fn lines(site: &mut Site<'_>, job: &Job) -> Option<String> {
    if job.overlap == Overlap::Queue {
        site.refuse(
            job,
            "cron queues nothing",
            "`overlap: skip` passes times over, by `flock`",
        );
    }
    let times = Times::of(job)
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    let days = days(&times.fields, "cron")
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    if job.missed_runs == MissedRuns::RunOnce {
        site.note(
            job,
            "cron makes up for nothing that passed while the machine was off",
            "`missed: skip` says so in the file",
        );
    }
    let command = command(site, job);
    let mut text = format!("\n# {}\nCRON_TZ={}\n", job.name, times.zone);
    for (minutes, hours) in &times.grid {
        let minutes = ranges(minutes, (0, 59), "-");
        let hours = ranges(hours, (0, 23), "-");
        let _written = writeln!(text, "{minutes} {hours} {days} {command}");
    }
    Some(text)
}

/// Day of the month, month and weekday; the error says what `who` has no words for.
pub(super) fn days(fields: &Fields, who: &str) -> Result<String, String> {
    if !fields.unusual.is_empty() {
        return Err(format!("{who} has no `L`, `W` and `#`"));
    }
    // `*` in one of the two is what makes the other one alone count.
    let listed = |values: &[u16], bounds: (u16, u16)| match ranges(values, bounds, "-").as_str() {
        "*" => format!("{}-{}", bounds.0, bounds.1),
        list => list.to_owned(),
    };
    let days = || listed(&fields.days, (1, 31));
    let weekdays = || listed(&fields.weekdays, (0, 6));
    let months = ranges(&fields.months, (1, 12), "-");
    let star = || "*".to_owned();
    let (days, weekdays) = match fields.rule {
        Days::Any => (star(), star()),
        Days::OfMonth => (days(), star()),
        Days::OfWeek => (star(), weekdays()),
        Days::Either => (days(), weekdays()),
        Days::Both => return Err(format!("{who} takes either kind of day, never both (`+`)")),
    };
    Ok(format!("{days} {months} {weekdays}"))
}

/// A time is passed over while the job's lock is held. `%` would end the command.
fn command(site: &Site<'_>, job: &Job) -> String {
    let words = std::iter::once(site.program.clone()).chain(site.arguments(job));
    let words: Vec<String> = words.map(|word| quoted(&word)).collect();
    let line = format!(
        "flock -n /run/lock/rdpfix-{}.lock {}",
        job.name,
        words.join(" ")
    );
    line.replace('%', "\\%")
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:@%+=,".contains(letter);
    if word.chars().all(is_plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
