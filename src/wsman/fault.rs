//! Faults: the three shapes that Windows uses (wsman-wire 8), read and written, and the codes that this program knows.

use crate::wsman::Fault;
use crate::wsman::envelope::Answer;
use crate::wsman::envelope::Family;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::cut;
use crate::wsman::writer::Writer;

/// Rights are missing, the password was right.
pub const ACCESS_DENIED: u32 = 5;
/// The plug-in for event logs could read none of the events.
pub const EVENTS_UNREADABLE: u32 = 5004;
/// There is no channel of that name (ERROR_EVT_CHANNEL_NOT_FOUND).
pub const CHANNEL_NOT_FOUND: u32 = 15_007;
/// No object, class or namespace of that name.
pub const NOT_FOUND: u32 = 2_150_858_752;
/// The resource does not have this action.
pub const ACTION_NOT_SUPPORTED: u32 = 2_150_858_753;
/// A header holds what it must not.
pub const INVALID_HEADER: u32 = 2_150_858_767;
/// A header with `mustUnderstand` is not known.
pub const NOT_UNDERSTOOD: u32 = 2_150_858_768;
/// A header that must be there is not.
pub const MISSING_HEADER: u32 = 2_150_858_769;
/// The filter cannot be processed: wrong WQL, or a class that does not exist.
pub const CANNOT_PROCESS_FILTER: u32 = 2_150_858_778;
/// The context of an enumeration is wrong or has expired.
pub const INVALID_ENUMERATION_CONTEXT: u32 = 2_150_858_779;
/// The operation took longer than it may; it may still go on.
pub const TIMED_OUT: u32 = 2_150_858_793;
/// The object exists already.
pub const ALREADY_EXISTS: u32 = 2_150_858_803;
/// The limits for the answer are too low, or an identifier is too long.
pub const ENCODING_LIMIT: u32 = 2_150_858_805;
/// The body is not what the action asks for.
pub const WRONG_BODY: u32 = 2_150_858_817;
/// A feature that is not there.
pub const UNSUPPORTED_FEATURE: u32 = 2_150_858_818;
/// Too few selectors.
pub const INSUFFICIENT_SELECTORS: u32 = 2_150_858_842;
/// A selector that the class does not have.
pub const UNEXPECTED_SELECTORS: u32 = 2_150_858_843;
/// A query needs the resource that ends with `*`.
pub const WQL_NEEDS_ANY_CLASS: u32 = 2_150_859_003;
/// `__cimnamespace` says another namespace than the resource URI.
pub const NAMESPACE_MISMATCH: u32 = 2_150_859_067;
/// Too many shells of this user.
pub const TOO_MANY_SHELLS: u32 = 2_150_859_173;
/// Too many operations of this user at once.
pub const TOO_MANY_OPERATIONS: u32 = 2_150_859_174;

const DETAIL: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/";
const NOT_FOUND_TEXT: &str = "The WS-Management service cannot process the request. The service cannot find the resource \
     identified by the resource URI and selectors. ";

impl Fault {
    /// A fault by code, local name of its subcode and message.
    pub fn new(code: u32, subcode: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            subcode: subcode.to_owned(),
            message: message.into(),
            detail: None,
        }
    }

    /// Adds the last part of `w:FaultDetail`.
    #[must_use]
    pub fn with_detail(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned());
        self
    }

    /// There is no such object, class or resource, as recorded from Windows.
    pub fn not_found() -> Self {
        Self::new(NOT_FOUND, "DestinationUnreachable", NOT_FOUND_TEXT)
            .with_detail("InvalidResourceURI")
    }
}

