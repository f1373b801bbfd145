//! Takes connections and bounds them: how many, how long, and how slowly a client may ask.
//!
//! Knows sockets; must not know what is answered.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::Clock;

/// Bounds of the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at once; the next ones wait until one ends.
    pub(super) connections: usize,
    /// How long a client may take to send the head of a request, also the next one of a connection.
    pub(super) head: Duration,
    /// How long a connection may last, whatever it does: a client that reads nothing holds it no longer.
    pub(super) connection: Duration,
    /// How long open connections may go on when the server ends.
    pub(super) farewell: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 64,
            head: Duration::from_secs(10),
            connection: Duration::from_mins(2),
            farewell: Duration::from_secs(3),
        }
    }
}

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;
/// After the system refused a connection (too many open files), the next one is not tried at once.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// The address at which a client reached the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached(pub(super) Option<SocketAddr>);

/// Serves until `ending` is done, then lets open connections end.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    (bounds, clock): (Bounds, Arc<dyn Clock>),
    ending: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let (end, ended) = watch::channel(());
    let mut open = JoinSet::new();
    tokio::pin!(ending);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (taken, place) = tokio::select! {
            () = &mut ending => break,
            Some(next) = next => next,
            else => break,
        };
        while open.try_join_next().is_some() {}
        match taken {
            Ok((stream, _)) => {
                let one = talk(stream, router.clone(), bounds, ended.clone());
                open.spawn(hold(one, place));
            }
            Err(_) => clock.sleep(AFTER_REFUSAL).await,
        }
    }
    drop(listener);
    drop(end);
    let all = async { while open.join_next().await.is_some() {} };
    // What has not ended by then is cut off with its tasks.
    let _late = timeout(bounds.farewell, all).await;
}

async fn hold(one: impl Future<Output = ()>, place: OwnedSemaphorePermit) {
    one.await;
    drop(place);
}

async fn talk(stream: TcpStream, router: Router, bounds: Bounds, mut ended: watch::Receiver<()>) {
    let reached = Reached(stream.local_addr().ok());
    let router = router.layer(Extension(reached));
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_header_size(LARGEST_HEAD);
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let all = async {
        tokio::select! {
            _broken = connection.as_mut() => return,
            _ended = ended.changed() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _broken = connection.await;
    };
    // A connection that breaks or is cut off concerns its client only.
    let _late = timeout(bounds.connection, all).await;
}
