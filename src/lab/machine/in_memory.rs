//! A machine without sockets: a session that asks the provider directly. Time passes with each request.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cim::Answer;
use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::CimSession;
use crate::cim::EventQuery;
use crate::cim::LogEvent;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::RegistryPath;
use crate::cim::Traffic;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::lab::machine::Token;
use crate::lab::provider;
use crate::lab::provider::Reply;
use crate::lab::provider::fault;
use crate::wsman::Enumeration;
use crate::wsman::Fault;
use crate::wsman::Request;
use crate::wsman::Subscription;
use crate::wsman::fault::CHANNEL_NOT_FOUND;

/// How far a request moves the clock; more than a service takes to start or stop.
const STEP: SignedDuration = SignedDuration::from_millis(50);

/// The class of the registry.
const REGISTRY: &str = "StdRegProv";

/// A machine that can be asked and told as a host can.
#[derive(Debug)]
pub struct InMemory {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    machine: Machine,
    now: Timestamp,
    requests: u64,
    writes: u64,
}

impl InMemory {
    /// Takes a machine at a moment.
    pub fn new(machine: Machine, now: Timestamp) -> Self {
        let state = State {
            machine,
            now,
            requests: 0,
            writes: 0,
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// The machine as it is.
    pub fn machine(&self) -> Machine {
        self.lock().machine.clone()
    }

    /// What its clock shows.
    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// How many requests were made to change something.
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere says so itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: &Request) -> Result<Reply, Fault> {
        let mut state = self.lock();
        state.requests += 1;
        state.writes += u64::from(provider::is_write(request));
        state.now = state.now.saturating_add(STEP).unwrap_or(state.now);
        if state.machine.token == Token::Filtered {
            return Err(fault::access_denied());
        }
        let mut now = state.now;
        state.machine.settle(now);
        if !state.machine.power.is_up()
            && let Some(back) = state.machine.power.turns_at()
        {
            // Whoever asks while it is away has waited until it was back.
            now = now.max(back);
            state.now = now;
        }
        provider::handle(&mut state.machine, request, now)
    }

    /// Calls a method of StdRegProv and gives its return value with its output.
    fn registry(
        &self,
        key: &RegistryKey,
        method: &str,
        more: Vec<(&str, Value)>,
    ) -> Result<(u32, Output), CimError> {
        let mut arguments = vec![
            ("hDefKey".to_owned(), Value::from(key.hive.number())),
            ("sSubKeyName".to_owned(), Value::text(key.path.as_str())),
        ];
        arguments.extend(
            more.into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let request = Request::Invoke {
            target: ObjectPath::class(Namespace::CIMV2, REGISTRY),
            method: method.to_owned(),
            arguments,
        };
        let operation = format!("{method} of {key}");
        let output = self.output(&request, &operation)?;
        Ok((output.returned(&operation)?, output))
    }

    fn output(&self, request: &Request, operation: &str) -> Result<Output, CimError> {
        match self
            .ask(request)
            .map_err(|fault| failed(&fault, operation))?
        {
            Reply::Output(values) => Ok(Output(values)),
            other => Err(unexpected(operation, &other)),
        }
    }

    fn instances(&self, of: Enumeration, operation: &str) -> Result<Answer, CimError> {
        let request = Request::Enumerate {
            of,
            max_elements: 32_000,
        };
        match self
            .ask(&request)
            .map_err(|fault| failed(&fault, operation))?
        {
            Reply::Instances(instances) => Ok(Answer::Instances(instances)),
            other => Err(unexpected(operation, &other)),
        }
    }

    fn get(&self, path: &ObjectPath, operation: &str) -> Result<Answer, CimError> {
        match self.ask(&Request::Get(path.clone())) {
            Ok(Reply::Instance(instance)) => Ok(Answer::Instance(Some(instance))),
            Err(fault) if fault.code == fault::NOT_FOUND => Ok(Answer::Instance(None)),
            Ok(other) => Err(unexpected(operation, &other)),
            Err(fault) => Err(failed(&fault, operation)),
        }
    }

    fn registry_value(&self, path: &RegistryPath) -> Result<Answer, CimError> {
        let (method, parameter) = accessor(path.kind);
        let name = Value::text(path.name.as_str());
        let (returned, output) = self.registry(
            &path.key,
            &format!("Get{method}"),
            vec![("sValueName", name)],
        )?;
        match returned {
            0 => {
                let data = registry_data(path.kind, output.value(parameter));
                data.map(|data| Answer::Registry(Some(data)))
                    .ok_or_else(|| CimError::RegistryType {
                        path: path.to_string(),
                    })
            }
            1 | 2 => Ok(Answer::Registry(None)),
            provider::WRONG_TYPE => Err(CimError::RegistryType {
                path: path.to_string(),
            }),
            code => Err(CimError::Returned {
                operation: path.to_string(),
                class: REGISTRY.to_owned(),
                code,
            }),
        }
    }

    fn sub_keys(&self, key: &RegistryKey) -> Result<Answer, CimError> {
        let (returned, output) = self.registry(key, "EnumKey", Vec::new())?;
        let names = listed(&output, "sNames", returned, key)?;
        Ok(Answer::SubKeys(names.map(|names| texts(&names))))
    }

    fn value_types(&self, key: &RegistryKey) -> Result<Answer, CimError> {
        let (returned, output) = self.registry(key, "EnumValues", Vec::new())?;
        let Some(names) = listed(&output, "sNames", returned, key)? else {
            return Ok(Answer::ValueTypes(None));
        };
        let kinds = listed(&output, "Types", returned, key)?.unwrap_or_default();
        let kinds = kinds
            .iter()
            .map(|kind| kind.as_uint().and_then(RegistryKind::from_number));
        Ok(Answer::ValueTypes(Some(
            texts(&names).into_iter().zip(kinds).collect(),
        )))
    }

    fn events(&self, query: &EventQuery, operation: &str) -> Result<Answer, CimError> {
        if query.is_classic() {
            let Answer::Instances(instances) =
                self.instances(Enumeration::Query(query.as_query()), operation)?
            else {
                return Ok(Answer::Events(Vec::new()));
            };
            let events: Result<_, _> = instances.iter().map(LogEvent::from_instance).collect();
            return Ok(Answer::Events(query.newest(events?)));
        }
        let log = query.log.clone();
        let request = Request::Subscribe(Subscription {
            channel: log.clone(),
            ids: query.ids.clone(),
            since: query.since,
        });
        match self.ask(&request) {
            Ok(Reply::Events(events)) => Ok(Answer::Events(query.newest(events))),
            Ok(other) => Err(unexpected(operation, &other)),
            Err(fault) if fault.code == CHANNEL_NOT_FOUND => Err(CimError::NoSuchLog { log }),
            Err(fault) if fault.code == fault::NOT_FOUND => Err(CimError::NoChannels { log }),
            Err(fault) => Err(failed(&fault, operation)),
        }
    }

    fn call_method(&self, call: &Call) -> Result<(), CimError> {
        let Call::Method {
            target,
            method,
            arguments,
            accepts,
        } = call
        else {
            return Ok(());
        };
        let operation = call.to_string();
        let request = Request::Invoke {
            target: target.clone(),
            method: (*method).to_owned(),
            arguments: owned(arguments),
        };
        let output = self.output(&request, &operation)?;
        // A void method gives nothing back.
        if output.0.is_empty() {
            return Ok(());
        }
        let code = output.returned(&operation)?;
        if code == 0 || accepts.contains(&code) {
            Ok(())
        } else {
            let class = target.class.clone();
            Err(CimError::Returned {
                operation,
                class,
                code,
            })
        }
    }

    fn transfer(&self, request: &Request, operation: &str) -> Result<(), CimError> {
        self.ask(request)
            .map(drop)
            .map_err(|fault| failed(&fault, operation))
    }

    /// Writes to the registry; codes in `accepts` mean that there was nothing to do.
    fn registry_write(
        &self,
        (key, method): (&RegistryKey, &str),
        more: Vec<(&str, Value)>,
        accepts: &[u32],
    ) -> Result<(), CimError> {
        let (code, _) = self.registry(key, method, more)?;
        if code == 0 || accepts.contains(&code) {
            return Ok(());
        }
        Err(CimError::Returned {
            operation: format!("{method} of {key}"),
            class: REGISTRY.to_owned(),
            code,
        })
    }
}

#[async_trait]
impl CimReader for InMemory {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        let operation = read.to_string();
        match read {
            Read::Query(query) => self.instances(Enumeration::Query(query.clone()), &operation),
            Read::Associated(association) => {
                self.instances(Enumeration::Associated(association.clone()), &operation)
            }
            Read::Get(path) => self.get(path, &operation),
            Read::Registry(path) => self.registry_value(path),
            Read::SubKeys(key) => self.sub_keys(key),
            Read::ValueTypes(key) => self.value_types(key),
            Read::Ask(question) => {
                let request = Request::Invoke {
                    target: question.target.clone(),
                    method: question.method.to_owned(),
                    arguments: question.values(),
                };
                self.output(&request, &operation)
                    .map(|output| Answer::Output(output.0))
            }
            Read::Events(query) => self.events(query, &operation),
        }
    }
}

#[async_trait]
impl CimSession for InMemory {
    async fn invoke(&self, call: &Call) -> Result<(), CimError> {
        let operation = call.to_string();
        match call {
            Call::Method { .. } => self.call_method(call),
            Call::Put { target, properties } => {
                let request = Request::Put {
                    target: target.clone(),
                    properties: owned(properties),
                };
                self.transfer(&request, &operation)
            }
            Call::Create {
                namespace,
                class,
                properties,
            } => {
                let request = Request::Create {
                    class: ObjectPath::class(namespace.clone(), *class),
                    properties: owned(properties),
                };
                self.transfer(&request, &operation)
            }
            Call::Delete { target } => self.transfer(&Request::Delete(target.clone()), &operation),
            Call::SetRegistry { key, name, data } => {
                let (method, parameter) = accessor(data.kind());
                self.registry_write((key, "CreateKey"), Vec::new(), &[])?;
                let more = vec![
                    ("sValueName", Value::text(name.as_str())),
                    (parameter, registry_value(data)),
                ];
                self.registry_write((key, &format!("Set{method}")), more, &[])
            }
            Call::DeleteRegistryValue(path) => {
                let more = vec![("sValueName", Value::text(path.name.as_str()))];
                self.registry_write((&path.key, "DeleteValue"), more, &[1, 2])
            }
            Call::CreateRegistryKey(key) => {
                self.registry_write((key, "CreateKey"), Vec::new(), &[])
            }
            Call::DeleteRegistryKey(key) => {
                self.registry_write((key, "DeleteKey"), Vec::new(), &[1, 2])
            }
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.lock().requests,
            ..Traffic::default()
        }
    }

