//! `credssp`: how a host treats peers without the CredSSP update of 2018 (CVE-2018-0886).
//!
//! Reads and writes `AllowEncryptionOracle` with StdRegProv. Names only, because the numbers run against intuition. A
//! change takes effect after a reboot. `vulnerable` is a timed exception at best: the cure is to update the older side.

use crate::cim::Call;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::RegistryPath;
use crate::cim::Value;
use crate::diag::Diagnostic;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::Resource;
use crate::resource::words::words;
use crate::syntax::Args;
use crate::syntax::Property;
use crate::syntax::Shape;

const KEY: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters";
const VALUE: &str = "AllowEncryptionOracle";

/// Assumption: a value at the place where the policy "Encryption Oracle Remediation" lands is treated as the host's own,
/// because CIM cannot tell a local write from Group Policy there; if it is policy, the next refresh shows it as
/// unconverged.
const LAYER_WHEN_SET: Layer = Layer::Local;

words! {
    /// `AllowEncryptionOracle` (windows-facts 4.5).
    pub enum EncryptionOracle {
        /// Peers without the update are refused in both directions.
        ForceUpdatedClients = "force_updated_clients", 0;
        /// As a client, peers without the update are refused; as a server, they are accepted. The default.
        Mitigated = "mitigated", 1;
        /// Everybody is accepted.
        Vulnerable = "vulnerable", 2;
    }
}

/// What holds when nobody set anything, since the update of May 2018.
const DEFAULT: EncryptionOracle = EncryptionOracle::Mitigated;

/// How peers without the update shall be treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credssp {
    /// What is wanted.
    pub encryption_oracle: EncryptionOracle,
}

/// What a host has; `None` when nothing is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed(pub Option<u32>);

impl Resource for Credssp {
    const KIND: &'static str = "credssp";
    const ABOUT: &'static str = "How CredSSP treats peers that lack the update of 2018";
    const EXAMPLE: &'static str = "\
- name: peers without the CredSSP update are refused
  credssp:
    encryption_oracle: force_updated_clients
";
    const PROPERTIES: &'static [Property] = &[Property {
        name: "encryption_oracle",
        shape: Shape::Word(EncryptionOracle::WORDS),
        required: true,
        about: "Who is accepted; Windows falls back to `mitigated` when nothing is set",
    }];
    type Observed = Observed;

    fn parse(args: &mut Args<'_>) -> Option<Self> {
        let encryption_oracle = args
            .text("encryption_oracle")
            .and_then(EncryptionOracle::from_word)?;
        if encryption_oracle == EncryptionOracle::Vulnerable
            && let Some(node) = args.node("encryption_oracle")
        {
            args.push(
                Diagnostic::warning("weakens-host", "`vulnerable` weakens the host")
                    .at(&node.span)
                    .label("accepts peers that can be attacked (CVE-2018-0886)")
                    .help("update the older side; until then use this for a limited time only"),
            );
        }
        args.is_clean().then_some(Self { encryption_oracle })
    }

    fn id(&self) -> String {
        VALUE.to_owned()
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observed, CimError> {
        let data = host.registry(place()).await?;
        Ok(Observed(data.and_then(|data| match data {
            RegistryData::Dword(number) => Some(number),
            RegistryData::Text(_)
            | RegistryData::ExpandText(_)
            | RegistryData::Binary(_)
            | RegistryData::MultiText(_)
            | RegistryData::Qword(_) => None,
        })))
    }

    fn diff(&self, observed: &Observed) -> Vec<Change> {
        let (from, layer) = match observed.0 {
            None => (Value::text(DEFAULT.word()), Layer::Default),
            Some(number) => (shown(number), LAYER_WHEN_SET),
        };
        let to = Value::text(self.encryption_oracle.word());
        if from == to {
            return Vec::new();
        }
        vec![Change {
            property: "encryption_oracle",
            from,
            to,
            decided_by: layer,
            remedy: Remedy::Steps {
                apply: vec![set(self.encryption_oracle.number())],
                undo: vec![match observed.0 {
                    Some(number) => set(number),
                    None => Step::Call(Call::DeleteRegistryValue(place())),
                }],
            },
            disruption: Disruption::NeedsReboot,
            restart: None,
        }]
    }
}

fn key() -> RegistryKey {
    RegistryKey::local_machine(KEY)
}

fn place() -> RegistryPath {
    key().value(VALUE, RegistryKind::Dword)
}

fn set(number: u32) -> Step {
    Step::Call(Call::SetRegistry {
        key: key(),
        name: VALUE.to_owned(),
        data: RegistryData::Dword(number),
    })
}

fn shown(number: u32) -> Value {
    EncryptionOracle::from_number(number.into())
        .map_or(Value::from(number), |known| Value::text(known.word()))
}

#[cfg(test)]
mod tests {
    use super::Credssp;
    use super::EncryptionOracle;
    use super::Observed;
    use super::place;
    use super::set;
    use crate::cim::Call;
    use crate::cim::Value;
    use crate::plan::Disruption;
    use crate::plan::Layer;
    use crate::plan::Remedy;
    use crate::plan::Step;
    use crate::resource::Resource;

    fn wanting(encryption_oracle: EncryptionOracle) -> Credssp {
        Credssp { encryption_oracle }
    }

    #[test]
    fn nothing_set_means_mitigated() {
        let mitigated = wanting(EncryptionOracle::Mitigated);
        assert_eq!(mitigated.diff(&Observed(None)), []);
        assert_eq!(mitigated.diff(&Observed(Some(1))), []);
    }

    #[test]
    fn the_default_is_drift_from_force_and_undo_unsets_it() {
        let changes = wanting(EncryptionOracle::ForceUpdatedClients).diff(&Observed(None));
        assert_eq!(changes[0].from, Value::text("mitigated"));
        assert_eq!(changes[0].decided_by, Layer::Default);
        assert_eq!(changes[0].disruption, Disruption::NeedsReboot);
        assert_eq!(
            changes[0].remedy,
            Remedy::Steps {
                apply: vec![set(0)],
                undo: vec![Step::Call(Call::DeleteRegistryValue(place()))],
            }
        );
    }

    #[test]
    fn vulnerable_is_drift_and_undo_restores_the_number() {
        let changes = wanting(EncryptionOracle::Mitigated).diff(&Observed(Some(2)));
        assert_eq!(changes[0].from, Value::text("vulnerable"));
        assert_eq!(
            changes[0].remedy,
            Remedy::Steps {
                apply: vec![set(1)],
                undo: vec![set(2)],
            }
        );
    }

    #[test]
    fn an_unknown_number_is_shown_as_it_is() {
        let changes = wanting(EncryptionOracle::Mitigated).diff(&Observed(Some(7)));
        assert_eq!(changes[0].from, Value::from(7_u32));
    }
}
