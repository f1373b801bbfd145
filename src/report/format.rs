//! Every format in which `apply` and `audit` can tell a run: its name, what it is for, and who writes it.

use std::io::Write;
use std::sync::Arc;

use crate::report::Reporter;
use crate::report::ansible::Ansible;
use crate::report::csv::Csv;
use crate::report::hdf::Hdf;
use crate::report::html::Html;
use crate::report::junit::Junit;
use crate::report::markdown::Markdown;
use crate::report::openmetrics::OpenMetrics;
use crate::report::record::ByHost;
use crate::report::sarif::Sarif;
use crate::report::shelf::Scratch;
use crate::secret::Hidden;

/// A format that is written for programs or for reading later, and comes to be whole at the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ansible's `json` callback.
    Json,
    /// JUnit XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Comma-separated values.
    Csv,
    /// GitHub's Markdown.
    Markdown,
    /// A page.
    Html,
    /// OpenMetrics.
    OpenMetrics,
    /// InSpec's `json` reporter.
    Hdf,
}

/// Names of all reporters of runs, each with what it is for in one line. The first two are written as events come.
pub const REPORTERS: [(&str, &str); 10] = [
    (
        "human",
        "for people: what differs and what went wrong, and a recap",
    ),
    (
        "jsonl",
        "one JSON record a line, as things happen; valid after a crash",
    ),
    (
        "json",
        "one document in the shape of Ansible's `json` callback",
    ),
    (
        "junit",
        "JUnit XML for CI systems: a suite for each host, a case for each control",
    ),
    (
        "sarif",
        "SARIF 2.1.0 for code scanning: a rule for each control",
    ),
    ("csv", "a row for each result, for spreadsheets"),
    ("markdown", "a short summary for comments and job summaries"),
    ("html", "one page to look at, print and pass on"),
    (
        "openmetrics",
        "metrics for node_exporter's textfile collector",
    ),
    ("hdf", "Heimdall Data Format: the JSON of InSpec"),
];

/// What a report is written to.
pub struct Page {
    /// Where it goes; flushed once, when it is complete.
    pub out: Box<dyn Write + Send>,
    /// Room for what is wanted in another order than it comes.
    pub scratch: Box<dyn Scratch>,
    /// What must not be in it.
    pub hidden: Arc<Hidden>,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Json,
        Self::Junit,
        Self::Sarif,
        Self::Csv,
        Self::Markdown,
        Self::Html,
        Self::OpenMetrics,
        Self::Hdf,
    ];

    /// The name after `--reporter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::OpenMetrics => "openmetrics",
            Self::Hdf => "hdf",
        }
    }

    /// From its name; `None` for any other text.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether it needs [`Page::scratch`].
    pub fn needs_scratch(self) -> bool {
        matches!(self, Self::Json | Self::Hdf)
    }

    /// A reporter that writes it. What it writes is complete when it was told [`crate::event::Event::RunEnd`].
    pub fn reporter(self, page: Page) -> Box<dyn Reporter> {
        let Page {
            out,
            scratch,
            hidden,
        } = page;
        match self {
            Self::Json => Box::new(ByHost::new(Ansible::new(out, scratch), hidden)),
            Self::Junit => Box::new(ByHost::new(Junit::new(out), hidden)),
            Self::Sarif => Box::new(ByHost::new(Sarif::new(out), hidden)),
            Self::Csv => Box::new(ByHost::new(Csv::new(out), hidden)),
            Self::Markdown => Box::new(ByHost::new(Markdown::new(out), hidden)),
            Self::Html => Box::new(ByHost::new(Html::new(out), hidden)),
            Self::OpenMetrics => Box::new(ByHost::new(OpenMetrics::new(out), hidden)),
            Self::Hdf => Box::new(ByHost::new(Hdf::new(out, scratch), hidden)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;
    use super::REPORTERS;

    #[test]
    fn every_format_is_in_the_list_of_reporters() {
        let listed: Vec<&str> = REPORTERS.iter().skip(2).map(|(name, _)| *name).collect();
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        assert_eq!(listed, known);
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
    }
}
