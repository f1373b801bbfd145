//! An X server without a screen, for foreign programs that insist on one. It ends with the test that started it.
#![cfg(test)]

use std::process::Stdio;

use tokio::io::AsyncBufReadExt as _;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;

use super::peer_program;

/// A running X server.
pub(crate) struct Screen {
    /// What `DISPLAY` has to be.
    pub(crate) display: String,
    _server: Child,
}

impl Screen {
    /// Starts one under a number of its own choice; `None` where there is none to start.
    pub(crate) async fn start() -> Option<Self> {
        let mut server = Command::new(peer_program("Xvfb")?)
            .args(["-displayfd", "1", "-screen", "0", "640x480x24"])
            // FreeRDP's server opens the display twice; one that resets in between refuses the second time.
            .args(["-noreset", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let number = lines.next_line().await.unwrap().unwrap();
        Some(Self {
            display: format!(":{}", number.trim()),
            _server: server,
        })
    }
}
