//! The course of one visit: which question follows which, and how much of the time each may take. A stage that the
//! others wait for takes at most half of what is left, so that something can be asked after it whatever happens.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::certificate::Certificate;
use crate::probe::challenge;
use crate::probe::dial;
use crate::probe::handshake;
use crate::probe::login;
use crate::probe::matrix;
use crate::probe::names;
use crate::probe::notebook::Notebook;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::probe::surveyor::Target;
use crate::probe::timing;
use crate::probe::timing::leads_to_tls;
use crate::probe::timing::timed;
use crate::probe::versions;
use crate::probe::versions::Picks;
use crate::proof::Stage;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;
use crate::survey::Login;
use crate::survey::LoginOutcome;
use crate::survey::Reply;
use crate::survey::TlsView;

/// What is asked first, on the connection on which TLS goes on: TLS with CredSSP, as every client of today can do it.
const FIRST: Protocols = Protocols(0x3);
/// Of a name with many addresses no more than these are tried.
const ADDRESSES: usize = 8;
/// Distant and busy hosts need so much for one answer, however short the deadline is.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
/// How long the names of addresses are waited for; they never hold up anything else.
const REVERSE: Duration = Duration::from_millis(500);

/// A connection with the answer of its negotiation.
struct Opened {
    stream: TcpStream,
    reply: Reply,
}

/// Whether NLA was selected.
fn selects_credssp(reply: &Reply) -> bool {
    let credssp = Protocols::HYBRID | Protocols::HYBRID_EX;
    matches!(reply, Reply::Selected { protocol, .. } if protocol.intersects(credssp))
}

/// A visit that goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) surveyor: &'a Surveyor,
    pub(super) target: &'a Target,
    pub(super) notebook: &'a Notebook,
    /// When the visit ends at the latest.
    pub(super) ends: Instant,
}

impl<'a> Course<'a> {
    /// How much time is left.
    pub(super) fn left(self) -> Duration {
        let now = self.surveyor.clock.instant();
        self.ends.saturating_duration_since(now)
    }

    /// How long one question may take to a host that has answered another one.
    pub(super) fn patience(self) -> Duration {
        let usual = self.surveyor.options.deadline / 4;
        self.left().min(usual.max(LEAST_PATIENCE))
    }

