//! Events of the listener: RemoteConnectionManager, in System and in channels of its own (windows-facts 2.5, 9.2
//! and 10.2).

use crate::code::Entry;
use crate::finding::Cause;

const RCM: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    "TermService on the host, in its Operational channel",
);
const BOTH: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    "TermService on the host, in the System log or its Operational channel (sources disagree: look at both)",
);
const LICENSING: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    "TermService on the host, in the System log or its Admin channel, about licences",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    RCM.row(258, "", "The listener started."),
    RCM.row(259, "", "The listener stopped.")
        .fits(&[Cause::ServiceDown, Cause::RdpDisabled]),
    RCM.row(260, "", "The listener failed; the code says why.")
        .fits(&[Cause::ListenerBroken]),
    RCM.row(261, "", "A connection was received by the listener.")
        .but("Without an RdpCoreTS 131 after it, it ended at once; when this event is missing, nothing reached \
              the host."),
    RCM.row(262, "", "The listener was asked to stop.")
        .fits(&[Cause::ServiceDown, Cause::RdpDisabled]),
    RCM.row(1149, "", "A user was authenticated by network level authentication.")
        .but("No session exists yet: without LocalSessionManager 21 after it, the session stage failed.")
        .fits(&[Cause::SessionLimit, Cause::Licensing]),
    LICENSING.row(1003, "", "The client could not get a licence, because what it holds is not valid.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(1004, "", "The host could not give the client a licence.")
        .fits(&[Cause::Licensing]),
    BOTH.row(1006, "",
        "Too many incomplete connections came in: somebody floods the listener, or tries passwords.")
        .fits(&[Cause::SessionLimit, Cause::PathQuality]),
    LICENSING.row(1011, "", "The client was refused because its temporary licence has expired.")
        .fits(&[Cause::Licensing]),
    BOTH.row(1035, "", "The listener's stack is down.")
        .fits(&[Cause::ListenerBroken, Cause::ServiceDown]),
    BOTH.row(1036, "", "A session could not be created.")
        .fits(&[Cause::HostResources, Cause::SessionLimit]),
    BOTH.row(1041, "", "An automatic reconnection could not be authenticated.")
        .fits(&[Cause::CredentialsRejected]),
    BOTH.row(1050, "",
        "Encryption level and security layer contradicted each other, and Windows corrected them.")
        .fits(&[Cause::SecurityLayerMismatch]),
    BOTH.row(1051, "", "The selected certificate cannot be used, and the default one is.")
        .fits(&[Cause::CertMissing, Cause::CertWeak]),
    BOTH.row(1052, "", "The listener's certificate expires in a few days.")
        .fits(&[Cause::CertExpired]),
    BOTH.row(1053, "", "The listener's certificate has expired.")
        .fits(&[Cause::CertExpired]),
    BOTH.row(1054, "", "The listener's certificate is not meant for servers.")
        .fits(&[Cause::CertWeak]),
    BOTH.row(1055, "",
        "The private key of the selected certificate cannot be reached, and the default certificate is used.")
        .fits(&[Cause::MachineKeys]),
    BOTH.row(1056, "", "A new self-signed certificate was made.")
        .but("It is information."),
    BOTH.row(1057, "", "No self-signed certificate could be made; the status says why.")
        .but("Win32 error 1057 is another thing.")
        .fits(&[Cause::MachineKeys, Cause::CertMissing, Cause::HostResources]),
    BOTH.row(1058, "", "The expired self-signed certificate could not be replaced.")
        .but("Win32 error 1058 and GroupPolicy 1058 are other things.")
        .fits(&[Cause::CertExpired, Cause::MachineKeys]),
    BOTH.row(1059, "", "The certificate that was selected does not exist, and the selection was reset.")
        .fits(&[Cause::CertMissing]),
    BOTH.row(1060, "", "An event that is known by its number only; its text was not found.")
        .but("Contested: the texts of the vendor go from 1059 to 1062.")
        .fits(&[Cause::CertWeak]),
    BOTH.row(1061, "", "There is no such event in the manifest: 1060 is followed by 1062.")
        .but("A page that explains it is made up."),
    BOTH.row(1062, "", "The certificate from the template has the wrong subject, and the default one is used.")
        .fits(&[Cause::CertWeak]),
    BOTH.row(1063, "", "A certificate from the template was installed.")
        .but("Twice a day means that the policy has the template's display name instead of its name."),
    BOTH.row(1064, "", "No certificate from the template could be installed.")
        .but("Look at the template's name in the policy, its rights and its usage, and at the certification \
              authority.")
        .fits(&[Cause::CertMissing, Cause::PolicyOwned]),
    BOTH.row(1065, "", "The certificate from the template has expired and could not be replaced.")
        .fits(&[Cause::CertExpired, Cause::PolicyOwned]),
    BOTH.row(1067, "", "The host could not register its name for Kerberos (`TERMSRV`).")
        .fits(&[Cause::DomainTrust]),
    LICENSING.row(1068, "", "The licensing mode of the host is not set.")
        .but("Win32 error 1068 is another thing.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(1069, "", "The grace period is over and the licensing mode is not set.")
        .but("Deleting the data of the grace period is a breach of the licence, and rdpfix never does it. \
              Win32 error 1069 is another thing.")
        .fits(&[Cause::Licensing]),
    LICENSING.row(1136, "", "The role for licensed sessions is not installed, or no licence server is named.")
        .fits(&[Cause::Licensing, Cause::RolesServices]),
];
