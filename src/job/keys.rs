//! The keys of job files: one table parses, documents and completes.

use crate::syntax::Property;
use crate::syntax::Shape;

/// Words of `mode`.
pub const MODES: &[&str] = &["audit", "apply", "audit-then-apply-in-window"];
/// Words of `overlap`.
pub const OVERLAPS: &[&str] = &["skip", "queue"];
/// Words of `missed`.
pub const MISSED: &[&str] = &["run-once", "skip"];
/// Words of `by` of a splay.
pub const SPLAY_BY: &[&str] = &["job", "host"];
/// Words of `on` of a webhook.
pub const OCCASIONS: &[&str] = &["drift", "failure", "recovery", "always"];
/// Words of `days`, Monday first.
pub const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// More tries than this only hide what is wrong.
pub const MOST_RETRIES: i64 = 20;

const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Property {
    Property {
        name,
        shape,
        required: false,
        about,
    }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Property {
    Property {
        name,
        shape,
        required: true,
        about,
    }
}

/// Keys of the file.
pub const FILE: &[Property] = &[
    required("jobs", Shape::Any, "the jobs, a list"),
    optional(
        "defaults",
        Shape::Any,
        "keys of jobs that hold for every job that does not say otherwise; values are replaced as a whole",
    ),
    optional(
        "store",
        Shape::Text,
        "the file that keeps the history of runs",
    ),
];

/// Keys of a job. `name` comes first, because defaults have every key but that one.
pub const JOB: &[Property] = &[
    required(
        "name",
        Shape::Text,
        "name that histories, units and commands go by: letters, digits, `.`, `_` and `-`",
    ),
    optional(
        "playbook",
        Shape::Text,
        "the playbook; every job needs one, here or in `defaults`",
    ),
    optional(
        "inventory",
        Shape::Texts,
        "inventories as `--inventory` takes them, one or a list; every job needs one, here or in `defaults`",
    ),
    optional("limit", Shape::Text, "host pattern, as `--limit`"),
    optional(
        "mode",
        Shape::Word(MODES),
        "`audit` (the default) changes nothing, `apply` corrects and is left out while its windows are closed, `audit-then-apply-in-window` corrects while a window is open and looks at other times",
    ),
    optional(
        "cron",
        Shape::Text,
        "when, as five fields (`30 2 * * mon-fri`) or a nickname (`@daily`), by the clock of `time_zone`",
    ),
    optional(
        "every",
        Shape::Text,
        "how often, instead of `cron`: time that passes, counted from 1970 in UTC, so that a restart shifts nothing",
    ),
    optional(
        "time_zone",
        Shape::Text,
        "IANA name of the zone of `cron`, `windows` and `blackouts`; `UTC` when nothing is said",
    ),
    optional(
        "splay",
        Shape::Any,
        "moves the job by a part of this duration that is always the same for its name; as keys, it can move each host instead",
    ),
    optional(
        "windows",
        Shape::Any,
        "when changes may be made; without it, always",
    ),
    optional(
        "blackouts",
        Shape::Any,
        "when no changes are made, whatever the windows say",
    ),
    optional(
        "deadline",
        Shape::Text,
        "how long a run may take; hosts that had no turn by then are told as not started",
    ),
    optional(
        "overlap",
        Shape::Word(OVERLAPS),
        "when its time comes while it still runs: `skip` (the default) passes that time over, `queue` runs it once right after",
    ),
    optional(
        "retries",
        Shape::Any,
        "tries after a run that failed or did not reach hosts: a number, or keys; drift is no failure",
    ),
    optional(
        "missed",
        Shape::Word(MISSED),
        "times that passed while the service was down, and a run that was killed with it: `run-once` (the default) makes up for all by one run, `skip` lets them go",
    ),
    optional("notify", Shape::Any, "whom to tell: a list of webhooks"),
    optional(
        "reporters",
        Shape::Texts,
        "reporters as `--reporter` takes them, one or a list",
    ),
    optional(
        "waivers",
        Shape::Text,
        "file of accepted deviations, as `--waiver-file`",
    ),
    optional(
        "vault_password_file",
        Shape::Text,
        "file with the vault's password, as the option of that name",
    ),
    optional(
        "connection_password_file",
        Shape::Text,
        "file with the password to sign in with, as the option of that name",
    ),
];

/// Keys of `defaults`.
pub const DEFAULTS: &[Property] = JOB.split_at(1).1;

/// Keys of `splay`.
pub const SPLAY: &[Property] = &[
    required("up_to", Shape::Text, "duration that it stays below"),
    optional(
        "by",
        Shape::Word(SPLAY_BY),
        "`job` (the default) moves the run as a whole, `host` each host within it",
    ),
];

/// Keys of `retries`, of jobs and of webhooks.
pub const RETRIES: &[Property] = &[
    required(
        "count",
        Shape::Integer {
            min: 0,
            max: MOST_RETRIES,
        },
        "how many tries after the first, at most",
    ),
    optional(
        "delay",
        Shape::Text,
        "duration between a failed try and the next; `5m` for jobs and `10s` for webhooks when nothing is said",
    ),
];

/// Keys of a window or a blackout.
pub const WINDOW: &[Property] = &[
    optional(
        "days",
        Shape::Words(DAYS),
        "weekdays on which it begins; without `days` and `dates`, every day",
    ),
    optional(
        "dates",
        Shape::Texts,
        "days on which it begins, besides those of `days`: `2026-12-24`, or `2026-12-20..2027-01-06`",
    ),
    optional(
        "from",
        Shape::Text,
        "time at which it begins, `22:00`; midnight when nothing is said",
    ),
    optional(
        "to",
        Shape::Text,
        "time at which it ends, `05:00`, of the next day when that is not after `from`; the end of the day when nothing is said",
    ),
];

/// Keys of a webhook.
pub const WEBHOOK: &[Property] = &[
    required("url", Shape::Text, "where to POST, `https://…`"),
    optional(
        "on",
        Shape::Words(OCCASIONS),
        "when: hosts began to differ (`drift`), something failed (`failure`), all is well again (`recovery`), after each run (`always`); the first three when nothing is said",
    ),
    optional(
        "body",
        Shape::Text,
        "what to send, a template; without it, its variables as JSON",
    ),
    optional("headers", Shape::Any, "further headers, names with texts"),
    optional(
        "timeout",
        Shape::Text,
        "duration that one try may take; `10s` when nothing is said",
    ),
    optional(
        "retries",
        Shape::Any,
        "tries after one that failed: a number, or keys; 3 when nothing is said",
    ),
    optional(
        "token_env",
        Shape::Text,
        "variable of the environment that holds the token for `Authorization: Bearer`",
    ),
    optional(
        "token_file",
        Shape::Text,
        "file that holds it, instead of `token_env`",
    ),
    optional(
        "proxy",
        Shape::Text,
        "the HTTP proxy to go through, `http://proxy.example.com:3128`, or `none`; what `https_proxy`, `http_proxy` and `no_proxy` of the environment say when nothing is said",
    ),
];
