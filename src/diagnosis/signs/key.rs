//! Signs of the listener's private key: whether its file is there and can be read, and what the logs say of it
//! (windows-facts 3).

use super::Answer;
use super::Looked;
use super::Sign;
use super::inside;
use super::logs;
use super::outside;
use super::part;
use super::told;
use super::unseen;
use crate::cim::LogEvent;
use crate::diagnosis::Case;
use crate::diagnosis::signs::certificate;
use crate::survey::TlsFailure;
use crate::survey::VersionReply;

/// The key file of the self-signed certificate is not there.
pub(in crate::diagnosis) static KEY_GONE: Sign = Sign::new("key-gone", |case| {
    let certificates = inside(case)?.certificates.as_ref().ok();
    let own = certificates.is_some_and(|all| all.bound.is_none() && all.in_use().is_some());
    if !own || certificate::shown(case).is_ok() {
        // A bound certificate has a key of its own; without a certificate a missing key is no news; and whoever
        // shows a certificate has its key, wherever it is.
        return Ok(Answer::Beside);
    }
    let file = part(case, "the file of the private key", |inside| {
        &inside.key_file
    })?;
    told(
        (!file.exists).then(|| format!("the key file `{}` is not there", file.path)),
        "the key file is there",
    )
});
/// The account of the service may not read the key file.
pub(in crate::diagnosis) static KEY_UNREADABLE: Sign = Sign::new("key-unreadable", |case| {
    let file = part(case, "the file of the private key", |inside| {
        &inside.key_file
    })?;
    match (file.exists, file.network_service_reads) {
        (true, Some(reads)) => told(
            (!reads).then(|| format!("NETWORK SERVICE may not read the key file `{}`", file.path)),
            "NETWORK SERVICE may read the key file",
        ),
        (true, None) => Err(unseen("the rights of the key file were not seen")),
        (false, _) => Ok(Answer::Beside),
    }
});
/// The system may not replace the key file.
pub(in crate::diagnosis) static KEY_NOT_REPLACEABLE: Sign = Sign::new(
    "key-not-replaceable",
    |case| {
        let file = part(case, "the file of the private key", |inside| {
            &inside.key_file
        })?;
        match (file.exists, file.system_full) {
        (true, Some(full)) => told(
            (!full).then(|| {
                format!(
                    "SYSTEM lacks full control of the key file `{}`, so the certificate cannot be renewed",
                    file.path
                )
            }),
            "SYSTEM has full control of the key file",
        ),
        (true, None) => Err(unseen("the rights of the key file were not seen")),
        (false, _) => Ok(Answer::Beside),
    }
    },
);
/// The logs tell that the key cannot be used, and the listener shows no good certificate now.
pub(in crate::diagnosis) static KEY_FAILS: Sign = Sign::new("key-fails", key_fails);
/// TLS is ended by the host without a certificate and without an alert that names another reason.
pub(in crate::diagnosis) static TLS_CLOSED: Sign = Sign::new("tls-closed", tls_closed);

/// Alert 80, internal error (RFC 8446 6.2).
///
/// Assumption: Schannel sends it, or closes without any alert, when it cannot use its own key.
const INTERNAL_ERROR: u8 = 80;

fn key_fails(case: &Case<'_>) -> Looked {
    let mut events: Vec<&LogEvent> = Vec::new();
    let listener = logs::find(case, logs::LISTENER, &[1_057, 1_058]);
    let schannel = logs::find(case, logs::SCHANNEL, &[36_870]);
    for found in [&listener, &schannel].into_iter().flatten() {
        events.extend(found);
    }
    events.sort_by_key(|event| (event.at, event.record));
    let Some(said) = logs::said(&events) else {
        // What could not be read is told before what could.
        listener?;
        schannel?;
        return told(None, "the logs tell of no trouble with the private key");
    };
    let good = certificate::SHOWN_OUTDATED.ask(case);
    let suffering = !matches!(good, Ok(Answer::No(_)));
    told(
        suffering.then_some(said),
        "the logs tell of trouble with the private key, but the listener uses a valid one now",
    )
}

fn tls_closed(case: &Case<'_>) -> Looked {
    let Some(tls) = &outside(case)?.tls else {
        return Err(unseen("TLS was not reached from outside"));
    };
    let accepted = tls
        .versions
        .iter()
        .any(|(_, reply)| matches!(reply, VersionReply::Accepted(_)));
    if accepted || !tls.chain.is_empty() {
        return told(None, "TLS comes about");
    }
    let refusals: Vec<&TlsFailure> = tls
        .failure
        .iter()
        .chain(super::tls::refusals(tls))
        .collect();
    let found = if refusals.contains(&&TlsFailure::Alert(INTERNAL_ERROR)) {
        Some(
            "the host ends TLS with alert 80, internal error, as it does when it cannot use its private key",
        )
    } else if refusals.contains(&&TlsFailure::Closed) {
        Some(
            "the host closes the connection during TLS without a reason, as it does when it cannot use its private key",
        )
    } else {
        None
    };
    told(
        found.map(str::to_owned),
        "the host does not just close during TLS",
    )
}
