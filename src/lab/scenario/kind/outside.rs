//! Faults that are met on the way to the Remote Desktop port or in its handshake.

use jiff::Timestamp;

use super::Kind;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;

/// Brings the fault of this kind about.
pub(super) fn spoil(kind: Kind, machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    let _nothing_yet = (kind, machine, now);
    Ok(())
}
