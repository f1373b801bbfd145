//! The plaintext part of a TLS handshake, bytes to values and back, no sockets: enough to ask a host for versions that
//! no current library speaks, and to read what it shows before encryption begins.
