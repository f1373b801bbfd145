//! Who may name whom. Arrows point down only.

/// Each module with those that it may name besides itself; `cli`, on top of all, may name every one of them.
pub(super) const TABLE: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("clock", &[]),
    ("control", &[]),
    ("files", &[]),
    ("secret", &[]),
    ("cim", &["code"]),
    ("proof", &[]),
    ("certificate", &[]),
    ("finding", &[]),
    ("code", &["finding"]),
    ("rdp", &["code", "secret"]),
    ("tls", &[]),
    ("wsman", &["cim", "code"]),
    ("vault", &["secret"]),
    ("auth", &["secret"]),
    ("plan", &["cim"]),
    ("facts", &["cim"]),
    ("syntax", &["diag", "vault"]),
    ("inventory", &["diag", "files", "secret", "syntax", "vault"]),
    ("connect", &["cim", "inventory", "proof", "secret"]),
    ("waiver", &["control", "diag", "inventory", "syntax"]),
    (
        "survey",
        &["certificate", "code", "finding", "proof", "rdp"],
    ),
    ("inside", &["certificate", "cim", "clock"]),
    (
        "diagnosis",
        &[
            "certificate",
            "cim",
            "code",
            "finding",
            "inside",
            "proof",
            "rdp",
            "survey",
        ],
    ),
    (
        "rdp_file",
        &["diag", "finding", "inventory", "rdp", "survey"],
    ),
    (
        "resource",
        &["certificate", "cim", "code", "diag", "plan", "syntax"],
    ),
    (
        "playbook",
        &[
            "control",
            "diag",
            "facts",
            "files",
            "inventory",
            "plan",
            "resource",
            "syntax",
            "vault",
        ],
    ),
    (
        "event",
        &["cim", "control", "facts", "inventory", "plan", "proof"],
    ),
    ("job", &["control", "diag", "event", "syntax"]),
    (
        "history",
        &[
            "cim", "clock", "control", "event", "plan", "proof", "resource", "secret",
        ],
    ),
    (
        "session",
        &[
            "auth",
            "cim",
            "clock",
            "code",
            "connect",
            "inventory",
            "secret",
            "wsman",
        ],
    ),
    (
        "lab",
        &[
            "auth",
            "certificate",
            "cim",
            "clock",
            "code",
            "diag",
            "inventory",
            "rdp",
            "secret",
            "syntax",
            "tls",
            "wsman",
        ],
    ),
    (
        "probe",
        &[
            "auth",
            "certificate",
            "clock",
            "code",
            "connect",
            "finding",
            "inventory",
            "proof",
            "rdp",
            "secret",
            "survey",
            "tls",
        ],
    ),
    (
        "runner",
        &[
            "cim",
            "clock",
            "connect",
            "control",
            "diag",
            "event",
            "facts",
            "inventory",
            "plan",
            "playbook",
            "proof",
            "resource",
            "syntax",
            "waiver",
        ],
    ),
    ("service", &["clock", "event", "job"]),
    (
        "notify",
        &["clock", "event", "job", "secret", "service", "syntax"],
    ),
    (
        "report",
        &[
            "certificate",
            "cim",
            "code",
            "control",
            "diag",
            "diagnosis",
            "event",
            "finding",
            "history",
            "inside",
            "plan",
            "proof",
            "rdp",
            "rdp_file",
            "secret",
            "survey",
        ],
    ),
    (
        "dashboard",
        &["clock", "control", "event", "history", "secret"],
    ),
    (
        "schema",
        &[
            "control",
            "inventory",
            "job",
            "lab",
            "playbook",
            "resource",
            "syntax",
            "waiver",
        ],
    ),
];

/// On top of all.
const TOP: &str = "cli";

/// The module that a path belongs to; `None` for files that are no part of the library, and for its two roots.
pub(super) fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let module = inside
        .split_once('/')
        .map_or_else(|| inside.strip_suffix(".rs"), |(folder, _)| Some(folder))?;
    (module != "lib" && module != "main").then_some(module)
}

/// Those that a module may name; `None` when it has no row.
pub(super) fn may_name(module: &str) -> Option<Vec<&'static str>> {
    if module == TOP {
        return Some(TABLE.iter().map(|(name, _)| *name).collect());
    }
    TABLE
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, named)| named.to_vec())
}

/// The rows of the table in a page, one for each module but the top, with the named modules in order.
pub(super) fn rows(page: &str) -> Vec<(String, Vec<String>)> {
    let cells = page
        .lines()
        .skip_while(|line| !line.starts_with("| module | may name |"))
        .skip(2)
        .map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|line| line.split_once(" | "))
        .filter(|(_, named)| *named != "all");
    let mut rows = Vec::new();
    for (modules, named) in cells {
        let mut named: Vec<String> = named
            .split(", ")
            .filter(|name| *name != "nothing")
            .map(str::to_owned)
            .collect();
        named.sort();
        for module in modules.split(", ") {
            rows.push((module.to_owned(), named.clone()));
        }
    }
    rows
}
