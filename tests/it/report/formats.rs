//! Facts about the formats that are written for programs and for reading later. What programs that none of us wrote make of
//! them is told in `peers::reports`.

use std::collections::BTreeSet;
use std::sync::Arc;

use rdpfix::control::Severity;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::plan::Outcome;
use rdpfix::report::Format;
use rdpfix::report::REPORTERS;
use rdpfix::secret::Hidden;
use serde_json::Value;

use super::controls::checked;
use super::controls::controls;
use super::controls::fleet;
use super::controls::named;
use super::controls::nasty;
use super::controls::reporter;
use super::controls::without_nla;
use super::controls::written;
use super::events::audit;
use super::events::change;
use super::events::host;
use super::events::run;
use super::events::start;
use super::events::tell;
use super::events::trouble;

pub(super) fn json(format: Format, events: &[Event]) -> Value {
    serde_json::from_str(&written(format, events)).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// Every format, with what it writes of each kind of run.
fn all() -> Vec<(Format, Vec<Event>)> {
    let runs = [
        controls(),
        audit(),
        trouble(),
        nasty(),
        run(RunMode::Apply, Vec::new()),
    ];
    Format::ALL
        .into_iter()
        .flat_map(|format| runs.iter().cloned().map(move |events| (format, events)))
        .collect()
}

#[test]
fn nothing_is_complete_before_the_run_is() {
    for format in Format::ALL {
        let (paper, mut reporter) = reporter(format, Arc::default());
        let mut events = controls();
        events.pop();
        tell(&mut *reporter, &events);
        drop(reporter);
        assert_eq!(paper.flushes(), 0, "{format:?} completes half a run");
        let (paper, mut whole) = super::controls::reporter(format, Arc::default());
        tell(&mut *whole, &controls());
        drop(whole);
        assert_eq!(paper.flushes(), 1, "{format:?}");
    }
}

#[test]
fn no_report_holds_a_secret_however_it_is_escaped() {
    // Escaping changes each of these in one format or another, and cutting would leave half of the last.
    let secrets = [
        "p<ss&word\"'",
        "a|b*c_d`e",
        "=1+1\\two",
        &"long".repeat(99),
        &"long".repeat(150),
    ];
    for secret in secrets {
        for name in REPORTERS.map(|(name, _)| name) {
            let hidden = Arc::new(Hidden::default());
            hidden.add(secret);
            let (paper, mut reporter) = named(name, hidden);
            let filler = "x".repeat(200);
            let text = format!("{filler} {secret} behind");
            let drift = Outcome::Drifted(vec![change(
                "banner",
                text.clone().into(),
                Value::Null.to_string().into(),
            )]);
            let reason = HostStatus::Failed {
                reason: text.clone(),
                hint: Some(text),
            };
            let mut results = vec![checked("web01", ("RDP-NLA", Severity::High), drift, None)];
            // What `debug` says of a mapping.
            if let Some(Event::Result(result)) = results.first_mut() {
                let mapping =
                    serde_json::json!({ "p": secret, "q": format!("{filler}{filler}{secret}") });
                result.message = Some(mapping.to_string().into());
            }
            let events = run(RunMode::Check, vec![host("web01", reason, results, None)]);
            tell(&mut *reporter, &events);
            let text = paper.text();
            // As it is, as JSON writes it, and as JSON writes what JSON wrote.
            let mut half: String = secret.chars().take(6).collect();
            for _ in 0..3 {
                assert!(!text.contains(&half), "{name} holds `{half}`:\n{text}");
                let quoted = Value::from(half).to_string();
                half = quoted.trim_matches('"').to_owned();
            }
            assert!(text.contains("web01"), "{name}");
        }
    }
}

#[test]
fn a_secret_that_is_a_word_of_a_format_does_not_spoil_its_shape() {
    let words = [
        "test", "host", "name", "class", "status", "check", "local", "card",
    ];
    let without = |name: &str| {
        let (paper, mut reporter) = named(name, Arc::default());
        tell(&mut *reporter, &controls());
        paper.text()
    };
    for word in words {
        let hidden = Arc::new(Hidden::default());
        hidden.add(word);
        for name in REPORTERS.map(|(name, _)| name) {
            let (paper, mut reporter) = named(name, Arc::clone(&hidden));
            tell(&mut *reporter, &controls());
            // Nothing that hosts or files say is made of these words.
            let (text, plain) = (paper.text(), without(name));
            assert_eq!(text, plain, "{name} with `{word}` hidden");
        }
    }
}

#[test]
fn what_hosts_say_stays_bounded_and_sends_no_commands() {
    for format in Format::ALL {
        let text = written(format, &nasty());
        let hostile = text.chars().find(|character| {
            let is_break =
                matches!(character, '\n' | '\r') && (*character == '\n' || format == Format::Csv);
            (character.is_control() && !is_break)
                || matches!(
                    character,
                    '\u{202e}' | '\u{2066}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                )
        });
        assert_eq!(hostile, None, "{format:?}");
        assert!(text.len() < 400_000, "{format:?} has {} bytes", text.len());
        assert!(
            !text.lines().any(|line| line.starts_with("::")),
            "{format:?}"
        );
    }
}

#[test]
fn a_page_has_no_markup_of_hosts() {
    let page = written(Format::Html, &nasty()).to_lowercase();
    for tag in ["<script", "<img", "<b>seven", "onerror=alert(1)>"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn a_page_forbids_what_it_does_not_need() {
    let page = written(Format::Html, &audit());
    assert!(
        page.contains("default-src 'none'; style-src 'sha256-"),
        "{page}"
    );
    for outside in ["http://", "https://", "url(", "@import", " src=", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_page_of_many_hosts_shows_those_that_need_attention_and_counts_the_others() {
    let page = written(Format::Html, &fleet(3_000, 10));
    let rows =
        page.matches("<tr class=\"ill\">").count() + page.matches("<tr class=\"well\">").count();
    assert_eq!(rows, 1_000);
    assert!(page.contains("of 3000 hosts need attention"));
    assert!(page.contains("<p class=\"note\">Only the 1000 hosts that need attention most"));
    let last_ill = page.rfind("<tr class=\"ill\">").unwrap();
    let first_well = page.find("<tr class=\"well\">").unwrap();
    assert!(
        last_ill < first_well,
        "a host that is well stands before one that is ill"
    );
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
}

#[test]
fn a_summary_fits_into_a_comment() {
    let text = written(Format::Markdown, &fleet(3_000, 200));
    assert!(text.chars().count() <= 60_000);
    assert!(text.contains("more hosts"));
    insta::assert_snapshot!(written(Format::Markdown, &controls()), @r"
    ## ❌ 2 of 5 hosts need attention

    rdp\.yml, check, nothing was changed, 2026-09-21 14\:13 UTC, 2\.5 s

    | ok | of these changed | of these with a waiver | differ | failed | unreachable | not finished | reached by a client |
    | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | 3 | 0 | 2 | 2 | 0 | 0 | 0 | 5 |

    ### Controls

    | control | severity | open | hosts |
    | --- | --- | ---: | ---: |
    | **RDP-NLA** RDP-NLA is as it should be | high | 2 | 5 |

    ### Hosts

    | host | status | what |
    | --- | --- | --- |
    | ended | drifted | **RDP-NLA** nla: optional → required |
    | missed | drifted | **RDP-NLA** nla: optional → required |

    ### Waivers

    | control | owner | until | |
    | --- | --- | --- | --- |
    | RDP-NLA | ops | 2026-09-19 | has ended |
    | RDP-NLA | ops | 2026-09-24 | ends soon |

    ### Certificates

    | host | until | days |
    | --- | --- | ---: |
    | accepted | 2026-10-21 | 30 |
    | ended | 2026-10-21 | 30 |
    | kept | 2026-10-21 | 30 |
    | missed | 2026-10-21 | 30 |
    | soon | 2026-10-21 | 30 |

    <sub>rdpfix 0\.1\.0, run 01K0RUN</sub>
    ");
}

#[test]
fn json_has_the_shape_of_ansibles_callback() {
    const RESULT: [&str; 12] = [
        "action",
        "ansible_loop_var",
        "attempts",
        "changed",
        "diff",
        "failed",
        "item",
        "msg",
        "rdpfix",
        "results",
        "skip_reason",
        "skipped",
    ];
    for events in [controls(), audit(), trouble(), nasty(), fleet(30, 4)] {
        let document = json(Format::Json, &events);
        assert_eq!(
            keys(&document),
            ["custom_stats", "global_custom_stats", "plays", "stats"]
        );
        for play in document["plays"].as_array().unwrap() {
            assert_eq!(keys(play), ["play", "tasks"]);
            assert_eq!(keys(&play["play"]), ["duration", "id", "name", "path"]);
            for task in play["tasks"].as_array().unwrap() {
                assert_eq!(keys(task), ["hosts", "task"]);
                assert_eq!(keys(&task["task"]), ["duration", "id", "name", "path"]);
                assert_eq!(keys(&task["task"]["duration"]), ["end", "start"]);
                for told in task["hosts"].as_object().unwrap().values() {
                    assert!(
                        told["changed"].is_boolean() && told["action"].is_string(),
                        "{told}"
                    );
                    let known = |key: &&str| *key == "unreachable" || RESULT.contains(key);
                    assert!(keys(told).iter().all(known), "{told}");
                }
            }
        }
        for (host, stats) in document["stats"].as_object().unwrap() {
            let counts = [
                "changed",
                "failures",
                "ignored",
                "ok",
                "rescued",
                "skipped",
                "unreachable",
            ];
            assert_eq!(keys(stats), counts, "{host}");
        }
    }
}

#[test]
fn json_gathers_hosts_under_tasks_and_counts_as_ansible_does() {
    let document = json(Format::Json, &audit());
    let tasks = document["plays"][0]["tasks"].as_array().unwrap();
    let names: Vec<&str> = tasks
        .iter()
        .map(|task| task["task"]["name"].as_str().unwrap())
        .collect();
    let listed = [
        "NLA is demanded",
        "TLS is demanded",
        "the listener is right",
        "only on old hosts",
    ];
    assert_eq!(names[0], "Gathering Facts");
    assert_eq!(names[1..], listed);
    assert_eq!(keys(&tasks[0]["hosts"]), ["db02"]);
    assert_eq!(tasks[0]["hosts"]["db02"]["unreachable"], true);
    assert_eq!(keys(&tasks[1]["hosts"]), ["db01", "web01", "web02"]);
    assert_eq!(
        tasks[3]["hosts"]["db01"]["diff"][0]["before"],
        "port: 3390\n"
    );
    assert_eq!(tasks[4]["hosts"]["db01"]["skipped"], true);
    assert_eq!(
        document["stats"]["db01"],
        serde_json::json!({"changed": 1, "failures": 0, "ignored": 0, "ok": 3, "rescued": 0, "skipped": 1, "unreachable": 0})
    );
    assert_eq!(document["stats"]["db02"]["unreachable"], 1);
    let failed = json(Format::Json, &trouble());
    assert_eq!(failed["stats"]["a"]["failures"], 1);
    assert_eq!(
        failed["stats"]["c"]["failures"], 1,
        "the proof did not pass"
    );
}

#[test]
fn items_of_a_loop_are_results_of_one_task() {
    let items = ["one", "two"].map(|item| {
        let Event::Result(mut result) = checked(
            "web01",
            ("RDP-USERS", Severity::High),
            Outcome::Compliant,
            None,
        ) else {
            panic!("a result");
        };
        result.item = Some(item.into());
        Event::Result(result)
    });
    let events = run(
        RunMode::Check,
        vec![host("web01", HostStatus::Ok, items.to_vec(), None)],
    );
    let document = json(Format::Json, &events);
    let told = &document["plays"][0]["tasks"][0]["hosts"]["web01"];
    assert_eq!(told["msg"], "All items completed");
    let named: Vec<&str> = told["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["item"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["one", "two"]);
    assert_eq!(document["stats"]["web01"]["ok"], 1);
    let suite = written(Format::Junit, &events);
    for name in ["RDP-USERS [one]", "RDP-USERS [two]"] {
        assert!(suite.contains(&format!("name=\"{name}\"")), "{suite}");
    }
}

#[test]
fn a_fingerprint_is_the_same_in_the_next_run_and_another_elsewhere() {
    let prints = |events: &[Event]| -> Vec<String> {
        json(Format::Sarif, events)["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["partialFingerprints"]["primaryLocationLineHash"].to_string())
            .collect()
    };
    // A host on which two tasks look at one control, and nothing else tells them apart.
    let alike = || {
        let results = vec![
            checked("two", ("RDP-NLA", Severity::High), without_nla(), None),
            checked("two", ("RDP-NLA", Severity::High), without_nla(), None),
        ];
        let events = host("two", HostStatus::Drifted, results, None);
        let mut all = controls();
        let end = all.pop();
        all.into_iter()
            .chain(events)
            .chain(end)
            .collect::<Vec<Event>>()
    };
    let mut next = alike();
    if let Some(Event::RunStart { run, .. }) = next.first_mut() {
        *run = "01K0NEXT".to_owned();
    }
    let first = prints(&alike());
    assert_eq!(first.len(), 4 + 2);
    assert_eq!(first, prints(&next));
    let different: BTreeSet<&String> = first.iter().collect();
    assert_eq!(different.len(), first.len());
}

#[test]
fn what_was_corrected_is_no_alert() {
    let corrected = Outcome::Changed(vec![change("nla", "optional".into(), "required".into())]);
    let results = vec![checked(
        "web01",
        ("RDP-NLA", Severity::High),
        corrected,
        None,
    )];
    let events = run(
        RunMode::Apply,
        vec![host("web01", HostStatus::Ok, results, None)],
    );
    let document = json(Format::Sarif, &events);
    assert_eq!(document["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn a_control_is_waived_for_viewers_when_everything_wrong_with_it_is() {
    let only = |wanted: &[&str]| -> Value {
        let events: Vec<Event> = controls()
            .into_iter()
            .filter(|event| match event {
                Event::Result(result) => wanted.contains(&&*result.host),
                Event::HostEnd(summary) => wanted.contains(&&*summary.host),
                _ => true,
            })
            .collect();
        json(Format::Hdf, &events)["profiles"][0]["controls"][0]["waiver_data"].clone()
    };
    assert_eq!(only(&["kept", "missed", "accepted"]), serde_json::json!({}));
    assert_eq!(only(&["kept"]), serde_json::json!({}));
    let waived = only(&["kept", "accepted", "soon"]);
    assert_eq!(
        waived["expiration_date"], "2026-09-24",
        "the first that ends"
    );
    assert_eq!(
        waived["skipped_due_to_waiver"], false,
        "it passed on a host"
    );
    assert_eq!(only(&["accepted"])["skipped_due_to_waiver"], true);
}

#[test]
fn a_run_without_hosts_is_told_by_every_format() {
    for (format, events) in all() {
        let text = written(format, &events);
        assert!(text.ends_with('\n'), "{format:?}");
        match format {
            Format::Json | Format::Sarif | Format::Hdf => {
                let _document: Value = serde_json::from_str(&text).unwrap();
            }
            Format::Junit => {
                let mut xml = quick_xml::Reader::from_str(&text);
                while xml.read_event().unwrap() != quick_xml::events::Event::Eof {}
            }
            Format::Csv => {
                let rows = csv::Reader::from_reader(text.as_bytes()).into_records();
                assert!(rows.map(Result::unwrap).all(|row| row.len() == 26));
            }
            Format::OpenMetrics => assert!(text.ends_with("# EOF\n")),
            Format::Markdown => assert!(text.starts_with("## ")),
            Format::Html => assert!(text.ends_with("</html>\n")),
        }
    }
    let (paper, mut reporter) = reporter(Format::Html, Arc::default());
    tell(&mut *reporter, &[start(RunMode::Check, 0)]);
    assert_eq!(paper.text(), "");
}
