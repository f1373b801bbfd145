//! Scenario files: a fleet in a few lines of YAML, host by host. Knows the text; who reads the file is another matter.
//!
//! `hosts` maps names to a `scenario` (one of [`Kind`]), a `count`, `mishaps`, `rdp_mishaps` and `reboot`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::diag::alternatives;
use crate::lab::machine::power::RebootCourse;
use crate::lab::mishap::Extent;
use crate::lab::mishap::Mishap;
use crate::lab::mishap::RdpMishap;
use crate::lab::mishap::Trouble;
use crate::lab::scenario::HostPlan;
use crate::lab::scenario::Kind;
use crate::lab::scenario::Scenario;
use crate::lab::scenario::numbered;
use crate::syntax;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;

mod rdp;

pub(crate) use crate::lab::scenario::file::rdp::RDP_MISHAP;

/// Each host takes two of the 65535 ports.
const MOST_HOSTS: usize = 30_000;

const ABOUT: &str = "the hosts that the file describes";

pub(crate) const FILE: &[Property] = &[Property {
    name: "hosts",
    shape: Shape::Any,
    required: true,
    about: "the hosts by name",
}];

pub(crate) const HOST: &[Property] = &[
    Property {
        name: "scenario",
        shape: Shape::Text,
        required: true,
        about: "what is the matter with the host, as `rdpfix lab list` names it",
    },
    Property {
        name: "count",
        shape: Shape::Integer {
            min: 1,
            max: 30_000,
        },
        required: false,
        about: "so many hosts alike, named `NAME-0001` and so on",
    },
    Property {
        name: "mishaps",
        shape: Shape::Any,
        required: false,
        about: "what goes wrong on the way to it",
    },
    Property {
        name: "rdp_mishaps",
        shape: Shape::Any,
        required: false,
        about: "what goes wrong on the way to its Remote Desktop port",
    },
    Property {
        name: "reboot",
        shape: Shape::Word(RebootCourse::WORDS),
        required: false,
        about: "what it makes of the order to reboot; without it, it obeys",
    },
];

pub(crate) const MISHAP: &[Property] = &[
    Property {
        name: "trouble",
        shape: Shape::Word(&[
            "refused",
            "hung",
            "reset",
            "slow",
            "denied",
            "torn_answer",
            "quota",
        ]),
        required: true,
        about: "what goes wrong",
    },
    Property {
        name: "milliseconds",
        shape: Shape::Integer {
            min: 1,
            max: 3_600_000,
        },
        required: false,
        about: "how late the answers of a slow host are",
    },
    Property {
        name: "first",
        shape: Shape::Integer {
            min: 1,
            max: 4_294_967_295,
        },
        required: false,
        about: "for so many requests (connections, for `refused`); without it, for good",
    },
];

/// Reads a scenario; `None` when there is an error.
///
/// Of the mishaps of a host the shorter comes first: one for the first two requests is met before one for good.
pub fn from_source(source: &Arc<Source>) -> (Option<Scenario>, Vec<Diagnostic>) {
    let root = match syntax::parse(source) {
        Ok(root) => root,
        Err(mistakes) => return (None, mistakes),
    };
    let mut mistakes = Vec::new();
    let hosts = plans(&root, &mut mistakes);
    // In the order of the lines, whatever was looked at first.
    mistakes.sort_by_key(|mistake| mistake.span.as_ref().map(|span| span.start));
    let sound = mistakes
        .iter()
        .all(|mistake| mistake.severity == Severity::Warning);
    let scenario = Scenario {
        name: source.name.clone(),
        about: ABOUT,
        hosts,
    };
    (sound.then_some(scenario), mistakes)
}

/// An entry of `hosts`.
struct Entry<'a> {
    key: &'a Node,
    name: &'a str,
    kind: Kind,
    count: Option<usize>,
    mishaps: Vec<Mishap>,
    rdp_mishaps: Vec<RdpMishap>,
    reboot: RebootCourse,
}

