//! Values of properties and parameters, read and written (wsman-wire 5).

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::cim::schema::CimType;
use crate::cim::schema::Scalar;
use crate::cim::schema::Types;
use crate::wsman::DecodeError;
use crate::wsman::duration;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::uri;
use crate::wsman::writer::Writer;

/// More properties than any class has.
const MAX_PROPERTIES: usize = 1024;

/// Values by name in the order of the wire, repeated elements gathered in lists.
#[derive(Debug)]
pub(super) struct Fields {
    types: Types,
    values: Vec<(String, Value)>,
}

impl Fields {
    /// None yet; types are those of a class, or of a method as `Class.Method`.
    pub(super) fn of(class: &str) -> Self {
        Self {
            types: Types::of(class),
            values: Vec::new(),
        }
    }

    /// The elements within the current one, which is left.
    pub(super) fn read(class: &str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut fields = Self::of(class);
        while let Some(node) = reader.whole_child()? {
            fields.add(node)?;
        }
        Ok(fields)
    }

    /// The elements within a node.
    pub(super) fn take(class: &str, children: Vec<Node>) -> Result<Self, DecodeError> {
        let mut fields = Self::of(class);
        for node in children {
            fields.add(node)?;
        }
        Ok(fields)
    }

    /// In the order of the wire.
    pub(super) fn into_values(self) -> Vec<(String, Value)> {
        self.values
    }

    /// As an object.
    pub(super) fn into_instance(self, namespace: Namespace, class: String) -> Instance {
        Instance {
            class,
            namespace,
            properties: self.values.into_iter().collect(),
        }
    }

    fn add(&mut self, mut node: Node) -> Result<(), DecodeError> {
        let name = std::mem::take(&mut node.name);
        let kind = self.types.get(&name);
        let value = value(node, &name, kind)?;
        // Repeated elements stand side by side as a rule.
        if let Some((_, known)) = self
            .values
            .iter_mut()
            .rev()
            .find(|(known, _)| *known == name)
        {
            gather(known, value);
            return Ok(());
        }
        if self.values.len() >= MAX_PROPERTIES {
            return Err(DecodeError::TooLarge {
                limit: "a count of 1024 properties",
            });
        }
        let value = match (kind, value) {
            (Some(CimType::Many(_)), value) if value != Value::Null => Value::List(vec![value]),
            (_, value) => value,
        };
        self.values.push((name, value));
        Ok(())
    }
}

/// Adds a repetition to what the element held before. Arrays have no null members.
fn gather(known: &mut Value, more: Value) {
    if more == Value::Null {
        return;
    }
    match std::mem::replace(known, Value::Null) {
        Value::Null => *known = Value::List(vec![more]),
        Value::List(mut items) => {
            items.push(more);
            *known = Value::List(items);
        }
        first => *known = Value::List(vec![first, more]),
    }
}

fn value(node: Node, name: &str, kind: Option<CimType>) -> Result<Value, DecodeError> {
    if node.flag(&Ns::Xsi, "nil") {
        return Ok(Value::Null);
    }
    if node.children.is_empty()
        && node
            .kind
            .as_ref()
            .is_none_or(|kind| class_of(kind).is_none())
    {
        return Ok(scalar(node.text, kind));
    }
    if let [only] = node.children.as_slice()
        && let Some(value) = moment(only)
    {
        return Ok(value);
    }
    if let Some(path) = uri::reference(&node) {
        return Ok(Value::Reference(Box::new(path)));
    }
    object(node, name).map(|instance| Value::Object(Box::new(instance)))
}

/// A date or an interval is an element of its own within the property, in fragments without a namespace.
fn moment(node: &Node) -> Option<Value> {
    if !matches!(node.ns, Ns::Cim | Ns::Absent) {
        return None;
    }
    let text = node.trimmed();
    let value = match node.name.as_str() {
        "Datetime" => date_time(text),
        "Interval" => duration::parse(text).map(Value::Interval),
        "Date" | "Time" | "CIM_DateTime" => None,
        _ => return None,
    };
    Some(value.unwrap_or_else(|| Value::text(text)))
}

fn date_time(text: &str) -> Option<Value> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(Value::DateTime(moment));
    }
    // The offset is optional in XML Schema; hosts without one mean UTC.
    let local = text.parse::<civil::DateTime>().ok()?;
    let zoned = local.to_zoned(TimeZone::UTC).ok()?;
    Some(Value::DateTime(zoned.timestamp()))
}

fn scalar(text: String, kind: Option<CimType>) -> Value {
    let (CimType::One(scalar) | CimType::Many(scalar)) = kind.unwrap_or(CimType::One(Scalar::Text));
    let trimmed = text.trim();
    let typed = match scalar {
        Scalar::Bool => truth(trimmed),
        Scalar::Uint => unsigned(trimmed).or_else(|| signed(trimmed)),
        Scalar::Sint => signed(trimmed).or_else(|| unsigned(trimmed)),
        Scalar::Real => trimmed.parse().ok().map(Value::Real),
        Scalar::DateTime => date_time(trimmed),
        Scalar::Interval => duration::parse(trimmed).map(Value::Interval),
        Scalar::Text => None,
    };
    // What does not fit its type is kept as it came: the caller's message can then show it.
    typed.unwrap_or(Value::Text(text))
}

fn truth(text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("true") || text == "1" {
        Some(Value::Bool(true))
    } else if text.eq_ignore_ascii_case("false") || text == "0" {
        Some(Value::Bool(false))
    } else {
        None
    }
}

fn unsigned(text: &str) -> Option<Value> {
    text.parse().ok().map(Value::Uint)
}

fn signed(text: &str) -> Option<Value> {
    text.parse().ok().map(Value::Sint)
}

