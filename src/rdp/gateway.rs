//! The two doors of a Remote Desktop Gateway as far as they open to everybody: requests without credentials, and the
//! head of the answer ([MS-TSGU] 3.3.5.1, [MS-RPCH] 2.1.2; windows-facts 9.4). Knows bytes; must not know sockets or TLS.

use thiserror::Error;

use crate::rdp::handshake::Step;

/// An answer with more before its empty line is not read to its end.
const LONGEST_HEAD: usize = 64 * 1024;
/// The same for the number of its headers; proxies add their own.
const MOST_HEADERS: usize = 128;

/// A way through a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP, as clients since Windows 8 prefer it.
    Http,
    /// RPC over HTTP, the older one.
    Rpc,
}

/// The request that opens the outgoing half of a transport, without credentials. `host` is the `Host` header; the
/// identifier names the connection in the gateway's log.
pub fn request(transport: Transport, host: &str, id: uuid::Uuid) -> Vec<u8> {
    let lines = match transport {
        Transport::Http => format!(
            "RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1\r\n\
             Accept: */*\r\n\
             User-Agent: MS-RDGateway/1.0\r\n\
             RDG-Connection-Id: {{{id}}}\r\n\
             RDG-Correlation-Id: {{{id}}}\r\n"
        ),
        Transport::Rpc => format!(
            "RPC_OUT_DATA /rpc/rpcproxy.dll?localhost:3388 HTTP/1.1\r\n\
             Accept: application/rpc\r\n\
             User-Agent: MSRPC\r\n\
             Pragma: ResourceTypeUuid=44e265dd-7daf-42cd-8560-3cdb6e7a2729, SessionId={id}\r\n"
        ),
    };
    format!(
        "{lines}Cache-Control: no-cache\r\n\
         Pragma: no-cache\r\n\
         Connection: Keep-Alive\r\n\
         Host: {host}\r\n\
         Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// The head of an answer, as far as it tells who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// What the answer calls its maker (`Server`).
    pub server: Option<String>,
    /// The schemes of all `WWW-Authenticate` headers, in their order.
    pub schemes: Vec<String>,
}

impl Head {
    /// Whether a gateway asks for a sign-in as it should: 401 with Negotiate or NTLM.
    pub fn asks_for_sign_in(&self) -> bool {
        let is_known = |scheme: &String| {
            ["Negotiate", "NTLM"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(scheme))
        };
        self.status == 401 && self.schemes.iter().any(is_known)
    }
}

/// Why what came is not the head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeadError {
    /// It breaks a rule of HTTP.
    #[error("what came is not HTTP: {reason}")]
    NotHttp {
        /// Which one.
        reason: String,
    },
    /// It does not end.
    #[error("the head of the answer is longer than {LONGEST_HEAD} bytes")]
    TooLong,
}

/// Client: a request is on its way, the head of the answer has not come as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitingHead {
    buffer: Vec<u8>,
}

impl AwaitingHead {
    /// Takes bytes as they come; those after the head do not matter.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Head>, HeadError> {
        self.buffer.extend_from_slice(bytes);
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        match parsed.parse(&self.buffer) {
            Ok(httparse::Status::Complete(_)) => Ok(Step::Done(read(&parsed))),
            Ok(httparse::Status::Partial) if self.buffer.len() > LONGEST_HEAD => {
                Err(HeadError::TooLong)
            }
            Ok(httparse::Status::Partial) => Ok(Step::More(self)),
            Err(error) => Err(HeadError::NotHttp {
                reason: error.to_string(),
            }),
        }
    }

    /// How many bytes have come so far.
    pub fn received(&self) -> usize {
        self.buffer.len()
    }
}

fn read(parsed: &httparse::Response<'_, '_>) -> Head {
    let values = |name: &'static str| {
        parsed
            .headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| String::from_utf8_lossy(header.value).trim().to_owned())
    };
    Head {
        status: parsed.code.unwrap_or_default(),
        server: values("server").find(|server| !server.is_empty()),
        schemes: values("www-authenticate")
            .flat_map(|value| schemes(&value))
            .collect(),
    }
}

/// The schemes of one header, which may hold several challenges, each with parameters (RFC 9110 11.6.1).
fn schemes(value: &str) -> Vec<String> {
    let mut is_quoted = false;
    value
        .split(|character: char| {
            is_quoted ^= character == '"';
            character == ',' && !is_quoted
        })
        .filter_map(|part| part.split_whitespace().next())
        // A parameter of the challenge before it.
        .filter(|word| !word.contains('='))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::schemes;

    #[test]
    fn challenges_may_share_a_header() {
        for (value, expected) in [
            ("Negotiate", &["Negotiate"][..]),
            ("Negotiate, NTLM", &["Negotiate", "NTLM"]),
            (
                "Digest realm=\"a, b\", nonce=\"c\", NTLM",
                &["Digest", "NTLM"],
            ),
            ("Negotiate YII=", &["Negotiate"]),
            (" , ", &[]),
        ] {
            assert_eq!(schemes(value), expected, "{value}");
        }
    }
}
