//! The playbook that would mend a host, as YAML text with its reasons in comments, and what is left to a person.
//!
//! Only what a resource can mend becomes a task, and nothing that weakens the host; a value that Group Policy owns is
//! never written. Knows the language of playbooks as text; reading it is `playbook`'s business.

use std::fmt::Write as _;

use crate::diagnosis::Case;
use crate::diagnosis::Ranked;
use crate::finding::Cause;
use crate::finding::Severity;

mod manual;
mod tasks;

/// What would mend a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mending {
    /// The playbook; `None` when there is nothing that a playbook could mend.
    pub playbook: Option<String>,
    /// What a person has to do, most likely cause first.
    pub manual: Vec<Step>,
}

/// Something that a person has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The cause that it mends.
    pub cause: Cause,
    /// What to do, with the exact command where there is one; a sentence without a full stop.
    pub does: String,
}

/// One task of the playbook.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    /// The cause that it mends.
    cause: Cause,
    /// What the task states.
    name: String,
    /// The resource.
    resource: &'static str,
    /// Its properties, as YAML scalars.
    properties: Vec<(&'static str, String)>,
    /// What whoever applies it should know first.
    remark: Option<&'static str>,
    /// Whether it takes effect after a restart of TermService only.
    restart: Restart,
}

/// Whether a change waits for TermService.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restart {
    Needed,
    NotNeeded,
}

/// The handler's name.
const HANDLER: &str = "Restart Remote Desktop Services";

/// What would mend a host of this name, for the causes that were found.
pub fn mend(case: &Case<'_>, ranked: &[Ranked], host: &str) -> Mending {
    let worth: Vec<&Ranked> = ranked
        .iter()
        .filter(|one| one.severity > Severity::Info || is_open(case, one))
        .collect();
    let mut tasks = tasks::tasks(case, &worth);
    if worth.iter().any(|one| one.cause == Cause::MachineKeys) {
        for task in &mut tasks {
            if task.resource == "rdp_certificate" {
                task.remark = Some(
                    "Works only once the key file can be read: a person comes first, see above.",
                );
            }
        }
    }
    let manual: Vec<Step> = ranked
        .iter()
        .filter(|one| one.severity > Severity::Info || manual::is_only_manual(one.cause))
        .flat_map(|one| manual::steps(case, one.cause, &tasks, host))
        .collect();
    Mending {
        playbook: (!tasks.is_empty()).then(|| text(host, ranked, &tasks, &manual)),
        manual,
    }
}

/// Whether a cause is merely possible because nobody could look inside; its task then looks itself.
fn is_open(case: &Case<'_>, one: &Ranked) -> bool {
    let looks_itself = [
        Cause::RdpDisabled,
        Cause::ServiceDown,
        Cause::FirewallClosed,
    ];
    looks_itself.contains(&one.cause) && !one.unseen.is_empty() && case.inside.is_err()
}

fn text(host: &str, ranked: &[Ranked], tasks: &[Task], manual: &[Step]) -> String {
    let mut text = String::new();
    let shown = comment(host);
    // Writing to a text cannot fail.
    let _written = writeln!(
        text,
        "# What would mend {shown}, by what was seen of it. Nothing here weakens the host.\n#\n\
         #   rdpfix apply --check FILE -i INVENTORY   # shows what would change, changes nothing\n\
         #   rdpfix apply FILE -i INVENTORY           # mends, then proves from outside"
    );
    for step in manual {
        let _written = writeln!(
            text,
            "#\n# For a person ({}): {}",
            step.cause,
            comment(&step.does)
        );
    }
    let _written = writeln!(
        text,
        "\n- name: {}\n  hosts: {}\n\n  tasks:",
        quoted(&format!("Mend Remote Desktop on {host}")),
        quoted(host)
    );
    let mut told: Vec<Cause> = Vec::new();
    for task in tasks {
        if !told.contains(&task.cause) {
            told.push(task.cause);
            why(&mut text, ranked, task.cause);
        }
        write_task(&mut text, task);
    }
    if tasks.iter().any(|task| task.restart == Restart::Needed) {
        let _written = writeln!(
            text,
            "\n  handlers:\n    # Drops Remote Desktop sessions; runs only when one of the tasks changed something.\n    \
             - name: {HANDLER}\n      service:\n        name: TermService\n        state: restarted"
        );
    }
    text
}

fn why(text: &mut String, ranked: &[Ranked], cause: Cause) {
    let entry = cause.entry();
    let _written = writeln!(text, "    # {}: {}", entry.id, entry.title);
    let evidence = ranked
        .iter()
        .filter(|one| one.cause == cause)
        .flat_map(|one| &one.evidence_for);
    for line in evidence.take(3) {
        let _written = writeln!(text, "    #   {}", comment(line));
    }
}

fn write_task(text: &mut String, task: &Task) {
    if let Some(remark) = task.remark {
        let _written = writeln!(text, "    # {remark}");
    }
    let _written = writeln!(
        text,
        "    - name: {}\n      {}:",
        quoted(&task.name),
        task.resource
    );
    for (name, value) in &task.properties {
        let _written = writeln!(text, "        {name}: {value}");
    }
    if task.restart == Restart::Needed {
        let _written = writeln!(text, "      notify: {HANDLER}");
    }
}

/// What came from a host, fit for a comment: one line, nothing that moves a cursor, no novel.
fn comment(text: &str) -> String {
    const LONGEST: usize = 2_000;
    text.chars()
        .map(|one| if one.is_control() { ' ' } else { one })
        .take(LONGEST)
        .collect()
}

/// A scalar of YAML in double quotes.
fn quoted(text: &str) -> String {
    let mut scalar = String::from("\"");
    for one in text.chars() {
        match one {
            '"' | '\\' => scalar.extend(['\\', one]),
            control if control.is_control() => scalar.push(' '),
            plain => scalar.push(plain),
        }
    }
    scalar.push('"');
    scalar
}

#[cfg(test)]
mod tests {
    use super::comment;
    use super::quoted;

    #[test]
    fn what_came_from_a_host_stays_on_its_line() {
        assert_eq!(comment("a\n- name: b"), "a - name: b");
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c \"");
    }
}
