//! What a client's visit to the Remote Desktop port leaves in the logs of its host, beside what the machine itself
//! writes: a look from outside must not change a machine.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::lab::live::LiveHost;
use crate::lab::machine::Machine;
use crate::lab::machine::log::Event;
use crate::lab::machine::log::remote_desktop;
use crate::lab::machine::log::remote_desktop::ListenerEvent;
use crate::lab::machine::log::security;
use crate::lab::machine::log::security::Refusal;
use crate::lab::machine::log::security::Visitor;
use crate::lab::machine::log::system;
use crate::lab::rdp_server::witness::Sight;
use crate::lab::rdp_server::witness::TlsFailure;
use crate::lab::rdp_server::witness::Witness;
use crate::rdp::nego::FailureCode;

/// SEC_E_NO_CREDENTIALS
const NO_CREDENTIALS: u32 = 0x8009_030E;
/// SEC_E_ALGORITHM_MISMATCH
const ALGORITHM_MISMATCH: u32 = 0x8009_0331;
/// SEC_E_ILLEGAL_MESSAGE
const ILLEGAL_MESSAGE: u32 = 0x8009_0326;
/// SEC_E_INTERNAL_ERROR
const INTERNAL_ERROR: u32 = 0x8009_0304;
/// `handshake_failure` (RFC 8446 6.2)
const HANDSHAKE_FAILURE: u8 = 40;
/// What Schannel adds to it when nothing is in common.
const NO_COMMON_SUITE: u32 = 1205;

/// A client's visit.
pub(super) struct Visit {
    host: Arc<LiveHost>,
    from: SocketAddr,
}

impl Visit {
    /// A client has come; nothing is known of it but its address.
    pub(super) fn begin(host: Arc<LiveHost>, from: SocketAddr) -> Self {
        host.note_visit(remote_desktop::listener(ListenerEvent::Connection));
        host.note_visit(remote_desktop::accepted(from));
        Self { host, from }
    }

    fn visitor(&self, user: String, domain: String) -> Visitor {
        Visitor {
            user,
            domain,
            from: self.from.ip(),
            logon_type: security::OVER_NETWORK,
        }
    }
}

impl Witness for Visit {
    fn saw(&self, sight: Sight) {
        let from = self.from.ip();
        let events = match sight {
            Sight::Refused(code) if code == FailureCode::SSL_CERTIFICATE_MISSING => {
                no_certificate(&self.host, from)
            }
            Sight::Refused(_) => Vec::new(),
            Sight::NoCertificate => no_certificate(&self.host, from),
            Sight::TlsFailed(failure) => tls_failed(failure, from),
            Sight::Secured => vec![remote_desktop::established()],
            Sight::SignInRefused {
                user,
                domain,
                status,
                sub_status,
            } => {
                let refusal = Refusal { status, sub_status };
                security::failed_logon(&self.visitor(user, domain), refusal)
            }
            Sight::SignedIn { user, domain } => {
                let visitor = self.visitor(user, domain);
                vec![
                    remote_desktop::authenticated(&visitor.user, &visitor.domain, from),
                    security::signed_in(&visitor),
                ]
            }
        };
        for event in events {
            self.host.note_visit(event);
        }
    }
}

/// Assumption: a client whom no certificate can be shown leaves 36870 of Schannel when its key cannot be read and 36886
/// when there is none, and 139 of the protocol in both cases.
fn no_certificate(host: &LiveHost, from: IpAddr) -> Vec<Event> {
    let schannel = if host.look(Machine::has_unreadable_key) {
        system::key_unreadable()
    } else {
        system::no_credential()
    };
    vec![
        schannel,
        remote_desktop::security_layer_failed(from, NO_CREDENTIALS),
    ]
}

/// Assumption: every TLS handshake that fails leaves 56 of TermDD and 139 of the protocol; one without anything in
/// common also 36874 and 36888 of Schannel, one that the client breaks off by an alert 36887. A client that only goes
/// away leaves nothing.
fn tls_failed(failure: TlsFailure, from: IpAddr) -> Vec<Event> {
    let (mut events, status) = match failure {
        TlsFailure::Gone => return Vec::new(),
        TlsFailure::NothingInCommon => (
            vec![
                system::nothing_in_common("TLS 1.2"),
                system::alert_sent(HANDSHAKE_FAILURE, NO_COMMON_SUITE),
            ],
            ALGORITHM_MISMATCH,
        ),
        TlsFailure::AlertReceived(alert) => (vec![system::alert_received(alert)], ILLEGAL_MESSAGE),
        TlsFailure::Broken => (Vec::new(), INTERNAL_ERROR),
    };
    events.push(remote_desktop::stream_error(from));
    events.push(remote_desktop::security_layer_failed(from, status));
    events
}
