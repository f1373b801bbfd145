//! Services and timers of systemd, and the unit of the standing service.

use std::collections::BTreeSet;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::schedule::install::Site;
use crate::cli::schedule::install::lines;
use crate::cli::schedule::install::longest;
use crate::cli::schedule::install::ranges;
use crate::cli::schedule::install::times::Times;
use crate::job::Days;
use crate::job::Fields;
use crate::job::Job;
use crate::job::MissedRuns;
use crate::job::Overlap;
use crate::job::Unusual;

const FOLDER: &str = "/etc/systemd/system";

/// How long the standing service waits for running jobs; what it does after that fits into the rest of `TimeoutStopSec`.
const DRAIN: &str = "4m";

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// What the account may do: reach hosts, read files, and write the history; nothing else.
const HARDENING: &str = "\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077
StateDirectory=rdpfix
Environment=XDG_STATE_HOME=%S
";

/// All units, each below a line with its path. With named jobs, theirs alone.
pub(super) fn units(site: &mut Site<'_>, jobs: &[&Arc<Job>]) -> String {
    let mut text = String::new();
    if jobs.len() == site.file.jobs.len() {
        text.push_str(&standing(site));
    }
    for job in jobs {
        let Some(calendar) = calendar(site, job) else {
            continue;
        };
        text.push_str(&service(site, job));
        text.push_str(&timer(job, &calendar));
    }
    text
}

/// The unit that runs all jobs by itself.
fn standing(site: &Site<'_>) -> String {
    let serve = ["serve", "--jobs", &site.jobs, "--drain", DRAIN].map(str::to_owned);
    format!(
        "# {FOLDER}/rdpfix.service
# Runs all jobs by itself: enable either this one or the timers below, not both.
[Unit]
Description=rdpfix, scheduled compliance of Remote Desktop hosts
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
{}
ExecReload=/bin/kill -HUP $MAINPID
# Running jobs get the time to finish what they are at.
TimeoutStopSec=5min
Restart=on-failure
RestartSec=10
{}
[Install]
WantedBy=multi-user.target

",
        started(site, &serve),
        hardening(site)
    )
}

fn service(site: &Site<'_>, job: &Job) -> String {
    let limit = longest(job).map_or_else(|| "infinity".to_owned(), |seconds| seconds.to_string());
    format!(
        "# {FOLDER}/rdpfix-{name}.service
[Unit]
Description=rdpfix job {name}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
{}
# Drift is a finding, not a failure of the unit.
SuccessExitStatus=3
TimeoutStartSec={limit}
{}
",
        started(site, &site.arguments(job)),
        hardening(site),
        name = job.name,
    )
}

fn timer(job: &Job, calendar: &[String]) -> String {
    let calendar = lines(calendar, |line| format!("OnCalendar={line}\n"));
    let persistent = match job.missed_runs {
        MissedRuns::RunOnce => "yes",
        MissedRuns::Skip => "no",
    };
    format!(
        "# {FOLDER}/rdpfix-{name}.timer
[Unit]
Description=times of the rdpfix job {name}

[Timer]
{calendar}AccuracySec=1s
# Whether a time is made up for that passed while the machine was off.
Persistent={persistent}

[Install]
WantedBy=timers.target

",
        name = job.name,
    )
}

fn started(site: &Site<'_>, arguments: &[String]) -> String {
    let words = std::iter::once(&site.program).chain(arguments);
    let words: Vec<String> = words.map(|word| quoted(word)).collect();
    format!(
        "ExecStart={}\nUser={}",
        words.join(" "),
        site.user.unwrap_or("rdpfix")
    )
}

/// Everything is read-only but for the folders that the jobs write to, as the machine sees them that runs the jobs.
fn hardening(site: &Site<'_>) -> String {
    let reports = site.file.jobs.iter().flat_map(|job| &job.reporters);
    let reports = reports.filter_map(|reporter| reporter.split_once(':'));
    let written = reports.map(|(_, path)| Path::new(path));
    let folders: BTreeSet<String> = site
        .file
        .store
        .as_deref()
        .into_iter()
        .chain(written)
        .filter_map(|path| Some(quoted(&there(site, path)?.parent()?.display().to_string())))
        .collect();
    let folders = lines(folders, |folder| format!("ReadWritePaths={folder}\n"));
    format!("{HARDENING}{folders}")
}

/// A path of the job file on the machine that runs the jobs: relative ones count from the folder of the file there. Without
/// `..`, which systemd takes in no path.
fn there(site: &Site<'_>, path: &Path) -> Option<PathBuf> {
    let here = Path::new(&site.file.name).parent()?;
    let own = path.strip_prefix(here).unwrap_or(path);
    let mut whole = PathBuf::new();
    for part in Path::new(&site.jobs).parent()?.join(own).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    Some(whole)
}

