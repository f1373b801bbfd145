//! The server's side of NTLM, for the lab.

use std::fmt;
use std::time::SystemTime;

use crate::auth::Account;
use crate::auth::AuthError;
use crate::auth::AuthStep;
use crate::auth::Sealed;
use crate::auth::ServerNames;
use crate::auth::cryptography::Block;
use crate::auth::cryptography::Checksum;
use crate::auth::cryptography::Rc4;
use crate::auth::cryptography::ServerSession;
use crate::auth::cryptography::channel_binding_hash;
use crate::auth::cryptography::hmac_md5;
use crate::auth::cryptography::password_key;
use crate::auth::message::Authenticate;
use crate::auth::message::Challenge;
use crate::auth::message::SIGNATURE;
use crate::auth::message::read_authenticate;
use crate::auth::message::read_negotiate;
use crate::auth::message::write_challenge;
use crate::auth::spnego;
use crate::auth::spnego::Response;
use crate::auth::spnego::State;

/// Windows Server 2022.
const DEFAULT_BUILD: u16 = 20348;
/// Seconds between 1601 and 1970.
const EPOCH: u64 = 11_644_473_600;

/// One NTLM context; belongs to one TCP connection. Takes raw and SPNEGO-wrapped tokens.
pub struct NtlmServer {
    names: ServerNames,
    build: u16,
    time: Option<u64>,
    accounts: Vec<Account>,
    channel_binding: Option<Block>,
    progress: Progress,
    user: Option<(String, String)>,
    /// The client's list of mechanisms, when it wraps its tokens in SPNEGO.
    mechanisms: Option<Vec<u8>>,
}

enum Progress {
    Fresh,
    Challenged {
        negotiate: Vec<u8>,
        challenge: Vec<u8>,
        nonce: [u8; 8],
    },
    Complete(Box<ServerSession>),
    Failed,
}

impl fmt::Debug for NtlmServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NtlmServer")
            .field("computer", &self.names.computer)
            .field("user", &self.user())
            .finish_non_exhaustive()
    }
}

impl NtlmServer {
    /// A fresh context of the computer with this name, accepting these accounts. With a channel binding, a client that
    /// sends another one is refused; one that sends none is accepted (Windows' `Relaxed`).
    pub fn new(
        computer: &str,
        accounts: &[Account],
        channel_binding: Option<&[u8]>,
    ) -> Result<Self, AuthError> {
        if computer.is_empty() || computer.len() > 255 {
            return Err(AuthError::Library {
                during: "naming the server",
                reason: format!("`{computer}` is not a computer name"),
            });
        }
        Ok(Self {
            names: ServerNames::in_workgroup(computer),
            build: DEFAULT_BUILD,
            time: None,
            accounts: accounts.to_vec(),
            channel_binding: channel_binding.map(channel_binding_hash),
            progress: Progress::Fresh,
            user: None,
            mechanisms: None,
        })
    }

    /// Claims another build of Windows 10.0 in the challenge than 20348.
    #[must_use]
    pub fn with_build(mut self, build: u16) -> Self {
        self.build = build;
        self
    }

    /// Claims these names in the challenge instead of those of a workgroup's computer.
    #[must_use]
    pub fn with_names(mut self, names: ServerNames) -> Self {
        self.names = names;
        self
    }

    /// Claims this time in the challenge, in 100 ns since 1601, instead of the true one.
    #[must_use]
    pub fn with_time(mut self, time: u64) -> Self {
        self.time = Some(time);
        self
    }

    /// Takes the client's token and gives the answer. [`AuthError::Refused`] for a wrong user or password.
    pub fn step(&mut self, token: &[u8]) -> Result<AuthStep, AuthError> {
        let step = if token.starts_with(SIGNATURE) {
            self.step_raw(token)
        } else {
            self.step_wrapped(token)
        };
        if step.is_err() {
            self.progress = Progress::Failed;
        }
        step
    }

