//! The server's side: strict where Windows is, loose where Windows is.

use std::time::Duration;

use rdpfix::cim::Association;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::wsman::Addressing;
use rdpfix::wsman::Enumeration;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;
use rdpfix::wsman::RequestEnvelope;
use rdpfix::wsman::Response;
use rdpfix::wsman::ResponseEnvelope;
use rdpfix::wsman::decode_addressing;
use rdpfix::wsman::decode_request;
use rdpfix::wsman::decode_response;
use rdpfix::wsman::encode_request;
use rdpfix::wsman::encode_response;
use rdpfix::wsman::fault;

fn service() -> ObjectPath {
    ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "TermService")
}

fn get() -> String {
    encode_request(&RequestEnvelope {
        to: "http://[fe80::1]:5985/wsman".to_owned(),
        message_id: "uuid:1C7E1C1B".to_owned(),
        operation_timeout: Duration::from_mins(1),
        max_envelope_size: 153_600,
        request: Request::Get(service()),
    })
}

fn enumerate(of: Enumeration) -> String {
    encode_request(&RequestEnvelope {
        to: "http://host/wsman".to_owned(),
        message_id: "uuid:1C7E1C1B".to_owned(),
        operation_timeout: Duration::from_mins(1),
        max_envelope_size: 153_600,
        request: Request::Enumerate {
            of,
            max_elements: 10,
        },
    })
}

/// `text` with one part replaced, which must be there.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

#[track_caller]
fn refused(text: &str, code: u32, subcode: &str) -> Fault {
    match decode_request(text.as_bytes()) {
        Ok(Err(fault)) => {
            assert_eq!((fault.code, fault.subcode.as_str()), (code, subcode));
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn accepted(text: &str) -> Request {
    match decode_request(text.as_bytes()) {
        Ok(Ok(envelope)) => envelope.request,
        other => panic!("{other:?}"),
    }
}

/// The text of one header element, from its start to its end.
fn element<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (before, rest) = text.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    text.strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after))
        .unwrap()
}

#[test]
fn each_required_header_is_required() {
    let text = get();
    for (start, end) in [
        ("<a:To>", "</a:To>"),
        ("<a:ReplyTo>", "</a:ReplyTo>"),
        ("<a:MessageID>", "</a:MessageID>"),
        ("<a:Action ", "</a:Action>"),
        ("<w:ResourceURI ", "</w:ResourceURI>"),
    ] {
        let without = with(&text, element(&text, start, end), "");
        let subcode = "MessageInformationHeaderRequired";
        refused(&without, fault::MISSING_HEADER, subcode);
    }
}

#[test]
fn a_reply_elsewhere_is_not_supported() {
    let text = with(&get(), "addressing/role/anonymous", "addressing/role/none");
    let fault = refused(&text, fault::UNSUPPORTED_FEATURE, "UnsupportedFeature");
    assert_eq!(fault.detail.as_deref(), Some("AddressingMode"));
}

#[test]
fn a_locale_must_not_be_demanded() {
    for name in ["w:Locale", "p:DataLocale"] {
        let from = format!("<{name} xml:lang=\"en-US\" s:mustUnderstand=\"false\"");
        let to = from.replace("false", "true");
        let text = with(&get(), &from, &to);
        let fault = refused(&text, fault::UNSUPPORTED_FEATURE, "UnsupportedFeature");
        assert_eq!(fault.detail.as_deref(), Some("Locale"));
    }
}

#[test]
fn an_unknown_header_is_refused_only_when_it_must_be_understood() {
    let text = get();
    let polite = "<z:New xmlns:z=\"urn:z\"/></s:Header>";
    accepted(&with(&text, "</s:Header>", polite));
    let stern = "<z:New xmlns:z=\"urn:z\" s:mustUnderstand=\"1\"/></s:Header>";
    let text = with(&text, "</s:Header>", stern);
    let fault = refused(&text, fault::NOT_UNDERSTOOD, "MustUnderstand");
    let answer = encode_response(&ResponseEnvelope {
        message_id: "uuid:A".to_owned(),
        relates_to: None,
        machine: None,
        response: Response::Fault(fault.clone()),
    });
    assert!(answer.contains("<s:Value>s:MustUnderstand</s:Value></s:Code>"));
    let back = decode_response(answer.as_bytes()).unwrap();
    assert_eq!(back.response, Response::Fault(fault));
}

