//! Enumerate, Pull and Release: many objects, page by page (WS-Enumeration with WS-Management's optimisation).

use crate::cim::Association;
use crate::cim::Filter;
use crate::cim::Instance;
use crate::cim::LogEvent;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Value;
use crate::wsman::DecodeError;
use crate::wsman::Enumeration;
use crate::wsman::Fault;
use crate::wsman::Request;
use crate::wsman::RequestEnvelope;
use crate::wsman::Response;
use crate::wsman::envelope::Action;
use crate::wsman::envelope::Answer;
use crate::wsman::envelope::Ask;
use crate::wsman::envelope::Family;
use crate::wsman::envelope::write_request;
use crate::wsman::fault;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::subscribe;
use crate::wsman::transfer;
use crate::wsman::uri;
use crate::wsman::wql;
use crate::wsman::writer::Writer;

const WQL: &str = "http://schemas.microsoft.com/wbem/wsman/1/WQL";
const SELECTORS: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter";
const ASSOCIATION: &str = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter";
/// What a page holds when nothing is said (DSP0226 8.2.3 and 8.4).
const DEFAULT_MAX_ELEMENTS: u32 = 1;

impl Enumeration {
    /// The resource that names this enumeration in the header of Enumerate, Pull and Release.
    pub fn resource(&self) -> ObjectPath {
        match self {
            Self::Query(query) => ObjectPath::class(query.namespace.clone(), "*"),
            Self::Associated(association) => {
                ObjectPath::class(association.of.namespace.clone(), "*")
            }
            Self::Text { resource, .. } => resource.clone(),
        }
    }
}

/// Writes Enumerate.
pub(super) fn write_enumerate(
    envelope: &RequestEnvelope,
    of: &Enumeration,
    max_elements: u32,
) -> String {
    let target = of.resource();
    let action = Action::Enumeration("Enumerate");
    let ask = Ask {
        target: &target,
        action,
    };
    write_request(envelope, ask, |writer| {
        let attributes = [
            ("xmlns:n", Ns::Enumeration.uri()),
            ("xmlns:w", Ns::Wsman.uri()),
        ];
        writer.open("n", "Enumerate", &attributes);
        if max_elements > 0 {
            writer.empty("w", "OptimizeEnumeration", &[]);
            writer.leaf("w", "MaxElements", &max_elements.to_string());
        }
        match of {
            Enumeration::Query(query) => write_wql(writer, &query.wql()),
            Enumeration::Associated(association) => write_association(writer, association),
            Enumeration::Text { wql: Some(wql), .. } => write_wql(writer, wql),
            Enumeration::Text { wql: None, .. } => {}
        }
        writer.close("n", "Enumerate");
    })
}

fn write_wql(writer: &mut Writer, wql: &str) {
    writer.leaf_with("w", "Filter", &[("Dialect", WQL)], wql);
}

/// Assumption: the sequence of DSP0227 counts, `b:Role` before `b:ResultClassName`; no recording has both.
fn write_association(writer: &mut Writer, association: &Association) {
    writer.open("w", "Filter", &[("Dialect", ASSOCIATION)]);
    let attributes = [("xmlns:b", Ns::CimBinding.uri())];
    writer.open("b", "AssociatedInstances", &attributes);
    writer.open("b", "Object", &[]);
    uri::write_reference(writer, &association.of);
    writer.close("b", "Object");
    let parts = [
        ("AssociationClassName", &association.association_class),
        ("Role", &association.role),
        ("ResultClassName", &association.result_class),
    ];
    for (name, text) in parts {
        if let Some(text) = text {
            writer.leaf("b", name, text);
        }
    }
    writer.close("b", "AssociatedInstances");
    writer.close("w", "Filter");
}

/// Writes Pull.
pub(super) fn write_pull(
    envelope: &RequestEnvelope,
    (of, context): (&Enumeration, &str),
    max_elements: u32,
) -> String {
    let target = of.resource();
    let action = Action::Enumeration("Pull");
    let ask = Ask {
        target: &target,
        action,
    };
    write_request(envelope, ask, |writer| {
        let attributes = [("xmlns:n", Ns::Enumeration.uri())];
        writer.open("n", "Pull", &attributes);
        writer.leaf("n", "EnumerationContext", context);
        writer.leaf("n", "MaxElements", &max_elements.to_string());
        writer.close("n", "Pull");
    })
}

