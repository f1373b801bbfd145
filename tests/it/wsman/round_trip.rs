//! What one side writes the other side reads, and nothing is lost.

use std::time::Duration;

use proptest::prelude::*;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Value;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;
use rdpfix::wsman::RequestEnvelope;
use rdpfix::wsman::Response;
use rdpfix::wsman::ResponseEnvelope;
use rdpfix::wsman::decode_request;
use rdpfix::wsman::decode_response;
use rdpfix::wsman::encode_request;
use rdpfix::wsman::encode_response;

use super::strategy;

proptest! {
    #[test]
    fn a_request_comes_back(envelope in strategy::request_envelope()) {
        let text = encode_request(&envelope);
        prop_assert_eq!(decode_request(text.as_bytes()), Ok(Ok(envelope)), "{}", text);
    }

    #[test]
    fn an_answer_comes_back(mut envelope in strategy::response_envelope()) {
        let text = encode_response(&envelope);
        prop_assert!(!text.contains("<?xml"));
        let mut decoded = decode_response(text.as_bytes()).unwrap();
        // Some shapes of a fault have a place for the machine.
        prop_assert!(decoded.machine.as_deref().is_none_or(str::is_empty));
        decoded.machine = None;
        if let Response::Instance(instance) = &mut envelope.response {
            instance.properties.retain(|_, value| *value != Value::List(Vec::new()));
        }
        prop_assert_eq!(decoded, envelope, "{}", text);
    }
}

#[test]
fn the_machine_of_a_fault_comes_back() {
    let envelope = ResponseEnvelope {
        message_id: "uuid:A".to_owned(),
        relates_to: None,
        machine: Some("host.example".to_owned()),
        response: Response::Fault(Fault::not_found()),
    };
    let text = encode_response(&envelope);
    let Response::Fault(expected) = &envelope.response else {
        panic!("a fault was written");
    };
    let decoded = decode_response(text.as_bytes()).unwrap();
    assert_eq!(decoded.machine, envelope.machine);
    let Response::Fault(found) = decoded.response else {
        panic!("not a fault");
    };
    assert_eq!(found.code, expected.code);
    assert_eq!(found.message, expected.message.trim());
}

#[test]
fn an_empty_array_travels_as_null() {
    let path = ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetAddressFilter");
    let envelope = RequestEnvelope {
        to: "http://h/wsman".to_owned(),
        message_id: "uuid:A".to_owned(),
        operation_timeout: Duration::from_secs(1),
        max_envelope_size: 8192,
        request: Request::Put {
            target: path,
            properties: vec![("RemoteAddress".to_owned(), Value::List(Vec::new()))],
        },
    };
    let text = encode_request(&envelope);
    let decoded = decode_request(text.as_bytes()).unwrap().unwrap();
    let Request::Put { properties, .. } = decoded.request else {
        panic!("not a Put");
    };
    assert_eq!(properties, [("RemoteAddress".to_owned(), Value::Null)]);
}
