//! Facts that hold for every visit, whatever was seen.

use proptest::prelude::*;
use rdpfix::finding::Severity;
use rdpfix::proof::Stage;
use rdpfix::rdp::nego::Protocols;
use rdpfix::survey::NameLookup;
use rdpfix::survey::Reply;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;
use rdpfix::survey::TlsView;

use super::fabricate::answered;
use super::fabricate::findings;
use super::fabricate::healthy;
use super::fabricate::now;
use super::fabricate::refused;
use super::fabricate::selected;
use super::fabricate::tried;

const TCP: [Tcp; 4] = [Tcp::Open, Tcp::Refused, Tcp::Timeout, Tcp::Unreachable];
const STAGES: [Stage; 5] = [
    Stage::Resolve,
    Stage::Connect,
    Stage::Negotiate,
    Stage::Tls,
    Stage::Certificate,
];

fn replies() -> impl Strategy<Value = Reply> {
    prop_oneof![
        (0_u32..12).prop_map(refused),
        (0_u32..20).prop_map(|protocol| selected(Protocols(protocol))),
        Just(Reply::Bare),
        Just(Reply::Closed),
        Just(Reply::Silent),
        "[a-z\u{1b}]{0,9}".prop_map(Reply::NotRdp),
        (0_usize..4).prop_map(|which| Reply::NotConnected(TCP[which])),
    ]
}

fn surveys() -> impl Strategy<Value = Survey> {
    let names = ["rdp", "tls", "nla", "rdstls", "hybrid_ex", "aad"];
    (
        proptest::collection::vec(replies(), 0..=6),
        proptest::option::of(0_usize..4),
        proptest::option::of(0_usize..5),
        any::<[bool; 4]>(),
        proptest::option::of(0_u8..=255),
    )
        .prop_map(
            move |(replies, tcp, stage, [literal, resolved, tls, ntlm], alert)| {
                let asked: Vec<(&str, Reply)> = names.into_iter().zip(replies).collect();
                let healthy = healthy();
                let view = alert.map(|alert| TlsView {
                    failure: Some(TlsFailure::Alert(alert)),
                    ..TlsView::default()
                });
                Survey {
                    tcp: tcp.map(|which| tried(TCP[which])).into_iter().collect(),
                    out_of_time: stage.map(|which| STAGES[which]),
                    name: NameLookup {
                        literal,
                        addresses: if resolved {
                            healthy.name.addresses
                        } else {
                            Vec::new()
                        },
                        ..healthy.name
                    },
                    tls: if tls { healthy.tls } else { view },
                    ntlm: if ntlm { healthy.ntlm } else { None },
                    ..answered(&asked)
                }
            },
        )
}

proptest! {
    #[test]
    fn a_host_on_which_rdp_did_not_answer_has_an_error(survey in surveys()) {
        let found = findings(&survey);
        if !survey.reachable() {
            prop_assert!(found.iter().any(|one| one.severity == Severity::Error), "{survey:#?}");
        }
    }

    #[test]
    fn the_worst_comes_first_and_everything_is_said(survey in surveys()) {
        let found = findings(&survey);
        prop_assert!(found.is_sorted_by(|one, next| one.severity >= next.severity));
        for one in &found {
            prop_assert!(!one.says.is_empty() && !one.says.ends_with('.'), "{one:?}");
            prop_assert!(one.advice.ends_with('.'), "{one:?}");
            for (at, (name, _)) in one.evidence.iter().enumerate() {
                prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
                prop_assert!(one.evidence.iter().skip(at + 1).all(|(other, _)| other != name), "{name} twice");
            }
        }
    }
}

#[test]
fn a_visit_that_saw_nothing_is_an_error() {
    let found = findings(&Survey::begun("ts01", 3389, now()));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].cause.id(), "dns-name");
    assert_eq!(found[0].severity, Severity::Error);
}
