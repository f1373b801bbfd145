//! YAML as PyYAML reads it: the same texts through Python, where it is at hand.
#![expect(clippy::disallowed_methods, reason = "a test may ask where it runs")]

use std::io::Write;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use proptest::proptest;
use rdpfix::diag::Source;
use rdpfix::syntax::Content;
use rdpfix::syntax::resolve;

use crate::support;

const WORDS: &str = "~ null Null NULL nUll yes Yes YES yEs no on off On OFF true True tRue false y n Y N \
    0 00 007 0777 0o17 08 0x1F 0X1F -0x1f 0b101 0b102 +5 -5 1_000 _1 1__0 -_1 1_ \
    3389:22 22:30 1:59:59 1:60 01:30 -1:30 1:2:3.5 1:30.5 190:20:30.15 \
    1.5 1. .5 -.5 +.5 -1.5 1e3 1.0e3 1.0e+3 1.0E-3 1.5_0 1_0.5 ._5 . .. .e+3 1.e+3 \
    .inf -.inf +.inf .Inf .INF .iNf .nan .NaN .NAN -.nan inf nan \
    - + 10.0.0.1 1.2.3 0. 00.5 0.0 -0 +0 0_1 0x_1 0x 0b 0_ \
    9223372036854775807 -9223372036854775808 abc a1 1a";

/// Prints each word's type and value as PyYAML's safe loader makes them.
const PROGRAM: &str = "
import sys, yaml
for word in sys.stdin.read().split():
    value = yaml.safe_load(word + '\\n')
    if value is None: print(word, 'null')
    elif isinstance(value, bool): print(word, 'bool', str(value).lower())
    elif isinstance(value, int): print(word, 'int', value)
    elif isinstance(value, float): print(word, 'float', repr(value).lower())
    else: print(word, 'text')
";

fn ours(word: &str) -> String {
    match resolve(word) {
        Content::Null => format!("{word} null"),
        Content::Bool(truth) => format!("{word} bool {truth}"),
        Content::Int(number) => format!("{word} int {number}"),
        Content::Float(number) => format!("{word} float {number:?}").to_lowercase(),
        Content::Text(_)
        | Content::Unsafe(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => format!("{word} text"),
    }
}

#[test]
fn words_mean_what_pyyaml_makes_of_them() {
    let Some(python) = support::peer_python() else {
        return;
    };
    let has_yaml = Command::new(&python)
        .args(["-c", "import yaml"])
        .stderr(Stdio::null())
        .status();
    if !has_yaml.unwrap().success() {
        // Peers that were installed before this one was asked for.
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!in_ci, "tests/peers/requirements.txt is not installed");
        return;
    }
    let mut child = Command::new(python)
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(WORDS.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    // A dash alone begins a list in a document; as a word inside a line it is a text.
    let theirs = String::from_utf8(output.stdout).unwrap();
    for (word, line) in WORDS.split_whitespace().zip(theirs.lines()) {
        let line = line.to_lowercase();
        assert_eq!(ours(word).to_lowercase(), line, "{word}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_tree_or_a_mistake(text in "[ -~\n\t]{0,60}|\\PC{0,40}|[-:{}\\[\\],&*!|>'\"%@a \n]{0,40}") {
        let source = Arc::new(Source { name: "any.yml".into(), text, secret: false });
        match rdpfix::syntax::parse(&source) {
            Ok(node) => assert!(node.span.end <= source.text.len()),
            Err(mistakes) => assert!(!mistakes.is_empty()),
        }
    }

    #[test]
    fn a_word_of_numbers_and_signs_has_one_meaning(word in "[-+0-9a-f_.:xeE]{1,12}") {
        let source = Arc::new(Source { name: "any.yml".into(), text: format!("[\"\", {word} ]"), secret: false });
        // What YAML reads as something else (a key, a list) is no word.
        if let Ok(node) = rdpfix::syntax::parse(&source)
            && let [_, scalar] = node.items()
            && scalar.span.text() == word
        {
            assert_eq!(scalar.content, resolve(&word));
        }
    }
}
