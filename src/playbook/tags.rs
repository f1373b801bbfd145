//! `--tags` and `--skip-tags`, with Ansible's words `always`, `never`, `all`, `tagged` and `untagged`.

use std::sync::Arc;

use crate::playbook::Block;
use crate::playbook::Play;
use crate::playbook::Statement;
use crate::playbook::Task;

impl Play {
    /// The play with only the tasks that the tags select; handlers stay. The same play when nothing is asked.
    pub fn narrowed(play: &Arc<Self>, tags: &[String], skip_tags: &[String]) -> Arc<Self> {
        let narrow = |list: &[Statement]| Statement::narrowed(list, tags, skip_tags);
        Arc::new(Self {
            pre_tasks: narrow(&play.pre_tasks),
            tasks: narrow(&play.tasks),
            post_tasks: narrow(&play.post_tasks),
            ..Self::clone(play)
        })
    }
}

impl Task {
    /// Whether the tags select the task; no tags select all but `never`.
    pub fn is_selected(&self, tags: &[String], skip_tags: &[String]) -> bool {
        wanted(&self.tags, tags) && !skipped(&self.tags, skip_tags)
    }
}

impl Statement {
    /// Those of the statements that the tags select; of blocks what is left of them.
    pub fn narrowed(list: &[Self], tags: &[String], skip_tags: &[String]) -> Vec<Self> {
        let narrow = |list: &[Self]| Self::narrowed(list, tags, skip_tags);
        let kept = |statement: &Self| match statement {
            Self::Task(task) => task
                .is_selected(tags, skip_tags)
                .then(|| Self::Task(Arc::clone(task))),
            Self::Block(block) => Some(Self::Block(Arc::new(Block {
                body: narrow(&block.body),
                rescue: narrow(&block.rescue),
                always: narrow(&block.always),
                ..Block::clone(block)
            }))),
        };
        list.iter().filter_map(kept).collect()
    }
}

fn has(own: &[String], tag: &str) -> bool {
    own.iter().any(|one| one == tag)
}

fn wanted(own: &[String], tags: &[String]) -> bool {
    let named = tags.iter().any(|tag| has(own, tag));
    if named || has(own, "always") {
        return true;
    }
    if has(own, "never") {
        return false;
    }
    tags.is_empty()
        || tags.iter().any(|tag| match tag.as_str() {
            "all" => true,
            "tagged" => !own.is_empty(),
            "untagged" => own.is_empty(),
            _ => false,
        })
}

fn skipped(own: &[String], skip_tags: &[String]) -> bool {
    skip_tags.iter().any(|tag| match tag.as_str() {
        "all" => !has(own, "always"),
        "tagged" => !own.is_empty(),
        "untagged" => own.is_empty(),
        tag => has(own, tag),
    })
}

#[cfg(test)]
mod tests {
    use super::skipped;
    use super::wanted;

    fn list(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn without_tags_all_but_never_run() {
        assert!(wanted(&list(&["x"]), &[]));
        assert!(!wanted(&list(&["x", "never"]), &[]));
        assert!(wanted(&list(&["x", "never"]), &list(&["x"])));
    }

    #[test]
    fn always_runs_unless_it_is_skipped_by_name() {
        assert!(wanted(&list(&["always"]), &list(&["y"])));
        assert!(!skipped(&list(&["always"]), &list(&["all"])));
        assert!(skipped(&list(&["always"]), &list(&["always"])));
    }

    #[test]
    fn tagged_and_untagged_are_words() {
        assert!(wanted(&list(&["x"]), &list(&["tagged"])));
        assert!(!wanted(&list(&[]), &list(&["tagged"])));
        assert!(skipped(&list(&[]), &list(&["untagged"])));
    }
}
