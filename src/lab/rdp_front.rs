//! The real port behind which a machine's Remote Desktop port lies: open, mute, filtered or closed, as its state says.
//!
//! Knows sockets; what is spoken on an open port is the business of [`crate::lab::rdp_server`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::lab::listener::Listener;
use crate::lab::listener::ListenerState;
use crate::lab::listener::Negotiation;
use crate::lab::live::LiveHost;
use crate::lab::live::Pending;
use crate::lab::live::Port;
use crate::lab::rdp_server;
use crate::lab::visit::Visit;
use crate::lab::way;

/// The port of a machine that is forwarded to the real one. A machine that listens elsewhere cannot be reached there.
pub const FORWARDED: u16 = 3389;
/// How often a machine is looked at while a service is on its way up or down.
const GLANCE: Duration = Duration::from_millis(10);
/// Bytes between a host and the way to it when trouble is planned there.
const PIPE: usize = 64 * 1024;
/// Clients at once.
const MOST_VISITORS: usize = 64;

/// A real port. Its number is kept while nothing listens.
#[derive(Debug)]
pub(super) struct RdpFront {
    address: SocketAddr,
    /// Bound but never listening: keeps others off the number while the door is closed.
    _reservation: TcpSocket,
    door: Door,
}

#[derive(Debug)]
enum Door {
    Closed,
    /// A listener whose queue is full: the system drops what else comes, as a firewall does.
    Filtered {
        _listener: TcpListener,
        _filling: TcpStream,
    },
    Mute(TcpListener),
    Open(TcpListener, Negotiation),
}

impl RdpFront {
    /// Takes a port; nothing listens on it yet. With port 0 a free one is taken.
    pub(super) fn reserve(address: SocketAddr) -> io::Result<Self> {
        let reservation = socket_at(address)?;
        Ok(Self {
            address: reservation.local_addr()?,
            _reservation: reservation,
            door: Door::Closed,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Follows the machine and lets clients in, for good.
    pub(super) async fn run(mut self, host: Arc<LiveHost>) {
        let mut changes = host.changes();
        let mut visitors = JoinSet::new();
        loop {
            let version = *changes.borrow_and_update();
            let (listener, pending) = host.outside();
            // A door that cannot be opened stays closed until the machine changes again.
            if self.follow(listener).await.is_err() {
                self.door = Door::Closed;
            }
            host.has_followed(Port::RemoteDesktop, version);
            if matches!(self.door, Door::Closed) {
                visitors.abort_all();
            }
            tokio::select! {
                outcome = changes.changed() => if outcome.is_err() { return },
                () = host.clock.sleep(GLANCE), if pending == Pending::Changes => {}
                accepted = accept(&self.door) => self.admit(&host, accepted, &mut visitors),
                Some(_ended) = visitors.join_next(), if !visitors.is_empty() => {}
            }
        }
    }

    async fn follow(&mut self, listener: Listener) -> io::Result<()> {
        let state = if listener.port == FORWARDED {
            listener.state
        } else {
            ListenerState::Closed
        };
        let door = std::mem::replace(&mut self.door, Door::Closed);
        self.door = match (state, door) {
            (ListenerState::Closed, _) => Door::Closed,
            (ListenerState::Filtered, door @ Door::Filtered { .. })
            | (ListenerState::Mute, door @ Door::Mute(_)) => door,
            (ListenerState::Open(negotiation), Door::Open(listener, _) | Door::Mute(listener)) => {
                Door::Open(listener, negotiation)
            }
            (ListenerState::Mute, Door::Open(listener, _)) => Door::Mute(listener),
            (ListenerState::Open(negotiation), door @ (Door::Closed | Door::Filtered { .. })) => {
                drop(door);
                Door::Open(self.listen(1024)?, negotiation)
            }
            (ListenerState::Mute, door @ (Door::Closed | Door::Filtered { .. })) => {
                drop(door);
                Door::Mute(self.listen(1024)?)
            }
            (ListenerState::Filtered, door) => {
                drop(door);
                self.filtered().await?
            }
        };
        Ok(())
    }

    async fn filtered(&self) -> io::Result<Door> {
        let listener = self.listen(0)?;
        Ok(Door::Filtered {
            _listener: listener,
            _filling: TcpStream::connect(self.address).await?,
        })
    }

    fn listen(&self, backlog: u32) -> io::Result<TcpListener> {
        socket_at(self.address)?.listen(backlog)
    }

    fn admit(
        &self,
        host: &Arc<LiveHost>,
        accepted: io::Result<(TcpStream, SocketAddr)>,
        visitors: &mut JoinSet<()>,
    ) {
        let Ok((stream, from)) = accepted else {
            return;
        };
        let visit = Visit::begin(Arc::clone(host), from);
        let Door::Open(_, negotiation) = &self.door else {
            return;
        };
        if visitors.len() >= MOST_VISITORS {
            return;
        }
        let negotiation = negotiation.clone();
        let way = host.way();
        let clock = Arc::clone(&host.clock);
        // What goes wrong here is the client's doing or planned, and the client sees it.
        if way.is_clear() {
            visitors.spawn(async move {
                let _ended = rdp_server::serve_visit(stream, negotiation, &visit).await;
            });
        } else {
            visitors.spawn(async move {
                let (near, far) = tokio::io::duplex(PIPE);
                let serving = rdp_server::serve_visit(near, negotiation, &visit);
                let _ended = tokio::join!(way::carry(stream, far, way, clock), serving);
            });
        }
    }
}

/// A bound socket that shares its number with others of the lab's own.
pub(super) fn socket_at(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Lets the reservation and the listener share the number.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(door: &Door) -> io::Result<(TcpStream, SocketAddr)> {
    match door {
        Door::Mute(listener) | Door::Open(listener, _) => listener.accept().await,
        Door::Closed | Door::Filtered { .. } => std::future::pending().await,
    }
}
