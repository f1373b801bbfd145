//! What a client says first (RFC 8446 4.1.2, RFC 5246 7.4.1.2), both directions, and the hello that asks a host for one
//! version and nothing else.

use std::net::IpAddr;

use crate::tls::DecodeError;
use crate::tls::EncodeError;
use crate::tls::Extension;
use crate::tls::ProtocolVersion;
use crate::tls::Reader;
use crate::tls::Width;
use crate::tls::kind;
use crate::tls::message;
use crate::tls::put_block;
use crate::tls::record;
use crate::tls::record::ContentType;
use crate::tls::suite::CipherSuite;

/// x25519, which Windows prefers since Server 2016, then P-256, P-384 and P-521 (RFC 8446 4.2.7).
const GROUPS: [u16; 4] = [X25519, 0x0017, 0x0018, 0x0019];
const X25519: u16 = 0x001D;
/// ECDSA, RSA-PSS and RSA PKCS #1 with SHA-2, then with SHA-1, which hosts with old certificates insist on (RFC 8446
/// 4.2.3).
const SIGNATURES: [u16; 11] = [
    0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
];
/// The list of compression methods with none in it.
const NO_COMPRESSION: [u8; 2] = [1, 0];
/// The kind of a host name (RFC 6066 3).
const HOST_NAME: u8 = 0;

/// The first message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// The best version, as far as TLS 1.2 knows versions; TLS 1.3 is told in an extension.
    pub version: ProtocolVersion,
    /// Random bytes.
    pub random: [u8; 32],
    /// Session to go on with; at most 32 bytes.
    pub session: Vec<u8>,
    /// What the client can do, the best first.
    pub suites: Vec<CipherSuite>,
    /// Extensions in their order.
    pub extensions: Vec<Extension>,
}

/// A question for one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// The version.
    pub version: ProtocolVersion,
    /// How the host is called; told to it only when it is a DNS name.
    pub name: &'a str,
    /// Random bytes. They serve for the key share too, because nothing is ever decrypted.
    pub random: [u8; 32],
    /// How many bytes the question shall take on the wire at least; 0 takes what it needs. SSL 3.0 has nothing to fill
    /// it up with.
    pub size: usize,
}

impl ClientHello {
    /// The hello that asks for one version with all suites that Windows hosts of its time speak.
    pub fn asking(question: &Question<'_>) -> Result<Self, EncodeError> {
        let version = question.version;
        let is_newest = version == ProtocolVersion::TLS_1_3;
        let mut hello = Self {
            version: version.min(ProtocolVersion::TLS_1_2),
            random: question.random,
            // Machines on the way let TLS 1.3 through when it looks like a resumption (RFC 8446 D.4).
            session: if is_newest {
                question.random.to_vec()
            } else {
                Vec::new()
            },
            suites: CipherSuite::of_schannel(version).collect(),
            extensions: Vec::new(),
        };
        if !is_newest {
            hello.suites.push(CipherSuite::RENEGOTIATION_INFO);
        }
        if version > ProtocolVersion::SSL_3_0 {
            hello.extensions = extensions(question)?;
            hello.pad(question.size)?;
        }
        Ok(hello)
    }

    /// Fills it up to so many bytes on the wire; one that is longer, or shorter by less than an empty extension, stays.
    fn pad(&mut self, size: usize) -> Result<(), EncodeError> {
        let empty = Extension {
            kind: Extension::PADDING,
            body: Vec::new(),
        };
        self.extensions.push(empty);
        let missing = size.saturating_sub(self.encode()?.len());
        match self.extensions.pop() {
            Some(padding) if missing > 0 => self.extensions.push(Extension {
                body: vec![0; missing],
                ..padding
            }),
            _ => {}
        }
        Ok(())
    }

