//! The envelope and its headers, both sides; what the body holds is told by the modules beside this one.

use std::time::Duration;

use crate::cim::ObjectPath;
use crate::wsman::DecodeError;
use crate::wsman::Fault;
use crate::wsman::RequestEnvelope;
use crate::wsman::duration;
use crate::wsman::fault;
use crate::wsman::name::ANONYMOUS;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::reader::cut;
use crate::wsman::uri;
use crate::wsman::uri::Resource;
use crate::wsman::writer::Writer;

/// `MaxEnvelopeSize` when a request does not say: the cap of hosts since 2012.
pub const DEFAULT_ENVELOPE_SIZE: u32 = 512_000;
/// A smaller `MaxEnvelopeSize` is refused (wsman-wire 3).
pub(super) const LEAST_ENVELOPE_SIZE: u32 = 8192;
/// `OperationTimeout` when a request does not say.
pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_mins(1);
/// A longer `MessageID` is refused.
const LONGEST_MESSAGE_ID: usize = 2048;

/// The headers of any message, as text.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) to: Option<String>,
    pub(super) action: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) relates_to: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) selectors: Vec<(String, String)>,
    /// `e:Identifier`: which subscription is meant.
    identifier: Option<String>,
    /// The address within; empty when there is none.
    reply_to: Option<String>,
    timeout: Option<String>,
    envelope_size: Option<String>,
    /// The first rule that a header broke by being there.
    refused: Option<Fault>,
}

impl Header {
    /// Reads the start of an envelope, up to and with the start of its body.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let root = reader.child()?.ok_or(DecodeError::Missing {
            element: "Envelope",
        })?;
        if !root.is(&Ns::Soap, "Envelope") {
            let root = cut(&root.name);
            return Err(DecodeError::NotSoap { root });
        }
        let mut header = Self::default();
        while let Some(part) = reader.child()? {
            if part.is(&Ns::Soap, "Body") {
                return Ok(header);
            }
            if part.is(&Ns::Soap, "Header") {
                while let Some(node) = reader.whole_child()? {
                    header.add(&node);
                }
            } else {
                reader.content(part)?;
            }
        }
        Err(DecodeError::Missing { element: "Body" })
    }

    fn add(&mut self, node: &Node) {
        let text = || Some(node.trimmed().to_owned());
        match (&node.ns, node.name.as_str()) {
            (Ns::Addressing, "To") => self.to = text(),
            (Ns::Addressing, "Action") => self.action = text(),
            (Ns::Addressing, "MessageID") => self.message_id = text(),
            (Ns::Addressing, "RelatesTo") => self.relates_to = text(),
            (Ns::Addressing, "ReplyTo") => {
                let address = node.child_text(&Ns::Addressing, "Address");
                self.reply_to = Some(address.unwrap_or_default().to_owned());
            }
            (Ns::Wsman, "ResourceURI") => self.resource = text(),
            (Ns::Eventing, "Identifier") => self.identifier = text(),
            (Ns::Wsman, "SelectorSet") => self.selectors = uri::selectors(node),
            (Ns::Wsman, "OperationTimeout") => self.timeout = text(),
            (Ns::Wsman, "MaxEnvelopeSize") => self.envelope_size = text(),
            (Ns::Wsman, "Locale") | (Ns::Microsoft, "DataLocale")
                if node.flag(&Ns::Soap, "mustUnderstand") =>
            {
                self.refuse(fault::unsupported("Locale"));
            }
            (Ns::Wsman, "FragmentTransfer") => {
                self.refuse(fault::unsupported("FragmentLevelAccess"));
            }
            (Ns::Wsman, "OptionSet")
            | (Ns::Addressing, "From" | "FaultTo")
            | (Ns::Microsoft, "SessionId" | "OperationID" | "SequenceId" | "ActivityId") => {}
            _ if node.flag(&Ns::Soap, "mustUnderstand") => {
                let name = cut(&node.name);
                let message = ["The header ", &name, " was not understood."].concat();
                let code = fault::NOT_UNDERSTOOD;
                self.refuse(Fault::new(code, "MustUnderstand", message));
            }
            _ => {}
        }
    }

    fn refuse(&mut self, fault: Fault) {
        self.refused.get_or_insert(fault);
    }

    /// What the headers of a request say, with the rules that Windows is strict about (wsman-wire 3 and 14).
    pub(super) fn check(self) -> Result<Checked, Fault> {
        if let Some(fault) = self.refused {
            return Err(fault);
        }
        let required =
            |value: Option<String>, name: &str| value.ok_or_else(|| fault::header_missing(name));
        let to = required(self.to, "To")?;
        let action = required(self.action, "Action")?;
        let message_id = required(self.message_id, "MessageID")?;
        if message_id.len() > LONGEST_MESSAGE_ID {
            return Err(fault::encoding_limit("URILimitExceeded"));
        }
        let reply_to = self
            .reply_to
            .ok_or_else(|| fault::header_missing("ReplyTo"))?;
        if reply_to != ANONYMOUS {
            return Err(fault::unsupported("AddressingMode"));
        }
        let named = self.resource.is_some();
        // A subscription is named by its identifier alone, as recorded.
        let event_log = self.identifier.as_ref().map(|_| uri::EVENT_LOG.to_owned());
        let resource = required(self.resource.or(event_log), "ResourceURI")?;
        let target = target(&resource, self.selectors)?;
        Ok(Checked {
            to,
            action,
            message_id,
            operation_timeout: timeout(self.timeout.as_deref())?,
            max_envelope_size: envelope_size(self.envelope_size.as_deref())?,
            resource,
            named,
            identifier: self.identifier,
            target,
        })
    }
}

