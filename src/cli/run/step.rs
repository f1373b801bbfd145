//! `--step`: asks before each task, with Ansible's question and answers.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use tokio::sync::oneshot;
use tokio::sync::watch;

use crate::cli::terminal::Terminal;
use crate::runner::Consent;

/// What somebody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    /// This task is left out: also for an empty answer, and for one that is not understood.
    No,
    /// This task is done.
    Yes,
    /// This task is done, and all others without asking.
    Continue,
}

fn reply(text: &str) -> Reply {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" => Reply::Yes,
        "c" | "continue" => Reply::Continue,
        _ => Reply::No,
    }
}

fn question(host: &str, task: &str) -> String {
    format!("Perform task: {task} on {host} (N)o/(y)es/(c)ontinue: ")
}

/// Asks before each task, until somebody says to go on.
pub struct Stepping {
    terminal: Arc<Mutex<dyn Terminal>>,
    goes_on: AtomicBool,
    interrupted: watch::Receiver<bool>,
}

impl std::fmt::Debug for Stepping {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Stepping")
            .field("goes_on", &self.goes_on)
            .finish_non_exhaustive()
    }
}

impl Stepping {
    /// Asks at this terminal; an interruption counts as no.
    pub fn new(terminal: Arc<Mutex<dyn Terminal>>, interrupted: watch::Receiver<bool>) -> Self {
        Self {
            terminal,
            goes_on: AtomicBool::new(false),
            interrupted,
        }
    }

    /// Waits for an answer on a thread of its own, which an interruption leaves behind.
    async fn ask(&self, question: String) -> io::Result<String> {
        let (answered, answer) = oneshot::channel();
        let terminal = Arc::clone(&self.terminal);
        std::thread::spawn(move || {
            let mut terminal = terminal.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody waits any more after an interruption.
            let _heard = answered.send(terminal.ask(&question));
        });
        let mut interrupted = self.interrupted.clone();
        tokio::select! {
            biased;
            answer = answer => answer.unwrap_or_else(|error| Err(io::Error::other(error))),
            _flag = interrupted.wait_for(|flag| *flag) => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

#[async_trait]
impl Consent for Stepping {
    async fn given(&self, host: &str, task: &str) -> bool {
        if self.goes_on.load(Ordering::SeqCst) {
            return true;
        }
        let answer = self.ask(question(host, task)).await;
        // Whoever closed the terminal agrees to nothing.
        match answer.map_or(Reply::No, |text| reply(&text)) {
            Reply::No => false,
            Reply::Yes => true,
            Reply::Continue => {
                self.goes_on.store(true, Ordering::SeqCst);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::sync::Arc;
    use std::sync::Mutex;

    use tokio::sync::watch;

    use super::Reply;
    use super::Stepping;
    use super::reply;
    use crate::cli::terminal::Terminal;
    use crate::runner::Consent;

    #[derive(Default)]
    struct Script {
        answers: VecDeque<&'static str>,
        asked: Vec<String>,
    }

    impl Terminal for Script {
        fn ask(&mut self, question: &str) -> io::Result<String> {
            self.asked.push(question.to_owned());
            let answer = self.answers.pop_front();
            answer
                .map(str::to_owned)
                .ok_or(io::ErrorKind::UnexpectedEof.into())
        }

        fn ask_secret(&mut self, question: &str) -> io::Result<String> {
            self.ask(question)
        }
    }

    #[test]
    fn answers_are_ansibles() {
        for (text, expected) in [
            ("y", Reply::Yes),
            ("YES", Reply::Yes),
            (" c ", Reply::Continue),
            ("continue", Reply::Continue),
            ("", Reply::No),
            ("n", Reply::No),
            ("sure", Reply::No),
        ] {
            assert_eq!(reply(text), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn each_task_is_asked_for_until_somebody_says_to_go_on() {
        let script = Arc::new(Mutex::new(Script {
            answers: ["y", "", "c"].into(),
            asked: Vec::new(),
        }));
        let terminal: Arc<Mutex<dyn Terminal>> = Arc::<Mutex<Script>>::clone(&script);
        let flag = watch::Sender::new(false);
        let stepping = Stepping::new(terminal, flag.subscribe());
        let mut given = Vec::new();
        for task in ["a", "b", "c", "d", "e"] {
            given.push(stepping.given("ts01", task).await);
        }
        assert_eq!(given, [true, false, true, true, true]);
        assert_eq!(
            script.lock().unwrap().asked,
            ["a", "b", "c"]
                .map(|task| format!("Perform task: {task} on ts01 (N)o/(y)es/(c)ontinue: "))
        );
    }

    #[tokio::test]
    async fn a_closed_terminal_and_an_interruption_mean_no() {
        let flag = watch::Sender::new(false);
        let terminal: Arc<Mutex<dyn Terminal>> = Arc::new(Mutex::new(Script::default()));
        let stepping = Stepping::new(Arc::clone(&terminal), flag.subscribe());
        assert!(!stepping.given("ts01", "a").await);
        // Nobody answers while the terminal is held.
        let held = terminal.lock().unwrap();
        flag.send_replace(true);
        let given = futures_util::FutureExt::now_or_never(stepping.given("ts01", "a"));
        assert_eq!(given, Some(false));
        drop(held);
    }
}
