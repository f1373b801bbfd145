//! What pages show of times long past, however much has happened since.

use jiff::Timestamp;
use rdpfix::event::Event;
use rdpfix::history::History;
use rdpfix::history::Recorder;
use rdpfix::plan::Outcome;

use super::rig::Rig;
use super::rig::Setup;
use crate::history::run::Visit;
use crate::history::run::at;
use crate::history::run::drifted;
use crate::history::run::ruled;
use crate::history::run::run;
use crate::history::run::run_of;
use crate::history::run::ulid;

const DAY: i64 = 24 * 60;
/// Runs of a job between two runs by hand.
const OF_THE_JOB: u64 = 300;

fn visit(busy: Outcome, calm: Outcome) -> Vec<Visit> {
    let results = vec![ruled("BUSY", busy), ruled("CALM", calm)];
    vec![Visit::new("a", results)]
}

/// One control drifts for a day two months ago, another one turns each hour of the last weeks.
fn record(file: &std::path::Path, now: Timestamp) {
    let today = now.duration_since(at(0)).as_mins();
    let mut recorder = Recorder::new(History::open(file, now).unwrap().history);
    let mut pass = |mut run: Vec<Event>| recorder.pass(&mut run).unwrap();
    let calm = [
        (80, Outcome::Compliant),
        (60, drifted()),
        (59, Outcome::Compliant),
    ];
    for (number, (days, calm)) in (0..).zip(calm) {
        let visits = visit(Outcome::Compliant, calm);
        pass(run(number, today - days * DAY, &visits));
    }
    for number in 0..OF_THE_JOB {
        let busy = match number % 2 {
            0 => drifted(),
            _ => Outcome::Compliant,
        };
        let minute = today - i64::try_from(OF_THE_JOB - number).unwrap() * 60;
        let visits = visit(busy, Outcome::Compliant);
        pass(run_of(Some("hourly"), number + 3, minute, &visits));
    }
    let visits = visit(Outcome::Compliant, Outcome::Compliant);
    pass(run(OF_THE_JOB + 3, today - 5, &visits));
}

/// The strip of a control, up to its end.
fn strip<'p>(page: &'p str, control: &str) -> &'p str {
    let (_, strip) = page
        .split_once(&format!("aria-label=\"{control}: "))
        .unwrap();
    strip.split_once("</svg>").unwrap().0
}

#[tokio::test]
async fn what_happened_long_ago_is_shown_though_much_has_happened_since() {
    let rig = Rig::recorded(Setup::default(), record).await;
    let page = rig.page("/hosts/a").await;
    let calm = strip(&page, "CALM");
    assert_eq!(calm.matches("<title>").count(), 3, "{calm}");
    assert!(calm.starts_with("compliant now, 2 turns before"), "{calm}");
    let busy = strip(&page, "BUSY");
    assert_eq!(busy.matches("<title>drift").count(), 150, "{busy}");
    let last = format!("/runs/{}", ulid(OF_THE_JOB + 3));
    let page = rig.page(&last).await;
    assert!(!page.contains("There is no earlier run of it"), "{page}");
    assert!(page.contains(&format!("/runs/{}", ulid(2))), "{page}");
}
