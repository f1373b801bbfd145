//! One host's session: requests become answers, with the rules for trying again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use crate::cim::Answer;
use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cim::Read;
use crate::cim::Traffic;
use crate::cim::Unreachable;
use crate::clock::Clock;
use crate::session::call;
use crate::session::failure::Failure;
use crate::session::failure::Fate;
use crate::session::failure::Topic;
use crate::session::fault;
use crate::session::line::Counters;
use crate::session::line::count;
use crate::session::pool::Pool;
use crate::session::read;
use crate::wsman::Enumeration;
use crate::wsman::Request;
use crate::wsman::RequestEnvelope;
use crate::wsman::Response;
use crate::wsman::SubscriptionManager;
use crate::wsman::decode_response;
use crate::wsman::encode_request;

/// Bytes of an answer that we take; the host's own limit is usually the smaller one.
const MAX_ENVELOPE_SIZE: u32 = 512_000;
/// How often a request is sent when the host says that a quota is exhausted.
const QUOTA_ATTEMPTS: u32 = 3;
/// The first pause after such an answer; each further one is twice as long.
const QUOTA_PAUSE: Duration = Duration::from_millis(500);
/// After so many requests in a row without an answer the host is not asked any more: each would cost its whole limit.
const MOST_SILENCES: usize = 2;
/// How long [`CimSession::close`] may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Whether a request changes the host: only one that does not may be sent again when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Reads,
    Writes,
}

/// A session over WinRM.
pub struct WinRmSession {
    pool: Pool,
    clock: Arc<dyn Clock>,
    operation_timeout: Duration,
    counters: Arc<Counters>,
    /// What the host keeps for us.
    held: Mutex<Held>,
    /// Requests in a row that were not answered in time.
    silences: AtomicUsize,
}

/// What a host keeps for a session until it ends or is given up.
#[derive(Debug, Default)]
struct Held {
    /// Enumerations by their last context.
    enumerations: BTreeMap<String, Enumeration>,
    /// Subscriptions by their identifier.
    subscriptions: BTreeMap<String, SubscriptionManager>,
}

