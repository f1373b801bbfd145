//! A line with someone signed in: the envelope goes in plain and comes out plain, whatever is done to it on the way.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

use crate::auth::AuthError;
use crate::auth::NtlmClient;
use crate::auth::NtlmTarget;
use crate::auth::Sealed;
use crate::auth::Wrapping;
use crate::auth::channel_binding::tls_server_end_point;
use crate::cim::CimError;
use crate::inventory::Authentication;
use crate::inventory::Scheme;
use crate::secret::Secret;
use crate::session::failure::Failure;
use crate::session::failure::Fate;
use crate::session::failure::Topic;
use crate::session::line::Destination;
use crate::session::line::HttpAnswer;
use crate::session::line::Line;
use crate::session::line::Message;
use crate::session::trial::Trial;
use crate::wsman::RequestEnvelope;
use crate::wsman::encode_request;
use crate::wsman::sealed;
use crate::wsman::sealed::SealedMessage;

/// The type of a plain envelope, and of a token leg's empty body.
const PLAIN: &str = "application/soap+xml;charset=UTF-8";
/// SPNEGO with NTLM needs three at most.
const MOST_LEGS: usize = 4;
const SIGNING_IN: &str = "signing in";

/// Who signs in where, and how.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) destination: Arc<Destination>,
    pub(super) scheme: Scheme,
    pub(super) authentication: Authentication,
    /// Host name or address, without the port.
    pub(super) host: String,
    pub(super) user: String,
    pub(super) password: Secret,
    /// For an account that other hosts of the run sign in with too.
    pub(super) trial: Option<Arc<Trial>>,
}

impl Login {
    /// The host's answer to a wrong user name or password.
    pub(super) fn refused(&self) -> CimError {
        CimError::SignInRefused {
            address: self.destination.address.clone(),
            user: self.user.clone(),
        }
    }

    fn topic<'a>(&'a self, operation: &'a str) -> Topic<'a> {
        Topic {
            address: &self.destination.address,
            operation,
        }
    }
}

/// A line with someone signed in.
#[derive(Debug)]
pub(super) struct Link {
    line: Line,
    login: Arc<Login>,
    protection: Protection,
}

/// What keeps bodies from strangers, and proves who sends them.
#[derive(Debug)]
enum Protection {
    /// The security context seals every body.
    Sealed(NtlmClient),
    /// TLS; the security context belongs to the connection.
    Tls,
    /// TLS; each request says who sends it.
    TlsWithHeader(HeaderValue),
}

impl Link {
    /// Connects and signs in.
    pub(super) async fn open(login: &Arc<Login>) -> Result<Self, Failure> {
        let line = Line::new(&login.destination)?;
        let wrapping = match login.authentication {
            Authentication::Ntlm => Wrapping::Raw,
            Authentication::Negotiate => Wrapping::Spnego,
            Authentication::Basic => return Self::open_basic(line, login).await,
        };
        let context = sign_in(&line, login, wrapping).await?;
        let protection = match login.scheme {
            Scheme::Http => Protection::Sealed(context),
            Scheme::Https => Protection::Tls,
        };
        Ok(Self {
            line,
            login: Arc::clone(login),
            protection,
        })
    }

    /// Each request carries the password, so a harmless one shows whether it is right.
    async fn open_basic(line: Line, login: &Arc<Login>) -> Result<Self, Failure> {
        let mut opened = Self {
            line,
            login: Arc::clone(login),
            protection: Protection::TlsWithHeader(basic(login)?),
        };
        let identify = encode_request(&RequestEnvelope::identify());
        opened.exchange(SIGNING_IN, identify.as_bytes()).await?;
        Ok(opened)
    }

    /// Sends an envelope and gives back the answer's. After an error the link is of no more use.
    pub(super) async fn exchange(
        &mut self,
        operation: &str,
        envelope: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let login = Arc::clone(&self.login);
        let topic = login.topic(operation);
        let message = self.wrap(envelope)?;
        let answer = self.line.post(operation, message).await?;
        if answer.status == 401 {
            return Err(self.unauthorized());
        }
        if answer.status == 413 {
            return Err(Failure::settled(CimError::Fault {
                operation: operation.to_owned(),
                code: REQUEST_TOO_LARGE,
                message: "the request is larger than the host allows".to_owned(),
            }));
        }
        self.unwrap(answer, topic).map_err(Failure::settled)
    }

