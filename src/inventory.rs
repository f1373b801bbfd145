//! Whom to manage: hosts, groups and how to reach them.
//!
//! Reads Ansible's inventories: INI and YAML files, folders, programs, lists, and the files of variables beside them.
//! Knows variables as data; must not know playbooks, and opens no connection.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::secret::Secret;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::vault::Keyring;

pub mod endpoint;

mod address;
mod connection;
mod document;
mod draft;
mod ini;
mod intake;
mod members;
mod order;
mod password;
mod pattern;
mod range;
mod resolve;
mod script;
mod sign_ins;
mod source;
mod tree;
mod variables;
mod yaml;

pub use crate::inventory::password::PasswordSource;
pub use crate::inventory::pattern::Glob;
pub use crate::inventory::pattern::PatternError;
pub use crate::inventory::sign_ins::SignIns;
pub use crate::inventory::source::Origin;
pub use crate::inventory::source::Reading;
pub use crate::inventory::tree::GROUP_PRIORITY;
pub use crate::inventory::tree::Group;
pub use crate::inventory::tree::Inherited;
pub use crate::inventory::tree::Member;
pub use crate::inventory::tree::Playbook;
pub use crate::inventory::tree::Read;
pub use crate::inventory::tree::Tree;

/// Hosts and groups.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Every host once, in the order in which the files name them.
    pub hosts: Vec<Arc<Host>>,
    /// Each group, `all` and `ungrouped` among them, with the positions of its hosts in [`Inventory::hosts`]: its own in the
    /// order in which it names them, then those of its child groups.
    pub groups: BTreeMap<String, Vec<usize>>,
    index: HashMap<String, usize>,
}

/// What holds where the inventory says nothing: the weakest layer, as in Ansible.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// `--user`.
    pub user: Option<String>,
    /// The password that was asked for or read from a file.
    pub password: Option<Secret>,
    /// Opens variables that are encrypted.
    pub keyring: Arc<Keyring>,
    /// Evaluates templates; when nothing is said, one that knows the keyring and neither environment nor time.
    pub engine: Option<Arc<Engine>>,
}

fn is_broken(diagnostics: &[Diagnostic]) -> bool {
    let mut severities = diagnostics.iter().map(|mistake| mistake.severity);
    severities.any(|severity| severity == Severity::Error)
}

impl Inventory {
    /// Reads one file. All mistakes are reported at once; the inventory is `None` when one of them is an error.
    pub fn parse(source: &Arc<Source>, defaults: &Defaults) -> (Option<Self>, Vec<Diagnostic>) {
        Self::parse_all(std::slice::from_ref(source), defaults, &BTreeMap::new())
    }

    /// Reads several files as one inventory, later variables winning; `extra` (`-e`) beats them all.
    pub fn parse_all(
        sources: &[Arc<Source>],
        defaults: &Defaults,
        extra: &BTreeMap<String, Node>,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        let origins: Vec<Origin> = sources
            .iter()
            .map(|source| Origin::Text(Arc::clone(source)))
            .collect();
        let read = Tree::read(&origins, None, extra);
        let (inventory, mut diagnostics) = Self::of(read, defaults);
        // In the order of the lines, whatever was looked at first.
        diagnostics.sort_by_key(|mistake| {
            let span = mistake.span.as_ref()?;
            let file = sources
                .iter()
                .position(|source| Arc::ptr_eq(source, &span.source));
            Some((file, span.start))
        });
        (inventory, diagnostics)
    }

    /// Reads everything that `-i` named as one inventory, with the files of variables beside it. All mistakes are reported at
    /// once; the inventory is `None` when one of them is an error, also where Ansible would only warn.
    pub fn read(
        origins: &[Origin],
        reading: &Reading,
        defaults: &Defaults,
        extra: &BTreeMap<String, Node>,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        Self::of(Tree::read(origins, Some(reading), extra), defaults)
    }

    /// Like [`Inventory::read`], but opens no password: hosts that have one that is encrypted or a template can be signed
    /// in to once [`SignIns::open`] was told that they take part.
    pub fn read_closed(
        origins: &[Origin],
        reading: &Reading,
        defaults: &Defaults,
        extra: &BTreeMap<String, Node>,
    ) -> (Option<(Self, SignIns)>, Vec<Diagnostic>) {
        let (found, diagnostics) =
            Self::closed(Tree::read(origins, Some(reading), extra), defaults);
        (found.filter(|_| !is_broken(&diagnostics)), diagnostics)
    }

