//! Facts about telling others, against a receiver that others wrote.
#![cfg(test)]

mod outbox;
mod proxy;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::diag::Source;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::event::Shift;
use rdpfix::event::Turn;
use rdpfix::job;
use rdpfix::job::Job;
use rdpfix::job::TokenSource;
use rdpfix::job::VARIABLES;
use rdpfix::notify::Courier;
use rdpfix::notify::Fate;
use rdpfix::notify::Office;
use rdpfix::notify::Outbox;
use rdpfix::notify::Proxies;
use rdpfix::notify::letter;
use rdpfix::notify::letter::Letter;
use rdpfix::secret::Secret;
use rdpfix::service::errand::Failure;
use rdpfix::service::errand::Herald;
use rdpfix::service::errand::NotBegun;
use rdpfix::service::errand::Notice;
use rdpfix::service::errand::Report;
use rdpfix::service::errand::Standing;

use crate::support::hook::Hook;

const TOKEN: &str = "a-token-that-nobody-may-see";

/// A machine whose waits are over at once, and written down.
#[derive(Default)]
struct Desk {
    outbox: Mutex<String>,
    fates: Mutex<Vec<Fate>>,
    waits: Mutex<Vec<Duration>>,
    proxies: Proxies,
}

#[async_trait]
impl Clock for Desk {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn instant(&self) -> Instant {
        SystemClock.instant()
    }

    async fn sleep(&self, duration: Duration) {
        self.waits.lock().unwrap().push(duration);
    }
}

impl Outbox for Desk {
    fn change(&self, change: &mut dyn FnMut(&str) -> String) -> Result<(), String> {
        let mut outbox = self.outbox.lock().unwrap();
        *outbox = change(&outbox);
        Ok(())
    }
}

impl Office for Desk {
    fn token(&self, source: &TokenSource) -> Result<Secret, String> {
        match source {
            TokenSource::Environment(name) if name == "HOOK_TOKEN" => Ok(Secret::new(TOKEN)),
            _ => Err("there is no token".to_owned()),
        }
    }

    fn proxies(&self) -> Proxies {
        self.proxies.clone()
    }

    fn page(&self, run: &str) -> Option<String> {
        Some(format!("http://dashboard.example/runs/{run}"))
    }

    fn heard(&self, _job: &Arc<str>, fate: Fate) {
        self.fates.lock().unwrap().push(fate);
    }
}

impl Desk {
    fn kept(&self) -> Vec<Letter> {
        letter::read(&self.outbox.lock().unwrap())
    }

    /// How many tries it took, or why it did not arrive.
    fn fate(&self) -> Result<u32, String> {
        let mut fates = self.fates.lock().unwrap();
        assert_eq!(fates.len(), 1, "{fates:?}");
        fates.remove(0).arrived
    }
}

fn courier(desk: &Arc<Desk>) -> Courier {
    Courier::new(
        Arc::<Desk>::clone(desk),
        Arc::<Desk>::clone(desk),
        Arc::<Desk>::clone(desk),
    )
}

/// A job with these webhooks, as a job file says them.
fn job(webhooks: &str) -> Arc<Job> {
    jobs(&["nightly".to_owned()], webhooks).remove(0)
}

/// Jobs of these names, all with these webhooks.
fn jobs(names: &[String], webhooks: &str) -> Vec<Arc<Job>> {
    let mut text = format!(
        "defaults: {{playbook: a.yml, inventory: [hosts], mode: audit, every: 1h, notify: [{webhooks}]}}\njobs:\n"
    );
    text.extend(names.iter().map(|name| format!("  - name: {name}\n")));
    let source = Source {
        name: "jobs.yml".to_owned(),
        text,
        secret: false,
    };
    let (file, mistakes) = job::parse(&Arc::new(source));
    let file = file.unwrap_or_else(|| panic!("{mistakes:?}"));
    file.jobs
}

