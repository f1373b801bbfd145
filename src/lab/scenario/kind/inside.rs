//! Faults that only the host itself can tell of.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Kind;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::certificates::SELF_SIGNED_LIFETIME;
use crate::lab::machine::equipment::TSPKG;
use crate::lab::machine::os::Build;
use crate::lab::machine::roles::MODE_NOT_SET;
use crate::lab::machine::roles::SessionHost;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::terminal_services;

/// Older than 2248, the CredSSP update of this release (windows-facts 4.5).
const OLD_REVISION: u32 = 2097;
/// What is left of memory, kilobytes, and of the system drive, bytes.
const LEFT_OF_MEMORY: u64 = 18_432;
const LEFT_OF_DRIVE: u64 = 12_288;

/// The release that a kind needs, when not every one will do: roles need a server, and the CredSSP update was one of
/// its own only on old releases.
pub(super) fn build(kind: Kind, build: Build) -> Build {
    match kind {
        Kind::PatchLevel => Build::Server2016,
        Kind::Licensing | Kind::GatewayCertificate | Kind::GatewayHttp | Kind::RolesServices
            if build == Build::Windows11 =>
        {
            Build::Server2022
        }
        _ => build,
    }
}

/// Brings the fault of this kind about.
pub(super) fn spoil(kind: Kind, machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    let month_ago = before(now, SignedDuration::from_hours(24 * 30));
    match kind {
        // UDP is offered beside TCP; that it fails shows in the log alone.
        Kind::UdpTransport => set(
            machine,
            &terminal_services::listener(),
            "SelectTransport",
            0,
        ),
        Kind::PatchLevel => leave_unpatched(machine),
        Kind::HostResources => {
            machine.os.free_memory = LEFT_OF_MEMORY;
            for drive in &mut machine.equipment.drives {
                drive.free = LEFT_OF_DRIVE;
            }
        }
        Kind::SessionLimit => set(
            machine,
            &terminal_services::terminal_server(),
            "TSServerDrainMode",
            2,
        ),
        Kind::Licensing => machine.install_session_host(
            SessionHost {
                grace_days: 0,
                licence_servers: Vec::new(),
            },
            MODE_NOT_SET,
        ),
        Kind::GatewayCertificate => {
            let age = SELF_SIGNED_LIFETIME.saturating_add(SignedDuration::from_hours(24 * 10));
            machine.install_gateway(before(now, age))?;
        }
        Kind::GatewayHttp => {
            machine.install_gateway(month_ago)?;
            stop(machine, &["W3SVC", "WAS"]);
        }
        Kind::RolesServices => {
            machine.install_broker();
            stop(machine, &["RDMS", "Tssdis"]);
        }
        Kind::ClientPolicy => forbid_delegation(machine),
        _ => {}
    }
    Ok(())
}

/// What faults outside of the host leave to be seen by the host itself.
pub(super) fn leave_traces(kind: Kind, machine: &mut Machine) {
    let way_back = &mut machine.equipment.way_back;
    match kind {
        Kind::PathQuality => way_back.round_trip = Some(180),
        Kind::PathMtu => way_back.largest = 1272,
        _ => {}
    }
}

fn leave_unpatched(machine: &mut Machine) {
    let windows = RegistryKey::local_machine(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    set(machine, &windows, "UBR", OLD_REVISION);
    let version = format!("10.0.{}.{OLD_REVISION}", machine.os.build.number());
    let versions = &mut machine.equipment.file_versions;
    versions.insert(TSPKG.to_owned(), version);
}

/// The machine's own policy as a client: fresh credentials are not handed to any Remote Desktop host (windows-facts 4.3).
fn forbid_delegation(machine: &mut Machine) {
    let delegation =
        RegistryKey::local_machine(r"SOFTWARE\Policies\Microsoft\Windows\CredentialsDelegation");
    set(machine, &delegation, "DenyFreshCredentials", 1);
    let data = RegistryData::Text("TERMSRV/*".to_owned());
    let list = delegation.child("DenyFreshCredentials");
    machine.registry.set(&list, "1", data);
}

fn set(machine: &mut Machine, key: &RegistryKey, name: &str, value: u32) {
    machine.registry.set(key, name, RegistryData::Dword(value));
}

fn stop(machine: &mut Machine, names: &[&str]) {
    for name in names {
        if let Some(service) = machine.services.get_mut(name) {
            service.state = ServiceState::Stopped;
            service.process_id = 0;
            // The service has not been started.
            service.exit_code = 1077;
        }
    }
}

fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(now)
}
