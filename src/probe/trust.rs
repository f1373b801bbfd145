//! Whether a chain of certificates is trusted here, and when it is not, why: the most telling reason first. Pure but for
//! reading the system's roots; must not know connections.
//!
//! The TLS library's own verifier is not used: it stops at the first thing amiss in its order, in which an expired
//! certificate hides an unknown issuer, and it does not know the usage "Remote Desktop Authentication".

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::TrustAnchor;
use rustls::pki_types::UnixTime;
use webpki::EndEntityCert;
use webpki::ExtendedKeyUsageValidator;
use webpki::KeyPurposeIdIter;

use crate::certificate::Certificate;
use crate::probe::names::bare;
use crate::survey::Distrust;
use crate::survey::Trust;

/// Usages that let a certificate stand for a Remote Desktop host: server authentication, Remote Desktop authentication
/// (windows-facts 2.4), any usage (RFC 5280 4.2.1.12).
const USAGES: [&str; 3] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.54.1.2", "2.5.29.37.0"];

/// Certificates that are trusted because they are there.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    certificates: HashSet<CertificateDer<'static>>,
}

/// A chain that is being looked at.
struct Shown<'a> {
    leaf: &'a Certificate,
    end: EndEntityCert<'a>,
    above: &'a [CertificateDer<'a>],
}

impl Roots {
    /// The system's roots. Systems carry odd certificates among good ones, and some have none: the good ones are enough.
    pub fn of_system() -> Self {
        let mut roots = Self::default();
        for certificate in rustls_native_certs::load_native_certs().certs {
            roots.add(certificate);
        }
        roots
    }

    /// Trusts one more. What is not a certificate is trusted by nobody, so it is left out.
    pub fn add(&mut self, certificate: CertificateDer<'static>) {
        if let Ok(anchor) = webpki::anchor_from_trusted_cert(&certificate) {
            self.anchors.push(anchor.to_owned());
        }
        self.certificates.insert(certificate);
    }

    /// Judges a chain, leaf first, for a host that was asked for by this name or address; `None` without a chain.
    pub fn judge(
        &self,
        provider: &CryptoProvider,
        chain: &[CertificateDer<'_>],
        name: &str,
        now: Timestamp,
    ) -> Option<Trust> {
        let (first, above) = chain.split_first()?;
        let distrust = match Certificate::from_der(first) {
            Err(error) => Some(Distrust::Other(error.to_string())),
            Ok(leaf) if leaf.self_signed && !self.certificates.contains(first) => {
                Some(Distrust::SelfSigned)
            }
            Ok(leaf) => match EndEntityCert::try_from(first) {
                Err(error) => Some(Distrust::Other(words(&error, &leaf))),
                Ok(end) => {
                    let leaf = &leaf;
                    self.against(provider, &Shown { leaf, end, above }, (name, now))
                }
            },
        };
        Some(distrust.map_or(Trust::Trusted, Trust::Untrusted))
    }

    fn against(
        &self,
        provider: &CryptoProvider,
        shown: &Shown<'_>,
        (name, now): (&str, Timestamp),
    ) -> Option<Distrust> {
        let leaf = shown.leaf;
        // Who is a root itself needs no chain.
        let unfounded = if leaf.self_signed {
            let is_dated = (leaf.not_before..=leaf.not_after).contains(&now);
            (!is_dated).then_some(Distrust::Dates)
        } else {
            self.unfounded(provider, shown, now)
        };
        unfounded
            .or_else(|| (!bears(shown, name)).then_some(Distrust::Name))
            .or_else(|| (!serves(leaf)).then_some(Distrust::Usage))
    }

    /// Why no chain leads to a root, whatever the certificate may be used for.
    fn unfounded(
        &self,
        provider: &CryptoProvider,
        shown: &Shown<'_>,
        now: Timestamp,
    ) -> Option<Distrust> {
        let path = |time: Timestamp| {
            let algorithms = provider.signature_verification_algorithms.all;
            let (anchors, above) = (&self.anchors, shown.above);
            shown
                .end
                .verify_for_usage(algorithms, anchors, above, unix(time), AnyUsage, None, None)
                .map(|_path| ())
        };
        match path(now) {
            Ok(()) => None,
            Err(error) if is_date(&error) => match path(youngest(shown)) {
                Ok(()) => Some(Distrust::Dates),
                Err(error) => Some(reason(&error, shown.leaf)),
            },
            Err(error) => Some(reason(&error, shown.leaf)),
        }
    }
}

/// The moment at which the last certificate of the chain became valid: whatever is valid together is valid then.
fn youngest(shown: &Shown<'_>) -> Timestamp {
    shown
        .above
        .iter()
        .filter_map(|certificate| Certificate::from_der(certificate).ok())
        .map(|certificate| certificate.not_before)
        .fold(shown.leaf.not_before, Timestamp::max)
}

fn unix(time: Timestamp) -> UnixTime {
    let seconds = u64::try_from(time.as_second()).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// Whether a certificate names the host. A certificate without alternative names is known by its common name
/// (RFC 2818 3.1), as those are that Windows makes.
fn bears(shown: &Shown<'_>, name: &str) -> bool {
    let name = bare(name);
    let Ok(wanted) = ServerName::try_from(name) else {
        return false;
    };
    let is_named = matches!(wanted, ServerName::DnsName(_));
    shown.end.verify_is_valid_for_subject_name(&wanted).is_ok()
        || is_named
            && shown.leaf.dns_names.is_empty()
            && shown
                .leaf
                .common_name
                .eq_ignore_ascii_case(name.trim_end_matches('.'))
}

fn serves(leaf: &Certificate) -> bool {
    leaf.usages.is_empty()
        || leaf
            .usages
            .iter()
            .any(|usage| USAGES.contains(&usage.as_str()))
}

fn is_date(error: &webpki::Error) -> bool {
    matches!(
        error,
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. }
    )
}

fn reason(error: &webpki::Error, leaf: &Certificate) -> Distrust {
    match error {
        // A root of the right name with another key is not the issuer either.
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            Distrust::UnknownIssuer
        }
        error if is_date(error) => Distrust::Dates,
        error => Distrust::Other(words(error, leaf)),
    }
}

fn words(error: &webpki::Error, leaf: &Certificate) -> String {
    match error {
        webpki::Error::UnsupportedSignatureAlgorithmContext(_)
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => format!(
            "a signature in the chain is not accepted, the host's own being `{}`",
            leaf.signature
        ),
        webpki::Error::CaUsedAsEndEntity => {
            "the certificate of an authority stands for a host".to_owned()
        }
        webpki::Error::UnsupportedCertVersion => "it is not of X.509 version 3".to_owned(),
        other => format!("it cannot be verified: {other:?}"),
    }
}

/// Chains are looked for whatever a certificate may be used for; its usage is judged last.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}
