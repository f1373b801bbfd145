//! Rows about what host and clients have to agree on before the sign-in.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const NLA_MISMATCH: Entry = Entry {
    cause: Cause::NlaMismatch,
    id: "nla-mismatch",
    title: "host and clients disagree on Network Level Authentication",
    meaning: "With NLA the client signs in before a session is made. \
        A host that requires it refuses clients that do not do it, with negotiation code 5: right for the host, and such a \
        client has to be mended. \
        A host that does not require it builds a session, with its sign-in screen, for anybody who can reach the port.",
    advice: "Require it on the host: `rdp_listener` with `nla: required`. \
        A client that is refused needs an update, or a clean .rdp file (`rdpfix rdp-file check FILE` finds the setting that \
        is in the way). \
        When nobody can sign in by NLA although the password is right, look for the reason (credentials-rejected, \
        domain-trust, time-skew) instead of lowering the demand.",
    folklore: "\"Disable NLA, the fastest fix\" only weakens the host and hides the reason; it fails compliance checks too. \
        Use it as a test for minutes at most, and set it back.",
    outside: "The host offers NLA, and refuses clients without it with code 5 (required) or takes them (not required).",
    inside: "`Win32_TSGeneralSetting.UserAuthenticationRequired` and who decides it (`PolicySource…`).",
};

pub(super) const SECURITY_LAYER_MISMATCH: Entry = Entry {
    cause: Cause::SecurityLayerMismatch,
    id: "security-layer-mismatch",
    title: "host and clients disagree on the security layer",
    meaning: "`SecurityLayer` 0 allows only the classic RDP security, which proves no host and which clients that demand TLS \
        or NLA refuse; 1 lets the client choose, the classic one included; 2 demands TLS. \
        `fAllowSecProtocolNegotiation` 0 keeps a host from negotiating at all.",
    advice: "Go towards TLS: `rdp_listener` with `security_layer: tls` and `nla: required` \
        (`rdpfix audit playbooks/fix-0x904.yml -i INVENTORY -l HOST` shows what it would change). \
        Restore `fAllowSecProtocolNegotiation` to 1 with `registry_value` if it was changed. \
        When the host has no certificate, mend that first, because TLS needs one.",
    folklore: "\"Adjust security and encryption layers\" is right in one direction only: towards TLS, not away from it.",
    outside: "Each protocol is asked for by itself: which are taken, and with which code the others are refused.",
    inside: "`SecurityLayer`, `MinEncryptionLevel` and `fAllowSecProtocolNegotiation` with who decides them.",
};

pub(super) const TLS_MISMATCH: Entry = Entry {
    cause: Cause::TlsMismatch,
    id: "tls-mismatch",
    title: "host and clients have no TLS version or cipher in common",
    meaning: "TLS versions are switched off for the host's server side, the list of cipher suites has none that fits its key \
        (an RSA key with suites for elliptic curves only), or FIPS mode leaves too few. \
        Old versions that are still on are no obstacle, but less safe than they should be.",
    advice: "Switch TLS 1.2 on for the server side: `registry_value` with `Enabled` 1 and `DisabledByDefault` 0 below \
        HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Server, then restart TermService. \
        Look at the policy \"SSL Cipher Suite Order\": one suite must fit the key of the certificate. \
        Switch TLS 1.0 and 1.1 off only after the last old client is gone.",
    folklore: "\"A mismatch in encryption ciphers\" is a true candidate. \
        Advice to switch TLS 1.0 on is outdated: require 1.2.",
    outside: "Each version is tried by itself; the alert with which the host refuses has a number.",
    inside: "The SCHANNEL keys, the cipher policy, FIPS mode, and Schannel events 36871, 36874 and 36888.",
};

pub(super) const CREDSSP_ORACLE: Entry = Entry {
    cause: Cause::CredSspOracle,
    id: "credssp-oracle",
    title: "the encryption-oracle setting does not fit the patch level of the other side",
    meaning: "Since May 2018 (CVE-2018-0886) updated clients refuse to sign in to hosts that were never updated, and hosts set \
        to \"Force Updated Clients\" refuse clients that were never updated. \
        The client says that \"the function requested is not supported\" and names CredSSP encryption oracle remediation.",
    advice: "Update the older side; any cumulative update since May 2018 will do. \
        Then say it in a playbook: `credssp` with `encryption_oracle: mitigated`, or `force_updated_clients` where no old \
        clients are left. \
        It takes effect after a reboot.",
    folklore: "\"Set it to Vulnerable for a while; the real fix is to update the server\": the second half is right. \
        The first half needs a reboot, opens the hole again and is forgotten; rdpfix does not do it.",
    outside: "The version of CredSSP with which the host answers: below 5 the update is missing.",
    inside: "`AllowEncryptionOracle`, and the version of TSpkg.dll.",
};

pub(super) const PATCH_LEVEL: Entry = Entry {
    cause: Cause::PatchLevel,
    id: "patch-level",
    title: "the host lacks updates, or has one with a known defect",
    meaning: "The build of Windows is out of support or older than the fixes that Remote Desktop needs. \
        Clients move on, and one day refuse what such a host offers; its known holes stay open to everybody who reaches the \
        port.",
    advice: "Install the current cumulative update, or move to a release that still gets them. \
        If the trouble began right after an update, look whether Microsoft lists a known issue for that build before you \
        take the update off again.",
    folklore: "\"Apply updates\" and \"bugs in Windows 11 updates\" are both true; only the build number tells which one it is.",
    outside: "The build number in the NTLM challenge.",
    inside: "`CurrentBuildNumber` and `UBR`, the number that rises with each cumulative update.",
};

pub(super) const RESTRICTED_ADMIN: Entry = Entry {
    cause: Cause::RestrictedAdmin,
    id: "restricted-admin",
    title: "RestrictedAdmin or Remote Credential Guard is asked for, but not allowed",
    meaning: "A client started with `/restrictedAdmin` or `/remoteGuard`, or told to by policy, wants a sign-in that leaves no \
        password on the host. \
        Hosts refuse that unless `DisableRestrictedAdmin` is 0, and they refuse it by default.",
    advice: "Start the client without the option, if policy allows that. \
        Otherwise allow it on the host: `registry_value` with `DisableRestrictedAdmin` 0 (REG_DWORD) in \
        HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa; no restart is needed. \
        Remote Credential Guard also needs Kerberos, so connect by name and not by address.",
    folklore: "\"RestrictedAdmin bypasses CredSSP\" is false: it is CredSSP with NLA, only without a password that is \
        handed over, and an unprepared host refuses it.",
    outside: "A flag in the answer to the negotiation: without it the host cannot do either; with it the host could, if its \
        setting allows it.",
    inside: "`DisableRestrictedAdmin`, and on a client `RestrictedRemoteAdministration`.",
};
