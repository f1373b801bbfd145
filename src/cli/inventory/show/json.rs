//! JSON as `ansible-inventory` prints it: sorted keys, four spaces, letters as they are.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

use crate::inventory::Group;
use crate::inventory::Member;
use crate::inventory::Tree;
use crate::syntax::Content;
use crate::syntax::Node;

/// The name of the format, which Ansible writes beside the variables of hosts.
const PROFILE: &str = "inventory_legacy";

/// All groups and hosts.
pub(super) fn list(tree: &Tree, shown: &BTreeSet<usize>) -> String {
    let mut writer = Writer::new(Unsafe::Told);
    let mut groups = BTreeMap::new();
    if let Some(all) = tree.group("all") {
        collect(all, &mut BTreeSet::new(), &mut groups);
    }
    let groups: BTreeMap<&str, Parts<'_>> = groups
        .into_iter()
        .map(|(name, group)| (name, parts(group, shown)))
        .filter(|(_, (hosts, children))| !hosts.is_empty() || !children.is_empty())
        .collect();
    let keys: BTreeSet<&str> = groups.keys().copied().chain(["_meta"]).collect();
    writer.object(keys, |writer, key| match groups.get(key) {
        Some(parts) if key != "_meta" => writer.group(parts),
        _ => writer.meta(tree, shown),
    });
    writer.finish()
}

/// The variables of one host.
pub(super) fn host(vars: &BTreeMap<&str, &Node>) -> String {
    let mut writer = Writer::new(Unsafe::Plain);
    writer.vars(vars);
    writer.finish()
}

/// A group and those below it.
fn collect<'t>(
    group: Group<'t>,
    seen: &mut BTreeSet<&'t str>,
    groups: &mut BTreeMap<&'t str, Group<'t>>,
) {
    if !seen.insert(group.name()) {
        return;
    }
    for child in group.children() {
        collect(child, seen, groups);
    }
    groups.insert(group.name(), group);
}

/// How texts that are no templates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unsafe {
    /// As what they are, so that who reads it makes no templates of them.
    Told,
    /// As other texts are.
    Plain,
}

struct Writer {
    text: String,
    depth: usize,
    manner: Unsafe,
}

impl Writer {
    fn new(manner: Unsafe) -> Self {
        Self {
            text: String::new(),
            depth: 0,
            manner,
        }
    }

    fn finish(mut self) -> String {
        self.text.push('\n');
        self.text
    }

    fn line(&mut self) {
        self.text.push('\n');
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
    }

    /// Items between brackets, each on its line.
    fn between<T>(
        &mut self,
        (open, close): (char, char),
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.text.push(open);
        self.depth += 1;
        let mut is_empty = true;
        for item in items {
            if !is_empty {
                self.text.push(',');
            }
            is_empty = false;
            self.line();
            each(self, item);
        }
        self.depth -= 1;
        if !is_empty {
            self.line();
        }
        self.text.push(close);
    }

    fn object<K: AsRef<str>>(
        &mut self,
        keys: impl IntoIterator<Item = K>,
        mut value: impl FnMut(&mut Self, K),
    ) {
        self.between(('{', '}'), keys, |writer, key| {
            writer.string(key.as_ref());
            writer.text.push_str(": ");
            value(writer, key);
        });
    }

    fn string(&mut self, text: &str) {
        quote(text, &mut self.text);
    }

    fn group(&mut self, (hosts, children): &Parts<'_>) {
        let mut keys = Vec::new();
        if !children.is_empty() {
            keys.push("children");
        }
        if !hosts.is_empty() {
            keys.push("hosts");
        }
        self.object(keys, |writer, key| {
            let names = if key == "hosts" { hosts } else { children };
            writer.between(('[', ']'), names, |writer, name| writer.string(name));
        });
    }

    fn meta(&mut self, tree: &Tree, shown: &BTreeSet<usize>) {
        let hosts: BTreeMap<&str, _> = tree
            .hosts()
            .filter(|host| shown.contains(&host.position()))
            .map(|host| (host.name(), host))
            .collect();
        self.object(["hostvars", "profile"], |writer, key| {
            if key == "profile" {
                return writer.string(PROFILE);
            }
            writer.hosts(hosts.values().copied());
        });
    }