    /// A connection that was signed in lost its context, and the operation was not carried out (wsman-wire 9.4).
    fn unauthorized(&self) -> Failure {
        let fate = match self.protection {
            Protection::Sealed(_) | Protection::Tls => Fate::NotBegun,
            Protection::TlsWithHeader(_) => Fate::Settled,
        };
        Failure {
            error: self.login.refused(),
            fate,
        }
    }

    fn wrap(&mut self, envelope: &[u8]) -> Result<Message, CimError> {
        let plain = |authorization| Message {
            authorization,
            content_type: HeaderValue::from_static(PLAIN),
            body: envelope.to_vec(),
        };
        let context = match &mut self.protection {
            Protection::Tls => return Ok(plain(None)),
            Protection::TlsWithHeader(header) => return Ok(plain(Some(header.clone()))),
            Protection::Sealed(context) => context,
        };
        let Sealed { token, data } = context.seal(envelope).map_err(|error| broken(&error))?;
        let body = sealed::encode(&SealedMessage {
            token,
            data,
            plain_length: envelope.len(),
        });
        Ok(Message {
            authorization: None,
            content_type: header(&sealed::content_type())?,
            body,
        })
    }

    /// Opens an answer.
    ///
    /// Assumption: an empty answer with status 500 is a fault that carries no code, not a sign of another kind of server.
    fn unwrap(&mut self, answer: HttpAnswer, topic: Topic<'_>) -> Result<Vec<u8>, CimError> {
        if answer.body.is_empty() && answer.status == 500 {
            return Err(CimError::Fault {
                operation: topic.operation.to_owned(),
                code: 0,
                message: "the service failed and did not say why".to_owned(),
            });
        }
        if answer.body.is_empty() {
            return Err(topic.not_wsman(format!("HTTP status {} and no content", answer.status)));
        }
        match &mut self.protection {
            Protection::Sealed(context) => {
                if !is_type(&answer, "multipart/encrypted") {
                    return Err(topic.not_wsman(describe(&answer, "not sealed")));
                }
                let message = sealed::decode(&answer.body)
                    .map_err(|error| topic.not_wsman(error.to_string()))?;
                let sealed = Sealed {
                    token: message.token,
                    data: message.data,
                };
                context
                    .unseal(&sealed)
                    .map_err(|error| topic.not_wsman(error.to_string()))
            }
            Protection::Tls | Protection::TlsWithHeader(_) => {
                if is_type(&answer, "application/soap+xml") {
                    Ok(answer.body)
                } else {
                    Err(topic.not_wsman(describe(&answer, "not SOAP")))
                }
            }
        }
    }
}

/// The fault that Windows has for it (wsman-wire 8), though this way of saying so is HTTP's.
const REQUEST_TOO_LARGE: u32 = 2_150_859_025;

