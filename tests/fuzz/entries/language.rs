//! Files that people write: inventories, playbooks, templates, vaults, settings. Any bytes are read or told.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;

use rdpfix::cli::settings::Settings;
use rdpfix::diag::Colour;
use rdpfix::diag::Diagnostic;
use rdpfix::diag::Severity;
use rdpfix::diag::Source;
use rdpfix::diag::Span;
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
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use rdpfix::syntax::source_from_bytes;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Variables;
use rdpfix::vault::Keyring;
use rdpfix::vault::Password;
use rdpfix::vault::Sealed;
use rdpfix::vault::VaultError;

/// A machine with one file.
struct OnlyFile {
    name: &'static str,
    kind: Kind,
    bytes: Vec<u8>,
}

impl Files for OnlyFile {
    fn kind(&self, path: &Path) -> Kind {
        if path == Path::new(self.name) {
            self.kind
        } else {
            Kind::Absent
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.kind(path) {
            Kind::Absent => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(self.bytes.clone()),
        }
    }

    fn list(&self, _folder: &Path) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn run(&self, _program: &Path, arguments: &[&str]) -> io::Result<Printed> {
        let is_list = arguments.contains(&"--list");
        Ok(Printed {
            code: Some(0),
            stdout: if is_list {
                self.bytes.clone()
            } else {
                b"{}".to_vec()
            },
            stderr: Vec::new(),
        })
    }
}

/// Mistakes point into their texts and can be shown.
fn check_mistakes(mistakes: &[Diagnostic]) {
    for mistake in mistakes {
        if let Some(span) = &mistake.span {
            check_span(span);
        }
    }
    let shown = render(mistakes, Colour::Always);
    assert_eq!(shown.is_empty(), mistakes.is_empty());
}

fn check_span(span: &Span) {
    let piece = span.source.text.get(span.start..span.end);
    assert!(piece.is_some(), "{}..{}", span.start, span.end);
}

fn check_node(node: &Node) {
    check_span(&node.span);
    for item in node.items() {
        check_node(item);
    }
    for (key, value) in node.entries() {
        check_node(key);
        check_node(value);
    }
}

/// Nothing comes of a text exactly when it has an error.
fn check_outcome<T>(read: Option<T>, mistakes: &[Diagnostic]) -> Option<T> {
    check_mistakes(mistakes);
    let has_errors = mistakes
        .iter()
        .any(|mistake| mistake.severity == Severity::Error);
    assert_eq!(read.is_none(), has_errors, "{mistakes:?}");
    read
}

fn source(name: &str, bytes: &[u8]) -> Option<Arc<Source>> {
    match source_from_bytes(name, bytes.to_vec()) {
        Ok(source) => Some(source),
        Err(mistake) => {
            check_mistakes(&[mistake]);
            None
        }
    }
}

fn inventory(name: &'static str, kind: Kind, bytes: &[u8]) {
    let file = OnlyFile {
        name,
        kind,
        bytes: bytes.to_vec(),
    };
    let reading = Reading {
        files: Arc::new(file),
        keyring: Arc::default(),
        playbook_folder: None,
    };
    let (origins, extra) = ([Origin::Path(name.into())], BTreeMap::new());
    // As `inventory --list` shows it, mistakes left out.
    let read = Tree::read(&origins, Some(&reading), &extra);
    check_mistakes(&read.in_sources);
    check_mistakes(&read.in_variables);
    if let Some(tree) = &read.tree {
        let mut inherited = Inherited::default();
        for host in tree.hosts() {
            let vars = host.vars(&mut inherited);
            for value in vars.values() {
                check_node(value);
            }
        }
    }
    // As a run takes it, every mistake an error.
    let (inventory, mistakes) = Inventory::read(&origins, &reading, &Defaults::default(), &extra);
    if let Some(inventory) = check_outcome(inventory, &mistakes) {
        for host in &inventory.hosts {
            assert!(inventory.host(&host.name).is_some());
        }
        // Who puts a group above `ungrouped` loses its hosts, as in Ansible.
        if let Ok(all) = inventory.select("all") {
            assert!(all.len() <= inventory.hosts.len());
        }
    }
}

pub(super) fn ini_inventory(bytes: &[u8]) {
    inventory("hosts.ini", Kind::File, bytes);
}

pub(super) fn yaml_inventory(bytes: &[u8]) {
    inventory("hosts.yml", Kind::File, bytes);
}

pub(super) fn inventory_program(bytes: &[u8]) {
    inventory("hosts.sh", Kind::Executable, bytes);
}

/// Few enough hosts that a pattern is quick, in groups that lie within each other.
const FLEET: &str = "lone\n[web]\nweb[01:09].corp.example\n[db]\ndb-[a:c]\n\
    [prod:children]\nweb\ndb\n[empty]\n[edge]\nweb01.corp.example\n[2001:db8::1]:22\n";

pub(super) fn host_pattern(bytes: &[u8]) {
    static INVENTORY: LazyLock<Inventory> = LazyLock::new(|| {
        let source = source("fleet", FLEET.as_bytes()).expect("a text");
        Inventory::parse(&source, &Defaults::default())
            .0
            .expect("a sound inventory")
    });
    let Ok(pattern) = std::str::from_utf8(bytes) else {
        return;
    };
    match INVENTORY.select(pattern) {
        Ok(hosts) => assert!(!hosts.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn yaml(bytes: &[u8]) {
    let Some(source) = source("any.yml", bytes) else {
        return;
    };
    match rdpfix::syntax::parse(&source) {
        Ok(node) => check_node(&node),
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            check_mistakes(&mistakes);
        }
    }
    let (node, mistakes) = rdpfix::syntax::parse_data(&source);
    if let Some(node) = check_outcome(node, &mistakes) {
        check_node(&node);
    }
}

pub(super) fn json(bytes: &[u8]) {
    let Some(source) = source("any.json", bytes) else {
        return;
    };
    let node = rdpfix::syntax::parse_json(&source);
    if let Some(node) = &node {
        check_node(node);
    }
    // Lists and objects that the usual reader takes we take, unless they are too deep for us.
    let theirs = serde_json::from_str::<serde_json::Value>(&source.text);
    if let (Ok(theirs), None) = (theirs, &node)
        && (theirs.is_array() || theirs.is_object())
    {
        assert!(depth(&theirs) > 90, "{}", source.text);
    }
}

fn depth(value: &serde_json::Value) -> usize {
    let inner = match value {
        serde_json::Value::Array(items) => items.iter().map(depth).max(),
        serde_json::Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

pub(super) fn playbook(bytes: &[u8]) {
    if let Some(source) = source("site.yml", bytes) {
        let (playbook, mistakes) = rdpfix::playbook::parse(&source);
        check_outcome(playbook, &mistakes);
    }
}

pub(super) fn extra_vars(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let texts = [("-e".to_owned(), text.to_owned())];
        let (variables, mistakes) = rdpfix::playbook::extra_vars(&texts);
        check_mistakes(&mistakes);
        variables.values().for_each(check_node);
    }
}

/// What templates find: a value of each kind.
const VARIABLES: &str = "{n: 3, f: 1.5, yes_: true, nothing: null, name: 'Größe x', list: [3, 1, 2, a], \
    map: {a: 1, b: {c: [x]}}, path: 'C:\\Temp\\a.txt', other: '{{ name }}!', text: 'a b c'}";

pub(super) fn template(bytes: &[u8]) {
    static NODE: LazyLock<Node> = LazyLock::new(|| {
        let source = source("vars.yml", VARIABLES.as_bytes()).expect("a text");
        rdpfix::syntax::parse(&source).expect("sound variables")
    });
    let Some(source) = source("template", bytes) else {
        return;
    };
    let text = source.text.clone();
    let span = Span {
        start: 0,
        end: text.len(),
        source,
    };
    let vars: BTreeMap<String, Node> = NODE
        .entries()
        .iter()
        .filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value.clone())))
        .collect();
    let variables = Variables::new(vec![&vars]);
    let engine = Engine::new();
    let told = |result: Result<(), Diagnostic>| {
        if let Err(mistake) = result {
            check_mistakes(&[mistake]);
        }
    };
    told(engine.evaluate(&text, &span, &variables).map(drop));
    told(engine.holds(&text, &span, &variables).map(drop));
    let node = Node {
        span,
        content: Content::Text(text),
    };
    told(
        engine
            .render(&node, &variables)
            .map(|node| check_node(&node)),
    );
    let mut mistakes = Vec::new();
    engine.check(&node, &mut mistakes);
    check_mistakes(&mistakes);
}

pub(super) fn vault(bytes: &[u8]) {
    let keyring = Keyring::default().with_password("prod", Password::new("test-password"));
    let as_file = keyring.unlock(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let sealed = Sealed {
        text: text.to_owned(),
    };
    let _label = sealed.label();
    let opened = keyring.open(&sealed);
    if sealed.check().is_err() {
        assert!(opened.is_err() && as_file.is_err());
    }
    match (opened, as_file) {
        (Ok(secret), Ok(file)) => {
            assert_eq!(secret.reveal().as_bytes(), &**file.clear);
            let again = Keyring::seal_again(&file.clear, &file);
            let again = again.map(|text| keyring.open_bytes(text.as_bytes()));
            match again {
                Ok(clear) => assert_eq!(clear.expect("our own").as_slice(), &**file.clear),
                Err(error) => assert_eq!(error, VaultError::AlreadyEncrypted),
            }
        }
        (Err(VaultError::NotText), Ok(_)) => {}
        (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
        (opened, as_file) => panic!("{:?} {as_file:?}", opened.map(drop)),
    }
}

pub(super) fn settings(bytes: &[u8]) {
    if let Some(source) = source("ansible.cfg", bytes)
        && let Err(mistakes) = Settings::in_config(&source, Path::new("folder"))
    {
        assert!(!mistakes.is_empty());
        check_mistakes(&mistakes);
    }
}

pub(super) fn lab_scenario(bytes: &[u8]) {
    if let Some(source) = source("lab.yml", bytes) {
        let (scenario, mistakes) = rdpfix::lab::scenario::file::from_source(&source);
        check_outcome(scenario, &mistakes);
    }
}

pub(super) fn job_file(bytes: &[u8]) {
    if let Some(source) = source("jobs.yml", bytes) {
        let (jobs, mistakes) = rdpfix::job::parse(&source);
        check_outcome(jobs, &mistakes);
    }
}

pub(super) fn waivers(bytes: &[u8]) {
    if let Some(source) = source("waivers.yml", bytes) {
        let (entries, mistakes) = rdpfix::waiver::read(&[source], jiff::civil::date(2026, 7, 1));
        check_outcome(entries, &mistakes);
    }
}

pub(super) fn rdp_file(bytes: &[u8]) {
    match rdpfix::rdp_file::read::read(bytes) {
        Ok(file) => assert!(!file.lines.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
