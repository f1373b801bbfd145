//! Which plays need facts about their hosts: those whose conditions or templates name one.

use std::collections::BTreeSet;

use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Condition;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::playbook::built_in::conditions_of;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::Engine;
use crate::syntax::template::is_template;

/// Beginnings of names that Ansible gives to other things than facts: connections and the run itself.
const NO_FACTS: [&str; 22] = [
    "ansible_become",
    "ansible_check_mode",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_connection",
    "ansible_diff_mode",
    "ansible_failed_",
    "ansible_forks",
    "ansible_host",
    "ansible_index_var",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_loop",
    "ansible_p",
    "ansible_run_tags",
    "ansible_search_path",
    "ansible_shell",
    "ansible_skip_tags",
    "ansible_ssh",
    "ansible_user",
    "ansible_ver",
    "ansible_winrm",
];

/// Names that begin like those above and are facts nevertheless.
const FACTS_AFTER_ALL: [&str; 6] = [
    "ansible_hostname",
    "ansible_processor",
    "ansible_product",
    "ansible_powershell",
    "ansible_pagefile",
    "ansible_user_",
];

/// Whether one of the names is a fact.
pub(super) fn names_fact(names: &BTreeSet<String>) -> bool {
    names.iter().any(|name| {
        let begins = |beginnings: &[&str]| beginnings.iter().any(|one| name.starts_with(one));
        name == "facts"
            || name.starts_with("ansible_") && (!begins(&NO_FACTS) || begins(&FACTS_AFTER_ALL))
    })
}

/// Whether statements need facts. Files whose names are templates may name any.
pub(super) fn statements(list: &[Statement], engine: &Engine) -> bool {
    list.iter().any(|statement| match statement {
        Statement::Task(one) => task(one, engine),
        Statement::Block(block) => [&block.body, &block.rescue, &block.always]
            .into_iter()
            .any(|list| statements(list, engine)),
    })
}

/// Whether a task needs facts.
pub(super) fn task(task: &Task, engine: &Engine) -> bool {
    let nodes = [
        &task.manner.ignore_errors,
        &task.manner.ignore_unreachable,
        &task.manner.no_log,
        &task.manner.check_mode,
        &task.manner.diff,
    ];
    let repeat = task
        .repeat
        .iter()
        .flat_map(|repeat| [Some(&repeat.items), repeat.label.as_ref()]);
    let until = task
        .until
        .iter()
        .flat_map(|until| [until.retries.as_ref(), until.delay.as_ref()]);
    let until_conditions = task.until.iter().flat_map(|until| &until.conditions);
    let named = |node: &Node| names_fact(&engine.names(node));
    nodes.into_iter().flatten().any(named)
        || task.vars.values().any(named)
        || repeat.chain(until).flatten().any(named)
        || text_names(&task.name, task, engine)
        || task
            .notify
            .iter()
            .any(|name| text_names(name, task, engine))
        || conditions(&task.when)
        || conditions(&task.changed_when)
        || conditions(&task.failed_when)
        || conditions(conditions_of(&task.action))
        || until_conditions.into_iter().any(condition)
        || action(&task.action, engine)
}

fn text_names(text: &str, task: &Task, engine: &Engine) -> bool {
    is_template(text)
        && names_fact(&engine.names(&Node {
            span: task.span.clone(),
            content: Content::Text(text.to_owned()),
        }))
}

fn conditions(list: &[Condition]) -> bool {
    list.iter().any(condition)
}

fn condition(condition: &Condition) -> bool {
    names_fact(&condition.names())
}

fn action(action: &Action, engine: &Engine) -> bool {
    let named = |node: &Node| names_fact(&engine.names(node));
    match action {
        Action::Resource {
            body: Body::Templated { node, .. },
            ..
        }
        | Action::Reboot(node)
        | Action::WaitForConnection(node)
        | Action::WaitFor(node)
        | Action::Debug { msg: node, .. } => named(node),
        Action::IncludeVars { file, .. } => named(file),
        Action::Assert {
            fail_msg,
            success_msg,
            ..
        } => fail_msg.iter().chain(success_msg).any(named),
        Action::Fail { msg } => msg.iter().any(named),
        Action::SetFact(facts) => facts.values().any(named),
        Action::Include { file, library } => match file.as_text() {
            Some(path) if !is_template(path) => library
                .known(path)
                .is_some_and(|list| statements(&list, engine)),
            _ => true,
        },
        Action::Resource {
            body: Body::Fixed(_),
            ..
        }
        | Action::Nothing(_)
        | Action::Meta(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::names_fact;

    fn fact(name: &str) -> bool {
        names_fact(&std::iter::once(name.to_owned()).collect())
    }

    #[test]
    fn variables_of_connections_and_of_the_run_are_no_facts() {
        for name in [
            "ansible_host",
            "ansible_port",
            "ansible_user",
            "ansible_winrm_scheme",
            "ansible_check_mode",
            "x",
        ] {
            assert!(!fact(name), "{name}");
        }
        for name in [
            "facts",
            "ansible_facts",
            "ansible_hostname",
            "ansible_os_family",
            "ansible_processor_cores",
        ] {
            assert!(fact(name), "{name}");
        }
    }
}
