//! Conditions of a query that are more than one property with one text: numbers, truth values, moments, limits.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What has to hold for a property.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// Property name.
    pub property: String,
    /// How it has to stand to the literal.
    pub operator: Operator,
    /// What it is compared with.
    pub literal: Literal,
}

/// How a property has to stand to a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`; of several numbers, it equals one of them.
    Equal,
    /// `>=`; of several numbers, it is not less than one of them.
    NotLess,
}

/// What a property is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// A text, compared by the host without regard to letter case.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A truth value.
    Flag(bool),
    /// A moment.
    DateTime(Timestamp),
    /// Any one of several whole numbers, at least one.
    AnyOf(Vec<i64>),
}

impl Comparison {
    /// The property equals the literal.
    pub fn equal(property: &str, literal: Literal) -> Self {
        Self {
            property: property.to_owned(),
            operator: Operator::Equal,
            literal,
        }
    }

    /// The property is the literal or more.
    pub fn not_less(property: &str, literal: Literal) -> Self {
        Self {
            property: property.to_owned(),
            operator: Operator::NotLess,
            literal,
        }
    }
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotLess => ">=",
        }
    }
}

/// The condition in WQL, in parentheses where it has alternatives, so that conditions can be joined by `AND`.
impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let term = |literal: &str| format!("{}{}{literal}", self.property, self.operator.sign());
        match &self.literal {
            Literal::Text(text) => formatter.write_str(&term(&quoted(text))),
            Literal::Number(number) => formatter.write_str(&term(&number.to_string())),
            Literal::Flag(true) => formatter.write_str(&term("TRUE")),
            Literal::Flag(false) => formatter.write_str(&term("FALSE")),
            Literal::DateTime(moment) => formatter.write_str(&term(&quoted(&dmtf(*moment)))),
            Literal::AnyOf(numbers) => {
                let terms: Vec<String> = numbers
                    .iter()
                    .map(|number| term(&number.to_string()))
                    .collect();
                write!(formatter, "({})", terms.join(" OR "))
            }
        }
    }
}

/// A WQL string literal: backslash and quote are escaped by a backslash.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A moment as WMI spells it: `yyyymmddHHMMSS.mmmmmmsUUU`, here always in UTC (CIM infrastructure DSP0004, 5.5.1).
pub fn dmtf(moment: Timestamp) -> String {
    let at = moment.to_zoned(TimeZone::UTC);
    let micros = at.subsec_nanosecond() / 1000;
    format!("{}.{micros:06}+000", at.strftime("%Y%m%d%H%M%S"))
}

/// The moment that a text of 25 characters spells; `None` for anything else, intervals and wildcards among it.
pub fn from_dmtf(text: &str) -> Option<Timestamp> {
    let part = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(digits)
    };
    let number = |from: usize, to: usize| part(from, to)?.parse::<i64>().ok();
    if text.len() != 25 || text.get(14..15) != Some(".") {
        return None;
    }
    let minutes = match text.get(21..22)? {
        "+" => number(22, 25)?,
        "-" => -number(22, 25)?,
        _ => return None,
    };
    let written = format!(
        "{}-{}-{}T{}:{}:{}.{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?,
        part(15, 21)?
    );
    let local: Timestamp = written.parse().ok()?;
    local
        .checked_sub(jiff::SignedDuration::from_mins(minutes))
        .ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Comparison;
    use super::Literal;
    use super::dmtf;
    use super::from_dmtf;

    #[test]
    fn each_literal_is_spelled_as_wql_wants_it() {
        let at = "2026-03-04T05:06:07.000089Z".parse().unwrap();
        for (comparison, expected) in [
            (
                Comparison::equal("Address", Literal::Text("it's".to_owned())),
                r"Address='it\'s'",
            ),
            (Comparison::equal("State", Literal::Number(2)), "State=2"),
            (
                Comparison::equal("LocalAccount", Literal::Flag(true)),
                "LocalAccount=TRUE",
            ),
            (
                Comparison::not_less("TimeWritten", Literal::DateTime(at)),
                "TimeWritten>='20260304050607.000089+000'",
            ),
            (
                Comparison::equal("EventCode", Literal::AnyOf(vec![50, 56])),
                "(EventCode=50 OR EventCode=56)",
            ),
        ] {
            assert_eq!(comparison.to_string(), expected);
        }
    }

    #[test]
    fn an_offset_is_minutes_east_of_utc() {
        let expected = "2026-01-01T00:30:00Z".parse().ok();
        assert_eq!(from_dmtf("20260101023000.000000+120"), expected);
        assert_eq!(from_dmtf("20251231193000.000000-300"), expected);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "20260101",
            "00000001000000.000000:000",
            "20261301000000.000000+000",
            "2026010102****.000000+000",
            "+02601010230000000000+0000",
        ] {
            assert_eq!(from_dmtf(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_reads_back(seconds in -62_000_000_000_i64..200_000_000_000, micros in 0_i32..1_000_000) {
            let moment = jiff::Timestamp::new(seconds, micros * 1000).unwrap();
            prop_assert_eq!(from_dmtf(&dmtf(moment)), Some(moment));
        }

        #[test]
        fn any_text_is_a_moment_or_not(text in ".{0,30}") {
            let _either = from_dmtf(&text);
        }
    }
}
