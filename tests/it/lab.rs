//! Facts about lab.