/// Writes Release.
pub(super) fn write_release(envelope: &RequestEnvelope, of: &Enumeration, context: &str) -> String {
    let target = of.resource();
    let action = Action::Enumeration("Release");
    let ask = Ask {
        target: &target,
        action,
    };
    write_request(envelope, ask, |writer| {
        let attributes = [("xmlns:n", Ns::Enumeration.uri())];
        writer.open("n", "Release", &attributes);
        writer.leaf("n", "EnumerationContext", context);
        writer.close("n", "Release");
    })
}

/// Reads a request; `None` for an action that is not one of these.
pub(super) fn read_request(
    action: &str,
    target: &ObjectPath,
    body: Option<&Node>,
) -> Option<Result<Request, Fault>> {
    let action = action
        .strip_prefix(Ns::Enumeration.uri())?
        .strip_prefix('/')?;
    let body = body.filter(|node| node.is(&Ns::Enumeration, action));
    let resource = ObjectPath::class(target.namespace.clone(), &target.class);
    let known = matches!(action, "Enumerate" | "Pull" | "Release");
    let Some(body) = body else {
        return known.then(|| Err(fault::wrong_body(action)));
    };
    match action {
        "Enumerate" => Some(read_enumerate(resource, body)),
        "Pull" => Some(read_pull(resource, body)),
        "Release" => Some(context(body).map(|context| Request::Release {
            of: Enumeration::Text {
                resource,
                wql: None,
            },
            context,
        })),
        _ => None,
    }
}

fn context(body: &Node) -> Result<String, Fault> {
    body.child_text(&Ns::Enumeration, "EnumerationContext")
        .map(str::to_owned)
        .ok_or_else(|| fault::wrong_body("EnumerationContext"))
}

fn read_pull(resource: ObjectPath, body: &Node) -> Result<Request, Fault> {
    Ok(Request::Pull {
        of: Enumeration::Text {
            resource,
            wql: None,
        },
        context: context(body)?,
        max_elements: max_elements(body)?,
    })
}

fn read_enumerate(resource: ObjectPath, body: &Node) -> Result<Request, Fault> {
    if let Some(mode) = body.child_text(&Ns::Wsman, "EnumerationMode")
        && mode != "EnumerateObject"
    {
        return Err(fault::unsupported("EnumerationMode"));
    }
    // Without the optimisation the first answer has a context only, which is a page of no elements.
    let max_elements = match body.child(&Ns::Wsman, "OptimizeEnumeration") {
        Some(_) => max_elements(body)?,
        None => 0,
    };
    let filter = body
        .child(&Ns::Wsman, "Filter")
        .or_else(|| body.child(&Ns::Enumeration, "Filter"));
    let of = match filter {
        Some(filter) => read_filter(resource, filter)?,
        None if resource.class == "*" => {
            return Err(fault::filter("The resource needs a filter."));
        }
        None => Enumeration::Text {
            resource,
            wql: None,
        },
    };
    Ok(Request::Enumerate { of, max_elements })
}

fn max_elements(body: &Node) -> Result<u32, Fault> {
    let text = body
        .child_text(&Ns::Wsman, "MaxElements")
        .or_else(|| body.child_text(&Ns::Enumeration, "MaxElements"));
    let Some(text) = text else {
        return Ok(DEFAULT_MAX_ELEMENTS);
    };
    text.parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| fault::wrong_body("MaxElements"))
}

fn read_filter(resource: ObjectPath, filter: &Node) -> Result<Enumeration, Fault> {
    let any = resource.class == "*";
    match filter.attribute(&Ns::Absent, "Dialect") {
        Some(WQL) if !any => {
            let message = "A query needs a resource URI that ends with *.";
            let code = fault::WQL_NEEDS_ANY_CLASS;
            Err(Fault::new(code, "CannotProcessFilter", message))
        }
        Some(WQL) => {
            let text = filter.trimmed();
            Ok(match wql::parse(&resource.namespace, text) {
                Some(query) => Enumeration::Query(query),
                None => Enumeration::Text {
                    resource,
                    wql: Some(text.to_owned()),
                },
            })
        }
        Some(ASSOCIATION) if any => read_association(filter),
        Some(SELECTORS) if !any => Ok(read_selector_filter(resource, filter)),
        _ => Err(fault::filter(
            "The dialect of the filter does not fit the resource.",
        )),
    }
}

