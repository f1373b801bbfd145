//! Facts about `examples/`: each is run by a test, and says what it promises. `decode_wsman` and
//! `dashboard` have their own, `wsman::example` and `dashboard::example`.

use std::process::Command;

use super::files;
use crate::support;

#[test]
fn every_example_is_known_here() {
    let names: Vec<String> = files("examples", "rs")
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["dashboard", "decode_wsman", "one_host"]);
}

#[test]
fn one_host_shows_what_differs_inside_and_what_a_client_meets() {
    let Some(program) = support::example("one_host") else {
        return;
    };
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told, "nla: \"not_required\" -> \"required\"\nProven\n");
}

#[test]
fn one_host_says_which_inventory_it_cannot_read() {
    let Some(program) = support::example("one_host") else {
        return;
    };
    let run = Command::new(program)
        .args(["no-such.yml", "HOST"])
        .output()
        .unwrap();
    assert!(!run.status.success());
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(told.contains("No such file"), "{told}");
}
