//! Templates in values: `{{ name }}` in texts, conditions, and variables that refer to each other.
//!
//! Follows Ansible where minijinja differs from it: a value that is one expression keeps its type, backslashes inside
//! `{{ }}` are letters, null renders as nothing, `bool` knows words, and an undefined variable is a mistake.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::Value;
use minijinja::escape_formatter;
use minijinja::value::ValueKind;
use serde::Serialize;

use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::resolve::Resolver;
use crate::syntax::template::resolve::Walk;
use crate::syntax::template::resolve::bad_template;
use crate::syntax::template::resolve::cycle;
use crate::syntax::template::resolve::walk;
use crate::syntax::template::value::as_ansible_bool;
use crate::syntax::template::value::of_json;
use crate::syntax::template::value::of_value;
use crate::vault::Keyring;

mod resolve;
mod value;

/// Steps that one template may take; honest ones take some dozens.
const FUEL: u64 = 200_000;

/// Compiles and evaluates; costly to make, so one serves a whole file.
#[derive(Debug)]
pub struct Engine {
    environment: Environment<'static>,
    keyring: Arc<Keyring>,
}

/// The variables that templates see.
#[derive(Debug)]
pub struct Variables<'a> {
    layers: Vec<Layer<'a>>,
    given: Vec<(&'static str, Value)>,
}

/// Some variables, stronger or weaker than others.
#[derive(Debug, Clone, Copy)]
pub enum Layer<'a> {
    /// As files say; may be templates themselves.
    Written(&'a BTreeMap<String, Node>),
    /// Values that came to be; never templates.
    Values(&'a Values),
}

/// Variables whose values came to be while a run goes on: results, facts, items of loops.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Sets a variable.
    pub fn set<T: Serialize>(&mut self, name: &str, data: &T) {
        let data = serde_json::to_value(data).unwrap_or_default();
        self.0.insert(name.to_owned(), of_json(data));
    }

    /// Takes over all variables of another, its values winning.
    pub fn take(&mut self, other: &Self) {
        let pairs = other.0.iter();
        self.0
            .extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Whether there is such a variable.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl<'a> Variables<'a> {
    /// Layers of variables, the strongest first.
    pub fn new(layers: Vec<&'a BTreeMap<String, Node>>) -> Self {
        Self::layered(layers.into_iter().map(Layer::Written).collect())
    }

    /// Layers of any sort, the strongest first.
    pub fn layered(layers: Vec<Layer<'a>>) -> Self {
        Self {
            layers,
            given: Vec::new(),
        }
    }

    /// Adds something that no layer can replace, such as `inventory_hostname`.
    #[must_use]
    pub fn with<T: Serialize>(mut self, name: &'static str, data: &T) -> Self {
        let data = serde_json::to_value(data).unwrap_or_default();
        self.given.push((name, of_json(data)));
        self
    }

    fn found(&self, name: &str) -> Option<Found<'a>> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Written(vars) => vars.get(name).map(Found::Written),
            Layer::Values(known) => known.0.get(name).map(Found::Values),
        })
    }

    /// Where a variable is written; `None` for values that came to be.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        match self.found(name) {
            Some(Found::Written(node)) => Some(node),
            Some(Found::Values(_)) | None => None,
        }
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.given
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let given = self.given.iter().map(|(name, _)| *name);
        let layered = self.layers.iter().flat_map(|layer| match layer {
            Layer::Written(vars) => vars.keys().map(String::as_str).collect::<Vec<_>>(),
            Layer::Values(known) => known.0.keys().map(String::as_str).collect(),
        });
        given.chain(layered)
    }
}

