//! Facts about the gateway's port of a host of the lab.

use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::certificates::Store;
use rdpfix::lab::machine::service::ServiceState;
use rdpfix::lab::scenario;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support;

const HOST: &str = "healthy";

/// A healthy host with the role, and where its gateway is.
async fn gateway() -> (Lab, SocketAddr) {
    let now = SystemClock.now();
    let mut hosts = scenario::named(HOST, None).unwrap().build(now).unwrap();
    hosts[0].machine.install_gateway(now).unwrap();
    let lab = Lab::start_hosts(hosts, LabOptions::default())
        .await
        .unwrap();
    let address = lab.place(HOST).unwrap().gateway.unwrap();
    (lab, address)
}

/// TLS to a gateway by a client that trusts its certificate alone.
async fn secured(lab: &Lab, address: SocketAddr) -> TlsStream<TcpStream> {
    let machine = lab.machine(HOST).unwrap();
    let thumbprint = machine.roles.gateway.unwrap().certificate.unwrap();
    let stored = Store::Personal
        .find(&machine.registry, &thumbprint)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(stored.certificate.der.into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(ServerName::from(address.ip()), stream)
        .await
        .unwrap()
}

/// What comes until the gateway closes.
async fn all_that_comes(stream: &mut TlsStream<TcpStream>) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good as a close.
    let _end = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Status, `Server` and schemes as curl, which none of us wrote, reads them.
async fn told_by_curl(address: SocketAddr, method: &str, path: &str) -> Option<Vec<String>> {
    let curl = support::peer_program("curl")?;
    let url = format!("https://{address}{path}");
    let method = method.to_owned();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(curl)
            .args(["--silent", "--show-error", "--insecure", "--noproxy", "*"])
            .args([
                "--max-time",
                "30",
                "--dump-header",
                "-",
                "--output",
                "/dev/null",
            ])
            .args(["--request", &method, &url])
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let head = String::from_utf8(output.stdout).unwrap();
    let wanted = ["HTTP/", "Server:", "WWW-Authenticate:"];
    let lines = head.lines().map(str::to_owned);
    Some(
        lines
            .filter(|line| wanted.iter().any(|start| line.starts_with(start)))
            .collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_reads_the_demand_for_credentials_of_both_transports_and_a_page_elsewhere() {
    let (_lab, address) = gateway().await;
    let demand = ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"];
    for (method, path, status, server) in [
        (
            "RDG_OUT_DATA",
            "/remoteDesktopGateway/",
            "HTTP/1.1 401 Unauthorized",
            "Server: Microsoft-HTTPAPI/2.0",
        ),
        (
            "RPC_OUT_DATA",
            "/rpc/rpcproxy.dll?localhost:3388",
            "HTTP/1.1 401 Unauthorized",
            "Server: Microsoft-IIS/10.0",
        ),
        ("GET", "/", "HTTP/1.1 200 OK", "Server: Microsoft-IIS/10.0"),
    ] {
        let Some(told) = told_by_curl(address, method, path).await else {
            return;
        };
        let mut expected = vec![status, server];
        if method != "GET" {
            expected.extend(demand);
        }
        assert_eq!(told, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn requests_on_one_connection_follow_the_state_of_the_host() {
    let (lab, address) = gateway().await;
    let mut stream = secured(&lab, address).await;
    let mut buffer = vec![0; 4096];
    for (state, status) in [
        (ServiceState::Running, "HTTP/1.1 401 "),
        (ServiceState::Stopped, "HTTP/1.1 503 "),
        (ServiceState::Running, "HTTP/1.1 401 "),
    ] {
        lab.update(HOST, |machine| {
            machine.services.get_mut("TSGateway").unwrap().state = state;
        });
        let request = b"RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1\r\nHost: gw\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let count = stream.read(&mut buffer).await.unwrap();
        let answer = String::from_utf8_lossy(&buffer[..count]);
        assert!(answer.starts_with(status), "{answer}");
    }
    assert_eq!(lab.gateway_connections(HOST), 1);
}

#[tokio::test]
async fn without_a_web_server_the_port_refuses_and_keeps_its_number() {
    let (lab, address) = gateway().await;
    let mut open = secured(&lab, address).await;
    for (state, is_open) in [
        (ServiceState::Stopped, false),
        (ServiceState::Running, true),
    ] {
        lab.update(HOST, |machine| {
            machine.services.get_mut("W3SVC").unwrap().state = state;
        });
        lab.settled(HOST).await;
        let met = TcpStream::connect(address).await;
        let refused = met.err().map(|error| error.kind());
        let expected = (!is_open).then_some(io::ErrorKind::ConnectionRefused);
        assert_eq!(refused, expected);
    }
    assert_eq!(all_that_comes(&mut open).await, "");
}

#[tokio::test]
async fn garbage_and_requests_without_end_get_a_short_answer_and_the_end_of_the_connection() {
    let (lab, address) = gateway().await;
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(40_000));
    let huge = format!(
        "RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1\r\nContent-Length: 65537\r\n\r\n{}",
        "x".repeat(65_537)
    );
    for (sent, status) in [
        ("\u{1}\u{2}\u{3}\r\n\r\n", "400"),
        (endless.as_str(), "400"),
        (huge.as_str(), "413"),
    ] {
        let mut stream = secured(&lab, address).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = all_that_comes(&mut stream).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    let mut plain = TcpStream::connect(address).await.unwrap();
    let words = b"RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1\r\n\r\n";
    plain.write_all(words).await.unwrap();
    let mut answer = Vec::new();
    let _end = plain.read_to_end(&mut answer).await;
    assert!(answer.len() < 100, "{answer:?}");
    let healthy = secured(&lab, address).await;
    drop(healthy);
}

#[tokio::test]
async fn only_hosts_with_the_role_have_the_port_and_the_inventory_says_so() {
    for (name, has_role) in [("healthy", false), ("gateway-http", true)] {
        let scenario = scenario::named(name, None).unwrap();
        let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
        let gateway = lab.place(name).unwrap().gateway;
        assert_eq!(gateway.is_some(), has_role, "{name}");
        let inventory: serde_json::Value = serde_yaml::from_str(&lab.inventory_yaml()).unwrap();
        let named = inventory["all"]["hosts"][name].get("rdp_gateway").cloned();
        let expected = gateway.map(|gateway| gateway.to_string().into());
        assert_eq!(named, expected, "{name}");
    }
}
