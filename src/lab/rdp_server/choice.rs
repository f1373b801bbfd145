//! What Schannel answers to a ClientHello, given what is on. Pure: knows settings and messages, not sockets or keys.

use crate::lab::machine::schannel::Schannel;
use crate::tls::ProtocolVersion;
use crate::tls::client_hello::ClientHello;
use crate::tls::record::Alert;
use crate::tls::suite::CipherSuite;
use crate::tls::suite::Exchange;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// A handshake that the TLS library carries out: one version, and the suites that the host would pick from.
    Library(ProtocolVersion, Vec<CipherSuite>),
    /// What an old host says in plain text, as far as that goes.
    Flight(ProtocolVersion, CipherSuite),
    /// Nothing in common.
    Refused(Alert),
}

/// What decides besides settings and hello.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means<'a> {
    /// Type of the certificate's key, as [`crate::certificate::Certificate::key_type`] names it.
    pub(super) key_type: &'a str,
    /// The suites that the TLS library speaks.
    pub(super) library: &'a [CipherSuite],
}

/// Chooses version, then suite, as the host prefers them.
///
/// Assumption: a client that offers no version that is on gets alert 70, one that offers no cipher suite alert 40.
pub(super) fn choose(schannel: &Schannel, means: Means<'_>, hello: &ClientHello) -> Choice {
    let offered = offered(schannel, hello);
    let common = schannel
        .versions
        .iter()
        .copied()
        .filter(|version| offered.contains(version));
    let Some(version) = common.max() else {
        return Choice::Refused(Alert::PROTOCOL_VERSION);
    };
    let usable: Vec<CipherSuite> = schannel
        .suites
        .iter()
        .copied()
        .filter(|suite| suite.fits(version) && suits_key(*suite, means.key_type))
        .collect();
    let offers = |suite: &&CipherSuite| hello.suites.contains(suite);
    let by_library: Vec<CipherSuite> = usable
        .iter()
        .copied()
        .filter(|suite| means.library.contains(suite))
        .collect();
    if version >= ProtocolVersion::TLS_1_2 && by_library.iter().any(|suite| offers(&suite)) {
        return Choice::Library(version, by_library);
    }
    // Only where the client encrypts for the host's key is there nothing to sign before the host is done.
    usable
        .iter()
        .filter(|suite| suite.exchange() == Some(Exchange::Rsa))
        .find(offers)
        .map_or(Choice::Refused(Alert::HANDSHAKE_FAILURE), |suite| {
            Choice::Flight(version, *suite)
        })
}

/// The versions that the host understands to be offered.
fn offered(schannel: &Schannel, hello: &ClientHello) -> Vec<ProtocolVersion> {
    hello
        .supported_versions()
        .filter(|_| schannel.knows_tls_1_3)
        .unwrap_or_else(|| {
            // Before TLS 1.3, the best version stands for all below it.
            let best = hello.version.min(ProtocolVersion::TLS_1_2);
            ProtocolVersion::ALL
                .into_iter()
                .filter(|version| *version <= best)
                .collect()
        })
}

fn suits_key(suite: CipherSuite, key_type: &str) -> bool {
    match suite.exchange() {
        Some(Exchange::Apart) => true,
        Some(Exchange::Rsa | Exchange::DheRsa | Exchange::EcdheRsa) => key_type == "rsa",
        Some(Exchange::EcdheEcdsa) => key_type == "ec",
        Some(Exchange::DheDss) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;
    use super::Means;
    use super::choose;
    use crate::lab::machine::schannel::Schannel;
    use crate::tls::ProtocolVersion;
    use crate::tls::client_hello::ClientHello;
    use crate::tls::client_hello::Question;
    use crate::tls::suite::CipherSuite;

    const LIBRARY: [CipherSuite; 3] = [
        CipherSuite(0x1301),
        CipherSuite(0xC02B),
        CipherSuite(0xC030),
    ];

    fn asking(version: ProtocolVersion) -> ClientHello {
        ClientHello::asking(&Question {
            version,
            name: "host",
            random: [0; 32],
            size: 0,
        })
        .unwrap()
    }

    /// The answer in a word.
    fn answer(schannel: &Schannel, key_type: &str, version: ProtocolVersion) -> String {
        let means = Means {
            key_type,
            library: &LIBRARY,
        };
        match choose(schannel, means, &asking(version)) {
            Choice::Library(version, suites) => format!("{version} {}", suites[0]),
            Choice::Flight(version, suite) => format!("{version} {suite} in plain text"),
            Choice::Refused(alert) => format!("alert {}", alert.number),
        }
    }

    fn speaking(versions: &[ProtocolVersion]) -> Schannel {
        Schannel {
            versions: versions.to_vec(),
            ..Schannel::current()
        }
    }

    #[test]
    fn each_version_is_answered_when_it_is_on_and_refused_when_it_is_off() {
        let all = speaking(&ProtocolVersion::ALL);
        for (version, expected) in [
            (
                ProtocolVersion::SSL_3_0,
                "SSL 3.0 TLS_RSA_WITH_AES_256_CBC_SHA in plain text",
            ),
            (
                ProtocolVersion::TLS_1_1,
                "TLS 1.1 TLS_RSA_WITH_AES_256_CBC_SHA in plain text",
            ),
            (
                ProtocolVersion::TLS_1_2,
                "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            ),
            (ProtocolVersion::TLS_1_3, "TLS 1.3 TLS_AES_128_GCM_SHA256"),
        ] {
            assert_eq!(answer(&all, "rsa", version), expected);
            let mut others = all.clone();
            others.versions.retain(|other| *other > version);
            assert_eq!(answer(&others, "rsa", version), "alert 70");
        }
    }

    #[test]
    fn a_host_picks_an_older_version_when_the_one_asked_for_is_off() {
        let old = speaking(&[ProtocolVersion::TLS_1_0]);
        assert_eq!(
            answer(&old, "rsa", ProtocolVersion::TLS_1_2),
            "TLS 1.0 TLS_RSA_WITH_AES_256_CBC_SHA in plain text"
        );
        assert_eq!(answer(&old, "rsa", ProtocolVersion::TLS_1_3), "alert 70");
    }

    #[test]
    fn a_host_that_does_not_know_tls_1_3_lacks_its_suites() {
        let older = Schannel {
            knows_tls_1_3: false,
            ..speaking(&[ProtocolVersion::TLS_1_2])
        };
        assert_eq!(answer(&older, "rsa", ProtocolVersion::TLS_1_3), "alert 40");
    }

    #[test]
    fn suites_that_need_another_key_are_of_no_use() {
        let ecdsa_only = Schannel {
            suites: vec![CipherSuite(0xC02B)],
            ..Schannel::current()
        };
        let version = ProtocolVersion::TLS_1_2;
        assert_eq!(answer(&ecdsa_only, "rsa", version), "alert 40");
        assert_eq!(
            answer(&ecdsa_only, "ec", version),
            "TLS 1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        );
    }

    #[test]
    fn what_the_library_lacks_is_played_in_plain_text() {
        let cbc = Schannel {
            suites: vec![CipherSuite(0xC027), CipherSuite(0x003C)],
            ..Schannel::current()
        };
        assert_eq!(
            answer(&cbc, "rsa", ProtocolVersion::TLS_1_2),
            "TLS 1.2 TLS_RSA_WITH_AES_128_CBC_SHA256 in plain text"
        );
    }
}
