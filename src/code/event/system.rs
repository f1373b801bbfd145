//! Events of the System log: Schannel, TermDD, services, domain, time, policy (windows-facts 10.2).

use crate::code::Entry;
use crate::finding::Cause;

const SCHANNEL: Entry = Entry::event("Schannel", "Schannel on the host, in the System log");
const TERMDD: Entry = Entry::event(
    "TermDD",
    "the driver of Remote Desktop on the host, in the System log",
);
const SERVICES: Entry = Entry::event(
    "Service Control Manager",
    "the Service Control Manager of the host, in the System log",
);
const NETLOGON: Entry = Entry::event("NETLOGON", "Netlogon on the host, in the System log");
const TIME: Entry = Entry::event(
    "Microsoft-Windows-Time-Service",
    "the time service of the host, in the System log",
);
const POLICY: Entry = Entry::event(
    "Microsoft-Windows-GroupPolicy",
    "Group Policy on the host, in the System log",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    SCHANNEL.row(36_869, "", "The certificate for TLS has no private key attached.")
        .fits(&[Cause::MachineKeys, Cause::CertMissing]),
    SCHANNEL.row(36_870, "", "The private key of the certificate for TLS cannot be reached.")
        .but("With 0x8009030D and state 10001 it is the rights of the key file in MachineKeys. Renaming that \
              folder is no cure.")
        .fits(&[Cause::MachineKeys, Cause::CertMissing]),
    SCHANNEL.row(36_871, "", "The credential for TLS could not be made.")
        .but("With state 10013 it speaks of protocols, ciphers or policy; programs that act as clients log it \
              too.")
        .fits(&[Cause::TlsMismatch, Cause::PolicyOwned, Cause::MachineKeys]),
    SCHANNEL.row(36_872, "", "There is no certificate that fits as a default for TLS.")
        .but("On a domain controller it may speak of LDAP and not of Remote Desktop.")
        .fits(&[Cause::CertMissing]),
    SCHANNEL.row(36_873, "", "No cipher suite suits both ends, as this machine found as a client.")
        .fits(&[Cause::TlsMismatch]),
    SCHANNEL.row(36_874, "", "No cipher suite suits both ends, as this machine found as a server.")
        .but("An ECDSA-only policy on a host with an RSA key ends like this.")
        .fits(&[Cause::TlsMismatch, Cause::CertWeak]),
    SCHANNEL.row(36_876, "", "The certificate of the other end did not pass.")
        .fits(&[Cause::CertWeak]),
    SCHANNEL.row(36_877, "", "The certificate of the client did not pass.")
        .fits(&[Cause::CertWeak]),
    SCHANNEL.row(36_880, "", "A TLS handshake succeeded.")
        .but("It is logged only when event logging of Schannel is set to tell everything."),
    SCHANNEL.row(36_881, "", "The certificate of the other end has expired.")
        .fits(&[Cause::CertExpired, Cause::TimeSkew]),
    SCHANNEL.row(36_882, "", "The certificate of the other end is not trusted.")
        .fits(&[Cause::CertWeak]),
    SCHANNEL.row(36_884, "", "The certificate of the other end bears another name.")
        .fits(&[Cause::CertWeak, Cause::DnsName]),
    SCHANNEL.row(36_886, "", "There is no default certificate for TLS servers.")
        .but("On a domain controller it may speak of LDAP and not of Remote Desktop.")
        .fits(&[Cause::CertMissing]),
    SCHANNEL.row(36_887, "", "A fatal TLS alert came from the other end.")
        .but("The number of the alert says why; it is in the table of TLS alerts.")
        .fits(&[Cause::TlsMismatch, Cause::CertWeak]),
    SCHANNEL.row(36_888, "", "A fatal TLS alert was sent to the other end.")
        .but("The number of the alert says why; scanners that speak no TLS cause it all the time.")
        .fits(&[Cause::TlsMismatch, Cause::MachineKeys, Cause::CertWeak]),
    TERMDD.row(50, "", "The RDP protocol was violated, and the client was disconnected.")
        .but("Not confirmed by a page of the vendor; scanners cause it too.")
        .fits(&[Cause::PathQuality, Cause::ListenerBroken]),
    TERMDD.row(56, "", "The security layer found an error, and the client was disconnected.")
        .but("The last four bytes of its data are the status, turned round, with D for C in front: `840100D0` \
              is 0xC0000184.")
        .fits(&[Cause::TlsMismatch, Cause::PathQuality, Cause::MachineKeys, Cause::CredSspOracle,
                Cause::CredentialsRejected]),
    SERVICES.row(7000, "", "A service did not start.")
        .fits(&[Cause::ServiceDown]),
    SERVICES.row(7001, "", "A service did not start because one that it depends on did not.")
        .fits(&[Cause::ServiceDown]),
    SERVICES.row(7009, "", "A service did not answer in time when it was started.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICES.row(7011, "", "A service did not answer an order in time.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICES.row(7022, "", "A service hung while it started.")
        .but("Thirty seconds of silence already count as that: it may run by now.")
        .fits(&[Cause::ServiceDown, Cause::HostResources]),
    SERVICES.row(7023, "", "A service ended with an error.")
        .fits(&[Cause::ServiceDown]),
    SERVICES.row(7031, "", "A service ended unexpectedly, and something will be done about it.")
        .fits(&[Cause::ServiceDown, Cause::PatchLevel]),
    SERVICES.row(7034, "", "A service ended unexpectedly.")
        .fits(&[Cause::ServiceDown, Cause::PatchLevel]),
    SERVICES.row(7036, "", "A service was started or stopped.")
        .but("It is information, and useful for the order of things.")
        .fits(&[Cause::ServiceDown]),
    SERVICES.row(7040, "", "The start type of a service was changed.")
        .but("It names who did it.")
        .fits(&[Cause::ServiceDown, Cause::PolicyOwned]),
    NETLOGON.row(3210, "", "The host could not prove itself to its domain: its own password does not match.")
        .but("Re-joining needs a person.")
        .fits(&[Cause::DomainTrust]),
    NETLOGON.row(5719, "", "No domain controller could be reached.")
        .but("Once right after the start it is usual: the network was not ready.")
        .fits(&[Cause::DomainTrust, Cause::DnsName]),
    NETLOGON.row(5783, "", "The secure channel to the domain controller does not answer.")
        .fits(&[Cause::DomainTrust, Cause::PathQuality]),
    TIME.row(36, "", "The clock was not set for a long time.")
        .fits(&[Cause::TimeSkew]),
    TIME.row(50, "", "The clock differed by more than allowed from its source for a while.")
        .fits(&[Cause::TimeSkew]),
    TIME.row(129, "", "No domain controller could be found to take the time from.")
        .fits(&[Cause::TimeSkew, Cause::DomainTrust]),
    TIME.row(134, "", "The time source could not be found by its name.")
        .fits(&[Cause::TimeSkew, Cause::DnsName]),
    POLICY.row(1030, "", "The list of group policies could not be read.")
        .fits(&[Cause::PolicyOwned, Cause::DomainTrust]),
    POLICY.row(1058, "", "A group policy's file could not be read from the domain controller.")
        .but("RemoteConnectionManager 1058 and Win32 error 1058 are other things.")
        .fits(&[Cause::PolicyOwned, Cause::DomainTrust, Cause::DnsName]),
];
