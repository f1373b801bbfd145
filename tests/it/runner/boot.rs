//! Facts about reboots and waits, on a host that is nothing but up or down, and over sockets.

mod fake;
mod sockets;

use std::time::Duration;

use rdpfix::cim::CimError;
use rdpfix::cim::Value;
use rdpfix::event::RunMode;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Outcome;
use rdpfix::plan::SkipReason;
use rdpfix::playbook::actions::Errand;
use rdpfix::playbook::actions::Occasion;
use rdpfix::playbook::actions::Patience;
use rdpfix::playbook::actions::PortState;
use rdpfix::playbook::actions::Reboot;
use rdpfix::playbook::actions::WaitFor;
use rdpfix::runner::BootOutcome;

use fake::Course;
use fake::Pc;

/// A reboot as `reboot:` orders it, without the warning to users.
fn reboot() -> Reboot {
    Reboot {
        timeout: Duration::from_mins(10),
        pre_delay: Duration::ZERO,
        post_delay: Duration::ZERO,
        connect_timeout: Duration::from_secs(5),
        message: "bye".to_owned(),
        occasion: Occasion::Always,
    }
}

fn patience(seconds: u64) -> Patience {
    Patience {
        delay: Duration::ZERO,
        sleep: Duration::from_secs(1),
        timeout: Duration::from_secs(seconds),
        connect_timeout: Duration::from_secs(5),
    }
}

fn port(state: PortState, seconds: u64) -> Errand {
    Errand::WaitFor(WaitFor {
        port: Some(3389),
        host: None,
        state,
        patience: patience(seconds),
        message: None,
    })
}