    /// As records. Their version is 1.0 for all but SSL 3.0, which old machines insist on (RFC 8446 5.1).
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let version = self.version.min(ProtocolVersion::TLS_1_0);
        let message = message(kind::CLIENT_HELLO, &self.body()?)?;
        Ok(record::frame(ContentType::HANDSHAKE, version, &message))
    }

    /// The message without its head.
    pub fn body(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = self.version.0.to_be_bytes().to_vec();
        out.extend(self.random);
        put_block(&mut out, "the session id", Width::One, &self.session)?;
        let suites = pairs(self.suites.iter().map(|suite| suite.0));
        put_block(&mut out, "the cipher suites", Width::Two, &suites)?;
        out.extend(NO_COMPRESSION);
        Extension::put_all(&self.extensions, &mut out)?;
        Ok(out)
    }

    /// Reads the message without its head.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("the ClientHello", body);
        let version = ProtocolVersion(reader.u16()?);
        let random = reader.array()?;
        let session = reader.block(Width::One)?.to_vec();
        let suites = numbers(reader.block(Width::Two)?)
            .map(CipherSuite)
            .collect();
        reader.block(Width::One)?;
        let extensions = Extension::read_all(&mut reader)?;
        reader.end()?;
        Ok(Self {
            version,
            random,
            session,
            suites,
            extensions,
        })
    }

    /// The versions of the extension that TLS 1.3 brought; `None` without it.
    pub fn supported_versions(&self) -> Option<Vec<ProtocolVersion>> {
        let body = Extension::find(&self.extensions, Extension::SUPPORTED_VERSIONS)?;
        let list = Reader::new("supported_versions", body)
            .block(Width::One)
            .ok()?;
        Some(numbers(list).map(ProtocolVersion).collect())
    }

    /// The name that the client believes to have reached.
    pub fn server_name(&self) -> Option<&str> {
        let body = Extension::find(&self.extensions, Extension::SERVER_NAME)?;
        let list = Reader::new("server_name", body).block(Width::Two).ok()?;
        let mut entry = Reader::new("server_name", list);
        if entry.u8().ok()? != HOST_NAME {
            return None;
        }
        std::str::from_utf8(entry.block(Width::Two).ok()?).ok()
    }
}

fn extensions(question: &Question<'_>) -> Result<Vec<Extension>, EncodeError> {
    let mut extensions = Vec::new();
    let mut add = |kind, body| extensions.push(Extension { kind, body });
    if let Some(name) = dns_name(question.name) {
        let mut entry = vec![HOST_NAME];
        put_block(&mut entry, "the server name", Width::Two, name.as_bytes())?;
        add(Extension::SERVER_NAME, block(Width::Two, &entry)?);
    }
    add(
        Extension::SUPPORTED_GROUPS,
        block(Width::Two, &pairs(GROUPS))?,
    );
    if question.version < ProtocolVersion::TLS_1_3 {
        // Uncompressed points only.
        add(Extension::EC_POINT_FORMATS, vec![1, 0]);
        add(Extension::EXTENDED_MASTER_SECRET, Vec::new());
    }
    if question.version >= ProtocolVersion::TLS_1_2 {
        let signatures = block(Width::Two, &pairs(SIGNATURES))?;
        add(Extension::SIGNATURE_ALGORITHMS, signatures);
    }
    if question.version == ProtocolVersion::TLS_1_3 {
        let versions = block(Width::One, &pairs([question.version.0]))?;
        add(Extension::SUPPORTED_VERSIONS, versions);
        // Pre-shared keys with a fresh exchange: some hosts want to hear it although no key is offered.
        add(Extension::PSK_KEY_EXCHANGE_MODES, vec![1, 1]);
        let mut share = X25519.to_be_bytes().to_vec();
        put_block(&mut share, "the key share", Width::Two, &question.random)?;
        add(Extension::KEY_SHARE, block(Width::Two, &share)?);
    }
    Ok(extensions)
}

/// The name as TLS carries it; addresses may not be sent (RFC 6066 3).
fn dns_name(name: &str) -> Option<&str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let spelled = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    let is_name = spelled && !name.is_empty() && name.len() <= 255;
    (is_name && name.parse::<IpAddr>().is_err()).then_some(name)
}

fn block(width: Width, bytes: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    put_block(&mut out, "a list", width, bytes)?;
    Ok(out)
}

fn pairs(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// Numbers of two bytes; half a number at the end is left out.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.first_chunk::<2>())
        .map(|pair| u16::from_be_bytes(*pair))
}

#[cfg(test)]
mod tests {
    use super::dns_name;

    #[test]
    fn only_dns_names_are_told() {
        for (name, told) in [
            ("host.corp.test", Some("host.corp.test")),
            ("HOST_1.", Some("HOST_1")),
            ("127.0.0.1", None),
            ("::1", None),
            ("[::1]", None),
            ("", None),
            ("hôst", None),
        ] {
            assert_eq!(dns_name(name), told, "{name}");
        }
    }
}
