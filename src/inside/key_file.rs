//! The file with the listener's private key, and who may read it (windows-facts 3).

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Question;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::inside::KeyFileSeen;
use crate::inside::sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the key file of the listener",
    right: Right::Administrators,
    exists: "every release of Windows has `CIM_DataFile`: is this a Windows host?",
};

const FOLDER: &str = r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys";
/// The name of the file of container `TSSecKeySet1`, before the machine's own part (windows-facts 2.1).
const PREFIX: &str = "f686aace6942fb7f7ceb231212eef4a4_";

/// Reading data, and everything, in an access mask (windows-facts 3; FILE_ALL_ACCESS, Microsoft Learn).
const READ: u64 = 0x1;
const FULL: u64 = 0x001F_01FF;
/// `AceType` of entries that allow and that deny.
const ALLOWS: u64 = 0;
const DENIES: u64 = 1;

/// NETWORK SERVICE with the groups that it is in: Everyone, Authenticated Users, SERVICE, Users (well-known SIDs,
/// Microsoft Learn).
const NETWORK_SERVICE: &[&str] = &["S-1-5-20", "S-1-1-0", "S-1-5-11", "S-1-5-6", "S-1-5-32-545"];
/// SYSTEM with the groups that it is in: Administrators, Everyone, Authenticated Users.
const SYSTEM: &[&str] = &["S-1-5-18", "S-1-5-32-544", "S-1-1-0", "S-1-5-11"];

/// Where it is, whether it is there, and who may read it.
pub(super) async fn look(host: &dyn CimReader) -> Result<KeyFileSeen, CimError> {
    let key = RegistryKey::local_machine(r"SOFTWARE\Microsoft\Cryptography");
    let guid = sight::text(host, &key, "MachineGuid").await?;
    let guid = guid.ok_or_else(|| CimError::Property {
        class: "Cryptography".to_owned(),
        property: "MachineGuid".to_owned(),
        wanted: "there at all",
    })?;
    let path = format!(r"{FOLDER}\{PREFIX}{guid}");
    let query = Query::equals(Namespace::CIMV2, "CIM_DataFile", "Name", path.as_str());
    let exists = !host.query(query).await?.is_empty();
    let entries = if exists {
        entries(host, &path).await
    } else {
        None
    };
    let entries = entries.as_deref();
    Ok(KeyFileSeen {
        path,
        exists,
        network_service_reads: entries.map(|entries| grants(entries, NETWORK_SERVICE, READ)),
        system_full: entries.map(|entries| grants(entries, SYSTEM, FULL)),
    })
}

/// An entry of an access control list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: u64,
    sid: String,
    mask: u64,
}

/// The entries of the file's list; `None` when they could not be read.
///
/// Assumption: a security descriptor travels as objects within objects, as [`crate::cim::Value::Object`] has them. What
/// cannot be read so is not known, rather than wrong.
async fn entries(host: &dyn CimReader, path: &str) -> Option<Vec<Entry>> {
    let class = "Win32_LogicalFileSecuritySetting";
    let target = ObjectPath::class(Namespace::CIMV2, class).key("Path", path);
    let question = Question::new(target, "GetSecurityDescriptor");
    let output = host.ask(question).await.ok()?;
    let (_, descriptor) = output.iter().find(|(name, _)| name == "Descriptor")?;
    let list = object(descriptor)?.list("DACL");
    if list.is_empty() {
        return None;
    }
    list.into_iter().map(entry).collect()
}

fn object(value: &Value) -> Option<&Instance> {
    if let Value::Object(instance) = value {
        Some(instance)
    } else {
        None
    }
}

fn entry(value: &Value) -> Option<Entry> {
    let entry = object(value)?;
    let trustee = object(entry.get("Trustee")?)?;
    Some(Entry {
        kind: entry.uint("AceType").ok()?,
        sid: trustee.text("SIDString").ok()?.to_owned(),
        mask: entry.uint("AccessMask").ok()?,
    })
}

/// Whether the list grants all of `wanted` to somebody with these identities: the first entry about a right decides it.
fn grants(entries: &[Entry], identities: &[&str], wanted: u64) -> bool {
    let mut open = wanted;
    for entry in entries {
        if !identities.contains(&entry.sid.as_str()) {
            continue;
        }
        match entry.kind {
            ALLOWS => open &= !entry.mask,
            DENIES if entry.mask & open != 0 => return false,
            _ => {}
        }
    }
    open == 0
}

#[cfg(test)]
mod tests {
    use super::ALLOWS;
    use super::DENIES;
    use super::Entry;
    use super::FULL;
    use super::NETWORK_SERVICE;
    use super::READ;
    use super::SYSTEM;
    use super::grants;

    fn entry(kind: u64, sid: &str, mask: u64) -> Entry {
        Entry {
            kind,
            sid: sid.to_owned(),
            mask,
        }
    }

    #[test]
    fn a_right_may_come_by_way_of_a_group() {
        let list = [entry(ALLOWS, "S-1-5-32-544", FULL)];
        assert!(grants(&list, SYSTEM, FULL));
        assert!(!grants(&list, NETWORK_SERVICE, READ));
        let list = [entry(ALLOWS, "S-1-1-0", 0x0012_0089)];
        assert!(grants(&list, NETWORK_SERVICE, READ));
        assert!(!grants(&list, SYSTEM, FULL));
    }

    #[test]
    fn the_first_entry_about_a_right_decides_it() {
        let deny = entry(DENIES, "S-1-5-20", READ);
        let allow = entry(ALLOWS, "S-1-5-20", FULL);
        let both = [deny.clone(), allow.clone()];
        assert!(!grants(&both, NETWORK_SERVICE, READ));
        assert!(grants(&[allow, deny], NETWORK_SERVICE, READ));
        assert!(!grants(&[], NETWORK_SERVICE, READ));
    }
}