/// Reads a SOAP fault; the second part is `Machine`.
pub(super) fn read(fault: &Node) -> (Fault, Option<String>) {
    let code = fault.child(&Ns::Soap, "Code");
    let value = code.and_then(|code| code.child_text(&Ns::Soap, "Value"));
    let subcode = code
        .and_then(|code| code.child(&Ns::Soap, "Subcode"))
        .and_then(|subcode| subcode.child_text(&Ns::Soap, "Value"))
        .map(local)
        .or_else(|| value.map(local).filter(|value| !is_role(value)));
    let reason = fault
        .child(&Ns::Soap, "Reason")
        .and_then(|reason| reason.child_text(&Ns::Soap, "Text"))
        .unwrap_or_default();
    let mut found = Fault {
        subcode: subcode.unwrap_or_default().to_owned(),
        ..Fault::default()
    };
    let mut machine = None;
    if let Some(detail) = fault.child(&Ns::Soap, "Detail") {
        found.detail = detail
            .child_text(&Ns::Wsman, "FaultDetail")
            .and_then(|uri| uri.rsplit('/').next())
            .filter(|last| !last.is_empty())
            .map(str::to_owned);
        // The namespace of a provider's error follows the provider, so that only local names count.
        for part in &detail.children {
            if part.name == "WSManFault" {
                found.code = part
                    .attribute(&Ns::Absent, "Code")
                    .and_then(number)
                    .unwrap_or_default();
                machine = part.attribute(&Ns::Absent, "Machine").map(str::to_owned);
                innermost(part)
                    .unwrap_or_default()
                    .clone_into(&mut found.message);
            } else if part.name == "MSFT_WmiError" {
                found.code = provider_code(part);
                provider_message(part)
                    .unwrap_or_default()
                    .clone_into(&mut found.message);
            }
        }
    }
    if found.message.is_empty() {
        reason.clone_into(&mut found.message);
    }
    (found, machine)
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn is_role(value: &str) -> bool {
    matches!(value, "Sender" | "Receiver")
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    text.parse().ok().or_else(|| hex(text))
}

fn hex(text: &str) -> Option<u32> {
    let digits = text.rsplit_once("0x").map(|(_, digits)| digits)?;
    u32::from_str_radix(digits.trim(), 16).ok()
}

fn by_name<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.children.iter().find(|child| child.name == name)
}

/// The message that is nested most deeply, when it says anything.
fn innermost(fault: &Node) -> Option<&str> {
    let message = by_name(fault, "Message")?;
    if let Some(provider) = by_name(message, "ProviderFault") {
        let within = by_name(provider, "WSManFault").and_then(innermost);
        let said = Some(provider.trimmed()).filter(|text| !text.is_empty());
        return within.or(said);
    }
    Some(message.trimmed()).filter(|text| !text.is_empty())
}

fn provider_code(error: &Node) -> u32 {
    let text = |name| by_name(error, name).map(Node::trimmed);
    text("error_Code")
        .and_then(number)
        .or_else(|| text("MessageID").and_then(hex))
        .or_else(|| text("CIMStatusCode").and_then(number))
        .unwrap_or_default()
}

fn provider_message(error: &Node) -> Option<&str> {
    ["Message", "error_WindowsErrorMessage"]
        .into_iter()
        .filter_map(|name| by_name(error, name).map(Node::trimmed))
        .find(|text| !text.is_empty())
}

/// What stands in `s:Detail` after `w:FaultDetail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// The code and a text.
    Plain,
    /// The same from a WMI provider, with what it did.
    Provider(&'static str, &'static str),
    /// An error object with this CIM status.
    ErrorObject(u32),
}

/// Which shape Windows uses, from recordings where there are any.
///
/// Assumption: a code of WMI itself (0x80041xxx) comes as an error object; only "exists" (Create) is known to.
fn shape(fault: &Fault) -> Shape {
    const STATUS_FAILED: u32 = 1;
    const STATUS_LIMIT: u32 = 27;
    match (fault.code, fault.subcode.as_str()) {
        (NOT_FOUND, "DestinationUnreachable") => Shape::Provider("GetObject", "CIMWin32"),
        (CANNOT_PROCESS_FILTER, _) => Shape::Provider("ExecQuery", "WinMgmt"),
        (TOO_MANY_SHELLS | TOO_MANY_OPERATIONS, "QuotaLimit") => Shape::ErrorObject(STATUS_LIMIT),
        (0x8004_1001..=0x8004_10ff, _) => Shape::ErrorObject(match fault.code {
            0x8004_1002 => 6,
            0x8004_1003 => 2,
            0x8004_1008 => 4,
            0x8004_100c => 7,
            0x8004_100e => 3,
            0x8004_1010 => 5,
            0x8004_1019 => 11,
            _ => STATUS_FAILED,
        }),
        _ => Shape::Plain,
    }
}

