//! Generators of requests and answers that travel without loss: values that fit the types that the schema knows.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::collection::btree_map;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rdpfix::cim::Association;
use rdpfix::cim::EventLevel;
use rdpfix::cim::Filter;
use rdpfix::cim::Instance;
use rdpfix::cim::LogEvent;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::cim::Value;
use rdpfix::cim::schema::CimType;
use rdpfix::cim::schema::Scalar;
use rdpfix::cim::schema::Types;
use rdpfix::wsman::Enumeration;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;
use rdpfix::wsman::RequestEnvelope;
use rdpfix::wsman::Response;
use rdpfix::wsman::ResponseEnvelope;
use rdpfix::wsman::Subscription;
use rdpfix::wsman::SubscriptionManager;

/// Text as XML can carry it, blanks and markup among it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\u{a0}-\u{2ff}\u{1f600}\t\n\r]{0,20}",
        "[<>&'\"\\]\\[!\\-\\\\ ]{0,12}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[A-Z][A-Za-z0-9_]{0,14}"
}

fn namespace() -> impl Strategy<Value = Namespace> {
    select(vec![
        Namespace::CIMV2,
        Namespace::STANDARD_CIMV2,
        Namespace::TERMINAL_SERVICES,
        Namespace::new("root/default"),
    ])
}

/// A class that the schema knows, or one that it does not.
fn class() -> impl Strategy<Value = String> {
    let known = [
        "Win32_Service",
        "Win32_OperatingSystem",
        "Win32_ComputerSystem",
        "Win32_TSGeneralSetting",
        "MSFT_NetFirewallRule",
        "MSFT_NetProtocolPortFilter",
    ];
    prop_oneof![
        select(known.to_vec()).prop_map(str::to_owned),
        "Test_[A-Z][a-z]{0,8}",
    ]
}

pub(super) fn path() -> impl Strategy<Value = ObjectPath> {
    let keys = btree_map(name(), text(), 0..3);
    (namespace(), class(), keys).prop_map(|(namespace, class, keys)| ObjectPath {
        namespace,
        class,
        keys,
    })
}

fn scalar(scalar: Scalar) -> BoxedStrategy<Value> {
    match scalar {
        Scalar::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Scalar::Uint => any::<u64>().prop_map(Value::Uint).boxed(),
        Scalar::Sint => any::<i64>().prop_map(Value::Sint).boxed(),
        Scalar::Real => any::<f64>()
            .prop_filter("no number", |number| number.is_finite())
            .prop_map(Value::Real)
            .boxed(),
        Scalar::Text => text().prop_map(Value::Text).boxed(),
        Scalar::DateTime => moment().boxed(),
        Scalar::Interval => interval().boxed(),
    }
}

fn moment() -> impl Strategy<Value = Value> {
    (-60_000_000_000_i64..200_000_000_000, 0..1_000_000_i32).prop_map(|(seconds, micros)| {
        let nanos = if seconds < 0 { -micros } else { micros } * 1000;
        Value::DateTime(Timestamp::new(seconds, nanos).unwrap())
    })
}

fn interval() -> impl Strategy<Value = Value> {
    (0..10_000_000_i64, 0..1_000_000_i32)
        .prop_map(|(seconds, micros)| Value::Interval(SignedDuration::new(seconds, micros * 1000)))
}

fn typed(kind: CimType) -> BoxedStrategy<Value> {
    match kind {
        CimType::One(one) => prop_oneof![1 => Just(Value::Null), 5 => scalar(one)].boxed(),
        CimType::Many(one) => prop_oneof![
            1 => Just(Value::Null),
            5 => vec(scalar(one), 1..4).prop_map(Value::List),
        ]
        .boxed(),
    }
}

/// A value of a property that the schema does not know.
fn untyped() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        text().prop_map(Value::Text),
        moment(),
        interval(),
        vec(text().prop_map(Value::Text), 2..4).prop_map(Value::List),
        path().prop_map(|path| Value::Reference(Box::new(path))),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let properties = btree_map("[A-Z][a-z]{3,8}", inner, 0..3);
        (namespace(), "Test_[A-Z][a-z]{0,8}", properties).prop_map(
            |(namespace, class, properties)| {
                Value::Object(Box::new(Instance {
                    class,
                    namespace,
                    properties,
                }))
            },
        )
    })
}