    async fn close(&self) {}
}

/// Output parameters.
struct Output(Vec<(String, Value)>);

impl Output {
    fn value(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn returned(&self, operation: &str) -> Result<u32, CimError> {
        self.value("ReturnValue")
            .and_then(Value::as_uint)
            .and_then(|code| u32::try_from(code).ok())
            .ok_or_else(|| CimError::Broken {
                promise: format!("`{operation}` has a return value"),
            })
    }
}

fn owned(values: &[(&'static str, Value)]) -> Vec<(String, Value)> {
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// The items of an output array, or `None` when the key is missing.
fn listed(
    output: &Output,
    name: &str,
    code: u32,
    key: &RegistryKey,
) -> Result<Option<Vec<Value>>, CimError> {
    match code {
        0 => Ok(Some(match output.value(name) {
            Some(Value::List(items)) => items.clone(),
            Some(Value::Null) | None => Vec::new(),
            Some(single) => vec![single.clone()],
        })),
        1 | 2 => Ok(None),
        code => Err(CimError::Returned {
            operation: key.to_string(),
            class: REGISTRY.to_owned(),
            code,
        }),
    }
}

fn texts(values: &[Value]) -> Vec<String> {
    values
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect()
}

/// The last part of the method's name, and the parameter with the data.
fn accessor(kind: RegistryKind) -> (&'static str, &'static str) {
    match kind {
        RegistryKind::Text => ("StringValue", "sValue"),
        RegistryKind::ExpandText => ("ExpandedStringValue", "sValue"),
        RegistryKind::Binary => ("BinaryValue", "uValue"),
        RegistryKind::Dword => ("DWORDValue", "uValue"),
        RegistryKind::MultiText => ("MultiStringValue", "sValue"),
        RegistryKind::Qword => ("QWORDValue", "uValue"),
    }
}

fn registry_value(data: &RegistryData) -> Value {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => Value::text(text.as_str()),
        RegistryData::Binary(bytes) => Value::List(
            bytes
                .iter()
                .map(|byte| Value::Uint((*byte).into()))
                .collect(),
        ),
        RegistryData::Dword(number) => Value::from(*number),
        RegistryData::MultiText(texts) => Value::List(
            texts
                .iter()
                .map(|text| Value::text(text.as_str()))
                .collect(),
        ),
        RegistryData::Qword(number) => Value::Uint(*number),
    }
}

fn registry_data(kind: RegistryKind, value: Option<&Value>) -> Option<RegistryData> {
    let items = match value {
        Some(Value::List(items)) => items.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(single) => vec![single.clone()],
    };
    let text = || value.and_then(Value::as_text).map(str::to_owned);
    let number = || value.and_then(Value::as_uint);
    match kind {
        RegistryKind::Text => text().map(RegistryData::Text),
        RegistryKind::ExpandText => text().map(RegistryData::ExpandText),
        RegistryKind::Dword => number()
            .and_then(|number| u32::try_from(number).ok())
            .map(RegistryData::Dword),
        RegistryKind::Qword => number().map(RegistryData::Qword),
        RegistryKind::MultiText => Some(RegistryData::MultiText(texts(&items))),
        RegistryKind::Binary => items
            .iter()
            .map(|item| item.as_uint().and_then(|byte| u8::try_from(byte).ok()))
            .collect::<Option<Vec<u8>>>()
            .map(RegistryData::Binary),
    }
}

fn failed(fault: &Fault, operation: &str) -> CimError {
    let operation = operation.to_owned();
    match fault.code {
        fault::ACCESS_DENIED => CimError::Denied { operation },
        code => CimError::Fault {
            operation,
            code,
            message: fault.message.clone(),
        },
    }
}

fn unexpected(operation: &str, reply: &Reply) -> CimError {
    CimError::Broken {
        promise: format!("the provider answered {operation} with {reply:?}"),
    }
}
