//! Facts about clocks, builds, CredSSP, sign-ins and gateways.

use rdpfix::survey::Distrust;
use rdpfix::survey::GatewayAnswer;
use rdpfix::survey::GatewayView;
use rdpfix::survey::Login;
use rdpfix::survey::LoginOutcome;
use rdpfix::survey::NtlmView;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::Trust;

use super::fabricate::Short;
use super::fabricate::all;
use super::fabricate::check;
use super::fabricate::findings;
use super::fabricate::gateway;
use super::fabricate::healthy;
use super::fabricate::moment;
use super::fabricate::worse;

fn ntlm(survey: &mut Survey) -> &mut NtlmView {
    survey.ntlm.as_mut().unwrap()
}

#[test]
fn a_clock_that_is_wrong_by_more_than_five_minutes_is_told() {
    check(&[
        (
            "two hours behind in a domain",
            |survey| ntlm(survey).skew_seconds = Some(-7_200),
            &[("time-skew", "error")],
        ),
        (
            "two hours ahead in a workgroup",
            |survey| {
                ntlm(survey).domain = Some("TS01".to_owned());
                ntlm(survey).skew_seconds = Some(7_200);
            },
            &[("time-skew", "warning")],
        ),
        (
            "five minutes",
            |survey| ntlm(survey).skew_seconds = Some(300),
            &[],
        ),
        ("unknown", |survey| ntlm(survey).skew_seconds = None, &[]),
        (
            "impossible, and told all the same",
            |survey| ntlm(survey).skew_seconds = Some(i64::MIN),
            &[("time-skew", "error")],
        ),
    ]);
}

#[test]
fn builds_out_of_support_are_a_warning() {
    check(&[
        (
            "2012 R2",
            |survey| ntlm(survey).version = Some((6, 3, 9600)),
            &[("patch-level", "warning")],
        ),
        (
            "2016",
            |survey| ntlm(survey).version = Some((10, 0, 14393)),
            &[],
        ),
        (
            "one of the future",
            |survey| ntlm(survey).version = Some((10, 0, 60_000)),
            &[],
        ),
        ("none", |survey| ntlm(survey).version = None, &[]),
    ]);
}

#[test]
fn a_host_without_the_update_of_2018_is_told_by_its_credssp_version() {
    for (version, expected) in [
        (Some(2), true),
        (Some(3), true),
        (Some(4), true),
        (Some(5), false),
        (Some(6), false),
        (None, false),
    ] {
        let mut survey = healthy();
        ntlm(&mut survey).credssp_version = version;
        let expected: &[Short] = if expected {
            &[("credssp-oracle", "warning"), ("patch-level", "warning")]
        } else {
            &[]
        };
        assert_eq!(worse(&survey), expected, "{version:?}");
    }
}

fn signed_in(outcome: LoginOutcome) -> Survey {
    Survey {
        login: Some(Login {
            user: r"CORP\ann".to_owned(),
            outcome,
        }),
        ..healthy()
    }
}

#[test]
fn a_refused_sign_in_is_told_with_its_status() {
    for (outcome, expected) in [
        (LoginOutcome::Accepted, None),
        (
            LoginOutcome::Refused(0xC000_006D),
            Some(("credentials-rejected", "error")),
        ),
        (
            LoginOutcome::Refused(0xC000_0234),
            Some(("credentials-rejected", "error")),
        ),
        (
            LoginOutcome::Refused(0xC000_DEAD),
            Some(("credentials-rejected", "error")),
        ),
        (
            LoginOutcome::Refused(0xC000_018D),
            Some(("domain-trust", "error")),
        ),
        (
            LoginOutcome::Refused(0xC000_005E),
            Some(("domain-trust", "error")),
        ),
        (
            LoginOutcome::Refused(0xC000_0133),
            Some(("time-skew", "error")),
        ),
        (
            LoginOutcome::NotAuthorized,
            Some(("credentials-rejected", "error")),
        ),
        (
            LoginOutcome::Closed,
            Some(("credentials-rejected", "error")),
        ),
        (
            LoginOutcome::Failed("the deadline".to_owned()),
            Some(("credentials-rejected", "warning")),
        ),
    ] {
        let expected: Vec<Short> = expected.into_iter().collect();
        assert_eq!(worse(&signed_in(outcome.clone())), expected, "{outcome:?}");
    }
    let untried = signed_in(LoginOutcome::NotOffered);
    assert_eq!(worse(&untried), []);
    assert!(all(&untried).contains(&("credentials-rejected", "info")));
}

