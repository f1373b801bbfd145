//! What the logs of a host remember of its trouble, as if it had come about while somebody else was looking.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Kind;
use crate::lab::machine::Machine;
use crate::lab::machine::log::remote_desktop;
use crate::lab::machine::log::remote_desktop::GatewayEvent;
use crate::lab::machine::log::security;
use crate::lab::machine::log::security::LOGON_FAILURE;
use crate::lab::machine::log::security::Refusal;
use crate::lab::machine::log::security::Visitor;
use crate::lab::machine::log::system;
use crate::lab::machine::os::Membership;
use crate::lab::machine::service::ServiceState;
use crate::lab::machine::service::StartMode;

/// A colleague's machine (RFC 5737).
const COLLEAGUE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77));
/// STATUS_ACCOUNT_LOCKED_OUT
const LOCKED_OUT: u32 = 0xC000_0234;
/// STATUS_WRONG_PASSWORD
const WRONG_PASSWORD: u32 = 0xC000_006A;
/// ERROR_SEM_TIMEOUT as HRESULT: nothing came back over UDP.
const NOTHING_CAME: u32 = 0x8007_0079;
/// How many wrong passwords lock an account.
const TRIES: i64 = 5;

/// Writes what the host's logs remember of the trouble of this kind.
pub(super) fn remember(kind: Kind, machine: &mut Machine, now: Timestamp) {
    let ago = |minutes| {
        now.saturating_sub(SignedDuration::from_mins(minutes))
            .unwrap_or(now)
    };
    match kind {
        Kind::ServiceDown => {
            machine.log_start_mode("TermService", StartMode::Manual, ago(50));
            for name in ["UmRdpService", "SessionEnv", "TermService"] {
                machine.log_service(name, ServiceState::Stopped, ago(49));
            }
            machine.log_listener(ago(49));
        }
        Kind::MachineKeys => {
            machine.log_listener(ago(45));
            machine.log_certificate_not_made(ago(44));
            machine.note(ago(30), system::key_unreadable());
        }
        Kind::CertExpired | Kind::ListenerBroken => machine.log_listener(ago(45)),
        Kind::TlsMismatch => machine.note(ago(30), system::nothing_in_common("TLS 1.2")),
        Kind::CredentialsRejected => lock_out(machine, now),
        Kind::TimeSkew => machine.note(ago(120), system::clock_not_set(86_400)),
        Kind::DomainTrust => {
            if let Membership::Domain(domain) = machine.membership.clone() {
                let name = domain.split('.').next().unwrap_or(&domain).to_uppercase();
                machine.note(ago(61), system::no_domain_controller(&name));
                machine.note(ago(60), system::trust_broken(&name, r"\\DC01"));
            }
        }
        Kind::UdpTransport => machine.note(ago(30), remote_desktop::no_udp_tunnel(NOTHING_CAME)),
        Kind::Licensing => {
            machine.note(ago(61), remote_desktop::licensing_not_set());
            machine.note(ago(60), remote_desktop::grace_over());
        }
        Kind::GatewayCertificate => {
            machine.note(
                ago(40),
                remote_desktop::gateway(GatewayEvent::NoCertificate),
            );
        }
        Kind::GatewayHttp => stopped(
            machine,
            "W3SVC",
            "World Wide Web Publishing Service",
            ago(40),
        ),
        Kind::RolesServices => crashed(
            machine,
            "Tssdis",
            "Remote Desktop Connection Broker",
            ago(40),
        ),
        _ => {}
    }
}

fn stopped(machine: &mut Machine, name: &str, otherwise: &str, at: Timestamp) {
    let display_name = display_name(machine, name, otherwise);
    machine.note(at, system::service_state(&display_name, "stopped"));
}

fn crashed(machine: &mut Machine, name: &str, otherwise: &str, at: Timestamp) {
    let display_name = display_name(machine, name, otherwise);
    machine.note(at, system::service_crashed(&display_name, 1));
}

fn display_name(machine: &Machine, name: &str, otherwise: &str) -> String {
    machine
        .services
        .get(name)
        .map_or(otherwise, |service| service.display_name.as_str())
        .to_owned()
}

/// Too many wrong passwords in a row.
fn lock_out(machine: &mut Machine, now: Timestamp) {
    let visitor = Visitor {
        user: machine
            .accounts
            .first()
            .map_or("labadmin", |account| account.user.as_str())
            .to_owned(),
        domain: String::new(),
        from: COLLEAGUE,
        logon_type: security::OVER_NETWORK,
    };
    let wrong = Refusal {
        status: LOGON_FAILURE,
        sub_status: WRONG_PASSWORD,
    };
    let ago = |minutes| {
        now.saturating_sub(SignedDuration::from_mins(minutes))
            .unwrap_or(now)
    };
    for minutes in (0..TRIES).rev() {
        machine.log_failed_logon(&visitor, wrong, ago(20 + minutes));
    }
    machine.note(ago(20), security::locked_out(&visitor.user, "COLLEAGUE-PC"));
    let locked = Refusal {
        status: LOCKED_OUT,
        sub_status: LOCKED_OUT,
    };
    machine.log_failed_logon(&visitor, locked, ago(15));
}
