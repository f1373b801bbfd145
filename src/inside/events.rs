//! Which events of which logs tell of Remote Desktop (windows-facts 2.5, 10.2).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::cim::CimError;
use crate::cim::EventQuery;
use crate::cim::LogEvent;
use crate::inside::Seen;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// A log, and what of it is wanted.
struct Log {
    name: &'static str,
    right: Right,
    /// A service without which the host has no such log.
    of: Option<&'static str>,
    /// Numbers of events, each range with both ends.
    ids: &'static [(u32, u32)],
}

/// The newest events of each log that are read.
const MOST: u32 = 500;

/// Trouble of the listener's certificate and of the listener itself: in System or in the operational channel, depending
/// on the release (windows-facts 2.5).
const LISTENER: [(u32, u32); 5] = [
    (1006, 1006),
    (1035, 1036),
    (1041, 1041),
    (1050, 1067),
    (1068, 1069),
];

const LOGS: &[Log] = &[
    Log {
        name: "System",
        right: Right::EventLogReaders,
        of: None,
        ids: &[
            // Schannel: credentials and handshakes; 36880 is a success.
            (36869, 36874),
            (36876, 36877),
            (36881, 36884),
            (36886, 36888),
            // TermDD.
            (50, 50),
            (56, 56),
            // Service Control Manager: starts that failed, ends, changed start modes.
            (7000, 7001),
            (7009, 7011),
            (7022, 7024),
            (7031, 7034),
            (7040, 7040),
            // NETLOGON, the clock, Group Policy.
            (5719, 5719),
            (3210, 3210),
            (5783, 5783),
            (36, 36),
            (129, 129),
            (134, 134),
            (1030, 1030),
            LISTENER[0],
            LISTENER[1],
            LISTENER[2],
            LISTENER[3],
            LISTENER[4],
        ],
    },
    Log {
        name: "Application",
        right: Right::EventLogReaders,
        of: None,
        // Crashes, and their reports.
        ids: &[(1000, 1001)],
    },
    Log {
        name: "Security",
        right: Right::SecurityLog,
        of: None,
        // Refused, locked out, Kerberos refused, delegation forbidden.
        ids: &[(4625, 4625), (4740, 4740), (4771, 4771), (5378, 5378)],
    },
    Log {
        name: "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
        right: Right::EventLogReaders,
        of: None,
        ids: &[
            (258, 262),
            (1149, 1149),
            LISTENER[0],
            LISTENER[1],
            LISTENER[2],
            LISTENER[3],
            LISTENER[4],
        ],
    },
    Log {
        // Where the listener tells of licences (windows-facts 9.2); which of the two channels it takes is contested.
        name: "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Admin",
        right: Right::EventLogReaders,
        of: None,
        ids: &[(1003, 1004), (1011, 1011), (1068, 1069), (1136, 1136)],
    },
    Log {
        name: "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
        right: Right::EventLogReaders,
        of: None,
        ids: &[
            (65, 66),
            (69, 69),
            (97, 99),
            (102, 103),
            (105, 105),
            (129, 129),
            (131, 131),
            (135, 140),
            (142, 147),
            (149, 149),
            (153, 153),
            (226, 228),
            (291, 291),
        ],
    },
    Log {
        name: "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        right: Right::EventLogReaders,
        of: None,
        ids: &[(21, 25), (39, 40)],
    },
    Log {
        name: "Microsoft-Windows-TerminalServices-Gateway/Operational",
        right: Right::EventLogReaders,
        of: Some("TSGateway"),
        ids: &[
            (100, 103),
            (200, 201),
            (203, 203),
            (300, 304),
            (400, 400),
            (700, 700),
        ],
    },
];

/// The events of all logs since a moment of the host's clock.
pub(super) async fn look(
    sight: &Sight<'_>,
    since: Timestamp,
) -> BTreeMap<String, Seen<Vec<LogEvent>>> {
    let logs = LOGS.iter().map(|log| async move {
        // When the services are not known, the log itself has to say whether it is there.
        let there = match log.of {
            Some(service) => sight.has_service(service).await.unwrap_or(true),
            None => true,
        };
        if !there {
            return None;
        }
        let events = read(sight, log, since).await;
        let events = events.map_err(|error| topic(log).unseen(&error));
        Some((log.name.to_owned(), events))
    });
    join_all(logs).await.into_iter().flatten().collect()
}

async fn read(sight: &Sight<'_>, log: &Log, since: Timestamp) -> Result<Vec<LogEvent>, CimError> {
    let ids = log.ids.iter().flat_map(|(from, to)| *from..=*to);
    let query = EventQuery {
        log: log.name.to_owned(),
        ids: ids.collect(),
        since,
        most: MOST,
    };
    sight.host.events(query).await
}

fn topic(log: &Log) -> Topic {
    Topic {
        what: log.name,
        right: log.right,
        exists: match log.of {
            Some(_) => {
                "the log belongs to a role; install the role, or look at the logs of the host itself"
            }
            None => "look at the logs of the host itself; the log may be switched off there",
        },
    }
}
