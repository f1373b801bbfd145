//! Finds the scenario that is meant: one by its name, or a file that describes it.

use std::path::Path;

use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::lint::read_source;
use crate::cli::output::Found;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::lab::scenario;
use crate::lab::scenario::Scenario;

/// The scenario with so many hosts; mistakes in a file have been shown when this fails.
pub fn find(name: &str, hosts: Option<usize>, talk: &Talk) -> anyhow::Result<Scenario> {
    match scenario::named(name, hosts) {
        Ok(scenario) => Ok(scenario),
        Err(_) if is_file(name) => {
            let scenario = read(name, *talk)?;
            Ok(match hosts {
                Some(hosts) => scenario.repeated(hosts),
                None => scenario,
            })
        }
        Err(unknown) => Err(Refusal::new(ExitStatus::Usage, unknown.to_string())
            .hint("`rdpfix lab list` shows the scenarios")
            .into()),
    }
}

/// Whether a file is meant: it is there, or its name ends as those of YAML files do.
pub fn is_file(name: &str) -> bool {
    let path = Path::new(name);
    path.extension().is_some_and(|extension| {
        ["yml", "yaml"]
            .iter()
            .any(|yaml| extension.eq_ignore_ascii_case(yaml))
    }) || files::is_file(path)
}

fn read(name: &str, talk: Talk) -> anyhow::Result<Scenario> {
    let (scenario, diagnostics) = match read_source(Path::new(name))? {
        Ok(source) => scenario::file::from_source(&source),
        Err(diagnostic) => (None, vec![diagnostic]),
    };
    let found = talk.diagnostics(&diagnostics);
    match scenario {
        Some(scenario) if found == Found::NoErrors => Ok(scenario),
        Some(_) | None => Err(Refusal::new(
            ExitStatus::Invalid,
            format!("the scenario `{name}` cannot be used"),
        )
        .into()),
    }
}
