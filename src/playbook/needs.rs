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

/// The keywords of a task that may hold templates, apart from what it is about.
pub(super) fn nodes(task: &Task) -> impl Iterator<Item = &Node> {
    let manner = &task.manner;
    let repeat = task.repeat.as_ref();
    let until = task.until.as_ref();
    let kept = [
        manner.ignore_errors.as_ref(),
        manner.ignore_unreachable.as_ref(),
        manner.no_log.as_ref(),
        manner.check_mode.as_ref(),
        manner.diff.as_ref(),
        repeat.map(|repeat| &repeat.items),
        repeat.and_then(|repeat| repeat.label.as_ref()),
        until.and_then(|until| until.retries.as_ref()),
        until.and_then(|until| until.delay.as_ref()),
    ];
    kept.into_iter().flatten().chain(task.vars.values())
}

/// The texts of a task that may be templates.
pub(super) fn texts(task: &Task) -> impl Iterator<Item = &str> {
    let notified = task.notify.iter().map(String::as_str);
    notified.chain([&*task.name])
}

/// The conditions of a task, those that it is about not among them.
pub(super) fn conditions(task: &Task) -> impl Iterator<Item = &Condition> {
    let until = task.until.iter().flat_map(|until| &until.conditions);
    let own = [&task.when, &task.changed_when, &task.failed_when];
    own.into_iter().flatten().chain(until)
}

/// Whether a task needs facts.
pub(super) fn task(task: &Task, engine: &Engine) -> bool {
    nodes(task).any(|node| names_fact(&engine.names(node)))
        || texts(task).any(|text| text_names(text, task, engine))
        || conditions(task).any(condition)
        || conditions_of(&task.action).iter().any(condition)
        || action(&task.action, engine)
}

fn text_names(text: &str, task: &Task, engine: &Engine) -> bool {
    is_template(text)
        && names_fact(&engine.names(&Node {
            span: task.span.clone(),
            content: Content::Text(text.to_owned()),
        }))
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
