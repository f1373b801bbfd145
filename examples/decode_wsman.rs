//! Prints what an envelope of WS-Management holds, one JSON line for each object, method output or fault.
//!
//! `cargo run --example decode_wsman -- FILE`; FILE is an envelope, or a recording in YAML (`messages:` with `response:`).
//! Ends with an error when the file cannot be read or holds no envelope.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads a file and prints"
)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use anyhow::Context;
use rdpfix::cim::Value;
use rdpfix::wsman::inspect::Sight;
use rdpfix::wsman::inspect::inspect;
use serde::Deserialize;
use serde_json::json;

/// A recording of several exchanges.
#[derive(Debug, Deserialize)]
struct Recording {
    messages: Vec<Exchange>,
}

/// One of them; other keys are not looked at.
#[derive(Debug, Deserialize)]
struct Exchange {
    response: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let file = env::args_os().nth(1).context("usage: decode_wsman FILE")?;
    let name = file.to_string_lossy().into_owned();
    let bytes = fs::read(&file).with_context(|| format!("cannot read `{name}`"))?;
    let mut lines = Vec::new();
    let extension = Path::new(&file).extension();
    if extension.is_some_and(|extension| extension == "yml" || extension == "yaml") {
        let recording: Recording = serde_yaml::from_slice(&bytes)
            .with_context(|| format!("`{name}` is not a recording in YAML"))?;
        let responses = recording
            .messages
            .into_iter()
            .map(|message| message.response);
        for (index, response) in responses.enumerate() {
            let Some(response) = response.filter(|text| !text.is_empty()) else {
                continue;
            };
            let number = index.saturating_add(1);
            let sights = inspect(response.as_bytes())
                .with_context(|| format!("`{name}`, answer {number}, is not an envelope"))?;
            lines.extend(sights);
        }
    } else {
        lines = inspect(&bytes).with_context(|| format!("`{name}` is not an envelope"))?;
    }
    for sight in &lines {
        println!("{}", line(sight)?);
    }
    Ok(())
}

fn line(sight: &Sight) -> anyhow::Result<serde_json::Value> {
    Ok(match sight {
        Sight::Instance(instance) => serde_json::to_value(instance)?,
        Sight::Event(event) => json!({
            "log": event.log,
            "source": event.source,
            "event": event.id,
            "at": event.at.to_string(),
            "strings": event.strings,
        }),
        Sight::Output {
            class,
            method,
            values,
        } => json!({
            "class": class.class,
            "namespace": class.namespace.as_str(),
            "method": method,
            "properties": by_name(values),
        }),
        Sight::Created(Some(path)) => json!({
            "created": path.class,
            "namespace": path.namespace.as_str(),
            "keys": path.keys,
        }),
        Sight::Created(None) => json!({ "created": null }),
        Sight::Fault(fault) => json!({"fault": {
            "code": fault.code,
            "subcode": fault.subcode,
            "message": fault.message,
            "detail": fault.detail,
        }}),
        Sight::Request {
            operation,
            resource,
            selectors,
            arguments,
        } => json!({
            "request": operation,
            "resource": resource,
            "selectors": selectors.iter().cloned().collect::<BTreeMap<_, _>>(),
            "properties": by_name(arguments),
        }),
        Sight::Nothing { operation } => json!({ "response": operation }),
    })
}

fn by_name(values: &[(String, Value)]) -> BTreeMap<&str, &Value> {
    values
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}
