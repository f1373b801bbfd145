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
async fn facts_are_had_with_a_password_from_elsewhere_too() {
    let bench = Bench::of("healthy", Some(2)).await;
    let inventory = instead(&bench, "rdpfix_password_env: LAB_PASSWORD");
    let output = command(&["facts", "all", "-i", &inventory])
        .env("LAB_PASSWORD", bench.lab.password().reveal())
        .output()
        .await;
    let told = finished(output.expect("the program runs")).exits(0);
    assert_eq!(told.records().len(), 2);
}

/// An inventory in which only the second host's password is encrypted, under an id whose program notes each time that it
/// is asked.
#[cfg(unix)]
async fn half_sealed(bench: &Bench) -> (String, String) {
    use std::os::unix::fs::PermissionsExt;

    let script = bench.write("key.sh", "#!/bin/sh\necho x >> \"$0.asked\"\necho key\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    let clear = bench.write("clear", bench.lab.password().reveal());
    let id = format!("other@{script}");
    let seal = [
        "vault",
        "encrypt-string",
        "-n",
        "ansible_password",
        "--file",
        &clear,
        "--vault-id",
        &id,
    ];
    let sealed = crate::cli::run(&seal).await.exits(0).stdout;
    let second = bench.hosts().pop().expect("a second host");
    let text = bench.lab.inventory_yaml();
    let mut lines = String::new();
    let mut is_second = false;
    for line in text.lines() {
        is_second |= line.contains(&second);
        match line.find("ansible_password:") {
            Some(indent) if is_second => {
                let indent = " ".repeat(indent);
                for line in sealed.lines() {
                    lines.extend([indent.as_str(), line, "\n"]);
                }
                is_second = false;
            }
            _ => lines.extend([line, "\n"]),
        }
    }
    (bench.write("sealed.yml", &lines), id)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn passwords_of_hosts_that_take_no_part_stay_closed() {
    let bench = Bench::of("healthy", Some(2)).await;
    let (inventory, id) = half_sealed(&bench).await;
    let (first, asked) = (bench.host(), bench.path("key.sh.asked"));
    #[expect(clippy::disallowed_methods, reason = "tests read what was written")]
    let count = || std::fs::read_to_string(&asked).unwrap_or_default().len();
    let before = count();
    let run = async |words: &[&str]| {
        let typed = [words, &["-i", &inventory, "--vault-id", &id]].concat();
        crate::cli::run(&typed).await
    };
    run(&["audit", BASELINE, "-l", &first]).await.exits(0);
    run(&["facts", &first]).await.exits(0);
    run(&["audit", BASELINE, "--list-hosts"]).await.exits(0);
    assert_eq!(count(), before, "nobody needed it");
    run(&["audit", BASELINE]).await.exits(0);
    assert!(count() > before);
    let wrong = ["audit", BASELINE, "-i", &inventory];
    crate::cli::run(&wrong).await.exits(4).says("vault");
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
