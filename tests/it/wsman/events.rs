//! The wire form of subscriptions to event logs: what we write, what recorded hosts write, and what is refused.

use std::time::Duration;

use rdpfix::wsman::Request;
use rdpfix::wsman::RequestEnvelope;
use rdpfix::wsman::Response;
use rdpfix::wsman::Subscription;
use rdpfix::wsman::SubscriptionManager;
use rdpfix::wsman::decode_request;
use rdpfix::wsman::decode_response;
use rdpfix::wsman::encode_request;

fn written(request: Request) -> String {
    encode_request(&RequestEnvelope {
        to: "http://host.example:5985/wsman".to_owned(),
        message_id: "uuid:1C7E1C1B-27C7-4E0B-9D5B-8B7A3E2B6F10".to_owned(),
        operation_timeout: Duration::from_secs(20),
        max_envelope_size: 512_000,
        request,
    })
}

fn wanted(ids: Vec<u32>) -> Request {
    Request::Subscribe(Subscription {
        channel: "C/Operational".to_owned(),
        ids,
        since: "2026-03-01T12:00:00Z".parse().unwrap(),
    })
}

#[test]
fn a_subscription_is_asked_for_as_a_collector_does() {
    let text = written(wanted(vec![131, 140]));
    for part in [
        "<w:ResourceURI s:mustUnderstand=\"true\">http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog</w:ResourceURI>",
        "<a:Action s:mustUnderstand=\"true\">http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe</a:Action>",
        "<w:OptionSet xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><w:Option Name=\"CDATA\" xsi:nil=\"true\"/>\
         <w:Option Name=\"ContentFormat\">RenderedText</w:Option></w:OptionSet>",
        "<e:Delivery Mode=\"http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull\"/>",
        "<w:Filter Dialect=\"http://schemas.microsoft.com/win/2004/08/events/eventquery\"><QueryList><Query Id=\"0\" \
         Path=\"C/Operational\"><Select Path=\"C/Operational\">*[System[(EventID=131 or EventID=140) and \
         TimeCreated[@SystemTime&gt;=&apos;2026-03-01T12:00:00Z&apos;]]]</Select></Query></QueryList></w:Filter>",
        "<w:Bookmark>http://schemas.dmtf.org/wbem/wsman/1/wsman/bookmark/earliest</w:Bookmark>",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn many_numbers_are_spread_over_several_selects() {
    let text = written(wanted((1..=40).collect()));
    assert_eq!(text.matches("<Select ").count(), 3);
    let read = decode_request(text.as_bytes()).unwrap().unwrap().request;
    assert_eq!(read, wanted((1..=40).collect()));
}

#[test]
fn a_subscription_is_given_up_by_its_identifier_alone() {
    let manager = SubscriptionManager {
        identifier: "143DDA8B-85A6-4BCD-8427-6E409C178389".to_owned(),
        resource: None,
    };
    let text = written(Request::Unsubscribe(manager));
    assert!(!text.contains("ResourceURI"), "{text}");
    assert!(text.contains(
        ":Identifier xmlns:e=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\">143DDA8B"
    ));
    assert!(text.contains("<e:Unsubscribe xmlns:e="));
}

fn answer(action: &str, body: &str) -> String {
    format!(
        "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:e=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\" \
         xmlns:n=\"http://schemas.xmlsoap.org/ws/2004/09/enumeration\" \
         xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\"><s:Header><a:Action>{action}</a:Action>\
         <a:MessageID>uuid:A</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn read(action: &str, body: &str) -> Response {
    let text = answer(
        &format!("http://schemas.xmlsoap.org/ws/2004/{action}"),
        body,
    );
    decode_response(text.as_bytes()).unwrap().response
}

/// The shape of a recorded answer of Windows, with the context that delivery by pulling adds.
#[test]
fn the_answer_to_subscribe_names_what_gives_it_up() {
    let body = "<e:SubscribeResponse><e:SubscriptionManager><a:Address>http://host.example:80/wsman</a:Address>\
        <a:ReferenceProperties><e:Identifier>143DDA8B</e:Identifier></a:ReferenceProperties></e:SubscriptionManager>\
        <e:Expires>PT0.0S</e:Expires><n:EnumerationContext>uuid:B</n:EnumerationContext></e:SubscribeResponse>";
    let expected = Response::Subscribed {
        manager: SubscriptionManager {
            identifier: "143DDA8B".to_owned(),
            resource: None,
        },
        context: "uuid:B".to_owned(),
    };
    assert_eq!(read("08/eventing/SubscribeResponse", body), expected);
    assert_eq!(
        read("08/eventing/UnsubscribeResponse", ""),
        Response::Unsubscribed
    );
    for lacking in [
        body.replace("<n:EnumerationContext>uuid:B</n:EnumerationContext>", ""),
        body.replace("<e:Identifier>143DDA8B</e:Identifier>", ""),
    ] {
        let text = answer(
            "http://schemas.xmlsoap.org/ws/2004/08/eventing/SubscribeResponse",
            &lacking,
        );
        assert!(decode_response(text.as_bytes()).is_err());
    }
}

#[test]
fn events_are_found_in_every_wrapping_and_heartbeats_are_not_events() {
    let event = |id: u32| {
        format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='P'/>\
             <EventID>{id}</EventID><TimeCreated SystemTime='2026-03-01T12:00:00Z'/></System></Event>"
        )
    };
    let body = format!(
        "<n:PullResponse><n:EnumerationContext>uuid:C</n:EnumerationContext><n:Items>{}<w:Event \
         Action='http://schemas.dmtf.org/wbem/wsman/1/wsman/Event'><![CDATA[{}]]></w:Event><w:Event>{}</w:Event>\
         <w:Event Action='http://schemas.dmtf.org/wbem/wsman/1/wsman/Heartbeat'/></n:Items></n:PullResponse>",
        event(1),
        event(2),
        event(3)
    );
    let Response::Events { events, context } = read("09/enumeration/PullResponse", &body) else {
        panic!("no events");
    };
    let ids: Vec<u32> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(context.as_deref(), Some("uuid:C"));
    let broken = body.replace("]]>", "<]]>");
    let text = answer(
        "http://schemas.xmlsoap.org/ws/2004/09/enumeration/PullResponse",
        &broken,
    );
    assert!(decode_response(text.as_bytes()).is_err());
}

#[test]
fn a_subscription_that_the_server_cannot_deliver_is_refused() {
    let good = written(wanted(vec![1]));
    for (from, to, subcode) in [
        (
            "wsman/Pull\"",
            "wsman/Events\"",
            "DeliveryModeRequestedUnavailable",
        ),
        ("bookmark/earliest", "bookmark/other", "UnsupportedFeature"),
        (
            "events/eventquery",
            "events/other",
            "FilteringRequestedUnavailable",
        ),
        ("EventID=1)", "EventID=1 or Level=2)", "CannotProcessFilter"),
        ("<Select ", "<Suppress ", "CannotProcessFilter"),
        (
            "windows/EventLog",
            "wmi/root/cimv2/Win32_Service",
            "ActionNotSupported",
        ),
    ] {
        let bad = good.replace(from, to).replace(
            "</Select>",
            if to == "<Suppress " {
                "</Suppress>"
            } else {
                "</Select>"
            },
        );
        assert_ne!(bad, good);
        let fault = decode_request(bad.as_bytes()).unwrap().unwrap_err();
        assert_eq!(fault.subcode, subcode, "{to}");
    }
    // Collectors of old wrote the query as text.
    let (before, rest) = good.split_once("<QueryList>").unwrap();
    let (list, after) = rest.split_once("</w:Filter>").unwrap();
    let escaped = list.replace('&', "&amp;").replace('<', "&lt;");
    let as_text = format!("{before}&lt;QueryList>{escaped}</w:Filter>{after}");
    assert_eq!(
        decode_request(as_text.as_bytes()).unwrap().unwrap().request,
        wanted(vec![1])
    );
}
