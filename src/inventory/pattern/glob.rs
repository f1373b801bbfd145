//! Shell wildcards as Python's `fnmatch` reads them: `*`, `?`, `[abc]`, `[a-z]`, `[!a-z]`. Knows texts only.

use std::ops::RangeInclusive;

/// One piece of a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// `*`: any letters, also none.
    Any,
    /// `?`: one letter.
    One,
    /// A letter that stands for itself.
    Letter(char),
    /// `[…]`: one letter of these.
    In(Vec<RangeInclusive<char>>),
    /// `[!…]`: one letter that is none of these.
    NotIn(Vec<RangeInclusive<char>>),
}

impl Piece {
    fn fits(&self, letter: char) -> bool {
        let among = |set: &[RangeInclusive<char>]| set.iter().any(|range| range.contains(&letter));
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Letter(own) => *own == letter,
            Self::In(set) => among(set),
            Self::NotIn(set) => !among(set),
        }
    }
}

/// A wildcard, read.
#[derive(Debug)]
pub struct Glob(Vec<Piece>);

impl Glob {
    /// Every text is a wildcard: a bracket that is not closed stands for itself.
    pub fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut pieces = Vec::new();
        let mut rest = letters.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            pieces.push(match first {
                '*' => Piece::Any,
                '?' => Piece::One,
                '[' => match set(behind) {
                    Some((piece, behind)) => {
                        rest = behind;
                        piece
                    }
                    None => Piece::Letter('['),
                },
                letter => Piece::Letter(*letter),
            });
        }
        Self(pieces)
    }

    /// Whether the whole name fits. Takes a step back only to the last star, so it never explodes.
    pub fn fits(&self, name: &str) -> bool {
        let mut name = name.chars();
        let mut pieces = self.0.as_slice();
        // Behind the last star: the pieces, and the letters that are left when it takes one more.
        let mut retry: Option<(&[Piece], std::str::Chars<'_>)> = None;
        loop {
            if let Some((Piece::Any, behind)) = pieces.split_first() {
                pieces = behind;
                retry = Some((pieces, name.clone()));
                continue;
            }
            match (pieces.split_first(), name.next()) {
                (None, None) => return true,
                (Some((piece, behind)), Some(letter)) if piece.fits(letter) => pieces = behind,
                (Some(_), None) => return false,
                (_, Some(_)) => {
                    let Some((behind_star, mut left)) = retry.take() else {
                        return false;
                    };
                    if left.next().is_none() {
                        return false;
                    }
                    pieces = behind_star;
                    name = left.clone();
                    retry = Some((behind_star, left));
                }
            }
        }
    }
}

/// What follows an opening bracket as a set, and what is behind it; `None` when it is not closed. A closing bracket that
/// stands first belongs to the set.
fn set(text: &[char]) -> Option<(Piece, &[char])> {
    let (is_negated, inner) = match text.split_first() {
        Some(('!', inner)) => (true, inner),
        _ => (false, text),
    };
    let end = 1 + inner.iter().skip(1).position(|letter| *letter == ']')?;
    let members = members(inner.get(..end)?);
    let piece = if is_negated {
        Piece::NotIn(members)
    } else {
        Piece::In(members)
    };
    Some((piece, inner.get(end + 1..)?))
}

/// `a-z` is a range unless it runs backwards, and then nothing; a hyphen at either end stands for itself.
fn members(mut set: &[char]) -> Vec<RangeInclusive<char>> {
    let mut found = Vec::new();
    loop {
        set = match set {
            [] => return found,
            [from, '-', to, rest @ ..] => {
                found.push(*from..=*to);
                rest
            }
            [letter, rest @ ..] => {
                found.push(*letter..=*letter);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn wildcards_fit_as_in_a_shell() {
        for (glob, name, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("web*", "web01", true),
            ("web?", "web01", false),
            ("web0[1-3]", "web02", true),
            ("web0[!1-3]", "web02", false),
            ("*.corp.*", "a.corp.corp.b", true),
            ("[ab", "a", false),
            ("[ab", "[ab", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[]", "[]", true),
            ("[!]", "[!]", true),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "d", false),
            ("[z-a]", "b", false),
            ("[z-ab]", "b", true),
            ("[^a]", "^", true),
            ("größe?", "größe1", true),
        ] {
            assert_eq!(Glob::new(glob).fits(name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn a_wildcard_of_stars_ends_soon() {
        assert!(!Glob::new(&"*a".repeat(50)).fits(&"a".repeat(49)));
        assert!(!Glob::new(&"*a".repeat(200)).fits(&format!("{}b", "a".repeat(5000))));
    }
}
