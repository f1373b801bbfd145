//! What a playbook means, as a text that a person can check: one line for each task, indented by blocks.
#![cfg(test)]

use std::fmt::Write;

use rdpfix::playbook::Action;
use rdpfix::playbook::Block;
use rdpfix::playbook::Body;
use rdpfix::playbook::Condition;
use rdpfix::playbook::Play;
use rdpfix::playbook::Playbook;
use rdpfix::playbook::Rollout;
use rdpfix::playbook::Ruled;
use rdpfix::playbook::Statement;
use rdpfix::playbook::Task;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;

pub(crate) fn playbook(playbook: &Playbook) -> String {
    let mut text = String::new();
    for one in &playbook.plays {
        play(&mut text, one);
    }
    text
}

fn play(text: &mut String, play: &Play) {
    writeln!(
        text,
        "play `{}` hosts `{}` prove {} facts {}",
        play.name, play.hosts, play.prove, play.needs_facts
    )
    .unwrap();
    for (name, value) in &play.vars {
        writeln!(text, "  var {name} = {}", shown(value)).unwrap();
    }
    for prompt in &play.prompts {
        writeln!(
            text,
            "  prompt {} {:?} default {:?} private {} confirm {}",
            prompt.name,
            prompt.prompt,
            prompt.default.as_ref().map(shown),
            prompt.private,
            prompt.confirm
        )
        .unwrap();
    }
    if play.rollout != Rollout::default() {
        writeln!(text, "  {:?}", play.rollout).unwrap();
    }
    if play.force_handlers {
        writeln!(text, "  force_handlers").unwrap();
    }
    for (word, list) in [
        ("pre_tasks", &play.pre_tasks),
        ("tasks", &play.tasks),
        ("post_tasks", &play.post_tasks),
    ] {
        if !list.is_empty() {
            writeln!(text, "  {word}").unwrap();
            statements(text, list, 4);
        }
    }
    if !play.handlers.is_empty() {
        writeln!(text, "  handlers").unwrap();
    }
    for handler in &play.handlers {
        task(text, handler, 4);
    }
}

pub(crate) fn statements(text: &mut String, list: &[Statement], depth: usize) {
    for statement in list {
        match statement {
            Statement::Task(one) => task(text, one, depth),
            Statement::Block(one) => block(text, one, depth),
        }
    }
}

fn block(text: &mut String, block: &Block, depth: usize) {
    let (line, _) = block.span.line_and_column();
    let name = block.name.as_deref().unwrap_or_default();
    writeln!(text, "{:depth$}block `{name}` line {line}", "").unwrap();
    for (word, list) in [
        ("body", &block.body),
        ("rescue", &block.rescue),
        ("always", &block.always),
    ] {
        if !list.is_empty() {
            writeln!(text, "{:depth$}  {word}", "").unwrap();
            statements(text, list, depth + 4);
        }
    }
}

fn task(text: &mut String, task: &Task, depth: usize) {
    let (line, _) = task.span.line_and_column();
    let file = &task.span.source.name;
    writeln!(
        text,
        "{:depth$}`{}` {file}:{line} {}",
        "",
        task.name,
        action(&task.action)
    )
    .unwrap();
    let mut said = Vec::new();
    words(&mut said, task);
    repetition(&mut said, task);
    manner(&mut said, task);
    for line in said {
        writeln!(text, "{:depth$}  {}", "", line.trim_end()).unwrap();
    }
}

