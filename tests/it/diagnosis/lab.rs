//! From the fault to the cure on simulated hosts: what `diagnose` writes, `apply` accepts, and nothing is left afterwards.

use futures_util::StreamExt as _;
use futures_util::stream;
use rdpfix::lab::scenario::Kind;
use serde_json::Value;

use crate::cli::Bench;

/// Faults that a playbook can mend.
const MENDABLE: &[Kind] = &[
    Kind::RdpDisabled,
    Kind::ServiceDown,
    Kind::PortMismatch,
    Kind::FirewallClosed,
    Kind::CertExpired,
    Kind::CertMissing,
    Kind::CertWeak,
    Kind::NlaMismatch,
    Kind::SecurityLayerMismatch,
    Kind::CredSspOracle,
    Kind::ListenerBroken,
    Kind::TlsMismatch,
    Kind::SessionLimit,
    Kind::GatewayHttp,
    Kind::RolesServices,
];

/// Faults that are left to a person.
const MANUAL: &[Kind] = &[
    Kind::PolicyOwned,
    Kind::DnsName,
    Kind::PatchLevel,
    Kind::RestrictedAdmin,
    Kind::CredentialsRejected,
    Kind::DomainTrust,
    Kind::HostResources,
    Kind::Licensing,
    Kind::GatewayCertificate,
    Kind::ClientPolicy,
    Kind::UdpTransport,
];

/// The causes that are worse than information, by their identifiers.
fn causes(records: &[Value]) -> Vec<String> {
    records
        .iter()
        .filter(|record| record["type"] == "cause" && record["severity"] != "info")
        .filter_map(|record| record["id"].as_str().map(str::to_owned))
        .collect()
}

/// What is left after diagnosing, applying what was written, and diagnosing again; in words when it goes wrong.
async fn mended(kind: Kind) -> Result<(), String> {
    let bench = Bench::of(kind.name(), Some(1)).await;
    let host = bench.host();
    let file = bench.path("mend.yml");
    let diagnose = ["diagnose", &host, "-T", "6", "--reporter", "jsonl"];
    let mut writing = diagnose.to_vec();
    writing.extend(["--write-playbook", &file]);
    let first = bench.run(&writing).await;
    let records = first.records();
    let written = records.iter().any(|record| record["playbook"] == *file);
    if !written {
        return Err(format!("{}: nothing was written: {records:?}", kind.name()));
    }
    let applied = bench.run(&["apply", &file]).await;
    if applied.code != Some(0) {
        let told = format!("{}{}", applied.stdout, applied.stderr);
        return Err(format!(
            "{}: apply exits {:?}: {told}",
            kind.name(),
            applied.code
        ));
    }
    let again = bench.run(&diagnose).await;
    let left = causes(&again.records());
    if again.code == Some(0) && !left.iter().any(|id| id == kind.name()) {
        Ok(())
    } else {
        Err(format!(
            "{}: {left:?} are left, exit {:?}",
            kind.name(),
            again.code
        ))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playbook_of_a_diagnosis_mends_the_host() {
    let mended: Vec<Result<(), String>> = stream::iter(MENDABLE)
        .map(|kind| mended(*kind))
        .buffer_unordered(4)
        .collect()
        .await;
    let wrong: Vec<String> = mended.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_playbook_mends_is_left_to_a_person_and_no_file_is_written() {
    for kind in MANUAL {
        let bench = Bench::of(kind.name(), Some(1)).await;
        let host = bench.host();
        let file = bench.path("mend.yml");
        let told = bench
            .run(&[
                "diagnose",
                &host,
                "--reporter",
                "jsonl",
                "--write-playbook",
                &file,
            ])
            .await;
        let records = told.records();
        let first = records.first().cloned().unwrap_or_default();
        assert_eq!(first["id"], kind.name(), "{records:?}");
        let steps = first["steps"].as_array().cloned().unwrap_or_default();
        assert!(!steps.is_empty(), "{}: {first}", kind.name());
        assert!(!std::path::Path::new(&file).exists(), "{}", kind.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diagnosis_changes_nothing() {
    let bench = Bench::of("service-down", Some(1)).await;
    let host = bench.host();
    bench.run(&["diagnose", &host]).await.exits(3);
    assert_eq!(bench.lab.writes(&host), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_visit_is_not_on_the_timeline() {
    let bench = Bench::of("healthy", Some(1)).await;
    let host = bench.host();
    let told = bench.run(&["diagnose", &host, "--reporter", "jsonl"]).await;
    let records = told.exits(0).records();
    let end = records.last().cloned().unwrap_or_default();
    assert_eq!(end["type"], "diagnose_end");
    assert_eq!(end["events"], serde_json::json!([]), "{end}");
}