    /// Where the host is, for a question that may take so long.
    pub(super) fn place(self, address: SocketAddr, longest: Duration) -> Place<'a> {
        Place {
            name: names::bare(&self.target.address),
            address,
            longest,
        }
    }

    /// Asks everything, from name to sign-in.
    pub(super) async fn run(self) {
        let addresses = self.resolve().await;
        tokio::join!(self.reverse(&addresses), self.meet(&addresses));
    }

    async fn resolve(self) -> Vec<SocketAddr> {
        let (name, port) = (names::bare(&self.target.address), self.target.port);
        let literal = names::literal(name);
        self.notebook.note(|survey| {
            name.clone_into(&mut survey.name.asked);
            survey.name.literal = literal.is_some();
            survey.name.addresses.extend(literal);
        });
        if let Some(address) = literal {
            return vec![SocketAddr::new(address, port)];
        }
        self.notebook.note(|survey| {
            survey.name.error = Some("no answer in time".to_owned());
        });
        let asked = self.surveyor.resolver.addresses(name, port);
        let found = timed(self, Stage::Resolve, asked).await;
        self.notebook.note(|survey| {
            survey.name.error = match &found {
                Ok(addresses) if addresses.is_empty() => Some("no address".to_owned()),
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            };
            let addresses = found.iter().flatten().map(SocketAddr::ip);
            survey.name.addresses = addresses.collect();
        });
        let mut found = found.unwrap_or_default();
        found.truncate(ADDRESSES);
        found
    }

    /// Looks up the names that the addresses stand for.
    async fn reverse(self, addresses: &[SocketAddr]) {
        let resolver = &self.surveyor.resolver;
        let lookups = stream::iter(addresses)
            .map(SocketAddr::ip)
            .for_each_concurrent(None, |ip| async move {
                if let Some(name) = resolver.name_of(ip).await {
                    self.keep_name(ip, name);
                }
            });
        tokio::select! {
            biased;
            () = lookups => {}
            () = self.surveyor.clock.sleep(REVERSE) => {}
        }
    }

    /// In the order of the addresses.
    fn keep_name(self, ip: IpAddr, name: String) {
        self.notebook.note(|survey| {
            let known = &mut survey.name;
            known.reverse.push((ip, name));
            let addresses = &known.addresses;
            let place_of = |ip: &IpAddr| addresses.iter().position(|known| known == ip);
            known.reverse.sort_by_key(|(ip, _)| place_of(ip));
        });
    }

    async fn meet(self, addresses: &[SocketAddr]) {
        let Some((stream, at)) = matrix::connect(self, addresses).await else {
            if let Some(address) = addresses.first() {
                matrix::other_ports(self, *address).await;
            }
            return;
        };
        let (Some(address), others) = (
            addresses.get(at).copied(),
            addresses.get(at + 1..).unwrap_or_default(),
        ) else {
            return;
        };
        let asked = Box::pin(self.ask(stream, address));
        tokio::join!(matrix::others(self, others), asked);
    }

    async fn ask(self, stream: TcpStream, address: SocketAddr) {
        let wanted = self.negotiate(stream, address).await;
        if let Some(wanted) = wanted {
            self.look_deeper(address, wanted).await;
        }
        if self.notebook.note(|survey| survey.reachable()) {
            timing::repeat(self, address, wanted.unwrap_or(FIRST)).await;
            self.sign_in(address).await;
        }
    }

    /// Asks for all protocols and shakes hands; gives a set of protocols that leads to TLS.
    async fn negotiate(self, mut stream: TcpStream, address: SocketAddr) -> Option<Protocols> {
        let clock = self.surveyor.clock.as_ref();
        let half = self.left() / 2;
        self.notebook.answered(FIRST, Reply::Silent);
        let asked =
            async { timing::answer(dial::negotiate(clock, &mut stream, FIRST, half).await) };
        let reply = timed(self, Stage::Negotiate, asked).await;
        let longest = match &reply {
            Err(Reply::Silent) => self.left(),
            _ => self.patience(),
        };
        let reply = reply.unwrap_or_else(|reply| reply);
        self.notebook.answered(FIRST, reply.clone());
        let questions = matrix::questions(self, address, FIRST, longest);
        if leads_to_tls(&reply) {
            let stream = Opened { stream, reply };
            tokio::join!(self.secure(stream, address), questions);
            return Some(FIRST);
        }
        drop(stream);
        questions.await;
        self.secure_otherwise(address).await
    }

    /// Shakes hands by way of another question that led to TLS, when the first one did not.
    async fn secure_otherwise(self, address: SocketAddr) -> Option<Protocols> {
        let clock = self.surveyor.clock.as_ref();
        let wanted = self.notebook.note(|survey| {
            let leading = survey
                .negotiation
                .iter()
                .find(|asked| leads_to_tls(&asked.reply));
            leading.map(|asked| asked.wanted)
        })?;
        let longest = self.patience();
        if let Ok(mut stream) = dial::open(clock, address, longest).await {
            let reply = dial::negotiate(clock, &mut stream, wanted, longest).await;
            if leads_to_tls(&reply) {
                self.secure(Opened { stream, reply }, address).await;
            }
        }
        Some(wanted)
    }

    async fn secure(self, opened: Opened, address: SocketAddr) {
        let place = self.place(address, self.left() / 2);
        let mut chain = Vec::new();
        let shaken = async {
            let secured = handshake::secure(self.surveyor, place, opened.stream).await;
            chain = secured.chain;
            secured.stream
        };
        let shaken = timed(self, Stage::Tls, shaken).await;
        let mut view = TlsView::default();
        match &shaken {
            Ok(stream) => view.picked = Some(handshake::picked(stream.get_ref().1)),
            Err(failure) => view.failure = Some(failure.clone()),
        }
        self.show(&mut view, &chain);
        self.notebook.note(|survey| survey.tls = Some(view));
        if let Ok(mut stream) = shaken {
            if selects_credssp(&opened.reply) {
                let patience = self.patience();
                let seen = challenge::ask_on(self.surveyor, &mut stream, patience).await;
                self.notebook.note(|survey| survey.ntlm = seen);
            }
            handshake::leave(self.surveyor, stream).await;
        }
    }

    /// Puts a chain into the view, with what it is worth.
    fn show(self, view: &mut TlsView, chain: &[CertificateDer<'_>]) {
        let read: Vec<_> = chain
            .iter()
            .map(|certificate| Certificate::from_der(certificate))
            .collect();
        view.unreadable = match read.first() {
            Some(Err(error)) => Some(error.to_string()),
            _ => None,
        };
        view.chain = read.into_iter().filter_map(Result::ok).collect();
        view.trust = self.surveyor.trust(chain, &self.target.address);
    }

    /// What a host tells beyond the handshake that every client makes.
    async fn look_deeper(self, address: SocketAddr, wanted: Protocols) {
        // What goes on inside takes several steps one after another, and all of it shall be done before the deadline.
        let longest = self.patience().min(self.left() / 6);
        let place = self.place(address, longest);
        let picked = self
            .notebook
            .note(|survey| survey.tls.as_ref()?.picked.clone());
        let picked = picked.as_ref();
        let unasked = self.offers_nla() && self.notebook.note(|survey| survey.ntlm.is_none());
        let sizes = async {
            let sizes = versions::sizes(self.surveyor, place, wanted, picked).await;
            self.notebook.note(|survey| survey.sizes = sizes);
        };
        let ntlm = async {
            if unasked {
                let seen = challenge::look(self.surveyor, place).await;
                self.notebook.note(|survey| survey.ntlm = seen);
            }
        };
        tokio::join!(
            Box::pin(sizes),
            Box::pin(ntlm),
            Box::pin(self.versions(place, wanted, picked))
        );
    }

    async fn versions(self, place: Place<'_>, wanted: Protocols, picked: Option<&Picks>) {
        let seen = versions::look(self.surveyor, place, wanted, picked).await;
        let mut view = self
            .notebook
            .note(|survey| survey.tls.take())
            .unwrap_or_default();
        // A host of old versions only shows its certificates there.
        if view.chain.is_empty() && view.unreadable.is_none() {
            let shown = seen.iter().find(|seen| !seen.chain.is_empty());
            let chain: Vec<_> = shown
                .map(|seen| seen.chain.as_slice())
                .unwrap_or_default()
                .iter()
                .map(|certificate| CertificateDer::from(certificate.der.as_slice()))
                .collect();
            self.show(&mut view, &chain);
        }
        view.versions = seen
            .into_iter()
            .map(|seen| (seen.version, seen.reply))
            .collect();
        self.notebook.note(|survey| survey.tls = Some(view));
    }

    fn offers_nla(self) -> bool {
        self.notebook.note(|survey| {
            survey
                .negotiation
                .iter()
                .any(|asked| selects_credssp(&asked.reply))
        })
    }

    /// Why nobody can sign in to a host that did not select NLA.
    fn without_nla(self) -> LoginOutcome {
        match self.notebook.note(|survey| survey.reply("nla").cloned()) {
            Some(Reply::Refused(code)) if code != FailureCode::SSL_NOT_ALLOWED => {
                LoginOutcome::Failed(format!("the negotiation was refused: {code}"))
            }
            _ => LoginOutcome::NotOffered,
        }
    }

    /// Signs in, once and last: what is asked here may count against the account.
    async fn sign_in(self, address: SocketAddr) {
        let Some(credentials) = &self.surveyor.options.login else {
            return;
        };
        let keep = |outcome| {
            let user = credentials.user.clone();
            self.notebook
                .note(|survey| survey.login = Some(Login { user, outcome }));
        };
        if !self.offers_nla() {
            return keep(self.without_nla());
        }
        if !self.surveyor.may_sign_in(address) {
            let told = format!("the account was tried at {address} before, under another name");
            return keep(LoginOutcome::Failed(told));
        }
        keep(LoginOutcome::Failed("no answer in time".to_owned()));
        let place = self.place(address, self.patience());
        keep(login::sign_in(self.surveyor, place, credentials).await);
    }
}
