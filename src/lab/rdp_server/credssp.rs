//! The server's side of CredSSP as Windows does it ([MS-CSSP] 3.1.5): NTLM, the proof about the TLS channel in both
//! directions, the delegated credentials, and the reason of a refusal. Bytes in, bytes out; the time is an argument.

use std::sync::Arc;

use sha2::Digest as _;
use sha2::Sha256;

use crate::auth::AuthError;
use crate::auth::NtlmServer;
use crate::auth::Sealed;
use crate::lab::identity::Identity;
use crate::lab::identity::LOGON_FAILURE;
use crate::lab::identity::Password;
use crate::lab::rdp_server::witness::Sight;
use crate::rdp::credssp;
use crate::rdp::credssp::TsPasswordCreds;
use crate::rdp::credssp::TsRequest;
use crate::rdp::nego::Protocols;

/// What the client hashes before nonce and key ([MS-CSSP] 3.1.5).
const CLIENT_MAGIC: &[u8] = b"CredSSP Client-To-Server Binding Hash\0";
/// What the server hashes.
const SERVER_MAGIC: &[u8] = b"CredSSP Server-To-Client Binding Hash\0";
/// `STATUS_LOGON_TYPE_NOT_GRANTED` ([MS-ERREF] 2.3.1)
const NOT_GRANTED: u32 = 0xC000_015B;
/// `AUTHZ_SUCCESS` and `ERROR_ACCESS_DENIED` ([MS-RDPBCGR] 2.2.10.2).
const GRANTED: u32 = 0;
const DENIED: u32 = 5;
/// Length of an NTLM signature.
const SIGNATURE: usize = 16;

/// What is on the server's side of the TLS channel.
#[derive(Debug)]
pub(super) struct Desk {
    /// The machine.
    pub(super) identity: Arc<Identity>,
    /// The bare public key of its certificate.
    pub(super) public_key: Vec<u8>,
    /// What the negotiation selected.
    pub(super) selected: Protocols,
    /// Whether a client may come without handing credentials over.
    pub(super) restricted_admin: bool,
    /// The machine's time, in 100 ns since 1601.
    pub(super) filetime: u64,
}

/// A conversation that is not over.
#[derive(Debug)]
pub(super) struct Conversation {
    desk: Desk,
    ntlm: NtlmServer,
    buffer: Vec<u8>,
    nonce: Option<[u8; 32]>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// NTLM goes on.
    Tokens,
    /// The client has shown that it knows the password.
    Binding,
    /// Both have proved themselves.
    Credentials,
}

/// What follows from the bytes that came.
#[derive(Debug)]
pub(super) enum Turn {
    /// Nothing yet.
    More(Box<Conversation>),
    /// Say this and go on.
    Say(Vec<u8>, Box<Conversation>),
    /// Say this, and the client is signed in.
    SignedIn(Vec<u8>, Sight),
    /// Say this, which may be nothing, and close; an account that was refused is told too.
    Refused(Vec<u8>, Option<Sight>),
}

impl Conversation {
    /// Nothing has been said.
    pub(super) fn begin(desk: Desk) -> Result<Self, AuthError> {
        let identity = &desk.identity;
        let ntlm = NtlmServer::new(&identity.names.computer, &identity.accounts, None)?
            .with_build(identity.build)
            .with_names(identity.names.clone())
            .with_time(desk.filetime);
        Ok(Self {
            desk,
            ntlm,
            buffer: Vec::new(),
            nonce: None,
            stage: Stage::Tokens,
        })
    }

    /// Takes bytes as they come. What is not CredSSP ends the conversation without a word.
    pub(super) fn handle(mut self, bytes: &[u8]) -> Turn {
        self.buffer.extend_from_slice(bytes);
        let (message, rest) = match credssp::split(&self.buffer) {
            Ok(None) => return Turn::More(Box::new(self)),
            Ok(Some((whole, rest))) => (TsRequest::decode(whole), rest.to_vec()),
            Err(_) => return Turn::Refused(Vec::new(), None),
        };
        self.buffer = rest;
        match message {
            Ok(message) if message.version >= self.desk.identity.oldest_client => {
                self.answer(&message)
            }
            Ok(_) | Err(_) => Turn::Refused(Vec::new(), None),
        }
    }

