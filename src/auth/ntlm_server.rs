//! The server's side of NTLM, for the lab.

use crate::auth::Account;
use crate::auth::AuthError;
use crate::auth::AuthStep;
use crate::auth::Sealed;

/// One NTLM context; belongs to one TCP connection. Takes raw and SPNEGO-wrapped tokens.
#[derive(Debug)]
pub struct NtlmServer {}

impl NtlmServer {
    /// A fresh context of the computer with this name, accepting these accounts. With a channel binding, a client that
    /// sends another one is refused; one that sends none is accepted (Windows' `Relaxed`).
    pub fn new(
        computer: &str,
        accounts: &[Account],
        channel_binding: Option<&[u8]>,
    ) -> Result<Self, AuthError> {
        let _ = (computer, accounts, channel_binding);
        Ok(Self {})
    }

    /// Takes the client's token and gives the answer. [`AuthError::Refused`] for a wrong user or password.
    pub fn step(&mut self, token: &[u8]) -> Result<AuthStep, AuthError> {
        let _ = token;
        Ok(AuthStep {
            token: Vec::new(),
            complete: true,
        })
    }

    /// The account that signed in, once complete.
    pub fn user(&self) -> Option<&str> {
        None
    }

    /// Seals a message for the client.
    pub fn seal(&mut self, plain: &[u8]) -> Result<Sealed, AuthError> {
        Ok(Sealed {
            token: Vec::new(),
            data: plain.to_vec(),
        })
    }

    /// Opens a message of the client.
    pub fn unseal(&mut self, sealed: &Sealed) -> Result<Vec<u8>, AuthError> {
        Ok(sealed.data.clone())
    }
}
