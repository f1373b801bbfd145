//! Modules of Ansible that nothing here does: what to do instead.

use crate::playbook::module::short;

const NO_PROGRAMS: &str = "nothing is run on hosts: say what should be, with a resource such as `registry_value` or `service`";
const NO_FILES: &str =
    "files of hosts are not managed; leave them to what manages the rest of the host";
const NO_SOFTWARE: &str =
    "software is not installed; leave it to what manages the rest of the host";
const NO_FEATURES: &str = "roles and features of Windows are not installed; state what they need afterwards with resources";
const NO_ACCOUNTS: &str =
    "accounts and groups are not managed yet; `rdp_access` states who may connect";
const NO_DOMAIN: &str = "domains and their members are not managed";
const NO_UNIX: &str = "it manages Unix hosts; hosts here are Windows";
const NO_LOOK: &str = "facts tell what a host is (`facts.build`, `facts.domain`); a resource looks for itself and reports what it saw";
const NO_ROLES: &str = "use `import_tasks` or `include_tasks` with the role's `tasks/main.yml`, and `vars_files` with its `defaults/main.yml`";
const NO_INVENTORY: &str =
    "hosts and groups come from the inventory; narrow a play by `hosts:` or a task by `when`";
const BY_REGISTRY: &str = "state the values that it sets by `registry_value`";
const NO_RDS: &str = "settings of gateways and session collections are not managed; the host's own are, by `rdp_access`, `rdp_listener` and `rdp_certificate`";

