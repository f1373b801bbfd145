//! FreeRDP, which none of us wrote: its client, which signs in without opening a desktop, and its server, which shares
//! an empty screen. Both end with the test that started them.
#![cfg(test)]

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use rdpfix::secret::Secret;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::process::Command;

use super::free_address;
use super::peer_program;
use super::screen::Screen;

/// The account that the server knows.
pub(crate) const USER: &str = "labadmin";
/// Its password.
pub(crate) const PASSWORD: &str = "Passw0rd!";
/// How long a foreign program may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The client's exit codes: what it makes of a refusal ([FreeRDP 2] client/X11/xfreerdp.h).
pub(crate) const CONNECTION_LOST: i32 = 147;
/// The account or its password is wrong.
pub(crate) const LOGON_FAILURE: i32 = 134;
/// The account is locked.
pub(crate) const ACCOUNT_LOCKED: i32 = 135;

/// FreeRDP's client with a screen to start on.
pub(crate) struct FreeRdp {
    screen: Screen,
    home: TempDir,
}

impl FreeRdp {
    /// One that can be run; `None` where there is none.
    pub(crate) async fn at_hand() -> Option<Self> {
        peer_program("xfreerdp")?;
        Some(Self {
            screen: Screen::start().await?,
            home: TempDir::new().unwrap(),
        })
    }

    /// Signs in by network level authentication, without opening a desktop; the exit code and the log.
    pub(crate) async fn sign_in(&self, address: SocketAddr, password: &Secret) -> (i32, String) {
        self.connect(address, password, &["/sec:nla"]).await
    }

    /// The same with these options about security; without any it takes what the host offers.
    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
        password: &Secret,
        security: &[&str],
    ) -> (i32, String) {
        let program = peer_program("xfreerdp").unwrap();
        let running = Command::new(program)
            .arg(format!("/v:{address}"))
            .arg(format!("/u:{USER}"))
            .arg(format!("/p:{}", password.reveal()))
            .args(["/cert:ignore", "+auth-only", "/log-level:DEBUG"])
            .args(security)
            .env("DISPLAY", &self.screen.display)
            .env("HOME", self.home.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let ended = tokio::time::timeout(PATIENCE, running).await;
        let Output {
            status,
            stdout,
            stderr,
        } = ended.unwrap().unwrap();
        let log = [stdout, stderr].concat();
        let log = String::from_utf8_lossy(&log).into_owned();
        (status.code().unwrap(), log)
    }
}

/// The client has checked the host's proof and handed its credentials over.
pub(crate) fn went_on_to_a_desktop(log: &str) -> bool {
    log.contains("CONNECTION_STATE_NLA --> CONNECTION_STATE_MCS_CONNECT")
}

/// FreeRDP's server, which knows one account.
pub(crate) struct Shadow {
    server: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

/// What makes the server demand network level authentication.
pub(crate) const NLA_ONLY: &[&str] = &["/sec:nla", "+auth"];
/// What makes it do TLS only, and let everybody in.
pub(crate) const TLS_ONLY: &[&str] = &["/sec:tls", "-auth"];

impl Shadow {
    /// One that shares this screen, with these options about security and this certificate and key (PEM); `None` where
    /// there is none.
    pub(crate) async fn start(
        screen: &Screen,
        security: &[&str],
        certificate: &str,
        key: &str,
    ) -> Option<Self> {
        let program = peer_program("freerdp-shadow-cli")?;
        let folder = TempDir::new().unwrap();
        let accounts = folder.path().join("sam");
        put(&accounts, &accounts_file().await?);
        let config = folder.path().join("freerdp/shadow");
        put(&config.join("shadow.crt"), certificate);
        put(&config.join("shadow.key"), key);
        let address = free_address();
        let mut file = OsString::from("/sam-file:");
        file.push(&accounts);
        let server = Command::new(program)
            .arg(format!("/port:{}", address.port()))
            .arg("/bind-address:127.0.0.1")
            .args(security)
            .arg(file)
            .env("DISPLAY", &screen.display)
            .env("HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut shadow = Self {
            server,
            address,
            _folder: folder,
        };
        shadow.listening().await;
        Some(shadow)
    }

    async fn listening(&mut self) {
        let mut tries = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..1000 {
            tries.tick().await;
            if TcpStream::connect(self.address).await.is_ok() {
                return;
            }
            let ended = self.server.try_wait().unwrap();
            assert_eq!(ended, None, "FreeRDP's server ended");
        }
        panic!("FreeRDP's server does not listen");
    }
}

/// The server's file of accounts; `None` where nothing makes one.
async fn accounts_file() -> Option<String> {
    let hash = peer_program("winpr-hash")?;
    let hashed = Command::new(hash)
        .args(["-u", USER, "-p", PASSWORD, "-f", "sam"])
        .output()
        .await
        .unwrap();
    Some(String::from_utf8(hashed.stdout).unwrap())
}

fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
