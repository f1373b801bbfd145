//! What messages need of this machine: tokens, and the file of those that have not arrived.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::environment;
use crate::cli::files;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::job::TokenSource;
use crate::notify::Fate;
use crate::notify::Office;
use crate::notify::Outbox;
use crate::notify::Proxies;
use crate::secret::Secret;
use crate::service::errand::Log;
use crate::service::said::Said;
use crate::service::said::What;

/// This machine.
pub struct Here {
    log: Arc<dyn Log>,
    /// Where runs are shown, such as `http://127.0.0.1:8080`.
    pages: Option<String>,
    proxies: Proxies,
}

impl Here {
    /// Tells what became of messages, which name the pages of runs where there are any.
    pub fn new(log: Arc<dyn Log>, pages: Option<String>) -> Self {
        Self {
            log,
            pages,
            proxies: Proxies::default(),
        }
    }

    /// With these proxies where a webhook names none.
    #[must_use]
    pub fn through(mut self, proxies: &Proxies) -> Self {
        self.proxies = proxies.clone();
        self
    }
}

impl Office for Here {
    fn token(&self, source: &TokenSource) -> Result<Secret, String> {
        match source {
            TokenSource::Environment(name) => environment::secret(name)
                .ok_or_else(|| format!("the variable `{name}` of the environment has no token")),
            TokenSource::File(path) => {
                let bytes = files::read(path).map_err(|error| format!("{error:#}"))?;
                let text = String::from_utf8_lossy(&bytes);
                match text.trim() {
                    "" => Err(format!("`{}` has no token", path.display())),
                    token => Ok(Secret::new(token)),
                }
            }
        }
    }

    fn proxies(&self) -> Proxies {
        self.proxies.clone()
    }

    fn page(&self, run: &str) -> Option<String> {
        let pages = self.pages.as_ref()?;
        Some(format!("{}/runs/{run}", pages.trim_end_matches('/')))
    }

    fn heard(&self, job: &Arc<str>, fate: Fate) {
        let Fate {
            occasion,
            to,
            arrived,
        } = fate;
        let what = match arrived {
            Ok(tries) => What::Told {
                occasion,
                to,
                tries,
            },
            Err(why) => What::NotTold { occasion, to, why },
        };
        self.log.say(&Said {
            at: SystemClock.now(),
            job: Some(Arc::clone(job)),
            what,
        });
    }
}

/// Messages that have not arrived, beside the history.
#[derive(Debug)]
pub struct Letters(PathBuf);

impl Letters {
    /// Those of this history.
    pub fn beside(store: &Path) -> Self {
        let mut name = store.file_name().unwrap_or_default().to_owned();
        name.push(".undelivered.jsonl");
        Self(store.with_file_name(name))
    }
}

impl Outbox for Letters {
    fn change(&self, change: &mut dyn FnMut(&str) -> String) -> Result<(), String> {
        files::change_alone(&self.0, change).map_err(|error| format!("{error:#}"))
    }
}
