//! The names of connection variables: which count for which connection, which mean nothing here and why, which are slips.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::syntax::Content;
use crate::syntax::Node;

/// The names of what is asked for. Each list is in rising strength: the last that is set counts, as in Ansible.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// `ansible_connection` for it.
    pub(super) connection: &'static str,
    pub(super) address: &'static [&'static str],
    pub(super) port: &'static [&'static str],
    pub(super) user: &'static [&'static str],
    pub(super) password: &'static [&'static str],
    pub(super) scheme: &'static [&'static str],
    pub(super) path: &'static [&'static str],
    pub(super) transport: &'static [&'static str],
    pub(super) validation: &'static [&'static str],
    pub(super) ca_file: &'static [&'static str],
    pub(super) operation_timeout: &'static [&'static str],
    pub(super) read_timeout: &'static [&'static str],
    pub(super) encryption: &'static [&'static str],
}

/// Ansible's plugin `winrm`.
pub(super) const WINRM: Names = Names {
    connection: "winrm",
    address: &["ansible_host", "ansible_winrm_host"],
    port: &["ansible_port", "ansible_winrm_port"],
    user: &["ansible_user", "ansible_winrm_user"],
    password: &[
        "ansible_ssh_pass",
        "ansible_password",
        "ansible_winrm_pass",
        "ansible_winrm_password",
    ],
    scheme: &["ansible_winrm_scheme"],
    path: &["ansible_winrm_path"],
    transport: &["ansible_winrm_transport"],
    validation: &["ansible_winrm_server_cert_validation"],
    ca_file: &["ansible_winrm_ca_trust_path"],
    // Despite its name, the first limits operations in Ansible too.
    operation_timeout: &[
        "ansible_winrm_connection_timeout",
        "ansible_winrm_operation_timeout_sec",
    ],
    read_timeout: &["ansible_winrm_read_timeout_sec"],
    encryption: &["ansible_winrm_message_encryption"],
};

/// Ansible's plugin `psrp`, whose hosts are reached over the same WinRM service.
pub(super) const PSRP: Names = Names {
    connection: "psrp",
    address: &["ansible_host", "ansible_psrp_host"],
    port: &["ansible_port", "ansible_psrp_port"],
    user: &["ansible_user", "ansible_psrp_user"],
    // Two of these have the name of the other plugin in Ansible itself.
    password: &[
        "ansible_ssh_pass",
        "ansible_password",
        "ansible_winrm_pass",
        "ansible_winrm_password",
        "ansible_psrp_password",
    ],
    scheme: &["ansible_psrp_protocol"],
    path: &["ansible_psrp_path"],
    transport: &["ansible_psrp_auth"],
    validation: &["ansible_psrp_cert_validation"],
    ca_file: &["ansible_psrp_cert_trust_path", "ansible_psrp_ca_cert"],
    operation_timeout: &["ansible_psrp_operation_timeout"],
    read_timeout: &["ansible_psrp_read_timeout"],
    encryption: &["ansible_psrp_message_encryption"],
};

/// Ansible's plugin `ssh`: understood, so that such hosts can be listed and probed.
pub(super) const SSH: Names = Names {
    connection: "ssh",
    address: &["ansible_host", "ansible_ssh_host"],
    port: &["ansible_port", "ansible_ssh_port"],
    user: &["ansible_user", "ansible_ssh_user"],
    password: &[
        "ansible_password",
        "ansible_ssh_pass",
        "ansible_ssh_password",
    ],
    scheme: &[],
    path: &[],
    transport: &[],
    validation: &[],
    ca_file: &[],
    operation_timeout: &[],
    read_timeout: &[],
    encryption: &[],
};

/// Every plugin that is understood.
const PLUGINS: [&Names; 3] = [&WINRM, &PSRP, &SSH];

pub(super) const CONNECTION: [&str; 1] = ["ansible_connection"];
pub(super) const RDP: [&str; 1] = ["rdp_port"];
pub(super) const GATEWAY: [&str; 1] = ["rdp_gateway"];
pub(super) const PASSWORD_COMMAND: [&str; 1] = ["rdpfix_password_command"];
pub(super) const PASSWORD_ENVIRONMENT: [&str; 1] = ["rdpfix_password_env"];
pub(super) const PASSWORD_FILE: [&str; 1] = ["rdpfix_password_file"];

