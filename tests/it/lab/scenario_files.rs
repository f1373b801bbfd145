//! Facts about scenario files: what they make, and what is said about their mistakes.

use std::sync::Arc;

use proptest::prelude::*;
use rdpfix::diag::Source;
use rdpfix::diag::render::Colour;
use rdpfix::diag::render::render;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario::Kind;
use rdpfix::lab::scenario::Scenario;
use rdpfix::lab::scenario::file::from_source;

use crate::lab::now;
use crate::support;

#[expect(clippy::disallowed_methods, reason = "tests read the tree")]
fn read(path: &str) -> String {
    std::fs::read_to_string(support::root().join(path)).unwrap()
}

fn source(name: &str) -> Arc<Source> {
    Arc::new(Source {
        name: name.to_owned(),
        text: read(name),
        secret: false,
    })
}

fn shipped() -> Scenario {
    let (scenario, mistakes) = from_source(&source("examples/lab-scenario.yml"));
    assert_eq!(mistakes, []);
    scenario.unwrap()
}

#[tokio::test]
async fn the_shipped_file_is_brought_up_as_it_says() {
    let lab = Lab::start(&shipped(), LabOptions::default()).await.unwrap();
    let names: Vec<&str> = lab.places().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["db-1", "web-1", "web-2-0001", "web-2-0002", "web-2-0003"]
    );
    lab.stop().await;
}

#[test]
fn hosts_are_those_of_their_scenarios_with_mishaps_on_top() {
    let hosts = shipped().build(now()).unwrap();
    let healthy = hosts.iter().find(|host| host.name == "web-2-0002").unwrap();
    assert_eq!(healthy.machine, Kind::Healthy.machine(2, now()).unwrap());
    assert_eq!(healthy.mishaps[0], Mishap::first(2, Trouble::Quota));
    let mut scenario = shipped();
    for host in &mut scenario.hosts {
        host.kind = Kind::Unreachable;
    }
    for host in scenario.build(now()).unwrap() {
        assert_eq!(host.mishaps[0], Mishap::always(Trouble::Refused));
    }
}

#[test]
fn a_number_of_hosts_goes_through_the_file_again_and_again() {
    let names: Vec<String> = shipped()
        .repeated(7)
        .hosts
        .into_iter()
        .map(|host| host.name)
        .collect();
    assert_eq!(names[0], "web-1-0001");
    assert_eq!(names[5], "web-1-0006");
    assert_eq!(names[6], "web-2-0001-0007");
    assert_eq!(names.len(), 7);
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let (scenario, mistakes) = from_source(&source("tests/cases/lab/mistakes.yml"));
    assert_eq!(scenario, None);
    let told = render(&mistakes, Colour::Never);
    assert_eq!(told, read("tests/cases/lab/mistakes.txt"), "{told}");
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "(hosts:|\n  a:|\n    | |[{}\\[\\],:-]|scenario|healthy|mishaps|first|slow|count|[0-9]|\\PC){0,40}") {
        let source = Arc::new(Source { name: "any".to_owned(), text, secret: false });
        let (scenario, mistakes) = from_source(&source);
        prop_assert!(scenario.is_some() || !mistakes.is_empty());
    }
}