/// Modules with what to do instead.
pub(super) const MODULES: [(&str, &str); 128] = [
    ("add_host", NO_INVENTORY),
    ("apt", NO_UNIX),
    ("assemble", NO_FILES),
    (
        "async_status",
        "tasks are over when they are done; leave it out",
    ),
    ("blockinfile", NO_FILES),
    ("command", NO_PROGRAMS),
    ("copy", NO_FILES),
    ("cron", NO_UNIX),
    ("dnf", NO_UNIX),
    ("expect", NO_PROGRAMS),
    ("fetch", NO_FILES),
    ("file", NO_FILES),
    ("find", NO_FILES),
    ("get_url", NO_FILES),
    ("group_by", NO_INVENTORY),
    ("hostname", "the host's name is not managed"),
    ("import_role", NO_ROLES),
    ("include", "use `import_tasks` or `include_tasks`"),
    ("include_role", NO_ROLES),
    ("iptables", NO_UNIX),
    ("lineinfile", NO_FILES),
    ("package", NO_SOFTWARE),
    ("package_facts", NO_UNIX),
    (
        "pause",
        "use `wait_for: {timeout: SECONDS}`, or `vars_prompt` to ask something before the run",
    ),
    ("pip", NO_UNIX),
    ("psexec", NO_PROGRAMS),
    ("raw", NO_PROGRAMS),
    ("replace", NO_FILES),
    ("script", NO_PROGRAMS),
    ("service_facts", NO_LOOK),
    (
        "set_stats",
        "use `register` or `set_fact`; reports carry the results",
    ),
    ("shell", NO_PROGRAMS),
    ("slurp", NO_FILES),
    ("stat", NO_FILES),
    ("systemd", NO_UNIX),
    ("systemd_service", NO_UNIX),
    ("sysvinit", NO_UNIX),
    ("tempfile", NO_FILES),
    ("template", NO_FILES),
    ("unarchive", NO_FILES),
    (
        "uri",
        "nothing is asked over HTTP; `wait_for` waits for a port",
    ),
    ("user", NO_ACCOUNTS),
    ("validate_argument_spec", "use `assert`"),
    ("win_acl", NO_FILES),
    ("win_acl_inheritance", NO_FILES),
    ("win_audit_policy_system", BY_REGISTRY),
    ("win_audit_rule", NO_FILES),
    ("win_auto_logon", BY_REGISTRY),
    (
        "win_certificate_info",
        "`rdp_certificate` looks at the listener's certificate by itself",
    ),
    (
        "win_certificate_store",
        "use `rdp_certificate`; importing certificates is not there yet",
    ),
    ("win_chocolatey", NO_SOFTWARE),
    ("win_command", NO_PROGRAMS),
    ("win_computer_description", BY_REGISTRY),
    ("win_copy", NO_FILES),
    ("win_credential", "credentials are not stored on hosts"),
    ("win_data_deduplication", NO_FEATURES),
    ("win_defrag", NO_FILES),
    ("win_dhcp_lease", NO_DOMAIN),
    ("win_disk_facts", NO_LOOK),
    ("win_disk_image", NO_FILES),
    (
        "win_dns_client",
        "the host's network settings are not managed, because they could cut it off",
    ),
    ("win_dns_record", NO_DOMAIN),
    ("win_dns_zone", NO_DOMAIN),
    ("win_domain", NO_DOMAIN),
    ("win_domain_computer", NO_DOMAIN),
    ("win_domain_controller", NO_DOMAIN),
    ("win_domain_group", NO_DOMAIN),
    ("win_domain_group_membership", NO_DOMAIN),
    ("win_domain_membership", NO_DOMAIN),
    ("win_domain_object_info", NO_DOMAIN),
    ("win_domain_ou", NO_DOMAIN),
    ("win_domain_user", NO_DOMAIN),
    ("win_dotnet_ngen", NO_PROGRAMS),
    (
        "win_dsc",
        "nothing is run on hosts: say what should be, with a resource",
    ),
    (
        "win_environment",
        "state it by `registry_value` in `HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment`",
    ),
    ("win_eventlog", BY_REGISTRY),
    ("win_eventlog_entry", "nothing is written to logs of hosts"),
    ("win_feature", NO_FEATURES),
    ("win_feature_info", NO_LOOK),
    ("win_file", NO_FILES),
    ("win_file_version", NO_FILES),
    ("win_find", NO_FILES),
    (
        "win_firewall",
        "profiles of the firewall are not managed yet; `firewall_rule` states single rules and groups of them",
    ),
    ("win_format", NO_FILES),
    ("win_get_url", NO_FILES),
    ("win_group", NO_ACCOUNTS),
    (
        "win_group_membership",
        "members of groups are not managed yet; `rdp_access` states whether connections are allowed",
    ),
    ("win_hostname", "the host's name is not managed"),
    ("win_hosts", NO_FILES),
    ("win_hotfix", NO_SOFTWARE),
    (
        "win_http_proxy",
        "the host's network settings are not managed, because they could cut it off",
    ),
    ("win_iis_webapppool", NO_FEATURES),
    ("win_iis_website", NO_FEATURES),
    ("win_lineinfile", NO_FILES),
    ("win_listen_ports_facts", NO_LOOK),
    ("win_mapped_drive", NO_FILES),
    (
        "win_msg",
        "people on the host are told nothing; `win_reboot` has `msg`",
    ),
    ("win_nssm", "use `service` for a service that is there"),
    ("win_optional_feature", NO_FEATURES),
    ("win_owner", NO_FILES),
    ("win_package", NO_SOFTWARE),
    ("win_pagefile", BY_REGISTRY),
    (
        "win_path",
        "state it by `registry_value` in `HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment`",
    ),
    ("win_power_plan", BY_REGISTRY),
    ("win_powershell", NO_PROGRAMS),
    ("win_psexec", NO_PROGRAMS),
    ("win_psmodule", NO_SOFTWARE),
    ("win_rds_cap", NO_RDS),
    ("win_rds_rap", NO_RDS),
    ("win_rds_settings", NO_RDS),
    (
        "win_reg_stat",
        "`registry_value` looks at the value by itself and tells what differs",
    ),
    ("win_regmerge", "state each value by `registry_value`"),
    (
        "win_scheduled_task",
        "scheduled tasks are not managed, because they would run programs",
    ),
    (
        "win_security_policy",
        "user rights and security policies are not managed yet; many are registry values: use `registry_value`",
    ),
    (
        "win_service_info",
        "`service` looks at the service by itself and tells what differs",
    ),
    ("win_share", NO_FILES),
    ("win_shell", NO_PROGRAMS),
    ("win_stat", NO_FILES),
    ("win_template", NO_FILES),
    ("win_timezone", BY_REGISTRY),
    ("win_unzip", NO_FILES),
    (
        "win_updates",
        "updates are not installed; `win_reboot` with `when_pending: true` ends one that waits",
    ),
    (
        "win_uri",
        "nothing is asked over HTTP; `wait_for` waits for a port",
    ),
    ("win_user", NO_ACCOUNTS),
    ("win_user_right", "user rights are not managed yet"),
    ("win_wait_for_process", NO_LOOK),
    ("win_whoami", NO_LOOK),
    ("yum", NO_UNIX),
];

/// What to do instead of an Ansible module, by short or full name.
pub(super) fn module(word: &str) -> Option<&'static str> {
    match word {
        // Ours has the same short name and another meaning.
        "ansible.builtin.service" | "ansible.legacy.service" => {
            return Some(
                "it manages Unix hosts; use `win_service`, or `service` with its own keys",
            );
        }
        _ => {}
    }
    let name = short(word);
    MODULES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, advice)| *advice)
}

/// The modules of Windows among them, for those who mistyped one.
pub(super) fn windows() -> impl Iterator<Item = &'static str> {
    MODULES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| name.starts_with("win_"))
}

/// Whether it looks like a module of a collection.
pub(super) fn is_qualified(word: &str) -> bool {
    let pieces: Vec<&str> = word.split('.').collect();
    pieces.len() >= 3 && pieces.iter().all(|piece| !piece.is_empty())
}
