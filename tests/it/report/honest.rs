//! Facts about what formats must not leave out, count twice or call well: hosts that were lost, runs that were stopped, and
//! pages that have no room for all.

use std::sync::Arc;

use rdpfix::cim::CimError;
use rdpfix::control::Severity;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::event::Stopped;
use rdpfix::event::Tolerated;
use rdpfix::plan::Failure;
use rdpfix::plan::Outcome;
use rdpfix::plan::Unknown;
use rdpfix::report::Format;

use super::controls::checked;
use super::controls::controls;
use super::controls::waiver;
use super::controls::without_nla;
use super::controls::written;
use super::events::audit;
use super::events::change;
use super::events::host;
use super::events::result;
use super::events::run;
use super::formats::json;

#[test]
fn a_host_that_is_lost_while_it_is_corrected_has_failed_once() {
    let lost = |during: &str, tolerated: Tolerated, status: HostStatus| {
        let failure = Failure {
            during: during.to_owned(),
            error: CimError::Unreachable {
                address: "10.0.0.1:5986".to_owned(),
                reason: rdpfix::cim::session::Unreachable::Refused,
            },
            made: Vec::new(),
        };
        let mut first = result("a", "one", Outcome::Failed(failure));
        if let Event::Result(result) = &mut first {
            result.tolerated = tolerated;
        }
        let events = run(RunMode::Apply, vec![host("a", status, vec![first], None)]);
        let stats = json(Format::Json, &events)["stats"]["a"].clone();
        ["failures", "unreachable", "ok", "ignored"].map(|word| stats[word].as_u64().unwrap())
    };
    let reason = || "one: the connection was refused".to_owned();
    let failed = HostStatus::Failed {
        reason: reason(),
        hint: None,
    };
    let unreachable = HostStatus::Unreachable {
        reason: reason(),
        hint: None,
    };
    assert_eq!(lost("setting `port`", Tolerated::No, failed), [1, 0, 0, 0]);
    assert_eq!(lost("observing", Tolerated::No, unreachable), [0, 1, 0, 0]);
    let ok = HostStatus::Ok;
    assert_eq!(lost("observing", Tolerated::Ignored, ok), [0, 0, 1, 1]);
}

/// A run that was stopped after the hosts of `controls()`.
pub(crate) fn stopped() -> Vec<Event> {
    let mut events = controls();
    events.retain(
        |event| !matches!(event, Event::Result(result) if result.outcome != Outcome::Compliant),
    );
    if let Some(Event::RunEnd { recap, .. }) = events.last_mut() {
        recap.not_started = 3;
        recap.stopped = Some(Stopped::Deadline);
    }
    events
}

#[test]
fn a_run_that_was_stopped_is_not_green() {
    let suite = written(Format::Junit, &stopped());
    let told = "<error type=\"stopped\" message=\"stopped: the deadline passed; 3 hosts were never begun\"/>";
    assert!(suite.contains(told), "{suite}");
    let document = json(Format::Hdf, &stopped());
    assert_eq!(document["statistics"]["controls"]["failed"]["total"], 1);
    for whole in [controls(), audit()] {
        assert!(!written(Format::Junit, &whole).contains("every host had its turn"));
    }
}

#[test]
fn metrics_say_nothing_of_what_nobody_saw() {
    let gone = Failure {
        during: "observing".to_owned(),
        error: CimError::Unreachable {
            address: "10.0.0.1:5986".to_owned(),
            reason: rdpfix::cim::session::Unreachable::Refused,
        },
        made: Vec::new(),
    };
    let results = vec![checked(
        "a",
        ("RDP-NLA", Severity::High),
        Outcome::Failed(gone),
        None,
    )];
    let status = HostStatus::Unreachable {
        reason: "gone".to_owned(),
        hint: None,
    };
    let hosts = vec![
        host("a", status, results, None),
        host("b", HostStatus::Interrupted, Vec::new(), None),
    ];
    let text = written(Format::OpenMetrics, &run(RunMode::Check, hosts));
    assert!(!text.contains("rdpfix_compliant{"), "{text}");
    assert!(text.contains("rdpfix_host_reachable{host=\"a\",playbook=\"rdp.yml\"} 0"));
    assert!(!text.contains("rdpfix_host_reachable{host=\"b\""), "{text}");
}

