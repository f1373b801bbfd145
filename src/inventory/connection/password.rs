//! Where a host's password comes from: its variables, or a program, a variable of the environment or a file that they
//! name. Nothing is asked for here.

use super::One;
use super::names::PASSWORD_COMMAND;
use super::names::PASSWORD_ENVIRONMENT;
use super::names::PASSWORD_FILE;
use super::value::plain;
use crate::diag::Diagnostic;
use crate::inventory::PasswordSource;
use crate::secret::Secret;
use crate::syntax::Content;
use crate::syntax::Node;

impl One<'_, '_, '_> {
    /// The password, and where it is to be asked for when it is not known yet. What names a source wins over what Ansible
    /// would take, so that one inventory can serve both.
    pub(super) fn password(&mut self) -> (Secret, PasswordSource) {
        let mut found: Option<(&str, PasswordSource)> = None;
        for names in [&PASSWORD_COMMAND, &PASSWORD_ENVIRONMENT, &PASSWORD_FILE] {
            let Some((name, node)) = self.sign_in_value(names) else {
                continue;
            };
            if let Some((before, _)) = found {
                self.tell_two_sources(before, name, &node);
                continue;
            }
            if let Some(source) = self.source(name, &node) {
                found = Some((name, source));
            }
        }
        match found {
            Some((_, source)) => (Secret::new(""), source),
            None => (self.stated_password(), PasswordSource::Stated),
        }
    }

    fn tell_two_sources(&mut self, before: &str, name: &str, node: &Node) {
        self.reader.tell(
            Diagnostic::error(
                "two-password-sources",
                format!("a host has both `{before}` and `{name}`"),
            )
            .at(&node.span)
            .label("the second source")
            .help(format!(
                "keep one of them; what a group says is taken back by nothing: `{name}: ~`"
            )),
        );
    }

    fn source(&mut self, name: &'static str, node: &Node) -> Option<PasswordSource> {
        if name == PASSWORD_COMMAND[0] {
            let command = command(node);
            if command.is_none() {
                self.wrong(
                    name,
                    "a program with its arguments, as a list or as one text with closed quotes",
                    node,
                );
            }
            return command.map(PasswordSource::Command);
        }
        let is_variable = name == PASSWORD_ENVIRONMENT[0];
        let forbidden: &[char] = if is_variable { &['\0', '='] } else { &['\0'] };
        let text = plain(node).filter(|text| !text.is_empty() && !text.contains(forbidden));
        match text {
            Some(text) if is_variable => Some(PasswordSource::Environment(text)),
            Some(text) => Some(PasswordSource::File(text)),
            None if is_variable => {
                self.wrong(name, "the name of a variable of the environment", node);
                None
            }
            None => {
                self.wrong(name, "the path of a file", node);
                None
            }
        }
    }

    /// Mistakes here show no line of the file, because the password stands in it.
    fn stated_password(&mut self) -> Secret {
        let Some((name, node)) = self.sign_in_value(self.names.password) else {
            let default = self.reader.defaults.password.clone();
            return default.unwrap_or_else(|| Secret::new(""));
        };
        plain(&node).map_or_else(
            || {
                let (line, column) = node.span.line_and_column();
                let path = &node.span.source.name;
                self.reader.tell(
                    Diagnostic::error(
                        "wrong-password",
                        format!(
                            "`{name}` at {path}:{line}:{column} must be a text, but is {}",
                            node.describe()
                        ),
                    )
                    .help("quote it"),
                );
                Secret::new("")
            },
            Secret::new,
        )
    }
}

/// A program and its arguments: a list, or a text with spaces between them.
fn command(node: &Node) -> Option<Vec<String>> {
    let words = match &node.content {
        Content::Sequence(items) => items.iter().map(plain).collect::<Option<Vec<_>>>()?,
        _ => words(&plain(node)?)?,
    };
    let is_usable = words.first().is_some_and(|program| !program.is_empty())
        && words.iter().all(|word| !word.contains('\0'));
    is_usable.then_some(words)
}

/// The words of a text. Quotes, single or double, hold together what is between them; a backslash is a letter, as paths of
/// Windows want it. `None` when a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in text.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            None if letter.is_whitespace() => words.extend(word.take()),
            Some(_) | None => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_what_spaces_and_quotes_leave() {
        for (text, expected) in [
            ("pass show web01", Some(&["pass", "show", "web01"][..])),
            ("  a   'b c'\t\"d 'e\"  ", Some(&["a", "b c", "d 'e"])),
            (
                r"C:\tools\pw.exe --of x",
                Some(&[r"C:\tools\pw.exe", "--of", "x"]),
            ),
            ("a'b c'd ''", Some(&["ab cd", ""])),
            ("", Some(&[])),
            ("a 'b", None),
        ] {
            let found = words(text);
            let found = found
                .as_ref()
                .map(|words| words.iter().map(String::as_str).collect());
            assert_eq!(found, expected.map(<[&str]>::to_vec), "{text}");
        }
    }
}