fn plans(root: &Node, mistakes: &mut Vec<Diagnostic>) -> Vec<HostPlan> {
    Args::new("scenario file", FILE, root, mistakes);
    let Some(hosts) = root.get("hosts") else {
        return Vec::new();
    };
    if hosts.entries().is_empty() {
        mistakes.push(no_hosts(hosts));
        return Vec::new();
    }
    let entries: Vec<Entry<'_>> = hosts
        .entries()
        .iter()
        .filter_map(|(key, value)| entry(key, value, mistakes))
        .collect();
    let total = entries.iter().fold(0_usize, |total, entry| {
        total.saturating_add(entry.count.unwrap_or(1))
    });
    if total > MOST_HOSTS {
        mistakes.push(
            Diagnostic::error("too-many-hosts", format!("{total} hosts are too many"))
                .at(&hosts.span)
                .label(format!("at most {MOST_HOSTS}")),
        );
        return Vec::new();
    }
    expanded(&entries, mistakes)
}

fn no_hosts(hosts: &Node) -> Diagnostic {
    Diagnostic::error("no-hosts", "`hosts` must be a mapping from names to hosts")
        .at(&hosts.span)
        .label(match &hosts.content {
            Content::Mapping(_) => "this is empty",
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Float(_)
            | Content::Sealed(_)
            | Content::Text(_)
            | Content::Unsafe(_)
            | Content::Sequence(_) => hosts.describe(),
        })
        .help("such as `web-1: {scenario: cert-expired}`")
}

/// One plan for each host; no two may come to one name.
fn expanded(entries: &[Entry<'_>], mistakes: &mut Vec<Diagnostic>) -> Vec<HostPlan> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut plans = Vec::new();
    for entry in entries {
        let names: Vec<String> = match entry.count {
            None => vec![entry.name.to_owned()],
            Some(count) => (0..count)
                .map(|index| numbered(entry.name, index))
                .collect(),
        };
        for name in names {
            if let Some(other) = taken.insert(name.clone(), entry.name) {
                mistakes.push(
                    Diagnostic::error("duplicate-host", format!("two hosts are named `{name}`"))
                        .at(&entry.key.span)
                        .label(format!("`{other}` makes one too")),
                );
            }
            plans.push(HostPlan {
                name,
                kind: entry.kind,
                index: plans.len(),
                mishaps: entry.mishaps.clone(),
                rdp_mishaps: entry.rdp_mishaps.clone(),
                reboot: entry.reboot,
            });
        }
    }
    plans
}

fn entry<'a>(key: &'a Node, value: &'a Node, mistakes: &mut Vec<Diagnostic>) -> Option<Entry<'a>> {
    let name = host_name(key, mistakes);
    let args = Args::new(name.unwrap_or("host"), HOST, value, mistakes);
    let has_text = args.text("scenario").is_some();
    let count = args
        .integer("count")
        .and_then(|count| usize::try_from(count).ok());
    let reboot = args.text("reboot").and_then(RebootCourse::from_word);
    let kind = value
        .get("scenario")
        .filter(|_| has_text)
        .and_then(|scenario| kind(scenario, mistakes));
    let mishaps = value.get("mishaps").map_or_else(Vec::new, |planned| {
        mishaps(planned, kind.unwrap_or(Kind::Healthy), mistakes)
    });
    let rdp_mishaps = value.get("rdp_mishaps").map_or_else(Vec::new, |planned| {
        rdp::mishaps(planned, kind.unwrap_or(Kind::Healthy), mistakes)
    });
    Some(Entry {
        key,
        name: name?,
        kind: kind?,
        count,
        mishaps,
        rdp_mishaps,
        reboot: reboot.unwrap_or_default(),
    })
}

/// A name that an inventory takes as it stands, without making a range or a group of it.
fn host_name<'a>(key: &'a Node, mistakes: &mut Vec<Diagnostic>) -> Option<&'a str> {
    let name = key.spelled().unwrap_or_default();
    let plain = name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    let label = if !plain {
        "expected letters, digits, `-`, `_` and `.`"
    } else if matches!(name, "all" | "ungrouped") {
        "every inventory has a group of this name"
    } else {
        return Some(name);
    };
    mistakes.push(
        Diagnostic::error("bad-host-name", format!("`{name}` cannot name a host"))
            .at(&key.span)
            .label(label),
    );
    None
}

