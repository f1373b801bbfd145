//! `rdp_certificate`: the certificate with which the listener proves who it is.
//!
//! Reads the binding from Win32_TSGeneralSetting and the certificate itself from the registry's stores, judged by the
//! host's own clock. A self-signed certificate that will not do is made anew the safe way: its store entry is removed and
//! SessionEnv, which makes these certificates, is restarted; a new thumbprint is waited for. MachineKeys is never
//! touched. Making one anew restarts a service that carries no sessions; binding one of an authority is harmless; going
//! back from a bound one to the self-signed one needs TermService restarted at the end of the play, which drops sessions.

use jiff::Timestamp;

use crate::certificate::StoredCertificate;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::plan::Change;
use crate::resource::Resource;
use crate::resource::rdp_certificate::thumbprint::Thumbprint;
use crate::resource::service::seen::Seen;
use crate::resource::terminal_services;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

mod correct;
mod judge;
mod look;
mod parse;
pub mod thumbprint;

/// Where the certificate shall come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Wherever it comes from now: one that somebody bound is judged but not replaced, unless nothing of it is left.
    Whatever,
    /// The host makes it itself.
    SelfSigned,
    /// It lies in the personal store of the machine.
    Thumbprint(Thumbprint),
}

/// Whether the certificate must name the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Its common name or one of its DNS names is a name of the host.
    OfHost,
    /// Any name will do.
    Any,
}

/// How the certificate shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdpCertificate {
    /// Where it comes from.
    pub source: Source,
    /// How many days it must at least be valid from now.
    pub min_days_left: u32,
    /// How many bits an RSA key must at least have.
    pub min_key_bits: u32,
    /// Whom it names.
    pub naming: Naming,
}

/// What a host has.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// There is no listener.
    Missing,
    /// The listener's certificate.
    Found(Box<Host>),
}

/// A host, as far as its certificate needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// What the host's clock shows.
    pub now: Timestamp,
    /// Its names in lower case; empty when they do not matter.
    pub names: Vec<String>,
    /// What the listener is told to use.
    pub binding: Binding,
    /// The certificate of the binding, or the one that shall be bound; not looked at unless it matters.
    pub personal: Option<Held>,
    /// The host's own certificate; not looked at unless it matters.
    pub own: Option<Own>,
}

/// `SSLCertificateSHA1HashType` (windows-facts 2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// 1: nothing is bound, so the host's own certificate is used.
    SelfSigned,
    /// 2: Group Policy enrols and binds one.
    Policy(Option<Thumbprint>),
    /// 3, or 0 when the bound one cannot be used: somebody bound one.
    Custom(Option<Thumbprint>),
}

/// A certificate in a store.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// It is not there.
    Gone,
    /// It is there but not a certificate.
    Unreadable,
    /// It is there.
    Stored(Box<StoredCertificate>),
}

/// The host's own certificate and what makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// `SelfSignedCertificate`: the bytes of its thumbprint.
    pub pointer: Option<Vec<u8>>,
    /// `SelfSignedCertStore`, without which the listener neither loads nor makes one.
    pub store: Option<String>,
    /// The store entry as it is, to be able to bring it back.
    pub blob: Option<Vec<u8>>,
    /// What the entry says.
    pub held: Held,
    /// The service that makes certificates; looked at only when one has to be made, `None` when it is not installed.
    pub maker: Option<Seen>,
}

impl Resource for RdpCertificate {
    const KIND: &'static str = "rdp_certificate";
    const ABOUT: &'static str = "The certificate with which the listener proves who it is";
    const EXAMPLE: &'static str = "\
- name: the listener has a certificate that lasts two weeks
  rdp_certificate:
    state: valid
    source: self_signed
    min_days_left: 14
    min_key_bits: 2048
    names_host: true
";
    const PROPERTIES: &'static [Property] = &[
        Property {
            name: "state",
            shape: Shape::Word(&["valid"]),
            required: false,
            about: "There is one, it can be read, and it is within its dates by the host's clock",
        },
        Property {
            name: "source",
            shape: Shape::Word(&["self_signed", "thumbprint"]),
            required: false,
            about: "Where it comes from; left out, a certificate that somebody bound is judged but not replaced, unless \
                    it is gone or has no key",
        },
        Property {
            name: "thumbprint",
            shape: Shape::Text,
            required: false,
            about: "The SHA-1 of a certificate in the machine's personal store, which is bound to the listener",
        },
        Property {
            name: "min_days_left",
            shape: Shape::Integer { min: 0, max: 3650 },
            required: false,
            about: "How many days it must at least be valid from now; 0 when left out",
        },
        Property {
            name: "min_key_bits",
            shape: Shape::Integer {
                min: 1024,
                max: 16384,
            },
            required: false,
            about: "How many bits an RSA key must at least have; 2048 when left out",
        },
        Property {
            name: "names_host",
            shape: Shape::Bool,
            required: false,
            about: "Whether it must name the host; `true` when left out",
        },
    ];
    type Observed = Observed;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        parse::parse(args)
    }

    fn id(&self) -> String {
        terminal_services::LISTENER.to_owned()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observed, CimError> {
        look::look(self, host).await
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        match observed {
            Observed::Missing => vec![correct::no_listener()],
            Observed::Found(host) => self.changes(host),
        }
    }
}

#[cfg(test)]
mod tests;
