//! How a diagnosis is told to people and to programs.

use clap::Parser;
use rdpfix::cim::EventLevel;
use rdpfix::cli::args::Arguments;
use rdpfix::diagnosis::mend::mend;
use rdpfix::diagnosis::not_seen;
use rdpfix::diagnosis::timeline::timeline;
use rdpfix::report::diagnosis;
use rdpfix::report::diagnosis::Playbook;
use rdpfix::report::diagnosis::Told;
use rdpfix::report::human::Colour;
use rdpfix::report::human::Diff;
use rdpfix::report::human::Options;
use rdpfix::survey::Tcp;
use serde_json::Value;

use super::compound;
use super::rows;
use super::world::World;
use super::world::certificate;
use super::world::days;
use super::world::now;

/// How it is told.
#[derive(Clone, Copy)]
enum Format {
    Human(u8),
    JsonLines,
}

fn told(world: &World, playbook: Playbook<'_>, format: Format) -> String {
    let case = world.case();
    let causes = world.diagnose();
    let inventory = if world.inside.is_ok() {
        vec!["my inventory.yml".to_owned()]
    } else {
        Vec::new()
    };
    let told = Told {
        host: "ts01",
        at: now(),
        causes: &causes,
        outside: world.survey.is_some(),
        inside: world.inside.is_ok(),
        unseen: &not_seen(&case),
        timeline: &timeline(&case),
        mending: &mend(&case, &causes, "ts01"),
        playbook,
        inventory: &inventory,
        codes: world.told,
    };
    let mut text = Vec::new();
    match format {
        Format::Human(verbosity) => {
            let options = Options {
                colour: Colour::Never,
                verbosity,
                diff: Diff::Hide,
            };
            diagnosis::human(&mut text, &told, options).unwrap();
        }
        Format::JsonLines => diagnosis::jsonl(&mut text, &told).unwrap(),
    }
    String::from_utf8(text).unwrap()
}

fn page(world: &World) -> String {
    told(world, Playbook::Shown, Format::Human(0))
}

/// Words of a shell, with single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for one in line.chars() {
        match one {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Every command in a text: lines that begin with one, and what stands in backticks; remarks are cut off.
fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        line.trim_start_matches([' ', '#'])
            .split("   #")
            .next()
            .unwrap()
            .trim()
    });
    let spans = text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    lines
        .chain(spans)
        .filter(|code| code.starts_with("rdpfix "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_that_is_shown_is_one_that_the_program_takes() {
    let mut seen = 0;
    for story in rows::ALL.into_iter().flatten().chain(compound::STORIES) {
        let mut world = World::healthy();
        (story.spoil)(&mut world);
        for playbook in [Playbook::Shown, Playbook::Written("my mend.yml")] {
            let text = told(&world, playbook, Format::Human(1));
            for command in commands(&text) {
                seen += 1;
                let taken = Arguments::try_parse_from(words(&command));
                assert!(taken.is_ok(), "{command}\n{text}");
            }
        }
    }
    assert!(seen > 100, "only {seen} commands");
}

#[test]
fn the_verdict_comes_first_and_the_next_command_last() {
    let mut world = World::healthy();
    world.certificate(&certificate("TS01", days(-10)));
    world.told = Some((0x904, Some(0x7)));
    let text = page(&world);
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "ts01: Most likely: the listener's certificate is not valid at this time"
    );
    let last = text.lines().last().unwrap();
    assert_eq!(
        last.trim(),
        "rdpfix diagnose ts01 -i 'my inventory.yml' --write-playbook mend.yml"
    );
    for part in [
        "1. cert-expired - error",
        "  + the certificate",
        "rdp_certificate:",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_healthy_host_is_told_in_two_sentences() {
    let text = page(&World::healthy());
    assert_eq!(
        text,
        "ts01: nothing was found that keeps clients from connecting\n\nNothing needs mending\n"
    );
}

#[test]
fn what_was_not_seen_for_one_reason_is_told_once() {
    let mut world = World::healthy();
    for (_, hide) in super::world::PARTS {
        hide(world.inside());
    }
    let text = page(&world);
    assert_eq!(text.matches("use an administrator").count(), 1, "{text}");
    assert!(text.contains("and 16 more; use an administrator"), "{text}");
    let all = told(&world, Playbook::Shown, Format::Human(1));
    assert!(all.matches("use an administrator").count() > 10, "{all}");
}

#[test]
fn what_a_host_says_moves_no_cursor() {
    let mut world = World::healthy();
    let evil = "TS01\u{1b}[2J\n- name: evil\u{202e}";
    world.certificate(&certificate(evil, days(-10)));
    world.log("Schannel", 36_870, EventLevel::Error, &[evil]);
    for verbosity in [0, 1] {
        let text = told(&world, Playbook::Shown, Format::Human(verbosity));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(
            !text.lines().any(|line| line.starts_with("- name: evil")),
            "{text}"
        );
    }
}

#[test]
fn events_are_told_with_the_newest_last_and_bounded() {
    let mut world = World::healthy();
    for _ in 0..40 {
        world.log("Schannel", 36_874, EventLevel::Error, &["suite"]);
    }
    let text = page(&world);
    assert_eq!(text.matches("Schannel 36874").count(), 15, "{text}");
    assert!(text.contains("and 25 more, with -v"), "{text}");
    let all = told(&world, Playbook::Shown, Format::Human(1));
    assert_eq!(all.matches("Schannel 36874").count(), 40, "{all}");
}

fn records(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_program_gets_one_line_for_each_cause_and_one_at_the_end() {
    let mut world = World::healthy();
    world.stop_service();
    world.settings().drain_mode.value = 1;
    let lines = records(&told(
        &world,
        Playbook::Written("mend.yml"),
        Format::JsonLines,
    ));
    let [first, second, end] = lines.as_slice() else {
        panic!("{lines:#?}");
    };
    for (record, rank) in [(first, 1), (second, 2)] {
        assert_eq!(
            (&record["type"], &record["rank"]),
            (&"cause".into(), &rank.into())
        );
        for name in ["for", "against", "unseen", "steps"] {
            assert!(record[name].is_array(), "{name} in {record}");
        }
        for name in ["id", "title", "advice", "host", "severity"] {
            assert!(record[name].is_string(), "{name} in {record}");
        }
        assert!(record["score"].as_u64() <= Some(100), "{record}");
    }
    assert_eq!(first["id"], "service-down");
    assert_eq!(end["type"], "diagnose_end");
    assert_eq!((&end["causes"], &end["errors"]), (&2.into(), &2.into()));
    assert_eq!(
        (&end["outside"], &end["inside"]),
        (&true.into(), &true.into())
    );
    assert_eq!(end["playbook"], "mend.yml");
}

#[test]
fn without_a_written_file_no_path_is_told() {
    let mut world = World::healthy();
    world.blind();
    world.port(Tcp::Refused);
    let lines = records(&told(&world, Playbook::Shown, Format::JsonLines));
    let end = lines.last().unwrap();
    assert_eq!(end.get("playbook"), None);
    assert_eq!(end["mendable"], true);
    assert_eq!(end["unseen"].as_array().map(Vec::len), Some(1));
}