/// The class that an `xsi:type` names: `Class_Type` in the namespace of a class.
fn class_of(kind: &(Ns, String)) -> Option<(&Ns, &str)> {
    let (ns, name) = kind;
    if !matches!(ns, Ns::Other(_)) {
        return None;
    }
    Some((ns, name.strip_suffix("_Type")?))
}

/// An element that holds properties: its class is told by `xsi:type`, or by the one element within that is itself a
/// class, or it is the element itself, as in the service's configuration.
pub(super) fn object(node: Node, name: &str) -> Result<Instance, DecodeError> {
    if let Some((ns, class)) = node.kind.as_ref().and_then(class_of) {
        let namespace = uri::namespace_of(ns);
        let class = class.to_owned();
        let fields = Fields::take(&class, node.children)?;
        return Ok(fields.into_instance(namespace, class));
    }
    let nested = match <[Node; 1]>::try_from(node.children) {
        Ok([mut only]) if is_class(&only) => {
            let class = std::mem::take(&mut only.name);
            return object(only, &class);
        }
        Ok([only]) => vec![only],
        Err(children) => children,
    };
    let fields = Fields::take(name, nested)?;
    Ok(fields.into_instance(uri::namespace_of(&node.ns), name.to_owned()))
}

/// A class element is in the namespace that ends with its own name.
fn is_class(node: &Node) -> bool {
    let last = node.ns.uri().rsplit('/').next();
    last.is_some_and(|last| last.eq_ignore_ascii_case(&node.name)) && !node.children.is_empty()
}

/// How the properties of an object are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// With the prefix `p` for the class.
    Class,
    /// Without namespaces, as in `w:XmlFragment`.
    Fragment,
    /// With the prefix `e`, within another object.
    Embedded,
    /// With the prefix `cfg`, nested elements being sections.
    Config,
}

impl Style {
    fn prefix(self) -> &'static str {
        match self {
            Self::Class => "p",
            Self::Fragment => "",
            Self::Embedded => "e",
            Self::Config => "cfg",
        }
    }

    fn cim_prefix(self) -> &'static str {
        match self {
            Self::Class | Self::Embedded | Self::Config => "cim",
            Self::Fragment => "",
        }
    }
}

/// Whether a value needs the prefixes `xsi` and `cim`.
pub(super) fn is_plain(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Uint(_) | Value::Sint(_) | Value::Real(_) | Value::Text(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(is_plain),
        Value::Null
        | Value::DateTime(_)
        | Value::Interval(_)
        | Value::Reference(_)
        | Value::Object(_) => false,
    }
}

/// Writes a property or parameter, for a place where the prefixes of the style, `xsi`, `a` and `w` are declared.
pub(super) fn write(writer: &mut Writer, style: Style, name: &str, value: &Value) {
    let prefix = style.prefix();
    match value {
        Value::Null => writer.empty(prefix, name, &[("xsi:nil", "true")]),
        Value::Bool(truth) => writer.leaf(prefix, name, if *truth { "true" } else { "false" }),
        Value::Uint(number) => writer.leaf(prefix, name, &number.to_string()),
        Value::Sint(number) => writer.leaf(prefix, name, &number.to_string()),
        Value::Real(number) => writer.leaf(prefix, name, &number.to_string()),
        Value::Text(text) => writer.leaf(prefix, name, text),
        Value::DateTime(moment) => {
            write_moment(writer, style, name, ("Datetime", &moment.to_string()));
        }
        Value::Interval(length) => {
            let text = duration::interval(*length);
            write_moment(writer, style, name, ("Interval", &text));
        }
        Value::List(items) => {
            let mut present = items.iter().filter(|item| **item != Value::Null).peekable();
            if present.peek().is_none() {
                write(writer, style, name, &Value::Null);
            }
            for item in present {
                write(writer, style, name, item);
            }
        }
        Value::Reference(path) => write_pointer(writer, style, name, path),
        Value::Object(instance) => write_object(writer, style, name, instance),
    }
}

fn write_moment(writer: &mut Writer, style: Style, name: &str, (element, text): (&str, &str)) {
    writer.open(style.prefix(), name, &[]);
    writer.leaf(style.cim_prefix(), element, text);
    writer.close(style.prefix(), name);
}

fn write_pointer(writer: &mut Writer, style: Style, name: &str, path: &ObjectPath) {
    writer.open(style.prefix(), name, &[]);
    uri::write_reference(writer, path);
    writer.close(style.prefix(), name);
}

/// Assumption: Windows writes an embedded object as the property element itself with `xsi:type`, its properties in the
/// namespace of their own class. No recording has one; a nested class element is read as well.
fn write_object(writer: &mut Writer, style: Style, name: &str, instance: &Instance) {
    if style == Style::Config {
        writer.open("cfg", name, &[]);
        write_sorted(writer, style, instance);
        writer.close("cfg", name);
        return;
    }
    let uri = uri::of_class(&instance.namespace, &instance.class);
    let kind = ["e:", &instance.class, "_Type"].concat();
    let attributes = [("xmlns:e", uri.as_str()), ("xsi:type", kind.as_str())];
    writer.open(style.prefix(), name, &attributes);
    write_sorted(writer, Style::Embedded, instance);
    writer.close(style.prefix(), name);
}

/// Writes all properties sorted without regard to letter case, as Windows does.
pub(super) fn write_sorted(writer: &mut Writer, style: Style, instance: &Instance) {
    for (name, value) in sorted(instance) {
        write(writer, style, name, value);
    }
}

fn sorted(instance: &Instance) -> Vec<(&String, &Value)> {
    let mut properties: Vec<_> = instance.properties.iter().collect();
    properties.sort_by_cached_key(|(name, _)| name.to_ascii_lowercase());
    properties
}
