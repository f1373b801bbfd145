//! Facts about certificates: dates against clocks, names, keys, trust.

use rdpfix::survey::Distrust;
use rdpfix::survey::Survey;
use rdpfix::survey::TlsView;
use rdpfix::survey::Trust;

use super::fabricate::check;
use super::fabricate::findings;
use super::fabricate::healthy;
use super::fabricate::issued;
use super::fabricate::leaf;
use super::fabricate::moment;

fn says(change: fn(&mut Survey), id: &str) -> String {
    let mut survey = healthy();
    change(&mut survey);
    let found = findings(&survey);
    let one = found.iter().find(|finding| finding.cause.id() == id);
    one.unwrap_or_else(|| panic!("no {id} in {found:?}"))
        .says
        .clone()
}

fn skew(survey: &mut Survey, seconds: i64) {
    survey.ntlm.as_mut().unwrap().skew_seconds = Some(seconds);
}

fn expire(survey: &mut Survey) {
    leaf(survey).not_after = moment("2026-11-11T00:00:00Z");
}

/// Bound from an authority that is trusted here.
fn bind(survey: &mut Survey) {
    let tls = survey.tls.as_mut().unwrap();
    tls.chain = issued();
    tls.trust = Some(Trust::Trusted);
}

fn distrust(survey: &mut Survey, reason: Distrust) {
    survey.tls.as_mut().unwrap().trust = Some(Trust::Untrusted(reason));
}

#[test]
fn dates_are_judged_by_a_clock_that_was_compared() {
    check(&[
        ("past", expire, &[("cert-expired", "error")]),
        (
            "not yet",
            |survey| leaf(survey).not_before = moment("2026-12-01T00:00:00Z"),
            &[("cert-expired", "error")],
        ),
        (
            "nine days left",
            |survey| leaf(survey).not_after = moment("2026-11-30T13:00:00Z"),
            &[("cert-expired", "warning")],
        ),
        (
            "fourteen days left",
            |survey| leaf(survey).not_after = moment("2026-12-05T13:00:00Z"),
            &[],
        ),
        (
            "past, and the host's clock agrees although it is wrong",
            |survey| {
                expire(survey);
                skew(survey, -7_200);
            },
            &[("cert-expired", "error"), ("time-skew", "error")],
        ),
        (
            "past by our clock only",
            |survey| {
                expire(survey);
                skew(survey, -30 * 86_400);
            },
            &[("time-skew", "error"), ("cert-expired", "warning")],
        ),
        (
            "a few seconds are no reason for doubt",
            |survey| {
                expire(survey);
                skew(survey, -290);
            },
            &[("cert-expired", "error")],
        ),
        (
            "past by the host's clock only",
            |survey| skew(survey, 300 * 86_400),
            &[("time-skew", "error")],
        ),
        (
            "an authority in the chain is past",
            |survey| {
                bind(survey);
                let tls = survey.tls.as_mut().unwrap();
                tls.chain[1].not_after = moment("2026-01-01T00:00:00Z");
                distrust(survey, Distrust::Dates);
            },
            &[("cert-expired", "warning")],
        ),
    ]);
}

#[test]
fn what_is_said_of_dates_names_the_clocks() {
    insta::assert_snapshot!(says(expire, "cert-expired"), @"the certificate `CN=ts01.corp.example` expired on 2026-11-11");
    insta::assert_snapshot!(says(|survey| { expire(survey); skew(survey, -30 * 86_400); }, "cert-expired"), @"the certificate `CN=ts01.corp.example` expired on 2026-11-11, but only by our clock: the host's is 30 days behind ours, and by it the certificate is valid");
    insta::assert_snapshot!(says(|survey| { expire(survey); skew(survey, 7_500); }, "cert-expired"), @"the certificate `CN=ts01.corp.example` expired on 2026-11-11, by our clock and by the host's, which is 2 h 5 min ahead of ours");
    insta::assert_snapshot!(says(|survey| leaf(survey).not_after = moment("2026-11-30T13:00:00Z"), "cert-expired"), @"the certificate `CN=ts01.corp.example` expires in 9 days");
}

