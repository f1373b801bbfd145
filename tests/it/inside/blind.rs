//! Facts about what cannot be seen: it never counts as fine, and there is always a remedy.

use async_trait::async_trait;
use rdpfix::cim::Answer;
use rdpfix::cim::CimError;
use rdpfix::cim::CimReader;
use rdpfix::cim::Read;
use rdpfix::inside::LookOptions;
use rdpfix::inside::look;
use rdpfix::lab::machine::InMemory;
use rdpfix::lab::scenario::Kind;

use super::Still;
use super::now;
use super::options;
use super::seen;
use super::seen_of_kind;
use super::unseen;

/// `WBEM_E_INVALID_CLASS`.
const INVALID_CLASS: u32 = 0x8004_1010;

/// A healthy host that fails each question whose text has this in it.
struct Failing {
    host: InMemory,
    about: &'static str,
    how: fn(String) -> CimError,
}

#[async_trait]
impl CimReader for Failing {
    async fn read(&self, read: &Read) -> Result<Answer, CimError> {
        if read.to_string().contains(self.about) {
            return Err((self.how)(read.to_string()));
        }
        self.host.read(read).await
    }
}

fn failing(about: &'static str, how: fn(String) -> CimError) -> Failing {
    let machine = Kind::Healthy.machine(0, now()).unwrap();
    Failing {
        host: InMemory::new(machine, now()),
        about,
        how,
    }
}

fn absent(operation: String) -> CimError {
    CimError::Fault {
        operation,
        code: INVALID_CLASS,
        message: "Invalid class".to_owned(),
    }
}

fn denied(operation: String) -> CimError {
    CimError::Denied { operation }
}

#[tokio::test]
async fn an_account_without_rights_sees_nothing_and_is_told_which_right_it_lacks() {
    let inside = seen_of_kind(Kind::AccessDenied).await;
    let parts = unseen(&inside);
    assert_eq!(parts.len(), 17, "{parts:#?}");
    for (part, unseen) in parts {
        assert!(unseen.why.contains("was denied"), "{part}: {unseen:?}");
        assert!(
            unseen.remedy.contains("`Administrators`"),
            "{part}: {unseen:?}"
        );
    }
}

#[tokio::test]
async fn a_log_that_is_denied_names_the_group_of_its_readers() {
    let inside = seen(&failing("the events of", denied)).await;
    assert_eq!(unseen(&inside), []);
    assert!(!inside.events.is_empty());
    for (log, events) in inside.events {
        let unseen = events.unwrap_err();
        assert_eq!(unseen.why, format!("access to {log} was denied"));
        assert!(unseen.remedy.contains("`Event Log Readers`"), "{unseen:?}");
    }
}

#[tokio::test]
async fn a_class_that_is_missing_blinds_its_part_alone() {
    for (about, part, remedy) in [
        ("FROM MSFT_NetFirewallRule", "firewall", "Server 2012"),
        ("FROM MSFT_NetTCPConnection", "port_owners", "netstat"),
        ("FROM MSFT_NetIPInterface", "mtu", "Server 2012"),
        (
            "FROM MSFT_DNSClientServerAddress",
            "dns_servers",
            "ipconfig",
        ),
        (
            "FROM Win32_TerminalServiceSetting",
            "licensing",
            "TerminalServices",
        ),
        ("FROM Win32_UserAccount", "rights", "domain controller"),
        ("FROM Win32_PingStatus", "path_back", "Windows"),
    ] {
        let parts = unseen(&seen(&failing(about, absent)).await);
        assert_eq!(parts.len(), 1, "{about}: {parts:#?}");
        let (found, unseen) = &parts[0];
        assert_eq!(*found, part);
        assert!(
            unseen.why.starts_with("the host does not have"),
            "{unseen:?}"
        );
        assert!(unseen.remedy.contains(remedy), "{unseen:?}");
    }
}

#[tokio::test]
async fn a_class_of_a_role_that_is_missing_means_that_the_role_is() {
    let inside = seen(&failing("Win32_TSGatewayServerSettings", absent)).await;
    assert_eq!(inside.gateway, Ok(None));
    let inside = seen(&failing("Win32_TSGatewayServerSettings", denied)).await;
    assert!(inside.gateway.is_err());
}

#[tokio::test]
async fn what_may_be_missing_within_a_part_does_not_blind_it() {
    let inside = seen(&failing("Win32_TerminalService", absent)).await;
    assert_eq!(inside.settings.unwrap().sessions, None);
    let inside = seen(&failing("GetSecurityDescriptor", denied)).await;
    let file = inside.key_file.unwrap();
    assert!(file.exists);
    assert_eq!((file.network_service_reads, file.system_full), (None, None));
}

#[tokio::test]
async fn without_an_address_of_ours_the_host_does_not_ping() {
    let machine = Kind::Healthy.machine(0, now()).unwrap();
    let host = InMemory::new(machine, now());
    let options = LookOptions {
        our_address: None,
        ..options()
    };
    let inside = look(&host, &Still, &options).await;
    assert!(inside.path_back.unwrap_err().why.contains("address"));
}
