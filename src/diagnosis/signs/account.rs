//! Signs of accounts, the domain and the clock (windows-facts 10.2, 11).

use jiff::SignedDuration;

use super::Answer;
use super::Looked;
use super::Sign;
use super::inside;
use super::logs;
use super::outside;
use super::part;
use super::plain_user;
use super::told;
use super::unseen;
use crate::cim::LogEvent;
use crate::code;
use crate::code::Table;
use crate::diagnosis::Case;
use crate::diagnosis::Welcome;
use crate::finding::Cause;
use crate::inside::Unseen;
use crate::survey::LoginOutcome;

/// The host refused the account that was tried from outside.
pub(in crate::diagnosis) static LOGIN_REFUSED: Sign = Sign::new("login-refused", login_refused);
/// The host refused the account over the management session.
pub(in crate::diagnosis) static MANAGEMENT_REFUSED: Sign =
    Sign::new("management-refused", |case| {
        let Some(account) = case.account else {
            return Ok(Answer::Beside);
        };
        match account.welcome {
            Welcome::Unasked => Ok(Answer::Beside),
            Welcome::Refused => told(
                Some(format!(
                    "the host refused to sign in `{}` for management",
                    account.user
                )),
                "",
            ),
            Welcome::Accepted => told(
                None,
                format!("the host accepts `{}` for management", account.user),
            ),
        }
    });
/// An account that matters is locked out.
pub(in crate::diagnosis) static OWN_ACCOUNT_LOCKED: Sign =
    Sign::new("own-account-locked", |case| {
        let rights = part(case, "the accounts", |inside| &inside.rights)?;
        let ours = case.account.map(|account| plain_user(account.user));
        let matters = |user: &&String| {
            let name = plain_user(user);
            ours.as_ref() == Some(&name)
                || rights
                    .remote_desktop_users
                    .iter()
                    .any(|member| plain_user(member) == name)
        };
        told(
            rights
                .locked_out
                .iter()
                .find(matters)
                .map(|user| format!("the account `{user}` is locked out")),
            "no account that may use Remote Desktop is known to be locked out",
        )
    });
/// Some account is locked out.
pub(in crate::diagnosis) static ACCOUNT_LOCKED: Sign = Sign::new("account-locked", |case| {
    let rights = part(case, "the accounts", |inside| &inside.rights)?;
    told(
        (!rights.locked_out.is_empty())
            .then(|| format!("locked out: `{}`", rights.locked_out.join("`, `"))),
        "no local account is locked out",
    )
});
/// The logs tell that accounts were locked out.
pub(in crate::diagnosis) static LOCKOUT_EVENTS: Sign = Sign::new("lockout-events", |case| {
    let lockouts = logs::find(case, logs::SECURITY, &[4_740, 4_625])?;
    let found: Vec<&LogEvent> = lockouts
        .into_iter()
        .filter(|event| event.id == 4_740 || statuses(event).contains(&LOCKED_OUT))
        .collect();
    told(logs::said(&found), "the log tells of no lockout")
});
/// The logs tell that passwords or accounts were refused.
pub(in crate::diagnosis) static REFUSAL_EVENTS: Sign = Sign::new("refusal-events", refusal_events);
/// The host cannot prove itself to its domain.
pub(in crate::diagnosis) static TRUST_EVENTS: Sign = Sign::new("trust-events", |case| {
    if in_domain(case)?.is_none() {
        return Ok(Answer::Beside);
    }
    logs::any(
        case,
        logs::NETLOGON,
        &[3_210, 5_783],
        "the log tells of no broken secure channel",
    )
});
/// The host found no domain controller, other than right after its start, when the network is not up yet.
pub(in crate::diagnosis) static CONTROLLER_EVENTS: Sign = Sign::new("controller-events", |case| {
    if in_domain(case)?.is_none() {
        return Ok(Answer::Beside);
    }
    let system = part(case, "the start of the host", |inside| &inside.system)?;
    let mut found = logs::find(case, logs::NETLOGON, &[5_719])?;
    found.retain(|event| {
        let up = event.at.duration_since(system.booted);
        up.is_negative() || up > STARTING
    });
    told(
        logs::said(&found),
        "the log tells of no missing domain controller",
    )
});
/// The host refuses an account of its domain; that it accepts one shows that its secure channel works.
pub(in crate::diagnosis) static DOMAIN_ACCOUNT_REFUSED: Sign =
    Sign::new("domain-account-refused", domain_account_refused);
