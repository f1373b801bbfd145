//! Decides what a host's certificate needs; pure.

use std::time::Duration;

use crate::cim::Call;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::RegistryKind;
use crate::cim::RegistryPath;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::plan::Until;
use crate::resource::rdp_certificate::Binding;
use crate::resource::rdp_certificate::Host;
use crate::resource::rdp_certificate::Own;
use crate::resource::rdp_certificate::RdpCertificate;
use crate::resource::rdp_certificate::Source;
use crate::resource::rdp_certificate::judge;
use crate::resource::rdp_certificate::judge::Flaw;
use crate::resource::rdp_certificate::look;
use crate::resource::rdp_certificate::look::MAKER;
use crate::resource::rdp_certificate::thumbprint::Thumbprint;
use crate::resource::service::StartMode;
use crate::resource::service::seen::Seen;
use crate::resource::service::seen::State;
use crate::resource::service::steps;
use crate::resource::terminal_services;

/// How long making a key and a certificate may take.
const MADE_WITHIN: Duration = Duration::from_mins(1);
/// The name that SelfSignedCertStore must hold (windows-facts 2.1).
const STORE_NAME: &str = "Remote Desktop";

/// The listener is not there, so nothing has a certificate.
pub(super) fn no_listener() -> Change {
    change(
        ("state", Value::Null, Value::text("valid")),
        Remedy::Manual {
            advice: terminal_services::LISTENER_GONE.to_owned(),
        },
    )
}

impl RdpCertificate {
    /// What differs.
    pub(super) fn changes(&self, host: &Host) -> Vec<Change> {
        match &self.source {
            Source::Thumbprint(thumbprint) => {
                self.bound_changes(thumbprint, host).into_iter().collect()
            }
            Source::SelfSigned | Source::Whatever => self.own_changes(host),
        }
    }

    /// The flaws of the certificate in the personal store that was looked at.
    fn personal_flaws(&self, host: &Host) -> Vec<Flaw> {
        match &host.personal {
            None => vec![Flaw::Gone],
            Some(held) => judge::personal_flaws(self, held, host),
        }
    }

    fn bound_changes(&self, thumbprint: &Thumbprint, host: &Host) -> Option<Change> {
        let (Binding::Policy(bound) | Binding::Custom(bound)) = &host.binding else {
            return Some(self.binding_change(thumbprint, host));
        };
        if bound.as_ref() == Some(thumbprint) && self.personal_flaws(host).is_empty() {
            return None;
        }
        if matches!(host.binding, Binding::Policy(_)) {
            return Some(owned_by_policy((
                "thumbprint",
                shown(bound.as_ref()),
                Value::Text(thumbprint.to_string()),
            )));
        }
        Some(self.binding_change(thumbprint, host))
    }

    fn binding_change(&self, thumbprint: &Thumbprint, host: &Host) -> Change {
        let flaws = self.personal_flaws(host);
        if let Some(first) = flaws.first() {
            return change(
                (
                    "state",
                    Value::Text(judge::told(&flaws)),
                    Value::text("valid"),
                ),
                Remedy::Manual {
                    advice: unusable(thumbprint, first),
                },
            );
        }
        let (from, undo) = match &host.binding {
            Binding::SelfSigned => (Value::text("self_signed"), vec![unbind()]),
            Binding::Policy(bound) | Binding::Custom(bound) => {
                (shown(bound.as_ref()), bind_again(bound.as_ref()))
            }
        };
        change(
            ("thumbprint", from, Value::Text(thumbprint.to_string())),
            Remedy::Steps {
                apply: vec![bind(thumbprint)],
                undo,
            },
        )
    }

    fn own_changes(&self, host: &Host) -> Vec<Change> {
        let unbinding = match (&host.binding, &self.source) {
            (Binding::SelfSigned, _) => None,
            (Binding::Policy(bound) | Binding::Custom(bound), Source::Whatever) => {
                let flaws = self.personal_flaws(host);
                if flaws.is_empty() {
                    return Vec::new();
                }
                let policy = matches!(host.binding, Binding::Policy(_));
                if policy || !judge::is_lost(&flaws) {
                    return vec![left_alone(bound.as_ref(), &flaws, host)];
                }
                Some(self.unbinding(bound.as_ref(), host))
            }
            (Binding::Policy(bound), _) => {
                return vec![owned_by_policy(self.away_from(bound.as_ref(), host))];
            }
            (Binding::Custom(bound), _) => Some(self.unbinding(bound.as_ref(), host)),
        };
        // Unbound first: what SessionEnv does for a certificate that is not in use is not known.
        let making = host.own.as_ref().and_then(|own| self.making(own, host));
        unbinding.into_iter().chain(making).collect()
    }

