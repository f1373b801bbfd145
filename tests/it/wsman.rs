//! Facts about WS-Management: recordings of real hosts, the bytes that we write, and hostile input.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod events;
mod example;
mod golden;
mod hostile;
mod peers;
mod recordings;
mod round_trip;
mod rules;
mod sealed;
mod strategy;
