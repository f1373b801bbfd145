//! Facts about templates that no other program can tell: limits, places, values that are shared, and any text at all.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use proptest::proptest;
use rdpfix::diag::Diagnostic;
use rdpfix::diag::Source;
use rdpfix::diag::Span;
use rdpfix::syntax;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Data;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Layer;
use rdpfix::syntax::template::Lazy;
use rdpfix::syntax::template::Values;
use rdpfix::syntax::template::Variables;
use serde_json::Value;
use serde_json::json;

/// Bytes of stack that each thread of a run has.
const STACK: usize = 8 * 1024 * 1024;

fn mapping(text: &str) -> BTreeMap<String, Node> {
    let source = Arc::new(Source {
        name: "vars.yml".into(),
        text: text.into(),
        secret: false,
    });
    let node = syntax::parse(&source).unwrap();
    let entries = node.entries().iter();
    entries
        .map(|(key, value)| (key.spelled().unwrap().to_owned(), value.clone()))
        .collect()
}

/// What `it` of the variables gives.
fn given(vars: &str) -> Result<Value, Diagnostic> {
    let vars = mapping(vars);
    Engine::new().json(&vars["it"], &Variables::new(vec![&vars]))
}

fn text(template: &str) -> Node {
    let source = Arc::new(Source {
        name: "<text>".into(),
        text: template.into(),
        secret: false,
    });
    Node {
        span: Span {
            source,
            start: 0,
            end: template.len(),
        },
        content: Content::Text(template.into()),
    }
}

/// What a template gives on a thread of the size that a run has; fails when it takes too long.
fn bounded(template: &str) -> Result<Value, Diagnostic> {
    let (sender, receiver) = mpsc::channel();
    let template = template.to_owned();
    let thread = std::thread::Builder::new().stack_size(STACK);
    let work = move || {
        let none = BTreeMap::new();
        let given = Engine::new().json(&text(&template), &Variables::new(vec![&none]));
        sender.send(given).unwrap();
    };
    thread.spawn(work).unwrap();
    receiver.recv_timeout(Duration::from_secs(100)).unwrap()
}

#[test]
fn a_long_word_is_wrapped_in_time() {
    let given = bounded("{{ ('a' * 3000000) | wordwrap(1) | length }}");
    assert_eq!(given, Ok(json!(5_999_999)));
}

#[test]
fn what_never_ends_or_fills_the_memory_is_stopped() {
    let deep = |open: &str, close: &str, times: usize| {
        format!("{{{{ {}1{} }}}}", open.repeat(times), close.repeat(times))
    };
    let hostile = [
        "{{ 'x' * 1000000000 }}".to_owned(),
        "{{ [1] * 1000000000 }}".to_owned(),
        "{{ range(1000000000) | list }}".to_owned(),
        "{{ range(10 ** 30) | sum }}".to_owned(),
        "{% for a in range(1000000) %}{% for b in range(1000000) %}x{% endfor %}{% endfor %}".to_owned(),
        "{% set ns = namespace(x='x') %}{% for a in range(100) %}{% set ns.x = ns.x * 2 %}{% endfor %}{{ ns.x }}".to_owned(),
        "{% set ns = namespace(x=[]) %}{% for a in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}".to_owned(),
        "{% set ns = namespace(x=[]) %}{% for a in range(100000) %}{% set ns.x = [[[[[[[[ns.x]]]]]]]] %}{% endfor %}".to_owned(),
        "{% set ns = namespace(x=[]) %}{% for a in range(100000) %}{% set ns.x = [ns.x] | list %}{% endfor %}".to_owned(),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
        "{{ range(100) | product(repeat=9) | list }}".to_owned(),
        "{{ range(60) | permutations(9) | list }}".to_owned(),
        "{{ '%100000000d' % 1 }}".to_owned(),
        "{{ '{:>100000000}'.format(1) }}".to_owned(),
        "{{ 'a'.ljust(10000000000) }}".to_owned(),
        "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}".to_owned(),
        "{{ ('a' * 100000) | regex_replace('a', 'b' * 100000) }}".to_owned(),
        "{{ 'a' | regex_search('(((a{100}){100}){100}){100}') }}".to_owned(),
        "{{ 'a' | indent(10000000000) }}".to_owned(),
        "{{ 9 ** 9 ** 9 }}".to_owned(),
        "{% set l = range(100000) | list %}{% for a in l %}{{ -1 in l }}{% endfor %}".to_owned(),
        "{{ range(12000) | list | batch(1) | list | union([[1]]) | length }}".to_owned(),
        "{{ range(9000) | list | batch(1) | list | intersect(range(9000) | list | batch(1) | list) | length }}".to_owned(),
        "{{ {'a': range(12000) | list} | combine({'a': range(12000) | list}, list_merge='append_rp') }}".to_owned(),
        deep("(", ")", 100_000),
        deep("[", "]", 100_000),
        deep("not ", "", 100_000),
        deep("-", "", 100_000),
        deep("1 + ", "", 100_000),
        deep("", ".a", 100_000),
        deep("", " | abs", 100_000),
        deep("", " if 1", 100_000),
        deep("1 < ", "", 100_000),
        format!("{}{}", "{% if 1 %}".repeat(10_000), "{% endif %}".repeat(10_000)),
    ];
    for template in hostile {
        let given = bounded(&template);
        let shown: String = template.chars().take(80).collect();
        assert!(given.is_err(), "{shown}");
    }
}

