//! The event logs of a simulated host as a value: what stands in them, what exists, and who may read it.
//!
//! Knows channels and bounds; what is said in an event is told by the catalogues beside this file, and how an event is
//! asked for by the provider.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use jiff::Timestamp;

use crate::cim::EventLevel;
use crate::cim::LogEvent;

pub mod remote_desktop;
pub mod security;
pub mod system;

/// How many events of one log are kept; older ones make room.
pub const KEPT: usize = 4096;

/// A log or channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// `System`
    System,
    /// `Application`
    Application,
    /// `Security`
    Security,
    /// Remote Connection Manager, its operational channel.
    ConnectionManager,
    /// Remote Connection Manager, its channel for administrators.
    ConnectionManagerAdmin,
    /// The core of the protocol.
    Core,
    /// Local Session Manager.
    SessionManager,
    /// The gateway role; there is no such channel without it.
    Gateway,
}

impl Channel {
    /// All that a host can have.
    pub const ALL: [Self; 8] = [
        Self::System,
        Self::Application,
        Self::Security,
        Self::ConnectionManager,
        Self::ConnectionManagerAdmin,
        Self::Core,
        Self::SessionManager,
        Self::Gateway,
    ];

    /// The name that it is asked for by (windows-facts 10.2).
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Application => "Application",
            Self::Security => "Security",
            Self::ConnectionManager => {
                "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"
            }
            Self::ConnectionManagerAdmin => {
                "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Admin"
            }
            Self::Core => "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
            Self::SessionManager => {
                "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"
            }
            Self::Gateway => "Microsoft-Windows-TerminalServices-Gateway/Operational",
        }
    }

    /// The one with this name, whatever its letter case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is a log of the old kind, which WMI shows.
    pub fn is_classic(self) -> bool {
        matches!(self, Self::System | Self::Application | Self::Security)
    }
}

/// Something to be written into a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where to.
    pub channel: Channel,
    /// Who says it.
    pub source: &'static str,
    /// Its number.
    pub id: u32,
    /// How grave it is.
    pub level: EventLevel,
    /// The variable parts, in order.
    pub strings: Vec<String>,
    /// The whole text in English.
    pub message: String,
}

/// Whether the management service hands out channels (its Event Forwarding plug-in).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarding {
    /// It does.
    On,
    /// It knows no such resource.
    Off,
}

/// All logs of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLog {
    events: BTreeMap<Channel, VecDeque<LogEvent>>,
    written: BTreeMap<Channel, u64>,
    installed: BTreeSet<Channel>,
    denied: BTreeSet<Channel>,
    /// Whether channels are handed out.
    pub forwarding: Forwarding,
}

impl Default for EventLog {
    fn default() -> Self {
        let installed = Channel::ALL
            .into_iter()
            .filter(|channel| *channel != Channel::Gateway)
            .collect();
        Self {
            events: BTreeMap::new(),
            written: BTreeMap::new(),
            installed,
            denied: BTreeSet::new(),
            forwarding: Forwarding::On,
        }
    }
}

impl EventLog {
    /// Writes an event that happened at this moment by the host's own clock. A channel that is missing comes to be.
    pub fn write(&mut self, at: Timestamp, event: Event) {
        self.installed.insert(event.channel);
        let written = self.written.entry(event.channel).or_default();
        *written = written.saturating_add(1);
        let record = *written;
        let rows = self.events.entry(event.channel).or_default();
        if rows.len() >= KEPT {
            rows.pop_front();
        }
        rows.push_back(LogEvent {
            log: event.channel.name().to_owned(),
            source: event.source.to_owned(),
            id: event.id,
            level: event.level,
            at: microseconds(at),
            strings: event.strings,
            message: Some(event.message),
            record,
        });
    }

    /// The events of a channel in the order in which they were written.
    pub fn of(&self, channel: Channel) -> impl Iterator<Item = &LogEvent> {
        self.events.get(&channel).into_iter().flatten()
    }

    /// Whether a channel exists.
    pub fn has(&self, channel: Channel) -> bool {
        self.installed.contains(&channel)
    }

    /// Takes a channel away with all that stands in it.
    pub fn remove(&mut self, channel: Channel) {
        self.installed.remove(&channel);
        self.events.remove(&channel);
    }

    /// Keeps accounts from the network out of a channel.
    pub fn deny(&mut self, channel: Channel) {
        self.denied.insert(channel);
    }

    /// Whether accounts from the network are kept out of a channel.
    pub fn is_denied(&self, channel: Channel) -> bool {
        self.denied.contains(&channel)
    }

    /// These logs with another's events among their own, by time and numbered anew. What exists and who may read it is
    /// told by these.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut whole = self.clone();
        for (channel, theirs) in &other.events {
            let rows = whole.events.entry(*channel).or_default();
            rows.extend(theirs.iter().cloned());
            rows.make_contiguous().sort_by_key(|event| event.at);
            let gone = whole.written.get(channel).copied().unwrap_or_default()
                + other.written.get(channel).copied().unwrap_or_default();
            let first = gone.saturating_sub(u64::try_from(rows.len()).unwrap_or_default());
            for (record, event) in (first.saturating_add(1)..).zip(rows.iter_mut()) {
                event.record = record;
            }
        }
        whole
    }
}

/// Logs count no finer than this.
fn microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::Channel;
    use super::EventLog;
    use super::KEPT;
    use super::system;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    #[test]
    fn a_log_keeps_the_newest_events_and_their_numbers() {
        let mut log = EventLog::default();
        for second in 0..5000 {
            log.write(at(second), system::service_state("A", "running"));
        }
        let records: Vec<u64> = log.of(Channel::System).map(|event| event.record).collect();
        assert_eq!(records.len(), KEPT);
        assert_eq!((records[0], records[KEPT - 1]), (905, 5000));
    }

    #[test]
    fn merged_logs_are_in_order_and_numbered_through() {
        let [mut one, mut two] = [EventLog::default(), EventLog::default()];
        for second in [1, 3, 5] {
            one.write(at(second), system::service_state("A", "running"));
            two.write(at(second + 1), system::service_state("B", "stopped"));
        }
        let whole = one.merged(&two);
        let found: Vec<(u64, Timestamp)> = whole
            .of(Channel::System)
            .map(|event| (event.record, event.at))
            .collect();
        let expected: Vec<(u64, Timestamp)> = (1..=6_u64)
            .map(|n| (n, at(i64::try_from(n).unwrap())))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(one.merged(&EventLog::default()), one);
    }

    #[test]
    fn every_channel_is_found_by_its_name_in_any_case() {
        for channel in Channel::ALL {
            let name = channel.name().to_uppercase();
            assert_eq!(Channel::named(&name), Some(channel));
        }
        assert!(!EventLog::default().has(Channel::Gateway));
    }
}
