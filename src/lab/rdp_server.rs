//! The Remote Desktop port of a machine: negotiates as Windows does, shows the machine's certificate, and for network
//! level authentication tells the machine's names. Nobody can sign in. Must not know machines beyond [`Negotiation`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;
use crate::lab::listener::Negotiation;
use crate::lab::listener::ServedCertificate;
use crate::lab::rdp_server::witness::Nobody;
use crate::lab::rdp_server::witness::Sight;
use crate::lab::rdp_server::witness::TlsFailure;
use crate::lab::rdp_server::witness::Witness;
use crate::rdp::credssp;
use crate::rdp::credssp::TsRequest;
use crate::rdp::handshake::Asked;
use crate::rdp::handshake::AwaitingRequest;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Answer;
use crate::rdp::nego::Protocols;
use crate::rdp::ntlm;
use crate::rdp::ntlm::Challenge;

pub mod witness;

mod policy;
mod tls;

/// How long a connection may last, whatever the client does.
const LONGEST: Duration = Duration::from_secs(30);
/// How many bytes a client may send after the negotiation.
const MOST: usize = 64 * 1024;
/// The first byte of a TLS record with a handshake in it: some clients begin without X.224, and Windows lets them.
const TLS_HANDSHAKE: u8 = 0x16;
/// Windows Server 2022.
const VERSION: (u8, u8, u16) = (10, 0, 20_348);
/// The newest version of CredSSP ([MS-CSSP] 2.2.1).
const CREDSSP: u32 = 6;
/// From 1601 to 1970, in units of 100 ns.
const UNIX_EPOCH: u64 = 116_444_736_000_000_000;

/// Serves one client until it goes away or has had its time. An error is the client's doing or the network's.
pub async fn serve_connection(stream: TcpStream, negotiation: Negotiation) -> io::Result<()> {
    serve_visit(stream, negotiation, &Nobody).await
}

/// The same, telling somebody what happens.
pub async fn serve_visit(
    stream: TcpStream,
    negotiation: Negotiation,
    witness: &dyn Witness,
) -> io::Result<()> {
    match tokio::time::timeout(LONGEST, converse(stream, &negotiation, witness)).await {
        Ok(ended) => ended,
        Err(elapsed) => Err(elapsed.into()),
    }
}

async fn converse(
    mut stream: TcpStream,
    negotiation: &Negotiation,
    witness: &dyn Witness,
) -> io::Result<()> {
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
        // Told before the client learns of it, so that whoever was refused finds it in the log.
        if let Answer::Refused(code) = answer {
            witness.saw(Sight::Refused(code));
        }
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
            secure(stream, (served, protocol), witness).await
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
    (served, protocol): (&Arc<ServedCertificate>, Protocols),
    witness: &dyn Witness,
) -> io::Result<()> {
    let config = tls::config(served).map_err(invalid)?;
    let accepted = TlsAcceptor::from(config).accept(stream).await;
    let mut stream = accepted.inspect_err(|error| {
        witness.saw(Sight::TlsFailed(TlsFailure::from(error)));
    })?;
    witness.saw(Sight::Secured);
    if !protocol.intersects(Protocols::HYBRID | Protocols::HYBRID_EX) {
        return drain(&mut stream).await;
    }
    let message = read_credssp(&mut stream).await?;
    if let Some(answer) = challenge(&message, served) {
        stream.write_all(&answer.encode()).await?;
    }
    stream.shutdown().await
}

async fn read_credssp(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<TsRequest> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST {
        bytes.extend(some_bytes(stream).await?);
        if let Some((whole, _)) = credssp::split(&bytes).map_err(invalid)? {
            return TsRequest::decode(whole).map_err(invalid);
        }
    }
    Err(io::Error::from(io::ErrorKind::InvalidData))
}

/// The machine's names for a client that begins with NTLM. The common name of the certificate is the machine's name:
/// that is how Windows makes its own.
fn challenge(message: &TsRequest, served: &ServedCertificate) -> Option<TsRequest> {
    let (wrapping, token) = credssp::initial_ntlm(message.token.as_deref()?)?;
    if !ntlm::is_negotiate(token) {
        return None;
    }
    let computer = Certificate::from_der(&served.certificate)
        .map_or_else(|_| "LAB".to_owned(), |certificate| certificate.common_name);
    let challenge = Challenge {
        computer,
        version: VERSION,
        filetime: filetime(),
        nonce: rand::random(),
    };
    Some(TsRequest {
        version: message.version.min(CREDSSP),
        token: Some(credssp::answer_ntlm(wrapping, &challenge.encode())),
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the challenge shows the time of the real machine that plays the simulated one"
)]
fn filetime() -> u64 {
    let now = jiff::Timestamp::now().as_nanosecond() / 100;
    u64::try_from(now).map_or(UNIX_EPOCH, |now| now.saturating_add(UNIX_EPOCH))
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
