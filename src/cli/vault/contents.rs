//! `rdpfix vault encrypt`, `decrypt`, `view` and `rekey`: everything is read and worked out before anything is written, so
//! that a mistake in one file leaves all of them as they were.

use std::io::Read;
use std::io::Write;
use std::num::NonZero;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

use zeroize::Zeroizing;

use crate::cli::args::DecryptArguments;
use crate::cli::args::EncryptArguments;
use crate::cli::args::KeyArguments;
use crate::cli::args::RekeyArguments;
use crate::cli::args::VaultFiles;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Draft;
use crate::cli::files::Readers;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::vault::encrypting_id;
use crate::cli::vault::keys;
use crate::cli::vault::keys::Age;
use crate::cli::vault::keys::Configured;
use crate::cli::vault::refused;
use crate::vault::Keyring;
use crate::vault::VaultError;

/// Standard input or output, where a file could stand.
const STREAM: &str = "-";

/// Bytes that may be secret.
type Bytes = Zeroizing<Vec<u8>>;

fn keyring(
    files: &VaultFiles,
    age: Age,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<Keyring> {
    keys::for_verb(
        &files.keys,
        &Configured::from(environment, talk)?,
        age,
        talk,
    )
}

/// Encrypts files.
pub(super) fn encrypt(
    arguments: &EncryptArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let inputs = inputs(&arguments.files.files);
    one_output(&inputs, arguments.output.as_deref())?;
    let keyring = keyring(&arguments.files, Age::New, environment, talk)?;
    let id = encrypting_id(&keyring, arguments.encrypt_vault_id.as_deref(), environment)?;
    let treatment = Treatment {
        what: "encrypt",
        done: "encrypted",
        readers: Readers::Same,
        output: arguments.output.as_deref(),
    };
    treatment.over(&inputs, environment, talk, |bytes| {
        let sealed = keyring.seal(bytes, id)?;
        Ok(Zeroizing::new(sealed.into_bytes()))
    })
}

/// Decrypts files. What is in clear is for nobody but its owner.
pub(super) fn decrypt(
    arguments: &DecryptArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let inputs = inputs(&arguments.files.files);
    one_output(&inputs, arguments.output.as_deref())?;
    let keyring = keyring(&arguments.files, Age::Known, environment, talk)?;
    let treatment = Treatment {
        what: "decrypt",
        done: "decrypted",
        readers: Readers::Owner,
        output: arguments.output.as_deref(),
    };
    treatment.over(&inputs, environment, talk, |bytes| {
        keyring.open_bytes(bytes)
    })
}

/// Writes what is in files to standard output.
pub(super) fn view(
    arguments: &VaultFiles,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    let keyring = keyring(arguments, Age::Known, environment, talk)?;
    let treatment = Treatment {
        what: "show",
        done: "shown",
        readers: Readers::Owner,
        output: Some(Path::new(STREAM)),
    };
    treatment.over(&inputs(&arguments.files), environment, talk, |bytes| {
        keyring.open_bytes(bytes)
    })
}

/// Encrypts files anew.
pub(super) fn rekey(
    arguments: &RekeyArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    if arguments.files.iter().any(|file| is_stream(file)) {
        let message = "`rekey` works on files, not on standard input";
        return Err(Refusal::new(ExitStatus::Usage, message).into());
    }
    let configured = Configured::from(environment, talk)?;
    let old = keys::for_verb(&arguments.keys, &configured, Age::Known, talk)?;
    let new = KeyArguments {
        vault_id: arguments.new_vault_id.iter().cloned().collect(),
        vault_password_file: arguments.new_vault_password_file.iter().cloned().collect(),
        ask_vault_password: false,
    };
    let typed = arguments.encrypt_vault_id.as_ref();
    let wanted = typed.or(configured.encrypt_identity.as_ref());
    let wanted = wanted.map(String::as_str);
    let new = keys::for_rekey(&new, wanted, &configured, talk)?;
    let treatment = Treatment {
        what: "rekey",
        done: "rekeyed",
        readers: Readers::Same,
        output: None,
    };
    treatment.over(&arguments.files, environment, talk, |bytes| {
        let clear = old.open_bytes(bytes)?;
        Ok(Zeroizing::new(new.seal(&clear, wanted)?.into_bytes()))
    })
}

fn inputs(files: &[PathBuf]) -> Vec<PathBuf> {
    if files.is_empty() {
        vec![PathBuf::from(STREAM)]
    } else {
        files.to_vec()
    }
}

fn is_stream(path: &Path) -> bool {
    path == Path::new(STREAM)
}

fn one_output(inputs: &[PathBuf], output: Option<&Path>) -> anyhow::Result<()> {
    if output.is_none() || inputs.len() < 2 {
        return Ok(());
    }
    let message = "`--output` takes what comes of one file, not of several";
    Err(Refusal::new(ExitStatus::Usage, message).into())
}

/// What is done to each of some files.
struct Treatment<'a> {
    /// The verb, for messages.
    what: &'static str,
    /// The same, done.
    done: &'static str,
    readers: Readers,
    /// Instead of the file itself.
    output: Option<&'a Path>,
}

