//! The client's side of NTLM.

use std::fmt;

use sspi::AuthIdentity;
use sspi::AuthIdentityBuffers;
use sspi::BufferType;
use sspi::ClientRequestFlags;
use sspi::Credentials;
use sspi::CredentialsBuffers;
use sspi::DataRepresentation;
use sspi::EncryptionFlags;
use sspi::Negotiate;
use sspi::NegotiateConfig;
use sspi::Ntlm;
use sspi::SecurityBuffer;
use sspi::SecurityBufferRef;
use sspi::SecurityStatus;
use sspi::Sspi;
use sspi::Username;
use sspi::ntlm::NtlmConfig;

use crate::auth::AuthError;
use crate::auth::AuthStep;
use crate::auth::Sealed;
use crate::auth::Wrapping;
use crate::secret::Secret;

/// Length of an NTLM signature.
const SIGNATURE_LENGTH: usize = 16;

/// One NTLM context; belongs to one TCP connection.
pub struct NtlmClient {
    context: Context,
    service: String,
    channel_binding: Option<Vec<u8>>,
    complete: bool,
}

/// The library's context with the credentials that every step wants again.
enum Context {
    Raw(Box<Ntlm>, Option<AuthIdentityBuffers>),
    Spnego(Box<Negotiate>, Option<CredentialsBuffers>),
}

impl fmt::Debug for NtlmClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NtlmClient")
            .field("service", &self.service)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

/// Whom and what a context is for.
#[derive(Debug, Clone)]
pub struct NtlmTarget<'a> {
    /// `user`, `DOMAIN\\user` or `user@domain`.
    pub user: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The service: `HTTP/host`.
    pub service: &'a str,
    /// `tls-server-end-point:` and the certificate's hash, over TLS (wsman-wire 11).
    pub channel_binding: Option<&'a [u8]>,
}

impl NtlmClient {
    /// A fresh context.
    pub fn new(target: &NtlmTarget<'_>, wrapping: Wrapping) -> Result<Self, AuthError> {
        let identity = identity(target.user, target.password)?;
        let context = match wrapping {
            Wrapping::Raw => {
                let identity = AuthIdentityBuffers::from(identity);
                Context::Raw(Box::new(Ntlm::new()), Some(identity))
            }
            Wrapping::Spnego => {
                // Kerberos would look for a domain controller; NTLM alone asks nobody.
                let packages = Some("!kerberos,!pku2u".to_owned());
                let config =
                    NegotiateConfig::new(Box::new(NtlmConfig::default()), packages, String::new());
                let context = Negotiate::new_client(config)
                    .map_err(|error| library("making a context", &error))?;
                let credentials = CredentialsBuffers::try_from(Credentials::AuthIdentity(identity))
                    .map_err(|error| library("taking the credentials", &error))?;
                Context::Spnego(Box::new(context), Some(credentials))
            }
        };
        Ok(Self {
            context,
            service: target.service.to_owned(),
            channel_binding: target.channel_binding.map(<[u8]>::to_vec),
            complete: false,
        })
    }

    /// Binds the context to a TLS channel. In time until the last token is made: the server's certificate may become
    /// known with the server's first token.
    pub fn bind(&mut self, channel_binding: &[u8]) {
        self.channel_binding = Some(channel_binding.to_vec());
    }

