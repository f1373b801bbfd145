//! Facts about INI inventories, folders, programs and files of variables, and how mistakes in them are told.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
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
use rdpfix::files::Files;
use rdpfix::files::Kind;
use rdpfix::files::Printed;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inherited;
use rdpfix::inventory::Inventory;
use rdpfix::inventory::Origin;
use rdpfix::inventory::Reading;
use rdpfix::inventory::Tree;
use rdpfix::syntax;
use rdpfix::vault::Keyring;

use crate::support;

/// A file that a password would open.
const CLOSED: &str = "tests/cases/playbook/projects/vault/secrets.yml";

/// Files that are only in memory. Names that end in `.sh` are programs that print what is in them.
#[derive(Clone, Default)]
struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Memory {
    fn with(files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        Self(
            files
                .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
                .collect(),
        )
    }

    fn reading(&self) -> Reading {
        Reading {
            files: Arc::new(self.clone()),
            keyring: Arc::new(Keyring::default()),
            playbook_folder: None,
        }
    }

    /// What is strictly made of a source.
    fn inventory(&self, path: &str) -> (Option<Inventory>, String) {
        let origin = Origin::of(path, self);
        let none = BTreeMap::new();
        let (inventory, mistakes) =
            Inventory::read(&[origin], &self.reading(), &Defaults::default(), &none);
        (inventory, render(&mistakes, Colour::Never))
    }
}

impl Files for Memory {
    fn kind(&self, path: &Path) -> Kind {
        if self.0.contains_key(path) {
            let is_program = path.extension().is_some_and(|ending| ending == "sh");
            return if is_program {
                Kind::Executable
            } else {
                Kind::File
            };
        }
        let is_folder = self.0.keys().any(|file| file.starts_with(path));
        if is_folder {
            Kind::Folder
        } else {
            Kind::Absent
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = self.0.get(path).cloned();
        bytes.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let below = self.0.keys().filter_map(|path| {
            let next = path.strip_prefix(folder).ok()?.components().next()?;
            Some(folder.join(next))
        });
        let mut below: Vec<PathBuf> = below.collect();
        below.dedup();
        Ok(below)
    }

    fn run(&self, program: &Path, _arguments: &[&str]) -> io::Result<Printed> {
        Ok(Printed {
            code: Some(0),
            stdout: self.read(program)?,
            stderr: Vec::new(),
        })
    }
}

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "hosts".into(),
        text: text.into(),
        secret: false,
    })
}

/// The mistakes of a text: how bad, which, and the piece of the text that each stands at.
fn mistakes(text: &str) -> Vec<(Severity, &'static str, String)> {
    let (inventory, mistakes) = Inventory::parse(&source(text), &Defaults::default());
    let has_errors = mistakes
        .iter()
        .any(|mistake| mistake.severity == Severity::Error);
    assert_eq!(inventory.is_none(), has_errors, "{text}");
    mistakes
        .into_iter()
        .map(|mistake| {
            let place = mistake.span.map(|span| span.text().to_owned());
            (mistake.severity, mistake.id, place.unwrap_or_default())
        })
        .collect()
}

