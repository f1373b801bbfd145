//! Facts about the dashboard of a service that runs: what it starts, and what it does not.

use super::Bench;
use super::Served;
use super::asked;
use super::command;
use super::jobs;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_time_it_is_not_is_not_started_from_the_dashboard() {
    let bench = Bench::of("healthy", Some(1)).await;
    let shut =
        "    mode: apply\n    every: 30d\n    blackouts: [{dates: 2020-01-01..2120-12-31}]\n";
    jobs(&bench, shut);
    bench.write("token", "a-token-for-the-dashboard\n");
    let (file, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    let token = bench.path("token");
    let arguments = [
        "serve",
        "--jobs",
        &file,
        "--store",
        &store,
        "--log",
        "json",
        "--listen",
        "0.0.0.0:0",
        "--token-file",
        &token,
    ];
    let mut served = Served::of(command(&arguments), &bench);
    let line = served.wait("listening").await;
    // What is told can be opened, though it listens on every address.
    let url = line["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://localhost:"), "{url}");
    let bearer = "Authorization: Bearer a-token-for-the-dashboard\r\n";
    let refused = asked(&url, "POST /api/v1/jobs/rdp/run", bearer).await;
    assert!(refused.starts_with("HTTP/1.1 409"), "{refused}");
    assert!(refused.contains("its window is shut"), "{refused}");
    served.signal("-TERM").await;
    let next = served.wait_for(|line| line["type"] == "not_now" || line["type"] == "stopped");
    assert_eq!(next.await["type"], "stopped");
    served.ends(0).await;
}

#[tokio::test]
async fn names_that_no_browser_asks_for_are_refused() {
    let bench = Bench::of("healthy", Some(1)).await;
    jobs(&bench, "    mode: audit\n    every: 30d\n");
    let (file, store) = (bench.path("jobs.yml"), bench.path("history.db"));
    let arguments = [
        "serve",
        "--jobs",
        &file,
        "--store",
        &store,
        "--listen",
        "localhost:0",
        "--host-name",
        "compliance.corp.example:8443",
    ];
    let output = command(&arguments).output();
    super::finished(output.await.unwrap())
        .exits(5)
        .says("`compliance.corp.example:8443` is not the name of a host")
        .says("without port");
}
