//! Facts about waves, budgets and deadlines: who is begun after whom, and who never is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdpfix::cim::CimError;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::Stopped;
use rdpfix::playbook::Batch;
use rdpfix::playbook::Rollout;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::Story;
use super::fake::wish;

fn serial(sizes: &[usize]) -> Rollout {
    Rollout {
        serial: sizes.iter().map(|size| Batch::Hosts(*size)).collect(),
        ..Rollout::default()
    }
}

fn good() -> Arc<Machine> {
    Arc::new(Machine::with(&[]))
}

fn bad() -> Arc<Machine> {
    let mut machine = Machine::with(&[]);
    machine.refuses.insert("x");
    Arc::new(machine)
}

fn off(name: &str) -> CimError {
    CimError::SignInRefused {
        address: format!("{name}:5986"),
        user: "admin".to_owned(),
    }
}

/// A host for each letter: `g` is good, `b` fails, `o` is off, `h` hangs.
fn rig(letters: &str, rollouts: &[Rollout]) -> (Rig, Vec<Arc<Machine>>) {
    let mut rig = Rig::default().task(wish("x", 1));
    let mut machines = Vec::new();
    for (index, letter) in letters.chars().enumerate() {
        let name = format!("{letter}{index}");
        let machine = match letter {
            'g' => good(),
            'b' => bad(),
            'h' => {
                let mut machine = Machine::with(&[]);
                machine.hangs.insert("x");
                Arc::new(machine)
            }
            _ => {
                rig = rig.dead_host(&name, off(&name));
                continue;
            }
        };
        machines.push(Arc::clone(&machine));
        rig = rig.host(&name, &machine);
    }
    rig.rollouts = rollouts.to_vec();
    (rig, machines)
}

/// Each wave with the hosts that began or went on in it; all hosts of one wave end before the next.
fn waves(story: &Story) -> Vec<String> {
    let mut waves: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut open = BTreeSet::new();
    for event in &story.events {
        match event {
            Event::Wave(wave) => {
                assert!(open.is_empty(), "{open:?} did not wait");
                let label = format!("{}/{} of {}", wave.number, wave.of, wave.hosts);
                waves.push((label, BTreeSet::new()));
            }
            Event::HostStart { host, .. } => {
                open.insert(host.to_string());
            }
            Event::Result(result) => {
                let (_, hosts) = waves.last_mut().unwrap();
                hosts.insert(result.host.to_string());
            }
            Event::HostEnd(summary) => {
                open.remove(&*summary.host);
            }
            Event::RunStart { .. } | Event::Shift(_) | Event::Drift(_) | Event::RunEnd { .. } => {}
        }
    }
    waves
        .into_iter()
        .map(|(label, hosts)| {
            let hosts: Vec<String> = hosts.into_iter().collect();
            format!("{label}: {}", hosts.join(" "))
        })
        .collect()
}

fn begun(story: &Story) -> usize {
    let starts = story.events.iter();
    starts
        .filter(|event| matches!(event, Event::HostStart { .. }))
        .count()
}

