//! Identify: who is there. The one operation without addressing headers (wsman-wire 2).

use crate::wsman::DecodeError;
use crate::wsman::Response;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::writer::Writer;

/// Writes the request.
pub(super) fn write_request() -> String {
    let mut writer = Writer::default();
    let attributes = [("xmlns:s", Ns::Soap.uri()), ("xmlns:i", Ns::Identity.uri())];
    writer.open("s", "Envelope", &attributes);
    writer.empty("s", "Header", &[]);
    writer.open("s", "Body", &[]);
    writer.empty("i", "Identify", &[]);
    writer.close("s", "Body");
    writer.close("s", "Envelope");
    writer.into_text()
}

/// Writes the answer.
pub(super) fn write_response(vendor: &str, version: &str) -> String {
    let mut writer = Writer::default();
    let attributes = [("xml:lang", ""), ("xmlns:s", Ns::Soap.uri())];
    writer.open("s", "Envelope", &attributes);
    writer.empty("s", "Header", &[]);
    writer.open("s", "Body", &[]);
    let attributes = [("xmlns:wsmid", Ns::Identity.uri())];
    writer.open("wsmid", "IdentifyResponse", &attributes);
    writer.leaf("wsmid", "ProtocolVersion", Ns::Wsman.uri());
    writer.leaf("wsmid", "ProductVendor", vendor);
    writer.leaf("wsmid", "ProductVersion", version);
    writer.close("wsmid", "IdentifyResponse");
    writer.close("s", "Body");
    writer.close("s", "Envelope");
    writer.into_text()
}

/// Reads the answer.
pub(super) fn read_response(node: &Node) -> Result<Response, DecodeError> {
    let text = |name| node.child_text(&Ns::Identity, name).map(str::to_owned);
    Ok(Response::Identify {
        vendor: text("ProductVendor").ok_or(DecodeError::Missing {
            element: "ProductVendor",
        })?,
        version: text("ProductVersion").ok_or(DecodeError::Missing {
            element: "ProductVersion",
        })?,
    })
}
