//! Modules of Ansible as resources: what templates in their arguments come to on a host.

use std::collections::BTreeMap;

use rdpfix::diag::Colour;
use rdpfix::diag::render;
use rdpfix::playbook::Action;
use rdpfix::playbook::Body;
use rdpfix::playbook::parse;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Variables;

use crate::playbook::corpus;
use crate::playbook::describe::shown;

/// What a task's resource would be read from, with these variables.
#[track_caller]
fn evaluated(task: &str, variables: &str) -> Result<String, String> {
    let text = format!("- hosts: all\n  tasks:\n    - {task}\n");
    let (playbook, mistakes) = parse(&corpus::text("play.yml", &text));
    assert!(mistakes.is_empty(), "{}", render(&mistakes, Colour::Never));
    let playbook = playbook.unwrap();
    let Action::Resource {
        kind,
        body: Body::Templated { node, engine },
    } = &playbook.plays[0].all_tasks()[0].action
    else {
        panic!("it has templates");
    };
    let variables = mapping(variables);
    engine
        .render(node, &Variables::new(vec![&variables]))
        .map(|node| format!("{} {}", kind.name, shown(&node)))
        .map_err(|mistake| mistake.message)
}

fn mapping(text: &str) -> BTreeMap<String, Node> {
    let node = rdpfix::syntax::parse(&corpus::text("vars.yml", text)).unwrap();
    node.entries()
        .iter()
        .map(|(key, value)| (key.as_text().unwrap().to_owned(), value.clone()))
        .collect()
}

#[test]
fn words_from_templates_are_translated_on_each_host() {
    let task = "win_service: {name: '{{ n }}', state: '{{ s }}', start_mode: \"{{ m | default('auto') }}\"}";
    assert_eq!(
        evaluated(task, "{n: x, s: started}").unwrap(),
        r#"service {name: "x", state: "running", start_mode: "automatic"}"#
    );
    assert_eq!(
        evaluated(task, "{n: x, s: stopped, m: disabled}").unwrap(),
        r#"service {name: "x", state: "stopped", start_mode: "disabled"}"#
    );
}

#[test]
fn a_word_that_nothing_means_reaches_the_resource_which_refuses_it() {
    let task = "win_service: {name: x, state: '{{ s }}'}";
    assert_eq!(
        evaluated(task, "{s: paused}").unwrap(),
        r#"service {name: "x", state: "paused"}"#
    );
    assert_eq!(evaluated(task, "{}").unwrap_err(), "undefined variable `s`");
}

#[test]
fn data_from_templates_keeps_its_type() {
    let task = "win_regedit: {path: 'HKLM:\\SOFTWARE\\{{ k }}', name: v, data: '{{ d }}', type: \"{{ 'multistring' }}\"}";
    assert_eq!(
        evaluated(task, "{k: Acme, d: [a, b]}").unwrap(),
        r#"registry_value {key: "HKLM:\\SOFTWARE\\Acme", name: "v", type: "multi_string", data: ["a", "b"]}"#
    );
}
