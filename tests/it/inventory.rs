//! Facts about inventory.