#[track_caller]
fn told(text: &str, severity: Severity, wanted: &[(&'static str, &str)]) {
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(id, place)| (severity, *id, (*place).to_owned()))
        .collect();
    assert_eq!(mistakes(text), wanted, "{text}");
}

#[test]
fn what_ansible_loses_without_a_word_is_warned_of() {
    let warned = |text: &str, wanted: &[_]| told(text, Severity::Warning, wanted);
    warned("h p=a#b c=1\n", &[("lost-tail", "#b c=1")]);
    warned("h u=CORP\\svc\n", &[("lost-backslash", "\\")]);
    warned(
        "[w]\nh\n[w:vars]\nu=\"CORP\\new\"\n",
        &[("unescaped", "\"CORP\\new\"")],
    );
    warned("[w]\nh\n[x]\nw\n", &[("name-clash", "w")]);
    warned("[w]\nw a=1\n", &[("name-clash", "w"), ("name-clash", "w")]);
    warned(
        "w:\n  hosts: {a: {x: 1, x: 2}}\n",
        &[("duplicate-key", "x")],
    );
    warned("h p='a#b' u='C\\s' # c=1\n", &[]);
    warned("[w]\nh\n[w:vars]\nu=CORP\\new\nm=\"one\\n two\"\n", &[]);
}

#[test]
fn what_costs_ansible_the_source_is_an_error() {
    let refused = |text: &str, wanted: &[_]| told(text, Severity::Error, wanted);
    refused("[w]\n[wbe:vars]\nx=1\n", &[("undefined-group", "wbe")]);
    refused("[w]\n[t:children]\nw\nwbe\n", &[("undefined-group", "wbe")]);
    refused("[w:varz]\nx=1\n", &[("unknown-section", "varz")]);
    refused("[w] ; c\nh\n", &[("bad-section", "[w] ; c")]);
    refused("[w x]\nh\n", &[("bad-section", "[w x]")]);
    refused("[w]\nh x\n", &[("bad-variable", "x")]);
    refused("[w:vars]\nx\n[w]\n", &[("bad-variable", "x")]);
    refused("[w]\nh x='1\n", &[("bad-quoting", "'")]);
    refused("[w]\nh x=1\\\n", &[("bad-quoting", "\\")]);
    refused("[w]\nh:\n", &[("bad-host", "h:")]);
    refused("[w]\n'' x=1\n", &[("bad-host", "''")]);
    refused(
        "[w]\nh[1]\nh[3:1]\n",
        &[("bad-range", "h[1]"), ("bad-range", "h[3:1]")],
    );
    refused("[w]\n[t:children]\na b\n", &[("bad-group", "a b")]);
    refused("[w:children]\nw\n", &[("group-cycle", "w")]);
    refused(
        "[w:vars]\nansible_group_priority=x\n[w]\n",
        &[("wrong-type", "x")],
    );
}

#[test]
fn a_mistake_is_told_with_its_line_and_a_remedy() {
    let (_, mistakes) =
        Inventory::parse(&source("[web]\na\n[wbe:vars]\nx=1\n"), &Defaults::default());
    insta::assert_snapshot!(render(&mistakes, Colour::Never), @r"
    error[undefined-group]: `[wbe:vars]` belongs to no group of this file
     --> hosts:3:2
      |
    3 | [wbe:vars]
      |  ^^^ declared nowhere
      |
      = help: did you mean `web`?
      = help: add a section `[wbe]`, which may be empty
    ");
}

#[test]
fn a_parents_file_beats_a_childs_inline_value() {
    let memory = Memory::with(&[
        ("inv/hosts", "[p:children]\nc\n[c]\nh\n[c:vars]\nv=inline\n"),
        ("inv/group_vars/p.yml", "v: file\n"),
    ]);
    let (inventory, mistakes) = memory.inventory("inv/hosts");
    assert_eq!(mistakes, "");
    let inventory = inventory.unwrap();
    let value = inventory.host("h").unwrap().vars.get("v").unwrap();
    assert_eq!(value.as_text(), Some("file"));
}

#[test]
fn passwords_of_groups_leave_the_variables_that_hosts_share() {
    let memory = Memory::with(&[(
        "hosts",
        "[w]\na\nb own=1\nc ansible_password=\"{{ other }}\"\n[w:vars]\nansible_password='{{ secret_of_all }}'\nsecret_of_all=hunter2\nother=hunter3\nkept=1\n",
    )]);
    let (inventory, mistakes) = memory.inventory("hosts");
    let inventory = inventory.unwrap_or_else(|| panic!("{mistakes}"));
    let names = |host: &str| -> Vec<String> {
        let vars = &inventory.host(host).unwrap().vars;
        vars.iter().map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(names("a"), ["kept", "other"]);
    assert_eq!(names("b"), ["kept", "other", "own"]);
    assert_eq!(names("c"), ["kept", "secret_of_all"]);
    let password = |host: &str| {
        inventory
            .host(host)
            .unwrap()
            .winrm
            .password
            .reveal()
            .to_owned()
    };
    assert_eq!([password("a"), password("c")], ["hunter2", "hunter3"]);
    let [_, one] = inventory.host("a").unwrap().vars.layers();
    let [_, other] = inventory.host("b").unwrap().vars.layers();
    assert!(std::ptr::eq(one, other), "hosts of the same groups share");
}

#[test]
fn only_files_of_known_names_are_read() {
    let memory = Memory::with(&[
        ("inv/hosts", "[w]\nh\n"),
        ("inv/group_vars/other.yml", "not: [yaml\n"),
        ("inv/host_vars/nobody/x.yml", "not: [yaml\n"),
        ("inv/group_vars/w/x.txt", "not: [yaml\n"),
        ("inv/group_vars/w/y.yml", "v: 1\n"),
    ]);
    let (inventory, mistakes) = memory.inventory("inv/hosts");
    assert_eq!(mistakes, "");
    assert!(
        inventory
            .unwrap()
            .host("h")
            .unwrap()
            .vars
            .get("v")
            .is_some()
    );
}

#[test]
fn an_encrypted_file_without_a_password_is_told() {
    let memory = Memory::with(&[
        ("inv/hosts", "[w]\nh\n"),
        ("inv/group_vars/w.yml", "$ANSIBLE_VAULT;1.1;AES256\n3132\n"),
    ]);
    let (inventory, mistakes) = memory.inventory("inv/hosts");
    assert!(inventory.is_none());
    // This one is cut off; no password would help.
    assert!(
        mistakes.starts_with("error[vault-broken]: cannot open `inv/group_vars/w.yml`"),
        "{mistakes}"
    );
    let whole = support::bytes(&support::root().join(CLOSED));
    let whole = String::from_utf8(whole).unwrap();
    let memory = Memory::with(&[("inv/hosts", "[w]\nh\n"), ("inv/group_vars/w.yml", &whole)]);
    let (inventory, mistakes) = memory.inventory("inv/hosts");
    assert!(inventory.is_none());
    assert!(
        mistakes.starts_with("error[vault-closed]: cannot open `inv/group_vars/w.yml`"),
        "{mistakes}"
    );
}

#[test]
fn a_source_that_cannot_be_read_is_an_error_for_a_run() {
    let memory = Memory::with(&[("inv/hosts", "[w]\nh\n"), ("inv/x.yml", "plugin: aws\n")]);
    assert!(memory.inventory("nowhere").0.is_none());
    assert!(memory.inventory("inv/x.yml").1.contains("inventory-plugin"));
    assert!(memory.inventory("inv").0.is_none());
    let toml = Memory::with(&[("hosts.toml", "[web.hosts]\n")]);
    assert!(toml.inventory("hosts.toml").1.contains("toml-inventory"));
}

#[test]
fn hosts_of_a_range_share_their_variables_until_they_differ() {
    let (inventory, _) = Inventory::parse(&source("h[1:3] a=1\nh2 b=2\n"), &Defaults::default());
    let inventory = inventory.unwrap();
    let value = |host: &str, name: &str| inventory.host(host).unwrap().vars.get(name).is_some();
    assert!(value("h1", "a") && value("h2", "a") && value("h2", "b"));
    assert!(!value("h1", "b") && !value("h3", "b"));
}

/// Pieces of inventories, so that random texts get past the first line.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("[web]\n".to_owned()),
        Just("[web:children]\n".to_owned()),
        Just("[web:vars]\n".to_owned()),
        Just("db\n".to_owned()),
        Just("h[1:3]:22 a='b c' d=\"e\\\\\" # f\n".to_owned()),
        Just("x=[1, {'a': (2, 'b\\n')}, r'c']\n".to_owned()),
        Just("{\"web\": {\"hosts\": [\"a\"]}, \"_meta\": {\"hostvars\": {}}}".to_owned()),
        Just("\\u00e9\\ud83d".to_owned()),
        Just("[fe80::[1:f]]:5".to_owned()),
        "[-\\[\\]:='\"{}(),.0-9a-z#\\\\ \n]{0,16}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(scrap, 0..10).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_text_is_an_inventory_or_a_mistake(text in scraps()) {
        for mistake in Inventory::parse(&source(&text), &Defaults::default()).1 {
            if let Some(span) = &mistake.span {
                assert!(span.source.text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
        mistakes(&text);
    }

    #[test]
    fn any_text_is_json_or_not(text in scraps()) {
        if let Some(node) = syntax::parse_json(&source(&text)) {
            assert!(!node.span.text().is_empty());
        }
    }

    #[test]
    fn any_bytes_in_any_file_are_read_or_told(
        bytes in proptest::collection::vec(0_u8.., 0..64),
        text in scraps(),
    ) {
        let mut memory = Memory::with(&[("inv/a", &text), ("inv/b.yml", &text), ("inv/c.sh", &text), ("inv/group_vars/web", &text)]);
        memory.0.insert("inv/d".into(), bytes.clone());
        memory.0.insert("inv/host_vars/h1.json".into(), bytes);
        let none = BTreeMap::new();
        let read = Tree::read(&[Origin::Path("inv".into())], Some(&memory.reading()), &none);
        if let Some(tree) = &read.tree {
            let mut inherited = Inherited::default();
            for host in tree.hosts() {
                host.vars(&mut inherited);
            }
        }
        memory.inventory("inv");
    }
}