/// A word of a command line: `%` and `$` mean something to systemd everywhere.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:@+=,".contains(letter);
    let doubled = word.replace('%', "%%").replace('$', "$$");
    if word.chars().all(is_plain) && !word.is_empty() {
        doubled
    } else {
        format!("\"{}\"", doubled.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The job's times as calendar expressions; `None` when it was refused.
fn calendar(site: &mut Site<'_>, job: &Job) -> Option<Vec<String>> {
    if job.overlap == Overlap::Queue {
        site.refuse(
            job,
            "systemd starts no unit a second time while it runs, and does not remember that it was due",
            "`overlap: skip` is what it does",
        );
    }
    let times = Times::of(job)
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    let dates = dates(&times.fields)
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    if &*times.zone != "UTC" {
        site.note(
            job,
            "systemd has rules of its own for times that are skipped or come twice when clocks are changed",
            "set such jobs before 01:00 or after 04:00 where that matters",
        );
    }
    let mut lines = Vec::new();
    for (minutes, hours) in &times.grid {
        let hours = ranges(hours, (0, 23), "..");
        let minutes = ranges(minutes, (0, 59), "..");
        for date in &dates {
            lines.push(format!("{date} {hours}:{minutes}:00 {}", times.zone));
        }
    }
    Some(lines)
}

const SERVE: &str = "let `rdpfix serve` run it";

/// Days as systemd writes them, any of which counts.
fn dates(fields: &Fields) -> Result<Vec<String>, String> {
    let months = ranges(&fields.months, (1, 12), "..");
    let days = ranges(&fields.days, (1, 31), "..");
    let weekdays: Vec<&str> = fields
        .weekdays
        .iter()
        .filter_map(|day| WEEKDAYS.get(usize::from(*day)).copied())
        .collect();
    let weekdays = weekdays.join(",");
    let by_month = (!fields.days.is_empty()).then(|| format!("*-{months}-{days}"));
    let by_week = (!weekdays.is_empty()).then(|| format!("{weekdays} *-{months}-*"));
    let mut found: Vec<String> = match fields.rule {
        Days::Any => vec![format!("*-{months}-*")],
        Days::OfMonth => by_month.into_iter().collect(),
        Days::OfWeek => by_week.into_iter().collect(),
        Days::Either => by_month.into_iter().chain(by_week).collect(),
        Days::Both if fields.unusual.is_empty() => {
            vec![format!("{weekdays} *-{months}-{days}")]
        }
        Days::Both => {
            return Err(
                "`+` beside days that depend on the month has no words in systemd".to_owned(),
            );
        }
    };
    for day in &fields.unusual {
        for (week, date) in unusual(*day)? {
            let space = if week.is_empty() { "" } else { " " };
            found.push(format!("{week}{space}*-{months}{date}"));
        }
    }
    Ok(found)
}

/// Weekdays with days of the month, `~` counting from its end.
fn unusual(day: Unusual) -> Result<Vec<(String, String)>, String> {
    let pair = |week: &str, date: String| (week.to_owned(), date);
    let named = |day: u16| {
        let name = WEEKDAYS.get(usize::from(day));
        name.copied().unwrap_or_default().to_owned()
    };
    Ok(match day {
        Unusual::LastDay => vec![pair("", "~01".to_owned())],
        // The Friday before a month that ends on a weekend.
        Unusual::LastWorkday => vec![
            pair("Mon..Fri", "~01".to_owned()),
            pair("Fri", "~02".to_owned()),
            pair("Fri", "~03".to_owned()),
        ],
        Unusual::NearestWorkday(1) => vec![
            pair("Mon..Fri", "-01".to_owned()),
            pair("Mon", "-02".to_owned()),
            pair("Mon", "-03".to_owned()),
        ],
        Unusual::NearestWorkday(day) if day < 28 => vec![
            pair("Mon..Fri", format!("-{day:02}")),
            pair("Fri", format!("-{:02}", day - 1)),
            pair("Mon", format!("-{:02}", day + 1)),
        ],
        Unusual::NearestWorkday(day) => {
            return Err(format!(
                "`{day}W` depends on the length of the month, for which systemd has no words"
            ));
        }
        Unusual::LastWeekday(day) => vec![(named(day), "~07/1".to_owned())],
        Unusual::NthWeekday(day, 5) => vec![(named(day), "-29..31".to_owned())],
        Unusual::NthWeekday(day, which) => {
            let last = which * 7;
            vec![(named(day), format!("-{:02}..{last:02}", last - 6))]
        }
    })
}
