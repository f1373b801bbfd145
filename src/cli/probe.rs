//! `rdpfix probe`: hosts as a client sees them, many at once, told as each visit ends.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;

use crate::cli::access::Access;
use crate::cli::args::FleetArguments;
use crate::cli::args::KeyArguments;
use crate::cli::args::ProbeArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::forks::forks;
use crate::cli::interrupt::Interrupt;
use crate::cli::inventory;
use crate::cli::inventory::Fleet;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::probe::account::Account;
use crate::cli::probe::reporters::Reporting;
use crate::cli::probe::reporters::Visit;
use crate::cli::settings::Settings;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::probe::surveyor::SurveyOptions;
use crate::probe::surveyor::Target;
use crate::report::probe::Standing;
use crate::report::probe::nagios::State;
use crate::survey::judge;

mod account;
mod authority;
mod reporters;
pub mod target;

/// Looks at hosts from outside.
pub fn probe(
    arguments: &ProbeArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let looked = look(arguments, environment, talk);
    if !reporters::is_plugin(&arguments.reporter) {
        return looked;
    }
    // A monitoring system knows four states, and wants its line whatever happened.
    Ok(match looked {
        Ok(status) => status,
        Err(error) => {
            let _told = talk.error(&error);
            reporters::tell_unknown(&error)?;
            ExitStatus::Plugin(State::Unknown.code())
        }
    })
}

fn look(
    arguments: &ProbeArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let forks = forks(arguments.forks, Settings::of(environment, talk)?)?;
    let mut targets = target::typed(&arguments.hosts)?;
    let options = SurveyOptions {
        deadline: Duration::from_secs(arguments.timeout.max(1)),
        repeat: arguments.repeat,
        login: account::credentials(arguments, environment)?,
        gateway: arguments
            .gateway
            .as_deref()
            .map(target::gateway)
            .transpose()?,
        roots: authority::roots(arguments.ca.as_deref())?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let fleet = if arguments.inventory.is_empty() {
            None
        } else {
            let fleet = fleet(arguments);
            let access = Access::of(&fleet.keys, environment, talk)?;
            let extra = std::collections::BTreeMap::new();
            Some(inventory::open(&fleet, &access, (&extra, None), talk).await?)
        };
        let status = match listed(fleet.as_ref(), arguments) {
            Ok(listed) => {
                targets.extend(listed);
                let targets = target::once_each(targets);
                let order = Order {
                    targets,
                    options,
                    forks,
                };
                visit_all(order, arguments, talk, &interrupt).await
            }
            Err(error) => Err(error),
        };
        if let Some(fleet) = fleet {
            fleet.close().await;
        }
        status
    })
}

/// What is to be visited, and how.
struct Order {
    targets: Vec<Target>,
    options: SurveyOptions,
    forks: usize,
}

fn fleet(arguments: &ProbeArguments) -> FleetArguments {
    FleetArguments {
        inventory: arguments.inventory.clone(),
        limit: arguments.limit.clone(),
        user: None,
        connection_password_file: None,
        keys: KeyArguments::default(),
    }
}

/// The hosts of the inventory that were meant.
fn listed(fleet: Option<&Fleet>, arguments: &ProbeArguments) -> anyhow::Result<Vec<Target>> {
    let Some(fleet) = fleet else {
        return Ok(Vec::new());
    };
    let hosts = match &arguments.limit {
        Some(pattern) => fleet.select(pattern)?,
        None => fleet.hosts().to_vec(),
    };
    if hosts.is_empty() {
        return Err(Refusal::new(ExitStatus::NoHosts, "no hosts matched")
            .hint("the inventory is empty, or `--limit` names nobody in it")
            .into());
    }
    let target = |host: &Arc<crate::inventory::Host>| Target {
        host: host.name.to_string(),
        address: host.address.clone(),
        port: host.rdp_port,
        gateway: host.rdp_gateway.clone(),
    };
    Ok(hosts.iter().map(target).collect())
}

/// What all visits come to.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    broken: usize,
    unreachable: usize,
}

impl Tally {
    fn add(&mut self, standing: Standing) {
        match standing {
            Standing::Well | Standing::Warned => {}
            Standing::Broken => self.broken += 1,
            Standing::Unreachable => self.unreachable += 1,
        }
    }

    /// Unreachable outranks broken, as with runs.
    fn status(self) -> ExitStatus {
        if self.unreachable > 0 {
            ExitStatus::Unreachable
        } else if self.broken > 0 {
            ExitStatus::Drift
        } else {
            ExitStatus::Success
        }
    }
}

async fn visit_all(
    order: Order,
    arguments: &ProbeArguments,
    talk: &Talk,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let reporting = reporters::start(
        &arguments.reporter,
        reporters::Shown {
            talk,
            verbosity: arguments.verbose,
            hosts: order.targets.len(),
        },
    )?;
    let mut tally = Tally::default();
    let mut flag = interrupt.flag();
    tokio::select! {
        () = carry_out(order, &reporting, &mut tally) => {}
        _ = flag.wait_for(|interrupted| *interrupted) => {}
    }
    // What is there is told, unless somebody insists.
    let state = tokio::select! {
        state = reporting.finished() => state?,
        () = interrupt.insisted() => None,
    };
    let status = state.map_or_else(|| tally.status(), |state| ExitStatus::Plugin(state.code()));
    Ok(interrupt.status().unwrap_or(status))
}

/// Visits everybody. With an account one after the other until a host has accepted it, so that a wrong password is not
/// tried on many hosts before the first refusal is heard.
async fn carry_out(order: Order, reporting: &Reporting, tally: &mut Tally) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let account = Account::new(clock.clone(), order.options);
    let mut targets = order.targets.into_iter();
    while account.is_on_trial() {
        let Some(target) = targets.next() else {
            break;
        };
        let visit = judged(&account, target, clock.now()).await;
        tally.add(visit.standing());
        reporting.tell(visit).await;
    }
    let mut visits = stream::iter(targets)
        .map(|target| judged(&account, target, clock.now()))
        .buffer_unordered(order.forks);
    while let Some(visit) = visits.next().await {
        tally.add(visit.standing());
        reporting.tell(visit).await;
    }
}

async fn judged(account: &Account, target: Target, now: Timestamp) -> Visit {
    let survey = account.survey(&target).await;
    let findings = judge::findings(&survey, now);
    Visit { survey, findings }
}
