//! Templates in values: `{{ name }}` in texts, conditions, and variables that refer to each other.
//!
//! Jinja as Ansible 2.19 has it, evaluated by minijinja: a value that is one expression keeps its type, backslashes
//! inside `{{ }}` are letters, null renders as nothing, conditions are true or false, and what is undefined is a mistake
//! as soon as it is used. What Ansible adds to the language (filters, tests, functions, methods) stands in tables here.
//! Where minijinja computes in another way, the cases of `tests/cases/ansible/templates` list it.
//!
//! In reading order: `compile` reads; `resolve` finds variables and evaluates; `bridge` is the border to
//! minijinja; `filters`, `predicates`, `functions` and `method` are what templates can call; `value` is what
//! those compute with.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::Environment;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::cache::Cache;
use crate::syntax::template::compile::Form;
use crate::syntax::template::fault::Unreadable;
use crate::syntax::template::kit::Shared;
use crate::syntax::template::resolve::Resolver;
use crate::syntax::template::value::Value;
use crate::syntax::template::value::convert::to_json;
use crate::vault::Keyring;

mod bridge;
mod cache;
mod call;
mod compile;
mod cycle;
#[cfg(test)]
mod edges;
mod fault;
mod filters;
mod form;
mod functions;
mod kit;
mod limit;
mod method;
mod need;
mod predicates;
mod print;
pub mod reference;
mod resolve;
mod value;
mod variables;

pub use crate::syntax::template::filters::python_pattern;
pub use crate::syntax::template::form::has_template;
pub use crate::syntax::template::form::is_template;
pub use crate::syntax::template::form::single_variable;
pub use crate::syntax::template::form::whole_expression;
pub use crate::syntax::template::variables::Data;
pub use crate::syntax::template::variables::Layer;
pub use crate::syntax::template::variables::Lazy;
pub use crate::syntax::template::variables::Values;
pub use crate::syntax::template::variables::Variables;

/// Compiles and evaluates. Every text is compiled once for an engine, so one serves a whole run.
#[derive(Debug)]
pub struct Engine {
    keyring: Arc<Keyring>,
    shared: Arc<Shared>,
    jinja: Environment<'static>,
    /// For templates that may nest lists as deep as they like.
    nesting: Environment<'static>,
    templates: Cache<Form>,
    expressions: Cache<Form>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::made(Arc::default(), Shared::default())
    }
}

impl Engine {
    /// An engine without passwords, environment or clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine that opens what ansible-vault encrypted with these passwords.
    #[must_use]
    pub fn with_keyring(self, keyring: Arc<Keyring>) -> Self {
        Self { keyring, ..self }
    }

    /// An engine whose `lookup('env', …)` sees these variables.
    #[must_use]
    pub fn with_environment(self, environment: BTreeMap<String, String>) -> Self {
        let shared = Shared::new(environment, self.shared.now.clone());
        Self::made(self.keyring, shared)
    }

    /// An engine whose `now()` and `strftime` are at this time, that of the run's beginning.
    #[must_use]
    pub fn with_now(self, now: jiff::Zoned) -> Self {
        let shared = Shared::new(self.shared.environment.clone(), Some(now));
        Self::made(self.keyring, shared)
    }

    fn made(keyring: Arc<Keyring>, shared: Shared) -> Self {
        let shared = Arc::new(shared);
        let jinja = bridge::environment(&shared);
        Self {
            keyring,
            shared,
            nesting: limit::environment(&jinja),
            jinja,
            templates: Cache::default(),
            expressions: Cache::default(),
        }
    }

