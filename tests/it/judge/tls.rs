//! Facts about versions of TLS and how it ends.

use rdpfix::survey::Survey;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::TlsVersion;
use rdpfix::survey::TlsView;
use rdpfix::survey::VersionReply;

use super::fabricate::Short;
use super::fabricate::check;
use super::fabricate::findings;
use super::fabricate::healthy;
use super::fabricate::worse;

const VERSIONS: [TlsVersion; 4] = [
    TlsVersion::TLS_1_0,
    TlsVersion::TLS_1_1,
    TlsVersion::TLS_1_2,
    TlsVersion::TLS_1_3,
];

/// A visit in which every version ended like this.
fn ended(failure: &TlsFailure) -> Survey {
    Survey {
        tls: Some(TlsView {
            versions: VERSIONS
                .iter()
                .map(|version| (*version, VersionReply::Refused(failure.clone())))
                .collect(),
            failure: Some(failure.clone()),
            ..TlsView::default()
        }),
        sizes: None,
        ..healthy()
    }
}

fn tls(survey: &mut Survey) -> &mut TlsView {
    survey.tls.as_mut().unwrap()
}

fn accept(survey: &mut Survey, version: TlsVersion, cipher: &str) {
    for (known, reply) in &mut tls(survey).versions {
        if *known == version {
            *reply = VersionReply::Accepted(cipher.to_owned());
        }
    }
}

fn refuse_new(survey: &mut Survey) {
    for (version, reply) in &mut tls(survey).versions {
        if *version >= TlsVersion::TLS_1_2 {
            *reply = VersionReply::Refused(TlsFailure::Alert(70));
        }
    }
}

#[test]
fn old_versions_are_a_warning_beside_new_ones_and_an_error_alone() {
    check(&[
        (
            "TLS 1.0 too",
            |survey| accept(survey, TlsVersion::TLS_1_0, "TLS_RSA_WITH_AES_128_CBC_SHA"),
            &[("tls-mismatch", "warning")],
        ),
        (
            "TLS 1.0 only",
            |survey| {
                refuse_new(survey);
                accept(survey, TlsVersion::TLS_1_0, "TLS_RSA_WITH_AES_128_CBC_SHA");
                tls(survey).picked = None;
                tls(survey).failure = Some(TlsFailure::Alert(40));
            },
            &[("tls-mismatch", "error")],
        ),
        (
            "no TLS 1.3",
            |survey| {
                tls(survey).versions.pop();
            },
            &[],
        ),
        (
            "a cipher of the last century",
            |survey| accept(survey, TlsVersion::TLS_1_2, "TLS_RSA_WITH_RC4_128_SHA"),
            &[("tls-mismatch", "warning")],
        ),
        (
            "versions were not tried one by one",
            |survey| tls(survey).versions.clear(),
            &[],
        ),
    ]);
}

#[test]
fn the_way_in_which_tls_ends_tells_the_cause() {
    let cases: [(TlsFailure, Short); 7] = [
        (TlsFailure::Closed, ("machine-keys", "error")),
        (TlsFailure::Alert(80), ("machine-keys", "error")),
        (TlsFailure::Alert(40), ("tls-mismatch", "error")),
        (TlsFailure::Alert(70), ("tls-mismatch", "error")),
        (TlsFailure::Alert(71), ("tls-mismatch", "error")),
        (
            TlsFailure::Broken("HTTP".to_owned()),
            ("tls-mismatch", "error"),
        ),
        (TlsFailure::Stalled { received: 5 }, ("path-mtu", "error")),
    ];
    for (failure, expected) in cases {
        let survey = ended(&failure);
        assert_eq!(worse(&survey), [expected], "{failure:?}");
        let mut one_by_one = survey;
        tls(&mut one_by_one).failure = None;
        assert_eq!(worse(&one_by_one), [expected], "{failure:?} one by one");
    }
}

#[test]
fn an_alert_is_told_with_its_number() {
    let found = findings(&ended(&TlsFailure::Alert(70)));
    assert!(
        found[0].says.starts_with("the host ends TLS with alert 70"),
        "{found:?}"
    );
    assert!(
        found[0]
            .says
            .ends_with(": it has no TLS version in common with clients"),
        "{found:?}"
    );
}

#[test]
fn a_host_that_fails_when_all_is_offered_is_told() {
    check(&[
        (
            "closed",
            |survey| {
                tls(survey).picked = None;
                tls(survey).failure = Some(TlsFailure::Closed);
            },
            &[("tls-mismatch", "error")],
        ),
        (
            "stalled, which is the path's",
            |survey| {
                tls(survey).picked = None;
                tls(survey).failure = Some(TlsFailure::Stalled { received: 0 });
            },
            &[("path-mtu", "error")],
        ),
        (
            "no certificate came",
            |survey| tls(survey).chain.clear(),
            &[("cert-missing", "error")],
        ),
    ]);
}

#[test]
fn what_was_not_tried_is_no_evidence() {
    let mut survey = healthy();
    survey.tls = Some(TlsView {
        versions: VERSIONS
            .map(|version| (version, VersionReply::Untried))
            .to_vec(),
        ..TlsView::default()
    });
    assert_eq!(worse(&survey), []);
    survey.tls = None;
    assert_eq!(worse(&survey), []);
}
