//! `rdpfix vault edit` and `create`: the text is in clear only in a private folder in memory, which goes when this process
//! ends, however it ends.
//!
//! An anonymous file in memory, handed over by its path below `/proc`, would go by itself. But editors that write a new file
//! and rename it cannot save there, and those that follow links first end up at a path in the root folder that looks like
//! a file's and, run by root, would be written to a disk. So it is an ordinary file with its own name in a folder on
//! a memory file system, and a guardian removes the folder when this process is killed.

use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::args::CreateArguments;
use crate::cli::args::EditArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Readers;
use crate::cli::files::memory::Medium;
use crate::cli::files::memory::PrivateFolder;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::vault::editor::Editor;
use crate::cli::vault::encrypting_id;
use crate::cli::vault::guardian::Guardian;
use crate::cli::vault::keys;
use crate::cli::vault::keys::Age;
use crate::cli::vault::keys::Configured;
use crate::cli::vault::refused;
use crate::vault::Keyring;
use crate::vault::VaultError;

/// A place in memory that every user of a Linux machine can write to.
const SHARED_MEMORY: &str = "/dev/shm";

/// Edits files, one after the other.
pub(super) fn edit(
    arguments: &EditArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    if arguments.encrypt_vault_id.is_some() {
        talk.note("warning: a file keeps its vault id; `rdpfix vault rekey` gives it another");
    }
    let desk = Desk::new(environment, talk)?;
    let keyring = keys::for_verb(
        &arguments.keys,
        &Configured::from(environment, talk)?,
        Age::Known,
        talk,
    )?;
    for path in &arguments.files {
        let before = files::read(path)?;
        let opened = keyring
            .unlock(&before)
            .map_err(|error| refused("edit", &shown(path), &error))?;
        let Some(after) = desk.edited(path, &opened.clear)? else {
            talk.note(&format!("`{}`: unchanged", path.display()));
            continue;
        };
        let sealed = Keyring::seal_again(&after, &opened);
        desk.keep(path, Some(&before), &after, sealed)?;
        talk.note(&format!("`{}`: encrypted", path.display()));
    }
    Ok(ExitStatus::Success)
}

/// Makes a file.
pub(super) fn create(
    arguments: &CreateArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let path = &arguments.file;
    if files::exists(path) {
        let message = format!("`{}` is there already", path.display());
        return Err(Refusal::new(ExitStatus::Usage, message)
            .hint("`rdpfix vault edit` changes it")
            .into());
    }
    let desk = Desk::new(environment, talk)?;
    let keyring = keys::for_verb(
        &arguments.keys,
        &Configured::from(environment, talk)?,
        Age::New,
        talk,
    )?;
    let id = encrypting_id(&keyring, arguments.encrypt_vault_id.as_deref(), environment)?;
    let Some(after) = desk.edited(path, b"")? else {
        talk.note(&format!(
            "`{}`: not made, as nothing was written",
            path.display()
        ));
        return Ok(ExitStatus::Success);
    };
    let sealed = keyring.seal(&after, id);
    desk.keep(path, None, &after, sealed)?;
    talk.note(&format!("`{}`: encrypted", path.display()));
    Ok(ExitStatus::Success)
}

fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}

/// Where texts lie open.
struct Desk<'a> {
    editor: Editor,
    environment: &'a Environment,
    talk: &'a Talk,
}

impl<'a> Desk<'a> {
    fn new(environment: &'a Environment, talk: &'a Talk) -> anyhow::Result<Self> {
        if cfg!(not(unix)) {
            let message = "editing encrypted files needs a Unix system";
            return Err(Refusal::new(ExitStatus::Usage, message)
                .hint("use `rdpfix vault decrypt` and `encrypt`")
                .into());
        }
        let editor = Editor::read(environment.editor.as_deref(), &environment.program_folders)
            .ok_or_else(|| {
                Refusal::new(
                    ExitStatus::Usage,
                    "the variable EDITOR has a quote that does not end",
                )
            })?;
        Ok(Self {
            editor,
            environment,
            talk,
        })
    }

