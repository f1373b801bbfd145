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

/// The vault id to encrypt with: the one that was asked for, or the only one that there is. Its password is fetched now, so
/// that one that cannot be had is told before the work and not after it.
fn encrypting_id<'a>(
    keyring: &'a Keyring,
    typed: Option<&'a str>,
    environment: &'a Environment,
) -> anyhow::Result<Option<&'a str>> {
    // The settings were read for the keyring.
    let settings = environment.settings.get();
    let set = settings.and_then(|settings| settings.vault_sources().encrypt_identity.as_deref());
    let wanted = typed.or(set);
    let several = several_ids(keyring);
    if wanted.is_none() && several.len() > 1 {
        let message = format!("there are several vault ids: {}", several.join(", "));
        return Err(Refusal::new(ExitStatus::Usage, message)
            .hint("choose the one to encrypt with: `--encrypt-vault-id LABEL`")
            .into());
    }
    keyring
        .ready(wanted)
        .map_err(|error| refused("encrypt", "anything", &error))?;
    Ok(wanted)
}

/// The vault ids that have a password, when there is more than one source.
fn several_ids(keyring: &Keyring) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    if keyring.ids().nth(1).is_some() {
        for (id, fetched) in keyring.fetch_all() {
            if fetched.is_ok() && !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids
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