/// Variables that count for every connection.
const EVERYWHERE: [&str; 6] = [
    CONNECTION[0],
    RDP[0],
    GATEWAY[0],
    PASSWORD_COMMAND[0],
    PASSWORD_ENVIRONMENT[0],
    PASSWORD_FILE[0],
];

impl Names {
    /// Every name in it.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
        let lists = [
            self.address,
            self.port,
            self.user,
            self.password,
            self.scheme,
            self.path,
            self.transport,
            self.validation,
            self.ca_file,
            self.operation_timeout,
            self.read_timeout,
            self.encryption,
        ];
        lists.into_iter().flatten().copied()
    }

    /// The plugin whose variable this is, when it is one that does not count for this plugin.
    pub(super) fn elsewhere(&self, name: &str) -> Option<&'static str> {
        // Spares most names the long look.
        let prefixes = ["ansible_winrm_", "ansible_psrp_", "ansible_ssh_"];
        if !prefixes.iter().any(|prefix| name.starts_with(prefix))
            || self.all().any(|own| own == name)
        {
            return None;
        }
        let mut others = PLUGINS.into_iter();
        let other = others.find(|plugin| plugin.all().any(|own| own == name))?;
        Some(other.connection)
    }
}

const KERBEROS: &str = "Kerberos is not spoken yet, and NTLM needs none of it";
const CERTIFICATE: &str = "signing in with a certificate is not there yet";
const PROXY: &str = "hosts are reached directly, through no proxy";
const BINDING: &str = "channel binding is sent wherever there is TLS";
const AGAIN: &str = "a connection that is lost is tried again by fixed rules";
const CREDSSP: &str = "CredSSP is not spoken over WinRM";
const NO_SHELL: &str = "no shell and no PowerShell runs on the host, and nothing is copied to it";
const BECOME: &str = "everything is done as the account that signs in";
const NO_SSH: &str = "SSH is not spoken yet";
const TIMEOUT: &str = "`--timeout` limits connecting";