#[test]
fn a_locked_account_is_not_told_to_try_again() {
    let found = findings(&signed_in(LoginOutcome::Refused(0xC000_0234)));
    let one = &found[0];
    assert!(
        one.says
            .starts_with(r"the host refuses `CORP\ann` with 0xC0000234"),
        "{}",
        one.says
    );
    assert!(
        one.says.ends_with("the account is locked out"),
        "{}",
        one.says
    );
    assert!(one.advice.contains("4740"), "{}", one.advice);
}

/// Something to change in a healthy gateway.
type Change = fn(&mut GatewayView);

/// What a change of a healthy gateway leads to.
#[track_caller]
fn check_gateway(cases: &[(&str, Change, &[Short])]) {
    for (name, change, expected) in cases {
        let mut survey = healthy();
        let mut view = gateway();
        change(&mut view);
        survey.gateway = Some(view);
        assert_eq!(
            worse(&survey),
            *expected,
            "{name}: {:#?}",
            findings(&survey)
        );
    }
}

fn other(status: u16) -> GatewayAnswer {
    GatewayAnswer::Other {
        status,
        server: Some("nginx".to_owned()),
    }
}

#[test]
fn a_gateways_certificate_has_to_be_trusted() {
    check_gateway(&[
        ("as it should be", |_| {}, &[]),
        (
            "self-signed, other than with a host",
            |view| view.trust = Some(Trust::Untrusted(Distrust::SelfSigned)),
            &[("gateway-certificate", "error")],
        ),
        (
            "another name",
            |view| view.trust = Some(Trust::Untrusted(Distrust::Name)),
            &[("gateway-certificate", "error")],
        ),
        (
            "past",
            |view| view.chain[0].not_after = moment("2026-11-01T00:00:00Z"),
            &[("gateway-certificate", "error")],
        ),
        (
            "a week left",
            |view| view.chain[0].not_after = moment("2026-11-28T13:00:00Z"),
            &[("gateway-certificate", "warning")],
        ),
        (
            "no TLS",
            |view| {
                view.tls_failure = Some(TlsFailure::Closed);
                view.chain.clear();
                view.http = None;
                view.rpc = None;
            },
            &[("gateway-certificate", "error")],
        ),
    ]);
}

#[test]
fn a_gateway_answers_with_401_or_is_told() {
    check_gateway(&[
        (
            "nobody listens",
            |view| {
                view.tcp = Some(Tcp::Refused);
                view.http = None;
            },
            &[("gateway-http", "error")],
        ),
        (
            "the pool is down",
            |view| {
                view.http = Some(other(503));
                view.rpc = Some(other(503));
            },
            &[("gateway-http", "error")],
        ),
        (
            "only the old transport",
            |view| view.http = Some(other(404)),
            &[("gateway-http", "warning")],
        ),
        (
            "not HTTP",
            |view| {
                view.http = Some(GatewayAnswer::Broken("closed".to_owned()));
                view.rpc = None;
            },
            &[("gateway-http", "error")],
        ),
        (
            "only passwords in the clear",
            |view| {
                view.http = Some(GatewayAnswer::Healthy {
                    schemes: vec!["Basic".to_owned()],
                });
            },
            &[("gateway-http", "error")],
        ),
        (
            "the old transport is off",
            |view| view.rpc = Some(other(404)),
            &[],
        ),
    ]);
}
