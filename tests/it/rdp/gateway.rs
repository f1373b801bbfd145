//! The doors of a gateway: requests as they stand on the wire, and answers of any kind.

use proptest::prelude::*;
use rdpfix::rdp::gateway;
use rdpfix::rdp::gateway::AwaitingHead;
use rdpfix::rdp::gateway::Head;
use rdpfix::rdp::gateway::HeadError;
use rdpfix::rdp::gateway::Transport;
use rdpfix::rdp::handshake::Step;
use uuid::Uuid;

const UNAUTHORIZED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\n\
    Content-Type: text/plain\r\nServer: Microsoft-HTTPAPI/2.0\r\n\
    WWW-Authenticate: Negotiate\r\nwww-authenticate: NTLM\r\n\
    Content-Length: 13\r\n\r\nAccess Denied";

fn fed(chunks: &[&[u8]]) -> Result<Option<Head>, HeadError> {
    let mut waiting = AwaitingHead::default();
    for chunk in chunks {
        match waiting.handle(chunk)? {
            Step::More(more) => waiting = more,
            Step::Done(head) => return Ok(Some(head)),
        }
    }
    Ok(None)
}

fn one_by_one(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(1).collect()
}

#[test]
fn requests_carry_what_gateways_look_for() {
    let id = Uuid::from_u128(0x1234_5678);
    let text =
        |transport| String::from_utf8(gateway::request(transport, "gw.example", id)).unwrap();
    let http = text(Transport::Http);
    assert!(http.starts_with("RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1\r\n"));
    assert!(http.contains("\r\nRDG-Connection-Id: {00000000-0000-0000-0000-000012345678}\r\n"));
    assert!(http.contains("\r\nUser-Agent: MS-RDGateway/1.0\r\n"));
    let rpc = text(Transport::Rpc);
    assert!(rpc.starts_with("RPC_OUT_DATA /rpc/rpcproxy.dll?localhost:3388 HTTP/1.1\r\n"));
    assert!(rpc.contains("\r\nUser-Agent: MSRPC\r\n"));
    assert!(rpc.contains("\r\nAccept: application/rpc\r\n"));
    for request in [http, rpc] {
        assert!(request.contains("\r\nHost: gw.example\r\n"));
        assert!(request.ends_with("\r\nContent-Length: 0\r\n\r\n"));
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let parsed = httparse::Request::new(&mut headers).parse(request.as_bytes());
        assert_eq!(parsed, Ok(httparse::Status::Complete(request.len())));
    }
}

#[test]
fn a_head_is_read_however_it_comes() {
    let expected = Head {
        status: 401,
        server: Some("Microsoft-HTTPAPI/2.0".to_owned()),
        schemes: vec!["Negotiate".to_owned(), "NTLM".to_owned()],
    };
    assert!(expected.asks_for_sign_in());
    let whole = fed(&[UNAUTHORIZED]).unwrap();
    assert_eq!(whole.as_ref(), Some(&expected));
    assert_eq!(fed(&one_by_one(UNAUTHORIZED)).unwrap(), Some(expected));
}

#[test]
fn only_a_demand_for_windows_credentials_is_healthy() {
    for (head, expected) in [
        ("HTTP/1.1 401 \r\nWWW-Authenticate: negotiate\r\n\r\n", true),
        (
            "HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"NTLM\"\r\n\r\n",
            false,
        ),
        ("HTTP/1.1 401 \r\n\r\n", false),
        ("HTTP/1.1 403 \r\nWWW-Authenticate: NTLM\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\n\r\n", false),
    ] {
        let read = fed(&[head.as_bytes()]).unwrap().unwrap();
        assert_eq!(read.asks_for_sign_in(), expected, "{head}");
    }
}

#[test]
fn what_is_not_http_or_has_no_end_is_an_error() {
    assert!(matches!(
        fed(&[b"SSH-2.0-OpenSSH_9.2\r\n"]),
        Err(HeadError::NotHttp { .. })
    ));
    let line = format!("X-Padding: {}\r\n", "x".repeat(4096));
    let lines = std::iter::repeat_n(line.as_bytes(), 20);
    let mut endless = vec![b"HTTP/1.1 200 OK\r\n".as_slice()];
    endless.extend(lines);
    assert_eq!(fed(&endless), Err(HeadError::TooLong));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_alike(
        keep in 0..UNAUTHORIZED.len(),
        tail in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let bytes = [&UNAUTHORIZED[..keep], &tail].concat();
        prop_assert_eq!(fed(&[&bytes]).ok(), fed(&one_by_one(&bytes)).ok());
        let _any = fed(&[&tail]);
    }
}
