//! `rdpfix vault`: encrypts and decrypts as ansible-vault does.

use crate::cli::args::VaultVerb;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::vault::Keyring;
use crate::vault::VaultError;

mod contents;
mod edit;
mod editor;
mod guardian;
pub mod keys;
mod prompt;
mod script;
mod string;

/// See the arguments.
pub fn vault(
    arguments: &VaultVerb,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    match arguments {
        VaultVerb::Encrypt(arguments) => contents::encrypt(arguments, environment, talk),
        VaultVerb::Decrypt(arguments) => contents::decrypt(arguments, environment, talk),
        VaultVerb::View(arguments) => contents::view(arguments, environment, talk),
        VaultVerb::Edit(arguments) => edit::edit(arguments, environment, talk),
        VaultVerb::Create(arguments) => edit::create(arguments, environment, talk),
        VaultVerb::Rekey(arguments) => contents::rekey(arguments, environment, talk),
        VaultVerb::EncryptString(arguments) => string::encrypt(arguments, environment, talk),
    }
}

/// The vault id to encrypt with: the one that was asked for, or the only one that there is.
fn encrypting_id(keyring: &Keyring, wanted: Option<&str>) -> anyhow::Result<Option<String>> {
    if let Some(wanted) = wanted {
        return Ok(Some(wanted.to_owned()));
    }
    let mut ids: Vec<&str> = Vec::new();
    if keyring.ids().nth(1).is_some() {
        for (id, fetched) in keyring.fetch_all() {
            if fetched.is_ok() && !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    if ids.len() < 2 {
        return Ok(None);
    }
    let message = format!("there are several vault ids: {}", ids.join(", "));
    Err(Refusal::new(ExitStatus::Usage, message)
        .hint("choose the one to encrypt with: `--encrypt-vault-id LABEL`")
        .into())
}

/// A text that stays closed, or open.
fn refused(what: &str, shown: &str, error: &VaultError) -> Refusal {
    let status = match error {
        VaultError::NoPassword | VaultError::Unavailable { .. } | VaultError::UnknownId { .. } => {
            ExitStatus::Usage
        }
        _ => ExitStatus::Invalid,
    };
    let refusal = Refusal::new(status, format!("cannot {what} {shown}: {error}"));
    match error {
        VaultError::NoPassword | VaultError::Unavailable { .. } => refusal.hint(
            "give the password: `--vault-password-file FILE`, `--vault-id LABEL@FILE` or `-J`",
        ),
        VaultError::WrongPassword { .. } => refusal.hint(
            "a text keeps the password that it was encrypted with; name that one: `--vault-id LABEL@FILE`",
        ),
        VaultError::AlreadyEncrypted => {
            refusal.hint("give it another password by `rdpfix vault rekey`")
        }
        VaultError::Malformed { .. } => {
            refusal.hint("a file with `!vault` values in it is no vault as a whole")
        }
        _ => refusal,
    }
}
