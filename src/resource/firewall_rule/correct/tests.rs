//! Facts about what firewall rules need.

use super::port_list;
use super::switch;
use crate::cim::Call;
use crate::cim::Value;
use crate::plan::Change;
use crate::plan::Disruption;
use crate::plan::Remedy;
use crate::plan::Step;
use crate::resource::Resource;
use crate::resource::firewall_rule::Absent;
use crate::resource::firewall_rule::Filter;
use crate::resource::firewall_rule::FirewallRule;
use crate::resource::firewall_rule::Protocol;
use crate::resource::firewall_rule::Rule;
use crate::resource::firewall_rule::Standing;
use crate::resource::firewall_rule::Switch;
use crate::resource::firewall_rule::Target;
use crate::resource::firewall_rule::filter_path;
use crate::resource::firewall_rule::rule_path;

fn wanting(target: Target) -> FirewallRule {
    FirewallRule {
        target,
        switch: Switch::On,
        profiles: None,
        port: None,
        protocol: None,
        absent: Absent::Report,
    }
}

fn one() -> FirewallRule {
    wanting(Target::Id("A".to_owned()))
}

fn group() -> FirewallRule {
    wanting(Target::Group("@FirewallAPI.dll,-28752".to_owned()))
}

fn rule(id: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        switch: Switch::On,
        profiles: 7,
        inbound: true,
        standing: Standing::Local,
        filter: None,
    }
}

fn with_port(port: &str) -> Rule {
    Rule {
        filter: Some(Filter {
            path: filter_path("A"),
            protocol: "TCP".to_owned(),
            ports: vec![port.to_owned()],
        }),
        ..rule("A")
    }
}

fn steps(change: &Change) -> (&[Step], &[Step]) {
    let Remedy::Steps { apply, undo } = &change.remedy else {
        panic!("{change:?}")
    };
    (apply, undo)
}

#[test]
fn rules_that_are_on_are_compliant() {
    assert_eq!(group().diff(&vec![rule("A"), rule("B")]), []);
}

#[test]
fn rules_that_are_off_are_one_change() {
    let off = |id| Rule {
        switch: Switch::Off,
        ..rule(id)
    };
    let changes = group().diff(&vec![off("A"), rule("B"), off("C")]);
    let [change] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    let (apply, undo) = steps(change);
    assert_eq!(apply, [switch("A", Switch::On), switch("C", Switch::On)]);
    assert_eq!(undo, [switch("A", Switch::Off), switch("C", Switch::Off)]);
    assert_eq!(change.disruption, Disruption::Harmless);
}

#[test]
fn switching_off_may_lock_out() {
    let wanted = FirewallRule {
        switch: Switch::Off,
        ..one()
    };
    assert_eq!(
        wanted.diff(&vec![rule("A")])[0].disruption,
        Disruption::MayLockOut
    );
}

#[test]
fn fewer_profiles_may_lock_out_and_more_are_harmless() {
    let wanted = FirewallRule {
        profiles: Some(3),
        ..one()
    };
    let changes = wanted.diff(&vec![rule("A")]);
    assert_eq!(changes[0].from, Value::text("any"));
    assert_eq!(changes[0].to, Value::text("domain, private"));
    assert_eq!(changes[0].disruption, Disruption::MayLockOut);
    let (apply, undo) = steps(&changes[0]);
    let put = |bits: u64| {
        Step::Call(Call::Put {
            target: rule_path("A"),
            properties: vec![("Profiles", Value::Uint(bits))],
        })
    };
    assert_eq!((apply, undo), (&[put(3)][..], &[put(0)][..]));
    let narrow = Rule {
        profiles: 1,
        ..rule("A")
    };
    assert_eq!(
        wanted.diff(&vec![narrow])[0].disruption,
        Disruption::Harmless
    );
}

#[test]
fn another_port_is_put_on_the_filter() {
    let wanted = FirewallRule {
        port: Some(3390),
        protocol: Some(Protocol::Tcp),
        ..one()
    };
    assert_eq!(wanted.diff(&vec![with_port("3390")]), []);
    let changes = wanted.diff(&vec![with_port("3389")]);
    let (apply, undo) = steps(&changes[0]);
    let put = |port: &str| {
        Step::Call(Call::Put {
            target: filter_path("A"),
            properties: vec![("LocalPort", port_list(&[port.to_owned()]))],
        })
    };
    assert_eq!((apply, undo), (&[put("3390")][..], &[put("3389")][..]));
}

#[test]
fn another_protocol_is_put_on_the_filter() {
    let wanted = FirewallRule {
        protocol: Some(Protocol::Udp),
        ..one()
    };
    let changes = wanted.diff(&vec![with_port("3389")]);
    assert_eq!(changes[0].property, "protocol");
    assert_eq!(changes[0].from, Value::text("tcp"));
}

#[test]
fn a_protocol_may_be_a_number() {
    assert_eq!(Protocol::from_text("6"), Some(Protocol::Tcp));
    assert_eq!(Protocol::from_text("udp"), Some(Protocol::Udp));
    assert_eq!(Protocol::from_text("Any"), None);
}

#[test]
fn a_missing_rule_is_not_made_unasked() {
    for wanted in [one(), group()] {
        let changes = wanted.diff(&Vec::new());
        assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
    }
}

#[test]
fn a_new_rule_is_off_until_its_filter_is_set() {
    let wanted = FirewallRule {
        port: Some(3390),
        protocol: Some(Protocol::Tcp),
        absent: Absent::Create,
        ..one()
    };
    let changes = wanted.diff(&Vec::new());
    let (apply, undo) = steps(&changes[0]);
    let [
        Step::Call(Call::Create { properties, .. }),
        Step::Call(Call::Put { .. }),
        enable,
    ] = apply
    else {
        panic!("{apply:?}")
    };
    assert!(properties.contains(&("Enabled", Value::from(2_u32))));
    assert_eq!(*enable, switch("A", Switch::On));
    let delete = Step::Call(Call::Delete {
        target: rule_path("A"),
    });
    assert_eq!(undo, [delete]);
}

#[test]
fn a_rule_of_a_policy_is_left_alone() {
    let observed = Rule {
        switch: Switch::Off,
        standing: Standing::FromPolicy,
        ..rule("A")
    };
    let changes = one().diff(&vec![observed]);
    assert!(matches!(changes[0].remedy, Remedy::OwnedByPolicy { .. }));
}

#[test]
fn a_rule_that_policy_disregards_is_as_good_as_off() {
    let observed = Rule {
        standing: Standing::Disregarded,
        ..rule("A")
    };
    let changes = one().diff(&vec![observed.clone()]);
    assert_eq!(changes[0].from, Value::text("disregarded"));
    assert!(matches!(changes[0].remedy, Remedy::OwnedByPolicy { .. }));
    let off = FirewallRule {
        switch: Switch::Off,
        ..one()
    };
    let switched_off = Rule {
        switch: Switch::Off,
        ..observed
    };
    assert_eq!(off.diff(&vec![switched_off]), []);
}

#[test]
fn a_rule_for_what_goes_out_needs_a_person() {
    let observed = Rule {
        inbound: false,
        ..rule("A")
    };
    let changes = one().diff(&vec![observed]);
    assert!(matches!(changes[0].remedy, Remedy::Manual { .. }));
}
