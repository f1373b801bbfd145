//! Facts about runner.
