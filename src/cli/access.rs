//! What verbs need to get at files, encrypted ones among them: settings and vault passwords, read once.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::cli::args::KeyArguments;
use crate::cli::environment::Environment;
use crate::cli::environment::everything;
use crate::cli::output::Talk;
use crate::cli::settings::Settings;
use crate::cli::vault::keys;
use crate::cli::vault::keys::Configured;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::syntax::template::Engine;
use crate::vault::Keyring;

/// Settings and vault passwords.
pub struct Access<'e> {
    /// What the environment says.
    pub environment: &'e Environment,
    /// What is set outside of the command line.
    pub settings: &'e Settings,
    /// The vault passwords; nobody is asked and nothing is run before something encrypted is met.
    pub keyring: Arc<Keyring>,
    /// Evaluates templates: with these passwords, the environment, and the time at which the program began.
    pub engine: Arc<Engine>,
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
        Self::with_keyring(keyring, environment, talk)
    }

    /// With vault passwords that are there already, and what they have come to know.
    pub fn with_keyring(
        keyring: Arc<Keyring>,
        environment: &'e Environment,
        talk: &Talk,
    ) -> anyhow::Result<Self> {
        let settings = Settings::of(environment, talk)?;
        let engine = Engine::new()
            .with_keyring(Arc::clone(&keyring))
            .with_environment(everything())
            .with_now(SystemClock.now().to_zoned(TimeZone::system()));
        Ok(Self {
            environment,
            settings,
            keyring,
            engine: Arc::new(engine),
        })
    }
}