fn read_association(filter: &Node) -> Result<Enumeration, Fault> {
    let binding = &Ns::CimBinding;
    let wanted = filter
        .child(binding, "AssociatedInstances")
        .ok_or_else(|| fault::filter("Only associated instances can be asked for."))?;
    let of = wanted
        .child(binding, "Object")
        .and_then(uri::reference)
        .ok_or_else(|| fault::filter("The association filter names no object."))?;
    let text = |name| wanted.child_text(binding, name).map(str::to_owned);
    Ok(Enumeration::Associated(Association {
        of,
        association_class: text("AssociationClassName"),
        result_class: text("ResultClassName"),
        role: text("Role"),
    }))
}

fn read_selector_filter(resource: ObjectPath, filter: &Node) -> Enumeration {
    let terms = filter
        .child(&Ns::Wsman, "SelectorSet")
        .map(uri::selectors)
        .unwrap_or_default();
    let terms = match <[(String, String); 1]>::try_from(terms) {
        Ok([(property, value)]) => {
            return Enumeration::Query(Query {
                namespace: resource.namespace,
                class: resource.class,
                filter: Filter::Equals { property, value },
            });
        }
        Err(terms) => terms,
    };
    let wql = wql::all_of(&resource.class, &terms);
    Enumeration::Text {
        resource,
        wql: Some(wql),
    }
}

/// Whether a page answers Enumerate or Pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Enumerate.
    First,
    /// Pull.
    Later,
}

/// Writes a page.
pub(super) fn write_page(
    answer: &Answer<'_>,
    (first, context): (bool, Option<&str>),
    items: &[Instance],
) -> String {
    let (name, prefix) = if first {
        ("EnumerateResponse", "w")
    } else {
        ("PullResponse", "n")
    };
    let action = Action::Enumeration(name).uri("");
    answer.write(Family::Enumeration, &action, |writer| {
        writer.open("n", name, &[]);
        // A finished first answer has an empty context, a later one has none (wsman-wire 6).
        if first || context.is_some() {
            writer.leaf("n", "EnumerationContext", context.unwrap_or_default());
        }
        writer.open(prefix, "Items", &[]);
        for item in items {
            transfer::write_object(writer, item);
        }
        writer.close(prefix, "Items");
        if context.is_none() {
            writer.empty(prefix, "EndOfSequence", &[]);
        }
        writer.close("n", name);
    })
}

/// Writes the answer to Release.
pub(super) fn write_released(answer: &Answer<'_>) -> String {
    let action = Action::Enumeration("ReleaseResponse").uri("");
    answer.write(Family::Enumeration, &action, |_| {})
}

/// Reads a page from the element that was just opened.
pub(super) fn read_page(reader: &mut Reader<'_>, turn: Turn) -> Result<Response, DecodeError> {
    let mut found = Found::default();
    let mut context = None;
    let mut ended = false;
    while let Some(part) = reader.child()? {
        if part.name == "Items" {
            read_items(reader, &mut found)?;
            continue;
        }
        let part = reader.content(part)?;
        match part.name.as_str() {
            "EndOfSequence" => ended = true,
            "EnumerationContext" => context = Some(part.trimmed().to_owned()),
            _ => {}
        }
    }
    let context = context.filter(|context| !ended && !context.is_empty());
    let Found { items, events } = found;
    if !events.is_empty() {
        return Ok(Response::Events { events, context });
    }
    Ok(Response::Page {
        first: turn == Turn::First,
        items,
        context,
    })
}

/// What a page holds: instances, or events of a log.
#[derive(Default)]
struct Found {
    items: Vec<Instance>,
    events: Vec<LogEvent>,
}

fn read_items(reader: &mut Reader<'_>, found: &mut Found) -> Result<(), DecodeError> {
    let Found { items, events } = found;
    while let Some(item) = reader.child()? {
        if subscribe::is_item(&item) {
            let item = reader.content(item)?;
            events.extend(subscribe::read_item(&item)?);
        } else if item.is(&Ns::Wsman, "Item") {
            // An object with its reference: the object is enough.
            while let Some(part) = reader.child()? {
                if part.is(&Ns::Addressing, "EndpointReference") {
                    reader.content(part)?;
                } else {
                    items.push(transfer::read_object(reader, part)?);
                }
            }
        } else if item.is(&Ns::Addressing, "EndpointReference") {
            let node = reader.content(item)?;
            items.extend(uri::reference(&node).map(keys_only));
        } else {
            items.push(transfer::read_object(reader, item)?);
        }
    }
    Ok(())
}

/// A reference in the place of an object: the keys are all that is known of it.
fn keys_only(path: ObjectPath) -> Instance {
    Instance {
        class: path.class,
        namespace: path.namespace,
        properties: path
            .keys
            .into_iter()
            .map(|(name, value)| (name, Value::Text(value)))
            .collect(),
    }
}
