//! A session that outlives the connections below it: the runner keeps one for each host, and a reboot changes what is
//! behind it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use async_trait::async_trait;

use crate::cim::Answer;
use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cim::Read;
use crate::cim::Traffic;
use crate::connect::Connector;
use crate::inventory::Host;

/// A session whose connection can be replaced; everybody else holds it as an `Arc<dyn CimSession>`.
pub(super) struct Line {
    connector: Arc<dyn Connector>,
    host: Arc<Host>,
    present: Mutex<Present>,
    /// One connects, the others wait for what comes of it.
    connecting: tokio::sync::Mutex<()>,
}

/// The connection of the moment, and what earlier ones have cost.
#[derive(Default)]
struct Present {
    session: Option<Arc<dyn CimSession>>,
    spent: Traffic,
}

impl Line {
    /// A line to a host that is not connected yet; whoever asks first connects.
    pub(super) fn new(connector: Arc<dyn Connector>, host: Arc<Host>) -> Arc<Self> {
        Arc::new(Self {
            connector,
            host,
            present: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })
    }

    /// Whether there is a connection, or was one when it was last used.
    pub(super) fn is_connected(&self) -> bool {
        self.present().session.is_some()
    }

    /// Connects and signs in, unless that was done before.
    pub(super) async fn connect(&self) -> Result<(), CimError> {
        self.session().await.map(drop)
    }

    /// Connects and signs in anew; what is asked goes on over the old connection until [`Line::adopt`].
    pub(super) async fn another(&self) -> Result<Arc<dyn CimSession>, CimError> {
        self.connector.connect(&self.host).await
    }

    /// Lets this connection carry everything from now on, and gives the old one up without a word: what it was
    /// connected to is gone.
    pub(super) fn adopt(&self, session: Arc<dyn CimSession>) {
        let mut present = self.present();
        if let Some(old) = present.session.replace(session) {
            let cost = old.traffic();
            present.spent = present.spent + cost;
        }
    }

    /// Counts what a connection has cost that was never adopted.
    pub(super) fn charge(&self, cost: Traffic) {
        let mut present = self.present();
        present.spent = present.spent + cost;
    }

    /// Tells the connector that the host is starting anew.
    pub(super) fn is_starting(&self) {
        self.connector.is_starting(&self.host);
    }

    async fn session(&self) -> Result<Arc<dyn CimSession>, CimError> {
        if let Some(session) = self.known() {
            return Ok(session);
        }
        let _alone = self.connecting.lock().await;
        if let Some(session) = self.known() {
            return Ok(session);
        }
        let session = self.another().await?;
        self.adopt(Arc::clone(&session));
        Ok(session)
    }

    fn known(&self) -> Option<Arc<dyn CimSession>> {
        self.present().session.clone()
    }

    /// A panic elsewhere leaves nothing half-made behind in it.
    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CimReader for Line {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        self.session().await?.read(read).await
    }
}

#[async_trait]
impl CimSession for Line {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        self.session().await?.invoke(call).await
    }

    fn traffic(&self) -> Traffic {
        let present = self.present();
        match &present.session {
            Some(session) => present.spent + session.traffic(),
            None => present.spent,
        }
    }

    async fn close(&self) {
        if let Some(session) = self.known() {
            session.close().await;
        }
    }
}
