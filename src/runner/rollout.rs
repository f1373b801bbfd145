//! How a run goes over its hosts: waves, budgets, shares and deadlines.
//!
//! Pure: knows numbers of hosts and names; must not know sessions, tasks or what failed.

mod budget;
mod deadline;
mod shard;
mod stage;
mod waves;

use std::time::Duration;

pub use crate::runner::rollout::deadline::BadTime;
pub use crate::runner::rollout::deadline::time_span;
pub use crate::runner::rollout::shard::BadShard;
pub use crate::runner::rollout::shard::Shard;
pub use crate::runner::rollout::waves::BadBatch;
pub use crate::runner::rollout::waves::batch;
pub use crate::runner::rollout::waves::sizes;

pub(super) use crate::runner::rollout::budget::Canary;
pub(super) use crate::runner::rollout::budget::Tally;
pub(super) use crate::runner::rollout::budget::exceeds;
pub(super) use crate::runner::rollout::stage::Entry;
pub(super) use crate::runner::rollout::stage::Stage;
pub(super) use crate::runner::rollout::stage::stages;

/// Bounds of a run as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// `--fail-percent`: when more than so many percent of all hosts failed or could not be reached, no more are begun.
    pub fail_percent: Option<f64>,
    /// `--deadline`: so long after its begin the run begins no more hosts, and those under way end.
    pub deadline: Option<Duration>,
}
