//! Values of variables as what they are wanted for: a text, a port, seconds, one of some words.

use super::One;
use super::SignIn;
use crate::diag::Diagnostic;
use crate::diag::alternatives;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template;
use crate::syntax::template::Variables;

/// What a template engine calls an encrypted value that stays closed.
const CLOSED: [&str; 2] = ["vault-closed", "vault-value"];

/// The name that counted, and its value.
pub(super) type Named = (&'static str, Node);

impl One<'_, '_, '_> {
    /// The strongest of these variables that is set, rendered. Nothing counts as not set.
    pub(super) fn value(&mut self, names: &[&'static str]) -> Option<Named> {
        self.rendered(names)?
            .map_err(|mistake| self.reader.tell(mistake))
            .ok()
            .flatten()
    }

    /// Like [`Self::value`], for what only signing in needs: that it stays encrypted is told when somebody signs in.
    pub(super) fn sign_in_value(&mut self, names: &[&'static str]) -> Option<Named> {
        let (_, node) = self.strongest(names)?;
        if self.reader.sign_in == SignIn::Later && template::has_template(node) {
            self.waits = true;
            return None;
        }
        match self.rendered(names)? {
            Ok(value) => value,
            Err(mistake) if CLOSED.contains(&mistake.id) => {
                self.hinder(mistake);
                None
            }
            Err(mistake) => {
                self.reader.tell(mistake);
                None
            }
        }
    }

    /// The last of these names that is set counts.
    fn strongest(&self, names: &[&'static str]) -> Option<(&'static str, &Node)> {
        let mut names = names.iter().rev();
        names.find_map(|name| Some((*name, self.vars.get(name)?)))
    }

    fn rendered(&mut self, names: &[&'static str]) -> Option<Result<Option<Named>, Diagnostic>> {
        let (name, node) = self.strongest(names)?;
        let set = |node: Node| Some((name, node)).filter(|(_, node)| node.content != Content::Null);
        if !template::has_template(node) {
            return Some(Ok(set(node.clone())));
        }
        let variables =
            Variables::new(self.vars.layers().to_vec()).with("inventory_hostname", &self.name);
        let rendered = self.reader.engine.render(node, &variables);
        Some(rendered.map(set).map_err(|mistake| {
            let host = self.name;
            mistake.help(format!("for `{name}` of host `{host}`"))
        }))
    }

    pub(super) fn wrong(&mut self, name: &str, wanted: &str, node: &Node) {
        self.reader.tell(
            Diagnostic::error("wrong-type", format!("`{name}` must be {wanted}"))
                .at(&node.span)
                .label(format!("this is {}", node.describe())),
        );
    }

    pub(super) fn text(&mut self, names: &[&'static str]) -> Option<String> {
        let value = self.value(names)?;
        self.text_of(value)
    }

    pub(super) fn text_of(&mut self, (name, node): Named) -> Option<String> {
        let text = plain(&node);
        if text.is_none() {
            self.wrong(name, "a text", &node);
        }
        text
    }

    pub(super) fn port(&mut self, names: &[&'static str]) -> Option<u16> {
        let (name, node) = self.value(names)?;
        let number = whole(&node);
        let port = number.and_then(|number| u16::try_from(number).ok());
        match (number, port) {
            (_, Some(port)) if port > 0 => return Some(port),
            (Some(number), _) => self.reader.tell(
                Diagnostic::error("out-of-range", format!("`{name}` cannot be {number}"))
                    .at(&node.span)
                    .label("expected 1 to 65535"),
            ),
            (None, _) => self.wrong(name, "a port number", &node),
        }
        None
    }

    pub(super) fn seconds(&mut self, names: &[&'static str]) -> Option<u64> {
        let (name, node) = self.value(names)?;
        let seconds = whole(&node)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|seconds| *seconds > 0);
        if seconds.is_none() {
            self.wrong(name, "a number of seconds, at least 1", &node);
        }
        seconds
    }

    /// One of these words, letter case ignored.
    pub(super) fn word<T: Copy>(
        &mut self,
        names: &[&'static str],
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let (name, node) = self.value(names)?;
        let typed = plain(&node).unwrap_or_default();
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(&typed));
        if found.is_none() {
            let known = || words.iter().map(|(word, _)| *word);
            self.reader.tell(
                Diagnostic::error("unknown-value", format!("`{name}` cannot be `{typed}`"))
                    .at(&node.span)
                    .label(format!("expected {}", alternatives(known())))
                    .suggest(&typed, known()),
            );
        }
        found.map(|(_, meaning)| *meaning)
    }
}

/// A text, or the digits of a number.
pub(super) fn plain(node: &Node) -> Option<String> {
    match &node.content {
        Content::Text(text) | Content::Unsafe(text) => Some(text.clone()),
        Content::Int(number) => Some(
            node.spelled()
                .map_or_else(|| number.to_string(), str::to_owned),
        ),
        Content::Float(_) => node.spelled().map(str::to_owned),
        Content::Null
        | Content::Bool(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => None,
    }
}

/// A whole number, quoted or not.
fn whole(node: &Node) -> Option<i64> {
    match &node.content {
        Content::Int(number) => Some(*number),
        Content::Text(text) | Content::Unsafe(text) => text.trim().parse().ok(),
        Content::Null
        | Content::Bool(_)
        | Content::Float(_)
        | Content::Sealed(_)
        | Content::Sequence(_)
        | Content::Mapping(_) => None,
    }
}
