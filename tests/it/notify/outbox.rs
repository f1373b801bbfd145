//! Facts about messages that are kept: their order, and which of them hold up others.

use std::sync::Arc;

use rdpfix::notify::letter;
use rdpfix::notify::letter::Letter;
use rdpfix::service::errand::Herald;

use super::Desk;
use super::courier;
use super::drifted_in;
use super::job;
use super::jobs;
use super::kept;
use crate::support::hook::Hook;

/// A webhook that sends nothing but the run's identifier, and tries once.
fn plain(url: &str) -> String {
    format!(
        "{{url: '{url}', on: [drift], body: '{{{{ run }}}}', retries: {{count: 0, delay: 1s}}}}"
    )
}

#[tokio::test]
async fn what_is_kept_arrives_before_what_is_new() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let job = job(&plain(&hook.url("/down")));
    let desk = Arc::new(Desk::default());
    let courier = courier(&desk);
    courier.tell(drifted_in(&job, "A")).await;
    assert_eq!(hook.next().await.body, "A");
    hook.knock("/up").await;
    courier.tell(drifted_in(&job, "B")).await;
    let bodies = [hook.next().await.body, hook.next().await.body];
    assert_eq!(bodies, ["A", "B"]);
    assert_eq!(desk.kept(), Vec::new());
}

#[tokio::test]
async fn what_is_new_waits_behind_what_finds_nobody() {
    let job = job(&plain("http://127.0.0.1:1/"));
    let desk = Arc::new(Desk::default());
    *desk.outbox.lock().unwrap() = letter::write(&[kept(&job, "old")]).0;
    courier(&desk).tell(drifted_in(&job, "new")).await;
    let why = desk.fate().unwrap_err();
    assert!(
        why.contains("no connection") && why.contains("kept"),
        "{why}"
    );
    let kept: Vec<String> = desk.kept().into_iter().map(|one| one.body).collect();
    assert_eq!(kept, ["old", "new"]);
}

#[tokio::test]
async fn a_message_that_is_not_wanted_is_given_up_and_holds_up_no_other() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let job = job(&plain(&hook.url("/picky")));
    let desk = Arc::new(Desk::default());
    let letters = ["refused", "stumbled-1", "stumbled-2", "good"].map(|id| kept(&job, id));
    *desk.outbox.lock().unwrap() = letter::write(&letters).0;
    courier(&desk).resume(&[Arc::clone(&job)]).await;
    for id in ["refused", "stumbled-1", "stumbled-2", "good"] {
        assert_eq!(hook.next().await.body, id);
    }
    // What made the receiver stumble may arrive some day.
    let kept: Vec<String> = desk.kept().into_iter().map(|one| one.id).collect();
    assert_eq!(kept, ["stumbled-1", "stumbled-2"]);
    let fates = desk.fates.lock().unwrap().clone();
    let [refused, good] = fates.as_slice() else {
        panic!("{fates:?}")
    };
    let why = refused.arrived.as_ref().unwrap_err();
    assert!(
        why.contains("413") && why.contains("is not sent again"),
        "{why}"
    );
    assert_eq!(good.arrived, Ok(1));
}

#[tokio::test]
async fn a_receiver_that_stumbles_over_everything_is_left_alone() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let job = job(&plain(&hook.url("/picky")));
    let desk = Arc::new(Desk::default());
    let letters: Vec<Letter> = (0..20)
        .map(|number| kept(&job, &format!("stumble-{number}")))
        .collect();
    *desk.outbox.lock().unwrap() = letter::write(&letters).0;
    courier(&desk).resume(&[Arc::clone(&job)]).await;
    assert_eq!(hook.knock("/ok").await.len(), 4);
    assert_eq!(desk.kept(), letters);
}

#[tokio::test]
async fn many_jobs_share_a_receiver_and_no_message_waits_for_the_next_run() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let names: Vec<String> = (0..40).map(|number| format!("job-{number}")).collect();
    let jobs = jobs(&names, &plain(&hook.url("/ok/many")));
    let desk = Arc::new(Desk::default());
    let old: Vec<Letter> = jobs.iter().map(|job| kept(job, &job.name)).collect();
    *desk.outbox.lock().unwrap() = letter::write(&old).0;
    let courier = courier(&desk);
    let resumed = courier.resume(&jobs);
    // All of them end at once, twice.
    let tellings: Vec<_> = ["first", "second"]
        .iter()
        .flat_map(|run| jobs.iter().map(|job| courier.tell(drifted_in(job, run))))
        .collect();
    futures_util::future::join(resumed, futures_util::future::join_all(tellings)).await;
    assert_eq!(desk.kept(), Vec::new());
    assert_eq!(hook.knock("/ok").await.len(), 120);
    let fates = desk.fates.lock().unwrap().clone();
    let new = fates.iter().filter(|fate| fate.occasion == "drift");
    assert_eq!((fates.len(), new.count()), (120, 80));
    assert!(fates.iter().all(|fate| fate.arrived == Ok(1)), "{fates:?}");
}

#[tokio::test]
async fn who_makes_room_for_newer_messages_is_told() {
    let job = job(&plain("http://127.0.0.1:1/"));
    let desk = Arc::new(Desk::default());
    let letters: Vec<Letter> = (0..letter::MOST)
        .map(|number| kept(&job, &number.to_string()))
        .collect();
    *desk.outbox.lock().unwrap() = letter::write(&letters).0;
    courier(&desk).tell(drifted_in(&job, "new")).await;
    let fates = desk.fates.lock().unwrap().clone();
    assert_eq!(fates.len(), 2, "{fates:?}");
    assert_eq!(
        fates[0].occasion,
        "what was kept since 1970-01-01T00:00:00Z"
    );
    let why = fates[0].arrived.as_ref().unwrap_err();
    assert!(why.contains("made room"), "{why}");
    assert_eq!(desk.kept().len(), letter::MOST);
}
