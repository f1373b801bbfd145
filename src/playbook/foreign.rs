//! Words of Ansible that are not ours: what to say instead of "unknown".

/// Windows modules of Ansible with the resource that does their work here.
const MODULES: [(&str, &str); 16] = [
    ("win_service", "use `service`"),
    ("win_regedit", "use `registry_value` or `registry_key`"),
    (
        "win_firewall_rule",
        "use `firewall_rule` with the rule's `id`",
    ),
    (
        "win_firewall",
        "profiles of the firewall are not managed yet",
    ),
    (
        "win_certificate_store",
        "use `rdp_certificate`; importing certificates is not there yet",
    ),
    ("win_reboot", "reboots are not there yet"),
    (
        "win_wait_for",
        "waiting is part of each resource; reboots are not there yet",
    ),
    (
        "win_shell",
        "nothing is run on hosts: say what should be, with a resource",
    ),
    (
        "win_command",
        "nothing is run on hosts: say what should be, with a resource",
    ),
    (
        "win_powershell",
        "nothing is run on hosts: say what should be, with a resource",
    ),
    (
        "win_dsc",
        "nothing is run on hosts: say what should be, with a resource",
    ),
    (
        "win_ping",
        "every run begins with a connection; leave it out",
    ),
    (
        "setup",
        "facts are gathered when a condition or a template names `facts`; leave it out",
    ),
    ("win_user_right", "user rights are not managed yet"),
    ("win_group_membership", "groups are not managed yet"),
    ("debug", "printing is not there yet; `-v` shows more"),
];

/// What to do instead of an Ansible module, by short or full name.
pub(super) fn module(word: &str) -> Option<&'static str> {
    let short = word.rsplit('.').next().unwrap_or(word);
    MODULES
        .iter()
        .find(|(name, _)| *name == short)
        .map(|(_, advice)| *advice)
}

/// Whether it looks like a module of a collection.
pub(super) fn is_qualified(word: &str) -> bool {
    word.matches('.').count() >= 2
}
