//! Facts about what reports say of a history: since when controls have differed. What programs that none of us wrote read
//! of it is told in `peers::reports`.

use rdpfix::control::Severity;
use rdpfix::event::Drift;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::event::Shift;
use rdpfix::event::Turn;
use rdpfix::history::PROOF;
use rdpfix::plan::Outcome;
use rdpfix::report::Format;
use rdpfix::report::human::Colour;
use rdpfix::report::human::Diff;
use rdpfix::report::human::Human;
use rdpfix::report::human::Options;
use serde_json::Value;

use super::controls::checked;
use super::controls::controls;
use super::controls::waiver;
use super::controls::without_nla;
use super::controls::written;
use super::events::Paper;
use super::events::at;
use super::events::audit;
use super::events::change;
use super::events::expired;
use super::events::host;
use super::events::proven;
use super::events::result;
use super::events::run;
use super::events::tell;

const NLA: (&str, Severity) = ("RDP-NLA", Severity::High);
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A control of a host differs, first seen so many seconds ago.
pub(crate) fn drift(host: &str, control: &str, seconds: i64) -> Event {
    Event::Drift(Drift {
        host: host.into(),
        at: at(2),
        control: control.into(),
        since: at(2 - seconds),
    })
}

fn shift(host: &str, control: &str, turn: Turn, seconds: i64) -> Event {
    Event::Shift(Shift {
        host: host.into(),
        at: at(2),
        control: control.into(),
        turn,
        since: at(2 - seconds),
    })
}

fn with(mut events: Vec<Event>, known: Vec<Event>) -> Vec<Event> {
    let end = events.pop();
    events.extend(known);
    events.extend(end);
    events
}

/// A run of which a history knows more: drift that is old or new, that was mended by us or by others, that a waiver accepts
/// since now, a client that does not get through, and a host that was well all the time.
pub(crate) fn remembered() -> Vec<Event> {
    let corrected = Outcome::Changed(vec![change("nla", "optional".into(), "required".into())]);
    let visit = |name: &str, status, outcome, waiver, known| {
        let results = vec![
            checked(name, NLA, outcome, waiver),
            checked(name, ("RDP-PORT", Severity::Low), Outcome::Compliant, None),
        ];
        with(host(name, status, results, Some(proven(name))), known)
    };
    let drifted = HostStatus::Drifted;
    let mut cut = host("cut", HostStatus::Drifted, Vec::new(), Some(expired()));
    cut = with(cut, vec![drift("cut", PROOF, DAY)]);
    let hosts = vec![
        visit(
            "old",
            drifted.clone(),
            without_nla(),
            None,
            vec![drift("old", "RDP-NLA", 2 * DAY)],
        ),
        visit(
            "new",
            drifted,
            without_nla(),
            None,
            vec![
                shift("new", "RDP-NLA", Turn::Began, 5 * DAY),
                drift("new", "RDP-NLA", 0),
            ],
        ),
        visit(
            "mended",
            HostStatus::Ok,
            corrected,
            None,
            vec![shift("mended", "RDP-NLA", Turn::Ended, 3 * DAY)],
        ),
        visit(
            "healed",
            HostStatus::Ok,
            Outcome::Compliant,
            None,
            vec![shift("healed", "RDP-NLA", Turn::Ended, 4 * HOUR)],
        ),
        visit(
            "accepted",
            HostStatus::Ok,
            without_nla(),
            Some(waiver("RDP-NLA", 100)),
            vec![shift("accepted", "RDP-NLA", Turn::Ended, DAY)],
        ),
        visit(
            "plain",
            HostStatus::Ok,
            Outcome::Compliant,
            None,
            Vec::new(),
        ),
        cut,
    ];
    run(RunMode::Apply, hosts)
}

fn shown(events: &[Event]) -> String {
    let paper = Paper::default();
    let options = Options {
        colour: Colour::Never,
        verbosity: 0,
        diff: Diff::Hide,
    };
    tell(&mut Human::new(paper.pen(), options), events);
    paper.text()
}

