//! HRESULTs of COM and of the certificate and key functions (winerror.h). Those of WMI, of sign-ins and of the
//! gateway have files of their own.

use crate::code::Entry;
use crate::code::Table;
use crate::finding::Cause;

pub(super) mod gateway;
pub(super) mod sign_in;
pub(super) mod wmi;

const ANY: Entry = Entry::of(Table::HResult, "any part of Windows");
const KEYS: Entry = Entry::of(
    Table::HResult,
    "the key storage of the host: certificate events, Schannel 36870, and the text of 1057 and 1058",
);
const CHAIN: Entry = Entry::of(
    Table::HResult,
    "whoever checks a certificate: client, gateway or host",
);

/// One row for each number, in order.
#[rustfmt::skip] // Rows of a table, not statements: unfolded they would fill four times the lines.
pub(super) static ROWS: &[Entry] = &[
    ANY.row(0x0000_0000, "S_OK", "All is well."),
    ANY.row(0x8000_4001, "E_NOTIMPL", "The function is not there."),
    ANY.row(0x8000_4005, "E_FAIL", "Something failed, without a reason.")
        .but("Look at what was logged just before."),
    ANY.row(0x8007_0002, "HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)",
        "The file, the value or the key does not exist."),
    ANY.row(0x8007_0005, "E_ACCESSDENIED", "Access is denied.")
        .but("The password was right when it comes over WinRM: the rights are missing, or a local \
              administrator got a filtered token."),
    ANY.row(0x8007_000E, "E_OUTOFMEMORY", "There is not enough memory.")
        .fits(&[Cause::HostResources]),
    ANY.row(0x8007_0057, "E_INVALIDARG", "A parameter is not valid."),
    ANY.row(0x8000_FFFF, "E_UNEXPECTED", "Something that should not happen did."),
    KEYS.row(0x8009_000B, "NTE_BAD_KEY_STATE", "The key cannot be used in its state.")
        .fits(&[Cause::MachineKeys]),
    KEYS.row(0x8009_000D, "NTE_NO_KEY", "The key does not exist.")
        .fits(&[Cause::MachineKeys, Cause::CertMissing]),
    KEYS.row(0x8009_000F, "NTE_EXISTS", "A key container of this name exists already.")
        .but("For the listener: a key file that cannot be opened stands in the way of a new one.")
        .fits(&[Cause::MachineKeys, Cause::CertExpired]),
    KEYS.row(0x8009_0010, "NTE_PERM", "Access to the key is denied.")
        .fits(&[Cause::MachineKeys]),
    KEYS.row(0x8009_0011, "NTE_NOT_FOUND", "The key or the certificate was not found.")
        .fits(&[Cause::MachineKeys, Cause::CertMissing]),
    KEYS.row(0x8009_0016, "NTE_BAD_KEYSET", "The key container does not exist, or cannot be opened.")
        .but("Renaming MachineKeys is no cure: it takes the keys of everything else along.")
        .fits(&[Cause::MachineKeys]),
    KEYS.row(0x8009_0017, "NTE_PROV_TYPE_NOT_DEF", "The key provider is not defined.")
        .fits(&[Cause::MachineKeys, Cause::ListenerBroken]),
    KEYS.row(0x8009_0019, "NTE_KEYSET_NOT_DEF", "The key set is not defined.")
        .fits(&[Cause::MachineKeys]),
    KEYS.row(0x8009_001F, "NTE_BAD_KEYSET_PARAM", "The parameter for the key set is not valid.")
        .fits(&[Cause::MachineKeys]),
    KEYS.row(0x8009_0020, "NTE_FAIL", "An internal error of the key provider.")
        .fits(&[Cause::MachineKeys, Cause::ServiceDown]),
    KEYS.row(0x8009_2004, "CRYPT_E_NOT_FOUND", "The certificate was not found in its store.")
        .fits(&[Cause::CertMissing]),
    CHAIN.row(0x8009_2010, "CRYPT_E_REVOKED", "The certificate was revoked by its issuer.")
        .fits(&[Cause::CertWeak, Cause::GatewayCertificate]),
    CHAIN.row(0x8009_2012, "CRYPT_E_NO_REVOCATION_CHECK",
        "It could not be checked whether the certificate is revoked.")
        .fits(&[Cause::GatewayCertificate, Cause::CertWeak]),
    CHAIN.row(0x8009_2013, "CRYPT_E_REVOCATION_OFFLINE",
        "The list of revoked certificates could not be fetched.")
        .fits(&[Cause::GatewayCertificate, Cause::CertWeak, Cause::TcpBlocked]),
    CHAIN.row(0x800B_0101, "CERT_E_EXPIRED", "A certificate is past its date or not yet valid.")
        .but("The clock of the one who says so may be wrong.")
        .fits(&[Cause::CertExpired, Cause::GatewayCertificate, Cause::TimeSkew]),
    CHAIN.row(0x800B_0109, "CERT_E_UNTRUSTEDROOT", "The root of the chain is not trusted.")
        .but("A self-signed listener certificate is usual and no fault by itself.")
        .fits(&[Cause::CertWeak, Cause::GatewayCertificate]),
    CHAIN.row(0x800B_010A, "CERT_E_CHAINING", "The chain of the certificate is not complete.")
        .fits(&[Cause::GatewayCertificate, Cause::CertWeak]),
    CHAIN.row(0x800B_010F, "CERT_E_CN_NO_MATCH", "The certificate does not bear the name that was asked for.")
        .fits(&[Cause::CertWeak, Cause::GatewayCertificate, Cause::DnsName]),
    CHAIN.row(0x800B_0110, "CERT_E_WRONG_USAGE", "The certificate is not meant for servers.")
        .fits(&[Cause::CertWeak, Cause::GatewayCertificate]),
];
