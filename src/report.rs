//! Reporters: each turns the event stream into one format, and sees nothing else of a run.

use std::io;

use crate::event::Event;

pub mod diagnosis;
pub mod human;
pub mod jsonl;
pub mod progress;
mod text;

pub use crate::report::human::Human;
pub use crate::report::jsonl::JsonLines;
pub use crate::report::progress::Progress;

/// Turns events into one format.
pub trait Reporter: Send {
    /// Takes the next event; what belongs to it is written and flushed before this returns.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}
