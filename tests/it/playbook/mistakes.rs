//! Every mistake of a file is told at once, each with its place; any text is a playbook or a mistake.

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
use rdpfix::playbook::Reading;
use rdpfix::playbook::parse;
use rdpfix::playbook::read;

use crate::playbook::corpus;
use crate::playbook::describe;

#[test]
fn mistakes_are_told_as_recorded() {
    corpus::check("playbook/broken", told);
}

fn told(path: &PathBuf) -> String {
    match corpus::source(path) {
        Ok(source) => {
            let (playbook, mistakes) = parse(&source);
            let has_errors = mistakes
                .iter()
                .any(|mistake| mistake.severity == Severity::Error);
            assert_eq!(playbook.is_none(), has_errors, "{}", path.display());
            assert!(!mistakes.is_empty(), "{} is broken", path.display());
            render(&mistakes, Colour::Never)
        }
        Err(mistake) => render(&[mistake], Colour::Never),
    }
}

#[test]
fn ten_mistakes_are_told_at_once_in_the_order_of_their_lines() {
    corpus::check("playbook/ten-mistakes", told);
    let path = &corpus::inputs("playbook/ten-mistakes")[0];
    let (_, mistakes) = parse(&corpus::source(path).unwrap());
    let lines: Vec<usize> = mistakes
        .iter()
        .map(|mistake| mistake.span.as_ref().unwrap().line_and_column().0)
        .collect();
    assert_eq!(lines, [2, 4, 5, 7, 10, 12, 14, 18, 21, 23]);
}

#[test]
fn valid_playbooks_mean_what_is_recorded() {
    corpus::check("playbook/valid", describe);
}

fn describe(path: &PathBuf) -> String {
    let (playbook, mistakes) = parse(&corpus::source(path).unwrap());
    let told = render(&mistakes, Colour::Never);
    let Some(playbook) = playbook else {
        panic!("{} is sound:\n{told}", path.display());
    };
    told + &describe::playbook(&playbook)
}

/// Pieces of playbooks, so that random texts get past the first line.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("- hosts: all\n".to_owned()),
        Just("  tasks:\n".to_owned()),
        Just("  handlers:\n".to_owned()),
        Just("  vars: {a: '{{ b }}', b: '{{ a }}'}\n".to_owned()),
        Just("    - service: {name: '{{ a }}', state: running}\n".to_owned()),
        Just("    - name: x\n".to_owned()),
        Just("      service: {name: x, state: running}\n".to_owned()),
        Just("      when: a ==\n".to_owned()),
        Just("      notify: x\n".to_owned()),
        Just("      tags: [a, b]\n".to_owned()),
        Just("      rdp_listener:\n        port: ".to_owned()),
        Just("    - block:\n        - ping:\n      rescue: [{fail: }]\n".to_owned()),
        Just("    - win_service: name='x' state={{ y\n".to_owned()),
        Just("    - win_regedit: {path: 'HKLM:\\a', data: x, type: '{{ t }}'}\n".to_owned()),
        Just("    - win_firewall_rule: {name: x, profiles: ['', 5]}\n".to_owned()),
        Just("    - action: \"{{ x }} a=b 'c\"\n".to_owned()),
        Just("    - include_tasks: '{{ x }}'\n".to_owned()),
        Just("    - import_tasks: any.yml\n".to_owned()),
        Just("    - assert: {that: [a, '{{ b }}']}\n".to_owned()),
        Just("      loop: '{{ b }}'\n".to_owned()),
        Just("      with_items: [a, [b], '{{ c }}']\n".to_owned()),
        Just("      until: x\n      retries: ".to_owned()),
        Just("  vars_files: [any.yml, ['{{ a }}']]\n".to_owned()),
        Just("  serial: [1, '10%', ".to_owned()),
        Just("- import_playbook: any.yml\n".to_owned()),
        "[ -~\n\t]{0,12}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(scrap, 0..14).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_text_is_a_playbook_or_a_mistake(text in scraps()) {
        let source = Arc::new(Source { name: "any.yml".into(), text, secret: false });
        let (playbook, mistakes) = parse(&source);
        let has_errors = mistakes.iter().any(|mistake| mistake.severity == Severity::Error);
        assert_eq!(playbook.is_none(), has_errors);
        for mistake in &mistakes {
            let span = mistake.span.as_ref().expect("every mistake of a playbook has a place");
            assert!(source.text.get(span.start..span.end).is_some(), "{span:?} is a piece of the text");
        }
        render(&mistakes, Colour::Always);
    }

    #[test]
    fn any_text_may_be_imported_by_any_text(text in scraps(), inner in proptest::collection::vec(proptest::num::u8::ANY, 0..60).prop_map(Some), words in scraps()) {
        // Now and then bytes that are no text at all.
        let file = inner.filter(|bytes| bytes.len() < 6).unwrap_or_else(|| words.into_bytes());
        let source = Arc::new(Source { name: "site.yml".into(), text, secret: false });
        let reading = Reading { files: Arc::new(Same(file)), keyring: Arc::default(), extra: BTreeMap::new(), engine: None };
        let (playbook, mistakes) = read(&source, &reading);
        let has_errors = mistakes.iter().any(|mistake| mistake.severity == Severity::Error);
        assert_eq!(playbook.is_none(), has_errors);
        render(&mistakes, Colour::Always);
    }
}

/// Files that all hold the same.
#[derive(Debug)]
struct Same(Vec<u8>);

impl Files for Same {
    fn kind(&self, _path: &Path) -> Kind {
        Kind::File
    }

    fn read(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }

    fn list(&self, _folder: &Path) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn run(&self, _program: &Path, _arguments: &[&str]) -> io::Result<Printed> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
