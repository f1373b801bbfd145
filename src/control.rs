//! Controls (what a rule book asks for) and waivers (deviations that somebody answers for), as plain data.
//!
//! Knows names, weights and dates; must not know files, hosts or how anything is looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

/// How many days before its end a waiver begins to say so.
pub const NOTICE_DAYS: i64 = 10;

/// One rule that a task checks: `control:` of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Stable identifier that histories and waivers go by: `RDP-NLA`. Letters, digits, `.`, `_`, `-` and `:`.
    pub id: Arc<str>,
    /// What it asks for, in a few words.
    pub title: Option<Arc<str>>,
    /// How much it matters.
    pub severity: Severity,
    /// Where it comes from: `CIS 18.10.57.3.9.4`, `STIG V-254369`.
    pub references: Vec<Arc<str>>,
}

/// The controls of plays, as far as they are known before a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controls {
    /// By identifier.
    pub known: BTreeMap<Arc<str>, Arc<Control>>,
    /// Whether tasks may bring others: a file is included whose name only the run tells.
    pub open: bool,
}

/// How much a control matters, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// Nice to know.
    Info,
    /// Little.
    Low,
    /// As much as most.
    #[default]
    Medium,
    /// Much.
    High,
    /// Most.
    Critical,
}

/// The longest identifier of a control, in letters.
pub const LONGEST_ID: usize = 100;

/// What keeps a text from being the identifier of a control; `None` when nothing does.
pub fn flaw_of_id(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    if text.chars().count() > LONGEST_ID {
        return Some(format!("it is longer than {LONGEST_ID} letters"));
    }
    let is_allowed = |letter: &char| letter.is_ascii_alphanumeric() || ".-_:".contains(*letter);
    let wrong = text.chars().find(|letter| !is_allowed(letter))?;
    Some(match wrong {
        ' ' => "it holds a space".to_owned(),
        wrong => format!("it holds `{}`", wrong.escape_default()),
    })
}

impl Severity {
    /// All of them, least first.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The word in playbooks and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// From its word; `None` for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.word() == word)
    }
}

/// One deviation that is accepted until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The host pattern, as written.
    pub hosts: Arc<str>,
    /// The control's identifier.
    pub control: Arc<str>,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
    /// The last day on which it holds.
    pub expires: Date,
}

/// Whether a waiver still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// It holds for so many more days, at most [`NOTICE_DAYS`]; 0 means that today is the last.
    EndsSoon {
        /// Days left after today.
        days: i64,
    },
    /// It ended so many days ago, at least 1, and waives nothing any more.
    Expired {
        /// Days since its last day.
        days: i64,
    },
}

impl Standing {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::EndsSoon { .. } => "ends_soon",
            Self::Expired { .. } => "expired",
        }
    }
}

impl Waiver {
    /// Whether it holds on a day.
    pub fn standing(&self, today: Date) -> Standing {
        let days = days_between(today, self.expires);
        match days {
            ..0 => Standing::Expired {
                days: days.saturating_neg(),
            },
            0..=NOTICE_DAYS => Standing::EndsSoon { days },
            _ => Standing::Holds,
        }
    }

    /// Whether it waives anything on a day.
    pub fn holds(&self, today: Date) -> bool {
        !matches!(self.standing(today), Standing::Expired { .. })
    }
}

/// Days from one day to another; negative when the other is earlier. Civil days have no time zones to stumble over.
fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours().div_euclid(24)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Severity;
    use super::Standing;
    use super::Waiver;
    use super::flaw_of_id;

    fn until_the_tenth() -> Waiver {
        Waiver {
            hosts: "all".into(),
            control: "RDP-NLA".into(),
            owner: "ops".into(),
            reason: "old clients".into(),
            expires: date(2026, 3, 30),
        }
    }

    #[test]
    fn a_waiver_holds_on_its_last_day_and_not_after() {
        let waiver = until_the_tenth();
        assert_eq!(
            waiver.standing(date(2026, 3, 30)),
            Standing::EndsSoon { days: 0 }
        );
        assert_eq!(
            waiver.standing(date(2026, 3, 31)),
            Standing::Expired { days: 1 }
        );
    }

    #[test]
    fn a_waiver_says_ten_days_before_that_it_ends() {
        let waiver = until_the_tenth();
        assert_eq!(waiver.standing(date(2026, 3, 19)), Standing::Holds);
        assert_eq!(
            waiver.standing(date(2026, 3, 20)),
            Standing::EndsSoon { days: 10 }
        );
    }

    #[test]
    fn identifiers_are_made_of_letters_digits_and_four_signs() {
        for good in ["RDP-NLA", "xccdf_org.cis:rule.1", "5"] {
            assert_eq!(flaw_of_id(good), None, "{good}");
        }
        for bad in ["", "RDP NLA", "RDP/NLA", "É", "a\nb", &"x".repeat(101)] {
            assert!(flaw_of_id(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn severities_are_read_by_their_words() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_word(severity.word()), Some(severity));
        }
        assert_eq!(Severity::from_word("terrible"), None);
    }
}
