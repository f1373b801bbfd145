//! One task or handler: its keywords, and what it is about.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::playbook::Action;
use crate::playbook::Body;
use crate::playbook::Task;
use crate::playbook::around::Around;
use crate::playbook::around::Keywords;
use crate::playbook::conflict;
use crate::playbook::module::Module;
use crate::playbook::prepare::resource_of;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shape::is_name;
use crate::playbook::shape::wrong;
use crate::playbook::translate;
use crate::playbook::words;
use crate::resource::Kind;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;
use crate::syntax::template::has_template;

/// Names that a run fills in itself.
const GIVEN: [&str; 12] = [
    "ansible_check_mode",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_play_hosts",
    "facts",
    "group_names",
    "groups",
    "hostvars",
    "inventory_hostname",
    "omit",
    "playbook_dir",
    "vars",
];

/// Ways to say the machine that rdpfix runs on.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Reader {
    /// Reads a task; `None` after a mistake was added. All of it is looked at in any case.
    pub(super) fn task(&mut self, node: &Node, around: &Around) -> Option<Task> {
        if !matches!(node.content, Content::Mapping(_)) {
            self.push(wrong("a task", "keys with values", node));
            return None;
        }
        let before = self.errors();
        let module = self.module(node);
        let mut own = self.own(node, around);
        if let Some(local) = own_key(node, "local_action") {
            own.keywords.delegate_to = Some(Node {
                span: local.span.clone(),
                content: Content::Text("localhost".to_owned()),
            });
        }
        let repeat = self.repeat(node, &mut own.vars);
        let until = self.until(node);
        let changed_when = self.conditions(node, "changed_when");
        let failed_when = self.conditions(node, "failed_when");
        let register = self.register(node);
        let listen = self.listen(node);
        let name = self.name(node);
        let inner = around.within(own);
        let module = module?;
        let action = self.action(&module, node, around, &inner)?;
        self.check_keywords(&action, &inner.keywords, &module);
        let name = name.unwrap_or_else(|| module.short().to_owned());
        let task = Task {
            when: inner.when,
            tags: inner.tags,
            notify: inner.keywords.notify.clone().unwrap_or_default(),
            listen,
            vars: inner.vars,
            register,
            repeat,
            until,
            changed_when,
            failed_when,
            control: self.ruled(&action, node, &inner.keywords),
            manner: inner.keywords.manner(),
            ..Task::plain(&name, action, node.span.clone())
        };
        // Everything of the task was looked at, but a task with mistakes must not run.
        (self.errors() == before).then_some(task)
    }

    fn name(&mut self, node: &Node) -> Option<String> {
        let name = node
            .get("name")
            .filter(|name| name.content != Content::Null)?;
        self.shelf.engine.check(name, &mut self.mistakes);
        let text = name.spelled();
        if text.is_none() {
            self.push(wrong("name", "a text", name));
        }
        text.map(str::to_owned)
    }

    fn register(&mut self, node: &Node) -> Option<Arc<str>> {
        let value = node.get("register")?;
        let Some(name) = value.as_text() else {
            self.push(wrong("register", "the name of a variable", value));
            return None;
        };
        if !is_name(name) {
            self.push(shape::bad_name(name, value));
        } else if GIVEN.contains(&name) {
            self.push(reserved(name, value));
        }
        Some(name.into())
    }

    fn listen(&mut self, node: &Node) -> Vec<String> {
        shape::texts(node.get("listen"), "listen", &mut self.mistakes)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    fn action(
        &mut self,
        module: &Module,
        node: &Node,
        outer: &Around,
        inner: &Around,
    ) -> Option<Action> {
        if let Some(kind) = words::kind(&module.word) {
            let args = self.resource_args(kind, module)?;
            self.mistakes
                .extend(conflict::check(kind, &args, &inner.keywords));
            return self.resource(kind, &args);
        }
        if words::is_action(module.short()) {
            return self.built_in(module, node, outer, inner);
        }
        if translate::names().any(|name| name == module.short()) {
            let (word, args) = translate::translate(module, &mut self.mistakes)?;
            let kind = Kind::named(word)?;
            let args = typed(kind.properties, &args);
            self.mistakes
                .extend(conflict::check(kind, &args, &inner.keywords));
            return self.resource(kind, &args);
        }
        let key = Node {
            span: module.key.clone(),
            content: Content::Text(module.word.clone()),
        };
        self.push(words::unknown(&key, &module.word));
        None
    }

    /// The arguments of a resource; values that came as texts get the types that they are to have.
    fn resource_args(&mut self, kind: &Kind, module: &Module) -> Option<Node> {
        if let Some(raw) = &module.raw {
            let keys: Vec<&str> = kind.properties.iter().map(|one| one.name).collect();
            self.push(wrong(kind.name, "keys with values", raw).help(format!(
                "keys of `{}`: `{}`",
                kind.name,
                keys.join("`, `")
            )));
            return None;
        }
        Some(if module.from_text {
            typed(kind.properties, &module.args)
        } else {
            module.args.clone()
        })
    }

    /// A resource with what its key holds.
    pub(super) fn resource(&mut self, kind: &'static Kind, node: &Node) -> Option<Action> {
        let body = if has_template(node) {
            let before = self.errors();
            syntax::args::check(
                kind.name,
                kind.properties,
                node,
                &has_template,
                &mut self.mistakes,
            );
            let engine = self.engine();
            engine.check(node, &mut self.mistakes);
            (self.errors() == before).then(|| Body::Templated {
                node: node.clone(),
                engine,
            })
        } else {
            resource_of(kind, node, &mut self.mistakes).map(Body::Fixed)
        };
        body.map(|body| Action::Resource { kind, body })
    }

    /// Keywords that do not go with what the task is about.
    fn check_keywords(&mut self, action: &Action, keywords: &Keywords, module: &Module) {
        if let Some(target) = &keywords.delegate_to {
            self.check_delegation(action, target, module);
        }
        let is_resource = matches!(action, Action::Resource { .. } | Action::Reboot(_));
        let writes = keywords
            .check_mode
            .as_ref()
            .filter(|value| value.content == Content::Bool(false));
        if let (true, Some(value)) = (is_resource, writes) {
            self.push(
                Diagnostic::error("check-mode-writes", "check mode never changes anything")
                    .at(&value.span)
                    .label("would make changes although nobody asked for them")
                    .help("leave it out: looking at the host needs no exception"),
            );
        }
    }

    fn check_delegation(&mut self, action: &Action, target: &Node, module: &Module) {
        let text = target.spelled().unwrap_or_default();
        let is_self = text.replace(' ', "") == "{{inventory_hostname}}";
        let is_here = HERE.contains(&text);
        let is_fine = match action {
            Action::Resource { .. } | Action::Reboot(_) | Action::WaitForConnection(_) => false,
            Action::WaitFor(_) => is_here,
            _ => true,
        };
        if is_self || is_fine {
            return;
        }
        let advice = if is_here {
            "rdpfix manages Windows hosts over the network; the machine that it runs on is none of them"
        } else {
            "write a play of its own for the other host: each host is managed over its own connection"
        };
        self.push(
            Diagnostic::error(
                "delegation",
                format!("`{}` cannot be done on another host's behalf", module.word),
            )
            .at(&target.span)
            .help(advice),
        );
    }
}

