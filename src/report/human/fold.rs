//! Says the same for many hosts at once: folds names (`web[01:20]`) and takes out of texts what tells hosts apart.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::report::text;

/// Pieces of a folded list that are shown; the others are counted.
const PIECES: usize = 20;
/// Characters of one host name that are shown.
const NAME: usize = 80;

/// A name with its number taken out: what stands before and after it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pattern<'a> {
    before: &'a str,
    after: &'a str,
}

/// Names in the range notation of inventories, sorted.
pub(super) fn names<S: Borrow<str>>(hosts: &[S]) -> String {
    let mut plain: Vec<&str> = Vec::new();
    let mut numbered: BTreeMap<Pattern<'_>, Vec<(u64, &str)>> = BTreeMap::new();
    for host in hosts {
        let host: &str = host.borrow();
        match split(host) {
            Some((pattern, digits, number)) => {
                numbered.entry(pattern).or_default().push((number, digits));
            }
            None => plain.push(host),
        }
    }
    plain.sort_unstable();
    let mut pieces: Vec<(String, usize)> = plain
        .into_iter()
        .map(|name| (text::clean(name, NAME).into_owned(), 1))
        .collect();
    for (pattern, mut numbers) in numbered {
        numbers.sort_unstable();
        pieces.extend(ranges(&pattern, &numbers));
    }
    let left: usize = pieces.iter().skip(PIECES).map(|(_, hosts)| hosts).sum();
    let mut shown: Vec<String> = pieces
        .into_iter()
        .take(PIECES)
        .map(|(piece, _)| piece)
        .collect();
    if left > 0 {
        shown.push(format!("… and {left} more"));
    }
    shown.join(", ")
}

/// Folds runs of numbers, each with how many hosts it stands for.
fn ranges(pattern: &Pattern<'_>, numbers: &[(u64, &str)]) -> Vec<(String, usize)> {
    let runs = numbers.chunk_by(|(number, digits), (next, next_digits)| {
        number.checked_add(1) == Some(*next) && same_style(digits, next_digits)
    });
    runs.filter_map(|run| {
        let ((_, first), (_, last)) = (run.first()?, run.last()?);
        let number = if run.len() == 1 {
            (*first).to_owned()
        } else {
            format!("[{first}:{last}]")
        };
        let name = format!("{}{number}{}", pattern.before, pattern.after);
        Some((text::clean(&name, NAME).into_owned(), run.len()))
    })
    .collect()
}

/// Whether a range from one to the other writes both as they are: equally wide, or both without leading zeros.
fn same_style(one: &str, other: &str) -> bool {
    one.len() == other.len() || !(one.starts_with('0') || other.starts_with('0'))
}

/// Finds the number of a name: the last octet of an IPv4 address, else the last digits of the first label.
fn split(host: &str) -> Option<(Pattern<'_>, &str, u64)> {
    let is_address = host
        .chars()
        .all(|character| character.is_ascii_digit() || character == '.');
    let label = if is_address {
        host
    } else {
        host.split('.').next()?
    };
    let end = label.rfind(|character: char| character.is_ascii_digit())? + 1;
    let head = label.get(..end)?;
    let start = head
        .rfind(|character: char| !character.is_ascii_digit())
        .map_or(0, |at| {
            at + head
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
    let digits = head.get(start..)?;
    let pattern = Pattern {
        before: host.get(..start)?,
        after: host.get(end..)?,
    };
    Some((pattern, digits, digits.parse().ok()?))
}

/// The text without what is particular to a host: its name, and addresses with a port.
pub(super) fn mask(text: &str, host: &str) -> String {
    let words: Vec<&str> = text
        .split(' ')
        .map(|word| {
            let bare = word.trim_matches(|character: char| "`,;()'\"".contains(character));
            if bare == host || is_endpoint(bare) {
                "the host"
            } else {
                word
            }
        })
        .collect();
    words.join(" ")
}

/// Whether a word is `address:port`.
fn is_endpoint(word: &str) -> bool {
    let word = word.strip_suffix(':').unwrap_or(word);
    word.rsplit_once(':').is_some_and(|(address, port)| {
        !address.is_empty() && !port.is_empty() && port.parse::<u16>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::mask;
    use super::names;

    #[test]
    fn runs_of_numbers_are_folded() {
        assert_eq!(names(&["web02", "web01", "web03", "db"]), "db, web[01:03]");
    }

    #[test]
    fn gaps_part_runs() {
        assert_eq!(names(&["a1", "a2", "a4"]), "a[1:2], a4");
    }

    #[test]
    fn names_with_a_domain_are_folded_at_the_first_label() {
        assert_eq!(
            names(&["rdp09.site2.example", "rdp10.site2.example"]),
            "rdp[09:10].site2.example"
        );
    }

    #[test]
    fn addresses_are_folded_at_the_last_octet() {
        assert_eq!(names(&["10.0.0.9", "10.0.0.10"]), "10.0.0.[9:10]");
    }

    #[test]
    fn a_padded_and_a_bare_number_do_not_share_a_range() {
        assert_eq!(names(&["a09", "a10"]), "a[09:10]");
        assert_eq!(names(&["a009", "a10"]), "a009, a10");
    }

    #[test]
    fn long_lists_are_counted() {
        let hosts: Vec<String> = (0..60).map(|index| format!("a{}", index * 2)).collect();
        assert!(names(&hosts).ends_with("… and 40 more"));
    }

    #[test]
    fn every_name_survives_without_panic() {
        assert_eq!(
            names(&["", "ä1", "1", "99999999999999999999999"])
                .matches(',')
                .count(),
            3
        );
    }

    #[test]
    fn what_is_particular_to_a_host_is_masked() {
        assert_eq!(
            mask("10.0.0.1:5986 is unreachable: refused by `web01`", "web01"),
            "the host is unreachable: refused by the host"
        );
        assert_eq!(
            mask("code 5 at 12:30:99", "h"),
            "code 5 at 12:30:99".replace("12:30:99", "the host")
        );
    }
}
