//! The playbook that would mend a host: the program reads it, and it does no harm.

use std::sync::Arc;

use rdpfix::diag::Source;
use rdpfix::diagnosis::mend::Mending;
use rdpfix::diagnosis::mend::mend;
use rdpfix::finding::Cause;
use rdpfix::finding::Severity;
use rdpfix::playbook;
use rdpfix::survey::Tcp;

use super::Story;
use super::compound;
use super::rows;
use super::world::World;

fn mended(world: &World) -> Mending {
    mend(&world.case(), &world.diagnose(), "ts01")
}

/// What stories say, each with what would mend it.
fn all() -> Vec<(&'static Story, World, Mending)> {
    rows::ALL
        .into_iter()
        .flatten()
        .chain(compound::STORIES)
        .map(|story| {
            let mut world = World::healthy();
            (story.spoil)(&mut world);
            let mending = mended(&world);
            (story, world, mending)
        })
        .collect()
}

#[test]
fn every_playbook_is_read_without_a_mistake() {
    let mut tasks = 0;
    for (story, _, mending) in all() {
        let Some(text) = mending.playbook else {
            continue;
        };
        let source = Arc::new(Source {
            name: "mend.yml".to_owned(),
            text: text.clone(),
            secret: false,
        });
        let (read, diagnostics) = playbook::parse(&source);
        assert!(
            diagnostics.is_empty(),
            "{}\n{text}\n{diagnostics:#?}",
            story.about
        );
        let read = read.unwrap();
        assert_eq!(read.plays.len(), 1, "{text}");
        assert_eq!(read.plays[0].hosts, "ts01");
        tasks += read.plays[0].tasks.len();
    }
    assert!(tasks > 20, "only {tasks} tasks");
}

#[test]
fn what_keeps_clients_out_is_mended_or_left_to_a_person() {
    for (story, world, mending) in all() {
        for one in world.diagnose() {
            let advice = one.cause.entry().advice;
            if one.severity < Severity::Warning || advice.is_empty() {
                // Without advice in the catalogue nothing can be said where no step is known here.
                continue;
            }
            let in_playbook = mending
                .playbook
                .as_ref()
                .is_some_and(|text| text.contains(&format!("# {}:", one.cause)));
            let by_person = mending.manual.iter().any(|step| step.cause == one.cause);
            let merged = mending.playbook.as_ref().is_some_and(|text| {
                text.contains("rdp_certificate") || text.contains("rdp_listener")
            });
            assert!(
                in_playbook || by_person || merged,
                "{}: {}\n{mending:#?}",
                story.about,
                one.cause
            );
        }
    }
}

/// What the catalogue calls harmful, and what would weaken a host.
const HARMFUL: [&str; 10] = [
    "vulnerable",
    "not_required",
    "connections: denied",
    "security_layer: rdp",
    "security_layer: negotiate",
    "min_encryption: low",
    "ren ",
    "rename",
    "enablecredssp",
    "disabled\n",
];

#[test]
fn nothing_harmful_is_ever_advised() {
    for (story, _, mending) in all() {
        // Reasons quote what was seen, so that comments are left out.
        let tasks: String = mending
            .playbook
            .iter()
            .flat_map(|text| text.lines())
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| [line, "\n"])
            .collect();
        let steps: Vec<&str> = mending
            .manual
            .iter()
            .map(|step| step.does.as_str())
            .collect();
        let all = format!("{tasks}{}", steps.join("\n")).to_lowercase();
        for word in HARMFUL {
            assert!(!all.contains(word), "{}: `{word}` in {all}", story.about);
        }
    }
}

#[test]
fn a_healthy_host_needs_nothing() {
    assert_eq!(mended(&World::healthy()), Mending::default());
}

#[test]
fn a_value_that_policy_owns_is_left_to_its_policy() {
    let mut world = World::healthy();
    world.settings().user_authentication.value = 0;
    world.settings().user_authentication.decided_by = rdpfix::inside::Decider::Policy;
    let mending = mended(&world);
    assert_eq!(mending.playbook, None);
    assert_eq!(mending.manual[0].cause, Cause::PolicyOwned);
    assert!(mending.manual[0].does.contains("gpresult"), "{mending:#?}");
}

#[test]
fn without_a_way_in_the_playbook_looks_itself() {
    let mut world = World::healthy();
    world.blind();
    world.port(Tcp::Timeout);
    let text = mended(&world).playbook.unwrap();
    for resource in ["service:", "rdp_access:", "firewall_rule:"] {
        assert!(text.contains(resource), "{text}");
    }
}

#[test]
fn the_key_of_the_listener_is_mended_by_hand_and_no_other() {
    let mut world = World::healthy();
    world
        .inside()
        .key_file
        .as_mut()
        .unwrap()
        .network_service_reads = Some(false);
    let mending = mended(&world);
    let steps: Vec<&str> = mending
        .manual
        .iter()
        .map(|step| step.does.as_str())
        .collect();
    assert!(
        steps[0].contains("icacls") && steps[0].contains("f686"),
        "{steps:?}"
    );
    assert!(steps[0].contains("this one file only"), "{steps:?}");
}

#[test]
fn two_faults_of_one_listener_are_one_task() {
    let mut world = World::healthy();
    world.settings().security_layer.value = 0;
    world.settings().user_authentication.value = 0;
    let text = mended(&world).playbook.unwrap();
    assert_eq!(text.matches("rdp_listener:").count(), 1, "{text}");
    assert!(
        text.contains("security_layer: tls") && text.contains("nla: required"),
        "{text}"
    );
}
