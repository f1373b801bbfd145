//! Facts about the lab's management service, seen as raw bytes.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::auth::Wrapping;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::Operation;
use rdpfix::lab::machine::Token;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use rdpfix::lab::scenario::Kind;
use rdpfix::lab::scenario::LabHost;
use rdpfix::lab::wsman_server::MAX_CONNECTIONS;
use rdpfix::secret::Secret;
use rdpfix::wsman;
use rdpfix::wsman::Enumeration;
use rdpfix::wsman::Request;
use rdpfix::wsman::RequestEnvelope;
use rdpfix::wsman::Response;

use super::service_path;
use super::wire::Wire;

async fn lab() -> Lab {
    let scenario = scenario::named("healthy", None).unwrap();
    Lab::start(&scenario, LabOptions::default()).await.unwrap()
}

/// A lab of one healthy host with trouble on the way to it.
async fn troubled(mishap: Mishap) -> Lab {
    let host = LabHost {
        name: "healthy".to_owned(),
        machine: Kind::Healthy.machine(0, super::now()).unwrap(),
        mishaps: vec![mishap],
        rdp_mishaps: Vec::new(),
    };
    Lab::start_hosts(vec![host], LabOptions::default())
        .await
        .unwrap()
}

async fn wire(lab: &Lab) -> Wire {
    Wire::connect(lab.place("healthy").unwrap().winrm)
        .await
        .unwrap()
}

fn all_services(max_elements: u32) -> Request {
    Request::Enumerate {
        of: Enumeration::Query(Query::all(Namespace::CIMV2, "Win32_Service")),
        max_elements,
    }
}

fn pull(context: &str) -> Request {
    Request::Pull {
        of: Enumeration::Query(Query::all(Namespace::CIMV2, "Win32_Service")),
        context: context.to_owned(),
        max_elements: 32_000,
    }
}

fn page(response: Response) -> (Vec<Instance>, Option<String>) {
    match response {
        Response::Page { items, context, .. } => (items, context),
        other => panic!("no page but {other:?}"),
    }
}

fn term_service() -> Request {
    Request::Get(service_path("TermService"))
}

fn identify_text() -> String {
    wsman::encode_request(&RequestEnvelope::identify())
}

#[tokio::test]
async fn a_stranger_is_told_how_to_sign_in_and_the_connection_is_closed() {
    let lab = lab().await;
    let mut wire = wire(&lab).await;
    let answer = wire.post("/wsman", "", b"").await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 401 ");
    assert_eq!(answer.headers("WWW-Authenticate"), ["Negotiate"]);
    assert_eq!(answer.headers("Server"), ["Microsoft-HTTPAPI/2.0"]);
    assert_eq!(answer.headers("Connection"), ["close"]);
    assert_eq!(answer.headers("Content-Length"), ["0"]);
    assert_eq!(answer.headers("Date").len(), 1);
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn the_challenge_comes_on_a_connection_that_is_kept() {
    let lab = lab().await;
    for wrapping in [Wrapping::Raw, Wrapping::Spnego] {
        let mut wire = wire(&lab).await;
        let answer = wire.sign_in(lab.user(), lab.password(), wrapping).await;
        assert_eq!(answer.status_line(), "HTTP/1.1 200 ");
        assert!(answer.headers("Connection").is_empty());
        let Response::Instance(service) = wire.ask(term_service()).await else {
            panic!("no instance");
        };
        assert_eq!(service.text("State").unwrap(), "Running");
    }
    assert_eq!(lab.connections("healthy"), 2);
}

#[tokio::test]
async fn a_wrong_password_is_refused_with_the_list_of_schemes() {
    let lab = lab().await;
    for (user, password) in [(lab.user(), "wrong"), ("nobody", lab.password().reveal())] {
        let mut wire = wire(&lab).await;
        let answer = wire
            .sign_in(user, &Secret::new(password), Wrapping::Raw)
            .await;
        assert_eq!(answer.status_line(), "HTTP/1.1 401 ");
        assert_eq!(answer.headers("WWW-Authenticate"), ["Negotiate"]);
    }
}

#[tokio::test]
async fn basic_is_not_for_plain_http() {
    let lab = lab().await;
    let header = "Authorization: Basic bGFiYWRtaW46eA==\r\n";
    let answer = wire(&lab).await.post("/wsman", header, b"").await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 401 ");
}

#[tokio::test]
async fn a_plain_body_on_plain_http_is_refused_without_a_word() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let header = "Content-Type: application/soap+xml;charset=UTF-8\r\n";
    let answer = wire
        .post("/wsman", header, identify_text().as_bytes())
        .await
        .unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 500 ");
    assert!(answer.body.is_empty());
    assert!(answer.headers("Content-Type").is_empty());
    // The sign-in is still good.
    assert!(matches!(
        wire.ask(term_service()).await,
        Response::Instance(_)
    ));
}

