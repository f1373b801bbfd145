//! Facts about JSON lines.

use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::report::jsonl::JsonLines;
use serde_json::Value;

use super::controls::controls;
use super::events::Paper;
use super::events::audit;
use super::events::host;
use super::events::run;
use super::events::tell;
use super::events::trouble;
use super::probe::commands_to_a_terminal;

fn shown(events: &[Event]) -> String {
    let paper = Paper::default();
    tell(&mut JsonLines::new(paper.pen()), events);
    paper.text()
}

fn lines(events: &[Event]) -> Vec<Value> {
    shown(events)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_audit_is_one_line_for_each_event() {
    let events = audit();
    let text = shown(&events);
    assert_eq!(text.lines().count(), events.len());
    insta::assert_snapshot!(text, @r#"
    {"v":1,"ts":"2026-09-21T14:13:20Z","run":"01K0RUN","type":"run_start","mode":"check","playbook":"rdp.yml","hosts":4}
    {"v":1,"ts":"2026-09-21T14:13:20Z","run":"01K0RUN","type":"host_start","host":"web01"}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"web01","play":"Remote Desktop is reachable","task":"NLA is demanded","resource":"rdp_listener","id":"RDP-Tcp","status":"ok","attempts":1,"severity":"info","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"web01","play":"Remote Desktop is reachable","task":"TLS is demanded","resource":"rdp_listener","id":"RDP-Tcp","status":"ok","attempts":1,"severity":"info","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:22Z","run":"01K0RUN","type":"host_end","host":"web01","status":"ok","counts":{"ok":2,"changed":0,"would_change":0,"overridden":0,"failed":0,"skipped":0,"unknown":0,"ignored":0,"rescued":0,"waived":0},"proof":{"verdict":"proven","selected":"nla","certificate":{"subject":"CN=web01","not_before":"2026-09-21T14:13:20Z","not_after":"2026-10-21T14:13:20Z","thumbprint":"AB12"},"stages_ms":{"resolve":1,"connect":12}},"requests":12,"connections":2,"bytes_sent":34567,"bytes_received":45678,"retries":0,"duration_ms":1234}
    {"v":1,"ts":"2026-09-21T14:13:20Z","run":"01K0RUN","type":"host_start","host":"web02"}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"web02","play":"Remote Desktop is reachable","task":"NLA is demanded","resource":"rdp_listener","id":"RDP-Tcp","status":"ok","attempts":1,"severity":"info","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"web02","play":"Remote Desktop is reachable","task":"TLS is demanded","resource":"rdp_listener","id":"RDP-Tcp","status":"ok","attempts":1,"severity":"info","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:22Z","run":"01K0RUN","type":"host_end","host":"web02","status":"ok","counts":{"ok":2,"changed":0,"would_change":0,"overridden":0,"failed":0,"skipped":0,"unknown":0,"ignored":0,"rescued":0,"waived":0},"proof":{"verdict":"proven","selected":"nla","certificate":{"subject":"CN=web02","not_before":"2026-09-21T14:13:20Z","not_after":"2026-10-21T14:13:20Z","thumbprint":"AB12"},"stages_ms":{"resolve":1,"connect":12}},"requests":12,"connections":2,"bytes_sent":34567,"bytes_received":45678,"retries":0,"duration_ms":1234}
    {"v":1,"ts":"2026-09-21T14:13:20Z","run":"01K0RUN","type":"host_start","host":"db01"}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"db01","play":"Remote Desktop is reachable","task":"NLA is demanded","resource":"rdp_listener","id":"RDP-Tcp","status":"ok","attempts":1,"severity":"info","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"db01","play":"Remote Desktop is reachable","task":"the listener is right","resource":"rdp_listener","id":"RDP-Tcp","status":"would_change","attempts":1,"severity":"warning","before":{"port":3390},"after":{"certificate":"AB12","port":3389},"decided_by":"local","disruption":"drops_sessions","restarts":["TermService"],"duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"db01","play":"Remote Desktop is reachable","task":"TLS is demanded","resource":"rdp_listener","id":"RDP-Tcp","status":"overridden","attempts":1,"severity":"warning","before":{"security_layer":"rdp"},"after":{"security_layer":"tls"},"reason":"Group Policy owns security_layer","hint":"Group Policy sets `security_layer` at HKLM\\SOFTWARE\\Policies\\SecurityLayer: change it there","decided_by":"policy","disruption":"harmless","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:21Z","run":"01K0RUN","type":"result","host":"db01","play":"Remote Desktop is reachable","task":"only on old hosts","resource":"rdp_listener","id":"RDP-Tcp","status":"skipped","attempts":1,"severity":"info","reason":"`when: facts.build < 9600` is false","duration_ms":31}
    {"v":1,"ts":"2026-09-21T14:13:22Z","run":"01K0RUN","type":"host_end","host":"db01","status":"drifted","reason":"tasks that differ: 1 would be changed, 1 owned by Group Policy","counts":{"ok":1,"changed":0,"would_change":1,"overridden":1,"failed":0,"skipped":1,"unknown":0,"ignored":0,"rescued":0,"waived":0},"proof":{"verdict":"refuted","stage":"certificate","id":"cert-expired","reason":"the certificate expired on 2026-01-01","selected":"tls","stages_ms":{}},"requests":12,"connections":2,"bytes_sent":34567,"bytes_received":45678,"retries":0,"duration_ms":1234}
    {"v":1,"ts":"2026-09-21T14:13:20Z","run":"01K0RUN","type":"host_start","host":"db02"}
    {"v":1,"ts":"2026-09-21T14:13:22Z","run":"01K0RUN","type":"host_end","host":"db02","status":"unreachable","reason":"10.0.0.2:5986 is unreachable: connection refused","hint":"WinRM does not listen there: run `winrm quickconfig` on the host, or set `ansible_port` (5985 HTTP, 5986 HTTPS)","counts":{"ok":0,"changed":0,"would_change":0,"overridden":0,"failed":0,"skipped":0,"unknown":0,"ignored":0,"rescued":0,"waived":0},"requests":12,"connections":2,"bytes_sent":34567,"bytes_received":45678,"retries":0,"duration_ms":1234}
    {"v":1,"ts":"2026-09-21T14:13:23Z","run":"01K0RUN","type":"run_end","ok":2,"changed":0,"drifted":1,"unreachable":1,"failed":0,"interrupted":0,"not_started":0,"waived":0,"proven":2,"duration_ms":2500}
    "#);
}

#[test]
fn every_line_stands_for_itself_and_holds_no_null() {
    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.iter().any(has_null),
            Value::Object(fields) => fields.values().any(has_null),
            _ => false,
        }
    }
    for line in lines(&audit()).iter().chain(&lines(&trouble())) {
        assert_eq!(line["v"], 1);
        assert_eq!(line["run"], "01K0RUN");
        assert!(line["ts"].as_str().unwrap().ends_with('Z'));
        assert!(line["type"].is_string());
        assert!(!has_null(line), "{line}");
    }
}

