//! Asking whoever sits at the terminal. Questions go to standard error, because standard output carries results only.

use std::io;
use std::io::BufRead;
use std::io::Write;

/// Somebody who can be asked.
pub trait Terminal: Send {
    /// Asks; the answer is shown while it is typed, and comes without its line's end.
    fn ask(&mut self, question: &str) -> io::Result<String>;
    /// Asks for something that is not shown while it is typed.
    fn ask_secret(&mut self, question: &str) -> io::Result<String>;
}

/// The terminal that the program was started from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

impl Terminal for Console {
    fn ask(&mut self, question: &str) -> io::Result<String> {
        let mut out = io::stderr();
        write!(out, "{question}")?;
        out.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn ask_secret(&mut self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(question)
    }
}