async fn sign_in(line: &Line, login: &Login, wrapping: Wrapping) -> Result<NtlmClient, Failure> {
    let topic = login.topic(SIGNING_IN);
    let target = NtlmTarget {
        user: &login.user,
        password: &login.password,
        service: &format!("HTTP/{}", login.host),
        channel_binding: None,
    };
    let mut context = NtlmClient::new(&target, wrapping).map_err(|error| broken(&error))?;
    let mut token = context.step(None).map_err(|error| broken(&error))?.token;
    for leg in 0..MOST_LEGS {
        let message = Message {
            authorization: Some(header(&format!("Negotiate {}", STANDARD.encode(&token)))?),
            content_type: HeaderValue::from_static(PLAIN),
            body: Vec::new(),
        };
        let _turn = match &login.trial {
            // The first leg carries nothing that could be refused.
            Some(trial) if leg > 0 => {
                Some(trial.turn(&login.destination.address, &login.user).await?)
            }
            Some(_) | None => None,
        };
        let answer = line.post(SIGNING_IN, message).await?;
        let theirs = token_of(&answer, topic)?;
        match (answer.status, theirs) {
            (200, None) if !answer.body.is_empty() => {
                return Err(topic.not_wsman(describe(&answer, "no sign-in")).into());
            }
            (200, theirs) => {
                login.trial.iter().for_each(|trial| trial.accepted());
                return finish(context, theirs, login);
            }
            (401, None) if leg == 0 => return Err(no_negotiate(&answer, login).into()),
            (401, None) => {
                login.trial.iter().for_each(|trial| trial.refused());
                return Err(login.refused().into());
            }
            (401, Some(theirs)) => {
                if let Some(certificate) = &answer.certificate {
                    context.bind(&tls_server_end_point(certificate));
                }
                let step = context.step(Some(&theirs)).map_err(|error| {
                    if leg == 0 {
                        topic.not_wsman(error.to_string())
                    } else {
                        login.refused()
                    }
                })?;
                token = step.token;
            }
            _ => return Err(topic.not_wsman(describe(&answer, "no sign-in")).into()),
        }
    }
    Err(topic.not_wsman("signing in does not come to an end").into())
}

/// Takes the last token, which proves with SPNEGO that nobody changed what was negotiated.
fn finish(
    mut context: NtlmClient,
    token: Option<Vec<u8>>,
    login: &Login,
) -> Result<NtlmClient, Failure> {
    let topic = login.topic(SIGNING_IN);
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        context
            .step(Some(&token))
            .map_err(|error| topic.not_wsman(error.to_string()))?;
    }
    if context.is_complete() {
        return Ok(context);
    }
    Err(topic
        .not_wsman("the host ended signing in before it was complete")
        .into())
}

/// The token in `WWW-Authenticate: Negotiate …`, when there is one.
fn token_of(answer: &HttpAnswer, topic: Topic<'_>) -> Result<Option<Vec<u8>>, CimError> {
    let token = answer.challenges.iter().find_map(|challenge| {
        let (scheme, token) = challenge.trim().split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("Negotiate")
            .then(|| token.trim())
    });
    token
        .map(|token| STANDARD.decode(token))
        .transpose()
        .map_err(|error| topic.not_wsman(format!("a sign-in token that is not Base64: {error}")))
}

fn no_negotiate(answer: &HttpAnswer, login: &Login) -> CimError {
    CimError::Configuration {
        detail: format!(
            "{} does not sign in by NTLM; it offers `{}`",
            login.destination.address,
            answer.challenges.join(", ")
        ),
        remedy: "enable it on the host: `winrm set winrm/config/service/auth @{Negotiate=\"true\"}`, and look for a policy that \
                 restricts NTLM"
            .to_owned(),
    }
}

fn basic(login: &Login) -> Result<HeaderValue, CimError> {
    let pair = Secret::new(format!("{}:{}", login.user, login.password.reveal()));
    let mut value = header(&format!("Basic {}", STANDARD.encode(pair.reveal())))?;
    value.set_sensitive(true);
    Ok(value)
}

fn header(value: &str) -> Result<HeaderValue, CimError> {
    HeaderValue::from_str(value).map_err(|error| CimError::Broken {
        promise: format!("a header value is one: {error}"),
    })
}

fn broken(error: &AuthError) -> CimError {
    CimError::Broken {
        promise: format!("tokens can be made: {error}"),
    }
}

fn is_type(answer: &HttpAnswer, wanted: &str) -> bool {
    let found = answer.content_type.split(';').next().unwrap_or_default();
    found.trim().eq_ignore_ascii_case(wanted)
}

/// What came, in a few words: status, type and the beginning of the content.
fn describe(answer: &HttpAnswer, verdict: &str) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let beginning: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|character| !character.is_control())
        .take(120)
        .collect();
    let kind = if answer.content_type.is_empty() {
        "no content type"
    } else {
        answer.content_type.as_str()
    };
    format!(
        "{verdict} (HTTP status {}, {kind}): {beginning}",
        answer.status
    )
}
