//! Facts about the report for people.

use rdpfix::cim::CimError;
use rdpfix::cim::Value;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::event::Tolerated;
use rdpfix::plan::Failure;
use rdpfix::plan::Outcome;
use rdpfix::report::human::Colour;
use rdpfix::report::human::Diff;
use rdpfix::report::human::Human;
use rdpfix::report::human::Options;

use super::controls::controls;
use super::events::Paper;
use super::events::audit;
use super::events::change;
use super::events::host;
use super::events::result;
use super::events::run;
use super::events::tell;
use super::events::trouble;
use super::events::unreachable;
use super::events::well;

const PLAIN: Options = Options {
    colour: Colour::Never,
    verbosity: 0,
    diff: Diff::Hide,
};

fn shown(options: Options, events: &[Event]) -> String {
    let paper = Paper::default();
    tell(&mut Human::new(paper.pen(), options), events);
    paper.text()
}

#[test]
fn an_audit_shows_drift_reasons_and_proofs() {
    insta::assert_snapshot!(shown(PLAIN, &audit()), @r#"
    PLAY [Remote Desktop is reachable] [CHECK MODE] *******************************
    ok: [web[01:02]] => 2 tasks
    proved: [web[01:02]] => NLA, certificates until 2026-10-21 or later
    would change: [db01] => the listener is right (rdp_listener RDP-Tcp)
        port: 3390 → 3389 (decided by local; drops remote desktop sessions)
        certificate: absent → AB12 (decided by default)
    overridden: [db01] => TLS is demanded (rdp_listener RDP-Tcp)
        security_layer: rdp → tls (decided by policy)
        hint: Group Policy sets `security_layer` at HKLM\SOFTWARE\Policies\SecurityLayer: change it there
    not proved: [db01] => the certificate expired on 2026-01-01 (cert-expired)
    unreachable: [db02] => 10.0.0.2:5986 is unreachable: connection refused
        hint: WinRM does not listen there: run `winrm quickconfig` on the host, or set `ansible_port` (5985 HTTP, 5986 HTTPS)

    PLAY RECAP ********************************************************************
    db01  : ok=1   changed=0   would_change=1   overridden=1   unreachable=0   failed=0   skipped=1
    db02  : ok=0   changed=0   would_change=0   overridden=0   unreachable=1   failed=0   skipped=0
    web01 : ok=2   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    web02 : ok=2   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    4 hosts: ok=2 drifted=1 unreachable=1 proved=2 in 2.5 s
    "#);
}

#[test]
fn diffs_are_unified() {
    let options = Options {
        diff: Diff::Show,
        ..PLAIN
    };
    let changes = vec![
        change("nla", "optional".into(), "required".into()),
        change("certificate", Value::Null, "AB12".into()),
    ];
    let results = vec![result("a", "NLA is demanded", Outcome::Drifted(changes))];
    let events = run(
        RunMode::Check,
        vec![host("a", HostStatus::Drifted, results, None)],
    );
    insta::assert_snapshot!(shown(options, &events), @r#"
    PLAY [Remote Desktop is reachable] [CHECK MODE] *******************************
    would change: [a] => NLA is demanded (rdp_listener RDP-Tcp)
        --- before: rdp_listener.nla
        +++ after: rdp_listener.nla
        @@ -1 +1 @@
        -optional
        +required
        (decided by local)
        --- before: rdp_listener.certificate
        +++ after: rdp_listener.certificate
        @@ -0,0 +1 @@
        +AB12
        (decided by local)

    PLAY RECAP ********************************************************************
    a : ok=0   changed=0   would_change=1   overridden=0   unreachable=0   failed=0   skipped=0
    "#);
}

#[test]
fn trouble_is_shown_with_its_remedy_once() {
    insta::assert_snapshot!(shown(PLAIN, &trouble()), @r#"
    PLAY [Remote Desktop is reachable] ********************************************
    changed: [a] => NLA is demanded (rdp_listener RDP-Tcp)
        nla: optional → required (decided by local)
    failed: [a] => the listener is right (rdp_listener RDP-Tcp): setting `port`: set HKLM\SYSTEM\RDP-Tcp\PortNumber: access denied to StdRegProv.SetDWORDValue
        hint: the password was right but the rights are not: a local administrator other than the built-in one gets a filtered token over the network (LocalAccountTokenFilterPolicy), or the account is in neither Administrators nor Remote Management Users
        made before: nla: optional → required
    skipped: [a] => 2 tasks: an earlier task failed
    failed: [b] => NLA is demanded (rdp_listener RDP-Tcp): still differs after it was corrected: nla; Group Policy may own it
        nla: optional → required (decided by local)
    not proved: [c] => the certificate expired on 2026-01-01 (cert-expired)
    interrupted: [d]

    PLAY RECAP ********************************************************************
    a : ok=0   changed=1   would_change=0   overridden=0   unreachable=0   failed=1   skipped=2
    b : ok=0   changed=0   would_change=0   overridden=0   unreachable=0   failed=1   skipped=0
    c : ok=0   changed=0   would_change=0   overridden=0   unreachable=0   failed=1   skipped=0
    d : ok=0   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    4 hosts: ok=0 failed=3 interrupted=1 in 2.5 s
    "#);
}

#[test]
fn verbose_output_shows_what_is_well_and_what_is_sent() {
    let options = Options {
        verbosity: 2,
        ..PLAIN
    };
    let events = run(
        RunMode::Apply,
        vec![host(
            "web01",
            HostStatus::Ok,
            vec![
                result("web01", "TLS is demanded", Outcome::Compliant),
                result(
                    "web01",
                    "NLA is demanded",
                    Outcome::Changed(vec![change("nla", "optional".into(), "required".into())]),
                ),
            ],
            None,
        )],
    );
    insta::assert_snapshot!(shown(options, &events), @r#"
    PLAY [Remote Desktop is reachable] ********************************************
    ok: [web01] => TLS is demanded (rdp_listener RDP-Tcp)
    changed: [web01] => NLA is demanded (rdp_listener RDP-Tcp)
        nla: optional → required (decided by local)
        > set HKLM\SYSTEM\RDP-Tcp\nla
        12 requests, 2 connections, 34567 bytes sent, 45678 bytes received, 1.2 s

    PLAY RECAP ********************************************************************
    web01 : ok=1   changed=1   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    "#);
}

#[test]
fn colours_are_those_people_know() {
    let options = Options {
        colour: Colour::Always,
        ..PLAIN
    };
    let text = shown(options, &audit());
    let visible = text.replace('\u{1b}', "ESC");
    insta::assert_snapshot!(visible, @r#"
    PLAY [Remote Desktop is reachable] [CHECK MODE] *******************************
    ESC[0;32mok: [web[01:02]] => 2 tasksESC[0m
    ESC[0;32mproved: [web[01:02]] => NLA, certificates until 2026-10-21 or laterESC[0m
    ESC[0;33mwould change: [db01] => the listener is right (rdp_listener RDP-Tcp)ESC[0m
        ESC[0;33mport: 3390 → 3389 (decided by local; drops remote desktop sessions)ESC[0m
        ESC[0;33mcertificate: absent → AB12 (decided by default)ESC[0m
    ESC[1;35moverridden: [db01] => TLS is demanded (rdp_listener RDP-Tcp)ESC[0m
        ESC[1;35msecurity_layer: rdp → tls (decided by policy)ESC[0m
        hint: Group Policy sets `security_layer` at HKLM\SOFTWARE\Policies\SecurityLayer: change it there
    ESC[0;31mnot proved: [db01] => the certificate expired on 2026-01-01 (cert-expired)ESC[0m
    ESC[1;31munreachable: [db02] => 10.0.0.2:5986 is unreachable: connection refusedESC[0m
        hint: WinRM does not listen there: run `winrm quickconfig` on the host, or set `ansible_port` (5985 HTTP, 5986 HTTPS)

    PLAY RECAP ********************************************************************
    ESC[0;33mdb01ESC[0m  : ESC[0;32mok=1ESC[0m   changed=0   ESC[0;33mwould_change=1ESC[0m   ESC[1;35moverridden=1ESC[0m   unreachable=0   failed=0   ESC[0;36mskipped=1ESC[0m
    ESC[1;31mdb02ESC[0m  : ok=0   changed=0   would_change=0   overridden=0   ESC[1;31munreachable=1ESC[0m   failed=0   skipped=0
    ESC[0;32mweb01ESC[0m : ESC[0;32mok=2ESC[0m   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    ESC[0;32mweb02ESC[0m : ESC[0;32mok=2ESC[0m   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    4 hosts: ok=2 drifted=1 unreachable=1 proved=2 in 2.5 s
    "#);
}

#[test]
fn colours_change_nothing_but_colours() {
    let options = Options {
        colour: Colour::Always,
        ..PLAIN
    };
    for events in [audit(), trouble()] {
        let coloured = shown(options, &events);
        let mut bare = String::new();
        for (index, piece) in coloured.split('\u{1b}').enumerate() {
            let rest = match index {
                0 => piece,
                _ => piece.split_once('m').unwrap().1,
            };
            bare.push_str(rest);
        }
        assert_eq!(bare, shown(PLAIN, &events));
    }
}

#[test]
fn a_large_fleet_is_folded_and_its_recap_names_only_what_is_not_well() {
    let mut hosts: Vec<Vec<Event>> = (1..=60).map(|n| well(&format!("web{n:02}"))).collect();
    for n in 1..=3 {
        let name = format!("db{n:02}");
        let status = unreachable(&format!("10.0.0.{n}:5986"));
        hosts.insert(n * 7, host(&name, status, Vec::new(), None));
    }
    insta::assert_snapshot!(shown(PLAIN, &run(RunMode::Check, hosts)), @r#"
    PLAY [Remote Desktop is reachable] [CHECK MODE] *******************************
    ok: [web[01:60]] => 2 tasks
    proved: [web[01:60]] => NLA, certificates until 2026-10-21 or later
    unreachable: [db[01:03]] => the host is unreachable: connection refused
        hint: WinRM does not listen there: run `winrm quickconfig` on the host, or set `ansible_port` (5985 HTTP, 5986 HTTPS)

    PLAY RECAP ********************************************************************
    db01 : ok=0   changed=0   would_change=0   overridden=0   unreachable=1   failed=0   skipped=0
    db02 : ok=0   changed=0   would_change=0   overridden=0   unreachable=1   failed=0   skipped=0
    db03 : ok=0   changed=0   would_change=0   overridden=0   unreachable=1   failed=0   skipped=0
    63 hosts: ok=60 unreachable=3 proved=60 in 2.5 s
    "#);
}

#[test]
fn what_is_told_is_bounded_when_every_host_tells_another_story() {
    let hosts: Vec<Vec<Event>> = (0..2_000)
        .map(|n| {
            let name = format!("h{n}");
            let drift = change("port", u32::try_from(n).unwrap().into(), 3389_u32.into());
            let results = vec![result(&name, "port", Outcome::Drifted(vec![drift]))];
            host(&name, HostStatus::Drifted, results, None)
        })
        .collect();
    let text = shown(PLAIN, &run(RunMode::Check, hosts));
    assert!(text.contains("… and 1500 more hosts, each with yet other results"));
    assert!(text.contains("… and 1000 more hosts that are not well"));
    assert!(text.contains("2000 hosts: ok=0 drifted=2000"));
}

#[test]
fn long_stories_do_not_wait_for_the_end_of_the_run() {
    let hosts: Vec<Vec<Event>> = (0..400)
        .map(|n| {
            let name = format!("h{n:03}");
            let results = (0..100).map(|task| {
                let mut said = result(&name, &format!("task {task}"), Outcome::Compliant);
                if let Event::Result(said) = &mut said {
                    said.message = Some(format!("{name} says {}", "x".repeat(200)).into());
                }
                said
            });
            host(&name, HostStatus::Ok, results.collect(), None)
        })
        .collect();
    let events = run(RunMode::Check, hosts);
    let (end, before) = events.split_last().unwrap();
    let paper = Paper::default();
    let mut human = Human::new(paper.pen(), PLAIN);
    tell(&mut human, before);
    let whole = 400 * 100 * 200;
    let written = paper.text().len();
    assert!(written > whole - 3_000_000, "{written} of {whole}");
    tell(&mut human, std::slice::from_ref(end));
    let text = paper.text();
    for n in 0..400 {
        let line = format!("ok: [h{n:03}] => task 99");
        assert_eq!(text.matches(&line).count(), 1, "{line}");
    }
    assert!(!text.contains("more hosts"));
}

#[test]
fn texts_of_hosts_cannot_drive_the_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}\nPLAY RECAP";
    let drift = change("nla", hostile.into(), Value::text("x".repeat(9_999)));
    let mut named = result(hostile, hostile, Outcome::Drifted(vec![drift]));
    if let Event::Result(result) = &mut named {
        result.play = hostile.into();
        result.id = hostile.into();
    }
    let status = HostStatus::Failed {
        reason: hostile.to_owned(),
        hint: Some(hostile.to_owned()),
    };
    let hosts = vec![
        host(hostile, HostStatus::Drifted, vec![named], None),
        host("b", status, Vec::new(), None),
    ];
    let text = shown(PLAIN, &run(RunMode::Check, hosts));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    assert!(!text.contains('\u{202e}'));
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("PLAY RECAP"))
            .count(),
        1
    );
    assert!(text.lines().all(|line| line.chars().count() < 1_500));
}

#[test]
fn what_a_waiver_accepts_is_told_with_its_owner_and_end() {
    insta::assert_snapshot!(shown(PLAIN, &controls()), @"
    PLAY [Remote Desktop is reachable] [CHECK MODE] *******************************
    ok: [kept] => 2 tasks
    proved: [kept] => NLA, certificate CN=kept until 2026-10-21
    would change: [missed] => RDP-NLA is set (rdp_listener RDP-Tcp)
        nla: optional → required (decided by local)
    proved: [missed] => NLA, certificate CN=missed until 2026-10-21
    waived: [accepted] => RDP-NLA is set (rdp_listener RDP-Tcp): accepted by ops until 2026-12-30: old clients
        nla: optional → required (decided by local)
    proved: [accepted] => NLA, certificate CN=accepted until 2026-10-21
    waived: [soon] => RDP-NLA is set (rdp_listener RDP-Tcp): accepted by ops until 2026-09-24: old clients
        nla: optional → required (decided by local)
        warning: the waiver of ops ends in 3 days (2026-09-24)
    proved: [soon] => NLA, certificate CN=soon until 2026-10-21
    would change: [ended] => RDP-NLA is set (rdp_listener RDP-Tcp)
        nla: optional → required (decided by local)
        warning: the waiver of ops ended 2 days ago (2026-09-19)
    proved: [ended] => NLA, certificate CN=ended until 2026-10-21

    PLAY RECAP ********************************************************************
    accepted : ok=1   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0 waived=1
    ended    : ok=1   changed=0   would_change=1   overridden=0   unreachable=0   failed=0   skipped=0
    kept     : ok=2   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0
    missed   : ok=1   changed=0   would_change=1   overridden=0   unreachable=0   failed=0   skipped=0
    soon     : ok=1   changed=0   would_change=0   overridden=0   unreachable=0   failed=0   skipped=0 waived=1
    5 hosts: ok=3 waived=2 drifted=2 proved=5 in 2.5 s
    ");
}

/// Two tasks, of which the first failed and that was put up with.
fn tolerated(outcome: Outcome, status: HostStatus) -> Vec<Event> {
    let mut first = result("h", "one", outcome);
    if let Event::Result(result) = &mut first {
        result.tolerated = Tolerated::Ignored;
    }
    let results = vec![first, result("h", "two", Outcome::Compliant)];
    run(RunMode::Apply, vec![host("h", status, results, None)])
}

#[test]
fn a_failure_that_is_put_up_with_does_not_hide_why_the_host_failed() {
    let failure = Failure {
        during: "observing".to_owned(),
        error: CimError::Denied {
            operation: "Get Win32_Service".to_owned(),
        },
        made: Vec::new(),
    };
    let reason = "another host, on which `three` was done for all, failed".to_owned();
    let status = HostStatus::Failed { reason, hint: None };
    let text = shown(PLAIN, &tolerated(Outcome::Failed(failure), status));
    assert!(text.contains("ignored: [h] => one "), "{text}");
    assert!(
        text.contains("failed: [h] => another host, on which `three` was done for all, failed\n"),
        "{text}"
    );
}

#[test]
fn what_was_corrected_in_vain_and_is_put_up_with_is_told_as_that() {
    let left = vec![change("nla", "optional".into(), "required".into())];
    let outcome = Outcome::Unconverged {
        made: left.clone(),
        left,
    };
    let text = shown(PLAIN, &tolerated(outcome, HostStatus::Ok));
    assert!(text.contains("ignored: [h] => one "), "{text}");
    assert!(!text.contains("failed: "), "{text}");
}