impl Treatment<'_> {
    fn over(
        &self,
        inputs: &[PathBuf],
        environment: &Environment,
        talk: &Talk,
        work: impl Fn(&[u8]) -> Result<Bytes, VaultError> + Sync,
    ) -> anyhow::Result<ExitStatus> {
        if environment.stdin_is_terminal && inputs.iter().any(|path| is_stream(path)) {
            talk.note("reading standard input");
        }
        let results = side_by_side(inputs, |path| self.one(path, &work));
        let mut worked = Vec::new();
        let mut failed = None;
        for (path, result) in inputs.iter().zip(results) {
            match result {
                Ok(bytes) => worked.push((path, bytes)),
                Err(error) => failed = Some(talk.error(&error)),
            }
        }
        if let Some(status) = failed {
            if inputs.len() > 1 {
                talk.note("nothing was written");
            }
            return Ok(status);
        }
        let drafts = worked.iter().map(|(path, bytes)| self.draft(path, bytes));
        // A place that cannot be written to is known before anything is replaced.
        let drafts = drafts.collect::<anyhow::Result<Vec<_>>>()?;
        let mut done: Vec<String> = Vec::new();
        for ((path, bytes), draft) in worked.into_iter().zip(drafts) {
            if let Err(error) = put(&bytes, draft) {
                if !done.is_empty() {
                    talk.note(&format!("{} nevertheless: {}", self.done, done.join(", ")));
                }
                return Err(error);
            }
            if !is_stream(self.output.unwrap_or(path)) {
                done.push(shown(path));
            }
        }
        if environment.stdout_is_terminal {
            for path in done {
                talk.note(&format!("{path}: {}", self.done));
            }
        }
        Ok(ExitStatus::Success)
    }

    fn one(
        &self,
        path: &Path,
        work: &impl Fn(&[u8]) -> Result<Bytes, VaultError>,
    ) -> anyhow::Result<Bytes> {
        let bytes = bytes(path)?;
        work(&bytes).map_err(|error| refused(self.what, &shown(path), &error).into())
    }

    /// The file that is to take the place; none where it goes to standard output.
    fn draft(&self, path: &Path, bytes: &[u8]) -> anyhow::Result<Option<Draft>> {
        let path = self.output.unwrap_or(path);
        if is_stream(path) {
            return Ok(None);
        }
        Draft::holding(path, bytes, self.readers).map(Some)
    }
}

fn put(bytes: &[u8], draft: Option<Draft>) -> anyhow::Result<()> {
    let Some(mut draft) = draft else {
        let mut out = std::io::stdout();
        out.write_all(bytes)?;
        return Ok(out.flush()?);
    };
    Ok(draft.flush()?)
}

fn shown(path: &Path) -> String {
    if is_stream(path) {
        "standard input".to_owned()
    } else {
        format!("`{}`", path.display())
    }
}

fn bytes(path: &Path) -> anyhow::Result<Bytes> {
    if !is_stream(path) {
        return files::read(path).map(Zeroizing::new);
    }
    let mut bytes = Bytes::default();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a function makes of each item, on all cores.
fn side_by_side<T: Sync, R: Send + Sync>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let results: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        items.get(at).zip(results.get(at))
    };
    let run = || {
        while let Some((item, result)) = take() {
            let _first = result.set(work(item));
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores.min(items.len()) {
            scope.spawn(run);
        }
    });
    results
        .into_iter()
        .zip(items)
        .map(|(result, item)| result.into_inner().unwrap_or_else(|| work(item)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn results_come_in_the_order_of_their_items() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(
            side_by_side(&items, |item| item + 1),
            (1..101).collect::<Vec<_>>()
        );
        assert!(side_by_side(&[], |item: &usize| *item).is_empty());
    }
}
