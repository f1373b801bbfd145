//! A task for the Windows Task Scheduler, as XML of version 1.4 (2.5 of MS-TSCH, "XML Task Definition Language").

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cli::schedule::install::Site;
use crate::cli::schedule::install::lines;
use crate::cli::schedule::install::longest;
use crate::cli::schedule::install::times::Times;
use crate::job::Days;
use crate::job::Fields;
use crate::job::Job;
use crate::job::MissedRuns;
use crate::job::Overlap;
use crate::job::Unusual;

const SERVE: &str = "let `rdpfix serve` run it";

/// A task has no more triggers.
const MOST_TRIGGERS: usize = 48;

/// NETWORK SERVICE, under any language of Windows.
const NETWORK_SERVICE: &str = "S-1-5-20";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The task of a job; empty when it was refused.
pub(super) fn task(site: &mut Site<'_>, job: &Job, now: Timestamp) -> String {
    let Some(triggers) = triggers(site, job, now) else {
        return String::new();
    };
    if job.overlap == Overlap::Queue {
        site.note(
            job,
            "the Task Scheduler queues every time that comes while the task runs, not one of them",
            "`overlap: skip` queues none",
        );
    }
    let user = site.user.map_or_else(
        || format!("<UserId>{NETWORK_SERVICE}</UserId>"),
        |user| {
            format!(
                "<UserId>{}</UserId>\n      <LogonType>Password</LogonType>",
                escaped(user)
            )
        },
    );
    let words: Vec<String> = site
        .arguments(job)
        .iter()
        .map(|word| quoted(word))
        .collect();
    format!(
        "<?xml version=\"1.0\"?>
<!-- schtasks /Create /XML FILE /TN and the text of URI -->
<Task version=\"1.4\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">
  <RegistrationInfo>
    <Description>rdpfix job {name}</Description>
    <URI>\\rdpfix\\{name}</URI>
  </RegistrationInfo>
  <Triggers>
{triggers}  </Triggers>
  <Principals>
    <Principal id=\"Author\">
      {user}
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
{}  <Actions Context=\"Author\">
    <Exec>
      <Command>{}</Command>
      <Arguments>{}</Arguments>
    </Exec>
  </Actions>
</Task>
",
        settings(job),
        escaped(&site.program),
        escaped(&words.join(" ")),
        name = job.name,
    )
}

fn settings(job: &Job) -> String {
    let policy = match job.overlap {
        Overlap::Skip => "IgnoreNew",
        Overlap::Queue => "Queue",
    };
    let late = job.missed_runs == MissedRuns::RunOnce;
    // PT0S is no limit.
    let limit = longest(job).unwrap_or_default();
    format!(
        "  <Settings>
    <MultipleInstancesPolicy>{policy}</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>{late}</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT{limit}S</ExecutionTimeLimit>
    <UseUnifiedSchedulingEngine>true</UseUnifiedSchedulingEngine>
  </Settings>
"
    )
}

/// The job's triggers; `None` when it was refused.
fn triggers(site: &mut Site<'_>, job: &Job, now: Timestamp) -> Option<String> {
    let times = Times::of(job)
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    let days = days(&times.fields)
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    let is_utc = &*times.zone == "UTC";
    if !is_utc {
        site.note(
            job,
            format!("a task goes by the clock of its machine, which has to be that of {}", times.zone),
            "`tzutil /g` shows the machine's zone; with `time_zone: UTC` the task goes by UTC wherever it runs",
        );
    }
    // Yesterday, so that no time of today is before the first.
    let today = now.to_zoned(job.zone.rules.clone()).date();
    let start = today.yesterday().unwrap_or(today);
    let begins = begins(&times.minutes());
    if begins.len() * days.len() > MOST_TRIGGERS {
        site.refuse(
            job,
            format!(
                "a task has {MOST_TRIGGERS} triggers at most, and these times need {}",
                begins.len() * days.len()
            ),
            "let fewer times do, at equal distances over the whole day if possible",
        );
        return None;
    }
    let suffix = if is_utc { "Z" } else { "" };
    let mut text = String::new();
    for begin in &begins {
        for day in &days {
            let _written = write!(
                text,
                "    <CalendarTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>{}{suffix}</StartBoundary>
{}{day}    </CalendarTrigger>
",
                begin.moment(start),
                begin.repetition(),
            );
        }
    }
    Some(text)
}

/// A time of the day, and whether it comes again through the day.
struct Begin {
    minute: u16,
    every: Option<u16>,
}

impl Begin {
    fn moment(&self, day: Date) -> String {
        format!("{day}T{:02}:{:02}:00", self.minute / 60, self.minute % 60)
    }

    fn repetition(&self) -> String {
        self.every.map_or_else(String::new, |minutes| {
            format!(
                "      <Repetition>
        <Interval>PT{minutes}M</Interval>
        <Duration>P1D</Duration>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
"
            )
        })
    }
}

/// Times at equal distances round the clock are one trigger that repeats; others are one each.
fn begins(minutes: &[u16]) -> Vec<Begin> {
    const DAY: u16 = 24 * 60;
    let count = u16::try_from(minutes.len()).unwrap_or(DAY);
    let step = DAY.checked_div(count).unwrap_or_default();
    let is_even = count > 1
        && DAY.is_multiple_of(count)
        && minutes
            .windows(2)
            .all(|pair| matches!(pair, [one, next] if next - one == step));
    match minutes.first() {
        Some(first) if is_even => vec![Begin {
            minute: *first,
            every: Some(step),
        }],
        Some(_) | None => minutes
            .iter()
            .map(|minute| Begin {
                minute: *minute,
                every: None,
            })
            .collect(),
    }
}

