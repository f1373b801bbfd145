//! Facts about the formats for monitoring systems.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

use rdpfix::report::probe::Nagios;
use rdpfix::report::probe::OpenMetrics;
use rdpfix::report::probe::nagios::Outcome;
use rdpfix::report::probe::nagios::State;
use rdpfix::survey::Survey;

use super::closed;
use super::commands_to_a_terminal;
use super::expired;
use super::expiring;
use super::hostile;
use super::named;
use crate::judge::fabricate::healthy;
use crate::judge::fabricate::leaf;
use crate::judge::fabricate::moment;
use crate::support;

fn nagios(surveys: &[Survey]) -> (State, String) {
    let outcome = Outcome::default();
    let told = outcome.clone();
    let text = super::shown(|out| Box::new(Nagios::new(out, told)), surveys);
    (outcome.state(), text)
}

fn metrics(surveys: &[Survey]) -> String {
    super::shown(|out| Box::new(OpenMetrics::new(out)), surveys)
}

#[test]
fn a_plug_in_tells_one_line_with_performance_data() {
    let (state, text) = nagios(&[healthy()]);
    assert_eq!(state, State::Ok);
    insta::assert_snapshot!(text, @"RDP OK - NLA required, certificate valid for 152 days | 'days'=152;30;7 'connect_ms'=2.0 'time_ms'=64.0");
    let (state, text) = nagios(&[expiring()]);
    assert_eq!(state, State::Warning);
    insta::assert_snapshot!(text, @"RDP WARNING - the certificate `CN=ts01.corp.example` expires in 9 days | 'days'=9;30;7 'connect_ms'=2.0 'time_ms'=64.0");
    let (state, text) = nagios(&[closed()]);
    assert_eq!(state, State::Critical);
    insta::assert_snapshot!(text, @"RDP CRITICAL - port 3389 refuses connections: nothing listens there, or a firewall rejects | 'time_ms'=64.0");
    let (state, text) = nagios(&[]);
    assert_eq!(state, State::Unknown);
    insta::assert_snapshot!(text, @"RDP UNKNOWN - no host was looked at");
}

#[test]
fn the_days_that_are_left_have_thresholds_of_their_own() {
    for (until, state) in [
        ("2026-12-22T13:00:00Z", State::Ok),
        ("2026-12-19T13:00:00Z", State::Warning),
        ("2026-11-27T13:00:00Z", State::Critical),
    ] {
        let mut survey = healthy();
        leaf(&mut survey).not_after = moment(until);
        assert_eq!(nagios(&[survey]).0, state, "{until}");
    }
}