#[test]
fn honest_work_stays_within_the_limits() {
    let hosts = "{% for i in range(20000) %}host{{ i }}.corp.example {% endfor %}";
    assert!(bounded(hosts).is_ok());
    let chosen = "{{ range(50000) | map('string') | select('match', '.*7$') | list | length }}";
    assert_eq!(bounded(chosen), Ok(json!(5000)));
    let mut chain = String::new();
    for at in 0..40 {
        writeln!(chain, "v{at}: '{{{{ v{} }}}}'", at + 1).unwrap();
    }
    assert_eq!(
        given(&format!("{chain}v40: 5\nit: '{{{{ v0 }}}}'\n")),
        Ok(json!(5))
    );
}

#[derive(Debug)]
struct HostVars(Mutex<BTreeSet<String>>);

impl Lazy for HostVars {
    fn keys(&self) -> Vec<String> {
        vec!["web01".into(), "web02".into(), "broken".into()]
    }

    fn at(&self, key: &str) -> Result<Option<Data>, Diagnostic> {
        self.0.lock().unwrap().insert(key.to_owned());
        match key {
            "broken" => Err(Diagnostic::error(
                "template-failed",
                "no variables for `broken`",
            )),
            "web01" | "web02" => Ok(Some(Data::of(&json!({"name": key, "text": "{{ 1 + 1 }}"})))),
            _ => Ok(None),
        }
    }
}

#[test]
fn lazy_mappings_compute_what_is_asked_for_and_nothing_else() {
    let hosts = Arc::new(HostVars(Mutex::default()));
    let lazy: Arc<dyn Lazy> = hosts.clone();
    let mut values = Values::default();
    values.set_data("hostvars", Data::lazy(lazy));
    let vars = mapping(
        "one: \"{{ hostvars['web01'].name }}\"\nnames: '{{ hostvars | list }}'\nnone: '{{ hostvars.web09.x | default(5) }}'\nbroken: '{{ hostvars.broken.x }}'\neach: \"{{ ['web01', 'web02'] | map('extract', hostvars, 'name') | list }}\"\nis: \"{{ 'web09' in hostvars }}\"\n",
    );
    let variables = Variables::layered(vec![Layer::Values(&values), Layer::Written(&vars)]);
    let engine = Engine::new();
    let json = |name: &str| engine.json(&vars[name], &variables);
    let asked = || Vec::from_iter(hosts.0.lock().unwrap().clone());
    assert_eq!(json("one"), Ok(json!("web01")));
    assert_eq!(asked(), ["web01"]);
    assert_eq!(json("names"), Ok(json!(["web01", "web02", "broken"])));
    assert_eq!(json("is"), Ok(json!(false)));
    assert_eq!(json("none"), Ok(json!(5)));
    assert_eq!(json("each"), Ok(json!(["web01", "web02"])));
    assert_eq!(
        json("broken").unwrap_err().message,
        "no variables for `broken`"
    );
}

#[test]
fn values_from_hosts_are_never_templates() {
    let mut values = Values::default();
    values.set(
        "output",
        &json!({"stdout": "{{ secret }}", "lines": ["{% raw %}"]}),
    );
    let vars = mapping("secret: s\nit: '{{ output.stdout }} {{ output.lines[0] }}'\n");
    let variables = Variables::layered(vec![Layer::Values(&values), Layer::Written(&vars)]);
    let given = Engine::new().json(&vars["it"], &variables);
    assert_eq!(given, Ok(json!("{{ secret }} {% raw %}")));
    assert_eq!(
        values.json("output").unwrap()["stdout"],
        json!("{{ secret }}")
    );
    assert_eq!(values.json("nope"), None);
}

