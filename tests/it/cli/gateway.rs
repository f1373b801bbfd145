//! Facts about gateways that the inventory names, as `rdpfix probe` sees those of the lab.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::certificates::Store;
use rdpfix::lab::machine::firewall::Switch;
use rdpfix::lab::machine::service::ServiceState;
use rdpfix::lab::scenario;
use serde_json::Value;

use crate::cli::Bench;
use crate::cli::Finished;

/// Two transports, each on a connection of its own.
const ONE_LOOK: usize = 2;

/// Healthy hosts; the first one has the gateway role.
async fn with_gateway(hosts: usize) -> Bench {
    let now = SystemClock.now();
    let scenario = scenario::named("healthy", Some(hosts)).expect("a scenario");
    let mut hosts = scenario.build(now).expect("hosts");
    let month_ago = now - jiff::SignedDuration::from_hours(24 * 30);
    let installed = hosts[0].machine.install_gateway(month_ago);
    installed.expect("the role");
    let lab = Lab::start_hosts(hosts, LabOptions::default()).await;
    Bench::around(lab.expect("a lab"))
}

/// A file with the certificate of the role, for `--ca`.
fn authority(bench: &Bench) -> String {
    let machine = bench.lab.machine(&bench.host()).expect("a machine");
    let gateway = machine.roles.gateway.expect("the role");
    let thumbprint = gateway.certificate.expect("a certificate");
    let stored = Store::Personal.find(&machine.registry, &thumbprint);
    let text = STANDARD.encode(stored.expect("it is stored").certificate.der);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    bench.write("gateway.pem", &pem)
}

/// Identifiers of the findings of severity error, sorted.
fn errors(finished: &Finished) -> Vec<String> {
    let mut found: Vec<String> = finished
        .records()
        .iter()
        .filter(|record| record["type"] == "finding" && record["severity"] == "error")
        .filter_map(|record| record["id"].as_str().map(str::to_owned))
        .collect();
    found.sort();
    found
}

fn end<'a>(records: &'a [Value], host: &str) -> &'a Value {
    let of_host = |record: &&Value| record["type"] == "probe_end" && record["host"] == host;
    records.iter().find(of_host).expect("the visit's end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_gateway_of_the_lab_is_the_one_error_of_its_host() {
    for kind in ["gateway-certificate", "gateway-http"] {
        let bench = Bench::of(kind, Some(1)).await;
        let probed = bench.run(&["probe", "--reporter", "jsonl"]).await.exits(3);
        assert_eq!(errors(&probed), [kind], "{}", probed.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_gateway_that_is_trusted_has_no_error_and_gets_one_connection_per_transport() {
    let bench = with_gateway(1).await;
    let authority = authority(&bench);
    let probe = ["probe", "--reporter", "jsonl", "--ca", &authority];
    let probed = bench.run(&probe).await.exits(0);
    assert!(errors(&probed).is_empty(), "{}", probed.stdout);
    let host = bench.host();
    assert_eq!(bench.lab.gateway_connections(&host), ONE_LOOK);
    let records = probed.records();
    let seen = &end(&records, &host)["gateway"];
    let place = bench.lab.place(&host).and_then(|place| place.gateway);
    assert_eq!(seen["address"], place.expect("a port").to_string());
    let untrusted = bench.run(&["probe", "--reporter", "jsonl"]).await.exits(3);
    assert_eq!(errors(&untrusted), ["gateway-certificate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_of_the_role_is_told_apart() {
    type Change = fn(&mut Machine);
    let cases: [(Change, i32, &[&str], &str); 4] = [
        (
            |machine| {
                machine
                    .services
                    .get_mut("TSGateway")
                    .expect("a service")
                    .state = ServiceState::Stopped;
            },
            3,
            &["gateway-http"],
            "status 503",
        ),
        (
            |machine| machine.roles.gateway.as_mut().expect("the role").http = Switch::Off,
            0,
            &[],
            "status 404 by `Microsoft-IIS/10.0`",
        ),
        (
            |machine| machine.keys.personal.clear(),
            3,
            &["gateway-certificate"],
            "closes the connection during TLS",
        ),
        (
            |machine| {
                let now = SystemClock.now();
                let made = machine.add_personal_certificate("other.example", now);
                let gateway = machine.roles.gateway.as_mut().expect("the role");
                gateway.certificate = Some(made.expect("a certificate"));
            },
            3,
            &["gateway-certificate"],
            "it does not bear the name",
        ),
    ];
    for (change, status, expected, says) in cases {
        let bench = with_gateway(1).await;
        let host = bench.host();
        bench.lab.update(&host, change);
        bench.lab.settled(&host).await;
        let authority = authority(&bench);
        let probe = ["probe", "--reporter", "jsonl", "--ca", &authority];
        let probed = bench.run(&probe).await.exits(status).says(says);
        assert_eq!(errors(&probed), expected, "{}", probed.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_behind_one_gateway_share_one_look_at_it() {
    let bench = with_gateway(20).await;
    let authority = authority(&bench);
    let host = bench.host();
    let place = bench.lab.place(&host).and_then(|place| place.gateway);
    let place = place.expect("a port");
    let own = bench.lab.inventory_yaml();
    let mut inventory: Value = serde_yaml::from_str(&own).expect("an inventory");
    inventory["all"]["vars"]["rdp_gateway"] = place.to_string().into();
    let text = serde_yaml::to_string(&inventory).expect("an inventory");
    bench.write("lab.yml", &text);
    let probe = ["probe", "--reporter", "jsonl", "--ca", &authority];
    let probed = bench.run(&probe).await.exits(0);
    let records = probed.records();
    for host in bench.hosts() {
        let seen = &end(&records, &host)["gateway"];
        assert_eq!(seen["address"], place.to_string(), "{host}");
    }
    assert_eq!(bench.lab.gateway_connections(&host), ONE_LOOK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_that_is_typed_wins_over_the_inventory() {
    let bench = with_gateway(1).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let probe = ["probe", "--reporter", "jsonl", "--gateway", &closed];
    let probed = bench.run(&probe).await.exits(3);
    assert_eq!(errors(&probed), ["gateway-http"], "{}", probed.stdout);
    assert_eq!(bench.lab.gateway_connections(&bench.host()), 0);
}