#[tokio::test]
async fn anybody_may_ask_who_it_is_but_learns_no_version() {
    let lab = lab().await;
    let mut wire = wire(&lab).await;
    for (path, header) in [
        ("/wsman", "WSMANIDENTIFY: unauthenticated\r\n"),
        ("/wsman-anon/identify", ""),
    ] {
        let answer = wire
            .post(path, header, identify_text().as_bytes())
            .await
            .unwrap();
        assert_eq!(answer.status_line(), "HTTP/1.1 200 ");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains("OS: 0.0.0 SP: 0.0 Stack: 3.0"), "{text}");
        assert!(!text.contains('\n') && !text.starts_with("<?xml"), "{text}");
    }
    let sly = wsman::encode_request(&RequestEnvelope {
        request: term_service(),
        ..RequestEnvelope::identify()
    });
    let answer = wire
        .post(
            "/wsman",
            "WSMANIDENTIFY: unauthenticated\r\n",
            sly.as_bytes(),
        )
        .await
        .unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 401 ");
}

#[tokio::test]
async fn who_signed_in_learns_the_version() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let build = lab.machine("healthy").unwrap().os.build.number();
    let expected = Response::Identify {
        vendor: "Microsoft Corporation".to_owned(),
        version: format!("OS: 10.0.{build} SP: 0.0 Stack: 3.0"),
    };
    assert_eq!(wire.ask(Request::Identify).await, expected);
}

#[tokio::test]
async fn other_paths_and_methods_are_not_there() {
    let lab = lab().await;
    let mut wire = wire(&lab).await;
    let answer = wire.post("/wsmanx", "", b"x").await.unwrap();
    assert_eq!(
        (answer.status_line(), answer.body.len()),
        ("HTTP/1.1 404 ", 0)
    );
    wire.send(b"GET /wsman HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(wire.receive().await.unwrap().status_line(), "HTTP/1.1 405 ");
    let answer = wire.post("/WSMan?PSVersion=5.1", "", b"").await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 401 ");
}

#[tokio::test]
async fn a_body_above_the_envelope_limit_is_refused_before_anything_else() {
    let lab = lab().await;
    let mut wire = wire(&lab).await;
    let answer = wire.post("/wsman", "", &vec![b'x'; 600_000]).await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 413 ");
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn rubbish_and_torn_requests_end_the_connection() {
    let lab = lab().await;
    let mut rubbish = wire(&lab).await;
    rubbish
        .send(b"\x16\x03\x01\x00\x05hello\r\n\r\n")
        .await
        .unwrap();
    let answer = rubbish.receive().await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 400 ");
    assert!(rubbish.is_closed().await);

    let mut torn = Wire::signed_in(&lab, "healthy").await;
    torn.send(b"POST /wsman HTTP/1.1\r\nContent-Length: 100\r\n\r\nab")
        .await
        .unwrap();
    drop(torn);
    // The host goes on.
    Wire::signed_in(&lab, "healthy").await;
}

#[tokio::test]
async fn a_message_that_was_not_sealed_by_this_sign_in_ends_the_connection() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let header = format!("Content-Type: {}\r\n", wsman::sealed::content_type());
    let body = wsman::sealed::encode(&wsman::sealed::SealedMessage {
        token: vec![1; 16],
        data: identify_text().into_bytes(),
        plain_length: identify_text().len(),
    });
    let answer = wire.post("/wsman", &header, &body).await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 400 ");
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn what_is_no_envelope_is_a_fault() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    for text in ["<a", "<s:Envelope/>", "{}"] {
        let answer = wire.ask_text(text).await.unwrap();
        assert!(answer.contains("2150858817"), "{answer}");
    }
}

#[tokio::test]
async fn an_enumeration_gives_one_item_first_and_each_context_serves_once() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let (first, context) = page(wire.ask(all_services(32_000)).await);
    assert_eq!(first.len(), 1);
    let context = context.unwrap();
    let (rest, next) = page(wire.ask(pull(&context)).await);
    let known = lab.machine("healthy").unwrap().services.iter().count();
    assert_eq!((1 + rest.len(), next), (known, None));
    let fault = wire.fault(pull(&context)).await;
    assert_eq!(
        (fault.code, fault.subcode.as_str()),
        (2_150_858_779, "InvalidEnumerationContext")
    );
}