/// The prefix of a subcode's namespace and the action of a fault with it.
fn family(subcode: &str) -> (&'static str, &'static str) {
    match subcode {
        "ActionNotSupported"
        | "DestinationUnreachable"
        | "EndpointUnavailable"
        | "InvalidMessageInformationHeader"
        | "MessageInformationHeaderRequired" => (
            "a",
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault",
        ),
        "CannotProcessFilter"
        | "FilterDialectRequestedUnavailable"
        | "FilteringNotSupported"
        | "InvalidEnumerationContext"
        | "InvalidExpirationTime" => (
            "n",
            "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault",
        ),
        "DeliveryModeRequestedUnavailable" | "FilteringRequestedUnavailable" => {
            ("e", "http://schemas.xmlsoap.org/ws/2004/08/eventing/fault")
        }
        "InvalidRepresentation" => ("x", "http://schemas.xmlsoap.org/ws/2004/09/transfer/fault"),
        _ => ("w", "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"),
    }
}

/// Writes a fault with its envelope.
pub(super) fn write(fault: &Fault, answer: &Answer<'_>) -> String {
    let (prefix, action) = family(&fault.subcode);
    answer.write(Family::Fault, action, |writer| {
        writer.open("s", "Fault", &[]);
        write_code(writer, fault, prefix);
        writer.open("s", "Reason", &[]);
        writer.leaf_with("s", "Text", &[("xml:lang", "en-US")], &fault.message);
        writer.close("s", "Reason");
        write_detail(writer, fault, answer.machine.unwrap_or_default());
        writer.close("s", "Fault");
    })
}

fn write_code(writer: &mut Writer, fault: &Fault, prefix: &str) {
    writer.open("s", "Code", &[]);
    match fault.subcode.as_str() {
        "" => writer.leaf("s", "Value", "s:Sender"),
        // SOAP's own code, which has no subcode.
        "MustUnderstand" => writer.leaf("s", "Value", "s:MustUnderstand"),
        subcode => {
            let role = match subcode {
                "InternalError" | "TimedOut" | "EndpointUnavailable" => "s:Receiver",
                _ => "s:Sender",
            };
            writer.leaf("s", "Value", role);
            writer.open("s", "Subcode", &[]);
            writer.leaf("s", "Value", &[prefix, ":", subcode].concat());
            writer.close("s", "Subcode");
        }
    }
    writer.close("s", "Code");
}

fn write_detail(writer: &mut Writer, fault: &Fault, machine: &str) {
    if fault.code == 0 && fault.detail.is_none() {
        return;
    }
    writer.open("s", "Detail", &[]);
    if let Some(detail) = &fault.detail {
        writer.leaf("w", "FaultDetail", &[DETAIL, detail].concat());
    }
    match shape(fault) {
        _ if fault.code == 0 => {}
        Shape::Plain => write_plain(writer, fault, machine),
        Shape::Provider(operation, provider) => {
            write_provider(writer, fault, machine, (operation, provider));
        }
        Shape::ErrorObject(status) => write_error_object(writer, fault, status),
    }
    writer.close("s", "Detail");
}

fn open_fault(writer: &mut Writer, fault: &Fault, machine: &str) {
    let code = fault.code.to_string();
    let attributes = [
        ("xmlns:f", Ns::Fault.uri()),
        ("Code", code.as_str()),
        ("Machine", machine),
    ];
    writer.open("f", "WSManFault", &attributes);
}

fn write_plain(writer: &mut Writer, fault: &Fault, machine: &str) {
    open_fault(writer, fault, machine);
    writer.leaf("f", "Message", &fault.message);
    writer.close("f", "WSManFault");
}

fn write_provider(
    writer: &mut Writer,
    fault: &Fault,
    machine: &str,
    (operation, provider): (&str, &str),
) {
    open_fault(writer, fault, machine);
    writer.open("f", "Message", &[]);
    let plugin = [
        ("provider", "WMI Provider"),
        ("path", r"C:\Windows\system32\WsmWmiPl.dll"),
    ];
    writer.open("f", "ProviderFault", &plugin);
    write_plain(writer, fault, machine);
    writer.open("f", "ExtendedError", &[]);
    let attributes = [
        ("xmlns:xsi", Ns::Xsi.uri()),
        (
            "xmlns:p",
            "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/__ExtendedStatus",
        ),
        ("xmlns:cim", Ns::Cim.uri()),
        ("xsi:type", "p:__ExtendedStatus_Type"),
    ];
    writer.open("p", "__ExtendedStatus", &attributes);
    let nil = [("xsi:nil", "true")];
    writer.empty("p", "Description", &nil);
    writer.leaf("p", "Operation", operation);
    writer.empty("p", "ParameterInfo", &nil);
    writer.leaf("p", "ProviderName", provider);
    writer.empty("p", "StatusCode", &nil);
    writer.close("p", "__ExtendedStatus");
    writer.close("f", "ExtendedError");
    writer.close("f", "ProviderFault");
    writer.close("f", "Message");
    writer.close("f", "WSManFault");
}

