//! Which chains are trusted, and what is told of those that are not.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::SanType;
use rdpfix::lab::listener::Negotiation;
use rdpfix::lab::listener::ServedCertificate;
use rdpfix::probe::surveyor::SurveyOptions;
use rdpfix::probe::trust::Roots;
use rdpfix::survey::Distrust;
use rdpfix::survey::Trust;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;

use super::AMPLE;
use super::options;
use super::surveyor;
use super::target;
use crate::rdp::healthy;
use crate::rdp::open;

/// Remote Desktop authentication (windows-facts 2.4).
const REMOTE_DESKTOP: &[u64] = &[1, 3, 6, 1, 4, 1, 311, 54, 1, 2];

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate of `pc-1.example` at 127.0.0.1 that is valid in these years.
fn leaf(from: i32, until: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["pc-1.example".to_owned()]).unwrap();
    params
        .subject_alt_names
        .push(SanType::IpAddress("127.0.0.1".parse().unwrap()));
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn signed(params: &CertificateParams, issuer: &Authority) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    params.signed_by(&key, issuer).unwrap().der().clone()
}

fn judged(roots: &[&CertificateDer<'static>], chain: &[CertificateDer<'_>], name: &str) -> Trust {
    let mut trusted = Roots::default();
    for root in roots {
        trusted.add((*root).clone());
    }
    let now = "2026-06-15T12:00:00Z".parse().unwrap();
    trusted
        .judge(&ring::default_provider(), chain, name, now)
        .unwrap()
}

fn told(trust: &Trust) -> String {
    match trust {
        Trust::Trusted => "trusted".to_owned(),
        Trust::Untrusted(Distrust::Other(why)) => why.clone(),
        Trust::Untrusted(distrust) => format!("{distrust:?}"),
    }
}

#[test]
fn the_most_telling_reason_is_told() {
    let issuer = authority("the authority");
    let valid = leaf(2025, 2027);
    let expired = leaf(2024, 2026);
    let mut of_clients = leaf(2025, 2027);
    of_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut of_desktops = leaf(2025, 2027);
    of_desktops.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(REMOTE_DESKTOP.to_vec())];
    let mut of_anything = leaf(2025, 2027);
    of_anything.extended_key_usages = Vec::new();
    let mut common_name = CertificateParams::default();
    common_name.not_before = rcgen::date_time_ymd(2025, 1, 1);
    common_name
        .distinguished_name
        .push(DnType::CommonName, "PC-1.example");
    for (params, name, known, unknown) in [
        (&valid, "pc-1.example", "trusted", "UnknownIssuer"),
        (&valid, "PC-1.Example", "trusted", "UnknownIssuer"),
        (&valid, "127.0.0.1", "trusted", "UnknownIssuer"),
        (&valid, "127.0.0.2", "Name", "UnknownIssuer"),
        (&valid, "pc-1", "Name", "UnknownIssuer"),
        (&valid, "not a name", "Name", "UnknownIssuer"),
        (&expired, "pc-1.example", "Dates", "UnknownIssuer"),
        (&expired, "pc-2.example", "Dates", "UnknownIssuer"),
        (&leaf(2027, 2028), "pc-1.example", "Dates", "UnknownIssuer"),
        (&of_clients, "pc-1.example", "Usage", "UnknownIssuer"),
        (&of_clients, "pc-2.example", "Name", "UnknownIssuer"),
        (&of_desktops, "pc-1.example", "trusted", "UnknownIssuer"),
        (&of_anything, "pc-1.example", "trusted", "UnknownIssuer"),
        (&common_name, "pc-1.EXAMPLE", "trusted", "UnknownIssuer"),
        (&common_name, "pc-2.example", "Name", "UnknownIssuer"),
    ] {
        let chain = [signed(params, &issuer)];
        let trust = judged(&[issuer.der()], &chain, name);
        assert_eq!(told(&trust), known, "{name} {:?}", params.not_before);
        let trust = judged(&[], &chain, name);
        assert_eq!(told(&trust), unknown, "{name} {:?}", params.not_before);
    }
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_not_the_issuer() {
    let chain = [signed(&leaf(2025, 2027), &authority("the authority"))];
    let other = authority("the authority");
    let trust = judged(&[other.der()], &chain, "pc-1.example");
    assert_eq!(told(&trust), "UnknownIssuer");
}

#[test]
fn certificates_between_are_taken_from_the_chain() {
    let root = authority("the root");
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "between");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    let expired =
        CertifiedIssuer::signed_by(params.clone(), KeyPair::generate().unwrap(), &root).unwrap();
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    let between = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root).unwrap();
    for (issuer, is_shown, expected) in [
        (&between, true, "trusted"),
        (&between, false, "UnknownIssuer"),
        (&expired, true, "Dates"),
    ] {
        let mut chain = vec![signed(&leaf(2025, 2027), issuer)];
        if is_shown {
            chain.push(issuer.der().clone());
        }
        let trust = judged(&[root.der()], &chain, "pc-1.example");
        assert_eq!(told(&trust), expected);
    }
}

#[test]
fn a_certificate_that_signed_itself_is_trusted_only_when_it_is_a_root() {
    let own = |params: CertificateParams| {
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    };
    let mut as_authority = leaf(2025, 2027);
    as_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (params, name, known) in [
        (leaf(2025, 2027), "pc-1.example", "trusted"),
        (leaf(2025, 2027), "pc-2.example", "Name"),
        (leaf(2024, 2026), "pc-1.example", "Dates"),
        (as_authority, "pc-1.example", "trusted"),
    ] {
        let chain = [own(params)];
        assert_eq!(told(&judged(&[&chain[0]], &chain, name)), known);
        assert_eq!(told(&judged(&[], &chain, name)), "SelfSigned");
    }
}

#[test]
fn what_cannot_be_judged_is_told_in_words() {
    let chain = [CertificateDer::from(b"no certificate".to_vec())];
    let trust = judged(&[], &chain, "pc-1.example");
    assert!(
        told(&trust).starts_with("not an X.509 certificate"),
        "{trust:?}"
    );
    assert_eq!(
        Roots::default().judge(
            &ring::default_provider(),
            &[],
            "pc-1.example",
            jiff::Timestamp::UNIX_EPOCH
        ),
        None
    );
}

#[tokio::test]
async fn a_survey_trusts_the_roots_that_it_was_given() {
    let issuer = authority("the authority");
    let key = KeyPair::generate().unwrap();
    let certificate = leaf(2025, 2027).signed_by(&key, &issuer).unwrap();
    let negotiation = Negotiation {
        certificate: Some(
            ServedCertificate {
                certificate: certificate.der().to_vec(),
                key: key.serialize_der(),
            }
            .into(),
        ),
        ..healthy()
    };
    let address = open(negotiation).await;
    for (roots, expected) in [
        (vec![issuer.der().clone()], Trust::Trusted),
        (Vec::new(), Trust::Untrusted(Distrust::UnknownIssuer)),
    ] {
        let options = SurveyOptions {
            roots,
            ..options(AMPLE)
        };
        let survey = surveyor(options).survey(&target(address)).await;
        assert_eq!(survey.tls.unwrap().trust, Some(expected));
    }
}
