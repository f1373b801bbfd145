//! What the runner does itself: `assert`, `fail`, `debug`, `set_fact`, `include_tasks`, `include_vars`, `meta` and the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::playbook::Action;
use crate::playbook::Condition;
use crate::playbook::Library;
use crate::playbook::Meta;
use crate::playbook::around::Around;
use crate::playbook::entry::is_reserved;
use crate::playbook::entry::reserved;
use crate::playbook::entry::typed;
use crate::playbook::module::Module;
use crate::playbook::reader::Reader;
use crate::playbook::shape;
use crate::playbook::shape::is_idle;
use crate::playbook::shape::is_name;
use crate::playbook::shape::wrong;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::has_template;

/// Keys of tasks that an include has no use for; its tasks have them.
const NOT_FOR_INCLUDES: [&str; 10] = [
    "control",
    "until",
    "retries",
    "delay",
    "changed_when",
    "failed_when",
    "notify",
    "check_mode",
    "throttle",
    "listen",
];

const META_WORDS: &str = "words of `meta`: `flush_handlers`, `end_host`, `end_play`, `noop`";

/// What `debug` says when it is not told what to say.
const GREETING: &str = "Hello world!";

impl Reader {
    /// What the runner does itself; `None` after a mistake was added.
    pub(super) fn built_in(
        &mut self,
        module: &Module,
        node: &Node,
        outer: &Around,
        inner: &Around,
    ) -> Option<Action> {
        match module.short() {
            "assert" => Some(self.assert(module)),
            "fail" => {
                self.check_keys(module, &["msg"]);
                Some(Action::Fail {
                    msg: self.checked(module, "msg"),
                })
            }
            "debug" => self.debug(module, inner),
            "set_fact" => self.set_fact(module),
            "include_vars" => self.include_vars(module, inner),
            "include_tasks" => self.include_tasks(module, node, outer),
            "meta" => self.meta(module),
            "reboot" | "win_reboot" => self.order(module, Action::Reboot),
            "wait_for_connection" | "win_wait_for_connection" => {
                self.order(module, Action::WaitForConnection)
            }
            "wait_for" | "win_wait_for" => self.order(module, Action::WaitFor),
            "ping" | "win_ping" => Some(Action::Nothing("ping")),
            "setup" => Some(Action::Nothing("setup")),
            _ => Some(Action::Nothing("gather_facts")),
        }
    }

