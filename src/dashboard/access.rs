//! Who may do what: the token, signed-in browsers, and the names under which the dashboard answers.
//!
//! Knows addresses, names and secrets; must not know routes or pages.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;
use ring::digest;
use ring::hmac;
use ring::rand::SecureRandom;
use ring::rand::SystemRandom;

use crate::secret::Secret;

/// Fewer characters could be guessed.
pub const SHORTEST_TOKEN: usize = 16;
/// How long a browser stays signed in.
const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// More browsers than this are not signed in at once; the oldest has to sign in again.
const MOST_SESSIONS: usize = 32;

/// Why a dashboard cannot be served like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Others than this machine could read it.
    #[error("listening on `{0}` needs a token, because other machines can reach it")]
    TokenNeeded(SocketAddr),
    /// The token could be guessed.
    #[error("the token has fewer than {SHORTEST_TOKEN} characters")]
    TokenTooShort,
    /// The token could not be sent in a header.
    #[error("the token has characters other than visible ASCII")]
    TokenUnfit,
    /// A browser never asks for a name like this.
    #[error("`{0}` is not the name of a host")]
    NameUnfit(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// What is open to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Whoever reaches it may read.
    Open,
    /// Reading needs the token, too.
    WithToken,
}

/// Who may do what. Actions always need the token; without one there are none.
#[derive(Debug)]
pub struct Access {
    reading: Reading,
    names: Vec<String>,
    token: Option<Token>,
    sessions: Mutex<VecDeque<Session>>,
}

/// A token by its keyed digest, so that comparing takes the same time whatever is compared.
#[derive(Debug)]
struct Token {
    key: hmac::Key,
    tag: hmac::Tag,
}

#[derive(Debug)]
struct Session {
    /// Digest of the identifier: a search through these tells nothing about identifiers.
    digest: Vec<u8>,
    until: Timestamp,
}

impl Access {
    /// Access to a dashboard that listens on an address. On a loopback address reading is open; on any other it takes
    /// the token. `names` are host names or addresses, without port, under which it is reached besides the loopback ones.
    pub fn new(
        listening: SocketAddr,
        names: &[String],
        token: Option<&Secret>,
    ) -> Result<Self, AccessError> {
        let reading = if listening.ip().is_loopback() {
            Reading::Open
        } else {
            Reading::WithToken
        };
        if reading == Reading::WithToken && token.is_none() {
            return Err(AccessError::TokenNeeded(listening));
        }
        Ok(Self {
            reading,
            names: names
                .iter()
                .map(|name| given(name))
                .collect::<Result<_, _>>()?,
            token: token.map(Token::new).transpose()?,
            sessions: Mutex::default(),
        })
    }

    /// Whether reading is open.
    pub(super) fn reading(&self) -> Reading {
        self.reading
    }

    /// Whether there is a token, and thus a way to act.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether a `Host` header names this dashboard: a loopback name or address, the address that the client is
    /// connected to, or a name that was given. Other names are those of pages that let a browser come here in their
    /// name (DNS rebinding).
    pub(super) fn answers_to(&self, host: &str, connected_to: Option<IpAddr>) -> bool {
        let Some(name) = without_port(host) else {
            return false;
        };
        let name = plain(name);
        if self.names.contains(&name) {
            return true;
        }
        match name.parse::<IpAddr>() {
            Ok(address) => {
                let reached = connected_to.map(|reached| reached.to_canonical());
                address.is_loopback() || reached == Some(address)
            }
            Err(_) => name == "localhost",
        }
    }

    /// Whether this is the token.
    pub(super) fn is_token(&self, text: &str) -> bool {
        let tag = |token: &Token| hmac::verify(&token.key, text.as_bytes(), token.tag.as_ref());
        self.token.as_ref().is_some_and(|token| tag(token).is_ok())
    }

