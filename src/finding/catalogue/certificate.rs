//! Rows about the listener's certificate and its key.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const CERT_EXPIRED: Entry = Entry {
    cause: Cause::CertExpired,
    id: "cert-expired",
    title: "the listener's certificate is not valid at this time",
    meaning: "The certificate is past its last day, or its first day is still to come. \
        Windows renews its self-signed one by itself about twice a year; when it is past its date, something kept it from \
        doing so, mostly the rights of the key file or a service SessionEnv that cannot run. \
        A wrong clock on either side looks the same.",
    advice: "Look at the clocks first; a certificate is judged by them. \
        Then `rdp_certificate` with `state: valid` removes the expired self-signed one, has SessionEnv make a new one and \
        proves it (`rdpfix apply playbooks/fix-0x904.yml -i INVENTORY -l HOST`). \
        If the new one does not come, see machine-keys. \
        A certificate of your own authority has to be renewed there; rdpfix never replaces one by a self-signed one.",
    folklore: "\"Delete it and restart TermService\" has the right idea, but it is SessionEnv that makes the new one, and the \
        rights of the key come first. \
        TermService need not be restarted, which saves the sessions.",
    outside: "The dates of the certificate that is shown, against a clock that was compared with the host's.",
    inside: "The certificate in the store \"Remote Desktop\", the pointer `SelfSignedCertificate`, and events 1057 and 1058.",
};

pub(super) const CERT_MISSING: Entry = Entry {
    cause: Cause::CertMissing,
    id: "cert-missing",
    title: "the listener has no certificate that it can use",
    meaning: "The listener is bound to a certificate that is gone from the store, or there is none at all. \
        TLS cannot begin, and a host that requires TLS or NLA refuses everybody with negotiation code 3.",
    advice: "`rdp_certificate` with `state: valid` has the host make a self-signed one, or binds yours by `thumbprint` \
        (`rdpfix audit playbooks/fix-0x904.yml -i INVENTORY -l HOST` shows which). \
        SessionEnv must be able to run, and the name of the store (`SelfSignedCertStore`) must be there. \
        If nothing comes, see machine-keys.",
    folklore: "\"Inspect certificates\" is right.",
    outside: "The negotiation is refused with code 3, or TLS shows no certificate.",
    inside: "`SSLCertificateSHA1Hash` compared with the stores, and event 1059.",
};

pub(super) const CERT_WEAK: Entry = Entry {
    cause: Cause::CertWeak,
    id: "cert-weak",
    title: "clients do not trust the listener's certificate",
    meaning: "The certificate bears another name than the host is called by, is of an authority that the client does not \
        know, allows no servers, or uses a short key or an old signature. \
        A self-signed certificate is what Windows makes by itself: clients ask once whether to go on, and that is no fault \
        as long as its name and its dates are right.",
    advice: "After a change of the computer's name let the certificate be made anew: `rdp_certificate` with `names_host: true`. \
        Where clients must not be asked, issue a certificate of your own authority that bears the name that people type, \
        for server authentication or Remote Desktop authentication, RSA of 2,048 bits or more, SHA-256, and bind it with \
        `rdp_certificate` and `thumbprint`. \
        NETWORK SERVICE needs to read its key.",
    folklore: "\"The client does not trust the certificate\" is true of certificates of an authority. \
        The one detailed report of error 0x904 with 0x7 was a renamed computer with its old self-signed certificate.",
    outside: "Chain, names, usage, algorithm and key size of the certificate that is shown.",
    inside: "The same in the stores, and the host's own name.",
};

pub(super) const MACHINE_KEYS: Entry = Entry {
    cause: Cause::MachineKeys,
    id: "machine-keys",
    title: "the private key of the listener's certificate cannot be read",
    meaning: "TermService runs as NETWORK SERVICE and needs to read the key of the certificate. \
        When the rights of the key file or of its folder were changed, or the file is damaged, the host accepts a connection \
        and closes it during TLS, and it cannot renew its certificate either.",
    advice: "Repair only what belongs to Remote Desktop: the file beginning with `f686aace6942fb7f7ceb231212eef4a4_` in \
        C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys. \
        Save its rights first (`icacls FILE /save BACKUP`), then give SYSTEM full control and NETWORK SERVICE read, and \
        restart SessionEnv (resource `service`). \
        If the file is damaged, move this one file aside and apply `rdp_certificate`; Windows makes a new key. \
        Leave the folder itself and every other file in it as they are: they are the keys of other services.",
    folklore: "\"Rename the MachineKeys folder\" is harmful and must not be done: it also holds the keys of IIS, of WinRM over \
        HTTPS, of the gateway and of every other machine certificate. \
        The right idea in it is one file, not the folder.",
    outside: "The host negotiates TLS and then closes the connection, or sends the alert \"internal error\".",
    inside: "The rights of the folder and of the key file, and Schannel event 36870.",
};
