//! Facts about what a service needs.

use super::Activity;
use super::Resource;
use super::Seen;
use super::Service;
use super::StartMode;
use super::State;
use super::seen::Dependent;
use super::seen::Process;
use crate::cim::Call;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Remedy;
use crate::plan::Step;

fn seen(state: State, mode: StartMode) -> Seen {
    Seen {
        name: "TermService".to_owned(),
        state,
        start_mode: Some(mode),
        process_id: 604,
        process: Process::Own,
        accepts_stop: true,
        dependents: Vec::new(),
    }
}

fn with_dependents(mut seen: Seen) -> Seen {
    seen.dependents = vec![
        Dependent {
            name: "Deeper".to_owned(),
            start_mode: Some(StartMode::Disabled),
        },
        Dependent {
            name: "UmRdpService".to_owned(),
            start_mode: Some(StartMode::Manual),
        },
    ];
    seen
}

fn wanting(state: Option<Activity>, start_mode: Option<StartMode>) -> Service {
    Service {
        name: "TermService".to_owned(),
        state,
        start_mode,
    }
}

/// Steps as short words: `stop TermService`, `until TermService Stopped`.
fn told(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(Call::Method {
                target,
                method,
                arguments,
                ..
            }) => {
                let name = &target.keys["Name"];
                let arguments: Vec<&str> = arguments
                    .iter()
                    .filter_map(|(_, value)| value.as_text())
                    .collect();
                format!("{method} {name} {}", arguments.join(" "))
                    .trim_end()
                    .to_owned()
            }
            Step::Await { read, until, .. } => match (read, until) {
                (
                    crate::cim::Read::Get(path),
                    crate::plan::Until::Property { name: "State", is },
                ) => format!("until {} {is}", path.keys["Name"]),
                other => panic!("{other:?}"),
            },
            other @ Step::Call(_) => panic!("{other:?}"),
        })
        .collect()
}

fn remedies(change: &Change) -> (Vec<String>, Vec<String>) {
    let Remedy::Steps { apply, undo } = &change.remedy else {
        panic!("{change:?}")
    };
    (told(apply), told(undo))
}

#[test]
fn a_running_service_is_compliant() {
    let wanted = wanting(Some(Activity::Running), Some(StartMode::Manual));
    let observed = Some(seen(State::Running, StartMode::Manual));
    assert_eq!(wanted.diff(&observed), []);
}

#[test]
fn a_stopped_service_is_started_and_undo_stops_it() {
    let wanted = wanting(Some(Activity::Running), None);
    let changes = wanted.diff(&Some(seen(State::Stopped, StartMode::Manual)));
    assert_eq!(changes[0].disruption, Disruption::Harmless);
    let (apply, undo) = remedies(&changes[0]);
    assert_eq!(
        apply,
        ["StartService TermService", "until TermService Running"]
    );
    assert_eq!(
        undo,
        ["StopService TermService", "until TermService Stopped"]
    );
}

#[test]
fn a_disabled_service_is_enabled_before_it_is_started() {
    let wanted = wanting(Some(Activity::Running), Some(StartMode::Automatic));
    let changes = wanted.diff(&Some(seen(State::Stopped, StartMode::Disabled)));
    assert_eq!(changes[0].property, "start_mode");
    assert_eq!(changes[1].property, "state");
    let (apply, undo) = remedies(&changes[0]);
    assert_eq!(apply, ["ChangeStartMode TermService Automatic"]);
    assert_eq!(undo, ["ChangeStartMode TermService Disabled"]);
}

#[test]
fn a_disabled_service_is_not_enabled_unasked() {
    for activity in [Activity::Running, Activity::Restarted] {
        let changes =
            wanting(Some(activity), None).diff(&Some(seen(State::Stopped, StartMode::Disabled)));
        let [change] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        assert!(matches!(change.remedy, Remedy::Manual { .. }));
    }
}

#[test]
fn a_disabled_service_that_runs_is_not_restarted() {
    let changes = wanting(Some(Activity::Restarted), None)
        .diff(&Some(seen(State::Running, StartMode::Disabled)));
    assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
}

#[test]
fn stopping_stops_dependents_first_and_undo_starts_them_last() {
    let wanted = wanting(Some(Activity::Stopped), Some(StartMode::Disabled));
    let observed = with_dependents(seen(State::Running, StartMode::Manual));
    let changes = wanted.diff(&Some(observed));
    assert_eq!(changes[0].property, "state");
    assert_eq!(changes[0].disruption, Disruption::DropsSessions);
    let (apply, undo) = remedies(&changes[0]);
    assert_eq!(
        apply,
        [
            "StopService Deeper",
            "until Deeper Stopped",
            "StopService UmRdpService",
            "until UmRdpService Stopped",
            "StopService TermService",
            "until TermService Stopped",
        ]
    );
    assert_eq!(
        undo,
        [
            "StartService TermService",
            "until TermService Running",
            "StartService UmRdpService",
            "until UmRdpService Running",
        ]
    );
    assert_eq!(changes[1].property, "start_mode");
    assert_eq!(changes[1].disruption, Disruption::MayLockOut);
}

