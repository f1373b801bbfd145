//! `rdpfix lab`: simulated hosts to try a playbook on.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::lab::Lab;
use crate::lab::LabOptions;
use crate::lab::RecordedRequest;
use crate::lab::Recorder;
use crate::lab::scenario;

/// What `lab up` was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabUp {
    /// Name of the scenario.
    pub scenario: String,
    /// How many hosts; `None` leaves it to the scenario.
    pub hosts: Option<usize>,
    /// Where they listen.
    pub listen: ListenAt,
    /// Where the inventory goes; it holds a password.
    pub write_inventory: Option<PathBuf>,
    /// After this time it ends by itself.
    pub time: Option<Duration>,
    /// Where a JSON line for each request goes.
    pub record: Option<PathBuf>,
}

/// Where the hosts of a lab listen: `127.0.0.1` or `127.0.0.1:20000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAt {
    /// A loopback address.
    pub address: IpAddr,
    /// The first of consecutive ports, two for each host; `None` takes any free ones.
    pub first_port: Option<u16>,
}

impl Default for ListenAt {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: None,
        }
    }
}

/// An argument that says no place to listen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// Neither an address nor an address with a port.
    #[error("`{text}` is no IP address, with or without a port (`127.0.0.1` or `127.0.0.1:20000`)")]
    NotAnAddress {
        /// What was typed.
        text: String,
    },
    /// Others could reach the hosts, whose state is an invitation.
    #[error("a lab listens on loopback addresses only, and {address} is none")]
    NotLoopback {
        /// What was typed.
        address: IpAddr,
    },
}

impl FromStr for ListenAt {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let parsed = match (text.parse::<IpAddr>(), text.parse::<SocketAddr>()) {
            (Ok(address), _) => Self {
                address,
                first_port: None,
            },
            (Err(_), Ok(place)) => Self {
                address: place.ip(),
                first_port: Some(place.port()).filter(|port| *port != 0),
            },
            (Err(_), Err(_)) => {
                return Err(ListenError::NotAnAddress {
                    text: text.to_owned(),
                });
            }
        };
        if parsed.address.is_loopback() {
            Ok(parsed)
        } else {
            Err(ListenError::NotLoopback {
                address: parsed.address,
            })
        }
    }
}

/// Writes down each request as a JSON line: which operation on which class of which host.
struct Lines {
    file: Mutex<File>,
}

#[derive(Serialize)]
struct Line<'a> {
    host: &'a str,
    #[serde(flatten)]
    request: &'a RecordedRequest,
}

impl Recorder for Lines {
    fn record(&self, host: &str, request: &RecordedRequest) {
        let Ok(mut line) = serde_json::to_string(&Line { host, request }) else {
            return;
        };
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not change how the hosts behave.
        let _lost = file.write_all(line.as_bytes());
    }
}

/// Brings simulated hosts up, says `ready`, and keeps them up until it is interrupted or the time is over.
pub async fn up(options: LabUp, output: &mut (dyn Write + Send)) -> anyhow::Result<()> {
    // Whoever interrupts while the hosts come up is heard too.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let scenario = scenario::named(&options.scenario, options.hosts)?;
    let recorder: Option<Arc<dyn Recorder>> = match &options.record {
        Some(path) => Some(Arc::new(lines(path)?)),
        None => None,
    };
    let lab = Lab::start(
        &scenario,
        LabOptions {
            listen: options.listen.address,
            first_port: options.listen.first_port,
            time_limit: options.time,
            recorder,
            ..LabOptions::default()
        },
    )
    .await
    .context("the lab cannot start")?;
    if let Some(path) = &options.write_inventory {
        write_whole(path, &lab.inventory_yaml())
            .with_context(|| format!("cannot write the inventory to `{}`", path.display()))?;
    }
    announce(&lab, &scenario, output)?;
    tokio::select! {
        () = lab.finished() => {}
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    lab.stop().await;
    Ok(())
}

fn announce(
    lab: &Lab,
    scenario: &scenario::Scenario,
    output: &mut (dyn Write + Send),
) -> io::Result<()> {
    const SHOWN: usize = 20;
    let count = lab.places().count();
    writeln!(output, "{}: {}", scenario.name, scenario.about)?;
    for (name, place) in lab.places().take(SHOWN) {
        writeln!(output, "  {name}  winrm {}  rdp {}", place.winrm, place.rdp)?;
    }
    if count > SHOWN {
        writeln!(output, "  and {} more", count - SHOWN)?;
    }
    writeln!(output, "ready")?;
    output.flush()
}

/// Lists the scenarios, one a line: its name, then what it is.
pub fn list(output: &mut dyn Write) -> io::Result<()> {
    let width = scenario::all().map(|(name, _)| name.len()).max();
    for (name, about) in scenario::all() {
        writeln!(output, "{name:width$}  {about}", width = width.unwrap_or(0))?;
    }
    output.flush()
}

fn lines(path: &Path) -> anyhow::Result<Lines> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot record to `{}`", path.display()))?;
    Ok(Lines {
        file: Mutex::new(file),
    })
}

/// Writes a file that its owner alone may read; a reader sees the old one, or the new one, never a part.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.unfinished", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // It may not even exist; the first error is the one to tell.
        let _gone = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::ListenAt;
    use super::list;

    #[test]
    fn a_place_to_listen_is_a_loopback_address_with_or_without_a_port() {
        for (text, expected) in [
            ("127.0.0.1", Ok(None)),
            ("127.3.2.1:20000", Ok(Some(20_000))),
            ("[::1]:0", Ok(None)),
            (
                "0.0.0.0",
                Err("a lab listens on loopback addresses only, and 0.0.0.0 is none"),
            ),
            (
                "10.0.0.1:5985",
                Err("a lab listens on loopback addresses only, and 10.0.0.1 is none"),
            ),
            (
                "localhost",
                Err(
                    "`localhost` is no IP address, with or without a port (`127.0.0.1` or `127.0.0.1:20000`)",
                ),
            ),
        ] {
            let parsed = text.parse::<ListenAt>();
            let shown = parsed
                .map(|place| place.first_port)
                .map_err(|error| error.to_string());
            assert_eq!(shown, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn the_list_has_a_line_for_each_scenario_with_its_name_first() {
        let mut text = Vec::new();
        list(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().count() > 10, "{text}");
        assert!(text.starts_with("fleet "), "{text}");
        for line in text.lines() {
            let (name, about) = line.split_once(' ').unwrap();
            assert!(!name.is_empty() && !about.trim().is_empty(), "{line}");
        }
    }
}
