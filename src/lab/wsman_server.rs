//! The management service of a machine: WinRM over TCP or TLS, as HTTP.sys and WinRM behave (wsman-wire 1, 9, 10).
//!
//! Knows connections and what is allowed on them; what the machine answers is the provider's business.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::lab::authority::Tls;
use crate::lab::http;
use crate::lab::http::Connection;
use crate::lab::http::HttpAnswer;
use crate::lab::http::HttpRequest;
use crate::lab::http::Stream;
use crate::lab::live::LiveHost;
use crate::lab::live::Pending;
use crate::lab::live::Presence;
use crate::lab::mishap::Trouble;
use crate::lab::rdp_front::socket_at;
use crate::lab::wsman_server::answer::Said;
use crate::lab::wsman_server::signin::Channel;
use crate::lab::wsman_server::signin::Form;
use crate::lab::wsman_server::signin::Leg;
use crate::lab::wsman_server::signin::SignIn;
use crate::lab::wsman_server::signin::Standing;
use crate::wsman::sealed;

pub mod paging;
pub mod subscriptions;

mod answer;
mod signin;

/// `MaxEnvelopeSizekb`, in bytes (wsman-wire 12).
pub const MAX_ENVELOPE: usize = 500 * 1024;
/// What sealing adds to an envelope, at most.
const SEAL_OVERHEAD: usize = 1024;
/// `MaxConnections` (wsman-wire 12).
///
/// Assumption: Windows resets connections above it; what a client really sees is not known.
pub const MAX_CONNECTIONS: usize = 300;
/// How long TLS may take.
const SLOWEST_TLS: Duration = Duration::from_secs(30);
/// How long to wait when the system has no room for a connection.
const BREATHER: Duration = Duration::from_millis(50);
/// How often a machine is looked at while it is on its way down or up.
const GLANCE: Duration = Duration::from_millis(10);
/// The path of the service.
const PATH: &str = "/wsman";
/// Some tools ask for the unauthenticated Identify by path instead of by header.
const ANONYMOUS_PATH: &str = "/wsman-anon/identify";
const SOAP: &str = "application/soap+xml;charset=UTF-8";

/// The port of the service. Its number is kept while the host is away.
enum Door {
    Open(TcpListener),
    Closed(TcpSocket),
}

/// Serves a host's management service for good.
pub(super) async fn serve(host: Arc<LiveHost>, listener: TcpListener, tls: Option<Tls>) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut connections = JoinSet::new();
    let mut changes = host.changes();
    let mut door = Door::Open(listener);
    loop {
        changes.borrow_and_update();
        let (presence, pending) = host.presence();
        door = match follow(door, presence, address) {
            Ok(door) => door,
            // Without its port a host is gone for good.
            Err(_) => return,
        };
        if presence == Presence::Away {
            connections.abort_all();
            host.drop_operations();
        }
        tokio::select! {
            accepted = accept(&door) => match accepted {
                Ok(stream) if host.admits_connection() && connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(converse(host.clone(), stream, tls.clone()));
                }
                Ok(stream) => refuse(&stream),
                Err(_no_room) => host.clock.sleep(BREATHER).await,
            },
            outcome = changes.changed() => if outcome.is_err() { return },
            () = host.clock.sleep(GLANCE), if pending == Pending::Changes => {}
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

fn follow(door: Door, presence: Presence, address: SocketAddr) -> io::Result<Door> {
    match (presence, door) {
        (Presence::Here, Door::Closed(socket)) => socket.listen(1024).map(Door::Open),
        (Presence::Away, Door::Open(listener)) => {
            drop(listener);
            socket_at(address).map(Door::Closed)
        }
        (Presence::Here | Presence::Away, door) => Ok(door),
    }
}

async fn accept(door: &Door) -> io::Result<TcpStream> {
    match door {
        Door::Open(listener) => listener.accept().await.map(|(stream, _)| stream),
        Door::Closed(_) => std::future::pending().await,
    }
}

fn refuse(stream: &TcpStream) {
    // Closing in order is the next best thing.
    let _orderly = stream.set_zero_linger();
}

/// Talks with one client. What goes wrong on the way ends the connection, and the client sees that.
async fn converse(host: Arc<LiveHost>, stream: TcpStream, tls: Option<Tls>) {
    let _small_packets = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let _ended = talk(&host, stream, Channel::Plain).await;
        return;
    };
    let shaking_hands = TlsAcceptor::from(tls.config).accept(stream);
    if let Ok(Ok(stream)) = tokio::time::timeout(SLOWEST_TLS, shaking_hands).await {
        let channel = Channel::Tls {
            binding: tls.binding,
        };
        let _ended = talk(&host, stream, channel).await;
    }
}