    /// The account that signed in, once complete; before, the one that tries to.
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|(user, _)| user.as_str())
    }

    /// The domain that the client named with its account, which may be empty.
    pub fn domain(&self) -> Option<&str> {
        self.user.as_ref().map(|(_, domain)| domain.as_str())
    }

    /// Seals a message for the client.
    pub fn seal(&mut self, plain: &[u8]) -> Result<Sealed, AuthError> {
        Ok(self.session()?.seal(plain))
    }

    /// Opens a message of the client.
    pub fn unseal(&mut self, sealed: &Sealed) -> Result<Vec<u8>, AuthError> {
        self.session()?.unseal(sealed)
    }

    fn session(&mut self) -> Result<&mut ServerSession, AuthError> {
        match &mut self.progress {
            Progress::Complete(session) => Ok(session),
            Progress::Fresh | Progress::Challenged { .. } | Progress::Failed => {
                Err(AuthError::Library {
                    during: "sealing",
                    reason: "nobody has signed in".to_owned(),
                })
            }
        }
    }

    fn step_raw(&mut self, token: &[u8]) -> Result<AuthStep, AuthError> {
        if self.mechanisms.is_some() {
            return Err(bad("a raw token after a wrapped one"));
        }
        match std::mem::replace(&mut self.progress, Progress::Failed) {
            Progress::Fresh => {
                let token = self.challenge(token)?;
                Ok(AuthStep {
                    token,
                    complete: false,
                })
            }
            Progress::Challenged {
                negotiate,
                challenge,
                nonce,
            } => {
                let session = self.verify(token, [&negotiate, &challenge], nonce)?;
                self.progress = Progress::Complete(Box::new(session));
                Ok(AuthStep {
                    token: Vec::new(),
                    complete: true,
                })
            }
            Progress::Complete(_) | Progress::Failed => Err(bad("signing in is over")),
        }
    }

    fn step_wrapped(&mut self, token: &[u8]) -> Result<AuthStep, AuthError> {
        let Some(mechanisms) = self.mechanisms.clone() else {
            return self.begin_wrapped(token);
        };
        let response = spnego::read_response(token).ok_or_else(|| bad("not SPNEGO"))?;
        let inner = response.token.ok_or_else(|| bad("no NTLM token in it"))?;
        match std::mem::replace(&mut self.progress, Progress::Failed) {
            Progress::Fresh => Ok(incomplete(Some(&self.challenge(inner)?))),
            Progress::Challenged {
                negotiate,
                challenge,
                nonce,
            } => {
                let mut session = self.verify(inner, [&negotiate, &challenge], nonce)?;
                let ours = match response.signature {
                    Some(theirs) => Some(session.exchange_signatures(&mechanisms, theirs)?),
                    None => None,
                };
                self.progress = Progress::Complete(Box::new(session));
                let answer = Response {
                    token: None,
                    signature: ours.as_ref().map(<[u8; 16]>::as_slice),
                };
                Ok(AuthStep {
                    token: spnego::write_response(State::Completed, &answer),
                    complete: true,
                })
            }
            Progress::Complete(_) | Progress::Failed => Err(bad("signing in is over")),
        }
    }

    fn begin_wrapped(&mut self, token: &[u8]) -> Result<AuthStep, AuthError> {
        let init = spnego::read_init(token).ok_or_else(|| bad("neither NTLM nor SPNEGO"))?;
        let place = init
            .place_of_ntlm
            .ok_or_else(|| bad("NTLM is not offered"))?;
        self.mechanisms = Some(init.mechanisms.to_vec());
        // A token for another mechanism is of no use; the client sends NTLM's after it has been chosen.
        match init.token.filter(|_| place == 0) {
            Some(inner) => Ok(incomplete(Some(&self.challenge(inner)?))),
            None => Ok(incomplete(None)),
        }
    }

    fn challenge(&mut self, negotiate: &[u8]) -> Result<Vec<u8>, AuthError> {
        let flags = read_negotiate(negotiate)?;
        let nonce: [u8; 8] = rand::random();
        let challenge = Challenge {
            names: &self.names,
            build: self.build,
            timestamp: self.time.unwrap_or_else(timestamp),
            nonce,
        };
        let challenge = write_challenge(&challenge, flags);
        self.progress = Progress::Challenged {
            negotiate: negotiate.to_vec(),
            challenge: challenge.clone(),
            nonce,
        };
        Ok(challenge)
    }

    /// Checks everything that proves who the client is: password, channel binding, integrity of all three messages.
    fn verify(
        &mut self,
        token: &[u8],
        before: [&[u8]; 2],
        nonce: [u8; 8],
    ) -> Result<ServerSession, AuthError> {
        let message = read_authenticate(token)?;
        self.user = Some((message.user.clone(), message.domain.clone()));
        let refused = || AuthError::Refused {
            user: message.user.clone(),
        };
        let base_key = self.base_key(&message, nonce).ok_or_else(refused)?;
        if let (Some(wanted), Some(sent)) = (&self.channel_binding, message.channel_binding)
            && wanted != sent
        {
            return Err(refused());
        }
        let (session_key, checksum) = match &message.key_exchange {
            Some(key) => {
                let key = Rc4::new(&base_key).apply(key);
                let key = Block::try_from(key)
                    .map_err(|key| bad(&format!("a key of {} bytes", key.len())))?;
                (key, Checksum::Encrypted)
            }
            None => (base_key, Checksum::Plain),
        };
        let [negotiate, challenge] = before;
        if let Some(mic) = message.mic
            && hmac_md5(&session_key, &[negotiate, challenge, &message.blanked]) != mic
        {
            return Err(bad("the messages were altered on the way"));
        }
        Ok(ServerSession::new(&session_key, checksum))
    }

    /// The key that follows from the password of the account, when the client's proof shows that it knows it.
    fn base_key(&self, message: &Authenticate<'_>, nonce: [u8; 8]) -> Option<Block> {
        let name = message
            .user
            .split('@')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let account = self
            .accounts
            .iter()
            .find(|account| account.user.to_lowercase() == name)?;
        let key = password_key(&message.user, &message.domain, account.password.reveal());
        let proof = hmac_md5(&key, &[&nonce, message.blob]);
        (proof == message.proof).then(|| hmac_md5(&key, &[&proof]))
    }
}

