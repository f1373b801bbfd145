//! Facts about tidy.
