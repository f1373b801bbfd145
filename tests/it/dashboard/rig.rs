//! A dashboard on a port of loopback, and a client that says exactly what a test wants said.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::dashboard;
use rdpfix::dashboard::Access;
use rdpfix::dashboard::App;
use rdpfix::dashboard::Archive;
use rdpfix::secret::Secret;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::fleet;
use super::fleet::Size;
use super::jobs::MadeUp;

pub(super) const TOKEN: &str = "a-token-that-tests-know";
pub(super) const SMALL: Size = Size {
    hosts: 60,
    controls: 12,
    runs: 8,
};

/// What a dashboard is started with.
pub(super) struct Setup {
    pub(super) size: Size,
    pub(super) token: Option<&'static str>,
    /// The address that it believes to listen on.
    pub(super) listening: Option<&'static str>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            size: SMALL,
            token: Some(TOKEN),
            listening: None,
        }
    }
}

/// A running dashboard; it ends with this.
pub(super) struct Rig {
    pub(super) address: SocketAddr,
    pub(super) jobs: Arc<MadeUp>,
    pub(super) file: PathBuf,
    _folder: tempfile::TempDir,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Rig {
    pub(super) async fn start(setup: Setup) -> Self {
        let size = setup.size;
        Self::recorded(setup, move |file, now| fleet::record(file, size, now)).await
    }

    /// Over a history that something else records.
    pub(super) async fn recorded(
        setup: Setup,
        record: impl FnOnce(&Path, Timestamp) + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.db");
        let now = SystemClock.now();
        let recording = {
            let file = file.clone();
            tokio::task::spawn_blocking(move || record(&file, now))
        };
        recording.await.unwrap();
        Self::over(folder, file, now, &setup).await
    }

    async fn over(folder: tempfile::TempDir, file: PathBuf, now: Timestamp, setup: &Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let believed = setup
            .listening
            .map_or(address, |text| text.parse().unwrap());
        let token = setup.token.map(Secret::new);
        let names = ["compliance.corp.example".to_owned()];
        let access = Access::new(believed, &names, token.as_ref()).unwrap();
        let jobs = Arc::new(MadeUp::new(now));
        let clock = Arc::new(SystemClock);
        let shown: Arc<MadeUp> = Arc::clone(&jobs);
        let app = App::new(Archive::new(&file), shown, access, clock);
        let (end, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let ending = async {
                let _dropped = ended.await;
            };
            dashboard::serve(listener, app, ending).await;
        });
        Self {
            address,
            jobs,
            file,
            _folder: folder,
            end,
            serving,
        }
    }

    /// Ends it, and waits until it has.
    pub(super) async fn end(self) {
        drop(self.end);
        self.serving.await.unwrap();
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What comes back for exactly these bytes.
    pub(super) async fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that has answered already may take no more.
        let _cut_off = stream.write_all(request).await;
        let mut bytes = Vec::new();
        let _reset = stream.read_to_end(&mut bytes).await;
        Reply::new(&String::from_utf8_lossy(&bytes))
    }

    /// A request with these header lines besides `Host`.
    pub(super) async fn ask(&self, line: &str, headers: &[&str], body: &str) -> Reply {
        let mut lines = vec![format!("{line} HTTP/1.1"), "Connection: close".to_owned()];
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            lines.push(format!("Host: {}", self.address));
        }
        let given = headers.iter().filter(|header| !header.is_empty());
        lines.extend(given.map(|header| (*header).to_owned()));
        if !body.is_empty() {
            lines.push("Content-Type: application/x-www-form-urlencoded".to_owned());
            lines.push(format!("Content-Length: {}", body.len()));
        }
        let request = lines.join("\r\n") + "\r\n";
        self.raw(format!("{request}\r\n{body}").as_bytes()).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path}"), &[], "").await
    }

    /// An answer that has to be good, as JSON.
    pub(super) async fn json(&self, path: &str) -> serde_json::Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    }

    /// A page that has to be good.
    pub(super) async fn page(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    }

    /// The header line that says that a page of ours sent something.
    pub(super) fn own_origin(&self) -> String {
        format!("Origin: http://{}", self.address)
    }

    /// Signs in and gives the header line with the cookie.
    pub(super) async fn cookie(&self) -> String {
        let origin = self.own_origin();
        let form = format!("to=%2Fjobs&token={TOKEN}");
        let reply = self.ask("POST /sign-in", &[&origin], &form).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let cookie = reply.header("set-cookie").unwrap();
        let (pair, _) = cookie.split_once(';').unwrap();
        format!("Cookie: {pair}")
    }
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Reply {
    /// 0 when nothing came.
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Reply {
    fn new(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self {
            status: status.and_then(|status| status.parse().ok()).unwrap_or(0),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}
