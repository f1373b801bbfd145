//! Facts about `rdpfix history`, and about recording by `apply` and `audit`.

use std::path::Path;
use std::process::Command;

use rdpfix::cim::Value;
use rdpfix::plan::Outcome;

use super::run::Store;
use super::run::Visit;
use super::run::change;
use super::run::drifted;
use super::run::failed;
use super::run::proven;
use super::run::ruled;
use super::run::run;
use super::run::run_of;
use super::run::ulid;
use crate::support;

/// Exit code, standard output, standard error.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn rdpfix(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_rdpfix"))
        .args(arguments)
        .current_dir(support::root())
        .env("XDG_STATE_HOME", folder)
        .env_remove("RDPFIX_HISTORY")
        .output()
        .unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `rdpfix history` over a store.
fn history(store: &Store, arguments: &[&str]) -> Said {
    let path = store.path();
    let mut whole = vec!["history", "--store", path.to_str().unwrap()];
    whole.extend(arguments);
    rdpfix(store.folder(), &whole)
}

const HOSTILE: &str = "evil\u{1b}[2J\u{202e}\u{9b}31m\r\nx";

fn two_runs() -> Store {
    let store = Store::new();
    let hostile = || {
        let changes = vec![change("port", Value::from(HOSTILE), Value::from(3389_u32))];
        ruled("RDP-PORT", Outcome::Drifted(changes))
    };
    let visits = |outcome: Outcome| {
        let results = vec![ruled("RDP-NLA", outcome.clone()), hostile()];
        let first = Visit::new("alpha", results).with_proof(proven("AA", 500));
        [first, Visit::new(HOSTILE, vec![ruled("RDP-NLA", outcome)])]
    };
    store.record(&run(1, 0, &visits(Outcome::Compliant)));
    store.record(&run(2, 60, &visits(drifted())));
    store
}

/// Nothing that a terminal could obey.
fn harmless(text: &str) {
    let obeyed = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
    assert!(!text.contains(obeyed), "{text:?}");
}

#[test]
fn everything_that_is_shown_is_harmless() {
    let store = two_runs();
    let verbs: [&[&str]; 6] = [
        &[],
        &["host", "alpha"],
        &["host", HOSTILE],
        &["control", "RDP-NLA"],
        &["diff"],
        &["export"],
    ];
    for verb in verbs {
        for json in [&[][..], &["--json"]] {
            let said = history(&store, &[verb, json].concat());
            let code = if verb == ["diff"] { 3 } else { 0 };
            assert_eq!((said.code, said.err.as_str()), (Some(code), ""), "{verb:?}");
            harmless(&said.out);
            let lines = said.out.lines();
            let is_json = !json.is_empty() || verb == ["export"];
            for line in lines.filter(|_| is_json) {
                serde_json::from_str::<serde_json::Value>(line).unwrap();
            }
        }
    }
    let csv = history(&store, &["export", "--format", "csv"]);
    harmless(&csv.out);
}

#[test]
fn runs_are_listed_and_unfinished_ones_said_to_be() {
    let store = two_runs();
    let mut killed = run(3, 90, &[]);
    killed.pop();
    store.record(&killed);
    let said = history(&store, &[]);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", said.out);
    assert!(lines[1].contains(&ulid(3)) && lines[1].contains("unfinished, last heard of"));
    assert!(lines[2].contains(&ulid(2)));
    let limited = history(&store, &["--limit", "1", "--json"]);
    let runs: serde_json::Value = serde_json::from_str(&limited.out).unwrap();
    assert_eq!(runs.as_array().unwrap().len(), 1);
    assert_eq!(runs[0]["run"], ulid(3));
}

#[test]
fn runs_are_named_by_their_begin_or_by_their_place() {
    let store = two_runs();
    let (one, two) = (ulid(1), ulid(2));
    for (from, to) in [
        ("last~1", "last"),
        (one.as_str(), two.as_str()),
        (&one.to_lowercase(), "last"),
    ] {
        let said = history(&store, &["diff", from, to, "--json"]);
        assert_eq!(said.code, Some(3), "{}", said.err);
        let diff: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(diff["from"]["run"], one);
        assert_eq!(diff["entries"].as_array().unwrap().len(), 2, "{diff}");
        assert_eq!(diff["entries"][0]["kind"], "began");
    }
    let cases = [
        ("last~7", "there is no run `last~7`"),
        ("lastly", "`lastly` is no run"),
        ("01K", "several runs begin with `01K`"),
        ("nonsense", "the history has no run `nonsense`"),
    ];
    for (typed, told) in cases {
        let said = history(&store, &["diff", typed]);
        assert_eq!(said.code, Some(5));
        assert!(said.err.contains(told), "{}", said.err);
    }
}

