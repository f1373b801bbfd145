//! The real port behind which the gateway role of a machine lies: open or closed as its state says, and behind it HTTP over
//! TLS. Knows sockets; what is answered is the business of [`crate::lab::gateway_site`].
//!
//! Hosts without the role when the lab starts have no such port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::lab::gateway_site;
use crate::lab::gateway_site::Site;
use crate::lab::http::After;
use crate::lab::http::Connection;
use crate::lab::http::HttpAnswer;
use crate::lab::live::LiveHost;
use crate::lab::live::Pending;
use crate::lab::live::Port;
use crate::lab::rdp_front::socket_at;
use crate::lab::rdp_server::tls;
use crate::lab::rdp_server::tls::Handshake;

/// How often a machine is looked at while a service is on its way up or down.
const GLANCE: Duration = Duration::from_millis(10);
/// How long to wait when the system has no room for a connection.
const BREATHER: Duration = Duration::from_millis(50);
/// Clients at once.
const MOST_VISITORS: usize = 64;
/// How long a connection may last, whatever the client does.
const LONGEST: Duration = Duration::from_secs(30);
/// The largest body that is read; those who did not sign in have nothing to send.
const MAX_BODY: usize = 64 * 1024;

/// A real port. Its number is kept while nothing listens.
#[derive(Debug)]
pub(super) struct GatewayFront {
    address: SocketAddr,
    /// Bound but never listening: keeps others off the number while the door is closed.
    _reservation: TcpSocket,
}

impl GatewayFront {
    /// Takes a port; nothing listens on it yet. With port 0 a free one is taken.
    pub(super) fn reserve(address: SocketAddr) -> io::Result<Self> {
        let reservation = socket_at(address)?;
        Ok(Self {
            address: reservation.local_addr()?,
            _reservation: reservation,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Follows the machine and lets clients in, for good.
    pub(super) async fn run(self, host: Arc<LiveHost>) {
        let mut changes = host.changes();
        let mut visitors = JoinSet::new();
        let mut door = None;
        loop {
            let version = *changes.borrow_and_update();
            let (site, pending) = host.site();
            door = match (site, door) {
                (Site::Closed, _) => None,
                (Site::Open(_), Some(listener)) => Some(listener),
                // A door that cannot be opened stays closed until the machine changes again.
                (Site::Open(_), None) => self.listen().ok(),
            };
            host.has_followed(Port::Gateway, version);
            if door.is_none() {
                visitors.abort_all();
            }
            tokio::select! {
                outcome = changes.changed() => if outcome.is_err() { return },
                () = host.clock.sleep(GLANCE), if pending == Pending::Changes => {}
                accepted = accept(door.as_ref()) => match accepted {
                    Ok(stream) => admit(&host, stream, &mut visitors),
                    Err(_no_room) => host.clock.sleep(BREATHER).await,
                },
                Some(_ended) = visitors.join_next(), if !visitors.is_empty() => {}
            }
        }
    }

    fn listen(&self) -> io::Result<TcpListener> {
        socket_at(self.address)?.listen(1024)
    }
}

async fn accept(door: Option<&TcpListener>) -> io::Result<TcpStream> {
    match door {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

fn admit(host: &Arc<LiveHost>, stream: TcpStream, visitors: &mut JoinSet<()>) {
    host.count_gateway_connection();
    if visitors.len() >= MOST_VISITORS {
        return;
    }
    let host = Arc::clone(host);
    visitors.spawn(async move {
        // What goes wrong here is the client's doing, and the client sees it.
        let _ended = tokio::time::timeout(LONGEST, talk(&host, stream)).await;
    });
}

/// Talks with one client.
///
/// Assumption: without a certificate that can be used, the connection ends when TLS should begin.
async fn talk(host: &LiveHost, stream: TcpStream) -> io::Result<()> {
    let Site::Open(web) = host.site().0 else {
        return Ok(());
    };
    let Some(served) = &web.certificate else {
        return Ok(());
    };
    let shaken = tls::accept(stream, Vec::new(), served, &web.schannel).await?;
    let Handshake::Secured(stream) = shaken else {
        return Ok(());
    };
    let mut connection = Connection::new(stream, MAX_BODY);
    loop {
        let answer = match connection.next_request().await {
            Ok(Some(request)) => match host.site().0 {
                Site::Open(web) => {
                    gateway_site::answer(web.transports, &request.method, &request.path)
                }
                Site::Closed => return Ok(()),
            },
            Ok(None) => return Ok(()),
            Err(error) => match error.status() {
                Some(status) => HttpAnswer::empty(status).closing(),
                None => return Ok(()),
            },
        };
        connection.send(&answer.encode(host.clock.now())).await?;
        if answer.after == After::Close {
            return connection.shut_down().await;
        }
    }
}
