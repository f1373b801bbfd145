//! What may be typed after `rdpfix vault`, and where vault passwords come from for every verb.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

/// Where vault passwords come from.
#[derive(Debug, Clone, Default, Args)]
pub struct KeyArguments {
    /// A vault password: `LABEL@FILE`, `LABEL@prompt`, `FILE` or `prompt`; an executable FILE prints it
    #[arg(long, value_name = "[LABEL@]SOURCE")]
    pub vault_id: Vec<String>,
    /// Read the vault password from this file, or run it when it is executable
    #[arg(long, visible_alias = "vault-pass-file", value_name = "FILE")]
    pub vault_password_file: Vec<PathBuf>,
    /// Ask for the vault password
    #[arg(short = 'J', long, visible_alias = "ask-vault-pass")]
    pub ask_vault_password: bool,
}

/// What to do with encrypted texts.
#[derive(Debug, Subcommand)]
pub enum VaultVerb {
    /// Encrypt files in place; `-` reads standard input
    Encrypt(EncryptArguments),
    /// Decrypt files in place, readable by you only; `-` reads standard input
    Decrypt(DecryptArguments),
    /// Show encrypted files, byte for byte
    View(VaultFiles),
    /// Edit an encrypted file with $EDITOR; nothing of it is left in clear behind
    Edit(EditArguments),
    /// Write a new encrypted file with $EDITOR
    Create(CreateArguments),
    /// Encrypt files with another password; all of them or none
    Rekey(RekeyArguments),
    /// Encrypt a text as a `!vault` value for a YAML file
    #[command(visible_alias = "encrypt_string")]
    EncryptString(EncryptStringArguments),
}

/// Files, and the passwords for them.
#[derive(Debug, Args)]
pub struct VaultFiles {
    /// The files; standard input when there is none
    pub files: Vec<PathBuf>,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
}

/// Arguments of `vault encrypt`.
#[derive(Debug, Args)]
pub struct EncryptArguments {
    /// Which files
    #[command(flatten)]
    pub files: VaultFiles,
    /// Write here instead of in place; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Encrypt with this vault id, when several are given
    #[arg(long, value_name = "LABEL")]
    pub encrypt_vault_id: Option<String>,
}

/// Arguments of `vault decrypt`.
#[derive(Debug, Args)]
pub struct DecryptArguments {
    /// Which files
    #[command(flatten)]
    pub files: VaultFiles,
    /// Write here instead of in place; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `vault edit`.
#[derive(Debug, Args)]
pub struct EditArguments {
    /// The files, one after the other
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
    /// Taken for the sake of ansible-vault: a file keeps its vault id, `rekey` gives it another
    #[arg(long, value_name = "LABEL", hide = true)]
    pub encrypt_vault_id: Option<String>,
}

/// Arguments of `vault create`.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// The file, which must not be there yet
    pub file: PathBuf,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
    /// Encrypt with this vault id, when several are given
    #[arg(long, value_name = "LABEL")]
    pub encrypt_vault_id: Option<String>,
}

/// Arguments of `vault rekey`.
#[derive(Debug, Args)]
pub struct RekeyArguments {
    /// The files
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
    /// The new password: `LABEL@FILE`, `LABEL@prompt`, `FILE` or `prompt`; asked for when nothing is said
    #[arg(long, value_name = "[LABEL@]SOURCE")]
    pub new_vault_id: Option<String>,
    /// Read the new password from this file, or run it when it is executable
    #[arg(long, value_name = "FILE", conflicts_with = "new_vault_id")]
    pub new_vault_password_file: Option<PathBuf>,
    /// Encrypt with this one of the configured vault ids
    #[arg(long, value_name = "LABEL")]
    pub encrypt_vault_id: Option<String>,
}

/// Arguments of `vault encrypt-string`. The text itself is never typed as an argument, where others could see it.
#[derive(Debug, Args)]
pub struct EncryptStringArguments {
    /// The variable to write before it
    #[arg(short, long, visible_alias = "stdin-name", value_name = "NAME")]
    pub name: Option<String>,
    /// Read the text from this file; else it is standard input, or asked for on a terminal
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Ask for the text on the terminal, though standard input is none
    #[arg(short, long, conflicts_with = "file")]
    pub prompt: bool,
    /// Where vault passwords come from
    #[command(flatten)]
    pub keys: KeyArguments,
    /// Write here instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Encrypt with this vault id, when several are given
    #[arg(long, value_name = "LABEL")]
    pub encrypt_vault_id: Option<String>,
    /// Taken to be refused without being repeated, except `-`, which is standard input
    #[arg(hide = true)]
    pub texts: Vec<String>,
}