    fn answer(mut self, message: &TsRequest) -> Turn {
        self.nonce = message.client_nonce.or(self.nonce);
        let mut answer = TsRequest::of_version(self.desk.identity.credssp);
        if let (Stage::Tokens, Some(token)) = (self.stage, &message.token) {
            match self.ntlm.step(token) {
                Ok(step) => {
                    answer.token = Some(step.token).filter(|token| !token.is_empty());
                    if step.complete {
                        self.stage = Stage::Binding;
                    }
                }
                Err(AuthError::Refused { .. }) => return self.refuse(message, Password::Wrong),
                Err(_) => return Turn::Refused(Vec::new(), None),
            }
        }
        match (self.stage, &message.pub_key_auth, &message.auth_info) {
            (Stage::Tokens, _, _) | (Stage::Binding, None, _) => {
                Turn::Say(answer.encode(), Box::new(self))
            }
            (Stage::Binding, Some(proof), _) => self.bind(message, proof, answer),
            (Stage::Credentials, _, Some(sealed)) => self.admit(message, sealed),
            (Stage::Credentials, _, None) => Turn::Refused(Vec::new(), None),
        }
    }

    /// Refuses the account, with the reason for those who can read one.
    fn refuse(self, message: &TsRequest, password: Password) -> Turn {
        let (user, domain) = self.who();
        let status = self.desk.identity.refusal(&user, &domain, password);
        self.say_why(message, status.unwrap_or(LOGON_FAILURE))
    }

    fn say_why(self, message: &TsRequest, status: u32) -> Turn {
        let ours = self.desk.identity.credssp;
        let seen = Some(self.refused(status));
        if ours.min(message.version) < credssp::WITH_ERROR_CODE {
            return Turn::Refused(Vec::new(), seen);
        }
        let answer = TsRequest {
            error_code: Some(status),
            ..TsRequest::of_version(ours)
        };
        Turn::Refused(answer.encode(), seen)
    }

    /// What is written into the logs about an account that is refused: outwards most reasons are a failed logon.
    fn refused(&self, sub_status: u32) -> Sight {
        let (user, domain) = self.who();
        Sight::SignInRefused {
            user,
            domain,
            status: if sub_status == NOT_GRANTED {
                sub_status
            } else {
                LOGON_FAILURE
            },
            sub_status,
        }
    }

    fn who(&self) -> (String, String) {
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        (owned(self.ntlm.user()), owned(self.ntlm.domain()))
    }

    /// Checks that the client sees our key, and proves to it that we know its password.
    fn bind(mut self, message: &TsRequest, proof: &[u8], mut answer: TsRequest) -> Turn {
        let (user, domain) = self.who();
        let standing = self.desk.identity.refusal(&user, &domain, Password::Right);
        if let Some(status) = standing {
            return self.say_why(message, status);
        }
        let version = self.desk.identity.credssp.min(message.version);
        let Some((theirs, ours)) = self.proofs(version) else {
            return Turn::Refused(Vec::new(), None);
        };
        if self.unseal(proof).as_ref() != Some(&theirs) {
            return Turn::Refused(Vec::new(), None);
        }
        let Ok(sealed) = self.ntlm.seal(&ours) else {
            return Turn::Refused(Vec::new(), None);
        };
        answer.pub_key_auth = Some([sealed.token, sealed.data].concat());
        self.stage = Stage::Credentials;
        Turn::Say(answer.encode(), Box::new(self))
    }

    /// What the client has to prove, and what we prove: hashes with a nonce since version 5, before that the key itself
    /// and the key plus one.
    fn proofs(&self, version: u32) -> Option<(Vec<u8>, Vec<u8>)> {
        let key = &self.desk.public_key;
        if version < credssp::WITH_NONCE {
            return Some((key.clone(), plus_one(key)));
        }
        let nonce = self.nonce?;
        let hash = |magic: &[u8]| {
            let hash = Sha256::new().chain_update(magic).chain_update(nonce);
            hash.chain_update(key).finalize().to_vec()
        };
        Some((hash(CLIENT_MAGIC), hash(SERVER_MAGIC)))
    }

