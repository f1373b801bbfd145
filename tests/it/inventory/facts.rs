//! Facts about inventories: what a file means, which hosts a pattern names, how mistakes are told.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::prop_oneof;
use proptest::proptest;
use rdpfix::diag::Colour;
use rdpfix::diag::Severity;
use rdpfix::diag::Source;
use rdpfix::diag::render;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use rdpfix::inventory::PasswordSource;
use rdpfix::inventory::PatternError;
use rdpfix::secret::Secret;
use rdpfix::syntax;

use crate::playbook::corpus;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "hosts.yml".into(),
        text: text.into(),
        secret: false,
    })
}

#[track_caller]
fn read(text: &str) -> Inventory {
    read_with(text, &Defaults::default())
}

#[track_caller]
fn read_with(text: &str, defaults: &Defaults) -> Inventory {
    let (inventory, mistakes) = Inventory::parse(&source(text), defaults);
    assert!(mistakes.is_empty(), "{}", render(&mistakes, Colour::Never));
    inventory.unwrap()
}

#[test]
fn mistakes_are_told_as_recorded() {
    corpus::check("inventory/broken", |path| match corpus::source(path) {
        Ok(source) => {
            let (inventory, mistakes) = Inventory::parse(&source, &Defaults::default());
            let has_errors = mistakes
                .iter()
                .any(|mistake| mistake.severity == Severity::Error);
            assert_eq!(inventory.is_none(), has_errors, "{}", path.display());
            render(&mistakes, Colour::Never)
        }
        Err(mistake) => render(&[mistake], Colour::Never),
    });
}

#[test]
fn mistakes_never_show_a_password() {
    for path in corpus::inputs("inventory/broken") {
        let Ok(source) = corpus::source(&path) else {
            continue;
        };
        let (_, mistakes) = Inventory::parse(&source, &Defaults::default());
        let shown = render(&mistakes, Colour::Never);
        assert!(!shown.contains("hunter"), "{}\n{shown}", path.display());
    }
}

#[test]
fn valid_inventories_mean_what_is_recorded() {
    corpus::check("inventory/valid", describe);
}

fn describe(path: &PathBuf) -> String {
    let (inventory, mistakes) =
        Inventory::parse(&corpus::source(path).unwrap(), &Defaults::default());
    let mut text = render(&mistakes, Colour::Never);
    let inventory = inventory.unwrap();
    for host in &inventory.hosts {
        let winrm = &host.winrm;
        writeln!(
            text,
            "{}: {} {:?} {}{} {:?} {:?} timeout {:?} user {:?} password {} letters rdp {}",
            host.name,
            host.address,
            winrm.scheme,
            winrm.port,
            winrm.path,
            winrm.scheme_of_authentication,
            winrm.trust,
            winrm.operation_timeout,
            winrm.user,
            winrm.password.reveal().len(),
            host.rdp_port,
        )
        .unwrap();
        if winrm.password_source != PasswordSource::Stated {
            writeln!(text, "    password from {:?}", winrm.password_source).unwrap();
        }
        if let Some(obstacle) = &winrm.obstacle {
            writeln!(text, "    cannot sign in: {}", obstacle.message).unwrap();
            writeln!(text, "        help: {}", obstacle.help.join("; ")).unwrap();
        }
        if let Some(gateway) = &host.rdp_gateway {
            writeln!(text, "    through the gateway {gateway}").unwrap();
        }
        for (name, value) in host.vars.iter() {
            writeln!(text, "    {name} = {:?}", value.content).unwrap();
        }
    }
    for (name, members) in &inventory.groups {
        let members: Vec<&str> = members
            .iter()
            .map(|host| &*inventory.hosts[*host].name)
            .collect();
        writeln!(text, "[{name}] {}", members.join(" ")).unwrap();
    }
    text
}

#[test]
fn defaults_fill_in_and_lose_against_variables() {
    let defaults = Defaults {
        user: Some("operator".into()),
        password: Some(Secret::new("default")),
        ..Defaults::default()
    };
    let inventory = read_with(
        "all:\n  hosts:\n    a:\n    b: {ansible_user: own, ansible_password: mine}\n",
        &defaults,
    );
    let (a, b) = (&inventory.hosts[0].winrm, &inventory.hosts[1].winrm);
    assert_eq!(
        (a.user.as_str(), a.password.reveal()),
        ("operator", "default")
    );
    assert_eq!((b.user.as_str(), b.password.reveal()), ("own", "mine"));
}