    fn unbinding(&self, bound: Option<&Thumbprint>, host: &Host) -> Change {
        Change {
            // What the registry holds is read when the listener starts.
            disruption: Disruption::DropsSessions,
            restart: Some(terminal_services::TERM_SERVICE),
            ..change(
                self.away_from(bound, host),
                Remedy::Steps {
                    apply: vec![unbind()],
                    undo: bind_again(bound),
                },
            )
        }
    }

    /// From a bound certificate to the self-signed one, with the reason when the bound one will not do.
    fn away_from(&self, bound: Option<&Thumbprint>, host: &Host) -> (&'static str, Value, Value) {
        let from = match bound {
            Some(thumbprint) if self.source == Source::Whatever => {
                format!("{thumbprint} ({})", judge::told(&self.personal_flaws(host)))
            }
            Some(thumbprint) => thumbprint.to_string(),
            None => "unknown".to_owned(),
        };
        ("source", Value::Text(from), Value::text("self_signed"))
    }

    /// A new certificate of the host's own, when the one that there is will not do.
    fn making(&self, own: &Own, host: &Host) -> Option<Change> {
        let flaws = judge::own_flaws(self, own, host);
        if flaws.is_empty() {
            return None;
        }
        let words = (
            "state",
            Value::Text(judge::told(&flaws)),
            Value::text("valid"),
        );
        let maker = match usable_maker(own.maker.as_ref()) {
            Ok(maker) => maker,
            Err(advice) => return Some(change(words, Remedy::Manual { advice })),
        };
        Some(Change {
            disruption: match maker.state {
                State::Stopped => Disruption::Harmless,
                _ => steps::cost_of_stopping(maker),
            },
            ..change(
                words,
                Remedy::Steps {
                    apply: apply(own, maker, &flaws),
                    undo: undo(own, maker, &flaws),
                },
            )
        })
    }
}

/// A bound certificate that will not do is replaced only by whoever states another one.
fn left_alone(bound: Option<&Thumbprint>, flaws: &[Flaw], host: &Host) -> Change {
    let words = (
        "state",
        Value::Text(judge::told(flaws)),
        Value::text("valid"),
    );
    if matches!(host.binding, Binding::Policy(_)) {
        return owned_by_policy(words);
    }
    let name = bound.map_or_else(|| "that is bound".to_owned(), Thumbprint::to_string);
    change(
        words,
        Remedy::Manual {
            advice: format!(
                "somebody bound the certificate {name}: have another one issued and state its `thumbprint`, or state \
                 `source: self_signed` to do without"
            ),
        },
    )
}

fn usable_maker(maker: Option<&Seen>) -> Result<&Seen, String> {
    match maker {
        None => Err(format!(
            "the service {MAKER}, which makes the certificate, is not installed: repair the Remote Desktop components"
        )),
        Some(maker) if maker.start_mode == Some(StartMode::Disabled) => Err(format!(
            "the service {MAKER}, which makes the certificate, is disabled: put a task before this one with `service: \
             {{name: {MAKER}, start_mode: manual}}`"
        )),
        Some(maker) if !maker.accepts_stop => Err(format!(
            "the service {MAKER}, which makes the certificate, cannot be stopped: restart the host"
        )),
        Some(maker) => Ok(maker),
    }
}

/// Whether there is a certificate that can stay as it is.
fn keeps_certificate(flaws: &[Flaw]) -> bool {
    flaws == [Flaw::StoreUnnamed]
}

fn apply(own: &Own, maker: &Seen, flaws: &[Flaw]) -> Vec<Step> {
    let mut steps = Vec::new();
    if own.store.is_none() {
        steps.push(set(
            look::store_name(),
            RegistryData::Text(STORE_NAME.to_owned()),
        ));
    }
    let keeps = keeps_certificate(flaws);
    if !keeps && own.blob.is_some() {
        steps.extend(entry(own).map(|key| Step::Call(Call::DeleteRegistryKey(key))));
    }
    if maker.state == State::Stopped {
        steps.extend(steps::start(MAKER));
    } else {
        steps.extend(steps::halt(maker));
        steps.extend(steps::launch(maker));
    }
    if !keeps {
        steps.push(Step::Await {
            read: Read::Registry(look::pointer()),
            until: Until::RegistryOtherThan(own.pointer.clone().map(RegistryData::Binary)),
            within: MADE_WITHIN,
        });
    }
    steps
}

