//! A host that is up or down by the test's own clock, with everything that reboots look at.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::Answer;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::Read;
use rdpfix::cim::Traffic;
use rdpfix::cim::Unreachable;
use rdpfix::cim::Value;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Connector;
use rdpfix::connect::Prover;
use rdpfix::event::RunMode;
use rdpfix::inventory::Host;
use rdpfix::playbook::actions::Errand;
use rdpfix::proof::Proof;
use rdpfix::runner;
use rdpfix::runner::BootOutcome;
use rdpfix::runner::World;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::runner::fake::host;

/// How the host takes the order to reboot.
#[derive(Debug, Clone)]
pub(super) struct Course {
    /// It stays up.
    pub(super) ignores: bool,
    /// How long it goes on answering after the order.
    pub(super) closing: Duration,
    /// How long it is away then.
    pub(super) away: Duration,
    /// What the order is answered with although it is obeyed.
    pub(super) answer: Option<CimError>,
    /// Orders that are refused, one after the other.
    pub(super) refusals: Vec<CimError>,
    /// How often the host, once it is back, refuses the password.
    pub(super) password_refused: u32,
    /// Seconds by which its clock is set with the order, its boot time with it.
    pub(super) clock_set_by: Option<i64>,
    /// Whether servicing waits for a reboot.
    pub(super) pending: bool,
    pub(super) active_sessions: u32,
    /// Whether port 3389 is open while it is up.
    pub(super) port_open: bool,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            ignores: false,
            closing: Duration::from_secs(3),
            away: Duration::from_secs(30),
            answer: None,
            refusals: Vec::new(),
            password_refused: 0,
            clock_set_by: None,
            pending: false,
            active_sessions: 0,
            port_open: true,
        }
    }
}

/// What it is like now.
struct State {
    course: Course,
    booted: Timestamp,
    /// How far its clock is ahead of ours.
    ahead: SignedDuration,
    /// When it goes down, and when it is back; `None` for never.
    outage: Option<(Instant, Option<Instant>)>,
    /// Counts starts; a session belongs to one.
    start: u32,
    calls: Vec<String>,
    forgiven: u32,
}

/// The host.
#[derive(Clone)]
pub(super) struct Pc {
    state: Arc<Mutex<State>>,
    interrupt: Arc<watch::Sender<bool>>,
}

/// The answer of a host that went down before it could give one.
pub(super) fn lost() -> CimError {
    unreachable(Unreachable::ConnectionLost)
}

fn unreachable(reason: Unreachable) -> CimError {
    CimError::Unreachable {
        address: "pc:5986".to_owned(),
        reason,
    }
}

/// A paused clock stands still for tokio only, so the wall clock is made from it.
fn now() -> Timestamp {
    let zero: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let since = SystemClock.instant().saturating_duration_since(origin());
    zero + SignedDuration::try_from(since).unwrap()
}

fn origin() -> Instant {
    thread_local! {
        static ORIGIN: Instant = SystemClock.instant();
    }
    ORIGIN.with(|origin| *origin)
}

impl Pc {
    pub(super) fn new(course: Course) -> Self {
        let booted = now() - SignedDuration::from_hours(240);
        let state = State {
            course,
            booted,
            ahead: SignedDuration::ZERO,
            outage: None,
            start: 0,
            calls: Vec::new(),
            forgiven: 0,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            interrupt: Arc::new(watch::Sender::new(false)),
        }
    }

    pub(super) fn booted(&self) -> Timestamp {
        self.lock().booted
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    pub(super) fn forgiven(&self) -> u32 {
        self.lock().forgiven
    }

    pub(super) fn go_down_for(&self, away: Duration) {
        let begin = SystemClock.instant();
        self.lock().outage = Some((begin, begin.checked_add(away)));
    }

    pub(super) async fn apply(&self, errand: &Errand) -> BootOutcome {
        self.run(RunMode::Apply, Duration::from_mins(10), errand)
            .await
    }

    pub(super) async fn check(&self, errand: &Errand) -> BootOutcome {
        self.run(RunMode::Check, Duration::from_mins(10), errand)
            .await
    }

    pub(super) async fn interrupted_after(&self, delay: Duration, errand: &Errand) -> BootOutcome {
        if delay.is_zero() {
            self.interrupt.send_replace(true);
        }
        let interrupting = async {
            SystemClock.sleep(delay).await;
            self.interrupt.send_replace(true);
        };
        tokio::join!(self.apply(errand), interrupting).0
    }

    pub(super) async fn run(&self, mode: RunMode, limit: Duration, errand: &Errand) -> BootOutcome {
        let (events, _nobody) = mpsc::channel(1);
        let world = World {
            connector: Arc::new(self.clone()),
            prover: Arc::new(self.clone()),
            clock: Arc::new(SystemClock),
            events,
            interrupted: self.interrupt.subscribe(),
        };
        let host = Arc::new(host("pc"));
        runner::errand(&world, &host, errand, (mode, limit)).await.0
    }

    /// The state as it is now.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        let here = SystemClock.instant();
        if let Some((_, Some(back))) = state.outage
            && back <= here
        {
            state.outage = None;
            state.start += 1;
            state.booted = now() + state.ahead;
        }
        state
    }
}

