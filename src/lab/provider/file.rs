//! Files with their versions and rights, and drives.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::KeyFile;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::fault;
use crate::wsman::Fault;

/// Full control, and read (windows-facts 3).
const FULL: u32 = 0x001F_01FF;
const READ: u32 = 0x0012_0089;

/// Win32_LogicalDisk.
pub(super) fn drives(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let drives = machine.equipment.drives.iter();
    drives
        .map(|drive| {
            Instance::new(Namespace::CIMV2, "Win32_LogicalDisk")
                .with("Caption", drive.id.as_str())
                .with("CreationClassName", "Win32_LogicalDisk")
                .with("Description", "Local Fixed Disk")
                .with("DeviceID", drive.id.as_str())
                .with("DriveType", 3_u32)
                .with("FileSystem", "NTFS")
                .with("FreeSpace", drive.free)
                .with("InstallDate", Value::Null)
                .with("Name", drive.id.as_str())
                .with("Size", drive.size)
                .with("SystemCreationClassName", "Win32_ComputerSystem")
                .with("SystemName", machine.computer_name.as_str())
        })
        .collect()
}

/// Paths with versions: files with one, and the key file when there is one.
fn files(machine: &Machine) -> Vec<(String, Option<String>)> {
    let versions = machine.equipment.file_versions.iter();
    let mut files: Vec<_> = versions
        .map(|(path, version)| (path.clone(), Some(version.clone())))
        .collect();
    if machine.keys.listener != KeyFile::Missing {
        files.push((machine.listener_key_path(), None));
    }
    files
}

/// CIM_DataFile.
pub(super) fn data_files(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    files(machine)
        .into_iter()
        .map(|(path, version)| {
            let name = path.rsplit('\\').next().unwrap_or_default();
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            Instance::new(Namespace::CIMV2, "CIM_DataFile")
                .with("CreationClassName", "CIM_LogicalFile")
                .with("CSName", machine.computer_name.as_str())
                .with("Drive", "c:")
                .with("FileName", stem)
                .with("FSName", "NTFS")
                .with("Name", path.as_str())
                .with("Status", "OK")
                .with("Version", version.map_or(Value::Null, Value::from))
        })
        .collect()
}

/// Win32_LogicalFileSecuritySetting.
pub(super) fn security_settings(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    files(machine)
        .into_iter()
        .map(|(path, _)| {
            Instance::new(Namespace::CIMV2, "Win32_LogicalFileSecuritySetting")
                .with("ControlFlags", 32772_u32)
                .with("OwnerPermissions", true)
                .with("Path", path)
        })
        .collect()
}

/// Methods of Win32_LogicalFileSecuritySetting.
pub(super) fn invoke_security(
    machine: &mut Machine,
    call: &Invocation<'_>,
) -> Result<Output, Fault> {
    if call.method != "getsecuritydescriptor" {
        return Err(fault::action_not_supported());
    }
    let path = call.own("Path")?;
    let everybody_reads = !path.eq_ignore_ascii_case(&machine.listener_key_path());
    let sound = matches!(machine.keys.listener, KeyFile::Readable(_));
    let entries = if everybody_reads || sound {
        vec![
            entry("BUILTIN", "Administrators", "S-1-5-32-544", FULL),
            entry("NT AUTHORITY", "SYSTEM", "S-1-5-18", FULL),
            entry("NT AUTHORITY", "NETWORK SERVICE", "S-1-5-20", READ),
        ]
    } else {
        // Somebody took the file over, and is gone.
        vec![entry("", "", "S-1-5-21-9-9-9-1105", FULL)]
    };
    let descriptor = Instance::new(Namespace::CIMV2, "Win32_SecurityDescriptor")
        .with("ControlFlags", 32772_u32)
        .with("DACL", Value::List(entries))
        .with(
            "Owner",
            Value::Object(Box::new(trustee(
                "BUILTIN",
                "Administrators",
                "S-1-5-32-544",
            ))),
        );
    Ok(vec![
        ("Descriptor".to_owned(), Value::Object(Box::new(descriptor))),
        ("ReturnValue".to_owned(), Value::Uint(0)),
    ])
}

fn trustee(domain: &str, name: &str, sid: &str) -> Instance {
    Instance::new(Namespace::CIMV2, "Win32_Trustee")
        .with("Domain", domain)
        .with("Name", name)
        .with("SIDString", sid)
}

/// An entry that allows something.
fn entry(domain: &str, name: &str, sid: &str, mask: u32) -> Value {
    let trustee = Value::Object(Box::new(trustee(domain, name, sid)));
    let entry = Instance::new(Namespace::CIMV2, "Win32_ACE")
        .with("AccessMask", mask)
        .with("AceFlags", 0_u32)
        .with("AceType", 0_u32)
        .with("Trustee", trustee);
    Value::Object(Box::new(entry))
}
