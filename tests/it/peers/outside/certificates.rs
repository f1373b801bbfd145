//! Certificates for foreign servers: one of each kind, and what everybody has to read in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::Unit;
use rcgen::DnType;
use rcgen::KeyPair;
use rdpfix::lab::machine::certificates::Issue;
use rdpfix::lab::machine::certificates::Weakness;
use rdpfix::lab::machine::certificates::issue;
use rdpfix::lab::machine::certificates::issue_weak;
use rdpfix::lab::machine::certificates::shared_key;

/// The name in all of them.
pub(super) const NAME: &str = "TS-LAB";

/// What kind of certificate a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As it should be.
    Good,
    /// Past its date by ten days.
    Expired,
    /// Not valid before ten days from now.
    Early,
    /// With an RSA key of 1024 bits.
    Short,
    /// Signed with SHA-1.
    Sha1,
    /// With an EC key.
    Ec,
    /// As it should be, and its key is gone.
    KeyMissing,
}

/// What has to be read in a certificate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) key_type: &'static str,
    pub(super) key_bits: u32,
    pub(super) signature: &'static str,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// PEM.
pub(super) struct Files {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Kind {
    /// The word for it on pages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::Early => "not yet valid",
            Self::Short => "rsa1024",
            Self::Sha1 => "sha1",
            Self::Ec => "EC",
            Self::KeyMissing => "key missing",
        }
    }

    pub(super) fn facts(self, now: Timestamp) -> Facts {
        let now = now.round(Unit::Second).unwrap();
        let days = |days: i64| now + SignedDuration::from_hours(24 * days);
        let (from, until) = match self {
            Self::Expired => (-200, -10),
            Self::Early => (10, 200),
            Self::Good | Self::Short | Self::Sha1 | Self::Ec | Self::KeyMissing => (-10, 180),
        };
        let (key_type, key_bits, signature) = match self {
            Self::Ec => ("ec", 256, "ecdsa-with-SHA256"),
            Self::Short => ("rsa", 1024, "sha256WithRSAEncryption"),
            Self::Sha1 => ("rsa", 2048, "sha1WithRSAEncryption"),
            Self::Good | Self::Expired | Self::Early | Self::KeyMissing => {
                ("rsa", 2048, "sha256WithRSAEncryption")
            }
        };
        Facts {
            key_type,
            key_bits,
            signature,
            from: days(from),
            until: days(until),
        }
    }

    /// Makes one.
    pub(super) fn files(self, now: Timestamp) -> Files {
        let facts = self.facts(now);
        let wanted = Issue {
            common_name: NAME.to_owned(),
            dns_names: Vec::new(),
            not_before: facts.from,
            not_after: facts.until,
            serial: 7,
        };
        let weak = |weakness| issue_weak(&wanted, weakness).unwrap();
        let (certificate, key) = match self {
            Self::Ec => return of_curve(&facts),
            Self::Short => weak(Weakness::ShortKey),
            Self::Sha1 => weak(Weakness::Sha1),
            Self::Good | Self::Expired | Self::Early | Self::KeyMissing => {
                (issue(&wanted).unwrap(), shared_key().unwrap())
            }
        };
        Files {
            certificate: pem("CERTIFICATE", &certificate.der),
            key: pem("PRIVATE KEY", &key.pkcs8),
        }
    }
}

fn of_curve(facts: &Facts) -> Files {
    let key = KeyPair::generate().unwrap();
    let mut wanted = rcgen::CertificateParams::default();
    wanted.distinguished_name = rcgen::DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, NAME);
    wanted.not_before = std::time::SystemTime::from(facts.from).into();
    wanted.not_after = std::time::SystemTime::from(facts.until).into();
    Files {
        certificate: wanted.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let lines = lines.join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}
