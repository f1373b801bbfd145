//! Invoke: methods with their parameters. The action is the class's URI with the method's name.

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
use crate::wsman::envelope::Checked;
use crate::wsman::envelope::Family;
use crate::wsman::envelope::write_request;
use crate::wsman::fault;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::transfer;
use crate::wsman::uri;
use crate::wsman::value;
use crate::wsman::value::Fields;
use crate::wsman::value::Style;

const OUTPUT: &str = "_OUTPUT";

/// Writes a call.
pub(super) fn write_call(
    envelope: &RequestEnvelope,
    (target, method): (&ObjectPath, &str),
    arguments: &[(String, Value)],
) -> String {
    let action = Action::Method(method);
    write_request(envelope, Ask { target, action }, |writer| {
        let element = [method, "_INPUT"].concat();
        transfer::write_properties(writer, target, &element, arguments);
    })
}

/// Reads a call; whatever is not another operation is one.
pub(super) fn read_call(
    header: &Checked,
    body: Option<Node>,
) -> Result<Result<Request, Fault>, DecodeError> {
    let method = uri::strip_prefix(&header.action, &header.resource)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|method| !method.is_empty() && !method.contains('/'));
    let Some(method) = method else {
        return Ok(Err(fault::action_not_supported()));
    };
    let element = [method, "_INPUT"].concat();
    // Names within the body are compared with regard to letter case, unlike those of the header (wsman-wire 4).
    let Some(node) = body.filter(|node| node.name == element) else {
        return Ok(Err(fault::wrong_body(&element)));
    };
    let scope = [&header.target.class, ".", method].concat();
    Ok(Ok(Request::Invoke {
        target: header.target.clone(),
        method: method.to_owned(),
        arguments: Fields::take(&scope, node.children)?.into_values(),
    }))
}

/// Writes what a method gave back, `ReturnValue` last as Windows does.
pub(super) fn write_output(
    answer: &Answer<'_>,
    (class, method): (&ObjectPath, &str),
    values: &[(String, Value)],
) -> String {
    let uri = uri::of_class(&class.namespace, &class.class);
    let action = [&uri, "/", method, "Response"].concat();
    let element = [method, OUTPUT].concat();
    answer.write(Family::Transfer, &action, |writer| {
        let attributes = [
            ("xmlns:xsi", Ns::Xsi.uri()),
            ("xmlns:p", uri.as_str()),
            ("xmlns:cim", Ns::Cim.uri()),
        ];
        writer.open("p", &element, &attributes);
        let (last, first): (Vec<_>, Vec<_>) =
            values.iter().partition(|(name, _)| name == "ReturnValue");
        for (name, value) in first.into_iter().chain(last) {
            value::write(writer, Style::Class, name, value);
        }
        writer.close("p", &element);
    })
}

/// The method whose output an element holds, by its name.
pub(super) fn method_of(node: &Node) -> Option<&str> {
    node.name.strip_suffix(OUTPUT)
}

/// Reads what a method gave back from the element that was just opened.
pub(super) fn read_output(reader: &mut Reader<'_>, head: &Node) -> Result<Response, DecodeError> {
    let class = class_of(&head.ns);
    let method = method_of(head).unwrap_or_default().to_owned();
    let scope = [&class.class, ".", &method].concat();
    let values = Fields::read(&scope, reader)?.into_values();
    Ok(Response::Output {
        class,
        method,
        values,
    })
}

/// The class that a namespace of the wire belongs to; its name is the last part, in the case it came in.
fn class_of(ns: &Ns) -> ObjectPath {
    let name = ns.uri().rsplit('/').next().unwrap_or_default();
    ObjectPath::class(uri::namespace_of(ns), name)
}
