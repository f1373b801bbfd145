//! Whether a host waits for a reboot, and why: what servicing, Windows Update and a rename leave in the registry.

use serde::Serialize;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;

/// The key below which servicing makes `RebootPending`.
const SERVICING: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing";
/// The key below which Windows Update makes `RebootRequired`.
const UPDATE: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
/// The key that holds `PendingFileRenameOperations`.
const SESSION_MANAGER: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
/// The keys whose `ComputerName` differ between a rename and the next start.
const ACTIVE_NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName";
const CHOSEN_NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";

/// The key that holds `JoinDomain` or `AvoidSpnSet` between joining a domain and the next start.
const NETLOGON: &str = r"SYSTEM\CurrentControlSet\Services\Netlogon";

/// Why a host waits for a reboot.
///
/// Assumption: these signs are what administrators' scripts go by; Microsoft documents none of them as complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingReboot {
    /// A role, a feature or an update was installed or removed: `RebootPending` of Component Based Servicing.
    Servicing,
    /// `RebootRequired` of Windows Update.
    WindowsUpdate,
    /// Files in use are replaced at the next start: `PendingFileRenameOperations`.
    FileRename,
    /// The computer has a new name that holds from the next start on.
    ComputerRename,
    /// It joined or left a domain: `JoinDomain` or `AvoidSpnSet` of Netlogon.
    DomainJoin,
}

impl PendingReboot {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Servicing => "component servicing",
            Self::WindowsUpdate => "windows update",
            Self::FileRename => "files to be replaced",
            Self::ComputerRename => "a new computer name",
            Self::DomainJoin => "another domain",
        }
    }

    /// Every reason that a host has; six registry reads, put at once.
    pub async fn of(host: &dyn CimReader) -> Result<Vec<Self>, CimError> {
        let (servicing, update, files, renamed, joined) = futures_util::future::try_join5(
            has_key(host, SERVICING, "RebootPending"),
            has_key(host, UPDATE, "RebootRequired"),
            files_to_rename(host),
            is_renamed(host),
            has_joined(host),
        )
        .await?;
        let signs = [
            (servicing, Self::Servicing),
            (update, Self::WindowsUpdate),
            (files, Self::FileRename),
            (renamed, Self::ComputerRename),
            (joined, Self::DomainJoin),
        ];
        Ok(signs
            .into_iter()
            .filter_map(|(there, sign)| there.then_some(sign))
            .collect())
    }
}

async fn has_key(host: &dyn CimReader, parent: &str, name: &str) -> Result<bool, CimError> {
    let keys = host.sub_keys(RegistryKey::local_machine(parent)).await?;
    Ok(keys
        .unwrap_or_default()
        .iter()
        .any(|key| key.eq_ignore_ascii_case(name)))
}

async fn files_to_rename(host: &dyn CimReader) -> Result<bool, CimError> {
    let path = RegistryKey::local_machine(SESSION_MANAGER)
        .value("PendingFileRenameOperations", RegistryKind::MultiText);
    Ok(match host.registry(path).await? {
        Some(RegistryData::MultiText(files)) => files.iter().any(|file| !file.is_empty()),
        Some(_) | None => false,
    })
}

async fn is_renamed(host: &dyn CimReader) -> Result<bool, CimError> {
    let (active, chosen) =
        futures_util::future::try_join(name_in(host, ACTIVE_NAME), name_in(host, CHOSEN_NAME))
            .await?;
    Ok(match (active, chosen) {
        (Some(active), Some(chosen)) => !active.eq_ignore_ascii_case(&chosen),
        _ => false,
    })
}

async fn has_joined(host: &dyn CimReader) -> Result<bool, CimError> {
    let values = host
        .value_types(RegistryKey::local_machine(NETLOGON))
        .await?;
    Ok(values.unwrap_or_default().iter().any(|(name, _)| {
        ["JoinDomain", "AvoidSpnSet"]
            .iter()
            .any(|sign| sign.eq_ignore_ascii_case(name))
    }))
}

async fn name_in(host: &dyn CimReader, key: &str) -> Result<Option<String>, CimError> {
    let path = RegistryKey::local_machine(key).value("ComputerName", RegistryKind::Text);
    Ok(match host.registry(path).await? {
        Some(RegistryData::Text(name)) => Some(name),
        Some(_) | None => None,
    })
}
