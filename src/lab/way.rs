//! The way between a client and a Remote Desktop port with planned trouble on it: late answers, lost connections, large
//! packets that do not get through. Carries bytes and counts them; knows nothing of what they say.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::io::ReadHalf;
use tokio::io::WriteHalf;
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::lab::mishap::Loss;

/// How long a connection may hang on a way that carries nothing.
const LONGEST: Duration = Duration::from_mins(1);
/// Bytes that are carried at once.
const CHUNK: usize = 4096;

/// What one connection meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Way {
    /// Each answer comes so much later.
    pub(super) delay: Duration,
    /// Of what one side says at once, no more than so many bytes get through, and nothing after them.
    pub(super) largest: Option<usize>,
    /// The connection comes to nothing.
    pub(super) loss: Option<Loss>,
}

impl Way {
    /// Whether nothing goes wrong.
    pub(super) fn is_clear(&self) -> bool {
        *self == Self::default()
    }
}

/// One end of what is said, and what became of it.
struct Side<S> {
    read: ReadHalf<S>,
    write: WriteHalf<S>,
    /// Bytes said since the other side spoke.
    said: usize,
    /// Something of it was lost, so that nothing after it arrives.
    lost: bool,
    /// It has ended.
    ended: bool,
    chunk: [u8; CHUNK],
}

impl<S: AsyncRead + AsyncWrite> Side<S> {
    fn new(stream: S) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self {
            read,
            write,
            said: 0,
            lost: false,
            ended: false,
            chunk: [0; CHUNK],
        }
    }

    async fn hear(&mut self) -> io::Result<usize> {
        self.read.read(&mut self.chunk).await
    }

    /// What gets through of so many bytes that were just heard.
    fn passing(&mut self, count: usize, largest: Option<usize>) -> &[u8] {
        let room = largest.map_or(usize::MAX, |largest| largest.saturating_sub(self.said));
        self.said = self.said.saturating_add(count);
        let passing = if self.lost { 0 } else { count.min(room) };
        self.lost |= passing < count;
        self.chunk.get(..passing).unwrap_or_default()
    }
}

/// Carries bytes both ways until both sides are done, or for as long as a hanging connection may last.
pub(super) async fn carry(
    client: TcpStream,
    host: impl AsyncRead + AsyncWrite,
    way: Way,
    clock: Arc<dyn Clock>,
) -> io::Result<()> {
    let _small_packets = client.set_nodelay(true);
    tokio::select! {
        biased;
        ended = travel(client, host, way, clock.as_ref()) => ended,
        () = clock.sleep(LONGEST) => Ok(()),
    }
}

async fn travel(
    mut client: TcpStream,
    host: impl AsyncRead + AsyncWrite,
    way: Way,
    clock: &dyn Clock,
) -> io::Result<()> {
    match way.loss {
        Some(Loss::Reset) => {
            client.peek(&mut [0]).await?;
            return client.set_zero_linger();
        }
        Some(Loss::Silence) => {
            tokio::io::copy(&mut client, &mut tokio::io::sink()).await?;
            return Ok(());
        }
        None => {}
    }
    let mut client = Side::new(client);
    let mut host = Side::new(host);
    // A client that is gone needs no answer.
    while !client.ended {
        tokio::select! {
            heard = client.hear() => {
                let count = heard?;
                host.said = 0;
                client.ended = count == 0;
                host.write.write_all(client.passing(count, way.largest)).await?;
            }
            heard = host.hear(), if !host.ended => {
                let count = heard?;
                if host.said == 0 {
                    clock.sleep(way.delay).await;
                }
                client.said = 0;
                host.ended = count == 0;
                client.write.write_all(host.passing(count, way.largest)).await?;
                // An end arrives after all that was said before it, or not at all.
                if host.ended && !host.lost {
                    client.write.shutdown().await?;
                }
            }
        }
    }
    Ok(())
}
