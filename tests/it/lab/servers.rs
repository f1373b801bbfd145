//! Facts about a lab as a whole: its ports, its inventory, its size, its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Value;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Carrier;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::RecordedRequest;
use rdpfix::lab::Recorder;
use rdpfix::lab::machine::terminal_services::Setting;
use rdpfix::lab::scenario;
use rdpfix::wsman::Request;
use rdpfix::wsman::Response;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::service_path;
use super::wire::Wire;

/// A connection request that wants TLS: TPKT, X.224 and the negotiation of [MS-RDPBCGR] 2.2.1.1.
const WANTS_TLS: [u8; 19] = [3, 0, 0, 19, 14, 0xE0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0];

/// What a client meets at a Remote Desktop port.
#[derive(Debug, PartialEq, Eq)]
enum Met {
    Refused,
    Nothing,
    Silence,
    Answer,
}

async fn meet(address: SocketAddr) -> Met {
    let connecting = TcpStream::connect(address);
    let mut stream = match tokio::time::timeout(Duration::from_millis(300), connecting).await {
        Err(_elapsed) => return Met::Nothing,
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => return Met::Refused,
        Ok(stream) => stream.unwrap(),
    };
    let _sent = stream.write_all(&WANTS_TLS).await;
    let mut answer = [0; 4];
    match stream.read(&mut answer).await {
        Ok(count) if count > 0 => Met::Answer,
        _ => Met::Silence,
    }
}

async fn lab(name: &str) -> Lab {
    let scenario = scenario::named(name, None).unwrap();
    Lab::start(&scenario, LabOptions::default()).await.unwrap()
}