#[test]
fn limits_of_the_envelope_have_a_floor() {
    let size = "MaxEnvelopeSize s:mustUnderstand=\"true\">";
    let from = format!("{size}153600");
    accepted(&with(&get(), &from, &format!("{size}8192")));
    let text = with(&get(), &from, &format!("{size}8191"));
    refused(&text, fault::ENCODING_LIMIT, "EncodingLimit");
    let text = with(&get(), &from, &format!("{size}many"));
    refused(
        &text,
        fault::INVALID_HEADER,
        "InvalidMessageInformationHeader",
    );
    let text = with(&get(), "uuid:1C7E1C1B", &"A".repeat(2049));
    refused(&text, fault::ENCODING_LIMIT, "EncodingLimit");
}

#[test]
fn a_negative_timeout_is_a_bad_header() {
    for wrong in ["PT-1S", "-PT1S", "60", ""] {
        let text = with(&get(), "PT60.000S", wrong);
        let subcode = "InvalidMessageInformationHeader";
        refused(&text, fault::INVALID_HEADER, subcode);
    }
}

#[test]
fn a_namespace_selector_must_agree_with_the_resource() {
    let from = "<w:SelectorSet>";
    let selector = |namespace: &str| {
        format!("{from}<w:Selector Name=\"__cimnamespace\">{namespace}</w:Selector>")
    };
    let same = with(&get(), from, &selector("ROOT/cimv2"));
    assert_eq!(accepted(&same), Request::Get(service()));
    let other = with(&get(), from, &selector("root/default"));
    refused(&other, fault::NAMESPACE_MISMATCH, "InvalidSelectors");
}

#[test]
fn a_dmtf_resource_takes_its_namespace_from_the_selector() {
    let wmi = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service";
    let dmtf = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Win32_Service";
    let selector = "<w:SelectorSet><w:Selector Name=\"__cimnamespace\">root/cimv2</w:Selector>";
    let text = with(&with(&get(), wmi, dmtf), "<w:SelectorSet>", selector);
    assert_eq!(accepted(&text), Request::Get(service()));
}

#[test]
fn blanks_order_and_prefixes_do_not_matter() {
    let text = get();
    let reply = element(&text, "<a:ReplyTo>", "</a:ReplyTo>").to_owned();
    let moved = with(
        &with(&text, &reply, ""),
        "</s:Header>",
        &format!("{reply}</s:Header>"),
    );
    assert_eq!(accepted(&moved), Request::Get(service()));
    let mut renamed = text.clone();
    for prefix in ["s", "a", "w", "p"] {
        renamed = renamed
            .replace(&format!("<{prefix}:"), &format!("<z{prefix}:"))
            .replace(&format!("</{prefix}:"), &format!("</z{prefix}:"))
            .replace(&format!(" {prefix}:"), &format!(" z{prefix}:"))
            .replace(&format!("xmlns:{prefix}="), &format!("xmlns:z{prefix}="));
    }
    assert!(renamed.starts_with("<zs:Envelope xmlns:zs="));
    assert_eq!(accepted(&renamed), Request::Get(service()));
    let spaced = with(
        &text,
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
        "\n  http://schemas.xmlsoap.org/ws/2004/09/transfer/Get\n ",
    );
    let spaced = with(
        &spaced,
        "root/cimv2/Win32_Service",
        "root/cimv2/Win32_Service \t",
    );
    assert_eq!(accepted(&spaced), Request::Get(service()));
}

