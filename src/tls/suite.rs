//! Cipher suites: their numbers, their names as IANA registers them, and what each of them needs.

use std::fmt;

use crate::tls::ProtocolVersion;

/// A cipher suite by its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CipherSuite(pub u16);

/// How the two sides come to a key, which decides what kind of certificate the host needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// Apart from the suite, as in TLS 1.3: any certificate.
    Apart,
    /// The client encrypts for the host's RSA key.
    Rsa,
    /// Diffie-Hellman, signed with an RSA key.
    DheRsa,
    /// Diffie-Hellman, signed with a DSS key.
    DheDss,
    /// Diffie-Hellman on a curve, signed with an RSA key.
    EcdheRsa,
    /// Diffie-Hellman on a curve, signed with an ECDSA key.
    EcdheEcdsa,
}

/// One suite of the registry.
#[derive(Debug)]
struct Row {
    number: u16,
    name: &'static str,
    exchange: Exchange,
    /// The first version that has it.
    since: ProtocolVersion,
}

const fn row(number: u16, name: &'static str, exchange: Exchange, since: ProtocolVersion) -> Row {
    Row {
        number,
        name,
        exchange,
        since,
    }
}

const SSL_3_0: ProtocolVersion = ProtocolVersion::SSL_3_0;
const TLS_1_0: ProtocolVersion = ProtocolVersion::TLS_1_0;
const TLS_1_2: ProtocolVersion = ProtocolVersion::TLS_1_2;
const TLS_1_3: ProtocolVersion = ProtocolVersion::TLS_1_3;

