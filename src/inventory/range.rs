//! Names with ranges: `web[01:20].corp`, `db-[a:c]`.

/// How many hosts one name may stand for.
pub(super) const LIMIT: usize = 100_000;

/// What is wrong with a range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RangeError {
    /// No `]`, or no `:` between the brackets.
    #[error("`[{0}` is not a range")]
    Malformed(String),
    /// Neither two numbers nor two letters.
    #[error("`[{0}]` goes neither from a number to a number nor from a letter to a letter")]
    Ends(String),
    /// `[01:100]`.
    #[error(
        "the ends of `[{0}]` must have as many digits as each other, because the first begins with 0"
    )]
    Width(String),
    /// `[5:1]`.
    #[error("`[{0}]` runs backwards")]
    Backwards(String),
    /// `[fe80::1]`.
    #[error("`[{0}]` is an address and no range")]
    Address(String),
    /// A step of nothing.
    #[error("the step of `[{0}]` must be a whole number of at least 1")]
    Step(String),
    /// More than [`LIMIT`].
    #[error("more than {LIMIT} hosts")]
    TooMany,
}

impl RangeError {
    /// What to do instead.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Address(_) => {
                "write an address without brackets, or with a port: `[fe80::1]:5986`"
            }
            Self::Malformed(_)
            | Self::Ends(_)
            | Self::Width(_)
            | Self::Backwards(_)
            | Self::Step(_)
            | Self::TooMany => "ranges look like `web[01:20]` or `db[a:c]`",
        }
    }

    /// Whether Ansible goes on without the hosts; any other mistake costs it the source.
    pub(super) fn is_passed_over(&self) -> bool {
        matches!(self, Self::Backwards(range) if !range.starts_with(|letter: char| letter.is_alphabetic()))
    }
}

/// The names that a name with ranges stands for, the leftmost range changing slowest; the name itself when it has none.
pub(super) fn expand(name: &str) -> Result<Vec<String>, RangeError> {
    if !name.contains('[') {
        return Ok(vec![name.to_owned()]);
    }
    let mut names = vec![String::new()];
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((range, behind)) = after.split_once(']') else {
            return Err(RangeError::Malformed(after.to_owned()));
        };
        if before.contains(']') {
            return Err(RangeError::Malformed(after.to_owned()));
        }
        if range.matches(':').count() > 2 || range.contains("::") {
            return Err(RangeError::Address(range.to_owned()));
        }
        let members = members(range)?;
        if names.len().saturating_mul(members.len()) > LIMIT {
            return Err(RangeError::TooMany);
        }
        names = names
            .iter()
            .flat_map(|name| {
                members
                    .iter()
                    .map(move |member| format!("{name}{before}{member}"))
            })
            .collect();
        rest = behind;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

fn members(range: &str) -> Result<Vec<String>, RangeError> {
    let mut parts = range.split(':');
    let (Some(begin), Some(end), step) = (parts.next(), parts.next(), parts.next()) else {
        return Err(RangeError::Malformed(range.to_owned()));
    };
    let step = match step {
        None => 1,
        Some(step) => step
            .parse()
            .ok()
            .filter(|step| *step > 0)
            .ok_or_else(|| RangeError::Step(range.to_owned()))?,
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if let (Some(first), Some(last)) = (letter(begin), letter(end)) {
        return letters(range, first, last, step);
    }
    numbers(range, begin, end, step)
}

fn letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    let first = letters.next().filter(char::is_ascii_alphabetic)?;
    letters.next().is_none().then_some(first)
}

fn letters(range: &str, first: char, last: char, step: usize) -> Result<Vec<String>, RangeError> {
    let alphabet = ('a'..='z').chain('A'..='Z');
    let members: Vec<String> = alphabet
        .skip_while(|letter| *letter != first)
        .take_while({
            let mut ended = false;
            move |letter| !std::mem::replace(&mut ended, *letter == last)
        })
        .step_by(step)
        .map(String::from)
        .collect();
    let position = |wanted: char| {
        ('a'..='z')
            .chain('A'..='Z')
            .position(|letter| letter == wanted)
    };
    if position(last) < position(first) {
        return Err(RangeError::Backwards(range.to_owned()));
    }
    Ok(members)
}

fn numbers(range: &str, begin: &str, end: &str, step: usize) -> Result<Vec<String>, RangeError> {
    let number = |text: &str| -> Option<usize> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits)
    };
    let (Some(first), Some(last)) = (number(begin), number(end)) else {
        return Err(RangeError::Ends(range.to_owned()));
    };
    let padded = begin.len() > 1 && begin.starts_with('0');
    if padded && begin.len() != end.len() {
        return Err(RangeError::Width(range.to_owned()));
    }
    if last < first {
        return Err(RangeError::Backwards(range.to_owned()));
    }
    if (last - first) / step >= LIMIT {
        return Err(RangeError::TooMany);
    }
    let width = if padded { begin.len() } else { 0 };
    Ok((first..=last)
        .step_by(step)
        .map(|number| format!("{number:0width$}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::RangeError;
    use super::expand;

    #[test]
    fn ranges_expand_as_ansible_does() {
        let cases: [(&str, &[&str]); 7] = [
            ("plain", &["plain"]),
            (
                "web[01:03].corp",
                &["web01.corp", "web02.corp", "web03.corp"],
            ),
            ("db-[a:b]-[1:2]", &["db-a-1", "db-a-2", "db-b-1", "db-b-2"]),
            ("x[:2]", &["x0", "x1", "x2"]),
            ("x[8:12:2]", &["x8", "x10", "x12"]),
            ("x[y:B]", &["xy", "xz", "xA", "xB"]),
            ("x[5:5]", &["x5"]),
        ];
        for (name, hosts) in cases {
            assert_eq!(expand(name).unwrap(), hosts, "{name}");
        }
    }

    #[test]
    fn a_wrong_range_is_told() {
        let text = |text: &str| text.to_owned();
        assert_eq!(expand("x[1"), Err(RangeError::Malformed(text("1"))));
        assert_eq!(expand("x[1]"), Err(RangeError::Malformed(text("1"))));
        assert_eq!(expand("x[1:]"), Err(RangeError::Ends(text("1:"))));
        assert_eq!(expand("x[01:100]"), Err(RangeError::Width(text("01:100"))));
        assert_eq!(expand("x[5:1]"), Err(RangeError::Backwards(text("5:1"))));
        assert_eq!(expand("x[b:a]"), Err(RangeError::Backwards(text("b:a"))));
        assert_eq!(expand("x[1:9:0]"), Err(RangeError::Step(text("1:9:0"))));
        assert_eq!(expand("x[1:9:]"), Err(RangeError::Step(text("1:9:"))));
        assert_eq!(
            expand("[fe80::1]"),
            Err(RangeError::Address(text("fe80::1")))
        );
        assert_eq!(expand("x[1:99999999999]"), Err(RangeError::TooMany));
        assert_eq!(expand("x[1:999][1:999]"), Err(RangeError::TooMany));
    }
}
