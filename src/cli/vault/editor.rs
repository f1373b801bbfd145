//! The editor of the person at the terminal: what to run, and what to tell it so that it keeps no copies elsewhere.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitStatus;

use crate::cli::files;

/// What is run when nothing is said, as ansible-vault does.
const DEFAULT: &str = "vi";
/// For Vim and Neovim: no swap file, no history of what was copied, no backups and no undo file, whatever their
/// configuration says.
const VIM: [&str; 5] = [
    "-n",
    "-i",
    "NONE",
    "-c",
    "set noswapfile nobackup nowritebackup noundofile",
];

/// An editor with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Editor {
    program: String,
    arguments: Vec<String>,
}

impl Editor {
    /// Reads what a person configured; `None` when quotes do not match.
    pub(super) fn read(configured: Option<&str>, folders: &[PathBuf]) -> Option<Self> {
        let mut words = words(configured.unwrap_or(DEFAULT))?.into_iter();
        let program = words.next().unwrap_or_else(|| DEFAULT.to_owned());
        let hints = hints(&program, &files::real_program(&program, folders));
        Some(Self {
            arguments: words.chain(hints).collect(),
            program,
        })
    }

    /// The program, for messages.
    pub(super) fn name(&self) -> &str {
        &self.program
    }

    /// Runs it on a file and waits until it ends. Signals from the terminal are for the editor; they end it, not us, so
    /// that what was written is not lost.
    pub(super) fn run(&self, path: &Path) -> io::Result<ExitStatus> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let _inside = runtime.enter();
        let _caught = caught()?;
        Command::new(&self.program)
            .args(&self.arguments)
            .arg(path)
            .status()
    }
}

/// What to tell a program, by the name it was called by and the one that it really has.
fn hints(called: &str, real: &Path) -> Vec<String> {
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let mut hints = Vec::new();
    if called.ends_with("gvim") || name.starts_with("gvim") {
        // Else it goes to the background and seems to have ended.
        hints.push("-f".to_owned());
    }
    if name.contains("vim") {
        hints.extend(VIM.map(str::to_owned));
    }
    hints
}

/// Signals that are caught from now on, which means that they no longer end this process.
#[cfg(unix)]
fn caught() -> io::Result<[tokio::signal::unix::Signal; 2]> {
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    Ok([
        signal(SignalKind::interrupt())?,
        signal(SignalKind::quit())?,
    ])
}

#[cfg(not(unix))]
fn caught() -> io::Result<()> {
    Ok(())
}

/// The words of a command line, as a shell splits them: quotes and backslashes, and nothing else of a shell.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(letters.next()?),
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Editor;
    use super::hints;
    use super::words;

    #[test]
    fn an_editor_may_have_arguments_and_quotes() {
        let split = |line: &str| words(line).unwrap();
        assert_eq!(split("code --wait"), ["code", "--wait"]);
        assert_eq!(
            split("'/opt/my editor/e' \"a \\\"b\\\"\" c\\ d ''"),
            ["/opt/my editor/e", "a \"b\"", "c d", ""]
        );
        assert_eq!(words("vi 'x"), None);
        let name = |line| Editor::read(line, &[]).unwrap().name().to_owned();
        assert_eq!(name(None), "vi");
        assert_eq!(name(Some(" ")), "vi");
        assert_eq!(name(Some("nano -w")), "nano");
    }

    #[test]
    fn only_vim_is_told_what_vim_knows() {
        let told = |called: &str, real: &str| hints(called, Path::new(real));
        assert!(told("nano", "/usr/bin/nano").is_empty());
        assert!(told("vi", "/usr/bin/nvi").is_empty());
        assert_eq!(told("vi", "/usr/bin/vim.basic")[0], "-n");
        assert_eq!(told("gvim", "/usr/bin/vim.gtk3")[0], "-f");
    }
}
