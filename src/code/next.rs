//! What to run next, given the causes that a number may have. Commands are text; a test holds them to what the program takes.

use crate::code::Table;
use crate::code::answer::Answer;
use crate::code::answer::Meaning;
use crate::finding::Cause;

/// One thing to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The command, with `HOST`, `USER`, `GATEWAY`, `FILE` and `INVENTORY` to be replaced.
    pub command: String,
    /// What it tells.
    pub tells: &'static str,
}

/// A command with what it tells and the causes that make it worth running.
struct Rule {
    command: &'static str,
    tells: &'static str,
    causes: &'static [Cause],
}

/// In the order in which to run them: from outside, then from inside.
const RULES: [Rule; 7] = [
    Rule {
        command: "rdpfix probe HOST",
        tells: "what a client meets: name, port, negotiation, TLS, certificate, clock; needs no password",
        causes: &[
            Cause::DnsName,
            Cause::TcpBlocked,
            Cause::PathMtu,
            Cause::RdpDisabled,
            Cause::ServiceDown,
            Cause::ListenerBroken,
            Cause::PortMismatch,
            Cause::FirewallClosed,
            Cause::CertExpired,
            Cause::CertMissing,
            Cause::CertWeak,
            Cause::MachineKeys,
            Cause::NlaMismatch,
            Cause::SecurityLayerMismatch,
            Cause::TlsMismatch,
            Cause::CredSspOracle,
            Cause::PatchLevel,
            Cause::RestrictedAdmin,
            Cause::TimeSkew,
        ],
    },
    Rule {
        command: "rdpfix probe HOST --login USER",
        tells: "whether the host accepts the account, with the very status when it does not; opens no session",
        causes: &[
            Cause::CredentialsRejected,
            Cause::DomainTrust,
            Cause::CredSspOracle,
        ],
    },
    Rule {
        command: "rdpfix probe HOST --repeat 20",
        tells: "how often and how fast each stage of the handshake gets through",
        causes: &[Cause::PathQuality],
    },
    Rule {
        command: "rdpfix probe HOST --gateway GATEWAY",
        tells: "the gateway's certificate, and whether its answers are those of a healthy one",
        causes: &[Cause::GatewayCertificate, Cause::GatewayHttp],
    },
    Rule {
        command: "rdpfix rdp-file check FILE",
        tells: "every setting of the connection file that cannot work",
        causes: &[Cause::RdpFile],
    },
    Rule {
        command: "cmdkey /delete:TERMSRV/HOST",
        tells: "on the client, as its user: forgets the saved password",
        causes: &[Cause::ClientCredentials],
    },
    Rule {
        command: "rdpfix diagnose HOST -i INVENTORY",
        tells: "the view from inside too: settings, services, certificate, key, policy and event logs; ranks the causes",
        causes: &[
            Cause::UdpTransport,
            Cause::RdpDisabled,
            Cause::ServiceDown,
            Cause::ListenerBroken,
            Cause::PortMismatch,
            Cause::FirewallClosed,
            Cause::CertExpired,
            Cause::CertMissing,
            Cause::CertWeak,
            Cause::MachineKeys,
            Cause::NlaMismatch,
            Cause::SecurityLayerMismatch,
            Cause::TlsMismatch,
            Cause::CredSspOracle,
            Cause::PatchLevel,
            Cause::RestrictedAdmin,
            Cause::CredentialsRejected,
            Cause::DomainTrust,
            Cause::TimeSkew,
            Cause::HostResources,
            Cause::SessionLimit,
            Cause::Licensing,
            Cause::RolesServices,
            Cause::ClientPolicy,
            Cause::PolicyOwned,
        ],
    },
];

/// Meanings that are far down the list do not add commands.
const LIKELY: usize = 4;

/// What to run, in this order; empty when nothing is wrong or nothing of ours helps.
pub fn steps(answer: &Answer) -> Vec<Step> {
    match answer {
        Answer::Unknown(_) => Vec::new(),
        Answer::Meanings(meanings) => about_meanings(meanings),
        Answer::Pair(told) => {
            let halves = [told.first, told.second].into_iter().flatten();
            let causes: Vec<Cause> = match told.pair {
                Some(pair) => pair.causes.to_vec(),
                None => halves.flat_map(|entry| entry.causes).copied().collect(),
            };
            if causes.is_empty() {
                return Vec::new();
            }
            let command = format!(
                "rdpfix diagnose HOST --code 0x{:X} --extended 0x{:X}",
                told.code, told.extended
            );
            beginning_with(Some(command), &causes)
        }
    }
}

fn about_meanings(meanings: &[Meaning]) -> Vec<Step> {
    let likely = meanings.get(..LIKELY).unwrap_or(meanings);
    let causes: Vec<Cause> = likely
        .iter()
        .flat_map(|meaning| meaning.entry.causes)
        .copied()
        .collect();
    let told = likely
        .iter()
        .map(|meaning| meaning.entry)
        .find(|entry| entry.table == Table::Disconnect && !entry.causes.is_empty())
        .map(|entry| format!("rdpfix diagnose HOST --code 0x{:X}", entry.code));
    beginning_with(told, &causes)
}

/// The steps that the causes make worth running, behind a command that knows what the client said.
fn beginning_with(told: Option<String>, causes: &[Cause]) -> Vec<Step> {
    let first = told.map(|command| Step {
        command,
        tells: "looks from outside and ranks the causes; give it `-i INVENTORY` and it looks from inside too",
    });
    let has_first = first.is_some();
    let rest = RULES
        .iter()
        .filter(|rule| rule.causes.iter().any(|cause| causes.contains(cause)))
        .filter(|rule| !(has_first && rule.command.contains("diagnose")))
        .map(|rule| Step {
            command: rule.command.to_owned(),
            tells: rule.tells,
        });
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::RULES;
    use super::steps;
    use crate::code::answer::answer;
    use crate::code::asked::read;
    use crate::finding::Cause;

    fn commands(typed: &str, extended: Option<&str>) -> Vec<String> {
        let asked = read(typed, extended).unwrap();
        let steps = steps(&answer(&asked));
        steps.into_iter().map(|step| step.command).collect()
    }

    #[test]
    fn each_cause_leads_to_a_command() {
        for entry in Cause::catalogue() {
            let leads = |rule: &super::Rule| rule.causes.contains(&entry.cause);
            assert!(RULES.iter().any(leads), "{}", entry.id);
        }
    }

    #[test]
    fn what_to_run_follows_from_the_causes() {
        assert_eq!(
            commands("0xC000006A", None),
            [
                "rdpfix probe HOST --login USER",
                "cmdkey /delete:TERMSRV/HOST",
                "rdpfix diagnose HOST -i INVENTORY",
            ]
        );
        assert_eq!(
            commands("0x904", Some("0x7")).first().map(String::as_str),
            Some("rdpfix diagnose HOST --code 0x904 --extended 0x7")
        );
        assert_eq!(commands("schannel:36880", None), [""; 0]);
    }
}
