//! What a play knows of its host: how much has to be asked for it, and the variables that come of the answers.
//!
//! Looks at texts only, and rather asks too much than too little.

use std::sync::LazyLock;

use regex::Regex;

use crate::facts::Depth;
use crate::facts::Facts;
use crate::facts::NAMES;
use crate::facts::ansible::depth_of;
use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Condition;
use crate::playbook::Play;
use crate::playbook::Task;
use crate::playbook::needs;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Values;

/// A variable of facts: `ansible_…` by itself, or `facts` and `ansible_facts` with the attribute behind them, if there is one.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // The pattern is a constant; were it wrong, everything would be asked.
    Regex::new(r#"\b(?:(facts|ansible_facts)\b(?:\.(\w+)|\[\s*['"](\w+)['"]\s*\])?|(ansible_\w+))"#)
        .ok()
});

impl Play {
    /// How much its conditions and templates ask to know of a host, when [`Play::needs_facts`]. What is in files that are
    /// included while the run goes on cannot be seen, so with these everything is asked.
    pub fn facts_depth(&self) -> Depth {
        let in_vars = self.vars.values().map(of_node);
        let in_tasks = self.all_tasks().into_iter().map(of_task);
        in_vars.chain(in_tasks).max().unwrap_or(Depth::Core)
    }
}

/// The variables that facts bring: `ansible_facts`, and each of [`NAMES`] by itself; `facts` is the scope's own.
pub fn fact_values(facts: &Facts) -> Values {
    let mut values = Values::default();
    values.set("ansible_facts", &facts.ansible_facts());
    for (name, value) in facts.variables() {
        values.set(&name, &value);
    }
    values
}

fn of_text(text: &str) -> Depth {
    let Some(named) = NAMED.as_ref() else {
        return Depth::Full;
    };
    let depth = |found: regex::Captures<'_>| {
        let group = |number| found.get(number).map(|part| part.as_str());
        match (group(1), group(2).or(group(3)), group(4)) {
            (Some(_), Some(attribute), _) => depth_of(attribute),
            // All of them at once, or one whose name is computed.
            (Some(_), None, _) => Depth::Full,
            (None, _, name) => NAMES
                .iter()
                .find(|(known, _)| Some(*known) == name)
                .map_or(Depth::Core, |(_, depth)| *depth),
        }
    };
    named
        .captures_iter(text)
        .map(depth)
        .max()
        .unwrap_or(Depth::Core)
}

fn of_node(node: &Node) -> Depth {
    match &node.content {
        Content::Text(text) => of_text(text),
        Content::Sequence(items) => items.iter().map(of_node).max().unwrap_or(Depth::Core),
        Content::Mapping(entries) => entries
            .iter()
            .map(|(_, value)| of_node(value))
            .max()
            .unwrap_or(Depth::Core),
        Content::Null
        | Content::Bool(_)
        | Content::Sealed(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Unsafe(_) => Depth::Core,
    }
}

fn of_conditions(conditions: &[Condition]) -> Depth {
    conditions
        .iter()
        .map(|condition| of_text(condition.text()))
        .max()
        .unwrap_or(Depth::Core)
}

fn of_task(task: &Task) -> Depth {
    let conditions = needs::conditions(task).map(|condition| of_text(condition.text()));
    needs::nodes(task)
        .map(of_node)
        .chain(needs::texts(task).map(of_text))
        .chain(conditions)
        .chain([of_action(&task.action)])
        .max()
        .unwrap_or(Depth::Core)
}

fn of_action(action: &Action) -> Depth {
    match action {
        Action::Resource { body, .. } => match body {
            Body::Fixed(_) => Depth::Core,
            Body::Templated { node, .. } => of_node(node),
        },
        Action::Assert {
            that,
            fail_msg,
            success_msg,
        } => {
            let messages = fail_msg.iter().chain(success_msg).map(of_node);
            messages
                .chain([of_conditions(that)])
                .max()
                .unwrap_or(Depth::Core)
        }
        Action::Fail { msg } => msg.as_ref().map_or(Depth::Core, of_node),
        Action::Debug { msg, .. } => of_node(msg),
        Action::SetFact(facts) => facts.values().map(of_node).max().unwrap_or(Depth::Core),
        Action::IncludeVars { .. } | Action::Include { .. } => Depth::Full,
        Action::Reboot(node) | Action::WaitForConnection(node) | Action::WaitFor(node) => {
            of_node(node)
        }
        Action::Nothing(_) | Action::Meta(_) => Depth::Core,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::of_text;
    use crate::diag::Source;
    use crate::facts::Depth;
    use crate::playbook::parse;

    #[test]
    fn every_key_that_may_hold_a_template_asks_for_what_it_names() {
        let named = "\"{{ ansible_facts.reboot_pending }}\"";
        for keys in [
            format!("ignore_errors: {named}"),
            format!("ignore_unreachable: {named}"),
            format!("no_log: {named}"),
            format!("check_mode: {named}"),
            format!("diff: {named}"),
            format!("loop: {named}"),
            format!("loop: [1], loop_control: {{label: {named}}}"),
            format!("until: true, retries: {named}"),
            format!("until: true, delay: {named}"),
            format!("notify: {named}"),
            format!("name: {named}"),
            format!("vars: {{x: {named}}}"),
            "when: ansible_facts.reboot_pending".to_owned(),
            "until: ansible_facts.reboot_pending".to_owned(),
            "changed_when: ansible_facts.reboot_pending".to_owned(),
            "failed_when: ansible_facts.reboot_pending".to_owned(),
        ] {
            let source = Arc::new(Source {
                name: "play.yml".into(),
                text: format!("- hosts: all\n  tasks: [{{debug: {{msg: x}}, {keys}}}]\n"),
                secret: false,
            });
            let (playbook, mistakes) = parse(&source);
            let playbook = playbook.unwrap_or_else(|| panic!("{keys}: {mistakes:?}"));
            let play = &playbook.plays[0];
            assert!(play.needs_facts, "{keys}");
            assert_eq!(play.facts_depth(), Depth::Full, "{keys}");
        }
    }

    #[test]
    fn a_text_asks_for_what_it_names() {
        for (text, expected) in [
            (
                "facts.build >= 20348 and ansible_os_family == 'Windows'",
                Depth::Core,
            ),
            ("{{ ansible_facts.hostname }}", Depth::Core),
            ("{{ ansible_facts['fqdn'] }}", Depth::Core),
            ("{{ ansible_facts['reboot_pending'] }}", Depth::Full),
            ("facts.reboot_pending", Depth::Full),
            ("ansible_reboot_pending", Depth::Full),
            ("{{ ansible_ip_addresses | first }}", Depth::Full),
            ("{{ facts }}", Depth::Full),
            ("{{ ansible_facts[which] }}", Depth::Full),
            ("{{ ansible_host }} {{ my_facts }}", Depth::Core),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }
}
