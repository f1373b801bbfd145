//! `serial`, `max_fail_percentage`, `any_errors_fatal`, `strategy` and `order`: how a play goes over its hosts.

use crate::diag::Diagnostic;
use crate::playbook::Batch;
use crate::playbook::Rollout;
use crate::playbook::around::Around;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shape::wrong;
use crate::syntax::Content;
use crate::syntax::Node;

/// Ansible's strategies; here hosts never wait for each other, whichever is named.
const STRATEGIES: [&str; 4] = ["linear", "free", "host_pinned", "debug"];
/// Ansible's orders.
const ORDERS: [&str; 6] = [
    "inventory",
    "default",
    "sorted",
    "reverse_sorted",
    "reverse_inventory",
    "shuffle",
];

impl Reader {
    /// How a play goes over its hosts.
    pub(super) fn rollout(&mut self, node: &Node, around: &Around) -> Rollout {
        self.strategy(node, around);
        self.order_of_hosts(node);
        let serial = self.now(node, "serial", around);
        let serial = serial.map(|value| self.batches(&value)).unwrap_or_default();
        let max_fail_percentage = self
            .now(node, "max_fail_percentage", around)
            .and_then(|value| self.percentage(&value));
        let any_errors_fatal = self
            .now(node, "any_errors_fatal", around)
            .and_then(|value| shape::truth("any_errors_fatal", &value, &mut self.mistakes))
            .unwrap_or_default();
        Rollout {
            serial,
            max_fail_percentage,
            any_errors_fatal,
        }
    }

    fn batches(&mut self, value: &Node) -> Vec<Batch> {
        let items = match &value.content {
            Content::Sequence(items) => items.iter().collect(),
            _ => vec![value],
        };
        let mut found = Vec::new();
        for item in items {
            match batch(item) {
                // As many as there are: nothing comes after it.
                Some(Batch::Hosts(0)) => return found,
                Some(batch) => found.push(batch),
                None => self.push(
                    wrong("serial", "a number of hosts or a percentage", item).help(
                        "`serial: 5`, `serial: \"10%\"`, or a list of such: `[1, 5, \"20%\"]`",
                    ),
                ),
            }
        }
        found
    }

    fn percentage(&mut self, value: &Node) -> Option<f64> {
        let found = percent_of(value).filter(|percent| (0.0..=100.0).contains(percent));
        if found.is_none() {
            self.push(wrong(
                "max_fail_percentage",
                "a number from 0 to 100",
                value,
            ));
        }
        found
    }

    fn strategy(&mut self, node: &Node, around: &Around) {
        let Some(value) = self.now(node, "strategy", around) else {
            return;
        };
        let word = value.as_text().unwrap_or_default();
        let word = word.strip_prefix("ansible.builtin.").unwrap_or(word);
        if !STRATEGIES.contains(&word) {
            self.push(
                Diagnostic::error("unknown-value", format!("unknown strategy `{word}`"))
                    .at(&value.span)
                    .suggest(word, STRATEGIES)
                    .help(
                        "leave it out: hosts never wait for each other here; `serial` makes waves",
                    ),
            );
        }
    }

    fn order_of_hosts(&mut self, node: &Node) {
        let Some(value) = node
            .get("order")
            .filter(|value| value.content != Content::Null)
        else {
            return;
        };
        let word = value.spelled().unwrap_or_default();
        if !ORDERS.contains(&word) {
            self.push(
                Diagnostic::error("unknown-value", format!("unknown order `{word}`"))
                    .at(&value.span)
                    .suggest(word, ORDERS),
            );
        } else if !matches!(word, "inventory" | "default") {
            self.push(
                Diagnostic::warning(
                    "without-effect",
                    format!("`order: {word}` has no effect here"),
                )
                .at(&value.span)
                .help("waves are made of hosts in the order of the inventory"),
            );
        }
    }
}

/// Hosts or percent; 0 hosts means all, as in Ansible.
fn batch(item: &Node) -> Option<Batch> {
    let text = match &item.content {
        Content::Int(number) => return usize::try_from(*number).ok().map(Batch::Hosts),
        Content::Text(text) => text.trim(),
        _ => return None,
    };
    if text.ends_with('%') {
        return percent_of(item)
            .filter(|percent| *percent > 0.0 && *percent <= 100.0)
            .map(Batch::Percent);
    }
    text.parse().ok().map(Batch::Hosts)
}

fn percent_of(value: &Node) -> Option<f64> {
    match &value.content {
        Content::Int(number) => u32::try_from(*number).ok().map(f64::from),
        Content::Float(number) => Some(*number),
        Content::Text(text) => {
            let text = text.trim();
            text.strip_suffix('%').unwrap_or(text).trim().parse().ok()
        }
        _ => None,
    }
}
