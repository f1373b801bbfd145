//! Faults that are met on the way to the Remote Desktop port or in its handshake.

use std::time::Duration;

use jiff::Timestamp;

use super::Kind;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::MakingError;
use crate::lab::machine::schannel;
use crate::lab::machine::terminal_services;
use crate::lab::mishap::Loss;
use crate::lab::mishap::RdpMishap;
use crate::tls::ProtocolVersion;

/// Each answer of a slow way comes so much later.
const LATE: Duration = Duration::from_millis(40);
/// Of so many connections a bad way loses one.
const LOSES_ONE_OF: u32 = 7;
/// What a narrow way lets through at once: a hello, but not the certificate that answers it.
const NARROW: usize = 700;

/// Brings the fault of this kind about, as far as it is one of the machine.
#[expect(
    clippy::unnecessary_wraps,
    reason = "faults of the other groups make certificates, and all are called alike"
)]
pub(super) fn spoil(kind: Kind, machine: &mut Machine, _now: Timestamp) -> Result<(), MakingError> {
    match kind {
        Kind::ListenerBroken => break_listener(machine),
        // As a hardening that went wrong leaves a host.
        Kind::TlsMismatch => {
            schannel::leave_on(&mut machine.registry, &[ProtocolVersion::TLS_1_0]);
        }
        _ => {}
    }
    Ok(())
}

/// What goes wrong on the way to the Remote Desktop port of this kind.
pub(super) fn mishaps(kind: Kind) -> Vec<RdpMishap> {
    match kind {
        Kind::TcpBlocked => vec![RdpMishap::Dropped],
        Kind::DnsName => vec![RdpMishap::OtherMachine],
        Kind::PathQuality => vec![
            RdpMishap::Late(LATE),
            RdpMishap::Lossy {
                every: LOSES_ONE_OF,
                loss: Loss::Reset,
            },
        ],
        Kind::PathMtu => vec![RdpMishap::Narrow { largest: NARROW }],
        _ => Vec::new(),
    }
}

/// The store of the certificate has lost its name, so that TermService finds none: it accepts clients and hangs up.
fn break_listener(machine: &mut Machine) {
    machine
        .registry
        .remove_value(&terminal_services::stations(), "SelfSignedCertStore");
}