#[test]
fn extra_variables_beat_the_host() {
    let extra = syntax::parse(&source("{ansible_port: 5985, colour: red}")).unwrap();
    let extra: BTreeMap<_, _> = extra
        .entries()
        .iter()
        .map(|(key, value)| (key.as_text().unwrap().to_owned(), value.clone()))
        .collect();
    let files = [
        source("all: {hosts: {a: {ansible_port: 5986, colour: blue, size: 1}}}"),
        source("all: {hosts: {a: {size: 2}, b: }}"),
    ];
    let (inventory, mistakes) = Inventory::parse_all(&files, &Defaults::default(), &extra);
    assert!(mistakes.is_empty());
    let inventory = inventory.unwrap();
    let host = inventory.host("a").unwrap();
    assert_eq!(host.winrm.port, 5985);
    assert_eq!(host.vars.get("colour").unwrap().as_text(), Some("red"));
    assert_eq!(
        host.vars.get("size").unwrap().content,
        syntax::Content::Int(2)
    );
    assert_eq!(inventory.hosts.len(), 2);
}

#[test]
fn passwords_do_not_stay_among_the_variables() {
    let inventory = read(
        "all:\n  hosts:\n    a: {ansible_password: '{{ one }}', one: '{{ two }}', two: hunter2, three: kept}\n",
    );
    let host = &inventory.hosts[0];
    assert_eq!(host.winrm.password.reveal(), "hunter2");
    assert_eq!(
        host.vars.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["three"]
    );
    assert!(!format!("{host:?}").contains("hunter2"));
}

const FLEET: &str = "
web:
  hosts:
    web[01:04]:
db:
  hosts:
    db01:
    web04:
prod:
  children:
    web:
other:
  hosts:
    fe80::1:
    lone:
";

#[track_caller]
fn selects(pattern: &str, hosts: &[&str]) {
    let selected = read(FLEET).select(pattern).unwrap();
    let names: Vec<&str> = selected.iter().map(|host| &*host.name).collect();
    assert_eq!(names, hosts, "{pattern}");
}

#[test]
fn patterns_name_hosts() {
    let everyone = [
        "web01", "web02", "web03", "web04", "db01", "fe80::1", "lone",
    ];
    selects("all", &everyone);
    selects("*", &everyone);
    selects("web02", &["web02"]);
    selects("prod", &["web01", "web02", "web03", "web04"]);
    selects("db:lone", &["web04", "db01", "lone"]);
    selects("db,lone", &["web04", "db01", "lone"]);
    selects("web:&db", &["web04"]);
    selects("web:!db", &["web01", "web02", "web03"]);
    selects("!web", &["db01", "fe80::1", "lone"]);
    selects("&web:!web01", &["web02", "web03", "web04"]);
    selects("web0[12]*", &["web01", "web02"]);
    selects("~web0[12]", &["web01", "web02"]);
    selects("~.*1$", &["web01", "db01", "fe80::1"]);
    selects("web[-1],~(db|l)", &["web04", "db01", "lone"]);
    selects("web[2:]", &["web03", "web04"]);
    selects("web0*[1]", &["web02"]);
    selects("*01", &["web01", "db01"]);
    selects("web[0]", &["web01"]);
    selects("web[-1]", &["web04"]);
    selects("web[1:2],lone", &["web02", "web03", "lone"]);
    selects("fe80::1", &["fe80::1"]);
    selects("fe80::1,db01", &["db01", "fe80::1"]);
}