    fn of(read: Read, defaults: &Defaults) -> (Option<Self>, Vec<Diagnostic>) {
        let (found, mut diagnostics) = Self::closed(read, defaults);
        let inventory = found.map(|(mut inventory, mut sign_ins)| {
            diagnostics.extend(sign_ins.open(&mut inventory, defaults, &|_| true));
            inventory
        });
        (inventory.filter(|_| !is_broken(&diagnostics)), diagnostics)
    }

    fn closed(read: Read, defaults: &Defaults) -> (Option<(Self, SignIns)>, Vec<Diagnostic>) {
        let mut diagnostics = read.in_sources;
        diagnostics.extend(read.in_variables);
        let found = read
            .tree
            .map(|tree| resolve::resolve(&tree, defaults, &mut diagnostics));
        (found, diagnostics)
    }

    /// The hosts that a pattern names, in the order of the inventory: names, groups, wildcards, `~` and a regular
    /// expression, `a:b` or `a,b` for both, `:&b` for those that are also in `b`, `:!b` for those that are not, `group[0]`,
    /// `group[-1]`, `group[1:3]`, `group[2:]`.
    pub fn select(&self, pattern: &str) -> Result<Vec<Arc<Host>>, PatternError> {
        self.select_parts(&parts_of_pattern(pattern), pattern)
    }

    /// The hosts that parts of a pattern name together, each taken as it is: a line of a file of hosts is such a part. The
    /// whole text is what messages call it.
    pub fn select_parts(
        &self,
        parts: &[String],
        whole: &str,
    ) -> Result<Vec<Arc<Host>>, PatternError> {
        let chosen = pattern::select(self, parts, whole)?;
        Ok(chosen
            .into_iter()
            .filter_map(|position| self.hosts.get(position).cloned())
            .collect())
    }

    /// The host with this name.
    pub fn host(&self, name: &str) -> Option<&Arc<Host>> {
        self.hosts.get(*self.index.get(name)?)
    }
}

/// The parts of a pattern, which commas or colons separate.
pub fn parts_of_pattern(pattern: &str) -> Vec<String> {
    pattern::split(pattern)
}

/// Reads one file; see [`Inventory::parse`].
pub fn parse(source: &Arc<Source>, defaults: &Defaults) -> (Option<Inventory>, Vec<Diagnostic>) {
    Inventory::parse(source, defaults)
}

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
    /// The Remote Desktop Gateway that clients of the host go through (`rdp_gateway`): a name or an address, with or without
    /// a port.
    pub rdp_gateway: Option<String>,
    /// All variables, connection variables among them but passwords not.
    pub vars: HostVars,
}

/// The variables of one host, by precedence; what it has from its groups is shared with the hosts of the same groups.
#[derive(Debug, Clone, Default)]
pub struct HostVars {
    own: Arc<BTreeMap<String, Node>>,
    inherited: Arc<BTreeMap<String, Node>>,
}

impl HostVars {
    /// The host's own variables, and those that it has from its groups.
    pub fn new(own: BTreeMap<String, Node>, inherited: Arc<BTreeMap<String, Node>>) -> Self {
        Self {
            own: Arc::new(own),
            inherited,
        }
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.own.get(name).or_else(|| self.inherited.get(name))
    }

    /// Every variable once, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        let merged: BTreeMap<&str, &Node> = self
            .inherited
            .iter()
            .chain(&*self.own)
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        merged.into_iter()
    }

    /// The layers, the strongest first.
    pub fn layers(&self) -> [&BTreeMap<String, Node>; 2] {
        [&self.own, &self.inherited]
    }
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
    /// `ansible_user`; may be `DOMAIN\user` or `user@domain`. Empty when nobody said one.
    pub user: String,
    /// `ansible_password`. Empty when nobody said one, or when it comes from elsewhere.
    pub password: Secret,
    /// Where the password comes from.
    pub password_source: PasswordSource,
    /// `ansible_winrm_transport`.
    pub scheme_of_authentication: Authentication,
    /// `ansible_winrm_server_cert_validation`, `ansible_winrm_ca_trust_path`.
    pub trust: TlsTrust,
    /// `ansible_winrm_operation_timeout_sec`; seconds.
    pub operation_timeout: Option<u64>,
    /// What keeps rdpfix from signing in, such as a connection that it cannot make: told when somebody tries, because the
    /// host can be listed and probed nevertheless.
    pub obstacle: Option<Arc<Diagnostic>>,
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
