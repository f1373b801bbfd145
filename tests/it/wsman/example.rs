//! The example that prints what an envelope holds.

use std::process::Command;
use std::process::Output;

use crate::support;

/// Runs it; `None` when only the tests were built.
fn run(argument: &std::path::Path) -> Option<Output> {
    let program = support::example("decode_wsman")?;
    Some(Command::new(program).arg(argument).output().unwrap())
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn it_prints_objects_faults_outputs_and_configuration() {
    let Some(root) = support::recordings() else {
        return;
    };
    let Some(page) = run(&root.join("cim/server2012/Win32_Service_star_001.xml")) else {
        return;
    };
    let page = lines(&page);
    assert_eq!(page.len(), 50);
    assert_eq!(page[0]["class"], "Win32_Service");
    assert_eq!(page[0]["namespace"], "root/cimv2");
    assert_eq!(page[0]["properties"]["Name"], "ALG");
    let fault = run(&root.join("faults/omi_windows_timed_out.xml")).unwrap();
    assert_eq!(lines(&fault)[0]["fault"]["code"], 2_150_858_793_u32);
    let output = run(&root.join("cim/invoke/StdRegProv_EnumKey_response_2003.xml")).unwrap();
    assert_eq!(lines(&output)[0]["method"], "EnumKey");
    let config = run(&root.join("config/test_wsman_update_envelope_size_500.yml")).unwrap();
    assert_eq!(lines(&config)[0]["class"], "Config");
    let request = run(&root.join("mi-client/Get-CimInstance_request.xml")).unwrap();
    assert_eq!(lines(&request)[0]["request"], "Enumerate");
}

#[test]
fn it_fails_with_the_name_of_what_it_cannot_read() {
    let Some(missing) = run(std::path::Path::new("no-such-file.xml")) else {
        return;
    };
    assert!(!missing.status.success());
    let told = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(told.contains("cannot read `no-such-file.xml`"), "{told}");
    let manifest = support::root().join("Cargo.toml");
    let wrong = run(&manifest).unwrap();
    assert!(!wrong.status.success());
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(told.contains("Cargo.toml` is not an envelope"), "{told}");
}