/// Values by name for a class, or for a method as `Class.Method`; names stand once each.
fn fields(scope: &str) -> BoxedStrategy<Vec<(String, Value)>> {
    let known: Vec<(&'static str, CimType)> = Types::of(scope).known().collect();
    let unknown = btree_map("Zz[a-z]{1,6}", untyped(), 0..3);
    if known.is_empty() {
        return unknown
            .prop_map(|values| values.into_iter().collect())
            .boxed();
    }
    let picked = proptest::sample::subsequence(known.clone(), 0..=known.len().min(8));
    picked
        .prop_flat_map(|picked| {
            picked
                .into_iter()
                .map(|(name, kind)| typed(kind).prop_map(move |value| (name.to_owned(), value)))
                .collect::<Vec<_>>()
        })
        .prop_flat_map(move |values| (Just(values), btree_map("Zz[a-z]{1,6}", untyped(), 0..3)))
        .prop_map(|(mut values, unknown)| {
            values.extend(unknown);
            values
        })
        .boxed()
}

pub(super) fn instance() -> impl Strategy<Value = Instance> {
    (namespace(), class()).prop_flat_map(|(namespace, class)| {
        fields(&class).prop_map(move |values| Instance {
            class: class.clone(),
            namespace: namespace.clone(),
            properties: values.into_iter().collect(),
        })
    })
}

/// An object without a class, whose values all are texts.
fn fragment() -> impl Strategy<Value = Instance> {
    btree_map(name(), text(), 0..4).prop_map(|texts| Instance {
        class: String::new(),
        namespace: Namespace::new(""),
        properties: texts
            .into_iter()
            .map(|(name, text)| (name, Value::Text(text)))
            .collect(),
    })
}

/// A method with a table, or one without.
fn method() -> impl Strategy<Value = (ObjectPath, String)> {
    let known = [
        (Namespace::CIMV2, "StdRegProv", "SetMultiStringValue"),
        (Namespace::CIMV2, "StdRegProv", "GetBinaryValue"),
        (Namespace::CIMV2, "StdRegProv", "EnumValues"),
        (Namespace::CIMV2, "Win32_Service", "Change"),
        (Namespace::CIMV2, "Win32_Service", "StartService"),
        (Namespace::STANDARD_CIMV2, "MSFT_NetFirewallRule", "Enable"),
    ];
    select(known.to_vec()).prop_map(|(namespace, class, method)| {
        (ObjectPath::class(namespace, class), method.to_owned())
    })
}

fn query() -> impl Strategy<Value = Query> {
    let filter = prop_oneof![
        Just(Filter::All),
        (name(), text()).prop_map(|(property, value)| Filter::Equals { property, value }),
        (name(), vec(text(), 2..4))
            .prop_map(|(property, values)| Filter::OneOf { property, values }),
    ];
    (namespace(), class(), filter).prop_map(|(namespace, class, filter)| Query {
        namespace,
        class,
        filter,
    })
}

fn association() -> impl Strategy<Value = Association> {
    (
        path(),
        option::of(class()),
        option::of(class()),
        option::of(name()),
    )
        .prop_map(|(of, association_class, result_class, role)| Association {
            of,
            association_class,
            result_class,
            role,
        })
}

/// The resource of an enumeration that is only gone on with, which is all that then travels.
fn resource() -> impl Strategy<Value = Enumeration> {
    let class = prop_oneof![class(), Just("*".to_owned())];
    (namespace(), class).prop_map(|(namespace, class)| Enumeration::Text {
        resource: ObjectPath::class(namespace, class),
        wql: None,
    })
}

fn enumeration() -> impl Strategy<Value = Enumeration> {
    prop_oneof![
        query().prop_map(Enumeration::Query),
        association().prop_map(Enumeration::Associated),
        (namespace(), class()).prop_map(|(namespace, class)| Enumeration::Text {
            resource: ObjectPath::class(namespace, class),
            wql: None,
        }),
        namespace().prop_map(|namespace| Enumeration::Text {
            resource: ObjectPath::class(namespace, "*"),
            wql: Some("SELECT * FROM C WHERE a='1' AND b<'2'".to_owned()),
        }),
    ]
}

/// A moment no finer than logs have it.
fn log_time() -> impl Strategy<Value = Timestamp> {
    (0..200_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos / 100 * 100).unwrap())
}

fn event() -> impl Strategy<Value = LogEvent> {
    let level = select(vec![
        EventLevel::Error,
        EventLevel::Warning,
        EventLevel::Information,
        EventLevel::AuditSuccess,
        EventLevel::AuditFailure,
    ]);
    let message = option::of(text().prop_filter("blank", |text| !text.trim().is_empty()));
    let number = (any::<u32>(), any::<u64>());
    let names = (channel(), "[A-Z][A-Za-z-]{0,12}");
    (names, number, level, log_time(), vec(text(), 0..4), message).prop_map(
        |((log, source), (id, record), level, at, strings, message)| LogEvent {
            log,
            source,
            id,
            level,
            at,
            strings,
            message,
            record,
        },
    )
}

fn channel() -> impl Strategy<Value = String> {
    "[A-Z][A-Za-z-]{0,12}(/Operational)?"
}

fn manager() -> impl Strategy<Value = SubscriptionManager> {
    let resource = "http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog";
    let resource = option::of(Just(resource.to_owned()));
    ("[0-9A-F]{8}", resource).prop_map(|(identifier, resource)| SubscriptionManager {
        identifier,
        resource,
    })
}