    /// Signs a browser in: the identifier that it has to show from now on.
    pub(super) fn sign_in(&self, now: Timestamp) -> Result<Secret, AccessError> {
        let mut bytes = [0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|ring::error::Unspecified| AccessError::NoRandomness)?;
        let id = hex(&bytes);
        let session = Session {
            digest: digest_of(&id),
            until: now.saturating_add(SESSION).unwrap_or(now),
        };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MOST_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(session);
        Ok(Secret::new(id))
    }

    /// Whether an identifier is one of a signed-in browser.
    pub(super) fn is_session(&self, id: &str, now: Timestamp) -> bool {
        let digest = digest_of(id);
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions
            .iter()
            .any(|session| session.digest == digest && now < session.until)
    }

    /// Signs a browser out.
    pub(super) fn sign_out(&self, id: &str) {
        let digest = digest_of(id);
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.digest != digest);
    }

    /// What a form of a signed-in browser has to carry, so that only our own pages can send one.
    pub(super) fn form_mark(&self, id: &str) -> Option<String> {
        let token = self.token.as_ref()?;
        Some(hex(hmac::sign(&token.key, id.as_bytes()).as_ref()))
    }

    /// Whether a form carries that.
    pub(super) fn is_form_mark(&self, id: &str, mark: &str) -> bool {
        let Some(token) = &self.token else {
            return false;
        };
        let given: Option<Vec<u8>> = mark
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        given.is_some_and(|given| hmac::verify(&token.key, id.as_bytes(), &given).is_ok())
    }
}

impl Token {
    fn new(token: &Secret) -> Result<Self, AccessError> {
        let text = token.reveal();
        if text.len() < SHORTEST_TOKEN {
            return Err(AccessError::TokenTooShort);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccessError::TokenUnfit);
        }
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|ring::error::Unspecified| AccessError::NoRandomness)?;
        let tag = hmac::sign(&key, text.as_bytes());
        Ok(Self { key, tag })
    }
}

fn digest_of(id: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, id.as_bytes())
        .as_ref()
        .to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _cannot_fail = write!(hex, "{byte:02x}");
        hex
    })
}

