//! TLS settings of the system (windows-facts 5).

use std::collections::BTreeMap;

use futures_util::future::try_join;
use futures_util::future::try_join_all;
use futures_util::future::try_join3;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryKey;
use crate::inside::TlsSettings;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the TLS settings",
    right: Right::Administrators,
    exists: "every release of Windows has `StdRegProv`: is this a Windows host?",
};

const PROTOCOLS: &str = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";
const CIPHERS: &str = r"SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002";
const FIPS: &str = r"SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy";

/// For which side of a handshake a setting is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// The host as Remote Desktop clients meet it.
    Server,
    /// The host as a client of others.
    Client,
}

/// The versions that somebody has settings for.
pub(super) async fn configured(host: &dyn CimReader) -> Result<Vec<String>, CimError> {
    let key = RegistryKey::local_machine(PROTOCOLS);
    Ok(host.sub_keys(key).await?.unwrap_or_default())
}

/// Settings of the system.
pub(super) async fn look(sight: &Sight<'_>) -> Result<TlsSettings, CimError> {
    let host = sight.host;
    let (ciphers, fips) = (
        RegistryKey::local_machine(CIPHERS),
        RegistryKey::local_machine(FIPS),
    );
    let (server_versions, functions, fips) = try_join3(
        versions(sight, Side::Server),
        sight::text(host, &ciphers, "Functions"),
        sight::dword(host, &fips, "Enabled"),
    )
    .await?;
    Ok(TlsSettings {
        server_versions,
        cipher_policy: functions.as_deref().and_then(suites),
        fips: fips.is_some_and(|enabled| enabled != 0),
    })
}

/// The versions that are switched on or off, each with which.
pub(super) async fn versions(
    sight: &Sight<'_>,
    side: Side,
) -> Result<BTreeMap<String, bool>, CimError> {
    let host = sight.host;
    let side = match side {
        Side::Server => "Server",
        Side::Client => "Client",
    };
    let protocols = sight.protocols.clone().await?;
    let read = protocols.iter().map(|protocol| async move {
        let key = RegistryKey::local_machine(PROTOCOLS)
            .child(protocol)
            .child(side);
        let (enabled, off) = try_join(
            sight::dword(host, &key, "Enabled"),
            sight::dword(host, &key, "DisabledByDefault"),
        )
        .await?;
        Ok(switched(enabled, off).map(|on| (protocol.clone(), on)))
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// Whether a version is on; `None` when nothing is said. One that is off by default is used by applications that ask
/// for it, which Remote Desktop does not.
fn switched(enabled: Option<u32>, off_by_default: Option<u32>) -> Option<bool> {
    match (enabled, off_by_default) {
        (None, None) => None,
        (Some(0), _) => Some(false),
        (_, Some(off)) => Some(off == 0),
        (Some(_), None) => Some(true),
    }
}

/// The cipher suites of a policy; an empty list is none.
fn suites(functions: &str) -> Option<Vec<String>> {
    let suites: Vec<String> = functions
        .split(',')
        .map(str::trim)
        .filter(|suite| !suite.is_empty())
        .map(str::to_owned)
        .collect();
    (!suites.is_empty()).then_some(suites)
}

#[cfg(test)]
mod tests {
    use super::suites;
    use super::switched;

    #[test]
    fn enabled_decides_before_disabled_by_default() {
        for (enabled, off, expected) in [
            (None, None, None),
            (Some(0), Some(0), Some(false)),
            (Some(1), Some(0), Some(true)),
            (Some(u32::MAX), None, Some(true)),
            (Some(1), Some(1), Some(false)),
            (None, Some(1), Some(false)),
            (None, Some(0), Some(true)),
        ] {
            assert_eq!(switched(enabled, off), expected, "{enabled:?} {off:?}");
        }
    }

    #[test]
    fn an_empty_policy_is_no_policy() {
        assert_eq!(suites(" , "), None);
        let expected = vec!["TLS_AES_256_GCM_SHA384".to_owned(), "B".to_owned()];
        assert_eq!(suites("TLS_AES_256_GCM_SHA384, B,"), Some(expected));
    }
}
