//! StdRegProv: the registry as static methods. Success and failure are return values, not faults.

use crate::cim::Hive;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::registry::KeyKept;
use crate::lab::provider::WRONG_TYPE;
use crate::lab::provider::class::Invocation;
use crate::lab::provider::class::Output;
use crate::lab::provider::class::Parameters;
use crate::lab::provider::class::texts;
use crate::lab::provider::class::uint;
use crate::lab::provider::fault;
use crate::wsman::Fault;

const OK: u32 = 0;
/// The key is there but the value is not.
const VALUE_MISSING: u32 = 1;
/// The key is not there; also what removing a missing value answers.
const MISSING: u32 = 2;
/// Assumption: a key that has keys below it is kept with "access denied".
const HAS_SUB_KEYS: u32 = 5;
/// Windows: the parameter is incorrect.
const BAD_PARAMETER: u32 = 87;

/// All methods.
pub(super) fn invoke(machine: &mut Machine, call: &Invocation<'_>) -> Result<Output, Fault> {
    let arguments = &call.arguments;
    let key = key(arguments)?;
    let method = call.method.as_str();
    if let Some(kind) = method.strip_prefix("get").and_then(kind_of) {
        return Ok(get(machine, &key, value_name(arguments), kind));
    }
    if let Some(kind) = method.strip_prefix("set").and_then(kind_of) {
        return set(machine, &key, arguments, kind);
    }
    let registry = &mut machine.registry;
    match method {
        "enumkey" => Ok(names(registry.sub_keys(&key))),
        "enumvalues" => Ok(values(registry.values(&key))),
        "createkey" => {
            registry.create_key(&key);
            Ok(returned(OK))
        }
        "deletekey" => Ok(returned(match registry.remove_key(&key) {
            Ok(()) => OK,
            Err(KeyKept::Missing) => MISSING,
            Err(KeyKept::HasSubKeys) => HAS_SUB_KEYS,
        })),
        "deletevalue" => {
            let removed = registry.remove_value(&key, value_name(arguments));
            Ok(returned(if removed.is_some() { OK } else { MISSING }))
        }
        "checkaccess" => {
            let there = registry.has_key(&key);
            let mut output = vec![("bGranted".to_owned(), Value::Bool(there))];
            output.extend(returned(if there { OK } else { MISSING }));
            Ok(output)
        }
        _ => Err(fault::action_not_supported()),
    }
}

fn returned(code: u32) -> Output {
    vec![("ReturnValue".to_owned(), Value::from(code))]
}

fn key(arguments: &Parameters<'_>) -> Result<RegistryKey, Fault> {
    let number = arguments.optional_uint("hDefKey")?;
    let hive = match number {
        None => Hive::LocalMachine,
        Some(number) => Hive::from_number(number).ok_or_else(fault::invalid_parameter)?,
    };
    let path = arguments
        .get("sSubKeyName")
        .and_then(Value::as_text)
        .unwrap_or_default();
    Ok(RegistryKey {
        hive,
        path: path.to_owned(),
    })
}

fn value_name<'a>(arguments: &Parameters<'a>) -> &'a str {
    arguments
        .get("sValueName")
        .and_then(Value::as_text)
        .unwrap_or_default()
}

/// The type that a method reads or writes, by the rest of its name.
fn kind_of(rest: &str) -> Option<RegistryKind> {
    [
        ("stringvalue", RegistryKind::Text),
        ("expandedstringvalue", RegistryKind::ExpandText),
        ("binaryvalue", RegistryKind::Binary),
        ("dwordvalue", RegistryKind::Dword),
        ("multistringvalue", RegistryKind::MultiText),
        ("qwordvalue", RegistryKind::Qword),
    ]
    .into_iter()
    .find(|(name, _)| *name == rest)
    .map(|(_, kind)| kind)
}

/// The parameter that carries data of a type.
fn parameter(kind: RegistryKind) -> &'static str {
    match kind {
        RegistryKind::Text | RegistryKind::ExpandText | RegistryKind::MultiText => "sValue",
        RegistryKind::Binary | RegistryKind::Dword | RegistryKind::Qword => "uValue",
    }
}

