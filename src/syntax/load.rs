//! Builds the [`Node`] tree from the parser's events: positions, anchors, merge keys, bounds.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use saphyr_parser::Event;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::StrInput;
use saphyr_parser::Tag;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::diag::Span;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::keys::Admitted;
use crate::syntax::keys::Keys;
use crate::syntax::keys::Twice;
use crate::syntax::keys::identity;
use crate::syntax::place::Places;
use crate::syntax::place::bare;
use crate::syntax::tag;
use crate::syntax::tag::Trust;

/// How deep collections may nest.
const DEPTH: usize = 100;
/// How many nodes aliases may add to a text; a few lines of aliases to aliases could fill the memory.
const ALIASED_NODES: usize = 1_000_000;
/// How many bytes of a text count as another node.
const NODE_BYTES: usize = 64;

/// Reads one document; beside it stand warnings.
pub(super) fn load(
    source: &Arc<Source>,
    twice: Twice,
) -> Result<(Node, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut loader = Loader {
        twice,
        parser: Parser::new_from_str(&source.text),
        places: Places::of(source),
        anchors: HashMap::new(),
        aliased: 0,
        trust: Trust::Templates,
        diagnostics: Vec::new(),
    };
    match loader.document() {
        Ok(node) if loader.has_no_errors() => Ok((node, loader.diagnostics)),
        Ok(_) => Err(loader.diagnostics),
        Err(last) => {
            loader.diagnostics.push(*last);
            Err(loader.diagnostics)
        }
    }
}

/// A mistake that ends the reading; boxed, because it travels through every level.
type Ended<T> = Result<T, Box<Diagnostic>>;

/// What was seen of an anchored node.
#[derive(Clone)]
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

