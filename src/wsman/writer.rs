//! Writes XML in one line. Knows escaping; must not know what the elements mean.

/// A document that grows.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: String,
}

impl Writer {
    /// The document.
    pub(super) fn into_text(self) -> String {
        self.out
    }

    /// `<prefix:name attributes>`; an empty prefix means none.
    pub(super) fn open(&mut self, prefix: &str, name: &str, attributes: &[(&str, &str)]) {
        self.tag(prefix, name, attributes);
        self.out.push('>');
    }

    /// `</prefix:name>`
    pub(super) fn close(&mut self, prefix: &str, name: &str) {
        self.out.push_str("</");
        self.name(prefix, name);
        self.out.push('>');
    }

    /// `<prefix:name attributes/>`
    pub(super) fn empty(&mut self, prefix: &str, name: &str, attributes: &[(&str, &str)]) {
        self.tag(prefix, name, attributes);
        self.out.push_str("/>");
    }

    /// `<prefix:name>text</prefix:name>`
    pub(super) fn leaf(&mut self, prefix: &str, name: &str, text: &str) {
        self.leaf_with(prefix, name, &[], text);
    }

    /// `<prefix:name attributes>text</prefix:name>`
    pub(super) fn leaf_with(
        &mut self,
        prefix: &str,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) {
        self.open(prefix, name, attributes);
        self.escaped(text, Place::Text);
        self.close(prefix, name);
    }

    fn tag(&mut self, prefix: &str, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.name(prefix, name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value, Place::Attribute);
            self.out.push('"');
        }
    }

    // Names of properties are data here; whatever cannot be part of a name must not become markup.
    fn name(&mut self, prefix: &str, name: &str) {
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.extend(name.chars().map(|character| {
            if character.is_alphanumeric() || matches!(character, '_' | '-' | '.') {
                character
            } else {
                '_'
            }
        }));
    }

    fn escaped(&mut self, text: &str, place: Place) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&apos;"),
                '\r' => self.out.push_str("&#13;"),
                '\n' if place == Place::Attribute => self.out.push_str("&#10;"),
                '\t' if place == Place::Attribute => self.out.push_str("&#9;"),
                '\n' | '\t' => self.out.push(character),
                // They cannot travel in XML; WMI shows a question mark too (wsman-wire 5).
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => self.out.push('?'),
                _ => self.out.push(character),
            }
        }
    }
}

/// Where text stands: line ends within attributes are lost unless they are written as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn markup_in_text_names_and_attributes_is_harmless() {
        let mut writer = Writer::default();
        writer.leaf_with("p", "a b>", &[("n", "\"\n<")], "\u{1}'&\r");
        assert_eq!(
            writer.into_text(),
            "<p:a_b_ n=\"&quot;&#10;&lt;\">?&apos;&amp;&#13;</p:a_b_>"
        );
    }
}
