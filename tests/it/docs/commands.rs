//! Facts about the commands on pages: the program takes every one of them, and those that name nothing of the reader's run.

use std::process::Command;

use clap::Parser;
use rdpfix::cli::args::Arguments;

use super::files;
use super::pages;
use super::read;
use crate::support;

/// A command as a page shows it, in words.
type Words = Vec<String>;

/// The commands in a text: code in backticks, and lines set off from prose that begin with one, without the remark behind.
fn commands(text: &str) -> Vec<Words> {
    let begins = |code: &&str| code.starts_with("rdpfix ") || code.starts_with("cargo run");
    let set_off = |line: &&str| line.starts_with([' ', '#', '$']);
    let lines = text.lines().filter(set_off).map(|line| {
        let line = line.trim_start_matches([' ', '#', '$']);
        line.split(" # ").next().unwrap_or(line).trim()
    });
    let spans = text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    lines
        .chain(spans)
        .filter(begins)
        .map(|code| code.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// What the program gets to see of a command; `None` when it is another program.
fn arguments(words: &[String]) -> Option<Words> {
    let program = || std::iter::once("rdpfix".to_owned());
    match words.split_first()? {
        (first, rest) if first == "rdpfix" => Some(program().chain(rest.iter().cloned()).collect()),
        _ => {
            let behind = words.iter().position(|word| word == "--")?;
            let (cargo, rest) = words.split_at(behind);
            let known = [
                ["cargo", "run"].as_slice(),
                ["cargo", "run", "--release"].as_slice(),
            ];
            known
                .contains(
                    &cargo
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .as_slice(),
                )
                .then(|| program().chain(rest.iter().skip(1).cloned()).collect())
        }
    }
}

/// The example that a command runs.
fn example(words: &[String]) -> Option<&str> {
    let at = words.iter().position(|word| word == "--example")?;
    words.get(at + 1).map(String::as_str)
}

/// Every command that a file shows, with the file's name.
fn shown() -> Vec<(String, Words)> {
    let shipped = [
        pages(),
        files("playbooks", "yml"),
        files("inventory", "yml"),
        files("examples", "rs"),
    ];
    shipped
        .concat()
        .iter()
        .flat_map(|path| {
            let name = path.display().to_string();
            commands(&read(path))
                .into_iter()
                .map(move |words| (name.clone(), words))
        })
        .collect()
}

#[test]
fn the_program_takes_every_command_that_is_shown() {
    let shown = shown();
    assert!(shown.len() >= 10, "only {shown:?}");
    for (name, words) in shown {
        let line = words.join(" ");
        if let Some(example) = example(&words) {
            let source = support::root().join(format!("examples/{example}.rs"));
            assert!(source.exists(), "{name}: `{line}`");
            continue;
        }
        let arguments = arguments(&words).unwrap_or_else(|| panic!("{name}: `{line}` is unknown"));
        if let Err(error) = Arguments::try_parse_from(arguments) {
            panic!("{name}: `{line}`: {error}");
        }
    }
}

#[test]
fn cargo_commands_of_the_readme_end_as_it_says() {
    let mut ran = Vec::new();
    for words in commands(&read(&support::root().join("README.md"))) {
        if words.first().is_none_or(|first| first != "cargo") {
            continue;
        }
        let arguments = arguments(&words).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_rdpfix"))
            .args(arguments.iter().skip(1))
            .current_dir(support::root())
            .env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .unwrap();
        ran.push((words.join(" "), output.status.code()));
    }
    let ran: Vec<(&str, Option<i32>)> = ran
        .iter()
        .map(|(line, code)| (line.as_str(), *code))
        .collect();
    assert_eq!(
        ran,
        [
            (
                "cargo run --release -- apply playbooks/rdp-baseline.yml -i lab",
                Some(4)
            ),
            (
                "cargo run -- diagnose cert-expired -i lab:cert-expired --code 0x904 --extended 0x7",
                Some(3)
            ),
            (FROM_ANSIBLE, Some(0)),
            ("cargo run -- lab list", Some(0)),
        ]
    );
}

const FROM_ANSIBLE: &str = "cargo run --release -- apply examples/from-ansible/rdp.yml -i examples/from-ansible/inventory -i lab:examples/from-ansible/lab.yml --vault-password-file examples/from-ansible/vault-password.sh";

/// Moments and numbers differ from run to run.
fn without_digits(text: &str) -> String {
    text.replace(|letter: char| letter.is_ascii_digit(), "#")
}

#[test]
fn the_diagnosis_of_the_readme_is_what_the_program_says() {
    let readme = read(&support::root().join("README.md"));
    let (_, rest) = readme
        .split_once("<!-- diagnosis -->\n\n```text\n")
        .unwrap();
    let (shown, _) = rest.split_once("```\n\n<!-- /diagnosis -->").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rdpfix"))
        .args(["diagnose", "cert-expired", "-i", "lab:cert-expired"])
        .args(["--code", "0x904", "--extended", "0x7"])
        .current_dir(support::root())
        .env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(without_digits(&said), without_digits(shown));
}

#[test]
fn a_command_that_the_program_does_not_take_would_be_found() {
    let text = "    rdpfix audit a.yml -i b.yml   # look\nrdpfix is prose, or say `cargo run -- lab list` or\n$ cargo run --frobnicate\n";
    let found = commands(text);
    let lines: Vec<String> = found.iter().map(|words| words.join(" ")).collect();
    assert_eq!(
        lines,
        [
            "rdpfix audit a.yml -i b.yml",
            "cargo run --frobnicate",
            "cargo run -- lab list"
        ]
    );
    assert_eq!(arguments(&found[1]), None);
    let wrong = ["rdpfix", "audit", "--frobnicate"];
    assert!(Arguments::try_parse_from(wrong).is_err());
}
