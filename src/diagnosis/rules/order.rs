//! Rules between causes: which one explains what is seen of another, which one comes first, and which fit a code.

use super::Explained;
use super::Precedence;
use crate::diagnosis::signs::certificate;
use crate::diagnosis::signs::key;
use crate::diagnosis::signs::listener;
use crate::diagnosis::signs::path;
use crate::diagnosis::signs::policy;
use crate::diagnosis::signs::port;
use crate::diagnosis::signs::way;
use crate::finding::Cause;

/// What is seen from outside and looks the same for several causes (windows-facts 1.1, 1.4, 3).
///
/// Assumption: behind a Windows firewall that is on, a port that nothing listens on is silent instead of refused, so a
/// stopped service may show as packets that are dropped.
pub(in crate::diagnosis) static EXPLAINED: &[Explained] = &[
    Explained {
        sign: &way::PORT_REFUSED,
        by: &[
            Cause::RdpDisabled,
            Cause::ServiceDown,
            Cause::ListenerBroken,
            Cause::PortMismatch,
            Cause::DnsName,
        ],
    },
    Explained {
        sign: &way::PORT_SILENT,
        by: &[
            Cause::RdpDisabled,
            Cause::ServiceDown,
            Cause::ListenerBroken,
            Cause::PortMismatch,
            Cause::FirewallClosed,
            Cause::DnsName,
        ],
    },
    Explained {
        sign: &port::PORT_ASKED_ELSEWHERE,
        by: &[
            Cause::RdpDisabled,
            Cause::ServiceDown,
            Cause::ListenerBroken,
            Cause::FirewallClosed,
        ],
    },
    Explained {
        sign: &listener::CLOSED_UNANSWERED,
        by: &[
            Cause::ServiceDown,
            Cause::ListenerBroken,
            Cause::CertMissing,
            Cause::MachineKeys,
            Cause::HostResources,
            Cause::SessionLimit,
        ],
    },
    Explained {
        sign: &listener::SILENT_UNANSWERED,
        by: &[Cause::ServiceDown, Cause::HostResources],
    },
    Explained {
        sign: &listener::NOT_RDP,
        by: &[Cause::DnsName, Cause::PortMismatch],
    },
    // A handshake that stalls uses up the time of the visit.
    Explained {
        sign: &path::TIME_UP,
        by: &[Cause::PathMtu],
    },
    Explained {
        sign: &certificate::CERTIFICATE_LACKING,
        by: &[
            Cause::ListenerBroken,
            Cause::CertMissing,
            Cause::MachineKeys,
        ],
    },
    Explained {
        sign: &key::TLS_CLOSED,
        by: &[
            Cause::ListenerBroken,
            Cause::CertMissing,
            Cause::TlsMismatch,
            Cause::ServiceDown,
            Cause::HostResources,
        ],
    },
];

/// Roots before what grows from them; rows further down may rely on those above.
pub(in crate::diagnosis) static PRECEDENCE: &[Precedence] = &[
    // What another machine shows says nothing about this one.
    always(Cause::DnsName, Cause::CertExpired),
    always(Cause::DnsName, Cause::CertMissing),
    always(Cause::DnsName, Cause::CertWeak),
    always(Cause::DnsName, Cause::MachineKeys),
    always(Cause::DnsName, Cause::NlaMismatch),
    always(Cause::DnsName, Cause::SecurityLayerMismatch),
    always(Cause::DnsName, Cause::TlsMismatch),
    always(Cause::DnsName, Cause::ListenerBroken),
    always(Cause::DnsName, Cause::TcpBlocked),
    // A local change would be undone (windows-facts 0.2).
    when(
        Cause::PolicyOwned,
        Cause::RdpDisabled,
        &policy::POLICY_DENIES,
    ),
    when(Cause::PolicyOwned, Cause::NlaMismatch, &policy::POLICY_NLA),
    when(
        Cause::PolicyOwned,
        Cause::SecurityLayerMismatch,
        &policy::POLICY_LAYER,
    ),
    when(
        Cause::PolicyOwned,
        Cause::SessionLimit,
        &policy::POLICY_LIMIT,
    ),
    // Without its service nothing else of a host can be tried.
    always(Cause::ServiceDown, Cause::FirewallClosed),
    // Without a clock that is right, a new certificate has wrong dates (windows-facts 11).
    when(
        Cause::TimeSkew,
        Cause::CertExpired,
        &certificate::CLOCK_DECIDES_DATES,
    ),
    // As long as the key file cannot be opened, no certificate can be made (windows-facts 2.3, 3).
    always(Cause::MachineKeys, Cause::CertExpired),
    always(Cause::MachineKeys, Cause::CertMissing),
    when(
        Cause::ListenerBroken,
        Cause::CertMissing,
        &listener::STORE_UNNAMED,
    ),
    when(
        Cause::ListenerBroken,
        Cause::MachineKeys,
        &listener::STORE_UNNAMED,
    ),
    // A certificate that has to be replaced anyway gets its name and key then.
    always(Cause::CertExpired, Cause::CertWeak),
    // The update is the cure; the setting only gets round it (windows-facts 4.5).
    always(Cause::PatchLevel, Cause::CredSspOracle),
    // The same state of things, seen from its cause.
    always(Cause::SecurityLayerMismatch, Cause::NlaMismatch),
    always(Cause::RolesServices, Cause::GatewayHttp),
];

const fn always(first: Cause, then: Cause) -> Precedence {
    Precedence {
        first,
        then,
        when: None,
    }
}

const fn when(
    first: Cause,
    then: Cause,
    sign: &'static crate::diagnosis::signs::Sign,
) -> Precedence {
    Precedence {
        first,
        then,
        when: Some(sign),
    }
}
