//! No secret is in anything that a run writes, at any verbosity.

use crate::cli::BASELINE;
use crate::cli::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_nowhere_in_what_a_run_writes() {
    let bench = Bench::of("fleet", None).await;
    let password = bench.lab.password().reveal().to_owned();
    assert!(password.len() >= 12);
    let file = bench.path("results.jsonl");
    let reporter = format!("jsonl:{file}");
    let run = bench
        .run(&["apply", BASELINE, "-vvvv", "-D", "--reporter", &reporter])
        .await;
    #[expect(clippy::disallowed_methods, reason = "tests read what was written")]
    let written = std::fs::read_to_string(&file).expect("results");
    for (what, text) in [
        ("stdout", &run.stdout),
        ("stderr", &run.stderr),
        ("results", &written),
    ] {
        assert!(!text.contains(&password), "the password is in {what}");
    }
    assert!(!written.is_empty());
    let recorded = format!(
        "{:?}",
        bench
            .hosts()
            .iter()
            .map(|host| bench.lab.requests(host))
            .collect::<Vec<_>>()
    );
    assert!(!recorded.contains(&password));
}
