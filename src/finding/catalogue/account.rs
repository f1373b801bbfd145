//! Rows about who signs in, and about clocks.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const CREDENTIALS_REJECTED: Entry = Entry {
    cause: Cause::CredentialsRejected,
    id: "credentials-rejected",
    title: "the host refuses the account",
    meaning: "The password is wrong, the account is locked, disabled or expired, its password has to be changed, or it has no \
        right to sign in by Remote Desktop. \
        A password that a vault keeps may also be out of date there.",
    advice: "Find out which of these it is before the next try, because every wrong one counts towards a lock-out: \
        `rdpfix probe HOST --login USER` tells the exact status after one try, and `rdpfix explain STATUS` what it means. \
        Unlock or reset the account in its domain. \
        An account that is right but not allowed belongs into the host's group Remote Desktop Users.",
    folklore: "\"Check credentials\" and \"the password in the vault is invalid\" are true candidates, and cheap to check. \
        Trying again and again is how accounts get locked.",
    outside: "A sign-in with the given account up to acceptance, without opening a session: the host tells the NTSTATUS.",
    inside: "Event 4625 with its sub-status, the members of Remote Desktop Users, and the user rights.",
};

pub(super) const DOMAIN_TRUST: Entry = Entry {
    cause: Cause::DomainTrust,
    id: "domain-trust",
    title: "the host's trust with its domain is broken",
    meaning: "The host cannot ask its domain about accounts: no domain controller is reachable, or the password of the \
        computer account no longer fits, as after a restored snapshot. \
        Domain accounts are refused while local ones work.",
    advice: "Sign in with a local administrator. \
        See whether the host finds a domain controller (`nltest /dsgetdc:DOMAIN`) and whether its clock is right, then test \
        the channel (`nltest /sc_verify:DOMAIN`). \
        Reset it with `Test-ComputerSecureChannel -Repair` or join the domain again; both need a person with the right to \
        do so, which is why rdpfix only reports it.",
    folklore: "\"Credentials and domain/trust\" is a true candidate.",
    outside: "A sign-in with a domain account is refused with a status that names the trust or missing logon servers.",
    inside: "Events 5719, 3210 and 5783 of NETLOGON, and the sub-status of event 4625.",
};

pub(super) const TIME_SKEW: Entry = Entry {
    cause: Cause::TimeSkew,
    id: "time-skew",
    title: "the host's clock is wrong",
    meaning: "Kerberos refuses clocks that differ by more than five minutes, and certificates are judged by the clock. \
        A virtual machine after a pause, or a host that takes its time from nowhere, drifts without anybody noticing.",
    advice: "Find out whose clock is wrong; when every host seems to be off by the same time, it is this machine's. \
        On the host start W32Time (resource `service`) and run `w32tm /resync`; `w32tm /query /source` names where it takes \
        the time from, which in a domain is the domain. \
        Judge certificates only after the clocks agree.",
    folklore: "",
    outside: "The time in the NTLM challenge compared with ours.",
    inside: "`Win32_OperatingSystem.LocalDateTime`, and type and source of W32Time.",
};

pub(super) const CLIENT_CREDENTIALS: Entry = Entry {
    cause: Cause::ClientCredentials,
    id: "client-credentials",
    title: "the client sends saved credentials that are stale",
    meaning: "The client keeps passwords for hosts and sends them without asking. \
        After a change of the password the old one is sent, and refused, and may lock the account.",
    advice: "On the client, as the user who has the trouble, list what is kept with `cmdkey /list` and remove the entry of the \
        host with `cmdkey /delete:TERMSRV/HOST`; the next connection asks again. \
        Nobody else can do it: what is kept is bound to that user's own sign-in.",
    folklore: "\"Clear Credential Manager\" is right, for the one entry of the host.",
    outside: "",
    inside: "",
};