#[test]
fn what_was_corrected_in_vain_is_failed_with_a_reason() {
    let lines = lines(&trouble());
    let line = lines
        .iter()
        .find(|line| line["type"] == "result" && line["host"] == "b")
        .unwrap();
    assert_eq!(line["status"], "failed");
    assert_eq!(
        line["reason"],
        "still differs after it was corrected: nla; Group Policy may own it"
    );
    assert_eq!(line["before"]["nla"], "optional");
}

#[test]
fn a_failure_tells_what_had_been_made_before() {
    let lines = lines(&trouble());
    let line = lines
        .iter()
        .find(|line| line["task"] == "the listener is right")
        .unwrap();
    assert_eq!(line["status"], "failed");
    assert_eq!(line["after"]["nla"], "required");
    assert!(line["reason"].as_str().unwrap().contains("access denied"));
    assert!(
        line["hint"]
            .as_str()
            .unwrap()
            .contains("local administrator")
    );
}

#[test]
fn the_last_line_can_tell_the_exit_code() {
    let paper = Paper::default();
    let mut reporter = JsonLines::new(paper.pen())
        .with_exit_code(|recap| if recap.unreachable > 0 { 4 } else { 0 });
    tell(&mut reporter, &audit());
    let last: Value = serde_json::from_str(paper.text().lines().last().unwrap()).unwrap();
    assert_eq!(last["exit_code"], 4);
}

#[test]
fn hostile_texts_stay_on_their_line() {
    let hostile = "\u{1b}[2J\n{\"v\":1}\r\n\u{0}\u{9b}2J\u{202e}";
    let status = HostStatus::Failed {
        reason: hostile.to_owned(),
        hint: None,
    };
    let events = run(
        RunMode::Check,
        vec![host(hostile, status, Vec::new(), None)],
    );
    let lines = lines(&events);
    assert_eq!(lines.len(), events.len());
    assert_eq!(lines[2]["reason"], hostile);
    assert_eq!(commands_to_a_terminal(&shown(&events)), Vec::<char>::new());
}

#[test]
fn a_control_and_its_waiver_are_told_with_the_result() {
    let lines = lines(&controls());
    let told = |host: &str| {
        lines
            .iter()
            .find(|line| line["type"] == "result" && line["host"] == host)
            .unwrap()
    };
    let control = &told("missed")["control"];
    assert_eq!(control["id"], "RDP-NLA");
    assert_eq!(control["severity"], "high");
    assert_eq!(control["references"][1], "STIG V-254369");
    assert_eq!(told("missed")["status"], "would_change");
    assert!(told("missed").get("waiver").is_none());
    for (host, status, standing) in [
        ("accepted", "waived", "holds"),
        ("soon", "waived", "ends_soon"),
        ("ended", "would_change", "expired"),
    ] {
        let line = told(host);
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["waiver"]["standing"], standing, "{line}");
        assert_eq!(line["waiver"]["owner"], "ops");
    }
    assert_eq!(told("accepted")["severity"], "info");
    assert_eq!(told("accepted")["waiver"]["expires"], "2026-12-30");
    let end = lines
        .iter()
        .find(|line| line["type"] == "host_end" && line["host"] == "soon")
        .unwrap();
    assert_eq!(end["counts"]["waived"], 1);
}
