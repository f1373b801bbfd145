//! Facts about connections: how many there are, and what becomes of a question when one misbehaves.

use rdpfix::cim::Blame;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::Query;
use rdpfix::cim::session::Unreachable;

use crate::session::host::Reply;
use crate::session::host::ScriptedHost;
use crate::session::host::last_page;
use crate::session::host::service;
use crate::session::open;

async fn ask(reader: &dyn CimReader) -> Result<Vec<Instance>, CimError> {
    reader
        .query(Query::all(Namespace::CIMV2, "Win32_Service"))
        .await
}

fn good() -> Reply {
    Reply::Answer(last_page(vec![service("a")]))
}

/// The error of a question that is answered with this.
async fn answered_with(reply: impl Fn() -> Reply + Send + Sync + 'static) -> CimError {
    let host = ScriptedHost::start(move |_, _| reply()).await;
    let (session, _) = open(&host).await;
    ask(&session).await.unwrap_err()
}

#[tokio::test]
async fn questions_one_after_another_share_a_connection() {
    let host = ScriptedHost::start(|_, _| good()).await;
    let (session, _) = open(&host).await;
    for _question in 0..3 {
        ask(&session).await.unwrap();
    }
    let traffic = session.traffic();
    assert_eq!(
        (traffic.connections, traffic.requests, traffic.retries),
        (1, 5, 0)
    );
    assert!(
        traffic.bytes_sent > 1_000 && traffic.bytes_received > 1_000,
        "{traffic:?}"
    );
}

#[tokio::test]
async fn a_second_connection_is_opened_when_two_questions_wait_and_never_a_third() {
    let host = ScriptedHost::start(|_, _| good()).await;
    let (session, _) = open(&host).await;
    let (first, second) = tokio::join!(ask(&session), ask(&session));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(session.traffic().connections, 1);
    let many = futures_util::future::join_all((0..8).map(|_| ask(&session))).await;
    assert!(many.iter().all(Result::is_ok));
    assert_eq!(session.traffic().connections, 2);
}

#[tokio::test]
async fn an_unsealed_answer_is_refused() {
    let error = answered_with(|| Reply::Unsealed(last_page(Vec::new()))).await;
    assert!(
        matches!(&error, CimError::NotWsman { detail, .. } if detail.contains("not sealed")),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_to_another_question_is_refused() {
    let error = answered_with(|| Reply::Misdirected(last_page(Vec::new()))).await;
    assert_eq!(error.blame(), Blame::Peer, "{error}");
}

#[tokio::test]
async fn a_page_of_html_is_refused_and_its_beginning_shown() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>\x07Hi</html";
    let error = answered_with(|| Reply::Raw(page.to_vec())).await;
    assert!(matches!(error, CimError::NotWsman { .. }), "{error}");
    assert!(error.to_string().ends_with("<html>Hi</html"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_before_it_is_all_there() {
    let mut answer = b"HTTP/1.1 200 \r\nContent-Type: multipart/encrypted\r\nContent-Length: 99999999999\r\n\r\n".to_vec();
    answer.resize(5 * 1024 * 1024, b'x');
    let error = answered_with(move || Reply::Raw(answer.clone())).await;
    assert!(
        matches!(&error, CimError::NotWsman { detail, .. } if detail.contains("more than")),
        "{error}"
    );
}

#[tokio::test]
async fn a_torn_answer_is_asked_for_again_once() {
    let torn =
        b"HTTP/1.1 200 \r\nContent-Type: multipart/encrypted\r\nContent-Length: 900\r\n\r\n--Encr";
    let host = ScriptedHost::start(|number, _| match number {
        0 | 2 | 3 => Reply::Raw(torn.to_vec()),
        _ => good(),
    })
    .await;
    let (session, _) = open(&host).await;
    ask(&session).await.unwrap();
    assert_eq!(session.traffic().retries, 1);
    let error = ask(&session).await.unwrap_err();
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
    assert_eq!(host.count("Enumerate"), 4);
}

#[tokio::test]
async fn a_connection_that_ended_between_questions_is_replaced() {
    let host = ScriptedHost::start(|number, _| match number {
        0 => Reply::AnswerAndHangUp(last_page(Vec::new())),
        _ => good(),
    })
    .await;
    let (session, _) = open(&host).await;
    ask(&session).await.unwrap();
    host.wait_for("hung up").await;
    ask(&session).await.unwrap();
    let traffic = session.traffic();
    assert_eq!((traffic.connections, traffic.retries), (2, 1));
    assert_eq!(host.count("Enumerate"), 2);
}

#[tokio::test]
async fn a_connection_that_lost_its_sign_in_is_replaced_once() {
    let host = ScriptedHost::start(|number, _| match number {
        0 | 2 | 3 => Reply::Unauthorized,
        _ => good(),
    })
    .await;
    let (session, _) = open(&host).await;
    ask(&session).await.unwrap();
    assert_eq!(host.count("signed in"), 2);
    let error = ask(&session).await.unwrap_err();
    assert_eq!(error.blame(), Blame::Credentials, "{error}");
    assert_eq!(host.count("401"), 3);
}

#[tokio::test]
async fn a_seal_that_is_broken_is_refused() {
    let mut kind = b"HTTP/1.1 200 \r\nContent-Type: ".to_vec();
    kind.extend(rdpfix::wsman::sealed::content_type().into_bytes());
    let body = rdpfix::wsman::sealed::encode(&rdpfix::wsman::sealed::SealedMessage {
        token: vec![1; 16],
        data: vec![2; 40],
        plain_length: 40,
    });
    kind.extend(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes());
    kind.extend(body);
    let error = answered_with(move || Reply::Raw(kind.clone())).await;
    assert!(
        matches!(&error, CimError::NotWsman { detail, .. } if detail.contains("seal")),
        "{error}"
    );
}