#[test]
fn a_pattern_without_hosts_is_a_mistake() {
    let fleet = read(FLEET);
    let refused = |pattern: &str| fleet.select(pattern).unwrap_err();
    let slip = refused("wbe");
    assert_eq!(slip.to_string(), "no host or group is named `wbe`");
    assert_eq!(slip.suggestion(), Some("web"));
    assert_eq!(refused("purple").suggestion(), None);
    assert_eq!(refused("web:!web99").suggestion(), Some("web01"));
    assert_eq!(refused("x*"), PatternError::NoMatch { glob: "x*".into() });
    assert_eq!(
        refused("db:&lone"),
        PatternError::NothingLeft {
            pattern: "db:&lone".into()
        }
    );
    assert_eq!(refused(" , "), PatternError::Empty);
    let told = |pattern: &str| {
        let mistake = refused(pattern);
        (mistake.to_string(), mistake.help().unwrap_or_default())
    };
    let (message, help) = told("web0[12]");
    assert_eq!(message, "no host or group is named `web0`");
    assert!(help.ends_with("`web0[12]*`"), "{help}");
    assert_eq!(
        told("web[9]").0,
        "`web[9]` is beyond the hosts there, of which there are 4"
    );
    let (message, help) = told("web01:5986");
    assert_eq!(message, "no host or group is named `web01:5986`");
    assert!(help.contains("write `web01`"), "{help}");
    assert!(told("web:db,lone").1.contains("commas only"));
    let (message, help) = told("~web0(1,2)");
    assert!(
        message.starts_with("`~web0(1` is not a regular expression: "),
        "{message}"
    );
    assert!(help.starts_with("commas"), "{help}");
    // A brace that says no number is a letter, as in Python.
    let (message, help) = told("~web0{1,2}");
    assert_eq!(message, "no host or group fits `~web0{1`");
    assert!(help.starts_with("commas"), "{help}");
}

#[test]
fn thousands_of_hosts_share_what_they_inherit() {
    let mut text = "all:\n  vars: {ansible_user: u}\n  hosts:\n    h[1:20000]:\n".to_owned();
    for group in 0..50 {
        writeln!(
            text,
            "g{group}:\n  hosts:\n    h[{}:{}]:",
            group * 100 + 1,
            group * 100 + 100
        )
        .unwrap();
    }
    let inventory = read(&text);
    assert_eq!(inventory.hosts.len(), 20_000);
    assert_eq!(inventory.groups["g7"].len(), 100);
    assert_eq!(inventory.groups["ungrouped"].len(), 15_000);
}

/// Pieces of inventories, so that random texts get past the first line.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("all:\n".to_owned()),
        Just("  hosts:\n".to_owned()),
        Just("  children:\n".to_owned()),
        Just("  vars:\n".to_owned()),
        Just("    web[1:3]: {ansible_port: '{{ p }}'}\n".to_owned()),
        Just("    p: '{{ ansible_port }}'\n".to_owned()),
        Just("    a: &a {b: *a}\n".to_owned()),
        Just("    <<: {x: 1}\n".to_owned()),
        Just("\t".to_owned()),
        Just("größe: \"\u{feff}ß".to_owned()),
        "[ -~\n]{0,12}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(scrap, 0..12).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_text_is_an_inventory_or_a_mistake(text in scraps()) {
        let (inventory, mistakes) = Inventory::parse(&source(&text), &Defaults::default());
        let has_errors = mistakes.iter().any(|mistake| mistake.severity == Severity::Error);
        assert_eq!(inventory.is_none(), has_errors);
        for mistake in &mistakes {
            if let Some(span) = &mistake.span {
                assert!(span.source.text.get(span.start..span.end).is_some(), "{span:?} is a piece of the text");
            }
        }
        render(&mistakes, Colour::Always);
    }

    #[test]
    fn any_pattern_names_hosts_or_is_a_mistake(pattern in "[a-z0-9:,!&*?\\[\\]~@-]{0,16}|\\PC{0,16}") {
        let selected = read(FLEET).select(&pattern);
        assert!(selected.is_err() || !selected.unwrap().is_empty());
    }

    #[test]
    fn scalars_end_where_the_file_says(text in scraps()) {
        if let Ok(node) = syntax::parse(&source(&text)) {
            check_spans(&node);
        }
    }
}

/// Children lie within their parents unless an alias brought them.
fn check_spans(node: &syntax::Node) {
    assert!(node.span.start <= node.span.end && node.span.end <= node.span.source.text.len());
    assert!(node.span.source.text.is_char_boundary(node.span.start));
    assert!(node.span.source.text.is_char_boundary(node.span.end));
    for item in node.items() {
        check_spans(item);
    }
    for (key, value) in node.entries() {
        check_spans(key);
        check_spans(value);
    }
}