    /// Checks the grammar of every template in a node, and that all its filters and tests exist.
    pub fn check(&self, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
        match &node.content {
            Content::Text(text) if is_template(text) => {
                if let Err(unreadable) = self.template(text) {
                    diagnostics.push(unreadable.told(text, &node.span));
                }
            }
            Content::Sequence(items) => {
                for item in items {
                    self.check(item, diagnostics);
                }
            }
            Content::Mapping(entries) => {
                for (_, value) in entries {
                    self.check(value, diagnostics);
                }
            }
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_) => {}
        }
    }

    /// Checks the grammar of a condition. One that stands in braces as a whole works, as it does in Ansible, with a
    /// warning.
    pub fn check_condition(&self, text: &str, span: &Span, diagnostics: &mut Vec<Diagnostic>) {
        if let Some(expression) = whole_expression(text) {
            diagnostics.push(braces_around(expression, span));
            if let Err(unreadable) = self.template(text) {
                diagnostics.push(unreadable.told(text, span));
            }
        } else if is_template(text) {
            diagnostics.push(braces_inside(span));
        } else if let Err(unreadable) = self.expression(text) {
            diagnostics.push(unreadable.told(text, span));
        }
    }

    /// The variables that the templates in a node name.
    pub fn names(&self, node: &Node) -> BTreeSet<String> {
        match &node.content {
            Content::Text(text) if is_template(text) => match self.template(text) {
                Ok(template) => words(&template),
                // The grammar was checked before; what cannot be read names nothing.
                Err(_) => BTreeSet::new(),
            },
            Content::Sequence(items) => items.iter().flat_map(|item| self.names(item)).collect(),
            Content::Mapping(entries) => entries
                .iter()
                .flat_map(|(_, value)| self.names(value))
                .collect(),
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_) => BTreeSet::new(),
        }
    }

    /// The variables that a condition names.
    pub fn condition_names(&self, text: &str) -> BTreeSet<String> {
        if is_template(text) {
            return self
                .template(text)
                .map(|template| words(&template))
                .unwrap_or_default();
        }
        self.expression(text)
            .map(|expression| words(&expression))
            .unwrap_or_default()
    }

    /// The node with every template replaced by what it stands for; everything keeps the place of the template. Keys
    /// and items that are `omit` are left out.
    pub fn render(&self, node: &Node, variables: &Variables<'_>) -> Result<Node, Diagnostic> {
        match self.rendered(node, variables)? {
            Some(rendered) => Ok(rendered),
            None => Err(omitted(&node.span)),
        }
    }

    /// As [`Engine::render`]; `None` when the whole node is `omit`.
    pub fn rendered(
        &self,
        node: &Node,
        variables: &Variables<'_>,
    ) -> Result<Option<Node>, Diagnostic> {
        Resolver::new(self, variables).node(node)
    }

    /// What an expression (without braces) gives, as data; backslashes in its texts are escapes.
    pub fn evaluate(
        &self,
        text: &str,
        span: &Span,
        variables: &Variables<'_>,
    ) -> Result<serde_json::Value, Diagnostic> {
        let mut resolver = Resolver::new(self, variables);
        let value = self.value(text, span, &mut resolver)?;
        if matches!(value, Value::Omit) {
            return Err(omitted(span));
        }
        to_json(&value).map_err(|fault| resolver.told(fault, span))
    }

    /// The node with every template replaced by what it stands for, as data.
    pub fn json(
        &self,
        node: &Node,
        variables: &Variables<'_>,
    ) -> Result<serde_json::Value, Diagnostic> {
        let mut resolver = Resolver::new(self, variables);
        let value = resolver.value(node);
        if matches!(value, Ok(Value::Omit)) {
            return Err(omitted(&node.span));
        }
        value
            .and_then(|value| to_json(&value))
            .map_err(|fault| resolver.told(fault, &node.span))
    }

    /// As [`Engine::json`], to be set as a value of another host or a later task without a detour. What is undefined
    /// inside of it is a mistake only when it is used.
    pub fn data(&self, node: &Node, variables: &Variables<'_>) -> Result<Data, Diagnostic> {
        let mut resolver = Resolver::new(self, variables);
        let value = resolver.value(node);
        value
            .map(Data)
            .map_err(|fault| resolver.told(fault, &node.span))
    }

    /// A variable, by its name; `None` when there is none. What is wrong with it is a mistake only when it is used.
    pub fn variable(&self, name: &str, variables: &Variables<'_>) -> Option<Data> {
        Resolver::new(self, variables).kept_variable(name).map(Data)
    }

    /// Whether a condition holds. It must be true or false; a text or a number is a mistake.
    pub fn holds(
        &self,
        text: &str,
        span: &Span,
        variables: &Variables<'_>,
    ) -> Result<bool, Diagnostic> {
        let mut resolver = Resolver::new(self, variables);
        let value = if whole_expression(text).is_some() {
            let value = resolver.template(text, span);
            value.map_err(|fault| resolver.told(fault, span))?
        } else if is_template(text) {
            return Err(braces_inside(span));
        } else {
            self.value(text, span, &mut resolver)?
        };
        match value.used().map_err(|fault| resolver.told(fault, span))? {
            Value::Bool(truth) => Ok(*truth),
            other => Err(Diagnostic::error(
                "condition-not-boolean",
                "the condition is neither true nor false",
            )
            .at(span)
            .label(format!("gives {}", other.describe()))
            .help(
                "compare it (`x == 'y'`, `x | length > 0`), or turn words into truth by `x | bool`",
            )),
        }
    }

    /// Variables that need themselves, each circle told once.
    pub fn cycles(&self, variables: &BTreeMap<String, Node>) -> Vec<Diagnostic> {
        cycle::all(self, variables)
    }

    fn value(
        &self,
        text: &str,
        span: &Span,
        resolver: &mut Resolver<'_>,
    ) -> Result<Value, Diagnostic> {
        let form = self
            .expression(text)
            .map_err(|unreadable| unreadable.told(text, span))?;
        resolver
            .evaluate(&form, span)
            .map_err(|fault| resolver.told(fault, span))
    }

    fn template(&self, text: &str) -> Result<Arc<Form>, Unreadable> {
        let read = || compile::template(&self.jinja, text);
        self.templates.of(text, usize::MAX, read)
    }

    fn expression(&self, text: &str) -> Result<Arc<Form>, Unreadable> {
        let read = || compile::expression(&self.jinja, text);
        self.expressions.of(text, usize::MAX, read)
    }
}

