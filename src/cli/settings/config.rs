//! Which `ansible.cfg` counts: the one that a variable names, else that of the current folder, of the user, of the system.

use std::path::Path;
use std::path::PathBuf;

use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::settings::ini::Sections;
use crate::cli::settings::table::CONFIG;
use crate::diag::Diagnostic;
use crate::diag::source_from_bytes;

const NAME: &str = "ansible.cfg";
const OF_USER: &str = "~/.ansible.cfg";
const OF_SYSTEM: &str = "/etc/ansible/ansible.cfg";

/// The file that counts; empty when there is none.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) sections: Sections,
    /// The folder of the file, where its relative paths begin.
    pub(super) folder: PathBuf,
}

/// Reads the first file that is there. Mistakes in it have been shown when this fails.
pub(super) fn read(environment: &Environment, talk: &Talk) -> anyhow::Result<Config> {
    let mut told = Vec::new();
    let config = look(environment, &mut told);
    let _shown: Found = talk.diagnostics(&told);
    config
}

/// Like [`read`]; warnings and mistakes are left to the caller.
pub(super) fn look(
    environment: &Environment,
    told: &mut Vec<Diagnostic>,
) -> anyhow::Result<Config> {
    let Some(path) = find(environment, told)? else {
        return Ok(Config::default());
    };
    let bytes = files::read(&path)
        .map_err(|error| Refusal::new(ExitStatus::Invalid, format!("{error:#}")))?;
    let source = source_from_bytes(&path.display().to_string(), bytes);
    let sections = source
        .map_err(|mistake| vec![mistake])
        .and_then(|source| Sections::parse(&source));
    match sections {
        Ok(sections) => Ok(Config {
            sections,
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
        }),
        Err(mistakes) => {
            told.extend(mistakes);
            let says = format!("the settings in `{}` cannot be used", path.display());
            Err(Refusal::new(ExitStatus::Invalid, says).into())
        }
    }
}

fn find(environment: &Environment, told: &mut Vec<Diagnostic>) -> anyhow::Result<Option<PathBuf>> {
    if let Some(text) = environment.variable(CONFIG.own) {
        let path = named(text, environment);
        if !files::exists(&path) {
            let says = format!(
                "`{}` names `{}`, which is not there",
                CONFIG.own,
                path.display()
            );
            return Err(Refusal::new(ExitStatus::Usage, says).into());
        }
        return Ok(Some(path));
    }
    let by_ansible = environment
        .variable(CONFIG.ansible)
        .map(|text| named(text, environment));
    if let Some(path) = &by_ansible {
        if files::exists(path) {
            return Ok(by_ansible);
        }
        let says = format!(
            "`{}` names `{}`, which is not there",
            CONFIG.ansible,
            path.display()
        );
        let warning = Diagnostic::warning("no-config", says);
        told.push(warning.help("other places are looked at, as Ansible does silently"));
    }
    let here = environment.folder.join(NAME);
    if files::exists(&here) {
        if !files::others_may_write(&environment.folder.join(".")) {
            return Ok(Some(here));
        }
        let says = format!("`{NAME}` of the current folder is ignored: anybody may write there");
        let warning = Diagnostic::warning("open-folder", says);
        told.push(warning.help(format!(
            "take that right away (`chmod o-w .`), or name the file: `{}={NAME}`",
            CONFIG.own
        )));
    }
    let others = [environment.expand(OF_USER), PathBuf::from(OF_SYSTEM)];
    Ok(others.into_iter().find(|path| files::exists(path)))
}

/// The file that a variable names, perhaps by its folder.
fn named(text: &str, environment: &Environment) -> PathBuf {
    let path = environment.folder.join(environment.expand(text));
    if files::is_folder(&path) {
        path.join(NAME)
    } else {
        path
    }
}
