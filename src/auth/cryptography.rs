//! The ciphers and keys of NTLMv2 (MS-NLMP 3.3.2 and 3.4), for the server's side. Knows no message layouts.

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use md4::Md4;
use md5::Digest as _;
use md5::Md5;

use crate::auth::AuthError;
use crate::auth::Sealed;

/// What MD4, MD5, HMAC-MD5 and NTLM's keys have in common: 16 bytes.
pub(super) type Block = [u8; 16];

const CLIENT_SIGNING: &[u8] = b"session key to client-to-server signing key magic constant\0";
const CLIENT_SEALING: &[u8] = b"session key to client-to-server sealing key magic constant\0";
const SERVER_SIGNING: &[u8] = b"session key to server-to-client signing key magic constant\0";
const SERVER_SEALING: &[u8] = b"session key to server-to-client sealing key magic constant\0";

/// The text as NTLM hashes and sends it.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub(super) fn md5(parts: &[&[u8]]) -> Block {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

pub(super) fn hmac_md5(key: &Block, parts: &[&[u8]]) -> Block {
    // HMAC itself pads a short key with zeros to the size of the hash's block.
    let mut padded = [0; 64];
    for (slot, byte) in padded.iter_mut().zip(key) {
        *slot = *byte;
    }
    let mut mac = Hmac::<Md5>::new(&padded.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// `NTOWFv2`: what stands for the password.
pub(super) fn password_key(user: &str, domain: &str, password: &str) -> Block {
    let hash: Block = Md4::digest(utf16(password)).into();
    hmac_md5(&hash, &[&utf16(&user.to_uppercase()), &utf16(domain)])
}

/// MD5 of the channel binding structure with empty addresses, as it stands in AV pair 10 (MS-NLMP 3.1.5.1.2).
pub(super) fn channel_binding_hash(application_data: &[u8]) -> Block {
    let length = u32::try_from(application_data.len()).unwrap_or(u32::MAX);
    md5(&[&[0; 16], &length.to_le_bytes(), application_data])
}

/// RC4, which NTLM seals with; the state runs on from message to message.
#[derive(Clone)]
pub(super) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub(super) fn new(key: &Block) -> Self {
        let mut state = [0; 256];
        for (value, slot) in (0..=u8::MAX).zip(state.iter_mut()) {
            *slot = value;
        }
        let mut cipher = Self { state, i: 0, j: 0 };
        let mut j = 0_u8;
        for (i, key) in (0..=u8::MAX).zip(key.iter().cycle()) {
            j = j.wrapping_add(cipher.at(i)).wrapping_add(*key);
            cipher.state.swap(usize::from(i), usize::from(j));
        }
        cipher
    }

    pub(super) fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        data.iter().map(|byte| byte ^ self.next()).collect()
    }

    fn next(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        self.j = self.j.wrapping_add(self.at(self.i));
        self.state.swap(usize::from(self.i), usize::from(self.j));
        self.at(self.at(self.i).wrapping_add(self.at(self.j)))
    }

    fn at(&self, index: u8) -> u8 {
        self.state.get(usize::from(index)).copied().unwrap_or(0)
    }
}

/// Whether the checksums of signatures are encrypted too, which follows from whether a key was exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    Encrypted,
    Plain,
}

/// One direction of a session: keys, cipher state and the number of the next message.
#[derive(Clone)]
struct Stream {
    signing: Block,
    cipher: Rc4,
    sequence: u32,
    checksum: Checksum,
}

impl Stream {
    fn new(session_key: &Block, magic: [&[u8]; 2], checksum: Checksum) -> Self {
        let [signing, sealing] = magic;
        Self {
            signing: md5(&[session_key, signing]),
            cipher: Rc4::new(&md5(&[session_key, sealing])),
            sequence: 0,
            checksum,
        }
    }

