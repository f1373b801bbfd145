//! Where vault passwords come from: what is typed and what is configured, in Ansible's order, as one [`Keyring`].
//!
//! Files are read at once, so that a missing one is told at once. Programs are run and people are asked only when something
//! encrypted is met. A source that has no password is skipped with a warning when there is another one.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::args::KeyArguments;
use crate::cli::environment::Environment;
use crate::cli::environment::expand;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Standing;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::settings::Settings;
use crate::cli::vault::prompt::Fallback;
use crate::cli::vault::prompt::Prompt;
use crate::cli::vault::prompt::Wording;
use crate::cli::vault::script::Script;
use crate::vault::DEFAULT_ID;
use crate::vault::Keyring;
use crate::vault::Matching;
use crate::vault::Password;
use crate::vault::PasswordSource;
use crate::vault::is_vault;

/// What settings say of vault passwords, besides what is typed.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    /// `[LABEL@]SOURCE` each, before everything that is typed (`vault_identity_list`).
    pub identities: Vec<String>,
    /// A file or program, behind everything that is typed (`vault_password_file`).
    pub password_file: Option<String>,
    /// The vault id to encrypt with (`vault_encrypt_identity`).
    pub encrypt_identity: Option<String>,
    /// Whether the vault id in a header decides (`vault_id_match`).
    pub matching: Matching,
}

impl Configured {
    /// What is set outside of the command line.
    pub fn of(settings: &Settings) -> Self {
        let sources = settings.vault_sources();
        let mut identities = sources.identities.clone();
        if sources.ask {
            identities.push("prompt".to_owned());
        }
        Self {
            identities,
            password_file: sources
                .password_file
                .as_ref()
                .map(|path| path.display().to_string()),
            encrypt_identity: sources.encrypt_identity.clone(),
            matching: if sources.must_match {
                Matching::Required
            } else {
                Matching::Preferred
            },
        }
    }

    /// The same, read now.
    pub(super) fn from(environment: &Environment, talk: &Talk) -> anyhow::Result<Self> {
        Settings::of(environment, talk).map(Self::of)
    }
}

/// Whether the passwords are there already or are to be thought of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// They open something: asked for once.
    Known,
    /// They will close something: asked for twice.
    New,
}

/// The passwords of a run. Nobody is asked for one that was not promised.
pub fn keyring(
    arguments: &KeyArguments,
    configured: &Configured,
    talk: &Talk,
) -> anyhow::Result<Arc<Keyring>> {
    let sources = sources(arguments, configured);
    Ok(Arc::new(gather(&sources, configured, Age::Known, talk)?))
}

/// The passwords of a vault verb: a person is asked when nothing is said.
pub(super) fn for_verb(
    arguments: &KeyArguments,
    configured: &Configured,
    age: Age,
    talk: &Talk,
) -> anyhow::Result<Keyring> {
    let mut sources = sources(arguments, configured);
    if sources.is_empty() {
        sources.push(Source::unbidden());
    }
    gather(&sources, configured, age, talk)
}

/// The password that files get by `rekey`. A configured password file is that of the past, and does not count.
pub(super) fn for_rekey(
    new: &KeyArguments,
    encrypt_id: Option<&str>,
    configured: &Configured,
    talk: &Talk,
) -> anyhow::Result<Keyring> {
    let configured = Configured {
        identities: match encrypt_id {
            Some(_) => configured.identities.clone(),
            None => Vec::new(),
        },
        password_file: None,
        ..configured.clone()
    };
    for_verb(new, &configured, Age::New, talk)
}

/// One source as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    label: Option<String>,
    from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    Person(Wording, Fallback),
    Path(String),
}

impl Source {
    /// `LABEL@SOURCE` or `SOURCE`.
    fn read(text: &str) -> Self {
        let (label, place) = match text.split_once('@') {
            Some((label, place)) => (Some(label).filter(|label| !label.is_empty()), place),
            None => (None, text),
        };
        let from = match place {
            "prompt" => From::Person(Wording::Named, Fallback::StandardInput),
            "prompt_ask_vault_pass" => From::Person(Wording::Plain, Fallback::StandardInput),
            path => From::Path(path.to_owned()),
        };
        Self {
            label: label.map(str::to_owned),
            from,
        }
    }

