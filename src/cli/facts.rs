//! `rdpfix facts`: what hosts are.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cli::access::Access;
use crate::cli::args::FactsArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::forks::forks;
use crate::cli::interrupt::Interrupt;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::sign_in;
use crate::clock::SystemClock;
use crate::connect::Connector;
use crate::facts::Depth;
use crate::facts::Facts;
use crate::inventory::Host;
use crate::report;
use crate::session::WinRmConnector;

/// One host's document.
#[derive(Serialize)]
struct Document<'a> {
    host: &'a str,
    facts: &'a Facts,
    ansible_facts: Map<String, Value>,
}

/// How documents are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Over many lines, for a single host.
    Pretty,
    /// One line for each host.
    Lines,
}

/// Asks the hosts of a pattern what they are: one JSON document for each on standard output, in the order of the
/// inventory; on several lines when there is only one. Hosts that do not answer are told on standard error.
pub fn facts(
    arguments: &FactsArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let access = Access::of(&arguments.fleet.keys, environment, talk)?;
    let forks = forks(None, access.settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let extra = BTreeMap::new();
        let mut fleet = inventory::open(&arguments.fleet, &access, (&extra, None), talk).await?;
        let mut flag = interrupt.flag();
        let status = tokio::select! {
            status = ask_all(arguments, &mut fleet, forks, talk) => status,
            _ = flag.wait_for(|interrupted| *interrupted) => Ok(ExitStatus::Interrupted),
        };
        fleet.close().await;
        Ok(interrupt.status().unwrap_or(status?))
    })
}

async fn ask_all(
    arguments: &FactsArguments,
    fleet: &mut Fleet,
    forks: usize,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let hosts = chosen(arguments, fleet)?;
    let hosts = fleet.unlock(&hosts, talk).await?;
    let form = if hosts.len() == 1 {
        Form::Pretty
    } else {
        Form::Lines
    };
    let timeout = Duration::from_secs(arguments.timeout.max(1));
    let options = sign_in::options(timeout, fleet.trust_files()?);
    let connector = WinRmConnector::new(options, Arc::new(SystemClock));
    let mut answers = stream::iter(&hosts)
        .map(async |host| (host, ask(&connector, host).await))
        .buffered(forks);
    let mut status = ExitStatus::Success;
    while let Some((host, answer)) = answers.next().await {
        match answer {
            Ok(facts) => tell(host, &facts, form)?,
            Err(error) => status = worse(status, refuse(&host.name, &error, talk)),
        }
    }
    Ok(status)
}

/// The hosts of the pattern, narrowed by `--limit`, in the order of the inventory.
fn chosen(arguments: &FactsArguments, fleet: &Fleet) -> anyhow::Result<Vec<Arc<Host>>> {
    let mut hosts = fleet.select(&arguments.hosts)?;
    if let Some(limit) = &arguments.fleet.limit {
        let within = fleet.select(limit)?;
        hosts.retain(|host| within.iter().any(|one| one.name == host.name));
    }
    if hosts.is_empty() {
        return Err(Refusal::new(ExitStatus::NoHosts, "no hosts matched")
            .hint("the inventory is empty, or `--limit` leaves nobody of the pattern")
            .into());
    }
    Ok(hosts)
}

async fn ask(connector: &WinRmConnector, host: &Host) -> Result<Facts, CimError> {
    let session: Arc<dyn CimSession> = connector.connect(host).await?;
    let reader: &dyn CimReader = session.as_ref();
    let facts = Facts::gather_to(reader, Depth::Full).await;
    session.close().await;
    facts
}

fn tell(host: &Host, facts: &Facts, form: Form) -> anyhow::Result<()> {
    let document = Document {
        host: &host.name,
        facts,
        ansible_facts: facts.ansible_facts(),
    };
    // Line by line, so that a reader sees a host as soon as it has answered.
    let mut out = std::io::stdout();
    out.write_all(shown(&document, form)?.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn shown(document: &impl Serialize, form: Form) -> serde_json::Result<String> {
    let json = match form {
        Form::Pretty => serde_json::to_string_pretty(document)?,
        Form::Lines => serde_json::to_string(document)?,
    };
    // Breaks of lines are the layout; in texts they are escaped.
    let lines = json.lines().map(report::shown_json);
    Ok(lines.map(|line| line.into_owned() + "\n").collect())
}

fn refuse(host: &str, error: &CimError, talk: &Talk) -> ExitStatus {
    let said = error.to_string();
    talk.note(&format!("error: {host}: {}", report::shown(&said)));
    if let Some(hint) = error.hint() {
        talk.note(&format!("hint: {}", report::shown(&hint)));
    }
    if error.is_unreachable() {
        ExitStatus::Unreachable
    } else {
        ExitStatus::Failed
    }
}

/// Failed outranks unreachable, as with runs.
fn worse(one: ExitStatus, other: ExitStatus) -> ExitStatus {
    match (one, other) {
        (ExitStatus::Failed, _) | (_, ExitStatus::Failed) => ExitStatus::Failed,
        (ExitStatus::Unreachable, _) | (_, ExitStatus::Unreachable) => ExitStatus::Unreachable,
        (one, _) => one,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Form;
    use super::refuse;
    use super::shown;
    use crate::cim::CimError;
    use crate::cli::exit::ExitStatus;
    use crate::cli::output::Talk;

    /// What a terminal would obey: a sequence of its own, and the other direction.
    const HOSTILE: &str = "\u{9b}31m red \u{202e}tfel";

    #[test]
    fn what_a_host_says_cannot_move_the_cursor() {
        let talk = Talk::silent();
        let error = CimError::Denied {
            operation: HOSTILE.to_owned(),
        };
        assert_eq!(refuse("web01", &error, &talk), ExitStatus::Failed);
        let told = talk.take();
        assert!(told.starts_with("error: web01: "), "{told}");
        assert!(!told.contains(['\u{9b}', '\u{202e}']), "{told:?}");
    }

    #[test]
    fn documents_are_safe_on_a_terminal_and_say_the_same() {
        let document = json!({"caption": HOSTILE, "list": ["a\nb"]});
        for (form, lines) in [(Form::Lines, 1), (Form::Pretty, 6)] {
            let told = shown(&document, form).unwrap();
            assert_eq!(told.lines().count(), lines);
            assert!(!told.contains(['\u{9b}', '\u{202e}']), "{told:?}");
            assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), document);
        }
    }
}
