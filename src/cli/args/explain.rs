//! What may be typed after `rdpfix explain`.

use clap::Args;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The number: `0x904`, `2308`, `-1073741715`, `0xC000006D`, `schannel:36870`, or `event 36870`
    #[arg(
        value_name = "CODE",
        required_unless_present = "search",
        allow_hyphen_values = true
    )]
    pub code: Option<String>,
    /// The extended error code, or the number of an event
    #[arg(value_name = "EXTENDED", allow_hyphen_values = true)]
    pub extended: Option<String>,
    /// List everything whose text has these words
    #[arg(long, value_name = "WORDS", conflicts_with = "code")]
    pub search: Option<String>,
}
