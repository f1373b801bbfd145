//! From variables to how a host is reached: Ansible's connection variables, `rdp_port`, `rdp_gateway` and where passwords
//! come from. Knows the variables of one host at a time; asks nothing of the machine that rdpfix runs on.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::inventory::Defaults;
use crate::inventory::Host;
use crate::inventory::HostVars;
use crate::inventory::connection::names::GATEWAY;
use crate::inventory::connection::names::Names;
use crate::inventory::connection::names::RDP;
use crate::inventory::connection::names::WINRM;
use crate::inventory::endpoint;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template;
use crate::syntax::template::Engine;

mod ahead;
mod names;
mod password;
mod value;
mod way;

pub(super) use crate::inventory::connection::ahead::open_passwords;
pub(super) use crate::inventory::connection::names::check_names;

/// The Remote Desktop port when `rdp_port` is not set.
const RDP_PORT: u16 = 3389;

/// Variables that several hosts have.
type Shared = Arc<BTreeMap<String, Node>>;

/// When what only signing in needs is worked out, where that takes a key or a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignIn {
    /// At once.
    Now,
    /// Once it is known which hosts are signed in to.
    Later,
}

/// Mistakes that were told, so that a group's mistake is not told for each of its hosts.
pub(super) type AllTold = HashSet<Told>;

/// A host, and whether what signing in to it needs is still to be worked out.
pub(super) struct Made {
    pub(super) host: Host,
    pub(super) waits: bool,
}

/// Makes hosts of merged variables.
pub(super) struct Reader<'a> {
    engine: Arc<Engine>,
    defaults: &'a Defaults,
    diagnostics: &'a mut Vec<Diagnostic>,
    sign_in: SignIn,
    pub(super) told: AllTold,
    /// Variables of groups without the secrets among them, so that hosts still share them.
    cleared: HashMap<(usize, Vec<String>), Shared>,
}