/// The headers of a request that breaks no rule.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) to: String,
    pub(super) action: String,
    pub(super) message_id: String,
    pub(super) operation_timeout: Duration,
    pub(super) max_envelope_size: u32,
    /// The resource URI as it came.
    pub(super) resource: String,
    /// Whether it came at all.
    pub(super) named: bool,
    /// `e:Identifier`: which subscription is meant.
    pub(super) identifier: Option<String>,
    /// What it and the selectors name.
    pub(super) target: ObjectPath,
}

fn timeout(text: Option<&str>) -> Result<Duration, Fault> {
    let Some(text) = text else {
        return Ok(DEFAULT_OPERATION_TIMEOUT);
    };
    duration::parse(text)
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| fault::header_invalid("OperationTimeout", text))
}

fn envelope_size(text: Option<&str>) -> Result<u32, Fault> {
    let Some(text) = text else {
        return Ok(DEFAULT_ENVELOPE_SIZE);
    };
    let size: u32 = match text.parse() {
        Ok(size) => size,
        // A size that is larger than any number here is no limit at all.
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => u32::MAX,
        Err(_) => return Err(fault::header_invalid("MaxEnvelopeSize", text)),
    };
    if size < LEAST_ENVELOPE_SIZE {
        return Err(fault::encoding_limit("MinimumEnvelopeLimit"));
    }
    Ok(size)
}

fn target(resource: &str, selectors: Vec<(String, String)>) -> Result<ObjectPath, Fault> {
    let known = Resource::parse(resource).ok_or_else(Fault::not_found)?;
    known.with_selectors(selectors).map_err(|namespace| {
        let message = [
            "The selector ",
            uri::NAMESPACE_SELECTOR,
            " says ",
            &cut(namespace.as_str()),
            " but the resource URI says otherwise.",
        ]
        .concat();
        Fault::new(fault::NAMESPACE_MISMATCH, "InvalidSelectors", message)
            .with_detail("UnexpectedSelectors")
    })
}

/// What an answer's header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) message_id: &'a str,
    pub(super) relates_to: Option<&'a str>,
    pub(super) machine: Option<&'a str>,
}

/// Which prefixes an answer's envelope declares; Windows declares more than it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Get, Put, Create, Delete and Invoke.
    Transfer,
    /// Enumerate, Pull and Release.
    Enumeration,
    /// Subscribe and Unsubscribe.
    Eventing,
    /// Faults.
    Fault,
}

const SOAP: (&str, Ns) = ("xmlns:s", Ns::Soap);
const ADDRESSING: (&str, Ns) = ("xmlns:a", Ns::Addressing);
const TRANSFER: (&str, Ns) = ("xmlns:x", Ns::Transfer);
const EVENTING: (&str, Ns) = ("xmlns:e", Ns::Eventing);
const ENUMERATION: (&str, Ns) = ("xmlns:n", Ns::Enumeration);
const WSMAN: (&str, Ns) = ("xmlns:w", Ns::Wsman);
const MICROSOFT: (&str, Ns) = ("xmlns:p", Ns::Microsoft);

impl Family {
    fn prefixes(self) -> Vec<(&'static str, Ns)> {
        match self {
            Self::Transfer => vec![SOAP, ADDRESSING, TRANSFER, WSMAN, MICROSOFT],
            Self::Enumeration => vec![SOAP, ADDRESSING, ENUMERATION, WSMAN],
            Self::Eventing => vec![SOAP, ADDRESSING, EVENTING, ENUMERATION, WSMAN],
            Self::Fault => vec![
                SOAP,
                ADDRESSING,
                TRANSFER,
                EVENTING,
                ENUMERATION,
                WSMAN,
                MICROSOFT,
            ],
        }
    }
}

impl Answer<'_> {
    /// Writes the whole answer around a body.
    pub(super) fn write(
        &self,
        family: Family,
        action: &str,
        body: impl FnOnce(&mut Writer),
    ) -> String {
        let mut writer = Writer::default();
        let prefixes = family.prefixes();
        let mut attributes = vec![("xml:lang", "en-US")];
        attributes.extend(prefixes.iter().map(|(prefix, ns)| (*prefix, ns.uri())));
        writer.open("s", "Envelope", &attributes);
        writer.open("s", "Header", &[]);
        writer.leaf("a", "Action", action);
        writer.leaf("a", "MessageID", self.message_id);
        writer.leaf("a", "To", ANONYMOUS);
        if let Some(relates_to) = self.relates_to {
            writer.leaf("a", "RelatesTo", relates_to);
        }
        writer.close("s", "Header");
        writer.open("s", "Body", &[]);
        body(&mut writer);
        writer.close("s", "Body");
        writer.close("s", "Envelope");
        writer.into_text()
    }
}

