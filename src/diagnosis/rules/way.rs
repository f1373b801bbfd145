//! Rules of name, reachability and the way to the host.

use super::Rule;
use crate::diagnosis::rules::Supports::Hint;
use crate::diagnosis::rules::Supports::KeepsOut;
use crate::diagnosis::rules::Supports::Nothing;
use crate::diagnosis::rules::Supports::Weakens;
use crate::diagnosis::signs::path;
use crate::diagnosis::signs::way;
use crate::finding::Cause;

/// In the order of the catalogue, strongest first.
pub(super) static ROWS: &[Rule] = &[
    Rule::new(
        Cause::DnsName,
        &way::NAME_UNKNOWN,
        KeepsOut(90),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::DnsName,
        &way::OTHER_MACHINE,
        KeepsOut(95),
        60,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::DnsName,
        &way::FOREIGN_CERTIFICATE,
        Hint(20),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::DnsName,
        &way::ANOTHER_NAME,
        Hint(25),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::TcpBlocked,
        &way::PORT_REFUSED,
        KeepsOut(60),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::TcpBlocked,
        &way::PORT_SILENT,
        KeepsOut(65),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::TcpBlocked,
        &way::HOST_SILENT,
        Hint(10),
        0,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::TcpBlocked,
        &way::HOST_IS_READY,
        KeepsOut(35),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::TcpBlocked,
        &way::PORT_SHUT,
        Nothing,
        100,
        "windows-facts 1.1",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::LOSS,
        Weakens(55),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::HEAVY_LOSS,
        KeepsOut(35),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::SLOW,
        Weakens(50),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::TIME_UP,
        Weakens(50),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::UNEVEN,
        Weakens(40),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::PINGS_LOST,
        Weakens(30),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::PathQuality,
        &path::PINGS_SLOW,
        Weakens(30),
        0,
        "windows-facts 11",
    ),
    Rule::new(
        Cause::PathMtu,
        &path::LARGE_LOST,
        KeepsOut(80),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathMtu,
        &path::TLS_STALLS,
        KeepsOut(55),
        0,
        "windows-facts 8",
    ),
    Rule::new(
        Cause::PathMtu,
        &path::LARGE_PING_LOST,
        Weakens(30),
        0,
        "windows-facts 11",
    ),
    Rule::new(Cause::PathMtu, &path::JUMBO, Hint(5), 0, "windows-facts 8"),
    Rule::new(
        Cause::UdpTransport,
        &path::UDP_FAILED,
        Weakens(55),
        0,
        "windows-facts 8, 10.2",
    ),
];
