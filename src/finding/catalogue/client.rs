//! Rows about the client's side, and about who owns a setting.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const RDP_FILE: Entry = Entry {
    cause: Cause::RdpFile,
    id: "rdp-file",
    title: "the .rdp file cannot work",
    meaning: "A .rdp file outlives the host that it was made for: a stale address or gateway, settings that contradict each \
        other, a switched-off CredSSP, or bytes that are no settings at all. \
        The same host then works from one icon and not from another.",
    advice: "`rdpfix rdp-file check FILE` names each setting that cannot work, `rdpfix rdp-file clean FILE` writes a minimal \
        correct file beside it, and `rdpfix rdp-file new HOST` makes a fresh one. \
        Try the fresh one before anything is changed on the host.",
    folklore: "\"Create a minimal, clean file\" is right. \
        The line `enablecredsspsupport:i:0`, which often comes with that advice, makes every host that requires NLA refuse \
        the client.",
    outside: "`rdpfix rdp-file check FILE`, and with `--against HOST` what cannot work against that host.",
    inside: "",
};

pub(super) const CLIENT_POLICY: Entry = Entry {
    cause: Cause::ClientPolicy,
    id: "client-policy",
    title: "a policy of the client's machine is in the way",
    meaning: "The client's own machine may forbid handing credentials over, demand RestrictedAdmin, switch UDP off, or allow no \
        TLS version that the host speaks. \
        Then one machine fails where others get through.",
    advice: "Try the same account from another machine; if that works, the host is well. \
        Put the client into the inventory and let `rdpfix diagnose CLIENT -i INVENTORY` read its policies: \
        CredentialsDelegation, Terminal Services\\Client, SCHANNEL. \
        Correct them where they are set, which in a domain is Group Policy; otherwise `registry_value` does.",
    folklore: "\"Allow mstsc through the firewall\" and \"update the client\" help sometimes; outgoing connections are allowed by \
        default.",
    outside: "",
    inside: "The same reads on a client that is in the inventory.",
};

pub(super) const POLICY_OWNED: Entry = Entry {
    cause: Cause::PolicyOwned,
    id: "policy-owned",
    title: "Group Policy sets a value and will set it again",
    meaning: "The value in force comes from Group Policy. \
        A change on the host has no effect, or lasts until the next refresh.",
    advice: "Change it in the policy that sets it; `gpresult /h report.html` on the host names that policy. \
        rdpfix reports the setting as `overridden` and writes nothing, because that would be undone. \
        After the change run `gpupdate /force` on the host and audit again.",
    folklore: "",
    outside: "",
    inside: "The `PolicySource…` properties, and the values below HKLM\\SOFTWARE\\Policies.",
};