    fn file(path: &str) -> Self {
        Self {
            label: Some(DEFAULT_ID.to_owned()),
            from: From::Path(path.to_owned()),
        }
    }

    fn asked() -> Self {
        Self {
            label: Some(DEFAULT_ID.to_owned()),
            from: From::Person(Wording::Plain, Fallback::StandardInput),
        }
    }

    /// Standard input may be what is to be encrypted, so it is no password unless somebody said so.
    fn unbidden() -> Self {
        Self {
            from: From::Person(Wording::Plain, Fallback::None),
            ..Self::asked()
        }
    }
}

/// In Ansible's order: configured ids, typed ids, typed files, the configured file, the question.
fn sources(arguments: &KeyArguments, configured: &Configured) -> Vec<Source> {
    let ids = configured.identities.iter().chain(&arguments.vault_id);
    let typed: Vec<String> = arguments
        .vault_password_file
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let files = typed.iter().chain(&configured.password_file);
    ids.map(|text| Source::read(text))
        .chain(files.map(|path| Source::file(path)))
        .chain(arguments.ask_vault_password.then(Source::asked))
        .collect()
}

fn gather(
    sources: &[Source],
    configured: &Configured,
    age: Age,
    talk: &Talk,
) -> anyhow::Result<Keyring> {
    let mut keyring = Keyring::default().with_matching(configured.matching);
    let mut failures = Vec::new();
    let warns = (sources.len() > 1).then(|| talk.clone());
    for source in sources {
        let id = source.label.as_deref().unwrap_or(DEFAULT_ID);
        check_id(id)?;
        let promised: Box<dyn PasswordSource> = match &source.from {
            From::Person(wording, fallback) => Box::new(Prompt {
                id: id.to_owned(),
                wording: *wording,
                fallback: *fallback,
                age,
                talk: talk.clone(),
            }),
            From::Path(path) => match from_path(path, source.label.as_deref(), &keyring) {
                Ok(Found::Password(password)) => {
                    keyring = keyring.with_password(id, password);
                    continue;
                }
                Ok(Found::Promise(promise)) => promise,
                Err(reason) => {
                    failures.push(reason);
                    continue;
                }
            },
        };
        let warned = Warned {
            promised,
            talk: warns.clone(),
        };
        keyring = keyring.with_source(id, Box::new(warned));
    }
    let nothing_is_left = keyring.ids().next().is_none();
    match failures.split_last() {
        Some((last, _)) if nothing_is_left => Err(Refusal::new(ExitStatus::Usage, last)
            .hint("name a file that holds the password, or a program that prints it")
            .into()),
        Some(_) | None => {
            for failure in &failures {
                talk.note(&format!("warning: {failure}"));
            }
            Ok(keyring)
        }
    }
}

/// What is written into headers must be read from them again, by Ansible too.
fn check_id(id: &str) -> anyhow::Result<()> {
    let fits = |letter: char| letter.is_ascii_graphic() && letter != ';' || letter == ' ';
    if id.chars().all(fits) && id.trim() == id {
        return Ok(());
    }
    Err(Refusal::new(
        ExitStatus::Usage,
        format!("`{}` cannot be a vault id", id.escape_debug()),
    )
    .hint("use letters, digits and signs of ASCII, without `;`")
    .into())
}

enum Found {
    Password(Password),
    Promise(Box<dyn PasswordSource>),
}

/// What a path holds; `keyring` has the passwords before it, which may open it.
fn from_path(text: &str, label: Option<&str>, keyring: &Keyring) -> Result<Found, String> {
    let path = std::path::absolute(expand(text)).unwrap_or_else(|_unset| PathBuf::from(text));
    match files::standing(&path) {
        Standing::Absent => Err(format!("the vault password file `{text}` is missing")),
        Standing::Folder => Err(format!("the vault password file `{text}` is a folder")),
        Standing::Executable => Ok(Found::Promise(Box::new(Script::new(path, label)))),
        Standing::Plain => plain(&path, text, keyring),
    }
}

