//! Settings of Remote Desktop as they would be: the registry, and the objects that show it.

use crate::cim::Answer;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Read;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::Value;
use crate::cim::place;
use crate::runner::foresight::Foreseen;
use crate::runner::foresight::Unmade;
use crate::runner::foresight::effect::Effect;
use crate::runner::foresight::effect::Extent;
use crate::runner::foresight::firewall;
use crate::runner::foresight::touch::is_within;
use crate::runner::foresight::touch::same_key;

const GENERAL: &str = "Win32_TSGeneralSetting";
const SERVICE: &str = "Win32_TerminalServiceSetting";
/// The binding, as a property and as a value of the registry.
const HASH: &str = "SSLCertificateSHA1Hash";
const HASH_TYPE: &str = "SSLCertificateSHA1HashType";
/// `SSLCertificateSHA1HashType` of a binding by Group Policy, and of one by hand.
const BY_POLICY: u64 = 2;
const BY_HAND: u32 = 3;
/// Values of the listener's key that no object shows.
const NOT_SHOWN: [&str; 3] = ["PortNumber", "SelfSignedCertificate", "SelfSignedCertStore"];

/// A setting: a property, its setter, and the value of the registry behind both (windows-facts 0.2, 4.1).
struct Setting {
    class: &'static str,
    property: &'static str,
    source: &'static str,
    method: &'static str,
    value: &'static str,
    key: fn() -> RegistryKey,
    sense: Sense,
}

/// Whether property and value say the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Same,
    /// One allows, the other denies.
    Opposite,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        class: GENERAL,
        property: "UserAuthenticationRequired",
        source: "PolicySourceUserAuthenticationRequired",
        method: "SetUserAuthenticationRequired",
        value: "UserAuthentication",
        key: listener,
        sense: Sense::Same,
    },
    Setting {
        class: GENERAL,
        property: "SecurityLayer",
        source: "PolicySourceSecurityLayer",
        method: "SetSecurityLayer",
        value: "SecurityLayer",
        key: listener,
        sense: Sense::Same,
    },
    Setting {
        class: GENERAL,
        property: "MinEncryptionLevel",
        source: "PolicySourceMinEncryptionLevel",
        method: "SetEncryptionLevel",
        value: "MinEncryptionLevel",
        key: listener,
        sense: Sense::Same,
    },
    Setting {
        class: SERVICE,
        property: "AllowTSConnections",
        source: "PolicySourceAllowTSConnections",
        method: "SetAllowTSConnections",
        value: "fDenyTSConnections",
        key: place::terminal_server,
        sense: Sense::Opposite,
    },
];

fn listener() -> RegistryKey {
    place::listener("RDP-Tcp")
}

impl Sense {
    fn turn(self, number: u64) -> u64 {
        match self {
            Self::Same => number,
            Self::Opposite => u64::from(number == 0),
        }
    }
}

/// Whether a question is about settings of Remote Desktop.
pub(super) fn is_about(read: &Read) -> bool {
    let namespace = match read {
        Read::Get(path) => &path.namespace,
        Read::Query(query) => &query.namespace,
        Read::Associated(association) => &association.of.namespace,
        Read::Ask(question) => &question.target.namespace,
        Read::Registry(_) | Read::SubKeys(_) | Read::ValueTypes(_) | Read::Events(_) => {
            return false;
        }
    };
    *namespace == Namespace::TERMINAL_SERVICES
}

/// Whether it is known what objects show of a value of the registry.
pub(super) fn is_understood(key: &RegistryKey, name: &str) -> bool {
    let is_setting = SETTINGS.iter().any(|setting| {
        setting.value.eq_ignore_ascii_case(name)
            && (same_key(key, &(setting.key)()) || same_key(key, &place::policy()))
    });
    let is_binding = same_key(key, &listener()) && name.eq_ignore_ascii_case(HASH);
    let is_hidden = NOT_SHOWN
        .iter()
        .any(|hidden| hidden.eq_ignore_ascii_case(name));
    is_setting || is_binding || is_hidden
}

/// Whether the answer to a question shows a value of the registry.
pub(super) fn shows(read: &Read, key: &RegistryKey, name: &str) -> bool {
    if !is_about(read) {
        return false;
    }
    let class = match read {
        Read::Get(path) => path.class.as_str(),
        Read::Query(query) => query.class.as_str(),
        _ => "",
    };
    let known: Vec<&Setting> = SETTINGS
        .iter()
        .filter(|setting| setting.value.eq_ignore_ascii_case(name))
        .collect();
    if NOT_SHOWN
        .iter()
        .any(|hidden| hidden.eq_ignore_ascii_case(name))
    {
        false
    } else if known.is_empty() || class.is_empty() {
        let is_ours = |outer: &RegistryKey| is_within(key, outer);
        is_ours(&place::terminal_server()) || is_ours(&place::policy())
    } else {
        known
            .iter()
            .any(|setting| setting.class.eq_ignore_ascii_case(class))
    }
}