#[tokio::test]
async fn a_context_may_be_used_on_another_connection_until_it_is_released() {
    let lab = lab().await;
    let mut one = Wire::signed_in(&lab, "healthy").await;
    let mut other = Wire::signed_in(&lab, "healthy").await;
    let (none, context) = page(one.ask(all_services(0)).await);
    assert_eq!(none, []);
    let context = context.unwrap();
    let release = Request::Release {
        of: Enumeration::Query(Query::all(Namespace::CIMV2, "Win32_Service")),
        context: context.clone(),
    };
    assert_eq!(other.ask(release.clone()).await, Response::Released);
    assert_eq!(one.fault(pull(&context)).await.code, 2_150_858_779);
    assert_eq!(one.fault(release).await.code, 2_150_858_779);
}

/// A clock whose steady part can be moved on.
struct Leaping {
    leap: std::sync::Mutex<Duration>,
}

#[async_trait]
impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn instant(&self) -> Instant {
        SystemClock.instant() + *self.leap.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

#[tokio::test]
async fn contexts_expire() {
    let clock = Arc::new(Leaping {
        leap: std::sync::Mutex::default(),
    });
    let options = LabOptions {
        clock: clock.clone(),
        ..LabOptions::default()
    };
    let lab = Lab::start(&scenario::named("healthy", None).unwrap(), options)
        .await
        .unwrap();
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let (_, context) = page(wire.ask(all_services(32_000)).await);
    *clock.leap.lock().unwrap() = Duration::from_mins(4);
    assert_eq!(
        wire.fault(pull(&context.unwrap())).await.code,
        2_150_858_779
    );
}

#[tokio::test]
async fn open_enumerations_count_against_the_quota() {
    let options = LabOptions {
        operations_per_user: 2,
        ..LabOptions::default()
    };
    let lab = Lab::start(&scenario::named("healthy", None).unwrap(), options)
        .await
        .unwrap();
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let (_, context) = page(wire.ask(all_services(32_000)).await);
    page(wire.ask(all_services(32_000)).await);
    assert_eq!(wire.fault(all_services(32_000)).await.code, 2_150_859_174);
    page(wire.ask(pull(&context.unwrap())).await);
    page(wire.ask(all_services(32_000)).await);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_clients_envelope_is_a_fault() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    lab.update("healthy", |machine| {
        let key = rdpfix::cim::RegistryKey::local_machine(r"SOFTWARE\Large");
        let long = "x".repeat(20_000);
        machine
            .registry
            .set(&key, "Large", rdpfix::cim::RegistryData::Text(long));
    });
    let envelope = RequestEnvelope {
        to: "http://localhost/wsman".to_owned(),
        message_id: "uuid:1".to_owned(),
        max_envelope_size: 8192,
        request: Request::Invoke {
            target: ObjectPath::class(Namespace::CIMV2, "StdRegProv"),
            method: "GetStringValue".to_owned(),
            arguments: vec![
                ("hDefKey".to_owned(), 0x8000_0002_u32.into()),
                ("sSubKeyName".to_owned(), r"SOFTWARE\Large".into()),
                ("sValueName".to_owned(), "Large".into()),
            ],
        },
        ..RequestEnvelope::identify()
    };
    let answer = wire
        .ask_text(&wsman::encode_request(&envelope))
        .await
        .unwrap();
    assert!(answer.contains("2150858790"), "{answer}");
}

#[tokio::test]
async fn a_filtered_token_signs_in_and_is_denied_everything_but_identify() {
    let scenario = scenario::named("access-denied", None).unwrap();
    let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
    assert_eq!(lab.machine("access-denied").unwrap().token, Token::Filtered);
    let mut wire = Wire::signed_in(&lab, "access-denied").await;
    let fault = wire.fault(term_service()).await;
    assert_eq!((fault.code, fault.subcode.as_str()), (5, "InternalError"));
    assert!(matches!(
        wire.ask(Request::Identify).await,
        Response::Identify { .. }
    ));
}

#[tokio::test]
async fn requests_are_recorded_by_operation_and_writes_are_counted() {
    let lab = lab().await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    wire.ask(term_service()).await;
    let stop = Request::Invoke {
        target: service_path("UmRdpService"),
        method: "StopService".to_owned(),
        arguments: Vec::new(),
    };
    wire.ask(stop).await;
    let seen: Vec<_> = lab
        .requests("healthy")
        .into_iter()
        .map(|request| {
            (
                request.operation,
                request.class,
                request.method,
                request.write,
            )
        })
        .collect();
    let service = || "Win32_Service".to_owned();
    let expected = [
        (Operation::Get, service(), None, false),
        (
            Operation::Invoke,
            service(),
            Some("StopService".to_owned()),
            true,
        ),
    ];
    assert_eq!(seen, expected);
    assert_eq!(lab.writes("healthy"), 1);
}

#[tokio::test]
async fn planned_faults_come_for_the_first_requests_only() {
    for (trouble, code) in [(Trouble::Denied, 5), (Trouble::Quota, 2_150_859_174)] {
        let lab = troubled(Mishap::first(2, trouble)).await;
        let mut wire = Wire::signed_in(&lab, "healthy").await;
        for _ in 0..2 {
            assert_eq!(wire.fault(term_service()).await.code, code);
        }
        assert!(matches!(
            wire.ask(term_service()).await,
            Response::Instance(_)
        ));
    }
}

#[tokio::test]
async fn answers_get_lost_in_the_planned_way() {
    for trouble in [Trouble::Reset, Trouble::TornAnswer] {
        let lab = troubled(Mishap::first(1, trouble)).await;
        let mut wire = Wire::signed_in(&lab, "healthy").await;
        let lost = wire.try_ask(term_service()).await.unwrap_err();
        let expected = match trouble {
            Trouble::Reset => std::io::ErrorKind::ConnectionReset,
            _ => std::io::ErrorKind::UnexpectedEof,
        };
        assert_eq!(lost.kind(), expected);
        let mut again = Wire::signed_in(&lab, "healthy").await;
        assert!(matches!(
            again.ask(term_service()).await,
            Response::Instance(_)
        ));
    }
}

#[tokio::test]
async fn a_hung_host_takes_the_request_and_says_nothing() {
    let lab = troubled(Mishap::always(Trouble::Hung)).await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let asking = wire.try_ask(term_service());
    let waited = tokio::time::timeout(Duration::from_millis(200), asking).await;
    assert!(waited.is_err(), "{waited:?}");
    assert!(lab.requests("healthy").is_empty());
}

#[tokio::test]
async fn a_slow_host_answers_late() {
    let delay = Duration::from_millis(150);
    let lab = troubled(Mishap::always(Trouble::Slow(delay))).await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    let start = SystemClock.instant();
    assert!(matches!(
        wire.ask(term_service()).await,
        Response::Instance(_)
    ));
    assert!(SystemClock.instant() - start >= delay);
}

#[tokio::test]
async fn the_first_connections_may_be_refused() {
    let lab = troubled(Mishap::first(1, Trouble::Refused)).await;
    let mut refused = wire(&lab).await;
    assert!(refused.post("/wsman", "", b"").await.is_err());
    Wire::signed_in(&lab, "healthy").await;
}

#[tokio::test]
async fn connections_above_the_limit_are_reset_and_leave_the_others_alone() {
    let lab = lab().await;
    let mut kept = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        kept.push(wire(&lab).await);
    }
    let mut one_more = wire(&lab).await;
    assert!(one_more.post("/wsman", "", b"").await.is_err());
    let answer = kept[0].post("/wsman", "", b"").await.unwrap();
    assert_eq!(answer.status_line(), "HTTP/1.1 401 ");
}
