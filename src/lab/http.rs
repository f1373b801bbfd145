//! HTTP/1.1 as the Windows kernel's HTTP server speaks it: requests in, answers out, every byte under control.
//!
//! Knows bytes, limits and deadlines; must not know what is asked or who asks.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thiserror::Error;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

/// The most that a request's head may take; `MaxRequestBytes` of HTTP.sys, doubled to leave room for long tokens.
const MAX_HEAD: usize = 32 * 1024;
/// The most header lines.
const MAX_HEADERS: usize = 64;
/// Windows drops an idle connection after about two minutes (wsman-wire 1).
pub(super) const IDLE: Duration = Duration::from_mins(2);
/// How long the rest of a request may take, once it has begun.
const SLOWEST_REQUEST: Duration = Duration::from_secs(30);
/// How long a peer that takes no answer is waited for.
const SLOWEST_ANSWER: Duration = Duration::from_mins(2);
/// How much of a body that was refused is read away, so that its sender gets to see the answer.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// What the kernel's server calls itself in answers of its own.
const KERNEL: &str = "Microsoft-HTTPAPI/2.0";

/// A stream that a connection may run on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// Lets the stream end in a reset instead of an orderly close.
    fn end_in_reset(&self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn end_in_reset(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

impl Stream for TlsStream<TcpStream> {
    fn end_in_reset(&self) -> io::Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}

/// A request, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HttpRequest {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl HttpRequest {
    /// The header's first value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Why a request cannot be read.
#[derive(Debug, Error)]
pub(super) enum HttpError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the request was not sent to its end")]
    Torn,
    #[error("the request is not HTTP")]
    Malformed,
    #[error("the request's head is too large")]
    HeadTooLarge,
    #[error("the request's body of {length} bytes is too large")]
    BodyTooLarge { length: usize },
    #[error("the request does not say how long it is")]
    NoLength,
    #[error("nothing came for too long")]
    Idle,
}

impl HttpError {
    /// The status that Windows answers with; `None` when nothing is answered.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Io(_) | Self::Torn | Self::Idle => None,
            Self::Malformed | Self::HeadTooLarge => Some(400),
            Self::BodyTooLarge { .. } => Some(413),
            Self::NoLength => Some(411),
        }
    }
}

/// Whether a connection is kept after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Keep,
    Close,
}

/// An answer, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    /// What stands behind the status; WinRM leaves it empty (wsman-wire 1).
    pub(super) reason: &'static str,
    /// `Server`.
    pub(super) server: &'static str,
    pub(super) content_type: Option<String>,
    /// Values of `WWW-Authenticate`, a line each.
    pub(super) authenticate: Vec<String>,
    pub(super) after: After,
    pub(super) body: Vec<u8>,
}

impl HttpAnswer {
    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            reason: "",
            server: KERNEL,
            content_type: None,
            authenticate: Vec::new(),
            after: After::Keep,
            body: Vec::new(),
        }
    }

    #[must_use]
    pub(super) fn closing(mut self) -> Self {
        self.after = After::Close;
        self
    }

    /// The bytes. The status line has the blank before its reason even when that is empty (wsman-wire 1).
    pub(super) fn encode(&self, now: Timestamp) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason);
        let mut line = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        if let Some(content_type) = &self.content_type {
            line("Content-Type", content_type);
        }
        line("Server", self.server);
        for value in &self.authenticate {
            line("WWW-Authenticate", value);
        }
        line("Date", &date(now));
        if self.after == After::Close {
            line("Connection", "close");
        }
        line("Content-Length", &self.body.len().to_string());
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn date(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// One connection: reads request after request.
#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
    max_body: usize,
}

struct Head {
    request: HttpRequest,
    length: usize,
    body_length: usize,
    expects_go_ahead: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(stream: S, max_body: usize) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            max_body,
        }
    }

    /// The next request; `None` when the peer has closed the connection between two.
    pub(super) async fn next_request(&mut self) -> Result<Option<HttpRequest>, HttpError> {
        if self.buffer.is_empty() {
            match timeout(IDLE, self.fill()).await {
                Err(_elapsed) => return Err(HttpError::Idle),
                Ok(Err(error)) => return Err(error.into()),
                Ok(Ok(0)) => return Ok(None),
                Ok(Ok(_)) => {}
            }
        }
        match timeout(SLOWEST_REQUEST, self.rest_of_request()).await {
            Err(_elapsed) => Err(HttpError::Torn),
            Ok(request) => request.map(Some),
        }
    }

    async fn rest_of_request(&mut self) -> Result<HttpRequest, HttpError> {
        let head = loop {
            if let Some(head) = parse_head(&self.buffer)? {
                break head;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(HttpError::HeadTooLarge);
            }
            if self.fill().await? == 0 {
                return Err(HttpError::Torn);
            }
        };
        self.buffer.drain(..head.length);
        if head.body_length > self.max_body {
            self.drain(head.body_length).await?;
            return Err(HttpError::BodyTooLarge {
                length: head.body_length,
            });
        }
        if head.expects_go_ahead && self.buffer.len() < head.body_length {
            self.stream.write_all(b"HTTP/1.1 100 \r\n\r\n").await?;
        }
        while self.buffer.len() < head.body_length {
            if self.fill().await? == 0 {
                return Err(HttpError::Torn);
            }
        }
        let mut request = head.request;
        request.body = self.buffer.drain(..head.body_length).collect();
        Ok(request)
    }

    /// Reads a refused body away.
    async fn drain(&mut self, length: usize) -> Result<(), HttpError> {
        let mut left = length.min(MAX_DRAINED).saturating_sub(self.buffer.len());
        self.buffer.clear();
        while left > 0 {
            let read = self.fill().await?;
            if read == 0 {
                break;
            }
            self.buffer.clear();
            left = left.saturating_sub(read);
        }
        Ok(())
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.buffer).await
    }

    /// Sends bytes and makes sure that they are on their way.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        timeout(SLOWEST_ANSWER, sending).await?
    }

    /// Waits until the peer closes, giving no answer.
    pub(super) async fn outlast(&mut self) {
        while !matches!(self.fill().await, Ok(0) | Err(_)) {
            self.buffer.clear();
        }
    }

    /// Says that nothing more comes.
    pub(super) async fn shut_down(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}

