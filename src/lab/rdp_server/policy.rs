//! What a Windows host answers to a request, given its settings ([MS-RDPBCGR] 2.2.1.2, 5.4.1). Pure; what no source
//! settles is a named assumption.

use crate::lab::listener::Negotiation;
use crate::rdp::nego::Answer;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;
use crate::rdp::nego::ResponseFlags;

/// `SecurityLayer` of classic RDP security.
const RDP_ONLY: u32 = 0;
/// `SecurityLayer` of whatever both can do.
const NEGOTIATE: u32 = 1;

/// The answer to a client that asks for these protocols; `None` is a client that sends no negotiation request.
///
/// Assumption: a demand for network level authentication (failure 5) is told before a missing certificate (failure 3),
/// when a client meets both.
///
/// Assumption: a host that is not set up for RDSTLS or for sign-in by Entra ID treats clients that ask for these alone
/// as if they asked for nothing.
pub(super) fn decide(negotiation: &Negotiation, wanted: Option<Protocols>) -> Answer {
    if !negotiation.negotiates {
        return unasked();
    }
    let asked = wanted.unwrap_or(Protocols::RDP);
    let credssp = asked.intersects(Protocols::HYBRID | Protocols::HYBRID_EX);
    let secure = credssp || asked.contains(Protocols::SSL);
    if !allows_tls(negotiation) {
        return if secure {
            Answer::Refused(FailureCode::SSL_NOT_ALLOWED)
        } else {
            classic(negotiation, wanted)
        };
    }
    if requires_credssp(negotiation) && !credssp {
        return Answer::Refused(FailureCode::HYBRID_REQUIRED);
    }
    if !secure {
        return if negotiation.security_layer == NEGOTIATE {
            classic(negotiation, wanted)
        } else {
            Answer::Refused(FailureCode::SSL_REQUIRED)
        };
    }
    if negotiation.certificate.is_none() {
        return Answer::Refused(FailureCode::SSL_CERTIFICATE_MISSING);
    }
    selected(negotiation, strongest(asked))
}

/// Assumption: with `fAllowSecProtocolNegotiation` 0 a host answers everybody with a confirm that has no answer in it,
/// which means classic security, whatever `SecurityLayer` and `UserAuthentication` say.
fn unasked() -> Answer {
    Answer::Bare
}

/// Whether a client may begin with TLS at once.
pub(super) fn speaks_tls(negotiation: &Negotiation) -> bool {
    negotiation.negotiates && allows_tls(negotiation) && negotiation.certificate.is_some()
}

fn allows_tls(negotiation: &Negotiation) -> bool {
    negotiation.security_layer != RDP_ONLY
}

/// Assumption: `UserAuthentication` 1 has no effect while `SecurityLayer` is 0, because network level authentication
/// is carried by TLS, which that layer forbids.
fn requires_credssp(negotiation: &Negotiation) -> bool {
    negotiation.nla && allows_tls(negotiation)
}

/// The protocol that a host prefers among those that a client asks for ([MS-RDPBCGR] 2.2.1.2.1).
///
/// Assumption: `HYBRID_EX` is selected by every host whenever a client asks for it.
fn strongest(asked: Protocols) -> Protocols {
    let preference = [Protocols::HYBRID_EX, Protocols::HYBRID];
    preference
        .into_iter()
        .find(|protocol| asked.contains(*protocol))
        .unwrap_or(Protocols::SSL)
}

/// Assumption: a client that sends no negotiation request gets a confirm without an answer in it where classic
/// security is allowed, and a failure like any other client where it is not.
fn classic(negotiation: &Negotiation, wanted: Option<Protocols>) -> Answer {
    match wanted {
        None => Answer::Bare,
        Some(_) => selected(negotiation, Protocols::RDP),
    }
}

fn selected(negotiation: &Negotiation, protocol: Protocols) -> Answer {
    let usual = ResponseFlags::EXTENDED_CLIENT_DATA | ResponseFlags::DYNAMIC_GRAPHICS;
    let flags = if negotiation.restricted_admin {
        usual | ResponseFlags::RESTRICTED_ADMIN | ResponseFlags::REDIRECTED_AUTHENTICATION
    } else {
        usual
    };
    Answer::Selected { flags, protocol }
}