fn words(said: &mut Vec<String>, task: &Task) {
    for (word, list) in [
        ("when", &task.when),
        ("changed_when", &task.changed_when),
        ("failed_when", &task.failed_when),
    ] {
        if !list.is_empty() {
            said.push(format!("{word} {}", conditions(list)));
        }
    }
    for (word, list) in [
        ("tags", &task.tags),
        ("notify", &task.notify),
        ("listen", &task.listen),
    ] {
        if !list.is_empty() {
            said.push(format!("{word} {list:?}"));
        }
    }
    for (name, value) in &*task.vars {
        said.push(format!("var {name} = {}", shown(value)));
    }
    if let Some(Ruled { control, note }) = &task.control {
        said.push(format!(
            "control {} {} {:?} {:?} note {note:?}",
            control.id,
            control.severity.word(),
            control.title,
            control.references
        ));
    }
    if let Some(register) = &task.register {
        said.push(format!("register {register}"));
    }
}

fn repetition(said: &mut Vec<String>, task: &Task) {
    let optional = |node: &Option<Node>| node.as_ref().map_or_else(|| "-".to_owned(), shown);
    if let Some(repeat) = &task.repeat {
        said.push(format!(
            "loop {} in {} index {} label {}",
            repeat.var,
            shown(&repeat.items),
            repeat.index_var.as_deref().unwrap_or("-"),
            optional(&repeat.label)
        ));
    }
    if let Some(until) = &task.until {
        said.push(format!(
            "until {} retries {} delay {}",
            conditions(&until.conditions),
            optional(&until.retries),
            optional(&until.delay)
        ));
    }
}

fn manner(said: &mut Vec<String>, task: &Task) {
    let manner = &task.manner;
    for (word, value) in [
        ("ignore_errors", &manner.ignore_errors),
        ("ignore_unreachable", &manner.ignore_unreachable),
        ("no_log", &manner.no_log),
        ("check_mode", &manner.check_mode),
        ("diff", &manner.diff),
    ] {
        said.extend(
            value
                .as_ref()
                .map(|value| format!("{word} {}", shown(value))),
        );
    }
    if manner.run_once {
        said.push("run_once".to_owned());
    }
    said.extend(manner.throttle.map(|limit| format!("throttle {limit}")));
    said.extend(manner.timeout.map(|limit| format!("timeout {limit}")));
}

fn conditions(list: &[Condition]) -> String {
    let texts: Vec<&str> = list.iter().map(Condition::text).collect();
    format!("{texts:?}")
}

fn action(action: &Action) -> String {
    let word = action.word();
    let optional = |node: &Option<Node>| node.as_ref().map(shown).unwrap_or_default();
    let rest = match action {
        Action::Resource {
            body: Body::Fixed(resource),
            ..
        } => format!("{resource:?}"),
        Action::Resource {
            body: Body::Templated { node, .. },
            ..
        } => format!("later {}", shown(node)),
        Action::Assert {
            that,
            fail_msg,
            success_msg,
        } => format!(
            "{} fail_msg {} success_msg {}",
            conditions(that),
            optional(fail_msg),
            optional(success_msg)
        ),
        Action::Fail { msg } => optional(msg),
        Action::Debug { msg, verbosity } => format!("{} verbosity {verbosity}", shown(msg)),
        Action::SetFact(facts) => facts
            .iter()
            .map(|(name, value)| format!("{name} = {}", shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Action::IncludeVars { file, name, .. } => format!("{} name {name:?}", shown(file)),
        Action::Include { file, .. } => shown(file),
        Action::Reboot(node) | Action::WaitForConnection(node) | Action::WaitFor(node) => {
            shown(node)
        }
        Action::Nothing(_) => String::new(),
        Action::Meta(meta) => format!("{meta:?}"),
    };
    format!("{word} {rest}").trim_end().to_owned()
}

pub(crate) fn shown(node: &Node) -> String {
    match &node.content {
        Content::Null => "null".to_owned(),
        Content::Bool(truth) => truth.to_string(),
        Content::Int(number) => number.to_string(),
        Content::Float(number) => number.to_string(),
        Content::Text(text) => format!("{text:?}"),
        Content::Unsafe(text) => format!("unsafe {text:?}"),
        Content::Sealed(_) => "sealed".to_owned(),
        Content::Sequence(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", key.spelled().unwrap_or("?"), shown(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
