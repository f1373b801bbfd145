//! `vars_prompt`: asks before anything is opened, so that nobody has to wait beside the terminal.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::terminal::Terminal;
use crate::playbook::Play;
use crate::playbook::Prompt;
use crate::syntax::Node;

/// The plays with the answers among their variables. What `-e` says is not asked. Without a terminal, defaults are taken,
/// and a question that has none is refused.
pub fn answered(
    plays: &[Arc<Play>],
    extra: &BTreeMap<String, Node>,
    mut terminal: Option<&mut dyn Terminal>,
) -> anyhow::Result<Vec<Arc<Play>>> {
    let mut done = Vec::new();
    for play in plays {
        let open = play.prompts.iter().filter(|p| !extra.contains_key(&p.name));
        let mut answers = BTreeMap::new();
        for prompt in open {
            let answer = match &mut terminal {
                Some(terminal) => ask(prompt, *terminal)?,
                None => default(prompt)?,
            };
            answers.insert(prompt.name.clone(), answer);
        }
        done.push(if answers.is_empty() {
            Arc::clone(play)
        } else {
            Arc::new(play.answered(&answers))
        });
    }
    Ok(done)
}

/// What stands for an answer where nobody can be asked.
fn default(prompt: &Prompt) -> Result<Node, Refusal> {
    prompt.default.clone().ok_or_else(|| {
        let name = &prompt.name;
        let text = format!(
            "the playbook asks for `{name}` (`vars_prompt`), but standard input is no terminal"
        );
        Refusal::new(ExitStatus::Usage, text).hint(format!(
            "answer with `-e {name}=VALUE`, or `-e @FILE` for what nobody should see"
        ))
    })
}

