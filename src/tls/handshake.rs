//! The plaintext part of a handshake as state machines that are fed with bytes, one type per state; nothing here waits.
//!
//! A client is told by the ServerHello whether its version is spoken; the certificates follow up to TLS 1.2.

use crate::tls::DecodeError;
use crate::tls::EncodeError;
use crate::tls::client_hello::ClientHello;
use crate::tls::client_hello::Question;
use crate::tls::flight;
use crate::tls::flight::ServerHello;
use crate::tls::kind;
use crate::tls::record::Alert;
use crate::tls::record::Incoming;
use crate::tls::record::Unit;

/// A state that needs more bytes, has come to its end, or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<Waiting, Done> {
    /// Feed it again.
    More(Waiting),
    /// The other side ends the handshake. That is an answer, not an error.
    Refused(Alert),
    /// Finished.
    Done(Done),
}

/// Client: a hello is on its way, the server has not answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitingServerHello {
    incoming: Incoming,
}

/// Client: the server has picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// What it picked.
    pub hello: ServerHello,
    /// How to go on up to TLS 1.2; the bytes that have come already are in it.
    pub then: AwaitingCertificate,
}

/// Client up to TLS 1.2: the certificates have not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingCertificate {
    incoming: Incoming,
}

/// Client up to TLS 1.2: the server has shown its certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Leaf first, each as DER.
    pub chain: Vec<Vec<u8>>,
    /// How to go on; the bytes that have come already are in it.
    pub then: AwaitingDone,
}

/// Client up to TLS 1.2: the server has more to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingDone {
    incoming: Incoming,
}

/// Client: begins, with the bytes to send.
pub fn ask(question: &Question<'_>) -> Result<(Vec<u8>, AwaitingServerHello), EncodeError> {
    let bytes = ClientHello::asking(question)?.encode()?;
    Ok((bytes, AwaitingServerHello::default()))
}

impl AwaitingServerHello {
    /// Takes bytes as they come.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Picked>, DecodeError> {
        let (kind, body) = match next(&mut self.incoming, bytes)? {
            Step::More(()) => return Ok(Step::More(self)),
            Step::Refused(alert) => return Ok(Step::Refused(alert)),
            Step::Done(message) => message,
        };
        if kind != kind::SERVER_HELLO {
            return Err(unexpected(kind));
        }
        Ok(Step::Done(Picked {
            hello: ServerHello::decode(&body)?,
            then: AwaitingCertificate {
                incoming: self.incoming,
            },
        }))
    }

    /// How many bytes have come so far.
    pub fn received(&self) -> usize {
        self.incoming.received()
    }
}

impl AwaitingCertificate {
    /// Takes bytes as they come; begin with none, because what is looked for may have come already.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Shown>, DecodeError> {
        let (kind, body) = match next(&mut self.incoming, bytes)? {
            Step::More(()) => return Ok(Step::More(self)),
            Step::Refused(alert) => return Ok(Step::Refused(alert)),
            Step::Done(message) => message,
        };
        if kind != kind::CERTIFICATE {
            return Err(unexpected(kind));
        }
        Ok(Step::Done(Shown {
            chain: flight::decode_chain(&body)?,
            then: AwaitingDone {
                incoming: self.incoming,
            },
        }))
    }

    /// How many bytes have come so far.
    pub fn received(&self) -> usize {
        self.incoming.received()
    }
}

impl AwaitingDone {
    /// Takes bytes as they come; begin with none, because what is looked for may have come already.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, ()>, DecodeError> {
        let mut more = bytes;
        loop {
            let kind = match next(&mut self.incoming, more)? {
                Step::More(()) => return Ok(Step::More(self)),
                Step::Refused(alert) => return Ok(Step::Refused(alert)),
                Step::Done((kind, _)) => kind,
            };
            match kind {
                kind::SERVER_HELLO_DONE => return Ok(Step::Done(())),
                kind::CERTIFICATE_STATUS
                | kind::SERVER_KEY_EXCHANGE
                | kind::CERTIFICATE_REQUEST => more = &[],
                other => return Err(unexpected(other)),
            }
        }
    }

    /// How many bytes have come so far.
    pub fn received(&self) -> usize {
        self.incoming.received()
    }
}

/// Server: a client is connected and has not said hello.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitingClientHello {
    incoming: Incoming,
    seen: Vec<u8>,
}

/// Server: the client has said hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What it said.
    pub hello: ClientHello,
    /// Every byte that has come, for whoever goes on with the handshake.
    pub bytes: Vec<u8>,
}

impl AwaitingClientHello {
    /// Takes bytes as they come.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Asked>, DecodeError> {
        self.seen.extend_from_slice(bytes);
        let (kind, body) = match next(&mut self.incoming, bytes)? {
            Step::More(()) => return Ok(Step::More(self)),
            Step::Refused(alert) => return Ok(Step::Refused(alert)),
            Step::Done(message) => message,
        };
        if kind != kind::CLIENT_HELLO {
            return Err(unexpected(kind));
        }
        Ok(Step::Done(Asked {
            hello: ClientHello::decode(&body)?,
            bytes: self.seen,
        }))
    }
}

/// The next message; warnings are passed over.
fn next(incoming: &mut Incoming, bytes: &[u8]) -> Result<Step<(), (u8, Vec<u8>)>, DecodeError> {
    incoming.add(bytes)?;
    loop {
        match incoming.next()? {
            None => return Ok(Step::More(())),
            Some(Unit::Alert(alert)) if alert.ends() => return Ok(Step::Refused(alert)),
            Some(Unit::Alert(_)) => {}
            Some(Unit::Message { kind, body }) => return Ok(Step::Done((kind, body))),
        }
    }
}

fn unexpected(kind: u8) -> DecodeError {
    DecodeError::Unexpected {
        field: "the kind of the handshake message",
        found: kind.into(),
    }
}
