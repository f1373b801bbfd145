//! `rdp_access`: whether a host accepts Remote Desktop connections at all.
//!
//! Reads Win32_TerminalServiceSetting (root/cimv2/TerminalServices) and calls SetAllowTSConnections, leaving the firewall
//! to `firewall_rule`. Denying may lock out; allowing is harmless. Takes effect at once for new connections.

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Query;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::Resource;
use crate::resource::terminal_services;
use crate::resource::words::words;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

const CLASS: &str = "Win32_TerminalServiceSetting";

words! {
    /// Whether connections are accepted: `AllowTSConnections` (windows-facts 4.1).
    pub enum Connections {
        /// Nobody comes in.
        Denied = "denied", 0;
        /// Those with the right to come in do.
        Allowed = "allowed", 1;
    }
}

/// Whether connections shall be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdpAccess {
    /// What is wanted.
    pub connections: Connections,
}

/// What a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// The provider shows no settings.
    Missing,
    /// The settings.
    Found {
        /// `ServerName`, the key of the object.
        server: String,
        /// The effective value.
        connections: Connections,
        /// Who decides it.
        layer: Layer,
    },
}

impl Resource for RdpAccess {
    const KIND: &'static str = "rdp_access";
    const ABOUT: &'static str = "Whether the host accepts Remote Desktop connections";
    const EXAMPLE: &'static str = "\
- name: Remote Desktop is on
  rdp_access:
    connections: allowed
";
    const PROPERTIES: &'static [Property] = &[Property {
        name: "connections",
        shape: Shape::Word(Connections::WORDS),
        required: true,
        about: "Whether new connections are accepted; the firewall is not touched",
    }];
    type Observed = Observed;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        let connections = args.text("connections").and_then(Connections::from_word)?;
        args.is_clean().then_some(Self { connections })
    }

    fn id(&self) -> String {
        terminal_services::LISTENER.to_owned()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observed, CimError> {
        let query = Query::all(Namespace::TERMINAL_SERVICES, CLASS);
        let Some(setting) = host.query(query).await?.into_iter().next() else {
            return Ok(Observed::Missing);
        };
        let connections = match setting.uint("AllowTSConnections")? {
            0 => Connections::Denied,
            _ => Connections::Allowed,
        };
        Ok(Observed::Found {
            server: setting.text("ServerName")?.to_owned(),
            connections,
            layer: terminal_services::layer(&setting, "AllowTSConnections"),
        })
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        let (from, layer, remedy) = match observed {
            Observed::Missing => (
                Value::Null,
                Layer::Default,
                Remedy::Manual {
                    advice: "the provider of Win32_TerminalServiceSetting (TSCfgWmi.dll) answers with no object: repair the \
                             Remote Desktop components of Windows"
                        .to_owned(),
                },
            ),
            Observed::Found { connections, .. } if *connections == self.connections => {
                return Vec::new();
            }
            Observed::Found {
                server,
                connections,
                layer,
            } => (
                Value::text(connections.word()),
                *layer,
                remedy(server, (*connections, self.connections), *layer),
            ),
        };
        vec![Change {
            property: "connections",
            from,
            to: Value::text(self.connections.word()),
            decided_by: layer,
            remedy,
            disruption: match self.connections {
                Connections::Allowed => Disruption::Harmless,
                Connections::Denied => Disruption::MayLockOut,
            },
            restart: None,
        }]
    }
}

fn remedy(server: &str, (from, to): (Connections, Connections), layer: Layer) -> Remedy {
    if layer == Layer::Policy {
        return Remedy::OwnedByPolicy {
            setting: terminal_services::policy_value("fDenyTSConnections"),
        };
    }
    Remedy::Steps {
        apply: vec![set(server, to)],
        undo: vec![set(server, from)],
    }
}

/// The second argument would also switch the firewall group, which `firewall_rule` manages.
fn set(server: &str, connections: Connections) -> Step {
    terminal_services::setter(
        ObjectPath::class(Namespace::TERMINAL_SERVICES, CLASS).key("ServerName", server),
        "SetAllowTSConnections",
        vec![
            ("AllowTSConnections", Value::from(connections.number())),
            ("ModifyFirewallException", Value::from(0_u32)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::Connections;
    use super::Observed;
    use super::RdpAccess;
    use crate::plan::Disruption;
    use crate::plan::Layer;
    use crate::plan::Remedy;
    use crate::resource::Resource;

    fn seen(connections: Connections, layer: Layer) -> Observed {
        Observed::Found {
            server: "HOST01".to_owned(),
            connections,
            layer,
        }
    }

    const ALLOWED: RdpAccess = RdpAccess {
        connections: Connections::Allowed,
    };

    #[test]
    fn allowed_is_compliant_whoever_decides_it() {
        for layer in [Layer::Policy, Layer::Local, Layer::Default] {
            assert_eq!(ALLOWED.diff(&seen(Connections::Allowed, layer)), []);
        }
    }

    #[test]
    fn denied_is_drift_and_undo_denies_again() {
        let changes = ALLOWED.diff(&seen(Connections::Denied, Layer::Local));
        let [change] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        assert_eq!(change.disruption, Disruption::Harmless);
        let Remedy::Steps { apply, undo } = &change.remedy else {
            panic!("{change:?}")
        };
        assert_eq!(*apply, [super::set("HOST01", Connections::Allowed)]);
        assert_eq!(*undo, [super::set("HOST01", Connections::Denied)]);
    }

    #[test]
    fn a_policy_is_left_alone() {
        let changes = ALLOWED.diff(&seen(Connections::Denied, Layer::Policy));
        assert_eq!(
            changes[0].remedy,
            Remedy::OwnedByPolicy {
                setting: r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services\fDenyTSConnections"
                    .to_owned()
            }
        );
    }

    #[test]
    fn denying_may_lock_out() {
        let denied = RdpAccess {
            connections: Connections::Denied,
        };
        let changes = denied.diff(&seen(Connections::Allowed, Layer::Local));
        assert_eq!(changes[0].disruption, Disruption::MayLockOut);
    }

    #[test]
    fn a_provider_without_settings_needs_a_person() {
        let changes = ALLOWED.diff(&Observed::Missing);
        assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
    }
}
