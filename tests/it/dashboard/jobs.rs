//! Jobs of a service that is not there: they tell what they were told, and remember who was asked for.

use std::sync::Mutex;

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::dashboard::Asked;
use rdpfix::dashboard::Job;
use rdpfix::dashboard::Jobs;
use rdpfix::event::RunMode;

/// Three jobs, of which one is running and one has a problem.
#[derive(Debug)]
pub(crate) struct MadeUp {
    now: Timestamp,
    asked: Mutex<Vec<String>>,
}

impl MadeUp {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now,
            asked: Mutex::default(),
        }
    }

    /// The jobs that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Jobs for MadeUp {
    fn jobs(&self) -> Vec<Job> {
        let minutes = |minutes| self.now + SignedDuration::from_mins(minutes);
        let nightly = Job {
            name: "nightly".to_owned(),
            cadence: "every day at 03:00 Europe/Berlin".to_owned(),
            mode: RunMode::Check,
            next: Some(minutes(400)),
            running_since: None,
            trouble: None,
        };
        let asked = self.asked.lock().unwrap();
        let running = asked.iter().any(|name| name == "certificates");
        vec![
            nightly.clone(),
            Job {
                name: "certificates".to_owned(),
                cadence: "0 */4 * * *".to_owned(),
                mode: RunMode::Apply,
                running_since: running.then(|| minutes(0)),
                ..nightly.clone()
            },
            Job {
                name: "a/b <odd>".to_owned(),
                cadence: "on demand".to_owned(),
                next: None,
                trouble: Some("its inventory `hosts.yml` cannot be read".to_owned()),
                ..nightly
            },
        ]
    }

    fn run_now(&self, name: &str) -> Asked {
        if !self.jobs().iter().any(|job| job.name == name) {
            return Asked::Unknown;
        }
        let mut asked = self.asked.lock().unwrap();
        if asked.iter().any(|known| known == name) {
            return Asked::Running;
        }
        asked.push(name.to_owned());
        Asked::Accepted
    }
}
