//! What a Remote Desktop Gateway answers to those who did not sign in (windows-facts 9.4).

use crate::probe::surveyor::Surveyor;
use crate::survey::GatewayView;

/// Asks both transports of the gateway at `name` or `name:port`, 443 unless said otherwise.
pub(super) async fn look(surveyor: &Surveyor, gateway: &str) -> Option<GatewayView> {
    let _nothing_yet = (surveyor, gateway);
    None
}
