//! The two sides of the negotiation as state machines that are fed with bytes, one type per state. A side that is
//! finished gives back the bytes that came too many; nothing here waits, and nothing is kept beyond one packet.

use thiserror::Error;

use crate::rdp::DecodeError;
use crate::rdp::EncodeError;
use crate::rdp::nego::Answer;
use crate::rdp::nego::Protocols;
use crate::rdp::nego::Request;
use crate::rdp::tpkt;

/// A state that either needs more bytes or has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<Waiting, Done> {
    /// Feed it again.
    More(Waiting),
    /// Finished.
    Done(Done),
}

/// Why a negotiation cannot go on. A refusal is not among these: it is an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The peer does not speak RDP, or not well.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The server selected what was not asked for.
    #[error("the host selected {selected}, but was asked for {asked}")]
    NotAsked {
        /// What was asked for.
        asked: Protocols,
        /// What came back.
        selected: Protocols,
    },
}

/// Client: a request is on its way, the confirm has not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingConfirm {
    asked: Protocols,
    buffer: Vec<u8>,
}

/// Client: the server has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Bytes that came after it; a server that keeps to the protocol sends none before the client goes on.
    pub rest: Vec<u8>,
}

/// Client: begins, with the bytes to send.
pub fn ask(request: &Request) -> Result<(Vec<u8>, AwaitingConfirm), EncodeError> {
    let asked = request
        .negotiation
        .map_or(Protocols::RDP, |wish| wish.protocols);
    let waiting = AwaitingConfirm {
        asked,
        buffer: Vec::new(),
    };
    Ok((request.encode()?, waiting))
}

impl AwaitingConfirm {
    /// Takes bytes as they come.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Answered>, HandshakeError> {
        self.buffer.extend_from_slice(bytes);
        let Some((payload, rest)) = tpkt::split(&self.buffer)? else {
            return Ok(Step::More(self));
        };
        let answer = Answer::decode(payload)?;
        if let Answer::Selected { protocol, .. } = answer
            && !self.asked.contains(protocol)
        {
            return Err(HandshakeError::NotAsked {
                asked: self.asked,
                selected: protocol,
            });
        }
        Ok(Step::Done(Answered {
            answer,
            rest: rest.to_vec(),
        }))
    }

    /// How many bytes the answer lacks as far as can be told, at least one. Who reads no more than these leaves what
    /// follows to the next protocol.
    pub fn missing(&self) -> usize {
        tpkt::missing(&self.buffer).max(1)
    }

    /// How many bytes have come so far.
    pub fn received(&self) -> usize {
        self.buffer.len()
    }
}

/// Server: a client is connected and has not asked yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitingRequest {
    buffer: Vec<u8>,
}

/// Server: the client has asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The request.
    pub request: Request,
    /// Bytes that came after it.
    pub rest: Vec<u8>,
}

impl AwaitingRequest {
    /// Takes bytes as they come.
    pub fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Asked>, HandshakeError> {
        self.buffer.extend_from_slice(bytes);
        let Some((payload, rest)) = tpkt::split(&self.buffer)? else {
            return Ok(Step::More(self));
        };
        Ok(Step::Done(Asked {
            request: Request::decode(payload)?,
            rest: rest.to_vec(),
        }))
    }
}
