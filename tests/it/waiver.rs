//! Facts about waiver files: what they mean, and that every mistake in them is told with its place.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::civil::date;
use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop_oneof;
use proptest::proptest;
use rdpfix::control::Control;
use rdpfix::control::Controls;
use rdpfix::control::Severity;
use rdpfix::diag;
use rdpfix::diag::Colour;
use rdpfix::diag::Diagnostic;
use rdpfix::diag::Source;
use rdpfix::diag::render;
use rdpfix::diag::source_from_bytes;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use rdpfix::waiver;
use rdpfix::waiver::Waivers;

use crate::playbook::corpus;

const TODAY: Date = date(2026, 3, 1);
const HOSTS: &str = "servers: {hosts: {ts01: , ts02: }}\nothers: {hosts: {ts03: }}\n";

fn inventory() -> Inventory {
    let source = corpus::text("hosts.yml", HOSTS);
    let (inventory, mistakes) = Inventory::parse(&source, &Defaults::default());
    inventory.unwrap_or_else(|| panic!("{mistakes:?}"))
}

fn controls() -> Controls {
    let known = ["RDP-NLA", "RDP-TLS"].map(|id| {
        let control = Control {
            id: id.into(),
            title: None,
            severity: Severity::High,
            references: Vec::new(),
        };
        (id.into(), Arc::new(control))
    });
    Controls {
        known: BTreeMap::from(known),
        open: false,
    }
}

/// Everything that is told of a file.
fn all(source: &Arc<Source>) -> (Option<Waivers>, Vec<Diagnostic>) {
    let (entries, mut told) = waiver::read(std::slice::from_ref(source), TODAY);
    let found = entries.as_deref().unwrap_or_default();
    told.extend(waiver::check_controls(found, &controls()));
    told.extend(waiver::warnings(found, TODAY));
    let (waivers, mistakes) = waiver::resolve(found, &inventory());
    told.extend(mistakes);
    (entries.map(|_| waivers), told)
}

fn told(path: &PathBuf) -> String {
    match corpus::source(path) {
        Ok(source) => {
            let (_, mistakes) = all(&source);
            assert!(!mistakes.is_empty(), "{} is broken", path.display());
            render(&mistakes, Colour::Never)
        }
        Err(mistake) => render(&[mistake], Colour::Never),
    }
}

#[test]
fn mistakes_are_told_as_recorded() {
    corpus::check("waivers/broken", told);
    assert!(corpus::inputs("waivers/broken").len() >= 12);
}

#[test]
fn valid_files_mean_what_is_recorded() {
    corpus::check("waivers/valid", |path| {
        let (waivers, mistakes) = all(&corpus::source(path).unwrap());
        assert_eq!(mistakes, [], "{}", path.display());
        let waivers = waivers.unwrap();
        let mut text = String::new();
        for host in ["ts01", "ts02", "ts03"] {
            for control in controls().known.keys() {
                if let Some(waiver) = waivers.of(host, control) {
                    writeln!(
                        text,
                        "{host} {control}: {} until {}: {}",
                        waiver.owner, waiver.expires, waiver.reason
                    )
                    .unwrap();
                }
            }
        }
        text
    });
}

#[test]
fn a_control_that_an_included_file_may_have_is_only_warned_of() {
    let source = corpus::text(
        "waivers.yml",
        "- {hosts: all, control: NEW, owner: ops, reason: old, expires: 2026-06-30}",
    );
    let (entries, _) = waiver::read(&[source], TODAY);
    let open = Controls {
        open: true,
        ..controls()
    };
    let found = waiver::check_controls(&entries.unwrap(), &open);
    assert_eq!(found[0].severity, diag::Severity::Warning);
}

#[test]
fn the_same_waiver_in_two_files_is_told() {
    let text = "- {hosts: all, control: RDP-NLA, owner: ops, reason: old, expires: 2026-06-30}";
    let sources = ["one.yml", "two.yml"].map(|name| corpus::text(name, text));
    let (entries, mistakes) = waiver::read(&sources, TODAY);
    assert_eq!(entries, None);
    assert_eq!(mistakes[0].label.as_deref(), Some("see `one.yml`, line 1"));
}

/// Pieces of waiver files, so that random texts get past the first line.
fn scraps() -> impl Strategy<Value = Vec<u8>> {
    let word = |text: &str| Just(text.as_bytes().to_vec());
    let scrap = prop_oneof![
        word("- hosts: all\n"),
        word("  hosts: [ts01, 'ts0*']\n"),
        word("  control: RDP-NLA\n"),
        word("  owner: ops\n  reason: old\n"),
        word("  expires: 2026-06-30\n"),
        word("  expires: 9999-12-31\n"),
        word("  expires: -9999-01-01\n"),
        word("waivers:\n"),
        word("RDP-NLA:\n  justification: x\n"),
        word("{\"waivers\": ["),
        word("]}"),
        proptest::collection::vec(any::<u8>(), 0..10),
    ];
    proptest::collection::vec(scrap, 0..10).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_waivers_or_mistakes(bytes in scraps()) {
        let Ok(source) = source_from_bytes("waivers.yml", bytes) else {
            return Ok(());
        };
        let (waivers, mistakes) = all(&source);
        let (entries, own) = waiver::read(std::slice::from_ref(&source), TODAY);
        let has_errors = own.iter().any(|mistake| mistake.severity == diag::Severity::Error);
        assert_eq!(entries.is_none(), has_errors);
        assert_eq!(waivers.is_none(), has_errors);
        for mistake in &mistakes {
            let span = mistake.span.as_ref().expect("every mistake of a file has a place");
            assert!(source.text.get(span.start..span.end).is_some(), "{span:?} is a piece of the text");
        }
        render(&mistakes, Colour::Always);
    }
}
