//! From variables to how a host is reached: Ansible's connection variables of WinRM, `rdp_port` and `rdp_gateway`.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::alternatives;
use crate::inventory::Authentication;
use crate::inventory::Defaults;
use crate::inventory::Host;
use crate::inventory::HostVars;
use crate::inventory::Scheme;
use crate::inventory::TlsTrust;
use crate::inventory::WinRm;
use crate::inventory::endpoint;
use crate::secret::Secret;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template;
use crate::syntax::template::Engine;
use crate::syntax::template::Variables;

/// The Remote Desktop port when `rdp_port` is not set.
const RDP_PORT: u16 = 3389;

// Each list is in rising strength: Ansible's winrm plugin lets its own names win.
const ADDRESS: [&str; 2] = ["ansible_host", "ansible_winrm_host"];
const PORT: [&str; 2] = ["ansible_port", "ansible_winrm_port"];
const USER: [&str; 2] = ["ansible_user", "ansible_winrm_user"];
const PASSWORD: [&str; 3] = [
    "ansible_password",
    "ansible_winrm_pass",
    "ansible_winrm_password",
];
const SCHEME: [&str; 1] = ["ansible_winrm_scheme"];
const PATH: [&str; 1] = ["ansible_winrm_path"];
const TRANSPORT: [&str; 1] = ["ansible_winrm_transport"];
const VALIDATION: [&str; 1] = ["ansible_winrm_server_cert_validation"];
const CA_FILE: [&str; 1] = ["ansible_winrm_ca_trust_path"];
const OPERATION_TIMEOUT: [&str; 1] = ["ansible_winrm_operation_timeout_sec"];
const READ_TIMEOUT: [&str; 1] = ["ansible_winrm_read_timeout_sec"];
const ENCRYPTION: [&str; 1] = ["ansible_winrm_message_encryption"];
const CONNECTION: [&str; 1] = ["ansible_connection"];
const RDP: [&str; 1] = ["rdp_port"];
const GATEWAY: [&str; 1] = ["rdp_gateway"];

/// Every list above.
const USED: [&[&str]; 15] = [
    &ADDRESS,
    &PORT,
    &USER,
    &PASSWORD,
    &SCHEME,
    &PATH,
    &TRANSPORT,
    &VALIDATION,
    &CA_FILE,
    &OPERATION_TIMEOUT,
    &READ_TIMEOUT,
    &ENCRYPTION,
    &CONNECTION,
    &RDP,
    &GATEWAY,
];

/// Variables of Ansible's winrm plugin that change nothing here; set, they are told.
const UNUSED: [&str; 14] = [
    "ansible_winrm_cert_pem",
    "ansible_winrm_cert_key_pem",
    "ansible_winrm_connection_timeout",
    "ansible_winrm_kerberos_delegation",
    "ansible_winrm_kerberos_hostname_override",
    "ansible_winrm_kinit_args",
    "ansible_winrm_kinit_cmd",
    "ansible_winrm_kinit_env_vars",
    "ansible_winrm_kinit_mode",
    "ansible_winrm_proxy",
    "ansible_winrm_realm",
    "ansible_winrm_send_cbt",
    "ansible_winrm_service",
    "ansible_winrm_kerberos_target_override",
];

/// What is told of the name of a variable.
#[derive(Clone, Copy)]
enum Oddity {
    Unused,
    Slip(&'static str),
}

/// Warns of variables that are near to a known one, and of known ones that have no effect.
pub(super) fn check_names<'v>(
    variables: impl Iterator<Item = (&'v str, &'v Node)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut known: HashMap<&str, Option<Oddity>> = HashMap::new();
    let mut told = HashSet::new();
    for (name, value) in variables {
        let oddity = *known.entry(name).or_insert_with(|| oddity(name));
        let Some(oddity) = oddity else { continue };
        // A host range gives one value to many hosts.
        let source = Arc::as_ptr(&value.span.source).addr();
        if !told.insert((name, source, value.span.start)) {
            continue;
        }
        diagnostics.push(match oddity {
            Oddity::Unused => {
                Diagnostic::warning("unused-variable", format!("`{name}` has no effect here"))
                    .at(&value.span)
            }
            Oddity::Slip(near) => misspelt(name, near, value),
        });
    }
}

fn oddity(name: &str) -> Option<Oddity> {
    if USED.iter().any(|names| names.contains(&name)) {
        None
    } else if UNUSED.contains(&name) {
        Some(Oddity::Unused)
    } else {
        slip(name).map(Oddity::Slip)
    }
}

