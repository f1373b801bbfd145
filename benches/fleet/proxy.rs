//! A TCP proxy that adds a round-trip time, so that sequential round trips can be counted from wall time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// An inventory whose ports lead through proxies; they run until the process ends.
pub(crate) struct Proxied {
    /// The rewritten inventory.
    pub(crate) inventory: PathBuf,
}

/// Puts a proxy in front of every port of an inventory that the lab wrote.
pub(crate) fn inventory_behind(
    inventory: &Path,
    folder: &Path,
    round_trip: Duration,
) -> anyhow::Result<Proxied> {
    let mut ports = BTreeMap::new();
    let mut rewritten = String::new();
    for line in crate::text_of(inventory)?.lines() {
        match line.split_once(':') {
            Some((key, value)) if matches!(key.trim(), "ansible_port" | "rdp_port") => {
                let target: u16 = value.trim().parse()?;
                let port = match ports.get(&target) {
                    Some(port) => *port,
                    None => start(target, round_trip)?,
                };
                ports.insert(target, port);
                writeln!(rewritten, "{key}: {port}")?;
            }
            Some(_) | None => writeln!(rewritten, "{line}")?,
        }
    }
    let path = folder.join(format!("proxied-{}.yml", round_trip.as_millis()));
    std::fs::write(&path, rewritten)?;
    Ok(Proxied { inventory: path })
}

fn start(target: u16, round_trip: Duration) -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || serve(client, target, round_trip));
        }
    });
    Ok(port)
}

/// The kernel answers the client's SYN at once, so the connection's own round trip is waited for here.
fn serve(client: TcpStream, target: u16, round_trip: Duration) {
    let accepted = Instant::now();
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else {
        return;
    };
    let _set = client.set_nodelay(true);
    let _set = server.set_nodelay(true);
    let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let half = round_trip / 2;
    thread::spawn(move || carry(server_too, client_too, half, accepted));
    carry(client, server, half, accepted + round_trip);
}

/// Carries bytes one way; each piece leaves a delay after it came, and none before the connection stands.
fn carry(mut from: TcpStream, to: TcpStream, delay: Duration, not_before: Instant) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || deliver(&pieces, to));
    let mut buffer = vec![0; 65536];
    while let Ok(count) = from.read(&mut buffer) {
        let piece = buffer.get(..count).unwrap_or_default().to_vec();
        let due = Instant::now().max(not_before) + delay;
        if count == 0 || sender.send((due, piece)).is_err() {
            return;
        }
    }
}

fn deliver(pieces: &mpsc::Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    while let Ok((due, piece)) = pieces.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    let _shut = to.shutdown(Shutdown::Write);
}
