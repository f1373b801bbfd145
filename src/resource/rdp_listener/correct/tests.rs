//! Facts about what a listener needs.

use super::set_port;
use crate::cim::Call;
use crate::cim::RegistryKind;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Layer;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::Resource;
use crate::resource::rdp_listener::Encryption;
use crate::resource::rdp_listener::Listener;
use crate::resource::rdp_listener::Nla;
use crate::resource::rdp_listener::Observed;
use crate::resource::rdp_listener::RdpListener;
use crate::resource::rdp_listener::SecurityLayer;
use crate::resource::rdp_listener::Setting;
use crate::resource::terminal_services;

fn local(number: u64) -> Setting {
    Setting {
        number,
        layer: Layer::Local,
    }
}

fn policy(number: u64) -> Setting {
    Setting {
        number,
        layer: Layer::Policy,
    }
}

fn hardened() -> RdpListener {
    RdpListener {
        nla: Some(Nla::Required),
        security_layer: Some(SecurityLayer::Tls),
        min_encryption: Some(Encryption::High),
        port: Some(3389),
    }
}

fn healthy() -> Listener {
    Listener {
        nla: local(1),
        security_layer: local(2),
        min_encryption: local(3),
        port: Some(Some(3389)),
    }
}

fn diff(wanted: &RdpListener, listener: Listener) -> Vec<Change> {
    wanted.diff(&Observed::Found(listener))
}

fn properties(changes: &[Change]) -> Vec<&'static str> {
    changes.iter().map(|change| change.property).collect()
}

/// The numbers that applying and undoing a change send.
fn numbers(change: &Change) -> (Value, Value) {
    let Remedy::Steps { apply, undo } = &change.remedy else {
        panic!("{change:?}")
    };
    let number = |steps: &[Step]| match steps {
        [Step::Call(Call::Method { arguments, .. })] => arguments[0].1.clone(),
        other => panic!("{other:?}"),
    };
    (number(apply), number(undo))
}

#[test]
fn a_hardened_listener_is_compliant() {
    assert_eq!(diff(&hardened(), healthy()), []);
}

#[test]
fn a_port_that_nobody_set_is_3389() {
    let listener = Listener {
        port: Some(None),
        ..healthy()
    };
    assert_eq!(diff(&hardened(), listener), []);
}

#[test]
fn what_is_not_stated_is_left_alone() {
    let listener = Listener {
        nla: local(0),
        security_layer: local(0),
        min_encryption: local(1),
        port: None,
    };
    let wanted = RdpListener {
        nla: Some(Nla::NotRequired),
        ..RdpListener::default()
    };
    assert_eq!(diff(&wanted, listener), []);
}

#[test]
fn nla_off_is_drift_and_undo_switches_it_off_again() {
    let listener = Listener {
        nla: local(0),
        ..healthy()
    };
    let changes = diff(&hardened(), listener);
    assert_eq!(properties(&changes), ["nla"]);
    assert_eq!(changes[0].from, Value::text("not_required"));
    assert_eq!(numbers(&changes[0]), (Value::Uint(1), Value::Uint(0)));
}

#[test]
fn undo_unsets_what_nobody_had_set() {
    let listener = Listener {
        nla: Setting {
            number: 0,
            layer: Layer::Default,
        },
        ..healthy()
    };
    let changes = diff(&hardened(), listener);
    let place = terminal_services::listener().value("UserAuthentication", RegistryKind::Dword);
    assert!(
        matches!(&changes[0].remedy, Remedy::Steps { undo, .. } if *undo == [Step::Call(Call::DeleteRegistryValue(place))])
    );
}

#[test]
fn encryption_is_raised_before_tls_is_demanded() {
    let listener = Listener {
        nla: local(0),
        security_layer: local(0),
        min_encryption: local(1),
        ..healthy()
    };
    let changes = diff(&hardened(), listener);
    assert_eq!(
        properties(&changes),
        ["min_encryption", "security_layer", "nla"]
    );
    assert_eq!(numbers(&changes[0]), (Value::Uint(3), Value::Uint(1)));
    assert_eq!(numbers(&changes[1]), (Value::Uint(2), Value::Uint(0)));
}