/// A run that looks at so many controls, of which the first differ.
fn look(store: &Store, number: u64, job: &str, (controls, differing): (usize, usize)) {
    let results = (0..controls).map(|id| {
        let outcome = if id < differing {
            drifted()
        } else {
            Outcome::Compliant
        };
        ruled(&format!("C-{id:02}"), outcome)
    });
    let visit = Visit::new("a", results.collect());
    let minute = i64::try_from(number).unwrap() * 60;
    store.record(&run_of(Some(job), number, minute, &[visit]));
}

fn json(said: &Said) -> serde_json::Value {
    serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err))
}

#[test]
fn a_diff_exits_with_3_when_drift_began_also_beyond_what_is_shown() {
    let store = Store::new();
    let first = Visit::new(
        "a",
        vec![ruled("C", drifted()), ruled("D", Outcome::Compliant)],
    );
    let second = Visit::new(
        "a",
        vec![ruled("C", Outcome::Compliant), ruled("D", drifted())],
    );
    let unchanged = Visit::new(
        "a",
        vec![ruled("C", Outcome::Compliant), ruled("D", drifted())],
    );
    let mended = Visit::new(
        "a",
        vec![
            ruled("C", Outcome::Compliant),
            ruled("D", Outcome::Compliant),
        ],
    );
    for (number, visit) in [first, second, unchanged, mended].into_iter().enumerate() {
        let minute = i64::try_from(number).unwrap() * 60;
        store.record(&run(u64::try_from(number).unwrap(), minute, &[visit]));
    }
    let cases = [
        ("last~3", "last~2", 3),
        ("last~2", "last~1", 0),
        ("last~1", "last", 0),
    ];
    for (from, to, code) in cases {
        let said = history(&store, &["diff", from, to]);
        assert_eq!(said.code, Some(code), "{from}: {}", said.out);
    }
    let cut = history(&store, &["diff", "last~3", "last~2", "--limit", "1"]);
    assert_eq!(cut.code, Some(3));
    assert!(!cut.out.contains("began"), "{}", cut.out);
    assert!(
        cut.out.ends_with("and more: `--limit N` shows more\n"),
        "{}",
        cut.out
    );
    let none = history(&store, &["diff", "last~3", "last~2", "--limit", "0"]);
    assert_eq!(none.code, Some(3));
    assert!(!none.out.contains("nothing is otherwise"), "{}", none.out);
}

#[test]
fn a_list_that_is_cut_says_so() {
    let store = Store::new();
    look(&store, 0, "x", (30, 0));
    look(&store, 1, "x", (30, 30));
    look(&store, 2, "x", (30, 0));
    for (limit, entries, more) in [("20", 20, true), ("29", 29, true), ("30", 30, false)] {
        let diff = json(&history(
            &store,
            &["diff", "last~2", "last~1", "--json", "-n", limit],
        ));
        let told = diff["entries"].as_array().unwrap().len();
        assert_eq!(
            (told, diff["more"].as_bool()),
            (entries, Some(more)),
            "{limit}"
        );
        assert_eq!(diff["next"], serde_json::Value::Null);
    }
    for (limit, past, more) in [("20", 20, true), ("59", 59, true), ("60", 60, false)] {
        let host = json(&history(&store, &["host", "a", "--json", "-n", limit]));
        let told = host["past"].as_array().unwrap().len();
        assert_eq!(
            (told, host["more"].as_bool()),
            (past, Some(more)),
            "{limit}"
        );
    }
    let more = "and more: `--limit N` shows more";
    let cases: [(&[&str], usize); 5] = [
        (&["-n", "2"], 1),
        (&["-n", "3"], 0),
        (&["diff", "last~2", "last~1"], 1),
        (&["host", "a", "-n", "59"], 1),
        (&["host", "a", "-n", "60"], 0),
    ];
    for (arguments, told) in cases {
        let said = history(&store, arguments);
        assert_eq!(
            said.out.matches(more).count(),
            told,
            "{arguments:?}: {}",
            said.out
        );
    }
}

#[test]
fn runs_of_one_job_are_compared_with_each_other() {
    let store = Store::new();
    look(&store, 0, "x", (1, 0));
    look(&store, 1, "y", (1, 1));
    look(&store, 2, "x", (1, 0));
    let diff = json(&history(&store, &["--job", "x", "diff", "--json"]));
    assert_eq!(
        (&diff["from"]["run"], &diff["to"]["run"]),
        (&ulid(0).into(), &ulid(2).into())
    );
    let few = history(&store, &["--job", "y", "diff"]);
    assert_eq!(few.code, Some(5));
    assert!(
        few.err.contains("the history has 1 of job `y`"),
        "{}",
        few.err
    );
}

