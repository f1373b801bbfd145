//! WS-Management as Windows speaks it: envelopes to values and back, both directions, no I/O.
//!
//! Requests and answers are [`Request`] and [`Response`]; [`encode_request`] and [`decode_response`] are the client's side,
//! [`decode_request`] and [`encode_response`] the server's. [`sealed`] frames sealed messages on plain HTTP.

use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::cim::Association;
use crate::cim::Instance;
use crate::cim::LogEvent;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Value;
use crate::wsman::enumerate::Turn;
use crate::wsman::envelope::Answer;
use crate::wsman::envelope::Checked;
pub use crate::wsman::envelope::DEFAULT_ENVELOPE_SIZE;
pub use crate::wsman::envelope::DEFAULT_OPERATION_TIMEOUT;
use crate::wsman::envelope::Header;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;

mod charset;
mod duration;
mod enumerate;
mod envelope;
mod event;
mod event_query;
pub mod fault;
mod identify;
pub mod inspect;
mod invoke;
mod name;
mod reader;
pub mod sealed;
mod subscribe;
mod transfer;
mod uri;
mod value;
mod wql;
mod writer;

/// A request with its header.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEnvelope {
    /// `a:To`: the URL that is posted to.
    pub to: String,
    /// `a:MessageID`: `uuid:` and an upper-case GUID.
    pub message_id: String,
    /// `w:OperationTimeout`.
    pub operation_timeout: Duration,
    /// `w:MaxEnvelopeSize` in bytes.
    pub max_envelope_size: u32,
    /// What is asked.
    pub request: Request,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Who are you? Has no addressing headers: those of the envelope are not encoded.
    Identify,
    /// The object with these keys.
    Get(ObjectPath),
    /// Change the named properties of an object.
    Put {
        /// The object.
        target: ObjectPath,
        /// The properties to change.
        properties: Vec<(String, Value)>,
    },
    /// Make an object; keys of `class` stay empty.
    Create {
        /// The class.
        class: ObjectPath,
        /// Its properties.
        properties: Vec<(String, Value)>,
    },
    /// Remove an object.
    Delete(ObjectPath),
    /// Start an enumeration.
    Enumerate {
        /// Which instances.
        of: Enumeration,
        /// `w:MaxElements`; 0 when the first answer shall have a context only (no `w:OptimizeEnumeration`).
        max_elements: u32,
    },
    /// Go on with one.
    Pull {
        /// What is being enumerated: the resource must be named again.
        of: Enumeration,
        /// The last context that was given.
        context: String,
        /// `n:MaxElements`.
        max_elements: u32,
    },
    /// Give one up early.
    Release {
        /// What is being enumerated.
        of: Enumeration,
        /// The last context that was given.
        context: String,
    },
    /// Ask for events of a channel.
    Subscribe(Subscription),
    /// Fetch some of them.
    PullEvents {
        /// The last context that was given.
        context: String,
        /// `n:MaxElements`.
        max_elements: u32,
    },
    /// Ask for no more of them.
    Unsubscribe(SubscriptionManager),
    /// Call a method.
    Invoke {
        /// The object, or the class for a static method.
        target: ObjectPath,
        /// The method.
        method: String,
        /// Its input parameters.
        arguments: Vec<(String, Value)>,
    },
}

/// Which events a subscription gives, those first that happened first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The channel.
    pub channel: String,
    /// The numbers that are wanted; empty means all.
    pub ids: Vec<u32>,
    /// Not before this moment, by the host's clock.
    pub since: Timestamp,
}

/// What a subscription is given up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionManager {
    /// `e:Identifier`.
    pub identifier: String,
    /// `w:ResourceURI`, when the host gave one.
    pub resource: Option<String>,
}

/// Which instances an enumeration gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Enumeration {
    /// Those of a query, as WQL on the namespace's `*` resource.
    Query(Query),
    /// Those linked with an object, by the association filter.
    Associated(Association),
    /// WQL as it came, on the server's side, when it is not one of the forms that [`Query`] has, or a filterless
    /// enumeration of a class.
    Text {
        /// The resource: namespace and class (`*` for any).
        resource: ObjectPath,
        /// The WQL text, or `None` for all instances of the class.
        wql: Option<String>,
    },
}

