//! Facts about wsman.
