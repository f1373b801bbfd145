//! Subscriptions to events that are under way: pages, contexts, expiry and quota, delivered by pulling (DSP0226 10.2.9.5).
//!
//! What happens after a subscription began is not delivered: nobody waits for it.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;
use std::time::Instant;

use uuid::Uuid;

use crate::cim::LogEvent;
use crate::lab::wsman_server::paging::Appetite;
use crate::lab::wsman_server::paging::invalid_context;
use crate::lab::wsman_server::paging::too_many;
use crate::wsman::Fault;
use crate::wsman::SubscriptionManager;
use crate::wsman::fault::TIMED_OUT;

/// How long a subscription is kept after the last request about it, as the client asks for.
pub const EXPIRES_AFTER: Duration = Duration::from_mins(1);
/// What an event takes in an envelope besides its texts, its markup being escaped once more.
const EVENT_CHARACTERS: usize = 1_200;

/// Some events, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The events.
    pub events: Vec<LogEvent>,
    /// The context for the next ones.
    pub context: String,
}

#[derive(Debug)]
struct Open {
    user: String,
    context: String,
    events: VecDeque<LogEvent>,
    touched: Instant,
}

/// The subscriptions of one host.
#[derive(Debug)]
pub struct Subscriptions {
    /// By identifier.
    open: BTreeMap<String, Open>,
    per_user: usize,
}

impl Subscriptions {
    /// None yet; each user may have so many at once.
    pub fn new(per_user: usize) -> Self {
        Self {
            open: BTreeMap::new(),
            per_user,
        }
    }

    /// Gives all of them up.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Begins one that will deliver these events; gives what to give it up by, and the first context.
    pub fn begin(
        &mut self,
        user: &str,
        events: Vec<LogEvent>,
        now: Instant,
    ) -> Result<(SubscriptionManager, String), Fault> {
        self.expire(now);
        let user = user.to_lowercase();
        if self.open.values().filter(|open| open.user == user).count() >= self.per_user {
            return Err(too_many(self.per_user));
        }
        let identifier = name();
        let context = format!("uuid:{}", name());
        let open = Open {
            user,
            context: context.clone(),
            events: VecDeque::from(events),
            touched: now,
        };
        self.open.insert(identifier.clone(), open);
        let manager = SubscriptionManager {
            identifier,
            resource: None,
        };
        Ok((manager, context))
    }

    /// The next events under another context; a fault at once where Windows would wait for the operation's limit,
    /// after which the old context still serves.
    pub fn pull(
        &mut self,
        user: &str,
        context: &str,
        appetite: Appetite,
        now: Instant,
    ) -> Result<Batch, Fault> {
        self.expire(now);
        let user = user.to_lowercase();
        let open = self
            .open
            .values_mut()
            .find(|open| open.context == context && open.user == user)
            .ok_or_else(invalid_context)?;
        open.touched = now;
        let mut events = Vec::new();
        let mut room = appetite.characters();
        while events.len() < appetite.items()
            && let Some(event) = open.events.pop_front()
        {
            let size = characters(&event);
            if size > room && !events.is_empty() {
                open.events.push_front(event);
                break;
            }
            room = room.saturating_sub(size);
            events.push(event);
        }
        if events.is_empty() {
            return Err(nothing_yet());
        }
        open.context = format!("uuid:{}", name());
        Ok(Batch {
            events,
            context: open.context.clone(),
        })
    }

    /// Gives one up.
    pub fn end(&mut self, user: &str, identifier: &str, now: Instant) -> Result<(), Fault> {
        self.expire(now);
        let owned = self
            .open
            .get(identifier)
            .is_some_and(|open| open.user == user.to_lowercase());
        if !owned {
            return Err(Fault::not_found());
        }
        self.open.remove(identifier);
        Ok(())
    }

    fn expire(&mut self, now: Instant) {
        self.open
            .retain(|_, open| now.saturating_duration_since(open.touched) < EXPIRES_AFTER);
    }
}

fn name() -> String {
    Uuid::new_v4().to_string().to_ascii_uppercase()
}

