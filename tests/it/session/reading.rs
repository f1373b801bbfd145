//! Facts about what becomes of a question.

use std::sync::Arc;

use rdpfix::cim::Association;
use rdpfix::cim::Blame;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::cim::Question;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::RegistryKind;
use rdpfix::cim::Value;
use rdpfix::wsman::Request;
use rdpfix::wsman::Response;

use crate::session::host::Reply;
use crate::session::host::ScriptedHost;
use crate::session::host::fault;
use crate::session::host::last_page;
use crate::session::host::output;
use crate::session::host::page;
use crate::session::host::returned;
use crate::session::host::service;
use crate::session::open;

const OBJECT_NOT_FOUND: u32 = 2_150_858_752;
const INVALID_CONTEXT: u32 = 2_150_858_779;
const TOO_MANY_OPERATIONS: u32 = 2_150_859_174;

fn services() -> Query {
    Query::all(Namespace::CIMV2, "Win32_Service")
}

fn terminal_server() -> RegistryKey {
    RegistryKey::local_machine(r"SYSTEM\CurrentControlSet\Control\Terminal Server")
}

/// The names of the requests that reached the host, the sign-in left out.
fn requests(host: &ScriptedHost) -> Vec<String> {
    let log = host.log().into_iter();
    log.map(|line| line.split_once(' ').unwrap().1.to_owned())
        .filter(|line| line != "signed in")
        .collect()
}

