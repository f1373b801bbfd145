//! A WinRM host on loopback that answers as it is told, right or wrong.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rdpfix::auth::Account;
use rdpfix::auth::NtlmServer;
use rdpfix::auth::Sealed;
use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Value;
use rdpfix::inventory;
use rdpfix::secret::Secret;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;
use rdpfix::wsman::Response;
use rdpfix::wsman::ResponseEnvelope;
use rdpfix::wsman::decode_request;
use rdpfix::wsman::encode_response;
use rdpfix::wsman::sealed;
use rdpfix::wsman::sealed::SealedMessage;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// What the host does with a request that it has opened and read.
pub(super) enum Reply {
    /// Answers as it should.
    Answer(Response),
    /// Answers as it should and hangs up.
    AnswerAndHangUp(Response),
    /// Answers without sealing.
    Unsealed(Response),
    /// Answers to another question.
    Misdirected(Response),
    /// Says that nobody is signed in.
    Unauthorized,
    /// Sends these bytes and hangs up.
    Raw(Vec<u8>),
    /// Hangs up.
    HangUp,
    /// Says nothing.
    Silence,
}

/// The end of an enumeration, with these instances.
pub(super) fn last_page(items: Vec<Instance>) -> Response {
    page(items, None)
}

/// A page that more follow.
pub(super) fn page(items: Vec<Instance>, context: Option<&str>) -> Response {
    Response::Page {
        first: true,
        items,
        context: context.map(str::to_owned),
    }
}

/// A service with this name.
pub(super) fn service(name: &str) -> Instance {
    Instance::new(Namespace::CIMV2, "Win32_Service").with("Name", name)
}

/// The output of a method.
pub(super) fn output(request: &Request, values: &[(&str, Value)]) -> Response {
    let Request::Invoke { target, method, .. } = request else {
        panic!("{request:?} has no output");
    };
    Response::Output {
        class: ObjectPath::class(target.namespace.clone(), target.class.clone()),
        method: method.clone(),
        values: values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    }
}

/// The output of a method that only returns a number.
pub(super) fn returned(request: &Request, code: u32) -> Reply {
    Reply::Answer(output(request, &[("ReturnValue", Value::from(code))]))
}

/// A fault with this code.
pub(super) fn fault(code: u32) -> Reply {
    Reply::Answer(Response::Fault(Fault {
        code,
        subcode: "InternalError".to_owned(),
        message: "no".to_owned(),
        detail: None,
    }))
}

type Script = dyn Fn(usize, &Request) -> Reply + Send + Sync;

/// The host. Its log has `401` for each refusal, `signed in` and the name of each request, with the connection's number.
pub(super) struct ScriptedHost {
    pub(super) port: u16,
    log: Arc<Mutex<Vec<String>>>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for ScriptedHost {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl ScriptedHost {
    /// Answers the request of each number (from 0, counted over all connections) as the script says.
    pub(super) async fn start(
        script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared {
            script: Arc::new(script),
            log: Arc::clone(&log),
            requests: Arc::new(AtomicUsize::new(0)),
        };
        let accepting = tokio::spawn(async move {
            for number in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                let connection = Connection {
                    stream,
                    number,
                    shared: shared.clone(),
                    context: None,
                };
                tokio::spawn(connection.serve());
            }
        });
        Self {
            port,
            log,
            accepting,
        }
    }

    pub(super) fn inventory(&self) -> inventory::Host {
        super::inventory(self.port)
    }

    /// What has happened so far.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until something has happened, and the client has had time to see it.
    pub(super) async fn wait_for(&self, what: &str) {
        let seen = async {
            while self.count(what) == 0 {
                tokio::task::yield_now().await;
            }
            for _turn in 0..500 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), seen)
            .await
            .unwrap_or_else(|_| panic!("no {what} in {:?}", self.log()));
    }

    /// How many lines of the log end with this.
    pub(super) fn count(&self, what: &str) -> usize {
        self.log()
            .iter()
            .filter(|line| line.ends_with(what))
            .count()
    }
}

#[derive(Clone)]
struct Shared {
    script: Arc<Script>,
    log: Arc<Mutex<Vec<String>>>,
    requests: Arc<AtomicUsize>,
}

struct Connection {
    stream: TcpStream,
    number: usize,
    shared: Shared,
    context: Option<NtlmServer>,
}

struct HttpRequest {
    authorization: Option<String>,
    body: Vec<u8>,
}

impl Connection {
    async fn serve(mut self) {
        while let Some(request) = self.receive().await {
            let goes_on = match &request.authorization {
                Some(authorization) => self.sign_in(authorization).await,
                None => self.answer(&request.body).await,
            };
            if !goes_on {
                break;
            }
        }
        let (number, log) = (self.number, Arc::clone(&self.shared.log));
        drop(self);
        log.lock().unwrap().push(format!("{number} hung up"));
    }

