//! How hosts are signed in to, the same for every verb that does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::passwords::Sources;
use crate::session::WinRmOptions;

/// Options for operations that may take so long, with these root certificates by their paths; passwords that are elsewhere
/// are asked for.
pub fn options(timeout: Duration, trust_files: BTreeMap<String, Vec<u8>>) -> WinRmOptions {
    // The host is given two thirds of it, so that its own word of what takes long still arrives.
    let grace = timeout / 3;
    WinRmOptions {
        operation_timeout: timeout.saturating_sub(grace),
        grace,
        connect_timeout: timeout.min(Duration::from_secs(10)),
        trust_files,
        passwords: Some(Arc::new(Sources::new())),
        ..WinRmOptions::default()
    }
}
