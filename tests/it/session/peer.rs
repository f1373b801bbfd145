//! Runs `tests/peers/winrm_server.py`, and facts about talking to it.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use rdpfix::cim::Blame;
use rdpfix::cim::CimReader;
use rdpfix::cim::CimSession as _;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::cim::RegistryKey;
use rdpfix::clock::SystemClock;
use rdpfix::inventory::Authentication;
use rdpfix::inventory::Host;
use rdpfix::inventory::TlsTrust;
use rdpfix::secret::Secret;
use rdpfix::session::WinRmConnector;
use rdpfix::session::WinRmOptions;
use rdpfix::session::WinRmSession;
use tempfile::TempDir;

use crate::session::connector;
use crate::session::inventory;
use crate::session::inventory_tls;
use crate::support;

struct Peer {
    process: Child,
    output: BufReader<ChildStdout>,
    port: u16,
    certificate: Option<Certificate>,
}

struct Certificate {
    pem: String,
    folder: TempDir,
}

impl Peer {
    /// Starts the peer, unless it is not installed.
    fn start(certificate: Option<Certificate>, options: &[&str]) -> Option<Self> {
        let (python, recordings) = (support::peer_python()?, support::recordings()?);
        let mut command = Command::new(python);
        command
            .arg(support::root().join("tests/peers/winrm_server.py"))
            .arg(recordings);
        if let Some(certificate) = &certificate {
            let folder = certificate.folder.path();
            command
                .arg("--tls")
                .arg(folder.join("cert.pem"))
                .arg(folder.join("key.pem"));
        }
        let mut process = command
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let port = line
            .trim()
            .strip_prefix("port ")
            .expect(&line)
            .parse()
            .unwrap();
        Some(Self {
            process,
            output,
            port,
            certificate,
        })
    }

    fn start_plain() -> Option<Self> {
        Self::start(None, &[])
    }

    /// Trusts exactly the peer's certificate.
    fn connector(&self) -> WinRmConnector {
        let pem = &self.certificate.as_ref().unwrap().pem;
        let trust_files = BTreeMap::from([("ca.pem".to_owned(), pem.clone().into_bytes())]);
        let options = WinRmOptions {
            trust_files,
            ..WinRmOptions::default()
        };
        WinRmConnector::new(options, Arc::new(SystemClock))
    }

    fn over_tls(&self) -> Host {
        inventory_tls(self.port, TlsTrust::File("ca.pem".to_owned()))
    }

    /// Ends the peer and gives what it said.
    fn log(mut self) -> Vec<String> {
        drop(self.process.stdin.take());
        let lines = (&mut self.output).lines().map(Result::unwrap).collect();
        self.process.wait().unwrap();
        lines
    }
}

#[expect(clippy::disallowed_methods, reason = "the peer reads files")]
fn certificate() -> Certificate {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let folder = TempDir::new().unwrap();
    let pem = made.cert.pem();
    std::fs::write(folder.path().join("cert.pem"), &pem).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    Certificate { pem, folder }
}

/// Reads what takes several pages, one object, nothing and a method's output.
async fn read_everything(session: &WinRmSession) {
    let reader: &dyn CimReader = session;
    let services = Query::all(Namespace::CIMV2, "Win32_Service");
    let services = reader.query(services).await.unwrap();
    assert!(services.len() > 100, "{}", services.len());
    assert!(
        services
            .iter()
            .any(|service| service.text("Name").unwrap() == "TermService")
    );

    let disk = ObjectPath::class(Namespace::CIMV2, "Win32_LogicalDisk").key("DeviceID", "c:");
    let disk = reader.get(disk).await.unwrap().unwrap();
    assert_eq!(disk.text("FileSystem").unwrap(), "NTFS");
    let missing = ObjectPath::class(Namespace::CIMV2, "Win32_Process").key("Handle", "29");
    assert_eq!(reader.get(missing).await.unwrap(), None);
}

async fn signs_in_and_reads_sealed(authentication: Authentication) {
    let Some(peer) = Peer::start_plain() else {
        return;
    };
    let mut host = inventory(peer.port);
    host.winrm.scheme_of_authentication = authentication;
    let session = connector().open(&host).await.unwrap();
    read_everything(&session).await;
    let traffic = session.traffic();
    assert_eq!((traffic.connections, traffic.retries), (1, 0));
    session.close().await;
    let log = peer.log();
    assert!(log.contains(&"sealed Pull".to_owned()), "{log:?}");
    assert!(
        !log.iter()
            .any(|line| line.starts_with("plain") || line == "401"),
        "{log:?}"
    );
}