    /// Tells of keys that the module has not.
    fn check_keys(&mut self, module: &Module, known: &[&'static str]) {
        if let Some(raw) = &module.raw {
            self.push(wrong(&module.word, "keys with values", raw).help(format!(
                "keys of `{}`: `{}`",
                module.word,
                known.join("`, `")
            )));
        }
        for (key, _) in module.args.entries() {
            let word = key.spelled().unwrap_or_default();
            if !known.contains(&word) {
                self.push(
                    Diagnostic::error(
                        "unknown-key",
                        format!("unknown key `{word}` in `{}`", module.word),
                    )
                    .at(&key.span)
                    .label("no such key")
                    .suggest(word, known.iter().copied())
                    .help(format!(
                        "keys of `{}`: `{}`",
                        module.word,
                        known.join("`, `")
                    )),
                );
            }
        }
    }

    /// The value of a key, its templates checked.
    fn checked(&mut self, module: &Module, key: &str) -> Option<Node> {
        let value = module.args.get(key)?;
        self.shelf.engine.check(value, &mut self.mistakes);
        Some(value.clone())
    }

    fn missing(&mut self, module: &Module, key: &str) {
        self.push(
            Diagnostic::error("missing-key", format!("`{}` lacks `{key}`", module.word))
                .at(&module.span)
                .label(format!("needs `{key}`")),
        );
    }

    fn assert(&mut self, module: &Module) -> Action {
        let before = self.errors();
        self.check_keys(module, &["that", "fail_msg", "msg", "success_msg", "quiet"]);
        let that = self.conditions(&module.args, "that");
        if that.is_empty() && self.errors() == before {
            self.missing(module, "that");
        }
        let fail_msg = self
            .checked(module, "fail_msg")
            .or_else(|| self.checked(module, "msg"));
        Action::Assert {
            that,
            fail_msg,
            success_msg: self.checked(module, "success_msg"),
        }
    }

    fn debug(&mut self, module: &Module, around: &Around) -> Option<Action> {
        self.check_keys(module, &["msg", "var", "verbosity"]);
        let verbosity = self
            .now(&module.args, "verbosity", around)
            .and_then(|value| shape::number("verbosity", &value, &mut self.mistakes))
            .map_or(0, |level| u8::try_from(level).unwrap_or(u8::MAX));
        let msg = match (self.checked(module, "msg"), module.args.get("var")) {
            (Some(_), Some(var)) => {
                self.push(
                    Diagnostic::error("conflicting-values", "`msg` and `var` exclude each other")
                        .at(&var.span)
                        .label("state one of them"),
                );
                return None;
            }
            (Some(msg), None) => msg,
            (None, Some(var)) => self.shown(var)?,
            (None, None) => Node {
                span: module.span.clone(),
                content: Content::Text(GREETING.to_owned()),
            },
        };
        Some(Action::Debug { msg, verbosity })
    }

    /// A template that shows what an expression gives, or that it gives nothing.
    fn shown(&mut self, var: &Node) -> Option<Node> {
        let Some(text) = var.spelled() else {
            self.push(wrong("var", "the name of a variable", var));
            return None;
        };
        if has_template(var) {
            self.shelf.engine.check(var, &mut self.mistakes);
            return Some(var.clone());
        }
        let before = self.errors();
        self.shelf
            .engine
            .check_condition(text, &var.span, &mut self.mistakes);
        (self.errors() == before).then(|| Node {
            span: var.span.clone(),
            content: Content::Text(format!("{{{{ ({text}) | default('not defined') }}}}")),
        })
    }

    fn set_fact(&mut self, module: &Module) -> Option<Action> {
        if let Some(raw) = &module.raw {
            self.push(wrong(&module.word, "names with values", raw));
        }
        self.shelf.engine.check(&module.args, &mut self.mistakes);
        let mut facts = BTreeMap::new();
        for (key, value) in module.args.entries() {
            let name = key.spelled().unwrap_or_default();
            if name == "cacheable" {
                if !is_idle(value) {
                    self.push(
                        Diagnostic::warning("without-effect", "`cacheable` has no effect here")
                            .at(&key.span)
                            .help("facts are kept for one run"),
                    );
                }
            } else if !is_name(name) {
                self.push(shape::bad_name(name, key));
            } else if is_reserved(name) {
                self.push(reserved(name, key));
            } else {
                facts.insert(name.to_owned(), value.clone());
            }
        }
        if facts.is_empty() {
            self.push(
                Diagnostic::error("missing-key", format!("`{}` sets nothing", module.word))
                    .at(&module.span)
                    .label("needs names with values"),
            );
            return None;
        }
        Some(Action::SetFact(facts))
    }

    fn include_vars(&mut self, module: &Module, inner: &Around) -> Option<Action> {
        if let Some(dir) = module.args.get("dir") {
            self.push(
                Diagnostic::error("unsupported-keyword", "`dir` is not supported")
                    .at(&dir.span)
                    .help("name each file by a task of its own, or by a `loop`"),
            );
            return None;
        }
        for (key, _) in module.args.entries() {
            let word = key.spelled().unwrap_or_default();
            if !["file", "name"].contains(&word) {
                self.push(
                    Diagnostic::error(
                        "unknown-key",
                        format!("unknown key `{word}` in `{}`", module.word),
                    )
                    .at(&key.span)
                    .label("no such key")
                    .suggest(word, ["file", "name"])
                    .help("keys of `include_vars`: `file`, `name`"),
                );
            }
        }
        let Some(file) = module
            .raw
            .clone()
            .or_else(|| module.args.get("file").cloned())
        else {
            self.missing(module, "file");
            return None;
        };
        self.shelf.engine.check(&file, &mut self.mistakes);
        let name = module.args.get("name").and_then(Node::spelled);
        let library = Arc::new(Library::new(&self.shelf, inner.clone(), &file.span));
        if let (false, Some(path)) = (has_template(&file), file.as_text())
            && let Err(mistakes) = library.variables(path)
        {
            self.mistakes.extend(mistakes);
        }
        Some(Action::IncludeVars {
            file,
            name: name.map(Arc::from),
            library,
        })
    }

    fn include_tasks(&mut self, module: &Module, node: &Node, outer: &Around) -> Option<Action> {
        for (key, value) in node.entries() {
            let word = key.spelled().unwrap_or_default();
            if NOT_FOR_INCLUDES.contains(&word) && !is_idle(value) {
                self.push(
                    Diagnostic::error(
                        "without-effect",
                        format!("`{word}` has no effect on `{}`", module.word),
                    )
                    .at(&key.span)
                    .help("state it at the tasks of the file, or for all of them under `apply`"),
                );
            }
        }
        let file = self.file_argument(module)?;
        self.shelf.engine.check(&file, &mut self.mistakes);
        let around = match module.args.get("apply") {
            None => outer.clone(),
            Some(apply) => {
                let own = self.own(apply, outer);
                outer.within(own)
            }
        };
        let library = Arc::new(Library::new(&self.shelf, around, &file.span));
        if let (false, Some(path)) = (has_template(&file), file.as_text()) {
            library.check(path, self);
        } else {
            self.is_open = true;
            self.controls.open();
        }
        Some(Action::Include { file, library })
    }

    fn meta(&mut self, module: &Module) -> Option<Action> {
        let value = module
            .raw
            .as_ref()
            .or_else(|| module.args.get("_raw_params"));
        let Some(value) = value else {
            self.push(
                Diagnostic::error("missing-key", "`meta` gives no order")
                    .at(&module.span)
                    .help(META_WORDS),
            );
            return None;
        };
        let meta = match value.as_text().unwrap_or_default().trim() {
            "flush_handlers" => Meta::FlushHandlers,
            "end_host" => Meta::EndHost,
            "end_play" => Meta::EndPlay,
            "noop" | "clear_facts" | "reset_connection" => Meta::Nothing,
            "refresh_inventory" => {
                self.push(
                    Diagnostic::warning("without-effect", "`refresh_inventory` has no effect here")
                        .at(&value.span)
                        .help("the inventory is read once, at the start"),
                );
                Meta::Nothing
            }
            word => {
                self.push(bad_meta(word, value));
                return None;
            }
        };
        Some(Action::Meta(meta))
    }

    fn order(&mut self, module: &Module, action: fn(Node) -> Action) -> Option<Action> {
        if let Some(raw) = &module.raw {
            self.push(wrong(&module.word, "keys with values", raw));
            return None;
        }
        self.shelf.engine.check(&module.args, &mut self.mistakes);
        let mut order = action(module.args.clone());
        if let (true, Some((node, properties))) = (module.from_text, order.errand_node()) {
            order = action(typed(properties, node));
        }
        order.check_errand(&has_template, &mut self.mistakes);
        Some(order)
    }
}

fn bad_meta(word: &str, value: &Node) -> Diagnostic {
    let advice = match word {
        "clear_host_errors" => "let a `rescue` or `ignore_errors` take care of the failure",
        "end_batch" => "hosts never wait for each other: use `end_host`",
        "end_role" => "use `when` at the tasks, or a block",
        _ => META_WORDS,
    };
    Diagnostic::error("unknown-value", format!("unknown order `{word}`"))
        .at(&value.span)
        .suggest(word, ["flush_handlers", "end_host", "end_play", "noop"])
        .help(advice)
}

/// The conditions of an action, for those who look what it names.
pub(super) fn conditions_of(action: &Action) -> &[Condition] {
    match action {
        Action::Assert { that, .. } => that,
        _ => &[],
    }
}
