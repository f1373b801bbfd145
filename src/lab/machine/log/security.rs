//! Events of the log `Security`: who was let in and who was not, with the parts in Windows' own order.

use std::net::IpAddr;

use super::Channel;
use super::Event;
use super::remote_desktop;
use crate::cim::EventLevel;

/// The source of all events of this log.
pub const AUDITING: &str = "Microsoft-Windows-Security-Auditing";
/// Signing in over the network: network level authentication and management alike.
pub const OVER_NETWORK: u32 = 3;
/// Signing in at a remote desktop, without network level authentication.
pub const REMOTE_INTERACTIVE: u32 = 10;
/// Status of a refusal by user name or password ([MS-ERREF] 2.3.1, `STATUS_LOGON_FAILURE`).
pub const LOGON_FAILURE: u32 = 0xC000_006D;

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The account, without its domain.
    pub user: String,
    /// Its domain; empty when the client named none.
    pub domain: String,
    /// Where from.
    pub from: IpAddr,
    /// [`OVER_NETWORK`] or [`REMOTE_INTERACTIVE`].
    pub logon_type: u32,
}

/// Why a sign-in was refused, as NTSTATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The outer status, often [`LOGON_FAILURE`].
    pub status: u32,
    /// The exact reason: 0xC000006A wrong password, 0xC0000064 no such user, 0xC0000234 locked out.
    pub sub_status: u32,
}

/// 4624: somebody was let in.
pub fn signed_in(visitor: &Visitor) -> Event {
    let strings = [
        "S-1-0-0",
        "-",
        "-",
        "0x0",
        "S-1-5-21-0-0-0-1001",
        &visitor.user,
        &visitor.domain,
        "0x0",
        &visitor.logon_type.to_string(),
        "NtLmSsp",
        "NTLM",
        "-",
        "{00000000-0000-0000-0000-000000000000}",
        "-",
        "NTLM V2",
        "128",
        "0x0",
        "-",
        &visitor.from.to_string(),
        "0",
    ];
    Event {
        channel: Channel::Security,
        source: AUDITING,
        id: 4624,
        level: EventLevel::AuditSuccess,
        strings: strings.map(str::to_owned).to_vec(),
        message: format!(
            "An account was successfully logged on.\r\n\r\nLogon Type:\t\t{}\r\n\r\nNew Logon:\r\n\tAccount Name:\t\t{}\r\n\t\
             Account Domain:\t\t{}\r\n\r\nNetwork Information:\r\n\tSource Network Address:\t{}",
            visitor.logon_type, visitor.user, visitor.domain, visitor.from
        ),
    }
}

/// 4625: somebody was refused. Parts 6 and 7 are account and domain, 8 the status, 10 the sub-status, 20 the address.
pub fn refused(visitor: &Visitor, refusal: Refusal) -> Event {
    let [status, sub_status] =
        [refusal.status, refusal.sub_status].map(|code| format!("0x{code:x}"));
    let strings = [
        "S-1-0-0",
        "-",
        "-",
        "0x0",
        "S-1-0-0",
        &visitor.user,
        &visitor.domain,
        &status,
        reason_part(refusal.sub_status),
        &sub_status,
        &visitor.logon_type.to_string(),
        "NtLmSsp ",
        "NTLM",
        "-",
        "-",
        "-",
        "0",
        "0x0",
        "-",
        &visitor.from.to_string(),
        "0",
    ];
    Event {
        channel: Channel::Security,
        source: AUDITING,
        id: 4625,
        level: EventLevel::AuditFailure,
        strings: strings.map(str::to_owned).to_vec(),
        message: format!(
            "An account failed to log on.\r\n\r\nLogon Type:\t\t\t{}\r\n\r\nAccount For Which Logon Failed:\r\n\tAccount \
             Name:\t\t{}\r\n\tAccount Domain:\t\t{}\r\n\r\nFailure Information:\r\n\tFailure Reason:\t\t{}\r\n\tStatus:\t\t\t\
             {status}\r\n\tSub Status:\t\t{sub_status}\r\n\r\nNetwork Information:\r\n\tSource Network Address:\t{}",
            visitor.logon_type,
            visitor.user,
            visitor.domain,
            reason(refusal.sub_status),
            visitor.from
        ),
    }
}

/// What a refused sign-in at the Remote Desktop port leaves behind: 140 of the protocol when name or password were wrong,
/// and 4625 with the exact reason.
pub fn failed_logon(visitor: &Visitor, refusal: Refusal) -> Vec<Event> {
    const WRONG: [u32; 2] = [0xC000_006A, 0xC000_0064];
    let mut events = Vec::new();
    if WRONG.contains(&refusal.sub_status) {
        events.push(remote_desktop::wrong_password(visitor.from));
    }
    events.push(refused(visitor, refusal));
    events
}

/// 4740: an account was locked out after too many refusals.
pub fn locked_out(user: &str, caller: &str) -> Event {
    let strings = [
        user,
        caller,
        "S-1-5-21-0-0-0-1001",
        "S-1-5-18",
        "SYSTEM",
        "NT AUTHORITY",
        "0x3e7",
    ];
    Event {
        channel: Channel::Security,
        source: AUDITING,
        id: 4740,
        level: EventLevel::AuditSuccess,
        strings: strings.map(str::to_owned).to_vec(),
        message: format!(
            "A user account was locked out.\r\n\r\nAccount That Was Locked Out:\r\n\tAccount Name:\t\t{user}\r\n\r\n\
             Additional Information:\r\n\tCaller Computer Name:\t{caller}"
        ),
    }
}

/// The number of the message that stands for the reason.
fn reason_part(sub_status: u32) -> &'static str {
    match sub_status {
        0xC000_006A | 0xC000_0064 => "%%2313",
        0xC000_0234 => "%%2307",
        0xC000_0072 => "%%2310",
        0xC000_015B => "%%2308",
        0xC000_0071 | 0xC000_0224 => "%%2309",
        _ => "%%2304",
    }
}

fn reason(sub_status: u32) -> &'static str {
    match sub_status {
        0xC000_006A | 0xC000_0064 => "Unknown user name or bad password.",
        0xC000_0234 => "Account locked out.",
        0xC000_0072 => "Account currently disabled.",
        0xC000_015B => "The user has not been granted the requested logon type at this machine.",
        0xC000_0071 | 0xC000_0224 => "The specified account's password has expired.",
        _ => "An Error occured during Logon.",
    }
}
