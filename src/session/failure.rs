//! What went wrong on the way, with what is known about the operation's fate; decides nothing about trying again.

use std::error::Error;
use std::io;

use crate::cim::CimError;
use crate::cim::session::Unreachable;

/// A failed exchange.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: CimError,
    pub(super) fate: Fate,
}

/// What became of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not carried out, and a fresh connection may help: a reused connection had ended, or its security context
    /// was gone.
    NotBegun,
    /// The connection ended after the request was sent; nobody knows.
    Unknown,
    /// Sending it again would not help.
    Settled,
}

impl Failure {
    /// A failure that sending again would not mend.
    pub(super) fn settled(error: CimError) -> Self {
        Self {
            error,
            fate: Fate::Settled,
        }
    }
}

impl From<CimError> for Failure {
    fn from(error: CimError) -> Self {
        Self::settled(error)
    }
}

/// Who is talked to about what, for error messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic<'a> {
    /// `host:port`
    pub(super) address: &'a str,
    /// What is asked.
    pub(super) operation: &'a str,
}

impl Topic<'_> {
    /// The peer's bytes are not what they should be.
    pub(super) fn not_wsman(self, detail: impl Into<String>) -> CimError {
        CimError::NotWsman {
            address: self.address.to_owned(),
            operation: self.operation.to_owned(),
            detail: detail.into(),
        }
    }

    /// There is no connection.
    pub(super) fn unreachable(self, reason: Unreachable) -> CimError {
        CimError::Unreachable {
            address: self.address.to_owned(),
            reason,
        }
    }
}

/// Says that a connection is not opened a second time: its security context would not survive that.
#[derive(Debug, thiserror::Error)]
#[error("the connection has ended")]
pub(super) struct Ended;

/// What an HTTP error means; timeouts are the caller's to judge.
pub(super) fn judge(error: &reqwest::Error, topic: Topic<'_>) -> Failure {
    if find::<Ended>(error).is_some() {
        return Failure {
            error: topic.unreachable(Unreachable::ConnectionLost),
            fate: Fate::NotBegun,
        };
    }
    if error.is_connect() {
        return Failure::settled(judge_connecting(error, topic));
    }
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        let detail = format!("no HTTP: {}", innermost(error));
        return Failure::settled(topic.not_wsman(detail));
    }
    Failure {
        error: topic.unreachable(Unreachable::ConnectionLost),
        fate: Fate::Unknown,
    }
}

fn judge_connecting(error: &reqwest::Error, topic: Topic<'_>) -> CimError {
    if let Some(tls) = find_in_io::<rustls::Error>(error) {
        return CimError::Trust {
            address: topic.address.to_owned(),
            detail: tls.to_string(),
        };
    }
    if error.is_dns() {
        return topic.unreachable(Unreachable::NameNotFound);
    }
    let reason = match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => Unreachable::Refused,
        Some(
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable,
        ) => Unreachable::NoRoute,
        Some(io::ErrorKind::TimedOut) => Unreachable::TimedOut,
        _ => Unreachable::ConnectionLost,
    };
    topic.unreachable(reason)
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// An error that an I/O error wraps; such a one is not in the chain itself.
fn find_in_io<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|error| {
        let mut io = error.downcast_ref::<io::Error>();
        while let Some(outer) = io {
            let inner = outer.get_ref()?;
            if let Some(found) = inner.downcast_ref() {
                return Some(found);
            }
            io = inner.downcast_ref();
        }
        None
    })
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error)
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