#[test]
fn people_are_told_since_when_at_the_line_itself() {
    let text = shown(&remembered());
    for line in [
        // Neighbours that are alike share a line.
        "would change: [new, old] => RDP-NLA is set (rdp_listener RDP-Tcp), since 2026-09-19 14:13 UTC (2 days) to 2026-09-21 14:13 UTC (new)",
        "changed: [mended] => RDP-NLA is set (rdp_listener RDP-Tcp), had differed since 2026-09-18 14:13 UTC (3 days)",
        "ok: [healed] => RDP-NLA is set (rdp_listener RDP-Tcp): as it should be again, had differed since 2026-09-21 10:13 UTC (4 hours)",
        "waived: [accepted] => RDP-NLA is set (rdp_listener RDP-Tcp): accepted by ops until 2026-12-30: old clients, had differed since 2026-09-20 14:13 UTC (1 day)",
        "not proved: [cut] => the certificate expired on 2026-01-01 (cert-expired), since 2026-09-20 14:13 UTC (1 day)",
        "ok: [plain] => 2 tasks",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
}

#[test]
fn hosts_that_differ_in_the_same_way_share_a_line_with_the_first_and_the_last_time() {
    let visit = |number: i64| {
        let name = format!("web{number:02}");
        let results = vec![checked(&name, NLA, without_nla(), None)];
        let known = vec![drift(&name, "RDP-NLA", number * DAY)];
        with(host(&name, HostStatus::Drifted, results, None), known)
    };
    let text = shown(&run(RunMode::Check, (1..=30).map(visit).collect()));
    let line = "would change: [web[01:30]] => RDP-NLA is set (rdp_listener RDP-Tcp), \
                since 2026-08-22 14:13 UTC (30 days) to 2026-09-20 14:13 UTC (1 day)";
    assert!(text.lines().any(|one| one == line), "{text}");
}

#[test]
fn without_a_history_no_report_says_since_when() {
    for events in [controls(), audit()] {
        for format in Format::ALL {
            let text = written(format, &events);
            let said = match format {
                Format::Csv => text.replacen("drift_since,drift_until", "", 1),
                // The words of the style sheet are not what the page says.
                Format::Html => text.split("</style>").nth(1).unwrap().to_owned(),
                _ => text,
            };
            for word in [
                "drift_since",
                "differs since",
                "longest",
                "baselineState",
                "provenance",
            ] {
                assert!(!said.contains(word), "{format:?} says `{word}`");
            }
        }
        assert!(!shown(&events).contains("since"));
    }
}

#[test]
fn a_page_says_since_when_in_table_details_and_a_list_of_what_differs_longest() {
    let page = written(Format::Html, &remembered());
    let longest = page.split("id=\"longest-title\"").nth(1).unwrap();
    let longest = longest.split("</section>").next().unwrap();
    let hosts: Vec<&str> = longest
        .split("<th scope=\"row\">")
        .skip(1)
        .map(|row| row.split('<').next().unwrap())
        .collect();
    assert_eq!(hosts, ["old", "cut", "new"]);
    assert!(longest.contains("2026-09-19 14:13 UTC</td><td>2 days"));
    for said in [
        "title=\"differs since 2026-09-19 14:13 UTC (2 days)\"><i>differs since 2026-09-19 14:13 UTC (2 days)</i>",
        "<p class=\"since\">differs since 2026-09-19 14:13 UTC (2 days)</p>",
        "<p class=\"since\">had differed since 2026-09-18 14:13 UTC (3 days)</p>",
        "<p class=\"since\">had differed since 2026-09-21 10:13 UTC (4 hours)</p>",
        "title=\"failed since 2026-09-20 14:13 UTC (1 day)\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn json_has_the_times_beside_its_own_words() {
    let document: Value = serde_json::from_str(&written(Format::Json, &remembered())).unwrap();
    let told = |host: &str| {
        let tasks = document["plays"][0]["tasks"].as_array().unwrap();
        tasks[0]["hosts"][host]["rdpfix"].clone()
    };
    assert_eq!(told("old")["drift_since"], "2026-09-19T14:13:22Z");
    assert_eq!(told("old").get("drift_until"), None);
    assert_eq!(told("mended")["drift_since"], "2026-09-18T14:13:22Z");
    assert_eq!(told("mended")["drift_until"], "2026-09-21T14:13:22Z");
    assert_eq!(told("plain").get("drift_since"), None);
}

#[test]
fn a_time_belongs_to_the_results_that_differ_and_not_to_handlers() {
    let mut results = vec![
        checked("a", NLA, Outcome::Compliant, None),
        checked("a", NLA, without_nla(), None),
    ];
    let mut handler = result("a", "restart", without_nla());
    if let Event::Result(result) = &mut handler {
        result.handler = true;
    }
    results.push(handler);
    let known = vec![
        drift("a", "RDP-NLA", DAY),
        drift("a", "rdp_listener:RDP-Tcp", DAY),
    ];
    let events = run(
        RunMode::Check,
        vec![with(host("a", HostStatus::Drifted, results, None), known)],
    );
    let text = written(Format::Csv, &events);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let since: Vec<String> = rows
        .records()
        .map(|row| row.unwrap()[24].to_owned())
        .collect();
    let day = "2026-09-20T14:13:22Z";
    assert_eq!(since, ["", day, "", day], "the last is the host as a whole");
}
