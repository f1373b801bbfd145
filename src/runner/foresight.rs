//! What check mode knows of changes that were not made: what a later look would see if they had been.
//!
//! Holds nothing that writes. What follows from a change and is not known for certain is doubted, never guessed.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;

use crate::cim::Answer;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Read;
use crate::plan::Change;
use crate::plan::Remedy;
use crate::plan::Unknown;
use crate::runner::duty::Sight;
use crate::runner::foresight::effect::Effect;
use crate::runner::foresight::effect::Extent;

pub(super) mod effect;
mod firewall;
mod registry;
mod service;
mod terminal;
mod touch;

/// Changes that were not made, in their order.
#[derive(Default)]
pub(super) struct Foresight {
    unmade: Vec<Unmade>,
}

/// One effect of a change that was not made.
struct Unmade {
    task: Arc<str>,
    effect: Effect,
}

impl Foresight {
    /// Whether nothing was left unmade.
    pub(super) fn is_empty(&self) -> bool {
        self.unmade.is_empty()
    }

    /// How much was left unmade.
    pub(super) fn len(&self) -> usize {
        self.unmade.len()
    }

    /// Forgets what was left unmade since there was so much of it.
    pub(super) fn forget_behind(&mut self, len: usize) {
        self.unmade.truncate(len);
    }

    /// Remembers changes of a task.
    pub(super) fn remember(&mut self, task: &Arc<str>, changes: &[Change]) {
        for change in changes {
            if let Remedy::Steps { apply, .. } = &change.remedy {
                for effect in apply.iter().flat_map(effect::of) {
                    self.note(task, effect);
                }
            }
        }
    }

    /// Remembers that a task would restart the host.
    pub(super) fn remember_reboot(&mut self, task: &Arc<str>) {
        self.note(task, Effect::Unclear(Extent::Boot));
    }

    /// Remembers that a task may change what it looks at, without knowing how.
    pub(super) fn suspect(&mut self, task: &Arc<str>, kind: &'static str, reads: Vec<Read>) {
        let extent = if reads.is_empty() {
            Extent::of_kind(kind)
        } else {
            Extent::Reads(reads)
        };
        self.note(task, Effect::Unclear(extent));
    }

    fn note(&mut self, task: &Arc<str>, effect: Effect) {
        let task = Arc::clone(task);
        self.unmade.push(Unmade { task, effect });
    }

    /// The names of the tasks, each once.
    pub(super) fn tasks(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for unmade in &self.unmade {
            if !names.iter().any(|name| **name == *unmade.task) {
                names.push(unmade.task.to_string());
            }
        }
        names
    }

    /// A host as it would be.
    pub(super) fn over<'a>(&'a self, host: &'a dyn CimReader) -> Foreseen<'a> {
        Foreseen {
            host,
            unmade: &self.unmade,
            doubts: Mutex::default(),
        }
    }
}

/// A host as it would be if every change had been made.
pub(super) struct Foreseen<'a> {
    host: &'a dyn CimReader,
    unmade: &'a [Unmade],
    /// What came up while it was looked at.
    doubts: Mutex<Vec<Doubt>>,
}

/// Something that cannot be told.
struct Doubt {
    task: Arc<str>,
    what: String,
    counts: Counts,
}

/// When a doubt makes what was seen uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Always,
    /// When this property was needed, which was hidden.
    ForProperty(&'static str),
    /// When something differs: it may be mended by then.
    WhenItDiffers,
}

impl Foreseen<'_> {
    /// Why what was seen is not certain.
    pub(super) fn doubt(&self, sight: &Sight) -> Option<Unknown> {
        let noted = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = |doubt: &&Doubt| match (doubt.counts, sight) {
            (Counts::Always, _) | (Counts::WhenItDiffers, Sight::Failed(_)) => true,
            (Counts::ForProperty(hidden), Sight::Failed(failure)) => {
                matches!(&failure.error, CimError::Property { property, .. } if property == hidden)
            }
            (Counts::WhenItDiffers, Sight::Known(known)) => !known.changes.is_empty(),
            (Counts::ForProperty(_) | Counts::WhenItDiffers, _) => false,
        };
        let doubts: Vec<&Doubt> = noted.iter().filter(counts).collect();
        let first = doubts.first()?;
        let mut depends_on: Vec<String> = Vec::new();
        for doubt in &doubts {
            if !depends_on.iter().any(|name| **name == *doubt.task) {
                depends_on.push(doubt.task.to_string());
            }
        }
        Some(Unknown {
            depends_on,
            what: first.what.clone(),
        })
    }

    fn note(&self, doubt: Doubt) {
        let mut noted = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(doubt);
    }

    /// Doubts an answer as a whole.
    fn doubt_whole(&self, task: &Arc<str>, read: &Read) {
        self.note(Doubt {
            task: Arc::clone(task),
            what: format!("what {read} would be then"),
            counts: Counts::Always,
        });
    }

    /// Doubts one property of an answer.
    fn doubt_property(&self, task: &Arc<str>, class: &'static str, property: &'static str) {
        self.note(Doubt {
            task: Arc::clone(task),
            what: format!("what {class}.{property} would be then"),
            counts: Counts::ForProperty(property),
        });
    }
}

#[async_trait]
impl CimReader for Foreseen<'_> {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        for unmade in self.unmade {
            if let Effect::Unclear(extent) = &unmade.effect
                && extent.covers(read)
            {
                self.note(Doubt {
                    task: Arc::clone(&unmade.task),
                    what: format!("what {read} would be then"),
                    counts: if *extent == Extent::MadeCertificate {
                        Counts::WhenItDiffers
                    } else {
                        Counts::Always
                    },
                });
            }
        }
        match read {
            Read::Registry(path) => match registry::value(self.unmade, path) {
                Some(answer) => answer,
                None => self.host.read(read).await,
            },
            Read::ValueTypes(key) => {
                let answer = self.host.read(read).await?;
                Ok(registry::types(self.unmade, key, answer))
            }
            Read::SubKeys(key) => {
                let answer = self.host.read(read).await?;
                Ok(registry::sub_keys(self.unmade, key, answer))
            }
            Read::Get(_) | Read::Query(_) | Read::Associated(_) => self.instances(read).await,
            Read::Ask(_) | Read::Events(_) => self.host.read(read).await,
        }
    }
}

impl Foreseen<'_> {
    async fn instances(&self, read: &Read) -> Result<Answer, CimError> {
        if service::is_about(read) {
            return service::read(self, read).await;
        }
        if firewall::is_about(read) {
            return firewall::read(self, read).await;
        }
        let mut answer = self.host.read(read).await?;
        if terminal::is_about(read) {
            terminal::adjust(self, &mut answer);
        }
        Ok(answer)
    }
}
