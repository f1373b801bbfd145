//! Facts about the event logs of hosts: what stands in them after which trouble, and that a session reads just that.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::EventQuery;
use rdpfix::cim::LogEvent;
use rdpfix::cim::Read;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::inventory::Authentication;
use rdpfix::inventory::Host;
use rdpfix::inventory::HostVars;
use rdpfix::inventory::PasswordSource;
use rdpfix::inventory::Scheme;
use rdpfix::inventory::TlsTrust;
use rdpfix::inventory::WinRm;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::log::Channel;
use rdpfix::lab::machine::log::EventLog;
use rdpfix::lab::machine::log::Forwarding;
use rdpfix::lab::machine::log::security;
use rdpfix::lab::machine::log::security::Refusal;
use rdpfix::lab::machine::log::security::Visitor;
use rdpfix::lab::machine::log::system;
use rdpfix::lab::rdp_server;
use rdpfix::lab::rdp_server::witness::Sight;
use rdpfix::lab::rdp_server::witness::Witness;
use rdpfix::lab::scenario;
use rdpfix::lab::scenario::Kind;
use rdpfix::session::WinRmConnector;
use rdpfix::session::WinRmOptions;
use rdpfix::session::WinRmSession;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A connection request that wants network level authentication.
const WANTS_NLA: [u8; 19] = [3, 0, 0, 19, 14, 0xE0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0];
/// Longer than any event takes to be written.
const PATIENCE: Duration = Duration::from_secs(10);

async fn lab(name: &str) -> Lab {
    let scenario = scenario::named(name, None).unwrap();
    Lab::start(&scenario, LabOptions::default()).await.unwrap()
}

async fn session(lab: &Lab, name: &str) -> WinRmSession {
    let place = lab.place(name).unwrap();
    let host = Host {
        name: Arc::from(name),
        address: place.winrm.ip().to_string(),
        winrm: WinRm {
            port: place.winrm.port(),
            scheme: Scheme::Http,
            path: "/wsman".to_owned(),
            user: lab.user().to_owned(),
            password: lab.password().clone(),
            password_source: PasswordSource::Stated,
            scheme_of_authentication: Authentication::Ntlm,
            trust: TlsTrust::System,
            operation_timeout: None,
            obstacle: None,
        },
        rdp_port: place.rdp.port(),
        rdp_gateway: None,
        vars: HostVars::default(),
    };
    WinRmConnector::new(WinRmOptions::default(), Arc::new(SystemClock))
        .open(&host)
        .await
        .unwrap()
}

/// All events of the last two hours.
fn recent(channel: Channel) -> EventQuery {
    EventQuery {
        log: channel.name().to_owned(),
        ids: Vec::new(),
        since: SystemClock.now() - SignedDuration::from_hours(2),
        most: 10_000,
    }
}

async fn events(reader: &dyn CimReader, query: EventQuery) -> Result<Vec<LogEvent>, CimError> {
    reader.events(query).await
}

fn ids(events: &[LogEvent]) -> Vec<u32> {
    events.iter().map(|event| event.id).collect()
}

#[tokio::test]
async fn a_session_reads_what_stands_in_every_log() {
    let lab = lab("machine-keys").await;
    let session = session(&lab, "machine-keys").await;
    let memory = InMemory::new(lab.machine("machine-keys").unwrap(), SystemClock.now());
    for channel in Channel::ALL {
        if channel == Channel::Gateway {
            continue;
        }
        let query = EventQuery {
            since: SystemClock.now() - SignedDuration::from_hours(24 * 30),
            ..recent(channel)
        };
        let found = events(&session, query.clone()).await.unwrap();
        assert_eq!(found, lab.events("machine-keys", channel), "{channel:?}");
        assert_eq!(events(&memory, query).await.unwrap(), found, "{channel:?}");
        assert_eq!(lab.open_enumerations("machine-keys"), 0, "{channel:?}");
    }
}

#[tokio::test]
async fn only_wanted_numbers_and_moments_are_read() {
    let lab = lab("service-down").await;
    let session = session(&lab, "service-down").await;
    for (log, wanted, since, expected) in [
        (Channel::System, vec![], 2, vec![7040, 7036, 7036, 7036]),
        (Channel::System, vec![7040, 7000], 2, vec![7040]),
        (Channel::System, vec![7036], 0, vec![]),
        (Channel::ConnectionManager, vec![], 24 * 30, vec![258, 259]),
        (Channel::ConnectionManager, vec![], 2, vec![259]),
        (Channel::ConnectionManager, vec![258], 2, vec![]),
    ] {
        let query = EventQuery {
            ids: wanted,
            since: SystemClock.now() - SignedDuration::from_hours(since),
            ..recent(log)
        };
        let found = events(&session, query.clone()).await.unwrap();
        assert_eq!(ids(&found), expected, "{query:?}");
    }
    let stopped = events(&session, recent(Channel::System)).await.unwrap();
    assert_eq!(
        stopped[1].message.as_deref(),
        Some(
            "The Remote Desktop Services UserMode Port Redirector service entered the stopped state."
        )
    );
    assert_eq!(stopped[1].strings[1], "stopped");
    assert_eq!(lab.open_enumerations("service-down"), 0);
}

