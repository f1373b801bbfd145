//! What is left to a person, with the exact next step. Never what the catalogue calls harmful: no folder of keys is
//! renamed, no protection is switched off.

use super::Step;
use super::Task;
use crate::diagnosis::Case;
use crate::diagnosis::signs::firewall;
use crate::diagnosis::signs::firewall::Shut;
use crate::diagnosis::signs::host;
use crate::diagnosis::signs::key;
use crate::diagnosis::signs::listener;
use crate::diagnosis::signs::policy;
use crate::diagnosis::signs::port;
use crate::diagnosis::signs::tls;
use crate::diagnosis::signs::way;
use crate::finding::Cause;

/// Causes that nothing but a code of the client points to, and that nothing but a person can mend.
pub(super) fn is_only_manual(cause: Cause) -> bool {
    matches!(cause, Cause::ClientCredentials | Cause::RdpFile)
}

/// The steps for a cause, beside these tasks; the catalogue's advice when nothing better is known and no task mends it.
pub(super) fn steps(case: &Case<'_>, mended: Cause, tasks: &[Task], host: &str) -> Vec<Step> {
    let known = own(case, mended, host);
    let advice = mended.entry().advice;
    let texts = if !known.is_empty() {
        known
    } else if tasks.iter().any(|task| task.cause == mended)
        || advice.is_empty()
        || is_merged(mended, tasks)
    {
        Vec::new()
    } else {
        vec![advice.trim_end_matches('.').to_owned()]
    };
    texts
        .into_iter()
        .map(|does| Step {
            cause: mended,
            does,
        })
        .collect()
}

/// Causes whose task stands under another cause.
fn is_merged(cause: Cause, tasks: &[Task]) -> bool {
    let resource = match cause {
        Cause::CertExpired | Cause::CertMissing | Cause::CertWeak => "rdp_certificate",
        Cause::NlaMismatch | Cause::SecurityLayerMismatch => "rdp_listener",
        _ => return false,
    };
    tasks.iter().any(|task| task.resource == resource)
}

fn own(case: &Case<'_>, mended: Cause, host: &str) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match mended {
        Cause::DnsName => dns(case),
        Cause::TcpBlocked if way::HOST_IS_READY.is_there(case) => one(
            "the host is ready: look at firewalls and routes between you and it, they drop or reject its Remote Desktop port",
        ),
        Cause::MachineKeys => machine_keys(case),
        Cause::FirewallClosed => firewall_steps(case),
        Cause::PolicyOwned => owned(case),
        Cause::ListenerBroken if listener::PORT_TAKEN.is_there(case) => one(
            "`netstat -ano` on the host shows which process holds the port: end it or move it, then restart TermService",
        ),
        Cause::PortMismatch if port::OWN_PORT_ANSWERS.is_there(case) => one(
            "set `rdp_port` in the inventory, and tell clients, to the port on which the host listens",
        ),
        Cause::TlsMismatch if tls::CIPHERS_UNFIT.is_there(case) => one(
            "add suites that go with the certificate's key to the policy \"SSL Cipher Suite Order\", where it is set",
        ),
        Cause::PatchLevel => one(
            "install the current cumulative update on the host; opening CredSSP on clients instead would only hide it",
        ),
        Cause::UdpTransport => one(
            "let UDP in on the Remote Desktop port on the whole way; clients fall back to TCP until then",
        ),
        Cause::TimeSkew => one(
            "set the clock: `w32tm /resync` on the host; `w32tm /query /status` shows where it takes its time from",
        ),
        Cause::DomainTrust => one(
            "`nltest /sc_verify:DOMAIN` on the host shows the state of the secure channel; repair it with an account of the domain, which never happens by itself",
        ),
        Cause::RestrictedAdmin => one(
            "either take the demand out of the policy \"Restrict delegation of credentials to remote servers\" of the clients, or allow it on the hosts; both are decisions",
        ),
        Cause::SessionLimit if policy::POLICY_LIMIT.is_there(case) => Vec::new(),
        Cause::SessionLimit if host::LIMIT_REACHED.is_there(case) => one(
            "end sessions that nobody uses (`query session`, `logoff ID`), or raise `MaxInstanceCount`",
        ),
        Cause::ClientCredentials => vec![format!(
            "on the client, in the user's own session: `cmdkey /list`, then `cmdkey /delete:TERMSRV/{host}`"
        )],
        Cause::RdpFile => one("check the client's file: `rdpfix rdp-file check FILE`"),
        _ => Vec::new(),
    }
}

