//! What may be typed after `rdpfix explain`.

use clap::Args;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The number: `0x904`, `2308`, `-1073741715`, `0xC000006D`, `schannel:36870`, or `event 36870`
    #[arg(
        value_name = "CODE",
        required_unless_present = "search",
        allow_negative_numbers = true
    )]
    pub code: Option<String>,
    /// The extended error code, or the number of an event
    #[arg(value_name = "EXTENDED", allow_negative_numbers = true)]
    pub extended: Option<String>,
    /// List everything whose text has all of these words
    #[arg(long, value_name = "WORDS", conflicts_with = "code", num_args = 1..)]
    pub search: Vec<String>,
}
