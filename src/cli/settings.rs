//! What is set outside of the command line: by variables of the environment, ours before Ansible's, and by `ansible.cfg`.
//! Read when a verb needs it, once.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::output::Talk;
use crate::cli::settings::config::Config;
use crate::cli::settings::ini::Sections;
use crate::cli::settings::ini::Value;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;

mod config;
mod ini;
pub mod table;

pub use crate::cli::settings::table::Setting;
pub use crate::cli::settings::table::TABLE;

/// The section of `ansible.cfg` that counts.
const SECTION: &str = "defaults";
/// Words that Ansible takes for yes, letter case ignored. Everything else is no.
const YES: [&str; 6] = ["y", "yes", "on", "1", "true", "t"];

/// Settings; what is typed wins over each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What to open as inventory, each as `-i` takes it.
    pub inventory: Vec<String>,
    /// Hosts in flight at once, at least 1.
    pub forks: Option<usize>,
    /// Seconds that one operation on a host may take, at least 1.
    pub timeout: Option<u64>,
    /// The user where the inventory names none.
    pub user: Option<String>,
    /// The file with the password where the inventory has none.
    pub connection_password_file: Option<PathBuf>,
    /// How results are told, each as `--reporter` takes it.
    pub reporters: Vec<String>,
    /// Where vault passwords come from.
    pub(super) vault: VaultSources,
    /// Whether, and where, the names of hosts that failed are written.
    pub(super) retry: Retry,
}

/// Where vault passwords come from besides the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultSources {
    /// Each as `--vault-id` takes it; tried before those that are typed. Paths begin in the current folder.
    pub identities: Vec<String>,
    /// As `--vault-password-file` takes it; tried after those that are typed.
    pub password_file: Option<PathBuf>,
    /// Whether it is asked for.
    pub ask: bool,
    /// The vault id with which texts are encrypted.
    pub encrypt_identity: Option<String>,
    /// Whether only the password of the same vault id is tried.
    pub must_match: bool,
}

/// `retry_files_enabled`, `retry_files_save_path`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Retry {
    /// No file is written.
    #[default]
    Off,
    /// Beside the playbook.
    Beside,
    /// In this folder.
    In(PathBuf),
}

impl Settings {
    /// The settings; what Ansible ignores silently has been told. Mistakes in `ansible.cfg` have been shown when this fails.
    pub fn of<'e>(environment: &'e Environment, talk: &Talk) -> anyhow::Result<&'e Self> {
        if let Some(settings) = environment.settings.get() {
            return Ok(settings);
        }
        let config = config::read(environment, talk)?;
        let mut looker = Looker::new(environment, &config);
        let settings = looker.settings();
        for note in &looker.notes {
            talk.note(note);
        }
        talk.diagnostics(&looker.mistakes);
        if let Some(refusal) = looker.refusal {
            return Err(refusal.into());
        }
        Ok(environment.settings.get_or_init(|| settings))
    }

    /// What the text of an `ansible.cfg` says by itself, its paths beginning in this folder; else every mistake in it.
    pub fn in_config(source: &Arc<Source>, folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let config = Config {
            sections: Sections::parse(source)?,
            folder: folder.to_owned(),
        };
        let environment = Environment::default();
        let mut looker = Looker::new(&environment, &config);
        let settings = looker.settings();
        let is_error = |mistake: &Diagnostic| mistake.severity == Severity::Error;
        if looker.mistakes.iter().any(is_error) {
            Err(looker.mistakes)
        } else {
            Ok(settings)
        }
    }

    /// Where vault passwords come from besides the command line.
    pub fn vault_sources(&self) -> &VaultSources {
        &self.vault
    }

    /// The file for the names of hosts on which this playbook failed; `None` when none is wanted.
    pub fn retry_file(&self, playbook: &Path) -> Option<PathBuf> {
        let name = playbook.with_extension("retry");
        match &self.retry {
            Retry::Off => None,
            Retry::Beside => Some(name),
            Retry::In(folder) => Some(folder.join(name.file_name()?)),
        }
    }
}

/// A value that was found.
struct Set<'c> {
    setting: &'static Setting,
    text: String,
    origin: Origin<'c>,
}

/// Where a value was found.
enum Origin<'c> {
    /// This variable of the environment.
    Variable(&'static str),
    /// `ansible.cfg`.
    Config(&'c Value),
}

/// Looks settings up and notes mistakes.
struct Looker<'c> {
    environment: &'c Environment,
    config: &'c Config,
    notes: Vec<String>,
    mistakes: Vec<Diagnostic>,
    refusal: Option<Refusal>,
}