/// Drift in a run of this identifier.
fn drifted_in(job: &Arc<Job>, run: &str) -> Notice {
    let run = run.to_owned();
    Notice {
        result: Ok(Arc::new(Report { run, ..report() })),
        ..drifted(job)
    }
}

/// A letter that was kept.
fn kept(job: &Job, id: &str) -> Letter {
    Letter {
        id: id.to_owned(),
        job: job.name.to_string(),
        webhook: letter::mark(&job.notify[0].url),
        at: Timestamp::UNIX_EPOCH,
        body: id.to_owned(),
    }
}

fn report() -> Report {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    Report {
        run: "01JAB".to_owned(),
        playbook: "a.yml".to_owned(),
        mode: RunMode::Check,
        started: at("2026-03-02T02:00:00Z"),
        ended: at("2026-03-02T02:01:30Z"),
        hosts: 3,
        recap: Recap {
            ok: 2,
            drifted: 1,
            ..Recap::default()
        },
        exit_code: 3,
        shifts: vec![Shift {
            host: "ts01".into(),
            at: at("2026-03-02T02:00:40Z"),
            control: "RDP-NLA".into(),
            turn: Turn::Began,
            since: at("2026-02-01T00:00:00Z"),
        }],
        waived: 4,
        drifting: vec!["ts01".into()],
        failures: Vec::new(),
        left_out: Vec::new(),
    }
}

fn drifted(job: &Arc<Job>) -> Notice {
    let report = report();
    Notice {
        job: Arc::clone(job),
        at: report.ended,
        result: Ok(Arc::new(report)),
        before: Some(Standing::Good),
        now: Some(Standing::Bad),
        failure: Failure::Told,
    }
}

#[tokio::test]
async fn a_message_has_all_variables_its_headers_and_its_token() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/ok");
    let job = job(&format!(
        "{{url: '{url}', on: [drift], headers: {{X-Team: desktop}}, token_env: HOOK_TOKEN}}"
    ));
    let desk = Arc::new(Desk::default());
    courier(&desk).tell(drifted(&job)).await;
    let received = hook.next().await;
    let body = received.json();
    let named: Vec<&str> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let listed: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, listed);
    assert_eq!(body["occasion"], "drift");
    assert_eq!((&body["drifted"], &body["waived"]), (&1.into(), &4.into()));
    assert_eq!(body["drifts"][0]["control"], "RDP-NLA");
    assert_eq!(body["url"], "http://dashboard.example/runs/01JAB");
    assert_eq!(body["seconds"], 90.0);
    assert_eq!(received.header("x-team"), Some("desktop"));
    assert_eq!(received.header("content-type"), Some("application/json"));
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(received.header("authorization"), Some(bearer.as_str()));
    assert_eq!(received.header("idempotency-key").unwrap().len(), 26);
    assert_eq!((desk.fate(), desk.kept()), (Ok(1), Vec::new()));
}

#[tokio::test]
async fn a_template_says_what_is_sent_as_text_or_as_data() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/ok");
    for (body, expected) in [
        (
            "'{{ job }}: {{ drifted }} of {{ hosts }} differ'",
            "nightly: 1 of 3 differ",
        ),
        (
            "\"{{ drifts | map(attribute='host') | list }}\"",
            r#"["ts01"]"#,
        ),
    ] {
        let job = job(&format!("{{url: '{url}', on: [drift], body: {body}}}"));
        courier(&Arc::new(Desk::default()))
            .tell(drifted(&job))
            .await;
        assert_eq!(hook.next().await.body, expected);
    }
}

