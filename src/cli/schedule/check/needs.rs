//! Everything that would keep a job from being run: what a run reads is read as a run does, and nothing is begun.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use crate::cli::access::Access;
use crate::cli::args::RunArguments;
use crate::cli::environment::Environment;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::lint;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::reporters;
use crate::cli::run::prompt;
use crate::cli::run::ready::beside;
use crate::cli::schedule::check::hooks;
use crate::cli::schedule::check::hosts;
use crate::cli::schedule::check::paths;
use crate::cli::schedule::check::still::Still;
use crate::cli::serve::executor;
use crate::cli::waivers;
use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::event::RunMode;
use crate::job::Job;
use crate::playbook::Playbook;
use crate::waiver::Entry;

/// Looks at jobs; an inventory that several have is read once.
pub(super) struct Desk<'d> {
    environment: &'d Environment,
    talk: &'d Talk,
    fleets: BTreeMap<Key, Rc<Hosts>>,
}

/// What decides what an inventory says: its sources, the folder of the playbook, and the files with passwords.
type Key = (Vec<String>, Option<PathBuf>, Vec<PathBuf>, Option<PathBuf>);

/// The hosts of a job, as far as they can be known without running a program.
#[derive(Default)]
pub(super) struct Hosts {
    /// What was read; `None` when nothing can be made of it.
    pub(super) fleet: Option<Fleet>,
    /// The programs that were not run.
    pub(super) programs: Vec<PathBuf>,
    /// Whether these are all of them.
    pub(super) is_whole: bool,
    mistakes: Vec<Diagnostic>,
}

/// What a job runs, as far as it could be read.
pub(super) struct Plan<'p> {
    /// The job.
    pub(super) job: &'p Job,
    /// What a run of it is given, without the files that cannot be used.
    pub(super) arguments: &'p RunArguments,
    /// The playbook.
    pub(super) playbook: Option<&'p Playbook>,
    /// Its waivers.
    pub(super) waived: &'p [Entry],
    /// Whether a password is missing, so that hosts seem to have none.
    pub(super) lacks_password: bool,
}

impl<'d> Desk<'d> {
    pub(super) fn new(environment: &'d Environment, talk: &'d Talk) -> Self {
        Self {
            environment,
            talk,
            fleets: BTreeMap::new(),
        }
    }

    /// What is wrong with what a job names.
    pub(super) fn flaws(&mut self, job: &Job) -> Vec<Diagnostic> {
        let mut told = paths::flaws(job);
        told.extend(hooks::flaws(job));
        let flaws = reporters::flaws(&job.reporters).into_iter();
        told.extend(
            flaws.map(|(position, error)| refused(&error, job.place("reporters", position))),
        );
        let mut arguments = executor::arguments(job, RunMode::Check);
        let has_keys = keep_usable(&mut arguments);
        match Access::of(&arguments.fleet.keys, self.environment, self.talk) {
            Ok(access) => {
                let (mut found, needed) = self.read(job, &arguments, &access);
                if !has_keys {
                    lint::excuse(&mut found);
                }
                told.extend(found);
                told.extend(needed);
            }
            Err(error) => told.push(refused(&error, job.place("vault_password_file", 0))),
        }
        told
    }

