//! Reporters: each turns the event stream of a run, or the visits of a probe, into one format, and sees nothing else.

use std::io;

use crate::event::Event;

pub mod diagnosis;
pub mod explain;
pub mod history;
pub mod human;
pub mod jsonl;
pub mod probe;
pub mod progress;
pub mod rdp_file;
mod text;
pub mod veil;

pub use crate::report::human::Human;
pub use crate::report::jsonl::JsonLines;
pub use crate::report::progress::Progress;

/// Turns events into one format.
pub trait Reporter: Send {
    /// Takes the next event; what belongs to it is written and flushed before this returns.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}
