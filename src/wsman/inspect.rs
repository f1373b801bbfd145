//! Looks into any envelope, also those of operations that this program does not use: shells, events, configuration.
//!
//! For people who read recordings; a session must not depend on it.

use crate::cim::Instance;
use crate::cim::LogEvent;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::wsman::DecodeError;
use crate::wsman::Fault;
use crate::wsman::Response;
use crate::wsman::charset;
use crate::wsman::enumerate;
use crate::wsman::envelope::Header;
use crate::wsman::fault;
use crate::wsman::invoke;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::transfer;
use crate::wsman::uri;
use crate::wsman::value;
use crate::wsman::value::Fields;

/// Something that an envelope holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// An object.
    Instance(Instance),
    /// An event of a log.
    Event(LogEvent),
    /// What a method gave back.
    Output {
        /// The class that the method belongs to.
        class: ObjectPath,
        /// The method.
        method: String,
        /// Output parameters, `ReturnValue` among them.
        values: Vec<(String, Value)>,
    },
    /// The name of an object that was made; `None` when it is no CIM object.
    Created(Option<ObjectPath>),
    /// Why it did not work.
    Fault(Fault),
    /// The envelope asks for something.
    Request {
        /// The last part of its action.
        operation: String,
        /// Its resource URI.
        resource: Option<String>,
        /// Its selectors.
        selectors: Vec<(String, String)>,
        /// What stands in its body.
        arguments: Vec<(String, Value)>,
    },
    /// An answer with an empty body.
    Nothing {
        /// The last part of its action.
        operation: String,
    },
}

/// Everything that an envelope holds, in its order.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Sight>, DecodeError> {
    let text = charset::text(bytes)?;
    let mut reader = Reader::new(&text)?;
    let header = Header::read(&mut reader)?;
    let action = header.action.as_deref().unwrap_or_default();
    let operation = action.rsplit('/').next().unwrap_or_default().to_owned();
    let mut sights = Vec::new();
    if header.resource.is_some() {
        let arguments = match reader.whole_child()? {
            Some(body) => Fields::take(&body.name, body.children)?.into_values(),
            None => Vec::new(),
        };
        sights.push(Sight::Request {
            operation,
            resource: header.resource,
            selectors: header.selectors,
            arguments,
        });
    } else {
        while let Some(head) = reader.child()? {
            look(&mut reader, head, &mut sights)?;
        }
        if sights.is_empty() {
            sights.push(Sight::Nothing { operation });
        }
        // What follows the body was read with it: the cursor stands behind its end.
    }
    reader.finish()?;
    Ok(sights)
}

fn look(reader: &mut Reader<'_>, head: Node, sights: &mut Vec<Sight>) -> Result<(), DecodeError> {
    match (&head.ns, head.name.as_str()) {
        (Ns::Soap, "Fault") => {
            let (fault, _) = fault::read(&reader.content(head)?);
            sights.push(Sight::Fault(fault));
        }
        (Ns::Identity, "Identify") => {
            reader.content(head)?;
            sights.push(Sight::Request {
                operation: "Identify".to_owned(),
                resource: None,
                selectors: Vec::new(),
                arguments: Vec::new(),
            });
        }
        (Ns::Enumeration, "EnumerateResponse" | "PullResponse") => {
            match enumerate::read_page(reader, enumerate::Turn::Later)? {
                Response::Page { items, .. } => {
                    sights.extend(items.into_iter().map(Sight::Instance));
                }
                Response::Events { events, .. } => {
                    sights.extend(events.into_iter().map(Sight::Event));
                }
                _ => {}
            }
        }
        (Ns::Transfer, "ResourceCreated") => {
            let node = reader.content(head)?;
            sights.push(Sight::Created(uri::reference(&node)));
        }
        (Ns::Wsman, "XmlFragment") => {
            sights.push(Sight::Instance(transfer::read_object(reader, head)?));
        }
        _ if invoke::method_of(&head).is_some() => {
            if let Response::Output {
                class,
                method,
                values,
            } = invoke::read_output(reader, &head)?
            {
                sights.push(Sight::Output {
                    class,
                    method,
                    values,
                });
            }
        }
        _ => {
            let node = reader.content(head)?;
            let name = node.name.clone();
            sights.push(Sight::Instance(value::object(node, &name)?));
        }
    }
    Ok(())
}
