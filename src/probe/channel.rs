//! A TLS channel to a Remote Desktop port, as CredSSP needs it: negotiated, with the certificate that was shown. Knows
//! sockets and TLS; what is said inside is its users' business.

use std::io;
use std::net::IpAddr;

use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::probe::dial;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::probe::tls;
use crate::probe::tls::Recorder;
use crate::rdp::nego::Protocols;
use crate::survey::Reply;

/// An open channel.
pub(super) struct Channel {
    stream: TlsStream<TcpStream>,
    /// What the negotiation selected.
    pub(super) selected: Protocols,
    /// The certificate that the host showed (DER).
    pub(super) certificate: Vec<u8>,
}

/// Why there is no channel.
#[derive(Debug)]
pub(super) enum NoChannel {
    /// The negotiation ended otherwise than with CredSSP.
    Negotiation(Reply),
    /// TLS failed.
    Tls(String),
}

/// Opens a channel for CredSSP, asking for these protocols.
pub(super) async fn open(
    surveyor: &Surveyor,
    place: Place<'_>,
    wanted: Protocols,
) -> Result<Channel, NoChannel> {
    let clock = surveyor.clock.as_ref();
    let mut stream = dial::open(clock, place.address, place.longest)
        .await
        .map_err(|outcome| NoChannel::Negotiation(Reply::NotConnected(outcome)))?;
    let reply = dial::negotiate(clock, &mut stream, wanted, place.longest).await;
    let selected = match reply {
        Reply::Selected { protocol, .. }
            if protocol == Protocols::HYBRID || protocol == Protocols::HYBRID_EX =>
        {
            protocol
        }
        other => return Err(NoChannel::Negotiation(other)),
    };
    let recorder = Recorder::new(&surveyor.provider);
    let config = tls::config(&surveyor.provider, &recorder)
        .map_err(|error| NoChannel::Tls(error.to_string()))?;
    let stream = TlsConnector::from(config)
        .connect(server_name(place), stream)
        .await
        .map_err(|error| NoChannel::Tls(error.to_string()))?;
    let (_, session) = stream.get_ref();
    let leaf = session.peer_certificates().and_then(<[_]>::first);
    let certificate = leaf.map(|leaf| leaf.to_vec()).unwrap_or_default();
    Ok(Channel {
        stream,
        selected,
        certificate,
    })
}

/// What TLS is told the host is called; its address when its name is none for TLS.
fn server_name(place: Place<'_>) -> ServerName<'static> {
    let address: IpAddr = place.address.ip();
    ServerName::try_from(place.name.to_owned())
        .unwrap_or_else(|_not_a_name| ServerName::from(address))
}

impl Channel {
    /// What is inside TLS.
    pub(super) fn stream(&mut self) -> &mut TlsStream<TcpStream> {
        &mut self.stream
    }

    /// Sends bytes.
    pub(super) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Waits for bytes; none when the host has closed or reset the connection.
    pub(super) async fn hear(&mut self) -> Vec<u8> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk).await {
            Ok(count) => chunk.get(..count).unwrap_or_default().to_vec(),
            Err(_) => Vec::new(),
        }
    }

    /// Closes it, politely when the host lets us.
    pub(super) async fn close(mut self) {
        let _closed = self.stream.shutdown().await;
    }
}
