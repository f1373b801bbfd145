//! Facts about rdp.
