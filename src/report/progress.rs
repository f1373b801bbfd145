//! How far a run is: a bar where a person watches, never on the stream that carries results.

use std::fmt::Write as _;
use std::io;
use std::io::Write;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use crate::event::Event;
use crate::event::Recap;
use crate::report::Reporter;

/// Shows how far a run is.
pub struct Progress {
    bar: ProgressBar,
    in_flight: usize,
    recap: Recap,
}

impl Progress {
    /// A bar on standard error, which has to be a terminal.
    pub fn terminal() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} hosts {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            in_flight: 0,
            recap: Recap::default(),
        }
    }

    /// A writer for results that share the terminal with the bar: the bar steps aside while they are written.
    pub fn beside(&self, out: Box<dyn Write + Send>) -> Box<dyn Write + Send> {
        Box::new(Beside {
            bar: self.bar.clone(),
            out,
        })
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

    fn show(&self) {
        self.bar
            .set_position(u64::try_from(self.done()).unwrap_or(u64::MAX));
        self.bar.set_message(self.words());
    }
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStart { hosts, .. } => {
                self.bar
                    .set_length(u64::try_from(*hosts).unwrap_or(u64::MAX));
                self.show();
            }
            Event::HostStart { .. } => {
                self.in_flight += 1;
                self.show();
            }
            Event::Wave(_) | Event::Shift(_) | Event::Drift(_) | Event::Result(_) => {}
            Event::HostEnd(summary) => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.recap.add(summary);
                self.show();
            }
            Event::RunEnd { .. } => self.bar.finish_and_clear(),
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::Mutex;
    use std::time::Duration;

    use indicatif::ProgressDrawTarget;
    use jiff::Timestamp;

    use super::Progress;
    use crate::cim::Traffic;
    use crate::event::Counts;
    use crate::event::Event;
    use crate::event::HostStatus;
    use crate::event::HostSummary;
    use crate::event::Recap;
    use crate::event::RunMode;
    use crate::report::Reporter;

    fn unseen() -> Progress {
        Progress::on(ProgressDrawTarget::hidden())
    }

    fn begun(name: &str) -> Event {
        Event::HostStart {
            host: name.into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn ended(name: &str, status: HostStatus) -> Event {
        Event::HostEnd(HostSummary {
            host: name.into(),
            at: Timestamp::UNIX_EPOCH,
            status,
            counts: Counts::default(),
            proof: None,
            traffic: Traffic::default(),
            duration: Duration::ZERO,
        })
    }

    fn start() -> Event {
        Event::RunStart {
            run: "01K0RUN".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            mode: RunMode::Check,
            playbook: "rdp.yml".to_owned(),
            hosts: 3,
            job: None,
        }
    }

    #[test]
    fn the_bar_tells_how_many_hosts_are_done_and_how_they_fared() {
        let mut progress = unseen();
        let failed = HostStatus::Failed {
            reason: "x".to_owned(),
            hint: None,
        };
        for event in [
            start(),
            begun("a"),
            begun("b"),
            begun("c"),
            ended("a", HostStatus::Drifted),
            ended("b", failed),
        ] {
            progress.event(&event).unwrap();
        }
        let bar = progress.bar.clone();
        assert_eq!((bar.position(), bar.length()), (2, Some(3)));
        assert_eq!(bar.message(), "1 in flight, 1 drifted, 1 failed");
        assert!(!bar.is_finished());
        let end = Event::RunEnd {
            at: Timestamp::UNIX_EPOCH,
            recap: Recap::default(),
        };
        progress.event(&end).unwrap();
        assert!(bar.is_finished(), "it makes room");
    }

    /// A place to write to that can be looked at afterwards.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_written_beside_the_bar_comes_through() {
        let mut progress = unseen();
        progress.event(&start()).unwrap();
        let paper = Paper::default();
        let mut beside = progress.beside(Box::new(paper.clone()));
        writeln!(beside, "ok: [a]").unwrap();
        assert_eq!(*paper.0.lock().unwrap(), b"ok: [a]\n");
    }
}
