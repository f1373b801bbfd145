//! The dashboard: pages for people, an API and metrics for programs, over the history of runs. Read only, but for asking
//! for a run of a job.
//!
//! Knows the history's views and what the service says of its jobs; must not know playbooks, hosts or how a run is made.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::clock::Clock;

pub mod access;
mod api;
mod archive;
mod ask;
mod connections;
mod drawing;
mod guard;
pub mod jobs;
mod look;
mod metrics;
mod openapi;
mod pages;
mod problem;
mod routes;
mod shape;
mod sign_in;
mod table;
mod text;

pub use crate::dashboard::access::Access;
pub use crate::dashboard::access::AccessError;
pub use crate::dashboard::archive::Archive;
pub use crate::dashboard::jobs::Asked;
pub use crate::dashboard::jobs::Job;
pub use crate::dashboard::jobs::Jobs;
pub use crate::dashboard::jobs::NoJobs;

/// What a dashboard shows, and to whom.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "App({:?})", self.0.archive)
    }
}

/// The same, as requests see it.
struct Inner {
    archive: Archive,
    jobs: Arc<dyn Jobs>,
    clock: Arc<dyn Clock>,
    access: Access,
}

impl App {
    /// A dashboard over a history and the service's jobs.
    pub fn new(
        archive: Archive,
        jobs: Arc<dyn Jobs>,
        access: Access,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner {
            archive,
            jobs,
            clock,
            access,
        }))
    }
}

/// Takes the place where a dashboard is to be served.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until `ending` is done; then open connections have a few seconds to end.
pub async fn serve(listener: TcpListener, app: App, ending: impl Future<Output = ()>) {
    let clock = Arc::clone(&app.0.clock);
    let bounds = connections::Bounds::default();
    connections::serve(listener, routes::router(app.0), (bounds, clock), ending).await;
}
