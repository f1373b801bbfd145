//! Events of sessions, sign-ins and crashes: LocalSessionManager, Security, Application (windows-facts 10.2).

use crate::code::Entry;
use crate::finding::Cause;

const SESSIONS: Entry = Entry::event(
    "Microsoft-Windows-TerminalServices-LocalSessionManager",
    "the session manager of the host, in its Operational channel",
);
const SECURITY: Entry = Entry::event(
    "Microsoft-Windows-Security-Auditing",
    "the host or its domain controller, in the Security log",
);
const CRASH: Entry = Entry::event("Application Error", "the host, in the Application log");
const REPORT: Entry = Entry::event(
    "Windows Error Reporting",
    "the host, in the Application log",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(in crate::code) static ROWS: &[Entry] = &[
    SESSIONS.row(21, "", "A user signed in to a session."),
    SESSIONS.row(22, "", "The shell of a session started."),
    SESSIONS.row(23, "", "A user signed off."),
    SESSIONS.row(24, "", "A session was disconnected."),
    SESSIONS.row(25, "", "A session was reconnected."),
    SESSIONS.row(39, "", "A session was disconnected by another session."),
    SESSIONS.row(40, "", "A session was disconnected; the reason is a number.")
        .but("The reason is mostly one of the extended codes."),
    SECURITY.row(4624, "", "An account signed in.")
        .but("At network level authentication the type is 3, and 10 afterwards."),
    SECURITY.row(4625, "", "An account failed to sign in.")
        .but("The sub-status says why: explain it as `ntstatus:`. At network level authentication the type is \
              3, and 10 afterwards.")
        .fits(&[Cause::CredentialsRejected, Cause::DomainTrust, Cause::TimeSkew]),
    SECURITY.row(4740, "", "An account was locked out.")
        .but("It names the machine that tried.")
        .fits(&[Cause::CredentialsRejected, Cause::ClientCredentials]),
    SECURITY.row(4771, "", "Kerberos refused an account before it gave a ticket.")
        .but("The failure code says why: 0x18 is a wrong password and 0x25 a wrong clock; one blog swaps them.")
        .fits(&[Cause::CredentialsRejected, Cause::TimeSkew]),
    SECURITY.row(4778, "", "A session was reconnected."),
    SECURITY.row(4779, "", "A session was disconnected."),
    SECURITY.row(5378, "", "The policy forbade to hand credentials on.")
        .fits(&[Cause::ClientPolicy, Cause::PolicyOwned]),
    CRASH.row(1000, "",
        "A program crashed; for Remote Desktop it is `svchost.exe_TermService` with the module `termsrv.dll`.")
        .but("Not confirmed by a page of the vendor. A patched or replaced `termsrv.dll` does this after an \
              update.")
        .fits(&[Cause::ServiceDown, Cause::PatchLevel]),
    REPORT.row(1001, "", "The report of a crash.")
        .fits(&[Cause::ServiceDown, Cause::PatchLevel]),
];
