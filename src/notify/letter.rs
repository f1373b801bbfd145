//! A message on its way, and the file of those that have not arrived: one JSON object a line, oldest first, bounded.

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use jiff::Timestamp;

/// Letters that are kept; the oldest go first.
pub const MOST: usize = 1000;
/// Bytes of all letters together; the oldest go first.
pub const LARGEST: usize = 4 * 1024 * 1024;

/// One message for one webhook. It has no token, no headers and no address: these are looked up when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// ULID, sent along, so that a receiver knows what it has had already.
    pub id: String,
    /// The job that it is about.
    pub job: String,
    /// Which of the job's webhooks it is for: see [`mark`].
    pub webhook: String,
    /// When it was written.
    pub at: Timestamp,
    /// What is sent, free of secrets.
    pub body: String,
}

/// What tells webhooks apart without telling their addresses, in which some services put their secret: the first half of
/// the address's SHA-256.
pub fn mark(url: &str) -> String {
    let digest = Sha256::digest(url.as_bytes());
    let half = digest.first_chunk().copied().map(u128::from_be_bytes);
    format!("{:032x}", half.unwrap_or_default())
}

/// The letters in a file. A torn or foreign line is left out: it could not be sent.
pub fn read(text: &str) -> Vec<Letter> {
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// The file with these letters, and how many of the oldest found no place in it.
pub fn write(letters: &[Letter]) -> (String, usize) {
    let lines: Vec<String> = letters
        .iter()
        .filter_map(|letter| serde_json::to_string(letter).ok())
        .collect();
    let mut size = 0;
    let kept = lines
        .iter()
        .rev()
        .take(MOST)
        .take_while(|line| {
            size += line.len() + 1;
            size <= LARGEST
        })
        .count();
    let dropped = lines.len().saturating_sub(kept);
    let text = lines.iter().skip(dropped).map(|line| format!("{line}\n"));
    (text.collect(), dropped)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::LARGEST;
    use super::Letter;
    use super::MOST;
    use super::mark;
    use super::read;
    use super::write;

    fn letter(id: &str, body: &str) -> Letter {
        Letter {
            id: id.to_owned(),
            job: "nightly".to_owned(),
            webhook: mark("https://ops.example/hook"),
            at: Timestamp::UNIX_EPOCH,
            body: body.to_owned(),
        }
    }

    #[test]
    fn letters_come_back_as_they_were_written() {
        let letters = vec![letter("1", "a\nb \"c\""), letter("2", "")];
        let (text, dropped) = write(&letters);
        assert_eq!((text.lines().count(), dropped), (2, 0));
        assert_eq!(read(&text), letters);
    }

    #[test]
    fn a_torn_line_costs_only_its_own_letter() {
        let (text, _) = write(&[letter("1", "a"), letter("2", "b")]);
        let half: String = text.chars().take(20).collect();
        let torn = format!("{half}\n{text}");
        assert_eq!(read(&torn).len(), 2);
    }

    #[test]
    fn the_oldest_letters_make_room() {
        let many: Vec<Letter> = (0..MOST + 3).map(|n| letter(&n.to_string(), "")).collect();
        let (text, dropped) = write(&many);
        assert_eq!(dropped, 3);
        assert_eq!(read(&text)[0].id, "3");
        let large = "x".repeat(LARGEST / 2);
        let (text, dropped) = write(&[letter("1", &large), letter("2", &large)]);
        assert_eq!(dropped, 1);
        assert_eq!(read(&text)[0].id, "2");
        assert!(text.len() <= LARGEST);
    }

    #[test]
    fn a_mark_does_not_tell_the_address() {
        let mark = mark("https://ops.example/secret");
        assert_eq!(mark.len(), 32);
        assert!(!mark.contains("secret"));
    }
}