#[test]
fn expressions_and_nodes_are_read_back_as_data() {
    let vars = mapping(
        "port: 3389\nlistener: {port: '{{ port }}', nla: yes, gone: '{{ nope | default(omit) }}'}\n",
    );
    let variables = Variables::new(vec![&vars]);
    let engine = Engine::new();
    assert_eq!(
        engine.json(&vars["listener"], &variables),
        Ok(json!({"port": 3389, "nla": true}))
    );
    let span = &vars["port"].span;
    assert_eq!(
        engine.evaluate("port // 2 ~ ''", span, &variables),
        Ok(json!("1694"))
    );
    assert_eq!(
        engine.evaluate("'a\\tb'", span, &variables),
        Ok(json!("a\tb"))
    );
    let rendered = engine.render(&vars["listener"], &variables).unwrap();
    assert_eq!(rendered.entries().len(), 2);
    let data = engine.data(&vars["listener"], &variables).unwrap();
    assert_eq!(data.json()["port"], json!(3389));
    assert_eq!(
        engine.evaluate("omit", span, &variables).unwrap_err().id,
        "template-omitted"
    );
}

#[test]
fn parts_of_a_variable_may_need_other_parts() {
    let vars =
        mapping("a: {b: '{{ a.c }}', c: '{{ a.d[0] }}', d: [1]}\nloop: {x: '{{ loop.x }}'}\n");
    let variables = Variables::new(vec![&vars]);
    let engine = Engine::new();
    assert_eq!(
        engine.json(&vars["a"], &variables),
        Ok(json!({"b": 1, "c": 1, "d": [1]}))
    );
    let found = engine.cycles(&vars);
    let messages: Vec<&str> = found
        .iter()
        .map(|mistake| mistake.message.as_str())
        .collect();
    assert_eq!(messages, ["variables need themselves: loop.x → loop.x"]);
}

#[test]
fn names_are_those_that_the_template_does_not_set_itself() {
    let engine = Engine::new();
    let vars = mapping(
        "it: \"{% set x = a %}{% for i in b.c if i > d %}{{ i + x + e['f'] }}{{ range(g) }}{% endfor %}{{ i }}\"\n",
    );
    let names: Vec<String> = engine.names(&vars["it"]).into_iter().collect();
    assert_eq!(names, ["a", "b", "d", "e", "g", "i"]);
    let names: Vec<String> = engine
        .condition_names("facts.build > 1 and x is defined")
        .into_iter()
        .collect();
    assert_eq!(names, ["facts", "x"]);
}

#[test]
fn networks_are_taken_apart() {
    for (template, expected) in [
        ("'10.0.5.7/24' | ipaddr('address')", json!("10.0.5.7")),
        (
            "'10.0.5.7/24' | ansible.utils.ipaddr('network')",
            json!("10.0.5.0"),
        ),
        ("'10.0.5.7/24' | ipaddr('prefix')", json!(24)),
        ("'10.0.5.7/24' | ipaddr('netmask')", json!("255.255.255.0")),
        ("'10.0.5.7/24' | ipaddr('broadcast')", json!("10.0.5.255")),
        ("'10.0.5.7/24' | ipaddr('subnet')", json!("10.0.5.0/24")),
        ("'10.0.5.0/24' | ipaddr('net')", json!("10.0.5.0/24")),
        ("'10.0.5.7/24' | ipaddr('net')", json!(false)),
        ("'10.0.5.0/24' | ipaddr('size')", json!(256)),
        ("'10.0.5.0/24' | ipaddr(1)", json!("10.0.5.1/24")),
        ("'10.0.5.0/24' | ipaddr('-1')", json!("10.0.5.255/24")),
        ("'10.0.5.7' | ipaddr('10.0.0.0/16')", json!("10.0.5.7")),
        ("'10.1.5.7' | ipaddr('10.0.0.0/16')", json!(false)),
        ("'10.0.5.0/255.255.255.0' | ipaddr('prefix')", json!(24)),
        ("'nope' | ipaddr", json!(false)),
        (
            "['10.0.0.1', 'x', '2001:db8::1/64', '300.1.1.1'] | ipaddr",
            json!(["10.0.0.1", "2001:db8::1/64"]),
        ),
        (
            "['10.0.0.1', '8.8.8.8'] | ipaddr('public')",
            json!(["8.8.8.8"]),
        ),
        ("['10.0.0.1', '::1'] | ipv4", json!(["10.0.0.1"])),
        ("'2001:db8::1/64' | ipv6('network')", json!("2001:db8::")),
        ("'2001:db8::1/64' | ipaddr('version')", json!(6)),
        ("'10.0.0.0/16' | ipsubnet(24)", json!(256)),
        ("'10.0.0.0/16' | ipsubnet(24, 1)", json!("10.0.1.0/24")),
        ("'10.0.0.0/16' | ipsubnet(24, -1)", json!("10.0.255.0/24")),
        ("'10.0.5.7/24' | ipsubnet(16)", json!("10.0.0.0/16")),
        (
            "'10.0.5.7' is defined and '10.0.5.7' | ipaddr('10.0.5.0/24') | bool",
            json!(false),
        ),
    ] {
        assert_eq!(
            bounded(&format!("{{{{ {template} }}}}")),
            Ok(expected),
            "{template}"
        );
    }
}

