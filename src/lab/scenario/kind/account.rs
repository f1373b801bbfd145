//! Faults of accounts, clocks and domains.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Kind;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::Machine;
use crate::lab::machine::account::EVERYDAY_USER;
use crate::lab::machine::account::REMOTE_DESKTOP_USERS;
use crate::lab::machine::account::RemoteDesktopRight;
use crate::lab::machine::account::Standing;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::certificates::Store;
use crate::lab::machine::os::SecureChannel;

/// How far a clock is off that is wrong.
const BEHIND: SignedDuration = SignedDuration::from_hours(2);

/// Brings the fault of this kind about.
pub(super) fn spoil(kind: Kind, machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    match kind {
        Kind::CredentialsRejected => reject(machine),
        Kind::RestrictedAdmin => demand_restricted_admin(machine),
        Kind::TimeSkew => set_back(machine, now)?,
        Kind::DomainTrust => machine.secure_channel = SecureChannel::Broken,
        _ => {}
    }
    Ok(())
}

/// The account for every day is locked, and administrators are kept out of Remote Desktop, though not of managing.
fn reject(machine: &mut Machine) {
    let directory = &mut machine.directory;
    directory.set_standing(EVERYDAY_USER, Standing::Locked);
    directory.add_member(REMOTE_DESKTOP_USERS, EVERYDAY_USER);
    directory.remote_desktop = RemoteDesktopRight::UsersAlone;
}

/// A client's policy demands RestrictedAdmin while the host refuses it, as it does unless told otherwise
/// (windows-facts 4.2).
fn demand_restricted_admin(machine: &mut Machine) {
    let delegation =
        RegistryKey::local_machine(r"SOFTWARE\Policies\Microsoft\Windows\CredentialsDelegation");
    for name in [
        "RestrictedRemoteAdministration",
        "RestrictedRemoteAdministrationType",
    ] {
        machine
            .registry
            .set(&delegation, name, RegistryData::Dword(1));
    }
}

/// The certificate was made by the same wrong clock.
fn set_back(machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    machine.os.clock_skew = -BEHIND;
    Store::RemoteDesktop.clear(&mut machine.registry);
    let name = machine.computer_name.clone();
    let month = SignedDuration::from_hours(24 * 30);
    let made = machine.clock(now).saturating_sub(month).unwrap_or(now);
    machine.install_self_signed(&name, made)
}
