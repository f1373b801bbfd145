//! The registry through StdRegProv: names of methods and parameters, and what return values mean (windows-facts 0.3).

use crate::cim::CimError;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::RegistryPath;
use crate::cim::Value;
use crate::session::fault;
use crate::session::winrm::Effect;
use crate::session::winrm::WinRmSession;
use crate::wsman::Request;
use crate::wsman::Response;

const CLASS: &str = "StdRegProv";
/// The value, but not its key, is missing.
const VALUE_MISSING: u32 = 1;
/// The key or the value is missing.
const MISSING: u32 = 2;
/// `WBEM_E_TYPE_MISMATCH`: the value has another type than it was asked for.
const WRONG_TYPE: u32 = 0x8004_1005;

/// Names and types of the values in a key.
type ValueTypes = Vec<(String, Option<RegistryKind>)>;

/// What a method gave back.
struct Output {
    code: u32,
    values: Vec<(String, Value)>,
}

impl Output {
    fn get(&self, name: &str) -> &Value {
        self.values
            .iter()
            .find(|(found, _)| found == name)
            .map_or(&Value::Null, |(_, value)| value)
    }

    /// One bare value counts as a list of one, and null as an empty list: the wire cannot tell them apart.
    fn list(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Value::List(items) => items,
            Value::Null => &[],
            single => std::slice::from_ref(single),
        }
    }
}

/// The data of a value, or `None` when the key or the value is missing.
pub(super) async fn value(
    session: &WinRmSession,
    path: &RegistryPath,
) -> Result<Option<RegistryData>, CimError> {
    let arguments = vec![named(&path.name)];
    let output = invoke(
        session,
        &path.to_string(),
        &path.key,
        (methods(path.kind).get, Effect::Reads),
        arguments,
    )
    .await?;
    match output.code {
        0 => data(path.kind, &output).map(Some),
        VALUE_MISSING | MISSING => Ok(None),
        WRONG_TYPE => Err(CimError::RegistryType {
            path: path.to_string(),
        }),
        code => Err(fault::judge_return(CLASS, code, path.to_string())),
    }
}

/// The names of the keys below a key, or `None` when it is missing.
pub(super) async fn sub_keys(
    session: &WinRmSession,
    key: &RegistryKey,
) -> Result<Option<Vec<String>>, CimError> {
    let operation = format!("the keys below {key}");
    let output = invoke(
        session,
        &operation,
        key,
        ("EnumKey", Effect::Reads),
        Vec::new(),
    )
    .await?;
    match output.code {
        0 => texts(output.list("sNames"), "sNames").map(Some),
        MISSING => Ok(None),
        code => Err(fault::judge_return(CLASS, code, operation)),
    }
}

/// The names and types of the values in a key, or `None` when it is missing.
pub(super) async fn value_types(
    session: &WinRmSession,
    key: &RegistryKey,
) -> Result<Option<ValueTypes>, CimError> {
    let operation = format!("the values in {key}");
    let output = invoke(
        session,
        &operation,
        key,
        ("EnumValues", Effect::Reads),
        Vec::new(),
    )
    .await?;
    match output.code {
        0 => pair_up(&output).map(Some),
        MISSING => Ok(None),
        code => Err(fault::judge_return(CLASS, code, operation)),
    }
}

/// Writes a value, making the key first when it is missing.
pub(super) async fn set(
    session: &WinRmSession,
    key: &RegistryKey,
    name: &str,
    data: &RegistryData,
) -> Result<(), CimError> {
    let operation = format!("set {key}\\{name}");
    let methods = methods(data.kind());
    let arguments = || vec![named(name), (methods.parameter.to_owned(), carried(data))];
    let write = (methods.set, Effect::Writes);
    let mut output = invoke(session, &operation, key, write, arguments()).await?;
    if output.code == MISSING {
        create_key(session, key).await?;
        output = invoke(session, &operation, key, write, arguments()).await?;
    }
    accept(output.code, &[], operation)
}

/// Removes a value; one that is missing already is success.
pub(super) async fn delete_value(
    session: &WinRmSession,
    path: &RegistryPath,
) -> Result<(), CimError> {
    let operation = format!("delete {path}");
    let method = ("DeleteValue", Effect::Writes);
    let output = invoke(
        session,
        &operation,
        &path.key,
        method,
        vec![named(&path.name)],
    )
    .await?;
    accept(output.code, &[VALUE_MISSING, MISSING], operation)
}

