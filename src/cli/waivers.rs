//! Waiver files: read for a run, and shown by `rdpfix waivers`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::access::Access;
use crate::cli::args::WaiversArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::lint;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::control::Controls;
use crate::control::Standing;
use crate::control::Waiver;
use crate::diag::Diagnostic;
use crate::waiver;
use crate::waiver::Entry;
use crate::waiver::Waivers;

/// The waivers of some files, for plays with these controls. Mistakes in files have been shown when this fails.
pub fn read(files: &[PathBuf], controls: &Controls, talk: &Talk) -> anyhow::Result<Vec<Entry>> {
    let (entries, told) = look(files, Some(controls))?;
    sound(entries, &told, talk)
}

/// As [`read`], with the mistakes instead of showing them; controls are not looked at where nobody knows them.
pub fn look(
    files: &[PathBuf],
    controls: Option<&Controls>,
) -> anyhow::Result<(Option<Vec<Entry>>, Vec<Diagnostic>)> {
    let today = today();
    let (entries, mut told) = read_files(files, today)?;
    let found = entries.as_deref().unwrap_or_default();
    if let Some(controls) = controls {
        told.extend(waiver::check_controls(found, controls));
    }
    told.extend(waiver::warnings(found, today));
    Ok((entries, told))
}

/// The hosts of each waiver.
pub fn resolve(entries: &[Entry], fleet: &Fleet, talk: &Talk) -> anyhow::Result<Arc<Waivers>> {
    let (waivers, told) = waiver::resolve(entries, fleet.inventory());
    sound(Some(Arc::new(waivers)), &told, talk)
}

/// `rdpfix waivers`: tells what stands in the files and how long it holds.
pub fn waivers(
    arguments: &WaiversArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let access = Access::of(&arguments.fleet.keys, environment, talk)?;
    let today = today();
    let (entries, mut told) = read_files(&arguments.files, today)?;
    if !arguments.playbook.is_empty() {
        let controls = controls(arguments, &access, talk)?;
        let found = entries.as_deref().unwrap_or_default();
        told.extend(waiver::check_controls(found, &controls));
    }
    let entries = sound(entries, &told, talk)?;
    let has_inventory = !inventory::named(&arguments.fleet, environment, talk)?.is_empty();
    let hosts = if has_inventory {
        Some(hosts(arguments, &access, &entries, talk)?)
    } else {
        None
    };
    let mut out = std::io::stdout().lock();
    for entry in &entries {
        let on = match &hosts {
            Some(hosts) => format!(
                "{} ({} hosts)",
                entry.waiver.hosts,
                hosts.get(&*entry.waiver.hosts).copied().unwrap_or_default()
            ),
            None => entry.waiver.hosts.to_string(),
        };
        writeln!(out, "{}", line(&entry.waiver, &on, today))?;
    }
    Ok(ExitStatus::Success)
}

/// How many hosts each pattern names.
fn hosts(
    arguments: &WaiversArguments,
    access: &Access<'_>,
    entries: &[Entry],
    talk: &Talk,
) -> anyhow::Result<BTreeMap<String, usize>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let extra = BTreeMap::new();
        let fleet = inventory::open(&arguments.fleet, access, (&extra, None), talk).await?;
        let resolved = resolve(entries, &fleet, talk);
        let mut found = BTreeMap::new();
        for entry in entries {
            let hosts = fleet.inventory().select(&entry.waiver.hosts);
            found.insert(
                entry.waiver.hosts.to_string(),
                hosts.map_or(0, |hosts| hosts.len()),
            );
        }
        fleet.close().await;
        resolved.map(|_| found)
    })
}

/// The controls of all playbooks that are named.
fn controls(
    arguments: &WaiversArguments,
    access: &Access<'_>,
    talk: &Talk,
) -> anyhow::Result<Controls> {
    let mut all = Controls::default();
    for path in &arguments.playbook {
        let (playbook, told) = lint::read_playbook(path, &BTreeMap::new(), access)?;
        let playbook = sound(playbook, &told, talk)?;
        all.known.extend(playbook.controls.known);
        all.open |= playbook.controls.open;
    }
    Ok(all)
}

fn line(waiver: &Waiver, on: &str, today: Date) -> String {
    let standing = match waiver.standing(today) {
        Standing::Holds => "holds".to_owned(),
        Standing::EndsSoon { days: 0 } => "ends today".to_owned(),
        Standing::EndsSoon { days: 1 } => "ends tomorrow".to_owned(),
        Standing::EndsSoon { days } => format!("ends in {days} days"),
        Standing::Expired { .. } => "expired".to_owned(),
    };
    let Waiver {
        control,
        owner,
        reason,
        expires,
        ..
    } = waiver;
    format!("{control}  {on}  {expires}  {standing}  {owner}: {reason}")
}

/// Days are those of UTC, as in results.
fn today() -> Date {
    SystemClock.now().to_zoned(TimeZone::UTC).date()
}

fn read_files(
    files: &[PathBuf],
    today: Date,
) -> anyhow::Result<(Option<Vec<Entry>>, Vec<Diagnostic>)> {
    let mut sources = Vec::new();
    let mut told = Vec::new();
    for file in files {
        match lint::read_source(file)? {
            Ok(source) => sources.push(source),
            Err(mistake) => told.push(mistake),
        }
    }
    let is_complete = told.is_empty();
    let (entries, more) = waiver::read(&sources, today);
    told.extend(more);
    Ok((entries.filter(|_| is_complete), told))
}

/// What was read, after what is to be said about it; the error says nothing more when that holds an error.
fn sound<T>(read: Option<T>, told: &[Diagnostic], talk: &Talk) -> anyhow::Result<T> {
    let found = talk.diagnostics(told);
    match read {
        Some(read) if found == Found::NoErrors => Ok(read),
        Some(_) | None => Err(Refusal::new(ExitStatus::Invalid, "the files cannot be used").into()),
    }
}
