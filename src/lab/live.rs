//! A machine that is up: shared between its servers, which ask it, wait for its changes and keep count.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::lab::gateway_site;
use crate::lab::gateway_site::Site;
use crate::lab::listener;
use crate::lab::listener::Listener;
use crate::lab::listener::ListenerState;
use crate::lab::machine::Machine;
use crate::lab::machine::log::Event;
use crate::lab::machine::log::EventLog;
use crate::lab::mishap::Mishap;
use crate::lab::mishap::RdpMishap;
use crate::lab::mishap::Trouble;
use crate::lab::record::Record;
use crate::lab::record::RecordedRequest;
use crate::lab::record::Recorder;
use crate::lab::scenario::LabHost;
use crate::lab::way::Way;
use crate::lab::wsman_server::paging::Enumerations;
use crate::lab::wsman_server::subscriptions::Subscriptions;

/// How long an answer waits for the Remote Desktop port to follow a change.
const PATIENCE: Duration = Duration::from_secs(1);

/// A machine that is up.
pub(super) struct LiveHost {
    pub(super) name: String,
    pub(super) clock: Arc<dyn Clock>,
    machine: Mutex<Machine>,
    /// Counts changes of the machine.
    version: watch::Sender<u64>,
    /// The last changes that the ports have followed.
    followed: watch::Sender<Followed>,
    /// What visitors of the Remote Desktop port left in the logs. Apart from the machine, because a look from outside must
    /// not change it.
    visits: Mutex<EventLog>,
    mishaps: Vec<Mishap>,
    rdp_mishaps: Vec<RdpMishap>,
    /// Who answers at the Remote Desktop port in the host's stead.
    impostor: Option<Machine>,
    rdp_connections: AtomicU64,
    enumerations: Mutex<Enumerations>,
    subscriptions: Mutex<Subscriptions>,
    record: Mutex<Record>,
    recorder: Option<Arc<dyn Recorder>>,
    connections: AtomicUsize,
    gateway_connections: AtomicUsize,
    requests: AtomicU64,
    refusals: AtomicUsize,
}

