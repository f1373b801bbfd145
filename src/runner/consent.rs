//! Asking before each task: the seam to whoever answers.

use std::fmt::Debug;

use async_trait::async_trait;

/// Says whether a task may be done.
#[async_trait]
pub trait Consent: Debug + Send + Sync {
    /// Whether a task may be done on a host; asked once before each.
    async fn given(&self, host: &str, task: &str) -> bool;
}
