//! What holds for every case, and for the rules as a whole.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rdpfix::diagnosis;
use rdpfix::diagnosis::Answer;
use rdpfix::diagnosis::FULL;
use rdpfix::diagnosis::Rule;
use rdpfix::diagnosis::Supports;
use rdpfix::finding::Cause;
use rdpfix::survey::Reply;
use rdpfix::survey::Tcp;
use rdpfix::survey::TlsFailure;

use super::errors;
use super::world::PARTS;
use super::world::World;
use super::world::certificate;
use super::world::days;

/// Ways to spoil a host; every pair of them is tried.
const SPOILS: &[fn(&mut World)] = &[
    |_| {},
    World::stop_service,
    |world| world.certificate(&certificate("OTHER", days(-10))),
    |world| world.port(Tcp::Timeout),
    |world| world.replies(&Reply::Closed),
    |world| world.tls_fails(&TlsFailure::Closed),
    |world| {
        world.settings().deny_connections.value = 1;
        world.settings().port.value = 3390;
    },
    |world| {
        world.system().skew_seconds = -90_000;
        world.system().local_time = days(-1);
    },
    |world| world.told = Some((0x904, Some(0x7))),
    World::blind,
];

fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for first in SPOILS {
        for second in SPOILS {
            let mut world = World::healthy();
            first(&mut world);
            if world.inside.is_err() {
                continue;
            }
            if world
                .survey
                .as_ref()
                .is_some_and(|survey| survey.tls.is_some())
            {
                second(&mut world);
            }
            worlds.push(world);
        }
    }
    worlds
}

#[test]
fn scores_lie_within_bounds_and_order_the_ranks() {
    for world in worlds() {
        let ranked = world.diagnose();
        for one in &ranked {
            assert!((1..=FULL).contains(&one.score), "{one:?}");
            assert!(!one.evidence_for.is_empty(), "{one:?}");
        }
        for pair in ranked.windows(2) {
            assert!(pair[0].score >= pair[1].score, "{ranked:#?}");
            assert!(pair[0].severity >= pair[1].severity, "{ranked:#?}");
        }
        let causes: BTreeSet<Cause> = ranked.iter().map(|one| one.cause).collect();
        assert_eq!(causes.len(), ranked.len());
    }
}

#[test]
fn equal_cases_get_equal_ranks() {
    for world in worlds() {
        assert_eq!(world.diagnose(), world.diagnose());
    }
}

#[test]
fn a_healthy_host_has_nothing_at_all() {
    let world = World::healthy();
    assert_eq!(world.diagnose(), []);
    assert_eq!(diagnosis::not_seen(&world.case()), []);
}

#[test]
fn a_healthy_host_that_cannot_be_seen_has_no_error() {
    for (name, hide) in PARTS {
        let mut world = World::healthy();
        hide(world.inside());
        assert!(errors(&world.diagnose()).is_empty(), "{name}");
        assert!(!diagnosis::not_seen(&world.case()).is_empty(), "{name}");
    }
    let mut world = World::healthy();
    world.blind();
    assert_eq!(world.diagnose(), []);
    let missing = diagnosis::not_seen(&world.case());
    assert_eq!(missing.len(), 1);
    assert_eq!(
        missing[0].to_string(),
        "the host from inside: access was denied; use an administrator"
    );
}

/// What is not seen never speaks for anything: hiding a part can raise a score only where the part spoke against it,
/// or explained what another part showed.
#[test]
fn what_is_not_seen_never_raises_a_score() {
    for world in worlds() {
        let Ok(inside) = &world.inside else { continue };
        let before: BTreeMap<Cause, u32> = scores(&world);
        for (name, hide) in PARTS {
            let mut hidden = world.clone();
            let mut less = inside.clone();
            hide(&mut less);
            hidden.inside = Ok(less);
            let refuted = refuted(&world, &hidden);
            for (cause, score) in scores(&hidden) {
                let was = before.get(&cause).copied().unwrap_or(0);
                assert!(
                    score <= was || refuted.contains(&cause),
                    "{cause} rose from {was} to {score} without {name}: {world:#?}"
                );
            }
        }
    }
}

