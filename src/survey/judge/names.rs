//! `dns-name`: the name leads nowhere, or to a machine that calls itself otherwise.

use jiff::Timestamp;

use crate::finding::Cause;
use crate::finding::Finding;
use crate::finding::Severity;
use crate::proof::Stage;
use crate::survey::NtlmView;
use crate::survey::Survey;
use crate::survey::judge::chain;

/// Judges name lookup, and the names that the host gives itself.
pub(super) fn judge(survey: &Survey, _now: Timestamp, found: &mut Vec<Finding>) {
    found.extend(unresolved(survey));
    found.extend(another_machine(survey));
    found.extend(another_machine_by_address(survey));
}

fn unresolved(survey: &Survey) -> Option<Finding> {
    let name = &survey.name;
    let nothing_tried = survey.tcp.is_empty() && survey.negotiation.is_empty();
    if name.literal || !name.addresses.is_empty() || !nothing_tried {
        return None;
    }
    let asked = if name.asked.is_empty() {
        &survey.host
    } else {
        &name.asked
    };
    let says = match &name.error {
        Some(error) => format!("`{asked}` cannot be resolved: {error}"),
        None if survey.out_of_time == Some(Stage::Resolve) => {
            format!("`{asked}` was not resolved in time")
        }
        None => format!("`{asked}` has no address"),
    };
    let finding = Finding::new(Cause::DnsName, Severity::Error, says).with("asked", asked.as_str());
    let finding = match &name.error {
        Some(error) => finding.with("error", error.as_str()),
        None => finding,
    };
    Some(finding.advise(format!(
        "Check the spelling of `{asked}`, then ask the resolver itself (`nslookup {asked}`): when it knows the name, this \
         machine uses another resolver; when it does not, the record is missing in the zone. To connect by address is a \
         good test meanwhile."
    )))
}

/// The names that the host gives itself at the start of the sign-in, best first.
fn own_names(ntlm: &NtlmView) -> Vec<&str> {
    [&ntlm.dns_computer, &ntlm.computer]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether two names can be one machine's: equal, or one of them without the domain; NetBIOS cuts after 15 characters.
pub(super) fn same_machine(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let cut = |name: &str| name.chars().take(15).collect::<String>();
    let only_one_has_a_domain = one.contains('.') != other.contains('.');
    let neither_has_one = !one.contains('.') && !other.contains('.');
    (only_one_has_a_domain || neither_has_one) && cut(&short(one)) == cut(&short(other))
}

/// The names that speak against the one that was asked for; `None` when one of them agrees, or there are none.
fn others<'a>(asked: &str, names: Vec<&'a str>) -> Option<Vec<&'a str>> {
    let agrees = names.iter().any(|name| same_machine(asked, name));
    (!agrees && !names.is_empty()).then_some(names)
}

/// Loopback is a tunnel or a lab: whoever answers there has another name by nature.
fn is_tunnel(survey: &Survey) -> bool {
    let addresses = &survey.name.addresses;
    !addresses.is_empty() && addresses.iter().all(std::net::IpAddr::is_loopback)
}

/// The host calls itself otherwise, and nothing else knows it by the name that was asked for.
fn another_machine(survey: &Survey) -> Option<Finding> {
    let asked = survey.name.asked.as_str();
    if survey.name.literal || asked.is_empty() || is_tunnel(survey) {
        return None;
    }
    let own = others(asked, own_names(survey.ntlm.as_ref()?))?;
    let leaf = chain::leaf(survey);
    if leaf.is_some_and(|leaf| chain::names(leaf, asked)) {
        // An alias that the certificate knows is meant.
        return None;
    }
    let own_name = own.first().copied().unwrap_or_default();
    let mut finding = Finding::new(
        Cause::DnsName,
        Severity::Warning,
        format!("`{asked}` was asked for, and the machine that answers calls itself `{own_name}`"),
    )
    .with("asked", asked)
    .with("computer", own_name);
    if let Some(leaf) = leaf {
        finding = finding.with("certificate", leaf.names());
    }
    let reverse: Vec<String> = survey
        .name
        .reverse
        .iter()
        .map(|(_, name)| name.clone())
        .collect();
    let reverse_agrees = reverse.iter().any(|name| same_machine(asked, name));
    if !reverse.is_empty() {
        finding = finding.with("reverse", reverse);
    }
    let advice = if reverse_agrees {
        format!(
            "The reverse record agrees with `{asked}`, so this may be an alias that is meant. If it is, give the listener a \
             certificate that bears `{asked}`; if it is not, the address was given to another machine and the record is stale."
        )
    } else {
        format!(
            "Find out whether `{asked}` is an alias of `{own_name}`. If it is not, its record is stale or wrong: correct it \
             where it is kept, then probe again."
        )
    };
    Some(finding.advise(advice))
}

/// Asked by address the inventory's own name is all there is to compare with: worth a word, no more.
fn another_machine_by_address(survey: &Survey) -> Option<Finding> {
    let called = survey.host.as_str();
    let is_full_name = called.contains('.') && called.parse::<std::net::IpAddr>().is_err();
    if !survey.name.literal || !is_full_name || is_tunnel(survey) {
        return None;
    }
    let own = others(called, own_names(survey.ntlm.as_ref()?))?;
    let own_name = own.first().copied().unwrap_or_default();
    Some(
        Finding::new(
            Cause::DnsName,
            Severity::Info,
            format!(
                "the inventory calls the host `{called}`, and at {} it calls itself `{own_name}`",
                survey.name.asked
            ),
        )
        .with("asked", survey.name.asked.as_str())
        .with("called", called)
        .with("computer", own_name)
        .advise("Check the address in the inventory; the host may have been renamed, or the address given to another."),
    )
}

#[cfg(test)]
mod tests {
    use super::same_machine;

    #[test]
    fn names_with_and_without_domain_are_one_machine() {
        for (one, other, same) in [
            ("ts01", "TS01", true),
            ("ts01.corp.example", "TS01", true),
            ("ts01.corp.example.", "ts01.corp.example", true),
            ("ts01.corp.example", "ts01.other.example", false),
            ("terminalserver-berlin", "TERMINALSERVER-", true),
            ("ts01", "TS02", false),
        ] {
            assert_eq!(same_machine(one, other), same, "{one} {other}");
            assert_eq!(same_machine(other, one), same, "{other} {one}");
        }
    }
}