#[test]
fn the_environment_and_the_time_are_those_that_are_given() {
    let environment = BTreeMap::from([("SITE".to_owned(), "bonn".to_owned())]);
    let engine = Engine::new()
        .with_environment(environment)
        .with_now("2026-03-02T01:02:03[UTC]".parse().unwrap());
    let none = BTreeMap::new();
    let variables = Variables::new(vec![&none]);
    let json = |template: &str| engine.json(&text(template), &variables);
    assert_eq!(json("{{ lookup('env', 'SITE') }}"), Ok(json!("bonn")));
    assert_eq!(
        json("{{ query('env', 'SITE', 'HOME') }}"),
        Ok(json!(["bonn", ""]))
    );
    assert_eq!(json("{{ '%Y-%m-%d' | strftime }}"), Ok(json!("2026-03-02")));
    assert_eq!(json("{{ now().hour }}"), Ok(json!(1)));
    let mistake = Engine::new()
        .json(&text("{{ now() }}"), &variables)
        .unwrap_err();
    assert_eq!(mistake.message, "`now`: the time is not known here");
}

const PIECES: &str = "[-+*/%~|.,:()\\[\\]{}'\"\\\\ a-z0-9=<>!\n]{0,30}";

proptest! {
    #[test]
    fn any_text_is_a_template_or_a_mistake(any in "\\PC{0,60}", inner in PIECES, word in "(if|for|set|raw|macro|with|filter|call) ?") {
        let vars = mapping("a: 1\nb: [x, 2.5, {c: y}]\n");
        let variables = Variables::new(vec![&vars]);
        let engine = Engine::new();
        for template in [
            any.clone(),
            format!("{{{{{any}}}}}"),
            format!("{{{{ {inner} }}}}"),
            format!("{{{{ a | {inner} }}}}"),
            format!("{{{{ b {inner} }}}}"),
            format!("{{%{word}{inner}%}}x{{%end{word}%}}"),
            format!("{{% for a in b %}}{{{{ {inner} }}}}"),
        ] {
            let node = text(&template);
            let mut mistakes = Vec::new();
            engine.check(&node, &mut mistakes);
            engine.names(&node);
            let rendered = engine.render(&node, &variables);
            if !mistakes.is_empty() {
                assert!(rendered.is_err(), "{template}");
            }
        }
    }

    #[test]
    fn any_text_is_a_condition_or_a_mistake(any in "\\PC{0,40}", inner in PIECES) {
        let vars = mapping("a: 1\n");
        let variables = Variables::new(vec![&vars]);
        let engine = Engine::new();
        for condition in [any, inner.clone(), format!("a == {inner}"), format!("a is {inner}")] {
            let span = text(&condition).span;
            let mut mistakes = Vec::new();
            engine.check_condition(&condition, &span, &mut mistakes);
            let held = engine.holds(&condition, &span, &variables);
            let refused = mistakes.iter().any(|mistake| mistake.severity == rdpfix::diag::Severity::Error);
            assert!(!refused || held.is_err(), "{condition}");
        }
    }

    #[test]
    fn any_pattern_and_format_ends(pattern in "[-a-c.*+?^$(){}|\\[\\]\\\\0-9,]{0,12}", format in "[%{}a-z0-9.:<>!()*-]{0,12}") {
        let mut values = Values::default();
        values.set("pattern", &pattern);
        values.set("format", &format);
        let variables = Variables::layered(vec![Layer::Values(&values)]);
        let engine = Engine::new();
        for template in [
            "{{ 'abcabc' | regex_replace(pattern, pattern) }}",
            "{{ 'abcabc' is match(pattern) }}",
            "{{ format % ('a', 5) }}",
            "{{ format.format('a', 5) }}",
            "{{ format | strftime(0, utc=true) }}",
            "{{ pattern | from_yaml | to_nice_yaml }}",
            "{{ pattern | human_to_bytes }}",
            "{{ pattern is version(format, '<', version_type='semver') }}",
            "{{ pattern | urlsplit }}{{ pattern | win_dirname }}{{ pattern | splitext }}{{ pattern | normpath }}",
        ] {
            // A value or a mistake; what counts is that it comes.
            drop(engine.json(&text(template), &variables));
        }
    }
}
