//! Opening a connection to a Remote Desktop port and negotiating on it: the beginning of every question from outside.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::rdp::handshake;
use crate::rdp::handshake::HandshakeError;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Answer;
use crate::rdp::nego::Protocols;
use crate::rdp::nego::Request;
use crate::rdp::nego::ResponseFlags;
use crate::survey::Reply;
use crate::survey::Tcp;

/// The name in the cookie, so that whoever reads a balancer's log knows who called.
pub(super) const USER: &str = "rdpfix";

/// How long to wait for other visits to close something when this machine can open no more.
const EXHAUSTED: Duration = Duration::from_millis(50);
/// `EMFILE` and `ENFILE`: too many open files, here or in the whole system. The standard library has no name for them.
const TOO_MANY_FILES: [i32; 2] = [24, 23];

/// Opens a TCP connection, waiting no longer than this.
pub(super) async fn open(
    clock: &dyn Clock,
    address: SocketAddr,
    longest: Duration,
) -> Result<TcpStream, Tcp> {
    let patient = async {
        loop {
            match TcpStream::connect(address).await {
                Err(error) if is_exhausted(&error) => clock.sleep(EXHAUSTED).await,
                tried => return tried,
            }
        }
    };
    tokio::select! {
        biased;
        tried = patient => tried.map_err(|error| outcome(&error)),
        () = clock.sleep(longest) => Err(Tcp::Timeout),
    }
}

/// Whether the error tells of this machine instead of the way to the host.
fn is_exhausted(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|code| cfg!(unix) && TOO_MANY_FILES.contains(&code))
}

/// What an error of connecting says about the way.
fn outcome(error: &io::Error) -> Tcp {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Tcp::Refused,
        io::ErrorKind::TimedOut => Tcp::Timeout,
        _ => Tcp::Unreachable,
    }
}

/// Asks for protocols and waits no longer than this for the answer.
pub(super) async fn negotiate(
    clock: &dyn Clock,
    stream: &mut TcpStream,
    wanted: Protocols,
    longest: Duration,
) -> Reply {
    let mut received = 0;
    let reply = tokio::select! {
        biased;
        reply = ask(stream, wanted, &mut received) => Some(reply),
        () = clock.sleep(longest) => None,
    };
    match reply {
        Some(reply) => reply,
        None if received == 0 => Reply::Silent,
        None => Reply::NotRdp(format!("the answer stopped after {received} bytes")),
    }
}

async fn ask(stream: &mut TcpStream, wanted: Protocols, received: &mut usize) -> Reply {
    let (request, mut waiting) = match handshake::ask(&Request::for_protocols(wanted, USER)) {
        Ok(asked) => asked,
        Err(error) => return Reply::NotRdp(error.to_string()),
    };
    if stream.write_all(&request).await.is_err() {
        return Reply::Closed;
    }
    let mut chunk = [0; 512];
    loop {
        // What a host sends out of turn would be in the way of TLS, and it is there that it is judged: whether it comes
        // in one piece with the answer is chance.
        let lacking = waiting.missing().min(chunk.len());
        let room = chunk.get_mut(..lacking).unwrap_or_default();
        let count = match stream.read(room).await {
            Ok(0) | Err(_) => return Reply::Closed,
            Ok(count) => count,
        };
        *received += count;
        match waiting.handle(chunk.get(..count).unwrap_or_default()) {
            Ok(Step::More(more)) => waiting = more,
            Ok(Step::Done(answered)) => return reply(answered.answer),
            // Who selects what was not asked for breaks a rule, but what it speaks is known now.
            Err(HandshakeError::NotAsked { selected, .. }) => {
                return Reply::Selected {
                    protocol: selected,
                    flags: ResponseFlags::default(),
                };
            }
            Err(error) => return Reply::NotRdp(error.to_string()),
        }
    }
}

fn reply(answer: Answer) -> Reply {
    match answer {
        Answer::Bare => Reply::Bare,
        Answer::Selected { flags, protocol } => Reply::Selected { protocol, flags },
        Answer::Refused(code) => Reply::Refused(code),
    }
}
