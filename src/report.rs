//! Reporters: each turns the event stream of a run, or the visits of a probe, into one format, and sees nothing else.

use std::borrow::Cow;
use std::io;

use crate::event::Event;

mod ansible;
mod csv;
pub mod diagnosis;
pub mod explain;
pub mod format;
mod hdf;
pub mod history;
mod html;
pub mod human;
pub mod jsonl;
mod junit;
mod markdown;
mod metrics;
mod openmetrics;
mod overview;
mod pen;
pub mod probe;
pub mod progress;
pub mod rdp_file;
mod record;
mod sarif;
mod shelf;
mod since;
mod text;

pub use crate::report::format::Format;
pub use crate::report::format::Page;
pub use crate::report::format::REPORTERS;
pub use crate::report::human::Human;
pub use crate::report::jsonl::JsonLines;
pub use crate::report::progress::Progress;
pub use crate::report::shelf::Scratch;

/// A text of a host as people may see it: control characters and direction marks written out, cut when it is long.
pub fn shown(text: &str) -> Cow<'_, str> {
    text::clean(text, text::SHOWN)
}

/// JSON on one line in which nothing stands that a terminal could obey.
pub fn shown_json(json: &str) -> Cow<'_, str> {
    text::clean_json(json)
}

/// Turns events into one format.
pub trait Reporter: Send {
    /// Takes the next event; what belongs to it is written and flushed before this returns.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}
