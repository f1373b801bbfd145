//! Tells others how runs went: HTTP POSTs to the webhooks of a job.
//!
//! Knows webhooks, messages and HTTP; must not know how a run is made or where files are. A message is put into the outbox
//! before it is sent for the first time and taken out when it has arrived, so that neither a receiver that is down nor an
//! end of the program loses it; it may arrive twice, with the same `Idempotency-Key`.
//!
//! The name in an address is resolved for each try, and where it leads is not pinned: whoever controls that name decides
//! where messages and tokens go. TLS is what keeps them from strangers.

pub mod body;
pub mod courier;
pub mod letter;
pub mod occasion;
pub mod patience;
mod post;
pub mod route;
pub mod supervisor;

pub use crate::notify::courier::Courier;
pub use crate::notify::courier::Fate;
pub use crate::notify::courier::Office;
pub use crate::notify::courier::Outbox;
pub use crate::notify::route::Proxies;