/// What was told where: the diagnostic's id, the source and the first byte, or the words when it has no place.
pub(super) type Told = (&'static str, usize, usize, String);

impl<'a> Reader<'a> {
    pub(super) fn new(
        defaults: &'a Defaults,
        diagnostics: &'a mut Vec<Diagnostic>,
        sign_in: SignIn,
    ) -> Self {
        Self {
            engine: defaults.engine.clone().unwrap_or_else(|| {
                Arc::new(Engine::new().with_keyring(Arc::clone(&defaults.keyring)))
            }),
            defaults,
            diagnostics,
            sign_in,
            told: HashSet::new(),
            cleared: HashMap::new(),
        }
    }

    /// A host with everything that connecting to it needs.
    pub(super) fn host(&mut self, name: &Arc<str>, vars: HostVars) -> Made {
        let mut made = self.bare(name, &vars);
        made.host.vars = self.without_secrets(vars);
        made
    }

    /// The same without its variables.
    pub(super) fn bare(&mut self, name: &Arc<str>, vars: &HostVars) -> Made {
        let mut one = One {
            reader: self,
            name,
            vars,
            names: &WINRM,
            obstacle: None,
            waits: false,
        };
        let mut host = one.host();
        let waits = one.waits;
        host.name = Arc::clone(name);
        Made { host, waits }
    }

    /// Passwords do not stay among the variables, under their own names nor under those of variables that hold nothing else.
    fn without_secrets(&mut self, mut vars: HostVars) -> HostVars {
        let mut waiting: Vec<String> = names::secrets().map(str::to_owned).collect();
        let mut names = Vec::new();
        while let Some(name) = waiting.pop() {
            let Some(node) = vars.get(&name).filter(|_| !names.contains(&name)) else {
                continue;
            };
            let other = node.as_text().and_then(template::single_variable);
            waiting.extend(other.map(str::to_owned));
            names.push(name);
        }
        names.sort_unstable();
        if names.iter().any(|name| vars.own.contains_key(name)) {
            Arc::make_mut(&mut vars.own).retain(|name, _| !names.contains(name));
        }
        names.retain(|name| vars.inherited.contains_key(name));
        if !names.is_empty() {
            // Whoever makes hosts keeps the variables of their groups, so that their place stays theirs alone.
            let key = (Arc::as_ptr(&vars.inherited).addr(), names);
            let cleared = self.cleared.entry(key).or_insert_with_key(|(_, names)| {
                let mut kept = (*vars.inherited).clone();
                kept.retain(|name, _| !names.contains(name));
                Arc::new(kept)
            });
            vars.inherited = Arc::clone(cleared);
        }
        vars
    }

    fn tell(&mut self, diagnostic: Diagnostic) {
        let id = diagnostic.id;
        let told = match &diagnostic.span {
            Some(span) => {
                let source = Arc::as_ptr(&span.source).addr();
                (id, source, span.start, String::new())
            }
            None => (id, 0, 0, diagnostic.message.clone()),
        };
        if self.told.insert(told) {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// One host being read.
struct One<'r, 'a, 'v> {
    reader: &'r mut Reader<'a>,
    name: &'v str,
    vars: &'v HostVars,
    names: &'static Names,
    /// The first thing that keeps rdpfix from signing in.
    obstacle: Option<Diagnostic>,
    /// Whether something was put off.
    waits: bool,
}

impl One<'_, '_, '_> {
    fn host(&mut self) -> Host {
        self.names = self.plugin();
        if self.obstacle.is_none() {
            self.check_elsewhere();
        }
        let address = self.text(self.names.address);
        let rdp_port = self.port(&RDP).unwrap_or(RDP_PORT);
        let rdp_gateway = self.gateway();
        let mut winrm = self.winrm();
        winrm.obstacle = self.obstacle.take().map(Arc::new);
        Host {
            name: Arc::default(),
            address: address.unwrap_or_else(|| self.name.to_owned()),
            winrm,
            rdp_port,
            rdp_gateway,
            vars: HostVars::default(),
        }
    }

    /// Notes what keeps rdpfix from signing in; the first is kept.
    fn hinder(&mut self, mistake: Diagnostic) {
        self.obstacle.get_or_insert(mistake);
    }

    /// Warns of variables that count for another connection than this host's.
    fn check_elsewhere(&mut self) {
        for (name, node) in self.vars.layers().into_iter().flatten() {
            let Some(other) = self.names.elsewhere(name) else {
                continue;
            };
            let own = self.names.connection;
            let host = self.name;
            let is_secret = names::secrets().any(|secret| secret == name);
            let warning = Diagnostic::warning(
                "unused-variable",
                format!("`{name}` counts for hosts with `ansible_connection: {other}` only"),
            )
            .help(format!("`{host}` is reached by `{own}`"));
            self.reader.tell(if is_secret {
                // The line is not shown: a password stands in it.
                let (line, column) = node.span.line_and_column();
                let place = format!("it stands at {}:{line}:{column}", node.span.source.name);
                warning.help(place)
            } else {
                warning.at(&node.span)
            });
        }
    }

    /// An empty text is no gateway, so that a host can say that it has none although its group has one.
    fn gateway(&mut self) -> Option<String> {
        let (name, node) = self.value(&GATEWAY)?;
        let written = match &node.content {
            Content::Text(text) | Content::Unsafe(text) if text.is_empty() => return None,
            Content::Text(text) | Content::Unsafe(text) => endpoint::split(text)
                .map(|_| text.clone())
                .map_err(|mistake| {
                    let says = format!("`{name}` cannot be `{text}`");
                    Diagnostic::error("unknown-value", says).label(mistake.to_string())
                }),
            _ => {
                let says = format!("`{name}` must be a name or an address, with or without a port");
                let this = format!("this is {}", node.describe());
                Err(Diagnostic::error("wrong-type", says).label(this))
            }
        };
        written
            .map_err(|mistake| {
                self.reader.tell(mistake.at(&node.span).help(
                    "write `gw.corp.example`, `gw.corp.example:8443`, or an IPv6 address in brackets and quotes: `\"[2001:db8::1]\"`",
                ));
            })
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::Reader;
    use super::SignIn;
    use crate::diag::Source;
    use crate::diag::Span;
    use crate::inventory::Defaults;
    use crate::inventory::HostVars;
    use crate::syntax::Content;
    use crate::syntax::Node;
    use crate::vault::Sealed;

    fn sealed(name: &str) -> HostVars {
        let source = Arc::new(Source {
            name: "hosts.yml".into(),
            text: "sealed".into(),
            secret: false,
        });
        let text = "$ANSIBLE_VAULT;1.1;AES256".to_owned();
        let node = Node {
            span: Span {
                source,
                start: 0,
                end: 6,
            },
            content: Content::Sealed(Arc::new(Sealed { text })),
        };
        HostVars::new(BTreeMap::from([(name.to_owned(), node)]), Arc::default())
    }

    #[test]
    fn an_encrypted_password_without_a_key_stands_in_the_way_of_signing_in_only() {
        for name in [
            "ansible_password",
            "ansible_user",
            "rdpfix_password_command",
        ] {
            let (defaults, mut mistakes) = (Defaults::default(), Vec::new());
            let mut reader = Reader::new(&defaults, &mut mistakes, SignIn::Now);
            let host = reader.host(&"web01".into(), sealed(name)).host;
            assert_eq!(mistakes, [], "{name}");
            let obstacle = host.winrm.obstacle.unwrap();
            assert_eq!(obstacle.id, "vault-value");
            assert!(
                obstacle.message.contains("hosts.yml:1:1"),
                "{}",
                obstacle.message
            );
        }
    }

    #[test]
    fn an_encrypted_address_without_a_key_is_a_mistake() {
        let (defaults, mut mistakes) = (Defaults::default(), Vec::new());
        let mut reader = Reader::new(&defaults, &mut mistakes, SignIn::Now);
        let host = reader.host(&"web01".into(), sealed("ansible_host")).host;
        assert!(host.winrm.obstacle.is_none());
        assert_eq!(mistakes.len(), 1);
    }
}
