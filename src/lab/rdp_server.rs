//! The Remote Desktop port of a machine: negotiates as Windows does, shows the machine's certificate, and signs clients
//! in by network level authentication. What comes after that is not simulated. Must not know machines beyond
//! [`Negotiation`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::auth::channel_binding;
use crate::lab::listener::Negotiation;
use crate::lab::listener::ServedCertificate;
use crate::lab::rdp_server::credssp::Conversation;
use crate::lab::rdp_server::credssp::Desk;
use crate::lab::rdp_server::credssp::Turn;
use crate::rdp::credssp::split;
use crate::rdp::handshake::Asked;
use crate::rdp::handshake::AwaitingRequest;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Answer;
use crate::rdp::nego::Protocols;

mod credssp;
mod policy;
mod tls;

/// How long a connection may last, whatever the client does.
const LONGEST: Duration = Duration::from_secs(30);
/// How many bytes a client may send after the negotiation.
const MOST: usize = 64 * 1024;
/// The first byte of a TLS record with a handshake in it: some clients begin without X.224, and Windows lets them.
const TLS_HANDSHAKE: u8 = 0x16;
/// Serves one client until it goes away or has had its time. An error is the client's doing or the network's.
pub async fn serve_connection(stream: TcpStream, negotiation: Negotiation) -> io::Result<()> {
    match tokio::time::timeout(LONGEST, converse(stream, &negotiation)).await {
        Ok(ended) => ended,
        Err(elapsed) => Err(elapsed.into()),
    }
}

async fn converse(mut stream: TcpStream, negotiation: &Negotiation) -> io::Result<()> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(());
    }
    let protocol = if first == [TLS_HANDSHAKE] && policy::speaks_tls(negotiation) {
        Protocols::HYBRID
    } else {
        let asked = read_request(&mut stream).await?;
        let wanted = asked.request.negotiation.map(|wish| wish.protocols);
        let answer = policy::decide(negotiation, wanted);
        let packet = answer.encode().map_err(io::Error::other)?;
        stream.write_all(&packet).await?;
        match answer {
            // Scanners fall over bytes or silence after a refusal; Windows closes.
            Answer::Refused(_) => return stream.shutdown().await,
            Answer::Bare => Protocols::RDP,
            Answer::Selected { protocol, .. } => protocol,
        }
    };
    match &negotiation.certificate {
        Some(served) if protocol != Protocols::RDP => {
            secure(stream, negotiation, (served, protocol)).await
        }
        _ => drain(&mut stream).await,
    }
}

async fn read_request(stream: &mut TcpStream) -> io::Result<Asked> {
    let mut waiting = AwaitingRequest::default();
    loop {
        let chunk = some_bytes(stream).await?;
        match waiting.handle(&chunk).map_err(invalid)? {
            Step::More(more) => waiting = more,
            Step::Done(asked) => return Ok(asked),
        }
    }
}

async fn secure(
    stream: TcpStream,
    negotiation: &Negotiation,
    (served, protocol): (&Arc<ServedCertificate>, Protocols),
) -> io::Result<()> {
    let config = tls::config(served).map_err(invalid)?;
    let mut stream = TlsAcceptor::from(config).accept(stream).await?;
    if !protocol.intersects(Protocols::HYBRID | Protocols::HYBRID_EX) {
        return drain(&mut stream).await;
    }
    let desk = Desk {
        identity: Arc::clone(&negotiation.identity),
        public_key: channel_binding::public_key(&served.certificate).unwrap_or_default(),
        selected: protocol,
        restricted_admin: negotiation.restricted_admin,
        filetime: negotiation.identity.filetime(now()),
    };
    sign_in(&mut stream, desk).await?;
    stream.shutdown().await
}

/// Signs a client in. One that goes on to its desktop finds that the simulation ends here.
async fn sign_in(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), desk: Desk) -> io::Result<()> {
    let mut received = 0;
    let mut beyond = Vec::new();
    let mut conversation = Box::new(Conversation::begin(desk).map_err(invalid)?);
    while received < MOST {
        let chunk = one_message(stream, &mut beyond).await?;
        received = received.saturating_add(chunk.len());
        conversation = match conversation.handle(&chunk) {
            Turn::More(going_on) => going_on,
            Turn::Say(answer, going_on) => {
                stream.write_all(&answer).await?;
                going_on
            }
            Turn::Refused(reason) => return stream.write_all(&reason).await,
            Turn::SignedIn(welcome) => {
                stream.write_all(&welcome).await?;
                if beyond.is_empty() {
                    some_bytes(stream).await?;
                }
                return Ok(());
            }
        };
    }
    Err(io::Error::from(io::ErrorKind::InvalidData))
}

/// The next message of CredSSP. A client may send more in the same breath, which is left for the next time.
async fn one_message(
    stream: &mut (impl AsyncRead + Unpin),
    beyond: &mut Vec<u8>,
) -> io::Result<Vec<u8>> {
    loop {
        if let Some((whole, rest)) = split(beyond).map_err(invalid)? {
            let (whole, rest) = (whole.to_vec(), rest.to_vec());
            *beyond = rest;
            return Ok(whole);
        }
        beyond.extend(some_bytes(stream).await?);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of a simulated machine is set against that of the real one that plays it"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Waits for the client to go away.
async fn drain(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut bounded = stream.take(u64::try_from(MOST).unwrap_or(u64::MAX));
    tokio::io::copy(&mut bounded, &mut tokio::io::sink()).await?;
    Ok(())
}

async fn some_bytes(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut chunk = [0; 1024];
    match stream.read(&mut chunk).await? {
        0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        count => Ok(chunk.get(..count).unwrap_or_default().to_vec()),
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
