//! Who is on the other end of a connection: the legs of NTLM, Basic over TLS, and sealing afterwards (wsman-wire 9, 10).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::auth::Account;
use crate::auth::AuthError;
use crate::auth::NtlmServer;
use crate::auth::Sealed;
use crate::lab::http::HttpAnswer;
use crate::wsman::sealed;
use crate::wsman::sealed::FrameError;
use crate::wsman::sealed::SealedMessage;

/// What carries the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Channel {
    /// TCP alone: bodies must be sealed.
    Plain,
    /// TLS: bodies go as they are.
    Tls {
        /// `tls-server-end-point:` and the certificate's hash.
        binding: Vec<u8>,
    },
}

/// Where signing in stands after a request's headers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// To be answered by this at once.
    Answer(HttpAnswer),
    /// The body may be looked at.
    SignedIn {
        /// The account.
        user: String,
        /// A token that has to go with the answer.
        token: Option<String>,
        /// Whether this request completed the sign-in.
        leg: Leg,
    },
}

/// Which part of a connection's life a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leg {
    /// The last one of signing in; usually without a body.
    Last,
    /// After it.
    After,
}

/// The sign-in of one connection.
#[derive(Debug)]
pub(super) struct SignIn {
    computer: String,
    build: u16,
    accounts: Vec<Account>,
    channel: Channel,
    context: Option<NtlmServer>,
    user: Option<String>,
    refusals: usize,
}

impl SignIn {
    pub(super) fn new(
        computer: String,
        build: u16,
        accounts: Vec<Account>,
        channel: Channel,
    ) -> Self {
        Self {
            computer,
            build,
            accounts,
            channel,
            context: None,
            user: None,
            refusals: 0,
        }
    }

    /// How many times a name or password was refused since this was asked last.
    pub(super) fn take_refusals(&mut self) -> usize {
        std::mem::take(&mut self.refusals)
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Takes the `Authorization` header of a request.
    pub(super) fn look_at(&mut self, authorization: Option<&str>) -> Standing {
        let Some(authorization) = authorization else {
            return match &self.user {
                Some(user) => Standing::SignedIn {
                    user: user.clone(),
                    token: None,
                    leg: Leg::After,
                },
                None => self.turned_away(),
            };
        };
        let (scheme, credentials) = authorization.split_once(' ').unwrap_or((authorization, ""));
        if scheme.eq_ignore_ascii_case("Negotiate") {
            self.negotiate(credentials.trim())
        } else if scheme.eq_ignore_ascii_case("Basic") && self.channel != Channel::Plain {
            self.basic(credentials.trim())
        } else {
            self.turned_away()
        }
    }

    /// A line for each scheme that is enabled; the connection is closed.
    fn turned_away(&self) -> Standing {
        let mut answer = HttpAnswer::empty(401).closing();
        answer.authenticate.push("Negotiate".to_owned());
        if self.channel != Channel::Plain {
            answer.authenticate.push("Basic realm=\"WSMAN\"".to_owned());
        }
        Standing::Answer(answer)
    }

    fn negotiate(&mut self, token: &str) -> Standing {
        if self.user.take().is_some() {
            // A token on a connection that has signed in starts anew.
            self.context = None;
        }
        match self.step(token) {
            Ok(standing) => standing,
            Err(error) => {
                if matches!(error, AuthError::Refused { .. }) {
                    self.refusals += 1;
                }
                self.context = None;
                self.turned_away()
            }
        }
    }

    fn step(&mut self, token: &str) -> Result<Standing, AuthError> {
        let token = BASE64.decode(token).map_err(|error| AuthError::BadToken {
            step: "client's",
            reason: error.to_string(),
        })?;
        let mut context = match self.context.take() {
            Some(context) => context,
            None => self.fresh_context()?,
        };
        let step = context.step(&token)?;
        let answer =
            (!step.token.is_empty()).then(|| format!("Negotiate {}", BASE64.encode(&step.token)));
        let standing = if step.complete {
            let user = context.user().unwrap_or_default().to_owned();
            self.user = Some(user.clone());
            Standing::SignedIn {
                user,
                token: answer,
                leg: Leg::Last,
            }
        } else {
            let mut challenge = HttpAnswer::empty(401);
            challenge.authenticate.extend(answer);
            Standing::Answer(challenge)
        };
        self.context = Some(context);
        Ok(standing)
    }

    fn fresh_context(&self) -> Result<NtlmServer, AuthError> {
        let binding = match &self.channel {
            Channel::Plain => None,
            Channel::Tls { binding } => Some(binding.as_slice()),
        };
        let context = NtlmServer::new(&self.computer, &self.accounts, binding)?;
        Ok(context.with_build(self.build))
    }

    fn basic(&self, credentials: &str) -> Standing {
        let decoded = BASE64
            .decode(credentials)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let account = decoded
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .and_then(|(user, password)| self.account(user, password));
        match account {
            Some(account) => Standing::SignedIn {
                user: account.user.clone(),
                token: None,
                leg: Leg::After,
            },
            None => self.turned_away(),
        }
    }

    fn account(&self, user: &str, password: &str) -> Option<&Account> {
        let name = user.rsplit('\\').next().unwrap_or(user);
        self.accounts
            .iter()
            .find(|account| account.user.eq_ignore_ascii_case(name))
            .filter(|account| account.password.reveal() == password)
    }

    /// Opens a sealed body.
    pub(super) fn open(&mut self, body: &[u8]) -> Result<Vec<u8>, OpenError> {
        let message = sealed::decode(body)?;
        let sealed = Sealed {
            token: message.token,
            data: message.data,
        };
        let context = self.context.as_mut().ok_or(OpenError::NoContext)?;
        Ok(context.unseal(&sealed)?)
    }

    /// Seals an answer, in the form of the request that it answers.
    pub(super) fn close(&mut self, plain: &[u8], form: Form) -> Result<Vec<u8>, OpenError> {
        let context = self.context.as_mut().ok_or(OpenError::NoContext)?;
        let sealed = context.seal(plain)?;
        let body = sealed::encode(&SealedMessage {
            token: sealed.token,
            data: sealed.data,
            plain_length: plain.len(),
        });
        Ok(match form {
            Form::Tabbed => with_tabs(&body),
            Form::Bare => body,
        })
    }
}

/// A body that cannot be opened, or an answer that cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Seal(#[from] AuthError),
    #[error("nobody has signed in on this connection")]
    NoContext,
}