#[test]
fn options_that_a_verb_has_no_use_for_are_refused() {
    let store = two_runs();
    let verbs: [&[&str]; 5] = [
        &["host", "alpha"],
        &["control", "RDP-NLA"],
        &["prune", "--older-than", "1d"],
        &["forget", "alpha"],
        &["export"],
    ];
    for verb in verbs {
        let said = history(&store, &[&["--job", "x"], verb].concat());
        assert_eq!(said.code, Some(5), "{verb:?}");
        assert!(said.err.contains("`--job` chooses runs"), "{}", said.err);
    }
    for verb in [verbs[2], verbs[4]] {
        let said = history(&store, &[verb, &["--limit", "3"]].concat());
        assert_eq!(said.code, Some(5), "{verb:?}");
        assert!(said.err.contains("`--limit` cuts lists"), "{}", said.err);
    }
    assert_eq!(store.open().runs(None, None, 9).unwrap().len(), 2);
}

#[test]
fn hosts_are_forgotten_by_name_or_by_wildcard() {
    let store = Store::new();
    let hosts =
        ["old-1", "old-2", "new-1"].map(|host| Visit::new(host, vec![ruled("C", drifted())]));
    store.record(&run(1, 0, &hosts));
    let left = || store.open().host_names().unwrap().join(" ");
    let unknown = history(&store, &["forget", "old-1", "new-2"]);
    assert_eq!(unknown.code, Some(5));
    assert!(
        unknown.err.contains("the history has no host `new-2`"),
        "{}",
        unknown.err
    );
    assert!(
        unknown.err.contains("did you mean `new-1`?"),
        "{}",
        unknown.err
    );
    let none = history(&store, &["forget", "gone-*"]);
    assert_eq!(none.code, Some(5));
    assert!(
        none.err.contains("no host that fits `gone-*`"),
        "{}",
        none.err
    );
    let dry = history(&store, &["forget", "old-*", "old-1", "--dry-run"]);
    let told = "2 hosts, 2 controls, 2 intervals, 0 changes, 0 certificates, 0 details\n  old-1\n  old-2\n";
    assert_eq!(
        dry.out,
        format!("would be forgotten: {told}"),
        "{}",
        dry.err
    );
    assert_eq!(left(), "new-1 old-1 old-2", "nothing was taken yet");
    let real = history(&store, &["forget", "old-*"]);
    assert_eq!(
        (real.code, real.out),
        (Some(0), format!("forgotten: {told}"))
    );
    assert_eq!(left(), "new-1");
    let last = json(&history(&store, &["forget", "new-1", "--json"]));
    assert_eq!(last["hosts"][0], "new-1");
    let nobody = Store::new();
    let absent = history(&nobody, &["forget", "a"]);
    assert_eq!(absent.code, Some(6));
    assert!(!nobody.path().exists());
}

#[test]
fn a_damaged_history_stays_where_it_is_whatever_is_to_be_taken_away() {
    let verbs: [&[&str]; 4] = [
        &["prune", "--older-than", "1d", "--dry-run"],
        &["prune", "--older-than", "1d"],
        &["forget", "a", "--dry-run"],
        &["forget", "a"],
    ];
    for verb in verbs {
        let store = super::file::damaged();
        let before = std::fs::read(store.path()).unwrap();
        let said = history(&store, verb);
        assert_eq!(said.code, Some(6), "{verb:?}: {}{}", said.out, said.err);
        assert!(said.err.contains("is damaged"), "{}", said.err);
        assert_eq!(std::fs::read(store.path()).unwrap(), before, "{verb:?}");
        let names = super::file::names(store.folder()).join(" ");
        assert!(!names.contains("damaged"), "{names}");
    }
}

#[test]
fn a_name_that_is_nearly_right_gets_a_hint() {
    let store = two_runs();
    let host = history(&store, &["host", "alpa"]);
    assert_eq!(host.code, Some(5));
    assert!(host.err.contains("did you mean `alpha`?"), "{}", host.err);
    let control = history(&store, &["control", "RDP-NAL"]);
    assert!(control.err.contains("did you mean `RDP-NLA`?"));
    let near = ulid(2).replacen("01K0", "01KO", 1);
    let run = history(&store, &["diff", &near]);
    assert!(run.err.contains("did you mean"), "{}", run.err);
}