/// An answer with its header.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseEnvelope {
    /// `a:MessageID` of the answer; empty where the operation has none (Identify).
    pub message_id: String,
    /// `a:RelatesTo`; some faults have none.
    pub relates_to: Option<String>,
    /// `Machine` of a fault, which is the host part of the request's `a:To` (see [`Addressing::machine`]); other answers
    /// have none.
    pub machine: Option<String>,
    /// What is answered.
    pub response: Response,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// Who it is.
    Identify {
        /// `ProductVendor`.
        vendor: String,
        /// `ProductVersion`: `OS: 10.0.20348 SP: 0.0 Stack: 3.0`.
        version: String,
    },
    /// The object.
    Instance(Instance),
    /// The object was changed; it as it is now, when the host says.
    Put(Option<Instance>),
    /// The new object's name.
    Created(ObjectPath),
    /// The object is gone.
    Deleted,
    /// Some instances of an enumeration.
    Page {
        /// Whether this answers Enumerate (another namespace for its items) or Pull.
        first: bool,
        /// The instances.
        items: Vec<Instance>,
        /// Where to go on; `None` when the enumeration has ended.
        context: Option<String>,
    },
    /// The enumeration was given up.
    Released,
    /// There will be events.
    Subscribed {
        /// What to give the subscription up by.
        manager: SubscriptionManager,
        /// Where to begin.
        context: String,
    },
    /// Some events, at least one: an answer without any is a [`Response::Page`], which looks the same.
    Events {
        /// The events.
        events: Vec<LogEvent>,
        /// Where to go on; `None` when there will be no more.
        context: Option<String>,
    },
    /// The subscription was given up.
    Unsubscribed,
    /// What a method gave back, by parameter name; `ReturnValue` is absent for a void method.
    Output {
        /// The class that the method belongs to, with its namespace; no keys.
        class: ObjectPath,
        /// The method.
        method: String,
        /// Output parameters, `ReturnValue` among them.
        values: Vec<(String, Value)>,
    },
    /// It did not work.
    Fault(Fault),
}

/// Why it did not work, from any of the three shapes that Windows uses (wsman-wire 8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// WS-Man, WMI or Windows code; 0 when the fault carries none.
    pub code: u32,
    /// Local name of `s:Subcode/s:Value`: `InternalError`, `TimedOut`.
    pub subcode: String,
    /// The innermost message; may be in the host's language.
    pub message: String,
    /// The last part of `w:FaultDetail`, when there is one: `InvalidResourceURI`.
    pub detail: Option<String>,
}

/// An envelope that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not well-formed XML, or not text.
    #[error("not well-formed XML at byte {offset}: {reason}")]
    NotXml {
        /// Where.
        offset: u64,
        /// What the parser said.
        reason: String,
    },
    /// XML, but not a SOAP 1.2 envelope.
    #[error("not a SOAP envelope but `{root}`")]
    NotSoap {
        /// The root element.
        root: String,
    },
    /// An element or attribute that must be there is not.
    #[error("`{element}` is missing")]
    Missing {
        /// Which.
        element: &'static str,
    },
    /// An element holds something that it must not.
    #[error("`{element}` holds `{found}`")]
    Unexpected {
        /// Which.
        element: &'static str,
        /// What it holds, cut to a sensible length.
        found: String,
    },
    /// More nesting or more text than any honest envelope has.
    #[error("larger or deeper than {limit} allows")]
    TooLarge {
        /// Which limit.
        limit: &'static str,
    },
}

/// The parts of a request's header that a refusal needs: they are read even when the request breaks a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressing {
    /// `a:To`
    pub to: Option<String>,
    /// `a:MessageID`, which the answer's `a:RelatesTo` repeats.
    pub message_id: Option<String>,
    /// `w:ResourceURI` as it came.
    pub resource: Option<String>,
    /// `a:Action`
    pub action: Option<String>,
}

impl Addressing {
    /// What faults call `Machine`: the host part of `a:To`.
    pub fn machine(&self) -> Option<&str> {
        host_of(self.to.as_deref()?)
    }
}

