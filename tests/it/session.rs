//! Facts about session.