#[test]
fn an_export_has_everything() {
    let store = two_runs();
    let said = history(&store, &["export"]);
    let types: Vec<String> = said
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|piece| piece["type"].as_str().unwrap().to_owned())
        .collect();
    let count = |kind: &str| types.iter().filter(|one| *one == kind).count();
    assert_eq!((count("run"), count("host")), (2, 2));
    // Three controls and the proof, two of which turned; the details stay the same.
    assert_eq!(count("interval"), 4 + 2);
    assert_eq!((count("reach"), count("certificate")), (2, 1));
    let csv = history(&store, &["export", "--format", "csv"]);
    let mut rows = csv::Reader::from_reader(csv.out.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), types.len());
    let drift = |row: &&csv::StringRecord| &row[3] == "RDP-NLA" && &row[4] == "drift";
    assert_eq!(&rows.iter().find(drift).unwrap()[0], "interval");
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_defused() {
    let store = Store::new();
    let formulas = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "＝1+1"];
    let visits = formulas.map(|host| Visit::new(host, vec![ruled("RDP-NLA", failed())]));
    store.record(&run(1, 0, &visits));
    let csv = history(&store, &["export", "--format", "csv"]);
    let mut rows = csv::Reader::from_reader(csv.out.as_bytes());
    for row in rows.records().map(Result::unwrap) {
        let is_run = |cell: &str| cell.starts_with(['=', '+', '-', '@', '＝']);
        assert!(!row.iter().any(is_run), "{row:?}");
    }
}

#[test]
fn pruning_says_what_it_takes() {
    let store = two_runs();
    let dry = history(&store, &["prune", "--older-than", "1d", "--dry-run"]);
    assert!(
        dry.out
            .starts_with("would be taken away: 1 runs, 2 intervals"),
        "{}",
        dry.out
    );
    let real = history(&store, &["prune", "--older-than", "1d"]);
    assert!(
        real.out.starts_with("taken away: 1 runs, 2 intervals"),
        "{}",
        real.out
    );
    let none = history(&store, &["prune", "--older-than", "soon"]);
    assert_eq!(none.code, Some(5));
}

#[test]
fn an_audit_that_is_recorded_can_be_looked_at() {
    let store = Store::new();
    let wish = format!("--history={}", store.path().display());
    let audit = |wish: &str| {
        let playbook = "playbooks/rdp-baseline.yml";
        let arguments = [
            "audit",
            playbook,
            "-i",
            "lab:fleet:6",
            "--reporter",
            "jsonl",
            wish,
        ];
        rdpfix(store.folder(), &arguments)
    };
    let first = audit(&wish);
    assert!(matches!(first.code, Some(2..=4)), "{}", first.err);
    let second = audit(&wish);
    assert_eq!(first.code, second.code);
    let runs = store.open().runs(None, None, 9).unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].exit_code.map(i32::from), second.code);
    assert_eq!(runs[0].began, 0, "the lab is the same");
    let fleet = store.open().fleet(runs[0].started).unwrap();
    assert_eq!(fleet.hosts, 6);
    assert!(
        fleet.cells.drift > 0 && fleet.cells.compliant > 0,
        "{fleet:?}"
    );
    assert!(
        fleet
            .controls
            .iter()
            .any(|c| c.control == "rdp_listener:RDP-Tcp")
    );
    // The folder for states is where it goes when no file is named.
    audit("--history");
    let default = store.folder().join("rdpfix/history.db");
    assert!(default.is_file());
    let shown = rdpfix(store.folder(), &["history"]);
    assert_eq!(shown.out.lines().count(), 2, "{}{}", shown.out, shown.err);
}

#[test]
fn a_history_that_cannot_be_kept_is_told_before_anything_is_done() {
    let store = Store::new();
    std::fs::write(store.folder().join("file"), b"").unwrap();
    let wish = format!("--history={}/file/history.db", store.folder().display());
    let arguments = [
        "audit",
        "playbooks/rdp-baseline.yml",
        "-i",
        "lab:fleet:2",
        &wish,
    ];
    let said = rdpfix(store.folder(), &arguments);
    assert_eq!((said.code, said.out.as_str()), (Some(6), ""));
    assert!(said.err.contains("cannot be written"), "{}", said.err);
    assert!(said.err.contains("hint: "), "{}", said.err);
}

#[test]
fn a_damaged_history_is_told_loudly_and_kept() {
    let store = Store::new();
    std::fs::write(store.path(), b"no database, but long enough to be none").unwrap();
    let wish = format!("--history={}", store.path().display());
    let arguments = [
        "audit",
        "playbooks/rdp-baseline.yml",
        "-i",
        "lab:fleet:2",
        &wish,
    ];
    let said = rdpfix(store.folder(), &arguments);
    assert!(said.err.contains("warning: the history"), "{}", said.err);
    assert!(said.err.contains(".damaged-"), "{}", said.err);
    assert_eq!(store.open().runs(None, None, 9).unwrap().len(), 1);
}
