//! Facts about the page of the play language: it tells of every key and of every module that the code knows.
//! `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write;

use rdpfix::playbook::language;
use rdpfix::playbook::language::Fate;
use rdpfix::playbook::language::Place;

use super::reference::cell;
use super::reference::holds;
use super::reference::properties;

const PAGE: &str = "docs/reference/playbooks.md";

const INTRODUCTION: &str = "\
# The play language

Generated from the code by `tests/it/docs/language.rs`; do not edit by hand.

Playbooks are written as for Ansible, with resources instead of modules; a few modules of Ansible are turned into resources.
What is not understood is a mistake, told with its place and what to do instead; nothing that matters is passed over in silence.

- Hosts never wait for each other: each goes through its tasks as fast as it can, whatever `strategy` says. `serial` makes waves.
- `hosts`, `serial`, `vars_files`, `import_tasks`, `import_playbook`, `tags`, `run_once`, `throttle` and `timeout` are evaluated before hosts are known: only `-e` and the play's `vars` count there. Everything else is evaluated on each host.
- Keywords of plays, blocks and imports are pushed down to their tasks: `when` and `tags` add up, `vars` are merged, of all others the innermost counts.
- `check_mode: false` on a resource is refused, because check mode never changes anything.
- `delegate_to: localhost` is taken where it makes no difference: at `wait_for`, and at actions that do not look at the host.
- What `-e name=value` gives is a text, as in Ansible; `-e '{\"name\": 5}'` and files have types. Where a resource asks for a number or a truth value, a text that a template made is read as one. Backslashes of `-e name=value` and of `key=value` arguments are letters; in Ansible `\\t` is a tab there.
- What the run tells (`groups`, `hostvars`, `playbook_dir`, `ansible_check_mode`, `ansible_play_hosts` …) wins over every variable of that name; `group_names` and `inventory_dir` may be replaced. `inventory_hostname` may not, which `-e` can do in Ansible.
- Arguments may be written as `key=value`, under `args`, or by `action`.
- Files are looked for beside the file that names them, then beside the playbook; variables in a folder `vars` there first.
- `control` names the rule that a task checks, for reports and waivers. Plays, blocks and imports push theirs down to resources, `assert` and `fail`, not to handlers; the innermost counts. Ansible refuses keys that it does not know, so a playbook with `control` is for rdpfix alone.
- `with_items`, `with_list` and `with_dict` are loops; of other `with_` forms the mistake tells the `loop` that does the same.
";

fn keys(text: &mut String, heading: &str, place: Place) {
    let read: Vec<String> = language::keys(place)
        .filter(|(_, fate)| *fate == Fate::Read)
        .map(|(key, _)| format!("`{key}`"))
        .collect();
    write!(text, "\n## Keys of {heading}\n\n{}.\n\n", read.join(", ")).unwrap();
    text.push_str("| key | what becomes of it |\n| --- | --- |\n");
    for (key, fate) in language::keys(place) {
        let fate = match fate {
            Fate::Read => continue,
            Fate::Idle => "taken; nothing is lost by having no effect".to_owned(),
            Fate::Lost(advice) => format!("taken without effect, with a warning: {advice}"),
            Fate::Refused(advice) => format!("refused: {advice}"),
        };
        writeln!(text, "| `{key}` | {} |", cell(&fate)).unwrap();
    }
}

fn wanted() -> String {
    let mut text = INTRODUCTION.to_owned();
    keys(&mut text, "plays", Place::Play);
    keys(&mut text, "blocks", Place::Block);
    keys(&mut text, "tasks and handlers", Place::Task);
    text.push_str("\n## Keys of `control`\n\nAn identifier alone, or:\n\n");
    text.push_str(&properties(language::CONTROL));
    text.push_str(
        "\nThe same identifier may stand at several tasks; where title and severity are said again they have to agree.\n",
    );
    let actions: Vec<String> = language::actions()
        .iter()
        .map(|action| format!("`{action}`"))
        .collect();
    write!(
        text,
        "\n## What the runner does itself\n\n{}.\n\n## Modules that are turned into resources\n\n",
        actions.join(", ")
    )
    .unwrap();
    text.push_str("| option | what becomes of it |\n| --- | --- |\n");
    for (module, options) in language::translated() {
        for (option, advice) in options {
            let fate = advice.map_or("understood".to_owned(), |advice| {
                format!("refused: {advice}")
            });
            writeln!(text, "| `{module}: {option}` | {} |", cell(&fate)).unwrap();
        }
    }
    text.push_str("\n## Modules that are refused\n\n| module | instead |\n| --- | --- |\n");
    for (module, advice) in language::refused() {
        writeln!(text, "| `{module}` | {} |", cell(advice)).unwrap();
    }
    text
}

#[test]
fn the_page_of_the_play_language_is_what_the_code_knows() {
    holds(PAGE, &wanted());
}

#[test]
fn modules_stand_once_and_in_order() {
    let names: Vec<&str> = language::refused().iter().map(|(name, _)| *name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
    let done = language::actions().iter().copied();
    let done = done.chain(language::translated().map(|(name, _)| name));
    let both: Vec<&str> = done.filter(|name| names.contains(name)).collect();
    assert!(both.is_empty(), "done and refused: {both:?}");
}
