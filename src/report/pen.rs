//! Makes texts of hosts and files fit for a report: first without secrets, then without what a terminal could obey, then
//! cut. In no other order, because half a secret, or an escaped one, is not found any more.

use std::borrow::Cow;
use std::sync::Arc;

use crate::cim::Value;
use crate::plan::Change;
use crate::report::text;
use crate::report::text::SHOWN;
use crate::report::text::clean;
use crate::secret::Hidden;

/// Characters of a name.
const NAME: usize = 200;
/// Characters of a text that says why.
const TEXT: usize = 2_000;
/// Items of a list that are shown.
const ITEMS: usize = 50;

/// Writes nothing that is hidden.
#[derive(Debug, Clone, Default)]
pub(super) struct Pen(Arc<Hidden>);

impl Pen {
    pub(super) fn new(hidden: Arc<Hidden>) -> Self {
        Self(hidden)
    }

    /// Without secrets, and else as it is.
    pub(super) fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.0.mask(text)
    }

    pub(super) fn fit(&self, text: &str, limit: usize) -> String {
        clean(&self.0.mask(text), limit).into_owned()
    }

    pub(super) fn name(&self, text: &str) -> String {
        self.fit(text, NAME)
    }

    pub(super) fn text(&self, text: &str) -> String {
        self.fit(text, TEXT)
    }

    /// As long as people read on in one line.
    pub(super) fn shown(&self, text: &str) -> String {
        self.fit(text, SHOWN)
    }

    pub(super) fn value(&self, value: &Value) -> String {
        match value {
            Value::List(items) => {
                let shown: Vec<String> = items
                    .iter()
                    .take(ITEMS)
                    .map(|item| self.value(item))
                    .collect();
                let more = if items.len() > ITEMS { ", …" } else { "" };
                clean(&format!("[{}{more}]", shown.join(", ")), SHOWN).into_owned()
            }
            other => self.shown(&text::value(other)),
        }
    }

    /// A value as JSON, its texts as they are but for secrets.
    pub(super) fn json(&self, value: &Value) -> serde_json::Value {
        let mut json = serde_json::to_value(value).unwrap_or_default();
        self.0.mask_json(&mut json);
        json
    }

    /// `nla: not_required → required`
    pub(super) fn change(&self, change: &Change) -> String {
        let (from, to) = (self.value(&change.from), self.value(&change.to));
        format!("{}: {from} → {to}", change.property)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Pen;
    use crate::cim::Value;
    use crate::secret::Hidden;

    #[test]
    fn a_secret_is_found_before_it_is_cut_or_escaped() {
        let hidden = Arc::new(Hidden::default());
        let long = "long".repeat(150);
        hidden.add(&long);
        hidden.add("two\u{1b}parts");
        let pen = Pen::new(hidden);
        assert_eq!(pen.value(&Value::text(long.clone())), "********");
        let list = Value::List(vec![Value::text(long), Value::text("two\u{1b}parts")]);
        assert_eq!(pen.value(&list), "[********, ********]");
        assert_eq!(pen.name("a two\u{1b}parts b"), "a ******** b");
        assert_eq!(pen.name("a\u{1b}"), r"a\u{1b}");
    }
}
