//! Laws that hold for every kind, on every machine.

use std::collections::BTreeMap;

use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::proptest;
use rdpfix::lab::machine::InMemory;
use rdpfix::plan::Change;
use rdpfix::plan::Remedy;
use rdpfix::resource::AnyResource;
use rdpfix::resource::CATALOGUE;
use rdpfix::resource::service::restart_of;
use rdpfix::syntax::Args;

use super::hand;
use super::node;
use super::resource;
use super::world;
use super::world::Flaw;

/// What was found out on the way, so that no law holds for want of trying.
#[derive(Default)]
struct Tally {
    compliant: usize,
    corrected: usize,
    left_to_policy: usize,
    left_to_people: usize,
}

/// A wish on a machine with a flaw.
struct Trial {
    told: String,
    wish: Box<dyn AnyResource>,
    host: InMemory,
}

fn trials() -> impl Iterator<Item = Trial> {
    let (machine, thumbprint) = world::healthy();
    let flaws = || world::SETTINGS.iter().chain(world::PARTS);
    flaws().flat_map(move |(name, spoil): &Flaw| {
        let mut spoilt = machine.clone();
        spoil(&mut spoilt, &thumbprint);
        spoilt.load_listener();
        let thumbprint = thumbprint.clone();
        world::WISHES.iter().map(move |wish| Trial {
            told: format!("{wish} on {name}"),
            wish: resource(&wish.replace("THUMBPRINT", &thumbprint)),
            host: InMemory::new(spoilt.clone(), world::now()),
        })
    })
}

fn is_manual(change: &Change) -> bool {
    matches!(change.remedy, Remedy::Manual { .. })
}

/// What is not for us to correct.
fn others(changes: &[Change]) -> Vec<&Change> {
    changes
        .iter()
        .filter(|change| !matches!(change.remedy, Remedy::Steps { .. }))
        .collect()
}

async fn apply(host: &InMemory, changes: &[Change], told: &str) {
    for change in changes {
        if let Remedy::Steps { apply, .. } = &change.remedy {
            let result = hand::take(host, apply).await;
            assert_eq!(result, Ok(()), "{told}: {}", change.property);
        }
    }
}

/// Takes changes back, the last first; false when one of them cannot be.
async fn take_back(host: &InMemory, changes: &[Change], told: &str) -> bool {
    for change in changes.iter().rev() {
        if let Remedy::Steps { undo, .. } = &change.remedy {
            if undo.is_empty() {
                return false;
            }
            let result = hand::take(host, undo).await;
            assert_eq!(result, Ok(()), "{told}: undo of {}", change.property);
        }
    }
    true
}

impl Trial {
    /// Looks; looking changes nothing.
    async fn look(&self) -> (rdpfix::resource::Observation, Vec<Change>) {
        let (before, writes) = (self.host.machine(), self.host.writes());
        let observed = self.wish.observe(&self.host).await;
        let observed = observed.unwrap_or_else(|error| panic!("{}: {error}", self.told));
        assert_eq!(self.host.writes(), writes, "{}", self.told);
        assert_eq!(self.host.machine(), before, "{}", self.told);
        let changes = self.wish.diff(&observed).unwrap();
        (observed, changes)
    }

    async fn hold(&self, tally: &mut Tally) {
        let told = &self.told;
        let (before, changes) = self.look().await;
        if changes.is_empty() {
            tally.compliant += 1;
            return;
        }
        if changes.iter().any(is_manual) {
            tally.left_to_people += 1;
            return;
        }
        let mine = changes.len() - others(&changes).len();
        tally.left_to_policy += usize::from(mine < changes.len());
        apply(&self.host, &changes, told).await;
        let (after, again) = self.look().await;
        let left = self.wish.verify(&before, &after).unwrap();
        assert_eq!(
            left.iter().collect::<Vec<_>>(),
            others(&changes),
            "{told}: what is left after applying"
        );
        if mine == 0 {
            return;
        }
        tally.corrected += 1;
        // An event is wanted anew each time.
        let event = again.iter().any(|change| change.to == "restarted".into());
        assert!(event || again == left, "{told}: {again:?}");
        if take_back(&self.host, &changes, told).await {
            let (_, restored) = self.look().await;
            assert_eq!(restored, changes, "{told}: what differs after undoing");
        }
    }
}

#[tokio::test]
async fn every_wish_comes_true_on_every_machine_and_can_be_taken_back() {
    let mut tallies: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for trial in trials() {
        let tally = tallies.entry(trial.wish.kind()).or_default();
        trial.hold(tally).await;
    }
    for kind in CATALOGUE {
        let tally = tallies
            .get(kind.name)
            .unwrap_or_else(|| panic!("nobody wishes for {}", kind.name));
        assert!(tally.compliant >= 3, "{}", kind.name);
        assert!(tally.corrected >= 3, "{}", kind.name);
    }
    for kind in ["rdp_access", "rdp_listener", "rdp_certificate"] {
        assert!(tallies[kind].left_to_policy > 0, "{kind}");
    }
    for kind in [
        "rdp_certificate",
        "firewall_rule",
        "service",
        "registry_key",
    ] {
        assert!(tallies[kind].left_to_people > 0, "{kind}");
    }
}