fn incomplete(token: Option<&[u8]>) -> AuthStep {
    let response = Response {
        token,
        signature: None,
    };
    AuthStep {
        token: spnego::write_response(State::Incomplete, &response),
        complete: false,
    }
}

fn bad(reason: &str) -> AuthError {
    AuthError::BadToken {
        step: "client's",
        reason: reason.to_owned(),
    }
}

/// The time as NTLM counts it: 100 ns since 1601.
#[expect(
    clippy::disallowed_methods,
    reason = "a challenge carries the true time, as the client's library draws it too; no decision depends on it"
)]
fn timestamp() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    (since.as_secs() + EPOCH) * 10_000_000 + u64::from(since.subsec_nanos()) / 100
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::proptest;

    use super::NtlmServer;
    use crate::auth::Account;
    use crate::auth::AuthError;
    use crate::auth::NtlmClient;
    use crate::auth::Wrapping;
    use crate::auth::ntlm_client::NtlmTarget;
    use crate::secret::Secret;

    const BINDING: &[u8] = b"tls-server-end-point:0123456789abcdef";

    fn server(channel_binding: Option<&[u8]>) -> NtlmServer {
        let account = Account {
            user: "Administrator".to_owned(),
            password: Secret::new("Passw0rd!"),
        };
        NtlmServer::new("PC-1", &[account], channel_binding).unwrap()
    }

    fn client(user: &str, password: &str, wrapping: Wrapping) -> NtlmClient {
        bound_client(user, password, wrapping, None)
    }

    fn bound_client(
        user: &str,
        password: &str,
        wrapping: Wrapping,
        channel_binding: Option<&[u8]>,
    ) -> NtlmClient {
        let target = NtlmTarget {
            user,
            password: &Secret::new(password),
            service: "HTTP/pc-1",
            channel_binding,
        };
        NtlmClient::new(&target, wrapping).unwrap()
    }

    /// Passes tokens to and fro until both sides say that they are done.
    fn sign_in(client: &mut NtlmClient, server: &mut NtlmServer) -> Result<(), AuthError> {
        let mut to_server = client.step(None)?;
        for _leg in 0..4 {
            let answer = server.step(&to_server.token)?;
            if !answer.token.is_empty() {
                to_server = client.step(Some(&answer.token))?;
            }
            if answer.complete {
                assert!(to_server.complete);
                return Ok(());
            }
        }
        panic!("signing in does not end");
    }

    fn talk(client: &mut NtlmClient, server: &mut NtlmServer) {
        for round in 0..3 {
            let question = format!("question {round} of some length");
            let sealed = client.seal(question.as_bytes()).unwrap();
            assert_ne!(sealed.data, question.as_bytes());
            assert_eq!(server.unseal(&sealed).unwrap(), question.as_bytes());
            let sealed = server.seal(b"answer").unwrap();
            assert_eq!(client.unseal(&sealed).unwrap(), b"answer");
        }
    }

    #[test]
    fn both_wrappings_sign_in_and_talk_sealed() {
        for wrapping in [Wrapping::Raw, Wrapping::Spnego] {
            let (mut client, mut server) =
                (client("administrator", "Passw0rd!", wrapping), server(None));
            sign_in(&mut client, &mut server).unwrap();
            assert_eq!(server.user(), Some("administrator"));
            talk(&mut client, &mut server);
        }
    }

    #[test]
    fn the_first_sealed_message_is_number_0_raw_and_number_1_after_a_mechanism_signature() {
        for (wrapping, number) in [(Wrapping::Raw, 0), (Wrapping::Spnego, 1)] {
            let (mut client, mut server) =
                (client("administrator", "Passw0rd!", wrapping), server(None));
            sign_in(&mut client, &mut server).unwrap();
            assert_eq!(client.seal(b"x").unwrap().token[12..], [number, 0, 0, 0]);
            assert_eq!(server.seal(b"x").unwrap().token[12..], [number, 0, 0, 0]);
        }
    }

    #[test]
    fn user_names_with_and_without_a_domain_are_the_same_account() {
        for user in [
            "ADMINISTRATOR",
            r"PC-1\administrator",
            "administrator@example.org",
            r".\Administrator",
        ] {
            sign_in(
                &mut client(user, "Passw0rd!", Wrapping::Raw),
                &mut server(None),
            )
            .unwrap();
        }
    }

    #[test]
    fn a_wrong_password_or_user_is_refused() {
        for wrapping in [Wrapping::Raw, Wrapping::Spnego] {
            for (user, password) in [
                ("Administrator", "passw0rd!"),
                ("guest", "Passw0rd!"),
                ("Administrator", ""),
            ] {
                let refused = sign_in(&mut client(user, password, wrapping), &mut server(None));
                let user = user.to_owned();
                assert_eq!(refused, Err(AuthError::Refused { user }));
            }
        }
    }

    #[test]
    fn a_channel_binding_is_checked_when_it_is_sent() {
        for wrapping in [Wrapping::Raw, Wrapping::Spnego] {
            let with = |ours, theirs| {
                let mut client = bound_client("administrator", "Passw0rd!", wrapping, ours);
                sign_in(&mut client, &mut server(theirs))
            };
            with(Some(BINDING), Some(BINDING)).unwrap();
            with(None, Some(BINDING)).unwrap();
            with(Some(BINDING), None).unwrap();
            let refused = with(Some(b"tls-server-end-point:other"), Some(BINDING));
            assert!(
                matches!(refused, Err(AuthError::Refused { .. })),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn an_altered_replayed_or_foreign_message_breaks_the_seal() {
        let (mut client, mut server) = (
            client("administrator", "Passw0rd!", Wrapping::Raw),
            server(None),
        );
        sign_in(&mut client, &mut server).unwrap();
        let mut sealed = client.seal(b"pay 1").unwrap();
        sealed.data[4] ^= 1;
        assert!(matches!(
            server.unseal(&sealed),
            Err(AuthError::BrokenSeal { .. })
        ));
        let mut sealed = server.seal(b"paid").unwrap();
        sealed.token[5] ^= 1;
        assert!(matches!(
            client.unseal(&sealed),
            Err(AuthError::BrokenSeal { .. })
        ));
        sealed.token.truncate(3);
        assert!(matches!(
            client.unseal(&sealed),
            Err(AuthError::BrokenSeal { .. })
        ));
    }

    #[test]
    fn messages_altered_while_signing_in_are_noticed() {
        let (mut client, mut server) = (
            client("administrator", "Passw0rd!", Wrapping::Raw),
            server(None),
        );
        let mut negotiate = client.step(None).unwrap().token;
        // A bit that neither side acts on, so only the integrity code can tell.
        negotiate[15] ^= 0x10;
        let challenge = server.step(&negotiate).unwrap().token;
        let authenticate = client.step(Some(&challenge)).unwrap().token;
        assert!(matches!(
            server.step(&authenticate),
            Err(AuthError::BadToken { .. })
        ));
    }

    #[test]
    fn nothing_is_sealed_before_signing_in() {
        let (mut client, mut server) = (client("administrator", "x", Wrapping::Raw), server(None));
        assert!(client.seal(b"x").is_err());
        assert!(server.seal(b"x").is_err());
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        for wrapping in [Wrapping::Raw, Wrapping::Spnego] {
            let shown = format!(
                "{:?} {:?}",
                client("administrator", "Passw0rd!", wrapping),
                server(None)
            );
            assert!(!shown.contains("Passw0rd"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_as_tokens_are_refused_without_panic(bytes: Vec<u8>, at in any::<usize>(), flip in 1_u8..) {
            let _first = server(None).step(&bytes);
            for wrapping in [Wrapping::Raw, Wrapping::Spnego] {
                let mut fresh = client("administrator", "Passw0rd!", wrapping);
                let _unexpected = fresh.step(Some(&bytes));
                let (mut client, mut server) = (client("administrator", "Passw0rd!", wrapping), server(None));
                let mut negotiate = client.step(None).unwrap().token;
                let at = at % negotiate.len();
                negotiate[at] ^= flip;
                let Ok(mut challenge) = server.step(&negotiate) else { continue };
                let at = at % challenge.token.len();
                challenge.token[at] ^= flip;
                let Ok(mut authenticate) = client.step(Some(&challenge.token)) else { continue };
                let at = at % authenticate.token.len();
                authenticate.token[at] ^= flip;
                let _last = server.step(&authenticate.token);
            }
        }
    }
}