impl WinRmSession {
    pub(super) fn new(
        pool: Pool,
        clock: Arc<dyn Clock>,
        operation_timeout: Duration,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            pool,
            clock,
            operation_timeout,
            counters,
            held: Mutex::new(Held::default()),
            silences: AtomicUsize::new(0),
        }
    }

    /// Sends a request until there is an answer, pausing while the host is busy. Faults become errors.
    pub(super) async fn request(
        &self,
        operation: &str,
        effect: Effect,
        request: &Request,
    ) -> Result<Response, CimError> {
        let limit = self.operation_timeout;
        match self.ask(operation, effect, (request, limit)).await? {
            Response::Fault(fault) => Err(fault::judge(fault, operation, limit)),
            response => Ok(response),
        }
    }

    /// Sends a request that may take so long at the host until there is an answer, pausing while the host is busy. A
    /// fault is an answer, unless it is about a quota.
    pub(super) async fn ask(
        &self,
        operation: &str,
        effect: Effect,
        request: (&Request, Duration),
    ) -> Result<Response, CimError> {
        let mut pause = QUOTA_PAUSE;
        let mut attempt = 1;
        loop {
            let answer = self.answer(operation, effect, request).await;
            // The host refused before it began, so this is safe for calls too.
            if !matches!(answer, Err(CimError::Quota { .. })) || attempt == QUOTA_ATTEMPTS {
                return answer;
            }
            let jitter = pause.mul_f64(rand::random_range(0.0..0.5));
            self.clock.sleep(pause + jitter).await;
            pause *= 2;
            attempt += 1;
            count(&self.counters.retries, 1);
        }
    }

    /// Notes that the host keeps an enumeration for us under another context than before.
    pub(super) fn keeps(&self, before: Option<&str>, now: Option<(&str, &Enumeration)>) {
        let mut held = self.held();
        if let Some(before) = before {
            held.enumerations.remove(before);
        }
        if let Some((now, of)) = now {
            held.enumerations.insert(now.to_owned(), of.clone());
        }
    }

    /// Gives up an enumeration. That it cannot be is no reason for concern: the host forgets it by itself.
    pub(super) async fn release(&self, of: &Enumeration, context: &str) {
        self.keeps(Some(context), None);
        let request = Request::Release {
            of: of.clone(),
            context: context.to_owned(),
        };
        self.part_with(&request).await;
    }

    /// Notes that the host delivers events to us.
    pub(super) fn subscribed(&self, manager: &SubscriptionManager) {
        self.held()
            .subscriptions
            .insert(manager.identifier.clone(), manager.clone());
    }

    /// Gives up a subscription. That it cannot be is no reason for concern: the host forgets it by itself.
    pub(super) async fn unsubscribe(&self, manager: &SubscriptionManager) {
        self.held().subscriptions.remove(&manager.identifier);
        self.part_with(&Request::Unsubscribe(manager.clone())).await;
    }

    async fn part_with(&self, request: &Request) {
        let request = (request, self.operation_timeout);
        let _parted = self.attempt("a release", request).await;
    }

    /// How long an operation may take at the host.
    pub(super) fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// What our clock shows.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The address for an error that is found above the wire.
    pub(super) fn topic<'a>(&'a self, operation: &'a str) -> Topic<'a> {
        Topic {
            address: &self.pool.login().destination.address,
            operation,
        }
    }

    /// Sends a request, once more on a fresh connection when that is safe.
    async fn answer(
        &self,
        operation: &str,
        effect: Effect,
        request: (&Request, Duration),
    ) -> Result<Response, CimError> {
        let first = match self.attempt(operation, request).await {
            Ok(response) => return self.judge(operation, response),
            Err(failure) => failure,
        };
        let again = match first.fate {
            Fate::NotBegun => true,
            Fate::Unknown => effect == Effect::Reads,
            Fate::Settled => false,
        };
        if !again {
            return Err(first.error);
        }
        count(&self.counters.retries, 1);
        let second = self.attempt(operation, request).await;
        self.judge(operation, second.map_err(|failure| failure.error)?)
    }

    /// A fault about a quota is worth another try; whether any other is an error is the caller's to judge.
    fn judge(&self, operation: &str, response: Response) -> Result<Response, CimError> {
        if let Response::Fault(fault) = &response {
            let error = fault::judge(fault.clone(), operation, self.operation_timeout);
            if matches!(error, CimError::Quota { .. }) {
                return Err(error);
            }
        }
        Ok(response)
    }

    async fn attempt(
        &self,
        operation: &str,
        (request, limit): (&Request, Duration),
    ) -> Result<Response, Failure> {
        let lease = self.pool.lease().await?;
        // Looked at only now, because others may have learnt it while this one waited.
        if self.silences.load(Ordering::Acquire) >= MOST_SILENCES {
            return Err(Failure::settled(CimError::Unreachable {
                address: self.pool.login().destination.address.clone(),
                reason: Unreachable::TimedOut,
            }));
        }
        let message_id = format!("uuid:{}", Uuid::new_v4().to_string().to_uppercase());
        let envelope = encode_request(&RequestEnvelope {
            to: self.pool.login().destination.url.to_string(),
            message_id: message_id.clone(),
            operation_timeout: limit,
            max_envelope_size: MAX_ENVELOPE_SIZE,
            request: request.clone(),
        });
        let answer = lease.exchange(operation, envelope.as_bytes()).await;
        self.listen(&answer);
        let answer = answer?;
        let topic = self.topic(operation);
        let answer =
            decode_response(&answer).map_err(|error| topic.not_wsman(error.to_string()))?;
        match answer.relates_to {
            Some(other) if !other.eq_ignore_ascii_case(&message_id) => {
                Err(topic.not_wsman("the answer to another question").into())
            }
            _ => Ok(answer.response),
        }
    }

    fn listen(&self, answer: &Result<Vec<u8>, Failure>) {
        match answer {
            Err(failure) if matches!(failure.error, CimError::TimedOut { .. }) => {
                self.silences.fetch_add(1, Ordering::AcqRel);
            }
            Ok(_) | Err(_) => self.silences.store(0, Ordering::Release),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CimReader for WinRmSession {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        read::read(self, read).await
    }
}

#[async_trait]
impl CimSession for WinRmSession {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        call::invoke(self, call).await
    }

    fn traffic(&self) -> Traffic {
        self.counters.traffic()
    }

    async fn close(&self) {
        let held = std::mem::take(&mut *self.held());
        let farewell = async {
            for (context, of) in &held.enumerations {
                self.release(of, context).await;
            }
            for manager in held.subscriptions.values() {
                self.unsubscribe(manager).await;
            }
        };
        let _in_time = tokio::time::timeout(FAREWELL, farewell).await;
        self.pool.hang_up();
    }
}
