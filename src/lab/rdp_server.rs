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

use crate::auth::channel_binding;
use crate::lab::listener::Negotiation;
use crate::lab::rdp_server::credssp::Conversation;
use crate::lab::rdp_server::credssp::Desk;
use crate::lab::rdp_server::credssp::Turn;
use crate::lab::rdp_server::tls::Handshake;
use crate::lab::rdp_server::witness::Nobody;
use crate::lab::rdp_server::witness::Sight;
use crate::lab::rdp_server::witness::TlsFailure;
use crate::lab::rdp_server::witness::Witness;
use crate::rdp::credssp::split;
use crate::rdp::handshake::Asked;
use crate::rdp::handshake::AwaitingRequest;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Answer;
use crate::rdp::nego::Protocols;

pub mod witness;

pub(super) mod tls;

mod choice;
mod credssp;
mod policy;
mod short_key;

/// How long a connection may last, whatever the client does.
const LONGEST: Duration = Duration::from_secs(30);
/// How many bytes a client may send after the negotiation.
const MOST: usize = 64 * 1024;
/// The first byte of a TLS record with a handshake in it: some clients begin without X.224, and Windows lets them.
const TLS_HANDSHAKE: u8 = 0x16;

/// Serves one client until it goes away or has had its time. An error is the client's doing or the network's.
pub async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    negotiation: Negotiation,
) -> io::Result<()> {
    serve_visit(stream, negotiation, &Nobody).await
}

/// The same, telling somebody what happens.
pub async fn serve_visit(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    negotiation: Negotiation,
    witness: &dyn Witness,
) -> io::Result<()> {
    match tokio::time::timeout(LONGEST, converse(stream, &negotiation, witness)).await {
        Ok(ended) => ended,
        Err(elapsed) => Err(elapsed.into()),
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    negotiation: &Negotiation,
    witness: &dyn Witness,
) -> io::Result<()> {
    let first = some_bytes(&mut stream).await?;
    let (protocol, early) =
        if first.first() == Some(&TLS_HANDSHAKE) && policy::speaks_tls(negotiation) {
            (Protocols::HYBRID, first)
        } else {
            let asked = read_request(&mut stream, first).await?;
            let wanted = asked.request.negotiation.map(|wish| wish.protocols);
            let answer = policy::decide(negotiation, wanted);
            // Told before the client learns of it, so that whoever was refused finds it in the log.
            if let Answer::Refused(code) = answer {
                witness.saw(Sight::Refused(code));
            }
            let packet = answer.encode().map_err(io::Error::other)?;
            stream.write_all(&packet).await?;
            match answer {
                // Scanners fall over bytes or silence after a refusal; Windows closes.
                Answer::Refused(_) => return stream.shutdown().await,
                Answer::Bare => (Protocols::RDP, asked.rest),
                Answer::Selected { protocol, .. } => (protocol, asked.rest),
            }
        };
    let served = match &negotiation.certificate {
        Some(served) if protocol != Protocols::RDP => served,
        _ => return drain(&mut stream).await,
    };
    let shaken = tls::accept(stream, early, served, &negotiation.schannel).await;
    let shaken = shaken.inspect_err(|error| {
        witness.saw(Sight::TlsFailed(TlsFailure::from(error)));
    })?;
    match shaken {
        Handshake::Secured(mut stream) => {
            witness.saw(Sight::Secured);
            let desk = Desk {
                identity: Arc::clone(&negotiation.identity),
                public_key: channel_binding::public_key(&served.certificate).unwrap_or_default(),
                selected: protocol,
                restricted_admin: negotiation.restricted_admin,
                filetime: negotiation.identity.filetime(now()),
            };
            secure(&mut stream, desk, witness).await
        }
        Handshake::NothingInCommon => {
            witness.saw(Sight::TlsFailed(TlsFailure::NothingInCommon));
            Ok(())
        }
        Handshake::PlayedOut => Ok(()),
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin), first: Vec<u8>) -> io::Result<Asked> {
    let mut waiting = AwaitingRequest::default();
    let mut chunk = first;
    loop {
        match waiting.handle(&chunk).map_err(invalid)? {
            Step::More(more) => waiting = more,
            Step::Done(asked) => return Ok(asked),
        }
        chunk = some_bytes(stream).await?;
    }
}

/// What follows inside TLS.
async fn secure(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    desk: Desk,
    witness: &dyn Witness,
) -> io::Result<()> {
    if !desk
        .selected
        .intersects(Protocols::HYBRID | Protocols::HYBRID_EX)
    {
        return drain(stream).await;
    }
    sign_in(stream, desk, witness).await?;
    stream.shutdown().await
}

/// Signs a client in. One that goes on to its desktop finds that the simulation ends here.
async fn sign_in(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    desk: Desk,
    witness: &dyn Witness,
) -> io::Result<()> {
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
            Turn::Refused(reason, seen) => {
                if let Some(seen) = seen {
                    witness.saw(seen);
                }
                return stream.write_all(&reason).await;
            }
            Turn::SignedIn(welcome, seen) => {
                witness.saw(seen);
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
