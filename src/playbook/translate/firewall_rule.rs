//! `win_firewall_rule` in the words of `firewall_rule`, for the rules that Windows brings for Remote Desktop.

use crate::diag::Diagnostic;
use crate::playbook::translate::Draft;
use crate::playbook::translate::Fate;
use crate::playbook::translate::Fate::Idle;
use crate::playbook::translate::Fate::Read;
use crate::playbook::translate::Meaning;
use crate::playbook::translate::Meaning::Is;
use crate::playbook::translate::Options;
use crate::playbook::translate::Words;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::syntax::template::has_template;

const NARROWER: Fate = Fate::Refused(
    "`firewall_rule` states whether a rule is on, its profiles, its port and its protocol; what else a rule says is left as it is",
);

pub(super) const OPTIONS: Options = &[
    ("name", Read),
    ("display_name", Read),
    ("group", Read),
    ("state", Read),
    ("enabled", Read),
    ("enable", Read),
    ("profiles", Read),
    ("profile", Read),
    ("localport", Read),
    ("protocol", Read),
    ("direction", Read),
    ("action", Read),
    ("description", Idle),
    ("force", Idle),
    ("remoteip", Read),
    ("localip", Read),
    ("remoteport", Read),
    ("interfacetypes", Read),
    ("edge", NARROWER),
    ("icmp_type_code", NARROWER),
    ("program", NARROWER),
    ("security", NARROWER),
    ("service", NARROWER),
];

/// Rules by the English names that people see, with their identifiers (windows-facts 6.1).
const RULES: [(&str, &str); 5] = [
    (
        "Remote Desktop - User Mode (TCP-In)",
        "RemoteDesktop-UserMode-In-TCP",
    ),
    (
        "Remote Desktop - User Mode (UDP-In)",
        "RemoteDesktop-UserMode-In-UDP",
    ),
    (
        "Remote Desktop - Shadow (TCP-In)",
        "RemoteDesktop-Shadow-In-TCP",
    ),
    ("Remote Desktop - (TCP-WS-In)", "RemoteDesktop-In-TCP-WS"),
    ("Remote Desktop - (TCP-WSS-In)", "RemoteDesktop-In-TCP-WSS"),
];
/// The group of these rules, by its English name and by its identifier.
const GROUPS: [&str; 2] = ["Remote Desktop", "@FirewallAPI.dll,-28752"];

const ACTIONS: Words = &[
    ("allow", Is("allow")),
    (
        "block",
        Meaning::Refused(
            "rules that let something in are switched on or off; use `enabled: false`",
        ),
    ),
    (
        "bypass",
        Meaning::Refused("rules that let something in are switched on or off"),
    ),
];
const DIRECTIONS: Words = &[
    ("in", Is("in")),
    (
        "out",
        Meaning::Refused("only rules for what comes in are managed"),
    ),
];
const STATES: Words = &[
    ("present", Is("present")),
    (
        "absent",
        Meaning::Refused("rules of Windows are not removed; use `enabled: false`"),
    ),
];
const PROTOCOLS: Words = &[
    ("tcp", Is("tcp")),
    ("6", Is("tcp")),
    ("udp", Is("udp")),
    ("17", Is("udp")),
];