async fn talk<S: Stream>(host: &LiveHost, stream: S, channel: Channel) -> io::Result<()> {
    let mut connection = Connection::new(stream, MAX_ENVELOPE + SEAL_OVERHEAD);
    let mut sign_in = host.look(|machine| {
        let build = u16::try_from(machine.os.build.number()).unwrap_or(u16::MAX);
        SignIn::new(
            machine.computer_name.clone(),
            build,
            machine.accounts.clone(),
            channel,
        )
    });
    loop {
        let reaction = match connection.next_request().await {
            Ok(Some(request)) => react(host, &mut sign_in, &request),
            Ok(None) => return Ok(()),
            Err(error) => match error.status() {
                Some(status) => Reaction::from(HttpAnswer::empty(status).closing()),
                None => return Ok(()),
            },
        };
        host.caught_up().await;
        if host.look(|machine| !machine.power.is_up()) {
            // The host went down before it could answer.
            return connection.reset();
        }
        let bytes = reaction.answer.encode(host.clock.now());
        match reaction.trouble {
            None => connection.send(&bytes).await?,
            Some(Sending::Never) => {
                connection.outlast().await;
                return Ok(());
            }
            Some(Sending::Reset) => return connection.reset(),
            Some(Sending::Late(delay)) => {
                host.clock.sleep(delay).await;
                connection.send(&bytes).await?;
            }
            Some(Sending::Half) => {
                let (half, _) = bytes.split_at_checked(bytes.len() / 2).unwrap_or_default();
                connection.send(half).await?;
                return connection.shut_down().await;
            }
        }
        if reaction.answer.after == http::After::Close {
            return connection.shut_down().await;
        }
    }
}

/// What a request leads to.
#[derive(Debug)]
struct Reaction {
    answer: HttpAnswer,
    trouble: Option<Sending>,
}

impl From<HttpAnswer> for Reaction {
    fn from(answer: HttpAnswer) -> Self {
        Self {
            answer,
            trouble: None,
        }
    }
}

/// How an answer goes astray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    Never,
    Reset,
    Late(Duration),
    Half,
}

fn react(host: &LiveHost, sign_in: &mut SignIn, request: &HttpRequest) -> Reaction {
    let path = request.path.split('?').next().unwrap_or_default();
    let anonymous = path.eq_ignore_ascii_case(ANONYMOUS_PATH)
        || request
            .header("WSMANIDENTIFY")
            .is_some_and(|value| value.eq_ignore_ascii_case("unauthenticated"));
    if !path.eq_ignore_ascii_case(PATH) && !path.eq_ignore_ascii_case(ANONYMOUS_PATH) {
        return HttpAnswer::empty(404).into();
    }
    if request.method != "POST" {
        return HttpAnswer::empty(405).into();
    }
    if anonymous && let Some(said) = answer::identify_anonymously(&request.body) {
        return in_the_clear(said).into();
    }
    let standing = sign_in.look_at(request.header("Authorization"));
    host.count_refusals(sign_in.take_refusals());
    match standing {
        Standing::Answer(answer) => answer.into(),
        Standing::SignedIn { token, leg, .. } if leg == Leg::Last && request.body.is_empty() => {
            let mut answer = HttpAnswer::empty(200);
            answer.authenticate.extend(token);
            answer.into()
        }
        Standing::SignedIn { user, token, .. } => {
            let mut reaction = message(host, sign_in, &user, request);
            reaction.answer.authenticate.extend(token);
            reaction
        }
    }
}

/// What a request of somebody signed in gets.
///
/// Assumption: a sealed message that cannot be opened gets an empty 400 and the end of its connection. Recordings hold
/// nothing of the kind; nothing sent after it could be trusted.
fn message(host: &LiveHost, sign_in: &mut SignIn, user: &str, request: &HttpRequest) -> Reaction {
    let sealed = request.header("Content-Type").is_some_and(|value| {
        value
            .to_ascii_lowercase()
            .starts_with("multipart/encrypted")
    });
    if !sealed {
        return match sign_in.channel() {
            // AllowUnencrypted is off.
            Channel::Plain => HttpAnswer::empty(500).into(),
            Channel::Tls { .. } => {
                exchange(host, user, &request.body, |said| Some(in_the_clear(said)))
            }
        };
    }
    let Ok(plain) = sign_in.open(&request.body) else {
        return HttpAnswer::empty(400).closing().into();
    };
    let form = Form::of(&request.body);
    exchange(host, user, &plain, |said| {
        let body = sign_in.close(said.envelope.as_bytes(), form).ok()?;
        Some(HttpAnswer {
            content_type: Some(sealed::content_type()),
            body,
            ..HttpAnswer::empty(said.status)
        })
    })
}

fn in_the_clear(said: Said) -> HttpAnswer {
    HttpAnswer {
        content_type: Some(SOAP.to_owned()),
        body: said.envelope.into_bytes(),
        ..HttpAnswer::empty(said.status)
    }
}

/// Has a message answered, unless trouble is planned for it.
fn exchange(
    host: &LiveHost,
    user: &str,
    plain: &[u8],
    wrap: impl FnOnce(Said) -> Option<HttpAnswer>,
) -> Reaction {
    let trouble = host.trouble();
    let (sending, said) = match trouble {
        // Whether a request was carried out before its answer got lost cannot be known outside; these are not.
        Some(Trouble::Hung) => return Reaction::lost(Sending::Never),
        Some(Trouble::Reset) => return Reaction::lost(Sending::Reset),
        Some(Trouble::Denied) => (None, answer::denied(plain)),
        Some(Trouble::Quota) => (None, answer::over_quota(plain)),
        Some(Trouble::Slow(delay)) => (
            Some(Sending::Late(delay)),
            answer::answer(host, user, plain),
        ),
        Some(Trouble::TornAnswer) => (Some(Sending::Half), answer::answer(host, user, plain)),
        Some(Trouble::Refused) | None => (None, answer::answer(host, user, plain)),
    };
    Reaction {
        answer: wrap(said).unwrap_or_else(|| HttpAnswer::empty(500).closing()),
        trouble: sending,
    }
}

impl Reaction {
    fn lost(sending: Sending) -> Self {
        Self {
            answer: HttpAnswer::empty(500),
            trouble: Some(sending),
        }
    }
}
