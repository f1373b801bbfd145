//! What a server says in plain text (RFC 8446 4.1.3, RFC 5246 7.4.1.3 and 7.4.2), both directions. From TLS 1.3 on that
//! is its hello alone.

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

/// These random bytes make a hello of TLS 1.3 a demand to say hello again (RFC 8446 4.1.3): SHA-256 of
/// `HelloRetryRequest`.
pub const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// The first message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello {
    /// The version in its fixed part; see [`ServerHello::selected`].
    pub version: ProtocolVersion,
    /// Random bytes, or [`RETRY`].
    pub random: [u8; 32],
    /// Session; at most 32 bytes.
    pub session: Vec<u8>,
    /// What the server picked.
    pub suite: CipherSuite,
    /// Extensions in their order.
    pub extensions: Vec<Extension>,
}

impl ServerHello {
    /// The version that the server picked. A server that asks for another hello has picked one too.
    pub fn selected(&self) -> ProtocolVersion {
        let told = Extension::find(&self.extensions, Extension::SUPPORTED_VERSIONS)
            .and_then(|body| Reader::new("supported_versions", body).u16().ok());
        told.map_or(self.version, ProtocolVersion)
    }

    /// Whether it asks for another hello, because it wants another key share.
    pub fn asks_again(&self) -> bool {
        self.random == RETRY
    }

    /// The message without its head.
    pub fn body(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = self.version.0.to_be_bytes().to_vec();
        out.extend(self.random);
        put_block(&mut out, "the session id", Width::One, &self.session)?;
        out.extend(self.suite.0.to_be_bytes());
        // No compression.
        out.push(0);
        Extension::put_all(&self.extensions, &mut out)?;
        Ok(out)
    }

    /// Reads the message without its head.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("the ServerHello", body);
        let version = ProtocolVersion(reader.u16()?);
        let random = reader.array()?;
        let session = reader.block(Width::One)?.to_vec();
        let suite = CipherSuite(reader.u16()?);
        reader.u8()?;
        let extensions = Extension::read_all(&mut reader)?;
        reader.end()?;
        Ok(Self {
            version,
            random,
            session,
            suite,
            extensions,
        })
    }
}

/// Reads the certificates of a Certificate message up to TLS 1.2, leaf first, each as DER.
pub fn decode_chain(body: &[u8]) -> Result<Vec<Vec<u8>>, DecodeError> {
    let mut message = Reader::new("the Certificate message", body);
    let mut list = Reader::new("the certificate list", message.block(Width::Three)?);
    message.end()?;
    let mut chain = Vec::new();
    while !list.is_empty() {
        chain.push(list.block(Width::Three)?.to_vec());
    }
    Ok(chain)
}

/// The Certificate message up to TLS 1.2, without its head.
pub fn encode_chain(chain: &[Vec<u8>]) -> Result<Vec<u8>, EncodeError> {
    let mut list = Vec::new();
    for certificate in chain {
        put_block(&mut list, "a certificate", Width::Three, certificate)?;
    }
    let mut body = Vec::new();
    put_block(&mut body, "the certificate list", Width::Three, &list)?;
    Ok(body)
}

/// All that a server says in plain text when the client is to encrypt for its RSA key: hello, certificates, done.
pub fn encode(hello: &ServerHello, chain: &[Vec<u8>]) -> Result<Vec<u8>, EncodeError> {
    let mut messages = message(kind::SERVER_HELLO, &hello.body()?)?;
    messages.extend(message(kind::CERTIFICATE, &encode_chain(chain)?)?);
    messages.extend(message(kind::SERVER_HELLO_DONE, &[])?);
    Ok(record::frame(
        ContentType::HANDSHAKE,
        hello.version,
        &messages,
    ))
}
