//! The machine in its role as a client of others (windows-facts 4.3, 5, 8).

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use futures_util::future::try_join3;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryKey;
use crate::cim::place;
use crate::inside::ClientSettings;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::tls;
use crate::inside::tls::Side;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the settings of the machine as a client",
    right: Right::Administrators,
    exists: "every release of Windows has `StdRegProv`: is this a Windows host?",
};

/// `CREDDEL` of windows-facts 0.4.
const DELEGATION: &str = r"SOFTWARE\Policies\Microsoft\Windows\CredentialsDelegation";

/// Settings of the client.
pub(super) async fn look(sight: &Sight<'_>) -> Result<ClientSettings, CimError> {
    let host = sight.host;
    let client = place::policy().child("Client");
    let (udp, versions, (restricted_type, delegation_denied)) = try_join3(
        sight::dword(host, &client, "fClientDisableUDP"),
        tls::versions(sight, Side::Client),
        delegation(host),
    )
    .await?;
    let off = versions.into_iter().filter(|(_, on)| !on);
    Ok(ClientSettings {
        udp_disabled: udp.is_some_and(|disabled| disabled != 0),
        restricted_type,
        delegation_denied,
        tls_off: off.map(|(version, _)| version).collect(),
    })
}

/// The demanded kind of restricted sign-in, and whether fresh credentials are kept from Remote Desktop hosts.
async fn delegation(host: &dyn CimReader) -> Result<(Option<u32>, bool), CimError> {
    let key = RegistryKey::local_machine(DELEGATION);
    let names = sight::names(host, key.clone()).await?;
    if names.is_empty() {
        return Ok((None, false));
    }
    let restricted = demanded(host, &key, &names).await?;
    let allow = list(host, &key, &names, "AllowFreshCredentials").await?;
    let deny = list(host, &key, &names, "DenyFreshCredentials").await?;
    let defaults = sight::dword(host, &key, "ConcatenateDefaults_AllowFresh").await?;
    let built_in = match defaults {
        None | Some(0) => BuiltIn::Replaced,
        Some(_) => BuiltIn::Kept,
    };
    Ok((restricted, denied(&allow, &deny, built_in)))
}

async fn demanded(
    host: &dyn CimReader,
    key: &RegistryKey,
    names: &BTreeSet<String>,
) -> Result<Option<u32>, CimError> {
    if !names.contains("restrictedremoteadministration")
        || sight::dword(host, key, "RestrictedRemoteAdministration").await? != Some(1)
    {
        return Ok(None);
    }
    // Without a type, RestrictedAdmin is meant.
    let kind = sight::dword(host, key, "RestrictedRemoteAdministrationType").await?;
    Ok(Some(kind.unwrap_or(1)))
}

/// What policy says about a list of targets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Targets {
    /// Nothing.
    NotSet,
    /// The list is switched off.
    Off,
    /// These are on it.
    On(Vec<String>),
}

async fn list(
    host: &dyn CimReader,
    key: &RegistryKey,
    names: &BTreeSet<String>,
    name: &str,
) -> Result<Targets, CimError> {
    if !names.contains(&name.to_lowercase()) {
        return Ok(Targets::NotSet);
    }
    if sight::dword(host, key, name).await? != Some(1) {
        return Ok(Targets::Off);
    }
    let key = key.child(name);
    let entries = sight::names(host, key.clone()).await?;
    let texts = entries.iter().map(|entry| sight::text(host, &key, entry));
    let texts = try_join_all(texts).await?;
    Ok(Targets::On(texts.into_iter().flatten().collect()))
}

/// Whether the built-in list, which has Remote Desktop on it, counts beside that of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BuiltIn {
    Kept,
    Replaced,
}

/// Whether Remote Desktop hosts get no fresh credentials: a list keeps them off, or leaves them out while the built-in
/// list does not count.
fn denied(allow: &Targets, deny: &Targets, built_in: BuiltIn) -> bool {
    let names = |targets: &Targets| match targets {
        Targets::On(targets) => targets.iter().any(|target| is_remote_desktop(target)),
        Targets::NotSet | Targets::Off => false,
    };
    let left_out = match allow {
        Targets::NotSet => false,
        Targets::Off => true,
        Targets::On(_) => !names(allow) && built_in == BuiltIn::Replaced,
    };
    names(deny) || left_out
}

/// `TERMSRV/*`, `TERMSRV/host…` and `*` speak of Remote Desktop.
fn is_remote_desktop(target: &str) -> bool {
    target == "*" || target.to_lowercase().starts_with("termsrv/")
}

#[cfg(test)]
mod tests {
    use super::BuiltIn;
    use super::Targets;
    use super::denied;

    #[test]
    fn delegation_is_denied_by_a_list_or_by_the_lack_of_one() {
        let on = |target: &str| Targets::On(vec![target.to_owned()]);
        for (allow, deny, built_in, expected) in [
            (Targets::NotSet, Targets::NotSet, BuiltIn::Replaced, false),
            (Targets::NotSet, on("TERMSRV/*"), BuiltIn::Replaced, true),
            (Targets::NotSet, on("WSMAN/*"), BuiltIn::Replaced, false),
            (Targets::Off, Targets::NotSet, BuiltIn::Replaced, true),
            (on("wsman/*"), Targets::NotSet, BuiltIn::Replaced, true),
            (on("wsman/*"), Targets::NotSet, BuiltIn::Kept, false),
            (
                on("termsrv/*.example"),
                Targets::Off,
                BuiltIn::Replaced,
                false,
            ),
            (on("*"), on("*"), BuiltIn::Kept, true),
        ] {
            assert_eq!(
                denied(&allow, &deny, built_in),
                expected,
                "{allow:?} {deny:?}"
            );
        }
    }
}
