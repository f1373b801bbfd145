//! How far a run is: a bar where a person watches, a line now and then where nobody does. Never on the stream that
//! carries results.

use std::fmt::Write as _;
use std::io;
use std::io::Write;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::event::Event;
use crate::event::Recap;
use crate::report::Reporter;

/// The time between two lines where there is no terminal.
const LINE_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Shows how far a run is.
pub struct Progress {
    place: Place,
    hosts: usize,
    in_flight: usize,
    recap: Recap,
}

enum Place {
    Terminal(ProgressBar),
    Lines {
        out: Box<dyn Write + Send>,
        last: Option<Timestamp>,
    },
}

impl Progress {
    /// A bar on standard error, which has to be a terminal.
    pub fn terminal() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} hosts {msg}") {
            bar.set_style(style);
        }
        Self::at(Place::Terminal(bar))
    }

    /// A line every ten seconds, for logs.
    pub fn lines(out: Box<dyn Write + Send>) -> Self {
        Self::at(Place::Lines { out, last: None })
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            hosts: 0,
            in_flight: 0,
            recap: Recap::default(),
        }
    }

    /// A writer for results that share the terminal with the bar: the bar steps aside while they are written.
    pub fn beside(&self, out: Box<dyn Write + Send>) -> Box<dyn Write + Send> {
        match &self.place {
            Place::Terminal(bar) => Box::new(Beside {
                bar: bar.clone(),
                out,
            }),
            Place::Lines { .. } => out,
        }
    }

    fn done(&self) -> usize {
        let recap = &self.recap;
        recap.ok + recap.drifted + recap.unreachable + recap.failed + recap.interrupted
    }

    fn words(&self) -> String {
        let mut words = format!("{} in flight", self.in_flight);
        let counts = [
            (self.recap.drifted, "drifted"),
            (self.recap.failed, "failed"),
            (self.recap.unreachable, "unreachable"),
        ];
        for (count, word) in counts.into_iter().filter(|(count, _)| *count > 0) {
            // Writing to a string cannot fail.
            let _written = write!(words, ", {count} {word}");
        }
        words
    }

    fn show(&mut self, at: Timestamp) -> io::Result<()> {
        let (done, words, hosts) = (self.done(), self.words(), self.hosts);
        match &mut self.place {
            Place::Terminal(bar) => {
                bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
                bar.set_message(words);
                Ok(())
            }
            Place::Lines { out, last } => {
                let due = match *last {
                    Some(last) => at.duration_since(last) >= LINE_EVERY,
                    None => false,
                };
                if due || last.is_none() {
                    *last = Some(at);
                }
                if !due {
                    return Ok(());
                }
                writeln!(out, "{done}/{hosts} hosts, {words}")?;
                out.flush()
            }
        }
    }
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStart { hosts, at, .. } => {
                self.hosts = *hosts;
                if let Place::Terminal(bar) = &self.place {
                    bar.set_length(u64::try_from(*hosts).unwrap_or(u64::MAX));
                }
                self.show(*at)
            }
            Event::HostStart { at, .. } => {
                self.in_flight += 1;
                self.show(*at)
            }
            Event::Wave(_) | Event::Shift(_) | Event::Drift(_) => Ok(()),
            Event::Result(result) => match self.place {
                Place::Terminal(_) => Ok(()),
                Place::Lines { .. } => self.show(result.at),
            },
            Event::HostEnd(summary) => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.recap.add(summary);
                self.show(summary.at)
            }
            Event::RunEnd { .. } => {
                if let Place::Terminal(bar) = &self.place {
                    bar.finish_and_clear();
                }
                Ok(())
            }
        }
    }
}

/// Writes while the bar steps aside.
struct Beside {
    bar: ProgressBar,
    out: Box<dyn Write + Send>,
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = &mut self.out;
        self.bar.suspend(|| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
