//! `reboot`: tells a host to start anew, and believes it only when its boot time is another one.

use std::time::Duration;

use crate::cim::Blame;
use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::event::RunMode;
use crate::facts::PendingReboot;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::OBSERVING;
use crate::plan::Outcome;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::playbook::actions::Occasion;
use crate::playbook::actions::Reboot;
use crate::runner::boot::BootContext;
use crate::runner::boot::BootOutcome;
use crate::runner::boot::moment::Boot;
use crate::runner::boot::seconds;
use crate::runner::boot::stuck;
use crate::runner::boot::wait::Again;
use crate::runner::boot::wait::Settled;
use crate::runner::duty::guarded;
use crate::runner::stop::Halt;

const CLASS: &str = "Win32_OperatingSystem";
/// A counter of sessions in which somebody works.
const SESSIONS: &str = "Win32_PerfFormattedData_LocalSessionManager_TerminalServices";
/// `Flags`: reboot (2), and end what does not end by itself (4).
const FORCED_REBOOT: i64 = 6;
/// `ReasonCode`: planned (0x80000000), major reason application (0x00040000), minor reason maintenance (1).
const REASON: u32 = 0x8004_0001;
/// ERROR_SHUTDOWN_IN_PROGRESS: it goes down as it is.
const IN_PROGRESS: u32 = 1115;
/// ERROR_ACCESS_DENIED, ERROR_SHUTDOWN_IS_SCHEDULED, ERROR_SHUTDOWN_USERS_LOGGED_ON, ERROR_PRIVILEGE_NOT_HELD: asking in
/// other words would get the same answer.
const FINAL: [u32; 4] = [5, 1190, 1191, 1314];
const REBOOTING: &str = "rebooting";
/// The first pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The pauses grow up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a host is like before.
struct Before {
    boot: Boot,
    pending: Vec<PendingReboot>,
    /// How many people work on it over Remote Desktop, when that is known.
    active: Option<u64>,
}

pub(super) async fn act(order: &Reboot, context: &BootContext<'_>) -> BootOutcome {
    let looking = guarded(Before::look(order, context));
    let before = match context.stop.or(looking).await {
        Ok(Ok(before)) => before,
        Ok(Err(error)) => return BootOutcome::failed(OBSERVING, error),
        Err(Halt::Interrupted) => return BootOutcome::interrupted(),
        Err(Halt::TimedOut) => {
            return BootOutcome::failed(OBSERVING, context.stop.overdue());
        }
    };
    if order.occasion == Occasion::WhenPending && before.pending.is_empty() {
        return BootOutcome::of(Outcome::Compliant).with("rebooted", false);
    }
    let words = before.words();
    let change = before.change(order);
    let ended = match context.mode {
        RunMode::Check => BootOutcome::of(Outcome::Drifted(vec![change])).with("rebooted", false),
        RunMode::Apply => carry_out(order, &before.boot, change, context).await,
    };
    ended.saying(words)
}

impl Before {
    async fn look(order: &Reboot, context: &BootContext<'_>) -> Result<Self, CimError> {
        let host: &dyn CimReader = context.line.as_ref();
        let pending = async {
            match order.occasion {
                Occasion::Always => Ok(Vec::new()),
                Occasion::WhenPending => PendingReboot::of(host).await,
            }
        };
        let active = async { Ok(active_sessions(host).await) };
        let boot = Boot::look(host, context.clock.as_ref());
        let (boot, pending, active) =
            futures_util::future::try_join3(boot, pending, active).await?;
        Ok(Self {
            boot,
            pending,
            active,
        })
    }

    fn words(&self) -> Option<String> {
        let pending: Vec<&str> = self.pending.iter().map(|sign| sign.words()).collect();
        let mut words = Vec::new();
        if !pending.is_empty() {
            words.push(format!("pending: {}", pending.join(", ")));
        }
        if let Some(active) = self.active.filter(|active| *active > 0) {
            words.push(format!("ends {}", sessions(active)));
        }
        (!words.is_empty()).then(|| words.join("; "))
    }

    fn change(&self, order: &Reboot) -> Change {
        let to = match self.active.filter(|active| *active > 0) {
            Some(active) => format!("anew, ending {}", sessions(active)),
            None => "anew".to_owned(),
        };
        Change {
            property: "boot",
            from: Value::DateTime(self.boot.at),
            to: Value::Text(to),
            decided_by: Layer::Local,
            remedy: Remedy::Steps {
                apply: vec![Step::Call(tracked(order))],
                undo: Vec::new(),
            },
            disruption: Disruption::Reboots,
            restart: None,
        }
    }
}

fn sessions(active: u64) -> String {
    let plural = if active == 1 { "" } else { "s" };
    format!("{active} active remote desktop session{plural}")
}

/// How many sessions somebody works in; `None` when the host does not tell.
///
/// Assumption: `ActiveSessions` counts neither the session of services nor a console that nobody is signed in at.
async fn active_sessions(host: &dyn CimReader) -> Option<u64> {
    let counted = host.only(Namespace::CIMV2, SESSIONS).await.ok()?;
    counted.get("ActiveSessions").and_then(Value::as_uint)
}

/// The order with a comment and a warning time, which the host keeps in event 1074.
///
/// Assumption: WinRM's provider host may call it with the privilege enabled, as it may Win32Shutdown, which Windows' own
/// Restart-Computer calls this way.
fn tracked(order: &Reboot) -> Call {
    Call::Method {
        target: ObjectPath::class(Namespace::CIMV2, CLASS),
        method: "Win32ShutdownTracker",
        arguments: vec![
            ("Timeout", Value::Uint(order.pre_delay.as_secs())),
            ("Comment", Value::text(order.message.as_str())),
            ("ReasonCode", Value::from(REASON)),
            ("Flags", Value::Sint(FORCED_REBOOT)),
        ],
        accepts: &[IN_PROGRESS],
    }
}

