//! CredSSP: the encryption-oracle setting and whether the host knows of it at all (windows-facts 4.5).

use futures_util::future::try_join;

use crate::cim::CimError;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::inside::CredSspSeen;
use crate::inside::sight;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the CredSSP settings",
    right: Right::Administrators,
    exists: "every release of Windows has `StdRegProv` and `CIM_DataFile`: is this a Windows host?",
};

const PARAMETERS: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters";
const LIBRARY: &str = r"C:\Windows\System32\TSpkg.dll";

/// The setting and the version of the library.
pub(super) async fn look(sight: &Sight<'_>) -> Result<CredSspSeen, CimError> {
    let host = sight.host;
    let key = RegistryKey::local_machine(PARAMETERS);
    let library = Query::equals(Namespace::CIMV2, "CIM_DataFile", "Name", LIBRARY);
    let (oracle, files) = try_join(
        sight::dword(host, &key, "AllowEncryptionOracle"),
        host.query(library),
    )
    .await?;
    Ok(CredSspSeen {
        oracle,
        tspkg: files.first().and_then(version),
    })
}

/// The version of a file, without what Microsoft writes behind the numbers: `10.0.14393.2248 (rs1_release…)`.
fn version(file: &Instance) -> Option<String> {
    let version = file.get("Version").and_then(Value::as_text)?;
    version.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::version;
    use crate::cim::Instance;
    use crate::cim::Namespace;
    use crate::cim::Value;

    #[test]
    fn a_version_is_its_numbers() {
        let file = |version: Value| {
            let file = Instance::new(Namespace::CIMV2, "CIM_DataFile");
            super::version(&file.with("Version", version))
        };
        let written = "10.0.14393.2248 (rs1_release.180427-1804)";
        let expected = Some("10.0.14393.2248".to_owned());
        assert_eq!(file(Value::text(written)), expected);
        assert_eq!(file(Value::Null), None);
        assert_eq!(file(Value::text("")), None);
        let bare = Instance::new(Namespace::CIMV2, "CIM_DataFile");
        assert_eq!(version(&bare), None);
    }
}
