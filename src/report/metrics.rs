//! The text of OpenMetrics 1.0: heads of families, samples, and texts as they may stand in labels.

use std::fmt::Display;
use std::fmt::Write as _;

use crate::report::text::clean;

/// Characters of one label.
const LABEL: usize = 200;

/// What stands before the samples of a family: its type, its unit when its name says so, and what it is.
pub(super) fn head(text: &mut String, (name, help): (&str, &str), kind: &str) {
    // Writing to a string cannot fail.
    let _written = writeln!(text, "# TYPE {name} {kind}");
    if name.ends_with("_seconds") {
        let _written = writeln!(text, "# UNIT {name} seconds");
    }
    let _written = writeln!(text, "# HELP {name} {help}");
}

/// A sample; `labels` are written out already.
pub(super) fn sample(text: &mut String, name: &str, labels: &str, value: impl Display) {
    let _written = writeln!(text, "{name}{{{labels}}} {value}");
}

/// A text as it may stand between quotes; control characters are written out before, so no line break is left.
pub(super) fn label(text: &str) -> String {
    clean(text, LABEL).replace('\\', r"\\").replace('"', "\\\"")
}
