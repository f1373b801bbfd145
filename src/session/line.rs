//! One TCP connection that speaks HTTP: bytes out, bytes in, counted and bounded. Knows nothing about signing in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use reqwest::Client;
use reqwest::Response;
use reqwest::Url;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONNECTION;
use reqwest::header::CONTENT_LENGTH;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderValue;
use reqwest::header::WWW_AUTHENTICATE;
use reqwest::redirect;
use reqwest::retry;
use reqwest::tls::TlsInfo;
use tower::BoxError;
use tower::Layer;
use tower::Service;

use crate::cim::CimError;
use crate::cim::Traffic;
use crate::cim::session::Unreachable;
use crate::session::failure::Ended;
use crate::session::failure::Failure;
use crate::session::failure::Topic;
use crate::session::failure::judge;

/// No honest answer comes near: pages close at about 76 000 characters.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// What Windows' own client calls itself.
const USER_AGENT: &str = "Microsoft WinRM Client";

/// What a session has cost so far.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) connections: AtomicU64,
    pub(super) bytes_sent: AtomicU64,
    pub(super) bytes_received: AtomicU64,
    pub(super) retries: AtomicU64,
}

impl Counters {
    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
        }
    }
}

/// Adds to a counter.
pub(super) fn count(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(u64::try_from(amount).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Where a line leads and how long it may take.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    pub(super) url: Url,
    /// `host:port`, as people know it.
    pub(super) address: String,
    pub(super) tls: Arc<rustls::ClientConfig>,
    pub(super) connect_timeout: Duration,
    pub(super) answer_timeout: Duration,
    pub(super) counters: Arc<Counters>,
}

/// What one request carries.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) authorization: Option<HeaderValue>,
    pub(super) content_type: HeaderValue,
    pub(super) body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    /// Empty when there is none.
    pub(super) content_type: String,
    /// Values of `WWW-Authenticate`.
    pub(super) challenges: Vec<String>,
    pub(super) body: Vec<u8>,
    /// The server's certificate (DER), over TLS.
    pub(super) certificate: Option<Vec<u8>>,
}

/// One TCP connection; it opens itself with the first request and never opens again.
#[derive(Debug)]
pub(super) struct Line {
    client: Client,
    destination: Arc<Destination>,
}

impl Line {
    pub(super) fn new(destination: &Arc<Destination>) -> Result<Self, CimError> {
        let once = OneConnection {
            used: Arc::new(AtomicBool::new(false)),
            counters: Arc::clone(&destination.counters),
        };
        let client = Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(&destination.tls))
            .tls_info(destination.url.scheme() == "https")
            .http1_only()
            .http1_title_case_headers()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(None)
            .connect_timeout(destination.connect_timeout)
            .timeout(destination.answer_timeout)
            .user_agent(USER_AGENT)
            .connector_layer(once)
            .build()
            .map_err(|error| CimError::Broken {
                promise: format!("an HTTP client can be made: {error}"),
            })?;
        Ok(Self {
            client,
            destination: Arc::clone(destination),
        })
    }

    /// Posts a message and takes the whole answer.
    pub(super) async fn post(
        &self,
        operation: &str,
        message: Message,
    ) -> Result<HttpAnswer, Failure> {
        let topic = Topic {
            address: &self.destination.address,
            operation,
        };
        let length = message.body.len();
        let mut request = self
            .client
            .post(self.destination.url.clone())
            .header(CONNECTION, "Keep-Alive")
            .header(CONTENT_TYPE, message.content_type)
            .header(CONTENT_LENGTH, length)
            .body(message.body);
        if let Some(authorization) = message.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let counters = &self.destination.counters;
        count(&counters.requests, 1);
        count(&counters.bytes_sent, length);
        let fails = |error: reqwest::Error| self.judge(&error, topic);
        let mut response = request.send().await.map_err(fails)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fails)? {
            count(&counters.bytes_received, chunk.len());
            if body.len() + chunk.len() > LARGEST_ANSWER {
                let detail = format!("an answer of more than {LARGEST_ANSWER} bytes");
                return Err(Failure::settled(topic.not_wsman(detail)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer(&response, body))
    }

    fn judge(&self, error: &reqwest::Error, topic: Topic<'_>) -> Failure {
        if !error.is_timeout() {
            return judge(error, topic);
        }
        let error = if error.is_connect() {
            topic.unreachable(Unreachable::TimedOut)
        } else {
            CimError::TimedOut {
                operation: topic.operation.to_owned(),
                after: self.destination.answer_timeout,
            }
        };
        Failure::settled(error)
    }
}

fn answer(response: &Response, body: Vec<u8>) -> HttpAnswer {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers();
    HttpAnswer {
        status: response.status().as_u16(),
        content_type: headers.get(CONTENT_TYPE).map(text).unwrap_or_default(),
        challenges: headers.get_all(WWW_AUTHENTICATE).iter().map(text).collect(),
        body,
        certificate: response
            .extensions()
            .get::<TlsInfo>()
            .and_then(TlsInfo::peer_certificate)
            .map(<[u8]>::to_vec),
    }
}

/// How long a connection may take to be handed back to its client after the last byte of an answer; a busy machine lets
/// a task wait for tens of milliseconds, and a connection that did end is told so much later.
const HANDED_BACK_WITHIN: Duration = Duration::from_millis(250);

/// Lets a client connect once. A pool that reconnects behind one's back would send a sealed message to a server that
/// has no context for it; like this, a connection that ended is an error that says that nothing was sent.
#[derive(Debug, Clone)]
struct OneConnection {
    used: Arc<AtomicBool>,
    counters: Arc<Counters>,
}

impl<S> Layer<S> for OneConnection {
    type Service = OneConnectionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        OneConnectionService {
            inner,
            rule: self.clone(),
        }
    }
}

#[derive(Debug, Clone)]
struct OneConnectionService<S> {
    inner: S,
    rule: OneConnection,
}

impl<S, R> Service<R> for OneConnectionService<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let counters = Arc::clone(&self.rule.counters);
        let first = !self.rule.used.swap(true, Ordering::Relaxed);
        let connecting = first.then(|| self.inner.call(request));
        Box::pin(async move {
            let Some(connecting) = connecting else {
                // The client asks for a new connection also while the task that reads the old one has not yet handed it
                // back; that comes within this time, and then it is taken instead of this answer.
                let never = std::future::pending::<()>();
                let _over = tokio::time::timeout(HANDED_BACK_WITHIN, never).await;
                return Err(Ended.into());
            };
            let connection = connecting.await?;
            count(&counters.connections, 1);
            Ok(connection)
        })
    }
}