fn misspelt(name: &str, near: &str, value: &Node) -> Diagnostic {
    let help = format!("did you mean `{near}`?");
    if PASSWORD.contains(&near) {
        // The line is not shown: a password stands in it.
        let (line, column) = value.span.line_and_column();
        let path = &value.span.source.name;
        let message = format!("`{name}` at {path}:{line}:{column} is no connection variable");
        return Diagnostic::warning("unknown-variable", message).help(help);
    }
    Diagnostic::warning(
        "unknown-variable",
        format!("`{name}` is no connection variable"),
    )
    .at(&value.span)
    .label(format!("value of `{name}`"))
    .help(help)
}

/// The known variable that a name was probably meant to be. Closer than for other words: names of one's own are free.
fn slip(name: &str) -> Option<&'static str> {
    let limit = match name {
        own if own.starts_with("ansib") || own.starts_with("ansbi") => 2,
        own if own.starts_with("rdp_") && RDP_LENGTHS.contains(&own.len()) => 1,
        _ => return None,
    };
    USED.iter()
        .flat_map(|names| names.iter().copied())
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, known)| known)
}

/// How long names are that are taken for slips: as long as a known one, or by a letter short of the longer one.
const RDP_LENGTHS: [usize; 3] = [
    "rdp_port".len(),
    "rdp_gateway".len() - 1,
    "rdp_gateway".len(),
];

/// Variables that several hosts have.
type Shared = Arc<BTreeMap<String, Node>>;

