//! `--start-at-task`: a playbook without the tasks before one.

use std::sync::Arc;

use crate::inventory::Glob;
use crate::playbook::Block;
use crate::playbook::Play;
use crate::playbook::Statement;

/// The plays from the first task on that has this name, or fits it as a wildcard (`*`, `?`, `[a-z]`, `[!a-z]`). As in
/// Ansible, plays before it are left out, tasks before it in its own play are, tasks of a `rescue` are not looked at, and
/// names are taken as they are written. `None` when no task has the name.
pub fn starting_at(plays: &[Arc<Play>], name: &str) -> Option<Vec<Arc<Play>>> {
    let wanted = Wanted::new(name);
    let (at, first) = plays
        .iter()
        .enumerate()
        .find_map(|(at, play)| Some((at, begun(play, &wanted)?)))?;
    let later = plays.iter().skip(at + 1).cloned();
    Some(std::iter::once(Arc::new(first)).chain(later).collect())
}

/// What a task's name must be; one with wildcards in it is also taken as it is.
struct Wanted<'a> {
    name: &'a str,
    glob: Glob,
}

impl<'a> Wanted<'a> {
    fn new(name: &'a str) -> Self {
        Self {
            name,
            glob: Glob::new(name),
        }
    }

    fn fits(&self, name: &str) -> bool {
        name == self.name || self.glob.fits(name)
    }
}

fn begun(play: &Play, wanted: &Wanted<'_>) -> Option<Play> {
    if let Some(pre_tasks) = cut(&play.pre_tasks, wanted) {
        return Some(Play {
            pre_tasks,
            ..play.clone()
        });
    }
    if let Some(tasks) = cut(&play.tasks, wanted) {
        return Some(Play {
            pre_tasks: Vec::new(),
            tasks,
            ..play.clone()
        });
    }
    Some(Play {
        post_tasks: cut(&play.post_tasks, wanted)?,
        pre_tasks: Vec::new(),
        tasks: Vec::new(),
        ..play.clone()
    })
}

/// A list from the task on; `None` when it is not in it.
fn cut(list: &[Statement], wanted: &Wanted<'_>) -> Option<Vec<Statement>> {
    let (at, first) = list
        .iter()
        .enumerate()
        .find_map(|(at, statement)| Some((at, begin(statement, wanted)?)))?;
    let later = list.iter().skip(at + 1).cloned();
    Some(std::iter::once(first).chain(later).collect())
}

fn begin(statement: &Statement, wanted: &Wanted<'_>) -> Option<Statement> {
    match statement {
        Statement::Task(task) => wanted.fits(&task.name).then(|| statement.clone()),
        Statement::Block(block) => {
            let begun = match cut(&block.body, wanted) {
                Some(body) => Block {
                    body,
                    ..Block::clone(block)
                },
                None => Block {
                    always: cut(&block.always, wanted)?,
                    body: Vec::new(),
                    ..Block::clone(block)
                },
            };
            Some(Statement::Block(Arc::new(begun)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Wanted;
    use super::starting_at;
    use crate::diag::Source;
    use crate::diag::Span;
    use crate::playbook;
    use crate::playbook::Action;
    use crate::playbook::Block;
    use crate::playbook::Play;
    use crate::playbook::Statement;
    use crate::playbook::Task;

    #[test]
    fn wildcards_are_those_of_a_shell() {
        for (glob, fitting, other) in [
            ("install*", "install it", "reinstall"),
            ("*cert*", "renew a cert.", "cart"),
            ("step ?", "step 1", "step 10"),
            ("[ab]c", "ac", "cc"),
            ("[!ab]c", "cc", "ac"),
            ("[0-9]", "7", "x"),
            ("[]]", "]", "["),
            ("[open", "[open", "o"),
            ("a.c*", "a.c", "abc"),
            ("[^a]", "^", "b"),
            ("[]-a]x", "]x", "ax]"),
            ("*line", "any\nline", "lines"),
            ("[z-a]*", "[z-a]*", "b"),
            ("*[z-a0]", "x0", "xb"),
        ] {
            let wanted = Wanted::new(glob);
            assert!(wanted.fits(fitting), "{glob} {fitting}");
            assert!(!wanted.fits(other), "{glob} {other}");
        }
    }

    #[test]
    fn a_name_with_wildcards_in_it_is_also_taken_as_it_is() {
        assert!(Wanted::new("[why?]").fits("[why?]"));
    }

    fn source() -> Arc<Source> {
        Arc::new(Source {
            name: "play.yml".to_owned(),
            text: "- hosts: all\n  tasks: [{service: {name: TermService, state: running}}]\n"
                .to_owned(),
            secret: false,
        })
    }

    fn span() -> Span {
        Span {
            source: source(),
            start: 0,
            end: 0,
        }
    }

    fn task(name: &str) -> Statement {
        Statement::Task(Arc::new(Task::plain(name, Action::Nothing("ping"), span())))
    }

    fn tasks(names: &[&str]) -> Vec<Statement> {
        names.iter().map(|name| task(name)).collect()
    }

    /// `before`, a block of `a`, `b`, `saved` and `cleaned`, then `after`.
    fn play() -> Arc<Play> {
        let block = Block {
            name: None,
            body: tasks(&["a", "b"]),
            rescue: tasks(&["saved"]),
            always: tasks(&["cleaned"]),
            span: span(),
        };
        let (playbook, _) = playbook::parse(&source());
        let play = playbook.unwrap().plays.remove(0);
        Arc::new(Play {
            pre_tasks: tasks(&["before"]),
            tasks: vec![Statement::Block(Arc::new(block))],
            post_tasks: tasks(&["after"]),
            ..Play::clone(&play)
        })
    }

    fn left(name: &str) -> Option<Vec<String>> {
        let plays = starting_at(&[play(), play()], name)?;
        let names = plays.first()?.all_tasks().into_iter();
        Some(names.map(|task| task.name.to_string()).collect())
    }

    #[test]
    fn tasks_before_the_named_one_are_left_out() {
        for (name, expected) in [
            (
                "before",
                &["before", "a", "b", "saved", "cleaned", "after"][..],
            ),
            ("b", &["b", "saved", "cleaned", "after"]),
            ("cleaned", &["saved", "cleaned", "after"]),
            ("a*", &["a", "b", "saved", "cleaned", "after"]),
            ("after", &["after"]),
        ] {
            assert_eq!(left(name).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_task_of_a_rescue_is_no_place_to_begin_at() {
        assert_eq!(left("saved"), None);
        assert_eq!(left("nowhere"), None);
    }

    #[test]
    fn plays_before_are_left_out_and_plays_behind_stay_whole() {
        let first = Arc::new(Play {
            pre_tasks: tasks(&["only here"]),
            ..Play::clone(&play())
        });
        let plays = starting_at(&[first, play(), play()], "before").unwrap();
        assert_eq!(plays.len(), 2);
        assert_eq!(plays[1].all_tasks().len(), 6);
    }
}
