//! Facts about advice: what the catalogue of causes calls harmful is advised nowhere.

use rdpfix::finding::Cause;
use rdpfix::survey::LoginOutcome;
use rdpfix::survey::Reply;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::TlsView;

use super::fabricate::answered;
use super::fabricate::findings;
use super::fabricate::gateway;
use super::fabricate::healthy;
use super::fabricate::leaf;
use super::fabricate::moment;
use super::fabricate::refused;
use super::fabricate::unopened;
use super::fabricate::without_nla_enforced;

/// Words of harmful advice (causes.md, windows-facts 13), each with a sentence that must be caught by them.
const FORBIDDEN: [(&str, &str); 15] = [
    ("rename ", "Rename the MachineKeys folder."),
    ("move the folder", "Move the folder aside."),
    ("delete the folder", "Delete the folder MachineKeys."),
    ("disable nla", "Disable NLA."),
    (
        "disable network level",
        "Disable Network Level Authentication.",
    ),
    ("nla off", "Switch NLA off."),
    ("nla: not_required", "Set `nla: not_required`."),
    ("vulnerable", "Set AllowEncryptionOracle to Vulnerable."),
    ("allowencryptionoracle", "Set AllowEncryptionOracle to 2."),
    ("enablecredsspsupport", "Add enablecredsspsupport:i:0."),
    ("disableudptransport", "Add disableudptransport:i:1."),
    ("grace", "Delete the data of the grace period."),
    ("security_layer: rdp", "Set `security_layer: rdp`."),
    ("tls 1.0 on", "Switch TLS 1.0 on."),
    ("firewall off", "Turn the firewall off."),
];

fn forbidden(advice: &str) -> Option<&'static str> {
    let advice = advice.to_lowercase();
    let found = FORBIDDEN.iter().find(|(words, _)| advice.contains(words));
    found.map(|(words, _)| *words)
}

#[test]
fn the_catalogue_advises_nothing_harmful() {
    for (words, sentence) in FORBIDDEN {
        assert_eq!(forbidden(sentence), Some(words));
    }
    for entry in Cause::catalogue() {
        assert_eq!(forbidden(entry.advice), None, "{}", entry.id);
    }
}

/// Visits that between them lead to advice of most kinds.
fn visits() -> Vec<Survey> {
    let mut visits = vec![
        healthy(),
        answered(&[
            ("rdp", refused(1)),
            ("tls", refused(3)),
            ("nla", refused(3)),
        ]),
        answered(&[
            ("rdp", Reply::Bare),
            ("tls", refused(2)),
            ("nla", refused(2)),
        ]),
    ];
    visits.extend([Tcp::Refused, Tcp::Timeout, Tcp::Unreachable].map(unopened));
    for reply in [
        Reply::Closed,
        Reply::Silent,
        Reply::NotRdp("HTTP".to_owned()),
    ] {
        visits.push(answered(&[("tls", reply.clone()), ("nla", reply)]));
    }
    for failure in [
        TlsFailure::Closed,
        TlsFailure::Alert(40),
        TlsFailure::Alert(80),
        TlsFailure::Stalled { received: 9 },
    ] {
        visits.push(Survey {
            tls: Some(TlsView {
                failure: Some(failure),
                ..TlsView::default()
            }),
            ..healthy()
        });
    }
    visits.extend(worn());
    visits.extend(refusals());
    visits
}

/// Visits to hosts that answer, each with a flaw.
fn worn() -> [Survey; 6] {
    let changed = |change: fn(&mut Survey)| {
        let mut survey = healthy();
        change(&mut survey);
        survey
    };
    [
        changed(without_nla_enforced),
        changed(|survey| leaf(survey).not_after = moment("2026-11-11T00:00:00Z")),
        changed(|survey| leaf(survey).common_name = "OLD".to_owned()),
        changed(|survey| leaf(survey).signature = "sha1WithRSAEncryption".to_owned()),
        changed(|survey| survey.ntlm.as_mut().unwrap().credssp_version = Some(3)),
        changed(|survey| survey.ntlm.as_mut().unwrap().skew_seconds = Some(9_999)),
    ]
}

/// Visits with a sign-in that is refused, or a gateway that does not answer as one.
fn refusals() -> Vec<Survey> {
    let logins = [0xC000_006D, 0xC000_0234, 0xC000_018D, 0xC000_015B];
    let gateways = [200, 404, 503, 418];
    let login = |status| Survey {
        login: Some(rdpfix::survey::Login {
            user: "ann".to_owned(),
            outcome: LoginOutcome::Refused(status),
        }),
        ..healthy()
    };
    let through = |status| {
        let mut view = gateway();
        view.http = Some(rdpfix::survey::GatewayAnswer::Other {
            status,
            server: None,
        });
        Survey {
            gateway: Some(view),
            ..healthy()
        }
    };
    logins
        .map(login)
        .into_iter()
        .chain(gateways.map(through))
        .collect()
}

#[test]
fn findings_advise_nothing_harmful_and_only_resources_that_exist() {
    let resources: Vec<&str> = rdpfix::resource::CATALOGUE
        .iter()
        .map(|kind| kind.name)
        .collect();
    let mut named = 0;
    for finding in visits().iter().flat_map(findings) {
        let id = finding.cause.id();
        assert_eq!(forbidden(&finding.advice), None, "{id}");
        named += resources_in(&finding.advice, &resources, id);
    }
    for entry in Cause::catalogue() {
        named += resources_in(entry.advice, &resources, entry.id);
    }
    assert!(named > 20, "only {named} resources are named");
}

/// How many resources an advice names; a name in backticks with an underline that is none must be a property of one.
fn resources_in(advice: &str, resources: &[&str], id: &str) -> usize {
    let properties = [
        "min_days_left",
        "names_host",
        "min_key_bits",
        "encryption_oracle",
        "security_layer",
        "start_mode",
        "force_updated_clients",
        "rdp_port",
    ];
    let spans = advice.split('`').skip(1).step_by(2);
    let names = spans.filter(|span| {
        span.contains('_') && span.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    });
    let mut count = 0;
    for name in names {
        let known = resources.contains(&name);
        assert!(known || properties.contains(&name), "{id}: `{name}`");
        count += usize::from(known);
    }
    count
}
