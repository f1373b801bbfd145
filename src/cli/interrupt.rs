//! Ctrl-C and SIGTERM: the first asks the run to end after the calls under way, the second ends the program.

use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::cli::exit::ExitStatus;

/// Listens for signals from now on.
pub struct Interrupt {
    flag: watch::Sender<bool>,
    status: watch::Sender<Option<ExitStatus>>,
}

impl Interrupt {
    /// Starts listening; must be called inside the runtime.
    pub fn listen() -> std::sync::Arc<Self> {
        let interrupt = std::sync::Arc::new(Self {
            flag: watch::Sender::new(false),
            status: watch::Sender::new(None),
        });
        tokio::spawn(wait(std::sync::Arc::clone(&interrupt)));
        interrupt
    }

    /// Becomes true at the first signal.
    pub fn flag(&self) -> watch::Receiver<bool> {
        self.flag.subscribe()
    }

    /// The status to exit with when a signal came.
    pub fn status(&self) -> Option<ExitStatus> {
        *self.status.borrow()
    }

    /// Waits for the second signal.
    pub async fn insisted(&self) {
        let mut status = self.status.subscribe();
        while status.borrow_and_update().is_none() {
            if status.changed().await.is_err() {
                return;
            }
        }
        let _again = next_signal().await;
    }
}

/// Hears of each hangup (SIGHUP), which asks a service to read its files again; must be called inside the runtime.
pub fn hangups() -> mpsc::Receiver<()> {
    let (sender, hangups) = mpsc::channel(1);
    #[cfg(unix)]
    if let Ok(mut signals) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
    {
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                // One that waits already is enough.
                let _waits = sender.try_send(());
            }
        });
    }
    #[cfg(not(unix))]
    drop(sender);
    hangups
}

async fn wait(interrupt: std::sync::Arc<Interrupt>) {
    let status = next_signal().await;
    interrupt.flag.send_replace(true);
    interrupt.status.send_replace(Some(status));
}

#[cfg(unix)]
async fn next_signal() -> ExitStatus {
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _waited = tokio::signal::ctrl_c().await;
        return ExitStatus::Interrupted;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => ExitStatus::Interrupted,
        _ = terminate.recv() => ExitStatus::Terminated,
    }
}

#[cfg(not(unix))]
async fn next_signal() -> ExitStatus {
    let _waited = tokio::signal::ctrl_c().await;
    ExitStatus::Interrupted
}
