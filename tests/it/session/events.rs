//! Facts about what becomes of a question for events: which requests are sent, and that nothing is left open.

use std::sync::Arc;
use std::sync::Mutex;

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::EventLevel;
use rdpfix::cim::EventQuery;
use rdpfix::cim::LogEvent;
use rdpfix::cim::Unreachable;
use rdpfix::clock::Clock as _;
use rdpfix::clock::SystemClock;
use rdpfix::wsman::Request;
use rdpfix::wsman::Response;
use rdpfix::wsman::SubscriptionManager;

use crate::session::host::Reply;
use crate::session::host::ScriptedHost;
use crate::session::host::fault;
use crate::session::host::last_page;
use crate::session::open;

const TIMED_OUT: u32 = 2_150_858_793;
const INVALID_CONTEXT: u32 = 2_150_858_779;
const CHANNEL: &str = "C/Operational";

fn query(most: u32) -> EventQuery {
    EventQuery {
        log: CHANNEL.to_owned(),
        ids: vec![140],
        since: SystemClock.now() - SignedDuration::from_hours(24),
        most,
    }
}

fn event(at: Timestamp, record: u64) -> LogEvent {
    LogEvent {
        log: CHANNEL.to_owned(),
        source: "S".to_owned(),
        id: 140,
        level: EventLevel::Warning,
        at,
        strings: vec!["192.0.2.7".to_owned()],
        message: None,
        record,
    }
}

fn some(records: &[u64]) -> Vec<LogEvent> {
    records
        .iter()
        .map(|record| {
            let at =
                Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(*record).unwrap());
            event(at, *record)
        })
        .collect()
}

fn subscribed(number: usize) -> Reply {
    Reply::Answer(Response::Subscribed {
        manager: SubscriptionManager {
            identifier: format!("S{number}"),
            resource: None,
        },
        context: "uuid:0".to_owned(),
    })
}

fn events(events: Vec<LogEvent>, context: Option<&str>) -> Reply {
    Reply::Answer(Response::Events {
        events,
        context: context.map(str::to_owned),
    })
}

/// The names of the requests that reached the host, the sign-in left out.
fn requests(host: &ScriptedHost) -> Vec<String> {
    let log = host.log().into_iter();
    log.map(|line| line.split_once(' ').unwrap().1.to_owned())
        .filter(|line| line != "signed in" && line != "hung up")
        .collect()
}

/// Asks a host for events, closes the session and gives the answer with what the host was asked.
async fn asked(
    query: EventQuery,
    script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static,
) -> (Result<Vec<LogEvent>, CimError>, Vec<String>) {
    let host = ScriptedHost::start(script).await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let found = reader.events(query).await;
    session.close().await;
    let requests = requests(&host);
    (found, requests)
}

#[tokio::test]
async fn events_are_pulled_until_there_are_none_and_the_subscription_is_given_up() {
    let (found, requests) = asked(query(2), |number, request| match (number, request) {
        (0, Request::Subscribe(wanted)) => {
            assert_eq!(
                (wanted.channel.as_str(), wanted.ids.as_slice()),
                (CHANNEL, &[140][..])
            );
            subscribed(1)
        }
        (1, Request::PullEvents { context, .. }) if context == "uuid:0" => {
            events(some(&[1, 2]), Some("uuid:1"))
        }
        (2, Request::PullEvents { context, .. }) if context == "uuid:1" => {
            events(some(&[3]), Some("uuid:2"))
        }
        (3, Request::PullEvents { .. }) => fault(TIMED_OUT),
        (4, Request::Unsubscribe(manager)) if manager.identifier == "S1" => {
            Reply::Answer(Response::Unsubscribed)
        }
        other => panic!("{other:?}"),
    })
    .await;
    assert_eq!(found, Ok(some(&[2, 3])));
    assert_eq!(
        requests,
        [
            "Subscribe",
            "PullEvents",
            "PullEvents",
            "PullEvents",
            "Unsubscribe"
        ]
    );
}

