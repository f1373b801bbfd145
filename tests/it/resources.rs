//! Facts about resources.
