//! Names of hosts as inventories write them: `name`, `name:5986`, `[fe80::1]:5986`, each perhaps with ranges.

use std::net::Ipv6Addr;

/// Whether names may have ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ranges {
    Allowed,
    /// A name with a range stays as it is.
    Refused,
}

/// Takes the port off a name. What does not look like a name with a port stays whole, as in Ansible.
pub(super) fn split(written: &str, ranges: Ranges) -> (&str, Option<i64>) {
    let whole = (written, None);
    let (mut name, mut port) = whole;
    for part in [bracketed, plain] {
        if let Some((rest, digits)) = part(name) {
            (name, port) = (rest, digits.parse().ok());
        }
    }
    if port.is_none() || !is_name(name) || (ranges == Ranges::Refused && name.contains('[')) {
        return whole;
    }
    (name, port)
}

/// `[anything]:5986`.
fn bracketed(written: &str) -> Option<(&str, &str)> {
    let (name, digits) = written.strip_prefix('[')?.rsplit_once("]:")?;
    (!name.is_empty() && is_digits(digits)).then_some((name, digits))
}

/// `name:5986`; a colon within a range is none of a port.
fn plain(written: &str) -> Option<(&str, &str)> {
    let (name, digits) = written.rsplit_once(':')?;
    if !is_digits(digits) {
        return None;
    }
    let mut rest = name;
    while let Some(at) = rest.find(['[', ']', ':']) {
        rest = rest.get(at..)?.strip_prefix('[')?.split_once(']')?.1;
    }
    Some((name, digits))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    is_host_name(text) || is_address(text)
}

/// Labels between dots: letters, digits, `_`, `-` and ranges; none begins with `-` or ends with `-` or `_`.
fn is_host_name(text: &str) -> bool {
    let mut rest = text;
    let mut last = '.';
    while let Some(letter) = rest.chars().next() {
        rest = match letter {
            '[' => match range(rest, is_plain_range) {
                Some(behind) => behind,
                None => return false,
            },
            '.' | '-' if last == '.' => return false,
            '.' if matches!(last, '-' | '_') => return false,
            '.' | '-' | '_' => rest.get(1..).unwrap_or_default(),
            letter if letter.is_alphanumeric() => rest.get(letter.len_utf8()..).unwrap_or_default(),
            _ => return false,
        };
        last = letter;
    }
    !matches!(last, '.' | '-' | '_')
}

/// What stands behind a range that begins the text.
fn range(text: &str, is_fine: fn(&str, &str) -> bool) -> Option<&str> {
    let (range, behind) = text.strip_prefix('[')?.split_once(']')?;
    let mut parts = range.split(':');
    let (begin, end, step) = (parts.next()?, parts.next()?, parts.next());
    let is_fine = is_fine(begin, end) && step.is_none_or(is_digits) && parts.next().is_none();
    is_fine.then_some(behind)
}

fn is_plain_range(begin: &str, end: &str) -> bool {
    let is_letter =
        |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_letter(begin) && is_letter(end)) || (is_digits(begin) && is_digits(end))
}

fn is_hexadecimal_range(begin: &str, end: &str) -> bool {
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number(begin) && is_number(end)
}

/// An IPv6 address, perhaps with ranges in place of numbers.
fn is_address(text: &str) -> bool {
    let mut address = String::new();
    let mut rest = text;
    while let Some((before, _)) = rest.split_once('[') {
        address.push_str(before);
        address.push('1');
        match range(
            rest.get(before.len()..).unwrap_or_default(),
            is_hexadecimal_range,
        ) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    address.push_str(rest);
    address.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::Ranges;
    use super::split;

    #[test]
    fn ports_are_taken_off_names_only() {
        for (written, wanted) in [
            ("web01", ("web01", None)),
            ("web01:5986", ("web01", Some(5986))),
            ("10.0.0.9:2222", ("10.0.0.9", Some(2222))),
            ("[fe80::1]:5986", ("fe80::1", Some(5986))),
            ("[web01]:22", ("web01", Some(22))),
            ("fe80::1", ("fe80::1", None)),
            ("web[1:3]", ("web[1:3]", None)),
            ("web[1:3]:22", ("web[1:3]", Some(22))),
            (
                "web[1:3:2]-[a:b].corp:22",
                ("web[1:3:2]-[a:b].corp", Some(22)),
            ),
            ("[fe80::[1:3]]:22", ("fe80::[1:3]", Some(22))),
            ("web[:3]:22", ("web[:3]:22", None)),
            ("web$:22", ("web$:22", None)),
            ("web-:22", ("web-:22", None)),
            ("-web:22", ("-web:22", None)),
            ("web.:22", ("web.:22", None)),
            ("a.b_c:22", ("a.b_c", Some(22))),
            ("web:", ("web:", None)),
            (":22", (":22", None)),
            ("web:x", ("web:x", None)),
            ("bücher:22", ("bücher", Some(22))),
        ] {
            assert_eq!(split(written, Ranges::Allowed), wanted, "{written}");
        }
        assert_eq!(split("a[1:2]:22", Ranges::Refused), ("a[1:2]:22", None));
        assert_eq!(split("a:22", Ranges::Refused), ("a", Some(22)));
    }
}
