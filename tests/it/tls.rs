//! Facts about the plaintext part of TLS: the codec alone and against a TLS library.
#![cfg(test)]

mod codec;
