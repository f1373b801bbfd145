//! Decisions as data: `desired`, what a host answers (`rows`), and the `changes` that follow.
//!
//! A row is one question in the words of [`Read`]'s `Display`, with its answer. Every row has to be asked for and nothing
//! else, so that the cases also hold the number of round trips.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rdpfix::cim::Answer;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::Read;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKind;
use rdpfix::cim::Value;
use rdpfix::plan::Change;
use rdpfix::plan::Remedy;
use rdpfix::resource::CATALOGUE;
use serde_json::Value as Json;
use serde_json::json;

use super::hand;
use super::node;
use super::read;
use crate::support;

/// A host that knows the answers of a case and nothing else.
struct Rows {
    rows: Vec<(String, Json)>,
    asked: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl CimReader for Rows {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        let question = read.to_string();
        let row = self.rows.iter().find(|(known, _)| *known == question);
        let (_, answer) = row.unwrap_or_else(|| panic!("nobody expects the question `{question}`"));
        self.asked.lock().unwrap().insert(question);
        Ok(answer_to(read, answer))
    }
}

fn answer_to(read: &Read, answer: &Json) -> Answer {
    match read {
        Read::Query(query) => Answer::Instances(instances(&query.namespace, &query.class, answer)),
        Read::Associated(association) => {
            let class = association.result_class.as_deref().unwrap_or_default();
            Answer::Instances(instances(&association.of.namespace, class, answer))
        }
        Read::Get(path) => Answer::Instance(
            (!answer.is_null()).then(|| instance(&path.namespace, &path.class, answer)),
        ),
        Read::Registry(_) => Answer::Registry(data(answer)),
        Read::SubKeys(_) => Answer::SubKeys(answer.as_array().map(|names| {
            names
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect()
        })),
        Read::ValueTypes(_) => Answer::ValueTypes(answer.as_object().map(|types| {
            types
                .iter()
                .map(|(name, kind)| (name.clone(), kind.as_str().and_then(kind_of)))
                .collect()
        })),
        Read::Ask(_) | Read::Events(_) => panic!("no resource asks this: {read}"),
    }
}

fn instances(namespace: &Namespace, class: &str, answer: &Json) -> Vec<Instance> {
    answer
        .as_array()
        .unwrap()
        .iter()
        .map(|row| instance(namespace, class, row))
        .collect()
}

fn instance(namespace: &Namespace, class: &str, row: &Json) -> Instance {
    row.as_object().unwrap().iter().fold(
        Instance::new(namespace.clone(), class),
        |made, (name, value)| made.with(name, cim(value)),
    )
}

fn cim(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Uint(number.as_u64().unwrap()),
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(cim).collect()),
        Json::Object(_) => panic!("no case has objects in objects"),
    }
}

fn kind_of(word: &str) -> Option<RegistryKind> {
    match word {
        "dword" => Some(RegistryKind::Dword),
        "qword" => Some(RegistryKind::Qword),
        "string" => Some(RegistryKind::Text),
        "expand_string" => Some(RegistryKind::ExpandText),
        "multi_string" => Some(RegistryKind::MultiText),
        "binary" => Some(RegistryKind::Binary),
        _ => None,
    }
}

/// `null`, or one of `dword: 1`, `string: text`, `binary: base64`, `file: path below tests/data`.
fn data(answer: &Json) -> Option<RegistryData> {
    let (word, value) = answer.as_object()?.iter().next()?;
    let text = || value.as_str().unwrap().to_owned();
    Some(match word.as_str() {
        "dword" => RegistryData::Dword(value.as_u64().unwrap().try_into().unwrap()),
        "qword" => RegistryData::Qword(value.as_u64().unwrap()),
        "string" => RegistryData::Text(text()),
        "expand_string" => RegistryData::ExpandText(text()),
        "binary" => RegistryData::Binary(STANDARD.decode(text()).unwrap()),
        "file" => {
            let path = support::root().join("tests/data").join(text());
            RegistryData::Binary(bytes_of(&path))
        }
        other => panic!("no data is called `{other}`"),
    })
}

#[expect(clippy::disallowed_methods, reason = "tests read their own data")]
fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A change as a case writes it.
fn told(change: &Change) -> Json {
    let mut told = json!({
        "property": change.property,
        "from": change.from,
        "to": change.to,
        "decided_by": change.decided_by.word(),
    });
    let more = told.as_object_mut().unwrap();
    match &change.remedy {
        Remedy::Steps { apply, undo } => {
            more.insert("costs".to_owned(), json!(change.disruption.words()));
            more.insert("apply".to_owned(), json!(hand::told(apply)));
            more.insert("undo".to_owned(), json!(hand::told(undo)));
        }
        Remedy::OwnedByPolicy { setting } => {
            more.insert("policy".to_owned(), json!(setting));
        }
        Remedy::Manual { advice } => {
            more.insert("advice".to_owned(), json!(advice));
        }
    }
    if let Some(service) = change.restart {
        more.insert("restart".to_owned(), json!(service));
    }
    told
}

async fn check(kind: &str, path: &Path) {
    let name = path.display();
    let text = String::from_utf8(bytes_of(path)).unwrap();
    let case: Json = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let tree = node(&text);
    let (found, resource, diagnostics) = read(tree.get("desired").unwrap());
    let resource = resource.unwrap_or_else(|| panic!("{name}: {diagnostics:?}"));
    assert_eq!(found.name, kind, "{name}");
    let rows = case["rows"].as_object().unwrap();
    let host = Rows {
        rows: rows.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        asked: Mutex::default(),
    };
    let observed = resource.observe(&host).await;
    let observed = observed.unwrap_or_else(|error| panic!("{name}: {error}"));
    let asked = host.asked.into_inner().unwrap();
    let expected: BTreeSet<String> = rows.keys().cloned().collect();
    assert_eq!(asked, expected, "{name}: questions");
    let changes: Vec<Json> = resource.diff(&observed).unwrap().iter().map(told).collect();
    let found = Json::Array(changes);
    assert!(
        found == case["changes"],
        "{name}: changes are\n{}",
        serde_yaml::to_string(&found).unwrap()
    );
}

#[tokio::test]
async fn every_case_is_decided_as_written() {
    for kind in CATALOGUE {
        let folder = support::root()
            .join("tests/cases/resources")
            .join(kind.name);
        let mut paths: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        assert!(paths.len() >= 3, "{} has too few cases", kind.name);
        for path in paths {
            check(kind.name, &path).await;
        }
    }
}