/// Every host that begins ends, once, and all hosts are accounted for.
#[track_caller]
fn adds_up(story: &Story, hosts: usize) {
    let (mut open, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for event in &story.events {
        match event {
            Event::HostStart { host, .. } => {
                assert!(!ended.contains(host), "{host} begins again");
                assert!(open.insert(Arc::clone(host)), "{host} begins twice");
            }
            Event::Result(result) => assert!(open.contains(&result.host)),
            Event::HostEnd(summary) => {
                assert!(open.remove(&summary.host), "{}", summary.host);
                assert!(ended.insert(Arc::clone(&summary.host)));
            }
            Event::RunStart { .. }
            | Event::Wave(_)
            | Event::Shift(_)
            | Event::Drift(_)
            | Event::RunEnd { .. } => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let recap = story.recap;
    let told = recap.ok + recap.drifted + recap.unreachable + recap.failed + recap.interrupted;
    assert_eq!(told + recap.not_started, hosts, "{recap:?}");
}

#[tokio::test]
async fn a_wave_begins_when_the_one_before_is_done() {
    let (rig, _) = rig("ggggg", &[serial(&[1, 2])]);
    let story = rig.apply().await;
    assert_eq!(
        waves(&story),
        ["1/3 of 1: g0", "2/3 of 2: g1 g2", "3/3 of 2: g3 g4"]
    );
    assert_eq!(story.recap.ok, 5);
    assert_eq!(story.recap.stopped, None);
    adds_up(&story, 5);
}

#[tokio::test]
async fn a_play_with_one_wave_tells_of_none() {
    let (rig, _) = rig("ggg", &[serial(&[3])]);
    let story = rig.apply().await;
    let told = story.events.iter();
    assert_eq!(
        told.filter(|event| matches!(event, Event::Wave(_))).count(),
        0
    );
}

#[tokio::test]
async fn hosts_that_somebody_else_works_on_count_as_never_begun() {
    let (mut rig, _) = rig("gg", &[serial(&[2])]);
    rig.left_out = 3;
    let story = rig.apply().await;
    assert_eq!(begun(&story), 2);
    assert_eq!((story.recap.ok, story.recap.not_started), (2, 3));
    assert_eq!(story.recap.stopped, Some(Stopped::Leased));
    adds_up(&story, 5);
    // Another reason counts more.
    let (mut rig, _) = self::rig("bg", &[serial(&[1, 1])]);
    rig.left_out = 1;
    assert_eq!(rig.apply().await.recap.stopped, Some(Stopped::Budget));
}

#[tokio::test]
async fn when_the_canary_fails_nothing_else_is_touched() {
    let (rig, machines) = rig("bggg", &[serial(&[1, 3])]);
    let story = rig.apply().await;
    assert_eq!(begun(&story), 1);
    for machine in machines.iter().skip(1) {
        assert_eq!(machine.sessions_open.load(Ordering::SeqCst), 0);
    }
    assert_eq!(story.recap.not_started, 3);
    assert_eq!(story.recap.stopped, Some(Stopped::Budget));
    adds_up(&story, 4);
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_lets_nobody_in_stops_the_run() {
    let (mut rig, _) = rig("ggg", &[serial(&[2, 1])]);
    rig.refuted.insert("g1".to_owned(), 100);
    let story = rig.apply().await;
    assert_eq!(begun(&story), 2);
    assert_eq!(story.recap.stopped, Some(Stopped::Budget));
    adds_up(&story, 3);
}

#[tokio::test]
async fn a_canary_need_not_be_proven_when_nothing_is_changed() {
    let (mut rig, _) = rig("ggg", &[serial(&[1])]);
    rig.refuted = ["g0", "g1", "g2"].map(|host| (host.to_owned(), 9)).into();
    let story = rig.check().await;
    assert_eq!(begun(&story), 3);
    assert_eq!(story.recap.drifted, 3);
    assert_eq!(story.recap.stopped, None);
}

#[tokio::test]
async fn a_later_wave_may_lose_hosts_but_not_all_of_them() {
    let (rig, _) = rig("ggbgg", &[serial(&[1, 2])]);
    let story = rig.apply().await;
    assert_eq!((begun(&story), story.recap.stopped), (5, None));
    let (rig, _) = rig_of("gbogg");
    let story = rig.apply().await;
    assert_eq!(begun(&story), 3);
    assert_eq!(story.recap.stopped, Some(Stopped::Budget));
    assert_eq!(story.recap.not_started, 2);
    adds_up(&story, 5);
}

fn rig_of(letters: &str) -> (Rig, Vec<Arc<Machine>>) {
    rig(letters, &[serial(&[1, 2])])
}

#[tokio::test]
async fn the_budget_of_a_wave_is_counted_in_its_own_hosts() {
    let allowing = |percent| Rollout {
        max_fail_percentage: Some(percent),
        ..serial(&[4])
    };
    let (rig_50, _) = rig("ggbbgggg", &[allowing(50.0)]);
    let story = rig_50.apply().await;
    assert_eq!((begun(&story), story.recap.stopped), (8, None));
    let (rig_49, _) = rig("ggbbgggg", &[allowing(49.0)]);
    let story = rig_49.apply().await;
    assert_eq!(begun(&story), 4);
    assert_eq!(story.recap.stopped, Some(Stopped::Budget));
}

#[tokio::test]
async fn within_a_wave_no_host_is_begun_once_the_budget_is_spent() {
    let strict = Rollout {
        max_fail_percentage: Some(0.0),
        ..Rollout::default()
    };
    let (mut rig, _) = rig("gbggg", &[strict]);
    rig.forks = 1;
    let story = rig.apply().await;
    assert_eq!(begun(&story), 2);
    assert_eq!(story.recap.not_started, 3);
    adds_up(&story, 5);
}

#[tokio::test]
async fn the_budget_of_the_fleet_counts_hosts_that_are_off_too() {
    let (mut rig, _) = rig("obgggggggg", &[Rollout::default()]);
    rig.forks = 1;
    rig.bounds.fail_percent = Some(20.0);
    let story = rig.apply().await;
    assert_eq!((begun(&story), story.recap.stopped), (10, None));
    rig.bounds.fail_percent = Some(19.0);
    let story = rig.apply().await;
    assert_eq!(begun(&story), 2);
    assert_eq!(story.recap.stopped, Some(Stopped::Budget));
    assert_eq!(story.recap.not_started, 8);
}

#[tokio::test]
async fn a_budget_that_is_spent_by_the_last_host_stops_nothing() {
    let (mut rig, _) = rig("gggb", &[Rollout::default()]);
    rig.forks = 1;
    rig.bounds.fail_percent = Some(0.0);
    let story = rig.apply().await;
    assert_eq!(story.recap.failed, 1);
    assert_eq!(story.recap.stopped, None);
}

#[tokio::test]
async fn a_host_goes_through_several_stages_and_is_told_once() {
    let (rig, machines) = rig("gg", &[serial(&[1]), Rollout::default(), serial(&[2])]);
    let story = rig.apply().await;
    adds_up(&story, 2);
    for machine in machines {
        assert_eq!(machine.calls(), ["x=1"]);
        assert_eq!(machine.sessions_open.load(Ordering::SeqCst), 3);
        assert_eq!(machine.sessions_closed.load(Ordering::SeqCst), 3);
    }
    let summary = story.host("g0");
    assert_eq!((summary.counts.changed, summary.counts.ok), (1, 2));
    assert_eq!(summary.traffic.connections, 3);
}

#[tokio::test]
async fn a_host_that_failed_takes_part_in_no_later_play() {
    let (rig, machines) = rig("gbg", &[Rollout::default(), serial(&[1])]);
    let story = rig.apply().await;
    assert_eq!(
        waves(&after_the_first_play(&story)),
        ["1/2 of 1: g0", "2/2 of 1: g2"]
    );
    assert_eq!(machines[1].sessions_open.load(Ordering::SeqCst), 1);
    adds_up(&story, 3);
}

/// The events from the first wave on, and the begins before it.
fn after_the_first_play(story: &Story) -> Story {
    let waves = story.events.iter();
    let events = waves.skip_while(|event| !matches!(event, Event::Wave(_)));
    Story {
        events: events.cloned().collect(),
        recap: story.recap,
    }
}

#[tokio::test]
async fn when_a_play_is_lost_the_next_is_not_begun_even_on_other_hosts() {
    for (letters, first, not_started) in [("bg", "b0", 1), ("gg", "g0", 0)] {
        let (mut rig, _) = rig(letters, &[Rollout::default(), serial(&[1])]);
        rig.parts.insert(first.to_owned(), 0..1);
        rig.parts.insert("g1".to_owned(), 1..2);
        let story = rig.apply().await;
        assert_eq!(story.recap.not_started, not_started);
        adds_up(&story, 2);
    }
}

#[tokio::test]
async fn hosts_between_two_plays_end_as_interrupted_when_the_run_is_stopped() {
    let strict = Rollout {
        max_fail_percentage: Some(0.0),
        ..Rollout::default()
    };
    let (rig, _) = rig("gbg", &[strict, serial(&[1])]);
    let story = rig.apply().await;
    assert_eq!(story.host("g0").status, HostStatus::Interrupted);
    assert_eq!(story.recap.interrupted, 2);
    assert_eq!(story.recap.stopped, Some(Stopped::Budget));
    adds_up(&story, 3);
}

#[tokio::test(start_paused = true)]
async fn where_errors_are_fatal_the_first_failure_ends_all_hosts() {
    let fatal = Rollout {
        any_errors_fatal: true,
        ..Rollout::default()
    };
    let (mut rig, _) = rig("hbgg", &[fatal]);
    rig.forks = 2;
    let story = rig.apply().await;
    assert_eq!(story.host("h0").status, HostStatus::Interrupted);
    assert_eq!(begun(&story), 2);
    assert_eq!(story.recap.stopped, Some(Stopped::Fatal));
    assert_eq!(story.recap.not_started, 2);
    adds_up(&story, 4);
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_no_host_is_begun_and_those_under_way_end() {
    let (mut rig, _) = rig("ghgg", &[Rollout::default()]);
    rig.forks = 1;
    rig.bounds.deadline = Some(Duration::from_mins(1));
    let story = rig.apply().await;
    assert_eq!(story.host("g0").status, HostStatus::Ok);
    let cut = story.host("h1");
    assert_eq!(cut.status, HostStatus::Interrupted);
    assert_eq!(cut.duration, Duration::from_mins(1));
    assert_eq!(story.recap.stopped, Some(Stopped::Deadline));
    assert_eq!(story.recap.not_started, 2);
    adds_up(&story, 4);
}

#[tokio::test(start_paused = true)]
async fn a_change_under_way_at_the_deadline_is_finished() {
    let mut machine = Machine::with(&[]);
    machine.call_takes = Duration::from_secs(10);
    let machine = Arc::new(machine);
    let mut rig = Rig::on(&machine).task(wish("x", 1)).task(wish("y", 1));
    rig.bounds.deadline = Some(Duration::from_secs(3));
    let story = rig.apply().await;
    assert_eq!(machine.calls(), ["x=1"]);
    assert_eq!(story.outcomes(), ["x: changed", "y: skipped Interrupted"]);
    assert_eq!(story.recap.stopped, Some(Stopped::Deadline));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_after_the_end_stops_nothing() {
    let (mut rig, _) = rig("gg", &[serial(&[1])]);
    rig.bounds.deadline = Some(Duration::from_mins(1));
    let story = rig.apply().await;
    assert_eq!(story.recap.stopped, None);
    assert_eq!(story.recap.ok, 2);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_host_is_counted_over_all_stages() {
    let mut machine = Machine::with(&[]);
    machine.call_takes = Duration::from_secs(15);
    let machine = Arc::new(machine);
    let mut rig = Rig::on(&machine).task(wish("x", 1)).task(wish("y", 1));
    rig.rollouts = vec![serial(&[1]), serial(&[1])];
    rig.host_timeout = Duration::from_secs(40);
    let story = rig.apply().await;
    let summary = story.host("a");
    assert_eq!(summary.status, HostStatus::Ok);
    assert_eq!(summary.duration, Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn what_was_waited_on_purpose_in_one_stage_is_not_taken_from_the_next() {
    let mut rig = Rig::on(&good())
        .play("serial: 1\ntasks:\n  - wait_for: {timeout: 60}\n")
        .play("serial: 1\ntasks:\n  - wish: {name: x, value: 1}\n");
    rig.host_timeout = Duration::from_secs(40);
    let story = rig.apply().await;
    assert_eq!(story.lines(), ["wait_for: compliant", "x: changed"]);
    assert_eq!(story.host("a").status, HostStatus::Ok);
    assert_eq!(story.host("a").duration, Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_keeps_check_mode_from_nothing_whatever_the_stages() {
    let play = |serial: &str, name: &str| {
        format!("{serial}tasks:\n  - wish: {{name: {name}, value: 1}}\n  - ping:\n")
    };
    let mut told = Vec::new();
    for serial in ["", "serial: 2\n"] {
        let mut machine = Machine::with(&[("one", 1)]).read_only();
        machine.hangs.insert("x");
        let mut rig = Rig::on(&Arc::new(machine))
            .host("b", &Arc::new(Machine::with(&[]).read_only()))
            .play(&play(serial, "x").replace("value: 1}", "value: 1}\n    timeout: 9"))
            .play(&play(serial, "one"));
        rig.forks = 1;
        rig.bounds.fail_percent = Some(50.0);
        let story = rig.check().await;
        let own = story.results().into_iter();
        let own = own.filter(|result| &*result.host == "a");
        let words = own.map(|result| format!("{} {}", result.task, result.status().word()));
        told.push(words.collect::<Vec<_>>());
        assert_eq!((story.recap.failed, story.recap.stopped), (1, None));
        adds_up(&story, 2);
    }
    assert_eq!(told[0], ["x failed", "ping ok", "one ok", "ping ok"]);
    assert_eq!(told[0], told[1]);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_between_waves_counts_hosts_as_interrupted() {
    let mut first = Machine::with(&[]);
    first.call_takes = Duration::from_secs(3);
    let first = Arc::new(first);
    let mut rig = Rig::on(&first)
        .host("b", &good())
        .host("c", &good())
        .task(wish("x", 1));
    rig.rollouts = vec![serial(&[1])];
    let ctrl_c = async {
        let mut begun = first.begun.subscribe();
        begun.wait_for(|begun| *begun).await.unwrap();
        rig.interrupt.send_replace(true);
    };
    let (story, ()) = tokio::join!(rig.apply(), ctrl_c);
    assert_eq!(begun(&story), 1);
    assert_eq!(story.recap.not_started, 0);
    assert_eq!(story.recap.stopped, None);
    adds_up(&story, 3);
}
