//! Faults that only the host itself can tell of.

use jiff::Timestamp;

use super::Kind;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;

/// Brings the fault of this kind about.
pub(super) fn spoil(kind: Kind, machine: &mut Machine, now: Timestamp) -> Result<(), MakingError> {
    let _nothing_yet = (kind, machine, now);
    Ok(())
}
