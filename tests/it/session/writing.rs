//! Facts about what becomes of a change.

use rdpfix::cim::Blame;
use rdpfix::cim::Call;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::RegistryKind;
use rdpfix::cim::Value;
use rdpfix::cim::session::Unreachable;
use rdpfix::wsman::Request;
use rdpfix::wsman::Response;

use crate::session::host::Reply;
use crate::session::host::ScriptedHost;
use crate::session::host::fault;
use crate::session::host::last_page;
use crate::session::host::output;
use crate::session::host::returned;
use crate::session::host::service;
use crate::session::open;

fn start_service() -> Call {
    Call::Method {
        target: ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "TermService"),
        method: "StartService",
        arguments: Vec::new(),
        accepts: &[10],
    }
}

fn key() -> RegistryKey {
    RegistryKey::local_machine(r"SYSTEM\CurrentControlSet\Control\Terminal Server")
}

fn allow_connections() -> Call {
    Call::SetRegistry {
        key: key(),
        name: "fDenyTSConnections".to_owned(),
        data: RegistryData::Dword(0),
    }
}

/// What comes of a change whose requests are answered with these return values, and the methods that were called.
async fn change(call: &Call, codes: &'static [u32]) -> (Result<(), CimError>, Vec<String>) {
    let called = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let calls = std::sync::Arc::clone(&called);
    let host = ScriptedHost::start(move |number, request| {
        let Request::Invoke { method, .. } = request else {
            panic!("{request:?}");
        };
        calls.lock().unwrap().push(method.clone());
        returned(request, codes[number])
    })
    .await;
    let (session, _) = open(&host).await;
    let result = session.invoke(call).await;
    let called = called.lock().unwrap().clone();
    (result, called)
}

#[tokio::test]
async fn a_return_value_decides_whether_a_call_succeeded() {
    assert_eq!(change(&start_service(), &[0]).await.0, Ok(()));
    assert_eq!(change(&start_service(), &[10]).await.0, Ok(()));
    let operation = start_service().to_string();
    let denied = CimError::Denied {
        operation: operation.clone(),
    };
    assert_eq!(change(&start_service(), &[2]).await.0, Err(denied));
    let disabled = CimError::Returned {
        operation,
        class: "Win32_Service".to_owned(),
        code: 14,
    };
    assert!(
        disabled
            .to_string()
            .ends_with(" returned 14 (Service Disabled)")
    );
    assert_eq!(
        disabled.hint().as_deref(),
        Some("the service is disabled; `rdpfix explain win32_service:14` tells more")
    );
    assert_eq!(change(&start_service(), &[14]).await.0, Err(disabled));
}

#[tokio::test]
async fn a_method_without_a_return_value_succeeds_by_answering() {
    let host = ScriptedHost::start(|_, request| Reply::Answer(output(request, &[]))).await;
    let (session, _) = open(&host).await;
    let call = Call::Method {
        target: ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallRule"),
        method: "Enable",
        arguments: Vec::new(),
        accepts: &[],
    };
    session.invoke(&call).await.unwrap();
}

#[tokio::test]
async fn a_key_is_made_only_when_it_is_missing() {
    let (result, called) = change(&allow_connections(), &[0]).await;
    assert_eq!((result, called), (Ok(()), vec!["SetDWORDValue".to_owned()]));
    let (result, called) = change(&allow_connections(), &[2, 0, 0]).await;
    assert_eq!(result, Ok(()));
    assert_eq!(called, ["SetDWORDValue", "CreateKey", "SetDWORDValue"]);
    let (result, called) = change(&allow_connections(), &[2, 5]).await;
    assert!(matches!(result, Err(CimError::Denied { .. })), "{result:?}");
    assert_eq!(called.len(), 2);
}

#[tokio::test]
async fn removing_what_is_missing_is_success() {
    let value = Call::DeleteRegistryValue(key().value("x", RegistryKind::Dword));
    for (call, method) in [
        (value, "DeleteValue"),
        (Call::DeleteRegistryKey(key()), "DeleteKey"),
    ] {
        for codes in [&[0], &[2]] {
            let (result, called) = change(&call, codes).await;
            assert_eq!((result, called), (Ok(()), vec![method.to_owned()]));
        }
        assert!(change(&call, &[5]).await.0.is_err());
    }
}

#[tokio::test]
async fn objects_are_made_changed_and_removed() {
    let host = ScriptedHost::start(|_, request| {
        Reply::Answer(match request {
            Request::Put { properties, .. } => {
                assert_eq!(properties.len(), 1);
                Response::Put(None)
            }
            Request::Create { class, .. } => Response::Created(class.clone().key("Name", "x")),
            Request::Delete(_) => Response::Deleted,
            other => panic!("{other:?}"),
        })
    })
    .await;
    let (session, _) = open(&host).await;
    let target = ObjectPath::class(Namespace::STANDARD_CIMV2, "MSFT_NetFirewallProfile")
        .key("InstanceID", "MSFT|FW|FirewallProfile|Private");
    let properties = vec![("Enabled", Value::Uint(1))];
    for call in [
        Call::Put {
            target: target.clone(),
            properties: properties.clone(),
        },
        Call::Create {
            namespace: Namespace::STANDARD_CIMV2,
            class: "MSFT_NetFirewallRule",
            properties,
        },
        Call::Delete { target },
    ] {
        session.invoke(&call).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_may_have_been_carried_out_is_not_sent_again() {
    let host = ScriptedHost::start(|_, _| Reply::HangUp).await;
    let (session, _) = open(&host).await;
    let error = session.invoke(&start_service()).await.unwrap_err();
    assert!(
        matches!(
            error,
            CimError::Unreachable {
                reason: Unreachable::ConnectionLost,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(host.count("Invoke"), 1);
    assert_eq!(session.traffic().retries, 0);
}

#[tokio::test]
async fn a_call_that_was_not_begun_is_sent_again() {
    let host = ScriptedHost::start(|number, request| match number {
        0 => Reply::Unauthorized,
        1 => Reply::AnswerAndHangUp(output(request, &[])),
        _ => returned(request, 0),
    })
    .await;
    let (session, _) = open(&host).await;
    session.invoke(&start_service()).await.unwrap();
    assert_eq!(session.traffic().connections, 2);
    host.wait_for("2 hung up").await;
    session.invoke(&start_service()).await.unwrap();
    assert_eq!(session.traffic().connections, 3);
    assert_eq!(host.count("Invoke"), 3);
}

#[tokio::test]
async fn a_busy_host_is_asked_again_also_for_calls_and_a_timed_out_one_is_not() {
    let host = ScriptedHost::start(|number, request| match number {
        0 => fault(2_150_859_174),
        1 => returned(request, 0),
        _ => fault(2_150_858_793),
    })
    .await;
    let (session, _) = open(&host).await;
    session.invoke(&start_service()).await.unwrap();
    let error = session.invoke(&start_service()).await.unwrap_err();
    assert_eq!(error.blame(), Blame::Network, "{error}");
    assert_eq!(host.count("Invoke"), 3);
}

#[tokio::test]
async fn a_session_goes_on_after_a_lost_call() {
    let host = ScriptedHost::start(|number, _| match number {
        0 => Reply::HangUp,
        _ => Reply::Answer(last_page(vec![service("a")])),
    })
    .await;
    let (session, _) = open(&host).await;
    session.invoke(&start_service()).await.unwrap_err();
    let reader: &dyn CimReader = &session;
    let found = reader
        .query(Query::all(Namespace::CIMV2, "Win32_Service"))
        .await;
    assert_eq!(found.unwrap().len(), 1);
}
