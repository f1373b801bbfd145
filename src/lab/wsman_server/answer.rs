//! What is said in answer to an envelope: the provider's reply in its envelope, paged, or a fault. No bytes of HTTP.

use uuid::Uuid;

use crate::cim::ObjectPath;
use crate::lab::live::LiveHost;
use crate::lab::machine::Token;
use crate::lab::provider;
use crate::lab::provider::Reply;
use crate::lab::provider::fault;
use crate::lab::record::RecordedRequest;
use crate::lab::wsman_server::MAX_ENVELOPE;
use crate::lab::wsman_server::paging;
use crate::lab::wsman_server::paging::Appetite;
use crate::lab::wsman_server::paging::Page;
use crate::lab::wsman_server::paging::Start;
use crate::wsman;
use crate::wsman::Addressing;
use crate::wsman::DecodeError;
use crate::wsman::Fault;
use crate::wsman::Request;
use crate::wsman::RequestEnvelope;
use crate::wsman::Response;
use crate::wsman::ResponseEnvelope;
use crate::wsman::fault::WRONG_BODY;

const VENDOR: &str = "Microsoft Corporation";
/// What an unauthenticated Identify says about the system.
const NO_VERSION: &str = "OS: 0.0.0 SP: 0.0 Stack: 3.0";
/// The operations quota that a fault names when the trouble is planned: the default of old hosts.
const NAMED_QUOTA: usize = 15;
/// One object does not fit the client's `MaxEnvelopeSize`.
const ENVELOPE_TOO_SMALL: u32 = 2_150_858_790;

/// An envelope with its HTTP status.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) envelope: String,
}

/// An answer to Identify for somebody unknown; `None` when something else is asked.
pub(super) fn identify_anonymously(body: &[u8]) -> Option<Said> {
    match wsman::decode_request(body) {
        Ok(Ok(envelope)) if envelope.request == Request::Identify => {
            Some(say(&Addressing::default(), identity(NO_VERSION.to_owned())))
        }
        _ => None,
    }
}

/// The answer of the host to one of its users.
pub(super) fn answer(host: &LiveHost, user: &str, body: &[u8]) -> Said {
    let (envelope, addressing) = match read(body) {
        Ok(read) => read,
        Err(said) => return said,
    };
    let response = respond(host, user, &envelope).unwrap_or_else(Response::Fault);
    let said = say(&addressing, response);
    let offered = usize::try_from(envelope.max_envelope_size).unwrap_or(usize::MAX);
    if said.envelope.len() > offered.min(MAX_ENVELOPE) {
        return say(&addressing, Response::Fault(too_large()));
    }
    said
}

/// A refusal of whatever was asked: the account has no rights.
pub(super) fn denied(body: &[u8]) -> Said {
    refuse(body, fault::access_denied())
}

/// A refusal of whatever was asked: the user has too many operations open.
pub(super) fn over_quota(body: &[u8]) -> Said {
    refuse(body, paging::too_many(NAMED_QUOTA))
}

fn refuse(body: &[u8], fault: Fault) -> Said {
    match read(body) {
        Ok((_, addressing)) => say(&addressing, Response::Fault(fault)),
        Err(said) => said,
    }
}

/// The request with what its answer repeats of it, or a refusal ready to be sent.
fn read(body: &[u8]) -> Result<(RequestEnvelope, Addressing), Said> {
    let fault = match wsman::decode_request(body) {
        Ok(Ok(envelope)) => {
            let addressing = Addressing {
                to: Some(envelope.to.clone()),
                message_id: Some(envelope.message_id.clone()),
                ..Addressing::default()
            };
            return Ok((envelope, addressing));
        }
        Ok(Err(fault)) => fault,
        Err(error) => unreadable(&error),
    };
    let addressing = wsman::decode_addressing(body);
    Err(say(&addressing, Response::Fault(fault)))
}

fn say(addressing: &Addressing, response: Response) -> Said {
    let status = if matches!(response, Response::Fault(_)) {
        500
    } else {
        200
    };
    let name = Uuid::new_v4().to_string().to_ascii_uppercase();
    let envelope = ResponseEnvelope {
        message_id: format!("uuid:{name}"),
        relates_to: addressing.message_id.clone(),
        machine: addressing.machine().map(str::to_owned),
        response,
    };
    Said {
        status,
        envelope: wsman::encode_response(&envelope),
    }
}