/// A sign-in ended with a status of broken trust.
pub(in crate::diagnosis) static LOGIN_TRUST: Sign = Sign::new("login-trust", |case| {
    login_status(
        case,
        Cause::DomainTrust,
        "the sign-in did not fail for want of trust",
    )
});
/// A sign-in ended with a status of differing clocks.
pub(in crate::diagnosis) static LOGIN_SKEW: Sign = Sign::new("login-skew", |case| {
    login_status(
        case,
        Cause::TimeSkew,
        "the sign-in did not fail because of clocks",
    )
});
/// The service that keeps the secure channel does not run on a member of a domain.
pub(in crate::diagnosis) static NETLOGON_STOPPED: Sign = Sign::new("netlogon-stopped", |case| {
    if in_domain(case)?.is_none() {
        return Ok(Answer::Beside);
    }
    let services = part(case, "the services", |inside| &inside.services)?;
    // Whoever joins a domain makes it start by itself.
    let stopped = services.get("Netlogon").is_some_and(|service| {
        !service.state.eq_ignore_ascii_case("Running")
            && !service.start_mode.eq_ignore_ascii_case("Manual")
    });
    told(
        stopped.then(|| "`Netlogon` does not run, although the host is in a domain".to_owned()),
        "`Netlogon` runs",
    )
});
/// The host's clock differs from ours by more than Kerberos tolerates.
pub(in crate::diagnosis) static CLOCK_WRONG: Sign = Sign::new("clock-wrong", |case| {
    let skew = skew(case)?;
    told(
        (skew.abs() > TOLERATED).then(|| {
            let side = if skew < 0 { "behind" } else { "ahead of" };
            format!("the host's clock is {} {side} ours", span(skew.abs()))
        }),
        format!("the host's clock agrees with ours within {} s", skew.abs()),
    )
});
/// The same on a member of a domain, where Kerberos fails.
pub(in crate::diagnosis) static KERBEROS_FAILS: Sign = Sign::new("kerberos-fails", |case| {
    let skew = skew(case)?;
    let Some(domain) = in_domain(case)? else {
        return Ok(Answer::Beside);
    };
    told(
        (skew.abs() > TOLERATED).then(|| {
            format!("the host is in the domain `{domain}`, and Kerberos tolerates 5 minutes")
        }),
        "Kerberos tolerates the difference",
    )
});
/// Nobody sets the clock, which is wrong.
pub(in crate::diagnosis) static TIME_UNKEPT: Sign = Sign::new("time-unkept", |case| {
    if skew(case)?.abs() <= TOLERATED {
        return Ok(Answer::Beside);
    }
    let source = part(case, "the source of time", |inside| &inside.time_source)?;
    let services = part(case, "the services", |inside| &inside.services)?;
    let runs = services
        .get("W32Time")
        .is_some_and(|service| service.state.eq_ignore_ascii_case("Running"));
    let found = if source.eq_ignore_ascii_case("NoSync") {
        Some("nobody sets the host's clock (`Type` of W32Time is NoSync)")
    } else if runs {
        None
    } else {
        Some("nobody sets the host's clock: `W32Time` does not run")
    };
    told(found.map(str::to_owned), "`W32Time` sets the host's clock")
});

/// How long a host takes to start, network and all.
const STARTING: SignedDuration = SignedDuration::from_mins(5);
/// Seconds by which clocks may differ under Kerberos, by default (windows-facts 11).
const TOLERATED: i64 = 300;
/// STATUS_ACCOUNT_LOCKED_OUT ([MS-ERREF] 2.3).
const LOCKED_OUT: u32 = 0xC000_0234;
/// Whether a status is that of a cause first of all, by the table of codes.
fn is_of(status: u32, cause: Cause) -> bool {
    let row = code::entry(Table::NtStatus, status);
    row.and_then(|row| row.causes.first()) == Some(&cause)
}

fn login_refused(case: &Case<'_>) -> Looked {
    let Some(login) = &outside(case)?.login else {
        return Err(Unseen {
            why: "no account was tried on the Remote Desktop port".to_owned(),
            remedy: "try one with `rdpfix probe HOST --login USER`".to_owned(),
        });
    };
    let user = &login.user;
    match &login.outcome {
        LoginOutcome::Accepted => told(None, format!("the host accepts `{user}`")),
        LoginOutcome::Refused(status)
            if is_of(*status, Cause::DomainTrust) || is_of(*status, Cause::TimeSkew) =>
        {
            Ok(Answer::Beside)
        }
        LoginOutcome::Refused(status) => told(
            Some(format!(
                "the host refused `{user}` with {}",
                code::named(Table::NtStatus, *status)
            )),
            "",
        ),
        LoginOutcome::NotAuthorized => told(
            Some(format!("`{user}` is known, but may not use Remote Desktop")),
            "",
        ),
        LoginOutcome::Closed => Err(unseen(format!(
            "the host ended the sign-in of `{user}` without a reason"
        ))),
        LoginOutcome::NotOffered => Err(unseen(
            "the host does not do NLA, so no account can be tried without a session",
        )),
        LoginOutcome::Failed(why) => Err(unseen(format!("`{user}` could not be tried: {why}"))),
    }
}