struct Loader<'a> {
    twice: Twice,
    parser: Parser<'a, StrInput<'a>>,
    places: Places,
    anchors: HashMap<usize, Anchored>,
    aliased: usize,
    trust: Trust,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Loader<'a> {
    fn has_no_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .all(|mistake| mistake.severity == Severity::Warning)
    }

    fn next(&mut self) -> Ended<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.places.span(&span))),
            Some(Err(error)) => Err(Box::new(self.places.unreadable(&error))),
            None => Ok((Event::StreamEnd, self.places.at_end())),
        }
    }

    fn document(&mut self) -> Ended<Node> {
        let mut document = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if document.is_some() => {
                    return Err(Box::new(
                        Diagnostic::error(
                            "several-documents",
                            "a second YAML document begins here",
                        )
                        .at(&span)
                        .label("only the first would be used")
                        .help("remove the `---`, or move what follows to a file of its own"),
                    ));
                }
                Event::DocumentStart(_) => {
                    let first = self.next()?;
                    document = Some(self.node(first, 0)?.node);
                }
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentEnd
                | Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => {}
            }
        }
        Ok(document.unwrap_or_else(|| Node {
            span: self.places.at_end(),
            content: Content::Null,
        }))
    }

    fn node(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Ended<Anchored> {
        if depth > DEPTH {
            return Err(Box::new(too_deep(&span)));
        }
        let (anchor, seen) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                // A long text is as much to copy as many short ones.
                let nodes = 1 + text.len() / NODE_BYTES;
                let content = self.scalar(&text, style, tag.as_deref(), &span);
                let span = bare(span, style);
                let node = Node { span, content };
                (
                    anchor,
                    Anchored {
                        node,
                        nodes,
                        depth: 0,
                    },
                )
            }
            Event::SequenceStart(anchor, tag) => {
                let read = |loader: &mut Self, span| loader.sequence(span, depth);
                (anchor, self.tagged(tag.as_deref(), span, read)?)
            }
            Event::MappingStart(anchor, tag) => {
                let read = |loader: &mut Self, span| loader.mapping(span, depth);
                (anchor, self.tagged(tag.as_deref(), span, read)?)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(Box::new(
                    Diagnostic::error("yaml-syntax", "a value is missing here").at(&span),
                ));
            }
        };
        if anchor != 0 {
            self.spend(seen.nodes, &seen.node.span)?;
            self.anchors.insert(anchor, seen.clone());
        }
        Ok(seen)
    }

    fn alias(&mut self, anchor: usize, span: &Span, depth: usize) -> Ended<Anchored> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(Box::new(
                Diagnostic::error(
                    "alias-cycle",
                    "the alias stands inside of what it points to",
                )
                .at(span)
                .label("would never end"),
            ));
        };
        if depth + anchored.depth > DEPTH {
            return Err(Box::new(too_deep(span)));
        }
        let nodes = anchored.nodes;
        let mut seen = anchored.clone();
        self.spend(nodes, span)?;
        // Mistakes are to be shown where the value is used. Parts keep the place where they are written, and so do bare
        // words, whose spelling is read from there.
        if matches!(
            seen.node.content,
            Content::Text(_)
                | Content::Unsafe(_)
                | Content::Sealed(_)
                | Content::Sequence(_)
                | Content::Mapping(_)
        ) {
            seen.node.span = span.clone();
        }
        Ok(seen)
    }

    fn spend(&mut self, nodes: usize, span: &Span) -> Ended<()> {
        self.aliased = self.aliased.saturating_add(nodes);
        if self.aliased <= ALIASED_NODES {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error(
                "too-many-aliases",
                format!("aliases repeat more than {ALIASED_NODES} values"),
            )
            .at(span)
            .label("the limit is passed here"),
        ))
    }

    fn sequence(&mut self, start: Span, depth: usize) -> Ended<Anchored> {
        let mut items: Vec<Node> = Vec::new();
        let (mut nodes, mut below) = (1, 0);
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let end = close(&start, &span, items.last());
                let node = Node {
                    span: Span { end, ..start },
                    content: Content::Sequence(items),
                };
                return Ok(Anchored {
                    node,
                    nodes,
                    depth: below,
                });
            }
            let item = self.node((event, span), depth + 1)?;
            nodes += item.nodes;
            below = below.max(item.depth + 1);
            items.push(item.node);
        }
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Ended<Anchored> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut merges: Vec<Node> = Vec::new();
        let mut keys = Keys::default();
        let (mut nodes, mut below) = (1, 0);
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                let last = entries.iter().map(|(_, value)| value).chain(&merges);
                let end = close(&start, &span, last.max_by_key(|node| node.span.end));
                let entries = self.merge(merges, entries, &keys);
                let node = Node {
                    span: Span { end, ..start },
                    content: Content::Mapping(entries),
                };
                return Ok(Anchored {
                    node,
                    nodes,
                    depth: below,
                });
            }
            let is_merge = is_merge_key(&event);
            let key = self.node((event, span), depth + 1)?;
            let value_event = self.next()?;
            let value = self.node(value_event, depth + 1)?;
            nodes += key.nodes + value.nodes;
            below = below.max(key.depth + 1).max(value.depth + 1);
            let position = if is_merge { usize::MAX } else { entries.len() };
            let (admitted, mistake) = keys.admit(&key.node, position, self.twice);
            self.diagnostics.extend(mistake);
            match admitted {
                Admitted::New | Admitted::Again(_) if is_merge => merges.push(value.node),
                Admitted::New => entries.push((key.node, value.node)),
                Admitted::Again(position) => {
                    if let Some((_, earlier)) = entries.get_mut(position) {
                        *earlier = value.node;
                    }
                }
                Admitted::No => {}
            }
        }
    }

    /// Adds what `<<` names; keys of the mapping itself win, then earlier merged ones.
    fn merge(
        &mut self,
        merges: Vec<Node>,
        entries: Vec<(Node, Node)>,
        keys: &Keys,
    ) -> Vec<(Node, Node)> {
        if merges.is_empty() {
            return entries;
        }
        let mut seen: HashSet<String> = keys.identities().collect();
        let mut all = Vec::new();
        for value in merges.into_iter().flat_map(one_or_many) {
            let Content::Mapping(pairs) = value.content else {
                self.diagnostics.push(
                    Diagnostic::error("bad-merge", "`<<` merges mappings only")
                        .at(&value.span)
                        .label(format!("this is {}", value.describe())),
                );
                continue;
            };
            all.extend(
                pairs
                    .into_iter()
                    .filter(|(key, _)| identity(key).is_some_and(|name| seen.insert(name))),
            );
        }
        all.extend(entries);
        all
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Content {
        let content = self
            .noted(tag::scalar(text, style, tag, span))
            .unwrap_or(Content::Null);
        match self.trust {
            Trust::Templates => content,
            Trust::Unsafe => tag::not_template(content),
        }
    }

    /// Reads a collection under what its tag says, and goes back to what was said above it.
    fn tagged(
        &mut self,
        tag: Option<&Tag>,
        span: Span,
        read: impl FnOnce(&mut Self, Span) -> Ended<Anchored>,
    ) -> Ended<Anchored> {
        let outer = self.trust;
        if self.noted(tag::collection(tag, &span)) == Some(Trust::Unsafe) {
            self.trust = Trust::Unsafe;
        }
        let seen = read(self, span);
        self.trust = outer;
        seen
    }

    fn noted<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result
            .map_err(|mistake| self.diagnostics.push(mistake))
            .ok()
    }
}

/// The end of a collection: its bracket, or in block style its last child, because the parser's own mark stands at the
/// next token.
fn close(start: &Span, end: &Span, last: Option<&Node>) -> usize {
    if end.end > end.start {
        end.end
    } else {
        last.map_or(start.end, |node| node.span.end)
            .max(start.start)
    }
}

fn one_or_many(node: Node) -> Vec<Node> {
    match node.content {
        Content::Sequence(items) => items,
        content => vec![Node { content, ..node }],
    }
}

fn is_merge_key(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<")
}