fn kind(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Kind> {
    let name = node.spelled().unwrap_or_default();
    let found = Kind::named(name);
    if found.is_none() {
        let names = || Kind::ALL.iter().map(|kind| kind.name());
        let mistake = Diagnostic::error("unknown-scenario", format!("unknown scenario `{name}`"))
            .at(&node.span)
            .label(format!("expected {}", alternatives(names())))
            .suggest(name, names());
        mistakes.push(mistake);
    }
    found
}

fn mishaps(planned: &Node, kind: Kind, mistakes: &mut Vec<Diagnostic>) -> Vec<Mishap> {
    let Content::Sequence(items) = &planned.content else {
        mistakes.push(
            Diagnostic::error("wrong-type", "`mishaps` must be a list")
                .at(&planned.span)
                .label(format!("this is {}", planned.describe()))
                .help("such as `- {trouble: slow, milliseconds: 200}`"),
        );
        return Vec::new();
    };
    let mut found: Vec<(&Node, Mishap)> = items
        .iter()
        .filter_map(|item| Some((item, mishap(item, mistakes)?)))
        .collect();
    found.sort_by_key(|(_, mishap)| match mishap.extent {
        Extent::First(count) => u64::from(count),
        Extent::Always => u64::MAX,
    });
    let mut before = kind.mishaps();
    let unreached = |mishaps: &[Mishap]| mishaps.contains(&Mishap::always(Trouble::Refused));
    let refused = found
        .iter()
        .position(|(_, mishap)| unreached(&[*mishap]))
        .filter(|_| !unreached(&before));
    for (at, (node, mishap)) in found.iter().enumerate() {
        if unreached(&before) || refused.is_some_and(|refused| refused != at) {
            mistakes.push(never_met(node).label("nothing listens, so no request comes"));
        } else if before.iter().any(|other| hides(*other, *mishap)) {
            mistakes.push(
                never_met(node)
                    .label("another one goes on as long and comes first")
                    .help("the shorter of two is met first: give them different `first`"),
            );
        }
        before.push(*mishap);
    }
    found.into_iter().map(|(_, mishap)| mishap).collect()
}

/// Connections are counted apart from requests, so only what is counted alike can hide each other.
fn hides(one: Mishap, other: Mishap) -> bool {
    let at_connection = |mishap: Mishap| mishap.trouble == Trouble::Refused;
    at_connection(one) == at_connection(other) && one.extent == other.extent
}

fn never_met(node: &Node) -> Diagnostic {
    Diagnostic::warning("never-met", "no request ever meets this mishap").at(&node.span)
}

fn mishap(item: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Mishap> {
    let mut args = Args::new("mishap", MISHAP, item, mistakes);
    let word = args.text("trouble");
    let milliseconds = args
        .integer("milliseconds")
        .and_then(|number| u64::try_from(number).ok());
    let extent = match args.integer("first") {
        Some(count) => Extent::First(u32::try_from(count).ok()?),
        None => Extent::Always,
    };
    let trouble = match word? {
        "refused" => Trouble::Refused,
        "hung" => Trouble::Hung,
        "reset" => Trouble::Reset,
        "denied" => Trouble::Denied,
        "torn_answer" => Trouble::TornAnswer,
        "quota" => Trouble::Quota,
        // The only word left.
        _ => Trouble::Slow(Duration::from_millis(milliseconds.unwrap_or_default())),
    };
    let slow = matches!(trouble, Trouble::Slow(_));
    match (slow, args.node("milliseconds")) {
        (false, Some(node)) => args.push(
            Diagnostic::error("conflicting-values", "only `slow` has `milliseconds`")
                .at(&node.span)
                .label("contradicts `trouble`"),
        ),
        (true, None) if args.is_clean() => {
            let mistake = Diagnostic::error("missing-key", "`slow` lacks `milliseconds`")
                .at(args.span())
                .label("needs `milliseconds`")
                .help("such as `milliseconds: 200`");
            args.push(mistake);
        }
        (true, _) | (false, None) => {}
    }
    args.is_clean().then_some(Mishap { trouble, extent })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::from_source;
    use crate::diag::Source;
    use crate::lab::mishap::Mishap;
    use crate::lab::mishap::Trouble;
    use crate::lab::scenario::Kind;
    use crate::lab::scenario::Scenario;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source {
            name: "lab.yml".to_owned(),
            text: text.to_owned(),
            secret: false,
        })
    }

    #[track_caller]
    fn read(text: &str) -> Scenario {
        let (scenario, mistakes) = from_source(&source(text));
        assert_eq!(mistakes, []);
        scenario.unwrap()
    }

    /// The identifiers of all mistakes with what they point at.
    fn mistakes(text: &str) -> Vec<(&'static str, String)> {
        from_source(&source(text))
            .1
            .into_iter()
            .map(|mistake| (mistake.id, mistake.span.unwrap().text().to_owned()))
            .collect()
    }

    #[test]
    fn hosts_come_in_the_order_of_the_text_with_their_counts() {
        let read = read(
            "hosts:\n  b: {scenario: cert-expired}\n  a: {scenario: healthy, count: 2}\n  1: {scenario: unreachable}\n",
        );
        let hosts: Vec<_> = read
            .hosts
            .iter()
            .map(|host| (host.name.as_str(), host.kind, host.index))
            .collect();
        assert_eq!(
            hosts,
            [
                ("b", Kind::CertExpired, 0),
                ("a-0001", Kind::Healthy, 1),
                ("a-0002", Kind::Healthy, 2),
                ("1", Kind::Unreachable, 3),
            ]
        );
    }

    #[test]
    fn a_mishap_for_good_comes_after_those_for_some_requests() {
        let read = read(concat!(
            "hosts:\n  a:\n    scenario: healthy\n    mishaps:\n",
            "      - {trouble: slow, milliseconds: 200}\n",
            "      - {trouble: torn_answer, first: 3}\n",
            "      - {trouble: quota, first: 2}\n",
        ));
        assert_eq!(
            read.hosts[0].mishaps,
            [
                Mishap::first(2, Trouble::Quota),
                Mishap::first(3, Trouble::TornAnswer),
                Mishap::always(Trouble::Slow(Duration::from_millis(200))),
            ]
        );
    }

    #[test]
    fn every_trouble_has_a_word() {
        for (word, trouble) in [
            ("refused", Trouble::Refused),
            ("hung", Trouble::Hung),
            ("reset", Trouble::Reset),
            ("denied", Trouble::Denied),
            ("torn_answer", Trouble::TornAnswer),
            ("quota", Trouble::Quota),
        ] {
            let text =
                format!("hosts: {{a: {{scenario: healthy, mishaps: [{{trouble: {word}}}]}}}}");
            assert_eq!(read(&text).hosts[0].mishaps, [Mishap::always(trouble)]);
        }
    }

    #[test]
    fn a_mishap_that_nothing_meets_is_a_warning() {
        for (mishaps, hidden) in [
            ("{trouble: denied}, {trouble: quota}", "{trouble: quota}"),
            (
                "{trouble: denied, first: 1}, {trouble: refused}",
                "{trouble: denied, first: 1}",
            ),
        ] {
            let text = format!("hosts: {{a: {{scenario: healthy, mishaps: [{mishaps}]}}}}");
            let (scenario, _) = from_source(&source(&text));
            assert_eq!(scenario.unwrap().hosts[0].mishaps.len(), 2);
            assert_eq!(mistakes(&text), [("never-met", hidden.to_owned())]);
        }
        let apart = "{trouble: refused, first: 1}, {trouble: denied, first: 1}, {trouble: quota}";
        read(&format!(
            "hosts: {{a: {{scenario: healthy, mishaps: [{apart}]}}}}"
        ));
        assert_eq!(
            mistakes("hosts: {a: {scenario: unreachable, mishaps: [{trouble: hung}]}}"),
            [("never-met", "{trouble: hung}".to_owned())]
        );
    }

    #[test]
    fn two_ways_to_one_name_are_a_mistake() {
        let text = "hosts:\n  a: {scenario: healthy, count: 2}\n  a-0002: {scenario: healthy}\n";
        assert_eq!(mistakes(text), [("duplicate-host", "a-0002".to_owned())]);
    }

    #[test]
    fn counts_are_limited_one_by_one_and_together() {
        assert_eq!(
            mistakes("hosts: {a: {scenario: healthy, count: 0}}"),
            [("out-of-range", "0".to_owned())]
        );
        let text = "hosts: {a: {scenario: healthy, count: 30000}, b: {scenario: healthy}}";
        assert_eq!(mistakes(text)[0].0, "too-many-hosts");
    }

    #[test]
    fn a_file_without_hosts_is_a_mistake() {
        for (text, id) in [
            ("", "missing-key"),
            ("hosts:\n", "no-hosts"),
            ("hosts: {}\n", "no-hosts"),
            ("hosts: [a]\n", "no-hosts"),
            ("- a\n", "wrong-type"),
        ] {
            let (scenario, found) = from_source(&source(text));
            assert_eq!(scenario, None, "{text}");
            assert_eq!(found[0].id, id, "{text}");
        }
    }
}