fn write_error_object(writer: &mut Writer, fault: &Fault, status: u32) {
    let attributes = [
        ("b:IsCIM_Error", "true"),
        ("xmlns:xsi", Ns::Xsi.uri()),
        ("xmlns:b", Ns::CimBinding.uri()),
        (
            "xmlns:p",
            "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError",
        ),
        ("xmlns:cim", Ns::Cim.uri()),
        ("xsi:type", "p:MSFT_WmiError_Type"),
    ];
    let status = status.to_string();
    let code = fault.code.to_string();
    let id = format!("HRESULT 0x{:08x}", fault.code);
    let message = fault.message.as_str();
    // The base class comes first here, unlike in every other instance (wsman-wire 5).
    let properties = [
        ("CIMStatusCode", "cim:cimUnsignedInt", Some(status.as_str())),
        ("CIMStatusCodeDescription", "cim:cimString", None),
        ("ErrorSource", "cim:cimString", None),
        ("ErrorSourceFormat", "cim:cimUnsignedShort", Some("0")),
        ("ErrorType", "cim:cimUnsignedShort", Some("0")),
        ("Message", "cim:cimString", Some(message)),
        ("MessageID", "cim:cimString", Some(id.as_str())),
        ("OtherErrorSourceFormat", "cim:cimString", None),
        ("OtherErrorType", "cim:cimString", None),
        ("OwningEntity", "cim:cimString", None),
        ("PerceivedSeverity", "cim:cimUnsignedShort", Some("0")),
        ("ProbableCause", "cim:cimUnsignedShort", Some("0")),
        ("ProbableCauseDescription", "cim:cimString", None),
        ("error_Category", "cim:cimUnsignedInt", Some("30")),
        ("error_Code", "cim:cimUnsignedInt", Some(code.as_str())),
        ("error_Type", "cim:cimString", Some("HRESULT")),
        ("error_WindowsErrorMessage", "cim:cimString", Some(message)),
    ];
    writer.open("p", "MSFT_WmiError", &attributes);
    for (name, kind, text) in properties {
        match text {
            Some(text) => writer.leaf_with("p", name, &[("xsi:type", kind)], text),
            None => writer.empty("p", name, &[("xsi:type", kind), ("xsi:nil", "true")]),
        }
    }
    writer.close("p", "MSFT_WmiError");
}

/// A header is missing.
pub(super) fn header_missing(name: &str) -> Fault {
    let message = ["The header ", name, " is missing."].concat();
    Fault::new(MISSING_HEADER, "MessageInformationHeaderRequired", message)
}

/// A header holds something wrong.
pub(super) fn header_invalid(name: &str, found: &str) -> Fault {
    let message = ["The header ", name, " holds ", &cut(found), "."].concat();
    Fault::new(INVALID_HEADER, "InvalidMessageInformationHeader", message)
}

/// The resource does not have the action.
pub(super) fn action_not_supported() -> Fault {
    let message = "The action is not supported by the resource.";
    Fault::new(ACTION_NOT_SUPPORTED, "ActionNotSupported", message)
}

/// A feature is asked for that is not there.
pub(super) fn unsupported(feature: &str) -> Fault {
    let message = ["The feature ", feature, " is not supported."].concat();
    Fault::new(UNSUPPORTED_FEATURE, "UnsupportedFeature", message).with_detail(feature)
}

/// A limit of the envelope is too low or too high.
pub(super) fn encoding_limit(detail: &str) -> Fault {
    let message = "The limits of the request cannot be kept.";
    Fault::new(ENCODING_LIMIT, "EncodingLimit", message).with_detail(detail)
}

/// The body lacks what the action asks for.
pub(super) fn wrong_body(element: &str) -> Fault {
    let message = [
        "The body is not valid: the element ",
        element,
        " is missing.",
    ]
    .concat();
    Fault::new(WRONG_BODY, "SchemaValidationError", message)
}

/// The filter cannot be processed.
pub(super) fn filter(message: &str) -> Fault {
    Fault::new(CANNOT_PROCESS_FILTER, "CannotProcessFilter", message)
}
