//! What a task becomes on a host: conditions, templates, precedence of variables, tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdpfix::diag::Colour;
use rdpfix::diag::Diagnostic;
use rdpfix::diag::Source;
use rdpfix::diag::render;
use rdpfix::facts::Facts;
use rdpfix::inventory::HostVars;
use rdpfix::playbook::Play;
use rdpfix::playbook::Prepared;
use rdpfix::playbook::Scope;
use rdpfix::playbook::extra_vars;
use rdpfix::playbook::parse;
use rdpfix::syntax;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Values;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "play.yml".into(),
        text: text.into(),
        secret: false,
    })
}

#[track_caller]
fn play(text: &str) -> Arc<Play> {
    let (playbook, mistakes) = parse(&source(text));
    assert!(mistakes.is_empty(), "{}", render(&mistakes, Colour::Never));
    Arc::clone(&playbook.unwrap().plays[0])
}

fn mapping(text: &str) -> BTreeMap<String, Node> {
    let node = syntax::parse(&source(text)).unwrap();
    node.entries()
        .iter()
        .map(|(key, value)| (key.as_text().unwrap().to_owned(), value.clone()))
        .collect()
}

/// A world of variables around the first task of a play.
#[derive(Default)]
struct Given {
    extra: &'static str,
    host: &'static str,
    facts: Option<Facts>,
}

impl Given {
    fn prepare(&self, play: &Play) -> Result<Prepared, Vec<Diagnostic>> {
        let (extra, host) = (mapping(self.extra), mapping(self.host));
        let host = HostVars::new(host, Arc::default());
        play.all_tasks()[0].prepare(&Scope {
            extra: &extra,
            locals: &Values::default(),
            results: &Values::default(),
            included: &BTreeMap::new(),
            play: &play.vars,
            host: &host,
            host_name: "web01",
            given: &Values::default(),
            fact_values: &Values::default(),
            facts: self.facts.as_ref(),
            engine: &Engine::new(),
        })
    }

    /// The resource's `Debug`, which shows the whole desired state.
    #[track_caller]
    fn resource(&self, play: &Play) -> String {
        match self.prepare(play) {
            Ok(Prepared::Resource(resource)) => format!("{} {resource:?}", resource.id()),
            Ok(Prepared::Skipped(condition)) => format!("skipped: {condition}"),
            Err(mistakes) => panic!("{}", render(&mistakes, Colour::Never)),
        }
    }

    fn told(&self, play: &Play) -> String {
        match self.prepare(play) {
            Ok(prepared) => format!("{prepared:?}"),
            Err(mistakes) => render(&mistakes, Colour::Never),
        }
    }
}

#[test]
fn a_task_without_templates_is_shared_by_all_hosts() {
    let play = play("- hosts: all\n  tasks:\n    - service: {name: TermService, state: running}\n");
    let (Ok(Prepared::Resource(one)), Ok(Prepared::Resource(two))) = (
        Given::default().prepare(&play),
        Given::default().prepare(&play),
    ) else {
        panic!("it is prepared");
    };
    assert!(Arc::ptr_eq(&one, &two));
}

#[test]
fn a_whole_expression_keeps_its_type() {
    let play = play(
        "- hosts: all\n  vars: {base: 3300, rdp_port: '{{ base + 90 }}'}\n  tasks:\n    - rdp_listener: {port: '{{ rdp_port }}'}\n",
    );
    assert!(Given::default().resource(&play).contains("3390"));
}

#[test]
fn a_number_becomes_the_text_that_a_key_wants() {
    let play =
        play("- hosts: all\n  tasks:\n    - service: {name: '{{ 40 + 2 }}', state: running}\n");
    assert!(Given::default().resource(&play).starts_with("42 "));
}

#[test]
fn extra_variables_beat_play_variables_beat_host_variables() {
    let with = |vars: &str| {
        play(&format!(
            "- hosts: all\n  vars: {{{vars}}}\n  tasks:\n    - service: {{name: '{{{{ who }}}}', state: running}}\n"
        ))
    };
    let all = Given {
        extra: "{who: extra}",
        host: "{who: host}",
        facts: None,
    };
    let no_extra = Given {
        host: "{who: host}",
        ..Given::default()
    };
    assert!(all.resource(&with("who: play")).starts_with("extra "));
    assert!(no_extra.resource(&with("who: play")).starts_with("play "));
    assert!(no_extra.resource(&with("")).starts_with("host "));
    assert!(
        no_extra
            .resource(&with("who: '{{ inventory_hostname }}'"))
            .starts_with("web01 ")
    );
}