#[tokio::test]
async fn of_many_events_the_newest_are_kept_and_nothing_stays_open() {
    let lab = lab("healthy").await;
    // Logs count no finer than this.
    let now = Timestamp::from_millisecond(SystemClock.now().as_millisecond()).unwrap();
    let start = now - SignedDuration::from_mins(60);
    lab.update("healthy", |machine| {
        for second in 0..400 {
            let at = start + SignedDuration::from_secs(second);
            machine.note(at, system::alert_received(46));
            for event in security::failed_logon(&visitor(), wrong_password()) {
                machine.note(at, event);
            }
        }
    });
    let session = session(&lab, "healthy").await;
    for channel in [Channel::System, Channel::Core, Channel::Security] {
        let whole: Vec<LogEvent> = lab
            .events("healthy", channel)
            .into_iter()
            .filter(|event| event.at >= start)
            .collect();
        for most in [10_000, 70, 0] {
            let query = EventQuery {
                most,
                ..recent(channel)
            };
            let found = events(&session, query).await.unwrap();
            let kept = whole.len().min(usize::try_from(most).unwrap());
            // Too many to be shown.
            assert!(found == whole[whole.len() - kept..], "{channel:?} {most}");
            assert_eq!(lab.open_enumerations("healthy"), 0);
        }
    }
}

#[tokio::test]
async fn each_reason_for_seeing_nothing_is_told_apart() {
    let lab = lab("healthy").await;
    lab.update("healthy", |machine| {
        machine.log.deny(Channel::Security);
        machine.log.deny(Channel::Core);
        machine.log.remove(Channel::SessionManager);
    });
    let over_wire = session(&lab, "healthy").await;
    let memory = InMemory::new(lab.machine("healthy").unwrap(), SystemClock.now());
    let readers: [&dyn CimReader; 2] = [&over_wire, &memory];
    for reader in readers {
        for channel in [Channel::Security, Channel::Core] {
            let error = events(reader, recent(channel)).await.unwrap_err();
            assert!(matches!(error, CimError::Denied { .. }), "{error}");
        }
        for channel in [Channel::SessionManager, Channel::Gateway] {
            let error = events(reader, recent(channel)).await.unwrap_err();
            let log = channel.name().to_owned();
            assert_eq!(error, CimError::NoSuchLog { log });
            assert!(error.hint().is_some());
        }
    }
    lab.update("healthy", |machine| {
        machine.log.forwarding = Forwarding::Off;
    });
    let error = events(&over_wire, recent(Channel::Core)).await.unwrap_err();
    let log = Channel::Core.name().to_owned();
    assert_eq!(error, CimError::NoChannels { log });
    assert_eq!(
        events(&over_wire, recent(Channel::System)).await,
        Ok(Vec::new())
    );
    assert_eq!(lab.open_enumerations("healthy"), 0);
    over_wire.close().await;
}

/// Comes to the Remote Desktop port, sends this and reads until the host hangs up.
async fn visit(lab: &Lab, name: &str, then: &[u8]) {
    let mut stream = TcpStream::connect(lab.place(name).unwrap().rdp)
        .await
        .unwrap();
    stream.write_all(&WANTS_NLA).await.unwrap();
    let mut answer = [0; 19];
    stream.read_exact(&mut answer).await.unwrap();
    let _may_be_gone = stream.write_all(then).await;
    let mut rest = Vec::new();
    let _may_be_reset = stream.read_to_end(&mut rest).await;
}

/// Waits until an event stands in a log of a host.
async fn wait_for(lab: &Lab, name: &str, (channel, id): (Channel, u32)) {
    let written = async {
        while !ids(&lab.events(name, channel)).contains(&id) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, written)
        .await
        .unwrap_or_else(|_| panic!("no {id} in {:?}", ids(&lab.events(name, channel))));
}