impl<'c> Looker<'c> {
    fn new(environment: &'c Environment, config: &'c Config) -> Self {
        Self {
            environment,
            config,
            notes: Vec::new(),
            mistakes: Vec::new(),
            refusal: None,
        }
    }

    fn settings(&mut self) -> Settings {
        self.tell_idle(&table::HOST_KEY_CHECKING);
        let retry = if self.truth(&table::RETRY_FILES) {
            let folder = self.path(&table::RETRY_FOLDER);
            folder.map_or(Retry::Beside, Retry::In)
        } else {
            Retry::Off
        };
        Settings {
            inventory: self.inventory(),
            forks: self.number(&table::FORKS).and_then(|n| n.try_into().ok()),
            timeout: self.number(&table::TIMEOUT),
            user: self.text(&table::USER),
            connection_password_file: self.path(&table::CONNECTION_PASSWORD_FILE),
            reporters: self.reporters(),
            vault: VaultSources {
                identities: self.list(&table::VAULT_IDENTITY_LIST),
                password_file: self.path(&table::VAULT_PASSWORD_FILE),
                ask: self.truth(&table::ASK_VAULT_PASSWORD),
                encrypt_identity: self.text(&table::VAULT_ENCRYPT_IDENTITY),
                must_match: self.truth(&table::VAULT_ID_MATCH),
            },
            retry,
        }
    }

