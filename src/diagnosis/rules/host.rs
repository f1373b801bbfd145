//! Rules of the host as a whole, its roles, the client's side and Group Policy.

use super::Rule;
use crate::diagnosis::rules::Supports::Hint;
use crate::diagnosis::rules::Supports::KeepsOut;
use crate::diagnosis::rules::Supports::Weakens;
use crate::diagnosis::signs::gateway;
use crate::diagnosis::signs::host;
use crate::diagnosis::signs::listener;
use crate::diagnosis::signs::policy;
use crate::diagnosis::signs::service;
use crate::finding::Cause;

/// In the order of the catalogue, strongest first.
pub(super) static ROWS: &[Rule] = &[
    Rule::new(
        Cause::HostResources,
        &host::MEMORY_OUT,
        KeepsOut(75),
        0,
        "windows-facts 9.1",
    ),
    Rule::new(
        Cause::HostResources,
        &host::DRIVE_FULL,
        Weakens(50),
        0,
        "windows-facts 9.1",
    ),
    Rule::new(
        Cause::HostResources,
        &host::MEMORY_LOW,
        Weakens(45),
        0,
        "windows-facts 9.1",
    ),
    Rule::new(
        Cause::HostResources,
        &listener::SILENT_UNANSWERED,
        Hint(20),
        0,
        "windows-facts 9.1",
    ),
    Rule::new(
        Cause::HostResources,
        &listener::CLOSED_UNANSWERED,
        Hint(10),
        0,
        "windows-facts 9.1",
    ),
    Rule::new(
        Cause::SessionLimit,
        &host::DRAINING,
        KeepsOut(90),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::SessionLimit,
        &host::LOGONS_OFF,
        KeepsOut(85),
        0,
        "windows-facts 4.1",
    ),
    Rule::new(
        Cause::SessionLimit,
        &host::LIMIT_REACHED,
        KeepsOut(85),
        0,
        "windows-facts 9.1",
    ),
    Rule::new(
        Cause::Licensing,
        &host::GRACE_OVER,
        KeepsOut(90),
        0,
        "windows-facts 9.2",
    ),
    Rule::new(
        Cause::Licensing,
        &host::LICENCE_SERVERS_AWAY,
        Weakens(45),
        0,
        "windows-facts 9.2",
    ),
    Rule::new(
        Cause::Licensing,
        &host::LICENSING_UNSET,
        Weakens(40),
        0,
        "windows-facts 9.2",
    ),
    Rule::new(
        Cause::Licensing,
        &host::LICENSING_EVENTS,
        Hint(15),
        0,
        "windows-facts 9.2",
    ),
    Rule::new(
        Cause::GatewayCertificate,
        &gateway::GATEWAY_SHOWN_BAD,
        KeepsOut(85),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayCertificate,
        &gateway::GATEWAY_BOUND_BAD,
        KeepsOut(85),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayCertificate,
        &gateway::GATEWAY_TLS_FAILS,
        KeepsOut(70),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayCertificate,
        &gateway::GATEWAY_UNTRUSTED,
        Weakens(50),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayCertificate,
        &gateway::GATEWAY_EVENTS,
        Hint(20),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayHttp,
        &gateway::GATEWAY_ANSWERS_OTHERWISE,
        KeepsOut(80),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayHttp,
        &service::WEB_SERVER_STOPPED,
        KeepsOut(85),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayHttp,
        &gateway::GATEWAY_SHUT,
        KeepsOut(80),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::GatewayHttp,
        &gateway::GATEWAY_TRANSPORT_OFF,
        Weakens(50),
        0,
        "windows-facts 9.4",
    ),
    Rule::new(
        Cause::RolesServices,
        &service::ROLE_STOPPED,
        KeepsOut(85),
        0,
        "windows-facts 9.3",
    ),
    Rule::new(
        Cause::RolesServices,
        &service::ROLE_SIDE_STOPPED,
        Weakens(45),
        0,
        "windows-facts 9.3",
    ),
    Rule::new(
        Cause::ClientPolicy,
        &host::DELEGATION_DENIED,
        Weakens(55),
        0,
        "windows-facts 4.3",
    ),
    Rule::new(
        Cause::ClientPolicy,
        &host::CLIENT_TLS_OFF,
        Weakens(40),
        0,
        "windows-facts 5",
    ),
    Rule::new(
        Cause::PolicyOwned,
        &policy::POLICY_DENIES,
        KeepsOut(95),
        0,
        "windows-facts 0.2",
    ),
    Rule::new(
        Cause::PolicyOwned,
        &policy::POLICY_LAYER,
        KeepsOut(95),
        0,
        "windows-facts 0.2",
    ),
    Rule::new(
        Cause::PolicyOwned,
        &policy::POLICY_LIMIT,
        KeepsOut(95),
        0,
        "windows-facts 0.2",
    ),
    Rule::new(
        Cause::PolicyOwned,
        &policy::POLICY_NLA,
        Weakens(95),
        0,
        "windows-facts 0.2",
    ),
];
