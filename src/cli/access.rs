//! What verbs need to get at files, encrypted ones among them: settings and vault passwords, read once.

use std::sync::Arc;

use crate::cli::args::KeyArguments;
use crate::cli::environment::Environment;
use crate::cli::output::Talk;
use crate::cli::settings::Settings;
use crate::cli::vault::keys;
use crate::cli::vault::keys::Configured;
use crate::vault::Keyring;

/// Settings and vault passwords.
pub struct Access<'e> {
    /// What the environment says.
    pub environment: &'e Environment,
    /// What is set outside of the command line.
    pub settings: &'e Settings,
    /// The vault passwords; nobody is asked and nothing is run before something encrypted is met.
    pub keyring: Arc<Keyring>,
}

impl<'e> Access<'e> {
    /// Reads what is typed and what is set.
    pub fn of(
        arguments: &KeyArguments,
        environment: &'e Environment,
        talk: &Talk,
    ) -> anyhow::Result<Self> {
        let settings = Settings::of(environment, talk)?;
        let keyring = keys::keyring(arguments, &Configured::of(settings), talk)?;
        Ok(Self {
            environment,
            settings,
            keyring,
        })
    }
}