#[track_caller]
fn changes(ended: &BootOutcome) -> &[Change] {
    match &ended.outcome {
        Outcome::Changed(changes) | Outcome::Drifted(changes) => changes,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn failure(ended: &BootOutcome) -> String {
    match &ended.outcome {
        Outcome::Failed(failure) => format!("{}: {}", failure.during, failure.error),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_is_back_when_its_boot_time_is_another() {
    let pc = Pc::new(Course::default());
    let before = pc.booted();
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    let [change] = changes(&ended) else {
        panic!("{ended:?}");
    };
    assert_eq!(change.property, "boot");
    assert_eq!(change.from, Value::DateTime(before));
    assert_eq!(change.to, Value::DateTime(pc.booted()));
    assert_ne!(pc.booted(), before);
    assert_eq!(change.disruption, Disruption::Reboots);
    assert_eq!(ended.values["rebooted"], true);
    assert_eq!(ended.message, None);
    assert_eq!(
        pc.calls(),
        [
            r#"Win32_OperatingSystem.Win32ShutdownTracker(Timeout=0, Comment="bye", ReasonCode=2147745793, Flags=…)"#
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_alone_proves_nothing() {
    // For two minutes the old boot goes on answering.
    let pc = Pc::new(Course {
        closing: Duration::from_mins(2),
        ..Course::default()
    });
    let before = pc.booted();
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    assert_ne!(changes(&ended)[0].to, Value::DateTime(before));
    assert!(ended.values["elapsed"].as_u64().unwrap() >= 120);
}

#[tokio::test(start_paused = true)]
async fn setting_the_clock_is_no_reboot() {
    let pc = Pc::new(Course {
        ignores: true,
        clock_set_by: Some(3_600),
        ..Course::default()
    });
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    assert!(failure(&ended).contains("still up since"), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_ignores_the_order_fails_with_the_reason() {
    let pc = Pc::new(Course {
        ignores: true,
        ..Course::default()
    });
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    let told = format!(
        "rebooting: the host was told to reboot and is still up since {} after 600 s",
        pc.booted()
    );
    assert_eq!(failure(&ended), told);
    assert_eq!(ended.values["elapsed"], 600);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_comes_back_fails_within_the_timeout() {
    let pc = Pc::new(Course {
        away: Duration::MAX,
        ..Course::default()
    });
    let order = Reboot {
        timeout: Duration::from_secs(90),
        pre_delay: Duration::from_secs(30),
        ..reboot()
    };
    let ended = pc.apply(&Errand::Reboot(order)).await;
    assert_eq!(
        failure(&ended),
        "rebooting: the host went down and did not come back within 90 s"
    );
    // The warning to users does not count.
    assert_eq!(ended.values["elapsed"], 120);
    let Outcome::Failed(failure) = &ended.outcome else {
        panic!("{ended:?}");
    };
    assert_eq!(failure.made.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_no_failure() {
    let pc = Pc::new(Course {
        answer: Some(fake::lost()),
        ..Course::default()
    });
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    assert_eq!(changes(&ended).len(), 1);
    assert_eq!(pc.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_fails_at_once() {
    let denied = CimError::Denied {
        operation: "the call".to_owned(),
    };
    let unprivileged = CimError::Returned {
        operation: "the call".to_owned(),
        class: "Win32_OperatingSystem".to_owned(),
        code: 1314,
    };
    for refusal in [denied, unprivileged] {
        let pc = Pc::new(Course {
            refusals: vec![refusal],
            ..Course::default()
        });
        let ended = pc.apply(&Errand::Reboot(reboot())).await;
        assert!(failure(&ended).starts_with("Win32_OperatingSystem.Win32ShutdownTracker("));
        assert_eq!(ended.values["elapsed"], 0);
        assert_eq!(pc.calls().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_lacks_the_newer_method_is_told_by_the_older() {
    let pc = Pc::new(Course {
        refusals: vec![CimError::Fault {
            operation: "the call".to_owned(),
            code: 2_150_858_778,
            message: String::new(),
        }],
        ..Course::default()
    });
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    assert_eq!(changes(&ended).len(), 1);
    assert_eq!(
        pc.calls()[1],
        "Win32_OperatingSystem.Win32Shutdown(Flags=…)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_starting_host_may_refuse_the_password_for_a_while() {
    let refusing = |times| {
        Pc::new(Course {
            password_refused: times,
            ..Course::default()
        })
    };
    let pc = refusing(2);
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    assert_eq!(changes(&ended).len(), 1);
    assert_eq!(pc.forgiven(), 2);
    // Tries are few and far between, so that no account is locked out.
    assert!(ended.values["elapsed"].as_u64().unwrap() >= 30);
    let pc = refusing(u32::MAX);
    let ended = pc.apply(&Errand::Reboot(reboot())).await;
    assert!(failure(&ended).contains("refused to sign in"), "{ended:?}");
    assert_eq!(pc.forgiven(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_reboot_waits_for_an_occasion_when_it_is_told_to() {
    let order = Errand::Reboot(Reboot {
        occasion: Occasion::WhenPending,
        ..reboot()
    });
    let pc = Pc::new(Course::default());
    let ended = pc.apply(&order).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    assert_eq!(ended.values["rebooted"], false);
    assert_eq!(pc.calls(), [""; 0]);
    let pc = Pc::new(Course {
        pending: true,
        ..Course::default()
    });
    let ended = pc.apply(&order).await;
    assert_eq!(changes(&ended).len(), 1);
    let words = ended.message.as_deref();
    assert_eq!(words, Some("pending: component servicing"));
}

#[tokio::test(start_paused = true)]
async fn whose_work_ends_is_told() {
    let pc = Pc::new(Course {
        active_sessions: 2,
        ..Course::default()
    });
    let told = pc.check(&Errand::Reboot(reboot())).await;
    let words = "anew, ending 2 active remote desktop sessions";
    assert_eq!(changes(&told)[0].to, Value::text(words));
    let words = told.message.as_deref();
    assert_eq!(words, Some("ends 2 active remote desktop sessions"));
    assert_eq!(pc.calls(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn check_mode_sends_nothing_and_waits_for_nothing() {
    let pc = Pc::new(Course {
        active_sessions: 0,
        port_open: false,
        ..Course::default()
    });
    let ended = pc.check(&Errand::Reboot(reboot())).await;
    let change = &changes(&ended)[0];
    assert_eq!(change.to, Value::text("anew"));
    let connection = pc.check(&Errand::WaitForConnection(patience(600))).await;
    assert_eq!(connection.outcome, Outcome::Compliant);
    let open = pc.check(&port(PortState::Started, 300)).await;
    let change = &changes(&open)[0];
    assert_eq!(change.from, Value::text("stopped"));
    assert_eq!(change.to, Value::text("started"));
    let closed = pc.check(&port(PortState::Stopped, 300)).await;
    assert_eq!(closed.outcome, Outcome::Compliant);
    assert_eq!(pc.calls(), [""; 0]);
    for ended in [ended, connection, open, closed] {
        assert_eq!(ended.values["elapsed"], 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_the_wait_but_not_the_truth() {
    let pc = Pc::new(Course {
        away: Duration::MAX,
        ..Course::default()
    });
    let ended = pc
        .interrupted_after(Duration::from_secs(20), &Errand::Reboot(reboot()))
        .await;
    assert_eq!(
        failure(&ended),
        "rebooting: interrupted before the host was back"
    );
    assert_eq!(ended.values["elapsed"], 20);
    let pc = Pc::new(Course::default());
    let ended = pc
        .interrupted_after(Duration::ZERO, &Errand::Reboot(reboot()))
        .await;
    let skipped = Outcome::Skipped(SkipReason::Interrupted);
    assert_eq!(ended.outcome, skipped);
    assert_eq!(pc.calls(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_on_purpose_is_not_the_hosts_slowness() {
    let pc = Pc::new(Course {
        away: Duration::from_mins(5),
        ..Course::default()
    });
    // The host itself may take a minute.
    let ended = pc
        .run(
            RunMode::Apply,
            Duration::from_mins(1),
            &Errand::Reboot(reboot()),
        )
        .await;
    assert_eq!(changes(&ended).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_reboot_the_host_is_let_be() {
    let pc = Pc::new(Course::default());
    let order = Reboot {
        post_delay: Duration::from_mins(2),
        ..reboot()
    };
    let ended = pc.apply(&Errand::Reboot(order)).await;
    let elapsed = ended.values["elapsed"].as_u64().unwrap();
    assert!((150..200).contains(&elapsed), "{elapsed}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_waited_for() {
    let pc = Pc::new(Course::default());
    pc.go_down_for(Duration::from_secs(75));
    let ended = pc.apply(&Errand::WaitForConnection(patience(600))).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    let elapsed = ended.values["elapsed"].as_u64().unwrap();
    assert!((75..80).contains(&elapsed), "{elapsed}");
    pc.go_down_for(Duration::MAX);
    let ended = pc.apply(&Errand::WaitForConnection(patience(60))).await;
    assert_eq!(
        failure(&ended),
        "waiting: no connection within 60 s: nothing answers"
    );
    assert_eq!(ended.values["elapsed"], 60);
}

#[tokio::test(start_paused = true)]
async fn a_wait_begins_after_its_delay() {
    let pc = Pc::new(Course::default());
    let slowly = Patience {
        delay: Duration::from_secs(30),
        ..patience(600)
    };
    let ended = pc.apply(&Errand::WaitForConnection(slowly)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    assert_eq!(ended.values["elapsed"], 30);
}

#[tokio::test(start_paused = true)]
async fn a_port_is_waited_for() {
    let pc = Pc::new(Course::default());
    let ended = pc.apply(&port(PortState::Started, 300)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    assert_eq!(ended.values["port"], 3389);
    assert_eq!(ended.values["state"], "started");
    let ended = pc.apply(&port(PortState::Stopped, 10)).await;
    assert_eq!(
        failure(&ended),
        "waiting: port 3389 of pc still answers after 10 s"
    );
    pc.go_down_for(Duration::from_secs(20));
    let ended = pc.apply(&port(PortState::Stopped, 10)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    let ended = pc.apply(&port(PortState::Started, 300)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    assert_eq!(ended.values["elapsed"], 20);
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_a_port_is_a_pause() {
    let pc = Pc::new(Course::default());
    let pause = |host: Option<&str>| {
        Errand::WaitFor(WaitFor {
            port: None,
            host: host.map(str::to_owned),
            state: PortState::Started,
            patience: patience(45),
            message: None,
        })
    };
    let ended = pc.apply(&pause(None)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    assert_eq!(ended.values["elapsed"], 45);
    for itself in ["127.0.0.1", "PC", "localhost"] {
        let ended = pc.check(&pause(Some(itself))).await;
        assert_eq!(ended.outcome, Outcome::Compliant, "{itself}");
    }
    let ended = pc.apply(&pause(Some("elsewhere"))).await;
    assert!(failure(&ended).contains("`elsewhere`"), "{ended:?}");
    assert_eq!(ended.values["elapsed"], 0);
}