#[tokio::test]
async fn an_enumeration_is_followed_to_its_end() {
    let host = ScriptedHost::start(|number, request| {
        let context = |request: &Request| match request {
            Request::Pull { context, .. } => context.clone(),
            _ => String::new(),
        };
        Reply::Answer(match (number, context(request).as_str()) {
            (0, "") => page(vec![service("a")], Some("uuid:1")),
            // A page without items and without an end is legal.
            (1, "uuid:1") => page(Vec::new(), Some("uuid:2")),
            (2, "uuid:2") => last_page(vec![service("b"), service("c")]),
            other => panic!("{other:?}"),
        })
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let found = reader.query(services()).await.unwrap();
    let names: Vec<&str> = found
        .iter()
        .map(|service| service.text("Name").unwrap())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    session.close().await;
    assert_eq!(requests(&host), ["Enumerate", "Pull", "Pull"]);
}

#[tokio::test]
async fn linked_objects_are_enumerated() {
    let host = ScriptedHost::start(|_, _| Reply::Answer(last_page(vec![service("a")]))).await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let association = Association {
        of: ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "TermService"),
        association_class: None,
        result_class: Some("Win32_Service".to_owned()),
        role: None,
    };
    assert_eq!(reader.associated(association).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_question_is_asked_again_when_its_answer_was_lost() {
    let host = ScriptedHost::start(|number, request| {
        if number == 0 {
            return Reply::HangUp;
        }
        let days = [
            ("DaysLeft", Value::Uint(7)),
            ("ReturnValue", Value::Uint(0)),
        ];
        Reply::Answer(output(request, &days))
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let class = "Win32_TerminalServiceSetting";
    let target = ObjectPath::class(Namespace::TERMINAL_SERVICES, class);
    let question = Question::new(target.clone(), "GetGracePeriodDays");
    let output = reader.ask(question).await.unwrap();
    assert!(output.contains(&("DaysLeft".to_owned(), Value::Uint(7))));
    let asked = host.log();
    let change = Question::new(target, "SetAllowTSConnections");
    let refused = reader.ask(change).await;
    assert!(
        matches!(refused, Err(CimError::Broken { .. })),
        "{refused:?}"
    );
    assert_eq!(host.log(), asked);
}

#[tokio::test]
async fn an_object_that_does_not_exist_is_none_and_other_faults_are_not() {
    let host = ScriptedHost::start(|number, _| match number {
        0 => Reply::Answer(Response::Instance(service("TermService"))),
        1 => fault(OBJECT_NOT_FOUND),
        2 => fault(6),
        _ => fault(5),
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let path = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "TermService");
    assert!(reader.get(path.clone()).await.unwrap().is_some());
    assert_eq!(reader.get(path.clone()).await.unwrap(), None);
    assert_eq!(reader.get(path.clone()).await.unwrap(), None);
    let operation = path.to_string();
    assert_eq!(reader.get(path).await, Err(CimError::Denied { operation }));
}

#[tokio::test]
async fn an_enumeration_that_fails_half_way_is_released() {
    let host = ScriptedHost::start(|number, request| match number {
        0 => Reply::Answer(page(vec![service("a")], Some("uuid:1"))),
        1 => fault(2_150_858_790),
        _ => {
            assert!(matches!(request, Request::Release { context, .. } if context == "uuid:1"));
            Reply::Answer(Response::Released)
        }
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let failed = reader.query(services()).await.unwrap_err();
    assert_eq!(failed.blame(), Blame::Refusal);
    session.close().await;
    assert_eq!(requests(&host), ["Enumerate", "Pull", "Release"]);
}

#[tokio::test]
async fn an_enumeration_that_is_abandoned_is_released_at_the_end() {
    let host = ScriptedHost::start(|number, _| match number {
        0 => Reply::Answer(page(vec![service("a")], Some("uuid:1"))),
        1 => Reply::Silence,
        _ => Reply::Answer(Response::Released),
    })
    .await;
    let (session, _) = open(&host).await;
    let session = Arc::new(session);
    let reading = Arc::clone(&session);
    let reading = tokio::spawn(async move {
        let reader: &dyn CimReader = reading.as_ref();
        reader.query(services()).await
    });
    host.wait_for("Pull").await;
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());
    session.close().await;
    assert_eq!(host.count("Release"), 1, "{:?}", host.log());
    assert_eq!(session.traffic().connections, 2);
}

#[tokio::test]
async fn an_enumeration_that_the_host_forgot_is_started_again_once() {
    let host = ScriptedHost::start(|number, request| match (number, request) {
        (1, _) => fault(INVALID_CONTEXT),
        (_, Request::Enumerate { .. }) => Reply::Answer(page(vec![service("a")], Some("uuid:1"))),
        (3, _) => Reply::Answer(last_page(vec![service("b")])),
        _ => fault(INVALID_CONTEXT),
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    assert_eq!(reader.query(services()).await.unwrap().len(), 2);
    let failed = reader.query(services()).await.unwrap_err();
    assert!(
        matches!(
            failed,
            CimError::Fault {
                code: INVALID_CONTEXT,
                ..
            }
        ),
        "{failed}"
    );
    assert_eq!(host.count("Enumerate"), 4);
    assert_eq!(host.count("Release"), 0);
}

#[tokio::test]
async fn an_enumeration_without_end_is_ended() {
    let host = ScriptedHost::start(|_, request| match request {
        Request::Release { .. } => Reply::Answer(Response::Released),
        _ => Reply::Answer(page(Vec::new(), Some("uuid:1"))),
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let failed = reader.query(services()).await.unwrap_err();
    assert!(matches!(failed, CimError::NotWsman { .. }), "{failed}");
    assert_eq!(host.count("Release"), 1);
}

#[tokio::test]
async fn a_busy_host_is_asked_again_after_growing_pauses_and_not_for_ever() {
    let host = ScriptedHost::start(|number, _| match number {
        2 => Reply::Answer(last_page(Vec::new())),
        _ => fault(TOO_MANY_OPERATIONS),
    })
    .await;
    let (session, clock) = open(&host).await;
    let reader: &dyn CimReader = &session;
    reader.query(services()).await.unwrap();
    let pauses = clock.pauses.lock().unwrap().clone();
    assert!(pauses.len() == 2 && pauses[0] < pauses[1], "{pauses:?}");
    let failed = reader.query(services()).await.unwrap_err();
    assert_eq!(failed.blame(), Blame::Quota);
    assert_eq!(host.count("Enumerate"), 6);
    assert_eq!(session.traffic().retries, 4);
}

#[tokio::test]
async fn an_operation_that_the_host_gave_up_is_timed_out() {
    let host = ScriptedHost::start(|_, _| fault(2_150_858_793)).await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let failed = reader.query(services()).await.unwrap_err();
    assert!(matches!(failed, CimError::TimedOut { .. }), "{failed}");
    assert_eq!(host.count("Enumerate"), 1);
}

#[tokio::test]
async fn registry_values_are_read_as_what_they_are() {
    let host = ScriptedHost::start(|_, request| {
        let Request::Invoke {
            method, arguments, ..
        } = request
        else {
            panic!("{request:?}");
        };
        assert_eq!(
            arguments[0],
            ("hDefKey".to_owned(), Value::Uint(2_147_483_650))
        );
        let text = |text: &str| Value::text(text);
        let (name, value) = match method.as_str() {
            "GetStringValue" => ("sValue", text("a")),
            "GetExpandedStringValue" => ("sValue", text("%b%")),
            "GetMultiStringValue" => ("sValue", Value::List(vec![text("c"), text("d")])),
            "GetBinaryValue" => (
                "uValue",
                Value::List(vec![Value::Uint(222), Value::Uint(0)]),
            ),
            "GetDWORDValue" => ("uValue", Value::Uint(4_294_967_295)),
            "GetQWORDValue" => ("uValue", Value::Uint(u64::MAX)),
            other => panic!("{other}"),
        };
        Reply::Answer(output(
            request,
            &[(name, value), ("ReturnValue", Value::Uint(0))],
        ))
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    for data in [
        RegistryData::Text("a".to_owned()),
        RegistryData::ExpandText("%b%".to_owned()),
        RegistryData::MultiText(vec!["c".to_owned(), "d".to_owned()]),
        RegistryData::Binary(vec![222, 0]),
        RegistryData::Dword(u32::MAX),
        RegistryData::Qword(u64::MAX),
    ] {
        let path = terminal_server().value("x", data.kind());
        assert_eq!(reader.registry(path).await, Ok(Some(data)));
    }
}

#[tokio::test]
async fn return_values_of_the_registry_say_missing_wrong_type_and_denied() {
    let codes = [1, 2, 2_147_749_893, 5, 1_234];
    let host = ScriptedHost::start(move |number, request| returned(request, codes[number])).await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let path = terminal_server().value("fDenyTSConnections", RegistryKind::Dword);
    assert_eq!(reader.registry(path.clone()).await, Ok(None));
    assert_eq!(reader.registry(path.clone()).await, Ok(None));
    let operation = path.to_string();
    assert_eq!(
        reader.registry(path.clone()).await,
        Err(CimError::RegistryType {
            path: operation.clone()
        })
    );
    assert_eq!(
        reader.registry(path.clone()).await,
        Err(CimError::Denied {
            operation: operation.clone()
        })
    );
    let code = 1_234;
    assert_eq!(
        reader.registry(path).await,
        Err(CimError::Returned {
            operation,
            class: "StdRegProv".to_owned(),
            code
        })
    );
}

#[tokio::test]
async fn keys_and_values_of_a_key_are_listed_and_a_missing_key_is_none() {
    let host = ScriptedHost::start(|number, request| {
        let names = Value::List(vec![Value::text("a"), Value::text("b")]);
        let types = Value::List(vec![Value::Uint(4), Value::Uint(8)]);
        let zero = Value::Uint(0);
        match number {
            0 => Reply::Answer(output(request, &[("sNames", names), ("ReturnValue", zero)])),
            1 => Reply::Answer(output(
                request,
                &[("sNames", names), ("Types", types), ("ReturnValue", zero)],
            )),
            _ => returned(request, 2),
        }
    })
    .await;
    let (session, _) = open(&host).await;
    let reader: &dyn CimReader = &session;
    let keys = reader.sub_keys(terminal_server()).await.unwrap().unwrap();
    assert_eq!(keys, ["a", "b"]);
    let values = reader
        .value_types(terminal_server())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        values,
        [
            ("a".to_owned(), Some(RegistryKind::Dword)),
            ("b".to_owned(), None)
        ]
    );
    assert_eq!(reader.sub_keys(terminal_server()).await, Ok(None));
    assert_eq!(reader.value_types(terminal_server()).await, Ok(None));
}