/// The suites of Schannel from Windows 7 to Server 2025, the best first; those that only other stacks speak are in
/// [`FOREIGN`].
#[rustfmt::skip]
const SCHANNEL: &[Row] = &[
    row(0x1302, "TLS_AES_256_GCM_SHA384", Exchange::Apart, TLS_1_3),
    row(0x1301, "TLS_AES_128_GCM_SHA256", Exchange::Apart, TLS_1_3),
    row(0x1303, "TLS_CHACHA20_POLY1305_SHA256", Exchange::Apart, TLS_1_3),
    row(0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Exchange::EcdheEcdsa, TLS_1_2),
    row(0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Exchange::EcdheEcdsa, TLS_1_2),
    row(0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Exchange::EcdheRsa, TLS_1_2),
    row(0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Exchange::EcdheRsa, TLS_1_2),
    row(0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", Exchange::DheRsa, TLS_1_2),
    row(0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", Exchange::DheRsa, TLS_1_2),
    row(0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", Exchange::EcdheEcdsa, TLS_1_2),
    row(0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", Exchange::EcdheEcdsa, TLS_1_2),
    row(0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", Exchange::EcdheRsa, TLS_1_2),
    row(0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", Exchange::EcdheRsa, TLS_1_2),
    row(0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", Exchange::EcdheEcdsa, TLS_1_0),
    row(0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", Exchange::EcdheEcdsa, TLS_1_0),
    row(0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", Exchange::EcdheRsa, TLS_1_0),
    row(0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", Exchange::EcdheRsa, TLS_1_0),
    row(0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", Exchange::DheRsa, SSL_3_0),
    row(0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", Exchange::DheRsa, SSL_3_0),
    row(0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", Exchange::Rsa, TLS_1_2),
    row(0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", Exchange::Rsa, TLS_1_2),
    row(0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", Exchange::Rsa, TLS_1_2),
    row(0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", Exchange::Rsa, TLS_1_2),
    row(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", Exchange::Rsa, SSL_3_0),
    row(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", Exchange::Rsa, SSL_3_0),
    row(0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", Exchange::Rsa, SSL_3_0),
    row(0x006A, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256", Exchange::DheDss, TLS_1_2),
    row(0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256", Exchange::DheDss, TLS_1_2),
    row(0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA", Exchange::DheDss, SSL_3_0),
    row(0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA", Exchange::DheDss, SSL_3_0),
    row(0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA", Exchange::DheDss, SSL_3_0),
    row(0x0005, "TLS_RSA_WITH_RC4_128_SHA", Exchange::Rsa, SSL_3_0),
    row(0x0004, "TLS_RSA_WITH_RC4_128_MD5", Exchange::Rsa, SSL_3_0),
    row(0x0009, "TLS_RSA_WITH_DES_CBC_SHA", Exchange::Rsa, SSL_3_0),
];

/// Suites that hosts other than Windows pick when they are offered.
#[rustfmt::skip]
const FOREIGN: &[Row] = &[
    row(0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", Exchange::EcdheEcdsa, TLS_1_2),
    row(0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", Exchange::EcdheRsa, TLS_1_2),
    row(0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", Exchange::DheRsa, TLS_1_2),
    row(0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", Exchange::DheRsa, TLS_1_2),
    row(0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", Exchange::DheRsa, TLS_1_2),
    row(0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", Exchange::EcdheRsa, TLS_1_0),
    row(0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", Exchange::EcdheEcdsa, TLS_1_0),
    row(0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", Exchange::DheRsa, SSL_3_0),
    row(0x1304, "TLS_AES_128_CCM_SHA256", Exchange::Apart, TLS_1_3),
];

impl CipherSuite {
    /// Not a suite but a word: the client knows how to renegotiate safely (RFC 5746 3.3).
    pub const RENEGOTIATION_INFO: Self = Self(0x00FF);

    /// Those of Schannel, the best first.
    pub fn schannel() -> impl Iterator<Item = Self> {
        SCHANNEL.iter().map(|row| Self(row.number))
    }

    /// Those of Schannel that a version has, the best first.
    pub fn of_schannel(version: ProtocolVersion) -> impl Iterator<Item = Self> {
        Self::schannel().filter(move |suite| suite.fits(version))
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        rows()
            .find(|row| row.name == name)
            .map(|row| Self(row.number))
    }

    /// The name that IANA registers, when it is among those known here.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// How the key comes about, when the suite is known.
    pub fn exchange(self) -> Option<Exchange> {
        self.row().map(|row| row.exchange)
    }

    /// Whether a version has this suite.
    pub fn fits(self, version: ProtocolVersion) -> bool {
        self.row().is_some_and(|row| row.fits(version))
    }

    fn row(self) -> Option<&'static Row> {
        rows().find(|row| row.number == self.0)
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    SCHANNEL.iter().chain(FOREIGN)
}

impl Row {
    /// Those of TLS 1.3 belong to it alone.
    fn fits(&self, version: ProtocolVersion) -> bool {
        (self.since == TLS_1_3) == (version == TLS_1_3) && self.since <= version
    }
}

impl fmt::Display for CipherSuite {
    /// The name, or the number of one that has none here.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "{:#06x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CipherSuite;
    use super::Exchange;
    use super::rows;
    use crate::tls::ProtocolVersion;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_unique_and_lead_to_each_other() {
        let numbers: BTreeSet<u16> = rows().map(|row| row.number).collect();
        assert_eq!(numbers.len(), rows().count());
        for row in rows() {
            let suite = CipherSuite(row.number);
            assert_eq!(CipherSuite::named(row.name), Some(suite));
            assert_eq!(suite.to_string(), row.name);
        }
        assert_eq!(CipherSuite(0x0A0A).to_string(), "0x0a0a");
    }

    #[test]
    fn a_name_says_how_the_key_comes_about() {
        for row in rows() {
            let prefix = match row.exchange {
                Exchange::Apart => "TLS_",
                Exchange::Rsa => "TLS_RSA_WITH_",
                Exchange::DheRsa => "TLS_DHE_RSA_WITH_",
                Exchange::DheDss => "TLS_DHE_DSS_WITH_",
                Exchange::EcdheRsa => "TLS_ECDHE_RSA_WITH_",
                Exchange::EcdheEcdsa => "TLS_ECDHE_ECDSA_WITH_",
            };
            assert!(row.name.starts_with(prefix), "{}", row.name);
        }
    }

    #[test]
    fn each_version_has_suites_of_its_time() {
        let of = |version| CipherSuite::of_schannel(version).collect::<Vec<_>>();
        assert_eq!(of(ProtocolVersion::TLS_1_3).len(), 3);
        let old = of(ProtocolVersion::SSL_3_0);
        assert!(
            old.iter()
                .all(|suite| !suite.to_string().contains("SHA256"))
        );
        assert!(old.contains(&CipherSuite(0x000A)) && !old.contains(&CipherSuite(0xC014)));
        assert!(of(ProtocolVersion::TLS_1_0).contains(&CipherSuite(0xC014)));
        let modern = of(ProtocolVersion::TLS_1_2);
        assert!(modern.contains(&CipherSuite(0xC030)) && !modern.contains(&CipherSuite(0x1302)));
    }
}
