//! The service's own lines on standard error: for people, or a JSON object each.

use std::io::Write;

use serde::Serialize;

use crate::cli::args::LogFormat;
use crate::service::errand::Log;
use crate::service::said::Said;
use crate::service::said::Weight;

/// The version of the lines; grows only when a field changes its meaning or goes away.
const VERSION: u8 = 1;

/// Writes lines.
#[derive(Debug, Clone, Copy)]
pub struct Lines(pub LogFormat);

#[derive(Serialize)]
struct Line<'s> {
    v: u8,
    level: &'static str,
    #[serde(flatten)]
    said: &'s Said,
}

impl Lines {
    fn line(self, said: &Said) -> String {
        let level = match said.what.weight() {
            Weight::Plain => "info",
            Weight::Warning => "warning",
            Weight::Error => "error",
        };
        match self.0 {
            LogFormat::Json => serde_json::to_string(&Line {
                v: VERSION,
                level,
                said,
            })
            .unwrap_or_default(),
            LogFormat::Human => {
                let at = said.at.strftime("%Y-%m-%dT%H:%M:%SZ");
                let level = match said.what.weight() {
                    Weight::Plain => String::new(),
                    Weight::Warning | Weight::Error => format!("{level}: "),
                };
                let job = said.job.as_ref();
                let job = job.map_or_else(String::new, |job| format!("{job}: "));
                let text = said.what.to_string();
                // What has several lines stays one thing.
                format!(
                    "{at} {level}{job}{}",
                    text.trim_end().replace('\n', "\n    ")
                )
            }
        }
    }
}

impl Log for Lines {
    fn say(&self, said: &Said) {
        // Whoever closed standard error wants to hear nothing.
        let _written = writeln!(std::io::stderr(), "{}", self.line(said));
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Lines;
    use crate::cli::args::LogFormat;
    use crate::service::said::Said;
    use crate::service::said::What;

    fn said(why: &str) -> Said {
        Said {
            at: Timestamp::UNIX_EPOCH,
            job: Some("nightly".into()),
            what: What::RunNotBegun {
                why: why.to_owned(),
            },
        }
    }

    #[test]
    fn people_get_a_line_with_time_weight_and_job() {
        assert_eq!(
            Lines(LogFormat::Human).line(&said("one\ntwo\n")),
            "1970-01-01T00:00:00Z error: nightly: cannot be run: one\n    two"
        );
    }

    #[test]
    fn programs_get_an_object() {
        assert_eq!(
            Lines(LogFormat::Json).line(&said("one\ntwo")),
            r#"{"v":1,"level":"error","ts":"1970-01-01T00:00:00Z","job":"nightly","type":"run_not_begun","why":"one\ntwo"}"#
        );
    }
}
