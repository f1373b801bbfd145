//! Facts about secrets: nothing of them gets into the file.

use std::sync::Arc;

use jiff::civil::date;
use rdpfix::cim::Value;
use rdpfix::control::Control;
use rdpfix::control::Severity;
use rdpfix::control::Waiver;
use rdpfix::event::Event;
use rdpfix::event::TaskResult;
use rdpfix::history::Recorder;
use rdpfix::plan::Outcome;
use rdpfix::secret::Hidden;

use super::record::NLA;
use super::record::seen;
use super::run::Store;
use super::run::Visit;
use super::run::change;
use super::run::drifted;
use super::run::proven;
use super::run::ruled;
use super::run::run_of;

#[test]
fn no_secret_gets_into_the_file() {
    let store = Store::new();
    let hidden = Arc::new(Hidden::default());
    hidden.add("hunter2");
    // A word that the file's own keys have, too.
    hidden.add("parts");
    let mut recorder = Recorder::new(store.open()).with_hidden(hidden);
    let changes = |value: &str| vec![change("data", Value::from(value), Value::Null)];
    let across_the_cut = format!("{}hunter2", "x".repeat(995));
    let results = vec![
        ruled(NLA, Outcome::Drifted(changes("is hunter2"))),
        ruled("RDP-TLS", Outcome::Changed(changes("was hunter2"))),
        ruled("RDP-PORT", Outcome::Drifted(changes(&across_the_cut))),
        told_everywhere("hunter2"),
    ];
    let mut shown = proven("AA", 500);
    if let Some(certificate) = &mut shown.certificate {
        certificate.subject = "CN=hunter2".to_owned();
    }
    let visit = Visit::new("a", results).with_proof(shown);
    let mut events = run_of(Some("job hunter2"), 1, 10, &[visit]);
    if let Event::RunStart { playbook, .. } = &mut events[0] {
        *playbook = "hunter2.yml".to_owned();
    }
    recorder.pass(&mut events).unwrap();
    drop(recorder);
    let view = seen(&store, "a");
    assert_eq!(view.changes[0].before, "was ********");
    let before = |name: &str| {
        let control = view.controls.iter().find(|c| c.control == name).unwrap();
        let detail = control.detail.as_ref().unwrap();
        detail.parts[0].before["data"].as_str().unwrap().to_owned()
    };
    assert_eq!(before(NLA), "is ********");
    let cut = before("RDP-PORT");
    assert!(cut.ends_with("x*****…"), "{cut}");
    let run = store.open().runs(None, None, 1).unwrap().remove(0);
    let named = (run.job.as_deref(), run.playbook.as_str());
    assert_eq!(named, (Some("job ********"), "********.yml"));
    for file in std::fs::read_dir(store.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunte"));
    }
}

/// A result whose control and waiver have a text wherever they can.
fn told_everywhere(text: &str) -> TaskResult {
    let control = Control {
        id: "RDP-ALL".into(),
        title: Some(text.into()),
        severity: Severity::High,
        references: vec![text.into()],
    };
    let waiver = Waiver {
        hosts: text.into(),
        control: text.into(),
        owner: text.into(),
        reason: text.into(),
        expires: date(2099, 1, 1),
    };
    TaskResult {
        control: Some(Arc::new(control)),
        waiver: Some(Arc::new(waiver)),
        ..ruled("RDP-ALL", drifted())
    }
}
