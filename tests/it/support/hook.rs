//! A receiver of webhooks that others wrote: Python's HTTP server, see `tests/peers/hook.py`.

use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStdout;
use tokio::process::Command;

use crate::support;

/// Longer than anything takes on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A receiver that is up; it goes down when this is dropped.
pub(crate) struct Hook {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

/// What was received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: Value,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.headers.as_object().unwrap();
        let found = headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str())
    }
}

impl Hook {
    pub(crate) async fn start() -> Option<Self> {
        let python = support::peer_program("python3")?;
        let mut child = Command::new(python)
            .arg(support::root().join("tests/peers/hook.py"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().unwrap();
        Some(Self {
            port: port.parse().unwrap(),
            lines,
            _child: child,
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The next request, which must come.
    pub(crate) async fn next(&mut self) -> Received {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("a request comes").unwrap().unwrap();
        let mut value: Value = serde_json::from_str(&line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Received {
            path: text(&value["path"]),
            body: text(&value["body"]),
            headers: value["headers"].take(),
        }
    }

    /// The next request to a path; others are passed over.
    pub(crate) async fn next_to(&mut self, path: &str) -> Received {
        loop {
            let received = self.next().await;
            if received.path == path {
                return received;
            }
        }
    }

    /// Asks for something oneself, and waits until it was heard; whatever came before is given back.
    pub(crate) async fn knock(&mut self, path: &str) -> Vec<String> {
        let url = self.url(path);
        let answer = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(plain_tls())
            .build()
            .unwrap()
            .get(url)
            .send()
            .await;
        assert!(answer.unwrap().status().is_success());
        let mut before = Vec::new();
        loop {
            let received = self.next().await;
            if received.path == path {
                return before;
            }
            before.push(received.path);
        }
    }
}

/// Settings that nothing is ever sent with.
fn plain_tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
