//! Every mistake of a file is told at once, each with its place; any text is a file of jobs or a mistake.

use std::path::PathBuf;

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop_oneof;
use proptest::proptest;
use rdpfix::diag::Colour;
use rdpfix::diag::Severity;
use rdpfix::diag::render;
use rdpfix::diag::source_from_bytes;
use rdpfix::job::parse;

use crate::job::file;
use crate::job::source;
use crate::playbook::corpus;

#[test]
fn mistakes_are_told_as_recorded() {
    corpus::check("job/broken", told);
}

fn told(path: &PathBuf) -> String {
    let source = corpus::source(path).unwrap();
    let (file, mistakes) = parse(&source);
    let has_errors = mistakes
        .iter()
        .any(|mistake| mistake.severity == Severity::Error);
    assert_eq!(file.is_none(), has_errors, "{}", path.display());
    assert!(!mistakes.is_empty(), "{} is broken", path.display());
    for mistake in &mistakes {
        assert!(mistake.span.is_some(), "{}: {mistake:?}", path.display());
    }
    render(&mistakes, Colour::Never)
}

#[test]
fn ten_mistakes_are_told_at_once_in_the_order_of_their_lines() {
    let path = corpus::root("job/broken/ten-mistakes.yml");
    let (_, mistakes) = parse(&corpus::source(&path).unwrap());
    let lines: Vec<usize> = mistakes
        .iter()
        .map(|mistake| mistake.span.as_ref().unwrap().line_and_column().0)
        .collect();
    assert_eq!(lines, [2, 3, 5, 8, 13, 14, 16, 18, 19, 20]);
}

/// What a job can never do is told when the time is known: an identifier for each text of keys.
#[test]
fn what_will_never_happen_is_told() {
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    for (keys, expected) in [
        ("every: 1h", None),
        (
            "every: 1h, mode: apply, windows: [{dates: 2025-12-24}]",
            Some("never-opens"),
        ),
        (
            "every: 1h, mode: apply, blackouts: [{from: '00:00'}]",
            Some("never-opens"),
        ),
        (
            "cron: 0 12 * * *, mode: apply, windows: [{from: '22:00', to: '05:00'}]",
            Some("never-runs"),
        ),
        (
            "cron: 0 12 * * *, mode: audit-then-apply-in-window, windows: [{from: '22:00', to: '05:00'}]",
            Some("never-applies"),
        ),
        ("every: 1h, deadline: 2h", Some("deadline-beyond-interval")),
        (
            "cron: '@hourly', deadline: 61m",
            Some("deadline-beyond-interval"),
        ),
        ("cron: '@hourly', deadline: 60m", None),
        (
            "cron: '0 12 * * *', mode: apply, windows: [{from: '11:59', to: '12:01'}]",
            None,
        ),
    ] {
        let text = format!("jobs: [{{name: j, playbook: p, inventory: h, {keys}}}]");
        let told = file(&text).outlook(now);
        let ids: Vec<&str> = told.iter().map(|mistake| mistake.id).collect();
        assert_eq!(ids, Vec::from_iter(expected), "{keys}");
        assert!(
            told.iter()
                .all(|mistake| mistake.severity == Severity::Warning)
        );
    }
}

/// Pieces of job files, so that random texts get past the first line.
fn scraps() -> impl Strategy<Value = String> {
    let fixed = [
        "jobs:\n",
        "defaults:\n",
        "store: h.db\n",
        "  - name: a\n",
        "    playbook: p\n",
        "    inventory: [h, lab]\n",
        "    windows:\n",
        "      - {from: 22:00, to: 5:00}\n",
        "    notify: [{url: 'https://h/', body: '{{ job }}'}]\n",
        "    retries: {count: 2}\n",
        "    splay: {up_to: 1h}\n",
    ];
    let scrap = prop_oneof![
        (0..fixed.len()).prop_map(move |at| fixed[at].to_owned()),
        "    cron: [0-9*/,LW#+@a-z -]{0,16}\n",
        "    every: [0-9a-z .]{0,8}\n",
        "    time_zone: [A-Za-z/_.]{0,12}\n",
        "      - \\{(days|dates|from|to): [0-9:.a-z-]{0,12}\\}\n",
        "    (deadline|mode|overlap|missed|limit|splay|retries): [^\n]{0,12}\n",
        ".{0,8}",
        Just("\n".to_owned()),
    ];
    proptest::collection::vec(scrap, 0..14).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_pieces_are_jobs_or_mistakes(text in scraps()) {
        let (file, mistakes) = parse(&source("jobs.yml", &text));
        assert!(file.is_some() || !mistakes.is_empty());
        render(&mistakes, Colour::Never);
        let now = "2026-03-29T00:59:59Z".parse().unwrap();
        for job in file.iter().flat_map(|file| &file.jobs) {
            assert!(job.next(now).is_none_or(|at| at > now));
        }
    }

    #[test]
    fn any_bytes_are_jobs_or_mistakes(bytes in any::<Vec<u8>>()) {
        if let Ok(source) = source_from_bytes("jobs.yml", bytes) {
            let (file, mistakes) = parse(&source);
            assert!(file.is_some() || !mistakes.is_empty());
            render(&mistakes, Colour::Never);
        }
    }

    #[test]
    fn any_text_is_a_cron_expression_or_a_mistake(text in "\\PC{0,24}") {
        let json = serde_json::to_string(&text).unwrap();
        let text = format!("jobs: [{{name: j, playbook: p, inventory: h, cron: {json}}}]");
        let (file, mistakes) = parse(&source("jobs.yml", &text));
        assert!(file.is_some() || !mistakes.is_empty());
    }
}
