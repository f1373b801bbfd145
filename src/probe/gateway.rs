//! What a Remote Desktop Gateway answers to those who did not sign in (windows-facts 9.4). Nobody signs in.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::certificate::Certificate;
use crate::probe::dial;
use crate::probe::handshake;
use crate::probe::handshake::Secured;
use crate::probe::names;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::rdp::gateway;
use crate::rdp::gateway::AwaitingHead;
use crate::rdp::gateway::Head;
use crate::rdp::gateway::Transport;
use crate::rdp::handshake::Step;
use crate::survey::GatewayAnswer;
use crate::survey::GatewayView;
use crate::survey::Tcp;

/// The port of HTTPS.
const PORT: u16 = 443;
/// Of a name with many addresses no more than these are tried.
const ADDRESSES: usize = 4;

/// A look at a gateway that goes on.
#[derive(Clone, Copy)]
struct Look<'a> {
    surveyor: &'a Surveyor,
    name: &'a str,
    port: u16,
    ends: Instant,
}

/// Asks both transports of the gateway at `name` or `name:port`, 443 unless said otherwise. Is done before the deadline
/// of a host, so that what was seen is there when that one is over.
pub(super) async fn look(surveyor: &Surveyor, gateway: &str) -> GatewayView {
    let (name, port) = parted(gateway);
    let now = surveyor.clock.instant();
    let longest = surveyor.options.deadline * 3 / 4;
    let look = Look {
        surveyor,
        name,
        port,
        ends: now.checked_add(longest).unwrap_or(now),
    };
    let mut view = GatewayView {
        address: match names::literal(name) {
            Some(IpAddr::V6(address)) => format!("[{address}]:{port}"),
            _ => format!("{name}:{port}"),
        },
        tcp: None,
        chain: Vec::new(),
        trust: None,
        tls_failure: None,
        http: None,
        rpc: None,
    };
    look.fill(&mut view).await;
    view
}

/// Name and port. An IPv6 address has more than one colon, and brackets when a port follows.
pub(super) fn parted(gateway: &str) -> (&str, u16) {
    let whole = (names::bare(gateway), PORT);
    match gateway.rsplit_once(':') {
        Some((name, _)) if name.contains(':') && !name.ends_with(']') => whole,
        Some((name, port)) => port.parse().map_or(whole, |port| (names::bare(name), port)),
        None => whole,
    }
}

impl Look<'_> {
    /// What one step may take: half of what is left, so that there is something left for the next one.
    fn step(self) -> Duration {
        let now = self.surveyor.clock.instant();
        self.ends.saturating_duration_since(now) / 2
    }

    async fn fill(self, view: &mut GatewayView) {
        let Some((stream, address)) = self.connect(view).await else {
            return;
        };
        let Secured { chain, stream } = self.secure(stream, address).await;
        view.trust = self.surveyor.trust(&chain, self.name);
        view.chain = chain
            .iter()
            .filter_map(|certificate| Certificate::from_der(certificate).ok())
            .collect();
        match stream {
            Ok(stream) => view.http = Some(self.ask(stream, Transport::Http).await),
            Err(failure) => {
                view.tls_failure = Some(failure);
                return;
            }
        }
        view.rpc = Some(self.ask_again(address).await);
    }

    /// The first address that opens; the view is told of the best outcome.
    async fn connect(self, view: &mut GatewayView) -> Option<(TcpStream, SocketAddr)> {
        let clock = self.surveyor.clock.as_ref();
        let mut addresses = self.resolve().await;
        addresses.truncate(ADDRESSES);
        for address in addresses {
            match dial::open(clock, address, self.step()).await {
                Ok(stream) => {
                    view.tcp = Some(Tcp::Open);
                    return Some((stream, address));
                }
                // A refusal tells more than silence.
                Err(outcome) if view.tcp != Some(Tcp::Refused) => view.tcp = Some(outcome),
                Err(_) => {}
            }
        }
        None
    }

    async fn resolve(self) -> Vec<SocketAddr> {
        if let Some(address) = names::literal(self.name) {
            return vec![SocketAddr::new(address, self.port)];
        }
        tokio::select! {
            biased;
            found = self.surveyor.resolver.addresses(self.name, self.port) => found.unwrap_or_default(),
            () = self.surveyor.clock.sleep(self.step()) => Vec::new(),
        }
    }

    async fn secure(self, stream: TcpStream, address: SocketAddr) -> Secured {
        let place = Place {
            name: self.name,
            address,
            longest: self.step(),
        };
        handshake::secure(self.surveyor, place, stream).await
    }

    /// The other transport, on a connection of its own.
    async fn ask_again(self, address: SocketAddr) -> GatewayAnswer {
        let clock = self.surveyor.clock.as_ref();
        let stream = match dial::open(clock, address, self.step()).await {
            Ok(stream) => stream,
            Err(outcome) => {
                let told = format!("the second connection was not opened: {}", outcome.word());
                return GatewayAnswer::Broken(told);
            }
        };
        match self.secure(stream, address).await.stream {
            Ok(stream) => self.ask(stream, Transport::Rpc).await,
            Err(failure) => GatewayAnswer::Broken(format!("TLS failed this time: {failure:?}")),
        }
    }

    async fn ask<S>(self, stream: Box<S>, transport: Transport) -> GatewayAnswer
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let id = uuid::Uuid::new_v4();
        let host = match names::literal(self.name) {
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.name.to_owned(),
        };
        let request = gateway::request(transport, &host, id);
        let mut received = 0;
        let answered = tokio::select! {
            biased;
            answered = head(stream, &request, &mut received) => answered,
            () = self.surveyor.clock.sleep(self.step()) => {
                Err(format!("nothing more came after {received} bytes"))
            }
        };
        match answered {
            Ok(head) if head.asks_for_sign_in() => GatewayAnswer::Healthy {
                schemes: head.schemes,
            },
            Ok(head) => GatewayAnswer::Other {
                status: head.status,
                server: head.server,
            },
            Err(reason) => GatewayAnswer::Broken(reason),
        }
    }
}

/// Sends the request and reads as far as the head of the answer.
async fn head<S>(mut stream: Box<S>, request: &[u8], received: &mut usize) -> Result<Head, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |error: &std::io::Error| format!("the connection broke: {error}");
    let sent = async {
        stream.write_all(request).await?;
        stream.flush().await
    };
    sent.await.map_err(|error| broken(&error))?;
    let mut waiting = AwaitingHead::default();
    let mut chunk = vec![0; 4096];
    loop {
        let read = stream.read(&mut chunk).await;
        let count = read.map_err(|error| broken(&error))?;
        if count == 0 {
            return Err(format!("the gateway closed after {received} bytes"));
        }
        *received += count;
        match waiting.handle(chunk.get(..count).unwrap_or_default()) {
            Ok(Step::More(more)) => waiting = more,
            Ok(Step::Done(head)) => return Ok(head),
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn a_port_may_follow() {
        for (gateway, expected) in [
            ("gw.example", ("gw.example", 443)),
            ("gw.example:8443", ("gw.example", 8443)),
            ("::1", ("::1", 443)),
            ("[::1]", ("::1", 443)),
            ("[::1]:8443", ("::1", 8443)),
        ] {
            assert_eq!(parted(gateway), expected);
        }
    }
}
