//! Signing in by CredSSP up to acceptance; no desktop session is ever opened ([MS-CSSP] 3.1.5).
//!
//! The certificate is not verified, and need not be: the password is proved, not sent, and the credentials are handed
//! over only after the host has proved for this very TLS channel that it knows the password too. It is tried once.

use std::time::Duration;

use crate::auth::channel_binding;
use crate::auth::credssp_client::CredSspTarget;
use crate::probe::channel;
use crate::probe::channel::Channel;
use crate::probe::channel::NoChannel;
use crate::probe::login::attempt::Delegated;
use crate::probe::login::attempt::Negotiating;
use crate::probe::login::attempt::Next;
use crate::probe::surveyor::Credentials;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::rdp::handshake::Step;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;
use crate::survey::LoginOutcome;
use crate::survey::Reply;

mod attempt;

/// How long a host that announces no result may take to object to credentials that it has.
const OBJECTION: Duration = Duration::from_secs(1);

/// Signs in on a connection of its own.
pub(super) async fn sign_in(
    surveyor: &Surveyor,
    place: Place<'_>,
    credentials: &Credentials,
) -> LoginOutcome {
    tokio::select! {
        biased;
        outcome = attempt(surveyor, place, credentials) => outcome,
        () = surveyor.clock.sleep(place.longest) => LoginOutcome::Failed(
            "the host did not finish the sign-in in time".to_owned(),
        ),
    }
}

async fn attempt(surveyor: &Surveyor, place: Place<'_>, credentials: &Credentials) -> LoginOutcome {
    let wanted = Protocols::SSL | Protocols::HYBRID | Protocols::HYBRID_EX;
    let mut channel = match channel::open(surveyor, place, wanted).await {
        Ok(channel) => channel,
        Err(reason) => return no_channel(reason),
    };
    let Some(public_key) = channel_binding::public_key(&channel.certificate) else {
        return LoginOutcome::Failed("the host's certificate cannot be read".to_owned());
    };
    let service = format!("TERMSRV/{}", place.name);
    let target = CredSspTarget {
        user: &credentials.user,
        password: &credentials.password,
        service: &service,
        public_key: &public_key,
    };
    let (first, negotiating) = match Negotiating::begin(target, channel.selected) {
        Ok(begun) => begun,
        Err(error) => return LoginOutcome::Failed(error.to_string()),
    };
    let outcome = converse(surveyor, &mut channel, (first, negotiating)).await;
    channel.close().await;
    outcome
}

fn no_channel(reason: NoChannel) -> LoginOutcome {
    let said = match reason {
        NoChannel::Tls(error) => format!("TLS failed: {error}"),
        NoChannel::Negotiation(reply) => match reply {
            Reply::Selected { .. } | Reply::Bare | Reply::Refused(FailureCode::SSL_NOT_ALLOWED) => {
                return LoginOutcome::NotOffered;
            }
            Reply::Refused(code) => format!("the negotiation was refused: {code}"),
            Reply::Closed => "the host closed the connection in the negotiation".to_owned(),
            Reply::Silent => "the host did not answer the negotiation".to_owned(),
            Reply::NotRdp(why) => format!("what answers is not RDP: {why}"),
            Reply::NotConnected(outcome) => format!("no connection: {}", outcome.word()),
        },
    };
    LoginOutcome::Failed(said)
}

/// Carries bytes to and fro until the host has decided.
async fn converse(
    surveyor: &Surveyor,
    channel: &mut Channel,
    (first, mut negotiating): (Vec<u8>, Negotiating),
) -> LoginOutcome {
    if channel.say(&first).await.is_err() {
        return LoginOutcome::Closed;
    }
    loop {
        let heard = channel.hear().await;
        if heard.is_empty() {
            return LoginOutcome::Closed;
        }
        match negotiating.handle(&heard) {
            Next::More(more) => negotiating = more,
            Next::Say(bytes, more) => {
                if channel.say(&bytes).await.is_err() {
                    return LoginOutcome::Closed;
                }
                negotiating = more;
            }
            Next::Delegate(bytes, delegated) => {
                if channel.say(&bytes).await.is_err() {
                    return LoginOutcome::Closed;
                }
                return verdict(surveyor, channel, delegated).await;
            }
            Next::Over(outcome) => return outcome,
        }
    }
}

/// Waits for what the host makes of the credentials.
async fn verdict(
    surveyor: &Surveyor,
    channel: &mut Channel,
    mut delegated: Delegated,
) -> LoginOutcome {
    loop {
        let heard = if delegated.is_told() {
            channel.hear().await
        } else {
            tokio::select! {
                biased;
                heard = channel.hear() => heard,
                () = surveyor.clock.sleep(OBJECTION) => return LoginOutcome::Accepted,
            }
        };
        if heard.is_empty() {
            return LoginOutcome::Closed;
        }
        match delegated.handle(&heard) {
            Step::More(more) => delegated = more,
            Step::Done(outcome) => return outcome,
        }
    }
}
