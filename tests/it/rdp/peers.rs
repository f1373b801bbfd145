//! Programs that none of us wrote: a Python client against the lab's listener, xrdp against the prober.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rcgen::KeyPair;
use rdpfix::certificate::Certificate;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Prover;
use rdpfix::lab::listener::Negotiation;
use rdpfix::probe::RdpProver;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::survey::Distrust;
use rdpfix::survey::SizeReply;
use rdpfix::survey::TlsVersion;
use rdpfix::survey::Trust;
use serde_json::Value;
use tempfile::TempDir;

use super::healthy;
use super::made;
use super::open;
use super::prober::host;
use super::prober::prove;
use super::prober::refuted;
use super::survey;
use super::versions::versions;
use super::versions::visit;
use crate::support;
use crate::support::xrdp::WEAK;
use crate::support::xrdp::Xrdp;
use crate::support::xrdp::put;

/// What the Python client says about a listener; `None` without Python.
async fn told_by_python(address: SocketAddr) -> Option<Value> {
    let python = support::peer_program("python3")?;
    let script = support::root().join("tests/peers/rdp_negotiation.py");
    let output = tokio::task::spawn_blocking(move || {
        Command::new(python)
            .arg(script)
            .args([address.ip().to_string(), address.port().to_string()])
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_reads_a_listener_that_requires_nla() {
    let negotiation = healthy();
    let certificate = negotiation.certificate.clone().unwrap();
    let Some(told) = told_by_python(open(negotiation).await).await else {
        return;
    };
    let refused = "030000130ed000001234000300080005000000";
    let answers = &told["answers"];
    for asked in ["none", "rdp", "ssl", "rdstls"] {
        assert_eq!(answers[asked], refused, "{asked}");
    }
    assert_eq!(answers["hybrid"], "030000130ed000001234000203080002000000");
    assert_eq!(answers["all"], "030000130ed000001234000203080008000000");
    let shown = Certificate::from_der(&certificate.certificate).unwrap();
    assert_eq!(told["direct"], shown.thumbprint);
    assert_eq!(told["ntlm"]["computer"], "WIN-LAB01");
    assert_eq!(told["ntlm"]["dns_computer"], "WIN-LAB01");
    assert_eq!(told["ntlm"]["version"], "10.0.20348");
    let since_1601 = told["ntlm"]["timestamp"].as_u64().unwrap() / 10_000_000;
    let now = SystemClock.now().as_second().unsigned_abs();
    assert!((since_1601 - 11_644_473_600).abs_diff(now) < 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_reads_a_listener_of_classic_security() {
    let negotiation = Negotiation {
        security_layer: 0,
        ..healthy()
    };
    let Some(told) = told_by_python(open(negotiation).await).await else {
        return;
    };
    let answers = &told["answers"];
    assert_eq!(answers["none"], "0300000b06d00000123400");
    assert_eq!(answers["rdp"], "030000130ed000001234000203080000000000");
    assert_eq!(answers["ssl"], "030000130ed000001234000300080002000000");
}

/// An xrdp with a certificate that is valid in these years; `None` where there is no xrdp.
async fn start(layer: &str, from: i32, until: i32) -> Option<Xrdp> {
    Xrdp::start_in(folder_with(&made(from, until)), layer).await
}

/// A folder with a certificate and its key.
fn folder_with((certificate, key): &(rcgen::Certificate, KeyPair)) -> TempDir {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "host.crt", &certificate.pem());
    put(folder.path(), "host.key", &key.serialize_pem());
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_xrdp_with_tls_is_proven() {
    let Some(xrdp) = start("tls", 2025, 2027).await else {
        return;
    };
    let proof = prove(xrdp.address).await;
    assert_eq!(proof.verdict, Verdict::Proven);
    assert_eq!(proof.selected, Some("tls"));
    assert_eq!(proof.certificate.unwrap().subject, "CN=WIN-LAB01");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_xrdp_is_surveyed() {
    // Asked for what it has never heard of, it answers with a disconnect in plain MCS.
    for (layer, expected) in [
        (
            "tls",
            "rdp:F1 tls:SSL nla:SSL rdstls:F1 hybrid_ex:SSL aad:other",
        ),
        (
            "rdp",
            "rdp:RDP tls:RDP nla:RDP rdstls:RDP hybrid_ex:RDP aad:other",
        ),
    ] {
        let Some(xrdp) = start(layer, 2025, 2027).await else {
            return;
        };
        let survey = survey::look(xrdp.address, Duration::from_mins(1)).await;
        assert_eq!(
            survey::negotiation(&survey),
            expected,
            "{:?}",
            survey.negotiation
        );
        assert_eq!(survey.tls.is_some(), layer == "tls");
        if let Some(tls) = survey.tls {
            let (version, suite) = tls.picked.unwrap();
            assert_eq!(
                (version, &*suite),
                (TlsVersion::TLS_1_3, "TLS_AES_256_GCM_SHA384")
            );
            assert_eq!(tls.chain[0].common_name, "WIN-LAB01");
            assert_eq!(tls.trust, Some(Trust::Untrusted(Distrust::SelfSigned)));
        }
        assert_eq!(survey.out_of_time, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_xrdp_with_an_expired_certificate_is_refuted() {
    let Some(xrdp) = start("tls", 2024, 2026).await else {
        return;
    };
    let proof = prove(xrdp.address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Certificate, "cert-expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_xrdp_of_classic_security_is_refuted() {
    let Some(xrdp) = start("rdp", 2025, 2027).await else {
        return;
    };
    let proof = prove(xrdp.address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "security-layer-mismatch"));
    assert_eq!(proof.selected, Some("rdp"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_xrdp_that_lost_its_certificate_is_refuted() {
    let Some(xrdp) = start("tls", 2025, 2027).await else {
        return;
    };
    std::fs::remove_file(xrdp.folder.path().join("host.crt")).unwrap();
    let proof = prove(xrdp.address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Negotiate, "cert-missing"));
}

/// A folder with a certificate of 1024 bits, as very old hosts have; `None` without OpenSSL to make it.
fn short_key() -> Option<TempDir> {
    let openssl = support::peer_program("openssl")?;
    let folder = TempDir::new().unwrap();
    let output = Command::new(openssl)
        .args(["req", "-x509", "-newkey", "rsa:1024", "-nodes"])
        .args(["-subj", "/CN=WIN-OLD", "-days", "30"])
        .args(["-out", "host.crt", "-keyout", "host.key"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    Some(folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_xrdp_with_a_key_too_short_for_its_tls_is_refuted() {
    let Some(folder) = short_key() else { return };
    let Some(xrdp) = Xrdp::start_in(folder, "tls").await else {
        return;
    };
    let proof = prove(xrdp.address).await;
    let (stage, id, _) = refuted(&proof);
    assert_eq!((stage, id), (Stage::Tls, "tls-mismatch"));
    assert_eq!(proof.selected, Some("tls"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_key_that_the_host_can_use_is_shown() {
    let Some(folder) = short_key() else { return };
    put(folder.path(), "openssl.cnf", WEAK);
    let Some(xrdp) = Xrdp::start_in(folder, "tls").await else {
        return;
    };
    let port = xrdp.address.port();
    let proof = RdpProver::new(Arc::new(SystemClock), RdpProver::DEADLINE)
        .prove(&host("127.0.0.1", port))
        .await;
    assert_eq!(proof.verdict, Verdict::Proven);
    assert_eq!(proof.certificate.unwrap().subject, "CN=WIN-OLD");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_versions_that_a_real_xrdp_is_set_to_are_seen() {
    for (set, seen) in [
        ("TLSv1.2", "ssl3:40 1.0:70 1.1:70 1.2:on 1.3:70"),
        ("TLSv1.3", "ssl3:40 1.0:70 1.1:70 1.2:70 1.3:on"),
        ("TLSv1.2, TLSv1.3", "ssl3:40 1.0:70 1.1:70 1.2:on 1.3:on"),
    ] {
        let folder = folder_with(&made(2025, 2027));
        let Some(xrdp) = Xrdp::speaking(folder, "tls", set).await else {
            return;
        };
        let survey = visit(xrdp.address).await;
        assert_eq!(versions(&survey), seen, "{set}");
        let sizes = survey.sizes.unwrap();
        let whole = SizeReply::Whole;
        assert_eq!((sizes.small, sizes.large), (whole, whole), "{set}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_and_a_short_key_of_a_real_xrdp_are_seen() {
    let Some(folder) = short_key() else { return };
    put(folder.path(), "openssl.cnf", WEAK);
    let Some(xrdp) = Xrdp::speaking(folder, "tls", "TLSv1, TLSv1.1").await else {
        return;
    };
    let survey = visit(xrdp.address).await;
    assert_eq!(versions(&survey), "ssl3:40 1.0:on 1.1:on 1.2:other 1.3:70");
    let chain = survey.tls.unwrap().chain;
    assert_eq!(chain[0].subject, "CN=WIN-OLD");
    assert_eq!(chain[0].key_bits, 1024);
}
