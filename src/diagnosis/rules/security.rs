//! Rules of what client and host agree on: NLA, TLS, CredSSP, updates.

use super::Rule;
use crate::diagnosis::rules::Supports::Hint;
use crate::diagnosis::rules::Supports::KeepsOut;
use crate::diagnosis::rules::Supports::Weakens;
use crate::diagnosis::signs::security;
use crate::diagnosis::signs::tls;
use crate::diagnosis::signs::updates;
use crate::finding::Cause;

/// In the order of the catalogue, strongest first.
pub(super) static ROWS: &[Rule] = &[
    Rule::new(
        Cause::NlaMismatch,
        &security::NLA_OFF,
        Weakens(55),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::NlaMismatch,
        &security::NLA_NOT_ENFORCED,
        Weakens(45),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::NlaMismatch,
        &security::NLA_NOT_OFFERED,
        Weakens(40),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::SecurityLayerMismatch,
        &security::LAYER_CLASSIC,
        KeepsOut(85),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::SecurityLayerMismatch,
        &security::CLASSIC_ONLY,
        KeepsOut(80),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::SecurityLayerMismatch,
        &security::NEGOTIATION_OFF,
        KeepsOut(65),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::SecurityLayerMismatch,
        &security::LEVEL_CONTRADICTS,
        Weakens(40),
        0,
        "windows-facts 2.5, 4.1",
    ),
    Rule::new(
        Cause::SecurityLayerMismatch,
        &security::CLASSIC_TOO,
        Hint(25),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::TlsMismatch,
        &tls::NO_CURRENT_TLS,
        KeepsOut(90),
        60,
        "windows-facts 5",
    ),
    Rule::new(
        Cause::TlsMismatch,
        &tls::VERSIONS_OFF,
        KeepsOut(80),
        0,
        "windows-facts 5",
    ),
    Rule::new(
        Cause::TlsMismatch,
        &tls::CIPHERS_UNFIT,
        KeepsOut(70),
        0,
        "windows-facts 5",
    ),
    Rule::new(
        Cause::TlsMismatch,
        &tls::TLS_ALERT,
        KeepsOut(65),
        0,
        "windows-facts 5, 10.2",
    ),
    Rule::new(
        Cause::TlsMismatch,
        &tls::OLDER_OFF,
        Weakens(45),
        0,
        "windows-facts 5",
    ),
    Rule::new(
        Cause::TlsMismatch,
        &tls::TLS_EVENTS,
        Hint(10),
        0,
        "windows-facts 10.2",
    ),
    Rule::new(
        Cause::CredSspOracle,
        &security::ORACLE_OPEN,
        Weakens(60),
        0,
        "windows-facts 4.5",
    ),
    Rule::new(
        Cause::CredSspOracle,
        &updates::TSPKG_OLD,
        Hint(15),
        0,
        "windows-facts 4.5",
    ),
    Rule::new(
        Cause::PatchLevel,
        &updates::TSPKG_OLD,
        KeepsOut(85),
        40,
        "windows-facts 4.5",
    ),
    Rule::new(
        Cause::PatchLevel,
        &updates::REVISION_OLD,
        KeepsOut(60),
        0,
        "windows-facts 4.4, 4.5",
    ),
    Rule::new(
        Cause::PatchLevel,
        &updates::CREDSSP_OLD,
        Hint(15),
        0,
        "windows-facts 4.5",
    ),
    Rule::new(
        Cause::PatchLevel,
        &updates::RELEASE_OLD,
        Weakens(35),
        0,
        "windows-facts 4.4",
    ),
    Rule::new(
        Cause::RestrictedAdmin,
        &security::RESTRICTED_DEMANDED,
        Weakens(60),
        0,
        "windows-facts 4.2",
    ),
];