/// A variable.
enum Found<'a> {
    Written(&'a Node),
    Values(&'a Value),
}

/// Whether a text has something to evaluate in it.
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Whether a node, or anything in it, has something to evaluate.
pub fn has_template(node: &Node) -> bool {
    match &node.content {
        Content::Text(text) => is_template(text),
        // To be opened, which only rendering does.
        Content::Sealed(_) => true,
        Content::Sequence(items) => items.iter().any(has_template),
        Content::Mapping(entries) => entries.iter().any(|(_, value)| has_template(value)),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Float(_)
        | Content::Unsafe(_) => false,
    }
}

/// The variable of a text that is nothing but `{{ name }}`.
pub fn single_variable(text: &str) -> Option<&str> {
    let name = whole_expression(text)?.trim();
    let is_word = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_word && !name.is_empty()).then_some(name)
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine with Ansible's manners.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Tells the piece of the template that failed; costs nothing until something does.
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_filter("bool", as_ansible_bool);
        environment.set_formatter(|output, state, value| {
            let python = match value.kind() {
                ValueKind::None => Value::from(""),
                ValueKind::Bool if value.is_true() => Value::from("True"),
                ValueKind::Bool => Value::from("False"),
                _ => value.clone(),
            };
            escape_formatter(output, state, &python)
        });
        Self {
            environment,
            keyring: Arc::default(),
        }
    }

    /// An engine that opens what ansible-vault encrypted with these passwords.
    #[must_use]
    pub fn with_keyring(self, keyring: Arc<Keyring>) -> Self {
        Self { keyring, ..self }
    }

    /// Checks the grammar of every template in a node.
    pub fn check(&self, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
        match &node.content {
            Content::Text(text) if is_template(text) => {
                if let Err(error) = self.form(text) {
                    diagnostics.push(bad_template(&error, &node.span));
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

    /// Checks the grammar of a condition.
    pub fn check_condition(&self, text: &str, span: &Span, diagnostics: &mut Vec<Diagnostic>) {
        if is_template(text) {
            diagnostics.push(
                Diagnostic::error(
                    "template-in-condition",
                    "a condition is an expression already",
                )
                .at(span)
                .label("has braces")
                .help("write the expression without `{{ }}`"),
            );
        } else if let Err(error) = self.environment.compile_expression(text) {
            diagnostics.push(bad_template(&error, span));
        }
    }

    /// The variables that the templates in a node name.
    pub fn names(&self, node: &Node) -> BTreeSet<String> {
        match &node.content {
            Content::Text(text) if is_template(text) => match self.form(text) {
                Ok(form) => form.names(),
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
        match self.environment.compile_expression(text) {
            Ok(expression) => expression.undeclared_variables(false).into_iter().collect(),
            Err(_) => BTreeSet::new(),
        }
    }

    /// The node with every template replaced by what it stands for; everything keeps the place of the template.
    pub fn render(&self, node: &Node, variables: &Variables<'_>) -> Result<Node, Diagnostic> {
        let mut resolver = Resolver::new(self, variables);
        resolver.node(node)
    }

    /// Whether a condition holds. It must be true or false; a text or a number is a mistake.
    pub fn holds(
        &self,
        text: &str,
        span: &Span,
        variables: &Variables<'_>,
    ) -> Result<bool, Diagnostic> {
        let form = match self.environment.compile_expression(text) {
            Ok(expression) => Form::Expression(expression),
            Err(error) => return Err(bad_template(&error, span)),
        };
        let value = Resolver::new(self, variables).evaluate(&form, span)?;
        if value.kind() == ValueKind::Bool {
            return Ok(value.is_true());
        }
        Err(Diagnostic::error(
            "condition-not-boolean",
            "the condition is neither true nor false",
        )
        .at(span)
        .label(format!("gives {}", of_value(&value, span).describe()))
        .help("compare it (`x == 'y'`, `x | length > 0`), or turn words into truth by `x | bool`"))
    }

    /// Variables that need themselves, each circle told once.
    pub fn cycles(&self, variables: &BTreeMap<String, Node>) -> Vec<Diagnostic> {
        let needs: BTreeMap<&str, BTreeSet<String>> = variables
            .iter()
            .map(|(name, node)| (name.as_str(), self.names(node)))
            .collect();
        let mut done = BTreeSet::new();
        let mut found = Vec::new();
        for name in needs.keys() {
            let mut path = Vec::new();
            walk(
                name,
                &needs,
                &mut Walk {
                    path: &mut path,
                    done: &mut done,
                },
                &mut |circle| {
                    found.push(cycle(circle, |name| variables.get(name)));
                },
            );
        }
        found
    }

    fn form<'s>(&'s self, text: &str) -> Result<Form<'s>, minijinja::Error> {
        if let Some(inner) = whole_expression(text) {
            let inner = keep_backslashes(inner, Place::Expression);
            if let Ok(expression) = self.environment.compile_expression_owned(inner) {
                return Ok(Form::Expression(expression));
            }
        }
        let source = keep_backslashes(text, Place::Text);
        // Compiling shows mistakes of grammar; the compiled template cannot outlive its source.
        let names = self
            .environment
            .template_from_str(&source)?
            .undeclared_variables(false)
            .into_iter()
            .collect();
        Ok(Form::Text { source, names })
    }
}

/// A template, read.
enum Form<'s> {
    /// The whole value is one expression and keeps its type.
    Expression(minijinja::Expression<'s, 's>),
    /// A text with templates in it.
    Text {
        source: String,
        names: BTreeSet<String>,
    },
}

impl Form<'_> {
    fn names(&self) -> BTreeSet<String> {
        match self {
            Self::Expression(expression) => {
                expression.undeclared_variables(false).into_iter().collect()
            }
            Self::Text { names, .. } => names.clone(),
        }
    }
}

/// What is between the braces when a text is nothing but one pair of them; white space behind them does not count.
fn whole_expression(text: &str) -> Option<&str> {
    let inner = text.trim_end().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some(inner.strip_suffix('-').unwrap_or(inner))
}

/// Where a scan for string literals begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Expression,
}

/// Doubles the backslashes of string literals inside `{{ }}`, where Ansible takes them as letters: `'C:\new'`.
fn keep_backslashes(text: &str, mut place: Place) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let outer = place;
    let mut kept = String::with_capacity(text.len() + 8);
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        kept.push(letter);
        match (place, quote) {
            (Place::Text, _) => {
                if letter == '{' && letters.peek() == Some(&'{') {
                    place = Place::Expression;
                }
            }
            (Place::Expression, Some(_)) if letter == '\\' => kept.push('\\'),
            (Place::Expression, Some(open)) if letter == open => quote = None,
            (Place::Expression, Some(_)) => {}
            (Place::Expression, None) => {
                if letter == '\'' || letter == '"' {
                    quote = Some(letter);
                } else if letter == '}' && letters.peek() == Some(&'}') {
                    place = outer;
                }
            }
        }
    }
    kept
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
        assert_eq!(inner.span.unwrap().text(), "'{{ nope + 1 }}'");
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
}