#[tokio::test]
async fn a_foreign_server_understands_raw_ntlm_and_our_seals() {
    signs_in_and_reads_sealed(Authentication::Ntlm).await;
}

#[tokio::test]
async fn a_foreign_server_understands_ntlm_in_spnego_and_our_seals() {
    signs_in_and_reads_sealed(Authentication::Negotiate).await;
}

#[tokio::test]
async fn a_recorded_list_of_registry_keys_is_read() {
    let Some(peer) = Peer::start_plain() else {
        return;
    };
    let session = connector().open(&inventory(peer.port)).await.unwrap();
    let reader: &dyn CimReader = &session;
    let keys = reader
        .sub_keys(RegistryKey::local_machine("SOFTWARE"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(keys.first().map(String::as_str), Some("AddressBook"));
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let Some(peer) = Peer::start_plain() else {
        return;
    };
    let mut host = inventory(peer.port);
    host.winrm.password = Secret::new("wrong");
    let connector = connector();
    for _attempt in 0..2 {
        let refused = connector.open(&host).await.err().unwrap();
        assert_eq!(refused.blame(), Blame::Credentials, "{refused}");
    }
    let log = peer.log();
    assert_eq!(
        log.iter().filter(|line| *line == "401").count(),
        1,
        "{log:?}"
    );
}

#[tokio::test]
async fn over_tls_the_sign_in_is_bound_to_the_certificate() {
    for authentication in [Authentication::Ntlm, Authentication::Negotiate] {
        let Some(peer) = Peer::start(Some(certificate()), &[]) else {
            return;
        };
        let mut host = peer.over_tls();
        host.winrm.scheme_of_authentication = authentication;
        let session = peer.connector().open(&host).await.unwrap();
        read_everything(&session).await;
        let log = peer.log();
        assert!(log.contains(&"plain Get".to_owned()), "{log:?}");
    }
}

#[tokio::test]
async fn a_sign_in_bound_to_another_certificate_is_refused_once() {
    for authentication in [Authentication::Ntlm, Authentication::Negotiate] {
        let Some(peer) = Peer::start(Some(certificate()), &["--bad-cbt"]) else {
            return;
        };
        let mut host = peer.over_tls();
        host.winrm.scheme_of_authentication = authentication;
        let refused = peer.connector().open(&host).await.err().unwrap();
        assert_eq!(refused.blame(), Blame::Credentials, "{refused}");
        let log = peer.log();
        assert_eq!(
            log.iter().filter(|line| *line == "401").count(),
            1,
            "{log:?}"
        );
    }
}

#[tokio::test]
async fn basic_inside_tls_reads() {
    let Some(peer) = Peer::start(Some(certificate()), &[]) else {
        return;
    };
    let mut host = peer.over_tls();
    host.winrm.scheme_of_authentication = Authentication::Basic;
    let session = peer.connector().open(&host).await.unwrap();
    read_everything(&session).await;
    host.winrm.password = Secret::new("wrong");
    let refused = peer.connector().open(&host).await.err().unwrap();
    assert_eq!(refused.blame(), Blame::Credentials, "{refused}");
    let log = peer.log();
    assert_eq!(
        log.iter().filter(|line| *line == "401").count(),
        1,
        "{log:?}"
    );
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_unless_told_otherwise() {
    let Some(peer) = Peer::start(Some(certificate()), &[]) else {
        return;
    };
    let refused = connector()
        .open(&inventory_tls(peer.port, TlsTrust::System))
        .await
        .err()
        .unwrap();
    assert_eq!(refused.blame(), Blame::Trust, "{refused}");
    let mut other_name = peer.over_tls();
    other_name.address = "localhost".to_owned();
    let refused = peer.connector().open(&other_name).await.err().unwrap();
    assert_eq!(refused.blame(), Blame::Trust, "{refused}");
    let unchecked = inventory_tls(peer.port, TlsTrust::Unchecked);
    connector().open(&unchecked).await.unwrap();
    let log = peer.log();
    assert_eq!(log, ["signed in labadmin"]);
}