/// Makes a key with its parents.
pub(super) async fn create_key(session: &WinRmSession, key: &RegistryKey) -> Result<(), CimError> {
    let operation = format!("create {key}");
    let output = invoke(
        session,
        &operation,
        key,
        ("CreateKey", Effect::Writes),
        Vec::new(),
    )
    .await?;
    accept(output.code, &[], operation)
}

/// Removes a key; one that is missing already is success.
pub(super) async fn delete_key(session: &WinRmSession, key: &RegistryKey) -> Result<(), CimError> {
    let operation = format!("delete {key}");
    let output = invoke(
        session,
        &operation,
        key,
        ("DeleteKey", Effect::Writes),
        Vec::new(),
    )
    .await?;
    accept(output.code, &[MISSING], operation)
}

async fn invoke(
    session: &WinRmSession,
    operation: &str,
    key: &RegistryKey,
    (method, effect): (&str, Effect),
    further: Vec<(String, Value)>,
) -> Result<Output, CimError> {
    let mut arguments = vec![
        ("hDefKey".to_owned(), Value::from(key.hive.number())),
        ("sSubKeyName".to_owned(), Value::text(key.path.as_str())),
    ];
    arguments.extend(further);
    let request = Request::Invoke {
        target: ObjectPath::class(Namespace::CIMV2, CLASS),
        method: method.to_owned(),
        arguments,
    };
    let response = session.request(operation, effect, &request).await?;
    let Response::Output { values, .. } = response else {
        return Err(session.topic(operation).not_wsman("no output of a method"));
    };
    let mut output = Output { code: 0, values };
    output.code = code_of(&output.values).ok_or_else(|| unusable("ReturnValue", "a number"))?;
    Ok(output)
}

/// The return value among the output of a method.
pub(super) fn code_of(values: &[(String, Value)]) -> Option<u32> {
    let (_, value) = values.iter().find(|(name, _)| name == "ReturnValue")?;
    u32::try_from(value.as_uint()?).ok()
}

fn accept(code: u32, accepts: &[u32], operation: String) -> Result<(), CimError> {
    if code == 0 || accepts.contains(&code) {
        return Ok(());
    }
    Err(fault::judge_return(CLASS, code, operation))
}

fn named(name: &str) -> (String, Value) {
    ("sValueName".to_owned(), Value::text(name))
}

struct Methods {
    get: &'static str,
    set: &'static str,
    /// The parameter that carries the data, both ways.
    parameter: &'static str,
}

fn methods(kind: RegistryKind) -> Methods {
    let (get, set, parameter) = match kind {
        RegistryKind::Text => ("GetStringValue", "SetStringValue", "sValue"),
        RegistryKind::ExpandText => ("GetExpandedStringValue", "SetExpandedStringValue", "sValue"),
        RegistryKind::MultiText => ("GetMultiStringValue", "SetMultiStringValue", "sValue"),
        RegistryKind::Binary => ("GetBinaryValue", "SetBinaryValue", "uValue"),
        RegistryKind::Dword => ("GetDWORDValue", "SetDWORDValue", "uValue"),
        RegistryKind::Qword => ("GetQWORDValue", "SetQWORDValue", "uValue"),
    };
    Methods {
        get,
        set,
        parameter,
    }
}

fn carried(data: &RegistryData) -> Value {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => Value::text(text.as_str()),
        RegistryData::MultiText(texts) => Value::List(
            texts
                .iter()
                .map(|text| Value::text(text.as_str()))
                .collect(),
        ),
        RegistryData::Binary(bytes) => Value::List(
            bytes
                .iter()
                .map(|byte| Value::Uint(u64::from(*byte)))
                .collect(),
        ),
        RegistryData::Dword(number) => Value::from(*number),
        RegistryData::Qword(number) => Value::from(*number),
    }
}

