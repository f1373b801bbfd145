//! The command line: what was typed, then what to do, then one exit code. The only place that knows all layers.

use std::ffi::OsString;
use std::io::Write;
use std::time::Duration;

use clap::Parser;

pub mod access;
pub mod args;
pub mod diagnose;
pub mod doc;
pub mod environment;
pub mod exit;
pub mod explain;
pub mod facts;
pub mod files;
pub mod forks;
pub mod history;
pub mod interrupt;
pub mod inventory;
pub mod lab;
pub mod lint;
pub mod manual;
pub mod output;
pub mod passwords;
pub mod probe;
pub mod rdp_file;
pub mod reporters;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod schema;
pub mod serve;
pub mod settings;
pub mod sign_in;
pub mod terminal;
pub mod vault;
pub mod waivers;

use crate::cli::args::Arguments;
use crate::cli::args::LabUpArguments;
use crate::cli::args::LabVerb;
use crate::cli::args::Verb;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::lab::LabUp;
use crate::cli::output::Talk;

/// Runs a command line, program name first, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let environment = Environment::read();
    let talk = Talk::new(&environment, arguments.color);
    match dispatch(arguments.verb, &environment, &talk) {
        Ok(status) => status,
        Err(error) => talk.error(&error),
    }
}

fn dispatch(verb: Verb, environment: &Environment, talk: &Talk) -> anyhow::Result<ExitStatus> {
    match verb {
        Verb::Lint(lint) => lint::lint(&lint, environment, talk),
        Verb::Serve(arguments) => serve::serve(&arguments, environment, talk),
        Verb::Schedule(verb) => schedule::schedule(&verb, environment, talk),
        Verb::Waivers(arguments) => waivers::waivers(&arguments, environment, talk),
        Verb::Inventory(inventory) => inventory::show::show(&inventory, environment, talk),
        Verb::Facts(facts) => facts::facts(&facts, environment, talk),
        Verb::Vault(verb) => vault::vault(&verb, environment, talk),
        Verb::Doc(doc) => doc::doc(&doc),
        Verb::Schema(schema) => schema::schema(&schema),
        Verb::Completions(completions) => manual::completions(&completions),
        Verb::Man => manual::man(),
        Verb::Apply(apply) => run::apply(&apply, environment, talk),
        Verb::Probe(probe) => probe::probe(&probe, environment, talk),
        Verb::Diagnose(diagnose) => diagnose::diagnose(&diagnose, environment, talk),
        Verb::Explain(explain) => explain::explain(&explain),
        Verb::History(history) => history::history(&history, environment),
        Verb::RdpFile(verb) => rdp_file::rdp_file(&verb),
        Verb::Audit(audit) => run::audit(audit, environment, talk),
        Verb::Lab(LabVerb::Up(up)) => lab_up(up, talk),
        Verb::Lab(LabVerb::List) => {
            lab::list(&mut std::io::stdout())?;
            Ok(ExitStatus::Success)
        }
    }
}

fn lab_up(arguments: LabUpArguments, talk: &Talk) -> anyhow::Result<ExitStatus> {
    let options = LabUp {
        scenario: arguments.scenario,
        hosts: arguments.hosts,
        listen: arguments.listen,
        write_inventory: arguments.write_inventory,
        time: arguments.time.map(Duration::from_secs),
        record: arguments.record,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(lab::up(options, talk, &mut std::io::stdout()))?;
    Ok(ExitStatus::Success)
}

/// Shows help, the version or a usage mistake.
fn usage(error: &clap::Error) -> ExitStatus {
    let text = error.render();
    if error.use_stderr() {
        let _written = write!(std::io::stderr(), "{}", text.ansi());
        ExitStatus::Usage
    } else {
        let _written = write!(std::io::stdout(), "{}", text.ansi());
        ExitStatus::Success
    }
}