/// About how many characters an event takes in an envelope.
fn characters(event: &LogEvent) -> usize {
    let texts = event.strings.iter().chain(&event.message);
    EVENT_CHARACTERS + texts.map(|text| 30 + text.chars().count()).sum::<usize>()
}

/// There is no event now.
fn nothing_yet() -> Fault {
    let message = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout. ";
    Fault::new(TIMED_OUT, "TimedOut", message)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use jiff::Timestamp;

    use super::EXPIRES_AFTER;
    use super::Subscriptions;
    use crate::cim::EventLevel;
    use crate::cim::LogEvent;
    use crate::lab::wsman_server::paging::Appetite;
    use crate::wsman::fault::INVALID_ENUMERATION_CONTEXT;
    use crate::wsman::fault::NOT_FOUND;
    use crate::wsman::fault::TIMED_OUT;
    use crate::wsman::fault::TOO_MANY_OPERATIONS;

    const HUNGRY: Appetite = Appetite {
        max_elements: 32_000,
        max_envelope_size: 512_000,
    };

    fn events(count: u64) -> Vec<LogEvent> {
        (0..count)
            .map(|record| LogEvent {
                log: "C/Operational".to_owned(),
                source: "S".to_owned(),
                id: 1,
                level: EventLevel::Information,
                at: Timestamp::UNIX_EPOCH,
                strings: vec!["x".repeat(300)],
                message: Some("y".repeat(300)),
                record,
            })
            .collect()
    }

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    #[test]
    fn all_events_come_in_order_and_then_nothing_for_a_while() {
        let mut subscriptions = Subscriptions::new(15);
        let (manager, mut context) = subscriptions.begin("a", events(200), now()).unwrap();
        let mut found = Vec::new();
        let mut pulls = 0;
        let fault = loop {
            match subscriptions.pull("A", &context, HUNGRY, now()) {
                Ok(batch) => {
                    found.extend(batch.events);
                    context = batch.context;
                    pulls += 1;
                }
                Err(fault) => break fault,
            }
        };
        assert_eq!(fault.code, TIMED_OUT);
        assert_eq!(found, events(200));
        assert!(pulls > 2, "{pulls}");
        assert_eq!(subscriptions.count(), 1);
        subscriptions.end("a", &manager.identifier, now()).unwrap();
        assert_eq!(subscriptions.count(), 0);
    }

    #[test]
    fn a_subscription_is_its_users_own_and_not_for_ever() {
        let mut subscriptions = Subscriptions::new(1);
        let start = now();
        let (manager, context) = subscriptions.begin("a", events(2), start).unwrap();
        let fault = subscriptions.begin("A", events(2), start).unwrap_err();
        assert_eq!(fault.code, TOO_MANY_OPERATIONS);
        let fault = subscriptions
            .pull("b", &context, HUNGRY, start)
            .unwrap_err();
        assert_eq!(fault.code, INVALID_ENUMERATION_CONTEXT);
        let fault = subscriptions
            .end("b", &manager.identifier, start)
            .unwrap_err();
        assert_eq!(fault.code, NOT_FOUND);
        let late = start + EXPIRES_AFTER;
        let fault = subscriptions.pull("a", &context, HUNGRY, late).unwrap_err();
        assert_eq!(fault.code, INVALID_ENUMERATION_CONTEXT);
        assert_eq!(subscriptions.count(), 0);
    }

    #[test]
    fn a_context_serves_once_and_a_pull_gives_no_more_than_wanted() {
        let mut subscriptions = Subscriptions::new(15);
        let (_, context) = subscriptions.begin("a", events(3), now()).unwrap();
        let appetite = Appetite {
            max_elements: 2,
            ..HUNGRY
        };
        let batch = subscriptions.pull("a", &context, appetite, now()).unwrap();
        assert_eq!(batch.events.len(), 2);
        let fault = subscriptions
            .pull("a", &context, appetite, now())
            .unwrap_err();
        assert_eq!(fault.code, INVALID_ENUMERATION_CONTEXT);
        let batch = subscriptions
            .pull("a", &batch.context, appetite, now())
            .unwrap();
        assert_eq!(batch.events, events(3)[2..]);
    }
}
