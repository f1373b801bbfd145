//! `version`: compares versions, loosely, strictly or semantically.

use std::cmp::Ordering;

use crate::diag::alternatives;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::predicates::Predicate;
use crate::syntax::template::value::Value;

pub(super) const PREDICATES: &[Predicate] = &[Predicate::new(
    &["version", "version_compare"],
    version,
    "it compares so with another version; `version_type` is `loose` (the default), `strict` or `semver`",
    ["'10.0.20348' is version('10.0.17763', '>=')", "true"],
)];

/// Operators with the orders for which they hold.
const OPERATORS: [(&str, &[Ordering]); 15] = [
    ("==", &[Ordering::Equal]),
    ("=", &[Ordering::Equal]),
    ("eq", &[Ordering::Equal]),
    ("<", &[Ordering::Less]),
    ("lt", &[Ordering::Less]),
    ("<=", &[Ordering::Less, Ordering::Equal]),
    ("le", &[Ordering::Less, Ordering::Equal]),
    (">", &[Ordering::Greater]),
    ("gt", &[Ordering::Greater]),
    (">=", &[Ordering::Greater, Ordering::Equal]),
    ("ge", &[Ordering::Greater, Ordering::Equal]),
    ("!=", &[Ordering::Less, Ordering::Greater]),
    ("<>", &[Ordering::Less, Ordering::Greater]),
    ("ne", &[Ordering::Less, Ordering::Greater]),
    // Python's spelling of no operator at all.
    ("", &[]),
];

fn version(call: &mut Call<'_, '_>) -> Result<bool, Fault> {
    let other = call.required("version")?;
    let operator = call.text("operator", "eq")?;
    let strict = call.take("strict");
    let kind = call
        .take("version_type")
        .filter(|kind| !matches!(kind, Value::None));
    call.done()?;
    if !call.input.truth()? || !other.truth()? {
        return Err(call.failed("a version is empty"));
    }
    let (left, right) = (call.input.spell()?, other.spell()?);
    let known = OPERATORS
        .iter()
        .find(|(sign, _)| *sign == operator && !sign.is_empty());
    let Some((_, wanted)) = known else {
        let signs = alternatives(
            OPERATORS
                .iter()
                .map(|(sign, _)| *sign)
                .filter(|sign| !sign.is_empty()),
        );
        return Err(call.failed(format!("`{operator}` is none of {signs}")));
    };
    let strict = match (&strict, &kind) {
        (Some(strict), Some(_)) if !matches!(strict, Value::None) => {
            return Err(call.failed("`strict` and `version_type` exclude each other"));
        }
        (Some(strict), _) => strict.truth()?,
        (None, _) => false,
    };
    let kind = kind.map_or(Ok("loose".to_owned()), |kind| kind.spell())?;
    let order = match kind.as_str() {
        _ if strict => order(&left, &right, strictly)?,
        "strict" => order(&left, &right, strictly)?,
        "semver" | "semantic" => order(&left, &right, semantically)?,
        "loose" => loose(&left, &right)?,
        other => {
            let message = format!("`{other}` is none of `loose`, `strict` or `semver`");
            return Err(call.failed(message));
        }
    };
    Ok(wanted.contains(&order))
}

fn order<T: Ord>(left: &str, right: &str, read: fn(&str) -> Option<T>) -> Result<Ordering, Fault> {
    let parsed = |text: &str| {
        read(text).ok_or_else(|| Fault::failed(format!("`version`: `{text}` is no such version")))
    };
    Ok(parsed(left)?.cmp(&parsed(right)?))
}

/// A part of a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u128),
    Word(String),
}

