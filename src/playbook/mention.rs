//! Which plays speak of something at all, as far as that can be seen before they run.
//!
//! Looks at texts only, and rather finds too much than too little.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::diag::Source;
use crate::playbook::Action;
use crate::playbook::Play;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::is_template;

impl Play {
    /// Whether a file that the play is made of has one of these words in it. A file that is found only while the run
    /// goes on may have any.
    pub fn mentions(&self, words: &[&str]) -> bool {
        let mut search = Search {
            words,
            seen: HashSet::new(),
        };
        search.source(&self.hosts_span.source)
            || search.variables(&self.vars)
            || self.all_tasks().into_iter().any(|task| search.task(task))
    }
}

/// Whether a text somewhere in these variables has one of these words in it.
pub fn variables_mention(variables: &BTreeMap<String, Node>, words: &[&str]) -> bool {
    variables.values().any(|node| within(node, words))
}

fn within(node: &Node, words: &[&str]) -> bool {
    match &node.content {
        Content::Text(text) => words.iter().any(|word| text.contains(word)),
        Content::Sequence(items) => items.iter().any(|item| within(item, words)),
        Content::Mapping(entries) => entries.iter().any(|(_, value)| within(value, words)),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Unsafe(_) => false,
    }
}

struct Search<'w> {
    words: &'w [&'w str],
    /// Texts that were searched, by their address.
    seen: HashSet<usize>,
}

impl Search<'_> {
    fn source(&mut self, source: &Arc<Source>) -> bool {
        self.seen.insert(Arc::as_ptr(source).addr())
            && self.words.iter().any(|word| source.text.contains(word))
    }

    fn variables(&mut self, variables: &BTreeMap<String, Node>) -> bool {
        variables_mention(variables, self.words)
    }

    fn task(&mut self, task: &Task) -> bool {
        if self.source(&task.span.source) {
            return true;
        }
        let (Action::Include { file, library } | Action::IncludeVars { file, library, .. }) =
            &task.action
        else {
            return false;
        };
        let Some(name) = file.as_text().filter(|name| !is_template(name)) else {
            return true;
        };
        if matches!(task.action, Action::IncludeVars { .. }) {
            let variables = library.variables(name);
            return variables.is_ok_and(|variables| self.variables(&variables));
        }
        let statements = library.known(name);
        statements.is_some_and(|statements| self.statements(&statements))
    }

    fn statements(&mut self, list: &[Statement]) -> bool {
        list.iter().any(|statement| match statement {
            Statement::Task(task) => self.task(task),
            Statement::Block(block) => [&block.body, &block.rescue, &block.always]
                .into_iter()
                .any(|list| self.statements(list)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diag::Source;
    use crate::playbook::parse;

    fn mentions(tasks: &str) -> bool {
        let source = Arc::new(Source {
            name: "play.yml".into(),
            text: format!("- hosts: all\n  vars: {{a: 1}}\n  tasks: {tasks}\n"),
            secret: false,
        });
        let (playbook, mistakes) = parse(&source);
        let playbook = playbook.unwrap_or_else(|| panic!("{mistakes:?}"));
        playbook.plays[0].mentions(&["hostvars"])
    }

    #[test]
    fn a_word_anywhere_is_found() {
        assert!(mentions("[{debug: {msg: '{{ hostvars.a }}'}}]"));
        assert!(mentions("[{debug: {msg: x}, when: hostvars is defined}]"));
        assert!(!mentions("[{debug: {msg: '{{ a }}'}}]"));
    }

    #[test]
    fn a_file_that_is_found_later_may_have_any_word() {
        assert!(mentions("[{include_tasks: '{{ a }}.yml'}]"));
        assert!(mentions("[{block: [{include_vars: '{{ a }}.yml'}]}]"));
    }
}
