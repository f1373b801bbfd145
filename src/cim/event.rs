//! Event logs: what may be asked of them and what they hold (windows-facts 10).

use jiff::Timestamp;

use crate::cim::comparison::Comparison;
use crate::cim::comparison::Literal;
use crate::cim::query::Namespace;
use crate::cim::query::Query;
use crate::cim::session::CimError;
use crate::cim::value::Instance;
use crate::cim::value::Value;

/// The class that shows logs of the old kind.
pub const LOG_EVENT_CLASS: &str = "Win32_NTLogEvent";

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

impl EventQuery {
    /// Whether it asks for a log of the old kind, which WMI shows; other logs are channels, whose names have a slash.
    pub fn is_classic(&self) -> bool {
        !self.log.contains('/')
    }

    /// The question for a log of the old kind. Always for one log, for numbers if there are any, and with a first moment:
    /// the class is slow without (windows-facts 10.1).
    pub fn as_query(&self) -> Query {
        let mut conditions = vec![Comparison::equal(
            "Logfile",
            Literal::Text(self.log.clone()),
        )];
        if !self.ids.is_empty() {
            let ids = self.ids.iter().copied().map(i64::from).collect();
            conditions.push(Comparison::equal("EventCode", Literal::AnyOf(ids)));
        }
        conditions.push(Comparison::not_less(
            "TimeGenerated",
            Literal::DateTime(self.since),
        ));
        Query::every(Namespace::CIMV2, LOG_EVENT_CLASS, conditions)
    }

    /// The newest ones that are wanted, oldest first.
    pub fn newest(&self, mut events: Vec<LogEvent>) -> Vec<LogEvent> {
        events.sort_by_key(|event| (event.at, event.record));
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let surplus = events.len().saturating_sub(most);
        events.split_off(surplus)
    }
}

impl LogEvent {
    /// The event that an object of [`LOG_EVENT_CLASS`] is.
    pub fn from_instance(instance: &Instance) -> Result<Self, CimError> {
        let unusable = |property: &str, wanted| CimError::Property {
            class: instance.class.clone(),
            property: property.to_owned(),
            wanted,
        };
        let at = match instance.get("TimeGenerated") {
            Some(Value::DateTime(moment)) => *moment,
            _ => return Err(unusable("TimeGenerated", "a moment")),
        };
        let strings = instance.list("InsertionStrings");
        Ok(Self {
            log: instance.text("Logfile")?.to_owned(),
            source: instance.text("SourceName")?.to_owned(),
            id: u32::try_from(instance.uint("EventCode")?)
                .ok()
                .ok_or_else(|| unusable("EventCode", "a number of 32 bits"))?,
            level: EventLevel::from_type(instance.uint("EventType")?),
            at,
            strings: strings
                .into_iter()
                .filter_map(Value::as_text)
                .map(str::to_owned)
                .collect(),
            message: instance
                .get("Message")
                .and_then(Value::as_text)
                .map(str::to_owned),
            record: instance.uint("RecordNumber")?,
        })
    }
}

impl EventLevel {
    const ALL: [Self; 5] = [
        Self::Error,
        Self::Warning,
        Self::Information,
        Self::AuditSuccess,
        Self::AuditFailure,
    ];

    /// `EventType` (Microsoft Learn, Win32_NTLogEvent).
    pub fn event_type(self) -> u32 {
        match self {
            Self::Error => 1,
            Self::Warning => 2,
            Self::Information => 3,
            Self::AuditSuccess => 4,
            Self::AuditFailure => 5,
        }
    }

    /// The level that a number of `EventType` means; one that is not known is an information.
    fn from_type(number: u64) -> Self {
        Self::ALL
            .into_iter()
            .find(|level| u64::from(level.event_type()) == number)
            .unwrap_or(Self::Information)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::EventLevel;
    use super::EventQuery;
    use super::LogEvent;
    use crate::cim::CimError;
    use crate::cim::Instance;
    use crate::cim::Namespace;
    use crate::cim::Value;

    fn query(most: u32, ids: &[u32]) -> EventQuery {
        EventQuery {
            log: "System".to_owned(),
            ids: ids.to_vec(),
            since: "2026-03-01T12:00:00Z".parse().unwrap(),
            most,
        }
    }

    fn instance() -> Instance {
        Instance::new(Namespace::CIMV2, "Win32_NTLogEvent")
            .with("Logfile", "System")
            .with("SourceName", "TermDD")
            .with("EventCode", 56_u32)
            .with("EventType", 1_u32)
            .with("RecordNumber", 7_u32)
            .with("TimeGenerated", Value::DateTime(Timestamp::UNIX_EPOCH))
            .with("InsertionStrings", "only one")
    }

    #[test]
    fn a_question_for_a_classic_log_is_bounded_by_log_and_moment() {
        assert_eq!(
            query(1, &[56, 50]).as_query().wql(),
            "SELECT * FROM Win32_NTLogEvent WHERE Logfile='System' AND (EventCode=56 OR EventCode=50) AND \
             TimeGenerated>='20260301120000.000000+000'"
        );
        assert_eq!(
            query(1, &[]).as_query().wql(),
            "SELECT * FROM Win32_NTLogEvent WHERE Logfile='System' AND TimeGenerated>='20260301120000.000000+000'"
        );
    }

    #[test]
    fn the_newest_are_kept_and_the_oldest_come_first() {
        let event = |record: u64| LogEvent {
            record,
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(record).unwrap()),
            ..LogEvent::from_instance(&instance()).unwrap()
        };
        let found = query(2, &[]).newest([3, 1, 2].map(event).to_vec());
        assert_eq!(found, [event(2), event(3)]);
        assert_eq!(query(0, &[]).newest(vec![event(1)]), []);
    }

    #[test]
    fn an_instance_is_an_event_unless_it_lacks_a_part() {
        let event = LogEvent::from_instance(&instance()).unwrap();
        assert_eq!((event.id, event.level), (56, EventLevel::Error));
        assert_eq!(event.strings, ["only one"]);
        assert_eq!(event.message, None);
        for (property, value) in [
            ("TimeGenerated", Value::Null),
            ("EventCode", Value::from(u64::MAX)),
            ("SourceName", Value::Null),
        ] {
            let odd = instance().with(property, value);
            let error = LogEvent::from_instance(&odd).unwrap_err();
            assert!(
                matches!(&error, CimError::Property { property: found, .. } if found == property),
                "{error}"
            );
        }
    }

    #[test]
    fn every_level_has_its_number() {
        for level in EventLevel::ALL {
            assert_eq!(EventLevel::from_type(level.event_type().into()), level);
        }
        assert_eq!(EventLevel::from_type(0), EventLevel::Information);
    }
}