impl fmt::Debug for LiveHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LiveHost")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A poisoned lock belongs to a test that has already failed; everybody else may go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LiveHost {
    pub(super) fn new(
        host: LabHost,
        clock: Arc<dyn Clock>,
        recorder: Option<Arc<dyn Recorder>>,
        operations_per_user: usize,
    ) -> Self {
        let followed = Followed {
            remote_desktop: 0,
            gateway: host.machine.roles.gateway.is_some().then_some(0),
        };
        Self {
            name: host.name,
            clock,
            machine: Mutex::new(host.machine),
            version: watch::Sender::new(1),
            followed: watch::Sender::new(followed),
            visits: Mutex::new(EventLog::default()),
            mishaps: host.mishaps,
            rdp_mishaps: host.rdp_mishaps,
            impostor: None,
            rdp_connections: AtomicU64::new(0),
            enumerations: Mutex::new(Enumerations::new(operations_per_user)),
            subscriptions: Mutex::new(Subscriptions::new(operations_per_user)),
            record: Mutex::new(Record::default()),
            recorder,
            connections: AtomicUsize::new(0),
            gateway_connections: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            refusals: AtomicUsize::new(0),
        }
    }

    /// With this machine behind the Remote Desktop port instead of its own.
    pub(super) fn answered_by(mut self, impostor: Option<Machine>) -> Self {
        self.impostor = impostor;
        self
    }

    /// The machine as it is now.
    pub(super) fn machine(&self) -> Machine {
        let mut machine = lock(&self.machine);
        machine.settle(self.clock.now());
        machine.clone()
    }

    /// Looks at something of the machine without copying all of it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Machine) -> T) -> T {
        look(&lock(&self.machine))
    }

    /// Changes the machine, or lets it change while it is asked.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Machine, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let result = {
            let mut machine = lock(&self.machine);
            machine.settle(now);
            let result = change(&mut machine, now);
            machine.settle(now);
            result
        };
        self.version.send_modify(|version| *version += 1);
        result
    }

    /// Asks the machine something that does not change it by itself; what is due meanwhile is noticed.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut Machine, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let (result, due) = {
            let mut machine = lock(&self.machine);
            let due = machine.is_due(now);
            (ask(&mut machine, now), due)
        };
        if due {
            self.version.send_modify(|version| *version += 1);
        }
        result
    }

    /// Writes what a visitor caused, with the time that the host's own clock shows.
    pub(super) fn note_visit(&self, event: Event) {
        let at = self.look(|machine| machine.clock(self.clock.now()));
        lock(&self.visits).write(at, event);
    }

    /// The machine as it is now, with what its visitors left in the logs.
    pub(super) fn visited(&self) -> Machine {
        let mut machine = self.ask(|machine, now| {
            machine.settle(now);
            machine.clone()
        });
        machine.log = machine.log.merged(&lock(&self.visits));
        machine
    }

    /// Notices of changes.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// What a client of Remote Desktop meets now, and whether that will change by itself.
    pub(super) fn outside(&self) -> (Listener, Pending) {
        let (mut found, pending) = self
            .settled(|machine, now| listener::of(self.impostor.as_ref().unwrap_or(machine), now));
        if self.rdp_mishaps.contains(&RdpMishap::Dropped) {
            found.state = ListenerState::Filtered;
        }

        (found, pending)
    }

    /// Counts a connection to the Remote Desktop port; what it meets on its way.
    pub(super) fn way(&self) -> Way {
        let number = self.rdp_connections.fetch_add(1, Ordering::Relaxed) + 1;
        let mut way = Way::default();
        for mishap in &self.rdp_mishaps {
            match *mishap {
                RdpMishap::Late(delay) => way.delay = delay,
                RdpMishap::Lossy { every, loss } if number.is_multiple_of(every.into()) => {
                    way.loss = Some(loss);
                }
                RdpMishap::Narrow { largest } => way.largest = Some(largest),
                RdpMishap::Lossy { .. } | RdpMishap::Dropped | RdpMishap::OtherMachine => {}
            }
        }
        way
    }

    /// Whether the machine answers at all, and whether that will change by itself.
    pub(super) fn presence(&self) -> (Presence, Pending) {
        let now = self.clock.now();
        let mut machine = lock(&self.machine);
        machine.settle(now);
        let presence = if machine.power.is_up() {
            Presence::Here
        } else {
            Presence::Away
        };
        let pending = match machine.power.turns_at() {
            Some(_) => Pending::Changes,
            None => Pending::Nothing,
        };
        (presence, pending)
    }

    /// Forgets what the management service kept for its clients: its process is gone.
    pub(super) fn drop_operations(&self) {
        self.enumerations().clear();
        self.subscriptions().clear();
    }

    /// What somebody who comes to the gateway meets now, and whether that will change by itself.
    pub(super) fn site(&self) -> (Site, Pending) {
        self.settled(|machine, _| gateway_site::of(machine))
    }

    /// Looks at the machine as it is now.
    fn settled<T>(&self, look: impl FnOnce(&Machine, Timestamp) -> T) -> (T, Pending) {
        let now = self.clock.now();
        let mut machine = lock(&self.machine);
        machine.settle(now);
        let pending = if machine.is_due(Timestamp::MAX) {
            Pending::Changes
        } else {
            Pending::Nothing
        };
        (look(&machine, now), pending)
    }

    /// A port is as it should be since this change.
    pub(super) fn has_followed(&self, port: Port, version: u64) {
        self.followed.send_modify(|followed| match port {
            Port::RemoteDesktop => followed.remote_desktop = version,
            Port::Gateway => followed.gateway = Some(version),
        });
    }

    /// Waits until all ports have followed all changes so far, so that whoever learns of a change also meets it.
    pub(super) async fn caught_up(&self) {
        let wanted = *self.version.borrow();
        let mut followed = self.followed.subscribe();
        let following = followed.wait_for(|followed| followed.have_reached(wanted));
        // A port that does not follow in time is its own trouble; the answer is sent all the same.
        let _late = tokio::time::timeout(PATIENCE, following).await;
    }

    pub(super) fn enumerations(&self) -> MutexGuard<'_, Enumerations> {
        lock(&self.enumerations)
    }

    pub(super) fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        lock(&self.subscriptions)
    }

    /// Whether connections are refused for good.
    pub(super) fn is_never_reached(&self) -> bool {
        self.mishaps.contains(&Mishap::always(Trouble::Refused))
    }

    /// Counts a connection; whether it is let in.
    pub(super) fn admits_connection(&self) -> bool {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        !self
            .mishaps
            .iter()
            .any(|mishap| mishap.trouble == Trouble::Refused && mishap.extent.covers(number))
    }

    /// Counts a request; what goes wrong with it.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        self.mishaps
            .iter()
            .filter(|mishap| mishap.trouble != Trouble::Refused)
            .find(|mishap| mishap.extent.covers(number))
            .map(|mishap| mishap.trouble)
    }

    /// Counts sign-ins that were refused.
    pub(super) fn count_refusals(&self, refusals: usize) {
        self.refusals.fetch_add(refusals, Ordering::Relaxed);
    }

    pub(super) fn refused_sign_ins(&self) -> usize {
        self.refusals.load(Ordering::Relaxed)
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a connection to the gateway.
    pub(super) fn count_gateway_connection(&self) {
        self.gateway_connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn gateway_connections(&self) -> usize {
        self.gateway_connections.load(Ordering::Relaxed)
    }

    pub(super) fn record(&self, request: RecordedRequest) {
        if let Some(recorder) = &self.recorder {
            recorder.record(&self.name, &request);
        }
        lock(&self.record).add(request);
    }

    pub(super) fn writes(&self) -> usize {
        lock(&self.record).writes()
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.record).requests()
    }
}

/// A port that is open or closed as the machine's state says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    RemoteDesktop,
    Gateway,
}

/// The last changes that the ports have followed.
#[derive(Debug, Clone, Copy)]
struct Followed {
    remote_desktop: u64,
    /// `None` without a gateway's port.
    gateway: Option<u64>,
}

impl Followed {
    fn have_reached(&self, version: u64) -> bool {
        self.remote_desktop >= version && self.gateway.is_none_or(|seen| seen >= version)
    }
}

/// Whether a machine answers at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It does.
    Here,
    /// It is down.
    Away,
}

/// Whether a machine changes without being asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    /// A service is on its way up or down.
    Changes,
    /// It stays as it is.
    Nothing,
}
