//! What a host tells about itself at the start of CredSSP to anybody who asks: names, build, clock. Nobody signs in.

use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::survey::NtlmView;

/// Connects, asks for NLA, shakes hands, sends NTLM's first message, and reads the challenge; `None` when it does not
/// come to that.
pub(super) async fn look(surveyor: &Surveyor, place: Place<'_>) -> Option<NtlmView> {
    let _nothing_yet = (surveyor, place);
    None
}
