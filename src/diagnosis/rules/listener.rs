//! Rules of the service, the listener, its port and the firewall before it.

use super::Rule;
use crate::diagnosis::rules::Supports::Hint;
use crate::diagnosis::rules::Supports::KeepsOut;
use crate::diagnosis::rules::Supports::Nothing;
use crate::diagnosis::rules::Supports::Weakens;
use crate::diagnosis::signs::firewall;
use crate::diagnosis::signs::listener;
use crate::diagnosis::signs::port;
use crate::diagnosis::signs::service;
use crate::diagnosis::signs::way;
use crate::finding::Cause;

/// In the order of the catalogue, strongest first.
pub(super) static ROWS: &[Rule] = &[
    Rule::new(
        Cause::RdpDisabled,
        &listener::CONNECTIONS_DENIED,
        KeepsOut(95),
        60,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::RdpDisabled,
        &listener::SERVER_OFF,
        KeepsOut(80),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::RdpDisabled,
        &way::PORT_REFUSED,
        Hint(25),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::RdpDisabled,
        &way::PORT_SILENT,
        Hint(15),
        0,
        "windows-facts 6.1",
    ),
    Rule::new(
        Cause::ServiceDown,
        &service::SERVICE_STOPPED,
        KeepsOut(95),
        40,
        "windows-facts 7",
    ),
    Rule::new(
        Cause::ServiceDown,
        &service::KEY_SERVICES_OFF,
        Weakens(55),
        0,
        "windows-facts 7",
    ),
    Rule::new(
        Cause::ServiceDown,
        &service::SIDE_SERVICES_OFF,
        Weakens(50),
        0,
        "windows-facts 7",
    ),
    Rule::new(
        Cause::ServiceDown,
        &service::SERVICE_FAILED,
        Hint(15),
        0,
        "windows-facts 10.2",
    ),
    Rule::new(
        Cause::ServiceDown,
        &way::PORT_REFUSED,
        Hint(25),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::ServiceDown,
        &way::PORT_SILENT,
        Hint(15),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::ServiceDown,
        &listener::SILENT_UNANSWERED,
        Hint(15),
        0,
        "windows-facts 7",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::PROTOCOL_WRONG,
        KeepsOut(90),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::STATION_OFF,
        KeepsOut(85),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::STORE_UNNAMED,
        KeepsOut(80),
        0,
        "windows-facts 2.1",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::ADAPTER_GONE,
        KeepsOut(85),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::PORT_TAKEN,
        KeepsOut(85),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::NOT_LISTENING,
        KeepsOut(70),
        10,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::LISTENER_FAILED,
        Hint(15),
        0,
        "windows-facts 10.2",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::CLOSED_UNANSWERED,
        KeepsOut(60),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::SILENT_UNANSWERED,
        KeepsOut(60),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &listener::NOT_RDP,
        KeepsOut(60),
        0,
        "windows-facts 1.4",
    ),
    Rule::new(
        Cause::ListenerBroken,
        &way::PORT_REFUSED,
        Hint(10),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::PortMismatch,
        &port::PORT_MOVED,
        KeepsOut(85),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::PortMismatch,
        &port::OWN_PORT_ANSWERS,
        KeepsOut(90),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::PortMismatch,
        &port::FIREWALL_ELSEWHERE,
        KeepsOut(60),
        0,
        "windows-facts 6.3",
    ),
    Rule::new(
        Cause::PortMismatch,
        &port::PORT_ASKED_ELSEWHERE,
        Hint(20),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::PortMismatch,
        &way::PORT_SHUT,
        Nothing,
        100,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::FirewallClosed,
        &firewall::FIREWALL_SHUT,
        KeepsOut(90),
        60,
        "windows-facts 6.3",
    ),
    Rule::new(
        Cause::FirewallClosed,
        &firewall::FIREWALL_HALF_SHUT,
        Weakens(45),
        0,
        "windows-facts 6.3",
    ),
    Rule::new(
        Cause::FirewallClosed,
        &way::PORT_SILENT,
        Hint(30),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::FirewallClosed,
        &way::PORT_SHUT,
        Nothing,
        100,
        "windows-facts 1.1",
    ),
];