#[tokio::test]
async fn a_visit_leaves_events_and_the_machine_as_it_was() {
    for (name, then, expected) in [
        (
            "machine-keys",
            &b""[..],
            [(Channel::System, 36870), (Channel::Core, 139)],
        ),
        (
            "cert-missing",
            &b""[..],
            [(Channel::System, 36886), (Channel::Core, 139)],
        ),
        (
            "healthy",
            &b"\x16\x03\x01\x00\x05rubbish in the place of TLS"[..],
            [(Channel::System, 56), (Channel::Core, 139)],
        ),
    ] {
        let lab = lab(name).await;
        // What a host remembers of itself stands in another log of a value.
        let forget = |machine: &mut Machine| machine.log = EventLog::default();
        lab.update(name, forget);
        let before = lab.machine(name);
        visit(&lab, name, then).await;
        for event in expected {
            wait_for(&lab, name, event).await;
        }
        assert_eq!(ids(&lab.events(name, Channel::ConnectionManager)), [261]);
        let core = lab.events(name, Channel::Core);
        assert_eq!(ids(&core)[0], 131);
        assert!(core[0].strings[1].starts_with("127.0.0.1:"), "{core:?}");
        assert_eq!(lab.machine(name), before, "{name}");
        let session = session(&lab, name).await;
        let read = events(&session, recent(Channel::Core)).await.unwrap();
        assert_eq!(read, lab.events(name, Channel::Core));
        let read = events(&session, recent(Channel::System)).await.unwrap();
        assert!(ids(&read).contains(&expected[0].1), "{name}");
    }
}

#[tokio::test]
async fn a_port_that_nobody_can_reach_has_no_visits() {
    let lab = lab("rdp-disabled").await;
    let refused = TcpStream::connect(lab.place("rdp-disabled").unwrap().rdp).await;
    assert!(refused.is_err());
    assert_eq!(lab.events("rdp-disabled", Channel::Core), []);
}

/// Keeps what it is told.
#[derive(Default)]
struct Diary(std::sync::Mutex<Vec<Sight>>);

impl Witness for Diary {
    fn saw(&self, sight: Sight) {
        self.0.lock().unwrap().push(sight);
    }
}

#[tokio::test]
async fn a_refusal_is_told_before_the_client_learns_of_it() {
    let machine = Kind::MachineKeys.machine(0, super::now()).unwrap();
    let listener = rdpfix::lab::listener::of(&machine, super::now());
    let rdpfix::lab::listener::ListenerState::Open(negotiation) = listener.state else {
        panic!("{listener:?}");
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let diary = Diary::default();
    let serving = async {
        let (stream, _) = socket.accept().await.unwrap();
        rdp_server::serve_visit(stream, negotiation, &diary).await
    };
    let visiting = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&WANTS_NLA).await.unwrap();
        let mut answer = [0; 19];
        stream.read_exact(&mut answer).await.unwrap();
        diary.0.lock().unwrap().clone()
    };
    let (served, seen) = tokio::join!(serving, visiting);
    served.unwrap();
    assert!(matches!(seen.as_slice(), [Sight::Refused(_)]), "{seen:?}");
}

fn visitor() -> Visitor {
    Visitor {
        user: "jane".to_owned(),
        domain: "CORP".to_owned(),
        from: "192.0.2.7".parse().unwrap(),
        logon_type: security::OVER_NETWORK,
    }
}

fn wrong_password() -> Refusal {
    Refusal {
        status: security::LOGON_FAILURE,
        sub_status: 0xC000_006A,
    }
}

#[test]
fn a_wrong_password_is_told_with_its_exact_reason() {
    let mut machine = super::machine(Kind::Healthy);
    machine.log_failed_logon(&visitor(), wrong_password(), super::now());
    let core: Vec<&LogEvent> = machine.log.of(Channel::Core).collect();
    assert_eq!(
        (core[0].id, core[0].strings.as_slice()),
        (140, &["192.0.2.7".to_owned()][..])
    );
    let refused = machine.log.of(Channel::Security).next().unwrap();
    assert_eq!(refused.id, 4625);
    let part = |number: usize| refused.strings[number - 1].as_str();
    assert_eq!(
        [part(6), part(7), part(8), part(10), part(11), part(20)],
        ["jane", "CORP", "0xc000006d", "0xc000006a", "3", "192.0.2.7"]
    );
    // Only a wrong name or password is told as such by the protocol.
    let locked = Refusal {
        status: 0xC000_0234,
        sub_status: 0xC000_0234,
    };
    machine.log_failed_logon(&visitor(), locked, super::now());
    assert_eq!(machine.log.of(Channel::Core).count(), 1);
    assert_eq!(machine.log.of(Channel::Security).count(), 2);
}

