//! Rules of accounts, the domain and the clock.

use super::Rule;
use crate::diagnosis::rules::Supports::Hint;
use crate::diagnosis::rules::Supports::KeepsOut;
use crate::diagnosis::rules::Supports::Weakens;
use crate::diagnosis::signs::account;
use crate::diagnosis::signs::certificate;
use crate::finding::Cause;

/// In the order of the catalogue, strongest first.
pub(super) static ROWS: &[Rule] = &[
    Rule::new(
        Cause::CredentialsRejected,
        &account::LOGIN_REFUSED,
        KeepsOut(90),
        50,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::CredentialsRejected,
        &account::OWN_ACCOUNT_LOCKED,
        KeepsOut(75),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::CredentialsRejected,
        &account::MANAGEMENT_REFUSED,
        KeepsOut(60),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::CredentialsRejected,
        &account::LOCKOUT_EVENTS,
        Weakens(30),
        0,
        "windows-facts 10.2, 11",
    ),
    Rule::new(
        Cause::CredentialsRejected,
        &account::ACCOUNT_LOCKED,
        Weakens(30),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::CredentialsRejected,
        &account::REFUSAL_EVENTS,
        Hint(20),
        0,
        "windows-facts 10.2",
    ),
    Rule::new(
        Cause::DomainTrust,
        &account::LOGIN_TRUST,
        KeepsOut(85),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::DomainTrust,
        &account::TRUST_EVENTS,
        KeepsOut(75),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::DomainTrust,
        &account::NETLOGON_STOPPED,
        KeepsOut(60),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::DomainTrust,
        &account::CONTROLLER_EVENTS,
        Weakens(45),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::DomainTrust,
        &account::DOMAIN_ACCOUNT_REFUSED,
        Hint(10),
        40,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::TimeSkew,
        &account::CLOCK_WRONG,
        Weakens(55),
        60,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::TimeSkew,
        &account::KERBEROS_FAILS,
        KeepsOut(20),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::TimeSkew,
        &certificate::CLOCK_DECIDES_DATES,
        KeepsOut(30),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::TimeSkew,
        &account::LOGIN_SKEW,
        KeepsOut(60),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::TimeSkew,
        &account::TIME_UNKEPT,
        Hint(10),
        0,
        "windows-facts 11",
    ),
];
