//! The operating system and the computer.

use std::time::Duration;

use futures_util::future::try_join3;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::clock::Clock;
use crate::inside::System;
use crate::inside::sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the operating system",
    right: Right::Administrators,
    exists: "every release of Windows has `Win32_OperatingSystem`: is this a Windows host?",
};

/// The key with the build (windows-facts 4.4).
const WINDOWS: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// `ProductType` of a workstation; 2 and 3 are servers (windows-facts 9.1).
const WORKSTATION: u64 = 1;

/// Win32_OperatingSystem and how far its clock is ahead of ours.
#[derive(Debug, Clone)]
pub(super) struct Running {
    /// The object.
    pub(super) os: Instance,
    /// What the host's clock showed.
    pub(super) local_time: Timestamp,
    /// Host minus us.
    pub(super) skew: SignedDuration,
}

/// Asked before anything else, so that the round trip is not spent on waiting for others.
pub(super) async fn running(host: &dyn CimReader, clock: &dyn Clock) -> Result<Running, CimError> {
    let sent = clock.now();
    let began = clock.instant();
    let os = host.only(Namespace::CIMV2, "Win32_OperatingSystem").await?;
    let trip = clock.instant().saturating_duration_since(began);
    let local_time = os.moment("LocalDateTime")?;
    Ok(Running {
        skew: skew(local_time, sent, trip),
        local_time,
        os,
    })
}

/// The host read its clock about half a round trip after it was asked.
fn skew(theirs: Timestamp, sent: Timestamp, trip: Duration) -> SignedDuration {
    let half = SignedDuration::try_from(trip / 2).unwrap_or_default();
    theirs.duration_since(sent) - half
}

/// Everything about the system.
pub(super) async fn look(
    host: &dyn CimReader,
    running: Result<Running, CimError>,
) -> Result<System, CimError> {
    let Running {
        os,
        local_time,
        skew,
    } = running?;
    let windows = RegistryKey::local_machine(WINDOWS);
    let drive = os.text("SystemDrive")?;
    let (computer, ubr, drives) = try_join3(
        host.only(Namespace::CIMV2, "Win32_ComputerSystem"),
        sight::dword(host, &windows, "UBR"),
        host.query(Query::equals(
            Namespace::CIMV2,
            "Win32_LogicalDisk",
            "DeviceID",
            drive,
        )),
    )
    .await?;
    let of_drive = |property: &str| {
        let drive = drives.first()?;
        drive.get(property).and_then(Value::as_uint)
    };
    let domain = if computer.bool("PartOfDomain")? {
        Some(computer.text("Domain")?.to_owned())
    } else {
        None
    };
    let name = computer.text("Name")?.to_owned();
    let own = computer
        .get("DNSHostName")
        .and_then(Value::as_text)
        .unwrap_or(&name);
    Ok(System {
        dns_name: domain
            .as_ref()
            .map_or_else(|| own.to_owned(), |domain| format!("{own}.{domain}")),
        computer: name.clone(),
        domain,
        build: build(&os)?,
        ubr,
        server: os.uint("ProductType")? != WORKSTATION,
        local_time,
        skew_seconds: skew.as_secs(),
        booted: os.moment("LastBootUpTime")?,
        memory_kib: os.uint("TotalVisibleMemorySize")?,
        free_memory_kib: os.uint("FreePhysicalMemory")?,
        free_virtual_kib: os.uint("FreeVirtualMemory")?,
        drive_bytes: of_drive("Size"),
        free_drive_bytes: of_drive("FreeSpace"),
    })
}

/// `BuildNumber` is what the registry has as `CurrentBuildNumber`.
fn build(os: &Instance) -> Result<u32, CimError> {
    u32::try_from(os.uint("BuildNumber")?)
        .ok()
        .ok_or_else(|| CimError::Property {
            class: os.class.clone(),
            property: "BuildNumber".to_owned(),
            wanted: "a 32-bit number",
        })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::skew;

    #[test]
    fn half_a_round_trip_is_no_skew() {
        let sent: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let read = "2026-03-01T12:00:01Z".parse().unwrap();
        assert_eq!(
            skew(read, sent, Duration::from_secs(2)),
            SignedDuration::ZERO
        );
        let behind = "2026-03-01T11:55:01Z".parse().unwrap();
        assert_eq!(
            skew(behind, sent, Duration::from_secs(2)),
            SignedDuration::from_mins(-5)
        );
    }
}