/// The variables of a template, without what the language itself has.
fn words(form: &Form) -> BTreeSet<String> {
    let roots = form.names.iter().filter_map(|path| path.first());
    let roots = roots.filter(|root| !compile::is_own(root));
    roots.cloned().collect()
}

/// A condition in braces means the same without them, unless it has backslashes: these are letters between braces only.
fn braces_around(expression: &str, span: &Span) -> Diagnostic {
    let advice = if is_template(expression) {
        "it may stay: without `{{ }}`, `{%` and `{#` would have to be put together, as `'{' ~ '%'`"
            .to_owned()
    } else if expression.contains('\\') {
        "write the expression without `{{ }}`, and each backslash twice".to_owned()
    } else {
        format!("write it without `{{{{ }}}}`: `{}`", expression.trim())
    };
    Diagnostic::warning(
        "template-in-condition",
        "a condition is an expression already",
    )
    .at(span)
    .label("has braces")
    .help(advice)
}

fn braces_inside(span: &Span) -> Diagnostic {
    Diagnostic::error(
        "template-in-condition",
        "a condition is an expression already",
    )
    .at(span)
    .label("has braces inside")
    .help("write the names of variables without `{{ }}`, and join texts by `~`")
}

fn omitted(span: &Span) -> Diagnostic {
    Diagnostic::error("template-omitted", "`omit` leaves out a whole value")
        .at(span)
        .help("`omit` stands for a key of a mapping, so that the key is left out")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::Engine;
    use super::Variables;
    use crate::diag::Diagnostic;
    use crate::diag::Source;
    use crate::syntax::Content;
    use crate::syntax::Node;
    use crate::syntax::parse;

    fn mapping(text: &str) -> BTreeMap<String, Node> {
        let source = Arc::new(Source {
            name: "vars.yml".into(),
            text: text.into(),
            secret: false,
        });
        let node = parse(&source).unwrap();
        node.entries()
            .iter()
            .map(|(key, value)| (key.spelled().unwrap().to_owned(), value.clone()))
            .collect()
    }

    /// What `it` of the variables gives.
    fn render(text: &str) -> Result<Content, Diagnostic> {
        let vars = mapping(text);
        let variables = Variables::new(vec![&vars]).with("inventory_hostname", &"web01");
        Engine::new()
            .render(&vars["it"], &variables)
            .map(|node| node.content)
    }

    fn holds(condition: &str) -> Result<bool, Diagnostic> {
        let vars = mapping("port: 3389\nname: x\non: 'yes'\nempty: []\n");
        let variables =
            Variables::new(vec![&vars]).with("facts", &serde_json::json!({"build": 20348}));
        let span = vars["port"].span.clone();
        Engine::new().holds(condition, &span, &variables)
    }

    #[test]
    fn a_whole_expression_keeps_its_type() {
        assert_eq!(render("a: 3389\nit: '{{ a }}'\n"), Ok(Content::Int(3389)));
        assert_eq!(
            render("a: yes\nit: \"{{ a }}\\n\"\n"),
            Ok(Content::Bool(true))
        );
        assert_eq!(render("a: 1.5\nit: '{{ a }}'\n"), Ok(Content::Float(1.5)));
        assert_eq!(render("it: '{{ [1, 2] | length }}'\n"), Ok(Content::Int(2)));
        assert_eq!(render("a: ~\nit: '{{ a }}'\n"), Ok(Content::Null));
    }

    #[test]
    fn lists_and_mappings_pass_through_whole() {
        let Content::Sequence(items) = render("a: [x, 2]\nit: '{{ a }}'\n").unwrap() else {
            panic!("a list");
        };
        assert_eq!(items[0].content, Content::Text("x".into()));
        assert_eq!(items[1].content, Content::Int(2));
        let Content::Mapping(entries) = render("a: {k: [1]}\nit: '{{ a }}'\n").unwrap() else {
            panic!("a mapping");
        };
        assert_eq!(entries[0].0.as_text(), Some("k"));
        assert_eq!(entries[0].1.items()[0].content, Content::Int(1));
    }

    #[test]
    fn mixed_texts_render_as_python_would() {
        let text = |text: &str| Ok(Content::Text(text.into()));
        assert_eq!(render("a: ~\nit: '<{{ a }}>'\n"), text("<>"));
        assert_eq!(render("a: yes\nit: 'is {{ a }}'\n"), text("is True"));
        assert_eq!(
            render("it: '{{ inventory_hostname }}.corp'\n"),
            text("web01.corp")
        );
        assert_eq!(render("it: '{% if true %}a{% endif %}b'\n"), text("ab"));
    }

    #[test]
    fn backslashes_in_braces_are_letters() {
        let text = |text: &str| Ok(Content::Text(text.into()));
        assert_eq!(render("it: '{{ \"C:\\new\" }}'\n"), text("C:\\new"));
        assert_eq!(render("it: '\\a {{ \"\\b\" }} \\c'\n"), text("\\a \\b \\c"));
    }

    #[test]
    fn variables_are_resolved_when_they_are_needed() {
        assert_eq!(
            render("it: '{{ a }}'\na: '{{ b + 1 }}'\nb: 1\nbroken: '{{ nope }}'\n"),
            Ok(Content::Int(2))
        );
    }

    #[test]
    fn an_undefined_variable_is_named_with_a_near_one() {
        let mistake = render("it: '{{ rdp_prot }}'\nrdp_port: 1\n").unwrap_err();
        assert_eq!(mistake.message, "undefined variable `rdp_prot`");
        assert_eq!(mistake.help[0], "did you mean `rdp_port`?");
        let inner = render("it: 'x{{ a }}'\na: '{{ nope + 1 }}'\n").unwrap_err();
        assert_eq!(inner.message, "undefined variable `nope`");
        assert_eq!(inner.span.unwrap().text(), "nope");
        assert_eq!(inner.help, ["it is needed for the variable `a`"]);
    }

    #[test]
    fn a_default_replaces_what_is_undefined() {
        assert_eq!(
            render("it: '{{ nope | default(5) }}'\n"),
            Ok(Content::Int(5))
        );
    }

    #[test]
    fn a_circle_of_variables_is_named() {
        let mistake = render("it: '{{ a }}'\na: '{{ b }}'\nb: 'x{{ a }}'\n").unwrap_err();
        assert_eq!(mistake.message, "variables need themselves: a → b → a");
        let vars = mapping("b: 'x{{ a }}'\na: '{{ b }}'\nc: '{{ c }}'\nd: '{{ a }}'\n");
        let found: Vec<String> = Engine::new()
            .cycles(&vars)
            .into_iter()
            .map(|mistake| mistake.message)
            .collect();
        assert_eq!(
            found,
            [
                "variables need themselves: a → b → a",
                "variables need themselves: c → c"
            ]
        );
    }

    #[test]
    fn conditions_must_be_true_or_false() {
        assert_eq!(holds("facts.build >= 20348 and port == 3389"), Ok(true));
        assert_eq!(holds("empty | length > 0"), Ok(false));
        assert_eq!(holds("'yes' | bool"), Ok(true));
        assert_eq!(holds("'enabled' | bool"), Ok(false));
        assert_eq!(holds("nope is defined"), Ok(false));
        assert_eq!(holds("name").unwrap_err().id, "condition-not-boolean");
        assert_eq!(holds("port").unwrap_err().id, "condition-not-boolean");
        assert_eq!(
            holds("nope").unwrap_err().message,
            "undefined variable `nope`"
        );
        assert_eq!(
            holds("facts.nope > 1").unwrap_err().id,
            "undefined-variable"
        );
        assert_eq!(holds("port ==").unwrap_err().id, "template-syntax");
        assert_eq!(holds("port | nope").unwrap_err().id, "template-name");
    }

    #[test]
    fn grammar_is_checked_without_variables() {
        let vars = mapping("a: ['{{ x', '{{ y }}', '{% if %}']\n");
        let mut found = Vec::new();
        Engine::new().check(&vars["a"], &mut found);
        assert_eq!(found.len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_value_or_a_mistake(
            text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|['\"|.~()\\[\\]:,+*\\\\-]|is|for|in|if|set|a|nope|range|upper|join|9| |\n){0,24}"
        ) {
            let vars = mapping("a: [1, x]\n");
            let variables = Variables::new(vec![&vars]);
            let mut node = vars["a"].clone();
            node.content = Content::Text(text);
            let engine = Engine::new();
            engine.check(&node, &mut Vec::new());
            engine.names(&node);
            let _told = engine.json(&node, &variables);
        }
    }
}
