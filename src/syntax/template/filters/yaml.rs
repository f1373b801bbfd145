//! Filters between values and YAML. It is written as PyYAML writes it, so that files stay the same.

use std::sync::Arc;

use crate::diag::Source;
use crate::syntax;
use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::filters::yaml::write::Writer;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::convert::of_node;

mod scalar;
mod write;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["to_yaml"],
        to_yaml,
        "YAML, the innermost lists and mappings on one line; `indent`, `width`, `sort_keys`, `default_flow_style`",
        ["{'a': [1, 2]} | to_yaml", "\"a: [1, 2]\\n\""],
    ),
    Filter::new(
        &["to_nice_yaml"],
        to_nice_yaml,
        "YAML in lines; `indent=4`, `width`, `sort_keys`",
        ["{'a': [1]} | to_nice_yaml", "\"a:\\n- 1\\n\""],
    ),
    Filter::new(
        &["from_yaml"],
        from_yaml,
        "what a YAML text says",
        ["'a: [1, yes]' | from_yaml", "{\"a\":[1,true]}"],
    ),
    Filter::new(
        &["from_yaml_all"],
        from_yaml_all,
        "what the documents of a YAML text say",
        ["'a: 1' | from_yaml_all", "[{\"a\":1}]"],
    ),
];

/// How collections are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Lines,
    OneLine,
    /// On one line when nothing but scalars is in them.
    Innermost,
}

fn to_yaml(call: &mut Call<'_, '_>) -> Answer {
    written(call, 2, Style::Innermost)
}

fn to_nice_yaml(call: &mut Call<'_, '_>) -> Answer {
    let indent = call.take("indent");
    let indent = match indent {
        None => 4,
        Some(indent) => indent
            .as_int()
            .ok_or_else(|| call.wrong("indent", "a whole number", &indent))?,
    };
    written(call, indent, Style::Lines)
}

fn written(call: &mut Call<'_, '_>, indent: i128, style: Style) -> Answer {
    let number = |call: &mut Call<'_, '_>, name: &str, default: i128| match call.named(name) {
        None | Some(Value::None) => Ok(default),
        Some(value) => value
            .as_int()
            .ok_or_else(|| call.wrong(name, "a whole number", &value)),
    };
    let indent = number(call, "indent", indent)?;
    let width = number(call, "width", 80)?;
    let style = match call.named("default_flow_style") {
        None => style,
        Some(Value::None) => Style::Innermost,
        Some(flag) if flag.truth()? => Style::OneLine,
        Some(_) => Style::Lines,
    };
    let sort = call
        .named("sort_keys")
        .map_or(Ok(true), |flag| flag.truth())?;
    let start = call
        .named("explicit_start")
        .map_or(Ok(false), |flag| flag.truth())?;
    for name in ["allow_unicode", "vault_behavior", "dump_vault_tags"] {
        call.named(name);
    }
    call.done()?;
    let indent = if (2..10).contains(&indent) { indent } else { 2 };
    let width = if width > indent * 2 { width } else { 80 };
    let mut writer = Writer {
        indent: usize::try_from(indent).unwrap_or(2),
        width: usize::try_from(width).unwrap_or(usize::MAX),
        style,
        sort,
        out: if start {
            "---".to_owned()
        } else {
            String::new()
        },
    };
    writer.document(&call.input)?;
    call.kit.spend_bytes(writer.out.len())?;
    Ok(Value::from(writer.out))
}

fn read(call: &Call<'_, '_>, text: &str) -> Answer {
    let source = Arc::new(Source {
        name: "<text>".to_owned(),
        text: text.to_owned(),
        secret: false,
    });
    match syntax::parse(&source) {
        Ok(node) => of_node(&node),
        Err(mistakes) => {
            let first = mistakes.first();
            let message = first.map_or("not valid YAML", |mistake| &mistake.message);
            Err(call.failed(message))
        }
    }
}

fn from_yaml(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    match call.input.clone() {
        Value::Text(text) => {
            call.kit.spend_bytes(text.len())?;
            read(call, &text)
        }
        // As Ansible does: what is no text is not looked at.
        other => Ok(other),
    }
}

fn from_yaml_all(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let text = match call.input.clone() {
        Value::None => return Ok(Value::from(Vec::new())),
        Value::Text(text) => text,
        other => return Ok(other),
    };
    call.kit.spend_bytes(text.len())?;
    let mut documents: Vec<String> = vec![String::new()];
    for line in text.lines() {
        let begins = line == "---" || line.starts_with("--- ");
        if begins
            && documents
                .last()
                .is_some_and(|document| !document.trim().is_empty())
        {
            documents.push(String::new());
        }
        if let Some(document) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    let values: Result<Vec<Value>, Fault> = documents
        .iter()
        .map(|document| read(call, document))
        .collect();
    Ok(Value::from(values?))
}