#[test]
fn tls_raises_low_encryption_that_nobody_stated() {
    let listener = Listener {
        security_layer: local(1),
        min_encryption: local(1),
        ..healthy()
    };
    let wanted = RdpListener {
        security_layer: Some(SecurityLayer::Tls),
        ..RdpListener::default()
    };
    let changes = diff(&wanted, listener);
    assert_eq!(properties(&changes), ["min_encryption", "security_layer"]);
    assert_eq!(changes[0].to, Value::text("client_compatible"));
}

#[test]
fn weakening_goes_the_other_way_round() {
    let wanted = RdpListener {
        nla: Some(Nla::NotRequired),
        security_layer: Some(SecurityLayer::Rdp),
        min_encryption: Some(Encryption::Low),
        port: None,
    };
    assert_eq!(
        properties(&diff(&wanted, healthy())),
        ["nla", "security_layer", "min_encryption"]
    );
}

#[test]
fn fips_may_lock_out() {
    let wanted = RdpListener {
        min_encryption: Some(Encryption::Fips),
        ..RdpListener::default()
    };
    let changes = diff(&wanted, healthy());
    assert_eq!(changes[0].disruption, Disruption::MayLockOut);
}

#[test]
fn values_of_a_policy_are_left_alone() {
    let listener = Listener {
        nla: policy(0),
        security_layer: policy(1),
        min_encryption: policy(1),
        ..healthy()
    };
    let settings: Vec<String> = diff(&hardened(), listener)
        .into_iter()
        .map(|change| match change.remedy {
            Remedy::OwnedByPolicy { setting } => setting,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        settings,
        ["MinEncryptionLevel", "SecurityLayer", "UserAuthentication"]
            .map(terminal_services::policy_value)
    );
}

#[test]
fn a_policy_on_the_level_owns_the_layer_that_it_forbids() {
    let listener = Listener {
        security_layer: local(1),
        min_encryption: policy(1),
        ..healthy()
    };
    let wanted = RdpListener {
        security_layer: Some(SecurityLayer::Tls),
        ..RdpListener::default()
    };
    let changes = diff(&wanted, listener);
    assert!(
        changes
            .iter()
            .all(|change| matches!(change.remedy, Remedy::OwnedByPolicy { .. })),
        "{changes:?}"
    );
}

#[test]
fn another_port_restarts_the_service_and_may_lock_out() {
    let listener = Listener {
        port: Some(None),
        ..healthy()
    };
    let wanted = RdpListener {
        port: Some(3390),
        ..RdpListener::default()
    };
    let changes = diff(&wanted, listener);
    assert_eq!(changes[0].restart, Some("TermService"));
    assert_eq!(changes[0].disruption, Disruption::MayLockOut);
    assert_eq!(changes[0].decided_by, Layer::Default);
    let place = terminal_services::listener().value("PortNumber", RegistryKind::Dword);
    assert_eq!(
        changes[0].remedy,
        Remedy::Steps {
            apply: vec![set_port(3390)],
            undo: vec![Step::Call(Call::DeleteRegistryValue(place))],
        }
    );
}

#[test]
fn a_missing_listener_needs_a_person() {
    let changes = hardened().diff(&Observed::Missing);
    assert_eq!(changes.len(), 4);
    assert!(
        changes
            .iter()
            .all(|change| matches!(change.remedy, Remedy::Manual { .. }))
    );
}

#[test]
fn an_unknown_number_is_shown_as_it_is() {
    let listener = Listener {
        security_layer: local(9),
        ..healthy()
    };
    assert_eq!(diff(&hardened(), listener)[0].from, Value::Uint(9));
}
