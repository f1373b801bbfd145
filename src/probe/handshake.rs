//! TLS on a connection that has negotiated it: what the host picks, what it shows, and how it fails. Every certificate
//! is accepted; what it is worth is judged by [`crate::probe::trust`].

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::probe::names::bare;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::probe::tls;
use crate::probe::tls::Recorder;
use crate::survey::TlsFailure;
use crate::survey::TlsVersion;

/// How long to wait for a TLS goodbye to leave; nothing depends on it.
const FAREWELL: Duration = Duration::from_secs(1);

/// What came of a handshake after which the connection goes on.
#[derive(Debug)]
pub(super) struct Secured {
    /// What the host shows, leaf first; it may be there although the handshake failed.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The connection in TLS.
    pub(super) stream: Result<Box<TlsStream<Counted>>, TlsFailure>,
}

/// Shakes hands, waiting no longer than `place.longest`.
pub(super) async fn secure(surveyor: &Surveyor, place: Place<'_>, stream: TcpStream) -> Secured {
    let recorder = Recorder::new(&surveyor.provider);
    let config = match &surveyor.tls {
        Ok(config) => tls::with_recorder(config, &recorder),
        Err(error) => {
            return Secured {
                chain: Vec::new(),
                stream: Err(TlsFailure::Broken(error.to_string())),
            };
        }
    };
    let received = Arc::new(AtomicUsize::new(0));
    let counted = Counted {
        stream,
        received: Arc::clone(&received),
    };
    let stream = tokio::select! {
        biased;
        stream = connect(config, place, counted) => stream.map_err(|error| failure(&error)),
        () = surveyor.clock.sleep(place.longest) => Err(TlsFailure::Stalled {
            received: received.load(Ordering::Relaxed),
        }),
    };
    Secured {
        chain: recorder.chain(),
        stream,
    }
}

/// Shakes hands and says goodbye; why, when it did not come to that.
pub(super) async fn shake(
    surveyor: &Surveyor,
    place: Place<'_>,
    stream: TcpStream,
) -> Result<(), TlsFailure> {
    let stream = secure(surveyor, place, stream).await.stream?;
    leave(surveyor, stream).await;
    Ok(())
}

/// Says goodbye.
pub(super) async fn leave(surveyor: &Surveyor, mut stream: Box<TlsStream<Counted>>) {
    tokio::select! {
        biased;
        _closed = stream.shutdown() => {}
        () = surveyor.clock.sleep(FAREWELL) => {}
    }
}

async fn connect(
    config: Arc<ClientConfig>,
    place: Place<'_>,
    stream: Counted,
) -> io::Result<Box<TlsStream<Counted>>> {
    // A name that TLS cannot carry is left out; Windows shows the same certificate to all.
    let name = ServerName::try_from(bare(place.name).to_owned())
        .unwrap_or_else(|_| ServerName::from(place.address.ip()));
    let connected = TlsConnector::from(config).connect(name, stream).await?;
    Ok(Box::new(connected))
}

/// What was agreed upon.
pub(super) fn picked(connection: &ClientConnection) -> (TlsVersion, String) {
    let version = connection.protocol_version().map_or(0, u16::from);
    let suite = connection
        .negotiated_cipher_suite()
        .map(|suite| suite.suite());
    let suite = suite
        .and_then(|suite| suite.as_str())
        // The library tells the suites of TLS 1.3 apart by a name that no registry has.
        .map(|name| name.replacen("TLS13_", "TLS_", 1))
        .unwrap_or_default();
    (TlsVersion(version), suite)
}

/// How a handshake failed, by the error that the library gave.
fn failure(error: &io::Error) -> TlsFailure {
    let cause = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::AlertReceived(alert)) => TlsFailure::Alert(u8::from(*alert)),
        Some(other) => TlsFailure::Broken(other.to_string()),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => TlsFailure::Closed,
            _ => TlsFailure::Broken(error.to_string()),
        },
    }
}

/// Counts what comes in, because of a handshake that stalls only that is known.
#[derive(Debug)]
pub(super) struct Counted {
    stream: TcpStream,
    received: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let count = buffer.filled().len().saturating_sub(before);
        self.received.fetch_add(count, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::failure;
    use crate::survey::TlsFailure;
    use std::io;

    #[test]
    fn alerts_keep_their_number_and_an_end_is_an_end() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion);
        let error = io::Error::new(io::ErrorKind::InvalidData, alert);
        assert_eq!(failure(&error), TlsFailure::Alert(70));
        let closed = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(failure(&closed), TlsFailure::Closed);
        let odd = rustls::Error::DecryptError;
        let error = io::Error::new(io::ErrorKind::InvalidData, odd);
        assert!(matches!(failure(&error), TlsFailure::Broken(_)));
    }
}
