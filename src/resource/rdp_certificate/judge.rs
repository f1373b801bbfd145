//! Whether a certificate will do; pure, with the host's clock as an argument.

use std::fmt;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::certificate::Certificate;
use crate::resource::rdp_certificate::Held;
use crate::resource::rdp_certificate::Host;
use crate::resource::rdp_certificate::Naming;
use crate::resource::rdp_certificate::Own;
use crate::resource::rdp_certificate::RdpCertificate;

/// Usages of which one must be there, unless no usage is stated at all (windows-facts 2.4): server authentication,
/// Remote Desktop authentication, any.
const USAGES: [&str; 3] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.54.1.2", "2.5.29.37.0"];

/// Why a certificate will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    Gone,
    Unreadable,
    /// `SelfSignedCertStore` is not set.
    StoreUnnamed,
    Expired(Timestamp),
    /// Not valid before the first by the host's clock, which shows the second.
    Early(Timestamp, Timestamp),
    /// So many days are left.
    Expiring(i64),
    ShortKey(u32),
    OtherName(String),
    WrongUsage,
    NoKey,
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => formatter.write_str("missing"),
            Self::Unreadable => formatter.write_str("unreadable"),
            Self::StoreUnnamed => formatter.write_str("SelfSignedCertStore is not set"),
            Self::Expired(end) => write!(formatter, "expired on {}", day(*end)),
            Self::Early(begin, now) => write!(
                formatter,
                "not valid before {} (the host's clock shows {})",
                day(*begin),
                day(*now)
            ),
            Self::Expiring(1) => formatter.write_str("1 day left"),
            Self::Expiring(days) => write!(formatter, "{days} days left"),
            Self::ShortKey(bits) => write!(formatter, "key of {bits} bits"),
            Self::OtherName(name) => write!(formatter, "names `{name}`"),
            Self::WrongUsage => formatter.write_str("not for servers"),
            Self::NoKey => formatter.write_str("without a private key"),
        }
    }
}

impl Flaw {
    /// Whether nobody can be served with such a certificate, whatever it says.
    fn is_loss(&self) -> bool {
        match self {
            Self::Gone | Self::Unreadable | Self::NoKey => true,
            Self::StoreUnnamed
            | Self::Expired(_)
            | Self::Early(..)
            | Self::Expiring(_)
            | Self::ShortKey(_)
            | Self::OtherName(_)
            | Self::WrongUsage => false,
        }
    }
}

/// Whether there is nothing left to lose with a certificate of these flaws.
pub(super) fn is_lost(flaws: &[Flaw]) -> bool {
    flaws.iter().any(Flaw::is_loss)
}

fn day(moment: Timestamp) -> String {
    moment
        .to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d")
        .to_string()
}

/// Flaws in one line.
pub(super) fn told(flaws: &[Flaw]) -> String {
    let flaws: Vec<String> = flaws.iter().map(Flaw::to_string).collect();
    flaws.join(", ")
}

/// What is wrong with the host's own certificate.
pub(super) fn own_flaws(wanted: &RdpCertificate, own: &Own, host: &Host) -> Vec<Flaw> {
    let unnamed = own.store.is_none().then_some(Flaw::StoreUnnamed);
    let flaws = match &own.held {
        Held::Gone => vec![Flaw::Gone],
        Held::Unreadable => vec![Flaw::Unreadable],
        Held::Stored(stored) => flaws(wanted, &stored.certificate, host),
    };
    unnamed.into_iter().chain(flaws).collect()
}

/// What is wrong with a certificate in the personal store.
pub(super) fn personal_flaws(wanted: &RdpCertificate, held: &Held, host: &Host) -> Vec<Flaw> {
    match held {
        Held::Gone => vec![Flaw::Gone],
        Held::Unreadable => vec![Flaw::Unreadable],
        Held::Stored(stored) => {
            let keyless = stored.key_container.is_none().then_some(Flaw::NoKey);
            flaws(wanted, &stored.certificate, host)
                .into_iter()
                .chain(keyless)
                .collect()
        }
    }
}

fn flaws(wanted: &RdpCertificate, certificate: &Certificate, host: &Host) -> Vec<Flaw> {
    [
        date_flaw(wanted, certificate, host.now),
        (certificate.key_type == "rsa" && certificate.key_bits < wanted.min_key_bits)
            .then_some(Flaw::ShortKey(certificate.key_bits)),
        (wanted.naming == Naming::OfHost && !names(certificate, &host.names))
            .then(|| Flaw::OtherName(certificate.common_name.clone())),
        (!serves(certificate)).then_some(Flaw::WrongUsage),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn date_flaw(wanted: &RdpCertificate, certificate: &Certificate, now: Timestamp) -> Option<Flaw> {
    if certificate.not_after <= now {
        return Some(Flaw::Expired(certificate.not_after));
    }
    if certificate.not_before > now {
        return Some(Flaw::Early(certificate.not_before, now));
    }
    let left = now.duration_until(certificate.not_after);
    let least = SignedDuration::from_hours(24 * i64::from(wanted.min_days_left));
    (left < least).then(|| Flaw::Expiring(left.as_hours() / 24))
}

fn serves(certificate: &Certificate) -> bool {
    certificate.usages.is_empty()
        || certificate
            .usages
            .iter()
            .any(|usage| USAGES.contains(&usage.as_str()))
}

/// Whether every certificate that was seen bears a name that is known so far.
pub(super) fn is_named(host: &Host) -> bool {
    let own = host.own.as_ref().map(|own| &own.held);
    host.personal.iter().chain(own).all(|held| match held {
        Held::Gone | Held::Unreadable => true,
        Held::Stored(stored) => names(&stored.certificate, &host.names),
    })
}

fn names(certificate: &Certificate, host: &[String]) -> bool {
    certificate
        .dns_names
        .iter()
        .chain([&certificate.common_name])
        .map(|name| name.to_lowercase())
        .any(|name| host.iter().any(|known| covers(&name, known)))
}

/// Whether a name, or one with a star for its first label, covers a host's name.
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, of)| of == domain),
        None => name == host,
    }
}

#[cfg(test)]
mod tests {
    use super::Flaw;
    use super::covers;
    use super::told;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("*.corp.example", "host01.corp.example"));
        assert!(!covers("*.corp.example", "a.b.corp.example"));
        assert!(!covers("*.corp.example", "corp.example"));
        assert!(!covers("*.", "host01"));
        assert!(covers("host01", "host01"));
    }

    #[test]
    fn flaws_are_told_in_one_line() {
        let end = "2026-05-01T10:00:00Z".parse().unwrap();
        assert_eq!(
            told(&[Flaw::Expired(end), Flaw::ShortKey(1024), Flaw::Expiring(1)]),
            "expired on 2026-05-01, key of 1024 bits, 1 day left"
        );
    }
}