fn respond(host: &LiveHost, user: &str, envelope: &RequestEnvelope) -> Result<Response, Fault> {
    let request = &envelope.request;
    let recorded = RecordedRequest::of(request);
    let write = recorded.write;
    host.record(recorded);
    if *request != Request::Identify && host.look(|machine| machine.token == Token::Filtered) {
        return Err(fault::access_denied());
    }
    let now = host.clock.instant();
    match request {
        Request::Identify => {
            let build = host.look(|machine| machine.os.build.number());
            Ok(identity(format!("OS: 10.0.{build} SP: 0.0 Stack: 3.0")))
        }
        Request::Pull {
            context,
            max_elements,
            ..
        } => {
            let appetite = appetite(envelope, *max_elements);
            let page = host.enumerations().pull(user, context, appetite, now)?;
            Ok(page_response(page, Which::Following))
        }
        Request::Release { context, .. } => {
            host.enumerations().release(user, context, now)?;
            Ok(Response::Released)
        }
        Request::PullEvents {
            context,
            max_elements,
        } => {
            let appetite = appetite(envelope, *max_elements);
            let batch = host.subscriptions().pull(user, context, appetite, now)?;
            Ok(Response::Events {
                events: batch.events,
                context: Some(batch.context),
            })
        }
        Request::Unsubscribe(manager) => {
            host.subscriptions().end(user, &manager.identifier, now)?;
            Ok(Response::Unsubscribed)
        }
        Request::Get(_)
        | Request::Subscribe(_)
        | Request::Put { .. }
        | Request::Create { .. }
        | Request::Delete(_)
        | Request::Enumerate { .. }
        | Request::Invoke { .. } => {
            let reply = if write {
                host.change(|machine, now| provider::handle(machine, request, now))
            } else if provider::reads_logs(request) {
                provider::handle(&mut host.visited(), request, host.clock.now())
            } else {
                host.ask(|machine, now| provider::handle(machine, request, now))
            }?;
            envelop(host, user, request, reply)
        }
    }
}

fn appetite(envelope: &RequestEnvelope, max_elements: u32) -> Appetite {
    Appetite {
        max_elements,
        max_envelope_size: envelope.max_envelope_size,
    }
}

/// Puts a provider's reply into the form of the operation.
fn envelop(
    host: &LiveHost,
    user: &str,
    request: &Request,
    reply: Reply,
) -> Result<Response, Fault> {
    Ok(match reply {
        Reply::Instance(instance) => Response::Instance(instance),
        Reply::Put(instance) => Response::Put(instance),
        Reply::Created(path) => Response::Created(path),
        Reply::Deleted => Response::Deleted,
        Reply::Events(events) => {
            let now = host.clock.instant();
            let (manager, context) = host.subscriptions().begin(user, events, now)?;
            Response::Subscribed { manager, context }
        }
        Reply::Instances(items) => {
            let now = host.clock.instant();
            let optimized =
                matches!(request, Request::Enumerate { max_elements, .. } if *max_elements > 0);
            let start = if optimized {
                Start::Optimized
            } else {
                Start::ContextOnly
            };
            let page = host.enumerations().begin(user, items, start, now)?;
            page_response(page, Which::First)
        }
        Reply::Output(values) => {
            let Request::Invoke { target, method, .. } = request else {
                return Err(fault::access_denied());
            };
            let class = provider::true_class(target).unwrap_or(&target.class);
            Response::Output {
                class: ObjectPath::class(target.namespace.clone(), class),
                method: method.clone(),
                values,
            }
        }
    })
}

/// Which answer of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    Following,
}

fn page_response(page: Page, which: Which) -> Response {
    Response::Page {
        first: which == Which::First,
        items: page.items,
        context: page.context,
    }
}

fn identity(version: String) -> Response {
    Response::Identify {
        vendor: VENDOR.to_owned(),
        version,
    }
}

fn unreadable(error: &DecodeError) -> Fault {
    let message = format!("The SOAP packet is not valid: {error}. ");
    Fault::new(WRONG_BODY, "SchemaValidationError", message)
}

/// An answer does not fit the envelope that the client accepts.
fn too_large() -> Fault {
    let message = "The WS-Management service cannot process the request because the response is too large for the envelope. ";
    Fault::new(ENVELOPE_TOO_SMALL, "EncodingLimit", message).with_detail("MaxEnvelopeSizeExceeded")
}
