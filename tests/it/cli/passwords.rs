//! Facts about passwords that come from elsewhere, and about hosts that nobody can be signed in to.

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::cli::Finished;
use crate::cli::command;
use crate::cli::finished;

/// The lab's inventory with another line for the password.
fn instead(bench: &Bench, line: &str) -> String {
    let text = bench.lab.inventory_yaml();
    let changed: String = text
        .lines()
        .map(|old| match old.split_once("ansible_password:") {
            Some((indent, _)) => format!("{indent}{line}\n"),
            None => format!("{old}\n"),
        })
        .collect();
    assert_ne!(changed, text);
    bench.write("elsewhere.yml", &changed)
}

/// Audits with a password from elsewhere; it is in the environment, too.
async fn audit(bench: &Bench, line: &str) -> Finished {
    let inventory = instead(bench, line);
    let password = bench.lab.password().reveal();
    let output = command(&["audit", BASELINE, "-vvv", "-i", &inventory])
        .env("LAB_PASSWORD", password)
        .output()
        .await
        .expect("the program runs");
    let run = finished(output);
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(password), "the password is in what it wrote");
    }
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_a_file_or_a_variable() {
    let bench = Bench::of("healthy", Some(3)).await;
    let file = bench.write("pw", &format!("{}\r\n", bench.lab.password().reveal()));
    audit(&bench, &format!("rdpfix_password_file: '{file}'"))
        .await
        .exits(0);
    audit(&bench, "rdpfix_password_env: LAB_PASSWORD")
        .await
        .exits(0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_a_program_that_runs_once_for_all_hosts() {
    let bench = Bench::of("healthy", Some(5)).await;
    let count = bench.path("count");
    let script = format!("echo x >> {count}; printenv LAB_PASSWORD");
    let line = format!("rdpfix_password_command: [sh, -c, '{script}']");
    audit(&bench, &line).await.exits(0);
    #[expect(clippy::disallowed_methods, reason = "tests read what was written")]
    let counted = std::fs::read_to_string(&count).expect("a count");
    assert_eq!(counted, "x\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_cannot_be_had_exits_4_and_says_which_source() {
    let bench = Bench::of("healthy", Some(2)).await;
    for (line, says) in [
        (
            "rdpfix_password_env: RDPFIX_TEST_UNSET",
            "`RDPFIX_TEST_UNSET`",
        ),
        (
            "rdpfix_password_file: no-such-file",
            "cannot read `no-such-file`",
        ),
        (
            "rdpfix_password_command: no-such-program a",
            "`no-such-program` cannot be run",
        ),
    ] {
        audit(&bench, line).await.exits(4).says(says).says("hint");
    }
    let refused: usize = bench
        .hosts()
        .iter()
        .map(|host| bench.lab.refused_sign_ins(host))
        .sum();
    assert_eq!(refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_of_another_connection_is_told_and_the_others_are_worked_on() {
    let bench = Bench::of("healthy", Some(1)).await;
    let text = bench.lab.inventory_yaml();
    let other = bench.write(
        "other.yml",
        "linux:\n  vars: {ansible_connection: ssh}\n  hosts:\n    lin01: {ansible_host: 127.0.0.1}\n    lin02: {ansible_host: 127.0.0.1}\n",
    );
    let lab = bench.write("lab.yml", &text);
    let both = ["audit", BASELINE, "-i", &lab, "-i", &other];
    let run = crate::cli::run(&both).await.exits(4);
    assert_eq!(
        run.stderr
            .matches("connection `ssh` is not supported")
            .count(),
        1
    );
    run.says("other.yml:2:30")
        .says("set `ansible_connection: winrm`")
        .says("ok=");
    crate::cli::run(&["audit", BASELINE, "-i", &other])
        .await
        .exits(6)
        .says("cannot sign in to any of the hosts");
    // Looking from outside needs no way in.
    let probe = ["probe", "-i", &other, "--timeout", "1"];
    assert_ne!(crate::cli::run(&probe).await.code, Some(6));
}