/// Whether the part headers of a sealed message begin with a TAB.
///
/// Assumption: Windows answers in the form that it was asked in. Recordings of Kerberos have none on either side, while
/// pypsrp, which sends one, cannot read an answer without (wsman-wire 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A TAB before each part header.
    Tabbed,
    /// None.
    Bare,
}

/// What closes the second part's header, after which everything is ciphertext.
const LAST_HEADER: &[u8] = b"Content-Type: application/octet-stream\r\n";

impl Form {
    /// The form of a body.
    pub(super) fn of(body: &[u8]) -> Self {
        let second_line = body.split(|byte| *byte == b'\n').nth(1);
        match second_line.and_then(<[u8]>::first) {
            Some(b'\t') => Self::Tabbed,
            _ => Self::Bare,
        }
    }
}

fn with_tabs(body: &[u8]) -> Vec<u8> {
    let head = body
        .windows(LAST_HEADER.len())
        .position(|window| window == LAST_HEADER)
        .map_or(0, |start| start + LAST_HEADER.len());
    let (head, rest) = body.split_at_checked(head).unwrap_or((&[], body));
    let mut tabbed = Vec::with_capacity(body.len() + 3);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"--") {
            tabbed.push(b'\t');
        }
        tabbed.extend_from_slice(line);
    }
    tabbed.extend_from_slice(rest);
    tabbed
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::BASE64;
    use super::Channel;
    use super::Form;
    use super::SignIn;
    use super::Standing;
    use super::with_tabs;
    use crate::auth::Account;
    use crate::lab::http::After;
    use crate::secret::Secret;

    fn sign_in(channel: Channel) -> SignIn {
        let account = Account {
            user: "Admin".to_owned(),
            password: Secret::new("a:b"),
        };
        SignIn::new("PC".to_owned(), 20348, vec![account], channel)
    }

    fn status(standing: &Standing) -> u16 {
        match standing {
            Standing::Answer(answer) => answer.status,
            Standing::SignedIn { .. } => 200,
        }
    }

    #[test]
    fn a_request_without_token_is_turned_away_and_the_connection_closed() {
        let Standing::Answer(answer) = sign_in(Channel::Plain).look_at(None) else {
            panic!("signed in without credentials");
        };
        assert_eq!((answer.status, answer.after), (401, After::Close));
        assert_eq!(answer.authenticate, ["Negotiate"]);
    }

    #[test]
    fn basic_is_for_tls_only_and_looked_at_each_time() {
        let tls = || Channel::Tls {
            binding: Vec::new(),
        };
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text));
        for (channel, credentials, expected) in [
            (Channel::Plain, "admin:a:b", 401),
            (tls(), "admin:a:b", 200),
            (tls(), r"PC\ADMIN:a:b", 200),
            (tls(), "admin:b", 401),
            (tls(), "admin", 401),
        ] {
            let mut sign_in = sign_in(channel);
            assert_eq!(
                status(&sign_in.look_at(Some(&basic(credentials)))),
                expected
            );
            assert_eq!(status(&sign_in.look_at(None)), 401);
        }
    }

    #[test]
    fn rubbish_as_a_token_is_turned_away() {
        for token in [
            "Negotiate",
            "Negotiate ***",
            "Negotiate AAAA",
            "Kerberos AAAA",
            "",
        ] {
            assert_eq!(status(&sign_in(Channel::Plain).look_at(Some(token))), 401);
        }
    }

    #[test]
    fn tabs_go_before_part_headers_only() {
        let body = b"--Encrypted Boundary\r\nContent-Type: x\r\nOriginalContent: y\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n\x01\nZ\n--Encrypted Boundary--\r\n";
        let tabbed = with_tabs(body);
        assert_eq!(
            tabbed,
            b"--Encrypted Boundary\r\n\tContent-Type: x\r\n\tOriginalContent: y\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x01\nZ\n--Encrypted Boundary--\r\n"
        );
        assert_eq!(
            (Form::of(body), Form::of(&tabbed)),
            (Form::Bare, Form::Tabbed)
        );
        assert_eq!(with_tabs(b"\x01rubbish"), b"\x01rubbish");
    }
}