#[test]
fn a_restart_always_differs_and_undo_starts_what_was_left_stopped() {
    let wanted = wanting(Some(Activity::Restarted), None);
    let changes = wanted.diff(&Some(seen(State::Running, StartMode::Manual)));
    assert_eq!(changes[0].to, Value::text("restarted"));
    let (apply, undo) = remedies(&changes[0]);
    assert_eq!(
        apply,
        [
            "StopService TermService",
            "until TermService Stopped",
            "StartService TermService",
            "until TermService Running",
        ]
    );
    assert_eq!(
        undo,
        ["StartService TermService", "until TermService Running"]
    );
}

#[test]
fn a_restart_has_happened_when_the_process_is_another() {
    let wanted = wanting(Some(Activity::Restarted), None);
    let before = Some(seen(State::Running, StartMode::Manual));
    let mut after = before.clone();
    assert_eq!(wanted.verify(&before, &after).len(), 1);
    after.as_mut().unwrap().process_id = 608;
    assert_eq!(wanted.verify(&before, &after), []);
    after.as_mut().unwrap().state = State::StartPending;
    assert_eq!(wanted.verify(&before, &after).len(), 1);
}

#[test]
fn a_shared_process_outlives_a_restart() {
    let wanted = wanting(Some(Activity::Restarted), None);
    let mut observed = seen(State::Running, StartMode::Manual);
    observed.process = Process::Shared;
    assert_eq!(wanted.verify(&Some(observed.clone()), &Some(observed)), []);
}

#[test]
fn a_restart_for_new_settings_leaves_a_stopped_service_alone() {
    let wanted = wanting(Some(Activity::RestartedIfRunning), None);
    assert_eq!(
        wanted.diff(&Some(seen(State::Stopped, StartMode::Disabled))),
        []
    );
    assert_eq!(
        wanted
            .diff(&Some(seen(State::Running, StartMode::Manual)))
            .len(),
        1
    );
}

#[test]
fn transitions_are_waited_for() {
    let running = wanting(Some(Activity::Running), None);
    let stopped = wanting(Some(Activity::Stopped), None);
    let steps = |wanted: &Service, state| {
        remedies(&wanted.diff(&Some(seen(state, StartMode::Manual)))[0]).0
    };
    assert_eq!(
        steps(&running, State::StartPending),
        ["until TermService Running"]
    );
    assert_eq!(
        steps(&running, State::StopPending),
        [
            "until TermService Stopped",
            "StartService TermService",
            "until TermService Running"
        ]
    );
    assert_eq!(
        steps(&running, State::Paused),
        [
            "until TermService Paused",
            "ResumeService TermService",
            "until TermService Running"
        ]
    );
    assert_eq!(
        steps(&stopped, State::StartPending),
        [
            "until TermService Running",
            "StopService TermService",
            "until TermService Stopped"
        ]
    );
    assert_eq!(
        steps(&stopped, State::StopPending),
        ["until TermService Stopped"]
    );
}

#[test]
fn stopping_what_hosts_are_reached_through_may_lock_out() {
    let mut observed = seen(State::Running, StartMode::Automatic);
    observed.name = "mpssvc".to_owned();
    let changes = wanting(Some(Activity::Restarted), None).diff(&Some(observed));
    assert_eq!(changes[0].disruption, Disruption::MayLockOut);
}

#[test]
fn our_own_way_to_the_host_is_never_stopped() {
    let mut observed = seen(State::Running, StartMode::Automatic);
    observed.dependents = vec![Dependent {
        name: "winrm".to_owned(),
        start_mode: Some(StartMode::Automatic),
    }];
    for activity in [Activity::Stopped, Activity::Restarted] {
        let changes = wanting(Some(activity), None).diff(&Some(observed.clone()));
        assert!(
            matches!(&changes[0].remedy, Remedy::Manual { advice } if advice.contains("`winrm`")),
            "{changes:?}"
        );
    }
}

#[test]
fn a_service_that_cannot_be_stopped_needs_a_person() {
    let mut observed = seen(State::Running, StartMode::Automatic);
    observed.accepts_stop = false;
    let changes = wanting(Some(Activity::Stopped), None).diff(&Some(observed));
    assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
}

#[test]
fn a_service_that_is_not_installed_needs_a_person() {
    let changes = wanting(None, Some(StartMode::Manual)).diff(&None);
    assert_eq!(changes[0].property, "start_mode");
    assert_eq!(changes[0].from, Value::Null);
    assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
}