    /// What a person makes of a text; `None` when it stays as it is.
    fn edited(&self, path: &Path, clear: &[u8]) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
        let folder = self.folder()?;
        let _guardian = Guardian::over(folder.path()).map_err(|error| {
            let message = format!("nobody can watch over the open text: {error}");
            Refusal::new(ExitStatus::Internal, message)
        })?;
        let name = path.file_name().unwrap_or_default();
        let place = folder.write(Path::new(name), clear)?;
        let ended = self.editor.run(&place).map_err(|error| {
            let message = format!("the editor `{}` does not run: {error}", self.editor.name());
            Refusal::new(ExitStatus::Usage, message).hint("name one in the variable EDITOR")
        })?;
        let untouched = |what: String| {
            let message = format!("{what}; `{}` is as it was", path.display());
            Refusal::new(ExitStatus::Failed, message)
        };
        match ended.code() {
            Some(0) => {}
            Some(code) => {
                self.talk
                    .note(&format!("warning: the editor ended with {code}"));
            }
            None => return Err(untouched("the editor was killed".to_owned()).into()),
        }
        let after = files::read(&place)
            .map(Zeroizing::new)
            .map_err(|error| untouched(format!("the editor left no text: {error:#}")))?;
        Ok((**after != *clear).then_some(after))
    }

    fn folder(&self) -> anyhow::Result<PrivateFolder> {
        let runtime = self.environment.runtime_folder.iter().cloned();
        let places: Vec<_> = runtime
            .chain([
                SHARED_MEMORY.into(),
                self.environment.temporary_folder.clone(),
            ])
            .collect();
        let folder = PrivateFolder::make(&places).map_err(|error| {
            let message = format!("there is no place for the open text: {error}");
            Refusal::new(ExitStatus::Internal, message)
        })?;
        if folder.medium() == Medium::Disk {
            self.talk.note(&format!(
                "warning: no file system in memory is at hand: while you edit, the text is in clear below `{}`",
                folder.path().display()
            ));
        }
        Ok(folder)
    }

    /// Puts a new text into its file. When that fails it is kept elsewhere, encrypted.
    fn keep(
        &self,
        path: &Path,
        before: Option<&[u8]>,
        after: &[u8],
        sealed: Result<String, VaultError>,
    ) -> anyhow::Result<()> {
        let (bytes, error) = match sealed {
            Ok(sealed) => {
                let bytes = sealed.into_bytes();
                match put(path, before, &bytes) {
                    Ok(()) => return Ok(()),
                    Err(error) => (bytes, error),
                }
            }
            // It is encrypted already, so it may lie anywhere.
            Err(error @ VaultError::AlreadyEncrypted) => (
                after.to_vec(),
                refused("encrypt", "the new text", &error).into(),
            ),
            Err(error) => return Err(refused("encrypt", "the new text", &error).into()),
        };
        let message = format!("{error:#}");
        let status = error
            .downcast_ref::<Refusal>()
            .map_or(ExitStatus::Failed, |refusal| refusal.status);
        let refusal = Refusal::new(status, message);
        Err(match self.rescue(path, &bytes) {
            Some(place) => refusal.hint(format!("what you wrote is kept, encrypted, in `{place}`")),
            None => refusal.hint(format!(
                "what you wrote, encrypted, because it could be kept nowhere:\n{}",
                String::from_utf8_lossy(&bytes)
            )),
        }
        .into())
    }

    /// Writes beside the file, or where files go for a moment.
    fn rescue(&self, path: &Path, bytes: &[u8]) -> Option<String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{name}.{:08x}.rescued", rand::random::<u32>());
        let folders = [path.parent()?, &self.environment.temporary_folder];
        folders
            .iter()
            .map(|folder| folder.join(&name))
            .find(|place| files::write_whole(place, bytes, Readers::Owner).is_ok())
            .map(|place| place.display().to_string())
    }
}

/// Puts bytes into a file that is still as it was read, or not there.
fn put(path: &Path, before: Option<&[u8]>, bytes: &[u8]) -> anyhow::Result<()> {
    let changed = match before {
        Some(before) => files::read(path).is_ok_and(|now| now != before),
        None => files::exists(path),
    };
    if changed {
        let message = format!(
            "`{}` was changed by somebody else meanwhile",
            path.display()
        );
        return Err(Refusal::new(ExitStatus::Failed, message).into());
    }
    files::write_whole(path, bytes, Readers::Same)
}