#[test]
fn a_page_never_leaves_out_what_failed() {
    let corrected = |host: &str, number: usize| {
        let changes = vec![change("nla", "optional".into(), "required".into())];
        checked(
            host,
            (&format!("RDP-{number:03}"), Severity::Low),
            Outcome::Changed(changes),
            None,
        )
    };
    let failed = |host: &str| {
        let failure = Failure {
            during: "observing".to_owned(),
            error: CimError::Denied {
                operation: "the_one_that_failed".to_owned(),
            },
            made: Vec::new(),
        };
        checked(
            host,
            ("RDP-LAST", Severity::High),
            Outcome::Failed(failure),
            None,
        )
    };
    let status = || HostStatus::Failed {
        reason: "no".to_owned(),
        hint: None,
    };
    let articles = |events: &[Event]| {
        let page = written(Format::Html, events);
        let of_failed = page
            .split("<article")
            .skip(1)
            .filter(|article| article.contains("the_one_that_failed"));
        of_failed.count()
    };
    let mut results: Vec<Event> = (0..70).map(|number| corrected("a", number)).collect();
    results.push(failed("a"));
    let one = run(RunMode::Apply, vec![host("a", status(), results, None)]);
    assert_eq!(articles(&one), 1, "behind what was corrected");
    let mut hosts: Vec<Vec<Event>> = (0..1_000)
        .map(|number| {
            let name = format!("well{number:04}");
            let results = (0..30).map(|which| corrected(&name, which)).collect();
            host(&name, HostStatus::Ok, results, None)
        })
        .collect();
    hosts.push(host("ill", status(), vec![failed("ill")], None));
    assert_eq!(
        articles(&run(RunMode::Apply, hosts)),
        1,
        "behind hosts that are well"
    );
}

#[test]
fn a_page_counts_the_hosts_of_a_waiver_and_keeps_reasons_apart() {
    let accepted = |name: &str, reason: &str, results: usize| {
        let mut waiver = (*waiver("RDP-NLA", 100)).clone();
        waiver.reason = reason.into();
        let waiver = Arc::new(waiver);
        let results = (0..results)
            .map(|_| {
                checked(
                    name,
                    ("RDP-NLA", Severity::High),
                    without_nla(),
                    Some(Arc::clone(&waiver)),
                )
            })
            .collect();
        host(name, HostStatus::Ok, results, None)
    };
    let hosts = vec![
        accepted("a", "old clients", 3),
        accepted("b", "vendor app", 1),
        accepted("c", "vendor app", 2),
    ];
    let page = written(Format::Html, &run(RunMode::Check, hosts));
    let table = page.split("id=\"waivers-title\"").nth(1).unwrap();
    let table = table.split("</section>").next().unwrap();
    assert_eq!(table.matches("<td class=\"text\">").count(), 2, "{table}");
    for row in [
        "<td class=\"num\" title=\"a\">1</td>",
        "<td class=\"num\" title=\"b and others\">2</td>",
    ] {
        assert!(table.contains(row), "{row}\n{table}");
    }
}

#[test]
fn what_check_mode_cannot_tell_of_a_waived_control_needs_no_attention() {
    let unknown = || {
        Outcome::Unknown(Unknown {
            depends_on: vec!["one".to_owned()],
            what: "whether it differs".to_owned(),
        })
    };
    let visit = |name: &str, waiver, status| {
        let results = vec![checked(
            name,
            ("RDP-NLA", Severity::High),
            unknown(),
            waiver,
        )];
        host(name, status, results, None)
    };
    let hosts = vec![
        visit("accepted", Some(waiver("RDP-NLA", 100)), HostStatus::Ok),
        visit("ended", Some(waiver("RDP-NLA", -2)), HostStatus::Drifted),
    ];
    let events = run(RunMode::Check, hosts);
    let page = written(Format::Html, &events);
    assert!(page.contains("1 of 2 hosts need attention"), "{page}");
    let results = json(Format::Sarif, &events)["runs"][0]["results"].clone();
    assert!(results[0].get("suppressions").is_some(), "{results}");
    assert!(results[1].get("suppressions").is_none(), "{results}");
}
