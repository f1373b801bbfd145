//! What it means that a visit ended as it did: pure judgements, each with the catalogue's identifier. Knows the
//! catalogue; must not know sockets beyond the errors that they give.

use std::io;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use rustls::AlertDescription;
use rustls::CertificateError as TlsCertificateError;

use crate::certificate::Certificate;
use crate::certificate::CertificateError;
use crate::code;
use crate::code::Table;
use crate::proof::Stage;
use crate::rdp::EncodeError;
use crate::rdp::handshake::HandshakeError;
use crate::rdp::nego::Answer;
use crate::rdp::nego::FailureCode;
use crate::rdp::nego::Protocols;

/// Why a client does not get through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The catalogue's identifier that fits best.
    pub id: &'static str,
    /// What was seen, in words.
    pub reason: String,
}

impl Refusal {
    fn new(id: &'static str, reason: impl Into<String>) -> Self {
        Self {
            id,
            reason: reason.into(),
        }
    }
}

/// The time was over in this stage.
pub fn too_slow(stage: Stage, given: Duration) -> Refusal {
    match stage {
        Stage::Resolve => Refusal::new(
            "dns-name",
            format!("the name was not resolved within {given:?}"),
        ),
        Stage::Connect => Refusal::new(
            "tcp-blocked",
            format!(
                "no answer to the TCP connection within {given:?}: a firewall drops the packets or the host is off"
            ),
        ),
        Stage::Negotiate => Refusal::new(
            "listener-broken",
            format!("the port accepts connections, but did not answer within {given:?}"),
        ),
        Stage::Tls | Stage::Certificate => Refusal::new(
            "path-mtu",
            format!(
                "the host negotiated, but TLS was not done within {given:?}: large packets may be lost on the way"
            ),
        ),
    }
}

/// The name was not found.
pub fn unresolved(name: &str, error: &io::Error) -> Refusal {
    Refusal::new("dns-name", format!("`{name}` cannot be resolved: {error}"))
}

/// The name stands for nothing.
pub fn without_address(name: &str) -> Refusal {
    Refusal::new("dns-name", format!("`{name}` has no address"))
}

/// TCP was not opened. From outside a disabled Remote Desktop, a stopped service and a rejecting firewall look alike.
pub fn unconnected(address: SocketAddr, error: &io::Error) -> Refusal {
    let reason = if error.kind() == ErrorKind::ConnectionRefused {
        format!("{address} refused the connection: nothing listens there, or a firewall rejects it")
    } else {
        format!("{address} cannot be reached: {error}")
    };
    Refusal::new("tcp-blocked", reason)
}

/// The request could not even be written.
pub fn unaskable(error: &EncodeError) -> Refusal {
    Refusal::new("listener-broken", format!("nothing was asked: {error}"))
}

/// The connection ended before the answer.
pub fn unanswered(error: &io::Error) -> Refusal {
    let reason = if is_closed(error) {
        "the host accepted the connection and closed it without an answer".to_owned()
    } else {
        format!("the connection broke before the answer: {error}")
    };
    Refusal::new("listener-broken", reason)
}

/// Something else than RDP answered, or RDP that breaks its own rules.
pub fn not_rdp(error: &HandshakeError) -> Refusal {
    Refusal::new(
        "listener-broken",
        format!("what answers on the port is not RDP: {error}"),
    )
}

/// The protocol of an answer, as [`crate::proof::Proof::selected`] names it.
pub fn selected(answer: Answer) -> Option<&'static str> {
    match answer {
        Answer::Bare => Some("rdp"),
        Answer::Refused(_) => None,
        Answer::Selected { protocol, .. } => Some(match protocol {
            Protocols::RDP => "rdp",
            Protocols::SSL => "tls",
            _ => "nla",
        }),
    }
}

/// Whether TLS may follow the answer.
pub fn negotiated(answer: Answer) -> Result<(), Refusal> {
    match answer {
        Answer::Refused(code) => Err(refused(code)),
        Answer::Bare
        | Answer::Selected {
            protocol: Protocols::RDP,
            ..
        } => Err(Refusal::new(
            "security-layer-mismatch",
            "the host selected classic RDP security, although TLS and network level authentication were offered",
        )),
        Answer::Selected { .. } => Ok(()),
    }
}

fn refused(code: FailureCode) -> Refusal {
    let id = match code {
        FailureCode::SSL_CERTIFICATE_MISSING => "cert-missing",
        FailureCode::HYBRID_REQUIRED => "nla-mismatch",
        _ => "security-layer-mismatch",
    };
    let reason = match code.explanation() {
        Some(explanation) => format!("negotiation failed with code {code}: {explanation}"),
        None => format!("negotiation failed with code {code}, which is not known"),
    };
    Refusal::new(id, reason)
}

