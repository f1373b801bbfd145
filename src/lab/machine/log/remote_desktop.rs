//! Events of Remote Desktop: its listener, its certificate, its protocol, its roles (windows-facts 2.5, 9.2, 9.4, 10.2).

use std::net::IpAddr;
use std::net::SocketAddr;

use super::Channel;
use super::Event;
use crate::cim::EventLevel;

/// The source of events about listener and certificate.
pub const CONNECTION_MANAGER: &str = "Microsoft-Windows-TerminalServices-RemoteConnectionManager";
/// The source of events about the protocol.
pub const CORE: &str = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS";
/// The driver below it.
pub const DRIVER: &str = "TermDD";
/// The source of events about the gateway role.
pub const GATEWAY: &str = "Microsoft-Windows-TerminalServices-Gateway";
/// The only listener of the lab.
const LISTENER: &str = "RDP-Tcp";

/// What a listener did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerEvent {
    /// 258
    Started,
    /// 259
    Stopped,
    /// 260, with a Windows code.
    Failed(u32),
    /// 261: a connection came in.
    Connection,
}

/// 258 to 261: what the listener did.
pub fn listener(what: ListenerEvent) -> Event {
    let (id, level, rest) = match what {
        ListenerEvent::Started => (
            258,
            EventLevel::Information,
            "has started listening".to_owned(),
        ),
        ListenerEvent::Stopped => (
            259,
            EventLevel::Information,
            "has stopped listening".to_owned(),
        ),
        ListenerEvent::Failed(code) => (
            260,
            EventLevel::Error,
            format!("failed while listening. The error code is 0x{code:08X}"),
        ),
        ListenerEvent::Connection => (
            261,
            EventLevel::Information,
            "received a connection".to_owned(),
        ),
    };
    let mut strings = vec![LISTENER.to_owned()];
    if let ListenerEvent::Failed(code) = what {
        strings.push(format!("0x{code:08X}"));
    }
    Event {
        channel: Channel::ConnectionManager,
        source: CONNECTION_MANAGER,
        id,
        level,
        strings,
        message: format!("Listener {LISTENER} {rest}"),
    }
}

/// 1149: network level authentication let somebody through.
pub fn authenticated(user: &str, domain: &str, from: IpAddr) -> Event {
    Event {
        channel: Channel::ConnectionManager,
        source: CONNECTION_MANAGER,
        id: 1149,
        level: EventLevel::Information,
        strings: vec![user.to_owned(), domain.to_owned(), from.to_string()],
        message: format!(
            "Remote Desktop Services: User authentication succeeded:\r\n\r\nUser: {user}\r\nDomain: {domain}\r\nSource \
             Network Address: {from}"
        ),
    }
}

/// What is the matter with the certificate of the listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateEvent {
    /// 1051: what is bound cannot be used, the self-signed one is.
    BoundUnusable,
    /// 1052: it ends in so many days.
    EndsIn(u32),
    /// 1053: it has expired.
    Expired,
    /// 1056: a self-signed one was made; its thumbprint.
    Made(String),
    /// 1057: no self-signed one could be made.
    NotMade,
    /// 1058: the expired self-signed one could not be replaced.
    NotReplaced,
}

/// 1051 to 1058: the certificate of the listener.
///
/// Assumption: they stand in `System`; support pages say so, while the manifest of newer releases lists most of them
/// under the operational channel.
pub fn certificate(what: CertificateEvent) -> Event {
    let (id, level) = match what {
        CertificateEvent::BoundUnusable => (1051, EventLevel::Warning),
        CertificateEvent::EndsIn(_) => (1052, EventLevel::Warning),
        CertificateEvent::Expired => (1053, EventLevel::Error),
        CertificateEvent::Made(_) => (1056, EventLevel::Information),
        CertificateEvent::NotMade => (1057, EventLevel::Error),
        CertificateEvent::NotReplaced => (1058, EventLevel::Error),
    };
    let message = certificate_text(&what);
    let strings = match what {
        CertificateEvent::EndsIn(days) => vec![LISTENER.to_owned(), days.to_string()],
        CertificateEvent::Made(thumbprint) => vec![thumbprint],
        CertificateEvent::NotMade | CertificateEvent::NotReplaced => {
            vec!["Access is denied.".to_owned()]
        }
        CertificateEvent::BoundUnusable | CertificateEvent::Expired => vec![LISTENER.to_owned()],
    };
    Event {
        channel: Channel::System,
        source: CONNECTION_MANAGER,
        id,
        level,
        strings,
        message,
    }
}