    async fn receive(&mut self) -> Option<HttpRequest> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
                let length: usize = header(&head, "content-length").unwrap().parse().unwrap();
                while bytes.len() < end + 4 + length {
                    let read = self
                        .stream
                        .read(&mut chunk)
                        .await
                        .ok()
                        .filter(|read| *read > 0)?;
                    bytes.extend(&chunk[..read]);
                }
                assert!(head.starts_with("POST /wsman HTTP/1.1\r\n"), "{head}");
                assert_eq!(header(&head, "connection").as_deref(), Some("Keep-Alive"));
                assert_eq!(
                    header(&head, "user-agent").as_deref(),
                    Some("Microsoft WinRM Client")
                );
                return Some(HttpRequest {
                    authorization: header(&head, "authorization"),
                    body: bytes[end + 4..].to_vec(),
                });
            }
            let read = self
                .stream
                .read(&mut chunk)
                .await
                .ok()
                .filter(|read| *read > 0)?;
            bytes.extend(&chunk[..read]);
        }
    }

    async fn sign_in(&mut self, authorization: &str) -> bool {
        let token = STANDARD
            .decode(authorization.strip_prefix("Negotiate ").unwrap())
            .unwrap();
        let account = Account {
            user: super::USER.to_owned(),
            password: Secret::new(super::PASSWORD),
        };
        let context = self
            .context
            .get_or_insert_with(|| NtlmServer::new("PC-1", &[account], None).unwrap());
        let Ok(step) = context.step(&token) else {
            return self.refuse().await;
        };
        let challenge = if step.token.is_empty() {
            String::new()
        } else {
            format!(
                "WWW-Authenticate: Negotiate {}\r\n",
                STANDARD.encode(&step.token)
            )
        };
        if step.complete {
            self.note("signed in");
        }
        let status = if step.complete { 200 } else { 401 };
        self.send(status, &challenge, b"").await
    }

    async fn refuse(&mut self) -> bool {
        self.note("401");
        self.context = None;
        self.send(401, "WWW-Authenticate: Negotiate\r\n", b"").await
    }

    async fn answer(&mut self, body: &[u8]) -> bool {
        let Some(context) = &mut self.context else {
            return self.refuse().await;
        };
        let message = sealed::decode(body).unwrap();
        let sealed = Sealed {
            token: message.token,
            data: message.data,
        };
        let plain = context.unseal(&sealed).unwrap();
        let envelope = decode_request(&plain).unwrap().unwrap();
        let shown = format!("{:?}", envelope.request);
        self.note(shown.split(['(', ' ']).next().unwrap());
        let number = self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let reply = (self.shared.script)(number, &envelope.request);
        let id = envelope.message_id;
        match reply {
            Reply::Answer(response) => self.send_sealed(response, id).await,
            Reply::AnswerAndHangUp(response) => {
                self.send_sealed(response, id).await;
                false
            }
            Reply::Misdirected(response) => {
                self.send_sealed(response, "uuid:OTHER".to_owned()).await
            }
            Reply::Unsealed(response) => {
                let plain = encode(response, id);
                self.send(
                    200,
                    "Content-Type: application/soap+xml;charset=UTF-8\r\n",
                    plain.as_bytes(),
                )
                .await
            }
            Reply::Unauthorized => self.refuse().await,
            Reply::Raw(bytes) => {
                let _sent = self.stream.write_all(&bytes).await;
                false
            }
            Reply::HangUp => false,
            Reply::Silence => true,
        }
    }

    async fn send_sealed(&mut self, response: Response, relates_to: String) -> bool {
        let status = if matches!(response, Response::Fault(_)) {
            500
        } else {
            200
        };
        let plain = encode(response, relates_to);
        let sealed = self
            .context
            .as_mut()
            .unwrap()
            .seal(plain.as_bytes())
            .unwrap();
        let body = sealed::encode(&SealedMessage {
            token: sealed.token,
            data: sealed.data,
            plain_length: plain.len(),
        });
        let kind = format!("Content-Type: {}\r\n", sealed::content_type());
        self.send(status, &kind, &body).await
    }

    async fn send(&mut self, status: u16, headers: &str, body: &[u8]) -> bool {
        let head = format!(
            "HTTP/1.1 {status} \r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let bytes = [head.as_bytes(), body].concat();
        self.stream.write_all(&bytes).await.is_ok()
    }

    fn note(&self, what: &str) {
        let line = format!("{} {what}", self.number);
        self.shared.log.lock().unwrap().push(line);
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

fn encode(response: Response, relates_to: String) -> String {
    encode_response(&ResponseEnvelope {
        message_id: "uuid:6B0D1C4A-BCED-4CAE-981B-8DDA57181C9F".to_owned(),
        relates_to: Some(relates_to),
        machine: Some("127.0.0.1".to_owned()),
        response,
    })
}
