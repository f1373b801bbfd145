//! How a host is signed in to: which connection, over what, by which authentication, and what stands in the way.

use super::One;
use super::names::CONNECTION;
use super::names::Names;
use super::names::PSRP;
use super::names::SSH;
use super::names::WINRM;
use super::value::plain;
use crate::diag::Diagnostic;
use crate::diag::alternatives;
use crate::inventory::Authentication;
use crate::inventory::Scheme;
use crate::inventory::TlsTrust;
use crate::inventory::WinRm;
use crate::syntax::Content;
use crate::syntax::Node;

const HTTP_PORT: u16 = 5985;
const HTTPS_PORT: u16 = 5986;
const DEFAULT_PATH: &str = "/wsman";

/// The names that count for an `ansible_connection`; the second is true when rdpfix can go that way. `None`: unknown.
fn plugin(connection: &str) -> Option<(&'static Names, bool)> {
    let short = connection
        .strip_prefix("ansible.builtin.")
        .or_else(|| connection.strip_prefix("ansible.legacy."))
        .unwrap_or(connection);
    match short {
        "winrm" => Some((&WINRM, true)),
        "psrp" => Some((&PSRP, true)),
        "ssh" | "paramiko" | "paramiko_ssh" | "smart" | "local" => Some((&SSH, false)),
        _ => None,
    }
}

impl One<'_, '_, '_> {
    /// Which variables count for the host. A connection that rdpfix cannot make stands in the way of signing in only.
    pub(super) fn plugin(&mut self) -> &'static Names {
        let Some((name, node)) = self.value(&CONNECTION) else {
            return &WINRM;
        };
        let Some(connection) = plain(&node) else {
            self.wrong(name, "a text", &node);
            return &WINRM;
        };
        match plugin(&connection) {
            Some((names, true)) => names,
            Some((names, false)) => {
                self.hinder(no_way(&connection, &node));
                names
            }
            None => {
                let mistake = no_way(&connection, &node);
                let near = [&WINRM, &PSRP]
                    .into_iter()
                    .find(|known| strsim::damerau_levenshtein(known.connection, &connection) <= 2);
                let Some(near) = near else {
                    // Another kind of device.
                    self.hinder(mistake);
                    return &SSH;
                };
                let help = vec![format!("did you mean `{}`?", near.connection)];
                self.reader.tell(Diagnostic { help, ..mistake });
                near
            }
        }
    }

    pub(super) fn winrm(&mut self) -> WinRm {
        let names = self.names;
        let scheme = self.word(
            names.scheme,
            &[("http", Scheme::Http), ("https", Scheme::Https)],
        );
        let port = self.port(names.port);
        let scheme = scheme.unwrap_or(if port == Some(HTTP_PORT) {
            Scheme::Http
        } else {
            Scheme::Https
        });
        let port = port.unwrap_or(match scheme {
            Scheme::Http => HTTP_PORT,
            Scheme::Https => HTTPS_PORT,
        });
        let authentication = self.transport();
        if authentication == Authentication::Basic && scheme == Scheme::Http {
            self.basic_over_http();
        }
        self.encryption();
        // Checked, but not needed: an answer is awaited a little longer than the operation may take.
        self.seconds(names.read_timeout);
        let (password, password_source) = self.password();
        WinRm {
            port,
            scheme,
            path: self.path(),
            user: self.user(),
            password,
            password_source,
            scheme_of_authentication: authentication,
            trust: self.trust(),
            operation_timeout: self.seconds(names.operation_timeout),
            obstacle: None,
        }
    }

    fn user(&mut self) -> String {
        let value = self.sign_in_value(self.names.user);
        value
            .and_then(|value| self.text_of(value))
            .or_else(|| self.reader.defaults.user.clone())
            .unwrap_or_default()
    }

    fn path(&mut self) -> String {
        let path = self.text(self.names.path);
        let path = path.unwrap_or_else(|| DEFAULT_PATH.to_owned());
        if path.starts_with('/') {
            path
        } else {
            format!("/{path}")
        }
    }

    /// The first transport of the list that can be used. Unset, NTLM inside `Negotiate` is what Windows offers as it
    /// is installed; `basic`, which Ansible would take, has to be switched on there.
    fn transport(&mut self) -> Authentication {
        let Some((name, node)) = self.value(self.names.transport) else {
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
        let at = |mistake: Diagnostic| {
            let expected = format!("expected {}", alternatives(known));
            mistake.at(&node.span).label(expected)
        };
        if matches!(typed, "kerberos" | "credssp" | "certificate") {
            let help = if name == "ansible_psrp_auth" {
                "set `ntlm` to use that until then"
            } else {
                "add `ntlm` behind it to use that until then"
            };
            let says = format!("transport `{typed}` is not supported yet");
            self.hinder(at(
                Diagnostic::error("unsupported-transport", says).help(help)
            ));
        } else {
            let says = format!("`{name}` cannot be `{typed}`");
            let mistake = Diagnostic::error("unknown-value", says).suggest(typed, known);
            self.reader.tell(at(mistake));
        }
        Authentication::Ntlm
    }

    fn basic_over_http(&mut self) {
        let set = self.names.transport.last().copied().unwrap_or_default();
        let mistake = Diagnostic::error(
            "password-in-the-clear",
            "the password would be sent readable by everyone",
        )
        .help(format!(
            "use HTTPS (`ansible_port: 5986`), or `{set}: ntlm`, which seals messages over HTTP"
        ));
        self.hinder(match self.vars.get(set) {
            Some(node) => mistake.at(&node.span).label("basic over HTTP"),
            None => mistake,
        });
    }

    fn encryption(&mut self) {
        let words = [("auto", false), ("always", false), ("never", true)];
        if self.word(self.names.encryption, &words) == Some(true) {
            let mut set = self.names.encryption.iter();
            if let Some(node) = set.find_map(|name| self.vars.get(name)) {
                self.reader.tell(
                    Diagnostic::warning(
                        "always-encrypted",
                        "messages over HTTP are sealed nevertheless",
                    )
                    .at(&node.span),
                );
            }
        }
    }

    fn trust(&mut self) -> TlsTrust {
        let ignore = self.word(
            self.names.validation,
            &[("validate", false), ("ignore", true)],
        );
        let file = self.text(self.names.ca_file);
        match (ignore, file) {
            (Some(true), _) => TlsTrust::Unchecked,
            (_, Some(file)) => TlsTrust::File(file),
            (_, None) => TlsTrust::System,
        }
    }
}

fn no_way(connection: &str, node: &Node) -> Diagnostic {
    let (says, help) = if connection.ends_with("local") {
        (
            "connection `local` is this machine itself, and rdpfix goes over WinRM".to_owned(),
            "to manage this machine too, set `ansible_connection: winrm` and its address as `ansible_host`; else leave it out of `hosts` or by `--limit`",
        )
    } else {
        (
            format!("connection `{connection}` is not supported"),
            "where the host offers WinRM (`winrm quickconfig` switches it on), set `ansible_connection: winrm`; else leave it out of `hosts` or by `--limit`",
        )
    };
    Diagnostic::error("unsupported-connection", says)
        .at(&node.span)
        .label("supported: `winrm` and `psrp`")
        .help(help)
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
