//! Facts about session: against a scripted host of our own, and against a server that none of us wrote.

#[cfg(test)]
mod events;
#[cfg(test)]
mod host;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod signing_in;
#[cfg(test)]
mod transport;
#[cfg(test)]
mod writing;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::inventory::Authentication;
use rdpfix::inventory::Host;
use rdpfix::inventory::HostVars;
use rdpfix::inventory::PasswordSource;
use rdpfix::inventory::Scheme;
use rdpfix::inventory::TlsTrust;
use rdpfix::inventory::WinRm;
use rdpfix::secret::Secret;
use rdpfix::session::WinRmConnector;
use rdpfix::session::WinRmOptions;
use rdpfix::session::WinRmSession;

use crate::session::host::ScriptedHost;

/// The account that every host of these tests has.
const USER: &str = "labadmin";
const PASSWORD: &str = "Passw0rd!";

/// A host at this port of loopback, over plain HTTP with raw NTLM.
fn inventory(port: u16) -> Host {
    Host {
        name: Arc::from("pc-1"),
        address: "127.0.0.1".to_owned(),
        winrm: WinRm {
            port,
            scheme: Scheme::Http,
            path: "/wsman".to_owned(),
            user: USER.to_owned(),
            password: Secret::new(PASSWORD),
            password_source: PasswordSource::Stated,
            scheme_of_authentication: Authentication::Ntlm,
            trust: TlsTrust::System,
            operation_timeout: None,
            obstacle: None,
        },
        rdp_port: 3389,
        rdp_gateway: None,
        vars: HostVars::default(),
    }
}

/// The same over TLS.
fn inventory_tls(port: u16, trust: TlsTrust) -> Host {
    let mut host = inventory(port);
    host.winrm.scheme = Scheme::Https;
    host.winrm.trust = trust;
    host
}

fn connector() -> WinRmConnector {
    WinRmConnector::new(WinRmOptions::default(), Arc::new(SystemClock))
}

/// A session with a scripted host, its pauses over at once.
#[cfg(test)]
async fn open(host: &ScriptedHost) -> (WinRmSession, Impatient) {
    let clock = Impatient::default();
    let connector = WinRmConnector::new(WinRmOptions::default(), Arc::new(clock.clone()));
    (connector.open(&host.inventory()).await.unwrap(), clock)
}

/// A clock whose pauses are over at once, but remembered.
#[derive(Debug, Clone, Default)]
struct Impatient {
    pauses: Arc<Mutex<Vec<Duration>>>,
}

#[async_trait]
impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn instant(&self) -> Instant {
        SystemClock.instant()
    }

    async fn sleep(&self, duration: Duration) {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.push(duration);
    }
}