fn plain(path: &Path, text: &str, keyring: &Keyring) -> Result<Found, String> {
    let bytes = zeroize::Zeroizing::new(files::read(path).map_err(|error| format!("{error:#}"))?);
    let stripped = stripped(&bytes);
    if stripped.is_empty() {
        return Err(format!("the vault password file `{text}` is empty"));
    }
    if !is_vault(stripped) {
        return Ok(Found::Password(Password::new(stripped)));
    }
    Ok(Found::Promise(Box::new(EncryptedFile {
        shown: text.to_owned(),
        text: stripped.to_vec(),
        earlier: keyring.clone(),
    })))
}

/// Without the white space around it, as Python's bytes strip it.
pub(super) fn stripped(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C);
    let start = bytes.iter().take_while(|byte| is_blank(byte)).count();
    let rest = bytes.get(start..).unwrap_or_default();
    let end = rest.len() - rest.iter().rev().take_while(|byte| is_blank(byte)).count();
    rest.get(..end).unwrap_or_default()
}

/// Without the line breaks around it.
pub(super) fn without_breaks(mut bytes: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}

/// A password file that a password before it opens.
struct EncryptedFile {
    shown: String,
    text: Vec<u8>,
    earlier: Keyring,
}

impl PasswordSource for EncryptedFile {
    fn fetch(&self) -> Result<Password, String> {
        let shown = &self.shown;
        let clear = self
            .earlier
            .open_bytes(&self.text)
            .map_err(|error| format!("the vault password file `{shown}`: {error}"))?;
        match without_breaks(&clear) {
            [] => Err(format!("the vault password file `{shown}` is empty")),
            password => Ok(Password::new(password)),
        }
    }
}

/// Tells why a source has no password, when another one may hide it.
struct Warned {
    promised: Box<dyn PasswordSource>,
    talk: Option<Talk>,
}

impl PasswordSource for Warned {
    fn fetch(&self) -> Result<Password, String> {
        let fetched = self.promised.fetch();
        if let (Err(reason), Some(talk)) = (&fetched, &self.talk) {
            talk.note(&format!("warning: {reason}"));
        }
        fetched
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Configured;
    use super::From;
    use super::Source;
    use super::check_id;
    use super::sources;
    use super::stripped;
    use super::without_breaks;
    use crate::cli::args::KeyArguments;
    use crate::cli::vault::prompt::Wording;

    fn shown(source: &Source) -> String {
        let label = source.label.as_deref().unwrap_or("-");
        match &source.from {
            From::Path(path) => format!("{label} {path}"),
            From::Person(Wording::Named, _) => format!("{label} asks by name"),
            From::Person(Wording::Plain, _) => format!("{label} asks"),
        }
    }

    #[test]
    fn a_source_has_a_label_before_the_first_at_sign() {
        for (typed, wanted) in [
            ("prod@keys/a@b", "prod keys/a@b"),
            ("keys/a", "- keys/a"),
            ("@keys/a", "- keys/a"),
            ("prompt", "- asks by name"),
            ("prod@prompt", "prod asks by name"),
            ("prod@prompt_ask_vault_pass", "prod asks"),
        ] {
            assert_eq!(shown(&Source::read(typed)), wanted);
        }
    }

    #[test]
    fn sources_come_in_the_order_of_ansible() {
        let arguments = KeyArguments {
            vault_id: vec!["b@2".into()],
            vault_password_file: vec![PathBuf::from("3")],
            ask_vault_password: true,
        };
        let configured = Configured {
            identities: vec!["a@1".into()],
            password_file: Some("4".into()),
            ..Configured::default()
        };
        let found: Vec<String> = sources(&arguments, &configured).iter().map(shown).collect();
        assert_eq!(
            found,
            ["a 1", "b 2", "default 3", "default 4", "default asks"]
        );
    }

    #[test]
    fn a_vault_id_fits_into_a_header() {
        assert!(check_id("prod").is_ok());
        assert!(check_id("the lab").is_ok());
        for id in ["a;b", "a\nb", "größe", " a"] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn files_lose_white_space_and_programs_only_line_breaks() {
        assert_eq!(stripped(b" \tpass word\x0b\r\n"), b"pass word");
        assert_eq!(stripped(b"\n\n"), b"");
        assert_eq!(without_breaks(b"\r\n pass word \r\n\n"), b" pass word ");
        assert_eq!(without_breaks(b"\n"), b"");
    }
}
