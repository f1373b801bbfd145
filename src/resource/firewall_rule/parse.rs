//! Reads how firewall rules shall be; knows which keys need each other, not what a host has.

use crate::diag::Diagnostic;
use crate::resource::firewall_rule::Absent;
use crate::resource::firewall_rule::FirewallRule;
use crate::resource::firewall_rule::Profile;
use crate::resource::firewall_rule::Protocol;
use crate::resource::firewall_rule::REMOTE_DESKTOP;
use crate::resource::firewall_rule::Switch;
use crate::resource::firewall_rule::Target;
use crate::syntax::Args;

/// The word for the group that this is all about.
const REMOTE_DESKTOP_WORD: &str = "remote_desktop";

pub(super) fn parse(args: &mut Args<'_>) -> Option<FirewallRule> {
    let target = target(args);
    let profiles = profiles(args);
    let port = args
        .integer("port")
        .and_then(|port| u16::try_from(port).ok());
    let protocol = args.text("protocol").and_then(Protocol::from_word);
    let absent = match args.bool("create") {
        Some(true) => Absent::Create,
        Some(false) | None => Absent::Report,
    };
    if matches!(target, Some(Target::Group(_))) {
        needs_id(args);
    }
    if absent == Absent::Create {
        needed_to_create(args);
    }
    let switch = Switch::from(args.bool("enabled").unwrap_or(true));
    let target = target?;
    args.is_clean().then_some(FirewallRule {
        target,
        switch,
        profiles,
        port,
        protocol,
        absent,
    })
}

fn target(args: &mut Args<'_>) -> Option<Target> {
    match (args.text("id"), args.text("group")) {
        (Some(id), None) if id.contains('|') => {
            mistake(
                args,
                "id",
                ("bad-rule-id", "`id` is not the identifier of a rule"),
                "identifiers have no `|`: leave out `MSFT|FW|FirewallRule|`",
            );
            None
        }
        (Some(id), None) => Some(Target::Id(id.to_owned())),
        (None, Some(REMOTE_DESKTOP_WORD)) => Some(Target::Group(REMOTE_DESKTOP.to_owned())),
        (None, Some(group)) if group.starts_with('@') => Some(Target::Group(group.to_owned())),
        (None, Some(group)) => {
            unknown_group(args, group);
            None
        }
        (Some(_), Some(_)) => {
            mistake(
                args,
                "group",
                ("conflicting-values", "`id` and `group` exclude each other"),
                "state one of them",
            );
            None
        }
        (None, None) if args.is_clean() => {
            args.push(
                Diagnostic::error("missing-key", "`firewall_rule` lacks `id` or `group`")
                    .at(args.span())
                    .label("which rule?")
                    .help("`group: remote_desktop` means the built-in rules of Remote Desktop"),
            );
            None
        }
        (None, None) => None,
    }
}

fn unknown_group(args: &mut Args<'_>, group: &str) {
    let Some(node) = args.node("group") else {
        return;
    };
    let folded = group.to_lowercase().replace([' ', '-'], "_");
    args.push(
        Diagnostic::error("unknown-value", format!("unknown group `{group}`"))
            .at(&node.span)
            .label("expected `remote_desktop` or `@FirewallAPI.dll,-NUMBER`")
            .suggest(&folded, [REMOTE_DESKTOP_WORD])
            .help("names that people see are localised, so groups are named by identifier"),
    );
}

/// The bits of the profiles.
fn profiles(args: &mut Args<'_>) -> Option<u64> {
    let words = args.texts("profiles")?;
    if words.is_empty() {
        mistake(
            args,
            "profiles",
            ("empty-list", "`profiles` names none"),
            "a rule that counts nowhere is `enabled: false`",
        );
        return None;
    }
    let bits = words
        .into_iter()
        .filter_map(Profile::from_word)
        .fold(0, |bits, profile| bits | u64::from(profile.number()));
    Some(bits)
}

/// Ports of a whole group differ from rule to rule.
fn needs_id(args: &mut Args<'_>) {
    for name in ["port", "protocol", "create"] {
        if args.node(name).is_some() {
            mistake(
                args,
                name,
                (
                    "conflicting-values",
                    &format!("`{name}` needs `id`, not `group`"),
                ),
                "the rules of a group have different ports",
            );
        }
    }
}

/// A new rule lets everything in until its port and protocol are set.
fn needed_to_create(args: &mut Args<'_>) {
    for name in ["port", "protocol"] {
        if args.node(name).is_none() {
            mistake(
                args,
                "create",
                ("missing-key", &format!("`create` needs `{name}`")),
                "without it the new rule would let everything in",
            );
        }
    }
}

fn mistake(args: &mut Args<'_>, name: &str, (id, message): (&'static str, &str), label: &str) {
    let diagnostic = Diagnostic::error(id, message).label(label);
    let diagnostic = match args.node(name) {
        Some(node) => diagnostic.at(&node.span),
        None => diagnostic.at(args.span()),
    };
    args.push(diagnostic);
}