fn get(machine: &Machine, key: &RegistryKey, name: &str, kind: RegistryKind) -> Output {
    let registry = &machine.registry;
    let (value, code) = match registry.get(key, name) {
        Some(data) if data.kind() == kind => (wire(data), OK),
        Some(_) => (Value::Null, WRONG_TYPE),
        None if registry.has_key(key) => (Value::Null, VALUE_MISSING),
        None => (Value::Null, MISSING),
    };
    let mut output = vec![(parameter(kind).to_owned(), value)];
    output.extend(returned(code));
    output
}

/// Assumption: writing into a key that is missing answers 2 and does not make the key.
fn set(
    machine: &mut Machine,
    key: &RegistryKey,
    arguments: &Parameters<'_>,
    kind: RegistryKind,
) -> Result<Output, Fault> {
    if !machine.registry.has_key(key) {
        return Ok(returned(MISSING));
    }
    let Some(data) = data(kind, arguments.get(parameter(kind)))? else {
        return Ok(returned(BAD_PARAMETER));
    };
    machine.registry.set(key, value_name(arguments), data);
    Ok(returned(OK))
}

/// What a parameter holds; empty texts and arrays travel as nothing.
fn data(kind: RegistryKind, value: Option<&Value>) -> Result<Option<RegistryData>, Fault> {
    let text = || match value {
        None => Some(String::new()),
        Some(value) => value.as_text().map(str::to_owned),
    };
    let number = || value.map(uint).transpose();
    Ok(match kind {
        RegistryKind::Text => text().map(RegistryData::Text),
        RegistryKind::ExpandText => text().map(RegistryData::ExpandText),
        RegistryKind::MultiText => Some(RegistryData::MultiText(
            value.map(texts).unwrap_or_default(),
        )),
        RegistryKind::Dword => number()?
            .and_then(|number| u32::try_from(number).ok())
            .map(RegistryData::Dword),
        RegistryKind::Qword => number()?.map(RegistryData::Qword),
        RegistryKind::Binary => bytes(value)?.map(RegistryData::Binary),
    })
}

fn bytes(value: Option<&Value>) -> Result<Option<Vec<u8>>, Fault> {
    let items = match value {
        None => Vec::new(),
        Some(Value::List(items)) => items.iter().collect(),
        Some(single) => vec![single],
    };
    let mut bytes = Vec::new();
    for item in items {
        let Ok(byte) = u8::try_from(uint(item)?) else {
            return Ok(None);
        };
        bytes.push(byte);
    }
    Ok(Some(bytes))
}

fn wire(data: &RegistryData) -> Value {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => Value::text(text.as_str()),
        RegistryData::Dword(number) => Value::from(*number),
        RegistryData::Qword(number) => Value::Uint(*number),
        RegistryData::Binary(bytes) => list(bytes.iter().map(|byte| Value::Uint((*byte).into()))),
        RegistryData::MultiText(texts) => list(texts.iter().map(|text| Value::text(text.as_str()))),
    }
}

/// An array; an empty one is null.
fn list(items: impl Iterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.collect();
    if items.is_empty() {
        Value::Null
    } else {
        Value::List(items)
    }
}

fn names(keys: Option<Vec<&str>>) -> Output {
    let code = if keys.is_some() { OK } else { MISSING };
    let names = list(keys.unwrap_or_default().into_iter().map(Value::from));
    let mut output = vec![("sNames".to_owned(), names)];
    output.extend(returned(code));
    output
}

fn values(values: Option<Vec<(&str, &RegistryData)>>) -> Output {
    let code = if values.is_some() { OK } else { MISSING };
    let values = values.unwrap_or_default();
    let number = |data: &RegistryData| {
        RegistryKind::NUMBERS
            .iter()
            .find(|(kind, _)| *kind == data.kind())
            .map(|(_, number)| Value::Sint(i64::from(*number)))
    };
    let names = list(values.iter().map(|(name, _)| Value::from(*name)));
    let types = list(values.iter().filter_map(|(_, data)| number(data)));
    let mut output = vec![("sNames".to_owned(), names), ("Types".to_owned(), types)];
    output.extend(returned(code));
    output
}
