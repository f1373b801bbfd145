//! The client's side of a sign-in as state machines, one type per state: bytes in, bytes out, and how it ended. The
//! exact reason of a refusal is read before the cryptography sees the message. Must not know sockets.

use crate::auth::AuthError;
use crate::auth::CredSspClient;
use crate::auth::credssp_client::CredSspMessage;
use crate::auth::credssp_client::CredSspStep;
use crate::auth::credssp_client::CredSspTarget;
use crate::rdp::credssp;
use crate::rdp::credssp::TsRequest;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Protocols;
use crate::survey::LoginOutcome;

/// `AUTHZ_SUCCESS` ([MS-RDPBCGR] 2.2.10.2).
const GRANTED: [u8; 4] = [0, 0, 0, 0];
/// `ERROR_ACCESS_DENIED`, the other value that the result may have.
const DENIED: [u8; 4] = [5, 0, 0, 0];
/// How a CredSSP message begins, which no result does.
const MESSAGE: u8 = 0x30;

/// Both sides prove to each other that they know the password.
#[derive(Debug)]
pub(super) struct Negotiating {
    client: CredSspClient,
    selected: Protocols,
    buffer: Vec<u8>,
}

/// What follows from the bytes that came.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing yet.
    More(Negotiating),
    /// Say this and go on.
    Say(Vec<u8>, Negotiating),
    /// Say this, which hands the credentials over, and wait for what comes of it.
    Delegate(Vec<u8>, Delegated),
    /// It is over.
    Over(LoginOutcome),
}

/// The host has the credentials.
#[derive(Debug)]
pub(super) struct Delegated {
    selected: Protocols,
    buffer: Vec<u8>,
}

impl Negotiating {
    /// Begins on a channel for which this was selected, with the bytes to send.
    pub(super) fn begin(
        target: CredSspTarget<'_>,
        selected: Protocols,
    ) -> Result<(Vec<u8>, Self), AuthError> {
        let (client, first) = CredSspClient::begin(target)?;
        let begun = Self {
            client,
            selected,
            buffer: Vec::new(),
        };
        Ok((request(first).encode(), begun))
    }

    /// Takes bytes as they come.
    pub(super) fn handle(mut self, bytes: &[u8]) -> Next {
        self.buffer.extend_from_slice(bytes);
        let (answer, rest) = match credssp::split(&self.buffer) {
            Ok(None) => return Next::More(self),
            Ok(Some((whole, rest))) => (TsRequest::decode(whole), rest.to_vec()),
            Err(error) => return failed(&error),
        };
        self.buffer = rest;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return failed(&error),
        };
        if let Some(status) = refusal(&answer) {
            return Next::Over(LoginOutcome::Refused(status));
        }
        let answer = CredSspMessage {
            version: answer.version,
            token: answer.token,
            auth_info: None,
            pub_key_auth: answer.pub_key_auth,
            client_nonce: answer.client_nonce,
        };
        match self.client.step(answer) {
            Ok(CredSspStep::Say(message)) => Next::Say(request(message).encode(), self),
            Ok(CredSspStep::Delegate(message)) => {
                let delegated = Delegated {
                    selected: self.selected,
                    buffer: self.buffer,
                };
                Next::Delegate(request(message).encode(), delegated)
            }
            Err(error) => failed(&error),
        }
    }
}

impl Delegated {
    /// Whether the host will tell its decision; otherwise only objections are told.
    pub(super) fn is_told(&self) -> bool {
        self.selected == Protocols::HYBRID_EX
    }

    /// Takes bytes as they come.
    pub(super) fn handle(mut self, bytes: &[u8]) -> Step<Self, LoginOutcome> {
        self.buffer.extend_from_slice(bytes);
        if self.is_told() && self.buffer.first() != Some(&MESSAGE) {
            return match self.buffer.first_chunk::<4>() {
                None => Step::More(self),
                Some(&GRANTED) => Step::Done(LoginOutcome::Accepted),
                Some(&DENIED) => Step::Done(LoginOutcome::NotAuthorized),
                Some(other) => Step::Done(LoginOutcome::Failed(format!(
                    "the early user authorization result is {:#x}",
                    u32::from_le_bytes(*other)
                ))),
            };
        }
        let answer = match credssp::split(&self.buffer) {
            Ok(None) => return Step::More(self),
            Ok(Some((whole, _))) => TsRequest::decode(whole),
            Err(error) => Err(error),
        };
        Step::Done(match answer.as_ref().map(refusal) {
            Ok(Some(status)) => LoginOutcome::Refused(status),
            Ok(None) => LoginOutcome::Failed(
                "the host went on with CredSSP after it had the credentials".to_owned(),
            ),
            Err(error) => LoginOutcome::Failed(error.to_string()),
        })
    }
}

/// The reason of a refusal; `STATUS_SUCCESS` is none.
fn refusal(answer: &TsRequest) -> Option<u32> {
    answer.error_code.filter(|status| *status != 0)
}

fn request(message: CredSspMessage) -> TsRequest {
    TsRequest {
        version: message.version,
        token: message.token,
        auth_info: message.auth_info,
        pub_key_auth: message.pub_key_auth,
        error_code: None,
        client_nonce: message.client_nonce,
    }
}

fn failed(error: &dyn std::error::Error) -> Next {
    Next::Over(LoginOutcome::Failed(error.to_string()))
}
