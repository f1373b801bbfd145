//! Reads XML in one pass: a cursor over elements, of which small ones can be taken as a [`Node`].
//!
//! Knows namespaces and limits; must not know what the elements mean.

use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;
use quick_xml::name::QName;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::wsman::DecodeError;
use crate::wsman::name::Ns;

/// More than the largest envelope that this program asks for (500 KB) by far.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 200_000;
const MAX_ATTRIBUTES: usize = 64;
const MAX_REASON: usize = 200;

/// An element, first as its start tag only, with its content after [`Reader::content`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Namespace of the name.
    pub(super) ns: Ns,
    /// Local name.
    pub(super) name: String,
    /// Attributes but for namespace declarations and `xsi:type`.
    pub(super) attributes: Vec<Attribute>,
    /// `xsi:type`, with its prefix resolved.
    pub(super) kind: Option<(Ns, String)>,
    /// All text directly within, not trimmed.
    pub(super) text: String,
    /// The elements directly within.
    pub(super) children: Vec<Node>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attribute {
    ns: Ns,
    name: String,
    value: String,
}

impl Node {
    /// Whether this is that element.
    pub(super) fn is(&self, ns: &Ns, name: &str) -> bool {
        self.name == name && self.ns == *ns
    }

    /// The first element of that name within.
    pub(super) fn child(&self, ns: &Ns, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(ns, name))
    }

    /// The text without the white space around it.
    pub(super) fn trimmed(&self) -> &str {
        self.text.trim()
    }

    /// The text of the first element of that name within, trimmed.
    pub(super) fn child_text(&self, ns: &Ns, name: &str) -> Option<&str> {
        self.child(ns, name).map(Self::trimmed)
    }

    /// An attribute's value.
    pub(super) fn attribute(&self, ns: &Ns, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name && attribute.ns == *ns)
            .map(|attribute| attribute.value.as_str())
    }

    /// Whether an attribute says `true` or `1`.
    pub(super) fn flag(&self, ns: &Ns, name: &str) -> bool {
        self.attribute(ns, name)
            .is_some_and(|value| matches!(value.trim(), "true" | "1"))
    }
}

/// A cursor over a document.
pub(super) struct Reader<'i> {
    inner: NsReader<&'i [u8]>,
    depth: usize,
    elements: usize,
    last: Rc<str>,
}

impl<'i> Reader<'i> {
    /// Before the root element.
    pub(super) fn new(text: &'i str) -> Result<Self, DecodeError> {
        if text.len() > MAX_BYTES {
            return Err(DecodeError::TooLarge {
                limit: "a size of 4 MiB",
            });
        }
        let mut inner = NsReader::from_str(text);
        inner.config_mut().expand_empty_elements = true;
        Ok(Self {
            inner,
            depth: 0,
            elements: 0,
            last: Rc::from(""),
        })
    }