/// Ansible's connection variables that change nothing here, and why.
const IGNORED: [(&str, &str); 77] = [
    ("ansible_winrm_cert_pem", CERTIFICATE),
    ("ansible_winrm_cert_key_pem", CERTIFICATE),
    ("ansible_winrm_kerberos_delegation", KERBEROS),
    ("ansible_winrm_kerberos_hostname_override", KERBEROS),
    ("ansible_winrm_kerberos_target_override", KERBEROS),
    ("ansible_winrm_kinit_args", KERBEROS),
    ("ansible_winrm_kinit_cmd", KERBEROS),
    ("ansible_winrm_kinit_env_vars", KERBEROS),
    ("ansible_winrm_kinit_mode", KERBEROS),
    ("ansible_winrm_realm", KERBEROS),
    ("ansible_winrm_service", KERBEROS),
    ("ansible_winrm_proxy", PROXY),
    ("ansible_winrm_send_cbt", BINDING),
    ("ansible_psrp_certificate_key_pem", CERTIFICATE),
    ("ansible_psrp_certificate_pem", CERTIFICATE),
    ("ansible_psrp_configuration_name", NO_SHELL),
    ("ansible_psrp_connection_backoff", AGAIN),
    ("ansible_psrp_connection_timeout", TIMEOUT),
    ("ansible_psrp_credssp_auth_mechanism", CREDSSP),
    ("ansible_psrp_credssp_disable_tlsv1_2", CREDSSP),
    ("ansible_psrp_credssp_minimum_version", CREDSSP),
    ("ansible_psrp_ignore_proxy", PROXY),
    ("ansible_psrp_max_envelope_size", NO_SHELL),
    ("ansible_psrp_negotiate_delegate", KERBEROS),
    ("ansible_psrp_negotiate_hostname_override", KERBEROS),
    ("ansible_psrp_negotiate_send_cbt", BINDING),
    ("ansible_psrp_negotiate_service", KERBEROS),
    ("ansible_psrp_proxy", PROXY),
    ("ansible_psrp_reconnection_backoff", AGAIN),
    ("ansible_psrp_reconnection_retries", AGAIN),
    ("ansible_async_dir", NO_SHELL),
    ("ansible_module_compression", NO_SHELL),
    ("ansible_pipelining", NO_SHELL),
    ("ansible_remote_tmp", NO_SHELL),
    ("ansible_shell_executable", NO_SHELL),
    ("ansible_shell_type", NO_SHELL),
    ("ansible_timeout", TIMEOUT),
    ("ansible_become", BECOME),
    ("ansible_become_exe", BECOME),
    ("ansible_become_flags", BECOME),
    ("ansible_become_method", BECOME),
    ("ansible_become_pass", BECOME),
    ("ansible_become_password", BECOME),
    ("ansible_become_user", BECOME),
    ("ansible_runas_flags", BECOME),
    ("ansible_runas_pass", BECOME),
    ("ansible_runas_user", BECOME),
    ("ansible_local_become_strip_preamble", BECOME),
    ("ansible_local_become_success_timeout", BECOME),
    ("ansible_control_path", NO_SSH),
    ("ansible_control_path_dir", NO_SSH),
    ("ansible_host_key_checking", NO_SSH),
    ("ansible_private_key", NO_SSH),
    ("ansible_private_key_file", NO_SSH),
    ("ansible_private_key_passphrase", NO_SSH),
    ("ansible_scp_executable", NO_SSH),
    ("ansible_scp_extra_args", NO_SSH),
    ("ansible_sftp_batch_mode", NO_SSH),
    ("ansible_sftp_executable", NO_SSH),
    ("ansible_sftp_extra_args", NO_SSH),
    ("ansible_ssh_args", NO_SSH),
    ("ansible_ssh_common_args", NO_SSH),
    ("ansible_ssh_executable", NO_SSH),
    ("ansible_ssh_extra_args", NO_SSH),
    ("ansible_ssh_host_key_checking", NO_SSH),
    ("ansible_ssh_password_mechanism", NO_SSH),
    ("ansible_ssh_pipelining", NO_SSH),
    ("ansible_ssh_pkcs11_provider", NO_SSH),
    ("ansible_ssh_private_key", NO_SSH),
    ("ansible_ssh_private_key_file", NO_SSH),
    ("ansible_ssh_private_key_passphrase", NO_SSH),
    ("ansible_ssh_retries", NO_SSH),
    ("ansible_ssh_timeout", NO_SSH),
    ("ansible_ssh_transfer_method", NO_SSH),
    ("ansible_ssh_use_tty", NO_SSH),
    ("ansible_ssh_verbosity", NO_SSH),
    ("ansible_sshpass_prompt", NO_SSH),
];

/// Does nothing here when it says no, either.
const BECOME_VARIABLE: &str = "ansible_become";

/// Variables that hold a secret and have no other use: they are taken away from the variables that plays see.
pub(super) fn secrets() -> impl Iterator<Item = &'static str> {
    let passwords = PLUGINS.into_iter().flat_map(|plugin| plugin.password);
    passwords.copied().chain(SECRETS_OF_OTHERS)
}

const SECRETS_OF_OTHERS: [&str; 7] = [
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_runas_pass",
    "ansible_private_key",
    "ansible_private_key_passphrase",
    "ansible_ssh_private_key",
    "ansible_ssh_private_key_passphrase",
];

fn known() -> impl Iterator<Item = &'static str> {
    let plugins = PLUGINS.into_iter().flat_map(Names::all);
    plugins.chain(EVERYWHERE)
}

/// Warns of variables that are near to a known one, and of known ones that have no effect.
pub(in crate::inventory) fn check_names<'v>(
    variables: impl Iterator<Item = (&'v str, &'v Node)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    // Most names are said for many hosts, and nothing is to be said of them.
    let mut plain: HashSet<&str> = HashSet::new();
    let mut told = HashSet::new();
    for (name, value) in variables {
        if plain.contains(name) {
            continue;
        }
        if is_plain(name) {
            plain.insert(name);
            continue;
        }
        let Some(mistake) = check_name(name, value) else {
            // What is said of `ansible_become` depends on its value.
            if name != BECOME_VARIABLE {
                plain.insert(name);
            }
            continue;
        };
        // A host range gives one value to many hosts.
        let source = Arc::as_ptr(&value.span.source).addr();
        if told.insert((name, source, value.span.start)) {
            diagnostics.push(mistake);
        }
    }
}

