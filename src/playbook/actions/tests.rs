//! What the keys of these actions come to.

use std::sync::Arc;
use std::time::Duration;

use super::Errand;
use super::Occasion;
use super::Patience;
use super::PortState;
use super::Reboot;
use super::WaitFor;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::playbook::Action;
use crate::syntax::Node;
use crate::syntax::parse;

fn node(text: &str) -> Node {
    parse(&Arc::new(Source {
        name: "play.yml".into(),
        text: text.into(),
        secret: false,
    }))
    .unwrap()
}

fn read(action: fn(Node) -> Action, text: &str) -> (Option<Errand>, Vec<Diagnostic>) {
    let node = node(text);
    let mut mistakes = Vec::new();
    let errand = action(node.clone()).errand(&node, &mut mistakes);
    (errand, mistakes)
}

#[track_caller]
fn good(action: fn(Node) -> Action, text: &str) -> Errand {
    let (errand, mistakes) = read(action, text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    errand.unwrap()
}

#[track_caller]
fn bad(action: fn(Node) -> Action, text: &str) -> Vec<(&'static str, String)> {
    let (errand, mistakes) = read(action, text);
    assert_eq!(errand, None);
    let place = |mistake: &Diagnostic| mistake.span.as_ref().unwrap().text().to_owned();
    mistakes.iter().map(|one| (one.id, place(one))).collect()
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn a_bare_reboot_has_ansibles_defaults() {
    let expected = Reboot {
        timeout: seconds(600),
        pre_delay: seconds(2),
        post_delay: seconds(0),
        connect_timeout: seconds(5),
        message: "Reboot initiated by rdpfix".to_owned(),
        occasion: Occasion::Always,
    };
    assert_eq!(good(Action::Reboot, ""), Errand::Reboot(expected.clone()));
    assert_eq!(good(Action::Reboot, "{}"), Errand::Reboot(expected));
}

#[test]
fn names_of_win_reboot_and_numbers_in_quotes_are_taken() {
    let text = "{reboot_timeout_sec: '3600', pre_reboot_delay: 15.0, post_reboot_delay_sec: 1, connect_timeout: 9, \
                msg: bye, when_pending: yes}";
    let expected = Reboot {
        timeout: seconds(3600),
        pre_delay: seconds(15),
        post_delay: seconds(1),
        connect_timeout: seconds(9),
        message: "bye".to_owned(),
        occasion: Occasion::WhenPending,
    };
    assert_eq!(good(Action::Reboot, text), Errand::Reboot(expected));
}

#[test]
fn waits_have_ansibles_defaults() {
    let patience = |timeout| Patience {
        delay: seconds(0),
        sleep: seconds(1),
        timeout: seconds(timeout),
        connect_timeout: seconds(5),
    };
    let connection = good(Action::WaitForConnection, "");
    assert_eq!(connection, Errand::WaitForConnection(patience(600)));
    let port = good(Action::WaitFor, "{port: '3389'}");
    let expected = WaitFor {
        port: Some(3389),
        host: None,
        state: PortState::Started,
        patience: patience(300),
        message: None,
    };
    assert_eq!(port, Errand::WaitFor(expected));
}

#[test]
fn mistakes_are_told_at_their_place() {
    assert_eq!(
        bad(Action::Reboot, "{reboot_timout: 5}"),
        [("unknown-key", "reboot_timout".to_owned())]
    );
    assert_eq!(
        bad(Action::WaitFor, "{port: 70000, state: drained}"),
        [
            ("out-of-range", "70000".to_owned()),
            ("unknown-value", "drained".to_owned()),
        ]
    );
    assert_eq!(
        bad(Action::WaitFor, "{state: stopped}"),
        [("missing-key", "stopped".to_owned())]
    );
    assert_eq!(
        bad(Action::WaitForConnection, "{sleep: 0}"),
        [("out-of-range", "0".to_owned())]
    );
}

#[test]
fn programs_to_run_on_the_host_are_warned_of_before_the_run() {
    let node = node("{test_command: whoami, reboot_timeout: '{{ patience }}'}");
    let action = Action::Reboot(node);
    let mut mistakes = Vec::new();
    let later = |node: &Node| node.as_text().is_some_and(|text| text.contains("{{"));
    action.check_errand(&later, &mut mistakes);
    let told: Vec<_> = mistakes.iter().map(|one| (one.id, one.severity)).collect();
    assert_eq!(told, [("ignored-key", Severity::Warning)]);
}

#[test]
fn other_actions_are_no_errands() {
    let action = Action::Nothing("ping");
    let mut mistakes = Vec::new();
    assert_eq!(action.errand(&node(""), &mut mistakes), None);
    action.check_errand(&|_| false, &mut mistakes);
    assert!(mistakes.is_empty());
}