fn scores(world: &World) -> BTreeMap<Cause, u32> {
    let ranked = world.diagnose();
    ranked.iter().map(|one| (one.cause, one.score)).collect()
}

/// Causes that lose evidence against them, or whose explanation by another cause is not seen any more.
fn refuted(before: &World, after: &World) -> BTreeSet<Cause> {
    let errors_before = errors(&before.diagnose());
    let errors_after = errors(&after.diagnose());
    let fewer = errors_before
        .iter()
        .any(|cause| !errors_after.contains(cause));
    let ranked = before.diagnose();
    diagnosis::rules()
        .filter(|rule| {
            let against = |world: &World| {
                rule.opposes > 0 && matches!(rule.sign.ask(&world.case()), Ok(Answer::No(_)))
            };
            let shared = || {
                ranked.iter().all(|one| one.cause != rule.cause)
                    || ranked.iter().any(|one| {
                        one.cause == rule.cause
                            && one
                                .evidence_against
                                .iter()
                                .any(|line| line.contains("explains"))
                    })
            };
            // A root that is gone no longer holds down what grows from it.
            (against(before) && !against(after))
                || (fewer && (shared() || errors_before.contains(&rule.cause)))
        })
        .map(|rule| rule.cause)
        .collect()
}

#[test]
fn hiding_everything_leaves_only_errors_that_are_seen_from_outside() {
    for world in worlds() {
        let mut outside = world.clone();
        outside.blind();
        for cause in errors(&outside.diagnose()) {
            let seen = diagnosis::rules().any(|rule: &Rule| {
                rule.cause == cause
                    && matches!(rule.supports, Supports::KeepsOut(_))
                    && matches!(rule.sign.ask(&outside.case()), Ok(Answer::Yes(_)))
            });
            assert!(seen, "{cause}: {world:#?}");
        }
    }
}

#[test]
fn whoever_is_kept_out_gets_an_error() {
    let shut: [fn(&mut World); 6] = [
        |world| world.port(Tcp::Timeout),
        |world| world.port(Tcp::Refused),
        |world| world.replies(&Reply::Closed),
        |world| world.replies(&Reply::Silent),
        |world| world.tls_fails(&TlsFailure::Alert(40)),
        |world| world.tls_fails(&TlsFailure::Stalled { received: 100 }),
    ];
    for spoil in shut {
        let mut world = World::healthy();
        spoil(&mut world);
        assert!(!errors(&world.diagnose()).is_empty(), "{world:#?}");
        world.blind();
        assert!(!errors(&world.diagnose()).is_empty(), "{world:#?}");
    }
}

#[test]
fn every_cause_that_can_be_seen_has_rules_with_sources() {
    let mut with_rules: BTreeSet<Cause> = BTreeSet::new();
    for rule in diagnosis::rules() {
        assert!(rule.source.starts_with("windows-facts "), "{rule:?}");
        assert!(
            rule.supports.points() <= FULL && rule.opposes <= FULL,
            "{rule:?}"
        );
        assert!(
            rule.supports != Supports::Nothing || rule.opposes > 0,
            "{rule:?} says nothing"
        );
        with_rules.insert(rule.cause);
    }
    for entry in Cause::catalogue() {
        let told_only = [Cause::ClientCredentials, Cause::RdpFile].contains(&entry.cause);
        assert_eq!(
            with_rules.contains(&entry.cause),
            !told_only,
            "{}",
            entry.id
        );
    }
}

#[test]
fn a_sign_has_one_name_and_a_cause_takes_it_once() {
    let mut names: BTreeMap<&str, *const diagnosis::Sign> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for rule in diagnosis::rules() {
        let known = names.entry(rule.sign.name).or_insert(rule.sign);
        assert!(std::ptr::eq(*known, rule.sign), "{}", rule.sign.name);
        assert!(pairs.insert((rule.cause, rule.sign.name)), "{rule:?}");
    }
}
