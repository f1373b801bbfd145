//! One visit, stage by stage. Knows sockets and in which order things happen; what they mean is `verdict`'s business.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::certificate::Certificate;
use crate::inventory::Host;
use crate::probe::RdpProver;
use crate::probe::Visit;
use crate::probe::dial::USER;
use crate::probe::names::bare;
use crate::probe::tls;
use crate::probe::tls::Recorder;
use crate::probe::verdict;
use crate::probe::verdict::Refusal;
use crate::proof::ShownCertificate;
use crate::proof::Stage;
use crate::rdp::handshake;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Answer;
use crate::rdp::nego::Protocols;
use crate::rdp::nego::Request;

/// Of a name with many addresses no more than these are tried.
const ADDRESSES: usize = 4;
/// How long to wait for a TLS goodbye to leave; nothing depends on it.
const FAREWELL: Duration = Duration::from_secs(1);

/// Goes as far as it can; `visit` tells how far that was. INVARIANT: at most one TCP connection is established.
pub(super) async fn walk(
    prover: &RdpProver,
    host: &Host,
    visit: &mut Visit,
) -> Result<(), Refusal> {
    let clock = prover.clock.as_ref();
    let addresses = resolve(host).await?;
    visit.go_on(Stage::Connect, clock.instant());
    let (mut stream, address) = connect(prover, &addresses).await?;
    visit.go_on(Stage::Negotiate, clock.instant());
    let answer = negotiate(&mut stream).await?;
    visit.selected = verdict::selected(answer);
    verdict::negotiated(answer)?;
    visit.go_on(Stage::Tls, clock.instant());
    let recorder = Recorder::new(&prover.provider);
    let shaken = secure(prover, host, stream, address, &recorder).await;
    let certificate = recorder.certificate();
    visit.certificate = certificate
        .as_ref()
        .and_then(|read| read.as_ref().ok())
        .map(shown);
    shaken?;
    visit.go_on(Stage::Certificate, clock.instant());
    verdict::certificate(certificate.as_ref(), clock.now())?;
    visit.complete(clock.instant());
    Ok(())
}

async fn resolve(host: &Host) -> Result<Vec<SocketAddr>, Refusal> {
    let name = bare(&host.address);
    let found = tokio::net::lookup_host((name, host.rdp_port)).await;
    let addresses: Vec<SocketAddr> = found
        .map_err(|error| verdict::unresolved(name, &error))?
        .take(ADDRESSES)
        .collect();
    if addresses.is_empty() {
        return Err(verdict::without_address(name));
    }
    Ok(addresses)
}

/// Tries the addresses one after another, each with its share of the time, until one accepts.
async fn connect(
    prover: &RdpProver,
    addresses: &[SocketAddr],
) -> Result<(TcpStream, IpAddr), Refusal> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let share = prover.deadline / count;
    let mut refusal = None;
    for address in addresses {
        let tried = tokio::select! {
            biased;
            tried = TcpStream::connect(address) => Some(tried),
            () = prover.clock.sleep(share) => None,
        };
        refusal = match tried {
            Some(Ok(stream)) => return Ok((stream, address.ip())),
            Some(Err(error)) => Some(verdict::unconnected(*address, &error)),
            None => Some(verdict::too_slow(Stage::Connect, share)),
        };
    }
    Err(refusal.unwrap_or_else(|| verdict::too_slow(Stage::Connect, share)))
}

async fn negotiate(stream: &mut TcpStream) -> Result<Answer, Refusal> {
    let wanted = Protocols::SSL | Protocols::HYBRID | Protocols::HYBRID_EX;
    let asked = handshake::ask(&Request::for_protocols(wanted, USER));
    let (request, mut waiting) = asked.map_err(|error| verdict::unaskable(&error))?;
    stream
        .write_all(&request)
        .await
        .map_err(|error| verdict::unanswered(&error))?;
    let mut chunk = [0; 512];
    loop {
        // Whatever follows the answer belongs to TLS, and whether it comes in one piece with it is chance.
        let lacking = waiting.missing().min(chunk.len());
        let room = chunk.get_mut(..lacking).unwrap_or_default();
        let count = stream
            .read(room)
            .await
            .map_err(|error| verdict::unanswered(&error))?;
        if count == 0 {
            let eof = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(verdict::unanswered(&eof));
        }
        let bytes = chunk.get(..count).unwrap_or_default();
        match waiting.handle(bytes) {
            Ok(Step::More(more)) => waiting = more,
            Ok(Step::Done(answered)) => return Ok(answered.answer),
            Err(error) => return Err(verdict::not_rdp(&error)),
        }
    }
}

async fn secure(
    prover: &RdpProver,
    host: &Host,
    stream: TcpStream,
    address: IpAddr,
    recorder: &Recorder,
) -> Result<(), Refusal> {
    // A name that TLS cannot carry is left out; Windows shows the same certificate to all.
    let name = ServerName::try_from(bare(&host.address).to_owned())
        .unwrap_or_else(|_| ServerName::from(address));
    let config = tls::config(&prover.provider, recorder)
        .map_err(|error| verdict::unsecured(&io::Error::other(error)))?;
    let mut stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| verdict::unsecured(&error))?;
    tokio::select! {
        biased;
        _closed = stream.shutdown() => {}
        () = prover.clock.sleep(FAREWELL) => {}
    }
    Ok(())
}

fn shown(certificate: &Certificate) -> ShownCertificate {
    ShownCertificate {
        subject: certificate.subject.clone(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        thumbprint: certificate.thumbprint.clone(),
    }
}