#[test]
fn a_self_signed_certificate_is_no_error() {
    check(&[
        ("as Windows makes it", |_| {}, &[]),
        ("bound from a trusted authority", bind, &[]),
        (
            "self-signed and asked for by the short name",
            |survey| survey.name.asked = "ts01".to_owned(),
            &[],
        ),
        (
            "asked for by address, which no certificate bears",
            |survey| {
                survey.name.literal = true;
                survey.name.asked = "10.0.0.21".to_owned();
                distrust(survey, Distrust::Name);
            },
            &[],
        ),
    ]);
}

#[test]
fn names_that_do_not_fit_are_a_warning() {
    check(&[
        (
            "made before the host was renamed",
            |survey| {
                leaf(survey).common_name = "WIN-7Q2M0PD5K1C".to_owned();
                survey.name.literal = true;
                survey.name.asked = "10.0.0.21".to_owned();
            },
            &[("cert-weak", "warning")],
        ),
        (
            "of an authority, for another name of the host",
            |survey| {
                bind(survey);
                survey.name.asked = "rdp.corp.example".to_owned();
                survey.ntlm = None;
            },
            &[("cert-weak", "warning")],
        ),
        (
            "of an authority, for every name of the zone",
            |survey| {
                bind(survey);
                leaf(survey).common_name = "terminals".to_owned();
                leaf(survey).dns_names = vec!["*.corp.example".to_owned()];
            },
            &[],
        ),
    ]);
}

#[test]
fn keys_signatures_and_usages_are_judged() {
    check(&[
        (
            "SHA-1",
            |survey| leaf(survey).signature = "sha1WithRSAEncryption".to_owned(),
            &[("cert-weak", "warning")],
        ),
        (
            "MD5",
            |survey| leaf(survey).signature = "md5WithRSAEncryption".to_owned(),
            &[("cert-weak", "error")],
        ),
        (
            "1,024 bits",
            |survey| leaf(survey).key_bits = 1024,
            &[("cert-weak", "warning")],
        ),
        (
            "512 bits",
            |survey| leaf(survey).key_bits = 512,
            &[("cert-weak", "error")],
        ),
        (
            "256 bits on an elliptic curve",
            |survey| {
                leaf(survey).key_bits = 256;
                leaf(survey).key_type = "ec".to_owned();
            },
            &[],
        ),
        (
            "for clients only",
            |survey| leaf(survey).usages = vec!["1.3.6.1.5.5.7.3.2".to_owned()],
            &[("cert-weak", "warning")],
        ),
        (
            "for Remote Desktop only, which the web's rules do not know",
            |survey| {
                leaf(survey).usages = vec!["1.3.6.1.4.1.311.54.1.2".to_owned()];
                distrust(survey, Distrust::Usage);
            },
            &[],
        ),
        ("for anything", |survey| leaf(survey).usages.clear(), &[]),
    ]);
}

#[test]
fn an_unknown_issuer_is_a_warning_and_an_unreadable_certificate_an_error() {
    check(&[
        (
            "unknown issuer",
            |survey| {
                bind(survey);
                distrust(survey, Distrust::UnknownIssuer);
            },
            &[("cert-weak", "warning")],
        ),
        (
            "revoked",
            |survey| {
                bind(survey);
                distrust(survey, Distrust::Other("revoked".to_owned()));
            },
            &[("cert-weak", "warning")],
        ),
        (
            "unreadable",
            |survey| {
                survey.tls = Some(TlsView {
                    chain: Vec::new(),
                    unreadable: Some("not an X.509 certificate".to_owned()),
                    ..survey.tls.take().unwrap()
                });
            },
            &[("cert-weak", "error")],
        ),
    ]);
}