/// What a host of a kind remembers of its trouble, oldest first, boot left out.
fn remembered(kind: Kind) -> Vec<(Channel, u32)> {
    let machine = kind.machine(1, super::now()).unwrap();
    let since = super::now() - SignedDuration::from_hours(24);
    Channel::ALL
        .into_iter()
        .flat_map(|channel| {
            machine
                .log
                .of(channel)
                .filter(|event| event.at > since)
                .map(|event| (channel, event.id))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_kind_remembers_its_trouble() {
    let core = Channel::Core;
    let system = Channel::System;
    let security = Channel::Security;
    let manager = Channel::ConnectionManager;
    let admin = Channel::ConnectionManagerAdmin;
    for (kind, expected) in [
        (Kind::Healthy, vec![]),
        (
            Kind::ServiceDown,
            vec![
                (system, 7040),
                (system, 7036),
                (system, 7036),
                (system, 7036),
                (manager, 259),
            ],
        ),
        (
            Kind::MachineKeys,
            vec![
                (system, 1053),
                (system, 1058),
                (system, 36870),
                (manager, 258),
            ],
        ),
        (Kind::CertExpired, vec![(system, 1053), (manager, 258)]),
        (Kind::TlsMismatch, vec![(system, 36874)]),
        (Kind::TimeSkew, vec![(system, 36)]),
        (Kind::DomainTrust, vec![(system, 5719), (system, 3210)]),
        (Kind::UdpTransport, vec![(core, 136)]),
        (Kind::Licensing, vec![(admin, 1068), (admin, 1069)]),
        (Kind::GatewayCertificate, vec![(Channel::Gateway, 102)]),
        (Kind::GatewayHttp, vec![(system, 7036)]),
        (Kind::RolesServices, vec![(system, 7034)]),
        (
            Kind::CredentialsRejected,
            [
                vec![(security, 4625); 5],
                vec![(security, 4740), (security, 4625)],
                vec![(core, 140); 5],
            ]
            .concat(),
        ),
    ] {
        assert_eq!(remembered(kind), expected, "{kind:?}");
    }
}

#[test]
fn a_restart_of_the_services_is_told_and_so_is_the_new_certificate() {
    let mut machine = super::machine(Kind::CertExpired);
    machine.log = EventLog::default();
    let control = |machine: &mut Machine, name: &str, method: &str, at: Timestamp| {
        assert_eq!(
            super::returned(machine, super::service_path(name), method, &[], at),
            0
        );
    };
    control(&mut machine, "UmRdpService", "StopService", super::later(0));
    control(&mut machine, "SessionEnv", "StopService", super::later(0));
    control(
        &mut machine,
        "TermService",
        "StopService",
        super::later(100),
    );
    control(
        &mut machine,
        "SessionEnv",
        "StartService",
        super::later(200),
    );
    control(
        &mut machine,
        "TermService",
        "StartService",
        super::later(200),
    );
    let mode = [("StartMode", "Disabled".into())];
    machine.settle(super::later(300));
    let path = super::service_path("TermService");
    assert_eq!(
        super::returned(
            &mut machine,
            path,
            "ChangeStartMode",
            &mode,
            super::later(300)
        ),
        0
    );
    let found: Vec<u32> = machine
        .log
        .of(Channel::System)
        .map(|event| event.id)
        .collect();
    assert_eq!(found, [7036, 7036, 7036, 7036, 1056, 7036, 7040]);
    let listener: Vec<u32> = machine
        .log
        .of(Channel::ConnectionManager)
        .map(|event| event.id)
        .collect();
    assert_eq!(listener, [259, 258]);
}

#[test]
fn services_that_cannot_start_with_the_host_are_told() {
    let mut machine = super::machine(Kind::Healthy);
    machine.log = EventLog::default();
    machine.services.get_mut("RpcSs").unwrap().start_mode =
        rdpfix::lab::machine::service::StartMode::Disabled;
    machine.restart(super::later(0));
    let found: Vec<u32> = machine
        .log
        .of(Channel::System)
        .map(|event| event.id)
        .collect();
    assert!(found.contains(&7001), "{found:?}");
    let needed = machine
        .log
        .of(Channel::System)
        .find(|event| event.id == 7001)
        .unwrap();
    assert_eq!(needed.strings[1], "Remote Procedure Call (RPC)");
}

#[tokio::test]
async fn a_filtered_token_sees_no_events() {
    let machine = Kind::AccessDenied.machine(0, super::now()).unwrap();
    let memory = InMemory::new(machine, super::now());
    let read = Read::Events(recent(Channel::System));
    let error = memory.read(&read).await.unwrap_err();
    assert!(matches!(error, CimError::Denied { .. }), "{error}");
}
