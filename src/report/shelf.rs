//! Pieces of text that come in one order and are wanted in another, kept out of memory until then.

use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;

/// A file of one's own that nobody else sees.
pub trait Scratch: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Scratch for T {}

/// Pieces, each put down at a place; of every piece only its position is kept in memory.
pub(super) struct Shelf {
    scratch: Box<dyn Scratch>,
    /// What is not written yet.
    waiting: Vec<u8>,
    written: u64,
    places: Vec<Vec<Piece>>,
}

#[derive(Clone, Copy)]
struct Piece {
    start: u64,
    length: usize,
}

/// Bytes that are written at once.
const BLOCK: usize = 64 * 1024;

impl Shelf {
    pub(super) fn new(scratch: Box<dyn Scratch>) -> Self {
        Self {
            scratch,
            waiting: Vec::new(),
            written: 0,
            places: Vec::new(),
        }
    }

    /// A new place.
    pub(super) fn place(&mut self) -> usize {
        self.places.push(Vec::new());
        self.places.len().saturating_sub(1)
    }

    /// Puts a piece down at a place, behind those that are there.
    pub(super) fn put(&mut self, place: usize, bytes: &[u8]) -> io::Result<()> {
        let ahead = u64::try_from(self.waiting.len()).map_err(io::Error::other)?;
        let piece = Piece {
            start: self.written.saturating_add(ahead),
            length: bytes.len(),
        };
        self.waiting.extend_from_slice(bytes);
        if let Some(pieces) = self.places.get_mut(place) {
            pieces.push(piece);
        }
        if self.waiting.len() >= BLOCK {
            self.store()?;
        }
        Ok(())
    }

    fn store(&mut self) -> io::Result<()> {
        self.scratch.seek(SeekFrom::Start(self.written))?;
        self.scratch.write_all(&self.waiting)?;
        let length = u64::try_from(self.waiting.len()).map_err(io::Error::other)?;
        self.written = self.written.saturating_add(length);
        self.waiting.clear();
        Ok(())
    }

    /// Writes everything at a place, with a comma and a line break between pieces.
    pub(super) fn copy(&mut self, place: usize, out: &mut dyn Write) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.store()?;
            self.scratch.flush()?;
        }
        let pieces = self
            .places
            .get_mut(place)
            .map(std::mem::take)
            .unwrap_or_default();
        let mut bytes = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                out.write_all(b",\n")?;
            }
            bytes.resize(piece.length, 0);
            self.scratch.seek(SeekFrom::Start(piece.start))?;
            self.scratch.read_exact(&mut bytes)?;
            out.write_all(&bytes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::BLOCK;
    use super::Shelf;

    #[test]
    fn pieces_come_back_by_their_places() {
        let mut shelf = Shelf::new(Box::new(Cursor::new(Vec::new())));
        let (one, other) = (shelf.place(), shelf.place());
        let long = vec![b'x'; BLOCK];
        for (place, bytes) in [
            (one, b"a".as_slice()),
            (other, b"b"),
            (one, &long),
            (other, b"c"),
        ] {
            shelf.put(place, bytes).unwrap();
        }
        let mut out = Vec::new();
        shelf.copy(other, &mut out).unwrap();
        assert_eq!(out, b"b,\nc");
        out.clear();
        shelf.copy(one, &mut out).unwrap();
        assert_eq!(out.len(), "a,\n".len() + BLOCK);
    }
}
