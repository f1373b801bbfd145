//! The words of a line as a POSIX shell would split it, comments included: how Ansible reads the line of a host.

use std::borrow::Cow;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Without quotes and escapes.
    pub(super) text: Cow<'a, str>,
    /// Where it begins in the line, in bytes, quotes included.
    pub(super) start: usize,
    /// One past its last byte.
    pub(super) end: usize,
    /// Where an unquoted backslash stood before a letter or a digit; it is gone from the text.
    pub(super) backslash: Option<usize>,
}

/// The words of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Words<'a> {
    pub(super) words: Vec<Word<'a>>,
    /// Where a `#` stands right behind a word; it and the rest of the line are gone.
    pub(super) glued: Option<usize>,
}

/// What ends a line too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// A quote that is never closed; where it stands.
    Quote(usize),
    /// A backslash with nothing behind it.
    Backslash(usize),
}

/// Splits a line.
pub(super) fn split(line: &str) -> Result<Words<'_>, Unfinished> {
    let mut found = Words::default();
    let mut at = 0;
    while let Some(letter) = rest(line, at).chars().next() {
        if is_blank(letter) {
            at += letter.len_utf8();
        } else if letter == '#' {
            break;
        } else {
            let word = word(line, at)?;
            at = word.end;
            let is_commented = rest(line, at).starts_with('#');
            found.words.push(word);
            if is_commented {
                found.glued = Some(at);
                break;
            }
        }
    }
    Ok(found)
}

fn rest(line: &str, at: usize) -> &str {
    line.get(at..).unwrap_or_default()
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

fn word(line: &str, start: usize) -> Result<Word<'_>, Unfinished> {
    let raw = rest(line, start);
    // Everything that is looked for is one byte long, and so is no part of a longer letter.
    let plain = raw
        .bytes()
        .position(|byte| {
            matches!(
                byte,
                b' ' | b'\t' | b'\r' | b'\n' | b'#' | b'\\' | b'\'' | b'"'
            )
        })
        .unwrap_or(raw.len());
    let is_plain = !rest(raw, plain).starts_with(['\\', '\'', '"']);
    if is_plain {
        return Ok(Word {
            text: Cow::Borrowed(raw.get(..plain).unwrap_or_default()),
            start,
            end: start + plain,
            backslash: None,
        });
    }
    let mut text = String::new();
    let mut backslash = None;
    let mut letters = raw.char_indices();
    let mut end = raw.len();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' | '"' => quoted(&mut letters, (start + at, letter), &mut text)?,
            '\\' => {
                let (_, escaped) = letters.next().ok_or(Unfinished::Backslash(start + at))?;
                if escaped.is_alphanumeric() {
                    backslash.get_or_insert(start + at);
                }
                text.push(escaped);
            }
            letter if is_blank(letter) || letter == '#' => {
                end = at;
                break;
            }
            letter => text.push(letter),
        }
    }
    Ok(Word {
        text: Cow::Owned(text),
        start,
        end: start + end,
        backslash,
    })
}

/// Takes what stands between quotes. Only in double ones a backslash escapes, and only the quote and itself.
fn quoted(
    letters: &mut std::str::CharIndices<'_>,
    (at, quote): (usize, char),
    text: &mut String,
) -> Result<(), Unfinished> {
    while let Some((_, letter)) = letters.next() {
        match letter {
            letter if letter == quote => return Ok(()),
            '\\' if quote == '"' => {
                let (_, escaped) = letters.next().ok_or(Unfinished::Quote(at))?;
                if !matches!(escaped, '"' | '\\') {
                    text.push('\\');
                }
                text.push(escaped);
            }
            letter => text.push(letter),
        }
    }
    Err(Unfinished::Quote(at))
}

#[cfg(test)]
mod tests {
    use super::Unfinished;
    use super::split;

    #[track_caller]
    fn splits(line: &str, wanted: &[&str]) {
        let found = split(line).unwrap();
        let texts: Vec<&str> = found.words.iter().map(|word| &*word.text).collect();
        assert_eq!(texts, wanted, "{line}");
    }

    #[test]
    fn words_are_those_of_a_shell() {
        splits("a b\tc", &["a", "b", "c"]);
        splits("d=\"x y\" e='p q'", &["d=x y", "e=p q"]);
        splits("a=1#b c=1", &["a=1"]);
        splits("a #b", &["a"]);
        splits(r"user=CORP\svc", &["user=CORPsvc"]);
        splits(
            r#"user="CORP\svc" b="\"\\""#,
            &[r"user=CORP\svc", r#"b="\"#],
        );
        splits(r"user='CORP\svc'", &[r"user=CORP\svc"]);
        splits(r"a\ b ''", &["a b", ""]);
        splits(r#"f='"quoted 5"'"#, &[r#"f="quoted 5""#]);
        splits("ü=ö\u{a0}x", &["ü=ö\u{a0}x"]);
    }

    #[test]
    fn what_is_lost_is_known() {
        assert_eq!(split("a p=a#b").unwrap().glued, Some(5));
        assert_eq!(split("a #b").unwrap().glued, None);
        let found = split(r"a u=C\s").unwrap();
        assert_eq!(found.words[1].backslash, Some(5));
        assert_eq!(split(r"a u=C\ s").unwrap().words[1].backslash, None);
    }

    #[test]
    fn an_unfinished_line_is_told() {
        assert_eq!(split("a b='c"), Err(Unfinished::Quote(4)));
        assert_eq!(split("a \"b\\"), Err(Unfinished::Quote(2)));
        assert_eq!(split("a b\\"), Err(Unfinished::Backslash(3)));
    }
}