/// Days as the Task Scheduler writes them, a trigger for each.
fn days(fields: &Fields) -> Result<Vec<String>, String> {
    let by_month = || {
        let mut days: Vec<String> = fields.days.iter().map(u16::to_string).collect();
        if fields.unusual.contains(&Unusual::LastDay) {
            days.push("Last".to_owned());
        }
        (!days.is_empty()).then(|| of_month(fields, &days))
    };
    let by_week = || (!fields.weekdays.is_empty()).then(|| of_week(fields));
    let every_day: Vec<String> = (1..=31_u16).map(|day| day.to_string()).collect();
    let mut found: Vec<String> = match fields.rule {
        Days::Any if fields.months.len() == MONTHS.len() => vec![
            "      <ScheduleByDay>\n        <DaysInterval>1</DaysInterval>\n      </ScheduleByDay>\n"
                .to_owned(),
        ],
        Days::Any => vec![of_month(fields, &every_day)],
        Days::OfMonth => by_month().into_iter().collect(),
        Days::OfWeek => by_week().into_iter().collect(),
        Days::Either => by_month().into_iter().chain(by_week()).collect(),
        Days::Both => {
            return Err("the Task Scheduler takes either kind of day, never both (`+`)".to_owned());
        }
    };
    for day in &fields.unusual {
        found.extend(unusual(fields, *day)?);
    }
    Ok(found)
}

fn unusual(fields: &Fields, day: Unusual) -> Result<Option<String>, String> {
    let refused = |what: String| Err(format!("the Task Scheduler has no words for `{what}`"));
    match day {
        // Among the days of the month already.
        Unusual::LastDay => Ok(None),
        Unusual::LastWorkday => refused("LW".to_owned()),
        Unusual::NearestWorkday(day) => refused(format!("{day}W")),
        Unusual::LastWeekday(day) => Ok(Some(of_weeks(fields, &["Last".to_owned()], &[day]))),
        Unusual::NthWeekday(day, 5) => refused(format!("{day}#5")),
        Unusual::NthWeekday(day, which) => Ok(Some(of_weeks(fields, &[which.to_string()], &[day]))),
    }
}

fn of_month(fields: &Fields, days: &[String]) -> String {
    let days = lines(days, |day| format!("          <Day>{day}</Day>\n"));
    format!(
        "      <ScheduleByMonth>\n        <DaysOfMonth>\n{days}        </DaysOfMonth>\n{}      </ScheduleByMonth>\n",
        months(fields)
    )
}

fn of_week(fields: &Fields) -> String {
    if fields.months.len() == MONTHS.len() {
        return format!(
            "      <ScheduleByWeek>\n        <WeeksInterval>1</WeeksInterval>\n{}      </ScheduleByWeek>\n",
            weekdays(&fields.weekdays)
        );
    }
    // A fifth week is the last one.
    let weeks = ["1", "2", "3", "4", "Last"].map(str::to_owned);
    of_weeks(fields, &weeks, &fields.weekdays)
}

fn of_weeks(fields: &Fields, weeks: &[String], days: &[u16]) -> String {
    let weeks = lines(weeks, |week| format!("          <Week>{week}</Week>\n"));
    format!(
        "      <ScheduleByMonthDayOfWeek>\n        <Weeks>\n{weeks}        </Weeks>\n{}{}      </ScheduleByMonthDayOfWeek>\n",
        weekdays(days),
        months(fields)
    )
}

fn months(fields: &Fields) -> String {
    let names = fields
        .months
        .iter()
        .filter_map(|month| MONTHS.get(usize::from(*month).saturating_sub(1)));
    elements("Months", names)
}

fn weekdays(days: &[u16]) -> String {
    let names = days
        .iter()
        .filter_map(|day| WEEKDAYS.get(usize::from(*day)));
    elements("DaysOfWeek", names)
}

fn elements<'n>(outer: &str, names: impl Iterator<Item = &'n &'n str>) -> String {
    let inner = lines(names, |name| format!("          <{name} />\n"));
    format!("        <{outer}>\n{inner}        </{outer}>\n")
}

/// A text in XML, in ASCII, so that no encoding has to be told.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            ' '..='~' => out.push(letter),
            _ => {
                let _written = write!(out, "&#{};", u32::from(letter));
            }
        }
    }
    out
}

/// A word of a command line as programs of Windows take it apart: backslashes count before quotes only.
fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    let mut out = String::from("\"");
    let mut backslashes = 0;
    for letter in word.chars() {
        match letter {
            '\\' => backslashes += 1,
            '"' => {
                out.push_str(&"\\".repeat(backslashes * 2 + 1));
                backslashes = 0;
            }
            _ => {
                out.push_str(&"\\".repeat(backslashes));
                backslashes = 0;
            }
        }
        if letter != '\\' {
            out.push(letter);
        }
    }
    out.push_str(&"\\".repeat(backslashes * 2));
    out.push('"');
    out
}
