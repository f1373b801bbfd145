//! Where a host pattern is cut: at commas, or at colons when it has none and is not the name of one host. Knows no hosts.

use std::net::Ipv6Addr;

/// The parts of a pattern, in order. Where there is a comma only commas separate; a text that is a host's name or address
/// as a whole, with ranges or a port perhaps, is one part (`dc:2019`, `fe80::1`); everything else is cut at colons and
/// spaces outside of brackets.
pub(in crate::inventory) fn split(pattern: &str) -> Vec<String> {
    let cut: Vec<String> = if pattern.contains(',') {
        pattern.split(',').map(str::to_owned).collect()
    } else if is_address(pattern.strip_suffix('\n').unwrap_or(pattern)) {
        vec![pattern.to_owned()]
    } else {
        at_colons(pattern)
    };
    cut.iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Brackets hold together what is in them; a bracket without its other half separates like a colon.
fn at_colons(pattern: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let bracketed = rest.find(']').filter(|_| letter == '[');
        let length = bracketed.map_or_else(|| letter.len_utf8(), |end| end + 1);
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        if bracketed.is_none() && (letter.is_whitespace() || ":[]".contains(letter)) {
            found.push(String::new());
        } else if let Some(part) = found.last_mut() {
            part.push_str(piece);
        }
    }
    found
}

/// Whether a text can be the name or the address of one host: `web[01:20].corp`, `dc:2019`, `[fe80::1]:5986`, `fe80::1`.
fn is_address(text: &str) -> bool {
    let text = without_port(text);
    is_name(text) || is_ipv6(text)
}

/// The text without `:PORT` behind it, and without brackets around what is before that.
fn without_port(text: &str) -> &str {
    let split = |text| -> Option<(&str, &str)> {
        let (before, port) = str::rsplit_once(text, ':')?;
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some((before, port))
    };
    let inner = split(text)
        .and_then(|(before, _)| before.strip_prefix('[')?.strip_suffix(']'))
        .filter(|inner| !inner.is_empty())
        .unwrap_or(text);
    match split(inner) {
        Some((before, _)) if !outside_of_brackets(before).contains([':', '[', ']']) => before,
        Some(_) | None => inner,
    }
}

/// The text with a `0` for each pair of brackets and what is in it.
fn outside_of_brackets(text: &str) -> String {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        let Some((_, behind)) = behind.split_once(']') else {
            break;
        };
        outside.push_str(before);
        outside.push('0');
        rest = behind;
    }
    outside + rest
}

/// Labels between dots, of letters, digits, `_`, `-` and ranges; a label begins with no hyphen and ends with neither
/// hyphen nor underscore.
fn is_name(text: &str) -> bool {
    let is_range = |inner: &str| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_letter =
            |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_alphabetic());
        let mut ends = inner.splitn(3, ':');
        let (from, to) = (ends.next().unwrap_or(""), ends.next().unwrap_or(""));
        let fits = (is_number(from) && is_number(to)) || (is_letter(from) && is_letter(to));
        fits && ends.next().is_none_or(is_number)
    };
    let Some(plain) = replace_ranges(text, is_range) else {
        return false;
    };
    plain.split('.').all(|label| {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        label.starts_with(is_word)
            && !label.ends_with(['_', '-'])
            && label.chars().all(|letter| is_word(letter) || letter == '-')
    })
}

fn is_ipv6(text: &str) -> bool {
    let is_range = |inner: &str| {
        let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        let mut ends = inner.splitn(3, ':');
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        ends.next().is_some_and(is_hex)
            && ends.next().is_some_and(is_hex)
            && ends.next().is_none_or(is_number)
    };
    replace_ranges(text, is_range).is_some_and(|plain| plain.parse::<Ipv6Addr>().is_ok())
}

/// The text with `0` for each range; `None` when a bracket holds something else or has no other half.
fn replace_ranges(text: &str, is_range: impl Fn(&str) -> bool) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        let (inner, behind) = behind.split_once(']')?;
        if !is_range(inner) {
            return None;
        }
        plain.push_str(before);
        plain.push('0');
        rest = behind;
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_pattern_is_cut_where_ansible_cuts_it() {
        for (pattern, parts) in [
            ("a", &["a"][..]),
            ("a:b", &["a", "b"]),
            ("a:&b:!c", &["a", "&b", "!c"]),
            (" a , b,,", &["a", "b"]),
            ("a:b,c", &["a:b", "c"]),
            ("dc:2019", &["dc:2019"]),
            ("dc:!2019", &["dc", "!2019"]),
            ("dc-:2019", &["dc-", "2019"]),
            ("10.0.0.1:5986", &["10.0.0.1:5986"]),
            ("10.0.0.1:10.0.0.2", &["10.0.0.1", "10.0.0.2"]),
            ("web[1:3]", &["web[1:3]"]),
            ("web[1:3]:db", &["web[1:3]", "db"]),
            ("web[1:3]:22", &["web[1:3]:22"]),
            ("web[-1]:db[2:]", &["web[-1]", "db[2:]"]),
            ("fe80::1", &["fe80::1"]),
            ("[fe80::1]:5986", &["[fe80::1]:5986"]),
            ("fe80::1:web*", &["fe80", "1", "web*"]),
            ("fe80::1,web", &["fe80::1", "web"]),
            ("a b", &["a", "b"]),
            ("web[12", &["web", "12"]),
            ("~(a|b).*:c", &["~(a|b).*", "c"]),
            ("~web\\d{1,2}", &["~web\\d{1", "2}"]),
            ("", &[]),
            (" , : ", &[":"]),
            (" : ", &[]),
        ] {
            assert_eq!(split(pattern), parts, "{pattern}");
        }
    }
}
