//! `credentials-rejected`, `domain-trust`, and what else a refused sign-in says.

use jiff::Timestamp;

use crate::code::Table;
use crate::code::entry;
use crate::code::named;
use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::survey::Login;
use crate::survey::LoginOutcome;
use crate::survey::Survey;

const RIGHTS: &str = "Add the account to the host's group Remote Desktop Users, and see that no policy denies the right to sign \
    in through Remote Desktop Services.";
const RETRY: &str = "Check the spelling of user and domain, the keyboard layout, and whether the password was changed elsewhere. \
    Do not try on: each wrong password counts towards a lock-out.";
const CHANGE: &str =
    "Change it on a machine in the domain or by an administrator; over NLA it cannot be changed.";

/// What to do about a status, where that is more than the advice of its cause; what it means stands in the table of codes.
const ADVICE: [(u32, &str); 14] = [
    (0xC000_0022, RIGHTS),
    (0xC000_0064, RETRY),
    (0xC000_006A, RETRY),
    (0xC000_006D, RETRY),
    (
        0xC000_006E,
        "Give the account a password, and look at its restrictions (hours, machines, Protected Users).",
    ),
    (
        0xC000_006F,
        "Sign in within its hours, or change them in its domain; a wrong clock on the host moves the hours.",
    ),
    (
        0xC000_0070,
        "Add this machine to those that the account may sign in from, or use another.",
    ),
    (0xC000_0071, CHANGE),
    (
        0xC000_0072,
        "Enable it in its domain or on the host, if that is meant; otherwise use another.",
    ),
    (0xC000_015B, RIGHTS),
    (0xC000_0193, "Extend it in its domain, if that is meant."),
    (0xC000_0224, CHANGE),
    (
        0xC000_0234,
        "Unlock it in its domain, and find out who tries the wrong password (event 4740 on the domain controller) before you \
         do: a service or a saved password locks it again.",
    ),
    (
        0xC000_0413,
        "Allow the account to authenticate to this host (selective authentication of the trust), or use one of the host's own \
         domain.",
    ),
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
    let row = entry(Table::NtStatus, status);
    let name = named(Table::NtStatus, status);
    let says = match row {
        Some(row) => format!("the host refuses `{user}` with {name}: {}", row.gist()),
        None => format!("the host refuses `{user}` with {name}"),
    };
    let cause = row.and_then(|row| row.causes.first()).copied();
    let cause = cause.unwrap_or(Cause::CredentialsRejected);
    let finding = Finding::new(cause, Severity::Error, says)
        .with("user", user)
        .with("status", name);
    match ADVICE.iter().find(|(known, _)| *known == status) {
        Some((_, advice)) => finding.advise(*advice),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::ADVICE;
    use super::by_status;
    use crate::code;
    use crate::code::Table;

    #[test]
    fn every_status_with_advice_of_its_own_is_in_the_table_of_codes() {
        for (status, advice) in ADVICE {
            let row = code::entry(Table::NtStatus, status);
            assert!(row.is_some(), "{status:#x} is not in the table");
            assert!(advice.ends_with('.'), "{advice}");
        }
    }

    #[test]
    fn a_refusal_means_what_explain_says_and_speaks_for_the_same_cause() {
        let rows = code::all().filter(|row| row.table == Table::NtStatus);
        for row in rows.filter(|row| !row.causes.is_empty()) {
            let finding = by_status("me", row.code);
            assert_eq!(Some(&finding.cause), row.causes.first(), "{}", row.name);
            assert!(finding.says.ends_with(&row.gist()), "{}", finding.says);
        }
    }
}
