//! Events of the log `System`: services, TLS, domain and clock (windows-facts 10.2). Texts and variable parts as
//! Windows has them, in English.

use super::Channel;
use super::Event;
use crate::cim::EventLevel;

/// The source of events about services.
pub const SERVICES: &str = "Service Control Manager";
/// The source of events about TLS.
pub const SCHANNEL: &str = "Schannel";
/// The source of events about the secure channel to the domain.
pub const NETLOGON: &str = "NETLOGON";
/// The source of events about the log itself, which mark where the host stops and starts.
pub const EVENT_LOG: &str = "EventLog";
/// The source of events about orders to shut down.
pub const SHUTDOWN: &str = "User32";
/// The source of events about the clock.
pub const TIME: &str = "Microsoft-Windows-Time-Service";

fn event(source: &'static str, id: u32, level: EventLevel, strings: &[&str]) -> Event {
    Event {
        channel: Channel::System,
        source,
        id,
        level,
        strings: strings.iter().map(|text| (*text).to_owned()).collect(),
        message: String::new(),
    }
}

fn saying(event: Event, message: impl Into<String>) -> Event {
    Event {
        message: message.into(),
        ..event
    }
}

/// 7036: a service has started or stopped; the state is `running` or `stopped`.
pub fn service_state(display_name: &str, state: &str) -> Event {
    let level = EventLevel::Information;
    saying(
        event(SERVICES, 7036, level, &[display_name, state]),
        format!("The {display_name} service entered the {state} state."),
    )
}

/// 7040: somebody changed when a service starts; modes are `auto start`, `demand start` and `disabled`.
pub fn start_type(display_name: &str, from: &str, to: &str, name: &str) -> Event {
    let strings = [display_name, from, to, name];
    saying(
        event(SERVICES, 7040, EventLevel::Information, &strings),
        format!("The start type of the {display_name} service was changed from {from} to {to}."),
    )
}

/// 7000: a service could not be started, with the Windows code that says why.
pub fn start_failed(display_name: &str, code: u32) -> Event {
    let error = format!("%%{code}");
    saying(
        event(SERVICES, 7000, EventLevel::Error, &[display_name, &error]),
        format!(
            "The {display_name} service failed to start due to the following error: \r\n{}",
            code_text(code)
        ),
    )
}

/// 7001: a service could not be started because of another that it needs.
pub fn dependency_failed(display_name: &str, needed: &str, code: u32) -> Event {
    let error = format!("%%{code}");
    let strings = [display_name, needed, &error];
    saying(
        event(SERVICES, 7001, EventLevel::Error, &strings),
        format!(
            "The {display_name} service depends on the {needed} service which failed to start because of the following \
             error: \r\n{}",
            code_text(code)
        ),
    )
}

/// 7023: a service ended by itself with a Windows code.
pub fn service_ended(display_name: &str, code: u32) -> Event {
    let error = format!("%%{code}");
    saying(
        event(SERVICES, 7023, EventLevel::Error, &[display_name, &error]),
        format!(
            "The {display_name} service terminated with the following error: \r\n{}",
            code_text(code)
        ),
    )
}

/// 7034: the process of a service died.
pub fn service_crashed(display_name: &str, times: u32) -> Event {
    let count = times.to_string();
    saying(
        event(SERVICES, 7034, EventLevel::Error, &[display_name, &count]),
        format!(
            "The {display_name} service terminated unexpectedly.  It has done this {times} time(s)."
        ),
    )
}

/// 1074: somebody told the host to reboot.
pub fn reboot_ordered(computer: &str, comment: &str) -> Event {
    let process = r"C:\Windows\system32\wbem\wmiprvse.exe";
    let reason = "Application: Maintenance (Planned)";
    let strings = [
        process,
        computer,
        reason,
        "0x80040001",
        "restart",
        comment,
        "",
    ];
    saying(
        event(SHUTDOWN, 1074, EventLevel::Information, &strings),
        format!(
            "The process {process} ({computer}) has initiated the restart of computer {computer} for the following reason: \
             {reason}\r\n Shutdown Type: restart\r\n Comment: {comment}"
        ),
    )
}

/// 6006: the host stops.
pub fn log_stopped() -> Event {
    saying(
        event(EVENT_LOG, 6006, EventLevel::Information, &[]),
        "The Event log service was stopped.",
    )
}

