//! `wait_for_connection` and `wait_for`, and the tries to connect that `reboot` makes too.

use std::sync::Arc;
use std::time::Duration;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cim::Value;
use crate::event::RunMode;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::OBSERVING;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::playbook::actions::Patience;
use crate::playbook::actions::PortState;
use crate::playbook::actions::WaitFor;
use crate::runner::boot::BootContext;
use crate::runner::boot::BootOutcome;
use crate::runner::boot::moment::Boot;
use crate::runner::boot::seconds;
use crate::runner::boot::stuck;
use crate::runner::duty::guarded;
use crate::runner::line::Line;
use crate::runner::stop::Halt;

/// How often a password is tried again that a starting host refused.
///
/// Assumption: a member of a domain may refuse a right password until it has found a controller; without a controller
/// such tries count towards no lockout.
const MOST_REFUSALS: u32 = 2;
/// How long to wait before that.
const AFTER_REFUSAL: Duration = Duration::from_secs(15);
const WAITING: &str = "waiting";
/// Names by which every host calls itself.
const ITSELF: [&str; 4] = ["127.0.0.1", "::1", "localhost", "[::1]"];

/// Tries to look at a host, over one connection as long as it lasts.
pub(super) struct Again {
    way: Way,
    refusals: u32,
}

/// Whether everything goes over a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// It does.
    Yes,
    /// It has to be made first.
    NotYet,
}

enum Way {
    /// What everybody else uses.
    Line,
    /// A connection of our own.
    Own(Arc<dyn CimSession>),
    /// To be made.
    Lost,
}

impl Again {
    /// The line's own connection is tried first when there is one.
    pub(super) fn beginning_with(line: &Line) -> Self {
        Self {
            way: if line.is_connected() {
                Way::Line
            } else {
                Way::Lost
            },
            refusals: 0,
        }
    }

    /// Gives the connection up.
    pub(super) fn forget(&mut self) {
        self.way = Way::Lost;
    }

    /// Looks at the boot time; after an error the next look connects anew.
    pub(super) async fn look(&mut self, context: &BootContext<'_>) -> Result<Boot, CimError> {
        let looked = self.try_to_look(context).await;
        if looked.is_err() {
            self.give_up(context);
        }
        looked
    }

    async fn try_to_look(&mut self, context: &BootContext<'_>) -> Result<Boot, CimError> {
        let session = match &self.way {
            Way::Line => {
                let line: &dyn CimReader = context.line.as_ref();
                return Boot::look(line, context.clock.as_ref()).await;
            }
            Way::Own(session) => Arc::clone(session),
            Way::Lost => {
                let session = context.line.another().await?;
                self.way = Way::Own(Arc::clone(&session));
                session
            }
        };
        let host: Arc<dyn CimReader> = session;
        Boot::look(host.as_ref(), context.clock.as_ref()).await
    }

    fn give_up(&mut self, context: &BootContext<'_>) {
        if let Way::Own(session) = std::mem::replace(&mut self.way, Way::Lost) {
            context.line.charge(session.traffic());
        }
    }

    /// Lets a connection of our own carry everything from now on. The line's is given up instead: it may hold what died
    /// with the old boot, so the next look connects anew.
    pub(super) fn settle(&mut self, context: &BootContext<'_>) -> Settled {
        match std::mem::replace(&mut self.way, Way::Lost) {
            Way::Own(session) => {
                context.line.adopt(session);
                Settled::Yes
            }
            Way::Line | Way::Lost => Settled::NotYet,
        }
    }

    /// How long to wait at least after an error; the error itself when trying on would do harm.
    pub(super) fn pause_after(
        &mut self,
        error: &CimError,
        context: &BootContext<'_>,
    ) -> Result<Duration, CimError> {
        if !matches!(error, CimError::SignInRefused { .. }) {
            return Ok(Duration::ZERO);
        }
        self.refusals += 1;
        if self.refusals > MOST_REFUSALS {
            return Err(error.clone());
        }
        context.line.is_starting();
        Ok(AFTER_REFUSAL)
    }
}

/// `wait_for_connection`.
pub(super) async fn for_connection(patience: Patience, context: &BootContext<'_>) -> BootOutcome {
    if context.mode == RunMode::Check {
        let line: &dyn CimReader = context.line.as_ref();
        let looking = guarded(Boot::look(line, context.clock.as_ref()));
        return match context.stop.or(looking).await {
            Ok(Ok(_)) => BootOutcome::of(Outcome::Compliant),
            Ok(Err(error)) => BootOutcome::failed(OBSERVING, error),
            Err(halt) => halted(halt, OBSERVING, context),
        };
    }
    let mut last = None;
    let waiting = within(patience, context, connection(patience, context, &mut last));
    match context.stop.wait_as_ordered(guarded(waiting)).await {
        Ok(Ok(Some(()))) => BootOutcome::of(Outcome::Compliant),
        Ok(Ok(None)) => {
            let limit = seconds(patience.timeout);
            let detail = match &last {
                Some(error) => format!("no connection within {limit}: {error}"),
                None => format!("no connection within {limit}: nothing answers"),
            };
            let hint = last.as_ref().and_then(CimError::hint);
            let remedy = match hint {
                Some(hint) => hint,
                None => {
                    "look at the host's console; raise `timeout` when it takes longer".to_owned()
                }
            };
            BootOutcome::failed(WAITING, stuck(detail, remedy))
        }
        Ok(Err(error)) => BootOutcome::failed(WAITING, error),
        Err(halt) => halted(halt, WAITING, context),
    }
}

