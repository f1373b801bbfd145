//! Time as an argument: the only place that asks the system what time it is or waits for it to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is where time enters"
)]

use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;

/// What the program may know about time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock, for dates in certificates and reports.
    fn now(&self) -> Timestamp;
    /// A steady clock, for durations.
    fn instant(&self) -> Instant;
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn instant(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