#[test]
fn conditions_skip_with_their_text() {
    let play = play(
        "- hosts: all\n  tasks:\n    - service: {name: x, state: running}\n      when: [facts.server, facts.build >= 20348]\n",
    );
    assert!(play.needs_facts);
    let build = |build| Given {
        facts: Some(Facts {
            build,
            server: true,
            ..Facts::default()
        }),
        ..Given::default()
    };
    assert!(build(20348).resource(&play).starts_with("x "));
    assert_eq!(
        build(17763).resource(&play),
        "skipped: facts.build >= 20348"
    );
}

#[test]
fn facts_are_gathered_only_for_plays_that_name_them() {
    let needs = |task: &str, vars: &str| {
        play(&format!(
            "- hosts: all\n  vars: {vars}\n  tasks:\n    - {task}\n"
        ))
        .needs_facts
    };
    let plain = "service: {name: x, state: running}";
    assert!(!needs(plain, "{}"));
    assert!(needs(plain, "{b: '{{ facts.build }}'}"));
    assert!(needs(
        "service: {name: '{{ facts.computer_name }}', state: running}",
        "{}"
    ));
}

#[test]
fn mistakes_on_a_host_show_the_place_in_the_playbook() {
    let undefined =
        play("- hosts: all\n  tasks:\n    - service: {name: '{{ nme }}', state: running}\n");
    let given = Given {
        host: "{name: x}",
        ..Given::default()
    };
    insta::assert_snapshot!(given.told(&undefined), @r#"
    error[undefined-variable]: undefined variable `nme`
     --> play.yml:3:27
      |
    3 |     - service: {name: '{{ nme }}', state: running}
      |                           ^^^ needs `nme`
      |
      = help: did you mean `name`?
      = help: define it in the inventory, under `vars`, or by `-e`; or use `| default(...)`
    "#);
    let wrong = play(
        "- hosts: all\n  tasks:\n    - rdp_listener:\n        nla: required\n        port: '{{ p }}'\n",
    );
    insta::assert_snapshot!(Given { host: "{p: high}", ..Given::default() }.told(&wrong), @r#"
    error[wrong-type]: `port` must be a whole number
     --> play.yml:5:15
      |
    5 |         port: '{{ p }}'
      |               ^^^^^^^^^ this is a text
    "#);
    let text =
        play("- hosts: all\n  tasks:\n    - service: {name: x, state: running}\n      when: p\n");
    insta::assert_snapshot!(Given { host: "{p: 'yes'}", ..Given::default() }.told(&text), @r#"
    error[condition-not-boolean]: the condition is neither true nor false
     --> play.yml:4:13
      |
    4 |       when: p
      |             ^ gives a text
      |
      = help: compare it (`x == 'y'`, `x | length > 0`), or turn words into truth by `x | bool`
    "#);
    let circle = play(
        "- hosts: all\n  vars: {a: '{{ b }}'}\n  tasks:\n    - service: {name: '{{ a }}', state: running}\n",
    );
    insta::assert_snapshot!(Given { host: "{b: '{{ a }}'}", ..Given::default() }.told(&circle), @r#"
    error[variable-cycle]: variables need themselves: a → b → a
     --> play.yml:2:13
      |
    2 |   vars: {a: '{{ b }}'}
      |             ^^^^^^^^^ the circle begins here
      |
      = help: `b` stands at play.yml:1:5
    "#);
}

#[test]
fn a_condition_that_is_only_warned_of_counts() {
    let resource = "service: {name: x, state: running}";
    for (condition, expected) in [
        (r#""{{ '{%' in 'harmless' }}""#, false),
        (r#""{{ '{#' in 'harmless' }}""#, false),
        (r#""{{ '{#' not in 'harmless' }}""#, true),
        (r#""{{ path == 'C:\\temp' }}""#, true),
        (r#""{{ path != 'C:\\temp' }}""#, false),
        (r#"["{{ 1 == 1 }}", "{{ 1 == 2 }}"]"#, false),
    ] {
        let text = format!(
            "- hosts: all\n  vars: {{path: 'C:\\temp'}}\n  tasks: [{{{resource}, when: {condition}}}]\n"
        );
        let (playbook, mistakes) = parse(&source(&text));
        let ids: Vec<&str> = mistakes.iter().map(|mistake| mistake.id).collect();
        let play = Arc::clone(&playbook.unwrap().plays[0]);
        let task = play.all_tasks()[0];
        assert_eq!(task.when.len(), ids.len(), "{condition}");
        assert!(
            ids.iter().all(|id| *id == "template-in-condition"),
            "{ids:?}"
        );
        let told = Given::default().prepare(&play);
        let runs = !matches!(told.unwrap(), Prepared::Skipped(_));
        assert_eq!(runs, expected, "{condition}");
    }
}

#[test]
fn texts_that_templates_made_become_the_numbers_that_are_asked_for() {
    let play = play(
        "- hosts: all\n  tasks: [{rdp_listener: {port: '{{ port }}', security_layer: '{{ layer }}'}}]\n",
    );
    let given = Given {
        extra: "{port: '3390', layer: tls}",
        ..Given::default()
    };
    assert!(given.prepare(&play).is_ok(), "{:?}", given.prepare(&play));
}

#[test]
fn tags_choose_tasks_as_in_ansible() {
    let play = play(
        "- hosts: all
  tasks:
    - {name: bare, service: {name: x, state: running}}
    - {name: web, service: {name: x, state: running}, tags: [web, fast]}
    - {name: always, service: {name: x, state: running}, tags: always}
    - {name: never, service: {name: x, state: running}, tags: [never, debug]}
",
    );
    let chosen = |tags: &[&str], skip: &[&str]| -> String {
        let list = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let names: Vec<&str> = play
            .all_tasks()
            .into_iter()
            .filter(|task| task.is_selected(&list(tags), &list(skip)))
            .map(|task| &*task.name)
            .collect();
        names.join(" ")
    };
    assert_eq!(chosen(&[], &[]), "bare web always");
    assert_eq!(chosen(&["all"], &[]), "bare web always");
    assert_eq!(chosen(&["web"], &[]), "web always");
    assert_eq!(chosen(&["tagged"], &[]), "web always");
    assert_eq!(chosen(&["untagged"], &[]), "bare always");
    assert_eq!(chosen(&["debug"], &[]), "always never");
    assert_eq!(chosen(&["never"], &[]), "always never");
    assert_eq!(chosen(&[], &["fast"]), "bare always");
    assert_eq!(chosen(&[], &["always"]), "bare web");
    assert_eq!(chosen(&["web"], &["web"]), "always");
}

fn extra(text: &str) -> Result<Vec<String>, String> {
    let (variables, mistakes) = extra_vars(&[("<command line>".to_owned(), text.to_owned())]);
    if mistakes.is_empty() {
        let shown = variables
            .iter()
            .map(|(name, value)| format!("{name}={:?}", value.content));
        Ok(shown.collect())
    } else {
        Err(render(&mistakes, Colour::Never))
    }
}

#[test]
fn extra_variables_are_pairs_json_or_yaml() {
    let read = |text: &str| extra(text).unwrap().join(" ");
    assert_eq!(
        read("port=3390 name='a b'"),
        "name=Text(\"a b\") port=Text(\"3390\")"
    );
    assert_eq!(
        read("{\"port\": 3390, \"on\": true}"),
        "on=Bool(true) port=Int(3390)"
    );
    assert_eq!(
        read("port: 3390\nname: x\n"),
        "name=Text(\"x\") port=Int(3390)"
    );
    assert_eq!(read("note='see: here'"), "note=Text(\"see: here\")");
    assert_eq!(read(""), "");
}

#[test]
fn wrong_extra_variables_are_told_with_a_caret() {
    insta::assert_snapshot!(extra("port=3390 oops").unwrap_err(), @r#"
    error[extra-vars]: `oops` is not `name=value`
     --> <command line>:1:11
      |
    1 | port=3390 oops
      |           ^^^^
      |
      = help: write `-e name=value`, `-e '{"name": "value"}'` or `-e @FILE`
    "#);
    insta::assert_snapshot!(extra("[1, 2]").unwrap_err(), @r#"
    error[extra-vars]: extra variables must be names with values
     --> <command line>:1:1
      |
    1 | [1, 2]
      | ^^^^^^ this is a list
    "#);
}

#[test]
fn later_extra_variables_win() {
    let texts =
        ["a=1 b=1", "{\"b\": 2}"].map(|text| ("<command line>".to_owned(), text.to_owned()));
    let (variables, _) = extra_vars(&texts);
    assert_eq!(variables["b"].content, syntax::Content::Int(2));
}
