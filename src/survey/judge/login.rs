//! `credentials-rejected`, `domain-trust`, and what else a refused sign-in says.

use jiff::Timestamp;

use crate::code::Table;
use crate::code::named;
use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::Login;
use crate::survey::LoginOutcome;
use crate::survey::Survey;

/// What a status says ([MS-ERREF] 2.3.1; windows-facts 11), and what to do about it.
struct Status {
    code: u32,
    cause: Cause,
    says: &'static str,
    advice: &'static str,
}

const fn account(code: u32, says: &'static str, advice: &'static str) -> Status {
    Status {
        code,
        cause: Cause::CredentialsRejected,
        says,
        advice,
    }
}

const fn trust(code: u32, says: &'static str) -> Status {
    Status {
        code,
        cause: Cause::DomainTrust,
        says,
        advice: "",
    }
}

const RIGHTS: &str = "Add the account to the host's group Remote Desktop Users, and see that no policy denies the right to sign \
    in through Remote Desktop Services.";
const RETRY: &str = "Check the spelling of user and domain, the keyboard layout, and whether the password was changed elsewhere. \
    Do not try on: each wrong password counts towards a lock-out.";

const STATUSES: [Status; 19] = [
    account(0xC000_006D, "user name or password is wrong", RETRY),
    account(0xC000_006A, "the password is wrong", RETRY),
    account(0xC000_0064, "there is no such user", RETRY),
    account(
        0xC000_0234,
        "the account is locked out",
        "Unlock it in its domain, and find out who tries the wrong password (event 4740 on the domain controller) before you \
         do: a service or a saved password locks it again.",
    ),
    account(
        0xC000_0072,
        "the account is disabled",
        "Enable it in its domain or on the host, if that is meant; otherwise use another.",
    ),
    account(
        0xC000_0193,
        "the account has expired",
        "Extend it in its domain, if that is meant.",
    ),
    account(
        0xC000_0071,
        "the password has expired",
        "Change it on a machine in the domain or by an administrator; over NLA it cannot be changed.",
    ),
    account(
        0xC000_0224,
        "the password has to be changed before the first sign-in",
        "Change it on a machine in the domain or by an administrator; over NLA it cannot be changed.",
    ),
    account(
        0xC000_006E,
        "the account is restricted, as an empty password or a policy restricts it",
        "Give the account a password, and look at its restrictions (hours, machines, Protected Users).",
    ),
    account(
        0xC000_006F,
        "the account may not sign in at this hour",
        "Sign in within its hours, or change them in its domain.",
    ),
    account(
        0xC000_0070,
        "the account may not sign in from this machine",
        "Add this machine to those that the account may sign in from, or use another.",
    ),
    account(
        0xC000_015B,
        "the account has no right to sign in this way",
        RIGHTS,
    ),
    account(0xC000_0022, "access is denied", RIGHTS),
    account(
        0xC000_0413,
        "an authentication policy does not let the account sign in to this host",
        "Look at the authentication policy silo of the account, which its domain keeps.",
    ),
    trust(0xC000_018C, "the trust between the domains failed"),
    trust(0xC000_018D, "the host's trust with its domain failed"),
    trust(
        0xC000_018B,
        "the domain has no computer account for the host",
    ),
    trust(0xC000_005E, "no domain controller can be reached"),
    Status {
        code: 0xC000_0133,
        cause: Cause::TimeSkew,
        says: "the clocks of host and domain are too far apart",
        advice: "",
    },
];

/// Judges the sign-in, when there was one.
pub(super) fn judge(survey: &Survey, _now: Timestamp, found: &mut Vec<Finding>) {
    found.extend(survey.login.as_ref().and_then(refused));
}

fn refused(login: &Login) -> Option<Finding> {
    let user = login.user.as_str();
    let rejected = |severity, says: String| {
        Finding::new(Cause::CredentialsRejected, severity, says).with("user", user)
    };
    Some(match &login.outcome {
        LoginOutcome::Accepted => return None,
        LoginOutcome::Refused(status) => by_status(user, *status),
        LoginOutcome::NotAuthorized => rejected(
            Severity::Error,
            format!("the host knows `{user}`, and does not let it use Remote Desktop"),
        )
        .advise(RIGHTS),
        LoginOutcome::Closed => rejected(
            Severity::Error,
            format!("the host ended the sign-in of `{user}` without a reason"),
        )
        .advise(
            "The host's own log has the reason (event 4625): `rdpfix diagnose HOST -i INVENTORY` reads it. Hosts that lack the \
             CredSSP update of 2018 end it like this, too.",
        ),
        LoginOutcome::NotOffered => rejected(
            Severity::Info,
            format!("the sign-in of `{user}` was not tried: without NLA that would open a session"),
        )
        .advise("Require NLA (`rdp_listener` with `nla: required`), then try again."),
        LoginOutcome::Failed(why) => rejected(
            Severity::Warning,
            format!("the sign-in of `{user}` was not carried out: {why}"),
        )
        .with("reason", why.as_str()),
    })
}

fn by_status(user: &str, status: u32) -> Finding {
    let known = STATUSES.iter().find(|known| known.code == status);
    let name = named(Table::NtStatus, status);
    let (cause, says) = match known {
        Some(known) => (
            known.cause,
            format!("the host refuses `{user}` with {name}: {}", known.says),
        ),
        None => (
            Cause::CredentialsRejected,
            format!("the host refuses `{user}` with {name}"),
        ),
    };
    let finding = Finding::new(cause, Severity::Error, says)
        .with("user", user)
        .with("status", name);
    match known {
        Some(known) if !known.advice.is_empty() => finding.advise(known.advice),
        _ => finding,
    }
}