fn own_key<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let mut entries = node.entries().iter();
    entries
        .find(|(key, _)| key.spelled() == Some(name))
        .map(|(key, _)| key)
}

/// The mistake of a name that a run fills in itself.
pub(super) fn reserved(name: &str, at: &Node) -> Diagnostic {
    Diagnostic::error(
        "reserved-name",
        format!("`{name}` is filled in by the run itself"),
    )
    .at(&at.span)
    .help("choose another name")
}

/// Whether a run fills in the name itself.
pub(super) fn is_reserved(name: &str) -> bool {
    GIVEN.contains(&name)
}

/// Texts as truth values and numbers where the table asks for these: `port=3389` is a text as it stands.
pub(super) fn typed(properties: &[Property], args: &Node) -> Node {
    let entries = args.entries().iter().map(|(key, value)| {
        let wants_word = properties.iter().any(|property| {
            key.spelled() == Some(property.name)
                && matches!(property.shape, Shape::Bool | Shape::Integer { .. })
        });
        let content = match &value.content {
            Content::Text(text) if wants_word => match syntax::resolve(text) {
                word @ (Content::Bool(_) | Content::Int(_)) => word,
                _ => value.content.clone(),
            },
            other => other.clone(),
        };
        let value = Node {
            span: value.span.clone(),
            content,
        };
        (key.clone(), value)
    });
    Node {
        span: args.span.clone(),
        content: Content::Mapping(entries.collect()),
    }
}