/// The host part of a URL, without the brackets of an IPv6 address.
pub fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let address = authority.rsplit('@').next()?;
    if let Some(bracketed) = address.strip_prefix('[') {
        return bracketed.split(']').next();
    }
    address.split(':').next().filter(|host| !host.is_empty())
}

impl RequestEnvelope {
    /// Identify, whose header says nothing; the other fields have the values that decoding gives them.
    pub fn identify() -> Self {
        Self {
            to: String::new(),
            message_id: String::new(),
            operation_timeout: DEFAULT_OPERATION_TIMEOUT,
            max_envelope_size: DEFAULT_ENVELOPE_SIZE,
            request: Request::Identify,
        }
    }
}

/// Writes a request.
pub fn encode_request(envelope: &RequestEnvelope) -> String {
    match &envelope.request {
        Request::Identify => identify::write_request(),
        Request::Get(target) => transfer::write_bare(envelope, target, "Get"),
        Request::Delete(target) => transfer::write_bare(envelope, target, "Delete"),
        Request::Put { target, properties } => {
            transfer::write_with(envelope, (target, "Put"), properties)
        }
        Request::Create { class, properties } => {
            transfer::write_with(envelope, (class, "Create"), properties)
        }
        Request::Enumerate { of, max_elements } => {
            enumerate::write_enumerate(envelope, of, *max_elements)
        }
        Request::Pull {
            of,
            context,
            max_elements,
        } => enumerate::write_pull(envelope, (of, context), *max_elements),
        Request::Release { of, context } => enumerate::write_release(envelope, of, context),
        Request::Subscribe(wanted) => subscribe::write_subscribe(envelope, wanted),
        Request::PullEvents {
            context,
            max_elements,
        } => subscribe::write_pull(envelope, context, *max_elements),
        Request::Unsubscribe(manager) => subscribe::write_unsubscribe(envelope, manager),
        Request::Invoke {
            target,
            method,
            arguments,
        } => invoke::write_call(envelope, (target, method), arguments),
    }
}

/// Reads an answer. The types of properties come from [`crate::cim::schema`].
pub fn decode_response(bytes: &[u8]) -> Result<ResponseEnvelope, DecodeError> {
    let text = charset::text(bytes)?;
    let mut reader = Reader::new(&text)?;
    let header = Header::read(&mut reader)?;
    let (response, machine) = read_response(&mut reader, header.action.as_deref())?;
    reader.finish()?;
    Ok(ResponseEnvelope {
        message_id: header.message_id.unwrap_or_default(),
        relates_to: header.relates_to,
        machine,
        response,
    })
}

fn read_response(
    reader: &mut Reader<'_>,
    action: Option<&str>,
) -> Result<(Response, Option<String>), DecodeError> {
    let operation = action.and_then(|action| action.rsplit('/').next());
    let Some(head) = reader.child()? else {
        let response = match operation {
            Some("PutResponse") => Response::Put(None),
            Some("DeleteResponse") => Response::Deleted,
            Some("ReleaseResponse") => Response::Released,
            Some("UnsubscribeResponse") => Response::Unsubscribed,
            _ => return Err(unexpected("Body", "")),
        };
        return Ok((response, None));
    };
    let response = match (&head.ns, head.name.as_str()) {
        (Ns::Soap, "Fault") => {
            let (fault, machine) = fault::read(&reader.content(head)?);
            return Ok((Response::Fault(fault), machine));
        }
        (Ns::Identity, "IdentifyResponse") => identify::read_response(&reader.content(head)?)?,
        (Ns::Enumeration, "EnumerateResponse") => enumerate::read_page(reader, Turn::First)?,
        (Ns::Enumeration, "PullResponse") => enumerate::read_page(reader, Turn::Later)?,
        (Ns::Eventing, "SubscribeResponse") => subscribe::read_subscribed(&reader.content(head)?)?,
        (Ns::Transfer, "ResourceCreated") => transfer::read_created(&reader.content(head)?)?,
        _ => match operation {
            Some("GetResponse") => Response::Instance(transfer::read_object(reader, head)?),
            Some("PutResponse") => Response::Put(Some(transfer::read_object(reader, head)?)),
            _ if invoke::method_of(&head).is_some() => invoke::read_output(reader, &head)?,
            _ => return Err(unexpected("Body", &head.name)),
        },
    };
    Ok((response, None))
}

