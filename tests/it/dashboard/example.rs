//! The example that serves a made-up fleet: it says where, and what is there answers.

use std::process::Stdio;

use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::support;

#[tokio::test]
async fn the_example_serves_a_fleet_of_the_size_that_was_asked_for() {
    let Some(program) = support::example("dashboard") else {
        return;
    };
    let mut child = Command::new(program)
        .args(["4", "3", "2"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.next_line().await.unwrap().unwrap();
    let url = told.split_whitespace().next().unwrap();
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/v1/fleet HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    // There is one more, whose name means harm.
    assert!(answer.contains("\"hosts\":5,"), "{answer}");
    child.kill().await.unwrap();
}
