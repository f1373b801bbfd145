//! `--list-hosts`, `--list-tasks`, `--list-tags` and `--syntax-check`: what a playbook is about, laid out as
//! ansible-playbook lays it out. Tags and hosts are sorted, which Ansible leaves to chance.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use crate::cli::args::ListArguments;
use crate::inventory::Host;
use crate::playbook::Play;
use crate::playbook::Statement;
use crate::playbook::Task;

/// The tags that a list goes by: all of them, those that never run among them, when tags are listed and none was typed.
pub fn tags(typed: &[String], skipped: &[String], list: &ListArguments) -> Vec<String> {
    if list.list_tags && typed.is_empty() && skipped.is_empty() {
        return ["never", "all"].map(str::to_owned).to_vec();
    }
    typed.to_vec()
}

/// The list; hosts are those of each play, in its order.
pub fn listing(
    playbook: &str,
    plays: &[(Arc<Play>, Vec<Arc<Host>>)],
    list: &ListArguments,
) -> String {
    let mut text = format!("\nplaybook: {playbook}\n");
    for (index, (play, hosts)) in plays.iter().enumerate() {
        // Writing to a string cannot fail.
        let _written = write_play(&mut text, index + 1, (play, hosts), list);
    }
    text
}

fn write_play(
    text: &mut String,
    number: usize,
    (play, hosts): (&Play, &[Arc<Host>]),
    list: &ListArguments,
) -> std::fmt::Result {
    let own: BTreeSet<&str> = play.tags.iter().map(String::as_str).collect();
    let patterns = patterns(play);
    writeln!(
        text,
        "\n  play #{number} ({}): {}\tTAGS: [{}]",
        patterns.join(","),
        play.name,
        joined(&own, ",")
    )?;
    if list.list_hosts {
        let quoted: Vec<String> = patterns.iter().map(|pattern| quoted(pattern)).collect();
        writeln!(text, "    pattern: [{}]", quoted.join(", "))?;
        writeln!(text, "    hosts ({}):", hosts.len())?;
        for host in hosts {
            writeln!(text, "      {}", host.name)?;
        }
    }
    let mut tasks = Vec::new();
    for tasks_of in [&play.pre_tasks, &play.tasks, &play.post_tasks] {
        collect(tasks_of, &mut tasks);
    }
    if list.list_tasks {
        writeln!(text, "    tasks:")?;
        for task in &tasks {
            let tags = tags_of(&own, task);
            writeln!(text, "      {}\tTAGS: [{}]", task.name, joined(&tags, ", "))?;
        }
    }
    if list.list_tags {
        let tags = tasks.iter().flat_map(|task| tags_of(&own, task));
        let tags: BTreeSet<&str> = tags.chain(own.iter().copied()).collect();
        writeln!(text, "      TASK TAGS: [{}]", joined(&tags, ", "))?;
    }
    Ok(())
}

/// The tasks that run when nothing fails and that are not there to clean up: Ansible lists no others.
fn collect<'a>(list: &'a [Statement], found: &mut Vec<&'a Task>) {
    for statement in list {
        match statement {
            Statement::Task(task) => found.push(task),
            Statement::Block(block) => collect(&block.body, found),
        }
    }
}

fn tags_of<'a>(play: &BTreeSet<&'a str>, task: &'a Task) -> BTreeSet<&'a str> {
    let own = task.tags.iter().map(String::as_str);
    play.iter().copied().chain(own).collect()
}

fn joined(words: &BTreeSet<&str>, by: &str) -> String {
    words.iter().copied().collect::<Vec<_>>().join(by)
}

/// The patterns of a play: as many as its list has, one when it is a text, whatever commas are in it.
fn patterns(play: &Play) -> Vec<&str> {
    let is_list = play.hosts_span.text().trim_start().starts_with(['[', '-']);
    if is_list {
        play.hosts.split(',').collect()
    } else {
        vec![play.hosts.as_str()]
    }
}

/// A text as Python shows it in a list.
fn quoted(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
    }
}