#[test]
fn an_action_that_the_resource_lacks_is_told() {
    let text = with(&get(), "transfer/Get", "transfer/Fly");
    refused(&text, fault::ACTION_NOT_SUPPORTED, "ActionNotSupported");
    let text = with(
        &get(),
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
        "urn:x",
    );
    refused(&text, fault::ACTION_NOT_SUPPORTED, "ActionNotSupported");
}

#[test]
fn a_resource_that_is_no_class_is_not_found() {
    let wmi = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service";
    let shell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
    let fault = refused(
        &with(&get(), wmi, shell),
        fault::NOT_FOUND,
        "DestinationUnreachable",
    );
    assert_eq!(fault.detail.as_deref(), Some("InvalidResourceURI"));
}

#[test]
fn a_call_must_have_its_input_element_in_the_right_case() {
    let call = encode_request(&RequestEnvelope {
        to: "http://host/wsman".to_owned(),
        message_id: "uuid:A".to_owned(),
        operation_timeout: Duration::from_secs(1),
        max_envelope_size: 10_000,
        request: Request::Invoke {
            target: service(),
            method: "StopService".to_owned(),
            arguments: Vec::new(),
        },
    });
    accepted(&call);
    let lower = call.replace("StopService_INPUT", "stopservice_INPUT");
    refused(&lower, fault::WRONG_BODY, "SchemaValidationError");
}

fn text_of(class: &str, wql: Option<&str>) -> Enumeration {
    Enumeration::Text {
        resource: ObjectPath::class(Namespace::CIMV2, class),
        wql: wql.map(str::to_owned),
    }
}

#[test]
fn a_filter_must_fit_its_resource() {
    accepted(&enumerate(text_of("Win32_Service", None)));
    let text = enumerate(text_of("*", None));
    refused(&text, fault::CANNOT_PROCESS_FILTER, "CannotProcessFilter");
    let text = enumerate(text_of(
        "Win32_Service",
        Some("SELECT * FROM Win32_Service"),
    ));
    refused(&text, fault::WQL_NEEDS_ANY_CLASS, "CannotProcessFilter");
    let text = enumerate(text_of("*", Some("x")));
    let text = with(&text, "wsman/1/WQL", "wsman/1/XPath");
    refused(&text, fault::CANNOT_PROCESS_FILTER, "CannotProcessFilter");
}

#[test]
fn references_instead_of_objects_are_refused_rather_than_ignored() {
    let text = enumerate(text_of("Win32_Service", None));
    let mode = "<w:EnumerationMode>EnumerateEPR</w:EnumerationMode></n:Enumerate>";
    let text = with(&text, "</n:Enumerate>", mode);
    let fault = refused(&text, fault::UNSUPPORTED_FEATURE, "UnsupportedFeature");
    assert_eq!(fault.detail.as_deref(), Some("EnumerationMode"));
}

#[test]
fn an_association_is_read_with_all_its_parts() {
    let association = Association {
        of: service(),
        association_class: None,
        result_class: Some("Win32_Service".to_owned()),
        role: Some("Antecedent".to_owned()),
    };
    let of = Enumeration::Associated(association);
    let expected = Request::Enumerate {
        of: of.clone(),
        max_elements: 10,
    };
    assert_eq!(accepted(&enumerate(of.clone())), expected);
    let links = enumerate(of).replace("AssociatedInstances", "AssociationInstances");
    refused(&links, fault::CANNOT_PROCESS_FILTER, "CannotProcessFilter");
}

#[test]
fn the_address_of_a_refused_request_is_known() {
    let text = with(&get(), "PT60.000S", "PT-1S");
    let addressing = decode_addressing(text.as_bytes());
    assert_eq!(addressing.message_id.as_deref(), Some("uuid:1C7E1C1B"));
    assert_eq!(addressing.machine(), Some("fe80::1"));
    assert_eq!(decode_addressing(b"<x/>"), Addressing::default());
}
