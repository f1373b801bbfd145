//! Facts about JSON lines of probes: their shapes are promised.

use rdpfix::proof::Stage;
use rdpfix::report::probe::ProbeJsonLines;
use rdpfix::survey::GatewayAnswer;
use rdpfix::survey::Login;
use rdpfix::survey::LoginOutcome;
use rdpfix::survey::StageSamples;
use rdpfix::survey::Survey;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

use super::closed;
use super::commands_to_a_terminal;
use super::expired;
use super::hostile;
use super::named;
use crate::judge::fabricate::gateway;
use crate::judge::fabricate::healthy;

fn text(surveys: &[Survey]) -> String {
    super::shown(|out| Box::new(ProbeJsonLines::new(out)), surveys)
}

fn records(survey: Survey) -> Vec<Value> {
    text(&[survey])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn end(survey: Survey) -> Value {
    let records = records(survey);
    let ends = records
        .iter()
        .filter(|record| record["type"] == "probe_end");
    assert_eq!(ends.count(), 1);
    records.last().unwrap().clone()
}

#[test]
fn a_visit_is_a_line_for_each_finding_and_one_at_the_end() {
    insta::assert_snapshot!(text(&[expired()]), @r#"
    {"v":1,"ts":"2026-11-21T12:00:00.064Z","type":"finding","host":"ts02","id":"cert-expired","severity":"error","says":"the certificate `CN=ts01.corp.example` expired on 2026-11-11","evidence":{"subject":"CN=ts01.corp.example","thumbprint":"A1B2C3D4E5F60718293A4B5C6D7E8F9001122334","not_before":"2026-10-22T12:00:00Z","not_after":"2026-11-11T00:00:00Z","days":-11},"advice":"Look at the clocks first; a certificate is judged by them. Then `rdp_certificate` with `state: valid` removes the expired self-signed one, has SessionEnv make a new one and proves it (`rdpfix apply playbooks/fix-0x904.yml -i INVENTORY -l HOST`). If the new one does not come, see machine-keys. A certificate of your own authority has to be renewed there; rdpfix never replaces one by a self-signed one."}
    {"v":1,"ts":"2026-11-21T12:00:00.064Z","type":"finding","host":"ts02","id":"nla-mismatch","severity":"warning","says":"NLA is offered but not required: whoever reaches the port gets a session with a sign-in screen","evidence":{"nla_offered":true,"nla_enforced":false},"advice":"Require it: `rdp_listener` with `nla: required`. Clients that do NLA already notice nothing."}
    {"v":1,"ts":"2026-11-21T12:00:00.064Z","type":"finding","host":"ts02","id":"cert-weak","severity":"info","says":"the certificate is self-signed, as Windows makes it: clients ask once whether to go on","evidence":{"subject":"CN=ts01.corp.example","thumbprint":"A1B2C3D4E5F60718293A4B5C6D7E8F9001122334","distrust":"self_signed"},"advice":"Nothing has to be done. Where clients must not be asked, bind one of your own authority (`rdp_certificate` with `thumbprint`)."}
    {"v":1,"ts":"2026-11-21T12:00:00.064Z","type":"probe_end","host":"ts02","port":3389,"reachable":true,"tcp":"open","addresses":["10.0.0.21"],"protocols":{"rdp":{"offered":false,"refusal":1,"refusal_name":"SSL_REQUIRED_BY_SERVER"},"tls":{"offered":true},"nla":{"offered":true,"enforced":false},"rdstls":{"offered":false,"refusal":5,"refusal_name":"HYBRID_REQUIRED_BY_SERVER"},"hybrid_ex":{"offered":true},"aad":{"offered":false,"refusal":5,"refusal_name":"HYBRID_REQUIRED_BY_SERVER"}},"flags":{"restricted_admin":true,"remote_guard":true},"tls":{"versions":["1.2","1.3"],"picked":"1.3","cipher":"TLS_AES_256_GCM_SHA384"},"certificate":{"subject":"CN=ts01.corp.example","issuer":"CN=ts01.corp.example","not_before":"2026-10-22T12:00:00Z","not_after":"2026-11-11T00:00:00Z","sha256":"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF","thumbprint":"A1B2C3D4E5F60718293A4B5C6D7E8F9001122334","key_bits":2048,"key_type":"rsa","signature":"sha256WithRSAEncryption","self_signed":true,"names":["ts01.corp.example"],"usages":["1.3.6.1.5.5.7.3.1"],"trusted":false,"chain":[{"subject":"CN=ts01.corp.example","issuer":"CN=ts01.corp.example","not_before":"2026-10-22T12:00:00Z","not_after":"2026-11-11T00:00:00Z","sha256":"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF","thumbprint":"A1B2C3D4E5F60718293A4B5C6D7E8F9001122334","key_bits":2048,"key_type":"rsa","signature":"sha256WithRSAEncryption","self_signed":true,"names":["ts01.corp.example"],"usages":["1.3.6.1.5.5.7.3.1"]}]},"ntlm":{"computer":"TS01","domain":"CORP","dns_computer":"ts01.corp.example","dns_domain":"corp.example","build":20348,"skew_seconds":0,"credssp_version":6},"stages_ms":{"resolve":1.0,"connect":2.0,"negotiate":3.0,"tls":12.0},"findings":3,"duration_ms":64}
    "#);
}

#[test]
fn what_was_not_reached_is_null() {
    insta::assert_snapshot!(text(&[closed()]), @r#"
    {"v":1,"ts":"2026-11-21T12:00:00.064Z","type":"finding","host":"ts04","id":"tcp-blocked","severity":"error","says":"port 3389 refuses connections: nothing listens there, or a firewall rejects","evidence":{"tcp":"refused","port":3389,"addresses":["10.0.0.21"]},"advice":"Something answered, so the host (or a firewall before it) is up. Find out from inside which it is: `rdpfix diagnose HOST -i INVENTORY` tells apart whether Remote Desktop is off (`rdp_access`), TermService is down (`service`), or the listener is on another port (`rdp_listener`). Check also that the address is the right one."}
    {"v":1,"ts":"2026-11-21T12:00:00.064Z","type":"probe_end","host":"ts04","port":3389,"reachable":false,"tcp":"refused","addresses":["10.0.0.21"],"protocols":{"rdp":{"offered":false},"tls":{"offered":false},"nla":{"offered":false,"enforced":false},"rdstls":{"offered":false},"hybrid_ex":{"offered":false},"aad":{"offered":false}},"flags":{"restricted_admin":false,"remote_guard":false},"tls":null,"certificate":null,"ntlm":null,"stages_ms":{"resolve":1.0},"findings":1,"duration_ms":64}
    "#);
    let nothing = end(Survey::begun("ts01", 3389, crate::judge::fabricate::now()));
    assert_eq!(nothing["addresses"], json!([]));
    assert_eq!(nothing["stages_ms"], json!({}));
    assert_eq!(nothing["tcp"], "unreachable");
    for absent in ["stages", "login", "gateway"] {
        assert_eq!(nothing.get(absent), None, "{absent}");
    }
}

#[test]
fn repeated_visits_have_percentiles_beside_the_median() {
    let mut survey = healthy();
    survey.stages = vec![
        StageSamples {
            stage: Stage::Connect,
            took: [1, 2, 2, 40].map(Duration::from_millis).to_vec(),
            failures: 1,
        },
        StageSamples {
            stage: Stage::Tls,
            took: Vec::new(),
            failures: 5,
        },
    ];
    let end = end(survey);
    assert_eq!(end["stages_ms"], json!({ "connect": 2.0 }));
    assert_eq!(
        end["stages"],
        json!({
            "connect": { "p50": 2.0, "p99": 40.0, "samples": 5, "failures": 1 },
            "tls": { "samples": 5, "failures": 5 },
        })
    );
}

#[test]
fn a_sign_in_is_told_by_how_it_ended() {
    let told = |outcome| {
        end(Survey {
            login: Some(Login {
                user: "ann".to_owned(),
                outcome,
            }),
            ..healthy()
        })["login"]
            .clone()
    };
    assert_eq!(
        told(LoginOutcome::Accepted),
        json!({ "accepted": true, "user": "ann" })
    );
    let refused = told(LoginOutcome::Refused(0xC000_006D));
    assert_eq!(refused["accepted"], false);
    assert_eq!(refused["code"], "0xC000006D");
    assert_eq!(
        told(LoginOutcome::Failed("not tried".to_owned())),
        json!({ "accepted": false, "user": "ann", "outcome": "failed", "reason": "not tried" })
    );
}

#[test]
fn a_gateway_is_told_by_its_answers() {
    let mut view = gateway();
    view.rpc = Some(GatewayAnswer::Other {
        status: 503,
        server: None,
    });
    let told = end(Survey {
        gateway: Some(view),
        ..healthy()
    });
    let gateway = &told["gateway"];
    assert_eq!(gateway["address"], "gw.corp.example:443");
    assert_eq!(gateway["certificate"]["trusted"], true);
    assert_eq!(
        gateway["http"],
        json!({ "healthy": true, "schemes": ["Negotiate", "NTLM"] })
    );
    assert_eq!(gateway["rpc"], json!({ "healthy": false, "status": 503 }));
}

#[test]
fn hostile_bytes_stay_data() {
    let all = records(hostile());
    let last = all.last().unwrap();
    assert_eq!(last["host"], "ts\"05\n");
    assert_eq!(
        commands_to_a_terminal(&text(&[hostile()])),
        Vec::<char>::new()
    );
    assert_eq!(last["ntlm"]["computer"], "\u{1b}[2J\"}\n|'evil\\\u{202e}");
    assert_eq!(last["findings"], all.len() - 1);
}

#[test]
fn the_number_of_findings_is_that_of_the_lines_before() {
    for survey in [healthy(), expired(), closed(), named("x", healthy())] {
        let all = records(survey);
        assert_eq!(all.last().unwrap()["findings"], all.len() - 1);
        for record in &all {
            assert_eq!(record["v"], 1);
            assert_eq!(
                record["ts"].as_str().map(|ts| ts.ends_with('Z')),
                Some(true)
            );
        }
    }
}
