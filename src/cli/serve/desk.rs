//! The reports of a job: open over a whole turn, so that two runs of it make one report.

use std::io;
use std::sync::Arc;

use crate::cli::reporters::Panel;
use crate::cli::reporters::Shown;
use crate::cli::serve::whole::Whole;
use crate::event::Event;
use crate::report::Reporter;
use crate::service::errand::Position;
use crate::vault::Keyring;

/// Reporters of a job at work.
pub struct Desk {
    /// What both runs of a turn share, so that what one of them has come to know as secret stays so in the report of both.
    pub keyring: Arc<Keyring>,
    /// Those that tell as it happens hear one run after the other.
    live: Panel,
    /// Those that make a page hear of each host once.
    pages: Panel,
    /// What they hear; `None` for a run that stands alone, whose events they hear as they are.
    whole: Option<Whole>,
}

impl Desk {
    /// Opens the reporters of a run that begins a turn.
    pub fn open(
        names: &[String],
        keyring: &Arc<Keyring>,
        position: Position,
    ) -> anyhow::Result<Self> {
        let panel = Panel::open(names, Shown::in_files(), keyring.hidden())?;
        let (live, pages) = panel.split();
        Ok(Self {
            keyring: Arc::clone(keyring),
            live,
            pages,
            whole: (position != Position::Alone).then(Whole::default),
        })
    }

    /// The turn is over. Gives the errors of reports that could not be written.
    pub fn conclude(mut self) -> Vec<String> {
        for event in self.whole.take().map(Whole::conclude).unwrap_or_default() {
            let _heard = self.pages.event(&event);
        }
        let mut errors = self.live.close();
        errors.extend(self.pages.close());
        errors
    }
}

impl Reporter for Desk {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.live.event(event)?;
        let Some(whole) = &mut self.whole else {
            return self.pages.event(event);
        };
        for event in whole.hear(event) {
            self.pages.event(&event)?;
        }
        Ok(())
    }
}
