//! Subscribe, Pull and Unsubscribe for event logs (WS-Eventing as [MS-WSMV] 3.1.4.6 and 3.1.4.7 have it, delivery by
//! pulling). The forms are those of a recorded Windows collector, but for what delivery by pulling changes.

use crate::cim::LogEvent;
use crate::wsman::DecodeError;
use crate::wsman::Fault;
use crate::wsman::Request;
use crate::wsman::RequestEnvelope;
use crate::wsman::Response;
use crate::wsman::Subscription;
use crate::wsman::SubscriptionManager;
use crate::wsman::envelope::Action;
use crate::wsman::envelope::Answer;
use crate::wsman::envelope::Checked;
use crate::wsman::envelope::Family;
use crate::wsman::envelope::Head;
use crate::wsman::envelope::write_head;
use crate::wsman::event;
use crate::wsman::event_query;
use crate::wsman::fault;
use crate::wsman::name::ANONYMOUS;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::uri;
use crate::wsman::writer::Writer;

const PULLED: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull";
const QUERY: &str = "http://schemas.microsoft.com/win/2004/08/events/eventquery";
const EARLIEST: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/bookmark/earliest";
/// What an event's envelope says that it is.
const EVENT: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Event";
/// What stands in an event's place when there was none for a while.
const HEARTBEAT: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Heartbeat";
/// After so long without a request the host forgets a subscription by itself.
const EXPIRES: &str = "PT60.000S";
/// How the events shall come: with their text, and not taken apart by the management service. Without
/// `IgnoreChannelError`, so that a channel that is missing is told. An option without a value is nil.
const OPTIONS: [(&str, Option<&str>); 2] =
    [("CDATA", None), ("ContentFormat", Some("RenderedText"))];

/// Writes Subscribe.
///
/// Assumption: delivery by pulling needs neither `e:EndTo` nor `e:NotifyTo`, and a bookmark that is called earliest gives
/// what stands in the log already; the recording is of delivery by pushing.
pub(super) fn write_subscribe(envelope: &RequestEnvelope, wanted: &Subscription) -> String {
    let head = Head {
        resource: Some(uri::EVENT_LOG),
        action: &Action::Eventing("Subscribe").uri(""),
        options: &OPTIONS,
        ..Head::default()
    };
    write_head(envelope, head, |writer| {
        let attributes = [("xmlns:e", Ns::Eventing.uri())];
        writer.open("e", "Subscribe", &attributes);
        writer.empty("e", "Delivery", &[("Mode", PULLED)]);
        writer.leaf("e", "Expires", EXPIRES);
        writer.open("w", "Filter", &[("Dialect", QUERY)]);
        event_query::write(writer, wanted);
        writer.close("w", "Filter");
        writer.leaf("w", "Bookmark", EARLIEST);
        writer.close("e", "Subscribe");
    })
}

/// Writes Pull.
///
/// Assumption: the answer to Subscribe has the context of an enumeration, and events are pulled as instances are
/// (DSP0226 10.2.9.5), each answer with another context; while there is none, the host waits for the operation's limit
/// and then answers with the fault that the limit is over.
pub(super) fn write_pull(envelope: &RequestEnvelope, context: &str, max_elements: u32) -> String {
    let head = Head {
        resource: Some(uri::EVENT_LOG),
        action: &Action::Enumeration("Pull").uri(""),
        ..Head::default()
    };
    write_head(envelope, head, |writer| {
        let attributes = [("xmlns:n", Ns::Enumeration.uri())];
        writer.open("n", "Pull", &attributes);
        writer.leaf("n", "EnumerationContext", context);
        writer.leaf("n", "MaxElements", &max_elements.to_string());
        writer.close("n", "Pull");
    })
}

/// Writes Unsubscribe, which is addressed by what the host gave for that purpose.
pub(super) fn write_unsubscribe(
    envelope: &RequestEnvelope,
    manager: &SubscriptionManager,
) -> String {
    let head = Head {
        resource: manager.resource.as_deref(),
        action: &Action::Eventing("Unsubscribe").uri(""),
        identifier: Some(&manager.identifier),
        ..Head::default()
    };
    write_head(envelope, head, |writer| {
        writer.empty("e", "Unsubscribe", &[("xmlns:e", Ns::Eventing.uri())]);
    })
}

/// Reads a request; `None` for what is not about events.
pub(super) fn read_request(
    header: &Checked,
    body: Option<&Node>,
) -> Option<Result<Request, Fault>> {
    let about_events = uri::is_event_log(&header.target);
    let (ns, name) = header.action.rsplit_once('/')?;
    match name {
        "Subscribe" if ns == Ns::Eventing.uri() => Some(match body {
            Some(_) if !about_events => Err(fault::action_not_supported()),
            Some(body) => read_subscribe(body),
            None => Err(fault::wrong_body("Subscribe")),
        }),
        "Unsubscribe" if ns == Ns::Eventing.uri() => Some(read_unsubscribe(header)),
        "Pull" if ns == Ns::Enumeration.uri() && about_events => Some(match body {
            Some(body) => read_pull(body),
            None => Err(fault::wrong_body("Pull")),
        }),
        _ => None,
    }
}

