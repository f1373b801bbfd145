//! `win_regedit` in the words of `registry_value` and `registry_key`.

use crate::playbook::translate::Draft;
use crate::playbook::translate::Fate;
use crate::playbook::translate::Fate::Read;
use crate::playbook::translate::Meaning;
use crate::playbook::translate::Meaning::Is;
use crate::playbook::translate::Options;
use crate::playbook::translate::Words;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::resolve;
use crate::syntax::template::has_template;

pub(super) const OPTIONS: Options = &[
    ("path", Read),
    ("key", Read),
    ("name", Read),
    ("entry", Read),
    ("value", Read),
    ("data", Read),
    ("type", Read),
    ("datatype", Read),
    ("state", Read),
    ("delete_key", Read),
    (
        "hive",
        Fate::Refused("hives in files are not loaded; state the value where Windows has it loaded"),
    ),
];

const TYPES: Words = &[
    ("binary", Is("binary")),
    ("dword", Is("dword")),
    ("expandstring", Is("expand_string")),
    ("multistring", Is("multi_string")),
    ("qword", Is("qword")),
    ("string", Is("string")),
    (
        "none",
        Meaning::Refused("values without a type are not written; use `binary`"),
    ),
];

const STATES: Words = &[("present", Is("present")), ("absent", Is("absent"))];

/// The option's name, or that of its other spellings which is there.
fn spelling<'n>(draft: &Draft<'_>, names: &[&'n str]) -> &'n str {
    let given = names.iter().find(|name| draft.key(name).is_some());
    given.or(names.first()).copied().unwrap_or_default()
}

pub(super) fn translate(draft: &mut Draft<'_>) -> &'static str {
    let path = spelling(draft, &["path", "key"]);
    let name = spelling(draft, &["name", "entry", "value"]);
    let state = draft.deciding("state", "present");
    draft.keep("key", path);
    // An empty name is the key's default value.
    let is_named = draft
        .value(name)
        .is_some_and(|value| value.as_text() != Some(""));
    if is_named {
        draft.keep("name", name);
    }
    let names_value = draft.key(name).is_some();
    match state.as_deref() {
        Some("present") if names_value || draft.value("data").is_some() => {
            present(draft);
            "registry_value"
        }
        Some("absent") => {
            draft.keep("state", "state");
            if names_value || keeps_key(draft) {
                "registry_value"
            } else {
                "registry_key"
            }
        }
        Some("present") | None => "registry_key",
        Some(_) => {
            if let Some(value) = draft.value("state") {
                draft.reworded("state", value, STATES);
            }
            "registry_key"
        }
    }
}

/// Whether `state: absent` without a name means the key's default value, instead of the key.
fn keeps_key(draft: &mut Draft<'_>) -> bool {
    let word = draft.deciding("delete_key", "true");
    match word.as_deref().map(resolve) {
        Some(Content::Bool(deletes)) => !deletes,
        Some(_) => {
            if let Some(value) = draft.value("delete_key") {
                draft.refuse("delete_key", value, "write `true` or `false`");
            }
            false
        }
        None => false,
    }
}

/// Type and data. A text is what no type means, and nothing is what no data means.
fn present(draft: &mut Draft<'_>) {
    let spelling = spelling(draft, &["type", "datatype"]);
    let word = draft
        .value(spelling)
        .and_then(Node::as_text)
        .unwrap_or("string")
        .to_lowercase();
    if draft.value(spelling).is_some() {
        draft.reword("type", spelling, TYPES);
    } else {
        draft.imply("type", Content::Text("string".to_owned()));
    }
    match draft.value("data") {
        Some(data) => {
            let data = fitting(&word, data);
            draft.put("data", "data", data);
        }
        None => draft.imply(
            "data",
            match word.as_str() {
                "dword" | "qword" => Content::Int(0),
                "binary" | "multistring" => Content::Sequence(Vec::new()),
                _ => Content::Text(String::new()),
            },
        ),
    }
}

/// Data as the resource writes it: `hex:` as `reg export` puts it before bytes is left out, and numbers are numbers.
fn fitting(word: &str, data: &Node) -> Node {
    let content = match (word, &data.content) {
        (_, _) if has_template(data) => data.content.clone(),
        ("binary", Content::Text(text)) => {
            let digits = text.trim();
            let digits = digits.strip_prefix("hex:").unwrap_or(digits);
            Content::Text(digits.to_owned())
        }
        // Digits alone are a number to YAML: `data: 00112233` of a binary value, `data: 1.10` of a text.
        ("binary", Content::Int(_) | Content::Float(_))
        | ("string" | "expandstring", Content::Float(_)) => {
            Content::Text(data.spelled().unwrap_or_default().to_owned())
        }
        ("dword" | "qword", Content::Text(text)) => match resolve(text.trim()) {
            number @ Content::Int(_) => number,
            _ => data.content.clone(),
        },
        (_, other) => other.clone(),
    };
    Node {
        span: data.span.clone(),
        content,
    }
}
