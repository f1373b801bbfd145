//! Facts about resources: laws that hold for every kind, decisions as data, and mistakes in playbooks.
#![cfg(test)]

use std::sync::Arc;

use rdpfix::diag::Diagnostic;
use rdpfix::diag::Source;
use rdpfix::resource::AnyResource;
use rdpfix::resource::CATALOGUE;
use rdpfix::resource::Kind;
use rdpfix::syntax::Args;
use rdpfix::syntax::Node;

mod cases;
mod hand;
mod laws;
mod mistakes;
mod world;

/// Reads a text as YAML.
#[track_caller]
fn node(text: &str) -> Node {
    let source = Arc::new(Source {
        name: "test.yml".to_owned(),
        text: text.to_owned(),
        secret: false,
    });
    rdpfix::syntax::parse(&source).unwrap_or_else(|mistakes| panic!("{mistakes:?} in {text}"))
}

/// The resource of a task such as `service: {…}`, and what is said about it.
#[track_caller]
fn read(task: &Node) -> (&'static Kind, Option<Box<dyn AnyResource>>, Vec<Diagnostic>) {
    let (kind, value) = task
        .entries()
        .iter()
        .find_map(|(key, value)| Some((Kind::named(key.spelled()?)?, value)))
        .unwrap_or_else(|| panic!("no kind in {task:?}"));
    let mut diagnostics = Vec::new();
    let mut args = Args::new(kind.name, kind.properties, value, &mut diagnostics);
    let resource = (kind.parse)(&mut args);
    (kind, resource, diagnostics)
}

/// A resource that is written without a mistake.
#[track_caller]
fn resource(text: &str) -> Box<dyn AnyResource> {
    let (_, resource, diagnostics) = read(&node(text));
    resource.unwrap_or_else(|| panic!("{diagnostics:?} in {text}"))
}

#[test]
fn every_example_is_a_task_of_its_kind() {
    for kind in CATALOGUE {
        let tasks = node(kind.example);
        let [task] = tasks.items() else {
            panic!("{} has no single task as its example", kind.name)
        };
        let (found, resource, diagnostics) = read(task);
        assert_eq!(found.name, kind.name);
        assert_eq!(diagnostics, [], "{}", kind.name);
        assert_eq!(resource.unwrap().kind(), kind.name);
        assert!(task.get("name").is_some(), "{}", kind.name);
    }
}

#[test]
fn names_and_sentences_are_in_order() {
    for kind in CATALOGUE {
        let same = CATALOGUE.iter().filter(|other| other.name == kind.name);
        assert_eq!(same.count(), 1, "{}", kind.name);
        let about = kind.properties.iter().map(|property| property.about);
        for sentence in about.chain([kind.about]) {
            assert!(!sentence.ends_with('.'), "{}: {sentence}", kind.name);
            assert!(!sentence.contains("  "), "{}: {sentence}", kind.name);
        }
    }
}
