//! Facts about asking before each task.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use rdpfix::runner::Consent;

use super::fake::Machine;
use super::fake::Rig;
use super::fake::wish;

/// Agrees to all tasks but some, and remembers what it was asked.
#[derive(Debug, Default)]
struct Somebody {
    declines: &'static [&'static str],
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Consent for Somebody {
    async fn given(&self, host: &str, task: &str) -> bool {
        self.asked.lock().unwrap().push(format!("{host} {task}"));
        !self.declines.contains(&task)
    }
}

fn asking(machine: &Arc<Machine>, declines: &'static [&'static str]) -> (Rig, Arc<Somebody>) {
    let somebody = Arc::new(Somebody {
        declines,
        ..Somebody::default()
    });
    let mut rig = Rig::on(machine).task(wish("x", 1)).task(wish("y", 1));
    rig.forks = 1;
    rig.consent = Some(Arc::<Somebody>::clone(&somebody));
    (rig, somebody)
}

#[tokio::test]
async fn a_task_that_is_declined_is_not_done() {
    let machine = Arc::new(Machine::with(&[]));
    let (rig, somebody) = asking(&machine, &["x"]);
    let story = rig.apply().await;
    assert_eq!(story.outcomes(), ["x: skipped Declined", "y: changed"]);
    assert_eq!(machine.calls(), ["y=1"]);
    assert_eq!(*somebody.asked.lock().unwrap(), ["a x", "a y"]);
}

#[tokio::test]
async fn somebody_is_asked_in_check_mode_too() {
    let machine = Arc::new(Machine::with(&[]));
    let (rig, somebody) = asking(&machine, &["y"]);
    let mut outcomes = rig.check().await.outcomes();
    outcomes.sort();
    assert_eq!(outcomes, ["x: drifted", "y: skipped Declined"]);
    assert_eq!(*somebody.asked.lock().unwrap(), ["a x", "a y"]);
}

#[tokio::test]
async fn one_host_is_asked_for_after_the_other() {
    let machine = Arc::new(Machine::with(&[]));
    let (rig, somebody) = asking(&machine, &[]);
    rig.host("b", &Arc::new(Machine::with(&[]))).apply().await;
    let asked = somebody.asked.lock().unwrap();
    assert_eq!(*asked, ["a x", "a y", "b x", "b y"]);
}