/// 6005: the host has started.
pub fn log_started() -> Event {
    saying(
        event(EVENT_LOG, 6005, EventLevel::Information, &[]),
        "The Event log service was started.",
    )
}

fn code_text(code: u32) -> String {
    match code {
        1058 => "The service cannot be started, either because it is disabled or because it has no enabled devices \
                 associated with it."
            .to_owned(),
        1068 => "The dependency service or group failed to start.".to_owned(),
        1067 => "The process terminated unexpectedly.".to_owned(),
        1069 => "The service did not start due to a logon failure.".to_owned(),
        other => format!("%%{other}"),
    }
}

/// 36870: the private key of the server's certificate cannot be used (0x8009030D, state 10001: rights of the file).
pub fn key_unreadable() -> Event {
    saying(
        event(
            SCHANNEL,
            36870,
            EventLevel::Error,
            &["server", "0x8009030D", "10001"],
        ),
        "A fatal error occurred when attempting to access the TLS server credential private key. The error code returned \
         from the cryptographic module is 0x8009030D. The internal error state is 10001.",
    )
}

/// 36871: no TLS credential comes about (state 10013: protocols, ciphers or policy).
pub fn credential_failed() -> Event {
    saying(
        event(SCHANNEL, 36871, EventLevel::Error, &["server", "10013"]),
        "A fatal error occurred while creating a TLS server credential. The internal error state is 10013.",
    )
}

/// 36874: client and server have no version or cipher suite in common; the version is what the client asked for.
pub fn nothing_in_common(version: &str) -> Event {
    saying(
        event(SCHANNEL, 36874, EventLevel::Error, &[version]),
        format!(
            "An {version} connection request was received from a remote client application, but none of the cipher suites \
             supported by the client application are supported by the server. The TLS connection request has failed."
        ),
    )
}

/// 36886: the server has no certificate for TLS.
pub fn no_credential() -> Event {
    saying(
        event(SCHANNEL, 36886, EventLevel::Warning, &[]),
        "No suitable default server credential exists on this system. This will prevent server applications that expect to \
         make use of the system default credentials from accepting TLS connections.",
    )
}

/// 36887: the client sent an alert, such as 46 for a certificate that it does not take.
pub fn alert_received(alert: u8) -> Event {
    let code = alert.to_string();
    saying(
        event(SCHANNEL, 36887, EventLevel::Error, &[&code]),
        format!(
            "A fatal alert was received from the remote endpoint. The TLS protocol defined fatal alert code is {alert}."
        ),
    )
}

/// 36888: the server sent an alert, such as 40 for a handshake that failed.
pub fn alert_sent(alert: u8, state: u32) -> Event {
    let strings = [alert.to_string(), state.to_string()];
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    saying(
        event(SCHANNEL, 36888, EventLevel::Error, &strings),
        format!(
            "A fatal alert was generated and sent to the remote endpoint. This may result in termination of the connection. \
             The TLS protocol defined fatal error code is {alert}. The Windows SChannel error state is {state}."
        ),
    )
}

/// 5719: no domain controller could be reached.
pub fn no_domain_controller(domain: &str) -> Event {
    saying(
        event(NETLOGON, 5719, EventLevel::Error, &[domain, "%%1311"]),
        format!(
            "This computer was not able to set up a secure session with a domain controller in domain {domain} due to the \
             following: \r\nWe can't sign you in with this credential because your domain isn't available."
        ),
    )
}

/// 3210: the domain controller does not take the password of the computer.
pub fn trust_broken(domain: &str, controller: &str) -> Event {
    saying(
        event(NETLOGON, 3210, EventLevel::Error, &[domain, controller]),
        format!(
            "This computer could not authenticate with {controller}, a Windows domain controller for domain {domain}, and \
             therefore this computer might deny logon requests. This inability to authenticate might be caused by another \
             computer on the same network using the same name or the password for this computer account is not recognized."
        ),
    )
}

/// 36: the clock was not set for so many seconds.
pub fn clock_not_set(seconds: u32) -> Event {
    let count = seconds.to_string();
    saying(
        event(TIME, 36, EventLevel::Warning, &[&count]),
        format!(
            "The time service has not synchronized the system time for {seconds} seconds because none of the time service \
             providers provided a usable time stamp. The time service is no longer synchronized and cannot provide the time \
             to other clients or update the system clock."
        ),
    )
}
