//! How long things may take: bodies that do not come, answers that nobody reads, wrong tokens, the end.
//!
//! Time passes by itself as soon as nothing else is left to do.

use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::rig::Rig;
use super::rig::Setup;

/// The beginning of a form that does not go on.
async fn half_a_form(rig: &Rig) -> TcpStream {
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\n{}\r\nContent-Length: 100\r\n\r\ntoken=a",
        rig.address,
        rig.own_origin()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn told(stream: &mut TcpStream) -> String {
    let mut told = vec![0; 4096];
    let length = stream.read(&mut told).await.unwrap();
    String::from_utf8_lossy(told.get(..length).unwrap()).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_form_that_does_not_come_is_waited_for_no_longer_than_twenty_seconds() {
    let rig = Rig::start(Setup::default()).await;
    let begun = Instant::now();
    let told = told(&mut half_a_form(&rig).await).await;
    assert!(told.starts_with("HTTP/1.1 503"), "{told}");
    let took = begun.elapsed();
    let bound = Duration::from_secs(20)..Duration::from_secs(21);
    assert!(bound.contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_no_answers_is_cut_off() {
    const REQUESTS: usize = 1_000;
    let rig = Rig::start(Setup::default()).await;
    let path = "/api/v1/openapi.json";
    let all = rig.get(path).await.body.len() * REQUESTS;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(rig.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", rig.address);
    // It takes no more requests while its answers are not read.
    let requests = request.repeat(REQUESTS);
    let sending = stream.write_all(requests.as_bytes());
    let _full = tokio::time::timeout(Duration::from_secs(1), sending).await;
    SystemClock.sleep(Duration::from_secs(125)).await;
    let mut told = Vec::new();
    let _reset = stream.read_to_end(&mut told).await;
    assert!(told.starts_with(b"HTTP/1.1 200"));
    assert!(told.len() < all, "{} of {all} bytes", told.len());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_takes_its_time() {
    let rig = Rig::start(Setup::default()).await;
    let origin = rig.own_origin();
    let bearer = "Authorization: Bearer not-the-token-at-all";
    for (line, header, form) in [
        ("GET /api/v1/fleet", bearer, ""),
        ("POST /sign-in", &origin, "token=not-the-token-at-all"),
    ] {
        let begun = Instant::now();
        assert_eq!(rig.ask(line, &[header], form).await.status, 401);
        assert!(begun.elapsed() >= Duration::from_millis(300), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_three_seconds_for_what_is_under_way() {
    let rig = Rig::start(Setup::default()).await;
    let mut stream = half_a_form(&rig).await;
    // What was begun before is served.
    assert_eq!(rig.get("/healthz").await.status, 200);
    let begun = Instant::now();
    rig.end().await;
    let took = begun.elapsed();
    let bound = Duration::from_secs(3)..Duration::from_secs(4);
    assert!(bound.contains(&took), "{took:?}");
    let mut told = Vec::new();
    let _reset = stream.read_to_end(&mut told).await;
    assert!(told.is_empty());
}