    /// The next element within the current one (or the root); `None` when the current one ends, which leaves it.
    pub(super) fn child(&mut self) -> Result<Option<Node>, DecodeError> {
        loop {
            match self.event()? {
                Event::Start(start) => return self.open(&start).map(Some),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(None);
                }
                Event::Eof if self.depth == 0 => return Ok(None),
                Event::Eof => return Err(self.ends_early()),
                Event::DocType(_) => return Err(self.broken("a document type is not accepted")),
                _ => {}
            }
        }
    }

    /// Fills an element that was just opened and leaves it.
    pub(super) fn content(&mut self, mut node: Node) -> Result<Node, DecodeError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let child = self.open(&start)?;
                    let child = self.content(child)?;
                    node.children.push(child);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(node);
                }
                Event::Text(text) => node.text.push_str(&text.xml10_content()),
                Event::CData(text) => node.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) => {
                    let character = self.character(&name)?;
                    node.text.push(character);
                }
                Event::Eof => return Err(self.ends_early()),
                _ => {}
            }
        }
    }

    /// The next element within the current one with its content.
    pub(super) fn whole_child(&mut self) -> Result<Option<Node>, DecodeError> {
        match self.child()? {
            Some(node) => self.content(node).map(Some),
            None => Ok(None),
        }
    }

    /// Reads to the end of the document, which must come after the root element only.
    pub(super) fn finish(&mut self) -> Result<(), DecodeError> {
        while self.depth > 0 {
            self.whole_child()?;
        }
        match self.child()? {
            Some(_) => Err(self.broken("more than one root element")),
            None => Ok(()),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Node, DecodeError> {
        self.depth = self.depth.saturating_add(1);
        self.elements = self.elements.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(DecodeError::TooLarge {
                limit: "a depth of 64 elements",
            });
        }
        if self.elements > MAX_ELEMENTS {
            return Err(DecodeError::TooLarge {
                limit: "a count of 200000 elements",
            });
        }
        let ns = self.namespace(start.name(), Defaults::Apply)?;
        let mut node = Node {
            ns,
            name: start.local_name().into_inner().to_owned(),
            attributes: Vec::new(),
            kind: None,
            text: String::new(),
            children: Vec::new(),
        };
        self.attributes(start, &mut node)?;
        Ok(node)
    }

    fn attributes(&mut self, start: &BytesStart<'_>, node: &mut Node) -> Result<(), DecodeError> {
        for (count, attribute) in start.attributes().enumerate() {
            let attribute = attribute.map_err(|error| self.broken(&error.to_string()))?;
            if count >= MAX_ATTRIBUTES {
                return Err(DecodeError::TooLarge {
                    limit: "a count of 64 attributes",
                });
            }
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let ns = self.namespace(attribute.key, Defaults::Ignore)?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| self.broken(&error.to_string()))?;
            let name = attribute.key.local_name().into_inner();
            if ns == Ns::Xsi && name == "type" {
                let kind = QName(value.trim());
                let local = kind.local_name().into_inner().to_owned();
                // Types that nobody reads are not always in a declared namespace.
                let kind_ns = self.namespace(kind, Defaults::Apply).ok();
                node.kind = kind_ns.map(|ns| (ns, local));
                continue;
            }
            node.attributes.push(Attribute {
                ns,
                name: name.to_owned(),
                value: value.into_owned(),
            });
        }
        Ok(())
    }

    fn namespace(&mut self, name: QName<'_>, defaults: Defaults) -> Result<Ns, DecodeError> {
        let prefixes = self.inner.resolver();
        let resolved = match defaults {
            Defaults::Apply => prefixes.resolve_element(name).0,
            Defaults::Ignore => prefixes.resolve_attribute(name).0,
        };
        let uri = match resolved {
            ResolveResult::Unbound => return Ok(Ns::Absent),
            ResolveResult::Unknown(prefix) => {
                let reason = format!("the prefix `{prefix}` is not declared");
                return Err(self.broken(&reason));
            }
            ResolveResult::Bound(uri) => uri.into_inner(),
        };
        // They are kept as they are written.
        let unescaped = unescape(uri).map_err(|error| self.broken(&error.to_string()))?;
        let uri = &*unescaped;
        // Most elements of an answer share the namespace of their class.
        if uri == &*self.last && !uri.is_empty() {
            return Ok(Ns::Other(Rc::clone(&self.last)));
        }
        if let Some(known) = Ns::known(uri) {
            return Ok(known);
        }
        let uri: Rc<str> = Rc::from(uri);
        self.last = Rc::clone(&uri);
        Ok(Ns::Other(uri))
    }

    fn event(&mut self) -> Result<Event<'i>, DecodeError> {
        let event = self.inner.read_event();
        event.map_err(|error| self.broken(&error.to_string()))
    }

    fn character(&self, name: &quick_xml::events::BytesRef<'_>) -> Result<char, DecodeError> {
        let numbered = name
            .resolve_char_ref()
            .map_err(|error| self.broken(&error.to_string()))?;
        let named = match &**name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        numbered
            .or(named)
            .ok_or_else(|| self.broken("an entity that is not one of the five"))
    }

    fn ends_early(&self) -> DecodeError {
        self.broken("the text ends within an element")
    }

    fn broken(&self, reason: &str) -> DecodeError {
        DecodeError::NotXml {
            offset: self.inner.buffer_position(),
            reason: cut(reason),
        }
    }
}

/// Whether a name without prefix is in the default namespace: elements are, attributes are not.
#[derive(Debug, Clone, Copy)]
enum Defaults {
    Apply,
    Ignore,
}

/// Text of a peer, cut to a sensible length for a message.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_REASON).collect()
}