pub(super) fn translate(draft: &mut Draft<'_>) -> &'static str {
    for (option, words) in [
        ("state", STATES),
        ("action", ACTIONS),
        ("direction", DIRECTIONS),
    ] {
        if let Some(value) = draft.value(option)
            && draft.deciding(option, "").is_some()
        {
            draft.reworded(option, value, words);
        }
    }
    for option in ["remoteip", "localip", "remoteport", "interfacetypes"] {
        only_any(draft, option);
    }
    target(draft);
    draft.keep("enabled", "enabled");
    draft.keep("enabled", "enable");
    profiles(draft);
    draft.reword("protocol", "protocol", PROTOCOLS);
    if let Some(port) = draft.value("localport")
        && port
            .as_text()
            .is_none_or(|text| !text.eq_ignore_ascii_case("any"))
    {
        draft.put("port", "localport", port.clone());
    }
    "firewall_rule"
}

fn only_any(draft: &mut Draft<'_>, option: &str) {
    let Some(value) = draft.value(option) else {
        return;
    };
    let is_any = |node: &Node| {
        node.as_text()
            .is_some_and(|text| text.eq_ignore_ascii_case("any"))
    };
    let is_fine = is_any(value) || !value.items().is_empty() && value.items().iter().all(is_any);
    if !is_fine {
        draft.refuse(
            option,
            value,
            "a rule's addresses and interfaces are left as they are",
        );
    }
}

/// Which rule: by the name that people see, or the whole group.
fn target(draft: &mut Draft<'_>) {
    let named = ["name", "display_name"]
        .into_iter()
        .find_map(|option| Some((option, draft.value(option)?)));
    if let Some((option, value)) = named {
        let typed = value.spelled().unwrap_or_default();
        let known = RULES
            .iter()
            .find(|(name, id)| name.eq_ignore_ascii_case(typed) || id.eq_ignore_ascii_case(typed));
        match known {
            Some((_, id)) => draft.put("id", option, text(value, id)),
            None => draft.mistakes.push(unknown_rule(value, typed)),
        }
        return;
    }
    let Some(value) = draft.value("group") else {
        draft.mistakes.push(
            Diagnostic::error(
                "missing-key",
                format!("`{}` lacks `name` or `group`", draft.module.word),
            )
            .at(&draft.module.span)
            .label("which rule?"),
        );
        return;
    };
    let typed = value.spelled().unwrap_or_default();
    if GROUPS.iter().any(|group| group.eq_ignore_ascii_case(typed)) {
        draft.put("group", "group", text(value, "remote_desktop"));
    } else {
        draft.mistakes.push(
            Diagnostic::error("unknown-rule", format!("`{typed}` is no group of rules that is known here"))
                .at(&value.span)
                .suggest(typed, GROUPS)
                .help("`firewall_rule` takes any group by its identifier, such as `group: '@FirewallAPI.dll,-28752'`"),
        );
    }
}

fn unknown_rule(value: &Node, typed: &str) -> Diagnostic {
    let diagnostic = if has_template(value) {
        Diagnostic::error(
            "template-for-word",
            "the rule must be known before hosts are",
        )
        .label("stands for a name that is not known yet")
    } else {
        Diagnostic::error(
            "unknown-rule",
            format!("`{typed}` is no rule that Windows brings for Remote Desktop"),
        )
    };
    diagnostic
        .at(&value.span)
        .suggest(typed, RULES.iter().map(|(name, _)| *name))
        .help("use `firewall_rule` with the rule's `id`, because names are localised; `create: true` with `port` and `protocol` makes a new rule")
}

/// A list, or words between commas.
fn profiles(draft: &mut Draft<'_>) {
    let found = ["profiles", "profile"]
        .into_iter()
        .find_map(|option| Some((option, draft.value(option)?)));
    let Some((option, value)) = found else {
        return;
    };
    let content = match &value.content {
        Content::Text(words) if !has_template(value) => Content::Sequence(
            words
                .split(',')
                .map(|word| text(value, &word.trim().to_lowercase()))
                .collect(),
        ),
        Content::Sequence(items) => Content::Sequence(
            items
                .iter()
                .map(|item| match item.as_text() {
                    Some(word) if !has_template(item) => text(item, &word.to_lowercase()),
                    _ => item.clone(),
                })
                .collect(),
        ),
        other => other.clone(),
    };
    let value = Node {
        span: value.span.clone(),
        content,
    };
    draft.put("profiles", option, value);
}

fn text(at: &Node, word: &str) -> Node {
    Node {
        span: at.span.clone(),
        content: Content::Text(word.to_owned()),
    }
}