/// A name as it is compared: in lower case; an address without brackets, in the one way of writing it, and an IPv4 address
/// that an IPv6 socket was reached at as what it is.
fn plain(name: &str) -> String {
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    match bare.unwrap_or(name).parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

/// A name that somebody gave.
fn given(name: &str) -> Result<String, AccessError> {
    let plain = plain(name);
    let is_letter = |letter: char| letter.is_alphanumeric() || "-._".contains(letter);
    let is_name = !plain.is_empty() && plain.chars().all(is_letter);
    if is_name || plain.parse::<IpAddr>().is_ok() {
        Ok(plain)
    } else {
        Err(AccessError::NameUnfit(name.to_owned()))
    }
}

/// The name in a `Host` header, with the brackets of an IPv6 address; `None` when it is malformed.
fn without_port(host: &str) -> Option<&str> {
    let (name, port) = match host.rfind(']') {
        Some(end) => host.split_at_checked(end + 1)?,
        None => host.split_at_checked(host.find(':').unwrap_or(host.len()))?,
    };
    let port = port.strip_prefix(':').or(port.is_empty().then_some("0"))?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (is_port && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use jiff::SignedDuration;
    use jiff::Timestamp;

    use super::Access;
    use super::AccessError;
    use super::MOST_SESSIONS;
    use super::Reading;
    use crate::secret::Secret;

    const TOKEN: &str = "sixteen-letters-";

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn access() -> Access {
        let names = ["Compliance.corp.example".to_owned()];
        Access::new(address("127.0.0.1:80"), &names, Some(&Secret::new(TOKEN))).unwrap()
    }

    #[test]
    fn other_addresses_than_loopback_need_a_token() {
        for outside in ["0.0.0.0:80", "10.0.0.5:80", "[::]:80"] {
            let refused = Access::new(address(outside), &[], None).unwrap_err();
            assert_eq!(refused, AccessError::TokenNeeded(address(outside)));
            let token = Secret::new(TOKEN);
            let access = Access::new(address(outside), &[], Some(&token)).unwrap();
            assert_eq!(access.reading(), Reading::WithToken);
        }
        let open = Access::new(address("[::1]:80"), &[], None).unwrap();
        assert_eq!(open.reading(), Reading::Open);
    }

    #[test]
    fn tokens_that_could_be_guessed_or_not_be_sent_are_refused() {
        let with = |token: &str| {
            Access::new(address("127.0.0.1:80"), &[], Some(&Secret::new(token))).unwrap_err()
        };
        assert_eq!(with("short"), AccessError::TokenTooShort);
        assert_eq!(with("sixteen letters and"), AccessError::TokenUnfit);
        assert_eq!(with("sixteen-letters-\u{e4}"), AccessError::TokenUnfit);
    }

    #[test]
    fn it_answers_to_loopback_and_given_names_only() {
        let access = access();
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:80",
            "compliance.corp.example",
        ] {
            assert!(access.answers_to(own, None), "{own}");
        }
        for other in [
            "",
            ":80",
            "evil.example",
            "localhost.evil.example",
            "localhost:80:80",
            "localhost:x",
            "10.0.0.5",
            "[::1]x",
            "[::1",
            "127.0.0.1.evil.example",
        ] {
            assert!(!access.answers_to(other, None), "{other}");
        }
        assert!(access.answers_to("10.0.0.5:80", "10.0.0.5".parse().ok()));
        // A socket of both kinds tells IPv4 addresses in its own way.
        assert!(access.answers_to("10.0.0.5:80", "::ffff:10.0.0.5".parse().ok()));
        assert!(!access.answers_to("10.0.0.6:80", "::ffff:10.0.0.5".parse().ok()));
    }

    #[test]
    fn addresses_are_names_too_and_names_have_no_port() {
        let with = |name: &str| Access::new(address("127.0.0.1:80"), &[name.to_owned()], None);
        for (given, asked) in [
            ("10.0.0.9", "10.0.0.9:8080"),
            ("[FD00:0::9]", "[fd00::9]:8080"),
            ("fd00::9", "[fd00::9]"),
            ("TS_01.corp", "ts_01.corp:80"),
        ] {
            assert!(with(given).unwrap().answers_to(asked, None), "{given}");
        }
        for wrong in [
            "",
            "name:8443",
            "https://name",
            "name/",
            "10.0.0.9:80",
            "[fd00::9]:80",
            "a b",
        ] {
            let refused = with(wrong).unwrap_err();
            assert_eq!(refused, AccessError::NameUnfit(wrong.to_owned()));
        }
    }

    #[test]
    fn a_session_ends_by_itself_by_signing_out_and_by_newer_ones() {
        let access = access();
        let now = Timestamp::UNIX_EPOCH;
        let first = access.sign_in(now).unwrap();
        assert!(access.is_session(first.reveal(), now));
        assert!(!access.is_session(first.reveal(), now + SignedDuration::from_hours(12)));
        let second = access.sign_in(now).unwrap();
        access.sign_out(second.reveal());
        assert!(!access.is_session(second.reveal(), now));
        for _ in 0..MOST_SESSIONS {
            access.sign_in(now).unwrap();
        }
        assert!(!access.is_session(first.reveal(), now));
    }

    #[test]
    fn a_forms_mark_belongs_to_one_session() {
        let access = access();
        let mark = access.form_mark("one").unwrap();
        assert!(access.is_form_mark("one", &mark));
        assert!(!access.is_form_mark("two", &mark));
        for wrong in ["", "0", "zz", mark.get(2..).unwrap(), "\u{e4}\u{e4}"] {
            assert!(!access.is_form_mark("one", wrong), "{wrong}");
        }
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let access = access();
        assert!(access.is_token(TOKEN));
        assert!(!access.is_token(TOKEN.trim_start_matches('s')));
        assert!(!access.is_token(""));
        let without = Access::new(address("127.0.0.1:80"), &[], None).unwrap();
        assert!(!without.is_token(""));
    }
}
