//! A fleet of simulated Windows hosts: real sockets, real WS-Management, real TLS, and state that behaves.
//!
//! Shares codecs with the client but nothing else, so that each tests the other honestly.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::task::JoinSet;

pub mod authority;
pub mod fleet;
pub mod gateway_site;
pub mod identity;
pub mod listener;
pub mod machine;
pub mod mishap;
pub mod provider;
pub mod rdp_front;
pub mod rdp_server;
pub mod record;
pub mod scenario;
pub mod wsman_server;

mod gateway_server;
mod http;
mod inventory;
mod live;
mod visit;
mod way;

pub use crate::lab::fleet::Carrier;
pub use crate::lab::fleet::LabOptions;
pub use crate::lab::fleet::Place;
pub use crate::lab::fleet::StartError;
pub use crate::lab::record::Operation;
pub use crate::lab::record::RecordedRequest;
pub use crate::lab::record::Recorder;

use crate::auth::Account;
use crate::cim::LogEvent;
use crate::clock::Clock;
use crate::lab::fleet::Started;
use crate::lab::live::LiveHost;
use crate::lab::machine::Machine;
use crate::lab::machine::log::Channel;
use crate::lab::scenario::LabHost;
use crate::lab::scenario::Scenario;
use crate::secret::Secret;

/// Simulated hosts that are up. They go down when this is dropped.
pub struct Lab {
    hosts: BTreeMap<String, Place>,
    live: BTreeMap<String, Arc<LiveHost>>,
    account: Account,
    carrier: Carrier,
    authority: Option<String>,
    tasks: JoinSet<()>,
    over: watch::Receiver<bool>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lab")
            .field("hosts", &self.hosts)
            .field("carrier", &self.carrier)
            .finish_non_exhaustive()
    }
}

impl Lab {
    /// Starts the hosts of a scenario. When this returns, all of them listen. The error holds a [`StartError`].
    pub async fn start(scenario: &Scenario, options: LabOptions) -> io::Result<Self> {
        let hosts = scenario
            .build(options.clock.now())
            .map_err(StartError::from)?;
        Self::start_hosts(hosts, options).await
    }

    /// Starts hosts that were built before.
    pub async fn start_hosts(hosts: Vec<LabHost>, options: LabOptions) -> io::Result<Self> {
        let fleet = fleet::start(hosts, &options)?;
        let mut places = BTreeMap::new();
        let mut live = BTreeMap::new();
        for Started { host, place } in fleet.hosts {
            if live.contains_key(&host.name) {
                let name = host.name.clone();
                return Err(StartError::SameName { name }.into());
            }
            places.insert(host.name.clone(), place);
            live.insert(host.name.clone(), host);
        }
        let mut tasks = fleet.tasks;
        let over = limit_time(&mut tasks, fleet.servers, &options);
        let lab = Self {
            hosts: places,
            live,
            account: fleet.account,
            carrier: options.carrier,
            authority: fleet.tls.map(|tls| tls.authority_pem),
            tasks,
            over,
        };
        for host in lab.live.values() {
            host.caught_up().await;
        }
        Ok(lab)
    }

    /// An inventory of all hosts in the form that Ansible reads, with the password in it.
    pub fn inventory_yaml(&self) -> String {
        inventory::yaml(self)
    }

    /// Names of the hosts with where they are met, sorted.
    pub fn places(&self) -> impl Iterator<Item = (&str, Place)> {
        self.hosts
            .iter()
            .map(|(name, place)| (name.as_str(), *place))
    }

    /// Where a host is met.
    pub fn place(&self, name: &str) -> Option<Place> {
        self.hosts.get(name).copied()
    }

    /// The account that all hosts accept.
    pub fn user(&self) -> &str {
        &self.account.user
    }

    /// Its password, another one in each lab.
    pub fn password(&self) -> &Secret {
        &self.account.password
    }

    /// The certificate of the lab's authority, when WinRM is carried by TLS.
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// A copy of a host as it is now.
    pub fn machine(&self, name: &str) -> Option<Machine> {
        self.live.get(name).map(|host| host.machine())
    }

    /// What stands in a log of a host, its visitors' doing included, oldest first.
    pub fn events(&self, name: &str, channel: Channel) -> Vec<LogEvent> {
        self.live.get(name).map_or_else(Vec::new, |host| {
            host.visited().log.of(channel).cloned().collect()
        })
    }

    /// Changes a host behind everybody's back. Its Remote Desktop port and its gateway follow at once; see [`Lab::settled`].
    pub fn update(&self, name: &str, change: impl FnOnce(&mut Machine)) {
        if let Some(host) = self.live.get(name) {
            host.change(|machine, _| change(machine));
        }
    }

    /// Waits until the Remote Desktop port of a host, and its gateway's, is as the host's state says.
    pub async fn settled(&self, name: &str) {
        if let Some(host) = self.live.get(name) {
            host.caught_up().await;
        }
    }

    /// How many requests were made to change a host.
    pub fn writes(&self, name: &str) -> usize {
        self.live.get(name).map_or(0, |host| host.writes())
    }

    /// What a host was asked, oldest first; only the last few thousand requests are kept.
    pub fn requests(&self, name: &str) -> Vec<RecordedRequest> {
        self.live
            .get(name)
            .map(|host| host.requests())
            .unwrap_or_default()
    }

    /// How many connections were made to the management service of a host.
    pub fn connections(&self, name: &str) -> usize {
        self.live.get(name).map_or(0, |host| host.connections())
    }

    /// How many connections were made to the gateway of a host.
    pub fn gateway_connections(&self, name: &str) -> usize {
        self.live
            .get(name)
            .map_or(0, |host| host.gateway_connections())
    }

    /// How many times a user name or password was refused.
    pub fn refused_sign_ins(&self, name: &str) -> usize {
        self.live
            .get(name)
            .map_or(0, |host| host.refused_sign_ins())
    }

    /// How many enumerations and subscriptions clients hold open on a host.
    pub fn open_enumerations(&self, name: &str) -> usize {
        self.live.get(name).map_or(0, |host| {
            host.enumerations().count() + host.subscriptions().count()
        })
    }

    /// Waits until the time limit is over; for ever without one.
    pub async fn finished(&self) {
        let mut over = self.over.clone();
        if over.wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Takes all hosts down and waits until their ports are free.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Tells when the time is over, and ends all tasks then.
fn limit_time(
    tasks: &mut JoinSet<()>,
    servers: Vec<AbortHandle>,
    options: &LabOptions,
) -> watch::Receiver<bool> {
    let (sender, over) = watch::channel(false);
    if let Some(limit) = options.time_limit {
        let clock: Arc<dyn Clock> = options.clock.clone();
        tasks.spawn(async move {
            clock.sleep(limit).await;
            for server in &servers {
                server.abort();
            }
            // An ended task holds its port until its next turn.
            while !servers.iter().all(AbortHandle::is_finished) {
                tokio::task::yield_now().await;
            }
            // Nobody may be waiting.
            sender.send_replace(true);
        });
    }
    over
}