fn unexpected(element: &'static str, found: &str) -> DecodeError {
    let found = reader::cut(found);
    DecodeError::Unexpected { element, found }
}

/// Reads what a refusal needs from a request, as far as it can be read.
pub fn decode_addressing(bytes: &[u8]) -> Addressing {
    let Ok(text) = charset::text(bytes) else {
        return Addressing::default();
    };
    let header = Reader::new(&text).and_then(|mut reader| Header::read(&mut reader));
    header.map_or_else(
        |_| Addressing::default(),
        |header| Addressing {
            to: header.to,
            message_id: header.message_id,
            resource: header.resource,
            action: header.action,
        },
    )
}

/// Reads a request, on the server's side. A request that is SOAP but breaks a rule is an error of the outer kind; one
/// that Windows answers with a fault is the inner kind, ready to be sent.
pub fn decode_request(bytes: &[u8]) -> Result<Result<RequestEnvelope, Fault>, DecodeError> {
    let text = charset::text(bytes)?;
    let mut reader = Reader::new(&text)?;
    let header = Header::read(&mut reader)?;
    let body = reader.whole_child()?;
    reader.finish()?;
    if body
        .as_ref()
        .is_some_and(|node| node.is(&Ns::Identity, "Identify"))
    {
        return Ok(Ok(RequestEnvelope::identify()));
    }
    let header = match header.check() {
        Ok(header) => header,
        Err(fault) => return Ok(Err(fault)),
    };
    let request = match read_request(&header, body)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(Ok(RequestEnvelope {
        to: header.to,
        message_id: header.message_id,
        operation_timeout: header.operation_timeout,
        max_envelope_size: header.max_envelope_size,
        request,
    }))
}

fn read_request(
    header: &Checked,
    body: Option<Node>,
) -> Result<Result<Request, Fault>, DecodeError> {
    let target = &header.target;
    if let Some(request) = subscribe::read_request(header, body.as_ref()) {
        return Ok(request);
    }
    if let Some(request) = enumerate::read_request(&header.action, target, body.as_ref()) {
        return Ok(request);
    }
    if let Some(operation) = transfer::operation_of(&header.action) {
        return transfer::read_request(operation, target.clone(), body);
    }
    invoke::read_call(header, body)
}

/// Writes an answer as Windows would: one line, Windows' prefixes, properties sorted without regard to case.
pub fn encode_response(envelope: &ResponseEnvelope) -> String {
    let answer = Answer {
        message_id: &envelope.message_id,
        relates_to: envelope.relates_to.as_deref(),
        machine: envelope.machine.as_deref(),
    };
    match &envelope.response {
        Response::Identify { vendor, version } => identify::write_response(vendor, version),
        Response::Instance(instance) => transfer::write_instance(&answer, "GetResponse", instance),
        Response::Put(Some(instance)) => transfer::write_instance(&answer, "PutResponse", instance),
        Response::Put(None) => transfer::write_nothing(&answer, "PutResponse"),
        Response::Created(path) => transfer::write_created(&answer, path),
        Response::Deleted => transfer::write_nothing(&answer, "DeleteResponse"),
        Response::Page {
            first,
            items,
            context,
        } => enumerate::write_page(&answer, (*first, context.as_deref()), items),
        Response::Released => enumerate::write_released(&answer),
        Response::Subscribed { manager, context } => {
            subscribe::write_subscribed(&answer, manager, context)
        }
        Response::Events { events, context } => {
            subscribe::write_events(&answer, events, context.as_deref())
        }
        Response::Unsubscribed => subscribe::write_unsubscribed(&answer),
        Response::Output {
            class,
            method,
            values,
        } => invoke::write_output(&answer, (class, method), values),
        Response::Fault(fault) => fault::write(fault, &answer),
    }
}
