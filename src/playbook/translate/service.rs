//! `win_service` in the words of `service`.

use crate::playbook::translate::Draft;
use crate::playbook::translate::Fate;
use crate::playbook::translate::Fate::Idle;
use crate::playbook::translate::Fate::Read;
use crate::playbook::translate::Meaning;
use crate::playbook::translate::Meaning::Is;
use crate::playbook::translate::Options;
use crate::playbook::translate::Words;

const NO_SETUP: Fate = Fate::Refused(
    "`service` states whether a service runs and when it starts, not how it is set up; some of that can be stated by `registry_value` below `HKLM\\SYSTEM\\CurrentControlSet\\Services`",
);
const NO_ACCOUNT: Fate =
    Fate::Refused("accounts of services are not managed; leave the account as it is");

pub(super) const OPTIONS: Options = &[
    ("name", Read),
    ("state", Read),
    ("start_mode", Read),
    // Services that depend on one that is stopped are stopped with it, and started again.
    ("force_dependent_services", Idle),
    ("dependencies", NO_SETUP),
    ("dependency_action", Idle),
    ("description", NO_SETUP),
    ("desktop_interact", NO_SETUP),
    ("display_name", NO_SETUP),
    ("error_control", NO_SETUP),
    ("failure_actions", NO_SETUP),
    ("failure_actions_on_non_crash_failure", NO_SETUP),
    ("failure_command", NO_SETUP),
    ("failure_reboot_msg", NO_SETUP),
    ("failure_reset_period_sec", NO_SETUP),
    ("launch_protection", NO_SETUP),
    ("load_order_group", NO_SETUP),
    ("path", NO_SETUP),
    ("pre_shutdown_timeout_ms", NO_SETUP),
    ("required_privileges", NO_SETUP),
    ("service_type", NO_SETUP),
    ("sid_info", NO_SETUP),
    ("password", NO_ACCOUNT),
    ("update_password", Idle),
    ("user", NO_ACCOUNT),
    ("username", NO_ACCOUNT),
];

const STATES: Words = &[
    ("started", Is("running")),
    ("stopped", Is("stopped")),
    ("restarted", Is("restarted")),
    (
        "absent",
        Meaning::Refused(
            "services are not removed; `state: stopped` with `start_mode: disabled` keeps one from running",
        ),
    ),
    (
        "paused",
        Meaning::Refused("services are not paused; use `stopped`"),
    ),
];

const START_MODES: Words = &[
    ("auto", Is("automatic")),
    ("manual", Is("manual")),
    ("disabled", Is("disabled")),
    (
        "delayed",
        Meaning::Refused(
            "use `auto`; the delay is `DelayedAutostart`, type `dword`, data `1`, in the service's key below `HKLM\\SYSTEM\\CurrentControlSet\\Services`: state it by `registry_value`",
        ),
    ),
];

pub(super) fn translate(draft: &mut Draft<'_>) -> &'static str {
    draft.keep("name", "name");
    draft.reword("state", "state", STATES);
    draft.reword("start_mode", "start_mode", START_MODES);
    "service"
}