fn dns(case: &Case<'_>) -> Vec<String> {
    let step = if way::NAME_UNKNOWN.is_there(case) {
        "register the name in DNS, or set `ansible_host` to the host's address; connecting by address is a test, not a cure"
    } else {
        "correct the address: the DNS record, or `ansible_host` and `rdp_port` in the inventory, leads to another machine"
    };
    vec![step.to_owned()]
}

/// Rights by SID, because names are translated: SYSTEM, NETWORK SERVICE, Administrators (windows-facts 3).
fn machine_keys(case: &Case<'_>) -> Vec<String> {
    let path = case
        .inside
        .ok()
        .and_then(|inside| inside.key_file.as_ref().ok())
        .map_or(
            r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys\f686aace6942fb7f7ceb231212eef4a4_*",
            |file| file.path.as_str(),
        );
    let warning = "touch this one file only: other certificates have their keys in the same folder";
    if key::KEY_GONE.is_there(case) {
        return vec![
            "delete the certificate from the store \"Remote Desktop\" (`certutil -delstore \"Remote Desktop\" THUMBPRINT` on the host) and restart SessionEnv, which makes a new one with a new key"
                .to_owned(),
        ];
    }
    vec![
        format!(
            "save the rights of the key file first: `icacls \"{path}\" /save rdp-key.acl` on the host; {warning}"
        ),
        format!(
            "then give it back: `takeown /a /f \"{path}\"`, `icacls \"{path}\" /grant *S-1-5-18:F *S-1-5-20:R *S-1-5-32-544:F`, and restart SessionEnv"
        ),
    ]
}

fn firewall_steps(case: &Case<'_>) -> Vec<String> {
    let Some(Ok(firewall)) = case.inside.ok().map(|inside| inside.firewall.as_ref()) else {
        return Vec::new();
    };
    let settings = case
        .inside
        .ok()
        .and_then(|inside| inside.settings.as_ref().ok());
    let port = settings.map_or(port::USUAL, |settings| settings.port.value);
    let mut steps = Vec::new();
    for (profile, why) in firewall::shut_profiles(firewall, port) {
        let name = &profile.name;
        let step = match why {
            Shut::Nothing => format!(
                "the firewall profile {name} lets nothing in: end \"block all incoming connections\" for it"
            ),
            Shut::LocalRulesIgnored => format!(
                "rules of the host do not count in the firewall profile {name}: let Remote Desktop in by Group Policy, where that is decided"
            ),
            Shut::Blocked(id) => {
                format!("the rule `{id}` blocks the port: find out who wants that before you switch it off")
            }
            Shut::OtherProfiles(_) if name.eq_ignore_ascii_case("Public") => {
                "the host takes its network for a public one: make it private, instead of opening Remote Desktop on public networks"
                    .to_owned()
            }
            Shut::RulesOff | Shut::OtherProfiles(_) | Shut::OtherPorts(_) => continue,
        };
        steps.push(step);
    }
    steps
}

fn owned(case: &Case<'_>) -> Vec<String> {
    let values = [
        (&policy::POLICY_DENIES, "fDenyTSConnections", "0"),
        (&policy::POLICY_LAYER, "SecurityLayer", "2"),
        (&policy::POLICY_NLA, "UserAuthentication", "1"),
        (&policy::POLICY_LIMIT, "MaxInstanceCount", "a higher number"),
    ];
    values
        .into_iter()
        .filter(|(sign, _, _)| sign.is_there(case))
        .map(|(_, value, wanted)| {
            format!(
                "change the policy that sets `{value}` (it should be {wanted}): `gpresult /h report.html` on the host names it, `gpupdate /force` brings the change"
            )
        })
        .collect()
}