fn read_subscribe(body: &Node) -> Result<Request, Fault> {
    let mode = body
        .child(&Ns::Eventing, "Delivery")
        .and_then(|delivery| delivery.attribute(&Ns::Absent, "Mode"));
    if mode != Some(PULLED) {
        let message = "Events can be pulled only.";
        let code = fault::UNSUPPORTED_FEATURE;
        let subcode = "DeliveryModeRequestedUnavailable";
        return Err(Fault::new(code, subcode, message));
    }
    // Without it only events to come are meant.
    if body.child_text(&Ns::Wsman, "Bookmark") != Some(EARLIEST) {
        return Err(fault::unsupported("Bookmark"));
    }
    let filter = body
        .child(&Ns::Wsman, "Filter")
        .filter(|filter| filter.attribute(&Ns::Absent, "Dialect") == Some(QUERY))
        .ok_or_else(|| {
            let message = "The dialect of the filter is not known.";
            let subcode = "FilteringRequestedUnavailable";
            Fault::new(fault::CANNOT_PROCESS_FILTER, subcode, message)
        })?;
    event_query::read(filter).map(Request::Subscribe)
}

fn read_unsubscribe(header: &Checked) -> Result<Request, Fault> {
    let identifier = header
        .identifier
        .clone()
        .ok_or_else(|| fault::header_missing("Identifier"))?;
    Ok(Request::Unsubscribe(SubscriptionManager {
        identifier,
        resource: header.named.then(|| header.resource.clone()),
    }))
}

fn read_pull(body: &Node) -> Result<Request, Fault> {
    let text = |name| body.child_text(&Ns::Enumeration, name);
    let context = text("EnumerationContext")
        .map(str::to_owned)
        .ok_or_else(|| fault::wrong_body("EnumerationContext"))?;
    let max_elements = text("MaxElements")
        .map_or(Some(1), |count| count.parse().ok())
        .filter(|count| *count > 0)
        .ok_or_else(|| fault::wrong_body("MaxElements"))?;
    Ok(Request::PullEvents {
        context,
        max_elements,
    })
}

/// Writes the answer to Subscribe.
pub(super) fn write_subscribed(
    answer: &Answer<'_>,
    manager: &SubscriptionManager,
    context: &str,
) -> String {
    let action = Action::Eventing("SubscribeResponse").uri("");
    answer.write(Family::Eventing, &action, |writer| {
        writer.open("e", "SubscribeResponse", &[]);
        writer.open("e", "SubscriptionManager", &[]);
        writer.leaf("a", "Address", ANONYMOUS);
        writer.open("a", "ReferenceProperties", &[]);
        if let Some(resource) = &manager.resource {
            writer.leaf("w", "ResourceURI", resource);
        }
        writer.leaf("e", "Identifier", &manager.identifier);
        writer.close("a", "ReferenceProperties");
        writer.close("e", "SubscriptionManager");
        writer.leaf("e", "Expires", EXPIRES);
        writer.leaf("n", "EnumerationContext", context);
        writer.close("e", "SubscribeResponse");
    })
}

/// Reads the answer to Subscribe.
pub(super) fn read_subscribed(node: &Node) -> Result<Response, DecodeError> {
    let manager = node.child(&Ns::Eventing, "SubscriptionManager");
    let properties = manager.and_then(|manager| {
        manager
            .child(&Ns::Addressing, "ReferenceProperties")
            .or_else(|| manager.child(&Ns::Addressing, "ReferenceParameters"))
    });
    let text = |ns: &Ns, name| {
        properties
            .and_then(|properties| properties.child_text(ns, name))
            .map(str::to_owned)
    };
    let missing = |element| DecodeError::Missing { element };
    let context = node
        .children
        .iter()
        .find(|child| child.name == "EnumerationContext")
        .map(|child| child.trimmed().to_owned())
        .ok_or_else(|| missing("EnumerationContext"))?;
    Ok(Response::Subscribed {
        manager: SubscriptionManager {
            identifier: text(&Ns::Eventing, "Identifier").ok_or_else(|| missing("Identifier"))?,
            resource: text(&Ns::Wsman, "ResourceURI"),
        },
        context,
    })
}

/// Writes the answer to Unsubscribe.
pub(super) fn write_unsubscribed(answer: &Answer<'_>) -> String {
    let action = Action::Eventing("UnsubscribeResponse").uri("");
    answer.write(Family::Eventing, &action, |_| {})
}

/// Writes events that were pulled, each in the form that the option `CDATA` asks for.
pub(super) fn write_events(
    answer: &Answer<'_>,
    events: &[LogEvent],
    context: Option<&str>,
) -> String {
    let action = Action::Enumeration("PullResponse").uri("");
    answer.write(Family::Eventing, &action, |writer| {
        writer.open("n", "PullResponse", &[]);
        if let Some(context) = context {
            writer.leaf("n", "EnumerationContext", context);
        }
        writer.open("n", "Items", &[]);
        for one in events {
            write_event(writer, one);
        }
        writer.close("n", "Items");
        if context.is_none() {
            writer.empty("n", "EndOfSequence", &[]);
        }
        writer.close("n", "PullResponse");
    })
}

fn write_event(writer: &mut Writer, one: &LogEvent) {
    writer.leaf_with("w", "Event", &[("Action", EVENT)], &event::to_text(one));
}

/// Whether an item of a page is an event or stands for one.
pub(super) fn is_item(node: &Node) -> bool {
    node.is(&Ns::Wsman, "Event") || event::is_event(node)
}

/// The event that an item is, or holds as an element or as text; `None` for a heartbeat.
pub(super) fn read_item(item: &Node) -> Result<Option<LogEvent>, DecodeError> {
    if event::is_event(item) {
        return event::from_node(item).map(Some);
    }
    if let Some(inner) = item.children.iter().find(|child| event::is_event(child)) {
        return event::from_node(inner).map(Some);
    }
    if item.attribute(&Ns::Absent, "Action") == Some(HEARTBEAT) {
        return Ok(None);
    }
    event::from_text(item.trimmed()).map(Some)
}