/// Puts everything where it was and leaves the service as it was.
///
/// Assumption: a new certificate may have replaced the key of the old one, so that the old one, brought back after the
/// new one was made, has none; half-way, before the service was started, it is whole.
fn undo(own: &Own, maker: &Seen, flaws: &[Flaw]) -> Vec<Step> {
    let mut steps = Vec::new();
    if !keeps_certificate(flaws) {
        if let (Some(blob), Some(key)) = (&own.blob, entry(own)) {
            steps.push(set(
                key.value("Blob", RegistryKind::Binary),
                RegistryData::Binary(blob.clone()),
            ));
        }
        steps.push(match &own.pointer {
            Some(bytes) => set(look::pointer(), RegistryData::Binary(bytes.clone())),
            None => Step::Call(Call::DeleteRegistryValue(look::pointer())),
        });
    }
    if own.store.is_none() {
        steps.push(Step::Call(Call::DeleteRegistryValue(look::store_name())));
    }
    if maker.state == State::Stopped {
        steps.extend(steps::halt(maker));
    } else {
        steps.extend(steps::launch(maker));
    }
    steps
}

/// The key of the host's own certificate.
fn entry(own: &Own) -> Option<crate::cim::RegistryKey> {
    let thumbprint = own.pointer.as_deref().and_then(Thumbprint::from_bytes)?;
    Some(look::own_store().child(&thumbprint.to_string()))
}

fn unusable(thumbprint: &Thumbprint, flaw: &Flaw) -> String {
    match flaw {
        Flaw::Gone => format!(
            "no certificate {thumbprint} is in the machine's personal store: import it with its private key first"
        ),
        Flaw::NoKey => format!(
            "the certificate {thumbprint} came without its private key: import the PFX file, and let NETWORK SERVICE read \
             the key"
        ),
        _ => format!(
            "the certificate {thumbprint} will not do: have one issued that will, import it with its private key, let \
             NETWORK SERVICE read the key, and name it here"
        ),
    }
}

fn owned_by_policy(words: (&'static str, Value, Value)) -> Change {
    Change {
        decided_by: Layer::Policy,
        ..change(
            words,
            Remedy::OwnedByPolicy {
                setting: terminal_services::policy_value("CertTemplateName"),
            },
        )
    }
}

fn change((property, from, to): (&'static str, Value, Value), remedy: Remedy) -> Change {
    Change {
        property,
        from,
        to,
        decided_by: Layer::Local,
        remedy,
        disruption: Disruption::Harmless,
        restart: None,
    }
}

fn shown(thumbprint: Option<&Thumbprint>) -> Value {
    thumbprint.map_or(Value::Null, |thumbprint| {
        Value::Text(thumbprint.to_string())
    })
}

fn set(place: RegistryPath, data: RegistryData) -> Step {
    Step::Call(Call::SetRegistry {
        key: place.key,
        name: place.name,
        data,
    })
}

/// The explicit binding in the registry.
fn binding_place() -> RegistryPath {
    terminal_services::listener().value("SSLCertificateSHA1Hash", RegistryKind::Binary)
}

fn bind(thumbprint: &Thumbprint) -> Step {
    Step::Call(Call::Put {
        target: terminal_services::general_path(),
        properties: vec![(
            "SSLCertificateSHA1Hash",
            Value::Text(thumbprint.to_string()),
        )],
    })
}

/// No method goes back to the self-signed certificate (windows-facts 2.3).
fn unbind() -> Step {
    Step::Call(Call::DeleteRegistryValue(binding_place()))
}

/// Brings a binding back as it was, even one that a Put would refuse because its certificate is gone.
fn bind_again(bound: Option<&Thumbprint>) -> Vec<Step> {
    bound
        .map(|thumbprint| set(binding_place(), RegistryData::Binary(thumbprint.bytes())))
        .into_iter()
        .collect()
}
