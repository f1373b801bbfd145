//! Get, Put, Create and Delete: one object at a time (WS-Transfer).

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::wsman::DecodeError;
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
use crate::wsman::uri;
use crate::wsman::value;
use crate::wsman::value::Fields;
use crate::wsman::value::Style;
use crate::wsman::writer::Writer;

/// Writes a request without a body.
pub(super) fn write_bare(envelope: &RequestEnvelope, target: &ObjectPath, action: &str) -> String {
    let action = Action::Transfer(action);
    write_request(envelope, Ask { target, action }, |_| {})
}

/// Writes a request with properties of an object; keys of `target` are selectors.
pub(super) fn write_with(
    envelope: &RequestEnvelope,
    (target, action): (&ObjectPath, &str),
    properties: &[(String, Value)],
) -> String {
    let action = Action::Transfer(action);
    write_request(envelope, Ask { target, action }, |writer| {
        write_properties(writer, target, &target.class, properties);
    })
}

/// Writes values in their own order within an element of a class; prefixes are declared only where they are needed.
pub(super) fn write_properties(
    writer: &mut Writer,
    class: &ObjectPath,
    element: &str,
    values: &[(String, Value)],
) {
    let uri = uri::of_class(&class.namespace, &class.class);
    let mut attributes = vec![("xmlns:p", uri.as_str())];
    if !values.iter().all(|(_, value)| value::is_plain(value)) {
        attributes.push(("xmlns:xsi", Ns::Xsi.uri()));
        attributes.push(("xmlns:cim", Ns::Cim.uri()));
    }
    writer.open("p", element, &attributes);
    for (name, value) in values {
        value::write(writer, Style::Class, name, value);
    }
    writer.close("p", element);
}

/// The operation of an action of WS-Transfer.
pub(super) fn operation_of(action: &str) -> Option<&str> {
    action.strip_prefix(Ns::Transfer.uri())?.strip_prefix('/')
}

/// Reads a request by its operation.
pub(super) fn read_request(
    operation: &str,
    target: ObjectPath,
    body: Option<Node>,
) -> Result<Result<Request, Fault>, DecodeError> {
    if target.class == "*" {
        return Ok(Err(Fault::not_found()));
    }
    let with_body = matches!(operation, "Put" | "Create");
    let properties = match body {
        Some(node) if with_body => Fields::take(&target.class, node.children)?.into_values(),
        None if with_body => return Ok(Err(fault::wrong_body(&target.class))),
        _ => Vec::new(),
    };
    let request = match operation {
        "Get" => Request::Get(target),
        "Put" => Request::Put { target, properties },
        "Create" => Request::Create {
            class: target,
            properties,
        },
        "Delete" => Request::Delete(target),
        _ => return Ok(Err(fault::action_not_supported())),
    };
    Ok(Ok(request))
}

/// Writes the answer to Get or Put.
pub(super) fn write_instance(answer: &Answer<'_>, action: &str, instance: &Instance) -> String {
    let action = Action::Transfer(action).uri("");
    answer.write(Family::Transfer, &action, |writer| {
        write_object(writer, instance);
    })
}

/// Writes an answer whose body is empty.
pub(super) fn write_nothing(answer: &Answer<'_>, action: &str) -> String {
    let action = Action::Transfer(action).uri("");
    answer.write(Family::Transfer, &action, |_| {})
}

/// Writes the answer to Create.
pub(super) fn write_created(answer: &Answer<'_>, path: &ObjectPath) -> String {
    let action = Action::Transfer("CreateResponse").uri("");
    answer.write(Family::Transfer, &action, |writer| {
        writer.open("x", "ResourceCreated", &[]);
        uri::write_reference(writer, path);
        writer.close("x", "ResourceCreated");
    })
}

/// Writes an object: a class element, a fragment when it has no class, or the service's configuration.
pub(super) fn write_object(writer: &mut Writer, instance: &Instance) {
    if instance.class.is_empty() {
        let attributes = [("xmlns:xsi", Ns::Xsi.uri()), ("xmlns:w", Ns::Wsman.uri())];
        writer.open("w", "XmlFragment", &attributes);
        value::write_sorted(writer, Style::Fragment, instance);
        writer.close("w", "XmlFragment");
        return;
    }
    let uri = uri::of_class(&instance.namespace, &instance.class);
    if uri::is_config(&instance.namespace) {
        let attributes = [
            ("xmlns:cfg", uri.as_str()),
            ("xmlns:xsi", Ns::Xsi.uri()),
            ("xmlns:cim", Ns::Cim.uri()),
        ];
        writer.open("cfg", &instance.class, &attributes);
        value::write_sorted(writer, Style::Config, instance);
        writer.close("cfg", &instance.class);
        return;
    }
    let kind = ["p:", &instance.class, "_Type"].concat();
    let attributes = [
        ("xmlns:xsi", Ns::Xsi.uri()),
        ("xmlns:p", uri.as_str()),
        ("xmlns:cim", Ns::Cim.uri()),
        ("xsi:type", kind.as_str()),
    ];
    writer.open("p", &instance.class, &attributes);
    value::write_sorted(writer, Style::Class, instance);
    writer.close("p", &instance.class);
}

/// Reads the object whose element was just opened.
pub(super) fn read_object(reader: &mut Reader<'_>, head: Node) -> Result<Instance, DecodeError> {
    let namespace = uri::namespace_of(&head.ns);
    if head.is(&Ns::Wsman, "XmlFragment") {
        let fields = Fields::read("", reader)?;
        return Ok(fields.into_instance(Namespace::new(""), String::new()));
    }
    let fields = Fields::read(&head.name, reader)?;
    Ok(fields.into_instance(namespace, head.name))
}

/// Reads the answer to Create.
pub(super) fn read_created(node: &Node) -> Result<Response, DecodeError> {
    uri::reference(node)
        .map(Response::Created)
        .ok_or(DecodeError::Missing {
            element: "ReferenceParameters",
        })
}
