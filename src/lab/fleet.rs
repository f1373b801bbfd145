//! Starting many hosts: ports, keys, tasks and the limits of the system that they run on.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::distr::Alphanumeric;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::task::AbortHandle;
use tokio::task::JoinSet;

use crate::auth::Account;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::lab::authority;
use crate::lab::authority::AuthorityError;
use crate::lab::authority::Tls;
use crate::lab::gateway_server::GatewayFront;
use crate::lab::live::LiveHost;
use crate::lab::machine::certificates::MakingError;
use crate::lab::rdp_front::RdpFront;
use crate::lab::record::Recorder;
use crate::lab::scenario;
use crate::lab::scenario::LabHost;
use crate::lab::wsman_server;
use crate::secret::Secret;

/// `MaxConcurrentOperationsPerUser` (wsman-wire 12).
const OPERATIONS_PER_USER: usize = 1500;
/// The account that a lab makes on each host.
const USER: &str = "labadmin";
/// Open files for each host: its two ports with what keeps them, and a few connections.
const FILES_PER_HOST: u64 = 8;
/// Open files besides.
const FILES_BESIDES: u64 = 128;

/// How a lab is run.
#[derive(Clone)]
pub struct LabOptions {
    /// Where hosts listen; a loopback address.
    pub listen: IpAddr,
    /// The first of consecutive ports, two for each host: WinRM, then Remote Desktop; behind them one for each gateway.
    /// `None` takes any free ones.
    pub first_port: Option<u16>,
    /// What carries WinRM.
    pub carrier: Carrier,
    /// The time of all hosts.
    pub clock: Arc<dyn Clock>,
    /// After this time the hosts are gone.
    pub time_limit: Option<Duration>,
    /// Who is told of each request.
    pub recorder: Option<Arc<dyn Recorder>>,
    /// `MaxConcurrentOperationsPerUser`; open enumerations count.
    pub operations_per_user: usize,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: None,
            carrier: Carrier::Http,
            clock: Arc::new(SystemClock),
            time_limit: None,
            recorder: None,
            operations_per_user: OPERATIONS_PER_USER,
        }
    }
}

impl fmt::Debug for LabOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LabOptions")
            .field("listen", &self.listen)
            .field("first_port", &self.first_port)
            .field("carrier", &self.carrier)
            .field("time_limit", &self.time_limit)
            .field("operations_per_user", &self.operations_per_user)
            .finish_non_exhaustive()
    }
}

/// What carries WinRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// TCP; bodies are sealed.
    Http,
    /// TLS with a certificate of the lab's own authority.
    Https {
        /// Where the inventory says that the authority's certificate is; whoever starts the lab puts it there. Without
        /// it the inventory tells clients not to verify.
        trust_file: Option<String>,
    },
}

/// Why a lab cannot start. Carried inside [`io::Error`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// Others would be able to reach it.
    #[error("a lab listens on loopback addresses only, and {address} is none")]
    NotLoopback {
        /// What was asked for.
        address: IpAddr,
    },
    /// The numbers end.
    #[error("{hosts} hosts from port {first} on need ports above 65535")]
    OutOfPorts {
        /// The first port.
        first: u16,
        /// How many hosts.
        hosts: usize,
    },
    /// A port is taken.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The system allows too few open files.
    #[error(
        "{hosts} hosts need {needed} open files but the limit is {allowed}; raise it with `ulimit -n {needed}`"
    )]
    TooFewFiles {
        /// How many hosts.
        hosts: usize,
        /// What they need.
        needed: u64,
        /// What the system allows.
        allowed: u64,
    },
    /// Two hosts have one name.
    #[error("two hosts are named `{name}`")]
    SameName {
        /// The name.
        name: String,
    },
    /// A machine's certificate could not be made.
    #[error("a machine cannot be made: {0}")]
    Machine(#[from] MakingError),
    /// TLS could not be set up.
    #[error("TLS for the management service: {0}")]
    Authority(#[from] AuthorityError),
}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Listen { ref source, .. } => Self::new(source.kind(), error),
            other => Self::other(other),
        }
    }
}

/// Where a host can be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its management service.
    pub winrm: SocketAddr,
    /// Its Remote Desktop port.
    pub rdp: SocketAddr,
    /// Its gateway, when it has the role.
    pub gateway: Option<SocketAddr>,
}

/// A host that is up.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) host: Arc<LiveHost>,
    pub(super) place: Place,
}

/// Everything that is up.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) hosts: Vec<Started>,
    pub(super) tasks: JoinSet<()>,
    /// The same tasks, to be ended by another one.
    pub(super) servers: Vec<AbortHandle>,
    pub(super) account: Account,
    pub(super) tls: Option<Tls>,
}

/// Starts them all, or none.
pub(super) fn start(hosts: Vec<LabHost>, options: &LabOptions) -> Result<Fleet, StartError> {
    if !options.listen.is_loopback() {
        return Err(StartError::NotLoopback {
            address: options.listen,
        });
    }
    let places = wanted(options, hosts.len(), |index| {
        hosts
            .get(index)
            .is_some_and(|host| host.machine.roles.gateway.is_some())
    })?;
    let gateways = places.iter().filter_map(|place| place.gateway).count();
    allow_open_files(hosts.len(), gateways)?;
    let tls = match options.carrier {
        Carrier::Http => None,
        Carrier::Https { .. } => Some(authority::establish(options.listen)?),
    };
    let account = Account {
        user: USER.to_owned(),
        password: random_password(),
    };
    let mut fleet = Fleet {
        hosts: Vec::with_capacity(hosts.len()),
        tasks: JoinSet::new(),
        servers: Vec::new(),
        account,
        tls,
    };
    for (mut host, place) in hosts.into_iter().zip(places) {
        host.machine.accounts.push(fleet.account.clone());
        let impostor = scenario::impostor(&host, options.clock.now())?;
        let host = LiveHost::new(
            host,
            options.clock.clone(),
            options.recorder.clone(),
            options.operations_per_user,
        )
        .answered_by(impostor);
        fleet.add(Arc::new(host), place)?;
    }
    Ok(fleet)
}

