//! Which requests a question for events is made of: a query for logs of the old kind, a subscription that is given up
//! again for any other. Nothing here changes a host.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cim::CimError;
use crate::cim::EventQuery;
use crate::cim::LogEvent;
use crate::session::fault;
use crate::session::read::Bound;
use crate::session::read::enumerate_up_to;
use crate::session::winrm::Effect;
use crate::session::winrm::WinRmSession;
use crate::wsman::Enumeration;
use crate::wsman::Fault;
use crate::wsman::Request;
use crate::wsman::Response;
use crate::wsman::Subscription;
use crate::wsman::SubscriptionManager;
use crate::wsman::fault as codes;

/// How many events are read of one log, whatever is wanted: a flood must not hold us up.
const MOST_READ: usize = 2_000;
/// How many are asked for at a time; the host sends what fits into an envelope.
const BATCH: u32 = 500;
/// How often a subscription is pulled from.
const MOST_PULLS: usize = 200;
/// How often a flood is left behind by asking for the newer half only.
const MOST_HALVINGS: usize = 6;
/// How long a host may wait for an event before it says that there is none.
const QUIET: Duration = Duration::from_secs(3);

/// Reads the newest events that are wanted, oldest first.
pub(super) async fn read(
    session: &WinRmSession,
    query: &EventQuery,
) -> Result<Vec<LogEvent>, CimError> {
    if query.most == 0 {
        return Ok(Vec::new());
    }
    let operation = format!("the events of {}", query.log);
    let events = if query.is_classic() {
        classic(session, &operation, query).await
    } else {
        channel(session, &operation, query).await
    };
    Ok(query.newest(events?))
}

/// Assumption: the class gives the newest events first, so that the ones left unread are the oldest.
async fn classic(
    session: &WinRmSession,
    operation: &str,
    query: &EventQuery,
) -> Result<Vec<LogEvent>, CimError> {
    let of = Enumeration::Query(query.as_query());
    let bound = Bound::Enough(MOST_READ);
    let instances = enumerate_up_to(session, operation, (&of, bound)).await?;
    instances.iter().map(LogEvent::from_instance).collect()
}

/// A channel gives the oldest events first. When there are too many, only the newer half of the time is asked for.
async fn channel(
    session: &WinRmSession,
    operation: &str,
    query: &EventQuery,
) -> Result<Vec<LogEvent>, CimError> {
    let source = Channel {
        session,
        operation,
        query,
    };
    let mut since = query.since;
    let mut before = Vec::new();
    for _halving in 0..MOST_HALVINGS {
        let read = source.since(since).await?;
        if read.rest == Rest::None {
            // Half the time was too much to leave out: what came before is better than nothing.
            return Ok(if read.events.is_empty() {
                before
            } else {
                read.events
            });
        }
        let reached = read.events.last().map_or(since, |event| event.at);
        before = read.events;
        since = match middle(reached, session.now()) {
            Some(middle) if middle > since => middle,
            _ => break,
        };
    }
    Ok(before)
}

/// The moment half-way from one to a later one.
fn middle(from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let half = from.duration_until(to).checked_div(2)?;
    (half > SignedDuration::ZERO)
        .then(|| from.checked_add(half).ok())
        .flatten()
}

/// What was read of a channel.
struct Batch {
    events: Vec<LogEvent>,
    rest: Rest,
}

/// Whether something was left unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    Some,
}

struct Channel<'a> {
    session: &'a WinRmSession,
    operation: &'a str,
    query: &'a EventQuery,
}

impl Channel<'_> {
    /// Reads on from a moment, once more from there when the host forgot about the subscription.
    async fn since(&self, since: Timestamp) -> Result<Batch, CimError> {
        match self.subscription(since).await {
            Err(error) if fault::is_expired_enumeration(&error) => self.subscription(since).await,
            result => result,
        }
    }

    /// Subscribes, reads and gives the subscription up, also when reading failed.
    async fn subscription(&self, since: Timestamp) -> Result<Batch, CimError> {
        let (manager, context) = self.subscribe(since).await?;
        self.session.subscribed(&manager);
        let result = self.pull(context).await;
        // A host that does not answer now is told when the session is closed, if it answers then.
        if !matches!(&result, Err(error) if is_silent(error)) {
            self.session.unsubscribe(&manager).await;
        }
        result
    }

    async fn subscribe(&self, since: Timestamp) -> Result<(SubscriptionManager, String), CimError> {
        let request = Request::Subscribe(Subscription {
            channel: self.query.log.clone(),
            ids: self.query.ids.clone(),
            since,
        });
        let limit = self.session.operation_timeout();
        match self.ask(&request, limit).await? {
            Response::Subscribed { manager, context } => Ok((manager, context)),
            Response::Fault(fault) => Err(self.refused(fault)),
            _ => Err(self.not_wsman("no subscription")),
        }
    }

    async fn pull(&self, mut context: String) -> Result<Batch, CimError> {
        let mut events = Vec::new();
        let whole = |events| {
            let rest = Rest::None;
            Ok(Batch { events, rest })
        };
        for _pull in 0..MOST_PULLS {
            let request = Request::PullEvents {
                context,
                max_elements: BATCH,
            };
            let answer = self.ask(&request, QUIET).await?;
            let (more, next) = match answer {
                Response::Events { events, context } => (events, context),
                // No event, no context, or none for a while: that was all.
                Response::Page { items, .. } if items.is_empty() => return whole(events),
                Response::Fault(fault) if fault.code == codes::TIMED_OUT => return whole(events),
                Response::Fault(fault) => return Err(self.refused(fault)),
                _ => return Err(self.not_wsman("no events")),
            };
            events.extend(more);
            match next {
                None => return whole(events),
                Some(next) => context = next,
            }
            if events.len() >= MOST_READ {
                break;
            }
        }
        Ok(Batch {
            events,
            rest: Rest::Some,
        })
    }

    async fn ask(&self, request: &Request, limit: Duration) -> Result<Response, CimError> {
        self.session
            .ask(self.operation, Effect::Reads, (request, limit))
            .await
    }

    /// What a refusal means here.
    ///
    /// Assumption: a channel that is missing is refused with the Windows code 15007, bare or as HRESULT; 5004, with which
    /// the plug-in says that it could read nothing, means that rights are missing; a host without the plug-in knows no
    /// such resource.
    fn refused(&self, fault: Fault) -> CimError {
        const CHANNEL_NOT_FOUND_HRESULT: u32 = 0x8007_3A9F;
        let log = self.query.log.clone();
        match fault.code {
            codes::CHANNEL_NOT_FOUND | CHANNEL_NOT_FOUND_HRESULT => CimError::NoSuchLog { log },
            codes::NOT_FOUND | codes::ACTION_NOT_SUPPORTED => CimError::NoChannels { log },
            codes::EVENTS_UNREADABLE => CimError::Denied {
                operation: self.operation.to_owned(),
            },
            _ => fault::judge(fault, self.operation, self.session.operation_timeout()),
        }
    }

    fn not_wsman(&self, detail: &str) -> CimError {
        self.session.topic(self.operation).not_wsman(detail)
    }
}

fn is_silent(error: &CimError) -> bool {
    matches!(
        error,
        CimError::Unreachable { .. } | CimError::TimedOut { .. }
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::middle;

    #[test]
    fn the_middle_lies_between_and_there_is_none_backwards() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(middle(at(10), at(20)), Some(at(15)));
        assert_eq!(middle(at(20), at(10)), None);
        assert_eq!(middle(at(10), at(10)), None);
    }
}
