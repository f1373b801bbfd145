//! The same over sockets: real sessions to a simulated host that goes away for a moment.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rdpfix::cim::Traffic;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::diag::Source;
use rdpfix::event::RunMode;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Host;
use rdpfix::inventory::Inventory;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::log::Channel;
use rdpfix::lab::machine::power::Power;
use rdpfix::lab::machine::power::RebootCourse;
use rdpfix::lab::scenario;
use rdpfix::plan::Outcome;
use rdpfix::playbook::actions::Errand;
use rdpfix::playbook::actions::Occasion;
use rdpfix::playbook::actions::PortState;
use rdpfix::playbook::actions::Reboot;
use rdpfix::playbook::actions::WaitFor;
use rdpfix::probe::RdpProver;
use rdpfix::runner;
use rdpfix::runner::BootOutcome;
use rdpfix::runner::World;
use rdpfix::session::WinRmConnector;
use rdpfix::session::WinRmOptions;
use tokio::sync::mpsc;
use tokio::sync::watch;

use super::changes;
use super::failure;
use super::patience;
use super::reboot;

/// A lab of one host.
struct Site {
    lab: Lab,
    host: Arc<Host>,
}

impl Site {
    async fn of(name: &str) -> Self {
        let scenario = scenario::named(name, None).unwrap();
        let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
        let source = Arc::new(Source {
            name: "<lab>".to_owned(),
            text: lab.inventory_yaml(),
            secret: false,
        });
        let (inventory, mistakes) = Inventory::parse(&source, &Defaults::default());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let host = Arc::clone(&inventory.unwrap().hosts[0]);
        let site = Self { lab, host };
        site.set(|power| {
            power.closing = SignedDuration::from_millis(30);
            power.away = SignedDuration::from_millis(200);
        });
        site
    }

    fn set(&self, change: impl FnOnce(&mut Power)) {
        let change = |machine: &mut rdpfix::lab::machine::Machine| change(&mut machine.power);
        self.lab.update(&self.host.name, change);
    }

    fn machine(&self) -> rdpfix::lab::machine::Machine {
        self.lab.machine(&self.host.name).unwrap()
    }

    async fn apply(&self, errand: &Errand) -> (BootOutcome, Traffic) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (events, _nobody) = mpsc::channel(1);
        let interrupt = watch::Sender::new(false);
        let world = World {
            connector: Arc::new(WinRmConnector::new(
                WinRmOptions::default(),
                Arc::clone(&clock),
            )),
            prover: Arc::new(RdpProver::new(Arc::clone(&clock), RdpProver::DEADLINE)),
            clock,
            events,
            interrupted: interrupt.subscribe(),
        };
        let limits = (RunMode::Apply, Duration::from_mins(1));
        runner::errand(&world, &self.host, errand, limits).await
    }
}

fn within(seconds: u64) -> Errand {
    Errand::Reboot(Reboot {
        timeout: Duration::from_secs(seconds),
        ..reboot()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_goes_down_and_comes_back() {
    let site = Site::of("healthy").await;
    let before = site.machine().os.booted;
    let (ended, traffic) = site.apply(&within(30)).await;
    assert_eq!(changes(&ended).len(), 1);
    assert!(site.machine().os.booted > before);
    // What the session to the old boot has cost is told too.
    assert!(traffic.connections >= 2, "{traffic:?}");
    assert_eq!(site.lab.writes(&site.host.name), 1);
    let told = site.lab.events(&site.host.name, Channel::System);
    let told: Vec<u32> = told.iter().map(|event| event.id).collect();
    for id in [1074, 6006, 6005] {
        assert!(told.contains(&id), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_answer_is_lost_is_obeyed_all_the_same() {
    let site = Site::of("healthy").await;
    site.set(|power| power.closing = SignedDuration::ZERO);
    let (ended, _) = site.apply(&within(30)).await;
    assert_eq!(changes(&ended).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stays_up_or_stays_away_fails_with_its_reason() {
    for (course, reason) in [
        (RebootCourse::Ignores, "is still up since"),
        (RebootCourse::NeverReturns, "did not come back within 1 s"),
        (RebootCourse::Slow, "did not come back within 1 s"),
    ] {
        let site = Site::of("healthy").await;
        site.set(|power| power.course = course);
        let (ended, _) = site.apply(&within(1)).await;
        let told = failure(&ended);
        assert!(told.contains(reason), "{course:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_reboot_is_pending_no_more_afterwards() {
    let site = Site::of("reboot-pending").await;
    let order = Errand::Reboot(Reboot {
        occasion: Occasion::WhenPending,
        ..reboot()
    });
    let (ended, _) = site.apply(&order).await;
    let words = "pending: component servicing, windows update, files to be replaced";
    assert_eq!(ended.message.as_deref(), Some(words));
    assert_eq!(changes(&ended).len(), 1);
    let (ended, _) = site.apply(&order).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_and_connections_are_waited_for_over_sockets() {
    let site = Site::of("healthy").await;
    let place = site.lab.place(&site.host.name).unwrap();
    let port = |state| {
        Errand::WaitFor(WaitFor {
            port: Some(place.rdp.port()),
            host: None,
            state,
            patience: patience(10),
            message: None,
        })
    };
    let (ended, _) = site.apply(&port(PortState::Started)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    let back = SystemClock.now() + SignedDuration::from_millis(300);
    site.set(|power| power.state = rdpfix::lab::machine::power::PowerState::Down(Some(back)));
    site.lab.settled(&site.host.name).await;
    let (ended, traffic) = site.apply(&port(PortState::Stopped)).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    // Nothing of it needs a session.
    assert_eq!(traffic, Traffic::default());
    let connection = Errand::WaitForConnection(patience(10));
    let (ended, _) = site.apply(&connection).await;
    assert_eq!(ended.outcome, Outcome::Compliant);
    assert!(site.machine().power.is_up());
}