/// What a request's header says beyond its envelope.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// Whose resource is named, with the keys as selectors.
    pub(super) target: &'a ObjectPath,
    /// The last part of the action that the target's own URI begins, or a whole action.
    pub(super) action: Action<'a>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action<'a> {
    /// Of WS-Transfer.
    Transfer(&'a str),
    /// Of WS-Enumeration.
    Enumeration(&'a str),
    /// Of WS-Eventing.
    Eventing(&'a str),
    /// A method of the target's class.
    Method(&'a str),
}

impl Action<'_> {
    /// The URI; `resource` is that of the class.
    pub(super) fn uri(self, resource: &str) -> String {
        match self {
            Self::Transfer(name) => [Ns::Transfer.uri(), "/", name].concat(),
            Self::Enumeration(name) => [Ns::Enumeration.uri(), "/", name].concat(),
            Self::Eventing(name) => [Ns::Eventing.uri(), "/", name].concat(),
            Self::Method(name) => [resource, "/", name].concat(),
        }
    }
}

/// Writes a whole request around a body.
pub(super) fn write_request(
    envelope: &RequestEnvelope,
    ask: Ask<'_>,
    body: impl FnOnce(&mut Writer),
) -> String {
    let resource = uri::of_class(&ask.target.namespace, &ask.target.class);
    let head = Head {
        resource: Some(&resource),
        action: &ask.action.uri(&resource),
        selectors: Some(ask.target),
        ..Head::default()
    };
    write_head(envelope, head, body)
}

/// What a request's header says, where it is not the same for all requests.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head<'a> {
    /// `w:ResourceURI`, when there is one.
    pub(super) resource: Option<&'a str>,
    /// `a:Action`
    pub(super) action: &'a str,
    /// The object whose keys are selectors.
    pub(super) selectors: Option<&'a ObjectPath>,
    /// `w:OptionSet`: names with texts, nil without.
    pub(super) options: &'a [(&'a str, Option<&'a str>)],
    /// `e:Identifier`
    pub(super) identifier: Option<&'a str>,
}

/// Writes a whole request with this header around a body.
pub(super) fn write_head(
    envelope: &RequestEnvelope,
    head: Head<'_>,
    body: impl FnOnce(&mut Writer),
) -> String {
    const MUST: [(&str, &str); 1] = [("s:mustUnderstand", "true")];
    const LOCALE: [(&str, &str); 2] = [("xml:lang", "en-US"), ("s:mustUnderstand", "false")];
    let mut writer = Writer::default();
    let prefixes = [SOAP, ADDRESSING, WSMAN, MICROSOFT];
    let attributes: Vec<(&str, &str)> = prefixes
        .iter()
        .map(|(prefix, ns)| (*prefix, ns.uri()))
        .collect();
    writer.open("s", "Envelope", &attributes);
    writer.open("s", "Header", &[]);
    writer.leaf("a", "To", &envelope.to);
    if let Some(resource) = head.resource {
        writer.leaf_with("w", "ResourceURI", &MUST, resource);
    }
    writer.open("a", "ReplyTo", &[]);
    writer.leaf_with("a", "Address", &MUST, ANONYMOUS);
    writer.close("a", "ReplyTo");
    writer.leaf_with("a", "Action", &MUST, head.action);
    let size = envelope.max_envelope_size.to_string();
    writer.leaf_with("w", "MaxEnvelopeSize", &MUST, &size);
    writer.leaf("a", "MessageID", &envelope.message_id);
    writer.empty("w", "Locale", &LOCALE);
    writer.empty("p", "DataLocale", &LOCALE);
    writer.leaf(
        "w",
        "OperationTimeout",
        &seconds(envelope.operation_timeout),
    );
    write_options(&mut writer, head.options);
    if let Some(identifier) = head.identifier {
        let attributes = [("xmlns:e", Ns::Eventing.uri())];
        writer.leaf_with("e", "Identifier", &attributes, identifier);
    }
    if let Some(target) = head.selectors {
        uri::write_selectors(&mut writer, target);
    }
    writer.close("s", "Header");
    writer.open("s", "Body", &[]);
    body(&mut writer);
    writer.close("s", "Body");
    writer.close("s", "Envelope");
    writer.into_text()
}

fn write_options(writer: &mut Writer, options: &[(&str, Option<&str>)]) {
    if options.is_empty() {
        return;
    }
    writer.open("w", "OptionSet", &[("xmlns:xsi", Ns::Xsi.uri())]);
    for (name, text) in options {
        match text {
            Some(text) => writer.leaf_with("w", "Option", &[("Name", name)], text),
            None => writer.empty("w", "Option", &[("Name", name), ("xsi:nil", "true")]),
        }
    }
    writer.close("w", "OptionSet");
}

/// `PT60.000S`, as Windows' own client writes it.
fn seconds(length: Duration) -> String {
    format!("PT{}.{:03}S", length.as_secs(), length.subsec_millis())
}
