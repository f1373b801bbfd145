//! Local accounts and the group of those who may use Remote Desktop.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::group::Bar;

/// The group's security identifier, the same in every language (windows-facts 11).
const REMOTE_DESKTOP_USERS: &str = "S-1-5-32-555";

/// Win32_UserAccount.
pub(super) fn users(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let names = machine.local_accounts().into_iter().zip(1000_u32..);
    names
        .map(|(account, number)| {
            user(machine, &account.name, number)
                .with("Disabled", account.bar == Some(Bar::Disabled))
                .with("Lockout", account.bar == Some(Bar::LockedOut))
        })
        .collect()
}

fn user(machine: &Machine, name: &str, number: u32) -> Instance {
    let computer = machine.computer_name.as_str();
    Instance::new(Namespace::CIMV2, "Win32_UserAccount")
        .with("AccountType", 512_u32)
        .with("Caption", format!(r"{computer}\{name}"))
        .with("Domain", computer)
        .with("FullName", "")
        .with("LocalAccount", true)
        .with("Name", name)
        .with("PasswordChangeable", true)
        .with("PasswordExpires", false)
        .with("PasswordRequired", true)
        .with("SID", format!("S-1-5-21-1-2-3-{number}"))
        .with("SIDType", 1_u32)
        .with("Status", "OK")
}

/// Win32_Group.
pub(super) fn groups(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    let computer = machine.computer_name.as_str();
    let group = Instance::new(Namespace::CIMV2, "Win32_Group")
        .with("Caption", format!(r"{computer}\Remote Desktop Users"))
        .with("Description", "")
        .with("Domain", computer)
        .with("InstallDate", Value::Null)
        .with("LocalAccount", true)
        .with("Name", "Remote Desktop Users")
        .with("SID", REMOTE_DESKTOP_USERS)
        .with("SIDType", 4_u32)
        .with("Status", "OK");
    vec![group]
}

/// The members of the group, which Win32_GroupUser links with it.
pub(super) fn members(machine: &Machine, now: Timestamp) -> Vec<Instance> {
    let members = machine.remote_desktop_users();
    let is_member = |name: &str| {
        let mut members = members.iter();
        members.any(|member| member.eq_ignore_ascii_case(name))
    };
    let mut found = users(machine, now);
    found.retain(|user| user.text("Name").is_ok_and(is_member));
    found
}
