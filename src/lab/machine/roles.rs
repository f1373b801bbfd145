//! Roles of Remote Desktop Services that a simulated host may have: session host, connection broker, gateway.

use jiff::Timestamp;

use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::firewall::Switch;
use crate::lab::machine::service::Service;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::StartMode;
use crate::lab::machine::service::Stoppable;
use crate::lab::machine::terminal_services;

/// `LicensingMode` that nobody has chosen (windows-facts 9.2).
pub const MODE_NOT_SET: u32 = 5;

/// The roles of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    /// The session host role, which needs licences.
    pub session_host: Option<SessionHost>,
    /// The gateway role.
    pub gateway: Option<Gateway>,
}

/// The session host role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHost {
    /// Days left of the grace period.
    pub grace_days: u32,
    /// Licence servers that are named, each with its `TStoLSConnectivityStatus`.
    pub licence_servers: Vec<(String, u32)>,
}

/// The gateway role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Thumbprint of the certificate that is bound, upper-case hex.
    pub certificate: Option<String>,
    /// Whether it takes connections over HTTP.
    pub http: Switch,
}

/// Services of a role: name, display name, account, needed services.
type RoleService = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const NETWORK: &str = r"NT AUTHORITY\NetworkService";
const SYSTEM: &str = "LocalSystem";

/// Where labs are met unless somebody chooses another address.
const LOOPBACK: [&str; 2] = ["127.0.0.1", "::1"];

// windows-facts 9.3.
const BROKER: &[RoleService] = &[
    (
        "Tssdis",
        "Remote Desktop Connection Broker",
        NETWORK,
        &["RpcSs"],
    ),
    ("RDMS", "Remote Desktop Management", NETWORK, &["Tssdis"]),
    (
        "TScPubRPC",
        "RemoteApp and Desktop Connection Management",
        NETWORK,
        &["RpcSs"],
    ),
];

// windows-facts 9.4.
const GATEWAY: &[RoleService] = &[
    (
        "WAS",
        "Windows Process Activation Service",
        SYSTEM,
        &["RpcSs"],
    ),
    (
        "W3SVC",
        "World Wide Web Publishing Service",
        SYSTEM,
        &["WAS"],
    ),
    ("IAS", "Network Policy Server", SYSTEM, &["RpcSs"]),
    ("TSGateway", "Remote Desktop Gateway", NETWORK, &["RpcSs"]),
];

/// The key of the licensing mode.
pub fn licensing_core() -> RegistryKey {
    terminal_services::terminal_server().child(r"RCM\Licensing Core")
}

impl Machine {
    /// Adds the session host role with this licensing mode (2 per device, 4 per user, 5 not set).
    pub fn install_session_host(&mut self, role: SessionHost, mode: u32) {
        self.roles.session_host = Some(role);
        let data = RegistryData::Dword(mode);
        self.registry.set(&licensing_core(), "LicensingMode", data);
    }

    /// Adds the connection broker.
    pub fn install_broker(&mut self) {
        self.install_services(BROKER);
    }

    /// Adds the gateway role with a certificate that is valid from the given moment. Besides the host's name it bears the
    /// addresses at which labs are met, since no name leads to a lab.
    pub fn install_gateway(&mut self, not_before: Timestamp) -> Result<(), MakingError> {
        let name = format!("{}.example", self.computer_name.to_lowercase());
        let mut names = vec![name.clone()];
        names.extend(LOOPBACK.map(str::to_owned));
        let thumbprint = self.add_certificate_bearing(names, &name, not_before)?;
        self.roles.gateway = Some(Gateway {
            certificate: Some(thumbprint),
            http: Switch::On,
        });
        self.install_services(GATEWAY);
        Ok(())
    }

    fn install_services(&mut self, services: &[RoleService]) {
        for (name, display_name, account, depends_on) in services {
            self.services.install(Service {
                name: (*name).to_owned(),
                display_name: (*display_name).to_owned(),
                state: ServiceState::Running,
                start_mode: StartMode::Auto,
                account: (*account).to_owned(),
                path: r"C:\Windows\System32\svchost.exe -k rds".to_owned(),
                depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
                process_id: 0,
                exit_code: 0,
                stoppable: Stoppable::Yes,
            });
        }
    }
}