fn ask(prompt: &Prompt, terminal: &mut dyn Terminal) -> io::Result<Node> {
    let default = prompt.default.as_ref();
    let question = match default.and_then(Node::spelled) {
        Some(default) => format!("{} [{default}]: ", prompt.prompt),
        None => format!("{}: ", prompt.prompt),
    };
    let mut put = |question: &str| {
        if prompt.private {
            terminal.ask_secret(question)
        } else {
            terminal.ask(question)
        }
    };
    let mut answer = put(&question)?;
    while prompt.confirm && put(&format!("confirm {question}"))? != answer {
        answer = put(&format!("the answers differ; {question}"))?;
    }
    Ok(prompt.answer(&answer))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::VecDeque;
    use std::io;
    use std::sync::Arc;

    use super::answered;
    use crate::cli::output::Refusal;
    use crate::cli::terminal::Terminal;
    use crate::diag::Source;
    use crate::playbook;
    use crate::playbook::Play;
    use crate::playbook::Prompt;
    use crate::syntax::Content;
    use crate::syntax::Node;

    #[derive(Default)]
    struct Script {
        answers: VecDeque<&'static str>,
        asked: Vec<String>,
    }

    impl Script {
        fn put(&mut self, how: &str, question: &str) -> io::Result<String> {
            self.asked.push(format!("{how} {question}"));
            let answer = self.answers.pop_front();
            answer
                .map(str::to_owned)
                .ok_or(io::ErrorKind::UnexpectedEof.into())
        }
    }

    impl Terminal for Script {
        fn ask(&mut self, question: &str) -> io::Result<String> {
            self.put("seen", question)
        }

        fn ask_secret(&mut self, question: &str) -> io::Result<String> {
            self.put("unseen", question)
        }
    }

    fn prompt(name: &str) -> Prompt {
        Prompt {
            name: name.to_owned(),
            prompt: format!("Which {name}?"),
            default: None,
            private: false,
            confirm: false,
            is_unsafe: false,
        }
    }

    fn asking(prompts: Vec<Prompt>) -> Vec<Arc<Play>> {
        let source = Source {
            name: "play.yml".to_owned(),
            text: "- hosts: all\n  vars: {port: 1}\n  tasks: [{service: {name: TermService, state: running}}]\n"
                .to_owned(),
            secret: false,
        };
        let (playbook, mistakes) = playbook::parse(&Arc::new(source));
        let play = playbook
            .unwrap_or_else(|| panic!("{mistakes:?}"))
            .plays
            .remove(0);
        vec![Arc::new(Play {
            prompts,
            ..Play::clone(&play)
        })]
    }

    /// What a variable is after these answers, and what was asked.
    fn after(
        prompts: Vec<Prompt>,
        answers: &[&'static str],
    ) -> (BTreeMap<String, Node>, Vec<String>) {
        let mut script = Script {
            answers: answers.iter().copied().collect(),
            asked: Vec::new(),
        };
        let terminal: &mut dyn Terminal = &mut script;
        let plays = answered(&asking(prompts), &BTreeMap::new(), Some(terminal)).unwrap();
        (plays[0].vars.clone(), script.asked)
    }

    #[test]
    fn answers_are_variables_of_the_play_and_win_over_its_vars() {
        let (vars, asked) = after(vec![prompt("port")], &["3390"]);
        assert_eq!(vars["port"].content, Content::Text("3390".to_owned()));
        assert_eq!(asked, ["seen Which port?: "]);
    }

    #[test]
    fn an_empty_answer_means_the_default() {
        let default = prompt("port").answer("3389");
        let prompt = Prompt {
            default: Some(default.clone()),
            ..prompt("port")
        };
        let (vars, asked) = after(vec![prompt], &[""]);
        assert_eq!(vars["port"], default);
        assert_eq!(asked, ["seen Which port? [3389]: "]);
    }

    #[test]
    fn what_is_private_is_asked_unseen_and_is_no_template() {
        let prompt = Prompt {
            private: true,
            ..prompt("word")
        };
        let (vars, asked) = after(vec![prompt], &["{{ 1 }}"]);
        assert_eq!(vars["word"].content, Content::Unsafe("{{ 1 }}".to_owned()));
        assert!(vars["word"].span.source.secret);
        assert_eq!(asked, ["unseen Which word?: "]);
    }

    #[test]
    fn what_is_unsafe_is_no_template_and_no_secret() {
        let typed = "a{%b{{c";
        let unsafe_one = Prompt {
            is_unsafe: true,
            ..prompt("word")
        };
        let (vars, _) = after(vec![unsafe_one], &[typed]);
        assert_eq!(vars["word"].content, Content::Unsafe(typed.to_owned()));
        assert!(!vars["word"].span.source.secret);
        let (vars, _) = after(vec![prompt("word")], &[typed]);
        assert_eq!(vars["word"].content, Content::Text(typed.to_owned()));
    }

    #[test]
    fn what_is_confirmed_is_asked_until_both_answers_are_the_same() {
        let prompt = Prompt {
            confirm: true,
            ..prompt("x")
        };
        let (vars, asked) = after(vec![prompt], &["a", "b", "c", "c"]);
        assert_eq!(vars["x"].content, Content::Text("c".to_owned()));
        assert_eq!(asked.len(), 4);
    }

    #[test]
    fn what_was_said_by_extra_variables_is_not_asked() {
        let extra = BTreeMap::from([("port".to_owned(), prompt("port").answer("1"))]);
        let plays = asking(vec![prompt("port")]);
        let done = answered(&plays, &extra, None).unwrap();
        assert!(Arc::ptr_eq(&plays[0], &done[0]));
    }

    #[test]
    fn without_a_terminal_a_question_without_a_default_is_refused() {
        let error = answered(&asking(vec![prompt("port")]), &BTreeMap::new(), None).unwrap_err();
        let refusal = error.downcast_ref::<Refusal>().unwrap();
        assert_eq!(refusal.status.code(), 5);
        assert!(refusal.message.contains("`port` (`vars_prompt`)"));
        assert!(refusal.hints[0].contains("`-e port=VALUE`"));
    }
}
