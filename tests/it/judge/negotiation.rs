//! Facts about what hosts take and refuse.

use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::survey::Reply;

use super::fabricate::all;
use super::fabricate::answer;
use super::fabricate::answered;
use super::fabricate::check;
use super::fabricate::findings;
use super::fabricate::healthy;
use super::fabricate::refused;
use super::fabricate::selected;
use super::fabricate::without_nla_enforced;
use super::fabricate::worse;

#[test]
fn nla_that_is_not_required_is_a_warning() {
    check(&[
        (
            "TLS alone is taken",
            without_nla_enforced,
            &[("nla-mismatch", "warning")],
        ),
        (
            "TLS is all there is",
            |survey| {
                without_nla_enforced(survey);
                for name in ["nla", "hybrid_ex"] {
                    answer(survey, name, &selected(Protocols::SSL));
                }
            },
            &[("nla-mismatch", "warning")],
        ),
        (
            "whether less is taken is not known",
            |survey| answer(survey, "tls", &Reply::Closed),
            &[],
        ),
    ]);
}

#[test]
fn code_5_is_information_and_says_that_nla_is_required() {
    let found = findings(&healthy());
    let nla = found.iter().find(|one| one.cause.id() == "nla-mismatch");
    let says = &nla.expect("a word about NLA").says;
    insta::assert_snapshot!(says, @"NLA is required, as it should be: clients without it are refused with code 5");
}

#[test]
fn classic_security_is_a_warning_beside_tls_and_an_error_without() {
    check(&[(
        "both",
        |survey| {
            without_nla_enforced(survey);
            answer(survey, "rdp", &selected(Protocols::RDP));
        },
        &[
            ("nla-mismatch", "warning"),
            ("security-layer-mismatch", "warning"),
        ],
    )]);
    for (name, replies) in [
        (
            "code 2",
            vec![
                ("rdp", selected(Protocols::RDP)),
                ("tls", refused(2)),
                ("nla", refused(2)),
                ("hybrid_ex", refused(2)),
            ],
        ),
        (
            "downgraded",
            vec![
                ("rdp", Reply::Bare),
                ("tls", Reply::Bare),
                ("nla", selected(Protocols::RDP)),
            ],
        ),
        ("code 6", vec![("tls", refused(6)), ("nla", refused(6))]),
        (
            "a code of the future",
            vec![("tls", refused(9)), ("nla", refused(9))],
        ),
        (
            "contradictory",
            vec![("tls", refused(5)), ("nla", refused(4))],
        ),
    ] {
        let found = worse(&answered(&replies));
        assert_eq!(found, [("security-layer-mismatch", "error")], "{name}");
    }
}

#[test]
fn a_host_that_refuses_nla_for_lack_of_nla_contradicts_itself() {
    let survey = answered(&[("tls", refused(5)), ("nla", refused(5))]);
    assert_eq!(worse(&survey), [("nla-mismatch", "error")]);
}

#[test]
fn code_3_is_a_missing_certificate_and_nothing_else() {
    let survey = answered(&[
        ("rdp", refused(1)),
        ("tls", refused(3)),
        ("nla", refused(3)),
        ("hybrid_ex", refused(3)),
    ]);
    assert_eq!(worse(&survey), [("cert-missing", "error")]);
    let demanding = answered(&[("tls", refused(5)), ("nla", refused(3))]);
    assert_eq!(worse(&demanding), [("cert-missing", "error")]);
}

#[test]
fn refusals_of_rare_protocols_say_nothing() {
    check(&[(
        "RDSTLS and Entra are closed, refused, unknown",
        |survey| {
            answer(survey, "rdstls", &Reply::Closed);
            answer(survey, "aad", &refused(4));
        },
        &[],
    )]);
}

#[test]
fn restricted_admin_is_told_by_the_absence_of_its_flag() {
    let told = |flags| {
        let mut survey = healthy();
        for (name, protocol) in [
            ("nla", Protocols::HYBRID),
            ("hybrid_ex", Protocols::HYBRID_EX),
        ] {
            answer(
                &mut survey,
                name,
                &Reply::Selected {
                    protocol,
                    flags: ResponseFlags(flags),
                },
            );
        }
        assert_eq!(worse(&survey), []);
        all(&survey).contains(&("restricted-admin", "info"))
    };
    assert!(told(0x07));
    assert!(!told(0x0F), "the flag does not say that it is allowed");
    assert!(!told(0x1F));
}
