//! Facts about the lab's Remote Desktop ports, told by nmap and sslyze.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::Unit;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Carrier;
use rdpfix::lab::Lab;
use rdpfix::lab::machine::certificates::Weakness;
use rdpfix::lab::machine::os::Build;
use rdpfix::lab::machine::os::Membership;
use rdpfix::lab::machine::schannel;
use rdpfix::survey::NtlmView;
use rdpfix::tls::ProtocolVersion;
use serde_json::Value;

use super::json;
use super::lab;
use super::run;
use crate::support;

/// What nmap's scripts say about a host. The plus signs make them run on other ports than 3389.
async fn nmap(lab: &Lab, host: &str) -> Option<String> {
    let nmap = support::peer_program("nmap")?;
    let rdp = lab.place(host).unwrap().rdp;
    let (address, port) = (rdp.ip().to_string(), rdp.port().to_string());
    let arguments = [
        "-n",
        "-Pn",
        "-sT",
        "-p",
        &port,
        "--script",
        "+rdp-enum-encryption,+rdp-ntlm-info,+ssl-cert",
        &address,
    ];
    let output = run(&nmap, &arguments, "").await;
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn nmap_sees_that_nla_is_required_and_what_the_host_is() {
    for membership in [
        Membership::Workgroup("WORKGROUP".to_owned()),
        Membership::Domain("corp.test".to_owned()),
    ] {
        let lab = lab("healthy", Carrier::Http).await;
        lab.update("healthy", |machine| {
            machine.membership = membership;
            machine.os.build = Build::Server2019;
            machine.os.clock_skew = SignedDuration::from_hours(-30);
        });
        lab.settled("healthy").await;
        let before = moment_ago(30);
        let Some(text) = nmap(&lab, "healthy").await else {
            return;
        };
        assert!(text.contains("CredSSP (NLA): SUCCESS"), "{text}");
        assert!(!text.contains("SSL: SUCCESS"), "{text}");
        assert!(!text.contains("Native RDP: SUCCESS"), "{text}");
        let told = challenge(&lab, "healthy").await;
        let computer = lab.machine("healthy").unwrap().computer_name;
        // It begins with TLS, without the negotiation around it.
        let subject = format!("ssl-cert: Subject: commonName={computer}");
        assert!(text.contains(&subject), "{text}");
        let (major, minor, build) = told.version.unwrap();
        assert_eq!(build, 17763);
        for line in [
            format!("NetBIOS_Computer_Name: {}\n", told.computer.unwrap()),
            format!("NetBIOS_Domain_Name: {}\n", told.domain.unwrap()),
            format!("DNS_Computer_Name: {}\n", told.dns_computer.unwrap()),
            format!("DNS_Domain_Name: {}\n", told.dns_domain.unwrap()),
            format!("Product_Version: {major}.{minor}.{build}\n"),
        ] {
            assert!(text.contains(&line), "{line}{text}");
        }
        let (_, time) = text.split_once("System_Time: ").unwrap();
        let (time, _) = time.split_once('\n').unwrap();
        let time: Timestamp = format!("{}Z", time.trim_end_matches("+00:00"))
            .parse()
            .unwrap();
        // nmap and the host round to seconds, each its own way.
        let earliest = before - SignedDuration::from_secs(2);
        assert!(
            (earliest..=moment_ago(30)).contains(&time),
            "{time} {before}"
        );
    }
}

/// So many hours ago, in whole seconds, as nmap shows times.
fn moment_ago(hours: i64) -> Timestamp {
    let now = Clock::now(&SystemClock) - SignedDuration::from_hours(hours);
    now.round(Unit::Second).unwrap()
}

/// What our own visitor is told.
async fn challenge(lab: &Lab, host: &str) -> NtlmView {
    let rdp = lab.place(host).unwrap().rdp;
    crate::rdp::sign_in::visit(rdp, None).await.ntlm.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nmap_sees_that_nla_is_not_required() {
    let lab = lab("nla-mismatch", Carrier::Http).await;
    let Some(text) = nmap(&lab, "nla-mismatch").await else {
        return;
    };
    assert!(text.contains("SSL: SUCCESS"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nmap_sees_a_filtered_port_and_a_closed_one() {
    for (name, state) in [("firewall-closed", "filtered"), ("rdp-disabled", "closed")] {
        let lab = lab(name, Carrier::Http).await;
        let Some(text) = nmap(&lab, name).await else {
            return;
        };
        assert!(text.contains(&format!("/tcp {state}")), "{name}: {text}");
    }
}

/// What sslyze found out about a host.
async fn scanned(lab: &Lab, host: &str, wanted: &[&str]) -> Option<Value> {
    let sslyze = support::peer_script("sslyze")?;
    let target = lab.place(host).unwrap().rdp.to_string();
    let mut arguments = vec!["--starttls", "rdp", "--json_out=-", &target];
    arguments.extend(wanted);
    let report = json(&sslyze, &arguments, "").await;
    let result = &report["server_scan_results"][0];
    assert_eq!(result["connectivity_status"], "COMPLETED", "{result}");
    Some(result["scan_result"].clone())
}

/// The leaf certificate among it.
fn leaf(result: &Value) -> Value {
    let deployment = &result["certificate_info"]["result"]["certificate_deployments"][0];
    deployment["received_certificate_chain"][0].clone()
}

/// The leaf certificate that sslyze was shown.
async fn sslyze(lab: &Lab, host: &str) -> Option<Value> {
    let result = scanned(lab, host, &["--certinfo"]).await?;
    Some(leaf(&result))
}

fn moment(certificate: &Value, name: &str) -> Timestamp {
    let text = certificate[name].as_str().unwrap();
    text.parse()
        .or_else(|_| format!("{text}Z").parse())
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sslyze_sees_the_certificate_and_when_it_ends() {
    for (name, expired) in [("healthy", false), ("cert-expired", true)] {
        let lab = lab(name, Carrier::Http).await;
        let Some(certificate) = sslyze(&lab, name).await else {
            return;
        };
        let computer = lab.machine(name).unwrap().computer_name;
        let subject = certificate["subject"]["rfc4514_string"].as_str().unwrap();
        assert_eq!(subject, format!("CN={computer}"));
        let now = Clock::now(&SystemClock);
        let end = moment(&certificate, "not_valid_after");
        assert_eq!(end < now, expired, "{name} {end}");
        assert!(moment(&certificate, "not_valid_before") < end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sslyze_sees_the_versions_that_are_on() {
    use ProtocolVersion as V;
    let lab = lab("healthy", Carrier::Http).await;
    for (on, expected) in [
        (&[V::TLS_1_2][..], &["tls_1_2"][..]),
        (&[V::TLS_1_2, V::TLS_1_3], &["tls_1_2", "tls_1_3"]),
        (&[V::TLS_1_3], &["tls_1_3"]),
    ] {
        lab.update("healthy", |machine| {
            // The first release that knows TLS 1.3.
            let windows = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
            let build = RegistryData::Text("20348".to_owned());
            let key = RegistryKey::local_machine(windows);
            machine.registry.set(&key, "CurrentBuildNumber", build);
            schannel::leave_on(&mut machine.registry, on);
            machine.load_listener();
        });
        lab.settled("healthy").await;
        let wanted = [
            "--tlsv1",
            "--tlsv1_1",
            "--tlsv1_2",
            "--tlsv1_3",
            "--certinfo",
        ];
        let Some(result) = scanned(&lab, "healthy", &wanted).await else {
            return;
        };
        let seen: Vec<&str> = ["tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3"]
            .into_iter()
            .filter(|version| {
                let suites = &result[format!("{version}_cipher_suites")]["result"];
                let accepted = suites["accepted_cipher_suites"].as_array();
                !accepted.unwrap_or_else(|| panic!("{result}")).is_empty()
            })
            .collect();
        assert_eq!(seen, expected);
        let computer = lab.machine("healthy").unwrap().computer_name;
        let subject = leaf(&result)["subject"]["rfc4514_string"].clone();
        assert_eq!(subject, format!("CN={computer}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sslyze_sees_a_short_key_and_an_old_signature() {
    let lab = lab("healthy", Carrier::Http).await;
    lab.update("healthy", |machine| {
        let now = SystemClock.now();
        machine.install_weak(Weakness::Both, now).unwrap();
    });
    lab.settled("healthy").await;
    let Some(certificate) = sslyze(&lab, "healthy").await else {
        return;
    };
    assert_eq!(certificate["public_key"]["key_size"], 1024);
    assert_eq!(certificate["signature_hash_algorithm"]["name"], "sha1");
}
