//! `rdpfix lab`: simulated hosts to try a playbook on.

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

use crate::cli::files;
use crate::cli::files::Readers;
use crate::cli::output::Talk;
use crate::cli::scenario;
use crate::lab::Lab;
use crate::lab::LabOptions;
use crate::lab::RecordedRequest;
use crate::lab::Recorder;
use crate::lab::scenario::Scenario;
use crate::lab::scenario::all;

/// What `lab up` was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabUp {
    /// Name of the scenario, or path of a file that describes one.
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
    /// The first of consecutive ports, two for each host and one for each gateway; `None` takes any free ones.
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
pub async fn up(options: LabUp, talk: &Talk, output: &mut dyn Write) -> anyhow::Result<()> {
    // Whoever interrupts while the hosts come up is heard too.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let scenario = scenario::find(&options.scenario, options.hosts, talk)?;
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
        let inventory = lab.inventory_yaml();
        files::write_whole(path, inventory.as_bytes(), Readers::Writer)?;
    }
    talk.note(&listing(&lab, &scenario));
    // Alone on standard output, so that a program that waits for it need not look through a list.
    writeln!(output, "ready")?;
    output.flush()?;
    tokio::select! {
        () = lab.finished() => {}
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    lab.stop().await;
    Ok(())
}

/// What came up where, for people.
fn listing(lab: &Lab, scenario: &Scenario) -> String {
    const SHOWN: usize = 20;
    let count = lab.places().count();
    let mut lines = vec![format!("{}: {}", scenario.name, scenario.about)];
    for (name, place) in lab.places().take(SHOWN) {
        let gateway = place
            .gateway
            .map_or_else(String::new, |gateway| format!("  gateway {gateway}"));
        lines.push(format!(
            "  {name}  winrm {}  rdp {}{gateway}",
            place.winrm, place.rdp
        ));
    }
    if count > SHOWN {
        lines.push(format!("  and {} more", count - SHOWN));
    }
    lines.join("\n")
}

/// Lists the scenarios, one a line: its name, then what it is.
pub fn list(output: &mut dyn Write) -> io::Result<()> {
    let width = all().map(|(name, _)| name.len()).max();
    for (name, about) in all() {
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::LabUp;
    use super::Lines;
    use super::ListenAt;
    use super::lines;
    use super::list;
    use super::up;
    use crate::cli::output::Talk;
    use crate::diag::render::Colour;
    use crate::lab::Operation;
    use crate::lab::RecordedRequest;
    use crate::lab::Recorder;

    const PLAINLY: Talk = Talk {
        stdout: Colour::Never,
        stderr: Colour::Never,
        kept: None,
    };

    fn briefly() -> LabUp {
        LabUp {
            scenario: "fleet".to_owned(),
            hosts: Some(30),
            listen: ListenAt::default(),
            write_inventory: None,
            time: Some(Duration::from_millis(1)),
            record: None,
        }
    }

    #[tokio::test]
    async fn it_says_ready_when_the_inventory_is_written_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join("lab.yml");
        let options = LabUp {
            write_inventory: Some(inventory.clone()),
            ..briefly()
        };
        let mut output = Vec::new();
        up(options, &PLAINLY, &mut output).await.unwrap();
        let output = String::from_utf8(output).unwrap();
        assert_eq!(output, "ready\n");
        let file = std::fs::metadata(&inventory).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        assert!(file.len() > 1000);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[tokio::test]
    async fn an_inventory_that_cannot_be_written_ends_the_lab_before_it_is_ready() {
        let options = LabUp {
            write_inventory: Some("/no/such/folder/lab.yml".into()),
            time: None,
            ..briefly()
        };
        let mut output = Vec::new();
        let error = up(options, &PLAINLY, &mut output).await.unwrap_err();
        assert!(error.to_string().contains("/no/such/folder"), "{error}");
        assert_eq!(output, b"");
    }

    #[tokio::test]
    async fn an_unknown_scenario_is_answered_with_the_nearest() {
        let options = LabUp {
            scenario: "flet".to_owned(),
            ..briefly()
        };
        let error = up(options, &PLAINLY, &mut Vec::new()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no scenario is named `flet`; did you mean `fleet`?"
        );
    }

    #[test]
    fn each_request_is_a_line_of_json() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let recorder: Lines = lines(file.path()).unwrap();
        let request = RecordedRequest {
            operation: Operation::Get,
            class: "Win32_Service".to_owned(),
            method: None,
            write: false,
        };
        recorder.record("host-1", &request);
        recorder.record("host-2", &request);
        let text = std::io::read_to_string(file).unwrap();
        let line = r#"{"host":"host-1","operation":"get","class":"Win32_Service","write":false}"#;
        assert_eq!(text.lines().count(), 2);
        assert_eq!(text.lines().next(), Some(line));
    }

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
