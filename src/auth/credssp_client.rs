//! The client's side of CredSSP ([MS-CSSP] 3.1.5) with NTLM inside, by the `sspi` crate: it proves that it knows the
//! password, has the server prove the same for this very TLS channel, and only then hands the credentials over.
//!
//! Knows no sockets and no encoding of the messages. Nobody else is asked: no Kerberos, no network.

use std::fmt;

use sspi::Credentials;
use sspi::ErrorKind;
use sspi::credssp;
use sspi::credssp::ClientMode;
use sspi::credssp::ClientState;
use sspi::credssp::CredSspMode;
use sspi::credssp::TsRequest;
use sspi::ntlm::NtlmConfig;
use tracing::subscriber::NoSubscriber;

use crate::auth::AuthError;
use crate::auth::ntlm_client::identity;
use crate::auth::ntlm_client::library;
use crate::secret::Secret;

/// Length of an NTLM signature, with which everything sealed begins.
const SIGNATURE_LENGTH: usize = 16;

/// A message, as far as signing in fills it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredSspMessage {
    /// Protocol version: 2 to 6.
    pub version: u32,
    /// The NTLM token.
    pub token: Option<Vec<u8>>,
    /// The sealed credentials.
    pub auth_info: Option<Vec<u8>>,
    /// The sealed proof about the TLS channel.
    pub pub_key_auth: Option<Vec<u8>>,
    /// What the proof is salted with, since version 5.
    pub client_nonce: Option<[u8; 32]>,
}

/// What to send to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredSspStep {
    /// This, and the server has to answer.
    Say(CredSspMessage),
    /// This, which holds the credentials: the server has proved itself.
    Delegate(CredSspMessage),
}

/// Whom and what to sign in to.
#[derive(Debug, Clone, Copy)]
pub struct CredSspTarget<'a> {
    /// `user`, `DOMAIN\\user` or `user@domain`.
    pub user: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The service: `TERMSRV/host`.
    pub service: &'a str,
    /// The server's public key as it stands in its certificate
    /// ([`public_key`](crate::auth::channel_binding::public_key)).
    pub public_key: &'a [u8],
}

/// One sign-in; belongs to one TLS connection.
pub struct CredSspClient {
    client: credssp::CredSspClient,
    server_version: Option<u32>,
}

impl fmt::Debug for CredSspClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CredSspClient")
            .finish_non_exhaustive()
    }
}

impl CredSspClient {
    /// Begins, with the first message to send.
    pub fn begin(target: CredSspTarget<'_>) -> Result<(Self, CredSspMessage), AuthError> {
        let credentials = Credentials::AuthIdentity(identity(target.user, target.password)?);
        let client = credssp::CredSspClient::new(
            target.public_key.to_vec(),
            credentials,
            CredSspMode::WithCredentials,
            ClientMode::Ntlm(NtlmConfig::default()),
            target.service.to_owned(),
        )
        .map_err(|error| library("beginning CredSSP", &error))?;
        let mut begun = Self {
            client,
            server_version: None,
        };
        match begun.process(TsRequest::default()) {
            Ok(CredSspStep::Say(message)) => Ok((begun, message)),
            Ok(CredSspStep::Delegate(_)) => Err(AuthError::Library {
                during: "beginning CredSSP",
                reason: "it was over at once".to_owned(),
            }),
            Err(error) => Err(library("beginning CredSSP", &error)),
        }
    }

    /// Takes the server's answer and gives what to send next. A refusal in the answer is for the caller to look at.
    pub fn step(&mut self, answer: CredSspMessage) -> Result<CredSspStep, AuthError> {
        let first = *self.server_version.get_or_insert(answer.version);
        if first != answer.version {
            return Err(bad("the version changed on the way"));
        }
        // The library cuts the signature off without looking whether there is one.
        let is_sealed = |sealed: &Vec<u8>| sealed.len() >= SIGNATURE_LENGTH;
        if !answer.pub_key_auth.as_ref().is_none_or(is_sealed) {
            return Err(bad("the proof about the channel is cut off"));
        }
        let proves = answer.pub_key_auth.is_some();
        let request = TsRequest {
            version: answer.version,
            nego_tokens: answer.token,
            auth_info: None,
            pub_key_auth: answer.pub_key_auth,
            error_code: None,
            client_nonce: answer.client_nonce,
        };
        self.process(request).map_err(|error| {
            if proves && error.error_type == ErrorKind::MessageAltered {
                AuthError::ForeignChannel
            } else {
                bad(&error.to_string())
            }
        })
    }

    fn process(&mut self, request: TsRequest) -> sspi::Result<CredSspStep> {
        // The library tells whoever listens to its traces what it hands over, password and all.
        let state = tracing::subscriber::with_default(NoSubscriber::default(), || {
            self.client.process(request).resolve_to_result()
        })?;
        Ok(match state {
            ClientState::ReplyNeeded(request) => CredSspStep::Say(message(request)),
            ClientState::FinalMessage(request) => CredSspStep::Delegate(message(request)),
        })
    }
}

fn message(request: TsRequest) -> CredSspMessage {
    CredSspMessage {
        version: request.version,
        token: request.nego_tokens,
        auth_info: request.auth_info,
        pub_key_auth: request.pub_key_auth,
        client_nonce: request.client_nonce,
    }
}

fn bad(reason: &str) -> AuthError {
    AuthError::BadToken {
        step: "server's CredSSP",
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::CredSspClient;
    use super::CredSspMessage;
    use super::CredSspTarget;
    use crate::auth::AuthError;
    use crate::secret::Secret;

    fn begun() -> (CredSspClient, CredSspMessage) {
        let target = CredSspTarget {
            user: r"CORP\anna",
            password: &Secret::new("hunter2"),
            service: "TERMSRV/pc-1",
            public_key: b"key",
        };
        CredSspClient::begin(target).unwrap()
    }

    #[test]
    fn the_first_message_is_raw_ntlm_of_the_newest_version() {
        let (client, message) = begun();
        assert_eq!(message.version, 6);
        assert!(message.token.unwrap().starts_with(b"NTLMSSP\0\x01"));
        assert_eq!((message.auth_info, message.pub_key_auth), (None, None));
        assert!(!format!("{client:?}").contains("hunter2"));
    }

    #[test]
    fn answers_that_make_no_sense_are_errors() {
        let answer = |token: Option<&[u8]>, proof: Option<&[u8]>| CredSspMessage {
            version: 6,
            token: token.map(<[u8]>::to_vec),
            pub_key_auth: proof.map(<[u8]>::to_vec),
            ..CredSspMessage::default()
        };
        for (token, proof) in [
            (None, None),
            (Some(&b"NTLMSSP\0\x02"[..]), None),
            (None, Some(&b"short"[..])),
            (None, Some(&[0; 40][..])),
        ] {
            let (mut client, _) = begun();
            let error = client.step(answer(token, proof)).unwrap_err();
            assert!(matches!(error, AuthError::BadToken { .. }), "{error}");
        }
    }
}
