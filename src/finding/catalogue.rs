//! The rows of the catalogue, in order. The texts stand in the files beside, by what they are about.

use super::Cause;
use super::Entry;

mod account;
mod certificate;
mod client;
mod listener;
mod path;
mod security;
mod server;

/// What [`Cause::entry`] would give for a cause without a row; there is none.
pub(super) const NOBODY: Entry = Entry {
    cause: Cause::TcpBlocked,
    id: "",
    title: "",
    meaning: "",
    advice: "",
    folklore: "",
    outside: "",
    inside: "",
};

/// One row for each cause, in the order in which they are told to people.
pub(super) static ENTRIES: &[Entry] = &[
    path::DNS_NAME,
    path::TCP_BLOCKED,
    path::PATH_QUALITY,
    path::PATH_MTU,
    path::UDP_TRANSPORT,
    listener::RDP_DISABLED,
    listener::SERVICE_DOWN,
    listener::LISTENER_BROKEN,
    listener::PORT_MISMATCH,
    listener::FIREWALL_CLOSED,
    certificate::CERT_EXPIRED,
    certificate::CERT_MISSING,
    certificate::CERT_WEAK,
    certificate::MACHINE_KEYS,
    security::NLA_MISMATCH,
    security::SECURITY_LAYER_MISMATCH,
    security::TLS_MISMATCH,
    security::CREDSSP_ORACLE,
    security::PATCH_LEVEL,
    security::RESTRICTED_ADMIN,
    account::CREDENTIALS_REJECTED,
    account::DOMAIN_TRUST,
    account::TIME_SKEW,
    server::HOST_RESOURCES,
    server::SESSION_LIMIT,
    server::LICENSING,
    server::GATEWAY_CERTIFICATE,
    server::GATEWAY_HTTP,
    server::ROLES_SERVICES,
    account::CLIENT_CREDENTIALS,
    client::RDP_FILE,
    client::CLIENT_POLICY,
    client::POLICY_OWNED,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ENTRIES;
    use crate::finding::Cause;

    /// The identifiers of the catalogue, in its order; they are stable, so this list only grows.
    const IDS: [&str; 33] = [
        "dns-name",
        "tcp-blocked",
        "path-quality",
        "path-mtu",
        "udp-transport",
        "rdp-disabled",
        "service-down",
        "listener-broken",
        "port-mismatch",
        "firewall-closed",
        "cert-expired",
        "cert-missing",
        "cert-weak",
        "machine-keys",
        "nla-mismatch",
        "security-layer-mismatch",
        "tls-mismatch",
        "credssp-oracle",
        "patch-level",
        "restricted-admin",
        "credentials-rejected",
        "domain-trust",
        "time-skew",
        "host-resources",
        "session-limit",
        "licensing",
        "gateway-certificate",
        "gateway-http",
        "roles-services",
        "client-credentials",
        "rdp-file",
        "client-policy",
        "policy-owned",
    ];

    /// Comes to an error of the compiler when a cause is added, so that the list below is not forgotten.
    fn next(cause: Cause) -> Option<Cause> {
        Some(match cause {
            Cause::DnsName => Cause::TcpBlocked,
            Cause::TcpBlocked => Cause::PathQuality,
            Cause::PathQuality => Cause::PathMtu,
            Cause::PathMtu => Cause::UdpTransport,
            Cause::UdpTransport => Cause::RdpDisabled,
            Cause::RdpDisabled => Cause::ServiceDown,
            Cause::ServiceDown => Cause::ListenerBroken,
            Cause::ListenerBroken => Cause::PortMismatch,
            Cause::PortMismatch => Cause::FirewallClosed,
            Cause::FirewallClosed => Cause::CertExpired,
            Cause::CertExpired => Cause::CertMissing,
            Cause::CertMissing => Cause::CertWeak,
            Cause::CertWeak => Cause::MachineKeys,
            Cause::MachineKeys => Cause::NlaMismatch,
            Cause::NlaMismatch => Cause::SecurityLayerMismatch,
            Cause::SecurityLayerMismatch => Cause::TlsMismatch,
            Cause::TlsMismatch => Cause::CredSspOracle,
            Cause::CredSspOracle => Cause::PatchLevel,
            Cause::PatchLevel => Cause::RestrictedAdmin,
            Cause::RestrictedAdmin => Cause::CredentialsRejected,
            Cause::CredentialsRejected => Cause::DomainTrust,
            Cause::DomainTrust => Cause::TimeSkew,
            Cause::TimeSkew => Cause::HostResources,
            Cause::HostResources => Cause::SessionLimit,
            Cause::SessionLimit => Cause::Licensing,
            Cause::Licensing => Cause::GatewayCertificate,
            Cause::GatewayCertificate => Cause::GatewayHttp,
            Cause::GatewayHttp => Cause::RolesServices,
            Cause::RolesServices => Cause::ClientCredentials,
            Cause::ClientCredentials => Cause::RdpFile,
            Cause::RdpFile => Cause::ClientPolicy,
            Cause::ClientPolicy => Cause::PolicyOwned,
            Cause::PolicyOwned => return None,
        })
    }

    #[test]
    fn there_is_one_row_for_each_cause() {
        let causes: Vec<Cause> =
            std::iter::successors(Some(Cause::DnsName), |cause| next(*cause)).collect();
        let rows: Vec<Cause> = ENTRIES.iter().map(|entry| entry.cause).collect();
        assert_eq!(rows, causes);
    }

    #[test]
    fn identifiers_are_stable_unique_and_kebab_case() {
        let ids: Vec<&str> = ENTRIES.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, IDS);
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());
        for id in ids {
            let is_kebab = id
                .split('-')
                .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()));
            assert!(is_kebab, "{id}");
            assert_eq!(Cause::named(id).map(Cause::id), Some(id));
        }
        assert_eq!(Cause::named("cert-expire"), None);
        assert_eq!(Cause::named(""), None);
    }

    /// How many sentences a text has, or the text when something else than sentences is in it.
    fn sentences(text: &str) -> Result<usize, String> {
        let refuse = |why: &str| Err(format!("{why}: {text}"));
        if !text.ends_with('.') {
            return refuse("it does not end with a full stop");
        }
        if text.contains("  ") || text.contains('\n') || text.trim() != text {
            return refuse("it has stray blanks");
        }
        if !text.matches('`').count().is_multiple_of(2) {
            return refuse("a backtick is left open");
        }
        let first = text.trim_start_matches(['"', '`']).chars().next();
        let begins_a_sentence = text.starts_with('`')
            || first.is_some_and(char::is_uppercase)
            || text.starts_with("rdpfix ");
        if !begins_a_sentence {
            return refuse("it does not begin a sentence");
        }
        Ok(text.matches(". ").count() + 1)
    }

    #[test]
    fn texts_are_whole_sentences_and_none_is_missing() {
        for entry in ENTRIES {
            let id = entry.id;
            assert!(!entry.title.is_empty(), "{id}");
            assert!(!entry.title.ends_with('.'), "{id}: a title is no sentence");
            assert!(sentences(entry.meaning).unwrap() >= 2, "{id}: meaning");
            assert!(sentences(entry.advice).unwrap() >= 2, "{id}: advice");
            for text in [entry.folklore, entry.outside, entry.inside] {
                if !text.is_empty() {
                    sentences(text).unwrap_or_else(|why| panic!("{id}: {why}"));
                }
            }
        }
        assert_eq!(sentences("One. Two."), Ok(2));
        for bad in ["no", "no capital.", "Two  blanks.", "A `tick.", " Blank."] {
            assert!(sentences(bad).is_err(), "{bad}");
        }
    }

    /// What cannot be seen from a side has no text for it (causes.md), and no other row lacks one.
    #[test]
    fn only_what_a_side_cannot_see_has_no_text_for_it() {
        let without = |side: fn(&crate::finding::Entry) -> &'static str| -> Vec<&str> {
            let empty = ENTRIES.iter().filter(|entry| side(entry).is_empty());
            empty.map(|entry| entry.id).collect()
        };
        assert_eq!(
            without(|entry| entry.outside),
            [
                "udp-transport",
                "session-limit",
                "licensing",
                "client-credentials",
                "client-policy",
                "policy-owned"
            ]
        );
        assert_eq!(
            without(|entry| entry.inside),
            ["client-credentials", "rdp-file"]
        );
        assert_eq!(
            without(|entry| entry.folklore),
            ["time-skew", "policy-owned"]
        );
    }
}
