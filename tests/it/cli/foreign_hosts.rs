//! What answers on the WinRM port is not always a Windows host, and not every file is what its name says.

use std::sync::Arc;
use std::time::Duration;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::mishap::Mishap;
use rdpfix::lab::mishap::Trouble;
use rdpfix::lab::scenario;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::cli::Finished;
use crate::cli::run;

/// How a stranger answers after the first line of a request.
#[derive(Clone, Copy)]
enum Answer {
    Text(&'static str),
    Endless,
}

async fn answer(mut stream: TcpStream, answer: Answer) {
    let mut request = [0; 4096];
    if !matches!(stream.read(&mut request).await, Ok(1..)) {
        return;
    }
    match answer {
        Answer::Text(text) => {
            let _sent = stream.write_all(text.as_bytes()).await;
        }
        Answer::Endless => {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
            let _sent = stream.write_all(head.as_bytes()).await;
            // Ends when the client hangs up.
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
    }
}

/// Audits a host at which a stranger answers.
async fn audit(kind: Answer) -> Finished {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, kind));
        }
    });
    let folder = TempDir::new().expect("a folder");
    let text = format!(
        "all:\n  hosts:\n    stranger:\n      ansible_host: 127.0.0.1\n      ansible_port: {port}\n      \
         ansible_winrm_scheme: http\n      ansible_user: admin\n      ansible_password: pw\n      rdp_port: {port}\n"
    );
    let inventory = write(&folder, "stranger.yml", text.as_bytes());
    let finished = run(&["audit", BASELINE, "-i", &inventory, "--timeout", "2"]).await;
    serving.abort();
    finished
}

#[expect(clippy::disallowed_methods, reason = "tests write their own data")]
fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_is_told_apart_from_winrm() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 35\r\n\r\n<html><body>It works!</body></html>";
    let finished = audit(Answer::Text(page)).await.exits(4);
    finished
        .says("not WS-Management")
        .says("It works!")
        .says("is this the WinRM port?");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_cut_off() {
    audit(Answer::Endless)
        .await
        .exits(4)
        .says("not WS-Management");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_http_is_told() {
    audit(Answer::Text("SSH-2.0-OpenSSH_9.2\r\n"))
        .await
        .exits(4)
        .says("hint: ");
}

/// Audits a healthy host with planned trouble.
async fn audit_with(trouble: Trouble) -> Finished {
    let scenario = scenario::named("healthy", Some(1)).expect("a scenario");
    let mut hosts = scenario.build(SystemClock.now()).expect("hosts");
    for host in &mut hosts {
        host.mishaps.push(Mishap::always(trouble));
    }
    let options = LabOptions {
        clock: Arc::new(SystemClock),
        ..LabOptions::default()
    };
    let bench = Bench::around(Lab::start_hosts(hosts, options).await.expect("a lab"));
    bench.run(&["audit", BASELINE, "--timeout", "1"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_answer_is_a_lost_connection() {
    audit_with(Trouble::TornAnswer)
        .await
        .exits(4)
        .says("the connection was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_costs_its_limit_only() {
    let begin = SystemClock.instant();
    let finished = audit_with(Trouble::Hung).await.exits(2);
    finished.says("--timeout").says("no answer in time");
    // A second for the first requests, which nobody answers, and another for the one that is sent again.
    let took = SystemClock.instant().duration_since(begin);
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_lasts_is_named() {
    audit_with(Trouble::Quota)
        .await
        .exits(2)
        .says("quota")
        .says("try again later");
}

#[tokio::test]
async fn files_that_are_not_text_are_told_with_line_and_byte() {
    let folder = TempDir::new().expect("a folder");
    let playbook = write(&folder, "latin1.yml", b"- hosts: all\n  # caf\xe9\n");
    run(&["lint", &playbook])
        .await
        .exits(6)
        .says("UTF-8")
        .says("line 2");
    let inventory = write(&folder, "inventory.yml", b"all:\n  hosts:\n    caf\xe9:\n");
    run(&["audit", BASELINE, "-i", &inventory])
        .await
        .exits(6)
        .says("UTF-8")
        .says("line 3");
}

#[tokio::test]
async fn a_circle_of_variables_is_named() {
    let folder = TempDir::new().expect("a folder");
    let text = "- hosts: all\n  vars: {a: '{{ b }}', b: '{{ a }}'}\n  tasks:\n    - service: {name: '{{ a }}', state: running}\n";
    let playbook = write(&folder, "circle.yml", text.as_bytes());
    run(&["lint", &playbook]).await.exits(6).says("a → b → a");
    run(&["apply", &playbook, "-i", "lab:healthy"])
        .await
        .exits(6)
        .says("a → b → a");
}

#[tokio::test]
async fn an_undefined_variable_fails_its_task_with_name_and_place() {
    let folder = TempDir::new().expect("a folder");
    let text = "- hosts: all\n  tasks:\n    - service: {name: '{{ servce }}', state: running}\n";
    let playbook = write(&folder, "undefined.yml", text.as_bytes());
    let finished = run(&["audit", &playbook, "-i", "lab:healthy", "-e", "service=X"]).await;
    finished
        .exits(2)
        .says("`servce`")
        .says("undefined.yml:3:")
        .says("did you mean `service`?");
}

#[tokio::test]
async fn an_inventory_is_no_playbook() {
    run(&["lint", "inventory/example.yml"])
        .await
        .exits(6)
        .says("give it with `-i`");
}