#[tokio::test]
async fn the_remote_desktop_port_is_as_the_scenario_says() {
    for (name, expected) in [
        ("healthy", Met::Answer),
        ("rdp-disabled", Met::Refused),
        ("service-down", Met::Refused),
        ("port-mismatch", Met::Refused),
        ("firewall-closed", Met::Nothing),
    ] {
        let lab = lab(name).await;
        assert_eq!(meet(lab.place(name).unwrap().rdp).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_remote_desktop_port_follows_the_machine_and_keeps_its_number() {
    let lab = lab("healthy").await;
    let rdp = lab.place("healthy").unwrap().rdp;
    assert_eq!(meet(rdp).await, Met::Answer);
    for (deny, expected) in [(1, Met::Refused), (0, Met::Answer), (1, Met::Refused)] {
        lab.update("healthy", |machine| {
            Setting::DenyConnections.set(&mut machine.registry, deny);
            machine.load_listener();
        });
        lab.settled("healthy").await;
        assert_eq!(meet(rdp).await, expected);
    }
}

#[tokio::test]
async fn who_is_told_of_a_change_meets_it() {
    let lab = lab("rdp-disabled").await;
    let rdp = lab.place("rdp-disabled").unwrap().rdp;
    let mut wire = Wire::signed_in(&lab, "rdp-disabled").await;
    let allow = Request::Invoke {
        target: ObjectPath::class(Namespace::TERMINAL_SERVICES, "Win32_TerminalServiceSetting")
            .key(
                "ServerName",
                lab.machine("rdp-disabled").unwrap().computer_name,
            ),
        method: "SetAllowTSConnections".to_owned(),
        arguments: vec![
            ("AllowTSConnections".to_owned(), Value::Uint(1)),
            ("ModifyFirewallException".to_owned(), Value::Uint(1)),
        ],
    };
    let Response::Output { values, .. } = wire.ask(allow).await else {
        panic!("no output");
    };
    assert!(
        values.contains(&("ReturnValue".to_owned(), Value::Uint(0))),
        "{values:?}"
    );
    assert_eq!(meet(rdp).await, Met::Answer);
}

#[tokio::test]
async fn a_stopped_service_closes_the_port_when_it_has_stopped() {
    let lab = lab("healthy").await;
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    for name in ["UmRdpService", "TermService"] {
        let stop = Request::Invoke {
            target: service_path(name),
            method: "StopService".to_owned(),
            arguments: Vec::new(),
        };
        wire.ask(stop).await;
        loop {
            let Response::Instance(service) = wire.ask(Request::Get(service_path(name))).await
            else {
                panic!("no instance");
            };
            if service.text("State").unwrap() == "Stopped" {
                break;
            }
            SystemClock.sleep(Duration::from_millis(2)).await;
        }
    }
    assert_eq!(meet(lab.place("healthy").unwrap().rdp).await, Met::Refused);
}

#[tokio::test]
async fn an_unreachable_host_refuses_connections() {
    let lab = lab("unreachable").await;
    let error = Wire::connect(lab.place("unreachable").unwrap().winrm)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_inventory_names_every_host_with_its_ports_and_a_password_of_this_lab() {
    let lab = lab("fleet").await;
    let other = self::lab("healthy").await;
    assert_ne!(lab.password(), other.password());
    let inventory: serde_json::Value = serde_yaml::from_str(&lab.inventory_yaml()).unwrap();
    let all = &inventory["all"];
    assert_eq!(all["vars"]["ansible_winrm_transport"], "ntlm");
    let hosts = all["hosts"].as_object().unwrap();
    assert_eq!(hosts.len(), lab.places().count());
    for (name, place) in lab.places() {
        assert_eq!(hosts[name]["ansible_host"], "127.0.0.1");
        assert_eq!(hosts[name]["ansible_port"], place.winrm.port());
        assert_eq!(hosts[name]["rdp_port"], place.rdp.port());
        assert_eq!(hosts[name]["ansible_user"], lab.user());
        assert_eq!(hosts[name]["ansible_password"], lab.password().reveal());
    }
}

#[tokio::test]
async fn tls_is_verifiable_with_the_labs_authority() {
    let options = LabOptions {
        carrier: Carrier::Https { trust_file: None },
        ..LabOptions::default()
    };
    let lab = Lab::start(&scenario::named("healthy", None).unwrap(), options)
        .await
        .unwrap();
    let authority = reqwest::Certificate::from_pem(lab.authority_pem().unwrap().as_bytes());
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .tls_certs_only([authority.unwrap()])
        .build()
        .unwrap();
    let url = format!("https://{}/wsman", lab.place("healthy").unwrap().winrm);
    let post = |user: &str, password: &str| {
        client
            .post(&url)
            .basic_auth(user, Some(password))
            .body(rdpfix::wsman::encode_request(
                &rdpfix::wsman::RequestEnvelope::identify(),
            ))
    };
    let refused = post(lab.user(), "wrong").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let schemes: Vec<_> = refused
        .headers()
        .get_all("www-authenticate")
        .iter()
        .collect();
    assert_eq!(schemes, ["Negotiate", "Basic realm=\"WSMAN\""]);
    let answer = post(lab.user(), lab.password().reveal())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("OS: 10.0."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_hosts_are_up_in_seconds() {
    let scenario = scenario::named("fleet", Some(1000)).unwrap();
    let start = SystemClock.instant();
    let lab = Lab::start(&scenario, LabOptions::default()).await.unwrap();
    let took = SystemClock.instant() - start;
    // Twenty seconds allow for an unoptimised build on a busy machine.
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(lab.places().count(), 1000);
    let (name, _) = lab
        .places()
        .filter(|(name, _)| name.starts_with("healthy"))
        .last()
        .unwrap();
    Wire::signed_in(&lab, name).await;
    lab.stop().await;
}

#[tokio::test]
async fn other_than_loopback_addresses_are_refused() {
    for address in ["0.0.0.0", "192.0.2.1", "::"] {
        let options = LabOptions {
            listen: address.parse().unwrap(),
            ..LabOptions::default()
        };
        let error = Lab::start(&scenario::named("healthy", None).unwrap(), options)
            .await
            .unwrap_err();
        let expected = format!("a lab listens on loopback addresses only, and {address} is none");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn consecutive_ports_are_taken_or_the_taken_one_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let options = LabOptions {
        first_port: Some(address.port()),
        ..LabOptions::default()
    };
    let scenario = scenario::named("healthy", None).unwrap();
    let error = Lab::start(&scenario, options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    // The host's other port may be somebody else's as well.
    let named = [address.port(), address.port() + 1]
        .map(|port| format!("cannot listen on 127.0.0.1:{port}"));
    let told = error.to_string();
    assert!(named.iter().any(|named| told.starts_with(named)), "{told}");
}

#[tokio::test]
async fn a_stopped_lab_gives_its_ports_back_and_so_does_one_whose_time_is_over() {
    let scenario = scenario::named("healthy", None).unwrap();
    let options = LabOptions {
        time_limit: Some(Duration::from_millis(1)),
        ..LabOptions::default()
    };
    let over = Lab::start(&scenario, options).await.unwrap();
    over.finished().await;
    let stopped = lab("healthy").await;
    let place = stopped.place("healthy").unwrap();
    stopped.stop().await;
    for place in [place, over.place("healthy").unwrap()] {
        for address in [place.winrm, place.rdp] {
            let error = TcpStream::connect(address).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        }
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Recorder for Heard {
    fn record(&self, host: &str, request: &RecordedRequest) {
        let line = format!("{host} {:?} {}", request.operation, request.class);
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn the_recorder_hears_each_request_as_it_comes() {
    let heard = Arc::new(Heard::default());
    let options = LabOptions {
        recorder: Some(heard.clone()),
        ..LabOptions::default()
    };
    let lab = Lab::start(&scenario::named("healthy", None).unwrap(), options)
        .await
        .unwrap();
    let mut wire = Wire::signed_in(&lab, "healthy").await;
    wire.ask(Request::Get(service_path("TermService"))).await;
    assert_eq!(*heard.0.lock().unwrap(), ["healthy Get Win32_Service"]);
}
