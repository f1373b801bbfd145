//! What programs get: all of it, page by page, as its description says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use super::fleet::HOSTILE;
use super::rig::Rig;
use super::rig::SMALL;
use super::rig::Setup;
use super::rig::TOKEN;
use crate::peers;
use crate::support;

/// Holds answers against the description; prints what does not fit.
const HOLD: &str = "
import json, sys
from jsonschema import Draft202012Validator
told = json.load(sys.stdin)
troubles = []
for path, answer in told['answers'].items():
    schema = told['description']['paths'][path]['get']['responses']['200']['content']['application/json']['schema']
    whole = dict(schema, components=told['description']['components'])
    Draft202012Validator.check_schema(whole)
    found = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(answer)
    troubles += [f'{path} {e.json_path}: {e.message}'[:300] for e in found][:5]
print(json.dumps(troubles))
";

#[tokio::test]
async fn every_described_path_is_answered_as_described() {
    let rig = Rig::start(Setup::default()).await;
    let description = rig.json("/api/v1/openapi.json").await;
    assert_eq!(description["openapi"], "3.1.0");
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() >= 13, "{}", paths.len());
    // A host with as much to tell as there is.
    let some = rig.json("/api/v1/hosts?state=drift&limit=1").await;
    let differing = some["hosts"][0]["host"].as_str().unwrap().to_owned();
    let mut answers = serde_json::Map::new();
    for (path, operations) in paths {
        if operations.get("get").is_none() {
            continue;
        }
        let filled = path
            .replace("{host}", &differing)
            .replace("{control}", "RDP-NLA")
            .replace("{run}", "01K00000000000000000000008")
            .replace("{earlier}", "01K00000000000000000000001");
        answers.insert(path.clone(), rig.json(&filled).await);
    }
    let Some(python) = support::peer_python() else {
        return;
    };
    let spoilt = json!({"/api/v1/jobs": {"jobs": [{}]}});
    for (answers, fits) in [(Value::Object(answers), true), (spoilt, false)] {
        let told = json!({"description": description, "answers": answers});
        let found = peers::json(&python, &["-c", HOLD], &told.to_string()).await;
        assert_eq!(found == json!([]), fits, "{found:#}");
    }
}

#[tokio::test]
async fn pages_of_hosts_follow_each_other_without_gap_or_repetition() {
    let rig = Rig::start(Setup::default()).await;
    let mut names = BTreeSet::new();
    let mut after = String::new();
    loop {
        let page = rig
            .json(&format!("/api/v1/hosts?limit=7&after={after}"))
            .await;
        for host in page["hosts"].as_array().unwrap() {
            assert!(names.insert(host["host"].as_str().unwrap().to_owned()));
        }
        assert_eq!(page["total"], SMALL.hosts + 1);
        let Some(next) = page["next"].as_str() else {
            break;
        };
        let pairs = [("a", next)];
        let query: String = form(&pairs);
        after = query.trim_start_matches("a=").to_owned();
    }
    assert_eq!(names.len(), usize::try_from(SMALL.hosts + 1).unwrap());
    assert!(names.contains(HOSTILE));
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    query.finish()
}

#[tokio::test]
async fn the_matrix_has_a_digit_for_each_control_of_each_host() {
    let rig = Rig::start(Setup::default()).await;
    let matrix = rig.json("/api/v1/matrix?limit=50").await;
    let length = |field: &str| match &matrix[field] {
        Value::Array(items) => items.len(),
        Value::String(text) => text.len(),
        _ => 0,
    };
    assert_eq!(length("hosts"), 50);
    assert_eq!(length("states"), 50);
    assert_eq!(length("cells"), 50 * length("controls"));
    assert!(matrix["next"].is_string());
}

#[tokio::test]
async fn runs_and_differences_follow_each_other() {
    let rig = Rig::start(Setup::default()).await;
    let first = rig.json("/api/v1/runs?limit=5&job=nightly").await;
    let next = first["next"].as_str().unwrap();
    let second = rig
        .json(&format!("/api/v1/runs?limit=5&after={next}"))
        .await;
    assert_eq!(second["runs"].as_array().unwrap().len(), 3);
    assert_eq!(second["next"], Value::Null);
    let between = "/api/v1/runs/01K00000000000000000000008/since/01K00000000000000000000001";
    let all = rig.json(&format!("{between}?limit=1000")).await;
    let mut seen = 0;
    let mut after = String::new();
    loop {
        let page = rig.json(&format!("{between}?limit=3{after}")).await;
        seen += page["entries"].as_array().unwrap().len();
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, all["entries"].as_array().unwrap().len());
    assert!(seen > 0);
}

/// Prometheus' own reader, for what monitoring gets.
const SCRAPE: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(json.dumps({f.name: len(f.samples) for f in families}))
";

#[tokio::test]
async fn prometheus_reads_the_metrics() {
    let rig = Rig::start(Setup::default()).await;
    let reply = rig.get("/metrics").await;
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .contains("openmetrics")
    );
    assert!(
        !reply.body.contains("corp.example"),
        "a series for each host"
    );
    let Some(python) = support::peer_python() else {
        return;
    };
    let families = peers::json(&python, &["-c", SCRAPE], &reply.body).await;
    assert_eq!(families["rdpfix_hosts"], 7, "{families}");
    assert_eq!(families["rdpfix_job_running"], 3, "{families}");
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_what_the_description_says() {
    let Some(program) = support::peer_script("schemathesis") else {
        return;
    };
    let rig = Rig::start(Setup::default()).await;
    let url = format!("{}api/v1/openapi.json", rig.url());
    let token = format!("Authorization: Bearer {TOKEN}");
    // It leaves notes of its own where it is started.
    let notes = tempfile::tempdir().unwrap();
    let program = std::path::absolute(program).unwrap();
    let arguments = [
        "-C",
        notes.path().to_str().unwrap(),
        program.to_str().unwrap(),
        "run",
        &url,
        "--header",
        &token,
        "--max-examples",
        "12",
        "--seed",
        "1",
        "--generation-database",
        "none",
        "--max-failures",
        "5",
        "--no-color",
        "--workers",
        "2",
        "--phases",
        "examples,coverage,fuzzing",
    ];
    let output = peers::run_within("120", Path::new("env"), &arguments, "").await;
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
}