impl<S: Stream> Connection<S> {
    /// Ends the connection by a reset.
    pub(super) fn reset(self) -> io::Result<()> {
        self.stream.end_in_reset()
    }
}

fn parse_head(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HttpError::HeadTooLarge),
        Err(_malformed) => return Err(HttpError::Malformed),
    };
    let headers = parsed
        .headers
        .iter()
        .map(|header| {
            let value = String::from_utf8_lossy(header.value).trim().to_owned();
            (header.name.to_owned(), value)
        })
        .collect();
    let request = HttpRequest {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    };
    let body_length = match request.header("Content-Length") {
        // Chunked bodies are not taken: no client of this service sends them (wsman-wire 1).
        _ if request.header("Transfer-Encoding").is_some() => return Err(HttpError::NoLength),
        Some(length) => {
            let Ok(length) = length.parse() else {
                return Err(HttpError::Malformed);
            };
            length
        }
        None if request.method == "POST" => return Err(HttpError::NoLength),
        None => 0,
    };
    Ok(Some(Head {
        expects_go_ahead: request
            .header("Expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue")),
        request,
        length,
        body_length,
    }))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::proptest;
    use tokio::io::AsyncWriteExt;

    use super::Connection;
    use super::HttpAnswer;
    use super::HttpError;
    use super::HttpRequest;
    use super::Stream;
    use super::parse_head;

    impl Stream for tokio::io::DuplexStream {
        fn end_in_reset(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    async fn read(bytes: &[u8]) -> (Vec<HttpRequest>, Option<HttpError>) {
        let (mut peer, stream) = tokio::io::duplex(64);
        let mut connection = Connection::new(stream, 100);
        // The connection is dropped when it has failed, so that the writer does not wait for ever.
        let reading = async move {
            let mut requests = Vec::new();
            loop {
                match connection.next_request().await {
                    Ok(Some(request)) => requests.push(request),
                    Ok(None) => return (requests, None),
                    Err(error) => return (requests, Some(error)),
                }
            }
        };
        let writing = async {
            // One byte at a time, so that every place is once the end of what has come.
            for byte in bytes {
                if peer.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
            drop(peer);
        };
        let (read, ()) = tokio::join!(reading, writing);
        read
    }

    #[tokio::test]
    async fn requests_follow_each_other_on_one_connection() {
        let (requests, error) = read(
            b"POST /wsman HTTP/1.1\r\nhost: a\r\nCONTENT-length: 3\r\n\r\nabcPOST /x HTTP/1.1\r\nContent-Length:0\r\n\r\n",
        )
        .await;
        assert!(error.is_none());
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].body, b"abc");
        assert_eq!(requests[0].header("Content-Length"), Some("3"));
        assert_eq!(requests[1].path, "/x");
    }

    #[tokio::test]
    async fn a_request_that_ends_early_is_torn() {
        for torn in [
            &b"POST /wsman HT"[..],
            b"POST /wsman HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
        ] {
            let (requests, error) = read(torn).await;
            assert_eq!(requests, []);
            assert!(matches!(error, Some(HttpError::Torn)), "{error:?}");
        }
    }

    #[tokio::test]
    async fn sizes_are_bounded() {
        let body = format!(
            "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n{}",
            "x".repeat(101)
        );
        let (_, error) = read(body.as_bytes()).await;
        assert!(matches!(
            error,
            Some(HttpError::BodyTooLarge { length: 101 })
        ));
        let head = format!("POST / HTTP/1.1\r\nA: {}", "x".repeat(40_000));
        let (_, error) = read(head.as_bytes()).await;
        assert!(matches!(error, Some(HttpError::HeadTooLarge)));
    }

    #[tokio::test]
    async fn a_body_needs_a_length() {
        for chunked in ["", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"] {
            let (_, error) = read(format!("POST / HTTP/1.1\r\n{chunked}\r\n").as_bytes()).await;
            assert!(matches!(error, Some(HttpError::NoLength)), "{error:?}");
        }
    }

    #[test]
    fn an_answer_has_an_empty_reason_and_the_headers_of_windows() {
        let now: Timestamp = "2022-09-22T08:05:18Z".parse().unwrap();
        let mut answer = HttpAnswer::empty(401).closing();
        answer.authenticate = vec!["Negotiate".to_owned(), "Basic realm=\"WSMAN\"".to_owned()];
        let text = String::from_utf8(answer.encode(now)).unwrap();
        assert_eq!(
            text,
            "HTTP/1.1 401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: Negotiate\r\n\
             WWW-Authenticate: Basic realm=\"WSMAN\"\r\nDate: Thu, 22 Sep 2022 08:05:18 GMT\r\n\
             Connection: close\r\nContent-Length: 0\r\n\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _head = parse_head(&bytes);
        }
    }
}