/// Assumption: `sValue` that is null beside a return value of 0 is a text of no characters.
fn data(kind: RegistryKind, output: &Output) -> Result<RegistryData, CimError> {
    let parameter = methods(kind).parameter;
    let value = output.get(parameter);
    let number = || {
        value
            .as_uint()
            .ok_or_else(|| unusable(parameter, "a number"))
    };
    let text = || match value {
        Value::Null => Ok(String::new()),
        value => value
            .as_text()
            .map(str::to_owned)
            .ok_or_else(|| unusable(parameter, "a text")),
    };
    Ok(match kind {
        RegistryKind::Text => RegistryData::Text(text()?),
        RegistryKind::ExpandText => RegistryData::ExpandText(text()?),
        RegistryKind::MultiText => {
            RegistryData::MultiText(texts(output.list(parameter), parameter)?)
        }
        RegistryKind::Binary => RegistryData::Binary(bytes(output.list(parameter))?),
        RegistryKind::Dword => RegistryData::Dword(
            u32::try_from(number()?)
                .ok()
                .ok_or_else(|| unusable(parameter, "a 32-bit number"))?,
        ),
        RegistryKind::Qword => RegistryData::Qword(number()?),
    })
}

fn texts(values: &[Value], parameter: &str) -> Result<Vec<String>, CimError> {
    let text = |value: &Value| {
        let text = value.as_text().map(str::to_owned);
        text.ok_or_else(|| unusable(parameter, "texts"))
    };
    values.iter().map(text).collect()
}

fn bytes(values: &[Value]) -> Result<Vec<u8>, CimError> {
    let byte = |value: &Value| value.as_uint().and_then(|number| u8::try_from(number).ok());
    let bytes: Option<Vec<u8>> = values.iter().map(byte).collect();
    bytes.ok_or_else(|| unusable("uValue", "bytes"))
}

fn pair_up(output: &Output) -> Result<ValueTypes, CimError> {
    let names = texts(output.list("sNames"), "sNames")?;
    let types = output.list("Types");
    if names.len() != types.len() {
        return Err(unusable("Types", "as many as there are names"));
    }
    let kind = |value: &Value| value.as_uint().and_then(RegistryKind::from_number);
    Ok(names.into_iter().zip(types.iter().map(kind)).collect())
}

fn unusable(property: &str, wanted: &'static str) -> CimError {
    CimError::Property {
        class: CLASS.to_owned(),
        property: property.to_owned(),
        wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::Output;
    use super::carried;
    use super::data;
    use super::methods;
    use super::pair_up;
    use crate::cim::RegistryData;
    use crate::cim::RegistryKind;
    use crate::cim::Value;

    fn output(values: Vec<(&str, Value)>) -> Output {
        let values = values.into_iter();
        Output {
            code: 0,
            values: values
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }

    #[test]
    fn what_is_sent_reads_back_the_same() {
        for sent in [
            RegistryData::Text("a".to_owned()),
            RegistryData::ExpandText("%a%".to_owned()),
            RegistryData::MultiText(vec!["a".to_owned(), String::new()]),
            RegistryData::MultiText(Vec::new()),
            RegistryData::Binary(vec![0, 255]),
            RegistryData::Dword(u32::MAX),
            RegistryData::Qword(u64::MAX),
        ] {
            let parameter = methods(sent.kind()).parameter;
            let output = output(vec![(parameter, carried(&sent))]);
            assert_eq!(data(sent.kind(), &output), Ok(sent));
        }
    }

    #[test]
    fn one_bare_element_is_a_list_of_one_and_null_is_empty() {
        let one = output(vec![("uValue", Value::Uint(7))]);
        assert_eq!(
            data(RegistryKind::Binary, &one),
            Ok(RegistryData::Binary(vec![7]))
        );
        let none = output(vec![("sValue", Value::Null)]);
        assert_eq!(
            data(RegistryKind::MultiText, &none),
            Ok(RegistryData::MultiText(Vec::new()))
        );
    }

    #[test]
    fn data_that_does_not_fit_its_type_is_the_hosts_fault() {
        let large = output(vec![("uValue", Value::Uint(u64::MAX))]);
        assert!(data(RegistryKind::Dword, &large).is_err());
        assert!(data(RegistryKind::Binary, &large).is_err());
        assert!(data(RegistryKind::Qword, &output(Vec::new())).is_err());
    }

    #[test]
    fn an_unreadable_type_is_kept_and_a_missing_one_is_not() {
        let names = Value::List(vec![Value::text("a"), Value::text("")]);
        let types = Value::List(vec![Value::Uint(1), Value::Uint(8)]);
        let values = pair_up(&output(vec![("sNames", names.clone()), ("Types", types)])).unwrap();
        assert_eq!(
            values,
            [
                ("a".to_owned(), Some(RegistryKind::Text)),
                (String::new(), None)
            ]
        );
        assert!(pair_up(&output(vec![("sNames", names)])).is_err());
    }
}
