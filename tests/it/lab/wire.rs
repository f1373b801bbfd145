//! A client of raw bytes: what it sends is what a test says, and it hides nothing of what comes back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rdpfix::auth::NtlmClient;
use rdpfix::auth::Sealed;
use rdpfix::auth::Wrapping;
use rdpfix::auth::ntlm_client::NtlmTarget;
use rdpfix::lab::Lab;
use rdpfix::secret::Secret;
use rdpfix::wsman;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;
use rdpfix::wsman::RequestEnvelope;
use rdpfix::wsman::Response;
use rdpfix::wsman::sealed;
use rdpfix::wsman::sealed::SealedMessage;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Longer than any answer takes, shorter than anybody waits for a test.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
#[derive(Debug)]
pub(super) struct RawAnswer {
    /// The head, line ends and all.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl RawAnswer {
    pub(super) fn status_line(&self) -> &str {
        self.head.split("\r\n").next().unwrap()
    }

    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// A connection, perhaps with a sign-in.
pub(super) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    context: Option<NtlmClient>,
}

impl Wire {
    pub(super) async fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            stream: TcpStream::connect(address).await?,
            buffer: Vec::new(),
            context: None,
        })
    }

    /// Connects to a host of the lab and signs in.
    pub(super) async fn signed_in(lab: &Lab, host: &str) -> Self {
        let mut wire = Self::connect(lab.place(host).unwrap().winrm).await.unwrap();
        let answer = wire
            .sign_in(lab.user(), lab.password(), Wrapping::Raw)
            .await;
        assert_eq!(answer.status_line(), "HTTP/1.1 200 ");
        assert!(answer.body.is_empty());
        wire
    }

    /// Both legs; gives the last answer.
    pub(super) async fn sign_in(
        &mut self,
        user: &str,
        password: &Secret,
        wrapping: Wrapping,
    ) -> RawAnswer {
        let target = NtlmTarget {
            user,
            password,
            service: "HTTP/localhost",
            channel_binding: None,
        };
        let mut context = NtlmClient::new(&target, wrapping).unwrap();
        let mut token = context.step(None).unwrap().token;
        loop {
            let authorization = format!("Authorization: Negotiate {}\r\n", BASE64.encode(token));
            let answer = self.post("/wsman", &authorization, b"").await.unwrap();
            let back = answer.headers("WWW-Authenticate").pop().map(str::to_owned);
            let back = back
                .as_deref()
                .and_then(|value| value.strip_prefix("Negotiate "));
            let finished = answer.status_line() != "HTTP/1.1 401 " || back.is_none();
            let Some(back) = back else {
                self.context = Some(context);
                return answer;
            };
            let step = context.step(Some(&BASE64.decode(back).unwrap())).unwrap();
            if finished {
                self.context = Some(context);
                return answer;
            }
            token = step.token;
        }
    }

    /// Sends a request with these header lines.
    pub(super) async fn post(
        &mut self,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<RawAnswer> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat()).await?;
        self.receive().await
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next answer; an error when the connection ends before it does.
    pub(super) async fn receive(&mut self) -> io::Result<RawAnswer> {
        let head = loop {
            if let Some(end) = self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap();
            }
            self.fill().await?;
        };
        let mut answer = RawAnswer {
            head,
            body: Vec::new(),
        };
        let length: usize = answer.headers("Content-Length")[0].parse().unwrap();
        while self.buffer.len() < length {
            self.fill().await?;
        }
        answer.body = self.buffer.drain(..length).collect();
        Ok(answer)
    }

    async fn fill(&mut self) -> io::Result<()> {
        let reading = self.stream.read_buf(&mut self.buffer);
        match tokio::time::timeout(PATIENCE, reading).await?? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Whether the host closes the connection now.
    pub(super) async fn is_closed(&mut self) -> bool {
        matches!(self.fill().await, Err(error) if error.kind() != io::ErrorKind::TimedOut)
    }

    /// Asks, sealed.
    pub(super) async fn ask(&mut self, request: Request) -> Response {
        self.try_ask(request).await.unwrap()
    }

    /// Asks, sealed, and expects a fault.
    pub(super) async fn fault(&mut self, request: Request) -> Fault {
        match self.ask(request).await {
            Response::Fault(fault) => fault,
            other => panic!("no fault but {other:?}"),
        }
    }

    pub(super) async fn try_ask(&mut self, request: Request) -> io::Result<Response> {
        let envelope = RequestEnvelope {
            to: "http://localhost:5985/wsman".to_owned(),
            message_id: "uuid:1C7E1C1B-27C7-4E0B-9D5B-8B7A3E2B6F10".to_owned(),
            operation_timeout: Duration::from_secs(20),
            max_envelope_size: 512_000,
            request,
        };
        let answer = self.ask_text(&wsman::encode_request(&envelope)).await?;
        let answer = wsman::decode_response(answer.as_bytes()).unwrap();
        let identity = matches!(answer.response, Response::Identify { .. });
        let expected = (!identity).then_some(envelope.message_id);
        assert_eq!(answer.relates_to, expected);
        Ok(answer.response)
    }

    /// Sends a text sealed and gives the text of the answer.
    pub(super) async fn ask_text(&mut self, text: &str) -> io::Result<String> {
        let sealed = self
            .context
            .as_mut()
            .unwrap()
            .seal(text.as_bytes())
            .unwrap();
        let body = sealed::encode(&SealedMessage {
            token: sealed.token,
            data: sealed.data,
            plain_length: text.len(),
        });
        let header = format!("Content-Type: {}\r\n", sealed::content_type());
        let answer = self.post("/wsman", &header, &body).await?;
        assert_eq!(answer.headers("Content-Type"), [sealed::content_type()]);
        let message = sealed::decode(&answer.body).unwrap();
        let plain = self
            .context
            .as_mut()
            .unwrap()
            .unseal(&Sealed {
                token: message.token,
                data: message.data,
            })
            .unwrap();
        let text = String::from_utf8(plain).unwrap();
        let status = if text.contains(":Fault>") { 500 } else { 200 };
        assert_eq!(answer.status_line(), format!("HTTP/1.1 {status} "));
        Ok(text)
    }
}
