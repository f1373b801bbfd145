//! Whom to manage: hosts, groups and how to reach them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::secret::Secret;
use crate::syntax::Node;

/// One host, with everything that connecting to it needs; variables are already merged by precedence.
#[derive(Debug, Clone)]
pub struct Host {
    /// Name in the inventory, unique.
    pub name: Arc<str>,
    /// Name or address to connect to (`ansible_host`, else the name).
    pub address: String,
    /// How to reach WinRM.
    pub winrm: WinRm,
    /// The Remote Desktop port that a client would use (`rdp_port`, else 3389).
    pub rdp_port: u16,
    /// All variables, connection variables among them but passwords not.
    pub vars: BTreeMap<String, Node>,
}

/// How to reach WinRM on a host.
#[derive(Debug, Clone)]
pub struct WinRm {
    /// `ansible_port`; 5986 by default, 5985 when the scheme is http.
    pub port: u16,
    /// `ansible_winrm_scheme`; https unless the port is 5985.
    pub scheme: Scheme,
    /// `ansible_winrm_path`; `/wsman` by default.
    pub path: String,
    /// `ansible_user`; may be `DOMAIN\user` or `user@domain`.
    pub user: String,
    /// `ansible_password`.
    pub password: Secret,
    /// `ansible_winrm_transport`.
    pub scheme_of_authentication: Authentication,
    /// `ansible_winrm_server_cert_validation`, `ansible_winrm_ca_trust_path`.
    pub trust: TlsTrust,
    /// `ansible_winrm_operation_timeout_sec`; seconds.
    pub operation_timeout: Option<u64>,
}

/// What carries WinRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Bodies are sealed by the authentication context.
    Http,
    /// TLS.
    Https,
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// NTLM under `Negotiate`, raw tokens as Windows clients send them.
    Ntlm,
    /// NTLM wrapped in SPNEGO under `Negotiate`.
    Negotiate,
    /// User name and password in the clear inside TLS; refused over HTTP.
    Basic,
}

/// Which server certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TlsTrust {
    /// Those that chain to the system's roots.
    System,
    /// Those that chain to the roots in this PEM file.
    File(String),
    /// Any; said aloud in the report.
    Unchecked,
}
