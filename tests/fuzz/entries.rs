//! The entries through which bytes of strangers come in: one function for each parser, with what holds whatever the bytes
//! are. The fuzz targets and the tests of `tests/it/bytes.rs` run the same ones. Knows no fuzzer and no test library.

#[path = "entries/language.rs"]
mod language;
#[path = "entries/wire.rs"]
mod wire;

/// A way in.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Also the name of its fuzz target.
    pub(crate) name: &'static str,
    /// Reads the bytes; panics when something does not hold.
    pub(crate) run: fn(&[u8]),
    /// Files and folders of sound and broken inputs, from the root of the project.
    pub(crate) seeds: &'static [&'static str],
}

impl Entry {
    const fn new(name: &'static str, run: fn(&[u8]), seeds: &'static [&'static str]) -> Self {
        Self { name, run, seeds }
    }
}

/// All of them. What once went wrong stands in `tests/cases/bytes`, in the folder with the name of the entry.
pub(crate) const ENTRIES: [Entry; 22] = [
    Entry::new(
        "ini_inventory",
        language::ini_inventory,
        &[
            "tests/cases/ansible/inventory",
            "examples/from-ansible/inventory",
        ],
    ),
    Entry::new(
        "yaml_inventory",
        language::yaml_inventory,
        &[
            "tests/cases/inventory",
            "tests/cases/ansible/inventory",
            "inventory",
        ],
    ),
    Entry::new(
        "inventory_program",
        language::inventory_program,
        &["tests/cases/bytes/inventory_program"],
    ),
    Entry::new(
        "host_pattern",
        language::host_pattern,
        &["tests/cases/bytes/host_pattern"],
    ),
    Entry::new(
        "yaml",
        language::yaml,
        &[
            "tests/cases/inventory",
            "tests/cases/playbook",
            "tests/cases/ansible",
        ],
    ),
    Entry::new(
        "json",
        language::json,
        &["tests/cases/bytes/inventory_program"],
    ),
    Entry::new(
        "playbook",
        language::playbook,
        &[
            "tests/cases/playbook",
            "tests/cases/resources",
            "tests/cases/lists",
            "playbooks",
            "examples/from-ansible",
        ],
    ),
    Entry::new(
        "extra_vars",
        language::extra_vars,
        &["tests/cases/bytes/extra_vars"],
    ),
    Entry::new(
        "template",
        language::template,
        &["tests/cases/bytes/template"],
    ),
    Entry::new(
        "vault",
        language::vault,
        &["src/vault/golden", "tests/cases/bytes/vault"],
    ),
    Entry::new(
        "settings",
        language::settings,
        &[
            "tests/cases/bytes/settings",
            "examples/from-ansible/ansible.cfg",
        ],
    ),
    Entry::new(
        "lab_scenario",
        language::lab_scenario,
        &["tests/cases/lab", "examples/lab-scenario.yml"],
    ),
    Entry::new(
        "job_file",
        language::job_file,
        &["tests/cases/job", "examples/jobs"],
    ),
    Entry::new("waivers", language::waivers, &["tests/cases/waivers"]),
    Entry::new(
        "rdp_file",
        language::rdp_file,
        &["tests/cases/bytes/rdp_file"],
    ),
    Entry::new("wsman", wire::wsman, &["tests/cases/bytes/wsman"]),
    Entry::new(
        "sealed_body",
        wire::sealed_body,
        &["tests/cases/bytes/sealed_body"],
    ),
    Entry::new("rdp", wire::rdp, &["tests/cases/bytes/rdp"]),
    Entry::new("tls", wire::tls, &["tests/cases/bytes/tls"]),
    Entry::new(
        "certificate",
        wire::certificate,
        &["tests/data/resources", "tests/cases/bytes/certificate"],
    ),
    Entry::new("ntlm", wire::ntlm, &["tests/cases/bytes/ntlm"]),
    Entry::new("credssp", wire::credssp, &["tests/cases/bytes/credssp"]),
];
