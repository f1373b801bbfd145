//! Facts about the plaintext part of TLS: the codec alone, against a TLS library, and its two sides over sockets.
#![cfg(test)]

mod codec;
