//! `rdp_listener`: how the listener `RDP-Tcp` negotiates, and on which port.
//!
//! One query of Win32_TSGeneralSetting, its setters; the port, only when it is stated, in the registry. Changes of the
//! negotiation hold for new connections without a restart. A new port needs TermService restarted at the end of the play
//! and a firewall rule that follows, so it may lock out.

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Instance;
use crate::cim::RegistryData;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Layer;
use crate::resource::Resource;
use crate::resource::terminal_services;
use crate::resource::words::words;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

mod correct;
mod parse;

words! {
    /// `UserAuthenticationRequired` (windows-facts 4.1).
    pub enum Nla {
        /// Clients may sign in on the desktop.
        NotRequired = "not_required", 0;
        /// Clients sign in before they get a desktop.
        Required = "required", 1;
    }
}

words! {
    /// `SecurityLayer`.
    ///
    /// Assumption: the property counts 0, 1, 2 like the registry and the setter do; one manual page says 1 to 4.
    pub enum SecurityLayer {
        /// Classic encryption of RDP, without a certificate.
        Rdp = "rdp", 0;
        /// TLS with those that can.
        Negotiate = "negotiate", 1;
        /// TLS only.
        Tls = "tls", 2;
    }
}

words! {
    /// `MinEncryptionLevel`; only `fips` matters to TLS.
    pub enum Encryption {
        /// 56 bits, towards the host only.
        Low = "low", 1;
        /// The best that the client can.
        ClientCompatible = "client_compatible", 2;
        /// 128 bits or nothing.
        High = "high", 3;
        /// FIPS 140 algorithms or nothing.
        Fips = "fips", 4;
    }
}

/// How the listener shall be; what is `None` is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RdpListener {
    /// Network Level Authentication.
    pub nla: Option<Nla>,
    /// What secures a connection.
    pub security_layer: Option<SecurityLayer>,
    /// How strong classic encryption must be.
    pub min_encryption: Option<Encryption>,
    /// The TCP (and UDP) port.
    pub port: Option<u16>,
}

/// What a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// There is no listener of that name.
    Missing,
    /// The listener.
    Found(Listener),
}

/// A listener as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// `UserAuthenticationRequired`.
    pub nla: Setting,
    /// `SecurityLayer`.
    pub security_layer: Setting,
    /// `MinEncryptionLevel`.
    pub min_encryption: Setting,
    /// `PortNumber`; not looked at unless it is stated, `None` inside when it is not set.
    pub port: Option<Option<u32>>,
}

/// An effective value and who decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The number that Windows uses.
    pub number: u64,
    /// Who decides it.
    pub layer: Layer,
}

impl Setting {
    fn of(instance: &Instance, name: &str) -> Result<Self, CimError> {
        Ok(Self {
            number: instance.uint(name)?,
            layer: terminal_services::layer(instance, name),
        })
    }
}

impl Resource for RdpListener {
    const KIND: &'static str = "rdp_listener";
    const ABOUT: &'static str = "How the listener RDP-Tcp negotiates, and on which port";
    const EXAMPLE: &'static str = "\
- name: connections are secured by TLS and sign in first
  rdp_listener:
    nla: required
    security_layer: tls
    min_encryption: high
    port: 3389
";
    const PROPERTIES: &'static [Property] = &[
        Property {
            name: "nla",
            shape: Shape::Word(Nla::WORDS),
            required: false,
            about: "Whether clients must sign in before they get a desktop (Network Level Authentication)",
        },
        Property {
            name: "security_layer",
            shape: Shape::Word(SecurityLayer::WORDS),
            required: false,
            about: "What secures a connection; raises `min_encryption` from `low` when TLS needs it",
        },
        Property {
            name: "min_encryption",
            shape: Shape::Word(Encryption::WORDS),
            required: false,
            about: "How strong encryption without TLS must be; `fips` also binds TLS",
        },
        Property {
            name: "port",
            shape: Shape::Integer { min: 1, max: 65535 },
            required: false,
            about: "The port; restarts TermService at the end of the play, and a firewall rule must follow",
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
        let found = host.query(terminal_services::general()).await?;
        let Some(general) = found.into_iter().next() else {
            return Ok(Observed::Missing);
        };
        let port = match self.port {
            None => None,
            Some(_) => Some(observe_port(host).await?),
        };
        Ok(Observed::Found(Listener {
            nla: Setting::of(&general, "UserAuthenticationRequired")?,
            security_layer: Setting::of(&general, "SecurityLayer")?,
            min_encryption: Setting::of(&general, "MinEncryptionLevel")?,
            port,
        }))
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        match observed {
            Observed::Missing => self.missing(),
            Observed::Found(listener) => self.changes(listener),
        }
    }
}

async fn observe_port(host: &dyn CimReader) -> Result<Option<u32>, CimError> {
    let place = terminal_services::listener().value("PortNumber", RegistryKind::Dword);
    let data = host.registry(place).await?;
    Ok(data.and_then(|data| match data {
        RegistryData::Dword(number) => Some(number),
        RegistryData::Text(_)
        | RegistryData::ExpandText(_)
        | RegistryData::Binary(_)
        | RegistryData::MultiText(_)
        | RegistryData::Qword(_) => None,
    }))
}

/// The word for a number, or the number itself when there is none.
fn shown(number: u64, word: Option<&'static str>) -> Value {
    word.map_or(Value::Uint(number), Value::text)
}