/// What a method of an object of Remote Desktop would do; `None` when it is not known.
pub(super) fn method(
    target: &ObjectPath,
    method: &str,
    arguments: &[(&'static str, Value)],
) -> Option<Vec<Effect>> {
    let setting = SETTINGS.iter().find(|setting| {
        setting.method == method && setting.class.eq_ignore_ascii_case(&target.class)
    })?;
    let number = |wanted: &str| {
        let found = arguments.iter().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.as_uint())
    };
    let wanted = number(setting.property)?;
    let data = u32::try_from(setting.sense.turn(wanted)).ok()?;
    let mut effects = vec![Effect::Value {
        key: (setting.key)(),
        name: setting.value.to_owned(),
        data: Some(RegistryData::Dword(data)),
    }];
    if number("ModifyFirewallException").is_some_and(|modify| modify != 0) {
        effects.extend(firewall::anything());
    }
    Some(effects)
}

/// What putting properties would do; `None` when it is not known.
pub(super) fn put(
    target: &ObjectPath,
    properties: &[(&'static str, Value)],
) -> Option<Vec<Effect>> {
    let [(HASH, thumbprint)] = properties else {
        return None;
    };
    let data = bytes(thumbprint.as_text()?).filter(|_| target.class == GENERAL)?;
    Some(vec![Effect::Value {
        key: listener(),
        name: HASH.to_owned(),
        data: Some(RegistryData::Binary(data)),
    }])
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Objects as they would be.
pub(super) fn adjust(eyes: &Foreseen<'_>, answer: &mut Answer) {
    let instances = match answer {
        Answer::Instance(Some(instance)) => std::slice::from_mut(instance),
        Answer::Instances(instances) => instances.as_mut_slice(),
        _ => return,
    };
    for instance in instances {
        for unmade in eyes.unmade {
            for setting in &SETTINGS {
                if setting.class.eq_ignore_ascii_case(&instance.class) {
                    set(eyes, instance, setting, unmade);
                }
            }
            if instance.class.eq_ignore_ascii_case(GENERAL) {
                bind(eyes, instance, unmade);
            }
        }
    }
}

/// What became of a setting's value.
enum Fate {
    Set(u64),
    /// Gone, or nothing that would be read.
    Lost,
}

fn fate(effect: &Effect, key: &RegistryKey, value: &str) -> Option<Fate> {
    match effect {
        Effect::Value {
            key: at,
            name,
            data,
        } if same_key(at, key) && name.eq_ignore_ascii_case(value) => Some(match data {
            Some(RegistryData::Dword(number)) => Fate::Set((*number).into()),
            Some(_) | None => Fate::Lost,
        }),
        Effect::RemovedKey(gone) if is_within(key, gone) => Some(Fate::Lost),
        _ => None,
    }
}

fn set(eyes: &Foreseen<'_>, instance: &mut Instance, setting: &Setting, unmade: &Unmade) {
    let by_policy = instance.get(setting.source).and_then(Value::as_uint) == Some(1);
    let mut become_ = |number: u64, source: u32| {
        let shown = Value::Uint(setting.sense.turn(number));
        instance
            .properties
            .insert(setting.property.to_owned(), shown);
        instance
            .properties
            .insert(setting.source.to_owned(), source.into());
    };
    let lost = match (
        fate(&unmade.effect, &place::policy(), setting.value),
        fate(&unmade.effect, &(setting.key)(), setting.value),
    ) {
        (Some(Fate::Set(number)), _) => {
            become_(number, 1);
            false
        }
        (Some(Fate::Lost), _) => by_policy,
        (None, Some(Fate::Set(number))) if !by_policy => {
            become_(number, 0);
            false
        }
        (None, Some(Fate::Lost)) => !by_policy,
        (None, Some(Fate::Set(_)) | None) => false,
    };
    if lost {
        // What holds when nothing is set depends on the release.
        instance.properties.remove(setting.property);
        eyes.doubt_property(&unmade.task, setting.class, setting.property);
    }
}

fn bind(eyes: &Foreseen<'_>, instance: &mut Instance, unmade: &Unmade) {
    let by_policy = instance.get(HASH_TYPE).and_then(Value::as_uint) == Some(BY_POLICY);
    match &unmade.effect {
        Effect::Value {
            key,
            name,
            data: Some(RegistryData::Binary(bytes)),
        } if same_key(key, &listener()) && name.eq_ignore_ascii_case(HASH) && !by_policy => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            instance
                .properties
                .insert(HASH.to_owned(), digits.concat().into());
            instance
                .properties
                .insert(HASH_TYPE.to_owned(), BY_HAND.into());
        }
        Effect::Value { key, name, .. }
            if same_key(key, &listener()) && name.eq_ignore_ascii_case(HASH) && !by_policy =>
        {
            hide_binding(eyes, instance, unmade);
        }
        Effect::RemovedKey(gone) if is_within(&listener(), gone) => {
            hide_binding(eyes, instance, unmade);
        }
        Effect::Unclear(Extent::Binding) => hide_binding(eyes, instance, unmade),
        _ => {}
    }
}

fn hide_binding(eyes: &Foreseen<'_>, instance: &mut Instance, unmade: &Unmade) {
    instance.properties.remove(HASH);
    instance.properties.remove(HASH_TYPE);
    eyes.doubt_property(&unmade.task, GENERAL, HASH_TYPE);
}