async fn connection(
    patience: Patience,
    context: &BootContext<'_>,
    last: &mut Option<CimError>,
) -> Result<(), CimError> {
    let mut again = Again::beginning_with(context.line);
    loop {
        let port = context.host.winrm.port;
        let mut pause = patience.sleep;
        if context
            .prover
            .answers(context.host, port, patience.connect_timeout)
            .await
        {
            match again.look(context).await {
                Ok(_) => {
                    if !matches!(again.way, Way::Line) {
                        again.settle(context);
                    }
                    return Ok(());
                }
                Err(error) => {
                    pause = again.pause_after(&error, context)?.max(pause);
                    *last = Some(error);
                }
            }
        } else {
            *last = None;
            again.forget();
        }
        context.clock.sleep(pause).await;
    }
}

/// Waits out the delay, then waits for the work, both within the timeout; `None` when that is over.
async fn within(
    patience: Patience,
    context: &BootContext<'_>,
    work: impl Future<Output = Result<(), CimError>>,
) -> Result<Option<()>, CimError> {
    let delayed = async {
        context.clock.sleep(patience.delay).await;
        work.await
    };
    tokio::select! {
        biased;
        done = delayed => done.map(Some),
        () = context.clock.sleep(patience.timeout) => Ok(None),
    }
}

fn halted(halt: Halt, during: &str, context: &BootContext<'_>) -> BootOutcome {
    match halt {
        Halt::Interrupted => BootOutcome::interrupted(),
        Halt::TimedOut => BootOutcome::failed(during, context.stop.overdue()),
    }
}

/// `wait_for`.
pub(super) async fn for_port(wanted: &WaitFor, context: &BootContext<'_>) -> BootOutcome {
    if let Some(other) = other_host(wanted, context) {
        let detail =
            format!("`wait_for` cannot look at `{other}`: only at ports of the host itself");
        let remedy = "leave `host` out, or make it a task of a play for that host";
        return BootOutcome::failed(WAITING, stuck(detail, remedy));
    }
    let Some(port) = wanted.port else {
        return sleep_through(wanted.patience, context).await;
    };
    let ended = match context.mode {
        RunMode::Check => look_at(port, wanted, context).await,
        RunMode::Apply => wait_at(port, wanted, context).await,
    };
    ended.with("port", port).with("state", wanted.state.word())
}

fn other_host<'a>(wanted: &'a WaitFor, context: &BootContext<'_>) -> Option<&'a str> {
    let named = wanted.host.as_deref()?;
    let own = [&*context.host.name, context.host.address.as_str()];
    let itself = own
        .into_iter()
        .chain(ITSELF)
        .any(|name| name.eq_ignore_ascii_case(named));
    (!itself).then_some(named)
}

async fn sleep_through(patience: Patience, context: &BootContext<'_>) -> BootOutcome {
    if context.mode == RunMode::Check {
        return BootOutcome::of(Outcome::Compliant);
    }
    let sleeping = context.clock.sleep(patience.timeout);
    match context.stop.wait_as_ordered(sleeping).await {
        Ok(()) => BootOutcome::of(Outcome::Compliant),
        Err(halt) => halted(halt, WAITING, context),
    }
}

async fn is_as_wanted(port: u16, wanted: &WaitFor, context: &BootContext<'_>) -> bool {
    let longest = wanted.patience.connect_timeout;
    let answers = context.prover.answers(context.host, port, longest).await;
    answers == (wanted.state == PortState::Started)
}

async fn look_at(port: u16, wanted: &WaitFor, context: &BootContext<'_>) -> BootOutcome {
    let (from, to) = match wanted.state {
        PortState::Started => (PortState::Stopped, PortState::Started),
        PortState::Stopped => (PortState::Started, PortState::Stopped),
    };
    match context.stop.or(is_as_wanted(port, wanted, context)).await {
        Ok(true) => BootOutcome::of(Outcome::Compliant),
        Ok(false) => BootOutcome::of(Outcome::Drifted(vec![Change {
            property: "port",
            from: Value::text(from.word()),
            to: Value::text(to.word()),
            decided_by: Layer::Local,
            remedy: Remedy::Manual {
                advice: format!(
                    "a run that applies waits {} for it",
                    seconds(wanted.patience.timeout)
                ),
            },
            disruption: Disruption::Harmless,
            restart: None,
        }])),
        Err(halt) => halted(halt, OBSERVING, context),
    }
}

async fn wait_at(port: u16, wanted: &WaitFor, context: &BootContext<'_>) -> BootOutcome {
    let patience = wanted.patience;
    let looking = async {
        while !is_as_wanted(port, wanted, context).await {
            context.clock.sleep(patience.sleep).await;
        }
        Ok(())
    };
    let waiting = within(patience, context, looking);
    match context.stop.wait_as_ordered(guarded(waiting)).await {
        Ok(Ok(Some(()))) => BootOutcome::of(Outcome::Compliant),
        Ok(Ok(None)) => {
            let limit = seconds(patience.timeout);
            let detail = wanted.message.clone().unwrap_or_else(|| {
                let verb = match wanted.state {
                    PortState::Started => "does not answer",
                    PortState::Stopped => "still answers",
                };
                format!(
                    "port {port} of {} {verb} after {limit}",
                    context.host.address
                )
            });
            let remedy = "look at the service behind the port and at the firewalls before it";
            BootOutcome::failed(WAITING, stuck(detail, remedy))
        }
        Ok(Err(error)) => BootOutcome::failed(WAITING, error),
        Err(halt) => halted(halt, WAITING, context),
    }
}