/// Whether nothing is to be said of a name, whatever its value.
fn is_plain(name: &str) -> bool {
    !name.starts_with("ansi") && !name.starts_with("ansbi") && !name.starts_with("rdp")
        || known().any(|known| known == name)
}

fn check_name(name: &str, value: &Node) -> Option<Diagnostic> {
    let reason = IGNORED.iter().find(|(ignored, _)| *ignored == name);
    if let Some((_, reason)) = reason {
        // Said explicitly where others of the inventory say yes.
        let is_off = name == BECOME_VARIABLE && value.content == Content::Bool(false);
        let says = format!("`{name}` has no effect here");
        return (!is_off).then(|| told(("unused-variable", says), name, value).help(*reason));
    }
    if let Some(near) = slip(name) {
        let says = format!("`{name}` is no connection variable");
        let near_is_secret = secrets().any(|secret| secret == near);
        let spelled = if near_is_secret { near } else { name };
        return Some(
            told(("unknown-variable", says), spelled, value)
                .help(format!("did you mean `{near}`?")),
        );
    }
    name.starts_with("rdpfix_").then(|| {
        let says = format!("`{name}` is no variable of rdpfix");
        told(("unknown-variable", says), name, value).help(format!(
            "there are `{}`, `{}` and `{}`",
            PASSWORD_COMMAND[0], PASSWORD_ENVIRONMENT[0], PASSWORD_FILE[0]
        ))
    })
}

/// A warning at a value; the line is not shown when a secret stands in it.
fn told((id, says): (&'static str, String), name: &str, value: &Node) -> Diagnostic {
    if secrets().any(|secret| secret == name) {
        let (line, column) = value.span.line_and_column();
        let path = &value.span.source.name;
        let says = says.replacen("` ", &format!("` at {path}:{line}:{column} "), 1);
        return Diagnostic::warning(id, says);
    }
    let warning = Diagnostic::warning(id, says).at(&value.span);
    if id == "unknown-variable" {
        warning.label(format!("value of `{name}`"))
    } else {
        warning
    }
}

/// The known variable that a name was probably meant to be. Closer than for other words: names of one's own are free.
fn slip(name: &str) -> Option<&'static str> {
    let limit = match name {
        own if own.starts_with("ansib") || own.starts_with("ansbi") => 2,
        own if own.starts_with("rdpfix_") => 3,
        own if own.starts_with("rdp_") && RDP_LENGTHS.contains(&own.len()) => 1,
        _ => return None,
    };
    known()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::IGNORED;
    use super::PSRP;
    use super::SSH;
    use super::WINRM;
    use super::known;
    use super::slip;

    #[test]
    fn a_variable_counts_or_is_ignored_and_never_both() {
        let known: BTreeSet<&str> = known().collect();
        let ignored: BTreeSet<&str> = IGNORED.iter().map(|(name, _)| *name).collect();
        assert_eq!(ignored.len(), IGNORED.len());
        assert_eq!(known.intersection(&ignored).count(), 0);
    }

    #[test]
    fn a_variable_of_another_connection_is_told_apart() {
        assert_eq!(WINRM.elsewhere("ansible_psrp_port"), Some("psrp"));
        assert_eq!(PSRP.elsewhere("ansible_winrm_port"), Some("winrm"));
        assert_eq!(PSRP.elsewhere("ansible_winrm_password"), None);
        assert_eq!(WINRM.elsewhere("ansible_ssh_user"), Some("ssh"));
        assert_eq!(SSH.elsewhere("ansible_host"), None);
        assert_eq!(SSH.elsewhere("colour"), None);
    }

    #[test]
    fn slips_are_near_and_names_of_ones_own_are_free() {
        assert_eq!(slip("ansible_usr"), Some("ansible_user"));
        assert_eq!(slip("ansible_pasword"), Some("ansible_password"));
        assert_eq!(slip("rdpfix_pasword_file"), Some("rdpfix_password_file"));
        assert_eq!(slip("ansible_python_interpreter"), None);
        assert_eq!(slip("ansible_network_os"), None);
        assert_eq!(slip("rdp_user"), None);
    }
}
