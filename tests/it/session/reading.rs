//! Facts, soon.
