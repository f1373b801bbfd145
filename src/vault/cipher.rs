//! The inside of a vault text: keys from a password, the proof, the cipher, the padding.
//!
//! PBKDF2-HMAC-SHA256, 10,000 rounds, 80 bytes: 32 for AES-256, 32 for HMAC-SHA256, 16 for the counter. Key material is
//! cleared when it is dropped.

use std::num::NonZero;

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::KeyIvInit;
use ctr::cipher::StreamCipher;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use ring::pbkdf2::PBKDF2_HMAC_SHA256;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::vault::envelope::Envelope;
use crate::vault::password::Password;

/// Rounds of the derivation; the format has no field for another number.
const ROUNDS: NonZero<u32> = NonZero::new(10_000).unwrap();
/// Bytes in a block of AES.
const BLOCK: u8 = 16;

/// The keys of one password and one salt.
pub(super) struct Keys {
    cipher: Zeroizing<[u8; 32]>,
    proof: Zeroizing<[u8; 32]>,
    counter: Zeroizing<[u8; 16]>,
}

/// Why keys do not open a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// They are not the ones that closed it, or it was changed since.
    Proof,
    /// They are the right ones; whoever encrypted it padded it wrongly.
    Padding,
}

impl Keys {
    /// Derives the keys: some milliseconds of work.
    pub(super) fn derive(password: &Password, salt: &[u8]) -> Self {
        let mut material = Zeroizing::new([0; 80]);
        // Not generic, and so as fast in a debug build as in any other.
        ring::pbkdf2::derive(
            PBKDF2_HMAC_SHA256,
            ROUNDS,
            salt,
            password.bytes(),
            &mut *material,
        );
        let mut keys = Self {
            cipher: Zeroizing::new([0; 32]),
            proof: Zeroizing::new([0; 32]),
            counter: Zeroizing::new([0; 16]),
        };
        let places = keys
            .cipher
            .iter_mut()
            .chain(keys.proof.iter_mut())
            .chain(keys.counter.iter_mut());
        for (place, byte) in places.zip(material.iter()) {
            *place = *byte;
        }
        keys
    }

    /// What is in a text. The proof is looked at first, in constant time.
    pub(super) fn open(&self, envelope: &Envelope) -> Result<Zeroizing<Vec<u8>>, Closed> {
        self.mac(&envelope.encrypted)
            .verify(&envelope.proof.into())
            .map_err(|_mismatch| Closed::Proof)?;
        let mut bytes = Zeroizing::new(envelope.encrypted.clone());
        self.apply(&mut bytes);
        let length = unpadded(&bytes).ok_or(Closed::Padding)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Encrypts and proves.
    pub(super) fn seal(&self, clear: &[u8], salt: Vec<u8>, label: Option<String>) -> Envelope {
        // Never more than a block; the remainder of a division by 16 is a byte.
        let used = u8::try_from(clear.len() % usize::from(BLOCK)).unwrap_or_default();
        let padding = BLOCK - used;
        let mut bytes = Vec::with_capacity(clear.len() + usize::from(BLOCK));
        bytes.extend_from_slice(clear);
        bytes.resize(clear.len() + usize::from(padding), padding);
        self.apply(&mut bytes);
        let proof = self.mac(&bytes).finalize().into_bytes().into();
        Envelope {
            label,
            salt,
            proof,
            encrypted: bytes,
        }
    }

    fn mac(&self, encrypted: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new((&*padded_key(&self.proof)).into());
        mac.update(encrypted);
        mac
    }

    /// Encrypting and decrypting are the same.
    fn apply(&self, bytes: &mut [u8]) {
        let mut cipher = Ctr128BE::<Aes256>::new((&*self.cipher).into(), (&*self.counter).into());
        cipher.apply_keystream(bytes);
    }
}

/// HMAC takes keys of a block of the hash; shorter ones are filled up with zeros, as its definition says.
fn padded_key(key: &[u8; 32]) -> Zeroizing<[u8; 64]> {
    let mut padded = Zeroizing::new([0; 64]);
    for (place, byte) in padded.iter_mut().zip(key) {
        *place = *byte;
    }
    padded
}

/// The length without PKCS#7's padding.
fn unpadded(bytes: &[u8]) -> Option<usize> {
    let padding = *bytes.last()?;
    let length = bytes.len().checked_sub(usize::from(padding))?;
    let fits =
        (1..=BLOCK).contains(&padding) && bytes.iter().skip(length).all(|byte| *byte == padding);
    fits.then_some(length)
}
