//! Colours of a terminal.

use std::borrow::Cow;

/// Whether output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    Always,
    /// Plain text.
    Never,
}

/// What a colour stands for, as people know it from Ansible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Tint {
    Plain,
    Ok,
    Changed,
    Skipped,
    Failed,
    Unreachable,
    Verbose,
    Warning,
    Added,
    Removed,
    Place,
}

impl Tint {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Ok | Self::Added => Some("0;32"),
            Self::Changed => Some("0;33"),
            Self::Skipped | Self::Place => Some("0;36"),
            Self::Failed | Self::Removed => Some("0;31"),
            Self::Unreachable => Some("1;31"),
            Self::Verbose => Some("0;34"),
            Self::Warning => Some("1;35"),
        }
    }
}

/// The text in its colour.
pub(in crate::report) fn paint(colour: Colour, tint: Tint, text: &str) -> Cow<'_, str> {
    match (colour, tint.code()) {
        (Colour::Always, Some(code)) if !text.is_empty() => {
            Cow::Owned(format!("\u{1b}[{code}m{text}\u{1b}[0m"))
        }
        _ => Cow::Borrowed(text),
    }
}
