//! Facts about connecting and signing in.

use rdpfix::cim::Blame;
use rdpfix::cim::CimError;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::session::Unreachable;
use rdpfix::inventory::Authentication;
use rdpfix::secret::Secret;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::session::connector;
use crate::session::host::Reply;
use crate::session::host::ScriptedHost;
use crate::session::inventory;

/// What comes of connecting to something that answers the first request with these bytes and hangs up.
async fn connect_to(answer: &'static [u8]) -> CimError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _read = stream.read(&mut request).await.unwrap();
        stream.write_all(answer).await.unwrap();
    });
    let error = connector().open(&inventory(port)).await.err().unwrap();
    serving.await.unwrap();
    error
}

#[tokio::test]
async fn signing_in_takes_two_requests_on_one_connection() {
    let host = ScriptedHost::start(|_, _| Reply::HangUp).await;
    for (authentication, requests) in [(Authentication::Ntlm, 2), (Authentication::Negotiate, 2)] {
        let mut inventory = host.inventory();
        inventory.winrm.scheme_of_authentication = authentication;
        let session = connector().open(&inventory).await.unwrap();
        let traffic = session.traffic();
        assert_eq!((traffic.requests, traffic.connections), (requests, 1));
        assert_eq!((traffic.bytes_sent, traffic.bytes_received), (0, 0));
    }
    assert_eq!(host.count("signed in"), 2);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_per_run() {
    let host = ScriptedHost::start(|_, _| Reply::HangUp).await;
    let mut inventory = host.inventory();
    inventory.winrm.password = Secret::new("wrong");
    let connector = connector();
    for _attempt in 0..3 {
        let refused = connector.open(&inventory).await.err().unwrap();
        assert!(
            matches!(refused, CimError::SignInRefused { .. }),
            "{refused}"
        );
    }
    assert_eq!(host.log(), ["1 401"]);
    inventory.winrm.password = Secret::new(crate::session::PASSWORD);
    connector.open(&inventory).await.unwrap();
}

#[tokio::test]
async fn basic_over_plain_http_is_refused_before_any_packet() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut inventory = inventory(listener.local_addr().unwrap().port());
    inventory.winrm.scheme_of_authentication = Authentication::Basic;
    let refused = connector().open(&inventory).await.err().unwrap();
    assert!(
        matches!(refused, CimError::Configuration { .. }),
        "{refused}"
    );
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_closed_port_is_refused_by_the_network() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = connector().open(&inventory(port)).await.err().unwrap();
    let reason = Unreachable::Refused;
    let address = format!("127.0.0.1:{port}");
    assert_eq!(error, CimError::Unreachable { address, reason });
}

#[tokio::test]
async fn a_name_without_an_address_is_told_as_such() {
    let mut inventory = inventory(5985);
    inventory.address = "no-such-host.invalid".to_owned();
    let error = connector().open(&inventory).await.err().unwrap();
    let reason = Unreachable::NameNotFound;
    let address = "no-such-host.invalid:5985".to_owned();
    assert_eq!(error, CimError::Unreachable { address, reason });
}

#[tokio::test]
async fn a_web_server_is_not_a_host_and_its_words_are_shown() {
    let error = connect_to(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>\nNothing here</html>").await;
    assert_eq!(error.blame(), Blame::Peer);
    assert!(
        error.to_string().contains("<html> Nothing here</html>"),
        "{error}"
    );
    assert!(error.to_string().contains("404"), "{error}");
}

#[tokio::test]
async fn something_that_does_not_speak_http_is_not_a_host() {
    let error = connect_to(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    assert!(matches!(error, CimError::NotWsman { .. }), "{error}");
}

#[tokio::test]
async fn a_host_without_ntlm_is_told_apart_from_a_wrong_password() {
    let error =
        connect_to(b"HTTP/1.1 401 \r\nWWW-Authenticate: Kerberos\r\nContent-Length: 0\r\n\r\n")
            .await;
    assert!(
        matches!(&error, CimError::Configuration { detail, .. } if detail.contains("Kerberos")),
        "{error}"
    );
}

#[tokio::test]
async fn sign_in_tokens_that_are_none_are_the_peers_fault() {
    for answer in [
        b"HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate %%%%\r\nContent-Length: 0\r\n\r\n"
            .as_slice(),
        b"HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate YWJj\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    ] {
        let error = connect_to(answer).await;
        assert!(matches!(error, CimError::NotWsman { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_host_that_hangs_up_twice_is_unreachable() {
    let error = connect_to(b"").await;
    assert!(
        matches!(
            error,
            CimError::Unreachable {
                // The second time nothing listens any more.
                reason: Unreachable::ConnectionLost | Unreachable::Refused,
                ..
            }
        ),
        "{error}"
    );
}