    /// Looks at the credentials that were handed over, and lets the client in.
    fn admit(mut self, message: &TsRequest, sealed: &[u8]) -> Turn {
        let credentials = self
            .unseal(sealed)
            .and_then(|plain| TsPasswordCreds::decode(&plain).ok());
        match credentials {
            Some(credentials) => self.decide(message, &credentials),
            None => Turn::Refused(Vec::new(), None),
        }
    }

    fn decide(self, message: &TsRequest, credentials: &TsPasswordCreds) -> Turn {
        let (user, domain) = self.who();
        let password = credentials.password.reveal();
        let comes_without = credentials.user.is_empty() && password.is_empty();
        let welcome = if comes_without {
            self.desk.restricted_admin
        } else {
            self.desk.identity.knows(&credentials.user, password)
        };
        if !welcome {
            return self.say_why(message, LOGON_FAILURE);
        }
        let allowed = self.desk.identity.may_use_remote_desktop(&user);
        let seen = Sight::SignedIn { user, domain };
        match (self.desk.selected, allowed) {
            (Protocols::HYBRID_EX, true) => Turn::SignedIn(GRANTED.to_le_bytes().to_vec(), seen),
            (Protocols::HYBRID_EX, false) => {
                let refused = self.refused(NOT_GRANTED);
                Turn::Refused(DENIED.to_le_bytes().to_vec(), Some(refused))
            }
            _ => Turn::SignedIn(Vec::new(), seen),
        }
    }

    fn unseal(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (token, data) = sealed.split_at_checked(SIGNATURE)?;
        let sealed = Sealed {
            token: token.to_vec(),
            data: data.to_vec(),
        };
        self.ntlm.unseal(&sealed).ok()
    }
}

