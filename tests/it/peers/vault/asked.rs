//! ansible-core, asked many things by one process.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use super::Named;
use super::packed;
use super::passwords;
use super::unpacked;
use crate::support;

/// The process; it ends with its input.
pub(super) struct Ansible {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: i64,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

impl Ansible {
    /// Starts it; `None` where it is not installed.
    pub(super) fn start() -> Option<Self> {
        support::peer_script("ansible-vault")?;
        // For the other side's commands.
        support::peer_program("setsid")?;
        let mut child = Command::new(support::peer_python()?)
            .arg(support::root().join("tests/peers/vault.py"))
            .env_remove("ANSIBLE_CONFIG")
            .env("ANSIBLE_DEPRECATION_WARNINGS", "False")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ansible = Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        let version = ansible.line();
        assert!(version["version"].is_string(), "{version}");
        Some(ansible)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: `{line}`"))
    }

    fn ask(&mut self, question: &Value) -> Value {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{question}").unwrap();
        input.flush().unwrap();
        self.line()
    }

    /// What is in a text, or why it stays closed.
    pub(super) fn opened(&mut self, text: &[u8], keys: &[Named<'_>]) -> Result<Vec<u8>, String> {
        let question = json!({"do": "open", "text": packed(text), "passwords": passwords(keys)});
        let answer = self.ask(&question);
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(unpacked(&answer["clear"])),
        }
    }

    /// A text with this in it.
    pub(super) fn sealed(&mut self, clear: &[u8], key: Named<'_>) -> Vec<u8> {
        let question =
            json!({"do": "seal", "clear": packed(clear), "passwords": passwords(&[key])});
        unpacked(&self.ask(&question)["text"])
    }

    /// Every variable of a YAML text as a template sees it.
    pub(super) fn variables(&mut self, text: &str, keys: &[Named<'_>]) -> Value {
        let text = packed(text.as_bytes());
        let question = json!({"do": "yaml", "text": text, "passwords": passwords(keys)});
        self.ask(&question)["values"].take()
    }

    /// Runs a command of ansible-vault.
    pub(super) fn run(
        &mut self,
        folder: &Path,
        arguments: &[&str],
        settings: &[(&str, &str)],
        stdin: &[u8],
    ) -> Ended {
        let settings: serde_json::Map<String, Value> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let question = json!({
            "do": "run",
            "folder": folder,
            "arguments": arguments,
            "settings": settings,
            "stdin": packed(stdin),
        });
        let answer = self.ask(&question);
        Ended {
            code: answer["code"].as_i64().unwrap(),
            stdout: unpacked(&answer["stdout"]),
            stderr: answer["stderr"].as_str().unwrap().to_owned(),
        }
    }
}

impl Drop for Ansible {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ended = self.child.wait();
    }
}