impl State {
    fn is_down(&self) -> bool {
        self.outage
            .is_some_and(|(down, _)| down <= SystemClock.instant())
    }

    fn instances(&self, class: &str) -> Vec<Instance> {
        let one = Instance::new(Namespace::CIMV2, class);
        match class {
            "Win32_OperatingSystem" => vec![
                one.with("LastBootUpTime", Value::DateTime(self.booted))
                    .with("LocalDateTime", Value::DateTime(now() + self.ahead)),
            ],
            "Win32_PerfFormattedData_LocalSessionManager_TerminalServices" => {
                vec![one.with("ActiveSessions", self.course.active_sessions)]
            }
            other => panic!("nobody asks for {other}"),
        }
    }
}

#[async_trait]
impl Connector for Pc {
    async fn connect(&self, _host: &Host) -> Result<Arc<dyn CimSession>, CimError> {
        let mut state = self.lock();
        if state.is_down() {
            return Err(unreachable(Unreachable::TimedOut));
        }
        if state.start > 0 && state.course.password_refused > 0 {
            state.course.password_refused -= 1;
            return Err(CimError::SignInRefused {
                address: "pc:5986".to_owned(),
                user: "admin".to_owned(),
            });
        }
        Ok(Arc::new(Session {
            pc: self.clone(),
            start: state.start,
        }))
    }

    fn is_starting(&self, _host: &Host) {
        self.lock().forgiven += 1;
    }
}

#[async_trait]
impl Prover for Pc {
    async fn prove(&self, _host: &Host) -> Proof {
        panic!("nobody proves anything here")
    }

    async fn answers(&self, _host: &Host, port: u16, _within: Duration) -> bool {
        let state = self.lock();
        !state.is_down() && (port != 3389 || state.course.port_open)
    }
}

/// A session that dies with the start that it belongs to.
struct Session {
    pc: Pc,
    start: u32,
}

impl Session {
    fn state(&self) -> Result<MutexGuard<'_, State>, CimError> {
        let state = self.pc.lock();
        if state.is_down() || state.start != self.start {
            return Err(lost());
        }
        Ok(state)
    }
}

#[async_trait]
impl CimReader for Session {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        let state = self.state()?;
        Ok(match read {
            Read::Query(query) => Answer::Instances(state.instances(&query.class)),
            Read::SubKeys(key) => {
                let pending = state.course.pending && key.path.ends_with("Servicing");
                let keys = if pending {
                    vec!["RebootPending".to_owned()]
                } else {
                    Vec::new()
                };
                Answer::SubKeys(Some(keys))
            }
            Read::Registry(_) => Answer::Registry(None),
            Read::ValueTypes(_) => Answer::ValueTypes(None),
            other => panic!("nobody asks {other}"),
        })
    }
}

#[async_trait]
impl CimSession for Session {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        let mut state = self.state()?;
        state.calls.push(call.to_string());
        if !state.course.refusals.is_empty() {
            return Err(state.course.refusals.remove(0));
        }
        if let Some(seconds) = state.course.clock_set_by {
            let by = SignedDuration::from_secs(seconds);
            state.ahead += by;
            state.booted += by;
        }
        if !state.course.ignores {
            let down = SystemClock.instant() + state.course.closing;
            state.outage = Some((down, down.checked_add(state.course.away)));
        }
        match state.course.answer.clone() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            connections: 1,
            ..Traffic::default()
        }
    }

    async fn close(&self) {}
}