    /// The signature of a plain text (MS-NLMP 3.4.4.2), after its data has gone through the cipher.
    fn sign(&mut self, plain: &[u8]) -> Block {
        let sequence = self.sequence.to_le_bytes();
        self.sequence = self.sequence.wrapping_add(1);
        let digest = hmac_md5(&self.signing, &[&sequence, plain]);
        let (checksum, _) = digest.split_at(8);
        let checksum = match self.checksum {
            Checksum::Encrypted => self.cipher.apply(checksum),
            Checksum::Plain => checksum.to_vec(),
        };
        let mut signature = [0; 16];
        let parts = [1, 0, 0, 0].into_iter().chain(checksum).chain(sequence);
        for (slot, byte) in signature.iter_mut().zip(parts) {
            *slot = byte;
        }
        signature
    }

    /// The signature over SPNEGO's list of mechanisms: it uses up a number but no cipher state (MS-SPNG 3.3.5.1).
    fn sign_mechanisms(&mut self, mechanisms: &[u8]) -> Block {
        let cipher = self.cipher.clone();
        let signature = self.sign(mechanisms);
        self.cipher = cipher;
        signature
    }
}

/// The server's side of an established session.
#[derive(Clone)]
pub(super) struct ServerSession {
    from_client: Stream,
    to_client: Stream,
}

impl ServerSession {
    pub(super) fn new(session_key: &Block, checksum: Checksum) -> Self {
        Self {
            from_client: Stream::new(session_key, [CLIENT_SIGNING, CLIENT_SEALING], checksum),
            to_client: Stream::new(session_key, [SERVER_SIGNING, SERVER_SEALING], checksum),
        }
    }

    pub(super) fn seal(&mut self, plain: &[u8]) -> Sealed {
        let data = self.to_client.cipher.apply(plain);
        let token = self.to_client.sign(plain).to_vec();
        Sealed { token, data }
    }

    pub(super) fn unseal(&mut self, sealed: &Sealed) -> Result<Vec<u8>, AuthError> {
        let plain = self.from_client.cipher.apply(&sealed.data);
        if self.from_client.sign(&plain).as_slice() == sealed.token {
            return Ok(plain);
        }
        Err(AuthError::BrokenSeal {
            reason: "the signature does not fit the message".to_owned(),
        })
    }

    /// Checks the client's signature over its list of mechanisms and gives ours.
    pub(super) fn exchange_signatures(
        &mut self,
        mechanisms: &[u8],
        theirs: &[u8],
    ) -> Result<Block, AuthError> {
        if self.from_client.sign_mechanisms(mechanisms).as_slice() != theirs {
            return Err(AuthError::BrokenSeal {
                reason: "the list of mechanisms was altered on the way".to_owned(),
            });
        }
        Ok(self.to_client.sign_mechanisms(mechanisms))
    }
}

#[cfg(test)]
mod tests {
    use super::Rc4;
    use super::channel_binding_hash;
    use super::hmac_md5;
    use super::password_key;

    #[test]
    fn rc4_agrees_with_a_published_vector() {
        // RFC 6229, 128-bit key 0x0102..10, offset 0.
        let key = std::array::from_fn(|index| u8::try_from(index + 1).unwrap());
        let stream = Rc4::new(&key).apply(&[0; 4]);
        assert_eq!(stream, [0x9a, 0xc7, 0xcc, 0x9a]);
    }

    #[test]
    fn the_password_key_agrees_with_the_specification() {
        // MS-NLMP 4.2.4.1.1: user `User`, domain `Domain`, password `Password`.
        let key = password_key("User", "Domain", "Password");
        assert_eq!(
            key,
            [
                0x0c, 0x86, 0x8a, 0x40, 0x3b, 0xfd, 0x7a, 0x93, 0xa3, 0x00, 0x1e, 0xf2, 0x2e, 0xf0,
                0x2e, 0x3f
            ]
        );
    }

    #[test]
    fn hmac_md5_agrees_with_a_published_vector() {
        // RFC 2202, test case 1.
        let mac = hmac_md5(&[0x0b; 16], &[b"Hi ", b"There"]);
        assert_eq!(mac[..4], [0x92, 0x94, 0x72, 0x7a]);
    }

    #[test]
    fn the_channel_binding_hash_depends_on_the_certificate() {
        assert_ne!(channel_binding_hash(b"a"), channel_binding_hash(b"b"));
    }
}
