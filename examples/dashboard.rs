//! Serves the dashboard of a made-up fleet, to see how it looks: `cargo run --example dashboard -- HOSTS CONTROLS RUNS`.
//!
//! Prints the address and goes on until it is ended. Nothing is kept.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example may fail and print"
)]

#[path = "../tests/it/dashboard/fleet.rs"]
mod fleet;
#[path = "../tests/it/dashboard/jobs.rs"]
mod jobs;

use std::sync::Arc;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::dashboard;
use rdpfix::dashboard::Access;
use rdpfix::dashboard::App;
use rdpfix::dashboard::Archive;
use rdpfix::secret::Secret;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()?;
    let number = |at: usize, usual| numbers.get(at).copied().unwrap_or(usual);
    let size = fleet::Size {
        hosts: number(0, 200),
        controls: number(1, 12),
        runs: number(2, 30),
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("history.db");
    let now = SystemClock.now();
    fleet::record(&file, size, now);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let token = Secret::new("a-token-for-this-example");
    let access = Access::new(address, &[], Some(&token))?;
    let jobs = Arc::new(jobs::MadeUp::new(now));
    let shown: Arc<jobs::MadeUp> = Arc::clone(&jobs);
    let app = App::new(Archive::new(&file), shown, access, Arc::new(SystemClock));
    println!("http://{address}/ (token: {})", token.reveal());
    let ending = async {
        let _ended = tokio::signal::ctrl_c().await;
    };
    dashboard::serve(listener, app, ending).await;
    println!("asked for: {:?}", jobs.asked());
    Ok(())
}
