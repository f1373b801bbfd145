//! Facts about docs.
