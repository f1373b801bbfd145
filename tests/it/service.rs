//! Facts about the standing service: whole days of it under a clock that tests hold, each case a file of
//! `tests/cases/service` with jobs, what happens, and every line that the service tells.
#![cfg(test)]

mod stage;

use serde::Deserialize;

use self::stage::Case;
use self::stage::play;
use crate::support;

#[derive(Deserialize)]
struct Script {
    /// The law that the case shows.
    about: String,
    #[serde(flatten)]
    case: Case,
    /// What the service tells, line by line.
    tells: String,
}

fn scripts() -> Vec<(String, Script)> {
    let folder = support::root().join("tests/cases/service");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|path| {
            let script = serde_yaml::from_slice(&support::bytes(&path));
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let script = script.unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, script)
        })
        .collect()
}

#[test]
fn the_service_keeps_its_laws() {
    let scripts = scripts();
    assert!(scripts.len() > 15, "only {} cases", scripts.len());
    let mut wrong = Vec::new();
    for (name, script) in scripts {
        let told = play(&script.case);
        if told.trim() != script.tells.trim() {
            wrong.push(format!("== {name}: {}\n{told}", script.about));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
