//! The many short connections of a visit: addresses one after another, protocols side by side, and other ports when
//! nothing else answers. A bounded number is open at once, because some hosts slow down those who open many.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::net::TcpStream;

use crate::probe::course::Course;
use crate::probe::dial;
use crate::proof::Stage;
use crate::rdp::nego::Protocols;
use crate::survey::ASKED;
use crate::survey::Reply;
use crate::survey::Tcp;
use crate::survey::TcpTry;

/// Questions on the way to a host at once, while one more connection may be in TLS.
const AT_ONCE: usize = 3;
/// Ports that tell whether a Windows host, or any host, is there: WinRM, file sharing, RPC, SSH, Remote Desktop.
const SIGNS_OF_LIFE: [u16; 6] = [5985, 5986, 445, 135, 22, 3389];

/// Tries addresses one after another until one opens, as clients do; gives its position too. Takes at most half of the
/// time that is left.
pub(super) async fn connect(
    course: Course<'_>,
    addresses: &[SocketAddr],
) -> Option<(TcpStream, usize)> {
    let clock = course.surveyor.clock.as_ref();
    let since = clock.instant();
    course.notebook.begin(Stage::Connect);
    let mut budget = course.left() / 2;
    for (at, address) in addresses.iter().enumerate() {
        let waiting = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        let begun = clock.instant();
        let tried = try_address(course, *address, budget / waiting).await;
        let now = clock.instant();
        budget = budget.saturating_sub(now.saturating_duration_since(begun));
        if let Ok(stream) = tried {
            let took = now.saturating_duration_since(since);
            course.notebook.complete(Stage::Connect, took);
            return Some((stream, at));
        }
    }
    None
}

/// Tries the addresses that a client does not come to, since one before them opened.
pub(super) async fn others(course: Course<'_>, addresses: &[SocketAddr]) {
    for address in addresses {
        note(course, untried(*address));
    }
    stream::iter(addresses)
        .for_each_concurrent(AT_ONCE, |address| async {
            // It is closed at once.
            let _opened = try_address(course, *address, course.patience()).await;
        })
        .await;
}

async fn try_address(
    course: Course<'_>,
    address: SocketAddr,
    longest: Duration,
) -> Result<TcpStream, Tcp> {
    let clock = course.surveyor.clock.as_ref();
    note(course, untried(address));
    let since = clock.instant();
    let tried = dial::open(clock, address, longest).await;
    note(
        course,
        TcpTry {
            address,
            outcome: tried.as_ref().err().copied().unwrap_or(Tcp::Open),
            took: clock.instant().saturating_duration_since(since),
        },
    );
    tried
}

fn untried(address: SocketAddr) -> TcpTry {
    TcpTry {
        address,
        outcome: Tcp::Timeout,
        took: Duration::ZERO,
    }
}

fn note(course: Course<'_>, tried: TcpTry) {
    course.notebook.note(|survey| {
        let known = survey
            .tcp
            .iter_mut()
            .find(|known| known.address == tried.address);
        match known {
            Some(known) => *known = tried,
            None => survey.tcp.push(tried),
        }
    });
}

/// Asks for each set of protocols but the one that was asked for already, each on its own connection.
pub(super) async fn questions(
    course: Course<'_>,
    address: SocketAddr,
    already: Protocols,
    longest: Duration,
) {
    let left = ASKED
        .into_iter()
        .map(|(wanted, _)| wanted)
        .filter(|wanted| *wanted != already);
    stream::iter(left)
        .for_each_concurrent(AT_ONCE, |wanted| async move {
            question(course, address, wanted, longest).await;
        })
        .await;
}

async fn question(course: Course<'_>, address: SocketAddr, wanted: Protocols, longest: Duration) {
    let clock = course.surveyor.clock.as_ref();
    let notebook = course.notebook;
    let reply = match dial::open(clock, address, longest).await {
        Ok(mut stream) => {
            notebook.answered(wanted, Reply::Silent);
            dial::negotiate(clock, &mut stream, wanted, longest).await
        }
        Err(outcome) => Reply::NotConnected(outcome),
    };
    notebook.answered(wanted, reply);
}

/// Looks at other ports of an address, all at once.
pub(super) async fn other_ports(course: Course<'_>, address: SocketAddr) {
    let clock = course.surveyor.clock.as_ref();
    let longest = course.left() / 2;
    let ports = SIGNS_OF_LIFE
        .into_iter()
        .filter(|port| *port != address.port());
    course.notebook.note(|survey| {
        survey.other_ports = ports.clone().map(|port| (port, Tcp::Timeout)).collect();
    });
    stream::iter(ports)
        .for_each_concurrent(None, |port| async move {
            let other = SocketAddr::new(address.ip(), port);
            let outcome = dial::open(clock, other, longest).await;
            let outcome = outcome.map_or_else(|outcome| outcome, |_opened| Tcp::Open);
            course.notebook.note(|survey| {
                if let Some(entry) = survey
                    .other_ports
                    .iter_mut()
                    .find(|(known, _)| *known == port)
                {
                    entry.1 = outcome;
                }
            });
        })
        .await;
}