#[tokio::test]
async fn each_occasion_is_told_to_who_wants_it() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let hooks = ["drift", "failure", "recovery", "always"].map(|word| {
        format!(
            "{{url: '{}', on: [{word}]}}",
            hook.url(&format!("/ok/{word}"))
        )
    });
    let job = job(&hooks.join(", "));
    let failed = Notice {
        result: Err(NotBegun {
            why: "cannot read `a.yml`".to_owned(),
            exit_code: 6,
        }),
        ..drifted(&job)
    };
    let mut good = report();
    good.recap = Recap {
        ok: 3,
        ..Recap::default()
    };
    good.shifts.clear();
    let recovered = Notice {
        result: Ok(Arc::new(good.clone())),
        before: Some(Standing::Bad),
        now: Some(Standing::Good),
        ..drifted(&job)
    };
    let nothing = Notice {
        before: Some(Standing::Good),
        ..recovered.clone()
    };
    let held_back = Notice {
        failure: Failure::HeldBack,
        ..failed.clone()
    };
    let late = Notice {
        failure: Failure::ToldLate,
        ..drifted(&job)
    };
    for (notice, expected) in [
        (drifted(&job), vec!["/ok/always", "/ok/drift"]),
        (failed, vec!["/ok/always", "/ok/failure"]),
        (recovered, vec!["/ok/always", "/ok/recovery"]),
        (nothing, vec!["/ok/always"]),
        (held_back, vec!["/ok/always"]),
        (late, vec!["/ok/failure"]),
    ] {
        let desk = Arc::new(Desk::default());
        courier(&desk).tell(notice).await;
        let mut told = hook.knock("/ok/end").await;
        told.sort();
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn a_receiver_that_is_broken_for_a_while_gets_it_after_growing_waits() {
    let Some(hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/broken/2");
    let job = job(&format!(
        "{{url: '{url}', on: [drift], retries: {{count: 3, delay: 10s}}}}"
    ));
    let desk = Arc::new(Desk::default());
    courier(&desk).tell(drifted(&job)).await;
    assert_eq!((desk.fate(), desk.kept()), (Ok(3), Vec::new()));
    let waits = desk.waits.lock().unwrap().clone();
    assert_eq!(waits.len(), 2);
    assert!((5..=15).contains(&waits[0].as_secs()), "{waits:?}");
    assert!((10..=30).contains(&waits[1].as_secs()), "{waits:?}");
}

#[tokio::test]
async fn a_busy_receiver_is_left_alone_for_as_long_as_it_asks() {
    let Some(hook) = Hook::start().await else {
        return;
    };
    for (seconds, arrives) in [(77, true), (7000, false)] {
        let url = hook.url(&format!("/busy/{seconds}"));
        let job = job(&format!(
            "{{url: '{url}', on: [drift], retries: {{count: 1, delay: 1s}}}}"
        ));
        let desk = Arc::new(Desk::default());
        courier(&desk).tell(drifted(&job)).await;
        let fate = desk.fate();
        assert_eq!(fate.is_ok(), arrives, "{fate:?}");
        assert_eq!(desk.kept().is_empty(), arrives);
        let waits = desk.waits.lock().unwrap().clone();
        let expected = arrives.then(|| Duration::from_secs(seconds));
        assert_eq!(waits, expected.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/away");
    let job = job(&format!(
        "{{url: '{url}', on: [drift], token_env: HOOK_TOKEN}}"
    ));
    let desk = Arc::new(Desk::default());
    courier(&desk).tell(drifted(&job)).await;
    assert_eq!(hook.knock("/ok").await, ["/away"]);
    let why = desk.fate().unwrap_err();
    assert!(why.contains("302 Found"), "{why}");
    assert!(why.contains("to `http://127.0.0.2:"), "{why}");
    assert!(why.contains("redirects are not followed"), "{why}");
    assert_eq!(desk.kept().len(), 1);
}

#[tokio::test]
async fn what_did_not_arrive_is_kept_and_arrives_later_with_the_same_key() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/down");
    let job = job(&format!(
        "{{url: '{url}', on: [drift], token_env: HOOK_TOKEN, retries: {{count: 0, delay: 1s}}}}"
    ));
    let desk = Arc::new(Desk::default());
    courier(&desk).tell(drifted(&job)).await;
    let why = desk.fate().unwrap_err();
    assert!(why.contains("500") && why.contains("kept"), "{why}");
    assert!(!why.contains("/down"), "the path may be a secret: {why}");
    let first = hook.next().await;
    let kept = desk.outbox.lock().unwrap().clone();
    assert!(!kept.contains(TOKEN) && !kept.contains("/down"), "{kept}");

    // Another start: it is still down, and then it is not.
    courier(&desk).resume(&[Arc::clone(&job)]).await;
    hook.next().await;
    assert_eq!(desk.kept().len(), 1);
    hook.knock("/up").await;
    courier(&desk).resume(&[Arc::clone(&job)]).await;
    let second = hook.next().await;
    assert_eq!(second.body, first.body);
    assert_eq!(
        second.header("idempotency-key"),
        first.header("idempotency-key")
    );
    assert_eq!((desk.fate(), desk.kept()), (Ok(1), Vec::new()));
}

#[tokio::test]
async fn a_receiver_that_hangs_costs_its_timeout_and_holds_up_nobody_else() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let (hangs, works) = (hook.url("/hang"), hook.url("/ok"));
    let job = job(&format!(
        "{{url: '{hangs}', on: [drift], timeout: 1s, retries: {{count: 0, delay: 1s}}}}, {{url: '{works}', on: [drift]}}"
    ));
    let desk = Arc::new(Desk::default());
    let telling = tokio::spawn(courier(&desk).tell(drifted(&job)));
    hook.next_to("/ok").await;
    telling.await.unwrap();
    let fates = desk.fates.lock().unwrap();
    let why = fates.iter().find_map(|fate| fate.arrived.as_ref().err());
    assert!(
        why.unwrap().contains("did not answer within 1 s"),
        "{fates:?}"
    );
    assert_eq!(desk.kept().len(), 1);
}

#[tokio::test]
async fn messages_to_the_same_receiver_arrive_in_order() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/broken/3");
    let job = job(&format!(
        "{{url: '{url}', on: [always], body: '{{{{ run }}}}', retries: {{count: 9, delay: 1s}}}}"
    ));
    let desk = Arc::new(Desk::default());
    let courier = courier(&desk);
    let tellings: Vec<_> = (0..4)
        .map(|number| {
            let mut report = report();
            report.run = number.to_string();
            courier.tell(Notice {
                result: Ok(Arc::new(report)),
                ..drifted(&job)
            })
        })
        .collect();
    // The last one is begun first.
    futures_util::future::join_all(tellings.into_iter().rev()).await;
    let mut bodies = Vec::new();
    for _ in 0..7 {
        bodies.push(hook.next().await.body);
    }
    assert_eq!(bodies, ["0", "0", "0", "0", "1", "2", "3"]);
}

#[tokio::test]
async fn without_its_token_a_message_is_kept_and_nothing_is_sent() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/ok/token");
    let job = job(&format!("{{url: '{url}', on: [drift], token_env: OTHER}}"));
    let desk = Arc::new(Desk::default());
    courier(&desk).tell(drifted(&job)).await;
    assert!(desk.fate().unwrap_err().contains("there is no token"));
    assert_eq!(hook.knock("/ok").await, Vec::<String>::new());
    assert_eq!(desk.kept().len(), 1);
}

#[tokio::test]
async fn messages_for_webhooks_that_are_gone_are_forgotten() {
    let old = job("{url: 'http://127.0.0.1:1/old', on: [drift], retries: {count: 0, delay: 1s}}");
    let desk = Arc::new(Desk::default());
    courier(&desk).tell(drifted(&old)).await;
    let why = desk.fate().unwrap_err();
    assert!(why.contains("no connection"), "{why}");
    let courier = courier(&desk);
    assert_eq!(courier.forget_others(&[old]), 0);
    let new = job("{url: 'http://127.0.0.1:1/new', on: [drift]}");
    assert_eq!(
        (courier.forget_others(&[new]), desk.kept()),
        (1, Vec::new())
    );
}