/// What is asked of event logs.
fn about_events() -> impl Strategy<Value = Request> {
    prop_oneof![
        (channel(), vec(any::<u32>(), 0..40), log_time()).prop_map(|(channel, ids, since)| {
            Request::Subscribe(Subscription {
                channel,
                ids,
                since,
            })
        }),
        ("uuid:[0-9A-F]{8}", 1..40_000_u32).prop_map(|(context, max_elements)| {
            Request::PullEvents {
                context,
                max_elements,
            }
        }),
        manager().prop_map(Request::Unsubscribe),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let written = || {
        path().prop_flat_map(|target| {
            let class = target.class.clone();
            (Just(target), fields(&class))
        })
    };
    let context = "uuid:[0-9A-F]{8}";
    prop_oneof![
        path().prop_map(Request::Get),
        path().prop_map(Request::Delete),
        written().prop_map(|(target, properties)| Request::Put { target, properties }),
        written().prop_map(|(class, properties)| Request::Create { class, properties }),
        (enumeration(), 0..40_000_u32)
            .prop_map(|(of, max_elements)| Request::Enumerate { of, max_elements }),
        (resource(), context, 1..40_000_u32).prop_map(|(of, context, max_elements)| {
            Request::Pull {
                of,
                context,
                max_elements,
            }
        }),
        (resource(), context).prop_map(|(of, context)| Request::Release { of, context }),
        about_events(),
        method().prop_flat_map(|(target, method)| {
            fields(&format!("{}.{method}", target.class)).prop_map(move |arguments| {
                Request::Invoke {
                    target: target.clone(),
                    method: method.clone(),
                    arguments,
                }
            })
        }),
    ]
}

/// A request as a client sends it.
pub(super) fn request_envelope() -> impl Strategy<Value = RequestEnvelope> {
    let envelope = (
        "http://[a-z]{1,9}:5985/wsman",
        "uuid:[0-9A-F]{8}-[0-9A-F]{4}",
        0..100_000_u64,
        8192..2_000_000_u32,
        request(),
    )
        .prop_map(
            |(to, message_id, millis, max_envelope_size, request)| RequestEnvelope {
                to,
                message_id,
                operation_timeout: Duration::from_millis(millis),
                max_envelope_size,
                request,
            },
        );
    prop_oneof![1 => Just(RequestEnvelope::identify()), 20 => envelope]
}

fn fault() -> impl Strategy<Value = Fault> {
    let subcodes = [
        "",
        "InternalError",
        "TimedOut",
        "QuotaLimit",
        "DestinationUnreachable",
        "CannotProcessFilter",
        "MustUnderstand",
        "AccessDenied",
    ];
    let codes = prop_oneof![
        any::<u32>(),
        select(vec![
            0,
            5,
            2_150_858_752,
            2_150_858_778,
            2_150_859_174,
            0x8004_1019
        ]),
    ];
    let detail = option::of("[A-Z][A-Za-z]{2,12}");
    // Blanks around a message are the host's whim and not kept.
    let message = text().prop_map(|text| text.trim().to_owned());
    (codes, select(subcodes.to_vec()), message, detail).prop_map(
        |(code, subcode, message, detail)| Fault {
            code,
            subcode: subcode.to_owned(),
            message,
            detail,
        },
    )
}

fn response() -> impl Strategy<Value = Response> {
    let output = method().prop_flat_map(|(class, method)| {
        let scope = format!("{}.{method}", class.class);
        (fields(&scope), option::of(any::<u32>())).prop_map(move |(mut values, returned)| {
            values.extend(returned.map(|number| ("ReturnValue".to_owned(), number.into())));
            Response::Output {
                class: class.clone(),
                method: method.clone(),
                values,
            }
        })
    });
    let item = || prop_oneof![4 => instance(), 1 => fragment()];
    prop_oneof![
        ("[A-Za-z ]{1,9}", "[A-Z]{1,9}").prop_map(|(vendor, version)| Response::Identify {
            vendor: vendor.trim().to_owned(),
            version,
        }),
        item().prop_map(Response::Instance),
        option::of(instance()).prop_map(Response::Put),
        path().prop_map(Response::Created),
        Just(Response::Deleted),
        Just(Response::Released),
        Just(Response::Unsubscribed),
        (manager(), "uuid:[0-9A-F]{8}")
            .prop_map(|(manager, context)| Response::Subscribed { manager, context }),
        (vec(event(), 1..3), option::of("uuid:[0-9A-F]{8}"))
            .prop_map(|(events, context)| Response::Events { events, context }),
        (
            any::<bool>(),
            vec(item(), 0..3),
            option::of("uuid:[0-9A-F]{8}")
        )
            .prop_map(|(first, items, context)| Response::Page {
                first,
                items,
                context,
            }),
        output,
        fault().prop_map(Response::Fault),
    ]
}

/// An answer as a host sends it; Identify has no header.
pub(super) fn response_envelope() -> impl Strategy<Value = ResponseEnvelope> {
    let id = || "uuid:[0-9A-F]{8}";
    (id(), option::of(id()), response()).prop_map(|(message_id, relates_to, response)| {
        let bare = matches!(response, Response::Identify { .. });
        ResponseEnvelope {
            message_id: if bare { String::new() } else { message_id },
            relates_to: relates_to.filter(|_| !bare),
            machine: None,
            response,
        }
    })
}
