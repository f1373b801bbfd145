//! Timings of several rounds, and what is never done twice.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use rdpfix::lab::rdp_server;
use rdpfix::probe::surveyor::Credentials;
use rdpfix::probe::surveyor::SurveyOptions;
use rdpfix::probe::surveyor::Surveyor;
use rdpfix::probe::surveyor::Target;
use rdpfix::proof::Stage;
use rdpfix::secret::Secret;
use rdpfix::survey::LoginOutcome;

use super::AMPLE;
use super::Book;
use super::SpurredClock;
use super::options;
use super::surveyor;
use super::target;
use crate::rdp::each_client;
use crate::rdp::healthy;
use crate::rdp::open;

#[tokio::test]
async fn every_round_is_a_sample_of_every_stage() {
    let book = Book {
        addresses: vec![open(healthy()).await],
        ..Book::default()
    };
    let target = Target {
        host: "pc-1".to_owned(),
        address: "pc-1.example".to_owned(),
        port: 3389,
        gateway: None,
    };
    let survey = surveyor(SurveyOptions {
        repeat: 5,
        ..options(AMPLE)
    })
    .with_resolver(Arc::new(book))
    .survey(&target)
    .await;
    let samples: Vec<_> = survey
        .stages
        .iter()
        .map(|samples| (samples.stage, samples.took.len(), samples.failures))
        .collect();
    assert_eq!(
        samples,
        [
            (Stage::Resolve, 5, 0),
            (Stage::Connect, 5, 0),
            (Stage::Negotiate, 5, 0),
            (Stage::Tls, 5, 0)
        ]
    );
}

#[tokio::test]
async fn failures_are_counted_by_stage() {
    let negotiation = healthy();
    let count = Arc::new(AtomicUsize::new(0));
    // The first visit takes six connections or more; every second one of all is dropped.
    let address = each_client(move |stream| {
        let is_dropped = count.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        let negotiation = negotiation.clone();
        async move {
            if !is_dropped {
                let _ended = rdp_server::serve_connection(stream, negotiation).await;
            }
        }
    })
    .await;
    let survey = surveyor(SurveyOptions {
        repeat: 20,
        ..options(AMPLE)
    })
    .survey(&target(address))
    .await;
    let of = |stage| {
        let found = survey.stages.iter().find(|samples| samples.stage == stage);
        found
            .map(|samples| (samples.took.len(), samples.failures))
            .unwrap()
    };
    assert_eq!(of(Stage::Connect), (20, 0));
    let (took, failures) = of(Stage::Negotiate);
    assert_eq!(took + failures, 20);
    assert!((9..=11).contains(&failures), "{failures}");
    assert_eq!(of(Stage::Tls), (took, 0));
}

#[tokio::test]
async fn rounds_that_do_not_fit_are_left_out() {
    let clock = SpurredClock::new();
    let (spurred, negotiation) = (Arc::clone(&clock), healthy());
    let count = AtomicUsize::new(0);
    let address = each_client(move |stream| {
        // The first visit is long over by then.
        if count.fetch_add(1, Ordering::SeqCst) == 50 {
            spurred.advance(AMPLE);
        }
        let negotiation = negotiation.clone();
        async move {
            let _ended = rdp_server::serve_connection(stream, negotiation).await;
        }
    })
    .await;
    let options = SurveyOptions {
        repeat: u32::MAX,
        ..options(AMPLE)
    };
    let survey = Surveyor::new(clock, options).survey(&target(address)).await;
    assert!(survey.out_of_time.is_some());
    assert!(survey.stages[0].took.len() > 10);
    assert!(survey.tls.unwrap().picked.is_some());
}

#[tokio::test]
async fn a_password_is_not_tried_twice_at_an_address() {
    let address = open(healthy()).await;
    let surveyor = surveyor(SurveyOptions {
        repeat: 3,
        login: Some(Credentials {
            user: "user".to_owned(),
            password: Secret::new("password"),
        }),
        ..options(AMPLE)
    });
    let told = |outcome: &LoginOutcome| format!("{outcome:?}");
    let first = surveyor.survey(&target(address)).await.login.unwrap();
    assert_eq!(first.user, "user");
    assert!(!told(&first.outcome).contains("before"), "{first:?}");
    let second = surveyor.survey(&target(address)).await.login.unwrap();
    assert!(told(&second.outcome).contains("before"), "{second:?}");
}
