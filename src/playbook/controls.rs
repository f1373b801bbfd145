//! `control`: the rule that a task checks, and what all tasks of a playbook say of the same one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::Control;
use crate::control::Controls;
use crate::control::Severity;
use crate::control::flaw_of_id;
use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::playbook::Action;
use crate::playbook::Ruled;
use crate::playbook::around::Around;
use crate::playbook::around::Keywords;
use crate::playbook::reader::Reader;
use crate::playbook::shape::wrong;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;

/// The keys of `control`.
pub(super) const KEYS: &[Property] = &[
    Property {
        name: "id",
        shape: Shape::Text,
        required: true,
        about: "what histories and waivers call it: letters, digits, `.`, `_`, `-` and `:`",
    },
    Property {
        name: "title",
        shape: Shape::Text,
        required: false,
        about: "what it asks for, in a few words",
    },
    Property {
        name: "severity",
        shape: Shape::Word(&["info", "low", "medium", "high", "critical"]),
        required: false,
        about: "how much it matters; `medium` when nothing is said",
    },
    Property {
        name: "references",
        shape: Shape::Texts,
        required: false,
        about: "where it comes from: `CIS 18.10.57.3.9.4`, `STIG V-254369`",
    },
    Property {
        name: "note",
        shape: Shape::Text,
        required: false,
        about: "what to know about a difference, told with it",
    },
];

/// The controls of a playbook while it is read.
#[derive(Debug, Default)]
pub(super) struct Stated {
    known: BTreeMap<Arc<str>, (Arc<Control>, Span)>,
    open: bool,
}

/// What one statement says of a control; what it leaves out, others may say.
#[derive(Debug)]
struct Said {
    id: Arc<str>,
    title: Option<Arc<str>>,
    severity: Option<Severity>,
    references: Vec<Arc<str>>,
    note: Option<Arc<str>>,
    /// Where the identifier stands.
    at: Span,
}

impl Stated {
    /// Notes that tasks may bring controls that only the run tells.
    pub(super) fn open(&mut self) {
        self.open = true;
    }

    /// Everything that was stated.
    pub(super) fn close(&mut self) -> Controls {
        let known = std::mem::take(&mut self.known).into_iter();
        Controls {
            known: known.map(|(id, (control, _))| (id, control)).collect(),
            open: self.open,
        }
    }

    /// The control, or how it contradicts what was said of it before.
    fn state(&mut self, said: &Said) -> Result<Arc<Control>, Diagnostic> {
        let Some((known, first)) = self.known.get(&said.id) else {
            let control = Arc::new(Control {
                id: Arc::clone(&said.id),
                title: said.title.clone(),
                severity: said.severity.unwrap_or_default(),
                references: said.references.clone(),
            });
            let entry = (Arc::clone(&control), said.at.clone());
            self.known.insert(Arc::clone(&control.id), entry);
            return Ok(control);
        };
        let differs = if said.title.is_some() && said.title != known.title {
            Some("title")
        } else if said.severity.is_some_and(|own| own != known.severity) {
            Some("severity")
        } else {
            None
        };
        if let Some(what) = differs {
            return Err(contradiction(said, what, first));
        }
        if said.references.is_empty() || said.references == known.references {
            return Ok(Arc::clone(known));
        }
        Ok(Arc::new(Control {
            references: said.references.clone(),
            ..Control::clone(known)
        }))
    }
}

fn contradiction(said: &Said, what: &str, first: &Span) -> Diagnostic {
    let (line, _) = first.line_and_column();
    Diagnostic::error(
        "control-differs",
        format!("the control `{}` has another {what} elsewhere", said.id),
    )
    .at(&said.at)
    .label(format!("see `{}`, line {line}", first.source.name))
    .help(
        "state it in full where it stands first; elsewhere its identifier is enough: `control: ID`",
    )
}

/// What a statement says; `None` after a mistake was added.
fn said(value: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Said> {
    let said = if let Content::Mapping(_) = value.content {
        let args = Args::new("control", KEYS, value, mistakes);
        let texts = args.texts("references").unwrap_or_default();
        Said {
            id: args.text("id")?.into(),
            title: args.text("title").map(Arc::from),
            severity: args.text("severity").and_then(Severity::from_word),
            references: texts.into_iter().map(Arc::from).collect(),
            note: args.text("note").map(Arc::from),
            at: args.node("id")?.span.clone(),
        }
    } else if let (Some(id), false) = (value.spelled(), is_truth(value)) {
        Said {
            id: id.into(),
            title: None,
            severity: None,
            references: Vec::new(),
            note: None,
            at: value.span.clone(),
        }
    } else {
        mistakes.push(wrong(
            "control",
            "an identifier, or keys with values",
            value,
        ));
        return None;
    };
    if let Some(flaw) = flaw_of_id(&said.id) {
        mistakes.push(bad_id(&said.id, &flaw).at(&said.at));
        return None;
    }
    Some(said)
}

fn is_truth(value: &Node) -> bool {
    matches!(value.content, Content::Bool(_))
}

impl Reader {
    /// `control` of a statement.
    pub(super) fn stated_control(&mut self, node: &Node, around: &Around) -> Option<Ruled> {
        let value = self.now(node, "control", around)?;
        let said = said(&value, &mut self.mistakes)?;
        match self.controls.state(&said) {
            Ok(control) => Some(Ruled {
                control,
                note: said.note,
            }),
            Err(mistake) => {
                self.push(mistake);
                None
            }
        }
    }

    /// The control of a task: only what looks at something checks a rule.
    pub(super) fn ruled(
        &mut self,
        action: &Action,
        node: &Node,
        keywords: &Keywords,
    ) -> Option<Ruled> {
        let checks = matches!(
            action,
            Action::Resource { .. } | Action::Assert { .. } | Action::Fail { .. }
        );
        if checks {
            return keywords.control.clone();
        }
        // An include has told that already.
        let own = node
            .get("control")
            .filter(|_| !matches!(action, Action::Include { .. }));
        if let Some(own) = own {
            self.push(
                Diagnostic::warning(
                    "without-effect",
                    format!("`control` has no effect on `{}`", action.word()),
                )
                .at(&own.span)
                .help("resources, `assert` and `fail` check rules"),
            );
        }
        None
    }
}

fn bad_id(id: &str, flaw: &str) -> Diagnostic {
    Diagnostic::error(
        "bad-control-id",
        format!("`{}` cannot identify a control", id.escape_debug()),
    )
    .label(flaw)
    .help("identifiers are made of letters, digits, `.`, `_`, `-` and `:`, such as `RDP-NLA`")
}

#[cfg(test)]
mod tests {
    use super::KEYS;
    use crate::control::Severity;
    use crate::syntax::Shape;

    #[test]
    fn the_words_of_severities_are_those_of_the_domain() {
        let words = Severity::ALL.map(Severity::word);
        let found = KEYS.iter().find(|key| key.name == "severity");
        assert!(matches!(found.unwrap().shape, Shape::Word(own) if own == words));
    }
}
