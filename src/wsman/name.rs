//! The namespaces of the wire. Elements are matched on these and a local name, never on a prefix.

use std::rc::Rc;

/// The anonymous role of WS-Addressing: where answers go.
pub(super) const ANONYMOUS: &str =
    "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";

/// The namespace of an element or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ns {
    /// None at all.
    Absent,
    /// SOAP 1.2
    Soap,
    /// WS-Addressing
    Addressing,
    /// WS-Transfer
    Transfer,
    /// WS-Enumeration
    Enumeration,
    /// WS-Management
    Wsman,
    /// WS-Management's binding to CIM
    CimBinding,
    /// Microsoft's additions to WS-Management
    Microsoft,
    /// WS-Eventing
    Eventing,
    /// CIM's own types
    Cim,
    /// Microsoft's faults
    Fault,
    /// Identify
    Identity,
    /// XML Schema instance
    Xsi,
    /// Any other, classes among them.
    Other(Rc<str>),
}

impl Ns {
    /// The URI; empty for [`Ns::Absent`].
    pub(super) fn uri(&self) -> &str {
        match self {
            Self::Absent => "",
            Self::Soap => "http://www.w3.org/2003/05/soap-envelope",
            Self::Addressing => "http://schemas.xmlsoap.org/ws/2004/08/addressing",
            Self::Transfer => "http://schemas.xmlsoap.org/ws/2004/09/transfer",
            Self::Enumeration => "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
            Self::Wsman => "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
            Self::CimBinding => "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd",
            Self::Microsoft => "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
            Self::Eventing => "http://schemas.xmlsoap.org/ws/2004/08/eventing",
            Self::Cim => "http://schemas.dmtf.org/wbem/wscim/1/common",
            Self::Fault => "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
            Self::Identity => "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd",
            Self::Xsi => "http://www.w3.org/2001/XMLSchema-instance",
            Self::Other(uri) => uri,
        }
    }

    /// The one with this URI, unless it is [`Ns::Other`].
    pub(super) fn known(uri: &str) -> Option<Self> {
        let all = [
            Self::Absent,
            Self::Soap,
            Self::Addressing,
            Self::Transfer,
            Self::Enumeration,
            Self::Wsman,
            Self::CimBinding,
            Self::Microsoft,
            Self::Eventing,
            Self::Cim,
            Self::Fault,
            Self::Identity,
            Self::Xsi,
        ];
        all.into_iter().find(|ns| ns.uri() == uri)
    }
}