fn too_deep(span: &Span) -> Diagnostic {
    Diagnostic::error(
        "too-deep",
        format!("more than {DEPTH} levels of lists and mappings"),
    )
    .at(span)
    .label("the limit is passed here")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use super::load;
    use crate::diag::Diagnostic;
    use crate::diag::Source;
    use crate::syntax::Content;
    use crate::syntax::Node;

    fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
        let source = Arc::new(Source {
            name: "test.yml".into(),
            text: text.into(),
            secret: false,
        });
        load(&source, super::Twice::Refused).map(|(node, _)| node)
    }

    /// The ids of the mistakes with the text that each stands at.
    fn mistakes(text: &str) -> Vec<(&'static str, String)> {
        let found = read(text).expect_err("the text has mistakes");
        found
            .into_iter()
            .map(|mistake| {
                let place = mistake.span.expect("it has a place");
                (mistake.id, place.text().to_owned())
            })
            .collect()
    }

    #[test]
    fn block_texts_keep_their_lines() {
        let node = read("a: |\n  one\n  two\nb: >-\n  one\n  two\n").unwrap();
        assert_eq!(node.get("a").unwrap().as_text(), Some("one\ntwo\n"));
        assert_eq!(node.get("b").unwrap().as_text(), Some("one two"));
    }

    #[test]
    fn a_key_that_stands_twice_is_told_with_the_first_line() {
        let found = read("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(found[0].id, "duplicate-key");
        assert_eq!(found[0].label.as_deref(), Some("first on line 1"));
        assert_eq!(found[0].span.as_ref().unwrap().line_and_column(), (3, 1));
    }

    #[test]
    fn an_alias_stands_for_its_anchor() {
        let node = read("a: &x [1, 2]\nb: *x\n").unwrap();
        let (a, b) = (node.get("a").unwrap(), node.get("b").unwrap());
        assert_eq!(a.content, b.content);
        assert_eq!(b.span.text(), "*x");
    }

    #[test]
    fn merged_keys_come_first_and_lose() {
        let node =
            read("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nown:\n  <<: [*b, *m]\n  x: 9\n")
                .unwrap();
        let own: Vec<(String, Content)> = node
            .get("own")
            .unwrap()
            .entries()
            .iter()
            .map(|(key, value)| (key.span.text().to_owned(), value.content.clone()))
            .collect();
        assert_eq!(
            own,
            [
                ("y".to_owned(), Content::Int(2)),
                ("z".to_owned(), Content::Int(4)),
                ("x".to_owned(), Content::Int(9)),
            ]
        );
    }

    #[test]
    fn aliases_to_aliases_are_bounded() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = level - 1;
            let uses = vec![format!("*a{below}"); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{uses}]").unwrap();
        }
        assert_eq!(mistakes(&text)[0].0, "too-many-aliases");
    }

    #[test]
    fn aliases_to_a_long_text_are_bounded() {
        let mut text = format!("a: &a {}\n", "x".repeat(200_000));
        for use_of in 0..400 {
            writeln!(text, "u{use_of}: *a").unwrap();
        }
        assert_eq!(mistakes(&text)[0].0, "too-many-aliases");
    }

    #[test]
    fn an_alias_inside_of_its_anchor_is_refused() {
        assert_eq!(mistakes("a: &a [*a]\n")[0].0, "alias-cycle");
    }

    #[test]
    fn depth_is_bounded() {
        let blocks = (0..5000)
            .map(|level| format!("{}a:\n", " ".repeat(level)))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(mistakes(&blocks)[0].0, "too-deep");
        assert_eq!(mistakes(&"[".repeat(120))[0].0, "too-deep");
    }

    #[test]
    fn mistakes_of_the_text_have_a_place() {
        assert_eq!(
            mistakes("a:\n\t- b\n"),
            [("tab-indentation", "\t".to_owned())]
        );
        assert_eq!(
            mistakes("a: 1\n---\nb: 2\n"),
            [("several-documents", "---".to_owned())]
        );
        assert_eq!(
            mistakes("a: !vault |\n  33\n"),
            [("vault-value", "!vault |".to_owned())]
        );
        assert_eq!(
            mistakes("a: !thing x\n")[0],
            ("unknown-tag", "!thing x".to_owned())
        );
        assert_eq!(mistakes("a: {{ port }}\n")[0].0, "complex-key");
        assert_eq!(mistakes("a: 'open\n")[0].0, "yaml-syntax");
        assert_eq!(mistakes("a: !!int x\n")[0].0, "wrong-tag");
    }

    #[test]
    fn tags_of_the_core_override_the_spelling() {
        let node = read("a: !!str 5\nb: !!int \"5\"\nc: ! 5\n").unwrap();
        assert_eq!(node.get("a").unwrap().content, Content::Text("5".into()));
        assert_eq!(node.get("b").unwrap().content, Content::Int(5));
        assert_eq!(node.get("c").unwrap().content, Content::Text("5".into()));
    }

    #[test]
    fn an_empty_text_is_null() {
        assert_eq!(read("").unwrap().content, Content::Null);
        assert_eq!(read("# nothing\n").unwrap().content, Content::Null);
        assert_eq!(read("---\n").unwrap().content, Content::Null);
    }
}