fn certificate_text(what: &CertificateEvent) -> String {
    let text = match what {
        CertificateEvent::BoundUnusable => {
            "is configured to use SSL with user selected certificate, however, no usable certificate was found on the \
             server. The default certificate will be used for RD Session Host Server authentication from now on."
        }
        CertificateEvent::EndsIn(days) => {
            return format!(
                "The RD Session Host Server is configured to use a certificate that will expire in {days} days."
            );
        }
        CertificateEvent::Expired => "is configured to use a certificate that is expired.",
        CertificateEvent::Made(_) => {
            return "A new self signed certificate to be used for RD Session Host Server authentication on SSL connections \
                    was generated. The SHA1 hash of the certificate is in the event data."
                .to_owned();
        }
        CertificateEvent::NotMade => {
            "has failed to create a new self signed certificate to be used for RD Session Host Server authentication on SSL \
             connections. The relevant status code was Access is denied."
        }
        CertificateEvent::NotReplaced => {
            "has failed to replace the expired self signed certificate used for RD Session Host Server authentication on SSL \
             connections. The relevant status code was Access is denied."
        }
    };
    format!("The RD Session Host Server {text}")
}

/// 1068: the licensing mode is not set.
pub fn licensing_not_set() -> Event {
    licensing(
        1068,
        EventLevel::Warning,
        "The Remote Desktop licensing mode is not configured.",
    )
}

/// 1069: the grace period is over and the mode is not set.
pub fn grace_over() -> Event {
    licensing(
        1069,
        EventLevel::Error,
        "The RD Licensing grace period has expired and Licensing mode for the Remote Desktop Session Host server has not \
         been configured. Licensing mode must be configured for continuous operation.",
    )
}

fn licensing(id: u32, level: EventLevel, message: &str) -> Event {
    Event {
        channel: Channel::ConnectionManagerAdmin,
        source: CONNECTION_MANAGER,
        id,
        level,
        strings: Vec::new(),
        message: message.to_owned(),
    }
}

fn core(id: u32, level: EventLevel, strings: Vec<String>, message: String) -> Event {
    Event {
        channel: Channel::Core,
        source: CORE,
        id,
        level,
        strings,
        message,
    }
}

/// 131: a client's connection was accepted.
pub fn accepted(from: SocketAddr) -> Event {
    core(
        131,
        EventLevel::Information,
        vec!["TCP".to_owned(), from.to_string()],
        format!("The server accepted a new TCP connection from client {from}."),
    )
}

/// 98: the connection stands, its security agreed on.
pub fn established() -> Event {
    core(
        98,
        EventLevel::Information,
        Vec::new(),
        "A TCP connection has been successfully established.".to_owned(),
    )
}

/// 139: the security layer failed, with a status such as 0x80090304.
pub fn security_layer_failed(from: IpAddr, status: u32) -> Event {
    core(
        139,
        EventLevel::Warning,
        vec![format!("0x{status:08X}"), from.to_string()],
        format!(
            "The server security layer detected an error (0x{status:08X}) in the protocol stream and the client (Client \
             IP:{from}) has been disconnected."
        ),
    )
}

/// 140: user name or password were wrong.
pub fn wrong_password(from: IpAddr) -> Event {
    core(
        140,
        EventLevel::Warning,
        vec![from.to_string()],
        format!(
            "A connection from the client computer with an IP address of {from} failed because the user name or password is \
             not correct."
        ),
    )
}

/// 136: the UDP transport did not come about, TCP goes on alone.
pub fn no_udp_tunnel(result: u32) -> Event {
    core(
        136,
        EventLevel::Warning,
        vec!["0".to_owned(), format!("0x{result:08X}")],
        format!(
            "The multitransport tunnel could not be created; the connection falls back to TCP. The result is 0x{result:08X}."
        ),
    )
}

/// 56 of the driver: the protocol stream was not what it should be.
pub fn stream_error(from: IpAddr) -> Event {
    Event {
        channel: Channel::System,
        source: DRIVER,
        id: 56,
        level: EventLevel::Error,
        strings: vec![r"\Device\Termdd".to_owned(), from.to_string()],
        message: format!(
            "The Terminal Server security layer detected an error in the protocol stream and has disconnected the client. \
             Client IP: {from}."
        ),
    }
}

/// What keeps the gateway from accepting connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayEvent {
    /// 102: it has no valid certificate.
    NoCertificate,
    /// 103: it may not read the one it has.
    CertificateDenied,
}

/// 102 and 103 of the gateway role.
pub fn gateway(what: GatewayEvent) -> Event {
    let (id, message) = match what {
        GatewayEvent::NoCertificate => (
            102,
            "The RD Gateway service requires a valid Secure Sockets Layer (SSL) certificate to accept connections.",
        ),
        GatewayEvent::CertificateDenied => (
            103,
            "The RD Gateway service does not have sufficient permissions to access the Secure Sockets Layer (SSL) \
             certificate that is required to accept connections.",
        ),
    };
    Event {
        channel: Channel::Gateway,
        source: GATEWAY,
        id,
        level: EventLevel::Error,
        strings: Vec::new(),
        message: message.to_owned(),
    }
}
