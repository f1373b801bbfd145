//! A writer that lets no secret through: what is written is held back until its line is whole, then masked.

use std::io;
use std::io::Write;
use std::sync::Arc;

use crate::secret::Hidden;

/// Masks secrets in everything that is written through it.
pub struct Veil<W: Write> {
    out: W,
    hidden: Arc<Hidden>,
    line: Vec<u8>,
}

impl<W: Write> Veil<W> {
    /// Writes to `out`.
    pub fn new(out: W, hidden: Arc<Hidden>) -> Self {
        Self {
            out,
            hidden,
            line: Vec::new(),
        }
    }

    fn pass(&mut self, until: usize) -> io::Result<()> {
        let rest = self.line.split_off(until);
        let line = std::mem::replace(&mut self.line, rest);
        let text = String::from_utf8_lossy(&line);
        self.out.write_all(self.hidden.mask(&text).as_bytes())
    }
}

impl<W: Write> Write for Veil<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(last) = self.line.iter().rposition(|byte| *byte == b'\n') {
            self.pass(last + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(self.line.len())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::Veil;
    use crate::secret::Hidden;

    #[test]
    fn a_secret_in_two_pieces_is_masked_too() {
        let hidden = Arc::new(Hidden::default());
        hidden.add("hunter2");
        let mut out = Vec::new();
        let mut veil = Veil::new(&mut out, hidden);
        for piece in ["a hun", "ter2 b", "\nc ", "hunter2"] {
            veil.write_all(piece.as_bytes()).unwrap();
        }
        veil.flush().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a ******** b\nc ********");
    }
}