    /// Hosts with their variables, those without any left out. What groups give is written once for hosts of the same groups,
    /// and then copied.
    fn hosts<'t>(&mut self, hosts: impl Iterator<Item = Member<'t>>) {
        let depth = self.depth + 2;
        let mut written: HashMap<&[usize], Rc<[Written<'t>]>> = HashMap::new();
        let with_vars = hosts.filter_map(|host| {
            let inherited = written
                .entry(host.kin())
                .or_insert_with(|| Self::ahead(&host.inherited(), depth));
            let own = host.own().into_iter();
            let own: Vec<_> = own.filter(|(name, _)| !is_internal(name)).collect();
            let has_vars = !own.is_empty() || !inherited.is_empty();
            has_vars.then(|| (host, own, Rc::clone(inherited)))
        });
        self.between(('{', '}'), with_vars, |writer, (host, own, inherited)| {
            writer.string(host.name());
            writer.text.push_str(": ");
            let parts = merged(&own, &inherited);
            writer.between(('{', '}'), parts, |writer, part| match part {
                Part::Own(name, value) => writer.variable(name, value),
                Part::Written(text) => writer.text.push_str(text),
            });
        });
    }

    /// Variables as they are written at this depth.
    fn ahead<'t>(vars: &BTreeMap<&'t str, &Node>, depth: usize) -> Rc<[Written<'t>]> {
        let mut writer = Self::new(Unsafe::Told);
        writer.depth = depth;
        let vars = vars.iter().filter(|(name, _)| !is_internal(name));
        vars.map(|(name, value)| {
            writer.variable(name, value);
            (*name, std::mem::take(&mut writer.text))
        })
        .collect()
    }

    fn variable(&mut self, name: &str, value: &Node) {
        self.string(name);
        self.text.push_str(": ");
        self.value(value, Place::Variable);
    }

    fn vars(&mut self, vars: &BTreeMap<&str, &Node>) {
        let vars = vars.iter().filter(|(name, _)| !is_internal(name));
        self.between(('{', '}'), vars, |writer, (name, value)| {
            writer.variable(name, value);
        });
    }

    fn value(&mut self, node: &Node, place: Place) {
        match &node.content {
            Content::Null => self.text.push_str("null"),
            Content::Bool(true) => self.text.push_str("true"),
            Content::Bool(false) => self.text.push_str("false"),
            Content::Int(number) => self.text.push_str(&number.to_string()),
            Content::Float(number) => self.text.push_str(&float(*number, &["NaN", "Infinity"])),
            Content::Text(text) => self.string(text),
            Content::Unsafe(text) if self.manner == Unsafe::Plain && place != Place::Vars => {
                self.string(text);
            }
            Content::Unsafe(text) => self.special("__ansible_unsafe", text),
            Content::Sealed(sealed) => self.special("__ansible_vault", &sealed.text),
            Content::Sequence(items) => {
                self.between(('[', ']'), items, |writer, item| {
                    writer.value(item, place.below(""));
                });
            }
            Content::Mapping(entries) => {
                let entries: BTreeMap<_, _> = entries
                    .iter()
                    .map(|(key, value)| (key_text(key), value))
                    .collect();
                self.between(('{', '}'), entries, |writer, (name, value)| {
                    writer.string(&name);
                    writer.text.push_str(": ");
                    writer.value(value, place.below(&name));
                });
            }
        }
    }

    fn special(&mut self, name: &str, text: &str) {
        self.object([name], |writer, _| writer.string(text));
    }
}

/// Where a value stands: Ansible takes whatever is below a second key `vars` for variables of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Variable,
    /// In the second level, under the key `vars`.
    SecondVars,
    /// Below that.
    Vars,
    Elsewhere,
}

impl Place {
    fn below(self, key: &str) -> Self {
        match self {
            Self::Variable if key == "vars" => Self::SecondVars,
            Self::Variable | Self::Elsewhere => Self::Elsewhere,
            Self::SecondVars | Self::Vars => Self::Vars,
        }
    }
}

