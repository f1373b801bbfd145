//! Facts about the dashboard: who is let in, what is shown, and how it looks in a browser.
#![cfg(test)]

mod api;
mod bounds;
mod browser;
mod example;
mod fleet;
mod guard;
mod jobs;
mod months;
mod pages;
mod rig;
mod sign_in;

/// What the README shows of it.
pub(crate) const PICTURE: &str = "docs/images/dashboard.png";