impl Fleet {
    /// Starts what a host has, at the places that are wanted.
    fn add(&mut self, host: Arc<LiveHost>, wanted: Place) -> Result<(), StartError> {
        let taken = |address| move |source| StartError::Listen { address, source };
        let front = RdpFront::reserve(wanted.rdp).map_err(taken(wanted.rdp))?;
        let gateway = wanted
            .gateway
            .map(|address| GatewayFront::reserve(address).map_err(taken(address)))
            .transpose()?;
        let place = Place {
            winrm: self
                .listen(&host, wanted.winrm)
                .map_err(taken(wanted.winrm))?,
            rdp: front.address(),
            gateway: gateway.as_ref().map(GatewayFront::address),
        };
        self.spawn(front.run(host.clone()));
        if let Some(gateway) = gateway {
            self.spawn(gateway.run(host.clone()));
        }
        self.hosts.push(Started { host, place });
        Ok(())
    }

    fn spawn(&mut self, server: impl Future<Output = ()> + Send + 'static) {
        self.servers.push(self.tasks.spawn(server));
    }

    /// Puts the management service where it belongs.
    fn listen(&mut self, host: &Arc<LiveHost>, address: SocketAddr) -> io::Result<SocketAddr> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // A lab that was ended a moment ago must not keep its successor off the same ports.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let bound = socket.local_addr()?;
        if host.is_never_reached() {
            self.spawn(keep(socket));
        } else {
            let listener: TcpListener = socket.listen(1024)?;
            self.spawn(wsman_server::serve(
                host.clone(),
                listener,
                self.tls.clone(),
            ));
        }
        Ok(bound)
    }
}

/// Keeps a port's number while nothing listens on it.
async fn keep(socket: TcpSocket) {
    std::future::pending::<()>().await;
    drop(socket);
}

/// Where the hosts shall be, and behind them the gateways of those that have the role.
fn wanted(
    options: &LabOptions,
    hosts: usize,
    has_role: impl Fn(usize) -> bool,
) -> Result<Vec<Place>, StartError> {
    let address = |offset: usize| match options.first_port {
        None => Ok(SocketAddr::new(options.listen, 0)),
        Some(first) => u16::try_from(offset)
            .ok()
            .and_then(|offset| first.checked_add(offset))
            .map(|port| SocketAddr::new(options.listen, port))
            .ok_or(StartError::OutOfPorts { first, hosts }),
    };
    let mut behind = hosts.saturating_mul(2)..;
    (0..hosts)
        .map(|index| {
            let own = index.saturating_mul(2);
            Ok(Place {
                winrm: address(own)?,
                rdp: address(own.saturating_add(1))?,
                gateway: has_role(index)
                    .then(|| behind.next())
                    .flatten()
                    .map(address)
                    .transpose()?,
            })
        })
        .collect()
}

fn allow_open_files(hosts: usize, gateways: usize) -> Result<(), StartError> {
    // A gateway counts as one more host: its port with what keeps it, and a few connections.
    let count = u64::try_from(hosts.saturating_add(gateways)).unwrap_or(u64::MAX);
    let needed = count
        .saturating_mul(FILES_PER_HOST)
        .saturating_add(FILES_BESIDES);
    // A system that does not tell its limit is tried out.
    let allowed = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(needed);
    if allowed < needed {
        return Err(StartError::TooFewFiles {
            hosts,
            needed,
            allowed,
        });
    }
    Ok(())
}

fn random_password() -> Secret {
    let text: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(20)
        .map(char::from)
        .collect();
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::LabOptions;
    use super::StartError;
    use super::allow_open_files;
    use super::wanted;

    #[test]
    fn consecutive_ports_are_winrm_and_remote_desktop_in_turn_and_gateways_behind_them() {
        let options = LabOptions {
            first_port: Some(20_000),
            ..LabOptions::default()
        };
        let ports: Vec<_> = wanted(&options, 4, |index| index % 2 == 1)
            .unwrap()
            .iter()
            .map(|place| {
                let gateway = place.gateway.map(|address| address.port());
                (place.winrm.port(), place.rdp.port(), gateway)
            })
            .collect();
        assert_eq!(
            ports,
            [
                (20_000, 20_001, None),
                (20_002, 20_003, Some(20_008)),
                (20_004, 20_005, None),
                (20_006, 20_007, Some(20_009)),
            ]
        );
        let full = LabOptions {
            first_port: Some(65_534),
            ..LabOptions::default()
        };
        assert!(wanted(&full, 1, |_| false).is_ok());
        assert!(wanted(&full, 1, |_| true).is_err());
        let error = wanted(&full, 2, |_| false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 hosts from port 65534 on need ports above 65535"
        );
    }

    #[test]
    fn a_limit_of_open_files_that_does_not_suffice_is_told_before_starting() {
        let error = allow_open_files(usize::MAX, 0).unwrap_err();
        assert!(matches!(error, StartError::TooFewFiles { .. }), "{error}");
    }
}