/// TLS came to nothing.
pub fn unsecured(error: &io::Error) -> Refusal {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => unsecured_by(tls),
        None if is_closed(error) => Refusal::new(
            "machine-keys",
            "the host closed the connection during the TLS handshake, as it does when it cannot use its private key",
        ),
        None => Refusal::new(
            "tls-mismatch",
            format!("the connection broke during the TLS handshake: {error}"),
        ),
    }
}

fn unsecured_by(error: &rustls::Error) -> Refusal {
    match error {
        rustls::Error::AlertReceived(AlertDescription::InternalError) => Refusal::new(
            "machine-keys",
            "the host ended the TLS handshake with an internal error, as it may when it cannot use its private key",
        ),
        rustls::Error::AlertReceived(alert) => Refusal::new("tls-mismatch", ended_by(*alert)),
        rustls::Error::PeerIncompatible(reason) => Refusal::new(
            "tls-mismatch",
            format!("the host's TLS does not go together with TLS 1.2 or 1.3: {reason:?}"),
        ),
        rustls::Error::InvalidCertificate(TlsCertificateError::BadSignature) => Refusal::new(
            "machine-keys",
            "the host's private key does not belong to the certificate that it shows",
        ),
        rustls::Error::InvalidMessage(_) => Refusal::new(
            "tls-mismatch",
            format!("the host selected TLS, but does not speak it: {error}"),
        ),
        other => Refusal::new("tls-mismatch", format!("the TLS handshake failed: {other}")),
    }
}

/// `the host ended the TLS handshake with alert 70 (protocol_version): no version of TLS suits both ends`.
fn ended_by(alert: AlertDescription) -> String {
    let number = u32::from(u8::from(alert));
    let named = code::named(Table::TlsAlert, number);
    let meaning = code::entry(Table::TlsAlert, number)
        .map(|row| format!(": {}", row.gist()))
        .unwrap_or_default();
    format!("the host ended the TLS handshake with alert {named}{meaning}")
}

/// Whether a client accepts the certificate, as far as its dates go; whom the client trusts is not known here.
pub fn certificate(
    shown: Option<&Result<Certificate, CertificateError>>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let read = match shown {
        None => {
            return Err(Refusal::new(
                "cert-missing",
                "the host showed no certificate",
            ));
        }
        Some(Err(error)) => {
            let reason = format!("the host's certificate cannot be read: {error}");
            return Err(Refusal::new("cert-weak", reason));
        }
        Some(Ok(read)) => read,
    };
    let subject = &read.subject;
    if now > read.not_after {
        let reason = format!("the certificate `{subject}` expired at {}", read.not_after);
        return Err(Refusal::new("cert-expired", reason));
    }
    if now < read.not_before {
        let reason = format!(
            "the certificate `{subject}` is not valid before {}",
            read.not_before
        );
        return Err(Refusal::new("cert-expired", reason));
    }
    Ok(())
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

#[cfg(test)]
mod tests {
    use super::negotiated;
    use super::unsecured;
    use crate::rdp::nego::Answer;
    use crate::rdp::nego::FailureCode;
    use crate::rdp::nego::Protocols;
    use crate::rdp::nego::ResponseFlags;
    use std::io;

    fn id_of(answer: Answer) -> &'static str {
        negotiated(answer).unwrap_err().id
    }

    #[test]
    fn each_failure_code_has_its_cause() {
        let ids: Vec<_> = (1..=7)
            .map(|code| id_of(Answer::Refused(FailureCode(code))))
            .collect();
        assert_eq!(
            ids,
            [
                "security-layer-mismatch",
                "security-layer-mismatch",
                "cert-missing",
                "security-layer-mismatch",
                "nla-mismatch",
                "security-layer-mismatch",
                "security-layer-mismatch",
            ]
        );
    }

    #[test]
    fn classic_security_refutes() {
        assert_eq!(id_of(Answer::Bare), "security-layer-mismatch");
        let selected = Answer::Selected {
            flags: ResponseFlags::default(),
            protocol: Protocols::RDP,
        };
        assert_eq!(id_of(selected), "security-layer-mismatch");
    }

    #[test]
    fn an_old_tls_version_is_a_mismatch_and_a_lost_key_is_not() {
        let alert = |alert| {
            let error = rustls::Error::AlertReceived(alert);
            unsecured(&io::Error::new(io::ErrorKind::InvalidData, error)).id
        };
        assert_eq!(
            alert(rustls::AlertDescription::ProtocolVersion),
            "tls-mismatch"
        );
        assert_eq!(
            alert(rustls::AlertDescription::InternalError),
            "machine-keys"
        );
        let error = rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion);
        assert_eq!(
            unsecured(&io::Error::new(io::ErrorKind::InvalidData, error)).reason,
            "the host ended the TLS handshake with alert 70 (protocol_version): no version of TLS suits both ends"
        );
        let closed = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(unsecured(&closed).id, "machine-keys");
    }
}