/// The name of a variable, and the variable as it is written.
type Written<'t> = (&'t str, String);

/// One variable of a host.
enum Part<'v> {
    Own(&'v str, &'v Node),
    Written(&'v str),
}

/// Variables of a host in the order of their names, its own in place of those that it inherits.
fn merged<'v>(
    own: &'v [(&str, &Node)],
    inherited: &'v [Written<'_>],
) -> impl Iterator<Item = Part<'v>> {
    let mut own = own.iter().peekable();
    let mut inherited = inherited.iter().peekable();
    std::iter::from_fn(move || {
        let order = match (own.peek(), inherited.peek()) {
            (Some((own, _)), Some((inherited, _))) => own.cmp(inherited),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        if order == Ordering::Equal {
            inherited.next();
        }
        if order == Ordering::Greater {
            inherited.next().map(|(_, text)| Part::Written(text))
        } else {
            own.next().map(|(name, value)| Part::Own(name, value))
        }
    })
}

/// The names of the hosts of a group, and those of its children.
type Parts<'t> = (Vec<&'t str>, Vec<&'t str>);

/// The hosts to show of a group, and its children.
fn parts<'t>(group: Group<'t>, shown: &BTreeSet<usize>) -> Parts<'t> {
    let hosts = if group.name() == "all" {
        Vec::new()
    } else {
        group
            .hosts()
            .filter(|host| shown.contains(&host.position()))
            .map(|host| host.name())
            .collect()
    };
    (hosts, group.children().map(|child| child.name()).collect())
}

/// The text of a key.
pub(super) fn key_text(key: &Node) -> String {
    match &key.content {
        Content::Text(text) | Content::Unsafe(text) => text.clone(),
        Content::Null => "null".to_owned(),
        Content::Bool(truth) => truth.to_string(),
        Content::Int(number) => number.to_string(),
        Content::Float(number) => float(*number, &["NaN", "Infinity"]),
        Content::Sealed(_) | Content::Sequence(_) | Content::Mapping(_) => {
            key.span.text().to_owned()
        }
    }
}

/// A number as Python writes it; what is no number and what is beyond all numbers by these names.
pub(super) fn float(number: f64, names: &[&str; 2]) -> String {
    let [nan, infinity] = names;
    if number.is_nan() {
        return (*nan).to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}{infinity}");
    }
    let scientific = format!("{:e}", number.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = format!("{}", number.abs());
        let point = if plain.contains('.') { "" } else { ".0" };
        return format!("{sign}{plain}{point}");
    }
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{digits}e{direction}{:02}", exponent.abs())
}

/// Writes a text in quotes.
pub(super) fn quote(text: &str, into: &mut String) {
    into.push('"');
    let mut rest = text;
    // Each of these is one byte long, and so is no part of a longer letter.
    let is_special = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    while let Some(at) = rest.bytes().position(is_special) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        into.push_str(plain);
        let mut letters = special.chars();
        match letters.next() {
            Some('"') => into.push_str("\\\""),
            Some('\\') => into.push_str("\\\\"),
            Some('\n') => into.push_str("\\n"),
            Some('\r') => into.push_str("\\r"),
            Some('\t') => into.push_str("\\t"),
            Some('\u{8}') => into.push_str("\\b"),
            Some('\u{c}') => into.push_str("\\f"),
            Some(other) => {
                let _always = write!(into, "\\u{:04x}", u32::from(other));
            }
            None => {}
        }
        rest = letters.as_str();
    }
    into.push_str(rest);
    into.push('"');
}

/// Names that Ansible gives to values of its own; set in an inventory they are not shown.
const INTERNAL: [&str; 33] = [
    "ansible_async_path",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
    "role_path",
    "role_uuid",
];

/// Whether a name is one of them.
pub(super) fn is_internal(name: &str) -> bool {
    // Most names begin with other letters, and this is asked for every variable of every host.
    let may_be = name.starts_with(['a', 'g', 'h', 'i', 'p']) || name.starts_with("role");
    may_be && INTERNAL.binary_search(&name).is_ok()
}