/// The key as a number, least significant byte first, plus one ([MS-CSSP] 3.1.5).
fn plus_one(key: &[u8]) -> Vec<u8> {
    let mut carry = true;
    key.iter()
        .map(|byte| {
            let (sum, over) = byte.overflowing_add(u8::from(carry));
            carry = over;
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::fmt::Write as _;
    use std::sync::Arc;
    use std::sync::Mutex;

    use proptest::proptest;
    use tracing::Event;
    use tracing::Metadata;
    use tracing::Subscriber;
    use tracing::field::Field;
    use tracing::field::Visit;
    use tracing::span::Attributes;
    use tracing::span::Id;
    use tracing::span::Record;

    use super::Conversation;
    use super::Desk;
    use super::Turn;
    use super::plus_one;
    use crate::auth::Account;
    use crate::auth::AuthError;
    use crate::auth::CredSspClient;
    use crate::auth::credssp_client::CredSspMessage;
    use crate::auth::credssp_client::CredSspStep;
    use crate::auth::credssp_client::CredSspTarget;
    use crate::lab::identity::Identity;
    use crate::lab::machine::account::RemoteDesktopRight;
    use crate::lab::machine::account::Standing;
    use crate::rdp::credssp;
    use crate::rdp::credssp::TsPasswordCreds;
    use crate::rdp::credssp::TsRequest;
    use crate::rdp::nego::Protocols;
    use crate::secret::Secret;

    const KEY: &[u8] = &[0xFF, 2, 3, 4];

    fn desk() -> Desk {
        let account = Account {
            user: "anna".to_owned(),
            password: Secret::new("hunter2"),
        };
        Desk {
            identity: Arc::new(Identity {
                accounts: vec![account],
                ..Identity::default()
            }),
            public_key: KEY.to_vec(),
            selected: Protocols::HYBRID_EX,
            restricted_admin: false,
            filetime: 133_000_000_000_000_000,
        }
    }

    fn changed(desk: &mut Desk) -> &mut Identity {
        Arc::make_mut(&mut desk.identity)
    }

    fn client(user: &str, password: &str) -> (CredSspClient, CredSspMessage) {
        let target = CredSspTarget {
            user,
            password: &Secret::new(password),
            service: "TERMSRV/pc-1",
            public_key: KEY,
        };
        CredSspClient::begin(target).unwrap()
    }

    fn request(message: CredSspMessage) -> Vec<u8> {
        TsRequest {
            version: message.version,
            token: message.token,
            auth_info: message.auth_info,
            pub_key_auth: message.pub_key_auth,
            error_code: None,
            client_nonce: message.client_nonce,
        }
        .encode()
    }

    /// Feeds the server one byte at a time.
    fn tell(mut server: Conversation, bytes: &[u8]) -> Turn {
        for (index, byte) in bytes.iter().enumerate() {
            match server.handle(&[*byte]) {
                Turn::More(more) => server = *more,
                turn => {
                    assert_eq!(index + 1, bytes.len());
                    return turn;
                }
            }
        }
        Turn::More(Box::new(server))
    }

    /// How a sign-in ended.
    #[derive(Debug, PartialEq, Eq)]
    enum Ended {
        /// With these bytes after the credentials.
        Welcome(Vec<u8>),
        /// With this error code, or none.
        Refused(Option<u32>),
        /// With these bytes after the credentials.
        Denied(Vec<u8>),
        /// The client would not go on.
        Left(AuthError),
    }

    fn sign_in(desk: Desk, user: &str, password: &str) -> Ended {
        let (mut client, first) = client(user, password);
        let mut server = Conversation::begin(desk).unwrap();
        let mut said = request(first);
        let mut delegated = false;
        loop {
            let answer = match tell(server, &said) {
                Turn::Say(answer, more) => {
                    server = *more;
                    TsRequest::decode(&answer).unwrap()
                }
                Turn::SignedIn(bytes, _) if delegated => return Ended::Welcome(bytes),
                Turn::Refused(bytes, _) if delegated => return Ended::Denied(bytes),
                Turn::Refused(bytes, _) => {
                    let told = TsRequest::decode(&bytes).ok();
                    return Ended::Refused(told.and_then(|told| told.error_code));
                }
                turn => panic!("{turn:?}"),
            };
            let answer = CredSspMessage {
                version: answer.version,
                token: answer.token,
                auth_info: None,
                pub_key_auth: answer.pub_key_auth,
                client_nonce: answer.client_nonce,
            };
            said = request(match client.step(answer) {
                Ok(CredSspStep::Say(message)) => message,
                Ok(CredSspStep::Delegate(message)) => {
                    delegated = true;
                    message
                }
                Err(error) => return Ended::Left(error),
            });
        }
    }

    #[test]
    fn every_version_signs_in_and_is_told_the_result() {
        for version in 2..=6 {
            let mut desk = desk();
            changed(&mut desk).credssp = version;
            let ended = sign_in(desk, r"PC-1\Anna", "hunter2");
            assert_eq!(ended, Ended::Welcome(vec![0; 4]), "version {version}");
        }
        let desk = Desk {
            selected: Protocols::HYBRID,
            ..desk()
        };
        assert_eq!(sign_in(desk, "anna", "hunter2"), Ended::Welcome(Vec::new()));
    }

    #[test]
    fn a_refusal_has_its_reason_since_version_3() {
        for (version, told) in [(2, None), (3, Some(0xC000_006D)), (6, Some(0xC000_006D))] {
            for (user, password) in [("anna", "hunter3"), ("berta", "hunter2")] {
                let mut desk = desk();
                changed(&mut desk).credssp = version;
                assert_eq!(sign_in(desk, user, password), Ended::Refused(told));
            }
        }
    }

    #[test]
    fn an_account_is_refused_for_how_it_stands() {
        for standing in Standing::ALL {
            let mut desk = desk();
            changed(&mut desk).directory.set_standing("Anna", standing);
            let expected = match standing.refusal() {
                None => Ended::Welcome(vec![0; 4]),
                refusal => Ended::Refused(refusal),
            };
            assert_eq!(sign_in(desk, "anna", "hunter2"), expected, "{standing:?}");
        }
    }

    #[test]
    fn without_the_right_to_use_remote_desktop_the_result_says_so() {
        let mut desk = desk();
        changed(&mut desk).directory.remote_desktop = RemoteDesktopRight::UsersAlone;
        let ended = sign_in(desk, "anna", "hunter2");
        assert_eq!(ended, Ended::Denied(vec![5, 0, 0, 0]));
    }

    #[test]
    fn a_client_that_sees_another_key_is_not_let_in() {
        for version in [2, 6] {
            let mut desk = desk();
            changed(&mut desk).credssp = version;
            desk.public_key = b"other".to_vec();
            assert_eq!(sign_in(desk, "anna", "hunter2"), Ended::Refused(None));
        }
    }

    #[test]
    fn a_host_that_demands_updated_clients_does_not_talk_to_old_ones() {
        let mut desk = desk();
        changed(&mut desk).oldest_client = credssp::WITH_NONCE;
        let old = TsRequest::of_version(4).encode();
        let turn = tell(Conversation::begin(desk).unwrap(), &old);
        assert!(matches!(turn, Turn::Refused(bytes, _) if bytes.is_empty()));
    }

    #[test]
    fn no_credentials_are_welcome_where_restricted_admin_is() {
        for (restricted_admin, welcome) in [(true, true), (false, false)] {
            let desk = Desk {
                restricted_admin,
                selected: Protocols::HYBRID,
                ..desk()
            };
            let nothing = TsPasswordCreds {
                domain: String::new(),
                user: String::new(),
                password: Secret::new(""),
            };
            let server = Conversation::begin(desk).unwrap();
            let turn = server.decide(&TsRequest::of_version(6), &nothing);
            assert_eq!(matches!(turn, Turn::SignedIn(..)), welcome);
        }
    }

    /// Writes down everything that it is told.
    #[derive(Clone, Default)]
    struct Eavesdropper(Arc<Mutex<String>>);

    impl Visit for Eavesdropper {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            let mut heard = self.0.lock().unwrap();
            writeln!(heard, "{field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Eavesdropper {
        fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, span: &Attributes<'_>) -> Id {
            span.record(&mut self.clone());
            Id::from_u64(1)
        }

        fn record(&self, _span: &Id, values: &Record<'_>) {
            values.record(&mut self.clone());
        }

        fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn enter(&self, _span: &Id) {}

        fn exit(&self, _span: &Id) {}
    }

    #[test]
    fn nobody_who_listens_to_traces_learns_the_password() {
        let ears = Eavesdropper::default();
        let ended = tracing::subscriber::with_default(ears.clone(), || {
            tracing::debug!("listening");
            sign_in(desk(), "anna", "hunter2")
        });
        assert_eq!(ended, Ended::Welcome(vec![0; 4]));
        let heard = ears.0.lock().unwrap();
        assert!(heard.contains("listening"), "{heard}");
        for secret in ["hunter2", "104, 0, 117, 0, 110, 0", "104, 117, 110"] {
            assert!(!heard.contains(secret), "{heard}");
        }
    }

    #[test]
    fn adding_one_carries_over() {
        assert_eq!(plus_one(&[1, 2]), [2, 2]);
        assert_eq!(plus_one(&[255, 255, 3]), [0, 0, 4]);
    }

    proptest! {
        #[test]
        fn any_bytes_at_any_point_are_taken_without_panic(bytes: Vec<u8>, at in 0_usize..400, flip in 1_u8..) {
            let _turn = Conversation::begin(desk()).unwrap().handle(&bytes);
            let (mut client, first) = client("anna", "hunter2");
            let server = Conversation::begin(desk()).unwrap();
            let Turn::Say(answer, server) = server.handle(&request(first)) else { panic!() };
            let answer = TsRequest::decode(&answer).unwrap();
            let answer = CredSspMessage { version: 6, token: answer.token, ..CredSspMessage::default() };
            let Ok(CredSspStep::Say(message)) = client.step(answer) else { panic!() };
            let mut said = request(message);
            let at = at % said.len();
            said[at] ^= flip;
            let _turn = server.handle(&said);
        }
    }
}