#[tokio::test]
async fn looking_twice_costs_no_write_and_little() {
    // Round trips when nothing differs; a change here is a change of the budget.
    let budget = [
        ("rdp_access: {connections: allowed}", 1),
        ("rdp_listener: {nla: required, security_layer: tls}", 1),
        ("rdp_listener: {nla: required, port: 3389}", 2),
        ("rdp_certificate: {state: valid}", 4),
        ("credssp: {encryption_oracle: mitigated}", 1),
        ("firewall_rule: {group: remote_desktop}", 1),
        ("firewall_rule: {id: RemoteDesktop-UserMode-In-TCP}", 1),
        (
            "firewall_rule: {id: RemoteDesktop-UserMode-In-TCP, port: 3389}",
            2,
        ),
        ("service: {name: TermService, state: running}", 1),
        ("service: {name: RemoteRegistry, state: stopped}", 1),
    ];
    for (wish, requests) in budget {
        let host = InMemory::new(world::healthy().0, world::now());
        let trial = Trial {
            told: wish.to_owned(),
            wish: resource(wish),
            host,
        };
        let (_, changes) = trial.look().await;
        assert_eq!(changes, [], "{wish}");
        let traffic = rdpfix::cim::CimSession::traffic(&trial.host);
        assert_eq!(traffic.requests, requests, "{wish}");
    }
}

#[tokio::test]
async fn the_restart_that_changes_ask_for_restarts_what_runs() {
    let (mut machine, _) = world::healthy();
    machine.services.get_mut("SessionEnv").unwrap().state =
        rdpfix::lab::machine::service::ServiceState::Stopped;
    let host = InMemory::new(machine, world::now());
    let process = |host: &InMemory| {
        host.machine()
            .services
            .get("TermService")
            .unwrap()
            .process_id
    };
    let before = process(&host);
    for (name, changes) in [("TermService", 1), ("SessionEnv", 0)] {
        let restart = restart_of(name);
        assert_eq!((restart.kind(), restart.id().as_str()), ("service", name));
        let observed = restart.observe(&host).await.unwrap();
        let found = restart.diff(&observed).unwrap();
        assert_eq!(found.len(), changes, "{name}");
        apply(&host, &found, name).await;
    }
    assert_ne!(process(&host), before);
    // Its dependent was stopped for its sake.
    assert!(host.machine().services.is_running("UmRdpService"));
    assert!(!host.machine().services.is_running("SessionEnv"));
}

/// Values of every type, sound and odd, as YAML flow text.
fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        proptest::sample::select(vec![
            "null",
            "true",
            "no",
            "0",
            "-1",
            "3389",
            "65536",
            "0x10",
            "1e300",
            "~",
            "''",
            "allowed",
            "required",
            "tls",
            "low",
            "absent",
            "present",
            "dword",
            "qword",
            "binary",
            "multi_string",
            "self_signed",
            "thumbprint",
            "restarted",
            "disabled",
            "any",
            "tcp",
            "remote_desktop",
            "'@x'",
            r"'HKLM\A\B'",
            r"'HKCU\A'",
            r"'HKLM\\'",
            "'0xFF'",
            "'%a%b'",
            "'\u{200E}a909502dd82ae41433e6f83886b00d4277a32a7b'",
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        "[a-zA-Z0-9 ,.%|@\\\\-]{0,12}".prop_map(|text| format!("'{text}'")),
    ];
    let scalar = scalar.boxed();
    prop_oneof![
        4 => scalar.clone(),
        1 => proptest::collection::vec(scalar.clone(), 0..4)
            .prop_map(|items| format!("[{}]", items.join(", "))),
        1 => scalar.prop_map(|item| format!("{{a: {item}}}")),
    ]
}

proptest! {
    #[test]
    fn no_value_makes_parsing_panic(
        index in 0..CATALOGUE.len(),
        values in proptest::collection::vec(proptest::option::of(value()), 9),
    ) {
        let kind = &CATALOGUE[index];
        let stated: Vec<String> = kind
            .properties
            .iter()
            .zip(values)
            .filter_map(|(property, value)| Some(format!("{}: {}", property.name, value?)))
            .collect();
        let mapping = node(&format!("{{{}}}", stated.join(", ")));
        let mut diagnostics = Vec::new();
        let mut args = Args::new(kind.name, kind.properties, &mapping, &mut diagnostics);
        let resource = (kind.parse)(&mut args);
        let clean = args.is_clean();
        // Nothing comes of a mistake, and nothing fails without one.
        assert_eq!(resource.is_some(), clean, "{mapping:?}: {diagnostics:?}");
    }

    #[test]
    fn no_text_makes_parsing_panic(index in 0..CATALOGUE.len(), text in ".{0,60}") {
        let kind = &CATALOGUE[index];
        let source = std::sync::Arc::new(rdpfix::diag::Source { name: "x".to_owned(), text, secret: false });
        if let Ok(mapping) = rdpfix::syntax::parse(&source) {
            let mut diagnostics = Vec::new();
            let mut args = Args::new(kind.name, kind.properties, &mapping, &mut diagnostics);
            let resource = (kind.parse)(&mut args);
            assert_eq!(resource.is_some(), args.is_clean());
        }
    }
}