#[test]
fn of_several_hosts_the_worst_decides() {
    let fleet = [healthy(), expired(), expiring(), closed()];
    let (state, text) = nagios(&fleet);
    assert_eq!(state, State::Critical);
    insta::assert_snapshot!(text, @"
    RDP CRITICAL - 2 critical, 1 warning, 1 ok of 4 hosts; ts02:3389: the certificate `CN=ts01.corp.example` expired on 2026-11-11 | 'days'=-11;30;7 'connect_ms'=2.0 'time_ms'=64.0 'ok'=1 'warning'=1 'critical'=2
    CRITICAL ts02:3389: the certificate `CN=ts01.corp.example` expired on 2026-11-11
    WARNING ts03:3389: the certificate `CN=ts01.corp.example` expires in 9 days
    CRITICAL ts04:3389: port 3389 refuses connections: nothing listens there, or a firewall rejects
    ");
}

#[test]
fn a_plug_in_tells_hostile_bytes_as_text() {
    let (_, text) = nagios(&[hostile()]);
    assert_eq!(commands_to_a_terminal(&text), Vec::<char>::new());
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(text.matches('|').count(), 1, "{text}");
}

#[test]
fn a_large_fleet_is_not_told_host_by_host() {
    let fleet: Vec<Survey> = (0..200)
        .map(|n| named(&format!("h{n}"), closed()))
        .collect();
    let (_, text) = nagios(&fleet);
    assert!(text.lines().count() < 60, "{} lines", text.lines().count());
    assert!(text.ends_with("and 150 more\n"), "{text}");
}

#[test]
fn metrics_are_told_at_the_end_family_by_family() {
    insta::assert_snapshot!(metrics(&[expired(), closed()]), @r#"
    # TYPE rdpfix_probe_reachable gauge
    # HELP rdpfix_probe_reachable Whether RDP answered.
    rdpfix_probe_reachable{host="ts02",port="3389"} 1
    rdpfix_probe_reachable{host="ts04",port="3389"} 0
    # TYPE rdpfix_probe_nla_enforced gauge
    # HELP rdpfix_probe_nla_enforced Whether clients without NLA are refused.
    rdpfix_probe_nla_enforced{host="ts02",port="3389"} 0
    # TYPE rdpfix_cert_not_after_timestamp_seconds gauge
    # UNIT rdpfix_cert_not_after_timestamp_seconds seconds
    # HELP rdpfix_cert_not_after_timestamp_seconds When the listener's certificate expires.
    rdpfix_cert_not_after_timestamp_seconds{host="ts02",port="3389"} 1794355200
    # TYPE rdpfix_probe_skew_seconds gauge
    # UNIT rdpfix_probe_skew_seconds seconds
    # HELP rdpfix_probe_skew_seconds How far the host's clock is ahead of ours.
    rdpfix_probe_skew_seconds{host="ts02",port="3389"} 0
    # TYPE rdpfix_probe_stage_seconds summary
    # UNIT rdpfix_probe_stage_seconds seconds
    # HELP rdpfix_probe_stage_seconds How long each completed stage of a visit took.
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="resolve",quantile="0.5"} 0.001000
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="resolve",quantile="0.99"} 0.001000
    rdpfix_probe_stage_seconds_count{host="ts02",port="3389",stage="resolve"} 1
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="connect",quantile="0.5"} 0.002000
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="connect",quantile="0.99"} 0.002000
    rdpfix_probe_stage_seconds_count{host="ts02",port="3389",stage="connect"} 1
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="negotiate",quantile="0.5"} 0.003000
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="negotiate",quantile="0.99"} 0.003000
    rdpfix_probe_stage_seconds_count{host="ts02",port="3389",stage="negotiate"} 1
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="tls",quantile="0.5"} 0.012000
    rdpfix_probe_stage_seconds{host="ts02",port="3389",stage="tls",quantile="0.99"} 0.012000
    rdpfix_probe_stage_seconds_count{host="ts02",port="3389",stage="tls"} 1
    rdpfix_probe_stage_seconds{host="ts04",port="3389",stage="resolve",quantile="0.5"} 0.001000
    rdpfix_probe_stage_seconds{host="ts04",port="3389",stage="resolve",quantile="0.99"} 0.001000
    rdpfix_probe_stage_seconds_count{host="ts04",port="3389",stage="resolve"} 1
    # TYPE rdpfix_probe_stage_failures gauge
    # HELP rdpfix_probe_stage_failures How many times a stage was begun and not completed.
    rdpfix_probe_stage_failures{host="ts02",port="3389",stage="resolve"} 0
    rdpfix_probe_stage_failures{host="ts02",port="3389",stage="connect"} 0
    rdpfix_probe_stage_failures{host="ts02",port="3389",stage="negotiate"} 0
    rdpfix_probe_stage_failures{host="ts02",port="3389",stage="tls"} 0
    rdpfix_probe_stage_failures{host="ts04",port="3389",stage="resolve"} 0
    # TYPE rdpfix_finding gauge
    # HELP rdpfix_finding How many findings a host has of each cause and severity.
    rdpfix_finding{host="ts02",port="3389",id="cert-expired",severity="error"} 1
    rdpfix_finding{host="ts02",port="3389",id="cert-weak",severity="info"} 1
    rdpfix_finding{host="ts02",port="3389",id="nla-mismatch",severity="warning"} 1
    rdpfix_finding{host="ts04",port="3389",id="tcp-blocked",severity="error"} 1
    # EOF
    "#);
}

#[test]
fn no_series_is_told_twice() {
    let other_port = Survey {
        port: 3390,
        ..healthy()
    };
    let text = metrics(&[healthy(), healthy(), other_port, expired(), hostile()]);
    let mut series = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, _) = line.rsplit_once(' ').expect("a name and a value");
        assert!(series.insert(name), "{name} twice in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

/// Reads the metrics with the parser of Prometheus' own client library and prints every sample of the host named last.
const PARSER: &str = r"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(json.dumps({
    'families': {family.name: [family.type, family.unit] for family in families},
    'samples': [[s.name, s.labels, s.value] for family in families for s in family.samples],
}))
";

#[test]
fn prometheus_own_parser_takes_the_metrics() {
    let Some(python) = support::peer_python() else {
        return;
    };
    let text = metrics(&[healthy(), expired(), closed(), hostile()]);
    let mut child = Command::new(python)
        .args(["-c", PARSER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("Python reads");
    drop(stdin);
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{text}");
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        read["families"]["rdpfix_probe_stage_seconds"],
        serde_json::json!(["summary", "seconds"])
    );
    let samples = read["samples"].as_array().expect("samples");
    let of = |name: &str, host: &str| -> Vec<f64> {
        samples
            .iter()
            .filter(|sample| sample[0] == name && sample[1]["host"] == host)
            .filter_map(|sample| sample[2].as_f64())
            .collect()
    };
    assert_eq!(of("rdpfix_probe_reachable", "ts04"), [0.0]);
    assert_eq!(of("rdpfix_probe_reachable", "ts02"), [1.0]);
    assert_eq!(of("rdpfix_probe_nla_enforced", "ts02"), [0.0]);
    let expired = 1_794_355_200.0;
    assert_eq!(
        of("rdpfix_cert_not_after_timestamp_seconds", "ts02"),
        [expired]
    );
    assert_eq!(of("rdpfix_probe_reachable", r#"ts"05\n"#), [1.0]);
    assert_eq!(of("rdpfix_finding", "ts04"), [1.0]);
}
