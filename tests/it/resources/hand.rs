//! Takes steps on a machine in memory, whose clock moves with each request, and says them in words.

use rdpfix::cim::Answer;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession;
use rdpfix::cim::Read;
use rdpfix::cim::RegistryData;
use rdpfix::cim::Value;
use rdpfix::lab::machine::InMemory;
use rdpfix::plan::Step;
use rdpfix::plan::Until;

/// Takes steps in order.
pub(super) async fn take(host: &InMemory, steps: &[Step]) -> Result<(), CimError> {
    for step in steps {
        match step {
            Step::Call(call) => host.invoke(call).await?,
            Step::Await { read, until, .. } => wait(host, read, until).await?,
        }
    }
    Ok(())
}

async fn wait(host: &InMemory, read: &Read, until: &Until) -> Result<(), CimError> {
    for _ in 0..100 {
        if shows(&host.read(read).await?, until) {
            return Ok(());
        }
    }
    Err(CimError::Broken {
        promise: format!("{read} shows {until:?}"),
    })
}

fn shows(answer: &Answer, until: &Until) -> bool {
    match (answer, until) {
        (Answer::Instance(Some(instance)), Until::Property { name, is }) => {
            instance.text(name).is_ok_and(|text| text == *is)
        }
        (Answer::Registry(Some(data)), Until::RegistryOtherThan(old)) => old.as_ref() != Some(data),
        _ => false,
    }
}

/// Steps in words, with everything that they write.
pub(super) fn told(steps: &[Step]) -> Vec<String> {
    steps.iter().map(told_step).collect()
}

fn told_step(step: &Step) -> String {
    match step {
        Step::Call(Call::Put { target, properties }) => {
            format!("put {} of {target}", pairs(properties))
        }
        Step::Call(Call::Create {
            class, properties, ..
        }) => format!("create {class} with {}", pairs(properties)),
        Step::Call(call @ Call::SetRegistry { data, .. }) => format!("{call} = {}", held(data)),
        Step::Call(call) => call.to_string(),
        Step::Await { read, until, .. } => match until {
            Until::Property { name, is } => format!("await {name} {is} of {read}"),
            Until::RegistryOtherThan(None) => format!("await {read}"),
            Until::RegistryOtherThan(Some(data)) => format!("await {read} not {}", held(data)),
        },
    }
}

fn pairs(properties: &[(&'static str, Value)]) -> String {
    let pairs: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", serde_json::to_string(value).unwrap()))
        .collect();
    pairs.join(" ")
}

fn held(data: &RegistryData) -> String {
    match data {
        RegistryData::Text(text) => format!("string {text}"),
        RegistryData::ExpandText(text) => format!("expand_string {text}"),
        RegistryData::Dword(number) => format!("dword {number}"),
        RegistryData::Qword(number) => format!("qword {number}"),
        RegistryData::MultiText(texts) => format!("multi_string {}", texts.join(", ")),
        RegistryData::Binary(bytes) => format!("{} bytes", bytes.len()),
    }
}
