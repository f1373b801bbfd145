//! Which TLS versions a host speaks, old ones among them, and whether packets of all sizes get through: raw handshakes
//! that are read as far as they are in plain text, then dropped.
//!
//! Knows the order of a handshake; what a version or a size means for the host is `survey::judge`'s business.

use futures_util::StreamExt;
use futures_util::stream;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::certificate::Certificate;
use crate::probe::dial;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::rdp::nego::Protocols;
use crate::survey::Reply;
use crate::survey::SizeReply;
use crate::survey::Sizes;
use crate::survey::TlsFailure;
use crate::survey::TlsVersion;
use crate::survey::VersionReply;
use crate::tls::DecodeError;
use crate::tls::ProtocolVersion;
use crate::tls::client_hello::Question;
use crate::tls::handshake;
use crate::tls::handshake::AwaitingCertificate;
use crate::tls::handshake::AwaitingServerHello;
use crate::tls::handshake::Picked;
use crate::tls::handshake::Step;

/// Connections at once, so that a host with a small backlog is not mistaken for one that drops packets.
const AT_ONCE: usize = 2;
/// Bytes of the large ClientHello: two packets of Ethernet's usual 1,500 bytes, and yet one record.
const LARGE: usize = 2_800;

/// What one version came to, with the certificate where it is shown in plain text (TLS 1.2 and before).
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The version that was asked for, alone.
    pub(super) version: TlsVersion,
    /// What became of it.
    pub(super) reply: VersionReply,
    /// The chain that was shown, leaf first; what cannot be read is left out.
    pub(super) chain: Vec<Certificate>,
}

/// The version that a host picked in the handshake that every client makes, with its suite: it need not be asked again.
pub(super) type Picks = (TlsVersion, String);

