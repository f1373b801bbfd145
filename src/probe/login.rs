//! Signing in by CredSSP up to acceptance; no desktop session is ever opened ([MS-CSSP] 3.1.5).

use crate::probe::surveyor::Credentials;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::survey::LoginOutcome;

/// Signs in on a connection of its own.
pub(super) async fn sign_in(
    surveyor: &Surveyor,
    place: Place<'_>,
    credentials: &Credentials,
) -> LoginOutcome {
    let _nothing_yet = (surveyor, place, credentials);
    LoginOutcome::Failed("nothing signs in".to_owned())
}
