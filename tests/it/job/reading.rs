//! What job files mean.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use rdpfix::job::Mode;
use rdpfix::job::Occasion;
use rdpfix::job::Overlap;
use rdpfix::job::Schedule;
use rdpfix::job::TokenSource;

use crate::job::file;
use crate::job::job;

#[test]
fn a_job_says_little_and_means_the_rest() {
    let job = job("cron: 30 2 * * *");
    assert_eq!(job.mode, Mode::Audit);
    assert_eq!(&*job.zone.name, "UTC");
    assert_eq!(job.overlap, Overlap::Skip);
    assert_eq!(job.retries.count, 0);
    assert_eq!((job.splay, job.deadline), (None, None));
    assert!(job.notify.is_empty() && job.windows.is_empty());
}

#[test]
fn defaults_hold_where_a_job_says_nothing() {
    let file = file(concat!(
        "defaults: {playbook: a.yml, inventory: [h.yml, x], cron: '@daily', retries: 2, notify: [{url: 'https://h/'}]}\n",
        "jobs:\n",
        "- {name: a}\n",
        "- {name: b, playbook: b.yml, every: 6h, notify: [], retries: {count: 1, delay: 1m}}\n",
    ));
    let [a, b] = [&file.jobs[0], &file.jobs[1]];
    assert_eq!(a.playbook, Path::new("ops/a.yml"));
    assert_eq!(a.notify.len(), 1);
    assert_eq!(a.retries.delay, Duration::from_mins(5));
    assert!(matches!(a.schedule, Schedule::Cron(_)));
    assert_eq!(b.playbook, Path::new("ops/b.yml"));
    assert_eq!(b.inventory, ["ops/h.yml", "ops/x"]);
    // Values are replaced as a whole, and a job that says how often does not also keep when.
    assert!(b.notify.is_empty());
    assert_eq!(b.schedule, Schedule::Every(Duration::from_hours(6)));
    assert_eq!((b.retries.count, b.retries.delay.as_secs()), (1, 60));
}

#[test]
fn relative_paths_count_from_the_folder_of_the_file() {
    let file = file(concat!(
        "store: history.db\n",
        "jobs:\n",
        "- name: a\n",
        "  playbook: ../p.yml\n",
        "  inventory: [/etc/hosts.yml, 'a,b,', lab, 'lab:fleet:5', inventory]\n",
        "  every: 1h\n",
        "  waivers: waivers.yml\n",
        "  vault_password_file: secrets/vault\n",
        "  connection_password_file: /run/password\n",
        "  reporters: [human, 'jsonl:out/runs.jsonl', 'junit:/var/junit.xml']\n",
        "  notify: {url: 'https://h/', token_file: secrets/hook}\n",
    ));
    let job = &file.jobs[0];
    assert_eq!(file.store, Some(PathBuf::from("ops/history.db")));
    assert_eq!(job.playbook, Path::new("ops/../p.yml"));
    assert_eq!(
        job.inventory,
        [
            "/etc/hosts.yml",
            "a,b,",
            "lab",
            "lab:fleet:5",
            "ops/inventory"
        ]
    );
    assert_eq!(job.waivers, Some("ops/waivers.yml".into()));
    assert_eq!(job.vault_password_file, Some("ops/secrets/vault".into()));
    assert_eq!(job.connection_password_file, Some("/run/password".into()));
    assert_eq!(
        job.reporters,
        ["human", "jsonl:ops/out/runs.jsonl", "junit:/var/junit.xml"]
    );
    assert_eq!(
        job.notify[0].token,
        Some(TokenSource::File("ops/secrets/hook".into()))
    );
}

#[test]
fn a_webhook_means_drift_failure_and_recovery() {
    let job = job(
        "every: 1h, notify: [{url: 'https://h/'}, {url: 'https://h/', on: always, timeout: 3s}]",
    );
    let [first, second] = [&job.notify[0], &job.notify[1]];
    assert_eq!(
        first.on,
        [Occasion::Drift, Occasion::Failure, Occasion::Recovery]
    );
    assert_eq!((first.timeout.as_secs(), first.retries.count), (10, 3));
    assert_eq!(
        (second.on.as_slice(), second.timeout.as_secs()),
        (&[Occasion::Always][..], 3)
    );
}

#[test]
fn times_need_no_quotes() {
    let with = job("every: 1h, mode: apply, windows: [{from: '22:00', to: '05:00'}]");
    let without = job("every: 1h, mode: apply, windows: [{from: 22:00, to: 05:00}]");
    assert_eq!(
        (with.windows[0].from, with.windows[0].to),
        (without.windows[0].from, without.windows[0].to)
    );
}

#[test]
fn the_end_of_the_day_can_be_written() {
    let job = job("every: 1h, mode: apply, windows: [{from: '22:00', to: '24:00'}]");
    assert_eq!(job.windows[0].to, None);
    assert!(!job.windows[0].is_over_midnight());
}
