//! Facts that cost requests of their own: a few registry values, addresses, and whether a reboot is pending.

use serde::Serialize;

use crate::cim::Blame;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::facts::PendingReboot;

const WINDOWS: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const POWERSHELL: &str = r"SOFTWARE\Microsoft\PowerShell\3\PowerShellEngine";
const ADAPTER: &str = "Win32_NetworkAdapterConfiguration";

/// What costs further requests. What the host refuses to tell is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct More {
    /// `UBR`: the last part of the full version, which rises with each cumulative update.
    pub ubr: Option<u32>,
    /// `EditionID`: `ServerStandard`, `Enterprise`.
    pub edition: Option<String>,
    /// `InstallationType`: `Server`, `Server Core`, `Client`.
    pub installation_type: Option<String>,
    /// The version of Windows PowerShell: `5.1.20348.1`.
    pub powershell: Option<String>,
    /// Addresses of interfaces that are up, as the host lists them.
    pub ip_addresses: Vec<String>,
    /// Whether the host waits for a reboot; absent when it does not tell.
    pub reboot_pending: Option<bool>,
    /// Why it does.
    pub reboot_reasons: Vec<PendingReboot>,
}

impl More {
    /// Asks; all questions are put at once.
    pub async fn gather(host: &dyn CimReader) -> Result<Self, CimError> {
        let windows = RegistryKey::local_machine(WINDOWS);
        let engine = RegistryKey::local_machine(POWERSHELL);
        let texts = futures_util::future::try_join3(
            text(host, &windows, "EditionID"),
            text(host, &windows, "InstallationType"),
            text(host, &engine, "PowerShellVersion"),
        );
        let (ubr, (edition, installation_type, powershell), ip_addresses, pending) =
            futures_util::future::try_join4(
                number(host, &windows, "UBR"),
                texts,
                addresses(host),
                told(PendingReboot::of(host)),
            )
            .await?;
        Ok(Self {
            ubr,
            edition,
            installation_type,
            powershell,
            ip_addresses,
            reboot_pending: pending.as_ref().map(|reasons| !reasons.is_empty()),
            reboot_reasons: pending.unwrap_or_default(),
        })
    }
}

/// What the host refuses to tell, or keeps in another form than Windows does, is not told.
async fn told<T>(asking: impl Future<Output = Result<T, CimError>>) -> Result<Option<T>, CimError> {
    match asking.await {
        Ok(answer) => Ok(Some(answer)),
        Err(CimError::RegistryType { .. }) => Ok(None),
        Err(error) if error.blame() == Blame::Refusal => Ok(None),
        Err(error) => Err(error),
    }
}

async fn text(
    host: &dyn CimReader,
    key: &RegistryKey,
    name: &str,
) -> Result<Option<String>, CimError> {
    let read = host.registry(key.value(name, RegistryKind::Text));
    Ok(match told(read).await?.flatten() {
        Some(RegistryData::Text(text)) => Some(text),
        Some(_) | None => None,
    })
}

async fn number(
    host: &dyn CimReader,
    key: &RegistryKey,
    name: &str,
) -> Result<Option<u32>, CimError> {
    let read = host.registry(key.value(name, RegistryKind::Dword));
    Ok(match told(read).await?.flatten() {
        Some(RegistryData::Dword(number)) => Some(number),
        Some(_) | None => None,
    })
}

async fn addresses(host: &dyn CimReader) -> Result<Vec<String>, CimError> {
    let query = Query::equals(Namespace::CIMV2, ADAPTER, "IPEnabled", "TRUE");
    let adapters = told(host.query(query)).await?.unwrap_or_default();
    let listed = adapters.iter().filter_map(|one| one.get("IPAddress"));
    Ok(listed
        .flat_map(|value| match value {
            Value::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        })
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect())
}
