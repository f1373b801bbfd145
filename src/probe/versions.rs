//! Which TLS versions a host speaks, old ones among them, and whether packets of all sizes get through: raw handshakes
//! that are read as far as they are in plain text, then dropped.

use crate::certificate::Certificate;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::rdp::nego::Protocols;
use crate::survey::Sizes;
use crate::survey::TlsVersion;
use crate::survey::VersionReply;

/// What one version came to, with the certificate where it is shown in plain text (TLS 1.2 and before).
#[derive(Debug, Clone)]
pub(super) struct Version {
    /// The version that was asked for, alone.
    pub(super) version: TlsVersion,
    /// What became of it.
    pub(super) reply: VersionReply,
    /// The chain that was shown, leaf first.
    pub(super) chain: Vec<Certificate>,
}

/// Asks for each version by itself, SSL 3.0 to TLS 1.3, each on its own connection after negotiating `protocol`.
pub(super) async fn look(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
) -> Vec<Version> {
    let _nothing_yet = (surveyor, place, protocol);
    Vec::new()
}

/// A handshake with a small and one with a large ClientHello.
pub(super) async fn sizes(
    surveyor: &Surveyor,
    place: Place<'_>,
    protocol: Protocols,
) -> Option<Sizes> {
    let _nothing_yet = (surveyor, place, protocol);
    None
}
