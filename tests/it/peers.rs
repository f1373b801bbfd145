//! Facts about peers.