    /// What is wrong with the files, and with how they fit each other.
    fn read(
        &mut self,
        job: &Job,
        arguments: &RunArguments,
        access: &Access<'_>,
    ) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let mut told = Vec::new();
        let playbook = playbook(job, access, &mut told);
        let waived = waived(job, arguments, playbook.as_ref(), &mut told);
        let hosts = self.hosts(job, arguments, access, &mut told);
        let password = job.connection_password_file.as_deref();
        let plan = Plan {
            job,
            arguments,
            playbook: playbook.as_ref(),
            waived: &waived,
            lacks_password: password.is_some_and(|path| !paths::is_usable(path)),
        };
        (told, hosts::flaws(&plan, &hosts, self.environment))
    }

    /// The hosts of a job.
    fn hosts(
        &mut self,
        job: &Job,
        arguments: &RunArguments,
        access: &Access<'_>,
        told: &mut Vec<Diagnostic>,
    ) -> Rc<Hosts> {
        let mut fleet = arguments.fleet.clone();
        let mut names = Vec::new();
        for (position, name) in fleet.inventory.drain(..).enumerate() {
            match paths::inventory(job, position, &name) {
                Some(mistake) => told.push(mistake),
                None => names.push(name),
            }
        }
        let is_whole = names.len() == job.inventory.len();
        fleet.inventory.clone_from(&names);
        let folder = beside(&job.playbook);
        let key = (
            names,
            folder.clone(),
            fleet.keys.vault_password_file.clone(),
            fleet.connection_password_file.clone(),
        );
        if let Some(known) = self.fleets.get(&key) {
            told.extend(known.mistakes.iter().cloned());
            return Rc::clone(known);
        }
        let still = Arc::new(Still::default());
        let looked = if fleet.inventory.is_empty() {
            Ok((None, Vec::new()))
        } else {
            inventory::look(&fleet, access, (folder, still.clone()), self.talk)
        };
        let (fleet, mistakes) =
            looked.unwrap_or_else(|error| (None, vec![refused(&error, job.place("inventory", 0))]));
        let programs = still.programs();
        let hosts = Rc::new(Hosts {
            is_whole: is_whole && programs.is_empty(),
            fleet,
            programs,
            mistakes,
        });
        told.extend(hosts.mistakes.iter().cloned());
        self.fleets.insert(key, Rc::clone(&hosts));
        hosts
    }
}

/// Takes out the files that cannot be used, which are told by themselves; whether none of them was for the vault.
fn keep_usable(arguments: &mut RunArguments) -> bool {
    let keys = &mut arguments.fleet.keys.vault_password_file;
    let before = keys.len();
    keys.retain(|path| paths::is_usable(path));
    let has_keys = keys.len() == before;
    let password = &mut arguments.fleet.connection_password_file;
    *password = password.take().filter(|path| paths::is_usable(path));
    arguments.waiver_file.retain(|path| paths::is_usable(path));
    has_keys
}

/// The playbook, which asks nothing that nobody can answer.
fn playbook(job: &Job, access: &Access<'_>, told: &mut Vec<Diagnostic>) -> Option<Playbook> {
    if !paths::is_usable(&job.playbook) {
        return None;
    }
    let place = job.place("playbook", 0);
    let none = BTreeMap::new();
    let (playbook, mistakes) = match lint::read_playbook(&job.playbook, &none, access) {
        Ok(read) => read,
        Err(error) => {
            told.push(refused(&error, place));
            return None;
        }
    };
    told.extend(mistakes);
    let playbook = playbook?;
    if let Err(error) = prompt::answered(&playbook.plays, &none, None) {
        told.push(refused(&error, place).label("nobody is there to answer"));
    }
    Some(playbook)
}

fn waived(
    job: &Job,
    arguments: &RunArguments,
    playbook: Option<&Playbook>,
    told: &mut Vec<Diagnostic>,
) -> Vec<Entry> {
    let controls = playbook.map(|playbook| &playbook.controls);
    match waivers::look(&arguments.waiver_file, controls) {
        Ok((entries, mistakes)) => {
            told.extend(mistakes);
            entries.unwrap_or_default()
        }
        Err(error) => {
            told.push(refused(&error, job.place("waivers", 0)));
            Vec::new()
        }
    }
}

/// What would end a run, as a mistake at the place that leads to it.
pub(super) fn refused(error: &anyhow::Error, place: &Span) -> Diagnostic {
    let hints = error.downcast_ref::<Refusal>();
    let mut mistake = Diagnostic::error("cannot-run", format!("{error:#}")).at(place);
    mistake.help.extend(
        hints
            .map(|refusal| refusal.hints.clone())
            .unwrap_or_default(),
    );
    mistake
}