/// Numbers and words in a row; a number and a word have no order between them.
pub(in crate::syntax::template) fn loose(left: &str, right: &str) -> Result<Ordering, Fault> {
    let (left_parts, right_parts) = (parts(left), parts(right));
    for (one, other) in left_parts.iter().zip(&right_parts) {
        let order = match (one, other) {
            (Part::Number(one), Part::Number(other)) => one.cmp(other),
            (Part::Word(one), Part::Word(other)) => one.cmp(other),
            _ => {
                let message = format!(
                    "`version`: `{left}` and `{right}` have a number and a word in the same place"
                );
                return Err(Fault::failed(message));
            }
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(left_parts.len().cmp(&right_parts.len()))
}

/// Runs of digits, runs of small letters, and what stands between them; dots only separate.
fn parts(text: &str) -> Vec<Part> {
    let mut runs: Vec<(u8, String)> = Vec::new();
    for letter in text.chars() {
        let class = match letter {
            '0'..='9' => 0,
            'a'..='z' => 1,
            '.' => 2,
            _ => 3,
        };
        match runs.last_mut() {
            Some((last, run)) if *last == class && class != 2 => run.push(letter),
            _ => runs.push((class, letter.to_string())),
        }
    }
    let runs = runs.into_iter().filter(|(class, _)| *class != 2);
    runs.map(|(_, run)| run.parse().map_or(Part::Word(run), Part::Number))
        .collect()
}

/// `1.2`, `1.2.3`, `1.2.3a4`: numbers, and whether it is final.
fn strictly(text: &str) -> Option<([u64; 3], bool, (char, u64))> {
    let (numbers, pre) = match text.find(['a', 'b']) {
        Some(at) => {
            let (numbers, pre) = text.split_at_checked(at)?;
            let kind = pre.chars().next()?;
            let number: u64 = whole(pre.get(1..)?)?;
            (numbers, Some((kind, number)))
        }
        None => (text, None),
    };
    let numbers: Vec<u64> = numbers.split('.').map(whole).collect::<Option<_>>()?;
    let numbers = match numbers.as_slice() {
        [major, minor] => [*major, *minor, 0],
        [major, minor, patch] => [*major, *minor, *patch],
        _ => return None,
    };
    Some((numbers, pre.is_none(), pre.unwrap_or(('a', 0))))
}

fn whole(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// A semantic version; one without a pre-release comes after those with one.
fn semantically(text: &str) -> Option<([u64; 3], bool, Vec<Part>)> {
    let (text, build) = text
        .split_once('+')
        .map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text
        .split_once('-')
        .map_or((text, None), |(core, pre)| (core, Some(pre)));
    let no_zero = |digits: &str| digits.len() == 1 || !digits.starts_with('0');
    let numbers: Vec<u64> = core
        .split('.')
        .map(|digits| whole(digits).filter(|_| no_zero(digits)))
        .collect::<Option<_>>()?;
    let identifiers = |text: &str| -> Option<Vec<String>> {
        let is_identifier = |word: &&str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        };
        let words: Vec<&str> = text.split('.').collect();
        words
            .iter()
            .all(is_identifier)
            .then(|| words.into_iter().map(str::to_owned).collect())
    };
    if let Some(build) = build {
        identifiers(build)?;
    }
    let pre = pre.map_or(Some(Vec::new()), identifiers)?;
    let parts: Option<Vec<Part>> = pre
        .into_iter()
        .map(|word| match whole(&word) {
            Some(number) if no_zero(&word) => Some(Part::Number(number.into())),
            Some(_) => None,
            None => Some(Part::Word(word)),
        })
        .collect();
    let parts = parts?;
    let [major, minor, patch] = numbers.as_slice() else {
        return None;
    };
    Some(([*major, *minor, *patch], parts.is_empty(), parts))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::loose;
    use super::semantically;
    use super::strictly;

    #[test]
    fn loose_versions_compare_number_by_number() {
        assert_eq!(
            loose("10.0.20348", "10.0.17763").unwrap(),
            Ordering::Greater
        );
        assert_eq!(loose("1.10", "1.9").unwrap(), Ordering::Greater);
        assert_eq!(loose("1.0", "1").unwrap(), Ordering::Greater);
        assert!(loose("1.0a", "1.0.1").is_err());
    }

    #[test]
    fn pre_releases_come_before_releases() {
        assert!(semantically("1.0.0-rc.1") < semantically("1.0.0"));
        assert!(semantically("1.0.0-alpha.2") < semantically("1.0.0-alpha.10"));
        assert!(semantically("1.0").is_none());
        assert!(strictly("1.2a1") < strictly("1.2.0"));
        assert!(strictly("1").is_none());
    }
}
