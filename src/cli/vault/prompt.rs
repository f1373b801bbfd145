//! Asking a person for a vault password, in the words that programs which answer for people wait for.

use std::io::BufRead;
use std::sync::Mutex;
use std::sync::PoisonError;

use zeroize::Zeroizing;

use crate::cli::output::Talk;
use crate::cli::vault::keys::Age;
use crate::cli::vault::keys::stripped;
use crate::vault::Password;
use crate::vault::PasswordSource;

/// How a question is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// `Vault password: `
    Plain,
    /// `Vault password (LABEL): `
    Named,
}

/// Where the answer comes from when there is no terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    /// A line of standard input.
    StandardInput,
    /// Nowhere.
    None,
}

/// A question, asked when it is time.
pub(super) struct Prompt {
    pub(super) id: String,
    pub(super) wording: Wording,
    pub(super) fallback: Fallback,
    pub(super) age: Age,
    pub(super) talk: Talk,
}

impl Prompt {
    /// The questions: one, or two whose answers must be the same.
    fn questions(&self) -> Vec<String> {
        let id = &self.id;
        match (self.age, self.wording) {
            (Age::Known, Wording::Plain) => vec!["Vault password: ".to_owned()],
            (Age::Known, Wording::Named) => vec![format!("Vault password ({id}): ")],
            (Age::New, Wording::Plain) => vec![
                "New Vault password: ".to_owned(),
                "Confirm New Vault password: ".to_owned(),
            ],
            (Age::New, Wording::Named) => vec![
                format!("New vault password ({id}): "),
                format!("Confirm new vault password ({id}): "),
            ],
        }
    }

    fn answer(&self, question: &str) -> Result<Password, String> {
        let typed = self
            .typed(question)
            .map(Zeroizing::new)
            .map_err(|error| format!("no vault password for `{}`: {error}", self.id))?;
        match stripped(typed.as_bytes()) {
            [] => Err(format!(
                "no vault password for `{}`: nothing was typed",
                self.id
            )),
            password => Ok(Password::new(password)),
        }
    }

    fn typed(&self, question: &str) -> Result<String, String> {
        let no_terminal = match rpassword::prompt_password(question) {
            Ok(typed) => return Ok(typed),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err("nothing was typed".to_owned());
            }
            Err(_) => "there is no terminal to ask on".to_owned(),
        };
        if self.fallback == Fallback::None {
            return Err(no_terminal);
        }
        self.talk
            .note("warning: there is no terminal, so the password is a line of standard input");
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(1..) => Ok(line),
            Ok(0) | Err(_) => Err(no_terminal),
        }
    }
}

impl PasswordSource for Prompt {
    fn fetch(&self) -> Result<Password, String> {
        // Two questions at once could not be told apart.
        static ASKING: Mutex<()> = Mutex::new(());
        let _asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::new();
        for question in self.questions() {
            answers.push(self.answer(&question)?);
        }
        match answers.as_slice() {
            [one, two] if one != two => Err("the passwords are not the same".to_owned()),
            [one, ..] => Ok(one.clone()),
            [] => Err("nothing was asked".to_owned()),
        }
    }
}
