//! Takes the events of a run in as they come, and tells what turned.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::Event;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::TaskResult;
use crate::history::History;
use crate::history::HistoryError;
use crate::history::entry::Pending;
use crate::history::moment;
use crate::history::write::Known;
use crate::history::write::Run;
use crate::history::write::Turned;
use crate::history::write::Writer;
use crate::secret::Hidden;

/// Tells which exit code a run ends with.
pub type ExitCode = fn(&Recap) -> u8;

/// Records one run. What is known of hosts whose turn goes on is kept in memory; a host is committed when it ends,
/// before its end is handed back.
#[derive(Debug)]
pub struct Recorder {
    history: History,
    run: Option<Run>,
    pending: HashMap<Arc<str>, Pending>,
    known: Known,
    exit_code: Option<ExitCode>,
}

impl Recorder {
    /// Records into this history.
    pub fn new(history: History) -> Self {
        Self {
            history,
            run: None,
            pending: HashMap::new(),
            known: Known::default(),
            exit_code: None,
        }
    }

    /// Keeps the exit code of the run as well.
    #[must_use]
    pub fn with_exit_code(mut self, exit_code: ExitCode) -> Self {
        self.exit_code = Some(exit_code);
        self
    }

    /// Lets nothing of these secrets into the file.
    #[must_use]
    pub fn with_hidden(mut self, hidden: Arc<Hidden>) -> Self {
        self.known.hide(hidden);
        self
    }

    /// Takes events in and commits them together, which for many is much cheaper than one by one. Afterwards what the history
    /// knows stands among them, each before the end of its host: drift that began or ended ([`Event::Shift`]), and since when
    /// the rest has been there ([`Event::Drift`]).
    ///
    /// After an error the events are as they were and none of them is recorded, nor is anything else of the run, unless it
    /// is told once more from its start.
    pub fn pass(&mut self, events: &mut Vec<Event>) -> Result<(), HistoryError> {
        let known = self.events(events)?;
        if known.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let told = std::mem::take(events);
        for (event, known) in told.into_iter().zip(known) {
            events.extend(known);
            events.push(event);
        }
        Ok(())
    }

    /// Ends recording and gives the history back.
    pub fn into_history(self) -> History {
        self.history
    }

    /// What the history adds before each event.
    fn events(&mut self, events: &[Event]) -> Result<Vec<Vec<Event>>, HistoryError> {
        for event in events {
            if let Event::Result(result) = event {
                self.result(result);
            }
        }
        if !events.iter().any(is_kept) {
            return Ok(vec![Vec::new(); events.len()]);
        }
        let written = self.write(events);
        if written.is_err() {
            // What was rolled back may have been given numbers, and is not to be counted twice if it is told again.
            self.known.forget();
            self.pending.clear();
            self.run = None;
        }
        let (run, known) = written.map_err(|error| self.history.told(error))?;
        self.run = run;
        if let Some(run) = &mut self.run {
            run.turned = Turned::default();
        }
        for event in events {
            if let Event::HostEnd(summary) = event {
                self.pending.remove(&summary.host);
            }
        }
        Ok(known)
    }

    fn result(&mut self, result: &TaskResult) {
        if let Some(pending) = self.pending.get_mut(&result.host) {
            pending.add(result);
        } else {
            let host = Arc::clone(&result.host);
            self.pending.entry(host).or_default().add(result);
        }
    }

    /// One transaction.
    fn write(&mut self, events: &[Event]) -> rusqlite::Result<(Option<Run>, Vec<Vec<Event>>)> {
        let mut run = self.run.clone();
        let mut known = Vec::with_capacity(events.len());
        let mut writer = Writer::begin(&mut self.history.connection, &mut self.known)?;
        for event in events {
            let mut told = Vec::new();
            match event {
                Event::RunStart { .. } => run = writer.start(event)?,
                Event::HostEnd(summary) => {
                    if let Some(run) = &mut run {
                        let pending = self.pending.get_mut(&summary.host);
                        told = end_host(&mut writer, run, pending, summary)?;
                    }
                }
                Event::RunEnd { at, recap } => {
                    if let Some(run) = &run {
                        let exit_code = self.exit_code.map(|exit_code| exit_code(recap));
                        writer.end(run, moment::of(*at), recap, exit_code)?;
                    }
                }
                Event::HostStart { .. }
                | Event::Wave(_)
                | Event::Result(_)
                | Event::Shift(_)
                | Event::Drift(_) => {}
            }
            known.push(told);
        }
        writer.commit(run.as_ref())?;
        Ok((run, known))
    }
}

/// Whether an event leads to something in the file.
fn is_kept(event: &Event) -> bool {
    matches!(
        event,
        Event::RunStart { .. } | Event::HostEnd(_) | Event::RunEnd { .. }
    )
}

fn end_host(
    writer: &mut Writer<'_>,
    run: &mut Run,
    pending: Option<&mut Pending>,
    summary: &HostSummary,
) -> rusqlite::Result<Vec<Event>> {
    let mut nothing = Pending::default();
    let pending = pending.unwrap_or(&mut nothing);
    if let Some(proof) = &summary.proof {
        pending.prove(proof);
    }
    writer.host(run, pending, summary)
}