    /// The strongest value; nothing at all counts as not set.
    fn find(&self, setting: &'static Setting) -> Option<Set<'c>> {
        for name in [setting.own, setting.ansible] {
            if let Some(text) = self.environment.variable(name) {
                let origin = Origin::Variable(name);
                let text = text.to_owned();
                return Some(Set {
                    setting,
                    text,
                    origin,
                });
            }
        }
        let value = self.config.sections.value(SECTION, setting.key)?;
        let text = unquoted(&value.text).to_owned();
        (!text.is_empty()).then_some(Set {
            setting,
            text,
            origin: Origin::Config(value),
        })
    }

    fn text(&self, setting: &'static Setting) -> Option<String> {
        Some(self.find(setting)?.text)
    }

    fn truth(&self, setting: &'static Setting) -> bool {
        self.find(setting).is_some_and(|set| is_yes(&set.text))
    }

    /// Warns of a setting that is switched off and has nothing to switch yet.
    fn tell_idle(&mut self, setting: &'static Setting) {
        let Some(set) = self.find(setting).filter(|set| !is_yes(&set.text)) else {
            return;
        };
        let (name, span) = match &set.origin {
            Origin::Variable(name) => (*name, None),
            Origin::Config(value) => (setting.key, Some(&value.span)),
        };
        let says = format!("`{name}` has no effect here yet");
        let warning = Diagnostic::warning("no-effect", says)
            .help("it is about SSH, over which no host is worked on; the keys of hosts will be checked or not as it says");
        self.mistakes.push(match span {
            Some(span) => warning.at(span),
            None => warning,
        });
    }

    /// A whole number, at least 1.
    fn number(&mut self, setting: &'static Setting) -> Option<u64> {
        let set = self.find(setting)?;
        let number = whole(&set.text).filter(|number| *number > 0);
        if number.is_none() {
            self.wrong(&set, "a whole number, at least 1");
        }
        number
    }

    fn wrong(&mut self, set: &Set<'_>, wanted: &str) {
        match &set.origin {
            Origin::Variable(name) => {
                let says = format!("`{name}` is `{}`, and should be {wanted}", set.text);
                self.refusal
                    .get_or_insert_with(|| Refusal::new(ExitStatus::Usage, says));
            }
            Origin::Config(value) => {
                let key = set.setting.key;
                let says = format!("`{key}` cannot be `{}`", set.text.replace('\n', " "));
                let mistake = Diagnostic::error("config-value", says)
                    .at(&value.span)
                    .label(format!("expected {wanted}"));
                self.mistakes.push(if value.text.contains(" #") {
                    mistake.help("behind a value only `;` begins a comment, not `#`")
                } else {
                    mistake
                });
                self.refusal.get_or_insert_with(|| {
                    let path = &value.span.source.name;
                    let says = format!("the settings in `{path}` cannot be used");
                    Refusal::new(ExitStatus::Invalid, says)
                });
            }
        }
    }

    fn path(&self, setting: &'static Setting) -> Option<PathBuf> {
        let set = self.find(setting)?;
        Some(self.resolve(&set.text, &set.origin))
    }

    /// Paths of the file begin in its folder, those of variables in the current one.
    fn resolve(&self, text: &str, origin: &Origin<'_>) -> PathBuf {
        let path = self.environment.expand(&text.replace("{{CWD}}", "."));
        match origin {
            Origin::Config(_) if !text.contains("{{CWD}}") => self.config.folder.join(path),
            Origin::Config(_) | Origin::Variable(_) => path,
        }
    }

    /// Between commas, without the quotes around them.
    fn list(&self, setting: &'static Setting) -> Vec<String> {
        let text = self.text(setting).unwrap_or_default();
        text.split(',')
            .map(|item| unquoted(item.trim()).to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    }

    /// Sources between commas. Our variable takes what one `-i` takes, too: a list of hosts with a comma at its end.
    fn inventory(&self) -> Vec<String> {
        let Some(set) = self.find(&table::INVENTORY) else {
            return Vec::new();
        };
        let is_own = matches!(set.origin, Origin::Variable(name) if name == set.setting.own);
        if is_own && set.text.trim_end().ends_with(',') {
            return vec![set.text];
        }
        let items = set.text.split(',').map(str::trim);
        let items = items.filter(|item| !item.is_empty());
        items
            .map(|item| match set.origin {
                // A lab is no path.
                Origin::Variable(_) if item == "lab" || item.starts_with("lab:") => item.to_owned(),
                _ => self.resolve(item, &set.origin).display().to_string(),
            })
            .collect()
    }

    /// Our variable names reporters as `--reporter` does. Of Ansible's callbacks those count that programs read.
    fn reporters(&mut self) -> Vec<String> {
        let Some(set) = self.find(&table::REPORTER) else {
            return Vec::new();
        };
        let name = match set.origin {
            Origin::Variable(name) if name == set.setting.own => {
                return self.list(&table::REPORTER);
            }
            Origin::Variable(name) => name,
            Origin::Config(_) => set.setting.key,
        };
        let callback = set.text.rsplit('.').next().unwrap_or_default();
        if !matches!(callback, "json" | "jsonl") {
            return Vec::new();
        }
        self.notes.push(format!(
            "note: `{name}` is `{}`, so results are told by `--reporter {callback}`",
            set.text
        ));
        vec![callback.to_owned()]
    }
}

/// Whether `ansible.cfg` wants no colours, and no variable says anything else. What is wrong with the file is told when
/// a verb needs it.
pub fn is_plain(environment: &Environment) -> bool {
    let setting = &table::NO_COLOUR;
    let names = [setting.own, setting.ansible];
    if names
        .iter()
        .any(|name| environment.variable(name).is_some())
    {
        return false;
    }
    let value = config::look(environment, &mut Vec::new()).ok();
    let value = value.as_ref().map(|config| &config.sections);
    let value = value.and_then(|sections| sections.value(SECTION, setting.key));
    value.is_some_and(|value| is_yes(unquoted(&value.text)))
}

/// Whether a word is one of Ansible's for yes.
pub fn is_yes(word: &str) -> bool {
    let word = word.trim().to_lowercase();
    YES.contains(&word.as_str())
}

/// Without the same quote at both ends.
fn unquoted(text: &str) -> &str {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(text)
}

/// `10`, and as Ansible takes it `10.0` and `1e1`.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
        is_whole.then(|| format!("{number:.0}").parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::path::PathBuf;

    use super::Retry;
    use super::Settings;
    use super::is_yes;
    use super::unquoted;
    use super::whole;

    #[test]
    fn words_and_numbers_are_taken_as_ansible_takes_them() {
        for (text, number) in [
            ("10", Some(10)),
            (" 10 ", Some(10)),
            ("10.0", Some(10)),
            ("1e1", Some(10)),
            ("10.5", None),
            ("-1", None),
            ("", None),
            ("ten", None),
            ("inf", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
        }
        assert!(is_yes("True") && is_yes(" on ") && !is_yes("no") && !is_yes("2"));
        assert_eq!(unquoted("'a'"), "a");
        assert_eq!(unquoted("\"a'"), "\"a'");
        assert_eq!(unquoted("'"), "'");
    }

    #[test]
    fn a_retry_file_has_the_name_of_its_playbook() {
        let file = |retry| {
            let settings = Settings {
                retry,
                ..Settings::default()
            };
            settings.retry_file(Path::new("books/rdp.yml"))
        };
        assert_eq!(file(Retry::Off), None);
        assert_eq!(file(Retry::Beside), Some(PathBuf::from("books/rdp.retry")));
        assert_eq!(
            file(Retry::In("/var".into())),
            Some(PathBuf::from("/var/rdp.retry"))
        );
    }
}
