//! Event logs: what may be asked of them and what they hold (windows-facts 10).

use jiff::Timestamp;

/// An event of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// The log or channel: `System`, `Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational`.
    pub log: String,
    /// The source or provider: `Schannel`, `TermDD`.
    pub source: String,
    /// The event's number without severity bits: 36870.
    pub id: u32,
    /// How grave it is.
    pub level: EventLevel,
    /// When it happened, by the host's clock.
    pub at: Timestamp,
    /// What the event says in its variable parts, in order.
    pub strings: Vec<String>,
    /// The whole text in the host's language, when the host tells it.
    pub message: Option<String>,
    /// Number in its log.
    pub record: u64,
}

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventLevel {
    /// Error or worse.
    Error,
    /// Warning.
    Warning,
    /// Information.
    Information,
    /// Somebody was let in.
    AuditSuccess,
    /// Somebody was refused.
    AuditFailure,
}

/// Which events of one log are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventQuery {
    /// The log or channel.
    pub log: String,
    /// The numbers that are wanted; empty means all.
    pub ids: Vec<u32>,
    /// Not before this moment, by the host's clock.
    pub since: Timestamp,
    /// At most so many, the newest ones.
    pub most: u32,
}
