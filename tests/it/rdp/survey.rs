//! The outside view against hosts of the lab, against servers that misbehave, and of many hosts at once.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::probe::names::Resolver;
use rdpfix::probe::surveyor::SurveyOptions;
use rdpfix::probe::surveyor::Surveyor;
use rdpfix::probe::surveyor::Target;
use rdpfix::survey::ASKED;
use rdpfix::survey::Reply;
use rdpfix::survey::Survey;
use tokio::sync::watch;

mod gateway;
mod hosts;
mod misbehaving;
mod naming;
mod repeated;
mod trust;

/// Long enough for whatever is not meant to take time.
const AMPLE: Duration = Duration::from_mins(1);
/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(300);

/// It is the middle of 2026, and time passes.
struct SummerClock;

#[async_trait]
impl Clock for SummerClock {
    fn now(&self) -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    fn instant(&self) -> Instant {
        SystemClock.instant()
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

/// The same, but time passes when the test says so.
struct SpurredClock {
    began: Instant,
    passed: watch::Sender<Duration>,
}

impl SpurredClock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            began: SystemClock.instant(),
            passed: watch::Sender::new(Duration::ZERO),
        })
    }

    fn advance(&self, duration: Duration) {
        self.passed.send_modify(|passed| *passed += duration);
    }
}

#[async_trait]
impl Clock for SpurredClock {
    fn now(&self) -> Timestamp {
        SummerClock.now()
    }

    fn instant(&self) -> Instant {
        self.began + *self.passed.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let mut passed = self.passed.subscribe();
        let over = *passed.borrow_and_update() + duration;
        passed.wait_for(|passed| *passed >= over).await.unwrap();
    }
}

fn options(deadline: Duration) -> SurveyOptions {
    SurveyOptions {
        deadline,
        repeat: 1,
        login: None,
        gateway: None,
        roots: Vec::new(),
    }
}

fn surveyor(options: SurveyOptions) -> Surveyor {
    Surveyor::new(Arc::new(SummerClock), options)
}

fn target(address: SocketAddr) -> Target {
    Target {
        host: "pc-1".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        gateway: None,
    }
}

/// Visits an address.
pub(super) async fn look(address: SocketAddr, deadline: Duration) -> Survey {
    surveyor(options(deadline)).survey(&target(address)).await
}

/// The negotiations as words: `rdp:F5 nla:HYBRID`.
pub(crate) fn negotiation(survey: &Survey) -> String {
    let word = |reply: &Reply| match reply {
        Reply::Selected { protocol, .. } => protocol.to_string(),
        Reply::Bare => "bare".to_owned(),
        Reply::Refused(code) => format!("F{}", code.0),
        Reply::Closed => "closed".to_owned(),
        Reply::Silent => "silent".to_owned(),
        Reply::NotRdp(_) => "other".to_owned(),
        Reply::NotConnected(outcome) => outcome.word().to_owned(),
    };
    let words: Vec<_> = ASKED
        .iter()
        .filter_map(|(_, name)| Some(format!("{name}:{}", word(survey.reply(name)?))))
        .collect();
    words.join(" ")
}

/// TCP as words, in the order of the addresses.
fn tcp(survey: &Survey) -> Vec<&'static str> {
    survey
        .tcp
        .iter()
        .map(|tried| tried.outcome.word())
        .collect()
}

/// A resolver that knows what the test tells it.
#[derive(Default)]
struct Book {
    addresses: Vec<SocketAddr>,
    names: Vec<(IpAddr, &'static str)>,
}

#[async_trait]
impl Resolver for Book {
    async fn addresses(&self, name: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        match name {
            "pc-1.example" => Ok(self.addresses.clone()),
            "slow.example" => std::future::pending().await,
            _ => Err(io::Error::other("nobody is called that")),
        }
    }

    async fn name_of(&self, address: IpAddr) -> Option<String> {
        let known = self.names.iter().find(|(known, _)| *known == address);
        match known {
            Some((_, name)) => Some((*name).to_owned()),
            None => std::future::pending().await,
        }
    }
}