/// The status of a refused sign-in, when it is one of this cause.
fn login_status(case: &Case<'_>, of: Cause, otherwise: &str) -> Looked {
    let Some(login) = &outside(case)?.login else {
        return Ok(Answer::Beside);
    };
    match &login.outcome {
        LoginOutcome::Refused(status) if is_of(*status, of) => told(
            Some(format!(
                "signing in `{}` failed with {}",
                login.user,
                code::named(Table::NtStatus, *status)
            )),
            "",
        ),
        LoginOutcome::Accepted
        | LoginOutcome::Refused(_)
        | LoginOutcome::Closed
        | LoginOutcome::NotAuthorized
        | LoginOutcome::NotOffered
        | LoginOutcome::Failed(_) => told(None, otherwise),
    }
}

/// Every NTSTATUS of failure among an event's strings.
fn statuses(event: &LogEvent) -> Vec<u32> {
    event
        .strings
        .iter()
        .filter_map(|text| {
            let digits = text.trim().to_lowercase();
            u32::from_str_radix(digits.strip_prefix("0x")?, 16).ok()
        })
        .filter(|status| *status >= 0xC000_0000)
        .collect()
}

fn refusal_events(case: &Case<'_>) -> Looked {
    let core = logs::find_before_us(case, logs::CORE, &[140]);
    let security = logs::find_before_us(case, logs::SECURITY, &[4_625]);
    let mut events: Vec<&LogEvent> = Vec::new();
    for found in [&core, &security].into_iter().flatten() {
        events.extend(found);
    }
    events.sort_by_key(|event| (event.at, event.record));
    let Some(said) = logs::said(&events) else {
        core?;
        security?;
        return told(None, "the logs tell of no refused sign-in");
    };
    // The sub-status says more than the status, and stands behind it.
    let status = events.last().and_then(|event| statuses(event).pop());
    let why = status.map_or_else(String::new, |status| {
        format!(", status {}", code::named(Table::NtStatus, status))
    });
    told(Some(format!("{said}{why}")), "")
}

fn domain_account_refused(case: &Case<'_>) -> Looked {
    let Some(account) = case.account.filter(|_| case.survey.is_some()) else {
        return Ok(Answer::Beside);
    };
    let ntlm = outside(case)?.ntlm.as_ref();
    let (computer, domain) = (
        ntlm.and_then(|ntlm| ntlm.computer.as_ref()),
        ntlm.and_then(|ntlm| ntlm.domain.as_ref()),
    );
    let of_domain = account.user.split_once('\\').is_some_and(|(prefix, _)| {
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(prefix)) && domain != computer
    });
    match account.welcome {
        Welcome::Refused if of_domain => told(
            Some(format!(
                "the host refused the domain account `{}`",
                account.user
            )),
            "",
        ),
        Welcome::Accepted if of_domain => told(
            None,
            format!("the host accepts the domain account `{}`", account.user),
        ),
        Welcome::Refused | Welcome::Accepted | Welcome::Unasked => Ok(Answer::Beside),
    }
}

/// The domain, as either side tells it.
fn in_domain(case: &Case<'_>) -> Result<Option<String>, Unseen> {
    let told = inside(case).and_then(|_| part(case, "the domain", |inside| &inside.system));
    match told {
        Ok(system) => Ok(system.domain.clone()),
        Err(missing) => {
            let ntlm = outside(case).ok().and_then(|survey| survey.ntlm.as_ref());
            let Some(ntlm) = ntlm else {
                return Err(missing);
            };
            // In a workgroup the computer is its own domain.
            Ok(ntlm
                .domain
                .clone()
                .filter(|domain| Some(domain) != ntlm.computer.as_ref()))
        }
    }
}

/// Host minus us, seconds: its own word when it gave one, else what it said at the start of NTLM.
fn skew(case: &Case<'_>) -> Result<i64, Unseen> {
    let told = part(case, "the host's clock", |inside| &inside.system);
    let shown = || {
        let survey = outside(case).ok()?;
        survey.ntlm.as_ref()?.skew_seconds
    };
    match told {
        Ok(system) => Ok(system.skew_seconds),
        Err(missing) => shown().ok_or(missing),
    }
}

/// `2 hours`, `40 days`, `7 minutes`.
fn span(seconds: i64) -> String {
    let (number, unit) = match seconds {
        0..=7_199 => (seconds / 60, "minutes"),
        7_200..=172_799 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_told_in_fitting_units() {
        assert_eq!(span(420), "7 minutes");
        assert_eq!(span(7_200), "2 hours");
        assert_eq!(span(40 * 86_400), "40 days");
    }
}
