//! `rdp_mishaps` of a scenario file: planned trouble on the way to the Remote Desktop port.

use std::time::Duration;

use crate::diag::Diagnostic;
use crate::lab::mishap::Loss;
use crate::lab::mishap::RdpMishap;
use crate::lab::scenario::Kind;
use crate::syntax::Args;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::Property;
use crate::syntax::Shape;

pub(crate) const RDP_MISHAP: &[Property] = &[
    Property {
        name: "trouble",
        shape: Shape::Word(&[
            "dropped",
            "late",
            "reset",
            "silent",
            "narrow",
            "other_machine",
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
        about: "how late answers are, for `late`",
    },
    Property {
        name: "every",
        shape: Shape::Integer {
            min: 1,
            max: 1_000_000,
        },
        required: false,
        about: "of so many connections one is lost, for `reset` and `silent`; without it, each",
    },
    Property {
        name: "bytes",
        shape: Shape::Integer {
            min: 1,
            max: 1_000_000,
        },
        required: false,
        about: "how much gets through at once, for `narrow`",
    },
];

/// The number that a trouble has, and whether it must be given.
const NUMBERS: [(&str, &str, Needed); 4] = [
    ("late", "milliseconds", Needed::Yes),
    ("narrow", "bytes", Needed::Yes),
    ("reset", "every", Needed::No),
    ("silent", "every", Needed::No),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

/// Reads the list; what the kind brings already is a warning, because it changes nothing.
pub(super) fn mishaps(
    planned: &Node,
    kind: Kind,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<RdpMishap> {
    let Content::Sequence(items) = &planned.content else {
        mistakes.push(
            Diagnostic::error("wrong-type", "`rdp_mishaps` must be a list")
                .at(&planned.span)
                .label(format!("this is {}", planned.describe()))
                .help("such as `- {trouble: late, milliseconds: 200}`"),
        );
        return Vec::new();
    };
    let mut before = kind.rdp_mishaps();
    let mut found = Vec::new();
    for item in items {
        let Some(mishap) = mishap(item, mistakes) else {
            continue;
        };
        let unreached = before.contains(&RdpMishap::Dropped);
        if unreached || before.contains(&mishap) {
            mistakes.push(
                Diagnostic::warning("never-met", "no connection ever meets this mishap")
                    .at(&item.span)
                    .label(if unreached {
                        "packets are dropped, so no connection comes"
                    } else {
                        "it is met already"
                    }),
            );
        }
        before.push(mishap);
        found.push(mishap);
    }
    found
}

fn mishap(item: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<RdpMishap> {
    let mut args = Args::new("mishap", RDP_MISHAP, item, mistakes);
    let word = args.text("trouble");
    let number = |args: &mut Args<'_>, name| {
        args.integer(name)
            .and_then(|number| u32::try_from(number).ok())
    };
    let milliseconds = number(&mut args, "milliseconds");
    let every = number(&mut args, "every").unwrap_or(1);
    let bytes = number(&mut args, "bytes");
    let word = word?;
    check_numbers(&mut args, word);
    if !args.is_clean() {
        return None;
    }
    let lossy = |loss| RdpMishap::Lossy { every, loss };
    Some(match word {
        "dropped" => RdpMishap::Dropped,
        "late" => RdpMishap::Late(Duration::from_millis(milliseconds?.into())),
        "reset" => lossy(Loss::Reset),
        "silent" => lossy(Loss::Silence),
        "narrow" => RdpMishap::Narrow {
            largest: usize::try_from(bytes?).ok()?,
        },
        // The only word left.
        _ => RdpMishap::OtherMachine,
    })
}

/// Each number belongs to a trouble.
fn check_numbers(args: &mut Args<'_>, word: &str) {
    for name in ["milliseconds", "every", "bytes"] {
        let row = NUMBERS
            .iter()
            .find(|(trouble, number, _)| (*trouble, *number) == (word, name));
        match (row, args.node(name)) {
            (None, Some(node)) => args.push(
                Diagnostic::error("conflicting-values", format!("`{word}` has no `{name}`"))
                    .at(&node.span)
                    .label("contradicts `trouble`"),
            ),
            (Some((_, _, Needed::Yes)), None) if args.is_clean() => {
                let mistake = Diagnostic::error("missing-key", format!("`{word}` lacks `{name}`"))
                    .at(args.span())
                    .label(format!("needs `{name}`"));
                args.push(mistake);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use crate::diag::Source;
    use crate::lab::mishap::Loss;
    use crate::lab::mishap::RdpMishap;
    use crate::lab::scenario::file::from_source;

    /// What one mishap of a host of this kind is read as, and the identifiers of what is wrong with it.
    fn read(kind: &str, mishap: &str) -> (Vec<RdpMishap>, Vec<&'static str>) {
        let text = format!("hosts: {{a: {{scenario: {kind}, rdp_mishaps: [{mishap}]}}}}");
        let name = "lab.yml".to_owned();
        let (scenario, mistakes) = from_source(&Arc::new(Source {
            name,
            text,
            secret: false,
        }));
        let found = scenario.map(|scenario| scenario.hosts[0].rdp_mishaps.clone());
        let ids = mistakes.iter().map(|mistake| mistake.id).collect();
        (found.unwrap_or_default(), ids)
    }

    #[test]
    fn every_trouble_has_a_word() {
        let lossy = |every, loss| RdpMishap::Lossy { every, loss };
        for (text, mishap) in [
            ("{trouble: dropped}", RdpMishap::Dropped),
            (
                "{trouble: late, milliseconds: 5}",
                RdpMishap::Late(Duration::from_millis(5)),
            ),
            ("{trouble: reset, every: 3}", lossy(3, Loss::Reset)),
            ("{trouble: silent}", lossy(1, Loss::Silence)),
            (
                "{trouble: narrow, bytes: 900}",
                RdpMishap::Narrow { largest: 900 },
            ),
            ("{trouble: other_machine}", RdpMishap::OtherMachine),
        ] {
            assert_eq!(read("healthy", text), (vec![mishap], vec![]), "{text}");
        }
    }

    #[test]
    fn numbers_belong_to_their_troubles() {
        for (text, id) in [
            ("{trouble: late}", "missing-key"),
            ("{trouble: narrow}", "missing-key"),
            ("{trouble: dropped, bytes: 1}", "conflicting-values"),
            (
                "{trouble: late, milliseconds: 1, every: 2}",
                "conflicting-values",
            ),
            ("{trouble: lost}", "unknown-value"),
            ("{trouble: reset, every: 0}", "out-of-range"),
        ] {
            assert_eq!(read("healthy", text), (vec![], vec![id]), "{text}");
        }
        let text = "hosts: {a: {scenario: healthy, rdp_mishaps: late}}".to_owned();
        let name = "lab.yml".to_owned();
        let (_, mistakes) = from_source(&Arc::new(Source {
            name,
            text,
            secret: false,
        }));
        assert_eq!(mistakes[0].id, "wrong-type");
    }

    #[test]
    fn a_mishap_that_nothing_meets_is_a_warning() {
        for (kind, text, kept) in [
            ("tcp-blocked", "{trouble: narrow, bytes: 9}", 1),
            ("dns-name", "{trouble: other_machine}", 1),
            ("healthy", "{trouble: dropped}, {trouble: silent}", 2),
        ] {
            let (found, ids) = read(kind, text);
            assert_eq!((found.len(), ids), (kept, vec!["never-met"]), "{text}");
        }
    }
}
