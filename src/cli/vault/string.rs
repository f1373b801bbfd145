//! `rdpfix vault encrypt-string`: a text as a `!vault` value to paste into YAML.

use std::io::Read;
use std::io::Write;

use zeroize::Zeroizing;

use crate::cli::args::EncryptStringArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Readers;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::vault::encrypting_id;
use crate::cli::vault::keys;
use crate::cli::vault::keys::Age;
use crate::cli::vault::keys::Configured;
use crate::cli::vault::refused;

/// Spaces before each line of the value, as ansible-vault writes them.
const INDENT: &str = "          ";

/// Encrypts a text.
pub(super) fn encrypt(
    arguments: &EncryptStringArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<ExitStatus> {
    if arguments.texts.iter().any(|text| text != "-") {
        let message = "the text to encrypt cannot be typed as an argument";
        return Err(Refusal::new(ExitStatus::Usage, message)
            .hint("everybody on this machine can read arguments, and your shell keeps them: change that text")
            .hint("pipe it in (`printf %s \"$text\" | rdpfix vault encrypt-string`), or be asked for it with `--prompt`")
            .into());
    }
    let keyring = keys::for_verb(
        &arguments.keys,
        &Configured::from(environment, talk)?,
        Age::New,
        talk,
    )?;
    let id = encrypting_id(&keyring, arguments.encrypt_vault_id.as_deref(), environment)?;
    let text = text(arguments, environment, talk)?;
    let sealed = keyring
        .seal(&text, id)
        .map_err(|error| refused("encrypt", "the text", &error))?;
    let value = value(arguments.name.as_deref(), &sealed);
    match &arguments.output {
        Some(path) if path.as_os_str() != "-" => {
            files::write_whole(path, value.as_bytes(), Readers::Same)?;
        }
        Some(_) | None => std::io::stdout().write_all(value.as_bytes())?,
    }
    Ok(ExitStatus::Success)
}

/// `name: !vault |` and the lines of digits below it.
fn value(name: Option<&str>, sealed: &str) -> String {
    let name = name.map_or_else(String::new, |name| format!("{name}: "));
    let mut value = format!("{name}!vault |\n");
    for line in sealed.lines() {
        value.extend([INDENT, line, "\n"]);
    }
    value
}

fn text(
    arguments: &EncryptStringArguments,
    environment: &Environment,
    talk: &Talk,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let invalid = |message: &str| Refusal::new(ExitStatus::Invalid, message);
    let is_asked = arguments.file.is_none()
        && arguments.texts.is_empty()
        && (arguments.prompt || environment.stdin_is_terminal);
    let mut bytes = Zeroizing::new(Vec::new());
    if let Some(path) = &arguments.file {
        bytes.extend(files::read(path)?);
    } else if is_asked {
        let typed = rpassword::prompt_password("String to encrypt (hidden): ");
        let typed =
            typed.map_err(|error| invalid(&format!("no text could be asked for: {error}")))?;
        bytes.extend(Zeroizing::new(typed).bytes());
    } else {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    }
    if bytes.is_empty() {
        return Err(invalid("there is no text to encrypt").into());
    }
    if std::str::from_utf8(&bytes).is_err() {
        return Err(
            invalid("what is to be encrypted is no UTF-8 text, as values in YAML are")
                .hint("encrypt it as a file: `rdpfix vault encrypt FILE`")
                .into(),
        );
    }
    if bytes.ends_with(b"\n") {
        talk.note(
            "warning: the text ends with a line break, which is encrypted with it; `printf %s` writes none, `echo` does",
        );
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_value_reads_as_ansible_vault_writes_it() {
        let sealed = "$ANSIBLE_VAULT;1.1;AES256\n3330\n6162\n";
        assert_eq!(
            value(Some("word"), sealed),
            "word: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n          3330\n          6162\n"
        );
        assert!(value(None, sealed).starts_with("!vault |\n          $"));
    }
}