/// Makes hosts of merged variables.
pub(super) struct Reader<'a> {
    engine: Engine,
    defaults: &'a Defaults,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Mistakes that were told, so that a group's mistake is not told for each of its hosts.
    told: HashSet<(&'static str, usize, usize)>,
    /// Variables of groups without the secrets among them, so that hosts still share them.
    cleared: HashMap<(usize, Vec<String>), Shared>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(defaults: &'a Defaults, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            engine: Engine::new(),
            defaults,
            diagnostics,
            told: HashSet::new(),
            cleared: HashMap::new(),
        }
    }

    /// A host with everything that connecting to it needs.
    pub(super) fn host(&mut self, name: &Arc<str>, vars: HostVars) -> Host {
        let mut one = One {
            reader: self,
            name,
            vars: &vars,
        };
        let address = one.text(&ADDRESS).unwrap_or_else(|| name.to_string());
        let rdp_port = one.port(&RDP).unwrap_or(RDP_PORT);
        let rdp_gateway = one.gateway();
        let winrm = one.winrm();
        let vars = self.without_secrets(vars);
        Host {
            name: Arc::clone(name),
            address,
            winrm,
            rdp_port,
            rdp_gateway,
            vars,
        }
    }

    /// Passwords do not stay among the variables, under their own names nor under those of variables that hold nothing else.
    fn without_secrets(&mut self, mut vars: HostVars) -> HostVars {
        let mut waiting: Vec<String> = PASSWORD.iter().map(|name| (*name).to_owned()).collect();
        let mut names = Vec::new();
        while let Some(name) = waiting.pop() {
            let Some(node) = vars.get(&name).filter(|_| !names.contains(&name)) else {
                continue;
            };
            let other = node.as_text().and_then(template::single_variable);
            waiting.extend(other.map(str::to_owned));
            names.push(name);
        }
        if names.is_empty() {
            return vars;
        }
        names.sort_unstable();
        if names.iter().any(|name| vars.own.contains_key(name)) {
            Arc::make_mut(&mut vars.own).retain(|name, _| !names.contains(name));
        }
        names.retain(|name| vars.inherited.contains_key(name));
        if !names.is_empty() {
            // The shared variables live as long as the tree's resolution does, so their place is theirs alone.
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
        let place = diagnostic.span.as_ref();
        let place = place.map_or((0, 0), |span| {
            (Arc::as_ptr(&span.source).addr(), span.start)
        });
        if self.told.insert((diagnostic.id, place.0, place.1)) {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// One host being read.
struct One<'r, 'a, 'v> {
    reader: &'r mut Reader<'a>,
    name: &'v str,
    vars: &'v HostVars,
}

impl One<'_, '_, '_> {
    fn winrm(&mut self) -> WinRm {
        self.connection();
        let scheme = self.scheme();
        let port = self.port(&PORT);
        let scheme = scheme.unwrap_or(if port == Some(5985) {
            Scheme::Http
        } else {
            Scheme::Https
        });
        let port = port.unwrap_or(match scheme {
            Scheme::Http => 5985,
            Scheme::Https => 5986,
        });
        let authentication = self.transport();
        if authentication == Authentication::Basic && scheme == Scheme::Http {
            self.basic_over_http();
        }
        self.encryption();
        // Checked, but not needed: an answer is awaited a little longer than the operation may take.
        self.seconds(&READ_TIMEOUT);
        WinRm {
            port,
            scheme,
            path: self.path(),
            user: self
                .text(&USER)
                .or_else(|| self.reader.defaults.user.clone())
                .unwrap_or_default(),
            password: self.password(),
            scheme_of_authentication: authentication,
            trust: self.trust(),
            operation_timeout: self.seconds(&OPERATION_TIMEOUT),
        }
    }

    /// The strongest of these variables that is set, rendered.
    fn value(&mut self, names: &[&'static str]) -> Option<(&'static str, Node)> {
        let (name, node) = names
            .iter()
            .rev()
            .find_map(|name| Some((*name, self.vars.get(name)?)))?;
        if !template::has_template(node) {
            return Some((name, node.clone())).filter(|(_, node)| node.content != Content::Null);
        }
        let variables =
            Variables::new(self.vars.layers().to_vec()).with("inventory_hostname", &self.name);
        match self.reader.engine.render(node, &variables) {
            Ok(node) => Some((name, node)).filter(|(_, node)| node.content != Content::Null),
            Err(mistake) => {
                let host = self.name;
                self.reader
                    .tell(mistake.help(format!("for `{name}` of host `{host}`")));
                None
            }
        }
    }

    fn wrong(&mut self, name: &str, wanted: &str, node: &Node) {
        self.reader.tell(
            Diagnostic::error("wrong-type", format!("`{name}` must be {wanted}"))
                .at(&node.span)
                .label(format!("this is {}", node.describe())),
        );
    }

    fn text(&mut self, names: &[&'static str]) -> Option<String> {
        let (name, node) = self.value(names)?;
        let text = plain(&node);
        if text.is_none() {
            self.wrong(name, "a text", &node);
        }
        text
    }

    fn port(&mut self, names: &[&'static str]) -> Option<u16> {
        let (name, node) = self.value(names)?;
        let number = whole(&node);
        let port = number.and_then(|number| u16::try_from(number).ok());
        match (number, port) {
            (_, Some(port)) if port > 0 => return Some(port),
            (Some(number), _) => self.reader.tell(
                Diagnostic::error("out-of-range", format!("`{name}` cannot be {number}"))
                    .at(&node.span)
                    .label("expected 1 to 65535"),
            ),
            (None, _) => self.wrong(name, "a port number", &node),
        }
        None
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

    fn seconds(&mut self, names: &[&'static str]) -> Option<u64> {
        let (name, node) = self.value(names)?;
        let seconds = whole(&node)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|seconds| *seconds > 0);
        if seconds.is_none() {
            self.wrong(name, "a number of seconds, at least 1", &node);
        }
        seconds
    }

    /// One of these words, letter case ignored.
    fn word<T: Copy>(&mut self, names: &[&'static str], words: &[(&'static str, T)]) -> Option<T> {
        let (name, node) = self.value(names)?;
        let typed = plain(&node).unwrap_or_default();
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(&typed));
        if found.is_none() {
            let known = || words.iter().map(|(word, _)| *word);
            self.reader.tell(
                Diagnostic::error("unknown-value", format!("`{name}` cannot be `{typed}`"))
                    .at(&node.span)
                    .label(format!("expected {}", alternatives(known())))
                    .suggest(&typed, known()),
            );
        }
        found.map(|(_, meaning)| *meaning)
    }

    fn connection(&mut self) {
        let Some((name, node)) = self.value(&CONNECTION) else {
            return;
        };
        match plain(&node) {
            Some(plugin) if matches!(plugin.as_str(), "winrm" | "ansible.builtin.winrm") => {}
            Some(plugin) => self.reader.tell(
                Diagnostic::error(
                    "unsupported-connection",
                    format!("connection `{plugin}` is not supported"),
                )
                .at(&node.span)
                .label("supported: `winrm`")
                .help(format!(
                    "set `{name}: winrm`; hosts that offer `psrp` offer the same WinRM service"
                )),
            ),
            None => self.wrong(name, "a text", &node),
        }
    }

    fn scheme(&mut self) -> Option<Scheme> {
        self.word(&SCHEME, &[("http", Scheme::Http), ("https", Scheme::Https)])
    }

    fn path(&mut self) -> String {
        let path = self.text(&PATH).unwrap_or_else(|| "/wsman".to_owned());
        if path.starts_with('/') {
            path
        } else {
            format!("/{path}")
        }
    }

    /// The first transport of the list that can be used. Unset, NTLM inside `Negotiate` is what Windows offers as it
    /// is installed; `basic`, which Ansible would take, has to be switched on there.
    fn transport(&mut self) -> Authentication {
        let Some((name, node)) = self.value(&TRANSPORT) else {
            return Authentication::Ntlm;
        };
        let listed: Vec<String> = match &node.content {
            Content::Sequence(items) => items.iter().filter_map(plain).collect(),
            _ => plain(&node)
                .unwrap_or_default()
                .split(',')
                .map(|word| word.trim().to_owned())
                .collect(),
        };
        let usable = listed.iter().find_map(|word| authentication(word));
        if let Some(authentication) = usable {
            return authentication;
        }
        let known = ["ntlm", "negotiate", "basic"];
        let typed = listed.first().map(String::as_str).unwrap_or_default();
        let mistake = if matches!(typed, "kerberos" | "credssp" | "certificate") {
            Diagnostic::error(
                "unsupported-transport",
                format!("transport `{typed}` is not supported yet"),
            )
            .help("add `ntlm` behind it to use that until then")
        } else {
            Diagnostic::error("unknown-value", format!("`{name}` cannot be `{typed}`"))
                .suggest(typed, known)
        };
        self.reader.tell(
            mistake
                .at(&node.span)
                .label(format!("expected {}", alternatives(known))),
        );
        Authentication::Ntlm
    }

    fn basic_over_http(&mut self) {
        let mistake = Diagnostic::error(
            "password-in-the-clear",
            format!("`{}` would be sent its password readable by everyone", self.name),
        )
        .help("use HTTPS (`ansible_port: 5986`), or `ansible_winrm_transport: ntlm`, which seals messages over HTTP");
        let place = self.vars.get("ansible_winrm_transport");
        self.reader.tell(match place {
            Some(node) => mistake.at(&node.span).label("basic over HTTP"),
            None => mistake,
        });
    }

    fn encryption(&mut self) {
        let words = [("auto", false), ("always", false), ("never", true)];
        if self.word(&ENCRYPTION, &words) == Some(true)
            && let Some(node) = self.vars.get("ansible_winrm_message_encryption")
        {
            self.reader.tell(
                Diagnostic::warning(
                    "always-encrypted",
                    "messages over HTTP are sealed nevertheless",
                )
                .at(&node.span),
            );
        }
    }

    fn trust(&mut self) -> TlsTrust {
        let ignore = self.word(&VALIDATION, &[("validate", false), ("ignore", true)]);
        let file = self.text(&CA_FILE);
        match (ignore, file) {
            (Some(true), _) => TlsTrust::Unchecked,
            (_, Some(file)) => TlsTrust::File(file),
            (_, None) => TlsTrust::System,
        }
    }

    /// Mistakes here show no line of the file, because the password stands in it.
    fn password(&mut self) -> Secret {
        let Some((name, node)) = self.value(&PASSWORD) else {
            return self
                .reader
                .defaults
                .password
                .clone()
                .unwrap_or_else(|| Secret::new(""));
        };
        plain(&node).map_or_else(
            || {
                let (line, column) = node.span.line_and_column();
                let path = &node.span.source.name;
                self.reader.tell(
                    Diagnostic::error(
                        "wrong-password",
                        format!(
                            "`{name}` at {path}:{line}:{column} must be a text, but is {}",
                            node.describe()
                        ),
                    )
                    .help("quote it"),
                );
                Secret::new("")
            },
            Secret::new,
        )
    }
}

fn authentication(word: &str) -> Option<Authentication> {
    match word.to_ascii_lowercase().as_str() {
        "ntlm" => Some(Authentication::Ntlm),
        "negotiate" => Some(Authentication::Negotiate),
        // Ansible's `plaintext` and `ssl` are Basic over HTTP and over HTTPS.
        "basic" | "plaintext" | "ssl" => Some(Authentication::Basic),
        _ => None,
    }
}

/// A text, or the digits of a number.
fn plain(node: &Node) -> Option<String> {
    match &node.content {
        Content::Text(text) | Content::Unsafe(text) => Some(text.clone()),
        Content::Int(number) => Some(
            node.spelled()
                .map_or_else(|| number.to_string(), str::to_owned),
        ),
        Content::Float(_) => node.spelled().map(str::to_owned),
        Content::Null
        | Content::Bool(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => None,
    }
}

/// A whole number, quoted or not.
fn whole(node: &Node) -> Option<i64> {
    match &node.content {
        Content::Int(number) => Some(*number),
        Content::Text(text) | Content::Unsafe(text) => text.trim().parse().ok(),
        Content::Null
        | Content::Bool(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => None,
    }
}