/// Asks for each version by itself, SSL 3.0 to TLS 1.3, each on its own connection after negotiating `protocol`.
pub(super) async fn look(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
    picked: Option<&Picks>,
) -> Vec<Seen> {
    stream::iter(ProtocolVersion::ALL)
        .map(|version| async move {
            match picked {
                Some((picked, suite)) if picked.0 == version.0 => Seen {
                    version: *picked,
                    reply: VersionReply::Accepted(suite.clone()),
                    chain: Vec::new(),
                },
                _ => one(surveyor, place, protocol, version).await,
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// When time is up, what was seen so far is the result.
async fn one(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
    version: ProtocolVersion,
) -> Seen {
    let mut seen = Seen {
        version: TlsVersion(version.0),
        reply: VersionReply::Untried,
        chain: Vec::new(),
    };
    tokio::select! {
        biased;
        () = walk(surveyor, place, protocol, &mut seen) => {}
        () = surveyor.clock.sleep(place.longest) => {}
    }
    seen
}

async fn walk(surveyor: &Surveyor, place: Place<'_>, protocol: Protocols, seen: &mut Seen) {
    let version = ProtocolVersion(seen.version.0);
    let Some(mut stream) = reach(surveyor, place, protocol).await else {
        return;
    };
    let Ok((hello, mut waiting)) = handshake::ask(&question(place, version, 0)) else {
        return;
    };
    let refused = |failure| VersionReply::Refused(failure);
    seen.reply = refused(TlsFailure::Stalled { received: 0 });
    if stream.write_all(&hello).await.is_err() {
        seen.reply = refused(TlsFailure::Closed);
        return;
    }
    let picked = loop {
        let received = waiting.received();
        seen.reply = refused(TlsFailure::Stalled { received });
        match read_hello(&mut stream, waiting).await {
            Ok(Step::More(more)) => waiting = more,
            Ok(Step::Done(picked)) => break picked,
            Ok(Step::Refused(alert)) => {
                seen.reply = refused(TlsFailure::Alert(alert.number));
                return;
            }
            Err(failure) => {
                seen.reply = refused(failure);
                return;
            }
        }
    };
    let selected = picked.hello.selected();
    if selected != version {
        let reason = format!("the host picked {selected} when asked for {version} alone");
        seen.reply = refused(TlsFailure::Broken(reason));
        return;
    }
    seen.reply = VersionReply::Accepted(picked.hello.suite.to_string());
    if version < ProtocolVersion::TLS_1_3 {
        seen.chain = chain(&mut stream, picked.then).await;
    }
}

/// A connection on which TLS is the host's next expectation.
async fn reach(surveyor: &Surveyor, place: Place<'_>, protocol: Protocols) -> Option<TcpStream> {
    let clock = surveyor.clock.as_ref();
    let mut stream = dial::open(clock, place.address, place.longest).await.ok()?;
    match dial::negotiate(clock, &mut stream, protocol, place.longest).await {
        Reply::Selected { protocol, .. } if protocol != Protocols::RDP => Some(stream),
        _ => None,
    }
}

fn question(place: Place<'_>, version: ProtocolVersion, size: usize) -> Question<'_> {
    Question {
        version,
        name: place.name,
        random: rand::random(),
        size,
    }
}

/// Reads once and hands on what has come.
async fn read_hello(
    stream: &mut TcpStream,
    waiting: AwaitingServerHello,
) -> Result<Step<AwaitingServerHello, Picked>, TlsFailure> {
    let bytes = some_bytes(stream).await?;
    waiting.handle(&bytes).map_err(|error| broken(&error))
}

/// The certificates, as far as they come and can be read.
async fn chain(stream: &mut TcpStream, mut waiting: AwaitingCertificate) -> Vec<Certificate> {
    let mut bytes = Vec::new();
    loop {
        match waiting.handle(&bytes) {
            Ok(Step::More(more)) => waiting = more,
            Ok(Step::Done(shown)) => {
                return shown
                    .chain
                    .iter()
                    .filter_map(|der| Certificate::from_der(der).ok())
                    .collect();
            }
            Ok(Step::Refused(_)) | Err(_) => return Vec::new(),
        }
        bytes = match some_bytes(stream).await {
            Ok(more) => more,
            Err(_) => return Vec::new(),
        };
    }
}

async fn some_bytes(stream: &mut TcpStream) -> Result<Vec<u8>, TlsFailure> {
    let mut chunk = [0; 4096];
    match stream.read(&mut chunk).await {
        Ok(0) | Err(_) => Err(TlsFailure::Closed),
        Ok(count) => Ok(chunk.get(..count).unwrap_or_default().to_vec()),
    }
}

fn broken(error: &DecodeError) -> TlsFailure {
    TlsFailure::Broken(error.to_string())
}

/// A handshake with a small and one with a large ClientHello; `None` when TLS is not reached.
///
/// The handshake that every client makes is a small one, so only its failure is looked into. Asks for TLS 1.2, whose
/// certificates are in plain text, so that the end of the host's flight can be seen, and only of a host that refuses
/// it or picks better for TLS 1.3, of which no more than the ServerHello is waited for.
pub(super) async fn sizes(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
    picked: Option<&Picks>,
) -> Option<Sizes> {
    let (version, small) = match picked {
        Some((picked, _)) => (ProtocolVersion(picked.0), SizeReply::Whole),
        None => small(surveyor, place, protocol).await?,
    };
    let wished = question(place, version, LARGE);
    let (large, large_bytes) = sized(surveyor, place, protocol, wished).await?;
    Some(Sizes {
        small,
        large,
        large_bytes,
    })
}

async fn small(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
) -> Option<(ProtocolVersion, SizeReply)> {
    let first = question(place, ProtocolVersion::TLS_1_2, 0);
    let (reply, _) = sized(surveyor, place, protocol, first).await?;
    if reply != SizeReply::Ended {
        return Some((ProtocolVersion::TLS_1_2, reply));
    }
    let second = question(place, ProtocolVersion::TLS_1_3, 0);
    let (reply, _) = sized(surveyor, place, protocol, second).await?;
    Some((ProtocolVersion::TLS_1_3, reply))
}

/// One handshake, with the bytes of its hello.
async fn sized(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
    question: Question<'_>,
) -> Option<(SizeReply, usize)> {
    let reached = tokio::select! {
        biased;
        stream = reach(surveyor, place, protocol) => stream,
        () = surveyor.clock.sleep(place.longest) => None,
    };
    let mut stream = reached?;
    let (hello, waiting) = handshake::ask(&question).ok()?;
    let mut reply = SizeReply::Nothing;
    tokio::select! {
        biased;
        () = flight(&mut stream, &hello, waiting, &mut reply) => {}
        () = surveyor.clock.sleep(place.longest) => {}
    }
    Some((reply, hello.len()))
}

/// Reads the whole of what the host says in plain text; `reply` is always as far as it came.
async fn flight(
    stream: &mut TcpStream,
    hello: &[u8],
    waiting: AwaitingServerHello,
    reply: &mut SizeReply,
) {
    if stream.write_all(hello).await.is_err() {
        *reply = SizeReply::Ended;
        return;
    }
    let mut state = Reading::Hello(waiting);
    loop {
        let step = match some_bytes(stream).await {
            Ok(bytes) => state.go_on(&bytes),
            Err(_) => None,
        };
        match step {
            None => {
                *reply = SizeReply::Ended;
                return;
            }
            Some(Reading::Whole) => {
                *reply = SizeReply::Whole;
                return;
            }
            Some(more) => {
                *reply = SizeReply::Stalled(more.received());
                state = more;
            }
        }
    }
}

/// How far a flight has been read.
enum Reading {
    Hello(AwaitingServerHello),
    Certificate(AwaitingCertificate),
    Done(handshake::AwaitingDone),
    Whole,
}

impl Reading {
    /// Takes bytes as they come; `None` when the host ended it.
    fn go_on(self, bytes: &[u8]) -> Option<Self> {
        match self {
            Self::Hello(waiting) => match waiting.handle(bytes).ok()? {
                Step::More(more) => Some(Self::Hello(more)),
                Step::Refused(_) => None,
                Step::Done(picked) if picked.hello.selected() >= ProtocolVersion::TLS_1_3 => {
                    Some(Self::Whole)
                }
                Step::Done(picked) => Self::Certificate(picked.then).go_on(&[]),
            },
            Self::Certificate(waiting) => match waiting.handle(bytes).ok()? {
                Step::More(more) => Some(Self::Certificate(more)),
                Step::Refused(_) => None,
                Step::Done(shown) => Self::Done(shown.then).go_on(&[]),
            },
            Self::Done(waiting) => match waiting.handle(bytes).ok()? {
                Step::More(more) => Some(Self::Done(more)),
                Step::Refused(_) => None,
                Step::Done(()) => Some(Self::Whole),
            },
            Self::Whole => Some(Self::Whole),
        }
    }

    fn received(&self) -> usize {
        match self {
            Self::Hello(waiting) => waiting.received(),
            Self::Certificate(waiting) => waiting.received(),
            Self::Done(waiting) => waiting.received(),
            Self::Whole => 0,
        }
    }
}
