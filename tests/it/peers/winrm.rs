//! Facts about the lab's management service, told by pypsrp and pywinrm.

use rdpfix::cim::RegistryData;
use rdpfix::lab::Carrier;
use rdpfix::lab::Lab;
use rdpfix::lab::machine::terminal_services::listener;
use rdpfix::lab::machine::terminal_services::terminal_server;
use serde_json::Value;
use serde_json::json;

use super::json;
use super::lab;
use crate::support;

const HEALTHY: &str = "healthy";

fn script(name: &str) -> String {
    let path = support::root().join("tests/peers").join(name);
    path.to_str().unwrap().to_owned()
}

/// A place for the authority's certificate, which clients want as a file.
fn authority_file(lab: &Lab) -> Option<tempfile::NamedTempFile> {
    let pem = lab.authority_pem()?;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, pem.as_bytes()).unwrap();
    Some(file)
}

async fn drive_pypsrp(lab: &Lab, auth: &str) -> Option<Value> {
    let python = support::peer_python()?;
    let place = lab.place(HEALTHY).unwrap().winrm;
    let (address, port) = (place.ip().to_string(), place.port().to_string());
    let authority = authority_file(lab);
    let path = authority.as_ref().map(|file| file.path().to_str().unwrap());
    let script = script("drive_pypsrp.py");
    let mut arguments = vec![script.as_str(), &address, &port, lab.user(), auth];
    arguments.extend(path);
    let input = format!("{}\n", lab.password().reveal());
    Some(json(&python, &arguments, &input).await)
}

/// What pypsrp must have seen, whatever carried it.
fn check_pypsrp(facts: &Value, lab: &Lab) {
    let machine = lab.machine(HEALTHY).unwrap();
    let build = machine.os.build.number();
    assert_eq!(
        facts["version"],
        format!("OS: 10.0.{build} SP: 0.0 Stack: 3.0")
    );
    let services = facts["services"].as_object().unwrap();
    assert_eq!(services.len(), machine.services.iter().count());
    assert_eq!(services["TermService"], "Running");
    assert_eq!(facts["page_sizes"], json!([1, services.len() - 1]));
    assert_eq!(facts["general"]["TerminalName"], "RDP-Tcp");
    assert_eq!(facts["general"]["UserAuthenticationRequired"], "1");
    assert_eq!(
        facts["registry"],
        json!({"before": "0", "written": "0", "after": "1", "missing": "1"})
    );
    assert_eq!(facts["set_nla"], json!({"ReturnValue": "0"}));
    assert_eq!(
        facts["service_calls"],
        json!([
            ["UmRdpService", "StopService", "0", "Stopped"],
            ["TermService", "StopService", "0", "Stopped"],
            ["TermService", "StartService", "0", "Running"],
        ])
    );
    assert_eq!(facts["missing_object"], 2_150_858_752_u32);
    assert_eq!(facts["wrong_password"], "AuthenticationError");
}

/// What must have become of the machine.
fn check_machine(lab: &Lab) {
    let machine = lab.machine(HEALTHY).unwrap();
    assert_eq!(
        machine
            .registry
            .get(&terminal_server(), "fDenyTSConnections"),
        Some(&RegistryData::Dword(1))
    );
    assert_eq!(
        machine.registry.get(&listener(), "UserAuthentication"),
        Some(&RegistryData::Dword(0))
    );
    assert!(machine.services.is_running("TermService"));
    assert!(!machine.services.is_running("UmRdpService"));
    // Three service calls, a registry value and a setting.
    assert_eq!(lab.writes(HEALTHY), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn pypsrp_manages_a_host_sealed_by_raw_and_wrapped_ntlm() {
    for auth in ["ntlm", "negotiate"] {
        let lab = lab(HEALTHY, Carrier::Http).await;
        let Some(facts) = drive_pypsrp(&lab, auth).await else {
            return;
        };
        check_pypsrp(&facts, &lab);
        assert_eq!(
            facts["encrypted_as"],
            "application/HTTP-SPNEGO-session-encrypted"
        );
        check_machine(&lab);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pypsrp_manages_a_host_over_tls_bound_to_the_channel() {
    let lab = lab(HEALTHY, Carrier::Https { trust_file: None }).await;
    let Some(facts) = drive_pypsrp(&lab, "negotiate").await else {
        return;
    };
    check_pypsrp(&facts, &lab);
    assert_eq!(facts["encrypted_as"], Value::Null);
    check_machine(&lab);
}

async fn drive_pywinrm(lab: &Lab, transport: &str) -> Option<Value> {
    let python = support::peer_python()?;
    let authority = authority_file(lab);
    let scheme = if authority.is_some() { "https" } else { "http" };
    let endpoint = format!("{scheme}://{}/wsman", lab.place(HEALTHY).unwrap().winrm);
    let path = authority.as_ref().map(|file| file.path().to_str().unwrap());
    let script = script("drive_pywinrm.py");
    let mut arguments = vec![script.as_str(), &endpoint, lab.user(), transport];
    arguments.extend(path);
    let input = format!("{}\n", lab.password().reveal());
    Some(json(&python, &arguments, &input).await)
}

fn check_pywinrm(facts: &Value, lab: &Lab) {
    assert_eq!(facts["service"]["Name"], "TermService");
    assert_eq!(facts["service"]["State"], "Running");
    assert_eq!(facts["general"]["TerminalName"], "RDP-Tcp");
    assert_eq!(facts["stopped"], "0");
    assert_eq!(facts["fault_status"], 500);
    assert_eq!(facts["wrong_password"], "InvalidCredentialsError");
    let machine = lab.machine(HEALTHY).unwrap();
    assert!(!machine.services.is_running("UmRdpService"));
    assert_eq!(lab.writes(HEALTHY), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pywinrm_manages_a_host_sealed_by_ntlm() {
    let lab = lab(HEALTHY, Carrier::Http).await;
    let Some(facts) = drive_pywinrm(&lab, "ntlm").await else {
        return;
    };
    check_pywinrm(&facts, &lab);
    assert_eq!(facts["sealed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn pywinrm_manages_a_host_over_tls_by_basic_and_by_ntlm() {
    for transport in ["ssl", "ntlm"] {
        let lab = lab(HEALTHY, Carrier::Https { trust_file: None }).await;
        let Some(facts) = drive_pywinrm(&lab, transport).await else {
            return;
        };
        check_pywinrm(&facts, &lab);
        assert_eq!(facts["sealed"], false);
    }
}