    /// Takes the server's token (`None` at first) and gives the next one to send.
    pub fn step(&mut self, token: Option<&[u8]>) -> Result<AuthStep, AuthError> {
        let input = self.input(token);
        let mut output = vec![SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let status = match &mut self.context {
            Context::Raw(context, credentials) => advance(
                context.as_mut(),
                credentials,
                &self.service,
                input,
                &mut output,
            ),
            Context::Spnego(context, credentials) => advance(
                context.as_mut(),
                credentials,
                &self.service,
                input,
                &mut output,
            ),
        };
        let status = status.map_err(|error| match token {
            None => library("starting to sign in", &error),
            Some(_) => AuthError::BadToken {
                step: "server's",
                reason: error.to_string(),
            },
        })?;
        self.complete = status == SecurityStatus::Ok;
        let token = output.into_iter().next().map(|buffer| buffer.buffer);
        Ok(AuthStep {
            token: token.unwrap_or_default(),
            complete: self.complete,
        })
    }

    /// Whether this side is done and may seal.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Seals a message for the server.
    pub fn seal(&mut self, plain: &[u8]) -> Result<Sealed, AuthError> {
        self.must_be_complete("sealing")?;
        let mut token = vec![0; SIGNATURE_LENGTH];
        let mut data = plain.to_vec();
        let mut message = [
            SecurityBufferRef::token_buf(&mut token),
            SecurityBufferRef::data_buf(&mut data),
        ];
        let flags = EncryptionFlags::empty();
        let sealed = match &mut self.context {
            Context::Raw(context, _) => context.encrypt_message(flags, &mut message),
            Context::Spnego(context, _) => context.encrypt_message(flags, &mut message),
        };
        sealed.map_err(|error| library("sealing", &error))?;
        Ok(Sealed { token, data })
    }

    /// Opens a message of the server.
    pub fn unseal(&mut self, sealed: &Sealed) -> Result<Vec<u8>, AuthError> {
        self.must_be_complete("opening a seal")?;
        let mut token = sealed.token.clone();
        let mut data = sealed.data.clone();
        if token.len() != SIGNATURE_LENGTH {
            return Err(AuthError::BrokenSeal {
                reason: format!("a signature of {} bytes", token.len()),
            });
        }
        let mut message = [
            SecurityBufferRef::token_buf(&mut token),
            SecurityBufferRef::data_buf(&mut data),
        ];
        let opened = match &mut self.context {
            Context::Raw(context, _) => context.decrypt_message(&mut message),
            Context::Spnego(context, _) => context.decrypt_message(&mut message),
        };
        opened.map_err(|error| AuthError::BrokenSeal {
            reason: error.to_string(),
        })?;
        Ok(data)
    }

    fn input(&self, token: Option<&[u8]>) -> Option<Vec<SecurityBuffer>> {
        let mut input = vec![SecurityBuffer::new(token?.to_vec(), BufferType::Token)];
        if let Some(binding) = &self.channel_binding {
            let structure = channel_bindings(binding);
            input.push(SecurityBuffer::new(structure, BufferType::ChannelBindings));
        }
        Some(input)
    }

    fn must_be_complete(&self, during: &'static str) -> Result<(), AuthError> {
        if self.complete {
            return Ok(());
        }
        Err(AuthError::Library {
            during,
            reason: "signing in is not complete".to_owned(),
        })
    }
}

/// The account as the library wants it.
pub(super) fn identity(user: &str, password: &Secret) -> Result<AuthIdentity, AuthError> {
    // `.\user` is Windows' way to say "an account of that machine", which on the wire is an empty domain.
    let user = user.strip_prefix(".\\").unwrap_or(user);
    let username = Username::parse(user).map_err(|error| AuthError::Library {
        during: "reading the user name",
        reason: error.to_string(),
    })?;
    Ok(AuthIdentity {
        username,
        password: password.reveal().to_owned().into(),
    })
}

fn advance<C: Sspi>(
    context: &mut C,
    credentials: &mut C::CredentialsHandle,
    service: &str,
    mut input: Option<Vec<SecurityBuffer>>,
    output: &mut [SecurityBuffer],
) -> sspi::Result<SecurityStatus> {
    let mut builder = context
        .initialize_security_context()
        .with_credentials_handle(credentials)
        .with_context_requirements(
            ClientRequestFlags::CONFIDENTIALITY | ClientRequestFlags::INTEGRITY,
        )
        .with_target_data_representation(DataRepresentation::Native)
        .with_target_name(service)
        .with_output(output);
    if let Some(input) = &mut input {
        builder = builder.with_input(input);
    }
    let result = context
        .initialize_security_context_impl(&mut builder)?
        .resolve_to_result()?;
    Ok(result.status)
}

/// `SEC_CHANNEL_BINDINGS`: eight numbers, of which only length and offset of the application data are not zero here.
fn channel_bindings(application_data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(application_data.len()).unwrap_or(u32::MAX);
    let mut structure = vec![0; 24];
    structure.extend(length.to_le_bytes());
    structure.extend(32_u32.to_le_bytes());
    structure.extend_from_slice(application_data);
    structure
}

pub(super) fn library(during: &'static str, error: &sspi::Error) -> AuthError {
    AuthError::Library {
        during,
        reason: error.to_string(),
    }
}