#[tokio::test]
async fn a_channel_ends_by_a_missing_context_or_an_empty_answer_too() {
    let (found, requests) = asked(query(9), |number, _| match number {
        0 => subscribed(1),
        1 => events(some(&[1]), None),
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    assert_eq!((found.unwrap().len(), requests.len()), (1, 3));
    let (found, requests) = asked(query(9), |number, _| match number {
        0 => subscribed(1),
        1 => Reply::Answer(last_page(Vec::new())),
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    assert_eq!((found.unwrap().len(), requests.len()), (0, 3));
}

#[tokio::test]
async fn the_reasons_of_refusals_are_told_apart() {
    let log = || CHANNEL.to_owned();
    let operation = || format!("the events of {CHANNEL}");
    for (code, expected) in [
        (
            5,
            CimError::Denied {
                operation: operation(),
            },
        ),
        (
            5004,
            CimError::Denied {
                operation: operation(),
            },
        ),
        (15_007, CimError::NoSuchLog { log: log() }),
        (0x8007_3A9F, CimError::NoSuchLog { log: log() }),
        (2_150_858_752, CimError::NoChannels { log: log() }),
        (2_150_858_753, CimError::NoChannels { log: log() }),
        (
            15_001,
            CimError::Fault {
                operation: operation(),
                code: 15_001,
                message: "no".to_owned(),
            },
        ),
    ] {
        let (found, requests) = asked(query(9), move |_, _| fault(code)).await;
        assert_eq!(found, Err(expected));
        assert_eq!(requests, ["Subscribe"], "{code}");
    }
}

#[tokio::test]
async fn a_subscription_is_given_up_when_reading_fails_half_way() {
    for code in [5, 15_001] {
        let (found, requests) = asked(query(9), move |number, _| match number {
            0 => subscribed(1),
            1 => events(some(&[1]), Some("uuid:1")),
            2 => fault(code),
            _ => Reply::Answer(Response::Unsubscribed),
        })
        .await;
        assert!(found.is_err());
        assert_eq!(
            requests,
            ["Subscribe", "PullEvents", "PullEvents", "Unsubscribe"]
        );
    }
    // Something else than events is no reason to leave it open either.
    let (found, requests) = asked(query(9), |number, _| match number {
        0 => subscribed(1),
        1 => Reply::Answer(Response::Deleted),
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    assert!(matches!(found, Err(CimError::NotWsman { .. })));
    assert_eq!(requests.last().unwrap(), "Unsubscribe");
}

#[tokio::test]
async fn a_host_that_hangs_up_is_told_when_the_session_ends() {
    let (found, requests) = asked(query(9), |number, _| match number {
        0 => subscribed(1),
        1 | 2 => Reply::HangUp,
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    assert!(matches!(
        found,
        Err(CimError::Unreachable {
            reason: Unreachable::ConnectionLost,
            ..
        })
    ));
    assert_eq!(
        requests,
        ["Subscribe", "PullEvents", "PullEvents", "Unsubscribe"]
    );
}

#[tokio::test]
async fn a_question_that_is_abandoned_is_given_up_at_the_end() {
    let host = ScriptedHost::start(|number, _| match number {
        0 => subscribed(1),
        1 => Reply::Silence,
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    let (session, _) = open(&host).await;
    let session = Arc::new(session);
    let reading = Arc::clone(&session);
    let task = tokio::spawn(async move {
        let reader: &dyn CimReader = &*reading;
        reader.events(query(9)).await
    });
    host.wait_for("PullEvents").await;
    task.abort();
    let _aborted = task.await;
    session.close().await;
    assert_eq!(requests(&host), ["Subscribe", "PullEvents", "Unsubscribe"]);
}

#[tokio::test]
async fn a_forgotten_subscription_is_begun_once_more() {
    let (found, requests) = asked(query(9), |number, _| match number {
        0 => subscribed(1),
        1 => fault(INVALID_CONTEXT),
        3 => subscribed(2),
        4 => events(some(&[1]), None),
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    assert_eq!(found, Ok(some(&[1])));
    assert_eq!(
        requests
            .iter()
            .filter(|name| *name == "Unsubscribe")
            .count(),
        2
    );
}

#[tokio::test]
async fn of_a_flood_only_the_newer_part_of_the_time_is_read() {
    let end = SystemClock.now();
    let start = end - SignedDuration::from_mins(75);
    let wanted = EventQuery {
        since: start,
        ..query(10)
    };
    let since = Arc::new(Mutex::new(Vec::new()));
    let asked_since = Arc::clone(&since);
    // An event each second, as long as anybody asks.
    let (found, requests) = asked(wanted, move |_, request| match request {
        Request::Subscribe(wanted) => {
            let mut asked = asked_since.lock().unwrap();
            asked.push(wanted.since);
            subscribed(asked.len())
        }
        Request::PullEvents { context, .. } => {
            let first = *asked_since.lock().unwrap().last().unwrap();
            let number: i64 = context.trim_start_matches("uuid:").parse().unwrap();
            let batch: Vec<LogEvent> = (number..number + 500)
                .map(|second| first + SignedDuration::from_secs(second))
                .take_while(|at| *at <= end)
                .map(|at| event(at, u64::try_from(at.as_second()).unwrap()))
                .collect();
            match batch.len() {
                0 => fault(TIMED_OUT),
                _ => events(batch, Some(&format!("uuid:{}", number + 500))),
            }
        }
        _ => Reply::Answer(Response::Unsubscribed),
    })
    .await;
    let found = found.unwrap();
    assert_eq!(found.len(), 10);
    assert!(
        end.as_second() - found[9].at.as_second() <= 1,
        "{:?}",
        found[9]
    );
    let since = since.lock().unwrap().clone();
    assert!(
        since.len() > 1 && since.is_sorted() && since[0] == start,
        "{since:?}"
    );
    let count = |wanted: &str| requests.iter().filter(|name| *name == wanted).count();
    assert_eq!(
        (count("Subscribe"), count("Unsubscribe")),
        (since.len(), since.len())
    );
}

#[tokio::test]
async fn a_classic_log_is_queried_and_left_when_there_is_enough() {
    let service = crate::session::host::service("x");
    let log_event = move |record: u32| {
        rdpfix::cim::Instance {
            class: "Win32_NTLogEvent".to_owned(),
            ..service.clone()
        }
        .with("Logfile", "System")
        .with("SourceName", "TermDD")
        .with("EventCode", 56_u32)
        .with("EventType", 1_u32)
        .with("RecordNumber", record)
        .with(
            "TimeGenerated",
            rdpfix::cim::Value::DateTime(Timestamp::UNIX_EPOCH),
        )
    };
    let wanted = EventQuery {
        log: "System".to_owned(),
        ..query(3)
    };
    let (found, requests) = asked(wanted, move |_, request| match request {
        Request::Release { .. } => Reply::Answer(Response::Released),
        _ => Reply::Answer(crate::session::host::page(
            (0..1000).rev().map(&log_event).collect(),
            Some("uuid:1"),
        )),
    })
    .await;
    let records: Vec<u64> = found.unwrap().iter().map(|event| event.record).collect();
    assert_eq!(records, [998, 999, 999]);
    assert_eq!(requests.last().unwrap(), "Release");
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn no_events_are_wanted_so_nothing_is_asked() {
    let (found, requests) = asked(query(0), |_, _| fault(5)).await;
    assert_eq!(found, Ok(Vec::new()));
    assert!(requests.is_empty());
}
