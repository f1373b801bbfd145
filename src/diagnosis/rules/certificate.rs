//! Rules of the listener's certificate and its private key.

use super::Rule;
use crate::diagnosis::rules::Supports::Hint;
use crate::diagnosis::rules::Supports::KeepsOut;
use crate::diagnosis::rules::Supports::Weakens;
use crate::diagnosis::signs::certificate;
use crate::diagnosis::signs::key;
use crate::finding::Cause;

/// In the order of the catalogue, strongest first.
pub(super) static ROWS: &[Rule] = &[
    Rule::new(
        Cause::CertExpired,
        &certificate::SHOWN_OUTDATED,
        KeepsOut(85),
        60,
        "windows-facts 1.2, 2.1",
    ),
    Rule::new(
        Cause::CertExpired,
        &certificate::STORED_OUTDATED,
        KeepsOut(80),
        0,
        "windows-facts 2.2",
    ),
    Rule::new(
        Cause::CertExpired,
        &certificate::ENDS_SOON,
        Hint(15),
        0,
        "windows-facts 2.5",
    ),
    Rule::new(
        Cause::CertMissing,
        &certificate::CERTIFICATE_LACKING,
        KeepsOut(65),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::CertMissing,
        &certificate::CERTIFICATE_GONE,
        KeepsOut(80),
        0,
        "windows-facts 2.1",
    ),
    Rule::new(
        Cause::CertMissing,
        &certificate::NONE_SHOWN,
        Hint(10),
        50,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::CertWeak,
        &certificate::NAME_OTHER,
        Weakens(55),
        0,
        "windows-facts 1.2, 2.4",
    ),
    Rule::new(
        Cause::CertWeak,
        &certificate::CERTIFICATE_FEEBLE,
        Weakens(45),
        0,
        "windows-facts 2.4",
    ),
    Rule::new(
        Cause::CertWeak,
        &certificate::USAGE_WRONG,
        Weakens(50),
        0,
        "windows-facts 2.4",
    ),
    Rule::new(
        Cause::CertWeak,
        &certificate::CHAIN_UNTRUSTED,
        Weakens(40),
        0,
        "windows-facts 2.4",
    ),
    Rule::new(
        Cause::MachineKeys,
        &key::KEY_UNREADABLE,
        KeepsOut(70),
        0,
        "windows-facts 3",
    ),
    Rule::new(
        Cause::MachineKeys,
        &key::KEY_GONE,
        KeepsOut(80),
        0,
        "windows-facts 3",
    ),
    Rule::new(
        Cause::MachineKeys,
        &key::KEY_FAILS,
        KeepsOut(80),
        0,
        "windows-facts 2.5, 3",
    ),
    Rule::new(
        Cause::MachineKeys,
        &key::KEY_NOT_REPLACEABLE,
        Weakens(40),
        0,
        "windows-facts 3",
    ),
    Rule::new(
        Cause::MachineKeys,
        &key::TLS_CLOSED,
        KeepsOut(60),
        25,
        "windows-facts 3",
    ),
    Rule::new(
        Cause::MachineKeys,
        &certificate::CERTIFICATE_LACKING,
        Hint(30),
        0,
        "windows-facts 3",
    ),
];