/// The older order, at once and without a word.
fn plain() -> Call {
    Call::Method {
        target: ObjectPath::class(Namespace::CIMV2, CLASS),
        method: "Win32Shutdown",
        arguments: vec![("Flags", Value::Sint(FORCED_REBOOT))],
        accepts: &[IN_PROGRESS],
    }
}

async fn carry_out(
    order: &Reboot,
    before: &Boot,
    change: Change,
    context: &BootContext<'_>,
) -> BootOutcome {
    if let Some(halt) = context.stop.check() {
        return match halt {
            Halt::Interrupted => BootOutcome::interrupted(),
            Halt::TimedOut => BootOutcome::failed(REBOOTING, context.stop.overdue()),
        };
    }
    if let Err(error) = tell(order, context).await {
        return BootOutcome::failed(&tracked(order).to_string(), error);
    }
    let returning = guarded(come_back(order, before, context));
    match context.stop.wait_as_ordered(returning).await {
        Ok(Ok(after)) => {
            let change = Change {
                to: Value::DateTime(after.at),
                ..change
            };
            BootOutcome::of(Outcome::Changed(vec![change])).with("rebooted", true)
        }
        Ok(Err(error)) => {
            BootOutcome::failed_after(change, REBOOTING, error).with("rebooted", false)
        }
        Err(halt) => {
            let error = match halt {
                Halt::Interrupted => stuck(
                    "interrupted before the host was back".to_owned(),
                    "see whether it came back, and run it again",
                ),
                Halt::TimedOut => context.stop.overdue(),
            };
            BootOutcome::failed_after(change, REBOOTING, error).with("rebooted", false)
        }
    }
}

/// Gives the order. A lost answer is none: the host goes down with its management service, and its boot time will tell.
async fn tell(order: &Reboot, context: &BootContext<'_>) -> Result<(), CimError> {
    match send(&tracked(order), context).await {
        Err(error) if is_worth_other_words(&error) => send(&plain(), context).await,
        sent => sent,
    }
}

async fn send(call: &Call, context: &BootContext<'_>) -> Result<(), CimError> {
    let sent = context.stop.finish(guarded(context.line.invoke(call)));
    match sent.await {
        Ok(Err(error)) if matches!(error.blame(), Blame::Network | Blame::Peer) => Ok(()),
        Ok(sent) => sent,
        // The host has to end before its answer came.
        Err(_) => Ok(()),
    }
}

fn is_worth_other_words(error: &CimError) -> bool {
    match error {
        CimError::Returned { code, .. } => !FINAL.contains(code),
        CimError::Fault { .. } => true,
        _ => false,
    }
}

/// What was last heard of a host that was told to reboot.
enum Heard {
    /// It is still up, or up again, since the old boot time.
    OldBoot,
    /// Nothing.
    Silence,
    /// It answers, but not to us.
    Refusal(CimError),
}

/// Waits for another boot time; from then on the line leads to the host as it is now.
async fn come_back(
    order: &Reboot,
    before: &Boot,
    context: &BootContext<'_>,
) -> Result<Boot, CimError> {
    let mut heard = Heard::OldBoot;
    let within = order.timeout.saturating_add(order.pre_delay);
    let back = tokio::select! {
        biased;
        back = poll(order, before, context, &mut heard) => Some(back?),
        () = context.clock.sleep(within) => None,
    };
    let Some(back) = back else {
        return Err(in_vain(heard, order, before));
    };
    context.clock.sleep(order.post_delay).await;
    Ok(back)
}

async fn poll(
    order: &Reboot,
    before: &Boot,
    context: &BootContext<'_>,
    heard: &mut Heard,
) -> Result<Boot, CimError> {
    let mut pause = SHORTEST_PAUSE;
    let mut again = Again::beginning_with(context.line);
    loop {
        context.clock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        let port = context.host.winrm.port;
        let prover = context.prover;
        if !prover
            .answers(context.host, port, order.connect_timeout)
            .await
        {
            *heard = Heard::Silence;
            again.forget();
            continue;
        }
        match again.look(context).await {
            Ok(now) if before.was_before(&now) => {
                if again.settle(context) == Settled::Yes {
                    return Ok(now);
                }
                pause = SHORTEST_PAUSE;
            }
            Ok(_) => *heard = Heard::OldBoot,
            Err(error) => {
                pause = again.pause_after(&error, context)?.max(pause);
                *heard = Heard::Refusal(error);
            }
        }
    }
}

fn in_vain(heard: Heard, order: &Reboot, before: &Boot) -> CimError {
    let within = seconds(order.timeout);
    match heard {
        Heard::OldBoot => stuck(
            format!(
                "the host was told to reboot and is still up since {} after {within}",
                before.at
            ),
            "something holds the shutdown up: look at its console, and at events 1073 to 1076 of its System log",
        ),
        Heard::Silence => stuck(
            format!("the host went down and did not come back within {within}"),
            "look at its console; raise `reboot_timeout` when it installs updates on its way",
        ),
        Heard::Refusal(error) => stuck(
            format!("the host went down and did not come back to work within {within}: {error}"),
            match error.hint() {
                Some(hint) => hint,
                None => "look at its console".to_owned(),
            },
        ),
    }
}
